//! Windows against a slow and obvious reference.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::detect::state::entry::{Entry, Ring};
use crate::detect::state::window::{Limits, Window};
use crate::detect::{Bound, BoundOp, CorrelationKind, CorrelationSpec, RuleIdx};

const BASES: usize = 3;
const OPEN: Limits = Limits { floor: i64::MIN, spare: i64::MIN, ceiling: i64::MAX, cap: usize::MAX };

fn spec(kind: CorrelationKind, timespan: i64, gte: f64) -> CorrelationSpec {
    let temporal = matches!(kind, CorrelationKind::Temporal | CorrelationKind::TemporalOrdered);
    CorrelationSpec {
        kind,
        bases: (0..BASES as u32).map(RuleIdx).collect(),
        group_by: Vec::new(),
        timespan,
        bounds: if temporal { Vec::new() } else { vec![Bound { op: BoundOp::Gte, value: gte }] },
        expr: None,
        fields: Vec::new(),
        percentile: 90.0,
        learn: Default::default(),
        redeemed: None,
        accepted: None,
        generate: false,
    }
}

/// What the condition says of the entries of one window, in (time, push) order.
fn holds(spec: &CorrelationSpec, inside: &[Entry]) -> bool {
    let numbers = || inside.iter().map(|e| f64::from_bits(e.value));
    let measured = match spec.kind {
        CorrelationKind::EventCount => inside.iter().map(|e| f64::from(e.weight)).sum(),
        CorrelationKind::ValueCount => inside.iter().map(|e| e.value).collect::<BTreeSet<_>>().len() as f64,
        CorrelationKind::Temporal => {
            return (0..BASES).all(|b| inside.iter().any(|e| usize::from(e.base) == b));
        }
        CorrelationKind::TemporalOrdered => {
            return (0..inside.len()).any(|i| {
                (i + 1..inside.len()).any(|j| {
                    (j + 1..inside.len()).any(|k| (inside[i].base, inside[j].base, inside[k].base) == (0, 1, 2))
                })
            });
        }
        CorrelationKind::NewValue => 0.0,
        CorrelationKind::ValueSum => numbers().sum(),
        CorrelationKind::ValueAvg => numbers().sum::<f64>() / inside.len() as f64,
        CorrelationKind::ValueMedian | CorrelationKind::ValuePercentile => {
            let mut v: Vec<f64> = numbers().collect();
            v.sort_by(f64::total_cmp);
            let p = if spec.kind == CorrelationKind::ValueMedian { 0.5 } else { spec.percentile / 100.0 };
            let at = p * (v.len() - 1) as f64;
            let (lo, hi) = (v[at.floor() as usize], v[at.ceil() as usize]);
            lo + (hi - lo) * at.fract()
        }
    };
    spec.bounds.iter().all(|b| b.holds(measured))
}

/// Whether any window that holds the entry (and ends at an entry) meets the condition.
fn fires(spec: &CorrelationSpec, seen: &[Entry], new: &Entry) -> bool {
    let mut all: Vec<Entry> = seen.to_vec();
    all.sort_by_key(|e| (e.time(), e.seq));
    (0..all.len()).any(|end| {
        let (from, to) = (all[end].time() - spec.timespan, all[end].time());
        let inside: Vec<Entry> = all[..=end].iter().filter(|e| e.time() >= from).copied().collect();
        inside.iter().any(|e| e.seq == new.seq) && to >= new.time() && holds(spec, &inside)
    })
}

