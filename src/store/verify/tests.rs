//! Every kind of change is found and named.

use std::io::Write as _;

use serde_json::json;

use super::*;
use crate::event::{SourceId, Ts};
use crate::store::canonical::parse_strict;
use crate::store::export::to_text;
use crate::store::tests::{T0, filled, line};
use crate::store::{CaseId, CaseState, EventMark, RuleRecord, SourceEnd, Store, Target, Verdict};

/// A case with all kinds of things in it.
fn worked_case() -> (Store, CaseId) {
    let mut s = filled(2);
    s.set_rules(&[RuleRecord {
        id: "0b7c0c6e-0000-4000-8000-000000000001".to_owned(),
        title: "SSH password guessing".to_owned(),
        sha256: "ab".repeat(32),
        version: "3".to_owned(),
    }])
    .unwrap();
    let mut grown = crate::store::tests::alert("a0", 6, 55.125);
    grown.revision = 2;
    s.ingest_alerts(&[crate::store::tests::record(&grown)]).unwrap();
    let log = log_text();
    let sha256 = sha256_hex(log.as_bytes());
    let end =
        SourceEnd { sha256, size: log.len() as u64, lines: 6, records: 6, complete: true, ..SourceEnd::default() };
    s.finish_source(SourceId(0), &end).unwrap();
    let case = s.escalate(&["a0".to_owned()], None, "Guessing").unwrap();
    // Work on something else: its content must not be exported.
    s.dismiss(&["a1".to_owned()], Verdict::Benign, "secret of another case").unwrap();
    s.note(&Target::Case(case.clone()), "first look").unwrap();
    s.note(&Target::Alert("a0".to_owned()), "root was the target").unwrap();
    s.tag(&Target::Case(case.clone()), "ssh", true).unwrap();
    s.tag(&Target::Alert("a0".to_owned()), "external", true).unwrap();
    let raw = b"odd \xff line".to_vec();
    let odd = EventMark { source: SourceId(0), offset: 9000, len: 10, line: 99, time: Ts(T0.0 + 5), raw };
    s.escalate_events(std::slice::from_ref(&odd), Some(&case), "").unwrap();
    s.mark(&odd, true).unwrap();
    let second = EventMark {
        source: SourceId(0),
        offset: line(0).len() as u64 + 1,
        len: line(1).len() as u64,
        line: 2,
        time: Ts(T0.0 + 1_000_000),
        raw: line(1).into_bytes(),
    };
    s.mark(&second, true).unwrap();
    s.set_verdict(&["a0".to_owned()], Verdict::TruePositive, "seen").unwrap();
    s.assign(&case, "bob").unwrap();
    s.set_case_state(&case, CaseState::Closed, "blocked").unwrap();
    s.undo().unwrap();
    s.set_case_state(&case, CaseState::InProgress, "").unwrap();
    (s, case)
}

fn log_text() -> String {
    (0..6).map(|i| line(i) + "\n").collect()
}

fn exported() -> Value {
    let (mut s, case) = worked_case();
    parse_strict(&to_text(&s.export_case(&case).unwrap().document)).unwrap()
}

fn problems(document: &Value) -> Vec<String> {
    verify(document, &mut []).findings.iter().map(ToString::to_string).collect()
}

#[test]
fn an_untouched_export_is_clean() {
    let doc = exported();
    let report = verify(&doc, &mut []);
    assert_eq!(report.findings, []);
    assert_eq!((report.alerts, report.evidence), (1, 8));
    assert!(report.operations > 10);
    assert_eq!(doc["events"].as_array().unwrap().len(), 2, "the record in the case, and the marked evidence");
    assert!(!doc.to_string().contains("secret of another case"));
    assert!(doc["chains"][0]["links"].as_array().unwrap().iter().any(|l| l["operation"].is_null()));
}

