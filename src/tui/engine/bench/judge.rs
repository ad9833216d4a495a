//! What people made of what an edit adds and loses: counts by verdict, and a list.

use std::sync::Arc;
use std::time::Instant;

use super::verdicts::Verdicts;
use super::{LISTED, millis};
use crate::detect::columns::Hits;
use crate::pipeline::{AlertEffect, Effect, Feed, Raised, Way};
use crate::tui::data::workshop::{Attempt, Change, Moved, Trial, Verdict};

/// What an edit does to matches.
pub fn matches(verdicts: &Verdicts, a: &Attempt, feed: &Feed, e: &Effect, started: Instant) -> Trial {
    let lost: Vec<Hits> = e.rules.iter().map(|r| r.lost()).collect();
    let gained: Vec<Hits> = e.rules.iter().map(|r| r.gained()).collect();
    let sum = |of: &[Hits]| of.iter().map(Hits::count).sum();
    let mut t = Trial {
        version: a.version,
        done: true,
        scanned: e.events,
        events: e.events,
        matches: e.matches(),
        gained: sum(&gained),
        lost: sum(&lost),
        way: match e.way {
            Way::Built => "read the log".into(),
            Way::Columns => "from columns".into(),
            Way::Scan(why) => format!("read the log: {why}"),
        },
        ..Trial::default()
    };
    verdicts.count(e, &lost, &mut t);
    // Where only one rule has such matches nobody asks whose they are.
    let several = lost.iter().zip(&gained).filter(|(l, g)| !l.is_empty() || !g.is_empty()).count() > 1;
    for (of, change) in [(&lost, Change::Lost), (&gained, Change::Gained)] {
        // Those with a verdict are never left out for those without.
        let each = of.iter().enumerate().flat_map(|(rule, hits)| verdicts.some(hits, LISTED).map(move |h| (h, rule)));
        let mut some: Vec<_> = each.map(|((position, verdict), rule)| (verdict, position, rule)).collect();
        some.sort_unstable();
        some.truncate(LISTED / 2);
        t.moved.extend(some.into_iter().filter_map(|(verdict, position, rule)| {
            let row = Arc::new(feed.row(position)?);
            let rule = e.rules.get(rule).filter(|_| several).map(|r| Arc::clone(&r.title));
            Some(Moved { position, row, change, verdict, word: verdicts.word(position), alert: None, rule })
        }));
    }
    t.took_ms = millis(started);
    t
}

/// What it does to alerts: they are listed before matches.
pub fn alerts(verdicts: Option<&Verdicts>, feed: &Feed, effect: &AlertEffect, t: &mut Trial) {
    t.alerts = Some((effect.before.len() as u64, effect.after.len() as u64));
    let how = if effect.from_kept { "alerts of kept matches" } else { "alerts read" };
    t.way = format!("{}, {how}{}", t.way, if effect.cut { " in part" } else { "" });
    let all = effect.moved();
    t.alerts_lost = all.lost.len() as u64;
    t.alerts_gained = all.gained.len() as u64;
    t.alerts_changed = all.changed.len() as u64;
    let one = |change: Change, a: &Raised, becomes: Option<&Raised>| {
        let (verdict, word) = verdicts.map_or_else(Default::default, |v| v.of_alert(&a.id));
        (change, verdict, word, a.first, said(a, becomes))
    };
    let lost = all.lost.iter().map(|a| one(Change::Lost, a, None));
    let changed = all.changed.iter().map(|(a, b)| one(Change::Changed, a, Some(b)));
    let mut moved: Vec<_> =
        lost.chain(changed).chain(all.gained.iter().map(|a| one(Change::Gained, a, None))).collect();
    for (_, _, word, ..) in moved.iter().filter(|m| m.0 == Change::Lost && m.1 == Verdict::True) {
        t.true_alerts_lost += 1;
        if !t.cases.contains(word) {
            t.cases.push(word.clone());
        }
    }
    moved.sort_by_key(|(change, verdict, ..)| (*change, *verdict));
    let lines = moved.into_iter().take(LISTED / 2).filter_map(|(change, verdict, word, first, said)| {
        let position = first.and_then(|(source, offset)| feed.position_of(source, offset))?;
        let row = Arc::new(feed.row(position)?);
        Some(Moved { position, row, change, verdict, word, alert: Some(said), rule: None })
    });
    let events = std::mem::take(&mut t.moved);
    t.moved = lines.chain(events).collect();
}

/// `192.0.2.7 (12) Guessing`, and what it becomes.
fn said(a: &Raised, becomes: Option<&Raised>) -> String {
    let level = |b: &Raised| {
        if b.severity == a.severity { String::new() } else { format!(", {} → {}", a.severity, b.severity) }
    };
    let count = |b: &Raised| if b.count == a.count { String::new() } else { format!(" → {}", b.count) };
    let (count, level) = becomes.map_or_else(Default::default, |b| (count(b), level(b)));
    format!("{} ({}{count}{level}) {}", a.entity, a.count, a.rule)
}
