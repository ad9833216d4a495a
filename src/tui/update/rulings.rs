//! Suppressions and other levels: asked for on an alert, with a reason and an
//! end; listed and taken out on the screen of the rules.

use std::collections::BTreeSet;

use super::super::data::workshop::{RulingDraft, Verdict, WorkReq};
use super::super::data::{AlertView, Triage};
use super::super::msg::{Effect, Op, Targets};
use super::super::state::overlay::{Answer, Then};
use super::super::state::prompt::{Ask, Prompt};
use super::super::state::{Screen, State, places};
use super::super::words;
use super::overlay::choice;
use super::workshop::day;
use crate::event::{Severity, Ts};
use crate::pipeline::policy;
use crate::query::{parse_time, quote};

/// Rulings that the list shows; the file has them all.
const LISTED: usize = 20;
/// True alerts that are named before a ruling takes them out.
const NAMED: usize = 4;
/// Days that a ruling holds unless another end is typed.
const DAYS: i64 = 90;

/// Asks what is to be ruled about the alert at hand; lists what is, on Rules.
pub fn ask(s: &mut State) {
    if s.screen == Screen::Rules {
        list(s);
        return;
    }
    let Some(v) = s.triage.current() else {
        s.say("no alert here");
        return;
    };
    let a = &v.alert;
    // An alert of several addresses is about what all of it shares.
    let named = [
        (a.entity(), Some(format!("entity={}", quote(&a.entity())))),
        (format!("user:{}", a.user.as_deref().unwrap_or("")), a.user.as_ref().map(|u| format!("user={}", quote(u)))),
        (format!("host:{}", a.host.as_deref().unwrap_or("")), a.host.as_ref().map(|h| format!("host={}", quote(h)))),
    ];
    let shared = named.into_iter().find_map(|(who, when)| Some((who, when.filter(|w| policy::hides(w, a))?)));
    let draft = |when: &str| RulingDraft {
        rule: a.rule_id.to_string(),
        when: when.to_owned(),
        owner: s.facts.analyst.clone(),
        created: day(s),
        ..RulingDraft::default()
    };
    let unfounded = s.unfounded();
    // What each would take out of what is here stands beside it.
    let here = |d: &RulingDraft| {
        let (all, truth) = (touched(s, d), true_of(s, d, &unfounded).len());
        let truth = if truth > 0 { format!(", {truth} of them true") } else { String::new() };
        format!("{}{truth}", words::count(all.len(), "alert"))
    };
    let mut answers = Vec::new();
    let mut put = |key: char, label: String, then: Then| answers.push(Answer { key, label, then });
    if let Some((who, when)) = &shared {
        let d = draft(when);
        put('e', format!("suppress this rule for {who} ({})", here(&d)), Then::Rule(Box::new(d)));
    }
    let d = draft("");
    put('r', format!("suppress all alerts of this rule ({})", here(&d)), Then::Rule(Box::new(d)));
    if let Some((who, when)) = &shared {
        put('l', format!("another level for {who}"), Then::Level(Box::new(draft(when))));
    }
    put('a', "another level for all alerts of this rule".to_owned(), Then::Level(Box::new(draft(""))));
    let ids = [a.id.clone()];
    let mut about = words::about_alerts(s, &ids, 0);
    about.push("     in every log, and counted there; T narrows the rule itself".to_owned());
    if shared.is_none() {
        about.push("     of several addresses: one of them alone hides nothing".to_owned());
    }
    choice(s, "from now on".into(), about, answers);
}

/// Asks which level; that which the alert at hand has is no other one.
pub fn levels(s: &mut State, d: &RulingDraft) {
    let Some(v) = s.triage.current() else { return };
    let now = v.alert.severity;
    let unfounded = s.unfounded();
    let answer = |level: Severity| {
        let d = RulingDraft { level: Some(level), ..d.clone() };
        let truth = true_of(s, &d, &unfounded).len();
        let truth = if truth > 0 { format!(", {truth} of them true and lowered") } else { String::new() };
        let n = words::count(touched(s, &d).len(), "alert");
        let key = level.as_str().chars().next().unwrap_or('?');
        Answer { key, label: format!("{level} ({n}{truth})"), then: Then::Rule(Box::new(d)) }
    };
    let answers = Severity::ALL.iter().rev().filter(|l| **l != now).map(|l| answer(*l)).collect();
    let whose = if d.when.is_empty() { "all alerts of this rule".to_owned() } else { d.when.clone() };
    let mut about = words::about_alerts(s, std::slice::from_ref(&v.alert.id), 0);
    about.push(format!("     {whose}: {now} now; the score goes with it"));
    choice(s, "from now on they are".into(), about, answers);
}

