//! No question that is asked all the time reads a whole table.

use rusqlite::trace::{TraceEvent, TraceEventCodes};

use super::tests::{T0, filled};
use super::*;
use crate::event::Severity;

std::thread_local! {
    static ASKED: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
}

#[allow(clippy::needless_pass_by_value, reason = "the form that the callback has")]
fn note(event: TraceEvent<'_>) {
    if let TraceEvent::Stmt(_, sql) = event {
        ASKED.with_borrow_mut(|a| a.push(sql.to_owned()));
    }
}

/// Steps of the plans of all that `f` asks: those that read a whole table.
fn scans(s: &mut Store, f: impl FnOnce(&mut Store)) -> Vec<String> {
    s.conn.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(note)).unwrap();
    ASKED.take();
    f(s);
    s.conn.trace_v2(TraceEventCodes::empty(), None::<fn(TraceEvent<'_>)>).unwrap();
    let mut found = Vec::new();
    for sql in ASKED.take() {
        if !sql.starts_with("SELECT") {
            continue;
        }
        let steps = plan_of(s, &sql);
        assert!(!steps.is_empty() || !sql.contains(" FROM "), "{sql}");
        for step in steps {
            // Over an index in its order with a limit, over what a subquery gave, or a constant: no table is read through.
            let table = ["alerts", "alert_evidence", "evidence", "ops", "tags", "notes", "a", "e", "l", "o", "u"]
                .iter()
                .any(|t| step == format!("SCAN {t}") || step.starts_with(&format!("SCAN {t} USING")));
            if table {
                found.push(format!("{step}: {sql}"));
            }
        }
    }
    found
}

#[test]
fn questions_about_one_thing_search() {
    let mut s = filled(5);
    let case = s.escalate(&["a0".to_owned(), "a1".to_owned()], None, "One").unwrap();
    s.note(&Target::Alert("a0".to_owned()), "x").unwrap();
    s.tag(&Target::Alert("a0".to_owned()), "vpn", true).unwrap();
    let found = scans(&mut s, |s| {
        s.alert("a0").unwrap();
        s.cases().unwrap();
        s.case(&case).unwrap();
        s.export_case(&case).unwrap();
        s.evidence_without_bytes(&["a0".to_owned()]).unwrap();
        s.complete_evidence(&["a0".to_owned()], &mut |_, _, _| Err(String::new())).unwrap();
        s.in_cases(["a0"]).unwrap();
        s.notes(&Target::Alert("a0".to_owned())).unwrap();
        s.history(&Target::Alert("a0".to_owned())).unwrap();
        for filter in [
            AlertFilter { case: Some(case.clone()), ..AlertFilter::default() },
            AlertFilter { tag: Some("vpn".to_owned()), ..AlertFilter::default() },
            AlertFilter { rule_id: Some("r".to_owned()), ..AlertFilter::default() },
            AlertFilter { touched: true, ..AlertFilter::default() },
            AlertFilter { status: vec![Status::Escalated], ..AlertFilter::default() },
        ] {
            s.alerts(&filter).unwrap();
        }
    });
    // The few writers' chains, and the list of cases, are all that is walked.
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn an_entity_is_found_however_it_is_spelt() {
    let mut s = filled(3);
    s.conn.execute("UPDATE alerts SET entity = 'user:Jürgen' WHERE id = 'a0'", []).unwrap();
    s.conn.execute("UPDATE alerts SET entity = 'user:JÜRGEN' WHERE id = 'a1'", []).unwrap();
    let of = |s: &mut Store, e: &str| {
        let filter = AlertFilter { entity: Some(e.to_owned()), ..AlertFilter::default() };
        let mut ids: Vec<String> = s.alerts(&filter).unwrap().into_iter().map(|a| a.id).collect();
        ids.sort();
        ids.join(" ")
    };
    assert_eq!(of(&mut s, "USER:jürgen"), "a0 a1");
    assert_eq!(of(&mut s, "user:jurgen"), "");
    // The spellings are told by an index, the alerts are looked up.
    let found = scans(&mut s, |s| drop(of(s, "user:x")));
    assert!(found.iter().all(|f| f.contains("USING COVERING INDEX alerts_by_entity")), "{found:?}");
}

fn plan_of(s: &Store, sql: &str) -> Vec<String> {
    let mut q = s.conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let n = q.parameter_count();
    let params = rusqlite::params_from_iter((0..n).map(|_| "1"));
    q.query_map(params, |r| r.get(3)).unwrap().map(std::result::Result::unwrap).collect()
}

#[test]
fn the_queue_is_read_in_the_order_of_an_index_and_counted_without_the_rows() {
    let s = filled(5);
    let plan = |sql: &str| plan_of(&s, sql);
    for (sort, index) in [(AlertSort::Score, "alerts_by_score"), (AlertSort::Time, "alerts_by_time")] {
        let steps = plan(&views::alerts_sql(sort));
        assert!(steps.iter().any(|s| s == &format!("SCAN a USING INDEX {index}")), "{steps:?}");
        assert!(
            !steps.iter().any(|s| s.contains("TEMP B-TREE FOR ORDER BY") && !s.contains("RIGHT PART")),
            "{steps:?}"
        );
    }
    // The queue of new alerts, too: a page of it does not gather all of them first.
    let mut s = s;
    let new = AlertFilter { status: vec![Status::New], limit: Some(50), ..AlertFilter::default() };
    let walked = scans(&mut s, |s| drop(s.alerts(&new).unwrap()));
    assert!(walked.len() == 1 && walked[0].starts_with("SCAN a USING INDEX alerts_by_score"), "{walked:?}");
    let plan = |sql: &str| plan_of(&s, sql);
    let counts = plan(
        "SELECT CASE WHEN status = 'snoozed' AND coalesce(snoozed_until, 0) <= ?1 THEN 'new' ELSE status END,
         count(*) FROM alerts GROUP BY 1",
    );
    assert!(counts.iter().any(|s| s.contains("COVERING INDEX alerts_by_status")), "{counts:?}");
}

#[test]
fn filters_by_status_agree_with_what_rows_say() {
    let mut s = filled(6);
    s.dismiss(&["a1".to_owned()], Verdict::Benign, "").unwrap();
    s.snooze(&["a2".to_owned()], Ts(T0.0 - 1)).unwrap();
    s.snooze(&["a3".to_owned()], Ts(T0.0 + 9)).unwrap();
    s.escalate(&["a4".to_owned()], None, "").unwrap();
    let all = s.alerts(&AlertFilter::default()).unwrap();
    for n in 1..1 << Status::ALL.len() {
        let status: Vec<Status> = (0..).zip(Status::ALL).filter(|(i, _)| n >> i & 1 == 1).map(|(_, s)| *s).collect();
        let filter =
            AlertFilter { status: status.clone(), min_severity: Some(Severity::Low), ..AlertFilter::default() };
        let want: Vec<_> = all.iter().filter(|r| status.contains(&r.status)).cloned().collect();
        assert_eq!(s.alerts(&filter).unwrap(), want, "{status:?}");
    }
    let touched = s.alerts(&AlertFilter { touched: true, ..AlertFilter::default() }).unwrap();
    assert_eq!(touched.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["a4", "a3", "a2", "a1"]);
    let sum: u64 = s.status_counts().unwrap().iter().map(|(_, n)| n).sum();
    assert_eq!(sum, 6);
}
