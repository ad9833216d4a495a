//! How long records of followed inputs take from being read to being shown.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Batches that are remembered.
const KEPT: usize = 1_000;

/// Percentiles over the last batches of followed inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latency {
    /// Half of them took no longer.
    pub p50: Duration,
    /// All but one of a hundred took no longer.
    pub p99: Duration,
    /// How many they are.
    pub batches: usize,
}

/// Measures: a batch waits from its first byte until the next publication.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    waiting: Vec<Instant>,
    seen: VecDeque<Duration>,
}

impl Latencies {
    /// A batch was analyzed whose first byte was read then.
    pub fn analyzed(&mut self, since: Option<Instant>) {
        self.waiting.extend(since.filter(|_| self.waiting.len() < KEPT));
    }

    /// What was analyzed is shown now.
    pub fn shown(&mut self) -> Option<Latency> {
        for since in self.waiting.drain(..) {
            if self.seen.len() >= KEPT {
                self.seen.pop_front();
            }
            self.seen.push_back(since.elapsed());
        }
        self.summary()
    }

    fn summary(&self) -> Option<Latency> {
        let mut all: Vec<Duration> = self.seen.iter().copied().collect();
        all.sort_unstable();
        let at = |percent: usize| all.get((all.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Latency { p50: at(50)?, p99: at(99)?, batches: all.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_last_batches() {
        let mut l = Latencies::default();
        assert_eq!(l.shown(), None);
        l.seen.extend((1..=200).map(Duration::from_millis));
        let got = l.summary().unwrap();
        assert_eq!((got.p50.as_millis(), got.p99.as_millis(), got.batches), (100, 198, 200));
        for _ in 0..3 {
            (0..KEPT).for_each(|_| l.analyzed(Some(Instant::now())));
            assert!(l.shown().is_some_and(|l| l.batches == KEPT));
        }
    }
}
