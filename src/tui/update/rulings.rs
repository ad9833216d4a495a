//! Suppressions and other levels: asked for on an alert, with a reason and an
//! end; listed and taken out on the screen of the rules.

use super::super::data::workshop::{RulingDraft, WorkReq};
use super::super::msg::Effect;
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
    let draft = |when: &str, level| {
        Then::Rule(Box::new(RulingDraft {
            rule: a.rule_id.to_string(),
            when: when.to_owned(),
            level,
            owner: s.facts.analyst.clone(),
            created: day(s),
            ..RulingDraft::default()
        }))
    };
    let lower = if a.severity > Severity::Low { Severity::Low } else { Severity::Info };
    let all = [
        ('r', "suppress all alerts of this rule".to_owned(), draft("", None)),
        ('a', format!("make all alerts of this rule {lower}"), draft("", Some(lower))),
    ];
    let mut answers = Vec::from(all);
    if let Some((who, when)) = &shared {
        answers.insert(0, ('e', format!("suppress this rule for {who}"), draft(when, None)));
        answers.insert(2, ('l', format!("make this rule {lower} for {who}"), draft(when, Some(lower))));
    }
    let answers = answers.into_iter().map(|(key, label, then)| Answer { key, label, then }).collect();
    let ids = [a.id.clone()];
    let mut about = words::about_alerts(s, &ids, 0);
    about.push("     in every log, and counted there; T narrows the rule itself".to_owned());
    if shared.is_none() {
        about.push("     of several addresses: one of them alone hides nothing".to_owned());
    }
    choice(s, "from now on".into(), about, answers);
}

/// What is to be ruled is known: the reason is asked for.
pub fn drafted(s: &mut State, d: RulingDraft) {
    s.rules.ruling = Some(d);
    s.prompt = Some(Prompt::new(Ask::RulingReason, ""));
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
    let title_of = |id: &str| {
        s.rules
            .all
            .iter()
            .find(|r| r.id == id)
            .map_or_else(|| "a rule that is not there".to_owned(), |r| r.title.clone())
    };
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
