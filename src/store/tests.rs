//! Tests of the store as its callers use it.

use super::*;
use crate::alert::{Alert, AlertState, EvidenceRef};
use crate::event::{Severity, SourceId, hash64};

pub(super) const T0: Ts = Ts(1_765_000_000_000_000);

/// The text of record `i`.
pub(super) fn line(i: u64) -> String {
    format!("Dec 10 06:55:{i:02} lab sshd[24200]: Failed password for root from 10.0.0.{i} port 38926 ssh2")
}

/// An alert on `n` records; offsets as in a file of those lines.
pub(super) fn alert(id: &str, n: u64, score: f64) -> Alert {
    let mut offset = 0;
    let evidence: Vec<EvidenceRef> = (0..n)
        .map(|i| {
            let raw = line(i);
            let e = EvidenceRef {
                source: SourceId(0),
                offset,
                len: raw.len() as u64,
                line: i + 1,
                time: Ts(T0.0 + i as i64 * 1_000_000),
                hash: hash64(raw.as_bytes()),
            };
            offset += e.len + 1;
            e
        })
        .collect();
    Alert {
        id: id.to_owned(),
        revision: 1,
        rule: "SSH password guessing".into(),
        rule_id: "0b7c0c6e-0000-4000-8000-000000000001".into(),
        severity: Severity::High,
        score,
        score_parts: vec![("level".to_owned(), score)],
        confidence: 0.9,
        timestamp: T0,
        last: Ts(T0.0 + (n as i64 - 1) * 1_000_000),
        src_ip: Some("10.0.0.1".to_owned()),
        count: n,
        message: format!("{n} failures"),
        techniques: vec!["T1110.001".to_owned()],
        matched_total: n,
        evidence,
        ..Alert::default()
    }
}

/// The alert with the bytes of all its records.
pub(super) fn record(a: &Alert) -> AlertRecord<'_> {
    let evidence =
        (0..a.evidence.len()).map(|index| EvidenceBytes { index, raw: line(index as u64).into_bytes() }).collect();
    AlertRecord { alert: a, evidence }
}

pub(super) fn source() -> SourceRecord {
    SourceRecord {
        id: SourceId(0),
        name: "auth.log".to_owned(),
        path: Some("/var/log/auth.log".to_owned()),
        fingerprint: "f00d".to_owned(),
        format: "syslog".to_owned(),
        timezone: "UTC".to_owned(),
        time_ref: T0,
        year_given: false,
        followed: false,
    }
}

/// A store in memory with `alerts` of five records each: `a0`, `a1`, …
pub(super) fn filled(alerts: usize) -> Store {
    let mut s = Store::open_in_memory("ann").unwrap();
    s.set_clock(T0);
    s.register_source(&source()).unwrap();
    let all: Vec<Alert> = (0..alerts).map(|i| alert(&format!("a{i}"), 5, 50.0 + i as f64)).collect();
    s.ingest_alerts(&all.iter().map(record).collect::<Vec<_>>()).unwrap();
    s
}

fn ids(list: &[&str]) -> Vec<String> {
    list.iter().map(|s| (*s).to_owned()).collect()
}

fn row(s: &Store, id: &str) -> AlertRow {
    s.alert(id).unwrap().row
}

#[test]
fn reading_a_log_again_loses_and_doubles_nothing() {
    let mut s = filled(3);
    s.dismiss(&ids(&["a1"]), Verdict::FalsePositive, "scanner").unwrap();
    let a = alert("a1", 5, 51.0);
    assert_eq!(s.ingest_alerts(&[record(&a)]).unwrap(), 0);
    let r = row(&s, "a1");
    assert_eq!(
        (r.status, r.verdict, r.reason.as_deref()),
        (Status::Dismissed, Some(Verdict::FalsePositive), Some("scanner"))
    );
    assert_eq!(r.decided_count, Some(r.count));

    let mut a = alert("a1", 9, 61.0);
    a.revision = 2;
    a.state = AlertState::Closed;
    assert_eq!(s.ingest_alerts(&[record(&a)]).unwrap(), 1);
    let d = s.alert("a1").unwrap();
    assert_eq!(
        (d.row.status, d.row.count, d.row.decided_count.is_some_and(|n| n < 9), d.row.open),
        (Status::Dismissed, 9, true, false)
    );
    assert_eq!(d.evidence.len(), 9);
    assert_eq!(d.evidence[8].raw.as_deref(), Some(line(8).as_bytes()));
    assert_eq!(d.evidence[8].source.as_deref(), Some("auth.log"));
    // The log is read again from its start: the first revision comes once more.
    assert_eq!(s.ingest_alerts(&[record(&alert("a1", 5, 51.0))]).unwrap(), 0);
    assert_eq!(row(&s, "a1").count, 9);
    assert_eq!(s.alerts(&AlertFilter::default()).unwrap().len(), 3);
    assert_eq!(s.read(|c| Ok(c.query_row("SELECT count(*) FROM evidence", [], |r| r.get::<_, i64>(0))?)).unwrap(), 9);
}

