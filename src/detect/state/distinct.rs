//! How often each of some values is there.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Values up to which they are looked at one by one.
const FEW: usize = 16;

/// Values with their numbers: most groups have one or two.
#[derive(Debug, Clone)]
pub(super) enum Distinct {
    Few(SmallVec<[(u64, u32); 3]>),
    Many(FxHashMap<u64, u32>),
}

impl Default for Distinct {
    fn default() -> Self {
        Self::Few(SmallVec::new())
    }
}

impl Distinct {
    /// How many different values there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Few(all) => all.len(),
            Self::Many(map) => map.len(),
        }
    }

    /// How often a value is there.
    pub(super) fn times(&self, value: u64) -> u32 {
        match self {
            Self::Few(all) => all.iter().find(|v| v.0 == value).map_or(0, |v| v.1),
            Self::Many(map) => map.get(&value).copied().unwrap_or(0),
        }
    }

    pub(super) fn add(&mut self, value: u64) {
        match self {
            Self::Few(all) => {
                if let Some(v) = all.iter_mut().find(|v| v.0 == value) {
                    v.1 += 1;
                } else if all.len() < FEW {
                    all.push((value, 1));
                } else {
                    let mut map: FxHashMap<u64, u32> = all.drain(..).collect();
                    map.insert(value, 1);
                    *self = Self::Many(map);
                }
            }
            Self::Many(map) => *map.entry(value).or_insert(0) += 1,
        }
    }

    pub(super) fn remove(&mut self, value: u64) {
        match self {
            Self::Few(all) => {
                if let Some(at) = all.iter().position(|v| v.0 == value)
                    && let Some(v) = all.get_mut(at)
                {
                    v.1 -= 1;
                    if v.1 == 0 {
                        all.swap_remove(at);
                    }
                }
            }
            Self::Many(map) => {
                if let Some(n) = map.get_mut(&value) {
                    *n -= 1;
                    if *n == 0 {
                        map.remove(&value);
                    }
                }
            }
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Self::Few(all) => all.clear(),
            Self::Many(map) => map.clear(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_count_alike() {
        let mut d = Distinct::default();
        for i in 0..40 {
            d.add(i);
            d.add(i / 2);
            assert_eq!(d.len() as u64, i + 1);
        }
        assert!(matches!(d, Distinct::Many(_)));
        assert_eq!((d.times(3), d.times(39), d.times(99)), (3, 1, 0));
        for i in 0..40 {
            d.remove(i);
            d.remove(i / 2);
        }
        assert_eq!(d.len(), 0);
        let mut few = Distinct::default();
        [7, 8, 7].into_iter().for_each(|v| few.add(v));
        few.remove(7);
        assert_eq!((few.len(), few.times(7), few.times(8)), (2, 1, 1));
        few.remove(7);
        few.remove(7);
        assert_eq!((few.len(), few.times(7)), (1, 0));
    }
}
