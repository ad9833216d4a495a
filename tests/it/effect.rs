//! What an edited rule would find in an open log, against the matcher.

use std::sync::Arc;

use secstream::detect::columns::Hits;
use secstream::detect::{RuleFile, RuleSet};
use secstream::event::Ov;
use secstream::pipeline::{
    Effect, Effects, LoadedRules, Question, RuleEffect, RuleSides, Session, SessionOptions, Way,
};
use secstream::source::Input;

const RULE: &str = "title: Failed log-in\nlogsource: {product: linux, service: sshd}\n\
detection:\n  s: {outcome: failure, user: [root, admin]}\n  condition: s\n";

/// A finished session over two logs whose lines alternate.
fn session(dir: &std::path::Path, lines: usize) -> Session {
    let users = ["root", "admin", "alice", "bob", "oracle"];
    let mut inputs = Vec::new();
    for host in 0..2 {
        let text: String = (0..lines)
            .map(|n| {
                format!(
                    "2026-03-02T{:02}:{:02}:{:02}.{host}Z h{host} sshd[{n}]: Failed password for {} from 192.0.2.{} port {} ssh2\n",
                    n / 3600,
                    n / 60 % 60,
                    n % 60,
                    users[(n * 7 + host) % users.len()],
                    n % 250,
                    1024 + n % 50_000
                )
            })
            .collect();
        let path = dir.join(format!("{host}.log"));
        std::fs::write(&path, text).unwrap();
        inputs.push(Input::path(&path));
    }
    scoped(inputs, |_| {})
}

/// A finished session that analyzes a part of its inputs.
fn scoped(inputs: Vec<Input>, scope: impl FnOnce(&mut SessionOptions)) -> Session {
    let none = || LoadedRules { set: Arc::new(RuleSet::load(&[])), records: Vec::new() };
    let mut options = SessionOptions::new(inputs, Box::new(none));
    options.feed = true;
    scope(&mut options);
    let mut session = Session::start(options);
    session.join().unwrap();
    session
}

fn question(before: &str, after: &str) -> Question {
    let files = |t: &str| if t.is_empty() { Vec::new() } else { vec![RuleFile::new("rule.yml", t)] };
    Question::new(files(before), files(after), "rule.yml")
}

fn ask(effects: &mut Effects, before: &str, after: &str) -> (Effect, u64, u64) {
    let e = effects.ask(&question(before, after), &mut |_| true).expect("not stopped");
    let sum = |of: &dyn Fn(&RuleEffect) -> Hits| e.rules.iter().map(|r| of(r).count()).sum();
    let (gained, lost) = (sum(&RuleEffect::gained), sum(&RuleEffect::lost));
    (e, gained, lost)
}

/// What the one rule of an answer matches, now and then.
fn one(e: &Effect) -> (Hits, Hits) {
    assert!(e.rules.len() < 2, "{:?}", e.rules);
    e.rules.first().map_or_else(Default::default, |r| (r.before.clone(), r.after.clone()))
}

#[test]
fn edits_are_answered_from_columns_and_by_scan_alike() {
    let dir = tempfile::tempdir().unwrap();
    let session = session(dir.path(), 5_000);
    let mut effects = Effects::new(session.feed());
    let (e, gained, lost) = ask(&mut effects, "", RULE);
    assert_eq!((e.events, e.way, gained, lost), (10_000, Way::Built, 4_000, 0));

    let narrower = RULE.replace("condition: s", "f: {src_ip|endswith: '.7'}\n  condition: s and not f");
    let (first, gained, lost) = ask(&mut effects, RULE, &narrower);
    assert_eq!((first.way, gained), (Way::Columns, 0), "the overlay has its columns");
    assert!(lost > 0);
    let (again, ..) = ask(&mut effects, RULE, &narrower);
    assert_eq!(again, Effect { way: Way::Columns, ..first.clone() });
    // Each position is where the feed has such an event.
    for p in first.rules[0].lost().ones() {
        let row = session.feed().row(p as u64).unwrap();
        assert!(row.raw.contains("from 192.0.2.7 ") && (row.raw.contains(" root ") || row.raw.contains(" admin ")));
    }

    let original = RULE.replace("condition: s", "f: {made_up: x}\n  condition: s or f");
    assert_eq!(ask(&mut effects, RULE, &original).0.way, Way::Built, "a new field needs a column");
    assert_eq!(ask(&mut effects, RULE, &original).0.way, Way::Columns);

    let keyword = RULE.replace("condition: s", "k: ['port 1026 ']\n  condition: s or k");
    let (e, gained, lost) = ask(&mut effects, RULE, &keyword);
    assert!(matches!(e.way, Way::Scan(_)), "{:?}", e.way);
    assert_eq!((gained, lost), (1, 0), "one of the two lines is of root");
}

