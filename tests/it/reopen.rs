//! A log that was read before: every record is at hand before it is read again.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use secstream::detect::RuleSet;
use secstream::pipeline::{LoadedRules, OpenedSource, Phase, Session, SessionOptions, Sink};
use secstream::sink::SinkError;
use secstream::source::{Cache, Input};
use secstream::store::RuleRecord;

/// Holds the session where its inputs are open and nothing is analyzed yet.
struct Gate {
    reached: Sender<()>,
    go: Mutex<Receiver<()>>,
}

impl Sink for Gate {
    fn start(&mut self, _: &[OpenedSource], _: &[RuleRecord]) -> Result<(), SinkError> {
        let _ = self.reached.send(());
        let _ = self.go.lock().unwrap().recv();
        Ok(())
    }
}

/// Records known before and after the analysis, and the text of the last.
fn known(path: &Path, cache: &Path) -> (u64, u64, String) {
    let (reached, at) = channel();
    let (start, go) = channel();
    let none = || LoadedRules { set: Arc::new(RuleSet::load(&[])), records: Vec::new() };
    let mut options = SessionOptions::new(vec![Input::path(path)], Box::new(none));
    options.feed = true;
    options.cache = Some(Cache::at(cache, 0));
    options.sinks.push(Box::new(Gate { reached, go: Mutex::new(go) }));
    let mut session = Session::start(options);
    at.recv().unwrap();
    let before = session.feed().len();
    let last = before.checked_sub(1).and_then(|n| session.feed().row(n)).map(|r| r.raw.clone());
    start.send(()).unwrap();
    session.join().unwrap();
    assert_eq!(session.snapshot().phase, Phase::Done);
    (before, session.feed().len(), last.unwrap_or_default())
}

fn log(path: &Path, lines: u32) {
    let text: String =
        (0..lines).map(|n| format!("2026-03-02T00:{:02}:{:02}Z h app: line {n}\n", n / 60 % 60, n % 60)).collect();
    std::fs::write(path, text).unwrap();
}

#[test]
fn all_records_of_a_known_log_are_there_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (path, cache) = (dir.path().join("a.log"), dir.path().join("cache"));
    log(&path, 20_000);
    assert_eq!(known(&path, &cache), (0, 20_000, String::new()), "read for the first time");
    let (before, after, last) = known(&path, &cache);
    assert_eq!((before, after), (20_000, 20_000), "neither missing nor twice");
    assert!(last.ends_with("line 19999"), "{last}");
    log(&path, 30_000);
    assert_eq!(known(&path, &cache).0, 0, "a changed log is read anew");
}
