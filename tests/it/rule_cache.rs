//! Rules from the cache find what rules read from their files find.

use crate::program::{Home, fixture};

#[test]
fn the_same_alerts_and_matches_whether_rules_are_read_or_kept() {
    let home = Home::new();
    let log = fixture("demo/incident.log");
    let outputs = |n: usize| (format!("{n}.m.jsonl"), format!("{n}.a.jsonl"));
    let kept = || std::fs::read_dir(home.path("cache/rules")).map_or(0, |d| d.flatten().count());
    for (n, on) in [(0, "false"), (1, "true"), (2, "true")] {
        std::fs::write(home.path("secstream.toml"), format!("[cache]\ndir = \"cache\"\nrules = {on}\n")).unwrap();
        let (matches, alerts) = outputs(n);
        let args = ["replay", &log, "--year", "2026", "--no-store", "--matches", &matches, "--alerts", &alerts];
        home.run(&args).says(0, &["alerts"]);
        assert_eq!(kept(), n.min(1), "kept once, by the second run");
    }
    for n in [1, 2] {
        for (a, b) in [(outputs(0).0, outputs(n).0), (outputs(0).1, outputs(n).1)] {
            assert!(!home.read(&a).is_empty());
            assert_eq!(home.read(&a), home.read(&b), "run {n}");
        }
    }
    let doctor = home.run(&["doctor"]).out;
    assert!(doctor.contains("1 rule set kept"), "{doctor}");
}
