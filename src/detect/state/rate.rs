//! A group's own usual rate, for rules that ask for a multiple of it.

/// Weight of a new bucket in the mean: one eighth.
const SHARE: f64 = 0.125;
/// Empty buckets after which nothing is left of a mean.
pub(super) const FORGET: i64 = 64;

/// Mean number of acts per timespan, over the timespans before this one.
#[derive(Debug, Clone, Default)]
pub(super) struct Rate {
    bucket: Option<i64>,
    current: u64,
    mean: f64,
}

impl Rate {
    /// Counts acts at a time; times before the current bucket count into it.
    pub(super) fn add(&mut self, time: i64, span: i64, acts: u32) {
        let bucket = time.div_euclid(span.max(1));
        let last = *self.bucket.get_or_insert(bucket);
        if bucket > last {
            self.mean += (self.current as f64 - self.mean) * SHARE;
            for _ in 1..(bucket - last).min(FORGET) {
                self.mean -= self.mean * SHARE;
            }
            self.current = 0;
            self.bucket = Some(bucket);
        }
        self.current += u64::from(acts);
    }

    /// Whether that many acts in one timespan exceed the usual so many times.
    pub(super) fn exceeded(&self, measured: f64, times: f64) -> bool {
        measured >= self.mean * times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_over_a_steady_rate() {
        let mut r = Rate::default();
        for i in 0..1_000 {
            r.add(i, 10, 1);
        }
        assert!(!r.exceeded(60.0, 10.0));
        assert!(r.exceeded(101.0, 10.0));
        r.add(1_000_000, 10, 1);
        assert!(r.exceeded(1.0, 10.0));
    }

    #[test]
    fn unknown_sources_have_no_usual_rate() {
        let mut r = Rate::default();
        r.add(0, 10, 60);
        assert!(r.exceeded(60.0, 10.0));
    }
}
