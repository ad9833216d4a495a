//! Event time of one source: watermark, epochs and times that are missing.
//!
//! Invariants: `order` never decreases within an epoch; every decision depends
//! only on the records seen before, in the source's own order, so that it is
//! the same on any number of threads and at any speed.

use crate::event::Ts;
use crate::event::time::SECOND;

/// A time further ahead of (or behind) the watermark than this needs witnesses.
pub const JUMP: i64 = 3_600 * SECOND;
/// How many consecutive records must agree on a jump.
pub const WITNESSES: u32 = 32;

/// How many records in a row may have the time of the one before them. Beyond
/// that the text no longer belongs to what was dated.
pub const CARRIED: u32 = 256;

/// Times of records that have none: that of the record before.
#[derive(Debug, Clone, Copy)]
pub struct Carry {
    /// The last time seen, or what stands in for it.
    time: Ts,
    /// A time was seen.
    seen: bool,
    /// Records since then.
    run: u32,
}

impl Carry {
    /// For a source whose first time is `first` ([`Ts::NONE`] where its
    /// beginning has none; then `reference` is shown in its place).
    #[must_use]
    pub const fn new(reference: Ts, first: Ts) -> Self {
        let time = if first.is_some() {
            first
        } else if reference.is_some() {
            reference
        } else {
            Ts(0)
        };
        Self { time, seen: first.is_some(), run: 0 }
    }

    /// The time of the next record, and whether it is known.
    pub const fn next(&mut self, time: Ts) -> (Ts, bool) {
        if time.is_some() {
            *self = Self { time, seen: true, run: 0 };
            return (time, true);
        }
        self.skip(1);
        (self.time, self.seen && self.run <= CARRIED)
    }

    /// Takes note of so many records without a time.
    pub const fn skip(&mut self, records: usize) {
        self.run = if records > CARRIED as usize { CARRIED + 1 } else { self.run.saturating_add(records as u32) };
    }
}

/// What the clock says of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// Event time; carried from the record before where it has none.
    pub time: Ts,
    /// Whether that is a time at all, and not only what is shown in its place.
    pub known: bool,
    /// Position in canonical order: the source's watermark.
    pub order: Ts,
    /// Behind the watermark (out of order in its source).
    pub late: bool,
    /// Epoch of the source: grows at each sustained jump backward.
    pub epoch: u32,
}

/// The clock of one source. Feed it every record in the source's order.
#[derive(Debug, Clone)]
pub struct Clock {
    watermark: Ts,
    carry: Carry,
    epoch: u32,
    /// Consecutive records that lie far ahead, and the earliest of them.
    ahead: u32,
    ahead_min: i64,
    /// Consecutive records that lie far behind, and the latest of them.
    behind: u32,
    behind_max: i64,
}

impl Clock {
    /// A clock; `carry` says what records before the first timed one get.
    #[must_use]
    pub const fn new(carry: Carry) -> Self {
        Self { watermark: Ts::NONE, carry, epoch: 0, ahead: 0, ahead_min: i64::MAX, behind: 0, behind_max: i64::MIN }
    }

    /// Takes the next record of the source.
    pub fn observe(&mut self, time: Ts) -> Observed {
        let (shown, known) = self.carry.next(time);
        if !time.is_some() {
            let order = if self.watermark.is_some() { self.watermark } else { shown };
            return self.says(shown, known, order);
        }
        if !self.watermark.is_some() {
            self.watermark = time;
        } else if time.0 >= self.watermark.0 {
            self.behind = 0;
            if time.0.saturating_sub(self.watermark.0) <= JUMP {
                self.watermark = time;
                self.ahead = 0;
            } else {
                self.witness_ahead(time);
            }
        } else {
            self.ahead = 0;
            if self.watermark.0.saturating_sub(time.0) <= JUMP {
                self.behind = 0;
            } else {
                self.witness_behind(time);
            }
        }
        self.says(time, true, self.watermark)
    }

    /// The source's watermark; [`Ts::NONE`] before the first timed record.
    #[must_use]
    pub const fn watermark(&self) -> Ts {
        self.watermark
    }

