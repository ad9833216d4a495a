//! What an edited rule would find in an open log, against the matcher.

use std::sync::Arc;

use secstream::detect::{RuleFile, RuleSet};
use secstream::pipeline::{Effect, Effects, LoadedRules, Question, Session, SessionOptions, Way};
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
    let none = || LoadedRules { set: Arc::new(RuleSet::load(&[])), records: Vec::new() };
    let mut options = SessionOptions::new(inputs, Box::new(none));
    options.feed = true;
    let mut session = Session::start(options);
    session.join().unwrap();
    session
}

fn question(before: &str, after: &str) -> Question {
    let files = |t: &str| if t.is_empty() { Vec::new() } else { vec![RuleFile::new("rule.yml", t)] };
    Question { before: files(before), after: files(after), likely: Vec::new() }
}

fn ask(effects: &mut Effects, before: &str, after: &str) -> (Effect, u64, u64) {
    let e = effects.ask(&question(before, after), &mut |_| true).expect("not stopped");
    let (gained, lost) = (e.gained().count(), e.lost().count());
    (e, gained, lost)
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
    for p in first.lost().ones() {
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
    assert_eq!((e.events, e.after.count()), (40_000, 16_000));
    let (e, ..) = ask(&mut effects, RULE, RULE);
    assert_eq!((e.way, e.before.count(), e.after.count()), (Way::Columns, 16_000, 16_000));
}
