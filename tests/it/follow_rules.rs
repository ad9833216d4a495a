//! Rules that change while a log is followed: the new ones see what comes, with
//! names that no rule had before, and the windows of the others go on.

use std::fs;
use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::program::Home;
use crate::program::following::Following;

const COUNTED: &str = "title: Base\nid: 22222222-1111-4111-8111-111111111111\nname: base\nlevel: low\nlogsource: {}\n\
                       detection: {s: {kind: base}, condition: s}\n---\ntitle: Three\nid: 22222222-1111-4111-8111-111111111112\nlevel: high\n\
                       correlation: {type: event_count, rules: [base], group-by: [src_ip], timespan: 1h, condition: {gte: 3}}\n";

/// A rule for one field.
fn rule(title: &str, search: &str) -> String {
    format!(
        "title: {title}\nid: 22222222-1111-4111-8111-111111111113\nlevel: low\nlogsource: {{}}\n\
         detection: {{s: {{{search}}}, condition: s}}\n"
    )
}

#[test]
fn rules_that_change_are_in_force_and_windows_go_on() {
    let home = Home::new();
    fs::create_dir(home.path("rules")).unwrap();
    home.write("rules/counted.yml", COUNTED);
    home.write("rules/other.yml", rule("Old", "colour: blue"));
    home.write("log.ndjson", "");
    let args =
        ["--no-store", "--json", "--rules", "rules", "--matches", "m.jsonl", "--alerts", "a.jsonl", "log.ndjson"];
    let f = Following::start(home, &args);
    let mut lines = 0;
    let mut append = |kind: &str| {
        let event = format!(
            "{{\"timestamp\":\"2026-03-02T10:00:{:02}Z\",\"product\":\"windows\",\"category\":\"process_creation\",\"src_ip\":\"192.0.2.7\",\"kind\":\"{kind}\",\"shape\":\"round\"}}\n",
            lines.min(59)
        );
        let mut file = fs::File::options().append(true).open(f.home.path("log.ndjson")).unwrap();
        file.write_all(event.as_bytes()).unwrap();
        lines += 1;
        f.has(lines);
    };
    append("base");
    append("base");
    f.home.write("rules/other.yml", rule("New", "shape: round"));
    let until = Instant::now() + Duration::from_secs(60);
    while !fs::read_to_string(f.home.path("m.jsonl")).is_ok_and(|m| m.contains("\"New\"")) {
        assert!(Instant::now() < until, "the rule that changed never matched");
        append("filler");
        std::thread::sleep(Duration::from_millis(100));
    }
    append("base");
    let (home, ran) = f.end();
    assert!(ran.err.contains("rules changed: "), "{}", ran.err);
    let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert!(said["rules_reloaded"].as_u64().is_some_and(|n| n > 0), "{}", ran.out);
    let alerts = fs::read_to_string(home.path("a.jsonl")).unwrap();
    assert!(alerts.contains("\"Three\""), "two before and one after are three: {alerts}");
    assert!(!fs::read_to_string(home.path("m.jsonl")).unwrap().contains("\"Old\""));
}

#[test]
fn no_record_is_missed_or_seen_twice_while_rules_change() {
    let home = Home::new();
    fs::create_dir(home.path("rules")).unwrap();
    home.write("rules/all.yml", rule("All", "kind: base").replace("113", "114"));
    home.write("rules/other.yml", rule("Other", "colour: blue"));
    let logs = ["a.ndjson", "b.ndjson", "c.ndjson"];
    logs.iter().for_each(|l| {
        home.write(l, "");
    });
    let args = ["--no-store", "--json", "--rules", "rules", "--matches", "m.jsonl", logs[0], logs[1], logs[2]];
    let f = Following::start(home, &args);
    let (rounds, each) = (12, 200);
    for round in 0..rounds {
        for log in logs {
            let mut file = fs::File::options().append(true).open(f.home.path(log)).unwrap();
            for n in 0..each {
                let at = round * each + n;
                let time = format!("2026-03-02T{:02}:{:02}:{:02}Z", at / 3600, at / 60 % 60, at % 60);
                writeln!(
                    file,
                    "{{\"timestamp\":\"{time}\",\"src_ip\":\"192.0.2.7\",\"kind\":\"base\",\"f{round}\":1}}"
                )
                .unwrap();
            }
        }
        f.home.write("rules/other.yml", rule("Other", &format!("f{round}: 1")));
        std::thread::sleep(Duration::from_millis(if round == 0 { 2_000 } else { 150 }));
    }
    let whole = rounds * each * logs.len();
    f.has(whole);
    let (home, ran) = f.end();
    let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert!(said["rules_reloaded"].as_u64().is_some_and(|n| n > 0), "{}", ran.err);
    assert_eq!((&said["records"], &said["parsed"]), (&whole.into(), &whole.into()));
    let matched = fs::read_to_string(home.path("m.jsonl")).unwrap();
    assert_eq!(matched.lines().filter(|l| l.contains("\"All\"")).count(), whole);
}

const LISTED: &str = "name: Lists\npriority: 10\ntransformations:\n  - {id: list, type: file_placeholders, path: shapes.txt, format: plaintext}\n";

/// Follows with a rule for the values of a list that a pipeline names; after `change` the
/// rule is to match what it did not match before.
fn changed_place_is_noticed(change: impl Fn(&Home)) {
    let home = Home::new();
    fs::create_dir(home.path("rules")).unwrap();
    home.write("rules/one.yml", rule("Listed", "shape|expand: '%shapes%'"));
    home.write("lists.yml", LISTED);
    home.write("shapes.txt", "square\n");
    home.write("log.ndjson", "");
    let args =
        ["--no-store", "--json", "--pipeline", "lists.yml", "--rules", "rules", "--matches", "m.jsonl", "log.ndjson"];
    let f = Following::start(home, &args);
    let mut lines = 0;
    let mut append = || {
        let event = "{\"timestamp\":\"2026-03-02T10:00:00Z\",\"src_ip\":\"192.0.2.7\",\"shape\":\"round\"}\n";
        let mut file = fs::File::options().append(true).open(f.home.path("log.ndjson")).unwrap();
        file.write_all(event.as_bytes()).unwrap();
        lines += 1;
        f.has(lines);
    };
    append();
    let matched = || fs::read_to_string(f.home.path("m.jsonl")).is_ok_and(|m| m.contains("\"Listed\""));
    assert!(!matched());
    change(&f.home);
    let until = Instant::now() + Duration::from_secs(60);
    while !matched() {
        assert!(Instant::now() < until, "what changed was never noticed");
        append();
        std::thread::sleep(Duration::from_millis(100));
    }
    let (_, ran) = f.end();
    assert!(ran.err.contains("rules changed: "), "{}", ran.err);
}

#[test]
fn a_changed_list_of_a_pipeline_is_noticed() {
    changed_place_is_noticed(|home| drop(home.write("shapes.txt", "square\nround\n")));
}

#[test]
fn a_changed_pipeline_is_noticed() {
    changed_place_is_noticed(|home| {
        home.write("others.txt", "round\n");
        let text = LISTED.replace("shapes.txt", "others.txt");
        home.write("lists.yml", text);
    });
}
