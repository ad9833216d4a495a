//! An alert of a case against the one that its logs give now.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::derive::{Outcome, evidence};
use crate::alert::Alert;
use crate::store::EventKey;
use crate::store::export::tidy;

/// Members of an exported alert that are not the machine's.
const OTHERS: [&str; 8] =
    ["rule_sha256", "withdrawn", "withdrawn_by", "triage", "tags", "evidence_digest", "digest", "evidence"];
/// Members of an alert that grow while it is open.
const GROWING: [&str; 20] = [
    "revision",
    "state",
    "last",
    "count",
    "matched_total",
    "gathered",
    "matched_listed",
    "score",
    "score_parts",
    "confidence",
    "message",
    "src_ips",
    "src_ips_cut",
    "user",
    "users",
    "users_cut",
    "severity",
    "covers",
    "covered_by",
    "route",
];

/// Whether an alert that is the same as far as it goes has grown since.
pub(super) fn grown(then: &Value, outcome: Outcome, now: Option<&Arc<Alert>>) -> Outcome {
    let case = then["count"].as_u64().unwrap_or(0);
    match now {
        Some(now) if outcome == Outcome::Same && now.count > case => Outcome::Grown { case, now: now.count },
        _ => outcome,
    }
}

/// What the alert that is given now has of the case's, and what not.
pub(super) fn compare(then: &Value, now: Option<&Arc<Alert>>) -> Outcome {
    let Some(now) = now else { return Outcome::NotRaised };
    let doc = tidy(now.to_json(&[]));
    let open = then["state"] == "open";
    let mut fields = Vec::new();
    for (name, value) in then.as_object().into_iter().flatten() {
        let skip = OTHERS.contains(&name.as_str()) || (open && GROWING.contains(&name.as_str()));
        if !skip && doc[name] != *value {
            fields.push(format!("{name} ({}, now {})", short(value), short(&doc[name])));
        }
    }
    for (name, now) in [("count", now.count), ("matched_total", now.matched_total)] {
        // What is open may become more, and never less.
        if open && then[name].as_u64().is_some_and(|then| then > now) {
            fields.push(format!("{name} ({}, now {now})", then[name]));
        }
    }
    // Logs that were followed were read as their lines came; read again, they are read by time.
    let mut keys: BTreeMap<String, usize> = BTreeMap::new();
    now.evidence.iter().for_each(|e| *keys.entry(EventKey::of(e).0).or_default() += 1);
    let mut given = |e: &Value| {
        let left = e["event"].as_str().and_then(|key| keys.get_mut(key)).filter(|n| **n > 0);
        left.map(|n| *n -= 1).is_some()
    };
    let other = evidence(then).position(|e| !given(e));
    let (had, has) = (evidence(then).count(), now.evidence.len());
    if other.is_some() || (!open && had != has) {
        fields.push(format!("evidence (from record {} on; {had}, now {has})", other.unwrap_or(had) + 1));
    }
    if fields.is_empty() { Outcome::Same } else { Outcome::Differs { fields } }
}

/// A value, cut where it is long.
fn short(value: &Value) -> String {
    const MOST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::EvidenceRef;
    use crate::event::{SourceId, Ts};
    use serde_json::json;

    #[test]
    fn records_are_compared_each_once_in_any_order() {
        let at = |n: u64| EvidenceRef { source: SourceId(0), offset: n, len: 1, line: 1, time: Ts::NONE, hash: n };
        let now = Arc::new(Alert { evidence: [1, 2, 2, 3].map(at).to_vec(), ..Alert::default() });
        let said = |state: &str, records: &[u64]| {
            let evidence: Vec<Value> = records.iter().map(|n| json!({"event": EventKey::of(&at(*n)).0})).collect();
            match compare(&json!({"state": state, "evidence": evidence}), Some(&now)) {
                Outcome::Differs { fields } => fields.into_iter().filter(|f| f.starts_with("evidence")).collect(),
                _ => Vec::new(),
            }
        };
        for (state, records, want) in [
            ("open", &[1, 2, 2, 3][..], None),
            ("open", &[3, 2, 1, 2], None),
            ("open", &[2, 3], None),
            ("open", &[1, 2, 3, 3], Some("evidence (from record 4 on; 4, now 4)")),
            ("open", &[9, 2], Some("evidence (from record 1 on; 2, now 4)")),
            ("closed", &[3, 2, 1], Some("evidence (from record 4 on; 3, now 4)")),
            ("closed", &[1, 2, 2, 2, 3], Some("evidence (from record 4 on; 5, now 4)")),
        ] {
            assert_eq!(said(state, records), want.map(str::to_owned).into_iter().collect::<Vec<_>>(), "{records:?}");
        }
    }
}
