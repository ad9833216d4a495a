//! A sliding window in event time over the matches of one group.
//!
//! A window reaches from an entry's time back over the timespan, both ends
//! included. Entries that come in order cost a push at the end; one that comes
//! late is inserted at its time, and every window that holds it is looked at.

use super::super::{BoundOp, CorrelationKind, CorrelationSpec};
use super::entry::{Entry, REDEEMS, Ring, lower, narrow, upper, widen};
use super::measure::{Measure, fixed, slice};

/// Positions (both included) of the entries that made the condition true, and
/// what was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fired {
    pub lo: usize,
    pub hi: usize,
    pub measured: f64,
}

/// The window of one group of one correlation.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) ring: Ring,
    /// First position inside the window that ends at the last entry.
    head: usize,
    measure: Measure,
    /// Entries dropped because the ring was full, without a newer one that
    /// stands for them.
    pub(super) dropped: u64,
    /// Time up to which entries that were kept for late ones had to go.
    pub(super) spared: Option<i64>,
}

/// How far a ring reaches and how much it holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Entries before this time go.
    pub floor: i64,
    /// Entries before this time are only kept for those that come late.
    pub spare: i64,
    /// Entries after this time go (only where times jump at will).
    pub ceiling: i64,
    /// Most entries kept.
    pub cap: usize,
}

impl Window {
    /// A window; `ring` is empty and may have room.
    pub(super) fn new(spec: &CorrelationSpec, ring: Ring) -> Self {
        Self { ring, head: 0, measure: Measure::new(spec), dropped: 0, spared: None }
    }

    /// Inserts an entry and says whether a window that holds it meets the condition.
    pub(super) fn insert(&mut self, spec: &CorrelationSpec, e: Entry, limits: Limits) -> Option<Fired> {
        self.expire(spec, limits);
        widen(&mut self.ring);
        let t = e.time();
        let start = t.saturating_sub(spec.timespan);
        if self.ring.back().is_none_or(|last| last.time() <= t) {
            self.ring.push_back(e);
            self.measure.enter(&e);
            while let Some(first) = self.ring.get(self.head)
                && first.time() < start
            {
                self.measure.leave(first);
                self.head += 1;
            }
            let fired = e.base != REDEEMS && self.holds_at(spec, &e);
            let fired =
                fired.then(|| Fired { lo: self.head, hi: self.ring.len() - 1, measured: self.measure.value(spec) });
            if fired.is_none() {
                self.overflow(spec, limits);
            }
            return fired;
        }
        let fired = self.insert_late(spec, e);
        if fired.is_none() {
            self.overflow(spec, limits);
        }
        fired
    }

    /// Whether something in the window takes back what is counted of a value.
    pub(super) fn redeems(&self, value: u64) -> bool {
        matches!(&self.measure, Measure::Ledger(ledger) if ledger.redeems(value))
    }

    /// Whether a redeeming entry would say nothing new.
    pub(super) fn idle(&self, spec: &CorrelationSpec, value: u64, time: i64) -> bool {
        matches!(&self.measure, Measure::Ledger(ledger) if ledger.idle(value, time, spec.timespan))
    }

    /// Takes out the last redeemer but one of a value, where the last one does all that it
    /// does: every window that may still be looked at ends at `floor` or later, and what
    /// holds the earlier one then holds the later one. Says whether one went.
    pub(super) fn thin(&mut self, value: u64, floor: i64) -> bool {
        let Measure::Ledger(ledger) = &self.measure else { return false };
        let Some(before) = ledger.outdone(value, floor) else { return false };
        let from = lower(&self.ring, before);
        let same = |e: &Entry| e.base == REDEEMS && e.weight == 0 && e.value == value;
        let Some(at) = self.ring.range(from..).take_while(|e| e.time() == before).position(same) else { return false };
        let Some(e) = self.ring.remove(from + at) else { return false };
        if from + at < self.head {
            self.head -= 1;
        } else {
            self.measure.leave(&e);
        }
        true
    }

    #[cfg(test)]
    pub(super) fn measured(&self, spec: &CorrelationSpec) -> f64 {
        self.measure.value(spec)
    }

    fn holds_at(&self, spec: &CorrelationSpec, newest: &Entry) -> bool {
        if spec.kind == CorrelationKind::TemporalOrdered
            && spec.expr.is_none()
            && usize::from(newest.base) + 1 != spec.bases.len()
        {
            return false;
        }
        self.measure.holds(spec, self.ring.range(self.head.min(self.ring.len())..))
    }

    #[cold]
    fn insert_late(&mut self, spec: &CorrelationSpec, e: Entry) -> Option<Fired> {
        let t = e.time();
        let at = upper(&self.ring, t);
        let newest = self.ring.back().map_or(t, Entry::time);
        self.ring.insert(at, e);
        if t < newest.saturating_sub(spec.timespan) {
            self.head += 1;
        } else {
            self.measure.enter(&e);
        }
        if e.base == REDEEMS {
            return None;
        }
        let mut lo = lower(&self.ring, t.saturating_sub(spec.timespan));
        let mut measure = Measure::new(spec);
        measure.fill(slice(&self.ring, lo, at));
        let mut hi = at;
        loop {
            if measure.holds(spec, slice(&self.ring, lo, hi)) {
                return Some(Fired { lo, hi, measured: measure.value(spec) });
            }
            hi += 1;
            let end = self.ring.get(hi).map(Entry::time)?;
            let start = end.saturating_sub(spec.timespan);
            if start > t {
                return None;
            }
            if let Some(e) = self.ring.get(hi) {
                measure.enter(e);
            }
            while let Some(first) = self.ring.get(lo)
                && first.time() < start
            {
                measure.leave(first);
                lo += 1;
            }
        }
    }

