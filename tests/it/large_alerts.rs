//! All records of alerts that have more than they list.

use std::sync::Arc;

use secstream::alert::Alert;
use secstream::detect::{RuleFile, RuleSet};
use secstream::pipeline::{Grounds, LoadedRules, Session, SessionOptions, is_cut};
use secstream::source::Input;

const BASE: &str = "title: Failed log-in\nid: base\nlogsource: {product: linux, service: sshd}\nlevel: low\n\
detection:\n  s: {outcome: failure}\n  condition: s\n";
const COUNTS: &str = "title: Guessing\nid: guess\nlevel: high\ncorrelation:\n  type: event_count\n  rules: [base]\n  \
group-by: [src_ip]\n  timespan: 1h\n  condition: {gte: 5}\n  generate: true\n";
const ABOVE: &str = "title: Guessing of many\nid: above\nlevel: high\ncorrelation:\n  type: event_count\n  \
rules: [guess]\n  group-by: [src_ip]\n  timespan: 1h\n  condition: {gte: 1}\n  generate: true\n";

fn files() -> Vec<RuleFile> {
    [("base.yml", BASE), ("guess.yml", COUNTS), ("above.yml", ABOVE)].map(|(p, t)| RuleFile::new(p, t)).to_vec()
}

/// Two sources of failures: one of many, one of few, and others between them.
fn session(dir: &std::path::Path, lines: usize) -> Session {
    let text: String = (0..lines)
        .map(|n| {
            let (what, who) = match n % 4 {
                0..=1 => ("Failed password", "192.0.2.7"),
                2 if n % 40 == 2 => ("Failed password", "192.0.2.8"),
                _ => ("Accepted password", "192.0.2.7"),
            };
            format!(
                "2026-03-02T{:02}:{:02}:{:02}Z h sshd[{n}]: {what} for root from {who} port {} ssh2\n",
                n / 3600,
                n / 60 % 60,
                n % 60,
                1024 + n
            )
        })
        .collect();
    let path = dir.join("auth.log");
    std::fs::write(&path, text).unwrap();
    let load = || LoadedRules { set: Arc::new(RuleSet::load(&files())), records: Vec::new() };
    let mut options = SessionOptions::new(vec![Input::path(&path)], Box::new(load));
    options.feed = true;
    let mut session = Session::start(options);
    session.join().unwrap();
    session
}

#[test]
fn what_people_decided_about_an_alert_holds_for_all_its_records() {
    let dir = tempfile::tempdir().unwrap();
    let session = session(dir.path(), 6_000);
    let snap = session.snapshot();
    let large: Vec<&Alert> = snap.alerts.iter().map(|a| &**a).filter(|a| is_cut(a)).collect();
    assert_eq!(large.len(), 3, "{:?}", snap.alerts.iter().map(|a| (&a.rule, a.matched_total)).collect::<Vec<_>>());
    let feed = session.feed();
    let mut grounds = Grounds::default();
    assert!(grounds.ask(&feed, &files(), &large, &mut |_| false).is_none(), "it can be stopped, and goes on then");
    let all = grounds.ask(&feed, &files(), &large, &mut |_| true).expect("not stopped");
    let theirs: Vec<usize> = (0..6_000).filter(|n| n % 4 < 2).collect();
    for a in &large {
        assert_eq!(a.matched_total, 3_000, "{}", a.rule);
        assert_eq!(all.get(&a.id).map(|h| h.ones().collect::<Vec<_>>()), Some(theirs.clone()), "{}", a.rule);
    }
    // Rules that do not give it any more: what is of its address and time is its own.
    let all = Grounds::default().ask(&feed, &[], &large, &mut |_| true).expect("not stopped");
    for a in &large {
        let has = all.get(&a.id).expect("known");
        assert!(theirs.iter().all(|p| has.get(*p)), "{}", a.rule);
        assert!((2..6_000).step_by(40).all(|p| !has.get(p)), "another address is not meant");
    }
}
