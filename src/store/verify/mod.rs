//! Checks an exported case: recomputes every hash and names what was changed.
//!
//! Four questions, from the parts to the whole: is each item what its digest
//! says; are the raw bytes what their SHA-256 says; do the chains of operations
//! hold, and do the operations lead to the state that the document shows; does
//! the document's own hash hold. With the original logs at hand: do the bytes
//! at the recorded offsets equal the evidence.
//!
//! Without a signature someone who recomputes everything can write another
//! consistent document; comparing the chain heads or the document's hash with
//! a copy kept elsewhere, or checking against the logs, finds that too.

mod chain;
mod logs;
mod replay;
mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine as _;
use serde::Serialize;
use serde_json::{Map, Value};

pub use logs::{FileLog, LogBytes};

use super::canonical::{digest, sha256_hex};
use super::export::{FORMAT, FORMAT_VERSION, list_digest};
use super::types::EventKey;
use crate::event::hash64;

/// Something that is not as it was exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about, e.g. `alert 4f2a… evidence 3`.
    pub item: String,
    /// What is wrong with it.
    pub problem: String,
    /// Whether it only follows from another finding.
    pub follows: bool,
    #[serde(skip)]
    from: From,
}

/// From what change, where there is one, a finding follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    /// None: it is a change itself.
    Itself,
    /// One of the alert's records.
    Evidence,
    /// The same item, or an operation.
    Operations,
    /// Any other.
    Any,
}

impl Finding {
    /// A finding that stands for itself.
    #[must_use]
    pub fn new(item: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { item: item.into(), problem: problem.into(), follows: false, from: From::Itself }
    }
}

/// Marks what only follows from other findings, and puts it behind them: one
/// changed byte is found by several hashes.
fn sort(findings: &mut [Finding]) {
    let changed: BTreeSet<String> =
        findings.iter().filter(|f| f.from == From::Itself).map(|f| f.item.clone()).collect();
    let begins = |with: &str| changed.iter().any(|i| i.starts_with(with));
    let others = findings.len() > 1;
    for f in findings.iter_mut() {
        f.follows = match f.from {
            From::Itself => false,
            From::Evidence => begins(&format!("{} evidence ", f.item)),
            From::Operations => changed.contains(&f.item) || begins("operation "),
            From::Any => others,
        };
    }
    findings.sort_by_key(|f| f.follows);
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.item, self.problem)
    }
}

/// What was checked, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// Name of the case.
    pub case: String,
    /// Alerts checked.
    pub alerts: usize,
    /// Records checked.
    pub evidence: usize,
    /// Records of which the document holds only the place, not the bytes.
    pub evidence_without_bytes: usize,
    /// Records compared with a log.
    pub evidence_in_logs: usize,
    /// Operations checked.
    pub operations: usize,
    /// Hash of the document.
    pub document_sha256: String,
    /// What is wrong: changes in the order of the document, then what follows
    /// from them.
    pub findings: Vec<Finding>,
}

impl Report {
    fn add(&mut self, item: impl Into<String>, problem: impl Into<String>) {
        self.findings.push(Finding::new(item, problem));
    }

    fn add_from(&mut self, from: From, item: impl Into<String>, problem: impl Into<String>) {
        self.findings.push(Finding { from, ..Finding::new(item, problem) });
    }
}

/// Checks a document, and with logs its evidence against them. Never fails:
/// what cannot be checked is a finding.
pub fn verify(document: &Value, logs: &mut [Box<dyn LogBytes>]) -> Report {
    let mut report = Report { case: text(&document["case"]["id"]).to_owned(), ..Report::default() };
    if document["format"] != FORMAT {
        report.add("document", format!("no exported case: \"format\" is not \"{FORMAT}\""));
        return report;
    }
    if document["format_version"] != FORMAT_VERSION {
        let found = &document["format_version"];
        report.add("document", format!("format version {found}; this version of secstream knows {FORMAT_VERSION}"));
        return report;
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
    logs::check(&mut report, document, logs);
    check_document(&mut report, document);
    sort(&mut report.findings);
    report
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

fn list<'a>(document: &'a Value, name: &str) -> &'a [Value] {
    document[name].as_array().map_or(&[], Vec::as_slice)
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
        report.add(name, "was changed: it does not match its digest");
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
        report.add_from(
            From::Evidence,
            name,
            "its list of evidence was changed: a record is missing, added, moved or altered",
        );
    }
}

fn check_evidence(report: &mut Report, name: &str, e: &Value) {
    report.evidence += 1;
    match raw_bytes(e) {
        None if e["raw"].is_null() && e["sha256"].is_null() => report.evidence_without_bytes += 1,
        None => report.add(name, "its raw bytes are missing or cannot be decoded"),
        Some(raw) if e["sha256"] != sha256_hex(&raw) => report.add(name, "raw bytes do not match their SHA-256"),
        Some(raw) if e["event"] != EventKey::new(hash64(&raw), e["offset"].as_u64().unwrap_or(0)).0.as_str() => {
            report.add(name, "raw bytes or offset are not those of the record that its name says");
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
    for alert in list(document, "alerts") {
        let name = format!("alert {}", text(&alert["id"]));
        let rule = |r: &&Value| r["id"] == alert["rule_id"] && r["sha256"] == alert["rule_sha256"];
        if !list(document, "rules").iter().any(|r| rule(&r)) {
            report.add(&name, format!("its rule {} is missing from the document", text(&alert["rule_id"])));
        }
        for e in list(alert, "evidence") {
            check_source(report, document, &format!("{name} evidence {}", e["n"]), e);
        }
    }
    for event in list(document, "events") {
        check_source(report, document, &format!("event {}", text(&event["event"])), event);
    }
    for item in list(document, "items") {
        let Some((kind, id)) = item["item"].as_str().and_then(|i| i.split_once(':')) else { continue };
        let (section, member) = if kind == "alert" { ("alerts", "id") } else { ("events", "event") };
        if !list(document, section).iter().any(|i| i[member] == id) {
            report.add(format!("{kind} {id}"), "is in the case but missing from the document");
        }
    }
}

fn check_source(report: &mut Report, document: &Value, name: &str, e: &Value) {
    let found = list(document, "sources").iter().find(|s| s["id"] == e["source"]);
    if !e["source"].is_null() && found.is_none_or(|s| s["name"] != e["source_name"]) {
        report.add(name, format!("its source {} is missing from the document", text(&e["source_name"])));
    }
}

fn check_document(report: &mut Report, document: &Value) {
    let hash = digest(&without(document, &["document_sha256"]));
    if document["document_sha256"] != hash.as_str() {
        let what = if report.findings.is_empty() {
            "does not match its SHA-256, though every item does: a part outside them was changed"
        } else {
            "does not match its SHA-256"
        };
        report.add_from(From::Any, "document", what);
    }
    report.document_sha256 = hash;
}
