//! Where the groups of a shard stand, by the hashes of their keys.
//!
//! There are many shards, and a line of a log may ask several: most of what this
//! costs is waiting for memory. A place takes eight bytes, and those that are
//! looked at one after the other stand side by side.

/// Part of a hash, and what has it: its index plus one, 0 for nothing.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    tag: u32,
    item: u32,
}

/// Indices by hash. Several may have one hash: who asks knows them apart.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// A power of two, at most half of them taken; or none.
    places: Vec<Place>,
    len: usize,
}

/// Places of the smallest table.
const LEAST: usize = 16;

const fn tag(hash: u64) -> u32 {
    (hash ^ (hash >> 32)) as u32
}

impl Table {
    const fn mask(&self) -> usize {
        self.places.len().wrapping_sub(1)
    }

    /// The places from a hash's own one on, up to the first that is free.
    fn chain(&self, tag: u32) -> impl Iterator<Item = (usize, Place)> {
        let from = tag as usize;
        let places = (from..from + self.places.len()).map(|at| at & self.mask());
        places.map_while(|at| Some((at, *self.places.get(at)?))).take_while(|(_, p)| p.item != 0)
    }

    /// The index with that hash which is the one that is meant.
    #[inline]
    pub(super) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let tag = tag(hash);
        self.chain(tag).filter(|(_, p)| p.tag == tag).map(|(_, p)| p.item - 1).find(|i| is(*i))
    }

    /// Adds an index that is not there.
    pub(super) fn insert(&mut self, hash: u64, index: u32) {
        if 2 * (self.len + 1) > self.places.len() {
            let more = vec![Place::default(); (2 * self.places.len()).max(LEAST)];
            let all = std::mem::replace(&mut self.places, more);
            all.into_iter().filter(|p| p.item != 0).for_each(|p| self.put(p));
        }
        self.put(Place { tag: tag(hash), item: index + 1 });
        self.len += 1;
    }

    fn put(&mut self, place: Place) {
        let free = (place.tag as usize).wrapping_add(self.chain(place.tag).count()) & self.mask();
        if let Some(p) = self.places.get_mut(free) {
            *p = place;
        }
    }

    /// Removes an index. What would not be found any more moves up.
    pub(super) fn remove(&mut self, hash: u64, index: u32) {
        let Some((mut hole, _)) = self.chain(tag(hash)).find(|(_, p)| p.item == index + 1) else { return };
        self.len -= 1;
        let mask = self.mask();
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let Some(p) = self.places.get(at).copied().filter(|p| p.item != 0) else { break };
            // It may stand in the hole unless its own place lies behind that.
            let own = p.tag as usize & mask;
            if at.wrapping_sub(own) & mask >= at.wrapping_sub(hole) & mask {
                if let Some(free) = self.places.get_mut(hole) {
                    *free = p;
                }
                hole = at;
            }
        }
        if let Some(free) = self.places.get_mut(hole) {
            *free = Place::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_a_plain_list_has_it() {
        // Few different hashes, so that chains meet and go round the end.
        for hashes in [1u64, 3, 20, 1 << 40] {
            let (mut table, mut plain) = (Table::default(), Vec::<(u64, u32)>::new());
            let mut state = hashes;
            let mut random = |n: u64| {
                state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
                (state >> 33) % n
            };
            for i in 0..3_000 {
                if random(5) < 3 {
                    let hash = (random(hashes) << 32) + 13;
                    table.insert(hash, i);
                    plain.push((hash, i));
                } else if !plain.is_empty() {
                    let (hash, index) = plain.swap_remove(random(plain.len() as u64) as usize);
                    table.remove(hash, index);
                    assert_eq!(table.find(hash, |i| i == index), None);
                }
                if i % 50 == 0 {
                    plain.iter().for_each(|(hash, i)| assert_eq!(table.find(*hash, |x| x == *i), Some(*i)));
                    assert_eq!(table.len, plain.len());
                }
            }
            table.remove(7, 7_000);
            assert_eq!((table.len, table.find(7, |i| i == 7_000)), (plain.len(), None));
        }
    }
}
