//! Suppressions and other levels: the last stage of an analysis, counted and said.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn log() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/incident.log")
}

fn run(home: &Path, args: &[&str]) -> Output {
    let mut c = Command::new(env!("CARGO_BIN_EXE_secstream"));
    c.args(args).env("HOME", home).env("SECSTREAM_OWN_RULES", home.join("own"));
    for (name, dir) in [("XDG_CACHE_HOME", "cache"), ("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config")] {
        c.env(name, home.join(dir));
    }
    c.output().expect("runs")
}

/// The alerts as lines, and the summary.
fn replay(home: &Path, more: &[&str]) -> (String, Value) {
    let log = log();
    let alerts = home.join("alerts.jsonl");
    let mut args = vec!["replay", log.to_str().expect("a path"), "--year", "2026", "--no-store", "--json", "--alerts"];
    args.push(alerts.to_str().expect("a path"));
    args.extend(more);
    let out = run(home, &args);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = std::fs::read_to_string(&alerts).expect("alerts");
    std::fs::remove_file(&alerts).expect("removed");
    (text, serde_json::from_slice(&out.stdout).expect("JSON"))
}

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect()
}

#[test]
fn what_is_suppressed_is_counted_and_the_rest_is_as_before() {
    let home = tempfile::tempdir().expect("a folder");
    let (before, _) = replay(home.path(), &[]);
    let all = rows(&before);
    let root = all.iter().find(|a| a["covers"].as_array().is_some_and(|c| !c.is_empty())).expect("one covers others");
    let other = all.iter().find(|a| a["severity"] == "high" && a["id"] != root["id"]).expect("a high one");
    let file = format!(
        "[[suppress]]\nid = 'sup-1'\nrule = '{}'\nwhen = 'src_ip={}'\nowner = 'ann'\nreason = 'our scanner'\nuntil = 'never'\n\n\
         [[level]]\nid = 'lev-1'\nrule = '{}'\nlevel = 'low'\nowner = 'ben'\nreason = 'noise'\nuntil = 'never'\n\n\
         [[suppress]]\nid = 'old'\nrule = '{}'\nowner = 'ben'\nreason = 'was noise'\nuntil = '2020-01-01'\n",
        root["rule_id"].as_str().unwrap(),
        root["src_ip"].as_str().unwrap(),
        other["rule_id"].as_str().unwrap(),
        other["rule_id"].as_str().unwrap(),
    );
    std::fs::create_dir_all(home.path().join("own")).expect("a folder");
    std::fs::write(home.path().join("own/suppressions.toml"), &file).expect("written");

    let (one, summary) = replay(home.path(), &["--threads", "1"]);
    let (many, _) = replay(home.path(), &["--threads", "5"]);
    assert_eq!(one, many, "whatever the threads");
    let after = rows(&one);
    let gone = 1 + root["covers"].as_array().unwrap().len();
    assert_eq!(after.len() + gone, all.len(), "it goes with those that it covers");
    assert!(after.iter().all(|a| a["id"] != root["id"]));
    let lowered = after.iter().find(|a| a["id"] == other["id"]).expect("still there");
    assert_eq!(lowered["severity"], "low");
    assert!(lowered["score_parts"].get("ruling lev-1").is_some(), "{lowered}");
    // All others are as they were, to the byte.
    let changed = |l: &&str| !one.lines().any(|x| x == *l);
    let same_rule = all.iter().filter(|a| a["rule_id"] == other["rule_id"]).count();
    assert!(before.lines().filter(changed).count() <= gone + same_rule);
    let hits =
        |id: &str| summary["rulings"].as_array().unwrap().iter().find(|r| r["id"] == id).unwrap()["alerts"].clone();
    assert_eq!((hits("sup-1").as_u64(), hits("old").as_u64()), (Some(gone as u64), Some(0)));
    assert!(hits("lev-1").as_u64() >= Some(1));

    let log = log();
    let out = run(home.path(), &["replay", log.to_str().unwrap(), "--year", "2026", "--no-store"]);
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(said.contains("filtered by suppression sup-1 (ann: our scanner)"), "{said}");
    let out = run(home.path(), &["rules", "list"]);
    let listed = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(listed.contains("suppressions and other levels: 3") && listed.contains("ends 2020-01-01"), "{listed}");
    let out = run(home.path(), &["rules", "list", "--for", log.to_str().unwrap(), "--year", "2026"]);
    let listed = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(listed.lines().any(|l| l.starts_with("sup-1") && l.ends_with(&format!("{gone} alerts"))), "{listed}");
}

/// What a ruling takes out is not in the store either, with what it covers:
/// an alert opens before it is known which one stands for it.
#[test]
fn the_store_has_what_the_output_has() {
    let home = tempfile::tempdir().expect("a folder");
    let (before, _) = replay(home.path(), &[]);
    let all = rows(&before);
    let root = all.iter().find(|a| a["covers"].as_array().is_some_and(|c| !c.is_empty())).expect("one covers others");
    let db = home.path().join("n.db");
    let (db, log) = (db.to_str().expect("a path"), log());
    let read = || {
        let out = run(home.path(), &["replay", log.to_str().expect("a path"), "--year", "2026", "--db", db]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    };
    let kept = || -> Vec<String> {
        let store = secstream::store::Store::open_read_only(Some(Path::new(db)), "x").expect("opens");
        let mut ids: Vec<String> =
            store.alerts(&Default::default()).expect("reads").into_iter().map(|a| a.id).collect();
        ids.sort();
        ids
    };
    let ids = |rows: &[Value]| -> Vec<String> {
        let mut ids: Vec<String> = rows.iter().map(|a| a["id"].as_str().expect("an id").to_owned()).collect();
        ids.sort();
        ids
    };
    let file = format!(
        "[[suppress]]\nrule = '{}'\nowner = 'ann'\nreason = 'ours'\nuntil = 'never'\n",
        root["rule_id"].as_str().expect("an id")
    );
    std::fs::create_dir_all(home.path().join("own")).expect("a folder");
    let own = home.path().join("own/suppressions.toml");
    // Into an empty store, into one that has them all, and back again.
    std::fs::write(&own, &file).expect("written");
    let (after, _) = replay(home.path(), &[]);
    let after = ids(&rows(&after));
    assert!(after.len() + 1 < all.len());
    read();
    assert_eq!(kept(), after);
    std::fs::remove_file(&own).expect("removed");
    read();
    assert_eq!(kept(), ids(&all));
    std::fs::write(&own, &file).expect("written");
    read();
    assert_eq!(kept(), after);
}

#[test]
fn a_file_that_is_wrong_is_said_with_its_line_and_nothing_is_hidden() {
    let home = tempfile::tempdir().expect("a folder");
    let (before, _) = replay(home.path(), &[]);
    std::fs::create_dir_all(home.path().join("own")).expect("a folder");
    std::fs::write(home.path().join("own/suppressions.toml"), "[[suppress]]\nrule = 'x'\nowner = 1\n")
        .expect("written");
    let (after, summary) = replay(home.path(), &[]);
    assert_eq!(before, after);
    let problem = &summary["rules_not_loaded"][0];
    assert!(
        problem["path"].as_str().is_some_and(|p| p.ends_with("suppressions.toml")) && problem["line"] == 3,
        "{summary}"
    );
}
