//! When the outputs are told how open alerts have grown: about once a second,
//! and less often where telling takes long.

use std::time::{Duration, Instant};

/// Open alerts are given out again so often, at most.
const EVERY: Duration = Duration::from_millis(750);
/// Giving them out may take one part in so many of the time.
const SHARE: u32 = 10;

/// The pace.
#[derive(Debug)]
pub(super) struct Growth {
    last: Instant,
    wait: Duration,
    /// The outputs were told that all there is for now was read.
    pub settled: bool,
}

impl Default for Growth {
    fn default() -> Self {
        Self { last: Instant::now(), wait: EVERY, settled: false }
    }
}

impl Growth {
    /// The time now, if it is time.
    pub fn due(&self) -> Option<Instant> {
        (self.last.elapsed() >= self.wait).then(Instant::now)
    }

    /// Notes how long it took.
    pub fn took(&mut self, cost: Duration) {
        self.last = Instant::now();
        self.wait = EVERY.max(cost * SHARE);
    }
}
