//! All records that large alerts rest on. An alert lists its first thousand; what
//! people decided about it holds for the others as well, and an edited rule must
//! not lose these unseen.
//!
//! The rules in force go over the log once more and tell what their episodes rest
//! on, as places in the feed; where the log grows, the reading goes on. An alert
//! that they do not give any more rests on what its time and its entity say: in
//! doubt a record is evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::around::Around;
use super::block_hits::BlockHits;
use super::clocks::Clocks;
use super::{Feed, Piece};
use crate::alert::Alert;
use crate::detect::columns::{Bitmap, Hits};
use crate::detect::state::{Ground, State, StateOptions};
use crate::detect::{RuleFile, RuleIdx, RuleSet};

/// Most places that are kept beside those of bitmaps.
const MOST: usize = 24 << 20;
/// Records from which places are kept as a bit for each.
const DENSE: usize = 1 << 16;

/// Whether an alert has more records than it lists.
#[must_use]
pub fn is_cut(a: &Alert) -> bool {
    a.matched_total > a.evidence.len() as u64
}

/// Looks for them; what was read once is kept.
#[derive(Debug, Default)]
pub struct Grounds {
    reading: Option<Reading>,
    around: Around,
}

impl Grounds {
    /// The records of each of these alerts, by its id, as places in the feed; `None`
    /// where `go_on`, which is told how many records were read, said to stop.
    /// `files` are the rules that gave them, with all that these refer to.
    pub fn ask(
        &mut self,
        feed: &Feed,
        files: &[RuleFile],
        alerts: &[&Alert],
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Option<BTreeMap<String, Hits>> {
        let asked: Vec<_> = files.iter().map(|f| (f.path.clone(), f.text.clone())).collect();
        let known = self.reading.take().filter(|r| r.asked == asked);
        let reading = self.reading.insert(known.unwrap_or_else(|| Reading::new(files, asked, feed.sources() > 1)));
        if !reading.go_on(feed, go_on) {
            return None;
        }
        let mut out = reading.all_of(alerts);
        let rest: Vec<&Alert> = alerts.iter().filter(|a| !out.contains_key(&a.id)).copied().collect();
        out.extend(self.around.ask(feed, &rest, go_on)?);
        Some(out)
    }
}

/// The rules on their way through the log.
#[derive(Debug)]
struct Reading {
    asked: Vec<(String, String)>,
    hits: BlockHits,
    state: State,
    clocks: Clocks,
    /// The position to go on from.
    next: u64,
    /// Positions of the events that the state took.
    taken: Taken,
    found: BTreeMap<u64, Found>,
    /// Places in lists, in all.
    listed: usize,
    scratch: Vec<RuleIdx>,
    grounds: Vec<Ground>,
}

/// What an episode rests on.
#[derive(Debug, Default)]
struct Found {
    id: String,
    few: Vec<u64>,
    many: Option<Bitmap>,
    below: Vec<u64>,
}

impl Reading {
    fn new(files: &[RuleFile], asked: Vec<(String, String)>, several: bool) -> Self {
        let rules = Arc::new(RuleSet::load(files));
        let mut state = State::new(Arc::clone(&rules), StateOptions { several, ..StateOptions::default() });
        state.note_grounds();
        Self {
            asked,
            hits: BlockHits::new(&rules),
            state,
            clocks: Clocks::default(),
            next: 0,
            taken: Taken::default(),
            found: BTreeMap::new(),
            listed: 0,
            scratch: Vec::new(),
            grounds: Vec::new(),
        }
    }

    /// Reads what was not read yet; whether that is all.
    fn go_on(&mut self, feed: &Feed, go_on: &mut dyn FnMut(u64) -> bool) -> bool {
        let mut stopped = false;
        self.next = feed.walk(self.next, &mut |piece| {
            self.piece(feed, piece);
            stopped = !go_on(piece.end());
            !stopped
        });
        !stopped
    }