#[test]
fn filters_and_order() {
    let mut s = filled(4);
    s.tag(&Target::Alert("a2".to_owned()), "vpn", true).unwrap();
    s.dismiss(&ids(&["a3"]), Verdict::Benign, "").unwrap();
    let list = |f: AlertFilter| s.alerts(&f).unwrap().into_iter().map(|r| r.id).collect::<Vec<_>>();
    assert_eq!(list(AlertFilter::default()), ["a3", "a2", "a1", "a0"]);
    assert_eq!(list(AlertFilter { status: vec![Status::New], limit: Some(2), ..AlertFilter::default() }), ["a2", "a1"]);
    assert_eq!(list(AlertFilter { tag: Some("vpn".to_owned()), ..AlertFilter::default() }), ["a2"]);
    assert_eq!(list(AlertFilter { text: Some("GUESSING".to_owned()), ..AlertFilter::default() }).len(), 4);
    assert!(list(AlertFilter { min_severity: Some(Severity::Critical), ..AlertFilter::default() }).is_empty());
    assert_eq!(s.status_counts().unwrap()[0], (Status::New, 3));
    assert_eq!(row(&s, "a2").tags, ["vpn"]);
    assert_eq!(row(&s, "a2").techniques, ["T1110.001"]);
    assert!(matches!(s.alert("a"), Err(StoreError::Invalid(_))));
    assert!(matches!(s.alert("zz"), Err(StoreError::NotFound { .. })));
}

#[test]
fn a_snooze_ends_by_itself() {
    let mut s = filled(1);
    s.snooze(&ids(&["a0"]), Ts(T0.0 + 10)).unwrap();
    assert_eq!(row(&s, "a0").status, Status::Snoozed);
    s.set_clock(Ts(T0.0 + 10));
    assert_eq!(row(&s, "a0").status, Status::New);
    assert_eq!(s.alerts(&AlertFilter { status: vec![Status::New], ..AlertFilter::default() }).unwrap().len(), 1);
}

#[test]
fn a_case_from_escalation_to_resolution_and_back() {
    let mut s = filled(3);
    let case = s.escalate(&ids(&["a0", "a1"]), None, "").unwrap();
    assert_eq!(case.0, "IR-2025-001");
    assert_eq!(s.escalate(&ids(&["a2"]), None, "Second").unwrap().0, "IR-2025-002");
    s.assign(&case, "bob").unwrap();
    s.set_title(&case, "Guessing on lab").unwrap();
    s.note(&Target::Case(case.clone()), "asked the owner").unwrap();
    assert!(s.set_case_state(&case, CaseState::Closed, " ").is_err());
    s.set_case_state(&case, CaseState::Closed, "blocked").unwrap();
    let d = s.case(&case).unwrap();
    assert_eq!((d.row.alerts, d.row.events, d.row.severity), (2, 5, Severity::High));
    assert_eq!((d.row.title.as_str(), d.row.assignee.as_deref()), ("Guessing on lab", Some("bob")));
    assert_eq!((d.row.state, d.row.resolution.as_deref()), (CaseState::Closed, Some("blocked")));
    assert_eq!(d.notes[0].text, "asked the owner");
    assert!(d.timeline.iter().any(|e| e.by.is_none()) && d.timeline.iter().any(|e| e.by.as_deref() == Some("ann")));
    assert_eq!(row(&s, "a0").cases, std::slice::from_ref(&case));

    let mut said = Vec::new();
    while let Some(text) = s.undo().unwrap() {
        said.push(text);
    }
    assert_eq!(said.len(), 6, "{said:?}");
    assert!(said[5].contains("open case IR-2025-001"), "{said:?}");
    assert!(s.cases().unwrap().is_empty());
    assert_eq!(row(&s, "a0").status, Status::New);
    // A withdrawn number is not given again.
    assert_eq!(s.escalate(&ids(&["a0"]), None, "x").unwrap().0, "IR-2025-003");
}

