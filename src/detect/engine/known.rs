//! What was found out about values that the parser has seen before and gives a
//! number ([`Field::same`]): no hash, no comparison, one look.

use crate::detect::compile::preds::SlotId;
use crate::event::Field;

/// What is known of the value with a number.
#[derive(Debug, Clone, Copy, Default)]
pub struct Entry {
    /// The number; 0 where nothing is known.
    same: u32,
    /// What it was found to satisfy in `slot`.
    pub set: u32,
    /// The keywords that it does not hold, as [`Partition::words`]; 0 for none.
    ///
    /// [`Partition::words`]: super::partition::Partition::words
    pub clean: u32,
    /// The share of the rules for which nothing else is to be found out about it
    /// (0 for none), and the set that says all.
    share: u32,
    all: u32,
    /// The slot that it was searched for; 0 for none.
    pub slot: SlotId,
}

/// The memory of one thread; good for the numbers of one parser's memory.
#[derive(Debug, Default)]
pub struct Known {
    memory: u64,
    entries: Vec<Entry>,
}

impl Known {
    /// To be called before a batch is matched.
    pub fn begin_batch(&mut self, memory: u64) {
        if self.memory != memory {
            self.entries.clear();
            self.memory = memory;
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Whether the numbers of this memory are those that are known here.
    #[inline]
    pub const fn is_of(&self, memory: u64) -> bool {
        memory != 0 && self.memory == memory
    }

    /// All that a value is to a share of the rules, as a set, if that was found out.
    #[inline]
    pub fn settled(&self, same: u32, share: u32) -> Option<u32> {
        let entry = self.entries.get((same % Field::PLACES) as usize)?;
        (entry.same == same && entry.share == share).then_some(entry.all)
    }

    /// What is known of a value.
    #[inline]
    pub fn of(&self, same: u32) -> Entry {
        let entry = self.entries.get((same % Field::PLACES) as usize);
        entry.filter(|e| e.same == same && same != 0).copied().unwrap_or_default()
    }

    fn entry_mut(&mut self, same: u32) -> &mut Entry {
        let at = (same % Field::PLACES) as usize;
        if self.entries.len() <= at {
            self.entries.resize(at + 1, Entry::default());
        }
        let e = &mut self.entries[at];
        if e.same != same {
            *e = Entry { same, ..Entry::default() };
        }
        e
    }

    /// Keeps what the value satisfies in a slot.
    #[inline]
    pub fn keep(&mut self, same: u32, slot: SlotId, set: u32) {
        if same != 0 {
            let e = self.entry_mut(same);
            (e.slot, e.set) = (slot, set);
        }
    }

    /// Keeps that it holds none of some keywords.
    #[inline]
    pub fn keep_clean(&mut self, same: u32, words: u32) {
        if same != 0 {
            self.entry_mut(same).clean = words;
        }
    }

    /// Keeps all that it is to a share of the rules.
    #[inline]
    pub fn settle(&mut self, same: u32, share: u32, all: u32) {
        if same != 0 {
            let e = self.entry_mut(same);
            (e.share, e.all) = (share, all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_one_place_replace_each_other() {
        let mut k = Known::default();
        k.begin_batch(1);
        k.keep(5, 2, 7);
        k.keep_clean(5, 3);
        assert_eq!(k.settled(5, 4), None);
        k.settle(5, 4, 7);
        assert_eq!((k.settled(5, 4), k.settled(5, 3), k.settled(6, 4), k.settled(0, 4)), (Some(7), None, None, None));
        let of = |k: &Known, same| (k.of(same).slot, k.of(same).set, k.of(same).clean);
        assert_eq!(of(&k, 5), (2, 7, 3));
        let next = 5 + Field::PLACES;
        assert_eq!(of(&k, next), (0, 0, 0));
        k.keep(next, 2, 9);
        assert_eq!((of(&k, next), of(&k, 5)), ((2, 9, 0), (0, 0, 0)));
        assert_eq!((k.settled(next, 4), k.settled(5, 4)), (None, None));
        k.keep(0, 2, 1);
        assert_eq!(of(&k, 0), (0, 0, 0));
        k.begin_batch(2);
        assert_eq!(of(&k, next), (0, 0, 0));
    }
}
