//! Undo, on random histories: what one analyst did is taken back to the first
//! state; with two, nothing breaks and what the log says is what is shown.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::tests::{T0, filled};
use super::*;
use crate::event::{Severity, SourceId};

/// One random change, by numbers that are taken modulo what there is.
type Step = (u8, u8, u8);

fn mark_of(n: u8) -> EventMark {
    let raw = format!("record {}", n % 3).into_bytes();
    let offset = u64::from(n % 3) * 20;
    EventMark { source: SourceId(0), offset, len: raw.len() as u64, line: 1 + u64::from(n % 3), time: T0, raw }
}

/// Does it; what is refused (a tag on nothing, closing without words) is no change.
fn step(s: &mut Store, (kind, a, b): Step) {
    let alert = |n: u8| format!("a{}", n % 4);
    let some: Vec<String> = (0..4).filter(|i| b >> i & 1 == 1).map(alert).collect();
    let cases: Vec<CaseId> = s.cases().unwrap().into_iter().map(|c| c.id).collect();
    let case = cases.get(usize::from(b) % cases.len().max(1)).cloned();
    let verdict = Verdict::ALL[usize::from(a) % Verdict::ALL.len()];
    let target = match (a % 3, &case) {
        (0, _) => Target::Alert(alert(b)),
        (1, Some(c)) => Target::Case(c.clone()),
        _ => Target::Event(mark_of(b).key()),
    };
    let _ = match kind % 16 {
        0 => s.dismiss(&some, verdict, "why").map(drop),
        1 => s.snooze(&some, Ts(T0.0 + i64::from(a))).map(drop),
        2 => s.reopen(&some).map(drop),
        3 => s.set_verdict(&some, verdict, "").map(drop),
        4 | 5 => s.tag(&target, ["x", "y"][usize::from(a) % 2], b & 1 == 0).map(drop),
        6 => s.note(&target, "words").map(drop),
        7 => s.mark(&mark_of(a), b & 1 == 0).map(drop),
        8 => s.escalate(&some, None, "").map(drop),
        9 => s.escalate(&some, case.as_ref(), "").map(drop),
        10 => s.escalate_events(&[mark_of(a)], case.as_ref(), "").map(drop),
        11 => case.map_or(Ok(()), |c| s.remove_item(&c, &Target::Alert(alert(a))).map(drop)),
        12 => case.map_or(Ok(()), |c| s.assign(&c, ["ann", "bob", ""][usize::from(a) % 3]).map(drop)),
        13 => case.map_or(Ok(()), |c| s.set_title(&c, &format!("title {a}")).map(drop)),
        14 => case.map_or(Ok(()), |c| s.set_severity(&c, Severity::ALL[usize::from(a) % 5]).map(drop)),
        _ => case.map_or(Ok(()), |c| {
            let state = CaseState::ALL[usize::from(a) % 3];
            s.set_case_state(&c, state, if b & 1 == 0 { "done" } else { "" }).map(drop)
        }),
    };
}

/// All that people made, as it is shown.
fn state(s: &Store) -> Value {
    let alerts: Vec<Value> = s
        .alerts(&AlertFilter::default())
        .unwrap()
        .iter()
        .map(|a| {
            json!([
                a.id,
                a.status,
                a.verdict,
                a.reason,
                a.snoozed_until,
                a.decided_by,
                a.decided_at,
                a.tags,
                a.notes,
                a.cases
            ])
        })
        .collect();
    let cases: Vec<Value> = s
        .cases()
        .unwrap()
        .iter()
        .map(|c| {
            let items: Vec<String> = {
                let d = s.case(&c.id).unwrap();
                let events = d.events.into_iter().map(|e| e.event.key.0);
                d.alerts.into_iter().map(|a| a.id).chain(events).collect()
            };
            json!([c.id, c.title, c.state, c.resolution, c.severity, c.assignee, c.closed, c.tags, c.notes, items])
        })
        .collect();
    let events: Vec<Value> =
        s.events().unwrap().iter().map(|e| json!([e.event.key, e.marked_by, e.marked_at, e.tags, e.notes])).collect();
    json!([alerts, cases, events])
}

/// Every hash holds, and each case's operations lead to what it shows.
fn sound(s: &Store) {
    assert_eq!(s.verify().unwrap(), []);
    for c in s.cases().unwrap() {
        let text = export::to_text(&s.look_at_case(&c.id).unwrap());
        let report = verify::verify(&canonical::parse_strict(&text).unwrap(), &mut []);
        assert_eq!(report.findings, [], "{:?}", report.consequences);
    }
}

