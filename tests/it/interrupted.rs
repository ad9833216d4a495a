//! A replay that is interrupted, and the next one: what was found is kept, and
//! in the end all is as if nothing had happened.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use secstream::store::{AlertFilter, AlertRow, Status, Store, Verdict};

use crate::program::Home;

/// A log with attacks all over it, of one day's hours.
fn log(home: &Home) -> String {
    let out = home.arg("day.log");
    let args = ["generate", "--seed", "5", "--duration", "6h", "--rate", "1", "--format", "mixed", "--out", &out];
    home.run(&args).says(0, &[]);
    out
}

/// What a reading put into the store, by id, and whether each alert is open.
fn alerts(home: &Home, db: &str) -> Vec<(String, bool, String)> {
    let store = Store::open_read_only(Some(&home.path(db)), "x").unwrap();
    let mut all = store.alerts(&AlertFilter::default()).unwrap();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    let told = |a: AlertRow| {
        let detail = store.alert(&a.id).unwrap();
        let evidence: Vec<_> = detail.evidence.iter().map(|e| (e.line, e.raw.clone())).collect();
        let text = format!(
            "{} {} {:?} {} {} {}\n{:?}",
            a.revision, a.open, a.severity, a.score, a.count, detail.doc, evidence
        );
        (a.id, a.open, text)
    };
    all.into_iter().map(told).collect()
}

/// Starts a replay and waits until it has written events and kept an alert.
fn midway(home: &Home, log: &str) -> Child {
    let mut child = home.start(&["replay", log, "--db", "cut.db", "--events", "-", "--threads", "2"]);
    // Not read any further: the pipe is full and the program stands still.
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let until = Instant::now() + Duration::from_secs(120);
    let mut line = String::new();
    for n in 0.. {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0, "it must not have come to its end");
        let kept = n % 500 == 499 && home.path("cut.db").exists() && !alerts(home, "cut.db").is_empty();
        if kept {
            break;
        }
        assert!(Instant::now() < until);
    }
    child.stdout = Some(out.into_inner());
    child
}

fn interrupted_by(signal: Signal) {
    let home = Home::new();
    let log = log(&home);
    home.run(&["replay", &log, "--db", "whole.db", "-q"]).says(0, &[]);
    let whole = alerts(&home, "whole.db");
    assert!(whole.len() > 5 && whole.iter().all(|a| !a.1));

    let mut child = midway(&home, &log);
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
    std::io::copy(&mut child.stdout.take().unwrap(), &mut std::io::sink()).unwrap();
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    let status = child.wait().unwrap();
    if signal == Signal::SIGINT {
        assert_eq!(status.code(), Some(130), "{err}");
        assert!(err.contains("interrupted after"), "{err}");
    }
    let cut = alerts(&home, "cut.db");
    assert!(!cut.is_empty() && cut.len() < whole.len(), "{} of {}", cut.len(), whole.len());
    assert!(cut.iter().all(|a| whole.iter().any(|w| w.0 == a.0)), "no id that the whole has not");

    // What people decide meanwhile stays.
    let mut store = Store::open(Some(&home.path("cut.db")), "ann").unwrap();
    let id = cut[0].0.clone();
    store.dismiss(std::slice::from_ref(&id), Verdict::Benign, "known").unwrap();
    drop(store);
    home.run(&["replay", &log, "--db", "cut.db", "-q"]).says(0, &[]);
    assert_eq!(alerts(&home, "cut.db"), whole);
    let store = Store::open_read_only(Some(&home.path("cut.db")), "x").unwrap();
    let decided = store.alert(&id).unwrap().row;
    assert_eq!((decided.status, decided.decided_by.as_deref()), (Status::Dismissed, Some("ann")));
    assert_eq!(store.verify().unwrap(), []);
    // Nothing half made is left in the cache.
    let spools = std::fs::read_dir(home.path("cache/spool")).unwrap().count();
    assert_eq!(spools, 0);
}

#[test]
fn an_interrupt_in_the_middle() {
    interrupted_by(Signal::SIGINT);
}

#[test]
fn a_kill_in_the_middle() {
    interrupted_by(Signal::SIGKILL);
}
