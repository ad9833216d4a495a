//! Values compared without case, as matching compares them.
//!
//! One account, machine or address is one entity however a client spells it:
//! keys of groups, counted values and entities fold their letters. Nothing is
//! allocated for it.

use std::borrow::Cow;

use crate::event::fold::fold_char;
pub(super) use crate::event::fold::{folded, same};
use crate::event::hash64;

/// Characters of a value that are remembered of it.
const LONG: usize = 256;

/// Folded bytes that are hashed at once.
const CHUNK: usize = 256;

/// Bytes that are looked at at once.
const WORD: usize = 8;

/// Whether folding leaves a value as it is, which most are.
#[inline]
pub(super) fn plain(value: &str) -> bool {
    let bytes = value.as_bytes();
    let Some(last) = bytes.last_chunk::<WORD>() else {
        return !bytes.iter().fold(false, |odd, b| odd | b.is_ascii_uppercase() | (*b >= 0x80));
    };
    let (words, _) = bytes.as_chunks::<WORD>();
    words.iter().chain([last]).fold(0, |odd, w| odd | folds(u64::from_le_bytes(*w))) == 0
}

/// Whether one of eight bytes is a capital or not of ASCII: then the result is not 0.
#[inline]
const fn folds(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let low = word & (EACH * 0x7f);
    // The highest bit of a byte tells whether it is `A` or more, and more than `Z`.
    let (from, beyond) = (low + EACH * (0x80 - b'A' as u64), low + EACH * (0x80 - b'Z' as u64 - 1));
    ((from & !beyond) | word) & (EACH * 0x80)
}

/// A value as it is remembered: a very long one is cut, and told from others by its hash, so
/// that memory is bounded by how many values there are.
pub(super) fn kept(value: &str) -> Cow<'_, str> {
    let cut = if value.len() <= LONG { None } else { value.char_indices().nth(LONG) };
    match cut.and_then(|(at, _)| value.get(..at)) {
        None => Cow::Borrowed(value),
        Some(start) => Cow::Owned(format!("{start}…{:016x}", hash(value))),
    }
}

/// Hash of a value with its letters folded.
pub(super) fn hash(value: &str) -> u64 {
    if plain(value) {
        if value.len() <= CHUNK {
            return hash64(value.as_bytes());
        }
        let mut chunks = value.as_bytes().chunks(CHUNK);
        let first = hash64(chunks.next().unwrap_or(&[]));
        return chunks.fold(first, |hash, chunk| mix(hash, hash64(chunk)));
    }
    let mut buf = [0u8; CHUNK];
    let (mut len, mut hash) = (0usize, None);
    let mut push = |byte: u8| {
        if len == CHUNK {
            let part = hash64(&buf);
            hash = Some(hash.map_or(part, |h| mix(h, part)));
            len = 0;
        }
        if let Some(place) = buf.get_mut(len) {
            *place = byte;
        }
        len += 1;
    };
    if value.is_ascii() {
        value.bytes().for_each(|b| push(b.to_ascii_lowercase()));
    } else {
        for c in value.chars().flat_map(fold_char) {
            c.encode_utf8(&mut [0; 4]).bytes().for_each(&mut push);
        }
    }
    let part = hash64(buf.get(..len).unwrap_or(&[]));
    hash.map_or(part, |h| mix(h, part))
}

const fn mix(hash: u64, part: u64) -> u64 {
    hash.rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_one_and_others_are_not() {
        let long = "x".repeat(255);
        for (a, b) in [
            ("Administrator", "aDMINISTRATOR"),
            ("JÜRGEN", "jürgen"),
            ("ΟΔΟΣ", "οδος"),
            ("ſ", "S"),
            ("", ""),
            (&*format!("{long}ÄB"), &*format!("{long}äb")),
            (&*"AbC".repeat(300), &*"abc".repeat(300)),
        ] {
            assert_eq!(hash(a), hash(b), "{a}");
            assert_eq!(hash(a), hash(&folded(a)), "{a}");
            assert!(same(a, b) && folded(a) == folded(b), "{a}");
        }
        for (a, b) in [("ab", "abc"), ("Jürgen", "Jurgen"), (&*"a".repeat(256), &*"a".repeat(257))] {
            assert_ne!(hash(a), hash(b));
            assert!(!same(a, b));
        }
    }

    #[test]
    fn plain_is_what_folding_leaves() {
        for c in ('\0'..='\u{ff}').chain(['ſ', 'Σ', 'β']) {
            for (before, after) in [("", ""), ("abc.", "/9"), ("0123456", "7"), ("[{@`z|~_", "10.0.0.1\u{7f}")] {
                let value = format!("{before}{c}{after}");
                let slow = !value.bytes().any(|b| b.is_ascii_uppercase() || b >= 0x80);
                assert_eq!(plain(&value), slow, "{value:?}");
            }
        }
        assert!(plain("") && !plain("10.0.0.1é"));
    }

    #[test]
    fn long_values_are_cut_and_told_apart() {
        let (one, other) = ("ä".repeat(100_000), format!("{}b", "ä".repeat(99_999)));
        let (short, spelt) = ("ä".repeat(256), "Ä".repeat(100_000));
        assert_eq!(kept(&short), short);
        assert!(kept(&one).len() < 600 && kept(&one) != kept(&other));
        assert!(same(&kept(&one), &kept(&spelt)));
    }

    #[test]
    fn short_plain_values_hash_as_they_are() {
        assert_eq!(hash("10.0.0.1"), hash64(b"10.0.0.1"));
    }
}
