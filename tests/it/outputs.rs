//! Outputs that fail: what failed is named, and everything else is written.

use std::io::{BufRead as _, BufReader, Read as _};

use secstream::store::{AlertFilter, Store};

use crate::program::{Home, Ran, fixture};

fn incident() -> [String; 4] {
    ["replay".into(), fixture("demo/incident.log"), "--year".into(), "2026".into()]
}

fn run(home: &Home, args: &[&str]) -> Ran {
    let all = incident();
    let all: Vec<&str> = all.iter().map(String::as_str).chain(args.iter().copied()).collect();
    home.run(&all)
}

#[test]
fn a_full_output_takes_no_other_with_it() {
    let home = Home::new();
    run(&home, &["--no-store", "--alerts", "good.jsonl", "--matches", "good.csv", "--events", "good.ev"]).says(0, &[]);
    for full in ["--events", "--matches"] {
        let names = ["--events", "--matches", "--alerts"];
        let mut args = vec!["--db", "cases.db"];
        for n in names {
            let path = match n {
                n if n == full => "/dev/full",
                "--events" => "e.jsonl",
                "--matches" => "m.csv",
                _ => "a.jsonl",
            };
            args.extend([n, path]);
        }
        let ran = run(&home, &args);
        ran.says(3, &["/dev/full", "No space", "1 output failed", "records =", "alerts"]);
        assert_eq!(home.read("a.jsonl"), home.read("good.jsonl"));
        if full == "--events" {
            assert_eq!(home.read("m.csv"), home.read("good.csv"));
        } else {
            assert_eq!(home.read("e.jsonl"), home.read("good.ev"));
        }
        let store = Store::open_read_only(Some(&home.path("cases.db")), "x").unwrap();
        assert_eq!(store.alerts(&AlertFilter::default()).unwrap().len(), home.objects("a.jsonl").len());
    }
    // For scripts: one document, the failure in it and on standard error.
    let ran = run(&home, &["--no-store", "--json", "--alerts", "/dev/full"]);
    ran.says(3, &["/dev/full"]);
    let doc: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert!(doc["outputs_failed"][0].as_str().unwrap().contains("/dev/full"), "{doc}");
    assert!(doc["alerts"].as_u64() > Some(0));
    // And with no words at all but these.
    let ran = run(&home, &["--no-store", "--quiet", "--alerts", "/dev/full"]);
    ran.says(3, &["/dev/full"]);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
}

#[test]
fn a_store_of_a_newer_version_costs_no_other_result() {
    let home = Home::new();
    drop(Store::open(Some(&home.path("newer.db")), "x").unwrap());
    let newer = rusqlite::Connection::open(home.path("newer.db")).unwrap();
    newer.pragma_update(None, "user_version", 900).unwrap();
    drop(newer);
    let before = std::fs::read(home.path("newer.db")).unwrap();
    let ran = run(&home, &["--db", "newer.db", "--alerts", "a.jsonl", "--events", "e.jsonl"]);
    ran.says(3, &["newer.db", "format 900", "records =", "1 output failed"]);
    assert!(!home.objects("a.jsonl").is_empty() && home.objects("e.jsonl").len() > 100);
    assert_eq!(std::fs::read(home.path("newer.db")).unwrap(), before, "it is left alone");
}

#[test]
fn a_misspelt_path_makes_no_directories_and_empties_no_file() {
    let home = Home::new();
    run(&home, &["--db", "gone/deep/cases.db"]).says(3, &["--db", "gone/deep"]);
    home.run(&["tui", "--db", "gone/deep/cases.db"]).says(3, &["--db", "gone/deep"]);
    assert!(!home.path("gone").exists());
    home.write("old.jsonl", "what an earlier run found\n");
    run(&home, &["--no-store", "--events", "old.jsonl", "--alerts", "gone/a.jsonl"]).says(3, &["gone/a.jsonl"]);
    assert_eq!(home.read("old.jsonl"), "what an earlier run found\n");
    run(&home, &["--no-store", "--alerts", "old.jsonl"]).says(0, &[]);
    assert!(home.read("old.jsonl").starts_with('{'), "and is replaced whole otherwise");
}

#[test]
fn outputs_never_overwrite_each_other_or_the_store() {
    let home = Home::new();
    run(&home, &["--db", "cases.db", "-q"]).says(0, &[]);
    let store = std::fs::read(home.path("cases.db")).unwrap();
    run(&home, &["--db", "cases.db", "--events", "./cases.db"]).says(2, &["case store"]);
    assert_eq!(std::fs::read(home.path("cases.db")).unwrap(), store);
    home.write("x.jsonl", "earlier\n");
    std::os::unix::fs::symlink(home.path("x.jsonl"), home.path("link")).unwrap();
    for other in ["./x.jsonl", "link"] {
        run(&home, &["--no-store", "--events", "x.jsonl", "--alerts", other])
            .says(2, &["--events", "--alerts", "one file"]);
    }
    assert_eq!(home.read("x.jsonl"), "earlier\n");
}

#[test]
fn a_reader_that_is_gone_ends_only_its_own_output() {
    let home = Home::new();
    run(&home, &["--no-store", "--alerts", "good.jsonl"]).says(0, &[]);
    let log = fixture("demo/incident.log");
    let args = ["replay", "--year", "2026", &log, "--events", "-", "--alerts", "a.jsonl", "--no-store"];
    let mut child = home.start(&args);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    drop(out);
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{err}");
    assert!(err.contains("records ="), "the summary is written: {err}");
    assert_eq!(home.read("a.jsonl"), home.read("good.jsonl"));
}

#[test]
fn either_output_of_templates_stands_alone() {
    let home = Home::new();
    run(&home, &["--no-store", "--templates", "t.good", "--structured", "s.good"]).says(0, &[]);
    run(&home, &["--no-store", "--templates", "/dev/full", "--structured", "s"]).says(3, &["1 output failed"]);
    run(&home, &["--no-store", "--templates", "t", "--structured", "/dev/full"]).says(3, &["1 output failed"]);
    assert_eq!((home.read("t"), home.read("s")), (home.read("t.good"), home.read("s.good")));
}

#[test]
fn a_closed_standard_output_is_a_failed_one() {
    let home = Home::new();
    let log = fixture("demo/incident.log");
    run(&home, &["--no-store", "--alerts", "good.jsonl"]).says(0, &[]);
    let shell = |line: &str| {
        let all = format!("exec \"$0\" replay --year 2026 \"$1\" --no-store {line}");
        let c = home.command(&[]);
        let program = c.get_program().to_owned();
        let mut sh = std::process::Command::new("sh");
        sh.args(["-c", &all]).arg(program).arg(&log).current_dir(home.path(""));
        for (name, value) in c.get_envs() {
            match value {
                Some(v) => sh.env(name, v),
                None => sh.env_remove(name),
            };
        }
        Ran::from(sh.output().unwrap())
    };
    shell("--events - --alerts a.jsonl >&-").says(0, &["standard output is closed", "records ="]);
    assert_eq!(home.read("a.jsonl"), home.read("good.jsonl"));
    shell("--json >&-").says(0, &["standard output is closed"]);
    shell("--events - > /dev/null").says(0, &[]);
    shell(">&-").says(0, &[]);
}
