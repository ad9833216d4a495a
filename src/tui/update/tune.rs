//! Filters for a rule: drafted from an event by chosen fields, or proposed from
//! what was dismissed.

use std::sync::Arc;

use super::super::data::workshop::{Proposal, WorkReq};
use super::super::msg::Effect;
use super::super::state::overlay::{Answer, Then};
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
    let row = event.or_else(|| s.triage.evidence.rows.first().filter(|_| shows(s, &view.alert.id)).cloned());
    let mut fields: Vec<(String, String)> = Vec::new();
    for o in [Ov::SrcIp, Ov::User, Ov::Host, Ov::Process] {
        let of_alert = match o {
            Ov::SrcIp => view.alert.src_ip.as_deref(),
            Ov::User => view.alert.user.as_deref(),
            Ov::Host => view.alert.host.as_deref(),
            _ => None,
        };
        let value = row.as_ref().map_or(of_alert, |r| r.ov(o));
        fields.extend(value.filter(|v| !v.is_empty()).map(|v| (o.name().to_owned(), v.to_owned())));
    }
    if fields.is_empty() {
        s.say("this event has no address, account, machine or program to tell it by");
        return;
    }
    let rule = view.alert.rule_id.to_string();
    choose(s, &rule, &fields, fx);
}

fn shows(s: &State, id: &str) -> bool {
    s.triage.evidence.of.0 == id
}

/// Which of the fields the filter is to name: all of them is the narrowest.
fn choose(s: &mut State, rule: &str, fields: &[(String, String)], fx: &mut Vec<Effect>) {
    let signed = format!("{}, {}", s.facts.analyst, day(s));
    let draft = |fields: Vec<(String, String)>| {
        Effect::Work(WorkReq::Tune { rule: rule.to_owned(), fields, signed: signed.clone() })
    };
    if fields.len() < 2 {
        fx.push(draft(fields.to_vec()));
        return;
    }
    let mut sets: Vec<Vec<(String, String)>> = vec![fields.to_vec()];
    if fields.len() > 2 {
        for (i, a) in fields.iter().enumerate() {
            sets.extend(fields.iter().skip(i + 1).map(|b| vec![a.clone(), b.clone()]));
        }
    }
    sets.extend(fields.iter().map(|f| vec![f.clone()]));
    let answers = sets.into_iter().zip(places::answer_keys()).map(|(set, key)| Answer {
        key,
        label: words_of(&set),
        then: Then::Do(vec![draft(set)]),
    });
    let about = vec!["the more it names, the less it filters; what it loses is shown before it is saved".to_owned()];
    let answers = answers.collect();
    choice(s, "not meant: events with".into(), about, answers);
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
    let unfounded = s.cases.list.iter().filter(|c| c.unfounded()).map(|c| c.id.clone()).collect();
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
    let about = vec![format!(
        "of {}, {}, {}: what each filter would take",
        n(first.removes.1, "false alert"),
        n(first.loses.1, "true alert"),
        format!("{} undecided", first.undecided.1),
    )];
    s.toast = None;
    choice(s, "filters proposed".into(), about, answers);
}
