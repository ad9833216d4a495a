//! Keys of groups: rule, lane and the values of the group-by fields.
//!
//! A lane keeps apart windows that must not mix: later epochs of a source, and
//! records so late that the windows of their time are gone. Keys are hashed
//! twice: once without a secret, for the shard (which must be the same in every
//! run), and once with a secret, for the table (which hostile values must not
//! be able to overload).

use std::hash::{BuildHasher, Hasher, RandomState};

use super::super::FieldRef;
use super::super::sigma::glob::fold_into;
use super::case;
use super::net;
use crate::event::{EventRef, SourceId};

/// Marks the lane of records that are too late for the windows of their epoch.
const LATE: u64 = 1 << 63;

/// A set of windows that may mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Lane(pub u64);

impl Lane {
    /// First epoch of all sources together.
    pub(super) const MAIN: Self = Self(0);

    /// The lane of an epoch of a source.
    pub(super) fn of(source: SourceId, epoch: u32) -> Self {
        if epoch == 0 { Self::MAIN } else { Self((u64::from(source.0 & 0x3fff_ffff) + 1) << 32 | u64::from(epoch)) }
    }

    /// The lane of its late records, which is each source's own.
    pub(super) fn late(self, source: SourceId) -> Self {
        Self(self.0 | LATE | (u64::from(source.0 & 0x3fff_ffff) + 1) << 32)
    }

    /// Whether times may jump at will in it.
    pub(super) fn is_late(self) -> bool {
        self.0 & LATE != 0
    }

    /// The lane whose watermark holds for it.
    pub(super) fn clock(self) -> Self {
        if !self.is_late() {
            return self;
        }
        if self.0 as u32 == 0 { Self::MAIN } else { Self(self.0 & !LATE) }
    }
}

/// A group key under construction: folded values, so that one account is one
/// group however it is spelt.
#[derive(Debug, Default)]
pub(super) struct KeyBuf {
    bytes: Vec<u8>,
    /// The key as the values are spelt, where folding changed any.
    spelt: Vec<u8>,
    scratch: String,
    any: bool,
}

const HEAD: usize = 12;

impl KeyBuf {
    pub(super) fn start(&mut self, slot: u32, lane: Lane) {
        self.bytes.clear();
        self.spelt.clear();
        self.any = false;
        self.bytes.extend_from_slice(&slot.to_le_bytes());
        self.bytes.extend_from_slice(&lane.0.to_le_bytes());
    }

