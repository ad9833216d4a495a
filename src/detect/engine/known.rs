//! What was found out about values that the parser has seen before and gives a
//! number ([`Field::same`]): no hash, no comparison, one look.

use super::memo::Found;
use crate::detect::compile::preds::SlotId;
use crate::event::Field;

/// When so many results are kept, all are forgotten.
const MOST: usize = 1 << 18;

/// What is known of the value with a number.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// The number; 0 where nothing is known.
    same: u32,
    /// The slot that it was searched for.
    slot: SlotId,
    /// Its results in [`Known::lists`].
    len: u16,
    start: u32,
    /// The share of the rules whose keywords it does not hold; 0 for none.
    clean: u32,
}

/// The memory of one thread; good for the numbers of one parser's memory.
#[derive(Debug, Default)]
pub struct Known {
    memory: u64,
    entries: Vec<Entry>,
    lists: Vec<u32>,
}

impl Known {
    /// To be called before a batch is matched.
    pub fn begin_batch(&mut self, memory: u64) {
        if self.memory != memory || self.lists.len() > MOST {
            self.entries.clear();
            self.lists.clear();
            self.memory = memory;
        }
    }

    /// Whether the numbers of this memory are those that are known here.
    #[inline]
    pub const fn is_of(&self, memory: u64) -> bool {
        memory != 0 && self.memory == memory
    }

    #[inline]
    fn entry(&self, same: u32) -> Option<&Entry> {
        self.entries.get((same % Field::PLACES) as usize).filter(|e| e.same == same && same != 0)
    }

    /// What the value satisfies in a slot, if that is known.
    #[inline]
    pub fn found(&self, same: u32, slot: SlotId) -> Option<&[u32]> {
        let e = self.entry(same).filter(|e| e.slot == slot)?;
        self.lists.get(e.start as usize..e.start as usize + usize::from(e.len))
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
    pub fn keep(&mut self, same: u32, slot: SlotId, found: Found<'_>) {
        if same == 0 {
            return;
        }
        let start = self.lists.len();
        found.each(|pred| self.lists.push(pred));
        let Ok(len) = u16::try_from(self.lists.len() - start) else {
            self.lists.truncate(start);
            return;
        };
        let e = self.entry_mut(same);
        (e.slot, e.len, e.start) = (slot, len, start as u32);
    }

    /// Whether the value holds no keyword of a share of the rules, as far as is known.
    #[inline]
    pub fn is_clean(&self, same: u32, share: u32) -> bool {
        self.entry(same).is_some_and(|e| e.clean == share)
    }

    /// Keeps that it holds none.
    pub fn keep_clean(&mut self, same: u32, share: u32) {
        if same != 0 {
            self.entry_mut(same).clean = share;
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
        k.keep(5, 2, Found::Far(&[7, 8]));
        k.keep_clean(5, 3);
        assert_eq!(
            (k.found(5, 2), k.found(5, 1), k.is_clean(5, 3), k.is_clean(5, 2)),
            (Some(&[7, 8][..]), None, true, false)
        );
        let next = 5 + Field::PLACES;
        assert!(k.found(next, 2).is_none());
        k.keep(next, 2, Found::Far(&[]));
        assert_eq!((k.found(next, 2), k.found(5, 2), k.is_clean(next, 3)), (Some(&[][..]), None, false));
        k.keep(0, 2, Found::Far(&[1]));
        assert!(k.found(0, 2).is_none() && !k.is_clean(0, 0));
        k.begin_batch(2);
        assert!(k.found(next, 2).is_none());
    }
}
