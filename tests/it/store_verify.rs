//! An exported case against the original log: the evidence is compared and the
//! alerts are derived again; each real change is one line.

use std::path::Path;

use secstream::store::{AlertFilter, Store};
use serde_json::{Value, json};

use super::program::{Home, Ran, fixture};

/// A home in which the demo's log was replayed and all its alerts are in a case.
fn worked(log: &str) -> (Home, String) {
    let home = Home::new();
    home.run(&["replay", log, "-q"]).says(0, &[]);
    let case = case_of_all(&home.path("data/cases.db"));
    (home, case)
}

fn case_of_all(db: &Path) -> String {
    let mut store = Store::open(Some(db), "ann").unwrap();
    let ids: Vec<String> = store.alerts(&AlertFilter::default()).unwrap().into_iter().map(|a| a.id).collect();
    assert!(ids.len() > 5, "{}", ids.len());
    store.escalate(&ids, None, "All of it").unwrap().0
}

fn export(home: &Home, case: &str) -> Value {
    home.run(&["cases", "export", case, "--out", &home.arg("case.json"), "--analyst", "bob", "--force"]).says(0, &[]);
    serde_json::from_str(&home.read("case.json")).unwrap()
}

fn verify(home: &Home, more: &[&str]) -> (Ran, Value) {
    let file = home.arg("case.json");
    let text = home.run(&[&["cases", "verify", &file], more].concat());
    let doc = home.run(&[&["cases", "verify", &file, "--json"], more].concat());
    assert_eq!(text.code, doc.code, "{}{}", text.out, text.err);
    let doc: Value = serde_json::from_str(&doc.out).unwrap_or_else(|e| panic!("{e}: {} {}", doc.out, doc.err));
    let n = doc["findings"].as_array().unwrap().len();
    assert_eq!(text.code, Some(i32::from(n > 0)), "{}", text.out);
    (text, doc)
}

#[test]
fn alerts_are_derived_again_from_the_log() {
    let log = fixture("demo/incident.log");
    let (home, case) = worked(&log);
    let doc = export(&home, &case);
    assert_eq!(doc["exported_by"], "bob");
    let n = doc["alerts"].as_array().unwrap().len();
    let all = format!("{n} of {n} alerts derived again from the logs, the same");
    let (text, report) = verify(&home, &["--source", &log]);
    assert!(text.out.contains(": intact;") && text.out.contains(&all), "{}{}", text.out, text.err);
    assert_eq!(report["derived"].as_object().unwrap().len(), n);
    // A copy under another name, touched, packed or grown since: the same.
    let bytes = std::fs::read(&log).unwrap();
    let copy = home.write("elsewhere/copy.log", &bytes);
    assert!(verify(&home, &["--source", &copy]).0.out.contains(&all));
    let grown = home.write("grown.log", [&bytes[..], b"Dec 31 23:59:59 lab sshd[1]: one more line\n"].concat());
    assert!(verify(&home, &["--log", &grown]).0.out.contains(&all));
    // Only the bytes.
    let (text, report) = verify(&home, &["--source", &log, "--no-derive"]);
    assert!(!text.out.contains("derived") && report["derived"] == json!({}), "{}", text.out);
}

#[test]
fn an_export_says_whether_the_year_was_given() {
    let log = fixture("demo/incident.log");
    for (given, more) in [(true, &["--year", "2026"][..]), (false, &[])] {
        let home = Home::new();
        home.run(&[&["replay", &log, "-q"], more].concat()).says(0, &[]);
        let doc = export(&home, &case_of_all(&home.path("data/cases.db")));
        assert_eq!(doc["sources"][0]["year_given"], given, "{}", doc["sources"][0]);
        assert!(verify(&home, &["--source", &log]).0.out.contains("derived again from the logs, the same"));
    }
}

#[test]
fn what_cannot_be_decided_is_no_finding() {
    let log = fixture("demo/incident.log");
    let (home, case) = worked(&log);
    let doc = export(&home, &case);
    // Other rules: nothing to compare with, said once for each rule.
    let rules = home.path("none");
    std::fs::create_dir(&rules).unwrap();
    let (text, report) = verify(&home, &["--source", &log, "--rules", rules.to_str().unwrap()]);
    let used: std::collections::BTreeSet<&str> =
        doc["alerts"].as_array().unwrap().iter().map(|a| a["rule_id"].as_str().unwrap()).collect();
    assert_eq!((text.code, text.out.matches("is not among the rules here").count()), (Some(0), used.len()));
    assert!(report["derived"].as_object().unwrap().values().all(|d| d["result"] == "not_derived"), "{report}");
}

