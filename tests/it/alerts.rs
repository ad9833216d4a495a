//! One attack is one alert, wherever it is looked at.

use serde_json::Value;

use super::program::Home;

/// Six wrong passwords, a log-in half an hour later, and somebody else's slip.
fn guessing() -> String {
    let mut log = String::new();
    for n in 0..6 {
        log +=
            &format!("Mar  2 09:04:{n:02} web sshd[10{n}]: Failed password for ada from 203.0.113.9 port 40{n} ssh2\n");
    }
    log += "Mar  2 09:20:00 web sshd[200]: Failed password for ben from 10.20.1.4 port 4000 ssh2\n";
    log += "Mar  2 09:34:00 web sshd[300]: Accepted password for ada from 203.0.113.9 port 4100 ssh2\n";
    log
}

#[test]
fn guessing_that_ended_in_a_log_in_is_one_alert() {
    let home = Home::new();
    let log = home.write("auth.log", guessing());
    let alerts = home.arg("alerts.jsonl");
    let ran = home.run(&["replay", &log, "--alerts", &alerts]);
    ran.says(
        0,
        &[
            "3 alerts, 2 covered by others: 1 critical, 2 low",
            "covers SSH log-in from an address that guesses passwords, SSH password guessing from one source",
            "not listed: 2 alerts",
        ],
    );
    let all = home.objects("alerts.jsonl");
    let (top, covered): (Vec<&Value>, Vec<&Value>) = all.iter().partition(|a| a["covered_by"].is_null());
    // The guessing, and that its address got in at all, stand behind what tells most.
    assert_eq!((top.len(), covered.len()), (1, 2));
    assert_eq!((&top[0]["severity"], &top[0]["matched_total"]), (&"critical".into(), &7.into()));
    for c in &covered {
        assert_eq!((&c["severity"], &c["covered_by"]), (&"low".into(), &top[0]["id"]));
        assert!(top[0]["covers"].as_array().unwrap().contains(&c["id"]));
    }
    assert!(covered.iter().any(|c| c["rule"] == "SSH password guessing from one source" && c["matched_total"] == 6));
    // The store has them as they are at the end, and a second reading changes nothing.
    let db = rusqlite::Connection::open(home.path("data/cases.db")).unwrap();
    let stored = || -> Vec<(i64, i64, Option<String>)> {
        let sql = "SELECT severity, revision, doc ->> '$.covered_by' FROM alerts ORDER BY severity";
        let mut rows = db.prepare(sql).unwrap();
        rows.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).unwrap().map(Result::unwrap).collect()
    };
    let first = stored();
    assert_eq!((first[0].0, first[0].2.as_deref()), (1, top[0]["id"].as_str()));
    assert_eq!((first[2].0, &first[2].2), (4, &None));
    home.run(&["replay", &log]).says(0, &[]);
    assert_eq!(first, stored());
}

#[test]
fn the_summary_says_which_years_were_inferred() {
    let home = Home::new();
    let log = home.write("auth.log", guessing());
    home.run(&["replay", &log, "--no-store"]).says(0, &["inferred from the file's time (--year names another)"]);
    home.run(&["replay", &log, "--no-store"]).says(0, &["inferred from the time recorded when this content"]);
    let (ran, doc) = home.summary(&[&log, "--no-store", "--year", "2024"]);
    assert_eq!((&doc["inputs"][0]["years_inferred"], &doc["inputs"][0]["year_from"]), (&8.into(), &"".into()));
    assert_eq!(ran.code, Some(0));
    assert!(!home.run(&["replay", &log, "--no-store", "--year", "2024"]).err.contains("inferred"));
}

#[test]
fn the_shipped_rules_have_no_findings_and_pass_their_tests() {
    let home = Home::new();
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    let ran = home.run(&["rules", "check", "--json", rules]);
    let doc: Value = serde_json::from_str(&ran.out).unwrap();
    let found: Vec<&Value> = doc.as_array().into_iter().flatten().collect();
    assert!(ran.code == Some(0) && doc.is_array() && found.is_empty(), "{found:?}");
    let ran = home.run(&["rules", "test", "--rules", rules]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}
