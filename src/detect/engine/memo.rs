//! What a value of a slot was found to satisfy, remembered for the next time.
//!
//! Bounded, one per thread. A hit is checked byte by byte, so a collision of
//! hashes costs time and never a wrong result.

use crate::detect::compile::preds::SlotId;
use crate::event::hash64;

/// Sets of two entries each.
const SETS: usize = 1 << 13;
/// Longer values are not remembered.
const MAX_VALUE: usize = 2_048;
/// Longer results are not remembered.
const MAX_FOUND: usize = 4_096;
/// After so many look-ups of a slot it is judged whether remembering pays.
const TRIAL: u32 = 1_024;
/// For so many look-ups a slot that does not repeat is left alone.
const PAUSE: u32 = 65_536;

/// A value and what it satisfies. Its hash stands apart in [`Memo::tags`], so
/// that looking for what is not there touches one cache line.
#[derive(Debug, Default, Clone)]
struct Entry {
    slot: SlotId,
    value: Vec<u8>,
    found: Vec<u32>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Stats {
    lookups: u32,
    hits: u32,
    pause: u32,
}

/// Where a value belongs if it is to be remembered.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    tag: u32,
    set: usize,
}

/// Hashes of a set, 0 where there is none.
#[derive(Debug, Default, Clone, Copy)]
struct Tags {
    /// Of its entries, the younger first.
    kept: [u32; 2],
    /// Of the value last seen for the first time: only what comes again is
    /// kept, so that values that never do push nothing out.
    once: u32,
}

/// The memory.
#[derive(Debug)]
pub struct Memo {
    tags: Vec<Tags>,
    entries: Vec<Entry>,
    stats: Vec<Stats>,
}

impl Memo {
    /// An empty memory for so many slots.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self {
            tags: vec![Tags::default(); SETS],
            entries: vec![Entry::default(); SETS * 2],
            stats: vec![Stats::default(); slots],
        }
    }

    /// What was found before (`Ok`), or where to put what is found now
    /// (`Err(Some)`), if it is worth remembering at all.
    #[inline]
    pub fn get(&mut self, slot: SlotId, value: &str) -> Result<&[u32], Option<Place>> {
        if value.len() > MAX_VALUE {
            return Err(None);
        }
        let Some(s) = self.stats.get_mut(usize::from(slot)) else { return Err(None) };
        if s.pause > 0 {
            s.pause -= 1;
            return Err(None);
        }
        if s.lookups >= TRIAL {
            let seldom = s.hits < s.lookups / 4;
            *s = Stats { pause: if seldom { PAUSE } else { 0 }, ..Stats::default() };
        }
        s.lookups += 1;
        let hash = hash64(value.as_bytes()) ^ u64::from(slot).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let set = hash as usize & (SETS - 1);
        let tag = (hash >> 32) as u32 | 1;
        let new = Place { tag, set };
        let Some(tags) = self.tags.get_mut(set) else { return Err(None) };
        for (way, t) in tags.kept.iter().enumerate() {
            if *t == tag
                && let Some(e) = self.entries.get(set * 2 + way)
                && e.slot == slot
                && e.value == value.as_bytes()
            {
                s.hits += 1;
                return Ok(&e.found);
            }
        }
        if tags.once != tag {
            tags.once = tag;
            return Err(None);
        }
        Err(Some(new))
    }

    /// Remembers what was found, in place of the older of its set.
    pub fn put(&mut self, place: Place, slot: SlotId, value: &str, found: &[u32]) {
        if found.len() > MAX_FOUND {
            return;
        }
        let Some(tags) = self.tags.get_mut(place.set) else { return };
        let [young, old] = tags.kept;
        tags.kept = [place.tag, young];
        let at = place.set * 2;
        if young != 0 || old != 0 {
            self.entries.swap(at, at + 1);
        }
        if let Some(e) = self.entries.get_mut(at) {
            e.slot = slot;
            e.value.clear();
            e.value.extend_from_slice(value.as_bytes());
            e.found.clear();
            e.found.extend_from_slice(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_by_slot_and_value() {
        let mut m = Memo::new(3);
        assert!(matches!(m.get(1, "abc"), Err(None)), "seen once");
        let Err(Some(p)) = m.get(1, "abc") else { panic!("new") };
        m.put(p, 1, "abc", &[7, 8]);
        assert_eq!(m.get(1, "abc").ok(), Some(&[7, 8][..]));
        assert!(m.get(2, "abc").is_err() && m.get(1, "abd").is_err());
        assert!(matches!(m.get(1, &"x".repeat(MAX_VALUE + 1)), Err(None)));
    }

    #[test]
    fn what_never_repeats_is_left_alone() {
        let mut m = Memo::new(1);
        for i in 0..5_000 {
            assert!(m.get(0, &i.to_string()).is_err());
        }
        assert!(m.stats[0].pause > 0);
    }
}