#[test]
fn a_timeline_has_one_line_for_each_act() {
    let mut s = filled(5);
    let case = s.escalate(&ids(&["a0", "a1", "a2", "a3"]), None, "").unwrap();
    s.escalate(&ids(&["a4"]), Some(&case), "").unwrap();
    s.note(&Target::Alert("a4".to_owned()), "odd").unwrap();
    s.note(&Target::Case(case.clone()), "asked").unwrap();
    s.undo().unwrap();
    let said: Vec<String> =
        s.case(&case).unwrap().timeline.into_iter().filter(|e| e.by.is_some()).map(|e| e.text).collect();
    let name = "'SSH password guessing' 10.0.0.1";
    assert_eq!(
        said,
        [
            format!("opened the case 'SSH password guessing: 10.0.0.1' with 4 alerts: {name}, {name}, {name}, 1 more"),
            format!("put alert {name} into the case"),
            format!("note: odd (on alert {name})"),
            "note: asked".to_owned(),
            "undo: took a note off the case".to_owned(),
        ]
    );
}

#[test]
fn undo_takes_back_own_work_only_and_keeps_what_others_changed() {
    let mut ann = filled(2);
    let mut bob = ann.another().unwrap();
    bob.analyst = "bob".to_owned();
    ann.dismiss(&ids(&["a0", "a1"]), Verdict::Test, "drill").unwrap();
    bob.alerts(&AlertFilter::default()).unwrap();
    bob.dismiss(&ids(&["a1"]), Verdict::TruePositive, "no drill").unwrap();
    let said = ann.undo().unwrap().unwrap();
    assert!(
        said.contains("dismiss 2 alerts (test)")
            && said.contains("status of alert '")
            && said.contains("as bob left it"),
        "{said}"
    );
    assert_eq!(row(&ann, "a0").status, Status::New);
    assert_eq!(row(&ann, "a1").verdict, Some(Verdict::TruePositive));
    assert_eq!(ann.undo().unwrap(), None);
    // Both took theirs back: nobody's decision is left.
    assert!(bob.undo().unwrap().is_some());
    assert_eq!((row(&ann, "a1").status, row(&ann, "a1").verdict), (Status::New, None));
}

#[test]
fn tags_notes_and_marks_undo() {
    let mut s = filled(1);
    let t = Target::Alert("a0".to_owned());
    assert!(s.tag(&t, "x", true).unwrap());
    assert!(!s.tag(&t, "x", true).unwrap());
    assert!(s.tag(&t, "two words", true).is_err());
    assert!(s.tag(&t, "bi\u{202e}di", true).is_err());
    s.note(&t, "look").unwrap();
    let raw = b"odd \xff line".to_vec();
    let mark = EventMark { source: SourceId(0), offset: 900, len: 10, line: 11, time: T0, raw };
    let key = s.mark(&mark, true).unwrap();
    assert_eq!(s.mark(&mark, true).unwrap(), key);
    s.note(&Target::Event(key), "why?").unwrap();
    assert_eq!(s.events().unwrap()[0].marked_by.as_deref(), Some("ann"));
    assert_eq!(s.undo_depth().unwrap(), 4);
    for _ in 0..4 {
        assert!(s.undo().unwrap().is_some());
    }
    assert_eq!(s.undo().unwrap(), None);
    assert!(s.events().unwrap().is_empty() && s.notes(&t).unwrap().is_empty() && s.tags(&t).unwrap().is_empty());
    assert!(s.note(&Target::Event(EventKey("none".to_owned())), "x").is_err());
}

