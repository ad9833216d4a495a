//! What a value must have for a predicate to hold on it, in four bytes: one bit
//! of the value's signature ([`Signature`]), so that most predicates are denied
//! without looking at pattern or value; and how to try it where a signature is
//! not worth making.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::detect::sigma::glob::{Part, Pattern, fold_into};

use super::preds::Op;

/// Bytes of a piece.
const WIDTH: usize = 4;
/// Bits of a signature.
const BITS: usize = 4_096;
/// Only so many pieces of a literal are considered.
const PIECES: usize = 64;
/// Texts up to this length are looked for by one of their bytes.
const SHORT: usize = 32;
/// Nobody has asked for the gate yet.
const UNTOLD: u32 = u32::MAX;
/// The gate has no bit of the signature.
const NO_BIT: u32 = 1 << 12;
/// The predicate looks at the start or the end of a value, or at a whole short one.
const EDGE: u32 = 1 << 13;
/// The predicate looks for one text anywhere in a value.
const INSIDE: u32 = 1 << 14;
/// Above it stands which byte of that text is the rarest.
const RARE: u32 = 16;

/// What is to be looked at before a predicate is tried on a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate(u32);

/// The gates of all predicates, each told when it is first asked for: most never are.
#[derive(Debug, Default)]
pub struct Gates(Box<[AtomicU32]>);

impl Gates {
    /// The gates of so many predicates.
    #[must_use]
    pub fn new(preds: usize) -> Self {
        Self((0..preds).map(|_| AtomicU32::new(UNTOLD)).collect())
    }

    /// The gate of a predicate.
    #[inline]
    pub fn get(&self, pred: u32, op: impl FnOnce() -> Option<Gate>) -> Gate {
        let Some(place) = self.0.get(pred as usize) else { return Gate::INDEX };
        match place.load(Ordering::Relaxed) {
            UNTOLD => {
                let gate = op().unwrap_or(Gate::INDEX);
                place.store(gate.0, Ordering::Relaxed);
                gate
            }
            told => Gate(told),
        }
    }
}

impl Gate {
    /// Nothing tells: the predicate is tried.
    pub const OPEN: Self = Self(NO_BIT);
    /// It is not tried by itself: the slot's index finds it.
    pub const INDEX: Self = Self(u32::MAX - 1);

    /// The gate of an operation.
    #[must_use]
    pub fn of(op: &Op) -> Self {
        match op {
            Op::Str { pattern, cased } => {
                let mut literal = String::new();
                fold_into(pattern.longest().unwrap_or(""), &mut literal);
                let pieces = literal.as_bytes().array_windows::<WIDTH>().take(PIECES);
                let bit = pieces.min_by_key(|p| common(**p)).map_or(NO_BIT, |p| bit(*p) as u32);
                Self(bit | if *cased { 0 } else { shape(pattern) })
            }
            Op::Regex(_) => Self::OPEN,
            _ => Self::INDEX,
        }
    }

    /// Whether a trial looks at a few bytes of the value only.
    #[inline]
    #[must_use]
    pub const fn is_edge(self) -> bool {
        self.0 & EDGE != 0
    }

    /// Where the predicate looks for one text anywhere: which of its bytes is the rarest.
    #[inline]
    #[must_use]
    pub const fn inside(self) -> Option<usize> {
        if self.0 & INSIDE != 0 { Some((self.0 >> RARE) as usize) } else { None }
    }
}

/// How a pattern is tried.
fn shape(pattern: &Pattern) -> u32 {
    match pattern.0.as_slice() {
        [Part::Lit(_)] | [Part::Lit(_), Part::Many] | [Part::Many, Part::Lit(_)] => EDGE,
        // of longer ones each place of a value could cost as much as they are long
        [Part::Many, Part::Lit(t), Part::Many] if t.len() <= SHORT => {
            let rarest =
                t.as_bytes().iter().enumerate().min_by_key(|(_, b)| RANK[usize::from(**b)]).map_or(0, |(at, _)| at);
            INSIDE | (rarest as u32) << RARE
        }
        _ => 0,
    }
}

