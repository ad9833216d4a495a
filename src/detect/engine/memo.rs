//! What a value of a slot was found to satisfy (the number of a set), remembered
//! for the next time.
//!
//! Bounded, one per thread. A hit is checked byte by byte, so a collision of
//! hashes costs time and never a wrong result.

use crate::detect::compile::preds::SlotId;
use crate::event::hash64;

/// Sets of two lines each, for short values.
const LINES: usize = 1 << 13;
/// Bytes of a line that hold a value.
const ROOM: usize = 56;
/// Sets of two entries each, for all others.
const SETS: usize = 1 << 11;
/// Longer values are not remembered.
const MAX_VALUE: usize = 32 << 10;
/// Values longer than this are remembered while there is room for them.
const LONG: usize = 2_048;
/// Bytes of long values.
const LONG_ROOM: usize = 1 << 20;
/// After so many long values that found no room, the others are forgotten.
const LONG_PATIENCE: u32 = 256;
/// After so many look-ups of a slot it is judged whether remembering pays.
const TRIAL: u32 = 1_024;
/// After so many values that were not searched it is judged whether to search them.
const SAMPLE: u32 = 4_096;
/// For so many look-ups a slot that does not repeat is left alone.
const PAUSE: u32 = 65_536;

/// What is known of a set of lines without touching them: parts of the hashes
/// of their values, the younger first, and of the value last seen for the first
/// time. All heads together stay in the processor's nearer caches.
#[derive(Debug, Default, Clone, Copy)]
struct Head {
    tags: [u16; 2],
    once: u16,
}

/// A short value and what it satisfies, in one line of the processor's cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Line {
    set: u32,
    slot: SlotId,
    /// Bytes of the value, at the start of `room`.
    len: u8,
    room: [u8; ROOM],
}

impl Line {
    const EMPTY: Self = Self { set: 0, slot: 0, len: 0, room: [0; ROOM] };
}

/// A value and what it satisfies. Its hash stands apart in [`Memo::tags`], so
/// that looking for what is not there touches one cache line.
#[derive(Debug, Default, Clone)]
struct Entry {
    slot: SlotId,
    value: Vec<u8>,
    set: u32,
}

#[derive(Debug, Default, Clone, Copy)]
struct Stats {
    lookups: u32,
    hits: u32,
    pause: u32,
    /// Of values that were not searched: how many there were, and came again.
    tried: u32,
    again: u32,
    /// Whether such are searched.
    pays: bool,
}

/// Where a value belongs if it is to be remembered.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    tag: u32,
    hash: u64,
}

/// Hashes of a set, the younger entry first; 0 where there is none.
type Tags = [u32; 2];

/// The part of a hash that a [`Head`] keeps; 0 stands for none.
#[inline]
const fn near_tag(hash: u64) -> u16 {
    (hash >> 48) as u16 | 1
}