#[test]
fn a_stale_change_wins_and_is_reported() {
    let mut ann = filled(1);
    let mut bob = ann.another().unwrap();
    bob.analyst = "bob".to_owned();
    ann.alerts(&AlertFilter::default()).unwrap();
    bob.dismiss(&ids(&["a0"]), Verdict::Benign, "").unwrap();
    ann.dismiss(&ids(&["a0"]), Verdict::TruePositive, "").unwrap();
    let c = ann.take_conflicts();
    assert_eq!((c.len(), c[0].by.as_str()), (1, "bob"));
    let said = c[0].to_string();
    assert!(
        said.starts_with("bob had changed the status of alert '") && said.contains("to dismissed (benign)"),
        "{said}"
    );
    assert!(!said.contains("a0"), "{said}");
    assert_eq!(row(&bob, "a0").verdict, Some(Verdict::TruePositive));
    // Once seen, it is no conflict any more.
    bob.alerts(&AlertFilter::default()).unwrap();
    bob.dismiss(&ids(&["a0"]), Verdict::Benign, "").unwrap();
    assert!(bob.take_conflicts().is_empty());
    // What was seen while somebody made up their mind is not what they decided on.
    let looked = ann.seen();
    bob.reopen(&ids(&["a0"])).unwrap();
    ann.alerts(&AlertFilter::default()).unwrap();
    ann.decided_at(Some(looked));
    ann.dismiss(&ids(&["a0"]), Verdict::Benign, "").unwrap();
    assert!(ann.take_conflicts()[0].to_string().contains("to new at"));
    ann.decided_at(None);
    // Two who decide alike replace nothing of each other.
    bob.dismiss(&ids(&["a0"]), Verdict::Duplicate, "").unwrap();
    ann.dismiss(&ids(&["a0"]), Verdict::Duplicate, "").unwrap();
    assert!(ann.take_conflicts().is_empty());
}

#[test]
fn one_act_is_taken_back_whole_and_told_in_words() {
    let mut s = filled(2);
    let both = [Target::Alert("a0".to_owned()), Target::Alert("a1".to_owned())];
    let tags = [("vpn".to_owned(), true), ("odd".to_owned(), true)];
    assert_eq!(s.tag_all(&both, &tags).unwrap(), 2);
    assert_eq!(s.tag_all(&both, &tags).unwrap(), 0);
    s.note_all(&both, "look").unwrap();
    assert_eq!(s.undo_depth().unwrap(), 2);
    assert_eq!(s.undo().unwrap().as_deref(), Some("undone: note on 2 items"));
    assert_eq!(s.undo().unwrap().as_deref(), Some("undone: tag 'vpn', tag 'odd' on 2 items"));
    assert!(both.iter().all(|t| s.tags(t).unwrap().is_empty() && s.notes(t).unwrap().is_empty()));
    // Alerts and cases by what people call them.
    s.dismiss(&ids(&["a0"]), Verdict::Benign, "").unwrap();
    let alert = row(&s, "a0");
    assert_eq!(s.undo().unwrap().unwrap(), format!("undone: dismiss alert '{}' {} (benign)", alert.rule, alert.entity));
    let case = s.escalate(&ids(&["a0", "a1"]), None, "Guessed").unwrap();
    let said = s.undo().unwrap().unwrap();
    assert_eq!(said, format!("undone: open case {case} 'Guessed' with 2 alerts; the number is not given again"));
    assert!(s.cases().unwrap().is_empty() && row(&s, "a0").status == Status::New && row(&s, "a0").decided_by.is_none());
}

#[test]
fn changes_are_noticed_from_both_sides() {
    let mut ann = filled(1);
    let bob = ann.another().unwrap();
    assert!(ann.changed().unwrap());
    assert!(!ann.changed().unwrap() && !bob.changed().unwrap());
    ann.dismiss(&ids(&["a0"]), Verdict::Benign, "").unwrap();
    assert!(ann.changed().unwrap() && bob.changed().unwrap());
    assert!(!ann.changed().unwrap() && !bob.changed().unwrap());
}

#[test]
fn operations_can_only_be_appended() {
    let mut s = filled(1);
    s.dismiss(&ids(&["a0"]), Verdict::Benign, "").unwrap();
    assert!(s.conn.execute("UPDATE ops SET writer = 'eve'", []).is_err());
    assert!(s.conn.execute("DELETE FROM ops", []).is_err());
}

#[test]
fn an_unknown_id_stops_the_whole_call() {
    let mut s = filled(1);
    assert!(matches!(
        s.dismiss(&ids(&["a0", "nope"]), Verdict::Benign, ""),
        Err(StoreError::NotFound { kind: "alert", .. })
    ));
    assert_eq!(row(&s, "a0").status, Status::New);
}

