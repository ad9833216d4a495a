//! What a window measures of the entries in it, kept up to date as they come and go.
//!
//! Invariant: after any sequence of `enter` and `leave` the measure equals that
//! of a fresh one fed with the entries still inside.

use smallvec::SmallVec;

use super::super::{CorrelationKind, CorrelationSpec};
use super::entry::{Entry, Ring};
use super::ledger::Ledger;
use super::small::Small;

/// Fixed point of sums: six decimals, so that adding and removing is exact.
const SCALE: f64 = 1e6;
/// Largest magnitude of a number that is summed.
const LARGEST: f64 = 1e24;

/// The running measure of one window.
#[derive(Debug, Clone)]
pub(super) enum Measure {
    /// Sum of weights.
    Count(u64),
    /// How often each value is there.
    Distinct(Small<u32, 3>),
    /// How often each base is there.
    Bases(SmallVec<[u32; 4]>),
    /// Fixed-point sum and number of values.
    Sum { sum: i128, n: u64 },
    /// The values in order.
    Sorted(Vec<f64>),
    /// Counts that can be taken back.
    Ledger(Ledger),
}

/// A number that a field holds; `None` where it holds none.
pub(super) fn number(text: &str) -> Option<f64> {
    let n: f64 = text.trim().parse().ok()?;
    n.is_finite().then(|| n.clamp(-LARGEST, LARGEST))
}

/// A number as it is summed.
pub(super) fn fixed(e: &Entry) -> i128 {
    (f64::from_bits(e.value) * SCALE).round() as i128
}

impl Measure {
    /// An empty measure for a correlation.
    pub(super) fn new(spec: &CorrelationSpec) -> Self {
        if let Some(ledger) = Ledger::new(spec) {
            return Self::Ledger(ledger);
        }
        match spec.kind {
            // new values are told by what the group knows, not by a window
            CorrelationKind::EventCount | CorrelationKind::NewValue => Self::Count(0),
            CorrelationKind::ValueCount => Self::Distinct(Small::default()),
            CorrelationKind::Temporal | CorrelationKind::TemporalOrdered => {
                Self::Bases(SmallVec::from_elem(0, spec.bases.len()))
            }
            CorrelationKind::ValueSum | CorrelationKind::ValueAvg => Self::Sum { sum: 0, n: 0 },
            CorrelationKind::ValuePercentile | CorrelationKind::ValueMedian => Self::Sorted(Vec::new()),
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Self::Count(n) => *n = 0,
            Self::Distinct(values) => values.clear(),
            Self::Bases(counts) => counts.iter_mut().for_each(|c| *c = 0),
            Self::Sum { sum, n } => (*sum, *n) = (0, 0),
            Self::Sorted(values) => values.clear(),
            Self::Ledger(ledger) => ledger.clear(),
        }
    }

    pub(super) fn enter(&mut self, e: &Entry) {
        match self {
            Self::Count(n) => *n += u64::from(e.weight),
            Self::Distinct(values) => values.change(e.value, |n| *n += 1),
            Self::Bases(counts) => {
                if let Some(c) = counts.get_mut(usize::from(e.base)) {
                    *c += 1;
                }
            }
            Self::Sum { sum, n } => {
                *sum += fixed(e);
                *n += 1;
            }
            Self::Sorted(values) => {
                let v = f64::from_bits(e.value);
                let at = values.partition_point(|x| *x < v);
                values.insert(at, v);
            }
            Self::Ledger(ledger) => ledger.enter(e),
        }
    }

