//! Groups by key in virtual shards, whose number never depends on threads.
//!
//! Caps are entry counts per shard. A full shard first drops what event time
//! has passed, then evicts the groups that were quiet longest, in canonical
//! order; both a good part at once, so that the cost per new group stays small.

use smallvec::SmallVec;

use super::children::Child;
use super::entry::Ring;
use super::episode::Episode;
use super::facts::Facts;
use super::key::{self, KeyBuf, Lane};
use super::known::Known;
use super::past::Past;
use super::rate::Rate;
use super::table::Table;
use super::window::Window;

/// Number of shards.
pub(super) const SHARDS: usize = 64;

/// Groups that stand side by side in memory.
const CHUNK: usize = 32;
/// Removed groups whose memory is kept for new ones, in each shard.
const MAX_SPARE: usize = 64;
/// Entries that a kept ring has room for at most.
const SMALL_RING: usize = 4;
/// Groups of a shard below which it is not worth looking for expired ones.
const FEW_GROUPS: usize = 32;

/// One group of one rule: its window, and its episode while one is open. In the order
/// in which they are looked at, as most groups must be waited for.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Group {
    /// Its key, values folded.
    pub key: SmallVec<[u8; 64]>,
    /// Event time of the last match, or its order where that is later.
    pub touch: i64,
    /// Last push that reached it.
    pub last_seq: u64,
    /// Of all whose alerts are told in one (see `crowd`): its key names nobody.
    pub crowd: bool,
    /// Last push that was counted in it.
    pub fed: u64,
    pub lane: Lane,
    pub slot: u32,
    pub episode: Option<Box<Episode>>,
    /// Closed episodes that evidence which comes late may open again.
    pub past: Vec<Past>,
    pub facts: Facts,
    pub window: Option<Window>,
    pub rate: Option<Box<Rate>>,
    /// Of a `new_value`, or with `familiar`: what the group has had.
    pub known: Option<Box<Known>>,
    pub children: Vec<Child>,
    hash: u64,
    /// The key as the values were spelt first, where that is another one.
    spelt: Option<Box<[u8]>>,
    /// An empty ring, for the window that the group may need.
    pub ring: Ring,
}

impl Group {
    fn new(key: &[u8], hash: u64, slot: u32, lane: Lane, ring: Ring, facts: Facts) -> Self {
        Self {
            key: key.into(),
            touch: i64::MIN,
            last_seq: 0,
            crowd: false,
            fed: 0,
            lane,
            slot,
            episode: None,
            past: Vec::new(),
            facts,
            window: None,
            rate: None,
            known: None,
            children: Vec::new(),
            hash,
            spelt: None,
            ring,
        }
    }

    /// The values of its key, spelt as they came first.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        key::values(self.spelt.as_deref().unwrap_or(&self.key))
    }

    /// Entries that it holds of its shard's share.
    fn size(&self) -> usize {
        self.window.as_ref().map_or(0, |w| w.ring.len()) + self.known.as_ref().map_or(0, |k| k.len())
    }

    /// Its memory, empty, as far as it is worth keeping.
    fn take_memory(&mut self) -> (Ring, Facts) {
        let mut ring = self.window.take().map_or_else(|| std::mem::take(&mut self.ring), |w| w.ring);
        ring.clear();
        let mut facts = std::mem::take(&mut self.facts);
        facts.clear();
        (if ring.capacity() <= SMALL_RING { ring } else { Ring::default() }, facts)
    }
}

/// Where a group stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub shard: u32,
    pub index: u32,
}

/// One shard.
#[derive(Debug, Default)]
pub(super) struct Shard {
    table: Table,
    /// The groups by their indices, [`CHUNK`] of them in each.
    chunks: Vec<Vec<Option<Group>>>,
    /// Indices of no group.
    free: Vec<u32>,
    /// Memory of removed groups: groups come and go with every new address.
    spare: Vec<(Ring, Facts)>,
    /// Groups at which expired ones are looked for again.
    look_at: usize,
    /// Entries in all windows.
    pub entries: usize,
}

impl Shard {
    /// The group of a key.
    pub(super) fn find(&self, key: &[u8], hash: u64) -> Option<u32> {
        self.table.find(hash, |i| self.get(i).is_some_and(|g| *g.key == *key))
    }