#[test]
fn bytes_that_are_not_the_record_are_not_taken() {
    let mut s = filled(0);
    let a = alert("a0", 3, 50.0);
    let wrong = EvidenceBytes { index: 0, raw: b"something else".to_vec() };
    s.ingest_alerts(&[AlertRecord { alert: &a, evidence: vec![wrong] }]).unwrap();
    assert_eq!(s.evidence_without_bytes(&ids(&["a0"])).unwrap(), 3);
    let done = s
        .complete_evidence(&ids(&["a0"]), &mut |log, offset, len| {
            assert_eq!((log.run, log.name.as_str()), (Some((SourceId(0), 0)), "auth.log"));
            let text: String = (0..3).map(|i| line(i + u64::from(i == 2)) + "\n").collect();
            Ok(text.as_bytes()[offset as usize..][..len].to_vec())
        })
        .unwrap();
    assert_eq!((done.copied, done.without()), (2, 1), "the third is another line");
    assert_eq!(done.gaps[0].to_string(), "1 record of auth.log without a copy: the log has other bytes there now");
    let done = s.complete_evidence(&ids(&["a0"]), &mut |_, _, _| Err("it is gone".to_owned())).unwrap();
    assert_eq!(done.gaps[0].to_string(), "1 record of auth.log without a copy: it is gone");
    let done = s.complete_evidence(&ids(&["a0"]), &mut |_, _, _| Ok(Vec::new())).unwrap();
    assert!(done.gaps[0].reason.contains("ends before"), "{done:?}");
    assert_eq!(s.verify().unwrap(), []);
}

#[test]
fn copies_for_one_alert_are_bounded_and_what_is_left_out_is_counted() {
    let mut s = filled(0);
    let big = |i: u64| vec![b'a' + i as u8; 1 << 20];
    let mut a = alert("a0", 20, 50.0);
    for (i, e) in (0..).zip(&mut a.evidence) {
        (e.offset, e.len, e.hash) = (i << 20, 1 << 20, hash64(&big(i)));
    }
    s.ingest_alerts(&[AlertRecord { alert: &a, evidence: Vec::new() }]).unwrap();
    let done = s.complete_evidence(&ids(&["a0"]), &mut |_, offset, _| Ok(big(offset >> 20))).unwrap();
    assert_eq!((done.copied, done.bytes, done.without()), (16, MAX_ALERT_BYTES, 4));
    assert!(done.gaps[0].reason.contains("16 MiB"), "{done:?}");
    // What is there counts: asked again, it copies no more.
    let done = s.complete_evidence(&ids(&["a0"]), &mut |_, offset, _| Ok(big(offset >> 20))).unwrap();
    assert_eq!((done.copied, done.without()), (0, 4));
}

#[test]
fn a_full_disk_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cases.db");
    let mut s = Store::open(Some(&path), "ann").unwrap();
    s.ingest_alerts(&[record(&alert("a0", 5, 50.0))]).unwrap();
    s.dismiss(&ids(&["a0"]), Verdict::Benign, "before").unwrap();
    let pages: i64 = s.conn.query_row("PRAGMA page_count", [], |r| r.get(0)).unwrap();
    s.conn.pragma_update(None, "max_page_count", pages + 2).unwrap();
    let big: Vec<Alert> = (1..200).map(|i| alert(&format!("b{i:03}"), 60, 1.0)).collect();
    let e = s.ingest_alerts(&big.iter().map(record).collect::<Vec<_>>()).unwrap_err();
    assert!(
        matches!(e, StoreError::DiskFull { .. }) && e.to_string().contains("what was stored before is intact"),
        "{e}"
    );
    let e = s.note(&Target::Alert("a0".to_owned()), &"x".repeat(60_000)).unwrap_err();
    assert!(matches!(e, StoreError::DiskFull { .. }), "{e}");
    // What was there is there, and with room again work goes on.
    assert_eq!(s.alerts(&AlertFilter::default()).unwrap().len(), 1);
    assert_eq!(row(&s, "a0").reason.as_deref(), Some("before"));
    s.conn.pragma_update(None, "max_page_count", 1_000_000).unwrap();
    s.note(&Target::Alert("a0".to_owned()), "after").unwrap();
    assert_eq!(s.verify().unwrap(), []);
}

#[test]
fn changes_in_the_file_behind_the_store_are_found() {
    let mut s = filled(1);
    s.dismiss(&ids(&["a0"]), Verdict::Benign, "").unwrap();
    s.note(&Target::Alert("a0".to_owned()), "seen").unwrap();
    assert_eq!(s.verify().unwrap(), []);
    s.conn
        .execute_batch("DROP TRIGGER ops_are_not_changed; UPDATE ops SET payload = '{\"text\":\"no\"}' WHERE seq = 2")
        .unwrap();
    s.conn.execute_batch("UPDATE evidence SET raw = x'00' WHERE line = 2").unwrap();
    let found: Vec<String> = s.verify().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("(ann number 2): its content was changed") && found[1].contains("SHA-256"), "{found:?}");
    s.conn.execute_batch("DROP TRIGGER ops_are_not_removed; DELETE FROM ops WHERE seq = 1").unwrap();
    assert!(s.verify().unwrap()[0].problem.contains("number 1 is missing"));
}

