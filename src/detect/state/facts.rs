//! Addresses, accounts and machines seen in one group: few strings, each kept
//! once, as it was spelt first.
//!
//! Bounded per group, so that no input can grow it; what does not fit is
//! counted in alerts but not listed.

use smallvec::SmallVec;

use super::case;
use super::entry::{Entry, NO_FACT, Ring};

/// Accounts, machines and shown values that a group keeps.
pub(super) const LISTED: usize = 14;

/// Which entity a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FactKind {
    Ip = 0,
    User = 1,
    Host = 2,
    /// What else the rule shows: the values it counts, or those it names.
    Shown = 3,
}

impl FactKind {
    pub(super) const ALL: [Self; 4] = [Self::Ip, Self::User, Self::Host, Self::Shown];
    /// Those that every rule reads from the event.
    pub(super) const EVERY: [Self; 3] = [Self::Ip, Self::User, Self::Host];

    /// Most of a kind that a group keeps.
    const fn cap(self) -> usize {
        match self {
            Self::Ip => 100,
            Self::User | Self::Host | Self::Shown => LISTED,
        }
    }
}

#[derive(Debug)]
struct Fact {
    kind: FactKind,
    hash: u64,
    text: SmallVec<[u8; 24]>,
}

impl Fact {
    /// Whether it is that value, however spelt.
    fn is(&self, text: &str) -> bool {
        *self.text == *text.as_bytes() || std::str::from_utf8(&self.text).is_ok_and(|t| case::same(t, text))
    }
}

/// A value of the event at hand with its hash, computed once for all rules.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Named<'a> {
    pub text: &'a str,
    /// Of the folded value.
    pub hash: u64,
}

impl<'a> Named<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, hash: case::hash(text) }
    }
}

/// The facts of one group.
#[derive(Debug, Default)]
pub(super) struct Facts {
    items: Vec<Fact>,
    counts: [u8; 4],
    /// Insertions left until it is worth looking for unused facts again.
    patience: u16,
}

impl Facts {
    /// Index of a value, which is added where there is room.
    pub(super) fn intern(&mut self, kind: FactKind, value: Named<'_>) -> u8 {
        if value.text.is_empty() {
            return NO_FACT;
        }
        let found = self.items.iter().position(|f| f.hash == value.hash && f.kind == kind && f.is(value.text));
        if let Some(i) = found {
            return i as u8;
        }
        if usize::from(self.counts[kind as usize]) >= kind.cap() {
            return NO_FACT;
        }
        self.counts[kind as usize] += 1;
        if self.items.len() == self.items.capacity() {
            // Most groups have an address, an account and a machine, and stay so.
            self.items.reserve_exact((self.items.len() / 2).max(2));
        }
        self.items.push(Fact { kind, hash: value.hash, text: value.text.as_bytes().into() });
        (self.items.len() - 1) as u8
    }

    /// Forgets all of them; what room a few take is kept.
    pub(super) fn clear(&mut self) {
        let mut items = std::mem::take(&mut self.items);
        items.clear();
        items.shrink_to(4);
        *self = Self { items, ..Self::default() };
    }

    /// The text of an index.
    pub(super) fn get(&self, i: u8) -> Option<&str> {
        self.items.get(usize::from(i)).and_then(|f| std::str::from_utf8(&f.text).ok())
    }

    /// Forgets what no entry of the ring since `from` refers to, when a kind is full.
    /// Not to be called while an episode refers to facts.
    pub(super) fn tidy(&mut self, ring: &mut Ring, from: i64) {
        if FactKind::ALL.iter().all(|k| usize::from(self.counts[*k as usize]) < k.cap()) {
            return;
        }
        if self.patience > 0 {
            self.patience -= 1;
            return;
        }
        self.patience = 64;
        let mut place = [NO_FACT; 256];
        for e in ring.iter_mut() {
            if e.time() < from {
                e.facts = [NO_FACT; 4];
            }
            for f in e.facts {
                place[usize::from(f)] = 0;
            }
        }
        let (mut next, mut old) = (0u8, 0usize);
        let counts = &mut self.counts;
        self.items.retain(|f| {
            let keep = place[old] == 0;
            if keep {
                place[old] = next;
                next += 1;
            } else {
                counts[f.kind as usize] -= 1;
            }
            old += 1;
            keep
        });
        place[usize::from(NO_FACT)] = NO_FACT;
        let moved = |e: &mut Entry| e.facts.iter_mut().for_each(|f| *f = place[usize::from(*f)]);
        ring.iter_mut().for_each(moved);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Named<'_> {
        Named::of(text)
    }

    #[test]
    fn same_value_same_index_and_bounded() {
        let mut f = Facts::default();
        let a = f.intern(FactKind::Ip, named("1.2.3.4"));
        assert_eq!(f.intern(FactKind::Ip, named("1.2.3.4")), a);
        assert_ne!(f.intern(FactKind::User, named("1.2.3.4")), a);
        assert_eq!(f.intern(FactKind::User, named("")), NO_FACT);
        for i in 0..300 {
            f.intern(FactKind::Ip, named(&format!("10.0.0.{i}")));
            f.intern(FactKind::User, named(&format!("u{i}")));
        }
        assert_eq!(f.items.len(), 114);
        assert_eq!(f.get(a), Some("1.2.3.4"));
    }

    #[test]
    fn another_spelling_is_the_same_value() {
        let mut f = Facts::default();
        let a = f.intern(FactKind::User, named("Jürgen"));
        assert_eq!(f.intern(FactKind::User, named("JÜRGEN")), a);
        assert_eq!(f.get(a), Some("Jürgen"));
    }

    #[test]
    fn unused_facts_make_room() {
        let mut f = Facts::default();
        for i in 0..100 {
            f.intern(FactKind::Ip, named(&format!("10.0.0.{i}")));
        }
        let mut ring = Ring::new();
        let mut e = Entry::blank(0);
        e.facts[0] = 42;
        ring.push_back(e);
        f.tidy(&mut ring, 0);
        assert_eq!(ring[0].facts, [0, NO_FACT, NO_FACT, NO_FACT]);
        assert_eq!(f.get(0), Some("10.0.0.42"));
        assert_eq!(f.intern(FactKind::Ip, named("new")), 1);
    }
}
