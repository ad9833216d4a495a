//! How fast an episode was at its fastest: the most acts within one timespan,
//! wherever that begins. Both ends of a timespan belong to it, as for windows.
//!
//! Bounded: beyond [`MOST`] different times the oldest two are taken as one, the
//! later; and once it was faster than anybody asks, nothing more is remembered.

use std::collections::VecDeque;

/// Times told apart within a timespan.
const MOST: usize = 2_048;

/// The most acts within one timespan.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace {
    /// Times and acts of the timespan that ends now.
    acts: VecDeque<(i64, u64)>,
    sum: u64,
    peak: u64,
}

impl Pace {
    /// Counts acts at a time; times before the latest one count at that one. A peak of
    /// `enough` need not be told from a higher one.
    pub(super) fn add(&mut self, time: i64, span: i64, acts: u32, enough: f64) {
        if self.peak as f64 >= enough {
            self.acts = VecDeque::new();
            return;
        }
        if acts == 0 {
            return;
        }
        let time = self.acts.back().map_or(time, |(last, _)| time.max(*last));
        match self.acts.back_mut().filter(|(last, _)| *last == time) {
            Some((_, n)) => *n += u64::from(acts),
            None => self.acts.push_back((time, u64::from(acts))),
        }
        self.sum += u64::from(acts);
        let start = time.saturating_sub(span);
        while let Some((_, n)) = self.acts.front().filter(|(first, _)| *first < start) {
            self.sum -= n;
            self.acts.pop_front();
        }
        if self.acts.len() > MOST
            && let Some((_, n)) = self.acts.pop_front()
            && let Some(next) = self.acts.front_mut()
        {
            next.1 += n;
        }
        self.peak = self.peak.max(self.sum);
    }

    /// Takes over what another one was.
    pub(super) fn unite(&mut self, other: &Self) {
        self.peak = self.peak.max(other.peak);
    }

    /// The most acts within one timespan.
    pub(super) fn peak(&self) -> f64 {
        self.peak as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The peak of some acts, by looking at every timespan.
    fn slow(acts: &[(i64, u32)], span: i64) -> f64 {
        let within =
            |end: i64| acts.iter().filter(move |(t, _)| (end - span..=end).contains(t)).map(|(_, n)| f64::from(*n));
        acts.iter().map(|(end, _)| within(*end).sum::<f64>()).fold(0.0, f64::max)
    }

    #[test]
    fn every_timespan_counts() {
        let mut state = 7u64;
        let mut random = |n: u64| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (state >> 33) % n
        };
        for _ in 0..200 {
            let (mut time, span) = (0, 1 + random(30) as i64);
            let acts: Vec<(i64, u32)> = (0..60)
                .map(|_| {
                    time += random(6) as i64;
                    (time, random(4) as u32)
                })
                .collect();
            let mut p = Pace::default();
            acts.iter().for_each(|(t, n)| p.add(*t, span, *n, f64::MAX));
            assert_eq!(p.peak(), slow(&acts, span), "{span} {acts:?}");
            let mut enough = Pace::default();
            acts.iter().for_each(|(t, n)| enough.add(*t, span, *n, 9.0));
            assert_eq!(enough.peak() >= 9.0, p.peak() >= 9.0);
        }
    }

    #[test]
    fn bounded_and_in_doubt_faster() {
        let mut p = Pace::default();
        (0..100_000).for_each(|t| p.add(t, 50_000, 1, f64::MAX));
        assert!(p.acts.len() <= MOST && p.peak() >= 50_001.0 && p.acts.iter().map(|a| a.1).sum::<u64>() == p.sum);
        p.add(i64::MIN, 1, 1, f64::MAX);
        p.add(i64::MAX, i64::MAX, 1, f64::MAX);
    }
}
