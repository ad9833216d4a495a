//! Checks an exported case: recomputes every hash and names what was changed.
//!
//! Five questions, from the parts to the whole: is each item what its digest
//! says; are the raw bytes what their SHA-256 says; do the chains of operations
//! hold, and do the operations lead to the state that the document shows; is each
//! item what the export recorded in the chain; does the document's own hash hold. With the original logs at hand: do the bytes
//! at the recorded offsets equal the evidence.
//!
//! Without a signature someone who recomputes everything can write another
//! consistent document; comparing the chain heads or the document's hash with
//! a copy kept elsewhere, or checking against the logs, finds that too.

mod audit;
mod chain;
mod logs;
mod longer;
mod machine;
mod pairs;
mod replay;
mod report;
mod store;
mod tables;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use serde_json::{Map, Value};

pub use audit::Audit;
pub use logs::{FileLog, LogBytes, LogSums};
pub use report::{Finding, Match, Matched, Report};

use report::Kind;

use super::canonical::{digest, sha256_hex};
use super::export::{FORMAT, FORMAT_VERSION, list_digest};
use super::manifest;
use super::types::EventKey;
use crate::event::hash64;

/// Checks a document, and with logs its evidence against them. Never fails:
/// what cannot be checked is a finding.
pub fn verify(document: &Value, logs: &mut [Box<dyn LogBytes>]) -> Report {
    let mut report = Report::default();
    text(&document["case"]["id"]).clone_into(&mut report.case);
    if document["format"] != FORMAT {
        return Report::of("document", format!("no exported case: \"format\" is not \"{FORMAT}\""));
    }
    if document["format_version"] != FORMAT_VERSION {
        let found = &document["format_version"];
        let problem = format!("format version {found}; this version of secstream knows {FORMAT_VERSION}");
        return Report::of("document", problem);
    }
    check_digest(&mut report, &format!("case {}", text(&document["case"]["id"])), &document["case"], &[]);
    for item in list(document, "items") {
        check_digest(&mut report, &format!("item {}", text(&item["item"])), item, &[]);
    }
    for alert in list(document, "alerts") {
        check_alert(&mut report, alert);
    }
    for event in list(document, "events") {
        let name = format!("event {}", text(&event["event"]));
        check_evidence(&mut report, &name, event);
    }
    let of_alerts = list(document, "alerts").iter().flat_map(|a| list(a, "evidence"));
    let records = of_alerts.chain(list(document, "events")).map(|e| text(&e["event"]));
    report.records = records.collect::<BTreeSet<_>>().len();
    for note in list(document, "notes") {
        check_digest(&mut report, &format!("note {} on {}", text(&note["id"]), text(&note["target"])), note, &[]);
    }
    for source in list(document, "sources") {
        check_digest(&mut report, &format!("source {}", text(&source["name"])), source, &[]);
    }
    for rule in list(document, "rules") {
        check_digest(&mut report, &format!("rule {}", text(&rule["id"])), rule, &[]);
    }
    check_references(&mut report, document);
    chain::check(&mut report, document);
    replay::check(&mut report, document);
    let recorded = manifest::compare(document);
    report.export_recorded = recorded.is_some();
    for (item, problem) in recorded.into_iter().flatten() {
        report.add(Kind::Manifest, item, problem);
    }
    check_document(&mut report, document);
    logs::check(&mut report, document, logs);
    report.settle();
    report
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

fn list<'a>(document: &'a Value, name: &str) -> &'a [Value] {
    document[name].as_array().map_or(&[], Vec::as_slice)
}

/// The last part of a path.
fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The object without some of its members.
fn without(item: &Value, names: &[&str]) -> Value {
    let members = item.as_object().cloned().unwrap_or_default();
    Value::Object(members.into_iter().filter(|(n, _)| !names.contains(&n.as_str())).collect::<Map<_, _>>())
}

fn check_digest(report: &mut Report, name: &str, item: &Value, apart: &[&str]) {
    let mut names = vec!["digest"];
    names.extend(apart);
    if item["digest"] != digest(&without(item, &names)) {
        report.add(Kind::Item, name, "was changed: it does not match its digest");
    }
}

