//! What is known of each of some values: of most groups there are one or two.

use rustc_hash::FxHashMap;
use smallvec::{Array, SmallVec};

/// Values up to which they are looked at one by one.
const FEW: usize = 16;

/// What may be known of a value.
pub(super) trait Known: Default + Clone {
    /// Whether that is nothing, so that the value need not be remembered.
    fn gone(&self) -> bool;
}

impl Known for u32 {
    fn gone(&self) -> bool {
        *self == 0
    }
}

/// Values with what is known of them, `N` of them in place.
#[derive(Debug, Clone)]
pub(super) enum Small<V: Known, const N: usize>
where
    [(u64, V); N]: Array<Item = (u64, V)>,
{
    Few(SmallVec<[(u64, V); N]>),
    Many(FxHashMap<u64, V>),
}

impl<V: Known, const N: usize> Default for Small<V, N>
where
    [(u64, V); N]: Array<Item = (u64, V)>,
{
    fn default() -> Self {
        Self::Few(SmallVec::new())
    }
}

impl<V: Known, const N: usize> Small<V, N>
where
    [(u64, V); N]: Array<Item = (u64, V)>,
{
    /// How many different values there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Few(all) => all.len(),
            Self::Many(map) => map.len(),
        }
    }

    /// What is known of a value.
    pub(super) fn get(&self, value: u64) -> Option<&V> {
        match self {
            Self::Few(all) => all.iter().find(|v| v.0 == value).map(|v| &v.1),
            Self::Many(map) => map.get(&value),
        }
    }

    /// Changes what is known of a value, which is forgotten again if that is
    /// nothing afterwards.
    pub(super) fn change<T>(&mut self, value: u64, how: impl FnOnce(&mut V) -> T) -> T {
        match self {
            Self::Few(all) => {
                let Some((at, (_, known))) = all.iter_mut().enumerate().find(|(_, v)| v.0 == value) else {
                    let mut known = V::default();
                    let said = how(&mut known);
                    if !known.gone() {
                        self.add(value, known);
                    }
                    return said;
                };
                let said = how(known);
                if known.gone() {
                    all.swap_remove(at);
                }
                said
            }
            Self::Many(map) => {
                let known = map.entry(value).or_default();
                let said = how(known);
                if known.gone() {
                    map.remove(&value);
                }
                said
            }
        }
    }

    /// Adds a value that is not there.
    fn add(&mut self, value: u64, known: V) {
        match self {
            Self::Few(all) if all.len() < FEW => {
                if all.len() == all.capacity() {
                    all.reserve_exact((all.len() / 2).max(1));
                }
                all.push((value, known));
            }
            Self::Few(all) => {
                let mut map: FxHashMap<u64, V> = all.drain(..).collect();
                map.insert(value, known);
                *self = Self::Many(map);
            }
            Self::Many(map) => drop(map.insert(value, known)),
        }
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        match self {
            Self::Few(all) => all.clear(),
            Self::Many(map) => map.clear(),
        }
    }

    /// Each value with what is known of it, in no order.
    pub(super) fn each(&self) -> impl Iterator<Item = (u64, &V)> {
        let (few, many) = match self {
            Self::Few(all) => (Some(all), None),
            Self::Many(map) => (None, Some(map)),
        };
        few.into_iter().flatten().map(|v| (v.0, &v.1)).chain(many.into_iter().flatten().map(|v| (*v.0, v.1)))
    }

    /// All that is known, in no order.
    pub(super) fn all(&self) -> impl Iterator<Item = &V> {
        self.each().map(|v| v.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds and removes are mirrored in a plain map.
    fn mirrors<const N: usize>()
    where
        [(u64, u32); N]: Array<Item = (u64, u32)>,
    {
        let (mut small, mut plain) = (Small::<u32, N>::default(), std::collections::BTreeMap::new());
        let check = |small: &Small<u32, N>, plain: &std::collections::BTreeMap<u64, u32>| {
            assert_eq!(small.len(), plain.len());
            (0..100).for_each(|v| assert_eq!(small.get(v), plain.get(&v)));
            assert_eq!(small.all().sum::<u32>(), plain.values().sum::<u32>());
        };
        for i in 0..80 {
            for v in [i % 40, i / 2] {
                small.change(v, |n| *n += 1);
                *plain.entry(v).or_insert(0) += 1;
            }
            small.change(99, |n| assert_eq!(*n, 0));
            check(&small, &plain);
        }
        assert!(matches!(small, Small::Many(_)));
        for v in (0..40).cycle() {
            let Some(n) = plain.get_mut(&v) else { break };
            *n -= 1;
            plain.retain(|_, n| *n > 0);
            small.change(v, |n| *n -= 1);
            check(&small, &plain);
        }
        small.clear();
        assert_eq!((small.len(), small.all().count()), (0, 0));
    }

    #[test]
    fn few_and_many_are_known_alike() {
        mirrors::<0>();
        mirrors::<3>();
    }

    #[test]
    fn the_last_takes_the_place_of_what_goes() {
        let mut few = Small::<u32, 3>::default();
        [7, 8, 7].into_iter().for_each(|v| few.change(v, |n| *n += 1));
        few.change(7, |n| *n -= 1);
        assert_eq!((few.len(), few.get(7), few.get(8)), (2, Some(&1), Some(&1)));
        few.change(7, |n| *n -= 1);
        assert_eq!((few.len(), few.get(7), few.get(8)), (1, None, Some(&1)));
    }
}