fn check(kind: CorrelationKind, steps: &[(i64, u32, u8, u8)], timespan: i64, gte: f64) -> Result<(), TestCaseError> {
    let spec = spec(kind, timespan, gte);
    let numeric = !matches!(kind, CorrelationKind::ValueCount);
    let mut w = Window::new(&spec, Ring::new());
    let mut seen = Vec::new();
    let mut t = 1_000;
    for (i, (dt, weight, value, base)) in steps.iter().enumerate() {
        t += dt;
        let value = if numeric { f64::from(*value).to_bits() } else { u64::from(*value) };
        let e = Entry {
            seq: i as u64 + 1,
            weight: *weight,
            value,
            base: u16::from(*base) % BASES as u16,
            ..Entry::blank(t)
        };
        seen.push(e);
        let fired = w.insert(&spec, e, OPEN);
        prop_assert_eq!(fired.is_some(), fires(&spec, &seen, &e), "step {} of {:?}", i, kind);
        if let Some(f) = fired {
            let mut taken = Vec::new();
            w.take(&spec, f, false, &mut taken);
            prop_assert!(taken.iter().any(|x| x.seq == e.seq));
            let last = taken.iter().map(Entry::time).max().unwrap_or(0);
            let seqs: BTreeSet<u64> = taken.iter().map(|x| x.seq).collect();
            // What is left lies after what was taken; the reference forgets likewise.
            let left: Ring = w.ring.clone();
            prop_assert!(left.iter().all(|x| x.time() >= last && !seqs.contains(&x.seq)));
            seen.retain(|x| left.iter().any(|l| l.seq == x.seq));
        }
    }
    Ok(())
}

fn steps() -> impl Strategy<Value = Vec<(i64, u32, u8, u8)>> {
    prop::collection::vec((-8i64..14, 0u32..3, 0u8..6, 0u8..3), 1..80)
}

proptest! {
    #[test]
    fn event_count(s in steps(), span in 0i64..60, n in 1u32..12) {
        check(CorrelationKind::EventCount, &s, span, f64::from(n))?;
    }

    #[test]
    fn value_count(s in steps(), span in 0i64..60, n in 1u32..6) {
        check(CorrelationKind::ValueCount, &s, span, f64::from(n))?;
    }

    #[test]
    fn temporal(s in steps(), span in 0i64..40) {
        check(CorrelationKind::Temporal, &s, span, 0.0)?;
    }

    #[test]
    fn temporal_ordered(s in steps(), span in 0i64..40) {
        check(CorrelationKind::TemporalOrdered, &s, span, 0.0)?;
    }

    #[test]
    fn sums(s in steps(), span in 0i64..60, n in 1u32..30) {
        check(CorrelationKind::ValueSum, &s, span, f64::from(n))?;
    }

    #[test]
    fn means(s in steps(), span in 0i64..60, n in 1u32..5) {
        check(CorrelationKind::ValueAvg, &s, span, f64::from(n))?;
    }

    #[test]
    fn percentiles(s in steps(), span in 0i64..60, n in 1u32..5) {
        check(CorrelationKind::ValueMedian, &s, span, f64::from(n))?;
        check(CorrelationKind::ValuePercentile, &s, span, f64::from(n))?;
    }
}

/// A window whose condition holds, and is refused each time, stays within its bound and loses
/// no act: what is folded counts a little longer. So do sums of more than it has room for.
#[test]
fn a_full_window_is_bounded_and_loses_nothing() {
    for (kind, gte) in [(CorrelationKind::EventCount, 1.0), (CorrelationKind::ValueSum, f64::MAX)] {
        let spec = spec(kind, 1_000, gte);
        let limits = |t: i64| Limits { floor: t - 2_000, spare: t - 2_000, cap: 50, ..OPEN };
        let mut w = Window::new(&spec, Ring::new());
        let (mut seen, mut t): (Vec<(i64, u32)>, i64) = (Vec::new(), 0);
        for i in 0..5_000u32 {
            t += i64::from(i * 7 % 11);
            let value = f64::from(i % 3).to_bits();
            let e = Entry { seq: u64::from(i) + 1, weight: i % 3, value, ..Entry::blank(t) };
            seen.push((t, i % 3));
            if w.insert(&spec, e, limits(t)).is_some() {
                w.overflow(&spec, limits(t));
            }
            assert!(w.ring.len() <= 50);
            let since = |from: i64| f64::from(seen.iter().rev().take_while(|s| s.0 >= from).map(|s| s.1).sum::<u32>());
            let (least, most) = (since(t - 1_000), since(t - 1_000 - 2 * 1_000 / 50));
            let is = w.measured(&spec);
            assert!((least..=most).contains(&is), "{kind:?} {i}: {is}, not {least} to {most}");
        }
    }
}