#[test]
fn each_change_is_one_line() {
    let log = fixture("demo/incident.log");
    let (home, case) = worked(&log);
    // The machine's part of one alert was forged before the export: every hash holds.
    let db = rusqlite::Connection::open(home.path("data/cases.db")).unwrap();
    let id: String = db
        .query_row(
            "UPDATE alerts SET doc = json_set(doc, '$.count', 99, '$.message', 'nothing') WHERE id =
             (SELECT min(id) FROM alerts) RETURNING id",
            [],
            |r| r.get(0),
        )
        .unwrap();
    export(&home, &case);
    assert_eq!(verify(&home, &[]).0.code, Some(0));
    let (text, report) = verify(&home, &["--source", &log]);
    assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{}", text.out);
    let problem = report["findings"][0]["problem"].as_str().unwrap();
    assert_eq!(report["findings"][0]["item"], format!("alert {id}"));
    assert!(problem.contains("differs in") && problem.contains("count (99, now "), "{problem}");
    assert!(problem.contains("message (\"nothing\", now "), "{problem}");

    // An alert that the log does not give, put into the case by someone.
    db.execute_batch(&format!(
        "CREATE TEMP TABLE one AS SELECT * FROM alerts WHERE id = '{id}';
         UPDATE one SET id = 'forged', doc = json_set(doc, '$.id', 'forged', '$.count', 1),
           status = 'new', decided_by = NULL, decided_at = NULL, decided_revision = NULL;
         INSERT INTO alerts SELECT * FROM one;
         INSERT INTO alert_evidence SELECT 'forged', n, event FROM alert_evidence WHERE alert = '{id}';"
    ))
    .unwrap();
    let mut store = Store::open(Some(&home.path("data/cases.db")), "eve").unwrap();
    store.escalate(&["forged".to_owned()], Some(&secstream::store::CaseId(case.clone())), "").unwrap();
    export(&home, &case);
    let (text, report) = verify(&home, &["--source", &log]);
    assert_eq!(report["findings"].as_array().unwrap().len(), 2, "{}", text.out);
    assert!(text.out.contains("alert forged: is not raised again"), "{}", text.out);
}

#[test]
fn a_changed_log_is_named_with_its_records_once() {
    let log = fixture("demo/incident.log");
    let (home, case) = worked(&log);
    let doc = export(&home, &case);
    let e = &doc["alerts"][0]["evidence"][0];
    let raw = e["raw"].as_str().unwrap();
    let mut bytes = std::fs::read(&log).unwrap();
    let at = e["offset"].as_u64().unwrap() as usize;
    bytes[at + raw.len() - 1] ^= 1;
    let changed = home.write("incident.log", &bytes);
    let (text, report) = verify(&home, &["--source", &changed]);
    assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{}", text.out);
    assert!(text.out.contains("1 of ") && text.out.contains(" records differ: alert "), "{}", text.out);
    assert!(text.out.contains("alerts not derived again: the log "), "{}", text.out);
    // One changed character of the document, and the log at hand: one line.
    let text = home.read("case.json").replacen(raw, &raw.replace(' ', "_"), 1);
    home.write("case.json", text);
    let (text, report) = verify(&home, &["--source", &log]);
    assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{}", text.out);
    assert!(text.out.contains("raw bytes do not match their SHA-256"), "{}", text.out);
}

#[test]
fn what_was_noted_of_a_log_is_held_to_it() {
    let log = fixture("demo/incident.log");
    for (change, word) in
        [("records = records - 1", "records ("), ("lines = lines + 2", "lines ("), ("path = '/x'", "")]
    {
        let (home, case) = worked(&log);
        home.run(&["cases", "verify"]).says(0, &[]);
        let db = rusqlite::Connection::open(home.path("data/cases.db")).unwrap();
        db.execute(&format!("UPDATE sources SET {change}"), []).unwrap();
        let ran = home.run(&["cases", "verify"]);
        assert!(ran.code == Some(1) && ran.out.contains("incident.log"), "{change}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains("does not match its digest") && ran.out.contains("1 finding"), "{}", ran.out);
        // An export of it holds together; of what the log can tell the log tells.
        export(&home, &case);
        assert_eq!(verify(&home, &[]).0.code, Some(0));
        let (text, report) = verify(&home, &["--source", &log]);
        let findings = report["findings"].as_array().unwrap();
        assert_eq!(findings.len(), usize::from(!word.is_empty()), "{change}: {}", text.out);
        assert!(text.out.contains(word) && text.out.contains("derived again from the logs"), "{change}: {}", text.out);
        // Reading the log again puts it right.
        home.run(&["replay", &log, "-q"]).says(0, &[]);
        let ran = home.run(&["cases", "verify"]);
        assert!(ran.code == Some(0) && ran.out.contains("intact"), "{change}: {}{}", ran.out, ran.err);
    }
}