    /// Current epoch.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    fn says(&self, time: Ts, known: bool, order: Ts) -> Observed {
        Observed { time, known, order, late: time < order && known, epoch: self.epoch }
    }

    #[cold]
    fn witness_ahead(&mut self, time: Ts) {
        self.ahead_min = if self.ahead == 0 { time.0 } else { self.ahead_min.min(time.0) };
        self.ahead += 1;
        if self.ahead >= WITNESSES {
            // The least of what they agree on: one forged time among them moves nothing.
            self.watermark = Ts(self.ahead_min.max(self.watermark.0));
            if time.0.saturating_sub(self.watermark.0) <= JUMP {
                self.watermark = time.max(self.watermark);
            }
            self.ahead = 0;
        }
    }

    #[cold]
    fn witness_behind(&mut self, time: Ts) {
        self.behind_max = if self.behind == 0 { time.0 } else { self.behind_max.max(time.0) };
        self.behind += 1;
        if self.behind >= WITNESSES {
            self.epoch = self.epoch.saturating_add(1);
            self.watermark = if self.behind_max.saturating_sub(time.0) <= JUMP { Ts(self.behind_max) } else { time };
            self.behind = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        Clock::new(Carry::new(Ts::from_secs(5), Ts::NONE))
    }

    fn feed(clock: &mut Clock, secs: impl IntoIterator<Item = i64>) -> Vec<(i64, i64, bool, u32)> {
        secs.into_iter()
            .map(|s| clock.observe(Ts::from_secs(s)))
            .map(|o| (o.time.secs(), o.order.secs(), o.late, o.epoch))
            .collect()
    }

    #[test]
    fn order_is_the_running_maximum() {
        let mut c = clock();
        let got = feed(&mut c, [100, 105, 103, 105, 110]);
        assert_eq!(
            got,
            [
                (100, 100, false, 0),
                (105, 105, false, 0),
                (103, 105, true, 0),
                (105, 105, false, 0),
                (110, 110, false, 0)
            ]
        );
    }

    #[test]
    fn missing_times_are_carried() {
        let mut c = clock();
        let o = c.observe(Ts::NONE);
        assert_eq!((o.time.secs(), o.known), (5, false), "nothing is known yet");
        c.observe(Ts::from_secs(50));
        let o = c.observe(Ts::NONE);
        assert_eq!((o.time.secs(), o.order.secs(), o.late, o.known), (50, 50, false, true));
        let mut c = Clock::new(Carry::new(Ts::from_secs(5), Ts::from_secs(40)));
        let o = c.observe(Ts::NONE);
        assert_eq!((o.time.secs(), o.known), (40, true), "what stands before the first time belongs to it");
    }

    #[test]
    fn a_time_is_not_carried_for_ever() {
        let mut c = clock();
        c.observe(Ts::from_secs(50));
        let known: Vec<bool> = (0..300).map(|_| c.observe(Ts::NONE).known).collect();
        assert_eq!(known.iter().filter(|k| **k).count(), CARRIED as usize);
        assert!(!known[299]);
        assert!(c.observe(Ts::from_secs(51)).known && c.observe(Ts::NONE).known);
    }

    #[test]
    fn one_forged_time_moves_nothing() {
        let mut c = clock();
        let got = feed(&mut c, [100, 4_000_000_000, 101, 102]);
        assert_eq!(got[1], (4_000_000_000, 100, false, 0));
        assert_eq!(got[3], (102, 102, false, 0));
    }

    #[test]
    fn thirty_two_witnesses_move_the_watermark_forward() {
        let mut c = clock();
        feed(&mut c, [100]);
        let got = feed(&mut c, (0..40).map(|i| 10_000 + i));
        assert_eq!(got[30].1, 100);
        assert_eq!(got[31], (10_031, 10_031, false, 0));
        assert_eq!(got[39], (10_039, 10_039, false, 0));
    }

    #[test]
    fn a_forged_time_among_the_witnesses_is_not_followed() {
        let mut c = clock();
        feed(&mut c, [100]);
        feed(&mut c, (0..31).map(|i| 10_000 + i));
        let got = feed(&mut c, [4_000_000_000, 10_040]);
        assert_eq!(got[0].1, 10_000);
        assert_eq!(got[1], (10_040, 10_040, false, 0));
    }

    #[test]
    fn a_sustained_jump_back_starts_an_epoch() {
        let mut c = clock();
        feed(&mut c, [1_000_000]);
        let got = feed(&mut c, (0..40).map(|i| 1_000 + i));
        assert_eq!(got[30], (1_030, 1_000_000, true, 0));
        assert_eq!(got[31], (1_031, 1_031, false, 1));
        assert_eq!(got[39].3, 1);
    }

    #[test]
    fn extreme_times_do_not_overflow() {
        let mut c = Clock::new(Carry::new(Ts(i64::MIN + 1), Ts::NONE));
        for t in [i64::MIN + 1, i64::MAX, i64::MIN + 1, i64::MAX, 0, i64::MIN + 2] {
            for _ in 0..33 {
                c.observe(Ts(t));
            }
        }
    }
}
