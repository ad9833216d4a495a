//! Filters for a rule: drafted from an event by chosen fields, or proposed from
//! what was dismissed.

use std::sync::Arc;

use super::super::data::workshop::{Pick, Proposal, WorkReq};
use super::super::msg::Effect;
use super::super::state::overlay::{Answer, Overlay, Then};
use super::super::state::{Screen, State, places};
use super::super::words::count;
use super::act;
use super::overlay::choice;
use super::workshop::day;
use crate::event::Ov;

/// Drafts a filter from the event or the alert at hand.
pub fn tune(s: &mut State, fx: &mut Vec<Effect>) {
    let event = act::event_at_hand(s);
    let of_event = |e: &crate::event::EventRow| {
        s.triage.all.iter().find(|v| v.alert.evidence.iter().any(|x| x.source == e.source && x.offset == e.offset))
    };
    let alert = match (&event, s.screen) {
        (Some(e), Screen::Live) => of_event(e),
        _ => s.triage.current(),
    };
    let Some(view) = alert else {
        s.say("no alert has this event: there is nothing to tune");
        return;
    };
    let of_whole = event.is_none();
    let row = event.or_else(|| s.triage.evidence.rows.first().filter(|_| shows(s, &view.alert.id)).cloned());
    let a = &view.alert;
    // Of an alert whose events are not at hand there is what it is about.
    let known = [(Ov::SrcIp, &a.src_ip), (Ov::User, &a.user), (Ov::Host, &a.host)];
    let of_alert = || known.iter().filter_map(|(o, v)| Some((o.name().to_owned(), (*v).clone()?))).collect::<Vec<_>>();
    let mut fields = row.as_ref().map_or_else(of_alert, |r| super::super::words::fields(r));
    if of_whole {
        // In what its events differ the alert has no one value, and its first event's says
        // nothing of the others.
        fields.retain(|(name, _)| !known.iter().any(|(o, v)| o.name() == name && v.is_none()));
    }
    let rule = a.rule_id.to_string();
    fx.push(Effect::Work(WorkReq::Offer { rule, fields }));
}

fn shows(s: &State, id: &str) -> bool {
    s.triage.evidence.of.0 == id
}

/// The values are there that a filter could name: some are marked, keys mark others.
pub fn offered(s: &mut State, rule: &str, picks: Vec<Pick>) {
    if picks.is_empty() {
        s.say("this event has no value to tell it by");
        return;
    }
    let signed = format!("{}, {}", s.facts.analyst, day(s));
    let draft = Answer { key: ' ', label: String::new(), then: Then::Draft { rule: rule.to_owned(), signed } };
    let marks = picks.into_iter().map(|p| Answer { key: ' ', label: String::new(), then: Then::Mark(p) });
    let mut answers: Vec<Answer> = [draft].into_iter().chain(marks).collect();
    // `x` marks what the cursor is on.
    let keys = places::answer_keys().filter(|c| *c != 'x').chain('A'..='Z');
    answers.iter_mut().zip(keys).for_each(|(a, key)| a.key = key);
    label(&mut answers);
    let about = vec!["x marks; the more is named, the less is filtered".to_owned()];
    choice(s, "not meant: events with".into(), about, answers);
}

/// Says what is marked.
fn label(answers: &mut [Answer]) {
    let n = marked(answers).len();
    for a in answers {
        a.label = match &a.then {
            Then::Mark(p) => format!("[{}] {}={}", if p.on { 'x' } else { ' ' }, p.name, p.value),
            _ => format!("draft with the {} marked", count(n, "value")),
        };
    }
}

fn marked(answers: &[Answer]) -> Vec<(String, String)> {
    let on = |a: &Answer| match &a.then {
        Then::Mark(p) if p.on => Some((p.name.clone(), p.value.clone())),
        _ => None,
    };
    answers.iter().filter_map(on).collect()
}

/// An answer of the list of values: marks it, or drafts from what is marked.
pub fn picked(s: &mut State, fx: &mut Vec<Effect>) {
    let Some(Overlay::Choice { answers, cursor, .. }) = s.overlays.last_mut() else { return };
    let at = cursor.at;
    match answers.get(at).map(|a| a.then.clone()) {
        Some(Then::Mark(p)) => {
            for (i, a) in answers.iter_mut().enumerate() {
                if let Then::Mark(other) = &mut a.then {
                    // One form of a field at a time: two of one name are no rule.
                    other.on = if i == at { !p.on } else { other.on && other.field() != p.field() };
                }
            }
            label(answers);
        }
        Some(Then::Draft { rule, signed }) => {
            let fields = marked(answers);
            if fields.is_empty() {
                s.say("nothing is marked: x marks the value under the cursor");
                return;
            }
            s.overlays.pop();
            fx.push(Effect::Work(WorkReq::Tune { rule, fields, signed }));
        }
        _ => {}
    }
}

fn words_of(fields: &[(String, String)]) -> String {
    fields.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("  ")
}

/// Asks for filters from what was dismissed of the rule under the cursor.
pub fn propose(s: &mut State, fx: &mut Vec<Effect>) {
    let Some(rule) = s.rules.current().map(|r| r.id.clone()) else {
        s.say("no rule here");
        return;
    };
    let unfounded = s.unfounded();
    s.say("looking at what was dismissed");
    fx.push(Effect::Work(WorkReq::Propose { rule, alerts: Arc::clone(&s.triage.all), unfounded }));
}

/// The proposals are there: one chosen is drafted.
pub fn proposed(s: &mut State, rule: &str, best: &[Proposal]) {
    let Some(first) = best.first() else {
        s.say("nothing of this rule was dismissed in this log (d on its alerts): there is nothing to propose from");
        return;
    };
    let signed = format!("{}, {}", s.facts.analyst, day(s));
    let answers = best
        .iter()
        .zip(places::answer_keys())
        .map(|(p, key)| {
            let undecided = if p.undecided.0 > 0 { format!(", {} undecided", p.undecided.0) } else { String::new() };
            let label = format!("-{} false, -{} true{undecided}: {}", p.removes.0, p.loses.0, words_of(&p.fields));
            let fields = p.fields.clone();
            let draft = WorkReq::Tune { rule: rule.to_owned(), fields, signed: signed.clone() };
            Answer { key, label, then: Then::Do(vec![Effect::Work(draft)]) }
        })
        .collect();
    let n = |n: u32, what: &str| count(usize::try_from(n).unwrap_or(usize::MAX), what);
    let about = vec![
        format!(
            "of {}, {}, {}: what each filter would take",
            n(first.removes.1, "false alert"),
            n(first.loses.1, "true alert"),
            format!("{} undecided", first.undecided.1),
        ),
        "true and undecided ones also of rules that look at the same events".to_owned(),
    ];
    s.toast = None;
    choice(s, "filters proposed".into(), about, answers);
}
