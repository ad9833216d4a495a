//! The part of a log that a session is about, where `--filter`, `--from` or
//! `--to` name one: the rules are asked about nothing else, and the feed holds
//! nothing else unless the whole log is asked for. Every screen says so.

use super::action::Act;
use super::state::{Screen, State};
use super::text;
use crate::pipeline::Scope;

/// The part in words; empty where it is the whole log.
#[must_use]
pub fn words(scope: &Scope) -> String {
    let time = |t| {
        let all = text::date_clock(t);
        all.strip_suffix(":00").map_or_else(|| all.clone(), str::to_owned)
    };
    let query = scope.query.as_ref().map(|q| q.text().to_owned());
    let from = scope.from.map(|t| format!("from {}", time(t)));
    let to = scope.to.map(|t| format!("before {}", time(t)));
    query.into_iter().chain(from).chain(to).collect::<Vec<_>>().join(" · ")
}

/// Whether the feed holds that part only.
#[must_use]
pub fn shown(s: &State) -> bool {
    !s.facts.part.is_empty() && !s.live.whole
}

/// How many events are in the part, or in the log where it is no part.
#[must_use]
pub fn events(s: &State) -> u64 {
    let c = &s.snap.totals;
    if shown(s) { c.parsed + c.raw } else { s.live.events }
}

/// Whether anything hides events of the log from the feed.
#[must_use]
pub fn narrowed(s: &State) -> bool {
    shown(s) || !s.live.filters.expression().is_empty()
}

/// What stands before the filters: the part, and in the feed the key that lifts it.
#[must_use]
pub fn label(s: &State) -> Option<(&'static str, String)> {
    let part = &s.facts.part;
    if part.is_empty() {
        return None;
    }
    let key = s.keys.key_of(Act::PartOrWhole);
    Some(match (s.screen == Screen::Live, s.live.whole) {
        (true, true) => ("whole log", format!("{key}: only {part}")),
        (true, false) if !key.is_empty() => ("part", format!("{part} ({key}: all)")),
        _ => ("part", part.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Ts;
    use crate::query::Query;

    #[test]
    fn a_part_is_named_by_what_selects_it() {
        assert_eq!(words(&Scope::default()), "");
        let query = Query::parse("host=bastion01", Ts(0)).ok();
        let (from, to) = (Ts::from_civil(2026, 3, 2, 9, 0, 0, 0), Ts::from_civil(2026, 3, 2, 9, 30, 5, 0));
        let part = Scope { query, from, to };
        assert_eq!(words(&part), "host=bastion01 · from 2026-03-02 09:00 · before 2026-03-02 09:30:05");
    }
}
