//! What is known of each of some values: of most groups there are one or two.

use rustc_hash::FxHashMap;

/// Values up to which they are looked at one by one.
const FEW: usize = 16;

/// What is known of one value.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told {
    pub entries: u32,
    pub redeemers: u32,
    pub acts: u64,
    /// Acts that were accepted after all.
    pub accepted: u64,
    /// Time of the latest entry.
    pub entered_at: i64,
    /// Time of the redeemer that came last.
    pub redeemed_at: i64,
    /// Time of the one that came before it.
    pub before: i64,
}

impl Told {
    /// Acts that were not accepted in the end.
    pub(super) fn left(self) -> u64 {
        self.acts.saturating_sub(self.accepted)
    }

    pub(super) fn redeemed(self, at_most: u64) -> bool {
        let left = self.left();
        self.redeemers > 0 && left <= at_most || self.accepted > 0 && left == 0
    }

    /// Whether the redeemer that came last stands for all that is counted.
    pub(super) fn settled(self) -> bool {
        self.redeemers > 0 && (self.entries == 0 || self.entered_at <= self.redeemed_at)
    }

    /// Whether nothing of the value is there.
    pub(super) fn gone(self) -> bool {
        self.entries == 0 && self.redeemers == 0 && self.accepted == 0
    }
}

/// Values with what is known of them.
#[derive(Debug, Clone)]
pub(super) enum Values {
    Few(Vec<(u64, Told)>),
    Many(FxHashMap<u64, Told>),
}

impl Default for Values {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Values {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Few(all) => all.len(),
            Self::Many(map) => map.len(),
        }
    }

    pub(super) fn get(&self, value: u64) -> Option<&Told> {
        match self {
            Self::Few(all) => all.iter().find(|v| v.0 == value).map(|v| &v.1),
            Self::Many(map) => map.get(&value),
        }
    }

    /// What is known of a value, which is forgotten again if nothing of it is there
    /// after that.
    pub(super) fn change<T>(&mut self, value: u64, how: impl FnOnce(&mut Told) -> T) -> T {
        match self {
            Self::Few(all) => {
                let Some(at) = all.iter().position(|v| v.0 == value) else {
                    let mut told = Told::default();
                    let said = how(&mut told);
                    if !told.gone() {
                        self.add(value, told);
                    }
                    return said;
                };
                let Some((_, told)) = all.get_mut(at) else { return how(&mut Told::default()) };
                let said = how(told);
                if told.gone() {
                    all.swap_remove(at);
                }
                said
            }
            Self::Many(map) => {
                let told = map.entry(value).or_default();
                let said = how(told);
                if told.gone() {
                    map.remove(&value);
                }
                said
            }
        }
    }

    /// Adds a value that is not there.
    fn add(&mut self, value: u64, told: Told) {
        match self {
            Self::Few(all) if all.len() < FEW => {
                if all.len() == all.capacity() {
                    all.reserve_exact((all.len() / 2).max(1));
                }
                all.push((value, told));
            }
            Self::Few(all) => {
                let mut map: FxHashMap<u64, Told> = all.drain(..).collect();
                map.insert(value, told);
                *self = Self::Many(map);
            }
            Self::Many(map) => drop(map.insert(value, told)),
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Self::Few(all) => all.clear(),
            Self::Many(map) => map.clear(),
        }
    }

    /// All that is known, in no order.
    pub(super) fn all(&self) -> impl Iterator<Item = &Told> {
        let (few, many) = match self {
            Self::Few(all) => (Some(all), None),
            Self::Many(map) => (None, Some(map)),
        };
        few.into_iter().flatten().map(|v| &v.1).chain(many.into_iter().flat_map(FxHashMap::values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_are_told_alike() {
        let mut v = Values::default();
        for i in 0..40u64 {
            v.change(i, |t| t.entries += 1);
            v.change(i / 2, |t| t.acts += 1);
            v.change(99, |t| assert!(t.gone()));
            assert_eq!(v.len() as u64, i + 1);
        }
        assert!(matches!(v, Values::Many(_)));
        assert_eq!(v.all().map(|t| t.acts).sum::<u64>(), 40);
        assert_eq!(
            (v.get(3).map(|t| t.acts), v.get(39).map(|t| t.acts), v.get(99).map(|t| t.acts)),
            (Some(2), Some(0), None)
        );
        (0..40).for_each(|i| v.change(i, |t| t.entries -= 1));
        assert_eq!(v.len(), 0);
        let mut few = Values::default();
        [7, 8, 7].into_iter().for_each(|n| few.change(n, |t| t.redeemers += 1));
        assert_eq!((few.len(), few.get(7).map(|t| t.redeemers)), (2, Some(2)));
        few.change(8, |t| t.redeemers = 0);
        assert_eq!((few.len(), few.all().count()), (1, 1));
    }
}