    /// Takes what fired, with what follows it without a gap longer than the
    /// timespan, and forgets what lies before, unless `late` ones may need it.
    pub(super) fn take(&mut self, spec: &CorrelationSpec, fired: Fired, late: bool, out: &mut Vec<Entry>) {
        let mut hi = fired.hi;
        while let (Some(a), Some(b)) = (self.ring.get(hi), self.ring.get(hi + 1))
            && b.time().saturating_sub(a.time()) <= spec.timespan
        {
            hi += 1;
        }
        out.clear();
        out.extend(slice(&self.ring, fired.lo, hi));
        let end = (hi + 1).min(self.ring.len());
        self.ring.drain(if late { fired.lo.min(end) } else { 0 }..end);
        narrow(&mut self.ring);
        self.rebuild(spec);
    }

    /// Removes the entry of that push and base; for entries that move in time.
    pub(super) fn remove(&mut self, spec: &CorrelationSpec, seq: u64, base: u16) -> Option<Entry> {
        let at = self.ring.iter().rposition(|e| e.child && e.seq == seq && e.base == base)?;
        let e = self.ring.remove(at)?;
        self.rebuild(spec);
        Some(e)
    }

    fn rebuild(&mut self, spec: &CorrelationSpec) {
        self.measure.clear();
        let newest = self.ring.back().map_or(0, Entry::time);
        self.head = lower(&self.ring, newest.saturating_sub(spec.timespan));
        self.measure.fill(self.ring.range(self.head.min(self.ring.len())..));
    }

    fn pop_front(&mut self) -> Option<Entry> {
        let e = self.ring.pop_front()?;
        if self.head > 0 {
            self.head -= 1;
        } else {
            self.measure.leave(&e);
        }
        Some(e)
    }

    fn expire(&mut self, spec: &CorrelationSpec, limits: Limits) {
        if self.ring.front().is_some_and(|e| e.time() < limits.floor) {
            while self.ring.front().is_some_and(|e| e.time() < limits.floor) {
                self.pop_front();
            }
            narrow(&mut self.ring);
        }
        if self.ring.back().is_some_and(|e| e.time() > limits.ceiling) {
            let keep = upper(&self.ring, limits.ceiling);
            self.ring.truncate(keep);
            self.rebuild(spec);
        }
    }

    /// Keeps the ring within its cap: what is outside the window goes first,
    /// then the oldest entry whose value or base is there more than once (a
    /// flood of one value must not push out the others), then the oldest.
    pub(super) fn overflow(&mut self, spec: &CorrelationSpec, limits: Limits) {
        while self.ring.len() > limits.cap {
            if let Some(time) = self.ring.front().map(Entry::time).filter(|t| self.head > 0 && *t < limits.spare) {
                self.spared = self.spared.max(Some(time));
                self.pop_front();
                continue;
            }
            if self.head > 0 {
                let stood_for = replaceable(spec) && self.ring.front().is_some_and(|e| self.measure.present(e));
                self.dropped += u64::from(!stood_for);
                self.pop_front();
                continue;
            }
            if self.fold(spec, limits.cap) {
                continue;
            }
            let at =
                if self.measure.repeats() { self.ring.iter().position(|e| self.measure.repeated(e)) } else { None };
            self.dropped += u64::from(at.is_none() || !replaceable(spec));
            if let Some(e) = self.ring.remove(at.unwrap_or(0)) {
                self.measure.leave(&e);
            }
        }
    }

    /// Counts and sums stay whole: of entries close to each other the last stands for all. A
    /// window then has half of its entries at most, and none leaves it much later than it should.
    fn fold(&mut self, spec: &CorrelationSpec, cap: usize) -> bool {
        let adds_up = matches!(
            (spec.kind, &self.measure),
            (CorrelationKind::EventCount, Measure::Count(_)) | (CorrelationKind::ValueSum, Measure::Sum { .. })
        );
        if !adds_up {
            return false;
        }
        let width = spec.timespan.saturating_mul(2).checked_div(cap as i64).unwrap_or(0).max(1);
        let near = |a: &Entry, b: &Entry| a.time().div_euclid(width) == b.time().div_euclid(width);
        let before = self.ring.len();
        let mut kept = 0;
        for at in 1..before {
            let (Some(first), Some(mut next)) = (self.ring.get(kept).copied(), self.ring.get(at).copied()) else {
                break;
            };
            if near(&first, &next) && !first.child && !next.child {
                next.weight = next.weight.saturating_add(first.weight);
                if let Measure::Sum { sum, n } = &mut self.measure {
                    *sum -= fixed(&first) + fixed(&next);
                    next.value = (f64::from_bits(next.value) + f64::from_bits(first.value)).to_bits();
                    *sum += fixed(&next);
                    *n = n.saturating_sub(1);
                }
            } else {
                kept += 1;
            }
            if let Some(place) = self.ring.get_mut(kept) {
                *place = next;
            }
        }
        self.ring.truncate(kept + 1);
        let folded = before.saturating_sub(self.ring.len());
        self.dropped += folded as u64;
        folded > 0
    }
}

/// Whether a newer entry of the same value or base does all that an older one
/// does: where only what is there matters, or what came last before the end.
fn replaceable(spec: &CorrelationSpec) -> bool {
    match spec.kind {
        CorrelationKind::ValueCount => spec.bounds.iter().all(|b| matches!(b.op, BoundOp::Gt | BoundOp::Gte)),
        CorrelationKind::Temporal => true,
        CorrelationKind::TemporalOrdered => spec.bases.len() == 2 && spec.expr.is_none(),
        _ => false,
    }
}