    /// Adds a group that is not there.
    pub(super) fn add(&mut self, key: &KeyBuf, hash: u64, slot: u32, lane: Lane) -> u32 {
        let (ring, facts) = self.spare.pop().unwrap_or_default();
        let mut group = Group::new(key.bytes(), hash, slot, lane, ring, facts);
        group.spelt = key.spelt().map(Into::into);
        let i = self.free.pop().unwrap_or_else(|| self.more());
        if let Some(place) = self.place(i) {
            *place = Some(group);
        }
        self.table.insert(hash, i);
        i
    }

    /// Index of a new place.
    fn more(&mut self) -> u32 {
        let i = self.places();
        if i.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        if let Some(last) = self.chunks.last_mut() {
            last.push(None);
        }
        i as u32
    }

    /// Places for groups, taken or free.
    fn places(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    #[inline]
    fn place(&mut self, i: u32) -> Option<&mut Option<Group>> {
        self.chunks.get_mut(i as usize / CHUNK)?.get_mut(i as usize % CHUNK)
    }

    #[inline]
    pub(super) fn get(&self, i: u32) -> Option<&Group> {
        self.chunks.get(i as usize / CHUNK)?.get(i as usize % CHUNK)?.as_ref()
    }

    #[inline]
    pub(super) fn get_mut(&mut self, i: u32) -> Option<&mut Group> {
        self.place(i)?.as_mut()
    }

    /// Removes a group.
    pub(super) fn remove(&mut self, i: u32) {
        let Some(g) = self.get_mut(i) else { return };
        let (size, hash, kept) = (g.size(), g.hash, g.take_memory());
        if let Some(place) = self.place(i) {
            *place = None;
        }
        self.entries = self.entries.saturating_sub(size);
        self.table.remove(hash, i);
        self.free.push(i);
        if self.spare.len() < MAX_SPARE {
            self.spare.push(kept);
        }
    }

    /// Whether the groups have doubled since expired ones were looked for: then
    /// it costs little for each new group to look again.
    pub(super) fn grown(&self) -> bool {
        self.len() >= self.look_at.max(FEW_GROUPS)
    }

    /// Removes the groups that `expired` names.
    pub(super) fn drop_expired(&mut self, expired: impl Fn(&Group) -> bool) {
        let gone: Vec<u32> = self.iter().filter(|(_, g)| expired(g)).map(|(i, _)| i).collect();
        gone.into_iter().for_each(|i| self.remove(i));
        self.look_at = 2 * self.len();
    }

    /// Number of groups.
    pub(super) fn len(&self) -> usize {
        self.places() - self.free.len()
    }

    /// All groups with their index.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Group)> {
        self.chunks.iter().flatten().enumerate().filter_map(|(i, g)| Some((i as u32, g.as_ref()?)))
    }

    /// The episodes that are open, with the index of their group.
    pub(super) fn episodes(&mut self) -> impl Iterator<Item = (u32, &mut Episode)> {
        let groups = self.chunks.iter_mut().flatten().enumerate();
        groups.filter_map(|(i, g)| Some((i as u32, g.as_mut()?.episode.as_deref_mut()?)))
    }

    /// Groups to drop so that a full shard has room again: first (`true`) those
    /// that `expired` names, then (`false`) those quiet longest.
    pub(super) fn victims(
        &self,
        max_groups: usize,
        max_entries: usize,
        expired: impl Fn(&Group) -> bool,
    ) -> Vec<(u32, bool)> {
        let size = Group::size;
        let (mut groups, mut entries) = (self.len(), self.entries);
        let (target_groups, target_entries) = (max_groups - max_groups / 8, max_entries - max_entries / 8);
        let mut out = Vec::new();
        let mut live: Vec<(u64, u32, usize)> = Vec::new();
        for (i, g) in self.iter() {
            if expired(g) {
                out.push((i, true));
                groups -= 1;
                entries = entries.saturating_sub(size(g));
            } else {
                live.push((g.last_seq, i, size(g)));
            }
        }
        live.sort_unstable();
        for (_, i, n) in live {
            if groups <= target_groups && entries <= target_entries {
                break;
            }
            out.push((i, false));
            groups -= 1;
            entries = entries.saturating_sub(n);
        }
        out
    }
}
