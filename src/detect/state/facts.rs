//! Addresses, accounts and machines seen in one group: few strings, each kept
//! once, as it was spelt first.
//!
//! Bounded per group, so that no input can grow it: what nothing refers to any
//! more makes room. What finds none is counted in alerts and said to be there,
//! but not listed.

use smallvec::SmallVec;

use super::case;
use super::entry::{Entry, NO_FACT, Ring, UNLISTED, lower};
use super::episode::Episode;
use super::window::Window;

/// Accounts, machines and shown values that a group keeps.
const LISTED: usize = 14;

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

    /// Most of a kind that a group keeps; an account that got in has a place of its own.
    const fn cap(self, got_in: bool) -> usize {
        match self {
            Self::Ip => 100,
            Self::User if got_in => LISTED + 1,
            Self::User | Self::Host | Self::Shown => LISTED,
        }
    }
}

#[derive(Debug)]
struct Fact {
    kind: FactKind,
    hash: u64,
    /// Push since which its index is its own.
    since: u64,
    /// Time of the latest match that said it.
    last: i64,
    text: SmallVec<[u8; 24]>,
}

impl Fact {
    /// Whether it is that value, however spelt.
    fn is(&self, text: &str) -> bool {
        *self.text == *text.as_bytes() || std::str::from_utf8(&self.text).is_ok_and(|t| case::same(t, text))
    }
}

/// Who refers to facts of a group: these stay, others may go.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Held<'a> {
    pub ring: Option<&'a Ring>,
    /// Entries on their way from the ring to the episode.
    pub entries: &'a [Entry],
    /// Entries before this time do not matter: they are kept for what may come late.
    pub from: i64,
    pub episodes: [Option<&'a Episode>; 2],
    /// The match is the last of several steps.
    pub got_in: bool,
}

impl<'a> Held<'a> {
    /// What the window and the episode of a group refer to.
    pub(super) fn by(window: Option<&'a Window>, episode: Option<&'a Episode>) -> Self {
        Self { ring: window.map(|w| &w.ring), from: i64::MIN, episodes: [episode, None], ..Self::default() }
    }

    fn each(self) -> impl Iterator<Item = &'a Entry> {
        let ring = self.ring.into_iter().flat_map(move |r| r.range(lower(r, self.from)..));
        ring.chain(self.entries)
    }

    /// No entry is earlier.
    fn floor(self) -> i64 {
        let front = self.ring.and_then(|r| r.get(lower(r, self.from)));
        front.into_iter().chain(self.entries).map(Entry::time).min().unwrap_or(i64::MAX)
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
    /// Values without room until it is worth looking at all entries again.
    patience: u16,
}

impl Facts {
    /// Index of a value that a match says, by its push and time. Where there is no room for a new one,
    /// one that nothing refers to any more makes it; else there is a value that is not listed.
    pub(super) fn intern(&mut self, kind: FactKind, value: Named<'_>, (since, time): (u64, i64), held: Held<'_>) -> u8 {
        if value.text.is_empty() {
            return NO_FACT;
        }
        let text = case::kept(value.text);
        let found = self.items.iter().position(|f| f.hash == value.hash && f.kind == kind && f.is(&text));
        if let Some(i) = found {
            if let Some(f) = self.items.get_mut(i) {
                f.last = f.last.max(time);
            }
            return i as u8;
        }
        let fact = Fact { kind, hash: value.hash, since, last: time, text: text.as_bytes().into() };
        if usize::from(self.counts[kind as usize]) >= kind.cap(held.got_in) {
            let Some(i) = self.unused(kind, held) else { return UNLISTED };
            if let Some(place) = self.items.get_mut(i) {
                *place = fact;
            }
            return i as u8;
        }
        self.counts[kind as usize] += 1;
        if self.items.len() == self.items.capacity() {
            // Most groups have an address, an account and a machine, and stay so.
            self.items.reserve_exact((self.items.len() / 2).max(3));
        }
        self.items.push(fact);
        (self.items.len() - 1) as u8
    }

    /// The fact of a kind that was said longest ago, where nothing refers to it. The others keep
    /// their indices.
    #[cold]
    fn unused(&mut self, kind: FactKind, held: Held<'_>) -> Option<usize> {
        let mut listed = [false; 256];
        for i in held.episodes.into_iter().flatten().flat_map(Episode::listed) {
            listed[usize::from(i)] = true;
        }
        let floor = held.floor();
        let oldest = |items: &[Fact]| {
            let free = items.iter().enumerate().filter(|(i, f)| f.kind == kind && !listed[*i] && f.last < floor);
            free.min_by_key(|(i, f)| (f.last, *i)).map(|(i, _)| i)
        };
        if let Some(i) = oldest(&self.items) {
            return Some(i);
        }
        // Entries may also go before their time. To look at all of them now and then costs each
        // of them little.
        if self.patience > 0 {
            self.patience -= 1;
            return None;
        }
        self.patience = u16::try_from(held.each().count()).unwrap_or(u16::MAX);
        self.items.iter_mut().for_each(|f| f.last = i64::MIN);
        for e in held.each() {
            for i in e.facts {
                if let Some(f) = self.items.get_mut(usize::from(i)) {
                    f.last = f.last.max(e.time());
                }
            }
        }
        oldest(&self.items)
    }