/// The alerts here that a ruling would take out or give another level, and what is
/// taken out along with those.
fn touched<'s>(s: &'s State, d: &RulingDraft) -> Vec<&'s AlertView> {
    let all = &s.triage.all;
    let holds = |v: &&AlertView| {
        let a = &v.alert;
        let other = d.level.is_none_or(|l| l != a.severity && a.covered_by.is_none());
        let every = d.level.is_none_or(|l| l <= a.severity);
        *a.rule_id == *d.rule && other && policy::applies(&d.when, a, every)
    };
    let mut out: Vec<&AlertView> = all.iter().filter(holds).collect();
    if d.level.is_none() {
        let mut gone: BTreeSet<&str> = out.iter().map(|v| v.alert.id.as_str()).collect();
        // What an alert stands for goes along, and what that stands for.
        loop {
            let by = |v: &&AlertView| v.alert.covered_by.as_deref().is_some_and(|by| gone.contains(by));
            let more: Vec<_> = all.iter().filter(by).filter(|v| !gone.contains(v.alert.id.as_str())).collect();
            if more.is_empty() {
                break;
            }
            gone.extend(more.iter().map(|v| v.alert.id.as_str()));
            out.extend(more);
        }
    }
    out
}

/// Those of them that people judged true, and that would be gone or lowered.
fn true_of<'s>(s: &'s State, d: &RulingDraft, unfounded: &[String]) -> Vec<&'s AlertView> {
    let mut out = touched(s, d);
    let lower = |v: &AlertView| d.level.is_none_or(|l| l < v.alert.severity);
    out.retain(|v| lower(v) && Verdict::of(v, unfounded) == Verdict::True);
    out
}

/// The cases of alerts, each once.
fn cases_of(alerts: &[&AlertView]) -> Vec<String> {
    let case = |v: &&AlertView| match &v.triage {
        Triage::Escalated { case } => Some(case.clone()),
        _ => None,
    };
    alerts.iter().filter_map(case).collect::<BTreeSet<_>>().into_iter().collect()
}

/// What a ruling does to alerts that are true, in words; `None` where to none.
fn costs(s: &State, d: &RulingDraft) -> Option<(String, Vec<String>)> {
    let truth = true_of(s, d, &s.unfounded());
    let cases = cases_of(&truth);
    let what = d.level.map_or_else(|| "taken out".to_owned(), |l| format!("lowered to {l}"));
    let n = words::count(truth.len(), "true alert");
    (!truth.is_empty()).then(|| (format!("{n} ({}) would be {what}", cases.join(", ")), cases))
}

/// What is to be ruled is known: what it costs is named, and the reason is asked for.
pub fn drafted(s: &mut State, d: RulingDraft) {
    let Some((costs, _)) = costs(s, &d) else { return why(s, d) };
    let truth = true_of(s, &d, &s.unfounded());
    let mut about: Vec<String> = Vec::new();
    for v in truth.iter().take(NAMED) {
        about.extend(words::about_alerts(s, std::slice::from_ref(&v.alert.id), 0));
        if let Triage::Escalated { case } = &v.triage {
            about.push(format!("     in case {case}"));
        }
    }
    if truth.len() > NAMED {
        about.push(format!("     and {} more", truth.len() - NAMED));
    }
    let answers = vec![
        Answer { key: 'n', label: "leave it as it is".into(), then: Then::Close },
        Answer { key: 'y', label: "write why; it goes into these cases".into(), then: Then::Ruled(Box::new(d)) },
    ];
    choice(s, costs, about, answers);
}