    fn piece(&mut self, feed: &Feed, piece: &Piece) {
        let scope = feed.scope();
        let hits = self.hits.from(&piece.batch, piece.first);
        let mut next = 0;
        let observed = self.clocks.observe(feed, piece);
        for (i, at) in observed.iter().enumerate() {
            self.scratch.clear();
            while let Some(h) = hits.get(next).filter(|h| h.record as usize == piece.first + i) {
                self.scratch.push(h.rule);
                next += 1;
            }
            let event = piece.batch.event(piece.first + i).filter(|_| !self.scratch.is_empty());
            let Some(event) = event.filter(|e| scope.keeps(e)) else { continue };
            self.state.push(event, &self.scratch, *at);
            if self.state.taken() > self.taken.len {
                self.taken.push(piece.position as usize + i);
            }
        }
        if let Some(last) = observed.last() {
            self.state.advance_source(piece.batch.source, *last);
        }
        self.state.drain(&mut Vec::new());
        self.state.grounds(&mut self.grounds);
        for g in self.grounds.drain(..) {
            if self.listed >= MOST {
                // Nothing is known then: what is kept is of no use.
                self.found = BTreeMap::new();
                break;
            }
            let found = self.found.entry(g.uid).or_insert_with(|| Found { id: g.id, ..Found::default() });
            for place in g.records.into_iter().filter_map(|n| self.taken.place(n)) {
                self.listed += usize::from(found.add(place));
            }
            found.below.extend(g.below);
            found.below.sort_unstable();
            found.below.dedup();
        }
    }

    /// The records of the alerts that were given again, unless there are too many to know them.
    fn all_of(&self, alerts: &[&Alert]) -> BTreeMap<String, Hits> {
        if self.listed >= MOST {
            return BTreeMap::new();
        }
        let wanted: BTreeSet<&str> = alerts.iter().map(|a| a.id.as_str()).collect();
        let given = self.found.values().filter(|f| !f.id.is_empty() && wanted.contains(f.id.as_str()));
        given.map(|f| (f.id.clone(), self.all(f).into())).collect()
    }

    /// What an episode rests on, and the episodes below it.
    fn all(&self, f: &Found) -> Bitmap {
        let mut out = Bitmap::default();
        let mut seen = BTreeSet::new();
        let mut todo = vec![f];
        while let Some(f) = todo.pop() {
            f.few.iter().for_each(|p| out.insert(*p as usize));
            if let Some(many) = &f.many {
                many.ones().for_each(|p| out.insert(p));
            }
            todo.extend(f.below.iter().filter(|b| seen.insert(**b)).filter_map(|b| self.found.get(b)));
        }
        out
    }
}

impl Found {
    /// Notes a place; whether it takes room in a list.
    fn add(&mut self, place: usize) -> bool {
        if let Some(many) = &mut self.many {
            many.insert(place);
            return false;
        }
        self.few.push(place as u64);
        if self.few.len() >= DENSE {
            let mut many = Bitmap::default();
            std::mem::take(&mut self.few).into_iter().for_each(|p| many.insert(p as usize));
            self.many = Some(many);
        }
        true
    }
}

/// Positions by the number under which an event was taken: a bit for each event of
/// the log, and how many there are before each so many.
#[derive(Debug, Default)]
struct Taken {
    words: Vec<u64>,
    /// Events before each block of words.
    before: Vec<u64>,
    len: u64,
}

/// Words of a block.
const BLOCK: usize = 64;

impl Taken {
    /// The position of the event that was taken next.
    fn push(&mut self, position: usize) {
        let word = position / 64;
        while self.words.len() <= word {
            if self.words.len().is_multiple_of(BLOCK) {
                self.before.push(self.len);
            }
            self.words.push(0);
        }
        if let Some(w) = self.words.get_mut(word) {
            *w |= 1 << (position % 64);
        }
        self.len += 1;
    }

    /// The position of the event of a number, from 1.
    fn place(&self, number: u64) -> Option<usize> {
        let block = self.before.partition_point(|b| *b < number).checked_sub(1)?;
        let mut left = number - self.before.get(block)?;
        for (i, w) in self.words.iter().enumerate().skip(block * BLOCK) {
            let n = u64::from(w.count_ones());
            if n < left {
                left -= n;
                continue;
            }
            let mut w = *w;
            for _ in 1..left {
                w &= w.wrapping_sub(1);
            }
            return Some(i * 64 + w.trailing_zeros() as usize);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_by_their_numbers() {
        let mut t = Taken::default();
        let at: Vec<usize> = (0..3_000).map(|i| i * 7 + i % 5).chain([90_000, 90_001, 400_000]).collect();
        at.iter().for_each(|p| t.push(*p));
        for (i, p) in at.iter().enumerate() {
            assert_eq!(t.place(i as u64 + 1), Some(*p), "{i}");
        }
        assert_eq!((t.place(0), t.place(at.len() as u64 + 1)), (None, None));
    }
}
