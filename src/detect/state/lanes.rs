//! Watermarks of lanes, and when their open episodes close.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use rustc_hash::FxHashMap;

use super::key::Lane;
use super::shards::Place;
use crate::event::SourceId;

/// An episode that may be due: its deadline when noted, its number, its group.
pub(super) type Due = (i64, u64, Place);

/// Noted episodes among which those that are over are looked for: more than can be open.
const MOST_NOTED: usize = 262_144;

#[derive(Debug)]
struct LaneClock {
    watermark: i64,
    due: BinaryHeap<Reverse<Due>>,
}

impl Default for LaneClock {
    fn default() -> Self {
        Self { watermark: i64::MIN, due: BinaryHeap::new() }
    }
}

impl LaneClock {
    fn pop(&mut self) -> Option<Due> {
        if self.due.peek()?.0.0 >= self.watermark {
            return None;
        }
        self.due.pop().map(|d| d.0)
    }
}

/// The lanes of all sources. The main one is looked up without a table.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    main: LaneClock,
    others: BTreeMap<Lane, LaneClock>,
    epochs: FxHashMap<u32, u32>,
}

impl Lanes {
    /// The lane of a source's epoch, and the lane that this ends, if any.
    pub(super) fn enter(&mut self, source: SourceId, epoch: u32) -> (Lane, Option<Lane>) {
        let lane = Lane::of(source, epoch);
        if epoch == 0 {
            let before = if self.epochs.is_empty() { None } else { self.epochs.remove(&source.0) };
            return (lane, before.map(|b| Lane::of(source, b)));
        }
        let before = self.epochs.insert(source.0, epoch).filter(|b| *b != epoch);
        (lane, before.map(|b| Lane::of(source, b)))
    }

    fn clock(&mut self, lane: Lane) -> &mut LaneClock {
        let lane = lane.clock();
        if lane == Lane::MAIN { &mut self.main } else { self.others.entry(lane).or_default() }
    }

    /// Moves a lane's watermark forward.
    pub(super) fn advance(&mut self, lane: Lane, order: i64) {
        let clock = self.clock(lane);
        clock.watermark = clock.watermark.max(order);
    }

    /// Next noted episode whose deadline has passed.
    pub(super) fn due(&mut self, lane: Lane) -> Option<Due> {
        self.clock(lane).pop()
    }

    /// Notes when to look at an episode.
    pub(super) fn note(&mut self, lane: Lane, due: Due) {
        self.clock(lane).due.push(Reverse(due));
    }

    /// Whether so many are noted that most of them must be over.
    pub(super) fn overfull(&mut self, lane: Lane) -> bool {
        self.clock(lane).due.len() > MOST_NOTED
    }

    /// Forgets those that are over.
    pub(super) fn retain(&mut self, lane: Lane, open: impl Fn(u64, Place) -> bool) {
        self.clock(lane).due.retain(|Reverse((_, uid, place))| open(*uid, *place));
    }

    /// Watermark of a lane; `None` for a lane that ended or never was.
    pub(super) fn watermark(&self, lane: Lane) -> Option<i64> {
        let lane = lane.clock();
        if lane == Lane::MAIN { Some(self.main.watermark) } else { self.others.get(&lane).map(|c| c.watermark) }
    }

    /// Ends a lane and returns its noted episodes, earliest deadline first.
    pub(super) fn end(&mut self, lane: Lane) -> Vec<Due> {
        let clock = self.others.remove(&lane).unwrap_or_default();
        let mut due: Vec<Due> = clock.due.into_iter().map(|d| d.0).collect();
        due.sort_unstable();
        due
    }
}