/// The hash of a value of a slot.
#[inline]
fn place_of(slot: SlotId, value: &str) -> u64 {
    hash64(value.as_bytes()) ^ u64::from(slot).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The memory.
#[derive(Debug)]
pub struct Memo {
    heads: Vec<Head>,
    lines: Vec<Line>,
    tags: Vec<Tags>,
    entries: Vec<Entry>,
    stats: Vec<Stats>,
    /// Bytes of the long values, and how many have found no room.
    long: usize,
    refused: u32,
}

impl Memo {
    /// An empty memory for so many slots.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self {
            heads: vec![Head::default(); LINES],
            lines: vec![Line::EMPTY; LINES * 2],
            tags: vec![Tags::default(); SETS],
            entries: vec![Entry::default(); SETS * 2],
            stats: vec![Stats::default(); slots],
            long: 0,
            refused: 0,
        }
    }

    /// What was found before (`Ok`), or where to put what is found now
    /// (`Err(Some)`), if it is worth remembering at all: only what comes again
    /// is kept, so that values that never do push nothing out.
    #[inline]
    pub fn get(&mut self, slot: SlotId, value: &str) -> Result<u32, Option<Place>> {
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
            *s = Stats { pause: if seldom { PAUSE } else { 0 }, ..*s };
            (s.lookups, s.hits) = (0, 0);
        }
        s.lookups += 1;
        let hash = place_of(slot, value);
        let tag = (hash >> 32) as u32 | 1;
        let (set, part) = (hash as usize & (LINES - 1), near_tag(hash));
        let Some(head) = self.heads.get_mut(set) else { return Err(None) };
        for (way, t) in head.tags.iter().enumerate() {
            if *t == part
                && let Some(l) = self.lines.get(set * 2 + way)
                && l.slot == slot
                && l.room.get(..usize::from(l.len)) == Some(value.as_bytes())
            {
                s.hits += 1;
                return Ok(l.set);
            }
        }
        let far = hash as usize & (SETS - 1);
        let Some(tags) = self.tags.get(far) else { return Err(None) };
        for (way, t) in tags.iter().enumerate() {
            if *t == tag
                && let Some(e) = self.entries.get(far * 2 + way)
                && e.slot == slot
                && e.value == value.as_bytes()
            {
                s.hits += 1;
                return Ok(e.set);
            }
        }
        if head.once != part {
            head.once = part;
            return Err(None);
        }
        Err(Some(Place { tag, hash }))
    }

    /// Whether a value that no rule waits for is searched, because those of its slot come
    /// again and one search serves for all: known after some that were not.
    #[inline]
    pub fn pays(&mut self, slot: SlotId, value: &str) -> bool {
        let Some(s) = self.stats.get_mut(usize::from(slot)) else { return false };
        if s.pause > 0 {
            s.pause -= 1;
            s.pays = false;
            return false;
        }
        s.pays || self.repeats(slot, value)
    }

    /// Whether it is known by now that [`Memo::pays`] says yes to each value of a slot.
    #[inline]
    pub fn is_paying(&self, slot: SlotId) -> bool {
        self.stats.get(usize::from(slot)).is_some_and(|s| s.pays && s.pause == 0)
    }

    /// Notes a value that is not searched; whether enough of them came again by now.
    fn repeats(&mut self, slot: SlotId, value: &str) -> bool {
        let Some(s) = self.stats.get_mut(usize::from(slot)) else { return false };
        let hash = place_of(slot, value);
        let Some(head) = self.heads.get_mut(hash as usize & (LINES - 1)) else { return false };
        let part = near_tag(hash);
        s.tried += 1;
        s.again += u32::from(head.once == part);
        head.once = part;
        if s.tried >= SAMPLE {
            s.pays = s.again >= s.tried / 2;
            s.pause = if s.pays { 0 } else { PAUSE };
            (s.tried, s.again) = (0, 0);
        }
        s.pays
    }

    /// Remembers what was found, in place of the older of its set.
    pub fn put(&mut self, place: Place, slot: SlotId, value: &str, set: u32) {
        if value.len() <= ROOM {
            self.put_near(place, slot, value, set);
        } else {
            self.put_far(place, slot, value, set);
        }
    }

    fn put_near(&mut self, place: Place, slot: SlotId, value: &str, set: u32) {
        let at = place.hash as usize & (LINES - 1);
        let Some(head) = self.heads.get_mut(at) else { return };
        let Some([young, old]) = self.lines.get_mut(at * 2..at * 2 + 2) else { return };
        head.tags = [near_tag(place.hash), head.tags[0]];
        *old = *young;
        (young.set, young.slot, young.len) = (set, slot, value.len() as u8);
        if let Some(room) = young.room.get_mut(..value.len()) {
            room.copy_from_slice(value.as_bytes());
        }
    }

    /// Whether there is room for a long value.
    fn has_room(&mut self, len: usize) -> bool {
        if self.long + len <= LONG_ROOM {
            return true;
        }
        self.refused += 1;
        if self.refused > LONG_PATIENCE {
            self.refused = 0;
            for (i, e) in self.entries.iter_mut().enumerate().filter(|(_, e)| e.value.len() > LONG) {
                *e = Entry::default();
                if let Some(tags) = self.tags.get_mut(i / 2) {
                    tags[i % 2] = 0;
                }
            }
            self.long = 0;
        }
        false
    }

    fn put_far(&mut self, place: Place, slot: SlotId, value: &str, set: u32) {
        if value.len() > LONG && !self.has_room(value.len()) {
            return;
        }
        let at = place.hash as usize & (SETS - 1);
        let Some(tags) = self.tags.get_mut(at) else { return };
        let [young, old] = *tags;
        *tags = [place.tag, young];
        let at = at * 2;
        if young != 0 || old != 0 {
            self.entries.swap(at, at + 1);
        }
        if let Some(e) = self.entries.get_mut(at) {
            e.slot = slot;
            let counted = |v: &[u8]| if v.len() > LONG { v.len() } else { 0 };
            self.long = (self.long + counted(value.as_bytes())).saturating_sub(counted(&e.value));
            e.value.clear();
            e.value.shrink_to(LONG);
            e.value.extend_from_slice(value.as_bytes());
            e.set = set;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(m: &mut Memo, slot: SlotId, value: &str) -> Option<u32> {
        m.get(slot, value).ok()
    }

    #[test]
    fn remembers_by_slot_and_value() {
        let long = "x".repeat(300);
        for (value, found) in [("abc", 7), ("", 0), (&long, 1), (&long[..56], 0), (&long[..57], 3)] {
            let mut m = Memo::new(3);
            assert!(matches!(m.get(1, value), Err(None)), "seen once");
            let Err(Some(p)) = m.get(1, value) else { panic!("new") };
            m.put(p, 1, value, found);
            assert_eq!(kept(&mut m, 1, value), Some(found));
            assert!(m.get(2, value).is_err() && m.get(1, "abd").is_err());
        }
        assert!(matches!(Memo::new(1).get(0, &"x".repeat(MAX_VALUE + 1)), Err(None)));
    }

    #[test]
    fn long_values_have_their_room() {
        let mut m = Memo::new(1);
        let long = |i: usize| format!("{i:06}{}", "x".repeat(30_000));
        for i in 0..40 {
            let value = long(i);
            assert!(m.get(0, &value).is_err());
            let Err(Some(p)) = m.get(0, &value) else { panic!("new") };
            m.put(p, 0, &value, i as u32);
        }
        let kept: usize = m.entries.iter().map(|e| e.value.len()).sum();
        assert!(kept <= LONG_ROOM && kept == m.long && m.refused > 0, "{kept} {}", m.long);
        assert_eq!(super::tests::kept(&mut m, 0, &long(3)), Some(3));
        for _ in 0..=LONG_PATIENCE {
            m.has_room(LONG_ROOM);
        }
        assert_eq!((m.long, super::tests::kept(&mut m, 0, &long(3))), (0, None));
    }

    #[test]
    fn what_comes_again_is_worth_a_search() {
        let mut m = Memo::new(2);
        let all = (0..2 * SAMPLE).map(|i| (m.pays(0, &(i % 50).to_string()), m.pays(1, &i.to_string())));
        let all: Vec<(bool, bool)> = all.collect();
        assert!(!all[100].0 && all[2 * SAMPLE as usize - 1].0, "it is known after a while");
        assert!(all.iter().all(|(_, unique)| !unique));
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