/// Every path to a leaf or an element of an array.
fn paths(v: &Value, at: &str, out: &mut Vec<String>) {
    match v {
        Value::Object(m) => m.iter().for_each(|(k, v)| paths(v, &format!("{at}/{k}"), out)),
        Value::Array(a) => a.iter().enumerate().for_each(|(i, v)| paths(v, &format!("{at}/{i}"), out)),
        _ => out.push(at.to_owned()),
    }
}

#[test]
fn a_change_of_any_value_is_found() {
    let doc = exported();
    let mut all = Vec::new();
    paths(&doc, "", &mut all);
    assert!(all.len() > 400, "{}", all.len());
    for path in &all {
        let mut changed = doc.clone();
        let value = changed.pointer_mut(path).unwrap();
        *value = match &*value {
            Value::String(s) => json!(format!("{s}x")),
            Value::Number(n) => json!(n.as_f64().unwrap() as i64 + 1),
            Value::Bool(b) => json!(!*b),
            _ => json!("x"),
        };
        let found = problems(&changed);
        assert_eq!(found.len(), 1, "one change, one line: {path}: {found:?}");
        // Outside the header the item itself is named, not only the document.
        if path.matches('/').count() > 2 && !path.starts_with("/tool") {
            assert!(found.iter().any(|f| !f.starts_with("document")), "{path}: {found:?}");
        }
    }
}

#[test]
fn a_removed_part_of_any_list_is_found() {
    let doc = exported();
    let lists = ["items", "alerts", "events", "notes", "sources", "rules", "operations", "chains"];
    for name in lists {
        for i in 0..doc[name].as_array().unwrap().len() {
            let mut changed = doc.clone();
            changed[name].as_array_mut().unwrap().remove(i);
            let found = problems(&changed);
            assert!(found.len() == 1 && !found[0].starts_with("document"), "{name} {i}: {found:?}");
        }
    }
    let mut changed = doc;
    changed["alerts"][0]["evidence"].as_array_mut().unwrap().remove(2);
    assert!(problems(&changed)[0].contains("list of evidence"), "{:?}", problems(&changed));
}

#[test]
fn the_changed_item_is_named() {
    let doc = exported();
    let mut changed = doc.clone();
    changed["alerts"][0]["evidence"][2]["raw"] = json!("Accepted password for root");
    let found = problems(&changed);
    assert_eq!(found[0], "alert a0 evidence 3: raw bytes do not match their SHA-256");

    let mut changed = doc.clone();
    changed["operations"][3]["payload"] = json!({});
    let found = problems(&changed);
    assert!(found.iter().any(|f| f.contains("(ann number ") && f.contains("content was changed")), "{found:?}");

    let mut changed = doc.clone();
    changed["exported_by"] = json!("eve");
    assert_eq!(problems(&changed), ["document: was not exported by the one and at the time that its operation says"]);
    let mut changed = doc;
    changed["surplus"] = json!("eve");
    let found = problems(&changed);
    assert!(found.len() == 1 && found[0].contains("a part outside them was changed"), "{found:?}");
}

/// Recomputes the digests of everything, as a careful forger would.
fn reseal(doc: &mut Value) {
    for section in ["items", "alerts", "events", "notes", "sources", "rules"] {
        for item in doc[section].as_array_mut().unwrap() {
            if section == "alerts" {
                for e in item["evidence"].as_array_mut().unwrap() {
                    e["digest"] = json!(digest(&without(e, &["digest"])));
                }
                item["evidence_digest"] = json!(list_digest(item["evidence"].as_array().unwrap()));
            }
            item["digest"] = json!(digest(&without(item, &["digest", "evidence"])));
        }
    }
    doc["case"]["digest"] = json!(digest(&without(&doc["case"], &["digest"])));
    doc["document_sha256"] = json!(digest(&without(doc, &["document_sha256"])));
}

