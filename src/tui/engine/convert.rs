//! From the store's and the rule set's words to those of the screens.

use std::sync::Arc;

use serde_json::Value;

use super::super::data::{AlertView, CaseDetail, CaseItem, CaseView, ItemKind, Reading, RuleView, Triage};
use crate::alert::{Alert, AlertState, Category, Cut, Route, RuleType};
use crate::detect::{RuleInfo, RuleKind};
use crate::event::fold::same;
use crate::event::{EventRow, EventType, Outcome, Ov, Severity, SourceId, TimeQuality};
use crate::store::{self, AlertRow, CaseRow, Status};

/// A case of the list.
pub fn case(r: &CaseRow) -> CaseView {
    CaseView {
        id: r.id.0.clone(),
        title: r.title.clone(),
        state: r.state.as_str().to_owned(),
        resolution: r.resolution.clone(),
        severity: r.severity,
        opened: r.opened,
        assignee: r.assignee.clone(),
        alerts: r.alerts as usize,
        events: r.events as usize,
        tags: r.tags.clone(),
    }
}

/// A case with its timeline.
pub fn case_detail(d: &store::CaseDetail) -> CaseDetail {
    let of = |id: &str| d.alerts.iter().find(|a| a.id == id);
    let items = d.timeline.iter().map(|e| {
        let note = e.by.is_some() && d.notes.iter().any(|n| n.time == e.time && Some(&n.writer) == e.by.as_ref());
        let alert = e.target.strip_prefix("alert:");
        CaseItem {
            kind: match (&e.by, alert) {
                (Some(_), _) if note => ItemKind::Note,
                (Some(_), _) => ItemKind::Change,
                (None, Some(_)) => ItemKind::Alert,
                (None, None) => ItemKind::Event,
            },
            id: e.target.clone(),
            time: e.time,
            who: e.by.clone().unwrap_or_else(|| "log".to_owned()),
            text: e.text.strip_prefix("note: ").filter(|_| note).unwrap_or(&e.text).to_owned(),
            severity: alert.filter(|_| e.by.is_none()).and_then(of).map(|a| a.severity),
            withdrawn: alert.filter(|_| e.by.is_none()).and_then(of).and_then(withdrawn),
        }
    });
    let mut entities: Vec<String> = Vec::new();
    let mut techniques: Vec<String> = Vec::new();
    for a in &d.alerts {
        // However a client spelt it: it is one.
        if !entities.iter().any(|e| same(e, &a.entity)) {
            entities.push(a.entity.clone());
        }
        for t in &a.techniques {
            if !techniques.contains(t) {
                techniques.push(t.clone());
            }
        }
    }
    CaseDetail { case: case(&d.row), items: items.collect(), entities, techniques }
}

/// In words that an alert was withdrawn, and by whose reading.
fn withdrawn(a: &AlertRow) -> Option<String> {
    a.withdrawn?;
    Some(a.withdrawn_by.as_deref().map_or_else(|| "withdrawn".to_owned(), |who| format!("withdrawn by {who}")))
}

/// Whose readings gave an alert or did not.
pub fn reading(r: &AlertRow, alone: bool) -> Reading {
    Reading {
        given: r.given.0.clone().filter(|_| alone).map(|who| (who, r.given.1)),
        withdrawn: r.withdrawn.map(|at| (at, r.withdrawn_by.clone())),
        touched: !r.left,
        here: false,
        earlier: false,
        decided_count: r.decided_count,
    }
}

/// What people made of an alert.
pub fn triage(r: &AlertRow) -> Triage {
    match (r.status, r.cases.first()) {
        (Status::Escalated, Some(c)) => Triage::Escalated { case: c.0.clone() },
        (Status::Dismissed, _) => {
            Triage::Dismissed { reason: r.verdict.map_or("dismissed", store::Verdict::as_str).to_owned() }
        }
        (Status::Snoozed, _) => Triage::Dismissed { reason: "snoozed".to_owned() },
        _ => Triage::New,
    }
}

