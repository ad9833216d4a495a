//! Writing the events of a session out: bytes as they stand, nothing lost, an end
//! where it is asked for.

use std::io::{self, Write};
use std::sync::Arc;

use secstream::detect::RuleSet;
use secstream::event::Ts;
use secstream::pipeline::{Feed, Form, LoadedRules, Session, SessionOptions, Wanted, Written};
use secstream::query::Query;
use secstream::source::Input;

fn feed(logs: &[(&str, &[u8])]) -> (tempfile::TempDir, Session, Feed) {
    let dir = tempfile::tempdir().unwrap();
    let inputs = logs.iter().map(|(name, bytes)| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Input::path(&path)
    });
    let none = || LoadedRules { set: Arc::new(RuleSet::load(&[])), records: Vec::new() };
    let mut options = SessionOptions::new(inputs.collect(), Box::new(none));
    options.feed = true;
    let mut session = Session::start(options);
    session.join().unwrap();
    let feed = session.feed();
    (dir, session, feed)
}

fn all(feed: &Feed, query: Option<&str>, form: Form) -> (Vec<u8>, Written) {
    let wanted = query.map_or_else(Wanted::default, |q| Query::parse(q, Ts(0)).unwrap().into());
    let mut out = Vec::new();
    let w = feed.write(&wanted, feed.len(), form, &mut out, &mut |_| true).unwrap();
    (out, w)
}

#[test]
fn records_stand_as_in_their_sources() {
    // Longer than what is kept of a record, bytes that are no UTF-8, escapes, a line of another log between.
    let mut log = b"2026-03-02T09:00:00Z web01 app: one\n".to_vec();
    log.extend_from_slice(b"2026-03-02T09:00:01Z web01 app: ");
    log.extend(std::iter::repeat_n(b'x', 3 << 20));
    log.extend_from_slice(b"\n2026-03-02T09:00:03Z web01 app: \xff\xfe \x1b[31m red\n");
    let other = b"2026-03-02T09:00:02Z db01 app: between\n";
    let (_dir, _session, feed) = feed(&[("a.log", &log), ("b.log", other)]);
    let (out, w) = all(&feed, None, Form::Raw);
    assert_eq!((w.events, w.looked, w.unreadable, w.whole), (4, 4, 0, true));
    let mut want = log.clone();
    let at = want.windows(9).position(|w| w == b"09:00:03Z").unwrap() - 11;
    want.splice(at..at, other.iter().copied());
    assert!(out == want, "{} bytes, not {}", out.len(), want.len());
    let (out, w) = all(&feed, Some("host=db01"), Form::Raw);
    assert_eq!((out.as_slice(), w.events, w.looked), (other.as_slice(), 1, 4));
    let (out, _) = all(&feed, Some("host=db01"), Form::Json);
    assert!(String::from_utf8(out).unwrap().contains("b.log\",\"line\":1"));
}

struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 < bytes.len() {
            return Err(io::Error::from_raw_os_error(28));
        }
        self.0 -= bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn it_ends_where_it_is_told_to_and_a_full_disk_is_an_error() {
    let log: String = (0..30_000).map(|n| format!("2026-03-02T09:00:{:02}Z web01 app: line {n}\n", n % 60)).collect();
    let (_dir, _session, feed) = feed(&[("a.log", log.as_bytes())]);
    let mut out = Vec::new();
    let w = feed.write(&Wanted::default(), 20_001, Form::Raw, &mut out, &mut |_| true).unwrap();
    assert_eq!((w.events, out.iter().filter(|b| **b == b'\n').count(), w.whole), (20_001, 20_001, true));
    assert!(log.as_bytes().starts_with(&out));
    let stopped =
        feed.write(&Wanted::default(), feed.len(), Form::Json, &mut Vec::new(), &mut |w| w.looked < 1).unwrap();
    assert!(!stopped.whole && stopped.looked < 30_000, "{stopped:?}");
    let e = feed.write(&Wanted::default(), feed.len(), Form::Json, &mut Full(1 << 20), &mut |_| true).unwrap_err();
    assert_eq!(e.raw_os_error(), Some(28));
    let none = feed.write(&Wanted::default(), 0, Form::Csv, &mut out, &mut |_| true).unwrap();
    assert!(none.whole && none.events == 0 && out.ends_with(b"raw\n"), "the header alone");
}
