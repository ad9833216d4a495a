//! Alerts as filters of the queue see them: the fields of the export under its
//! names, and what people made of them.

use super::{AlertView, Triage};
use crate::alert::{AlertState, RuleType};
use crate::event::{EventType, Outcome, Ov, Ts};
use crate::query::{Field, Fields, Typed};
use crate::tui::words::points;

/// Fields that filters of the queue can name. Those after `dedup_key` are no
/// part of the export: the decision, what people wrote, and older names.
pub const ALERT_FIELDS: &[&str] = &[
    "timestamp",
    "last",
    "id",
    "revision",
    "state",
    "rule",
    "rule_id",
    "rule_type",
    "category",
    "severity",
    "score",
    "score_parts",
    "confidence",
    "description",
    "src_ip",
    "src_ips",
    "user",
    "users",
    "host",
    "count",
    "window_seconds",
    "message",
    "techniques",
    "tactics",
    "line",
    "matched_total",
    "covered_by",
    "covers",
    "dedup_key",
    "entity",
    "status",
    "case",
    "tags",
    "notes",
    "by",
    "triage",
    "tag",
    "technique",
    "tactic",
    "acts",
    "what",
    "n",
    "raw",
];

/// What a name means where alerts are looked at. A name that alerts do not have
/// is one that none of them has a value for.
#[must_use]
pub fn words(name: &str) -> Field {
    match name {
        "timestamp" | "time" | "ts" => Field::Time,
        "last" => Field::Instant("last"),
        "severity" | "sev" => Field::Severity,
        "line" => Field::Line,
        "raw" => Field::Raw,
        "ip" => Field::Original("src_ip".to_owned()),
        other => Field::Original(other.to_owned()),
    }
}

impl Fields for AlertView {
    fn typed(&self) -> Typed {
        Typed {
            time: self.alert.timestamp,
            event_type: EventType::Detection,
            severity: self.alert.severity,
            outcome: Outcome::Unknown,
            line: self.alert.evidence.first().map_or(0, |e| e.line),
            parsed: true,
        }
    }

    fn overlay(&self, _: Ov) -> Option<&str> {
        None
    }

    fn any_original(&self, name: &str, test: &mut dyn FnMut(&str) -> bool) -> bool {
        let a = &self.alert;
        let one = |v: &Option<String>, test: &mut dyn FnMut(&str) -> bool| v.as_deref().is_some_and(test);
        match name {
            "id" => test(&a.id),
            "revision" => test(&a.revision.to_string()),
            // The word of the export, and (as it was once called) the decision.
            "state" => test(if a.state == AlertState::Open { "open" } else { "closed" }) || self.decision(test),
            "status" | "triage" => self.decision(test),
            "case" => matches!(&self.triage, Triage::Escalated { case } if test(case)),
            "rule" | "what" => test(&a.rule),
            "rule_id" => test(&a.rule_id),
            "rule_type" => test(a.rule_type.as_str()),
            // Also the word that the queue shows.
            "by" => test(a.rule_type.as_str()) || test(&self.by()),
            "category" => test(a.category.as_str()),
            // As it is shown.
            "score" => test(&points(a.score)),
            "score_parts" => a.score_parts.iter().any(|(n, _)| test(n)),
            "confidence" => test(&a.confidence.to_string()),
            "description" => test(&a.description),
            "src_ip" | "src_ips" => one(&a.src_ip, test) || a.src_ips.iter().any(|v| test(v)),
            "user" | "users" => one(&a.user, test) || a.users.iter().any(|v| test(v)),
            "host" => one(&a.host, test),
            "entity" => test(&a.entity()),
            "count" | "acts" | "n" => test(&a.count.to_string()),
            "window_seconds" => test(&a.window_seconds.to_string()),
            "matched_total" => test(&a.matched_total.to_string()),
            "message" => test(&a.message),
            "techniques" | "technique" => a.techniques.iter().any(|v| test(v)),
            "tactics" | "tactic" => a.tactics.iter().any(|v| test(v)),
            "covered_by" => one(&a.covered_by, test),
            "covers" => a.covers.iter().any(|v| test(v)),
            "dedup_key" => test(&a.dedup_key),
            "tags" | "tag" => self.tags.iter().any(|v| test(v)),
            "notes" => self.notes.iter().any(|(_, v)| test(v)),
            _ => false,
        }
    }

    fn raw(&self) -> &str {
        &self.alert.dedup_key
    }

    fn instant(&self, name: &str) -> Ts {
        if name == "last" { self.alert.last } else { Ts::NONE }
    }