/// Whether a text stands in a folded value, looked for by one of its bytes.
#[must_use]
pub fn stands_in(value: &[u8], text: &[u8], rarest: usize) -> bool {
    let Some(byte) = text.get(rarest) else { return text.is_empty() };
    memchr::memchr_iter(*byte, value)
        .filter_map(|found| value.get(found.checked_sub(rarest)?..))
        .any(|rest| rest.starts_with(text))
}

/// How often a byte stands in texts: letters from the most frequent on.
const RANK: [u8; 256] = {
    let mut rank = [4; 256];
    let letters = b"etaoinsrldhcumpfgybwvkxjqz";
    let mut i = 0;
    while i < letters.len() {
        rank[letters[i] as usize] = 30 - i as u8;
        i += 1;
    }
    rank
};

/// How little a piece says: its letters from the most frequent on.
fn common(piece: [u8; WIDTH]) -> u32 {
    piece.into_iter().map(|b| u32::from(RANK[usize::from(b)])).sum()
}

#[inline]
const fn bit(piece: [u8; WIDTH]) -> usize {
    (u32::from_le_bytes(piece).wrapping_mul(0x9e37_79b1) >> (32 - BITS.ilog2())) as usize
}

/// Which pieces a folded value has, one bit for many of them.
#[derive(Debug, Clone)]
pub struct Signature(Box<[u64; BITS / 64]>);

impl Default for Signature {
    fn default() -> Self {
        Self(Box::new([0; BITS / 64]))
    }
}

impl Signature {
    /// Of longer values a signature tells nothing.
    pub const LONGEST: usize = 32 << 10;

    /// Becomes that of a folded value.
    pub fn set(&mut self, folded: &[u8]) {
        self.0.fill(0);
        for piece in folded.array_windows::<WIDTH>() {
            let bit = bit(*piece);
            self.0[bit / 64 % (BITS / 64)] |= 1 << (bit % 64);
        }
    }

    /// Whether a predicate may hold on the value.
    #[must_use]
    #[inline]
    pub fn may_pass(&self, gate: Gate) -> bool {
        let bit = gate.0 as usize & (2 * BITS - 1);
        bit >= BITS || self.0[bit / 64 % (BITS / 64)] >> (bit % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::sigma::glob::Pattern;

    #[test]
    fn a_gate_never_denies_what_holds() {
        let gate = |text: &str, cased| {
            let pattern = Pattern::parse(text);
            Gate::of(&Op::Str { pattern, cased })
        };
        let mut s = Signature::default();
        for value in ["", "abc", "C:\\Windows\\System32\\cmd.exe /c whoami", "\u{212a}elvin ſtraße ΣΑΣ"] {
            let mut folded = String::new();
            fold_into(value, &mut folded);
            s.set(folded.as_bytes());
            let starts: Vec<usize> = value.char_indices().map(|c| c.0).chain([value.len()]).collect();
            for (i, from) in starts.iter().enumerate() {
                for to in starts.iter().skip(i) {
                    let part = value[*from..*to].replace('\\', "\\\\");
                    assert!(s.may_pass(gate(&format!("*{part}*"), false)), "{part}");
                    assert!(s.may_pass(gate(&format!("*{part}*"), true)), "{part}");
                }
            }
        }
        for (value, text) in
            [("", ""), ("abc", ""), ("abc", "abc"), ("xabcx", "abc"), ("ababac", "abac"), ("aab", "ab")]
        {
            (0..text.len().max(1))
                .for_each(|at| assert!(stands_in(value.as_bytes(), text.as_bytes(), at), "{value} {text}"));
        }
        assert!(!stands_in(b"ab", b"abc", 2) && !stands_in(b"bc", b"abc", 1) && !stands_in(b"", b"a", 0));
        s.set(b"something else");
        assert!(!s.may_pass(gate("*whoami*", false)) && s.may_pass(gate("*xyz*", false)));
        assert!(s.may_pass(Gate::OPEN));
    }
}