    /// Takes entries into an empty measure.
    pub(super) fn fill<'a>(&mut self, entries: impl Iterator<Item = &'a Entry>) {
        if let Self::Sorted(values) = self {
            // One by one each would push aside those that are there.
            values.extend(entries.map(|e| f64::from_bits(e.value)));
            values.sort_unstable_by(f64::total_cmp);
        } else {
            entries.for_each(|e| self.enter(e));
        }
    }

    pub(super) fn leave(&mut self, e: &Entry) {
        match self {
            Self::Count(n) => *n = n.saturating_sub(u64::from(e.weight)),
            Self::Distinct(values) => values.change(e.value, |n| *n = n.saturating_sub(1)),
            Self::Bases(counts) => {
                if let Some(c) = counts.get_mut(usize::from(e.base)) {
                    *c = c.saturating_sub(1);
                }
            }
            Self::Sum { sum, n } => {
                *sum -= fixed(e);
                *n = n.saturating_sub(1);
            }
            Self::Sorted(values) => {
                let v = f64::from_bits(e.value);
                let at = values.partition_point(|x| *x < v);
                if at < values.len() {
                    values.remove(at);
                }
            }
            Self::Ledger(ledger) => ledger.leave(e),
        }
    }

    /// Whether there are entries that can go without changing what is distinct or present.
    pub(super) const fn repeats(&self) -> bool {
        matches!(self, Self::Distinct(_) | Self::Bases(_) | Self::Ledger(_))
    }

    /// Whether an entry can go without changing what is distinct or present.
    pub(super) fn repeated(&self, e: &Entry) -> bool {
        match self {
            Self::Distinct(values) => values.get(e.value).is_some_and(|n| *n > 1),
            Self::Bases(counts) => counts.get(usize::from(e.base)).is_some_and(|c| *c > 1),
            Self::Ledger(ledger) => ledger.repeated(e),
            _ => false,
        }
    }

    /// Whether its value or base is among those inside.
    pub(super) fn present(&self, e: &Entry) -> bool {
        match self {
            Self::Distinct(values) => values.get(e.value).is_some(),
            Self::Bases(counts) => counts.get(usize::from(e.base)).is_some_and(|c| *c > 0),
            _ => false,
        }
    }

    /// The number that conditions compare.
    pub(super) fn value(&self, spec: &CorrelationSpec) -> f64 {
        match self {
            Self::Count(n) => *n as f64,
            Self::Distinct(values) => values.len() as f64,
            Self::Bases(counts) => counts.iter().filter(|c| **c > 0).count() as f64,
            Self::Sum { sum, n } => {
                let sum = *sum as f64 / SCALE;
                if spec.kind == CorrelationKind::ValueAvg { if *n == 0 { 0.0 } else { sum / *n as f64 } } else { sum }
            }
            Self::Sorted(values) => {
                let p = if spec.kind == CorrelationKind::ValueMedian { 50.0 } else { spec.percentile };
                percentile(values, p)
            }
            Self::Ledger(ledger) => ledger.measured(spec),
        }
    }

    /// Whether the condition holds, `inside` being the window's entries.
    pub(super) fn holds<'a>(&self, spec: &CorrelationSpec, inside: impl Iterator<Item = &'a Entry>) -> bool {
        let Self::Bases(counts) = self else {
            let v = self.value(spec);
            return spec.bounds.iter().all(|b| b.holds(v));
        };
        let present = match &spec.expr {
            Some(expr) => expr.eval(&mut |i| counts.get(i).is_some_and(|c| *c > 0)),
            None if spec.bounds.is_empty() => counts.iter().all(|c| *c > 0),
            None => spec.bounds.iter().all(|b| b.holds(counts.iter().filter(|c| **c > 0).count() as f64)),
        };
        present && (spec.kind != CorrelationKind::TemporalOrdered || spec.expr.is_some() || in_order(spec, inside))
    }
}

/// Linear interpolation between closest ranks.
fn percentile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let at = (p.clamp(0.0, 100.0) / 100.0) * last as f64;
    let (lo, hi) = (at.floor() as usize, at.ceil() as usize);
    let (a, b) = (sorted.get(lo).copied().unwrap_or(0.0), sorted.get(hi).copied().unwrap_or(0.0));
    a + (b - a) * (at - lo as f64)
}

/// Whether the bases occur in their order, each in an event of its own. Entries
/// come sorted by (time, push); taking the first possible one for each step is exact.
fn in_order<'a>(spec: &CorrelationSpec, inside: impl Iterator<Item = &'a Entry>) -> bool {
    let mut next = 0usize;
    let mut taken = None;
    for e in inside {
        if usize::from(e.base) == next && taken != Some(e.seq) {
            taken = Some(e.seq);
            next += 1;
            if next == spec.bases.len() {
                return true;
            }
        }
    }
    false
}

/// The entries of a ring from `lo` to `hi`, both included.
pub(super) fn slice(ring: &Ring, lo: usize, hi: usize) -> impl Iterator<Item = &Entry> {
    ring.range(lo.min(ring.len())..(hi + 1).min(ring.len()).max(lo.min(ring.len())))
}
