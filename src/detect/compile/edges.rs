//! Texts at the start or at the end of a value, all of a field's at once: they
//! are sorted, and all that a value starts with lie on one chain of prefixes.

use std::cmp::Ordering;

use super::literals::Literals;

/// No literal.
const NONE: u32 = u32::MAX;

/// Which edge of values is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// `startswith`.
    Start,
    /// `endswith`.
    End,
}

impl Edge {
    /// The eight bytes from the edge on, the outermost first; zero where there are none.
    #[inline]
    fn key(self, text: &[u8]) -> u64 {
        let mut eight = [0; 8];
        match self {
            Self::Start => {
                if let Some(first) = text.first_chunk::<8>() {
                    return u64::from_be_bytes(*first);
                }
                eight.iter_mut().zip(text).for_each(|(to, b)| *to = *b);
            }
            Self::End => {
                if let Some(last) = text.last_chunk::<8>() {
                    return u64::from_le_bytes(*last);
                }
                eight.iter_mut().zip(text.iter().rev()).for_each(|(to, b)| *to = *b);
            }
        }
        u64::from_be_bytes(eight)
    }

    /// Order of two texts as seen from the edge.
    fn compare(self, a: &[u8], b: &[u8]) -> Ordering {
        match self {
            Self::Start => a.cmp(b),
            Self::End => a.iter().rev().cmp(b.iter().rev()),
        }
    }

    /// Whether `text` has `part` at the edge.
    #[inline]
    fn has(self, text: &[u8], part: &[u8]) -> bool {
        match self {
            Self::Start => text.starts_with(part),
            Self::End => text.ends_with(part),
        }
    }
}

/// A literal in order.
#[derive(Debug)]
struct Entry {
    key: u64,
    literal: u32,
    /// Position of the longest other literal that this one has at its edge.
    within: u32,
}

/// The literals of one edge.
#[derive(Debug)]
pub struct Edges {
    edge: Edge,
    sorted: Box<[Entry]>,
}

impl Edges {
    /// An index of literals that are all different.
    #[must_use]
    pub fn new(edge: Edge, literals: &Literals, text: &str) -> Self {
        let get = |i: u32| literals.text(text, i).as_bytes();
        let mut order: Vec<u32> = (0..literals.len() as u32).collect();
        order.sort_unstable_by(|a, b| edge.compare(get(*a), get(*b)));
        let mut sorted: Vec<Entry> = Vec::with_capacity(order.len());
        let mut open: Vec<u32> = Vec::new();
        for (at, literal) in (0..).zip(order) {
            let mine = get(literal);
            let inner = |o: &u32| sorted.get(*o as usize).is_some_and(|e| edge.has(mine, get(e.literal)));
            while open.last().is_some_and(|o| !inner(o)) {
                open.pop();
            }
            let within = open.last().copied().unwrap_or(NONE);
            sorted.push(Entry { key: edge.key(mine), literal, within });
            open.push(at);
        }
        Self { edge, sorted: sorted.into() }
    }

    /// Calls `hit` with each literal that a value has at the edge.
    #[inline]
    pub fn find(&self, value: &[u8], literals: &Literals, text: &str, mut hit: impl FnMut(u32)) {
        if self.sorted.is_empty() {
            return;
        }
        let key = self.edge.key(value);
        let get = |i: u32| literals.text(text, i).as_bytes();
        let after = self.sorted.partition_point(|e| match e.key.cmp(&key) {
            Ordering::Equal => self.edge.compare(get(e.literal), value) != Ordering::Greater,
            unequal => unequal == Ordering::Less,
        });
        // What stands before the value and is not of its chain shares some of it.
        let mut at = after.checked_sub(1);
        let mut holds = false;
        while let Some(e) = at.and_then(|at| self.sorted.get(at)) {
            holds = holds || self.edge.has(value, get(e.literal));
            if holds {
                hit(e.literal);
            }
            at = (e.within != NONE).then_some(e.within as usize);
        }
    }
}