#[test]
fn human_state_must_follow_from_the_operations() {
    for (path, value, word) in [
        ("/alerts/0/triage/verdict", json!("benign"), "status or verdict"),
        ("/alerts/0/tags", json!([]), "tags"),
        ("/case/title", json!("Nothing"), "title"),
        ("/case/assignee", json!("eve"), "assignee"),
        ("/case/state", json!("closed"), "state"),
        ("/notes/0/text", json!("nothing found"), "note"),
        ("/items/0/added_by", json!("eve"), "item"),
        ("/events/0/mark", json!(null), "mark"),
    ] {
        let mut doc = exported();
        *doc.pointer_mut(path).unwrap() = value;
        reseal(&mut doc);
        let found = problems(&doc);
        assert!(found.len() == 1 && found[0].contains(word), "{path}: {found:?}");
    }
}

/// Where nothing but a log or a copy kept elsewhere could tell, the export's
/// operation does: it stands in a chain that the forger left as it was.
#[test]
fn what_is_changed_and_sealed_again_is_named() {
    let doc = exported();
    assert!(verify(&doc, &mut []).export_recorded);
    let mut all = Vec::new();
    paths(&doc, "", &mut all);
    let sealed = |p: &&String| {
        let last = p.rsplit('/').next().unwrap();
        !["digest", "evidence_digest", "document_sha256"].contains(&last)
            && !p.starts_with("/operations")
            && !p.starts_with("/chains")
            && !p.starts_with("/format")
    };
    let all: Vec<&String> = all.iter().filter(sealed).collect();
    assert!(all.len() > 150, "{}", all.len());
    for path in all {
        let mut changed = doc.clone();
        let value = changed.pointer_mut(path).unwrap();
        *value = match &*value {
            Value::String(s) => json!(format!("{s}x")),
            Value::Number(n) => json!(n.as_f64().unwrap() as i64 + 1),
            Value::Bool(b) => json!(!*b),
            _ => json!("x"),
        };
        reseal(&mut changed);
        let report = verify(&changed, &mut []);
        let found: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let item = match parts.as_slice() {
            ["alerts", n, "evidence", m, ..] => {
                let id = doc["alerts"][n.parse::<usize>().unwrap()]["id"].as_str().unwrap();
                format!("alert {id} evidence {}", m.parse::<usize>().unwrap() + 1)
            }
            ["case", ..] => "case ".to_owned(),
            [section @ ("alerts" | "events" | "items" | "notes" | "rules" | "sources"), ..] => {
                format!("{} ", section.trim_end_matches('s'))
            }
            _ => "document".to_owned(),
        };
        // A name of something is where others refer to it.
        let refers = ["id", "n", "event", "item", "source", "source_name", "rule_id", "rule_sha256", "sha256", "name"];
        let named = found.iter().any(|f| f.starts_with(&item));
        assert!(named || refers.contains(parts.last().unwrap()) && !found.is_empty(), "{path} ({item}): {found:?}");
    }
}

#[test]
fn an_export_that_could_not_be_recorded_is_sound_and_says_so() {
    let (s, case) = worked_case();
    let doc = parse_strict(&to_text(&s.look_at_case(&case).unwrap())).unwrap();
    let report = verify(&doc, &mut []);
    assert_eq!((report.findings.len(), report.export_recorded), (0, false));
}

/// The last export in the document counts; those before it were of what was then.
#[test]
fn an_export_after_more_work_is_held_to_itself() {
    let (mut s, case) = worked_case();
    s.export_case(&case).unwrap();
    let depth = s.undo_depth().unwrap();
    s.note(&Target::Case(case.clone()), "after the first export").unwrap();
    let doc = parse_strict(&to_text(&s.export_case(&case).unwrap().document)).unwrap();
    assert_eq!(verify(&doc, &mut []).findings, []);
    assert_eq!(doc["operations"].as_array().unwrap().iter().filter(|o| o["kind"] == "case.export").count(), 2);
    // It leaves the store as it was: undo takes back what was done before it.
    assert_eq!(s.undo_depth().unwrap(), depth + 1);
    assert!(s.undo().unwrap().unwrap().contains("note"));
    assert_eq!(s.verify().unwrap(), []);
}

