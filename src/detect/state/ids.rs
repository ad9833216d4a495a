//! No two alerts of a run have one id.
//!
//! An id is made of the rule, the group and the first evidence, so that it stays the same
//! when a log is read again, moved or rotated. Two logs that name no machine and begin alike
//! are groups of their own all the same, and so are records that are too late for the windows
//! of their time: an id that was given out already is followed by the next one.
//!
//! Bounded: two generations, the older dropped whole.

use std::mem;

use rustc_hash::FxHashSet;
use sha2::{Digest, Sha256};

/// Ids of one generation.
const MOST: usize = 65_536;

/// The ids that were given out, by their first half.
#[derive(Debug, Default)]
pub(super) struct Ids {
    new: FxHashSet<u64>,
    old: FxHashSet<u64>,
}

impl Ids {
    /// Makes an id one that nobody has; what has none (an episode that is no alert) keeps none.
    pub(super) fn claim(&mut self, id: &mut String) {
        if id.is_empty() {
            return;
        }
        while self.has(half(id)) {
            *id = hex(&Sha256::digest(id.as_bytes()));
        }
        if self.new.len() >= MOST {
            self.old = mem::take(&mut self.new);
        }
        self.new.insert(half(id));
    }

    fn has(&self, half: u64) -> bool {
        self.new.contains(&half) || self.old.contains(&half)
    }
}

/// The first sixteen digits.
fn half(id: &str) -> u64 {
    id.get(..16).and_then(|h| u64::from_str_radix(h, 16).ok()).unwrap_or_default()
}

/// 32 hex digits of a digest.
pub(super) fn hex(digest: &[u8]) -> String {
    let nibbles = digest.iter().take(16).flat_map(|b| [b >> 4, b & 15]);
    nibbles.map(|n| char::from_digit(u32::from(n), 16).unwrap_or('0')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_given_out_once() {
        let mut ids = Ids::default();
        let given: Vec<String> = (0..4)
            .map(|_| {
                let mut id = hex(&Sha256::digest(b"one"));
                ids.claim(&mut id);
                id
            })
            .collect();
        assert_eq!(given[0], hex(&Sha256::digest(b"one")), "the first is the plain one");
        assert_eq!(given.iter().collect::<FxHashSet<_>>().len(), 4);
        assert!(given.iter().all(|id| id.len() == 32));
        let mut none = String::new();
        ids.claim(&mut none);
        assert_eq!(none, "");
    }

    #[test]
    fn memory_is_bounded() {
        let mut ids = Ids::default();
        for i in 0..3 * MOST {
            ids.claim(&mut hex(&Sha256::digest(i.to_le_bytes())));
        }
        assert!(ids.new.len() <= MOST && ids.old.len() <= MOST);
    }
}
