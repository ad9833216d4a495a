//! What was counted by value, and what of it was taken back.
//!
//! An account that fails to log in from an address and then logs in from there
//! was mistyped, not guessed. A ledger counts acts by value and leaves out the
//! values that a redeeming match took back, before or after, unless they have
//! more acts than a human being needs to remember a password.

use super::super::{CorrelationKind, CorrelationSpec};
use super::entry::{Entry, REDEEMS};
use super::small::Small;
use super::told::Told;

/// Distinct values that an episode tells apart; a window has no more than entries.
const MAX_VALUES: usize = 10_000;

/// Part of a timespan within which one redeemer stands for all of its value.
const REPEAT: i64 = 8;

/// Of acts that were taken back one by one: an open alert is back when no more than one of so many is left.
const MOST: u64 = 4;

/// Counts by value. Invariant: after any sequence of `enter` and `leave` it
/// equals a fresh one fed with the entries still inside.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    values: Small<Told, 1>,
    at_most: u64,
    at_least: u64,
    /// Each redeemer takes back some acts, not all of a value.
    by_acts: bool,
    /// It is of an episode, which lasts.
    whole: bool,
    /// Values that count, and their acts.
    distinct: u64,
    acts: u64,
}

impl Ledger {
    /// An empty ledger, where the correlation takes back at all.
    pub(super) fn new(spec: &CorrelationSpec) -> Option<Self> {
        spec.others().next()?;
        let (at_most, at_least) = spec.redeemed.as_ref().map_or((0, u64::MAX), |r| (r.at_most, r.at_least));
        let by_acts = spec.redeemed.as_ref().is_some_and(|r| r.each > 0);
        Some(Self { at_most, at_least, by_acts, ..Self::default() })
    }

    /// The same for an episode, which lasts: of acts only a timespan has a most.
    pub(super) fn whole(self) -> Self {
        Self { at_most: if self.by_acts { u64::MAX } else { self.at_most }, whole: true, ..self }
    }

    /// Values that must be taken back before an open alert is.
    pub(super) fn at_least(&self) -> u64 {
        self.at_least
    }

    pub(super) fn clear(&mut self) {
        self.values.clear();
        (self.distinct, self.acts) = (0, 0);
    }

    fn change(&mut self, value: u64, how: impl FnOnce(&mut Told)) {
        if self.whole && self.values.len() >= MAX_VALUES && self.values.get(value).is_none() {
            return;
        }
        let at_most = self.at_most;
        let by_acts = self.by_acts;
        let counted = |t: &Told| match t {
            t if by_acts && t.acts > at_most => (1, t.acts),
            t if t.entries == 0 || t.redeemed(at_most) => (0, 0),
            t => (1, t.left()),
        };
        let (before, after) = self.values.change(value, |told| {
            let before = counted(told);
            how(told);
            (before, counted(told))
        });
        self.distinct = (self.distinct + after.0).saturating_sub(before.0);
        self.acts = (self.acts + after.1).saturating_sub(before.1);
    }

    pub(super) fn enter(&mut self, e: &Entry) {
        self.change(e.value, |t| {
            if e.base == REDEEMS && e.weight > 0 {
                t.accepted += u64::from(e.weight);
            } else if e.base == REDEEMS {
                t.redeemers += 1;
                (t.before, t.redeemed_at) = (t.redeemed_at, e.time());
            } else {
                t.entered_at = if t.entries == 0 { e.time() } else { t.entered_at.max(e.time()) };
                t.entries += 1;
                t.acts += u64::from(e.weight);
            }
        });
    }

    /// Takes over what another one has.
    pub(super) fn unite(&mut self, other: &Self) {
        for (value, o) in other.values.each() {
            self.change(value, |t| {
                t.entered_at = match (t.entries > 0, o.entries > 0) {
                    (true, true) => t.entered_at.max(o.entered_at),
                    (false, true) => o.entered_at,
                    _ => t.entered_at,
                };
                (t.before, t.redeemed_at) = match (t.redeemers > 0, o.redeemers > 0) {
                    (true, true) if t.redeemed_at <= o.redeemed_at => (t.redeemed_at.max(o.before), o.redeemed_at),
                    (true, true) => (o.redeemed_at.max(t.before), t.redeemed_at),
                    (false, true) => (o.before, o.redeemed_at),
                    _ => (t.before, t.redeemed_at),
                };
                t.entries += o.entries;
                t.redeemers += o.redeemers;
                t.acts += o.acts;
                t.accepted += o.accepted;
            });
        }
    }

    pub(super) fn leave(&mut self, e: &Entry) {
        self.change(e.value, |t| {
            if e.base == REDEEMS && e.weight > 0 {
                t.accepted = t.accepted.saturating_sub(u64::from(e.weight));
            } else if e.base == REDEEMS {
                t.redeemers = t.redeemers.saturating_sub(1);
            } else {
                t.entries = t.entries.saturating_sub(1);
                t.acts = t.acts.saturating_sub(u64::from(e.weight));
            }
        });
    }

    /// Whether an entry can go without changing which values are there.
    pub(super) fn repeated(&self, e: &Entry) -> bool {
        let more = |t: &Told| if e.base == REDEEMS { e.weight == 0 && t.redeemers > 1 } else { t.entries > 1 };
        // where every act counts, the oldest goes
        !self.by_acts && self.values.get(e.value).is_some_and(more)
    }

    /// Whether something takes back what is counted of a value.
    pub(super) fn redeems(&self, value: u64) -> bool {
        self.values.get(value).is_some_and(|t| t.redeemers > 0)
    }

    /// Whether a redeemer at that time says nothing new: another one came shortly
    /// before, and nothing of its value was counted since.
    pub(super) fn idle(&self, value: u64, time: i64, timespan: i64) -> bool {
        let told = self.values.get(value).filter(|t| t.settled());
        told.is_some_and(|t| (t.redeemed_at..=t.redeemed_at.saturating_add(timespan / REPEAT)).contains(&time))
    }

    /// Time of the last redeemer but one of a value, where the last one came after it and
    /// no later than `floor`.
    pub(super) fn outdone(&self, value: u64, floor: i64) -> Option<i64> {
        let told = self.values.get(value).filter(|t| t.redeemers > 1)?;
        (told.before < told.redeemed_at && told.redeemed_at <= floor).then_some(told.before)
    }

    /// What the condition compares: values or acts that count.
    pub(super) fn measured(&self, spec: &CorrelationSpec) -> f64 {
        (if spec.kind == CorrelationKind::ValueCount { self.distinct } else { self.acts }) as f64
    }

    /// Acts that were taken back one by one, and all.
    pub(super) fn acts(&self) -> Option<(u64, u64)> {
        let told = self.values.all().find(|t| t.entries > 0).filter(|_| self.by_acts)?;
        Some((told.acts - told.left(), told.acts))
    }

    /// Values that were taken back, and all that were counted.
    pub(super) fn redeemed(&self) -> (u64, u64) {
        let all = self.values.all().filter(|t| t.entries > 0);
        let (mut redeemed, mut total) = (0, 0);
        for t in all {
            total += 1;
            let mostly = self.by_acts && t.accepted > 0 && t.left().saturating_mul(MOST) <= t.acts;
            redeemed += u64::from(mostly || t.redeemed(self.at_most));
        }
        (redeemed, total)
    }
}
