//! Orders of keys that were seen before.
//!
//! Events of one kind have the same keys in the same order. A key that was read
//! is remembered behind the key before it, with all that its name says: where
//! the next event has the same bytes there, nothing is searched, hashed or
//! looked up. What is remembered is a copy of what the slow way finds, so it
//! changes no result; it is bounded, and begun anew when it was no help.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rustc_hash::FxHashMap;

use super::layouts;
use super::names::{Names, RoleId};
use super::scan::MAX_NAME;
use super::values::{self, Values};
use crate::event::{FieldId, hash64};

/// Most keys that are remembered.
const MOST: usize = values::MOST;
/// Most bytes of their names.
const MOST_BYTES: usize = 256 << 10;
/// Most keys of one object.
const MOST_OF_ONE: usize = 400;
/// After so many documents that found no room, all is forgotten.
const PATIENCE: u32 = 2_000;
/// Bytes of a key that are compared at once.
const HEAD: usize = 16;

/// Where a key stands: behind a key of the same object, or first in the object
/// that is a key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link(u32);

impl Link {
    /// First in the document.
    pub const START: Self = Self(1);

    /// Behind a key.
    #[inline]
    pub const fn behind(node: u32) -> Self {
        Self(node << 1)
    }

    /// First in the object that is a key's value.
    #[inline]
    pub const fn inside(node: u32) -> Self {
        Self(node << 1 | 1)
    }

    const fn node(self) -> usize {
        (self.0 >> 1) as usize
    }

    const fn is_first(self) -> bool {
        self.0 & 1 == 1
    }
}

/// Where the name of a field that nobody asks for is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelled {
    /// The name is interned.
    Interned,
    /// The key is the name.
    Key,
    /// The name is put together of several keys; see [`Shapes::name`].
    Own,
}

/// What the name of a key says.
#[derive(Debug, Clone, Copy)]
pub struct Said {
    /// Bytes of the key with its quotes.
    pub len: u16,
    /// The field's id.
    pub id: FieldId,
    /// The id of an object that a rule names itself.
    pub whole: FieldId,
    /// What it means.
    pub role: (RoleId, RoleId),
    /// Where its name is found.
    pub spelled: Spelled,
}

/// A key at its place.
#[derive(Debug)]
#[repr(align(64))]
struct Node {
    /// The first bytes of the key, quotes included, and which of them count.
    head: [u64; 2],
    mask: [u64; 2],
    /// Where the key stands in [`Shapes::bytes`]; behind it stands its own name.
    start: u32,
    before: Link,
    /// The key that came behind it last time.
    next: u32,
    /// The key that came first in its object last time.
    inner: u32,
    name_len: u16,
    said: Said,
}

/// The memory.
#[derive(Debug, Default)]
pub struct Shapes {
    /// Whose names they are.
    names: u64,
    nodes: Vec<Node>,
    bytes: Vec<u8>,
    places: FxHashMap<u64, u32>,
    refused: u32,
    /// What stood at the keys.
    pub values: Values,
    /// Tells the numbers of these values from those of all others.
    memory: u64,
}

impl Shapes {
    /// To be called before a batch is read: the number of the memory whose
    /// values have the numbers that its fields get.
    pub fn begin_batch(&mut self, names: &Names) -> u64 {
        if self.refused > PATIENCE || self.values.spent {
            self.forget(names.number());
        }
        self.begin(names);
        self.memory
    }

    /// Forgets everything if it is of other names.
    #[inline]
    pub fn begin(&mut self, names: &Names) {
        if self.names != names.number() {
            self.forget(names.number());
        }
    }

    #[cold]
    fn forget(&mut self, names: u64) {
        let Self { nodes, bytes, places, .. } = self;
        nodes.clear();
        bytes.clear();
        places.clear();
        // What all documents begin with.
        let root = Node {
            head: [0; 2],
            mask: [0; 2],
            start: 0,
            before: Link::START,
            next: 0,
            inner: 0,
            name_len: 0,
            said: Said { len: 0, id: FieldId::UNKNOWN, whole: FieldId::UNKNOWN, role: (0, 0), spelled: Spelled::Key },
        };
        nodes.push(root);
        self.values.clear();
        static MEMORY: AtomicU64 = AtomicU64::new(1);
        (self.names, self.refused, self.memory) = (names, 0, MEMORY.fetch_add(1, Relaxed));
    }

    /// The key that is expected at a place, if its bytes stand at `at`.
    #[inline]
    pub fn expected(&self, link: Link, b: &[u8], at: usize) -> Option<(u32, Said)> {
        let before = self.nodes.get(link.node())?;
        let n = if link.is_first() { before.inner } else { before.next };
        let node = self.nodes.get(n as usize)?;
        (n != 0 && self.stands(node, b, at)).then_some((n, node.said))
    }