/// Asks for the reason.
pub fn why(s: &mut State, d: RulingDraft) {
    let mut prompt = Prompt::new(Ask::RulingReason, "");
    prompt.error = costs(s, &d).map(|(costs, _)| format!("{costs}: write why, or Esc"));
    s.rules.ruling = Some(d);
    s.prompt = Some(prompt);
}

/// A typed line: the reason, then the end.
///
/// # Errors
/// Where it is none.
pub fn answered(s: &mut State, ask: &Ask, text: &str, fx: &mut Vec<Effect>) -> Result<(), String> {
    let now = s.now;
    let Some(d) = s.rules.ruling.as_mut() else { return Ok(()) };
    if *ask == Ask::RulingReason {
        if text.chars().filter(|c| c.is_alphanumeric()).count() < 3 {
            return Err("every ruling has a reason".into());
        }
        text.clone_into(&mut d.reason);
        let end = Ts(now.0.saturating_add(DAYS * 86_400_000_000)).to_rfc3339();
        let end: String = end.chars().take(10).collect();
        s.prompt = Some(Prompt::new(Ask::RulingUntil, end));
        return Ok(());
    }
    let days = text.strip_suffix('d').and_then(|n| n.parse::<i64>().ok()).filter(|n| (1..=3650).contains(n));
    d.until = match (text, days) {
        ("never", _) => "never".to_owned(),
        (_, Some(n)) => Ts(now.0.saturating_add(n * 86_400_000_000)).to_rfc3339().chars().take(10).collect(),
        (t, None) if !t.starts_with(['-', '+']) && parse_time(t, now).is_some() => t.to_owned(),
        _ => return Err("write a date such as 2026-06-01, 90d, or never".into()),
    };
    if let Some(d) = s.rules.ruling.take() {
        // Who works on the case reads there why an alert of it went.
        if let Some((costs, cases)) = costs(s, &d) {
            let title = s.rules.title_of(&d.rule).unwrap_or("a rule");
            for case in cases {
                let what = Targets { case: Some(case), ..Targets::default() };
                let text = format!("{title}: {costs} from now on: {}", d.reason);
                fx.push(Effect::Store(Op::Note { what, text }));
            }
        }
        fx.push(Effect::Work(WorkReq::Ruling(d)));
    }
    Ok(())
}

/// All rulings with what they did in this log; one chosen is asked about.
fn list(s: &mut State) {
    let hits = std::sync::Arc::clone(&s.snap.rulings);
    if hits.is_empty() {
        s.say("no suppressions: S on an alert makes one");
        return;
    }
    let title_of = |id: &str| s.rules.title_of(id).unwrap_or("a rule that is not there").to_owned();
    let mut about = Vec::new();
    let answers: Vec<Answer> = hits
        .iter()
        .take(LISTED)
        .zip(places::answer_keys())
        .map(|(h, key)| {
            let r = &h.ruling;
            let when = if r.when.is_empty() { "all".to_owned() } else { r.when.clone() };
            let end = r.until.map_or_else(|| "never".to_owned(), |t| t.to_rfc3339().chars().take(10).collect());
            let n = words::count(usize::try_from(h.alerts).unwrap_or(usize::MAX), "alert");
            let label = format!("{n} {}: {} ({when})", r.what(), title_of(&r.rule));
            about.push(format!("{key} {}, ends {end} · {}: {}", r.id, r.owner, r.reason));
            Answer { key, label, then: Then::Unrule(r.id.clone()) }
        })
        .collect();
    about.insert(0, "what each did in this log; choose one to take it out".to_owned());
    if hits.len() > LISTED {
        about.push(format!("{} more are in the file", hits.len() - LISTED));
    }
    choice(s, "suppressions and other levels".into(), about, answers);
}

/// Asks before a ruling is taken out.
pub fn confirm(s: &mut State, id: &str) {
    let answers = vec![
        Answer {
            key: 'y',
            label: "take it out".into(),
            then: Then::Do(vec![Effect::Work(WorkReq::Unrule(id.to_owned()))]),
        },
        Answer { key: 'n', label: "leave it".into(), then: Then::Close },
    ];
    choice(s, format!("take {id} out?"), Vec::new(), answers);
}