fn check_alert(report: &mut Report, alert: &Value) {
    report.alerts += 1;
    let name = format!("alert {}", text(&alert["id"]));
    check_digest(report, &name, alert, &["evidence"]);
    let evidence = list(alert, "evidence");
    for (i, e) in evidence.iter().enumerate() {
        check_evidence(report, &format!("{name} evidence {}", e["n"].as_u64().unwrap_or(i as u64 + 1)), e);
    }
    if alert["evidence_digest"] != list_digest(evidence) {
        report.add(Kind::Parts, name, "its list of evidence was changed: a record is missing, added, moved or altered");
    }
}

fn check_evidence(report: &mut Report, name: &str, e: &Value) {
    report.evidence += 1;
    match raw_bytes(e) {
        None if e["raw"].is_null() && e["sha256"].is_null() => report.evidence_without_bytes += 1,
        None => report.add(Kind::Item, name, "its raw bytes are missing or cannot be decoded"),
        Some(raw) if e["sha256"] != sha256_hex(&raw) => {
            report.add(Kind::Item, name, "raw bytes do not match their SHA-256");
        }
        Some(raw) if e["event"] != EventKey::new(hash64(&raw), e["offset"].as_u64().unwrap_or(0)).0.as_str() => {
            report.add(Kind::Item, name, "raw bytes or offset are not those of the record that its name says");
        }
        Some(_) => {}
    }
    check_digest(report, name, e, &[]);
}

/// The bytes of a record, where the document holds them.
fn raw_bytes(e: &Value) -> Option<Vec<u8>> {
    let raw = e["raw"].as_str()?;
    match e["encoding"].as_str()? {
        "utf-8" => Some(raw.as_bytes().to_vec()),
        "base64" => base64::engine::general_purpose::STANDARD.decode(raw).ok(),
        _ => None,
    }
}

/// What the document refers to must be in it.
fn check_references(report: &mut Report, document: &Value) {
    // By what is missing: one rule that many alerts need is one change.
    let mut rules: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    let mut sources: BTreeSet<String> = BTreeSet::new();
    let mut need = |e: &Value| {
        let found = list(document, "sources").iter().find(|s| s["id"] == e["source"]);
        if !e["source"].is_null() && found.is_none_or(|s| s["name"] != e["source_name"]) {
            sources.insert(text(&e["source_name"]).to_owned());
        }
    };
    for alert in list(document, "alerts") {
        let rule = |r: &&Value| r["id"] == alert["rule_id"] && r["sha256"] == alert["rule_sha256"];
        if !list(document, "rules").iter().any(|r| rule(&r)) {
            rules.entry(text(&alert["rule_id"])).or_insert((text(&alert["id"]), 0)).1 += 1;
        }
        list(alert, "evidence").iter().for_each(&mut need);
    }
    list(document, "events").iter().for_each(&mut need);
    for (rule, (alert, n)) in rules {
        let more = if n > 1 { format!(" and {} more", n - 1) } else { String::new() };
        let problem = format!("is missing from the document, or has another text; alert {alert}{more} came by it");
        report.add(Kind::Parts, format!("rule {rule}"), problem);
    }
    for source in sources {
        let problem = "is missing from the document, though evidence stands in it";
        report.add(Kind::Parts, format!("source {source}"), problem);
    }
    for item in list(document, "items") {
        let Some((kind, id)) = item["item"].as_str().and_then(|i| i.split_once(':')) else { continue };
        let (section, member) = if kind == "alert" { ("alerts", "id") } else { ("events", "event") };
        if !list(document, section).iter().any(|i| i[member] == id) {
            report.add(Kind::Parts, format!("{kind} {id}"), "is in the case but missing from the document");
        }
    }
}

fn check_document(report: &mut Report, document: &Value) {
    let hash = digest(&without(document, &["document_sha256"]));
    if document["document_sha256"] != hash.as_str() {
        let what = "does not match its SHA-256, though every item does: a part outside them was changed";
        report.add(Kind::Document, "document", what);
    }
    report.document_sha256 = hash;
}