#[test]
fn reading_only() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/er/cases.db");
    {
        let mut s = Store::open(Some(&path), "ann").unwrap();
        s.ingest_alerts(&[record(&alert("a0", 2, 50.0))]).unwrap();
        assert!(!s.read_only() && s.read_only_note().is_none());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }
    let mut s = Store::open_read_only(Some(&path), "ann").unwrap();
    assert!(s.read_only_note().unwrap().contains("reading only"));
    assert_eq!(s.alerts(&AlertFilter::default()).unwrap().len(), 1);
    let e = s.dismiss(&ids(&["a0"]), Verdict::Benign, "").unwrap_err();
    assert!(matches!(e, StoreError::ReadOnly { .. }), "{e}");
    assert!(matches!(Store::open(Some(dir.path()), "ann"), Err(StoreError::Open { .. })));
    // As it would be read where not even an index file can be made beside it.
    let c = Connection::open_with_flags(
        open::immutable_uri(&path),
        rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_URI,
    )
    .unwrap();
    assert_eq!(c.query_row("SELECT count(*) FROM alerts", [], |r| r.get::<_, i64>(0)).unwrap(), 1);
    // An older format cannot be brought up to date there.
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 0).unwrap();
    assert!(matches!(Store::open_read_only(Some(&path), "ann"), Err(StoreError::OldReadOnly { .. })));
}

#[test]
fn connections_of_one_process_know_the_same_sources() {
    let mut ingest = Store::open_in_memory("ann").unwrap();
    let mut triage = ingest.another().unwrap();
    ingest.register_source(&source()).unwrap();
    let raw = line(0).into_bytes();
    let mark = EventMark { source: SourceId(0), offset: 0, len: raw.len() as u64, line: 1, time: T0, raw };
    let key = triage.mark(&mark, true).unwrap();
    assert_eq!(ingest.event(&key).unwrap().unwrap().event.source.as_deref(), Some("auth.log"));
}

#[test]
fn what_people_decided_is_held_against_the_log_of_operations() {
    let changes = [
        ("UPDATE notes SET text = 'forged'", "note", "text not as"),
        ("DELETE FROM notes", "note", "the store does not"),
        ("UPDATE cases SET title = 'x'", "case IR-", "title not as"),
        ("UPDATE cases SET state = 'closed'", "case IR-", "state not as"),
        ("UPDATE alerts SET status = 'dismissed', decided_by = 'eve' WHERE status = 'new'", "alert ", "no operation"),
        ("UPDATE tags SET added_by = 'eve'", "tag of", "added_by not as"),
        ("DELETE FROM case_items", "item of case IR-", "the store does not"),
    ];
    for (sql, item, problem) in changes {
        let mut s = filled(3);
        let case = s.escalate(&ids(&["a0"]), None, "t").unwrap();
        s.note(&Target::Case(case), "seen").unwrap();
        s.tag(&Target::Alert("a0".to_owned()), "vpn", true).unwrap();
        assert_eq!(s.verify().unwrap(), []);
        s.conn.execute(sql, []).unwrap();
        let found = s.verify().unwrap();
        assert!(!found.is_empty(), "{sql}");
        assert!(found.iter().all(|f| f.item.starts_with(item) && f.problem.contains(problem)), "{sql}: {found:?}");
    }
}

#[test]
fn what_reading_wrote_agrees_with_itself() {
    let changes = [
        ("UPDATE alerts SET severity = 0, score = 1", "severity, score not as in its document"),
        ("UPDATE alerts SET message = 'nothing'", "message not as in its document"),
        ("UPDATE alerts SET doc = replace(doc, '\"count\":', '\"count\":1')", "count not as in its document"),
        ("UPDATE alerts SET doc = '{}'", "its document is not its own"),
        ("DELETE FROM alert_evidence WHERE n = 0", "its list of evidence has"),
    ];
    for (sql, problem) in changes {
        let s = filled(3);
        assert_eq!(s.verify().unwrap(), []);
        assert!(s.conn.execute(sql, []).unwrap() > 0, "{sql}");
        let found = s.verify().unwrap();
        assert!(!found.is_empty(), "{sql}");
        assert!(found.iter().all(|f| f.problem.contains(problem)), "{sql}: {found:?}");
    }
}
