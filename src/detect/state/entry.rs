//! One match inside a window.

use std::collections::VecDeque;

use crate::alert::EvidenceRef;

/// No value of that kind in [`super::facts::Facts`].
pub(super) const NO_FACT: u8 = u8::MAX;

/// There is a value of that kind, for which there was no room in [`super::facts::Facts`].
pub(super) const UNLISTED: u8 = u8::MAX - 1;

/// In place of a base's position: the entry takes back what was counted of its
/// value, or, where it has a weight, so many acts of it.
pub(super) const REDEEMS: u16 = u16::MAX;

/// A match of a base, reduced to what windows and alerts need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Entry {
    /// Where the record stands; holds the event time.
    pub ev: EvidenceRef,
    /// Number of the push: canonical order.
    pub seq: u64,
    /// Hash of the counted value, or the bits of a number.
    pub value: u64,
    /// Acts it adds.
    pub weight: u32,
    /// Position of the base.
    pub base: u16,
    /// Source address, account, machine and what is shown, in the group's facts.
    pub facts: [u8; 4],
    /// It stands for an episode of a correlation below.
    pub child: bool,
}

/// A record of evidence: its push, its place, the acts it adds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    pub seq: u64,
    pub ev: EvidenceRef,
    pub acts: u32,
}

impl Entry {
    /// The entry as evidence.
    pub(super) fn seen(&self) -> Seen {
        Seen { seq: self.seq, ev: self.ev, acts: self.weight }
    }

    pub(super) fn time(&self) -> i64 {
        self.ev.time.0
    }
}

/// Entries sorted by (time, push).
pub(super) type Ring = VecDeque<Entry>;

/// Entries from which a ring that has become mostly empty gives room back.
const WORTH: usize = 16;

/// Makes room for one entry more: by a half, because most rings stay as small as they
/// are and there are as many of them as groups.
pub(super) fn widen(ring: &mut Ring) {
    if ring.len() == ring.capacity() {
        ring.reserve_exact(if ring.len() <= 2 { ring.len().max(1) } else { ring.len() / 2 });
    }
}

/// Gives back the room of entries that are gone, where that is most of it.
pub(super) fn narrow(ring: &mut Ring) {
    if ring.capacity() >= WORTH && ring.len() < ring.capacity() / 4 {
        ring.shrink_to(2 * ring.len());
    }
}

/// First position whose time is at least `time`.
pub(super) fn lower(ring: &Ring, time: i64) -> usize {
    ring.partition_point(|e| e.time() < time)
}

/// First position whose time is above `time`.
pub(super) fn upper(ring: &Ring, time: i64) -> usize {
    ring.partition_point(|e| e.time() <= time)
}

#[cfg(test)]
impl Entry {
    /// An entry of weight 1 at a time, for tests.
    pub(super) fn blank(time: i64) -> Self {
        let ev = EvidenceRef {
            source: crate::event::SourceId(0),
            offset: 0,
            len: 0,
            line: 0,
            time: crate::event::Ts(time),
            hash: 0,
        };
        Self { ev, seq: 0, value: 0, weight: 1, base: 0, facts: [NO_FACT; 4], child: false }
    }
}