    #[inline]
    fn stands(&self, node: &Node, b: &[u8], at: usize) -> bool {
        let Some(text) = b.get(at..) else { return false };
        let Some((low, rest)) = text.split_first_chunk::<8>() else { return self.is(node, text) };
        let Some(high) = rest.first_chunk::<8>() else { return self.is(node, text) };
        (u64::from_le_bytes(*low) & node.mask[0]) == node.head[0]
            && (u64::from_le_bytes(*high) & node.mask[1]) == node.head[1]
            && (usize::from(node.said.len) <= HEAD || self.is(node, text))
    }

    fn is(&self, node: &Node, text: &[u8]) -> bool {
        let key = self.key(node);
        text.get(..key.len()) == Some(key)
    }

    fn key(&self, node: &Node) -> &[u8] {
        self.bytes.get(node.start as usize..node.start as usize + usize::from(node.said.len)).unwrap_or_default()
    }

    /// The name of a field whose name is no key.
    pub fn name(&self, node: u32) -> &str {
        let Some(node) = self.nodes.get(node as usize) else { return "" };
        let from = node.start as usize + usize::from(node.said.len);
        let bytes = self.bytes.get(from..from + usize::from(node.name_len)).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or("")
    }

    /// The node of a key (with its quotes, without escapes) that was not
    /// expected at a place; it is now. `None` where it cannot be remembered, or
    /// where its object has it already.
    #[cold]
    #[inline(never)]
    pub fn other(&mut self, link: Link, key: &str, names: &Names) -> Option<(u32, Said)> {
        let hash = hash64(key.as_bytes()) ^ u64::from(link.0).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let known = self.places.get(&hash).copied();
        let n = match known {
            Some(n) => {
                let node = self.nodes.get(n as usize)?;
                (node.before == link && self.key(node) == key.as_bytes()).then_some(n)?
            }
            None => {
                let n = self.remember(link, key, names);
                if n.is_none() {
                    self.refused += 1;
                }
                *self.places.entry(hash).or_insert(n?)
            }
        };
        let before = self.nodes.get_mut(link.node())?;
        *(if link.is_first() { &mut before.inner } else { &mut before.next }) = n;
        Some((n, self.nodes.get(n as usize)?.said))
    }

    fn remember(&mut self, link: Link, key: &str, names: &Names) -> Option<u32> {
        if self.nodes.len() >= MOST || self.bytes.len() >= MOST_BYTES || key.len() > MAX_NAME {
            return None;
        }
        if self.siblings(link).enumerate().any(|(i, n)| i >= MOST_OF_ONE || self.key(n) == key.as_bytes()) {
            return None;
        }
        let plain = key.get(1..key.len() - 1)?;
        let mut path = self.parent(link);
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(plain);
        if path.len() > MAX_NAME {
            return None;
        }
        let (direct, role, also) = names.get(&path);
        let mut said = Said {
            len: key.len() as u16,
            id: direct,
            whole: if (role, also) == (0, 0) { direct } else { FieldId::UNKNOWN },
            role: (role, also),
            spelled: Spelled::Interned,
        };
        let mut name = path.as_str();
        if direct == FieldId::UNKNOWN
            && let Some(short) = layouts::own(&path)
        {
            let (id, own, also) = names.get(short);
            (said.id, name) = (id, short);
            said.whole = if (own, also) == (0, 0) { id } else { FieldId::UNKNOWN };
            if role == 0 {
                said.role = (own, also);
            }
        }
        let (start, mut name_len) = (self.bytes.len() as u32, 0);
        self.bytes.extend_from_slice(key.as_bytes());
        if said.id == FieldId::UNKNOWN {
            said.spelled = Spelled::Key;
            if name != plain {
                said.spelled = Spelled::Own;
                name_len = name.len() as u16;
                self.bytes.extend_from_slice(name.as_bytes());
            }
        }
        let mut node = Node { head: [0; 2], mask: [0; 2], start, before: link, next: 0, inner: 0, name_len, said };
        for (i, byte) in key.bytes().enumerate().take(HEAD) {
            node.head[i / 8] |= u64::from(byte) << (8 * (i % 8));
            node.mask[i / 8] |= 0xff << (8 * (i % 8));
        }
        self.nodes.push(node);
        Some(self.nodes.len() as u32 - 1)
    }

    /// The keys before a place in its object, the last first.
    fn siblings(&self, link: Link) -> impl Iterator<Item = &Node> {
        let mut at = link;
        std::iter::from_fn(move || {
            let node = self.nodes.get(at.node()).filter(|_| !at.is_first())?;
            at = node.before;
            Some(node)
        })
    }

    /// The dotted name of the object around a place.
    fn parent(&self, link: Link) -> String {
        let mut around = Vec::new();
        let mut at = link;
        loop {
            while !at.is_first() {
                let Some(node) = self.nodes.get(at.node()) else { break };
                at = node.before;
            }
            let Some(node) = self.nodes.get(at.node()).filter(|_| at.node() != 0) else { break };
            let key = std::str::from_utf8(self.key(node)).unwrap_or_default();
            around.push(key.get(1..key.len() - 1).unwrap_or_default());
            at = node.before;
        }
        around.iter().rev().fold(String::new(), |mut path, key| {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(key);
            path
        })
    }
}