#[test]
fn a_question_can_be_stopped_and_asked_again() {
    let dir = tempfile::tempdir().unwrap();
    let session = session(dir.path(), 20_000);
    let mut effects = Effects::new(session.feed());
    let mut told = 0;
    let stopped = effects.ask(&question("", RULE), &mut |p| {
        told = p.scanned;
        p.scanned < 4_000
    });
    assert!(stopped.is_none() && told < 40_000);
    let (e, ..) = ask(&mut effects, "", RULE);
    assert_eq!((e.events, e.matches()), (40_000, (0, 16_000)));
    let (e, ..) = ask(&mut effects, RULE, RULE);
    assert_eq!((e.way, e.matches()), (Way::Columns, (16_000, 16_000)));
}

const COUNTS: &str = "title: Guessing\nid: guess\nlevel: high\ncorrelation:\n  type: event_count\n  rules: [base]\n  \
group-by: [src_ip]\n  timespan: 1h\n  condition: {gte: 10}\n";

/// The alerts of a replay with these rules, of correlations.
fn replayed(dir: &std::path::Path, files: &[RuleFile]) -> Vec<String> {
    let inputs = (0..2).map(|host| Input::path(dir.join(format!("{host}.log")))).collect();
    let set = Arc::new(RuleSet::load(files));
    let load = move || LoadedRules { set, records: Vec::new() };
    let mut session = Session::start(SessionOptions::new(inputs, Box::new(load)));
    session.join().unwrap();
    let snap = session.snapshot();
    let mut ids: Vec<String> = snap.alerts.iter().filter(|a| &*a.rule_id == "guess").map(|a| a.id.clone()).collect();
    ids.sort();
    ids
}

#[test]
fn alerts_of_a_correlation_are_those_of_a_replay() {
    let dir = tempfile::tempdir().unwrap();
    let session = session(dir.path(), 4_000);
    let base = RuleFile::new("base.yml", RULE.replace("title: Failed log-in", "title: Failed log-in\nid: base"));
    let files = |count: &str, base: &RuleFile| vec![RuleFile::new("guess.yml", count), base.clone()];
    let narrower = RuleFile { text: base.text.replace("[root, admin]", "[root]"), ..base.clone() };
    let mut effects = Effects::new(session.feed());
    for (before, after, path) in [
        (files(COUNTS, &base), files(&COUNTS.replace("gte: 10", "gte: 20"), &base), "guess.yml"),
        (files(COUNTS, &base), files(&COUNTS.replace("1h", "5m"), &base), "guess.yml"),
        // The rule that is counted is edited.
        (files(COUNTS, &base), files(COUNTS, &narrower), "base.yml"),
    ] {
        let q = Question::new(before, after, path);
        assert!(RuleSides::of(&q).correlate());
        let e = effects.alerts(&q, &mut RuleSides::of(&q), path, &mut |_| true).expect("not stopped");
        let ids = |side: &std::collections::BTreeMap<String, secstream::pipeline::Raised>| {
            side.values().filter(|r| &*r.rule == "Guessing").map(|r| r.id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&e.before), replayed(dir.path(), &q.before));
        assert_eq!(ids(&e.after), replayed(dir.path(), &q.after));
        assert!(!e.before.is_empty() && e.moved().lost.len() + e.moved().gained.len() > 0, "{}", e.before.len());
        // First evidence is where the feed has it.
        let first = e.before.values().next().and_then(|r| r.first).expect("evidence");
        assert!(session.feed().position_of(first.0, first.1).is_some());
    }
    assert!(!RuleSides::of(&question(RULE, RULE)).correlate());
    let q = Question::new(files(COUNTS, &base), files(COUNTS, &base), "guess.yml");
    assert_eq!(
        Effects::new(session.feed()).alerts(&q, &mut RuleSides::of(&q), "guess.yml", &mut |_| false),
        None,
        "it can be stopped"
    );
}

#[test]
fn another_threshold_is_tried_without_reading_again() {
    let dir = tempfile::tempdir().unwrap();
    let session = session(dir.path(), 4_000);
    let base = RuleFile::new("base.yml", RULE.replace("title: Failed log-in", "title: Failed log-in\nid: base"));
    let files = |count: &str, base: &RuleFile| vec![RuleFile::new("guess.yml", count), base.clone()];
    let mut effects = Effects::new(session.feed());
    let mut ask = |after: Vec<RuleFile>| {
        let q = Question::new(files(COUNTS, &base), after, "guess.yml");
        let mut calls = 0;
        let e = effects.alerts(&q, &mut RuleSides::of(&q), "guess.yml", &mut |_| {
            calls += 1;
            true
        });
        let e = e.expect("not stopped");
        let fresh = Effects::new(session.feed())
            .alerts(&q, &mut RuleSides::of(&q), "guess.yml", &mut |_| true)
            .expect("not stopped");
        assert!(!fresh.from_kept && fresh.before == e.before && fresh.after == e.after && !e.before.is_empty());
        e.from_kept
    };
    assert!(!ask(files(COUNTS, &base)));
    // What is counted is the same: how it is counted may be anything.
    for (from, to) in [("gte: 10", "gte: 20"), ("1h", "5m"), ("[src_ip]", "[user]"), ("level: high", "level: low")] {
        assert!(ask(files(&COUNTS.replace(from, to), &base)), "{to}");
    }
    let values = COUNTS.replace("event_count", "value_count").replace("{gte: 10}", "{field: user, gte: 2}");
    assert!(ask(files(&values, &base)));
    // Another base is another matter, and so is the way back.
    let narrower = RuleFile { text: base.text.replace("[root, admin]", "[root]"), ..base.clone() };
    assert!(!ask(files(COUNTS, &narrower)));
    assert!(ask(files(&COUNTS.replace("gte: 10", "gte: 3"), &narrower)));
    assert!(!ask(files(COUNTS, &base)));
}

