//! The thread that tries rules, asked over its channel.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::detect::{RuleFile, RuleSet};
use crate::pipeline::{LoadedRules, Session, SessionOptions};
use crate::source::Input;
use crate::tui::data::workshop::Change;
use crate::tui::data::{AlertView, Reading, Triage};

const RULE: &str = "title: Failed log-in\nid: 5e4b7ad2-4c1c-4a08-9f0e-3a3f0f0d2c11\nlogsource: {product: linux, \
service: sshd}\nlevel: high\ndetection:\n  s: {outcome: failure}\n  condition: s\n";

/// A finished session over `lines` failures of one address; every fourth of another account.
fn session(dir: &Path, lines: usize) -> Session {
    let text: String = (0..lines)
        .map(|n| {
            let user = if n >= 1_500 && n % 4 == 0 { "late" } else { "root" };
            let (h, m, s) = (n / 3600, n / 60 % 60, n % 60);
            format!(
                "2026-03-02T{h:02}:{m:02}:{s:02}Z h sshd[{n}]: Failed password for {user} from 192.0.2.7 port 9 ssh2\n"
            )
        })
        .collect();
    let path = dir.join("auth.log");
    std::fs::write(&path, text).expect("written");
    let rules = vec![RuleFile::new("mine.yml", RULE)];
    let load = move || LoadedRules { set: Arc::new(RuleSet::load(&rules)), records: Vec::new() };
    let mut options = SessionOptions::new(vec![Input::path(&path)], Box::new(load));
    options.feed = true;
    let mut session = Session::start(options);
    session.join().expect("ends");
    session
}

/// What the thread says to a request over the session's log, up to what is wanted.
fn said<T>(s: &Session, files: Vec<RuleFile>, request: WorkReq, wanted: impl Fn(&WorkMsg) -> Option<T>) -> T {
    let (out, mut said) = tokio::sync::mpsc::unbounded_channel();
    let bench = Bench::new(out, RulePlaces { folders: Vec::new(), files: Arc::new(move || files.clone()), own: None });
    let (ask, requests) = crossbeam_channel::unbounded();
    ask.send(BenchReq::Feed { feed: s.feed(), same: false }).expect("sent");
    ask.send(BenchReq::Work(request)).expect("sent");
    let thread = std::thread::spawn(move || bench.run(&requests));
    let found = loop {
        match said.try_recv() {
            Ok(Msg::Work(m)) => {
                if let Some(found) = wanted(&m) {
                    break found;
                }
            }
            Ok(Msg::Failed(why)) => panic!("{why}"),
            Ok(_) => {}
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    drop(ask);
    thread.join().expect("ends");
    found
}

/// What a text would find, once all is known.
fn tried(s: &Session, text: &str, triage: &Triage) -> Arc<Trial> {
    let view = |alert: &Arc<crate::alert::Alert>| AlertView {
        alert: Arc::clone(alert),
        triage: triage.clone(),
        tags: Vec::new(),
        notes: Vec::new(),
        reading: Reading::default(),
    };
    let attempt = Attempt {
        version: 1,
        path: "mine.yml".into(),
        text: text.into(),
        alerts: Arc::new(s.snapshot().alerts.iter().map(view).collect()),
        unfounded: Vec::new(),
    };
    assert_eq!(attempt.alerts.len(), 1, "one flood, one alert");
    said(s, vec![RuleFile::new("mine.yml", RULE)], WorkReq::Try(attempt), |m| match m {
        WorkMsg::Tried(t) if t.done => Some(Arc::clone(t)),
        _ => None,
    })
}

#[test]
fn a_true_hit_beyond_what_the_alert_lists_is_lost_with_a_word() {
    let dir = tempfile::tempdir().expect("a folder");
    let s = session(dir.path(), 3_000);
    let narrower = RULE.replace("condition: s", "f: {user: late}\n  condition: s and not f");
    let case = Triage::Escalated { case: "IR-1".into() };
    let t = tried(&s, &narrower, &case);
    // What goes stands beyond the first thousand records.
    assert_eq!((t.matches, t.lost, t.true_hits), ((3_000, 2_625), 375, (3_000, 2_625)));
    assert_eq!((t.true_lost, t.cases.join(" ").as_str(), t.loses_truth()), (375, "IR-1", true));
    assert_eq!(t.alertless(), (0, 0));
    assert!(t.moved.iter().filter(|m| m.change == Change::Lost).all(|m| m.word == "IR-1"));
    let t = tried(&s, &narrower, &Triage::Dismissed { reason: "false_positive".into() });
    assert_eq!((t.true_lost, t.false_hits, t.loses_truth()), (0, (3_000, 2_625), false));
}

#[test]
fn what_a_filter_takes_is_counted_for_it_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    let s = session(dir.path(), 3_000);
    let filter = |id: &str, rules: &str, user: &str| {
        format!(
            "title: Not {user}\nid: {id}\nlogsource: {{product: linux}}\nfilter:\n  rules: {rules}\n  s: {{user: {user}}}\n  \
             condition: not s\n"
        )
    };
    let two =
        format!("{}---\n{}", filter("f1", "[5e4b7ad2-4c1c-4a08-9f0e-3a3f0f0d2c11]", "late"), filter("f2", "any", "x"));
    let files = vec![RuleFile::new("mine.yml", RULE), RuleFile::new("filters.yml", two)];
    let counted = said(&s, files, WorkReq::Filters, |m| match m {
        WorkMsg::Filters(f) if f.values().all(|f| f.removed.is_some()) => Some(Arc::clone(f)),
        _ => None,
    });
    let of = |id: &str| counted.get(id).map(|f| (f.narrows.join(" "), f.removed));
    assert_eq!(of("f1"), Some(("Failed log-in".to_owned(), Some(375))));
    assert_eq!(of("f2"), Some((String::new(), Some(0))));
}
