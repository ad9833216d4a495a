//! How soon an edited rule is answered over an open log of a million events.
//! Not a criterion bench: each step is asked once, as one who edits asks.
//!
//! `cargo bench --bench effect -- LOG` (any log; by default a generated one).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use secstream::detect::{RuleFile, RuleSet, shipped};
use secstream::pipeline::{Effects, LoadedRules, Question, Session, SessionOptions};
use secstream::source::Input;

const RULE: &str = "title: Failed log-in\nlogsource: {product: linux, service: sshd}\n\
detection:\n  s: {outcome: failure, user: [root, admin]}\n  condition: s\n";

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    let given = std::env::args().skip(1).find(|a| !a.starts_with('-')).map(PathBuf::from);
    let log = given.unwrap_or_else(|| {
        let out = dir.path().join("log");
        Command::new(env!("CARGO_BIN_EXE_secstream"))
            .args(["generate", "--seed", "5", "--duration", "24h", "--rate", "12", "--format", "syslog", "--out"])
            .arg(&out)
            .output()
            .expect("runs");
        out
    });
    let none = || LoadedRules { set: Arc::new(RuleSet::load(&[])), records: Vec::new() };
    let mut options = SessionOptions::new(vec![Input::path(&log)], Box::new(none));
    options.feed = true;
    let mut session = Session::start(options);
    session.join().expect("read");
    println!("{} events", session.feed().len());

    let mut effects = Effects::new(session.feed());
    let mut before = String::new();
    let filters = ["outcome: failure", "user: root", "src_ip|startswith: '203.0.113.'", "user|contains: [adm, oper]"];
    let mut steps = vec![RULE.to_owned()];
    steps
        .extend(filters.iter().map(|f| RULE.replace("condition: s", &format!("f: {{{f}}}\n  condition: s and not f"))));
    steps.push(RULE.replace("root, admin", "root, admin, 'test*'"));
    steps.push(RULE.replace("condition: s", "k: ['preauth']\n  condition: s and k"));
    for after in steps {
        let now = if before.is_empty() { Vec::new() } else { vec![RuleFile::new("r.yml", &before)] };
        let mut q = Question::new(now, vec![RuleFile::new("r.yml", &after)], "r.yml");
        q.likely = shipped::rules();
        let start = Instant::now();
        let e = effects.ask(&q, &mut |_| true).expect("answered");
        println!(
            "{:8.1} ms {:?}: {} before, {} after, {} gained, {} lost; {:?} columns and bytes",
            start.elapsed().as_secs_f64() * 1e3,
            e.way,
            e.matches().0,
            e.matches().1,
            e.rules.iter().map(|r| r.gained().count()).sum::<u64>(),
            e.rules.iter().map(|r| r.lost().count()).sum::<u64>(),
            effects.size()
        );
        before = RULE.to_owned();
    }
}