    /// What an analyst sees of an alert: its words, what it is about, and what
    /// people wrote to it.
    fn any_text(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        const SEEN: &[&str] = &[
            "rule",
            "message",
            "entity",
            "users",
            "src_ips",
            "host",
            "techniques",
            "tactics",
            "description",
            "dedup_key",
            "tags",
            "notes",
            "case",
            "status",
            "id",
        ];
        SEEN.iter().any(|name| self.any_original(name, test)) || test(self.alert.severity.as_str())
    }
}

impl AlertView {
    /// The kind of rule that raised it, or once it is decided how: the word of the queue.
    #[must_use]
    pub fn by(&self) -> String {
        let kind = match self.alert.rule_type {
            RuleType::Detection => "rule",
            RuleType::Correlation => "corr",
            RuleType::Model => "modl",
            RuleType::Llm => "llm",
        };
        match &self.triage {
            _ if self.reading.gone() => "gone".to_owned(),
            Triage::New => kind.to_owned(),
            Triage::Escalated { .. } => "case".to_owned(),
            Triage::Dismissed { reason } => match reason.as_str() {
                "false_positive" => "fp".to_owned(),
                "duplicate" => "dup".to_owned(),
                "benign" => "ben".to_owned(),
                other => other.chars().take(4).collect(),
            },
        }
    }

    /// The decision in all its words: `dismissed` and the reason.
    fn decision(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        test(self.triage.word())
            || matches!(self.triage, Triage::Dismissed { .. }) && test("dismissed")
            || self.reading.gone() && test("withdrawn")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Alert;
    use crate::query::Query;
    use std::sync::Arc;

    fn view() -> AlertView {
        let alert = Alert {
            id: "abc".into(),
            rule: "SSH password spraying".into(),
            rule_id: "r1".into(),
            timestamp: Ts::from_secs(3_600),
            last: Ts::from_secs(7_200),
            src_ip: Some("203.0.113.48".into()),
            src_ips: vec!["203.0.113.48".into(), "198.18.203.3".into()],
            users: vec!["carlos".into(), "marco.ibrahim".into()],
            host: Some("app01".into()),
            score: 88.25,
            count: 26,
            techniques: vec!["T1110.003".into()],
            message: "26 accounts tried from one address".into(),
            state: AlertState::Closed,
            ..Alert::default()
        };
        AlertView {
            alert: Arc::new(alert),
            triage: Triage::Dismissed { reason: "false_positive".into() },
            tags: vec!["watch".into(), "vpn".into()],
            notes: vec![("ann".into(), "asked the owner".into())],
            reading: super::super::Reading::default(),
        }
    }

    #[test]
    fn fields_have_the_names_of_the_export_and_lists_match_by_any_element() {
        let v = view();
        let check =
            |q: &str| Query::parse_with(q, Ts(0), words).unwrap_or_else(|e| panic!("{q}: {e}")).matches_fields(&v);
        for q in [
            "count>10",
            "acts=26",
            "tags=vpn",
            "tag=watch",
            "techniques=T1110*",
            "technique=t1110.003",
            "status=dismissed",
            "status=false_positive",
            "state=closed",
            "state=false_positive",
            "by=fp",
            "by=detection",
            "what=*spraying",
            "n>20",
            "user=marco.ibrahim",
            "users=carlos",
            "src_ip=198.18.203.3",
            "ip=198.18.0.0/15",
            "src_ips=203.0.113.48",
            "score=88.3",
            "score>=80",
            "score>=88.3",
            "timestamp=1970-01-01T01:00",
            "last>1970-01-01T01:30",
            "last=1970-01-01T01:00..1970-01-01T03:00",
            "last=1970-01-01",
            "severity=info",
            "host=app01",
            "notes=*owner*",
            "password",
            "guess or spraying",
            "t1110",
            "marco.ibrahim",
            "198.18.203.3",
            "\"the owner\"",
            "watch",
            "26 accounts",
            "app01",
            "dismissed",
        ] {
            assert!(check(q), "{q}");
        }
        for q in [
            "count>30",
            "tags=none",
            "status=new",
            "user=root",
            "last<1970-01-01T01:30",
            "timestamp>1970-01-01T02:00",
            "nowhere",
            "score=88.2",
            "score<88.3",
            "event_type=x",
        ] {
            assert!(!check(q), "{q}");
        }
        for name in ALERT_FIELDS {
            assert!(
                crate::query::Query::parse_with(&format!("{name}=2026-01-01"), Ts(0), words).is_ok()
                    || *name == "severity",
                "{name}"
            );
        }
        assert!(Query::parse_with("last>soon", Ts(0), words).is_err());
    }
}