#[test]
fn what_the_run_leaves_out_is_not_tried() {
    let dir = tempfile::tempdir().unwrap();
    drop(session(dir.path(), 3_000));
    let inputs = || (0..2).map(|host| Input::path(dir.path().join(format!("{host}.log")))).collect();
    let from = secstream::event::Ts(1_772_410_800_000_000); // 2026-03-02T00:20:00Z
    let asked = secstream::query::Query::parse("host=h1", from).unwrap();
    let part = scoped(inputs(), |o| {
        o.from = Some(from);
        o.filter = Some(asked.clone());
    });
    let whole = scoped(inputs(), |_| {});
    let feed = whole.feed();
    let kept = |p: usize| feed.row(p as u64).is_some_and(|r| r.time >= from && r.ov(Ov::Host) == Some("h1"));
    let (mut of_part, mut of_whole) = (Effects::new(part.feed()), Effects::new(whole.feed()));
    for (before, after) in [(RULE, ""), ("", RULE), (RULE, &*RULE.replace("admin", "bob"))] {
        let q = question(before, after);
        let (p, w) = (of_part.ask(&q, &mut |_| true).unwrap(), of_whole.ask(&q, &mut |_| true).unwrap());
        let (p, w) = (one(&p), one(&w));
        for (p, w) in [(p.0, w.0), (p.1, w.1)] {
            assert_eq!(p.ones().collect::<Vec<_>>(), w.ones().filter(|i| kept(*i)).collect::<Vec<_>>());
            assert!(p.count() == 0 || p.count() < w.count());
        }
    }
    let base = RuleFile::new("base.yml", RULE.replace("title: Failed log-in", "title: Failed log-in\nid: base"));
    let files = vec![RuleFile::new("guess.yml", COUNTS.replace("gte: 10", "gte: 3")), base];
    let q = Question::new(files.clone(), files.clone(), "guess.yml");
    for _ in 0..2 {
        let of = of_part.alerts(&q, &mut RuleSides::of(&q), "guess.yml", &mut |_| true).unwrap().after;
        let all = of_whole.alerts(&q, &mut RuleSides::of(&q), "guess.yml", &mut |_| true).unwrap().after;
        assert!(!of.is_empty() && of.values().all(|r| r.count < all.values().map(|a| a.count).max().unwrap()));
    }
}

#[test]
fn rules_that_go_through_a_pipeline_are_tried_so() {
    use secstream::detect::pipelines::Pipelines;
    let dir = tempfile::tempdir().unwrap();
    let session = session(dir.path(), 500);
    // The rule is written in words of elsewhere.
    let elsewhere = RULE.replace("user:", "Account:").replace("service: sshd", "service: elsewhere");
    let text = "name: words\npriority: 10\ntransformations:\n  - {type: field_name_mapping, mapping: {Account: user}}\n  \
                - {type: change_logsource, product: linux, service: sshd}\n";
    let pipelines = Some(Arc::new(Pipelines::load(&[("words.yml".to_owned(), text.to_owned())]).expect("a pipeline")));
    let file = |text: &str| vec![RuleFile { pipelines: pipelines.clone(), ..RuleFile::new("rule.yml", text) }];
    let mut effects = Effects::new(session.feed());
    let narrower = elsewhere.replace("[root, admin]", "[root]");
    let q = Question::new(file(&elsewhere), file(&narrower), "rule.yml");
    let e = effects.ask(&q, &mut |_| true).expect("not stopped");
    let plain = ask(&mut Effects::new(session.feed()), RULE, &RULE.replace("[root, admin]", "[root]")).0;
    let (before, after) = one(&e);
    assert!(before.count() > 0 && after.count() < before.count());
    assert_eq!((&before, &after), (&one(&plain).0, &one(&plain).1));
    // From columns the same, and without the pipeline nothing.
    assert_eq!(effects.ask(&q, &mut |_| true).map(|e| (e.way, one(&e).0)), Some((Way::Columns, before)));
    assert_eq!(ask(&mut Effects::new(session.feed()), "", &elsewhere).1, 0);
}