    /// Keeps the group apart from those of the same values in other logs: where nothing names
    /// the machine, each log is one of its own. It is no value of the key.
    pub(super) fn apart(&mut self, home: u32) {
        for key in [&mut self.bytes, &mut self.spelt] {
            if let Some(lane) = key.get_mut(4..HEAD).and_then(|head| head.first_chunk_mut::<8>()) {
                let mixed = u64::from_le_bytes(*lane) ^ (u64::from(home) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                *lane = mixed.to_le_bytes();
            }
        }
    }

    /// Appends the value of a field; an absent one counts as empty.
    pub(super) fn push(&mut self, value: Option<&str>) {
        let value = case::kept(value.unwrap_or(""));
        let value = &*value;
        self.any |= !value.is_empty();
        if case::plain(value) {
            append(&mut self.bytes, value);
            if !self.spelt.is_empty() {
                append(&mut self.spelt, value);
            }
            return;
        }
        if self.spelt.is_empty() {
            self.spelt.extend_from_slice(&self.bytes);
        }
        append(&mut self.spelt, value);
        self.scratch.clear();
        fold_into(value, &mut self.scratch);
        append(&mut self.bytes, &self.scratch);
    }

    /// Appends the value of a field that may be a source's address: of IPv6 its network counts.
    pub(super) fn push_of(&mut self, value: Option<&str>, is_source: impl FnOnce() -> bool) {
        let Some((value, net)) = value.and_then(|v| Some((v, net::of(v)?))).filter(|_| is_source()) else {
            return self.push(value);
        };
        self.any = true;
        if self.spelt.is_empty() {
            self.spelt.extend_from_slice(&self.bytes);
        }
        append(&mut self.spelt, value);
        append(&mut self.bytes, net.as_str());
    }

    /// Whether any value was there.
    pub(super) fn any(&self) -> bool {
        self.any
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The key with its values as they are spelt, where that is another one.
    pub(super) fn spelt(&self) -> Option<&[u8]> {
        (!self.spelt.is_empty()).then_some(self.spelt.as_slice())
    }
}

fn append(key: &mut Vec<u8>, value: &str) {
    key.extend_from_slice(&(value.len() as u32).to_le_bytes());
    key.extend_from_slice(value.as_bytes());
}

/// The values of a key, in the order in which they were pushed.
pub(super) fn values(key: &[u8]) -> impl Iterator<Item = &str> {
    let mut rest = key.get(HEAD..).unwrap_or(&[]);
    std::iter::from_fn(move || {
        let (len, tail) = rest.split_first_chunk::<4>()?;
        let (value, tail) = tail.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        rest = tail;
        Some(std::str::from_utf8(value).unwrap_or(""))
    })
}

/// The shard of a key, the same in every run. Rule, length and both ends of
/// the values spread keys well enough over so few shards.
pub(super) fn shard_of(key: &[u8]) -> usize {
    let word = |at: Option<&[u8; 8]>| at.map_or(0, |w| u64::from_le_bytes(*w));
    let first = word(key.get(HEAD..).and_then(|v| v.first_chunk()));
    let (head, last) = (word(key.first_chunk()), word(key.last_chunk()));
    let mixed =
        (first ^ last.rotate_left(29) ^ head.rotate_left(47) ^ key.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 58) as usize
}

/// The secret of a table's hash. Only speed depends on it, never a result.
#[derive(Debug, Clone, Copy)]
pub(super) struct Secret(u64, u64);

impl Secret {
    pub(super) fn random() -> Self {
        let state = RandomState::new();
        let word = |n: u64| {
            let mut h = state.build_hasher();
            h.write_u64(n);
            h.finish()
        };
        Self(word(1), word(2) | 1)
    }

    /// Keyed hash of a key.
    pub(super) fn hash(self, key: &[u8]) -> u64 {
        let mut state = self.0 ^ key.len() as u64;
        let mut chunks = key.chunks_exact(8);
        let mix = |state: u64, word: u64| {
            let wide = u128::from(state ^ word) * u128::from(self.1);
            (wide as u64) ^ ((wide >> 64) as u64) ^ self.0.rotate_left(23)
        };
        for c in &mut chunks {
            let mut word = [0u8; 8];
            word.copy_from_slice(c);
            state = mix(state, u64::from_le_bytes(word));
        }
        let mut word = [0u8; 8];
        for (w, b) in word.iter_mut().zip(chunks.remainder()) {
            *w = *b;
        }
        mix(mix(state, u64::from_le_bytes(word)), self.1)
    }
}

/// Hash of a field's value in an event; `None` where it is absent or empty.
pub(super) fn value_of<'a>(e: EventRef<'a>, field: Option<&FieldRef>) -> Option<&'a str> {
    field?.read(e).filter(|v| !v.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_and_lengths_keep_keys_apart() {
        let mut k = KeyBuf::default();
        k.start(7, Lane::MAIN);
        k.push(Some("1.2.3.4"));
        k.push(None);
        k.push(Some("bob"));
        assert_eq!(values(k.bytes()).collect::<Vec<_>>(), ["1.2.3.4", "", "bob"]);
        assert!(k.any());
        let mut other = KeyBuf::default();
        other.start(7, Lane::MAIN);
        other.push(Some("1.2.3.4b"));
        other.push(None);
        other.push(Some("ob"));
        assert_ne!(k.bytes(), other.bytes());
    }

    #[test]
    fn logs_without_machines_are_apart() {
        let key = |home: Option<u32>| {
            let mut k = KeyBuf::default();
            k.start(7, Lane::MAIN);
            k.push(Some("Bob"));
            home.into_iter().for_each(|h| k.apart(h));
            assert_eq!(values(k.bytes()).collect::<Vec<_>>(), ["bob"]);
            (k.bytes().to_vec(), k.spelt().map(<[u8]>::to_vec))
        };
        assert_eq!(key(Some(1)), key(Some(1)));
        assert_ne!(key(Some(1)).0, key(Some(2)).0);
        assert_ne!(key(Some(0)), key(None));
    }

    #[test]
    fn spellings_make_one_key_and_are_kept() {
        let key = |user: &str| {
            let mut k = KeyBuf::default();
            k.start(7, Lane::MAIN);
            k.push(Some("10.0.0.1"));
            k.push(Some(user));
            k.push(Some("x"));
            k
        };
        let (a, b, c) = (key("Jürgen"), key("JÜRGEN"), key("jürgen"));
        assert!(a.bytes() == b.bytes() && b.bytes() == c.bytes());
        assert_eq!(values(b.spelt().expect("spelt otherwise")).collect::<Vec<_>>(), ["10.0.0.1", "JÜRGEN", "x"]);
        assert_eq!(key("root").spelt(), None);
    }

    #[test]
    fn keys_spread_over_shards() {
        let mut used = [0u32; 64];
        for i in 0..6_400 {
            let mut k = KeyBuf::default();
            k.start(3, Lane::MAIN);
            k.push(Some(&format!("10.{}.{}.7", i / 250, i % 250)));
            used[shard_of(k.bytes())] += 1;
        }
        assert!(used.iter().all(|n| (50..200).contains(n)), "{used:?}");
    }

    #[test]
    fn lanes_are_apart() {
        let (a, b) = (SourceId(0), SourceId(1));
        assert_eq!(Lane::of(a, 0), Lane::of(b, 0));
        assert_ne!(Lane::of(a, 1), Lane::of(b, 1));
        assert_ne!(Lane::MAIN.late(a), Lane::MAIN.late(b));
        assert_eq!(Lane::MAIN.late(b).clock(), Lane::MAIN);
        assert_eq!(Lane::of(b, 3).late(b).clock(), Lane::of(b, 3));
    }
}
