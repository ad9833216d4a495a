//! All lanes together: which record is next, which lanes join, which are waited
//! for. Each change of a lane costs no more than the logarithm of their number,
//! so that thousands of inputs take the time of their records.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::lane::Lane;
use crate::event::Ts;

/// The sources of a session in the sequencer.
#[derive(Default)]
pub(super) struct Lanes {
    all: Vec<Lane>,
    /// Lanes that have not joined the merge, by the time they begin with; the first is last.
    later: Vec<(Ts, usize)>,
    /// The next record of each lane that has one.
    next: BinaryHeap<Reverse<(Ts, usize)>>,
    /// Lanes whose next record is not known yet.
    blocking: usize,
    /// Lanes that have joined, have not ended and are not idle.
    working: usize,
    /// Lanes of which records are still to come.
    unfinished: usize,
}

impl Lanes {
    /// Takes the lanes of all sources, by source number.
    pub fn new(all: Vec<Lane>) -> Self {
        let mut later: Vec<_> = all.iter().enumerate().filter(|(_, l)| !l.done()).map(|(i, l)| (l.begins, i)).collect();
        later.sort_unstable_by_key(|l| Reverse(*l));
        let unfinished = later.len();
        Self { all, later, next: BinaryHeap::new(), blocking: 0, working: 0, unfinished }
    }

    /// One more lane, which joins the merge at once.
    pub fn add(&mut self, lane: Lane) {
        let done = lane.done();
        self.all.push(lane);
        let i = self.all.len() - 1;
        if done {
            return;
        }
        self.unfinished += 1;
        if let Some(lane) = self.all.get_mut(i) {
            lane.active = true;
        }
        self.settle(i);
    }

    /// All of them.
    pub fn as_slice(&self) -> &[Lane] {
        &self.all
    }

    /// One of them; whoever changes it says so with [`Lanes::settle`].
    pub fn get_mut(&mut self, i: usize) -> Option<&mut Lane> {
        self.all.get_mut(i)
    }

    /// Takes note of what has become of a lane.
    pub fn settle(&mut self, i: usize) {
        let Some(lane) = self.all.get_mut(i) else { return };
        let now = lane.standing();
        let before = std::mem::replace(&mut lane.noted, now);
        let count = |n: &mut usize, was: bool, is: bool| *n = *n + usize::from(is) - usize::from(was);
        count(&mut self.blocking, before.blocks, now.blocks);
        count(&mut self.working, before.works, now.works);
        count(&mut self.unfinished, !before.done, !now.done);
        if !lane.queued
            && let Some(key) = lane.key()
        {
            lane.queued = true;
            self.next.push(Reverse((key, i)));
        }
    }

    /// Lets the lane join whose first record is due, if there is one.
    pub fn join(&mut self) -> Option<usize> {
        let (begins, i) = *self.later.last()?;
        // A lane without a head blocks the merge, so what is due is known whenever it matters.
        // Those that begin at an unknown time are all due before any record is: at once,
        // or each followed file would wait for the one before it to say something.
        let due = !begins.is_some() || self.next.peek().is_some_and(|Reverse((due, _))| begins <= *due);
        if self.working > 0 && !due {
            return None;
        }
        self.later.pop();
        self.all.get_mut(i)?.active = true;
        self.settle(i);
        Some(i)
    }

    /// Takes out the lane whose record is next in canonical order, if that is
    /// known; [`Lanes::settle`] puts it back.
    pub fn take_next(&mut self) -> Option<usize> {
        if self.blocking > 0 {
            return None;
        }
        let Reverse((_, i)) = self.next.pop()?;
        self.all.get_mut(i)?.queued = false;
        Some(i)
    }

    /// Where the records of the lane taken out end: at the next record of
    /// another lane, and at the first time of one that has not joined.
    pub fn limits(&self) -> (Option<(Ts, usize)>, Option<Ts>) {
        (self.next.peek().map(|r| r.0), self.later.last().map(|l| l.0))
    }

    /// Lanes that have joined and not ended.
    pub fn working(&self) -> usize {
        self.working
    }

    /// Nothing more will be read of any.
    pub fn stop(&mut self) {
        self.all.iter_mut().for_each(Lane::stop);
    }

    /// Whether nothing comes any more.
    pub fn done(&self) -> bool {
        self.unfinished == 0
    }

    /// Whether all that has not ended waits for more.
    pub fn all_idle(&self) -> bool {
        self.working == 0 && self.later.is_empty()
    }
}
