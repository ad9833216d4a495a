//! What values a group has had, for `new_value` and for `familiar`.
//!
//! Bounded: what is known of a group is at most [`MOST`] values; the one that
//! was not seen for longest goes first, and counts as new when it comes back.

use super::super::CorrelationSpec;

/// Most values remembered of one group.
const MOST: usize = 256;

/// The same for `familiar`: a fleet of machines that is worked on each night.
const MOST_FAMILIAR: usize = 2_048;

/// The values of one group.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Hash of the value and when it was seen last (for `familiar`: first), sorted by hash.
    values: Vec<(u64, i64)>,
    first: Option<i64>,
    matches: u64,
}

impl Known {
    /// Number of values.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Takes a value at a time: whether it is new and the group was learned
    /// before, and whether another value was forgotten for it. Without `room`
    /// the group does not grow.
    pub(super) fn meet(&mut self, spec: &CorrelationSpec, value: u64, time: i64, room: bool) -> (bool, bool) {
        let first = *self.first.get_or_insert(time);
        self.first = Some(first.min(time));
        let learned = time.saturating_sub(first) >= spec.learn.period && self.matches >= spec.learn.minimum;
        self.matches = self.matches.saturating_add(1);
        let mut forgotten = false;
        let new = match self.values.binary_search_by_key(&value, |v| v.0) {
            Ok(at) => self.values.get_mut(at).is_some_and(|(_, last)| {
                let old = time.saturating_sub(*last) > spec.timespan;
                *last = time.max(*last);
                old
            }),
            Err(_) => {
                if self.values.len() >= MOST || (!room && !self.values.is_empty()) {
                    let oldest = self.values.iter().enumerate().min_by_key(|(_, v)| (v.1, v.0)).map(|(i, _)| i);
                    if let Some(i) = oldest {
                        let (_, last) = self.values.remove(i);
                        // what the timespan has passed is forgotten anyway
                        forgotten = time.saturating_sub(last) <= spec.timespan;
                    }
                }
                let at = self.values.partition_point(|v| v.0 < value);
                self.values.insert(at, (value, time));
                true
            }
        };
        (new && learned, forgotten)
    }

    /// Takes a value at a time: whether the group had it more than `after`
    /// before. What finds no room stays strange, so that nothing is hidden.
    pub(super) fn familiar(&mut self, after: i64, value: u64, time: i64, room: bool) -> bool {
        match self.values.binary_search_by_key(&value, |v| v.0) {
            Ok(at) => self.values.get_mut(at).is_some_and(|(_, first)| {
                let old = time.saturating_sub(*first) > after;
                *first = time.min(*first);
                old
            }),
            Err(at) => {
                if room && self.values.len() < MOST_FAMILIAR {
                    self.values.insert(at, (value, time));
                }
                false
            }
        }
    }
}
