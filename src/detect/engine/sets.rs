//! What values were found to satisfy, as sets of predicates with numbers: most
//! values satisfy nothing, or what others satisfied before them. A number stands
//! in one word where values are remembered, and a few of them say all that is
//! known of an event.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

/// The set of nothing.
pub const EMPTY: u32 = 0;
/// So many predicates of all sets are kept.
const MOST: usize = 1 << 17;
/// So many sets are kept.
const MOST_SETS: usize = 1 << 14;

/// The sets of one thread.
#[derive(Debug, Default)]
pub struct Sets {
    ids: FxHashMap<u64, u32>,
    lists: Vec<u32>,
    /// Where a set stands, by its number less one.
    spans: Vec<(u32, u32)>,
}

impl Sets {
    /// Whether no new set finds room.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.lists.len() >= MOST || self.spans.len() >= MOST_SETS
    }

    /// Forgets all; no number is good after that.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The number of a set, the same for every order; `None` if there is no room for a new one.
    #[inline]
    pub fn number(&mut self, set: &mut [u32]) -> Option<u32> {
        if set.is_empty() { Some(EMPTY) } else { self.of(set) }
    }

    fn of(&mut self, set: &mut [u32]) -> Option<u32> {
        set.sort_unstable();
        let mut h = FxHasher::default();
        set.hash(&mut h);
        let mut key = h.finish();
        while let Some(id) = self.ids.get(&key) {
            if self.get(*id) == set {
                return Some(*id);
            }
            key = key.wrapping_add(1);
        }
        if self.is_full() {
            return None;
        }
        self.spans.push((self.lists.len() as u32, set.len() as u32));
        self.lists.extend_from_slice(set);
        let id = self.spans.len() as u32;
        self.ids.insert(key, id);
        Some(id)
    }

    /// The predicates of a set.
    #[must_use]
    pub fn get(&self, id: u32) -> &[u32] {
        let span = (id as usize).checked_sub(1).and_then(|at| self.spans.get(at));
        span.and_then(|(from, len)| self.lists.get(*from as usize..(from + len) as usize)).unwrap_or(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_for_one_set() {
        let mut s = Sets::default();
        let a = s.number(&mut [3, 1]);
        let b = s.number(&mut [1, 2]);
        assert!(a.is_some() && b.is_some() && a != b);
        assert_eq!((s.number(&mut [1, 3]), s.number(&mut [2, 1]), s.number(&mut [])), (a, b, Some(EMPTY)));
        assert_eq!((s.get(a.unwrap_or(9)), s.get(EMPTY), s.get(77)), (&[1, 3][..], &[][..], &[][..]));
    }

    #[test]
    fn room_is_bounded() {
        let mut s = Sets::default();
        for i in 0..100_000 {
            s.number(&mut [i, i + 7]);
        }
        assert!(s.is_full() && s.spans.len() <= MOST_SETS);
        assert!(s.number(&mut [1, 8]).is_some() && s.number(&mut [1, 9]).is_none());
        s.clear();
        assert!(!s.is_full() && s.number(&mut [1, 9]).is_some());
    }
}