fn log_file(text: &[u8]) -> (tempfile::TempDir, Box<dyn LogBytes>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("auth.log");
    std::fs::File::create(&path).unwrap().write_all(text).unwrap();
    (dir, Box::new(FileLog::open(&path).unwrap()))
}

#[test]
fn a_log_is_hashed_once_at_every_size_that_is_asked_for() {
    let text: Vec<u8> = (0..600_000_u32).map(|i| (i * 7 % 251) as u8).collect();
    for len in [0, 1, 262_143, 262_144, 262_145, 600_000] {
        let (_dir, mut log) = log_file(&text[..len]);
        let sizes = [1, 2, 262_143, 262_144, 262_145, 524_288, 599_999, 600_000, u64::MAX];
        let sums = log.sums(&sizes).unwrap();
        assert_eq!((sums.size, &sums.whole), (len as u64, &sha256_hex(&text[..len])), "{len}");
        let shorter = sizes.iter().filter(|s| **s < len as u64).map(|s| (*s, sha256_hex(&text[..*s as usize])));
        assert_eq!(sums.begins, shorter.collect(), "{len}");
        assert_eq!(log.sums(&[]).unwrap().whole, sums.whole);
    }
}

#[test]
fn evidence_is_compared_with_the_log() {
    let doc = exported();
    let text = |extra: &str| log_text() + extra;
    // The record beyond the end of the file is not in this log.
    let (_dir, log) = log_file(text("").as_bytes());
    let report = verify(&doc, &mut [log]);
    assert_eq!(report.evidence_in_logs, 8);
    assert!(report.findings.iter().all(|f| f.item.starts_with("event ")), "{:?}", report.findings);
    assert_eq!(report.findings.len(), 1);
    // A log that only grew is the same source.
    let (_dir, log) = log_file(text("one more\n").as_bytes());
    assert_eq!(verify(&doc, &mut [log]).findings.len(), 1);
    // A changed one is named, with the record that changed.
    let (_dir, log) = log_file(text("").replace("10.0.0.2 ", "10.0.0.9 ").as_bytes());
    let found: Vec<String> = verify(&doc, &mut [log]).findings.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("source auth.log: the log ") && found[0].contains("has SHA-256"), "{found:?}");
    assert!(found[0].contains("2 of 8 records differ: alert a0 evidence 3, event "), "{found:?}");
}

#[test]
fn what_is_no_case_is_said_to_be_none() {
    for doc in [json!(null), json!({}), json!([1]), json!({"format": "x"})] {
        assert!(problems(&doc)[0].contains("no exported case"));
    }
    let newer = json!({"format": FORMAT, "format_version": 99});
    assert!(problems(&newer)[0].contains("format version 99"));
    let hollow = json!({"format": FORMAT, "format_version": 1, "alerts": [1, {"evidence": {}}], "operations": [null]});
    assert!(!problems(&hollow).is_empty());
}

#[test]
fn the_published_schema_describes_an_export_to_the_last_member() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/case.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let doc = exported();
    let errors: Vec<String> = validator.iter_errors(&doc).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    for path in [
        "/case",
        "/items/0",
        "/alerts/0/evidence/0",
        "/events/0",
        "/notes/0",
        "/sources/0",
        "/rules/0",
        "/operations/0",
        "/chains/0",
        "/chains/0/links/0",
        "/tool",
        "/alerts/0/triage",
        "",
    ] {
        let mut more = doc.clone();
        more.pointer_mut(path).unwrap()["surplus"] = json!(1);
        assert!(!validator.is_valid(&more), "{path}");
        let mut less = doc.clone();
        let members = less.pointer_mut(path).unwrap().as_object_mut().unwrap();
        let first = members.keys().next().unwrap().clone();
        members.remove(&first);
        assert!(!validator.is_valid(&less), "{path}");
    }
}