    /// Forgets all of them; what room a few take is kept.
    pub(super) fn clear(&mut self) {
        let mut items = std::mem::take(&mut self.items);
        items.clear();
        items.shrink_to(4);
        *self = Self { items, ..Self::default() };
    }

    /// What an entry of that push says, as far as it is still known.
    pub(super) fn of(&self, facts: [u8; 4], seq: u64) -> [u8; 4] {
        let gone = |i: u8| self.items.get(usize::from(i)).is_some_and(|f| f.since > seq);
        facts.map(|i| if gone(i) { UNLISTED } else { i })
    }

    /// The text of an index.
    pub(super) fn get(&self, i: u8) -> Option<&str> {
        self.items.get(usize::from(i)).and_then(|f| std::str::from_utf8(&f.text).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intern(f: &mut Facts, kind: FactKind, text: &str, time: i64, ring: &Ring) -> u8 {
        let held = Held { ring: Some(ring), from: i64::MIN, ..Held::default() };
        f.intern(kind, Named::of(text), (time as u64, time), held)
    }

    /// An entry that says that fact.
    fn entry(time: i64, kind: FactKind, fact: u8) -> Entry {
        let mut e = Entry::blank(time);
        e.facts[kind as usize] = fact;
        e
    }

    #[test]
    fn same_value_same_index_and_bounded() {
        let (mut f, mut ring) = (Facts::default(), Ring::new());
        let a = intern(&mut f, FactKind::Ip, "1.2.3.4", 0, &ring);
        ring.push_back(entry(0, FactKind::Ip, a));
        assert_eq!(intern(&mut f, FactKind::Ip, "1.2.3.4", 0, &ring), a);
        assert_ne!(intern(&mut f, FactKind::User, "1.2.3.4", 0, &ring), a);
        assert_eq!(intern(&mut f, FactKind::User, "", 0, &ring), NO_FACT);
        for i in 0..300 {
            for (kind, text) in [(FactKind::Ip, format!("10.0.0.{i}")), (FactKind::User, format!("u{i}"))] {
                let at = intern(&mut f, kind, &text, i, &ring);
                assert_eq!(at == UNLISTED, i >= if kind == FactKind::Ip { 99 } else { 14 }, "{text}");
                ring.push_back(entry(i, kind, at));
            }
        }
        assert_eq!(f.items.len(), 114);
        assert_eq!((f.get(a), f.get(UNLISTED), f.get(NO_FACT)), (Some("1.2.3.4"), None, None));
    }

    #[test]
    fn another_spelling_is_the_same_value() {
        let (mut f, ring) = (Facts::default(), Ring::new());
        let a = intern(&mut f, FactKind::User, "Jürgen", 0, &ring);
        assert_eq!(intern(&mut f, FactKind::User, "JÜRGEN", 0, &ring), a);
        assert_eq!(f.get(a), Some("Jürgen"));
    }

    /// Whatever leaves a window from where, what its entries say stays as it was, and a
    /// window of few values has room for them.
    #[test]
    fn what_is_referred_to_stays() {
        let kind = FactKind::User;
        for seed in 0..50u64 {
            let (mut f, mut ring) = (Facts::default(), Ring::new());
            let mut said: std::collections::VecDeque<String> = std::collections::VecDeque::new();
            let mut state = seed;
            let mut random = |n: u64| {
                state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
                (state >> 33) % n
            };
            let mut refused = 0;
            for i in 0..2_000 {
                let text = format!("u{}", random(40));
                let live = said.contains(&text);
                let at = intern(&mut f, kind, &text, i, &ring);
                assert!(at != UNLISTED || !live, "a value of the window has its place");
                refused += u64::from(at == UNLISTED);
                ring.push_back(entry(i, kind, at));
                said.push_back(if at == UNLISTED { String::new() } else { text });
                while ring.len() > 10 {
                    let gone = random(3) as usize;
                    ring.remove(gone);
                    said.remove(gone);
                }
                for (e, text) in ring.iter().zip(&said) {
                    assert_eq!(f.of(e.facts, e.time() as u64), e.facts);
                    assert_eq!(f.get(e.facts[kind as usize]).unwrap_or_default(), text);
                }
            }
            assert!(f.items.len() <= 14 && refused < 200, "{refused}");
        }
    }

    /// What is kept for late ones only may lose what it says, and says then that it had something.
    #[test]
    fn what_matters_now_goes_before_what_is_kept_for_late_ones() {
        let (mut f, mut ring) = (Facts::default(), Ring::new());
        for i in 0..40 {
            let held = Held { ring: Some(&ring), from: i - 10, ..Held::default() };
            let at = f.intern(FactKind::User, Named::of(&format!("u{i}")), (i as u64, i), held);
            assert_ne!(at, UNLISTED, "{i}");
            ring.push_back(entry(i, FactKind::User, at));
        }
        for (i, e) in ring.iter().enumerate() {
            let [_, user, ..] = f.of(e.facts, i as u64);
            let text = format!("u{i}");
            assert_eq!(f.get(user), (i >= 26).then_some(&*text));
            assert_eq!(user == UNLISTED, i < 26);
        }
    }
}
