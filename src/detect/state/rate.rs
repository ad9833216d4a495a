//! A group's own usual rate, for rules that ask for a multiple of it.

/// Weight of a new bucket in the mean: one eighth.
const SHARE: f64 = 0.125;
/// Empty buckets after which nothing is left of a mean.
pub(super) const FORGET: i64 = 64;

/// Mean number of acts per timespan, over the timespans before the window that is
/// measured: a window that ends in one bucket may begin in the one before, and what
/// is counted there must not count as usual as well.
#[derive(Debug, Clone, Default)]
pub(super) struct Rate {
    bucket: Option<i64>,
    current: u64,
    previous: u64,
    mean: f64,
}

impl Rate {
    /// Counts acts at a time; times before the current bucket count into it.
    pub(super) fn add(&mut self, time: i64, span: i64, acts: u32) {
        let bucket = time.div_euclid(span.max(1));
        let last = *self.bucket.get_or_insert(bucket);
        if bucket > last {
            self.learn(self.previous);
            self.previous = self.current;
            if bucket > last.saturating_add(1) {
                self.learn(self.previous);
                self.previous = 0;
                for _ in 2..bucket.saturating_sub(last).min(FORGET) {
                    self.learn(0);
                }
            }
            self.current = 0;
            self.bucket = Some(bucket);
        }
        self.current += u64::from(acts);
    }

    fn learn(&mut self, acts: u64) {
        self.mean += (acts as f64 - self.mean) * SHARE;
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

    /// Acts evenly over three timespans, none of which may be lost to where the buckets begin.
    #[test]
    fn a_burst_counts_wherever_it_begins() {
        for phase in 0..30 {
            let mut r = Rate::default();
            let from = 3_000 + phase;
            (0..180).for_each(|i| {
                r.add(from + i / 2, 30, 1);
                if i == 59 {
                    assert!(r.exceeded(60.0, 10.0), "phase {phase}");
                }
            });
        }
    }

    #[test]
    fn ten_times_the_own_rate_counts_wherever_it_begins() {
        for phase in 0..30 {
            let mut r = Rate::default();
            (0..600).for_each(|i| r.add(i * 3, 30, 1));
            let from = 1_800 + phase;
            (0..100).for_each(|i| r.add(from + i * 3 / 10, 30, 1));
            assert!(r.exceeded(100.0, 10.0), "phase {phase}");
            assert!(!r.exceeded(90.0, 10.0), "phase {phase}");
        }
    }
}
