//! What a value must have for a predicate to hold on it, in two bytes: one bit
//! of the value's signature ([`Signature`]), so that most predicates are denied
//! without looking at pattern or value.

use std::sync::atomic::{AtomicU16, Ordering};

use crate::detect::sigma::glob::fold_into;

use super::preds::Op;

/// Bytes of a piece.
const WIDTH: usize = 4;
/// Bits of a signature.
const BITS: usize = 4_096;
/// Only so many pieces of a literal are considered.
const PIECES: usize = 64;
/// Nobody has asked for the gate yet.
const UNTOLD: u16 = u16::MAX - 2;

/// What is to be looked at before a predicate is tried on a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate(u16);

/// The gates of all predicates, each told when it is first asked for: most never are.
#[derive(Debug, Default)]
pub struct Gates(Box<[AtomicU16]>);

impl Gates {
    /// The gates of so many predicates.
    #[must_use]
    pub fn new(preds: usize) -> Self {
        Self((0..preds).map(|_| AtomicU16::new(UNTOLD)).collect())
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
    pub const OPEN: Self = Self(u16::MAX);
    /// It is not tried by itself: the slot's index finds it.
    pub const INDEX: Self = Self(u16::MAX - 1);

    /// The gate of an operation.
    #[must_use]
    pub fn of(op: &Op) -> Self {
        match op {
            Op::Str { pattern, .. } => {
                let mut literal = String::new();
                fold_into(pattern.longest().unwrap_or(""), &mut literal);
                let pieces = literal.as_bytes().array_windows::<WIDTH>().take(PIECES);
                pieces.min_by_key(|p| common(**p)).map_or(Self::OPEN, |p| Self(bit(*p) as u16))
            }
            Op::Regex(_) => Self::OPEN,
            _ => Self::INDEX,
        }
    }
}

/// How little a piece says: its letters from the most frequent on.
fn common(piece: [u8; WIDTH]) -> u32 {
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
        let bit = usize::from(gate.0);
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
        s.set(b"something else");
        assert!(!s.may_pass(gate("*whoami*", false)) && s.may_pass(gate("*xyz*", false)));
        assert!(s.may_pass(Gate::OPEN));
    }
}