fn base() -> Store {
    let mut s = filled(4);
    for n in 0..3 {
        s.keep_event(&mark_of(n)).unwrap();
    }
    s
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn one_analysts_work_is_undone_to_the_first_state(steps in prop::collection::vec(any::<Step>(), 1..24)) {
        let mut s = base();
        let mut states = vec![state(&s)];
        for x in steps {
            let depth = s.undo_depth().unwrap();
            step(&mut s, x);
            if s.undo_depth().unwrap() > depth {
                states.push(state(&s));
            }
        }
        sound(&s);
        let last = states.pop();
        prop_assert_eq!(Some(state(&s)), last);
        // Back through every state that was, to the first.
        while let Some(before) = states.pop() {
            let said = s.undo().unwrap();
            prop_assert!(said.as_ref().is_some_and(|t| !t.contains("kept")), "{:?}", said);
            prop_assert_eq!(state(&s), before, "{:?}", said);
        }
        prop_assert_eq!(s.undo().unwrap(), None);
        sound(&s);
    }

    #[test]
    fn two_analysts_work_and_undo_in_any_order(
        steps in prop::collection::vec((any::<bool>(), any::<Step>()), 1..24),
        undo in prop::collection::vec(any::<bool>(), 0..60),
    ) {
        let mut ann = base();
        let mut bob = ann.another().unwrap();
        bob.analyst = "bob".to_owned();
        for (who, x) in steps {
            step(if who { &mut ann } else { &mut bob }, x);
        }
        sound(&ann);
        for who in undo {
            (if who { &mut ann } else { &mut bob }).undo().unwrap();
        }
        sound(&ann);
        for s in [&mut ann, &mut bob] {
            while s.undo().unwrap().is_some() {}
        }
        sound(&bob);
        // Nothing counts any more, in whatever order it was taken back.
        prop_assert_eq!(state(&ann), state(&base()));
        prop_assert_eq!(ann.undo_depth().unwrap() + bob.undo_depth().unwrap(), 0);
    }
}

#[test]
fn two_who_take_back_leave_what_was_before_whoever_comes_first() {
    let one = ["a0".to_owned()];
    for ann_first in [true, false] {
        let mut ann = base();
        let mut bob = ann.another().unwrap();
        bob.analyst = "bob".to_owned();
        bob.dismiss(&one, Verdict::FalsePositive, "").unwrap();
        bob.tag(&Target::Alert("a0".into()), "x", true).unwrap();
        ann.tag(&Target::Alert("a0".into()), "x", false).unwrap();
        ann.dismiss(&one, Verdict::Benign, "").unwrap();
        for _ in 0..2 {
            let both = if ann_first { [&mut ann, &mut bob] } else { [&mut bob, &mut ann] };
            for s in both {
                s.undo().unwrap().unwrap();
            }
        }
        let row = ann.alert("a0").unwrap().row;
        assert_eq!((row.status, row.tags.len()), (Status::New, 0), "{ann_first}");
        sound(&ann);
    }
    // What counts still is what is shown, with its author.
    let mut ann = base();
    let mut bob = ann.another().unwrap();
    bob.analyst = "bob".to_owned();
    ann.dismiss(&one, Verdict::Benign, "").unwrap();
    bob.dismiss(&one, Verdict::FalsePositive, "").unwrap();
    let said = ann.undo().unwrap().unwrap();
    assert!(said.contains("kept: status of alert") && said.contains("as bob left it"), "{said}");
    let row = ann.alert("a0").unwrap().row;
    assert_eq!((row.verdict, row.decided_by.as_deref()), (Some(Verdict::FalsePositive), Some("bob")));
}

#[test]
fn a_case_on_which_another_worked_is_not_withdrawn() {
    let mut ann = base();
    let mut bob = ann.another().unwrap();
    bob.analyst = "bob".to_owned();
    let case = ann.escalate(&["a0".to_owned()], None, "Shared").unwrap();
    bob.assign(&case, "bob").unwrap();
    let said = ann.undo().unwrap().unwrap();
    assert!(said.contains("kept: case") && said.contains("others worked on it"), "{said}");
    assert_eq!(ann.cases().unwrap()[0].assignee.as_deref(), Some("bob"));
    assert_eq!(ann.alert("a0").unwrap().row.status, Status::New);
    // Nobody wants it any more.
    let said = bob.undo().unwrap().unwrap();
    assert!(said.contains("is withdrawn") && ann.cases().unwrap().is_empty(), "{said}");
    sound(&ann);
}

/// Whoever has the file finds the case that it names.
#[test]
fn a_case_that_was_exported_stays_when_its_making_is_undone() {
    let mut s = filled(1);
    let case = s.escalate(&["a0".to_owned()], None, "Guessing").unwrap();
    s.export_case(&case).unwrap();
    let said = s.undo().unwrap().unwrap();
    assert!(said.contains("was exported: it stays, with nothing in it"), "{said}");
    let detail = s.case(&case).unwrap();
    assert!(detail.alerts.is_empty());
    assert_eq!(s.alert("a0").unwrap().row.status, Status::New);
    assert!(s.verify().unwrap().is_empty());
    // One that nobody exported goes, as ever.
    let case = s.escalate(&["a0".to_owned()], None, "Again").unwrap();
    let said = s.undo().unwrap().unwrap();
    assert!(!said.contains("kept"), "{said}");
    assert!(s.cases().unwrap().iter().all(|c| c.id != case));
}
