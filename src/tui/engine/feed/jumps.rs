//! Where the cursor is sent: times, events, alerts, marks, hits. What the view
//! hides cannot be gone to, and that is said.

use std::time::Instant;

use super::super::super::msg::{Goto, Msg};
use super::{Reader, Search};
use crate::event::Ts;
use crate::pipeline::Feed;
use crate::query::Query;

impl Reader {
    /// A replay at a pace goes on from where it was sent to.
    fn seek(&mut self, to: Ts) {
        if self.pace.speed > 0.0 {
            // The events of that instant are shown.
            self.pace.from = Some(Ts(to.0.saturating_add(1)));
            self.pace.since = self.pace.since.map(|_| Instant::now());
        }
    }

    fn go(&mut self, position: u64, hit: Option<(u64, u64)>) {
        // What is looked for may lie where the replay has not come to yet.
        let time = self.playhead().and_then(|_| self.feed.as_ref()?.row(position)).map(|r| r.time);
        if let Some(t) = time.filter(|t| self.playhead().is_some_and(|p| *t > p)) {
            self.seek(t);
        }
        let row = self.row_of(position);
        self.say_len(true);
        let _ = self.out.send(Msg::FeedGo { generation: self.view.generation, row, hit });
        self.pending = None;
    }

    fn miss(&mut self, text: &str) {
        let _ = self.out.send(Msg::FeedMiss { text: text.to_owned() });
        self.pending = None;
    }

    /// Goes where it was asked to, as soon as enough has been looked at.
    pub(super) fn try_pending(&mut self) {
        let Some((generation, to)) = self.pending.clone() else { return };
        let Some(feed) = self.feed.clone() else { return self.miss("no log is open") };
        if generation != self.view.generation {
            self.pending = None;
            return;
        }
        // A filtered view must have been filled up to the place first.
        let ready =
            |r: &Self, p: u64| r.view.hits.as_ref().is_none_or(|h| h.scanned() > p || h.scanned() >= feed.len());
        match to {
            Goto::Time(t) => {
                let p = feed.position_at(t).min(feed.len().saturating_sub(1));
                if ready(self, p) {
                    self.seek(t);
                    self.go(p, None);
                    self.say_landing(&feed, t);
                }
            }
            Goto::Position(p) => {
                if ready(self, p) {
                    self.go(p, None);
                }
            }
            Goto::Event(source, offset) => match feed.position_of(source, offset) {
                Some(p) if ready(self, p) => self.go(p, None),
                Some(_) => {}
                None => self.miss("this event is not in the feed"),
            },
            Goto::Alert { from, on } => self.go_alert(&feed, from, on),
            Goto::Mark { from } => self.go_mark(&feed, from),
            Goto::Hit { query, from, on } => self.go_hit(&feed, &query, from, on),
        }
    }

    fn go_alert(&mut self, feed: &Feed, from: u64, on: bool) {
        use std::ops::Bound::{Excluded, Unbounded};
        let Some(r) = feed.row(from) else { return self.miss("no events yet") };
        let here = (r.time, r.source, r.offset);
        let next = if on {
            self.evidence.range((Excluded(here), Unbounded)).next()
        } else {
            self.evidence.range(..here).next_back()
        };
        match next.and_then(|((_, source, offset), _)| feed.position_of(*source, *offset)) {
            Some(p) => self.go(p, None),
            None => self.miss(if on { "no alert after this event" } else { "no alert before this event" }),
        }
    }

    fn go_mark(&mut self, feed: &Feed, from: u64) {
        // Marks are few: rows are looked at from here on, and then from the start.
        let marks: Vec<&String> = self.decisions.events.iter().filter(|(_, m)| m.0).map(|(k, _)| k).collect();
        let mut offsets: Vec<u64> = marks.iter().filter_map(|k| k.split_once('@')?.1.parse().ok()).collect();
        offsets.sort_unstable();
        // Each is a place in a file; of a log that was rotated any of its files may be it.
        let files = || {
            self.snap.sources.iter().flat_map(|s| [0].into_iter().chain(s.begins.iter().copied()).map(|b| (s.id, b)))
        };
        let mut positions: Vec<u64> = offsets
            .iter()
            .flat_map(|o| files().filter_map(|(s, begin)| feed.position_of(s, begin + *o)))
            .filter(|p| feed.row(*p).is_some_and(|r| marks.iter().any(|k| **k == self.key(&r))))
            .collect();
        positions.sort_unstable();
        // What a filter hides cannot be gone to.
        let there = positions.len();
        if let Some(h) = &self.view.hits {
            positions.retain(|p| *p >= h.scanned() || h.position(h.number_at(*p)) == Some(*p));
        }
        match (positions.iter().find(|p| **p >= from).or(positions.first()), there) {
            (Some(p), _) => self.go(*p, None),
            (None, 0) => self.miss("no marks: m sets one"),
            (None, n) => {
                let by = match self.view.query.is_empty() {
                    true => "outside the part: P shows the whole log",
                    false => "hidden by the filter: \\ clears it",
                };
                let whose =
                    if n == 1 { "the one marked event is".into() } else { format!("all {n} marked events are") };
                self.miss(&format!("{whose} {by}"));
            }
        }
    }

    fn go_hit(&mut self, feed: &Feed, query: &str, from: u64, on: bool) {
        let of = (self.view.query.clone(), self.view.whole, query.to_owned());
        let at = match self.searches.iter().position(|s| s.of == of) {
            Some(i) => i,
            None => {
                let both = if of.0.is_empty() { of.2.clone() } else { format!("({}) and ({})", of.0, of.2) };
                let Ok(q) = Query::parse(&both, Ts::now()) else { return self.miss("not an expression") };
                // One to find, one for the entity; older ones end.
                self.searches.truncate(1);
                let hits = feed.filter(self.wanted(feed, Some(q)));
                self.searches.insert(0, Search { of, hits });
                0
            }
        };
        let Some(s) = self.searches.get(at) else { return };
        let (n, scanned, all) = (s.hits.len(), s.hits.scanned(), feed.len());
        let number = s.hits.number_at(from);
        let hit = if on {
            (number < n).then_some(number)
        } else if scanned >= from.min(all) {
            number.checked_sub(1)
        } else {
            return;
        };
        match hit.and_then(|i| s.hits.position(i).map(|p| (i, p))) {
            Some((i, p)) => self.go(p, Some((i + 1, n))),
            None if scanned < all => {}
            None if n == 0 => self.miss("not found"),
            None => {
                // Round the end, as pagers do.
                let i = if on { 0 } else { n - 1 };
                if let Some(p) = s.hits.position(i) {
                    self.go(p, Some((i + 1, n)));
                }
            }
        }
    }
}
