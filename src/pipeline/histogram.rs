//! Counts of records over event time, in bounded memory.

use std::collections::BTreeMap;

use crate::event::{Ts, time::SECOND};

/// Most buckets kept; when hostile or very long logs need more, the width doubles.
const MAX_BUCKETS: usize = 16_384;

/// Counts as bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bars {
    /// The count of the bar that stands in each column; a wide bar stands in several.
    pub counts: Vec<u64>,
    /// What one bar spans, in microseconds: never less than what was counted.
    pub step: i64,
}

/// Records per bucket of event time. Buckets start one second wide and double
/// in width whenever they become too many, so the result depends on the input
/// alone.
#[derive(Debug, Clone)]
pub struct Histogram {
    width: i64,
    buckets: BTreeMap<i64, u64>,
    run: (i64, u64),
    span: Option<(Ts, Ts)>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { width: SECOND, buckets: BTreeMap::new(), run: (i64::MIN, 0), span: None }
    }
}

impl Histogram {
    /// Counts one record.
    #[inline]
    pub fn add(&mut self, time: Ts) {
        if !time.is_some() {
            return;
        }
        self.span = Some(self.span.map_or((time, time), |(first, last)| (first.min(time), last.max(time))));
        let bucket = time.0.div_euclid(self.width);
        if bucket == self.run.0 {
            self.run.1 += 1;
            return;
        }
        self.flush();
        self.run = (time.0.div_euclid(self.width), 1);
    }

    /// Moves the run of equal buckets into the table; call before reading.
    pub fn flush(&mut self) {
        if self.run.1 > 0 {
            *self.buckets.entry(self.run.0).or_default() += self.run.1;
        }
        self.run = (i64::MIN, 0);
        while self.buckets.len() > MAX_BUCKETS {
            self.width *= 2;
            let old = std::mem::take(&mut self.buckets);
            for (b, n) in old {
                *self.buckets.entry(b.div_euclid(2)).or_default() += n;
            }
        }
    }

    /// Times of the first and the last record counted.
    #[must_use]
    pub const fn span(&self) -> Option<(Ts, Ts)> {
        self.span
    }

    /// Width of a bucket in microseconds.
    #[must_use]
    pub const fn width(&self) -> i64 {
        self.width
    }

    /// (start, count) of the non-empty buckets in order.
    pub fn buckets(&self) -> impl Iterator<Item = (Ts, u64)> + '_ {
        self.buckets.iter().map(|(b, n)| (Ts(b * self.width), *n))
    }

    /// True counts over `from..to` in so many columns: a bar is a whole number of
    /// buckets. Where columns are narrower than a bucket, one bar takes several.
    #[must_use]
    pub fn bars(&self, from: Ts, to: Ts, columns: usize) -> Bars {
        let span = i128::from(to.0) - i128::from(from.0);
        let width = i128::from(self.width);
        if span <= 0 || columns == 0 {
            return Bars { counts: vec![0; columns], step: self.width };
        }
        let first = from.0.div_euclid(self.width);
        let parts = (span + columns as i128 * width - 1) / (columns as i128 * width);
        let step = parts * width;
        let start = i128::from(first) * width;
        // Which bar holds the beginning of a column.
        let bar_at = |i: usize| {
            let t = i128::from(from.0) + i as i128 * span / columns as i128;
            usize::try_from((t - start) / step).unwrap_or(0)
        };
        let last = bar_at(columns - 1);
        let mut bars = vec![0u64; last + 1];
        // The end itself belongs to the picture: it is the last event's time.
        for (b, n) in self.buckets.range(first..=to.0.div_euclid(self.width)) {
            let at = usize::try_from((i128::from(*b) * width - start) / step).unwrap_or(0).min(last);
            if let Some(bar) = bars.get_mut(at) {
                *bar += n;
            }
        }
        let counts = (0..columns).map(|i| bars.get(bar_at(i)).copied().unwrap_or(0)).collect();
        Bars { counts, step: i64::try_from(step).unwrap_or(i64::MAX) }
    }

    /// Counts resampled into `columns` equal parts of `from..to`; a bucket
    /// that spans several parts is shared out evenly.
    #[must_use]
    pub fn resample(&self, from: Ts, to: Ts, columns: usize) -> Vec<u64> {
        let mut out = vec![0u64; columns];
        let span = to.0.saturating_sub(from.0);
        if span <= 0 || columns == 0 {
            return out;
        }
        let first = from.0.div_euclid(self.width);
        let last = to.0.div_euclid(self.width);
        for (b, n) in self.buckets.range(first..=last) {
            let column = |t: i64| (i128::from(t - from.0) * columns as i128).div_euclid(i128::from(span));
            let a = column(b * self.width).clamp(0, columns as i128 - 1) as usize;
            let z = column((b + 1) * self.width - 1).clamp(0, columns as i128 - 1) as usize;
            let parts = (z - a + 1) as u64;
            for (i, c) in out.iter_mut().enumerate().take(z + 1).skip(a) {
                let i = (i - a) as u64;
                *c += n * (i + 1) / parts - n * i / parts;
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_true_counts_and_never_finer_than_what_was_counted() {
        let mut h = Histogram::default();
        // 0 to 5 and 10 to 15 seconds, as many records as the second's number.
        for s in (0..=5i64).chain(10..=15) {
            (0..=s).for_each(|_| h.add(Ts(s * SECOND)));
        }
        h.flush();
        let b = h.bars(Ts(0), Ts(15 * SECOND), 15);
        assert_eq!((b.step, b.counts), (SECOND, vec![1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 11, 12, 13, 14, 15 + 16]));
        // Ten columns for each second: flat bars, no invented resolution.
        let b = h.bars(Ts(10 * SECOND), Ts(14 * SECOND), 40);
        assert_eq!(b.step, SECOND);
        assert!(b.counts.chunks(10).zip([11, 12, 13, 14]).take(3).all(|(c, n)| c.iter().all(|x| *x == n)), "{b:?}");
        // Fewer columns than seconds: whole seconds together.
        let b = h.bars(Ts(0), Ts(15 * SECOND), 5);
        assert_eq!((b.step, b.counts.iter().sum::<u64>()), (3 * SECOND, h.buckets().map(|(_, n)| n).sum()));
        // A wide histogram is no finer than its buckets.
        let mut wide = Histogram::default();
        (0..40_000i64).for_each(|i| wide.add(Ts(i * SECOND)));
        wide.flush();
        let b = wide.bars(Ts(0), Ts(59 * SECOND), 120);
        assert!(b.step == wide.width() && b.step > SECOND && b.counts.iter().all(|n| *n == b.step as u64 / 1_000_000));
    }

    #[test]
    fn nothing_is_lost_when_buckets_widen_or_columns_differ() {
        let mut h = Histogram::default();
        for i in 0..100_000i64 {
            h.add(Ts(i * 120 * SECOND));
        }
        h.flush();
        assert_eq!(h.buckets().map(|(_, n)| n).sum::<u64>(), 100_000);
        assert!(h.buckets().count() <= MAX_BUCKETS);
        for columns in [1, 7, 80, 500] {
            let r = h.resample(Ts(0), Ts(100_000 * 120 * SECOND), columns);
            assert_eq!(r.iter().sum::<u64>(), 100_000, "{columns}");
        }
        assert!(h.resample(Ts(5), Ts(5), 10).iter().all(|n| *n == 0));
    }
}