/// An alert that only the store knows.
pub fn alert(r: &AlertRow, doc: &Value) -> AlertView {
    let text = |name: &str| doc.get(name).and_then(Value::as_str).unwrap_or_default();
    let list = |name: &str| -> Vec<String> {
        let items = doc.get(name).and_then(Value::as_array);
        items.map(|a| a.iter().filter_map(Value::as_str).map(str::to_owned).collect()).unwrap_or_default()
    };
    let told = |name: &str| doc.get(name).and_then(Value::as_bool).unwrap_or(false);
    let route = doc.get("route");
    let alert = Alert {
        id: r.id.clone(),
        revision: r.revision,
        state: if r.open { AlertState::Open } else { AlertState::Closed },
        rule: r.rule.as_str().into(),
        rule_id: r.rule_id.as_str().into(),
        rule_type: match r.rule_type.as_str() {
            "correlation" => RuleType::Correlation,
            "model" => RuleType::Model,
            "llm" => RuleType::Llm,
            _ => RuleType::Detection,
        },
        severity: r.severity,
        score: r.score,
        score_parts: doc
            .get("score_parts")
            .and_then(Value::as_object)
            .map(|m| m.iter().map(|(k, v)| (k.clone(), v.as_f64().unwrap_or(0.0))).collect())
            .unwrap_or_default(),
        category: Category::from_name(doc.get("category").and_then(Value::as_str).unwrap_or_default()),
        confidence: r.confidence,
        description: text("description").into(),
        timestamp: r.timestamp,
        last: r.last,
        src_ip: r.src_ip.clone(),
        src_ips: list("src_ips"),
        user: r.user.clone(),
        users: list("users"),
        host: r.host.clone(),
        hosts: Vec::new(),
        // The store knows one machine only.
        cut: Cut { ips: told("src_ips_cut"), users: told("users_cut"), hosts: true },
        count: r.count,
        window_seconds: doc.get("window_seconds").and_then(Value::as_u64).unwrap_or(0),
        dedup_key: r.dedup_key.clone(),
        message: r.message.clone(),
        techniques: r.techniques.clone(),
        tactics: list("tactics"),
        route: Route {
            stage: route.and_then(|x| x.get("stage")).and_then(Value::as_str).unwrap_or_default().to_owned(),
            reason: route.and_then(|x| x.get("reason")).and_then(Value::as_str).unwrap_or_default().to_owned(),
            cost_us: route.and_then(|x| x.get("cost_us")).and_then(Value::as_u64).unwrap_or(0),
        },
        evidence: Vec::new(),
        matched_total: doc.get("matched_total").and_then(Value::as_u64).unwrap_or(0),
        gathered: doc.get("gathered").and_then(Value::as_u64).unwrap_or(0),
        covered_by: doc.get("covered_by").and_then(Value::as_str).map(str::to_owned),
        covers: list("covers"),
    };
    let (triage, tags) = (triage(r), r.tags.clone());
    AlertView { alert: Arc::new(alert), triage, tags, notes: Vec::new(), reading: reading(r, true) }
}

/// Notes as pairs of who and what.
pub fn notes(n: &[store::Note]) -> Vec<(String, String)> {
    n.iter().map(|n| (n.writer.clone(), n.text.clone())).collect()
}

/// An event of which only the text is known.
pub fn raw_row(source: SourceId, offset: u64, raw: String) -> EventRow {
    EventRow {
        source,
        offset,
        full_len: raw.len() as u64,
        line: 0,
        lines: 1,
        parsed: false,
        time: crate::event::Ts::NONE,
        quality: TimeQuality::None,
        event_type: EventType::Other,
        severity: Severity::Info,
        outcome: Outcome::Unknown,
        overlay: [const { None }; Ov::COUNT],
        fields: Vec::new(),
        raw,
        format: 0,
    }
}

/// A rule of the list.
pub fn rule(r: &RuleInfo, fired: u64) -> RuleView {
    let kind = match &r.kind {
        RuleKind::Detection => "detection".to_owned(),
        RuleKind::Filter => "filter".to_owned(),
        RuleKind::Correlation(spec) => spec.kind.as_str().to_owned(),
    };
    RuleView {
        id: r.id.to_string(),
        title: r.title.to_string(),
        level: r.level,
        kind,
        path: r.path.to_string(),
        line: r.line as usize,
        loaded: r.loaded,
        reason: r.reason.clone(),
        alerts: r.alerts,
        techniques: r.techniques.clone(),
        fired,
    }
}
