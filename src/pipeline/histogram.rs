//! Counts of records over event time, in bounded memory.

use std::collections::BTreeMap;

use crate::event::{Ts, time::SECOND};

/// Most buckets kept; when hostile or very long logs need more, the width doubles.
const MAX_BUCKETS: usize = 16_384;

/// Records per bucket of event time. Buckets start one minute wide and double
/// in width whenever they become too many, so the result depends on the input
/// alone.
#[derive(Debug, Clone)]
pub struct Histogram {
    width: i64,
    buckets: BTreeMap<i64, u64>,
    run: (i64, u64),
}

impl Default for Histogram {
    fn default() -> Self {
        Self { width: 60 * SECOND, buckets: BTreeMap::new(), run: (i64::MIN, 0) }
    }
}

impl Histogram {
    /// Counts one record.
    #[inline]
    pub fn add(&mut self, time: Ts) {
        if !time.is_some() {
            return;
        }
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

    /// Width of a bucket in microseconds.
    #[must_use]
    pub const fn width(&self) -> i64 {
        self.width
    }

    /// (start, count) of the non-empty buckets in order.
    pub fn buckets(&self) -> impl Iterator<Item = (Ts, u64)> + '_ {
        self.buckets.iter().map(|(b, n)| (Ts(b * self.width), *n))
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
