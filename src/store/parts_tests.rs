//! Tests of logs in parts: which row is whose, and what stays in sight.

use super::tests::{alert, record, source};
use super::*;
use crate::event::SourceId;

/// A store, opened again for another run.
fn again(dir: &tempfile::TempDir) -> Store {
    Store::open(Some(&dir.path().join("z.db")), "ann").unwrap()
}

fn followed(print: &str) -> SourceRecord {
    SourceRecord { fingerprint: print.to_owned(), followed: true, ..source() }
}

fn rows(s: &Store) -> Vec<(i64, String, Option<i64>, i64)> {
    let mut q = s.conn.prepare("SELECT id, fingerprint, log, part FROM sources ORDER BY id").unwrap();
    let rows = q.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))).unwrap();
    rows.map(std::result::Result::unwrap).collect()
}

#[test]
fn a_log_that_goes_on_is_one_source_and_another_file_is_its_next_part() {
    let dir = tempfile::tempdir().unwrap();
    again(&dir).register_source(&source()).unwrap();
    // Grown: the same source; then another file, twice the same beginning of two.
    again(&dir).register_part(&followed("cafe"), (0, 0), &mut |p| p == "f00d").unwrap();
    let mut s = again(&dir);
    s.register_part(&followed("cafe"), (0, 0), &mut |_| false).unwrap();
    s.register_part(&followed("cafe"), (1, 900), &mut |_| false).unwrap();
    let end = SourceEnd { fingerprint: "beef".to_owned(), sha256: "x".to_owned(), size: 9, ..SourceEnd::default() };
    s.finish_part(SourceId(0), 1, &end).unwrap();
    let found = rows(&s);
    assert_eq!(found[0], (1, "f00d".to_owned(), None, 0));
    assert_eq!(found[1], (2, "cafe".to_owned(), Some(1), 1));
    assert_eq!(found[2], (3, "beef".to_owned(), Some(1), 2));
    // Another run, of the same files: no further rows. A later part is none before it.
    let mut s = again(&dir);
    s.register_part(&followed("any"), (0, 0), &mut |p| p == "cafe").unwrap();
    s.register_part(&followed("more"), (1, 50), &mut |p| p == "beef").unwrap();
    assert_eq!(rows(&s).len(), 3);
    assert_eq!(s.sources().place(SourceId(0), 49), (Some(2), 49));
    assert_eq!(s.sources().place(SourceId(0), 50), (Some(3), 0));
    // One that is not followed is a source of its own, as ever.
    s.register_source(&SourceRecord { id: SourceId(1), fingerprint: "1234".to_owned(), ..source() }).unwrap();
    assert_eq!(rows(&s)[3], (4, "1234".to_owned(), None, 0));
}

#[test]
fn less_of_a_log_does_not_replace_what_is_known_of_more() {
    let mut s = Store::open_in_memory("ann").unwrap();
    s.register_source(&source()).unwrap();
    let end = |size: u64, complete| SourceEnd { sha256: format!("s{size}"), size, complete, ..SourceEnd::default() };
    let now = |s: &Store| -> (i64, String, bool) {
        let q = "SELECT size, sha256, complete FROM sources";
        s.conn.query_row(q, [], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).unwrap()
    };
    for (told, size, complete) in [
        (end(50, false), 50, false),
        (end(40, false), 50, false),
        (end(60, true), 60, true),
        (end(60, false), 60, true),
        (end(50, false), 60, true),
        (SourceEnd { size: 99, ..SourceEnd::default() }, 60, true),
        (end(70, false), 70, false),
    ] {
        s.finish_source(SourceId(0), &told).unwrap();
        assert_eq!(now(&s), (size, format!("s{size}"), complete), "{told:?}");
    }
}

#[test]
fn alerts_of_a_part_that_is_not_read_any_more_are_still_those_of_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let mut s = again(&dir);
    s.register_part(&followed("one"), (0, 0), &mut |_| false).unwrap();
    let (a, b) = (alert("a0", 5, 50.0), alert("a1", 4, 60.0));
    s.ingest_alerts(&[record(&a), record(&b)]).unwrap();
    assert!(s.earlier_here(9).unwrap().is_empty(), "it is read");
    let mut s = again(&dir);
    assert!(s.earlier_here(9).unwrap().is_empty(), "no log is open");
    s.register_part(&followed("two"), (0, 0), &mut |_| false).unwrap();
    let ids: Vec<String> = s.earlier_here(9).unwrap().into_iter().map(|r| r.id).collect();
    assert_eq!(ids, ["a0", "a1"], "the latest first");
    // Not more than were asked for, and what is decided gives way.
    let ids = |s: &Store, most| s.earlier_here(most).unwrap().into_iter().map(|r| r.id).collect::<Vec<_>>();
    s.dismiss(&["a0".to_owned()], Verdict::Benign, "").unwrap();
    assert_eq!((ids(&s, 1), ids(&s, 9)), (vec!["a1".to_owned()], vec!["a1".to_owned(), "a0".to_owned()]));
    s.snooze(&["a1".to_owned()], Ts(i64::MAX)).unwrap();
    assert_eq!((ids(&s, 1), ids(&s, 0)), (vec!["a1".to_owned()], Vec::new()));
    // Nothing of it is taken back, as nothing of it is read: another record stands there now.
    let now: Vec<u8> = (50..60).flat_map(|n| (super::tests::line(n) + "\n").into_bytes()).collect();
    let mut asked = Vec::new();
    let mut stands = |p: &Place| {
        asked.push(p.key.clone());
        let at = usize::try_from(p.part + p.offset).unwrap();
        let raw = now.get(at..at + usize::try_from(p.len).unwrap());
        raw.is_some_and(|raw| EventKey::new(crate::event::hash64(raw), p.offset).0 == p.key)
    };
    assert_eq!(s.withdraw(&Default::default(), &mut stands).unwrap(), 0);
    assert_eq!(asked.len(), 2, "the first record of each is looked for");
    assert_eq!(s.earlier_here(9).unwrap().len(), 2);
    // Another log is none of it.
    let mut s = again(&dir);
    let other = SourceRecord { path: Some("/var/log/other".to_owned()), name: "other".to_owned(), ..followed("x") };
    s.register_part(&other, (0, 0), &mut |_| false).unwrap();
    assert!(s.earlier_here(9).unwrap().is_empty());
}
