//! The records of a session by their position in canonical order: what the
//! live screen scrolls through. Records are read again from their source and
//! parsed when they are looked at; only some blocks are kept.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::publisher::Shared;
use super::{Scope, Wanted};
use crate::detect::state::{CARRIED, Carry};
use crate::event::{Batch, EventRef, EventRow, SourceId, TimeQuality, Ts};
use crate::parse::{Parser, Scratch};
use crate::source::SourceView;

/// Bytes of records in the parsed blocks that are kept; parsed, they take about
/// four times that. Sources read in small blocks have more of them.
const CACHED: usize = 6 << 20;

type Key = (SourceId, usize);
/// Blocks, the last used first.
type Cache = VecDeque<(Key, Arc<Batch>)>;

/// Access to records by position; cheap to clone.
#[derive(Clone)]
pub struct Feed {
    pub(super) shared: Arc<Shared>,
    cache: Arc<Mutex<Cache>>,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Feed {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, cache: Arc::default() }
    }

    /// Records there are so far.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.shared.runs.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Up to `n` events from a position on. Records whose block cannot be read
    /// any more are left out.
    #[must_use]
    pub fn rows(&self, from: u64, n: usize) -> Vec<EventRow> {
        (from..).take(n).take_while(|p| *p < self.len()).filter_map(|p| self.row(p)).collect()
    }

    /// The event at a position.
    #[must_use]
    pub fn row(&self, position: u64) -> Option<EventRow> {
        let (source, record, _) = self.shared.runs.read().unwrap_or_else(PoisonError::into_inner).at(position)?;
        let (batch, index) = self.locate(source, record)?;
        batch.event(index).map(EventRow::from)
    }

    /// Position of the record of a source at a byte offset.
    #[must_use]
    pub fn position_of(&self, source: SourceId, offset: u64) -> Option<u64> {
        let view = self.view(source)?;
        let block = view.block_of_offset(offset)?;
        let first = view.block(block)?.first_record;
        let batch = self.block(source, block)?;
        let index = batch.records.iter().position(|r| r.offset == offset)?;
        self.shared.runs.read().unwrap_or_else(PoisonError::into_inner).position_of(source, first + index as u64)
    }

    /// Position of the first record at or after a time, as far as the records
    /// are in order of time (binary search).
    #[must_use]
    pub fn position_at(&self, time: Ts) -> u64 {
        let (mut lo, mut hi) = (0, self.len());
        while lo < hi {
            let mid = lo + (hi - lo) / 2;
            match self.row(mid) {
                Some(r) if r.time < time => lo = mid + 1,
                Some(_) => hi = mid,
                None => return lo,
            }
        }
        lo
    }

    /// Bytes of a source, for evidence.
    #[must_use]
    pub fn bytes(&self, source: SourceId, offset: u64, len: usize) -> Option<Vec<u8>> {
        self.view(source)?.read_at(offset, len).ok()
    }

    /// Starts looking for the events that are wanted, in the background.
    #[must_use]
    pub fn filter(&self, wanted: impl Into<Wanted>) -> Filtered {
        let wanted = wanted.into();
        let found = Arc::new(Found::default());
        let (feed, in_thread) = (self.clone(), Arc::clone(&found));
        let spawned = std::thread::Builder::new().name("filter".into()).spawn(move || feed.scan(&wanted, &in_thread));
        if spawned.is_err() {
            found.stop.store(true, Ordering::Relaxed);
        }
        Filtered { found }
    }

    fn scan(&self, wanted: &Wanted, found: &Found) {
        let mut from = 0;
        loop {
            from = self.walk(from, &mut |piece| {
                let hits: Vec<u64> =
                    piece.events().filter_map(|(position, e)| wanted.keeps(&e).then_some(position)).collect();
                if !hits.is_empty() {
                    found.hits.write().unwrap_or_else(PoisonError::into_inner).extend(hits);
                }
                found.scanned.store(piece.end(), Ordering::Release);
                !found.stop.load(Ordering::Relaxed)
            });
            if found.stop.load(Ordering::Relaxed) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// Visits the records that there are from a position on, in canonical order,
    /// piece by piece until `visit` says `false`; the position after the last
    /// that was visited. Records that cannot be read any more are visited as
    /// pieces without a batch.
    pub fn walk(&self, from: u64, visit: &mut dyn FnMut(&Piece) -> bool) -> u64 {
        let mut position = from;
        // blocks of interleaved sources are entered again and again: one of each is kept
        let mut open: Vec<(Key, Arc<Batch>, u64)> = Vec::new();
        loop {
            let run = self.shared.runs.read().unwrap_or_else(PoisonError::into_inner).at(position);
            let Some((source, record, in_row)) = run else { return position };
            let Some(view) = self.view(source) else { return position };
            let Some(block) = view.block_of_record(record) else { return position };
            let Some(entry) = view.block(block) else { return position };
            let key = (source, block);
            let at = match open.iter().position(|(k, _, _)| *k == key) {
                Some(i) => i,
                None => {
                    open.retain(|(k, _, _)| k.0 != source);
                    let batch = self.read(source, block).unwrap_or_default();
                    open.push((key, Arc::new(batch), entry.first_record));
                    open.len() - 1
                }
            };
            let Some((_, batch, first)) = open.get(at) else { return position };
            let index = (record - first) as usize;
            let n = in_row.min(u64::from(entry.records).saturating_sub(index as u64)).max(1);
            let piece = Piece { position, batch: Arc::clone(batch), first: index, len: n as usize };
            position += n;
            if !visit(&piece) {
                return position;
            }
        }
    }

    /// What of the records is analyzed.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.shared.scope.get().cloned().unwrap_or_default()
    }

    /// Whether the event at a position is analyzed.
    #[must_use]
    pub fn analyzes(&self, position: u64) -> bool {
        let Some(scope) = self.shared.scope.get().filter(|s| !s.is_all()) else { return true };
        let at = self.shared.runs.read().unwrap_or_else(PoisonError::into_inner).at(position);
        let Some((batch, index)) = at.and_then(|(source, record, _)| self.locate(source, record)) else { return true };
        batch.event(index).is_none_or(|e| scope.keeps(&e))
    }

    /// How many inputs there are.
    pub(super) fn sources(&self) -> usize {
        self.shared.sources.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What records of a source get before the first timed one.
    pub(super) fn carry(&self, source: SourceId) -> Carry {
        let sources = self.shared.sources.read().unwrap_or_else(PoisonError::into_inner);
        let known = sources.get(source.0 as usize).and_then(Option::as_ref).map(|s| s.carry);
        known.unwrap_or(Carry::new(Ts::NONE, Ts::NONE))
    }

    fn view(&self, source: SourceId) -> Option<Arc<crate::source::SourceView>> {
        let sources = self.shared.sources.read().unwrap_or_else(PoisonError::into_inner);
        sources.get(source.0 as usize)?.as_ref().map(|s| Arc::clone(&s.view))
    }

    fn locate(&self, source: SourceId, record: u64) -> Option<(Arc<Batch>, usize)> {
        let view = self.view(source)?;
        let block = view.block_of_record(record)?;
        let first = view.block(block)?.first_record;
        Some((self.block(source, block)?, (record - first) as usize))
    }

    /// A parsed block, from the cache or read again.
    fn block(&self, source: SourceId, block: usize) -> Option<Arc<Batch>> {
        let key = (source, block);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(i) = cache.iter().position(|(k, _)| *k == key) {
            let hit = cache.remove(i)?;
            let batch = Arc::clone(&hit.1);
            cache.push_front(hit);
            return Some(batch);
        }
        drop(cache);
        let batch = Arc::new(self.read(source, block)?);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.push_front((key, Arc::clone(&batch)));
        let mut bytes = 0;
        let fits = cache.iter().take_while(|(_, b)| {
            bytes += b.text.len();
            bytes <= CACHED
        });
        let fits = fits.count().max(1);
        cache.truncate(fits);
        Some(batch)
    }

    fn read(&self, source: SourceId, block: usize) -> Option<Batch> {
        let (view, parser, mut carry) = {
            let sources = self.shared.sources.read().unwrap_or_else(PoisonError::into_inner);
            let s = sources.get(source.0 as usize)?.as_ref()?;
            (Arc::clone(&s.view), s.reads.parser(), s.carry)
        };
        let mut batch = Batch::default();
        view.read_block(block, &mut batch).ok()?;
        parser.parse_batch(&mut batch, &mut Scratch::default());
        if block > 0 && batch.records.first().is_some_and(|r| !r.time.is_some()) {
            carry = carried_into(&view, &parser, block, carry);
        }
        for r in &mut batch.records {
            if !r.time.is_some() {
                let (time, known) = carry.next(r.time);
                r.time = time;
                r.quality = if known { TimeQuality::Carried } else { TimeQuality::Unknown };
            } else {
                carry.next(r.time);
            }
        }
        Some(batch)
    }
}

/// What the records at a block's beginning carry on: told by the last timed
/// record before it, which is looked for no further back than it could count.
fn carried_into(view: &SourceView, parser: &Parser, block: usize, start: Carry) -> Carry {
    let shown = view.block(block).map_or(Ts::NONE, |b| b.first);
    let mut run: usize = 0;
    for before in (0..block).rev() {
        let mut batch = Batch::default();
        if run > CARRIED as usize || view.read_block(before, &mut batch).is_err() {
            break;
        }
        parser.parse_batch(&mut batch, &mut Scratch::default());
        if let Some(at) = batch.records.iter().rposition(|r| r.time.is_some()) {
            run += batch.records.len() - 1 - at;
            let mut carry = Carry::new(Ts::NONE, Ts::NONE);
            carry.next(batch.records.get(at).map_or(Ts::NONE, |r| r.time));
            carry.skip(run);
            return carry;
        }
        run += batch.records.len();
        if before == 0 {
            let mut carry = start;
            carry.skip(run);
            return carry;
        }
    }
    // Unknown, and shown where it stands.
    Carry::new(shown, Ts::NONE)
}

/// Records that stand side by side both in the order and in a block.
#[derive(Debug)]
pub struct Piece {
    /// Position of the first in the feed.
    pub position: u64,
    /// The parsed block.
    pub batch: Arc<Batch>,
    /// The first in the block.
    pub first: usize,
    /// How many.
    pub len: usize,
}

impl Piece {
    /// The position after the last.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.position + self.len as u64
    }

    /// The events with their positions; those that cannot be read are left out.
    pub fn events(&self) -> impl Iterator<Item = (u64, EventRef<'_>)> {
        (0..self.len).filter_map(|i| Some((self.position + i as u64, self.batch.event(self.first + i)?)))
    }
}

#[derive(Debug, Default)]
struct Found {
    hits: RwLock<Vec<u64>>,
    scanned: AtomicU64,
    stop: AtomicBool,
}

/// The positions that match a query, growing while the scan goes on. Dropping
/// it ends the scan.
#[derive(Debug)]
pub struct Filtered {
    found: Arc<Found>,
}

impl Filtered {
    /// Matches found so far.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.found.hits.read().unwrap_or_else(PoisonError::into_inner).len() as u64
    }

    /// Whether nothing was found so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Records looked at so far.
    #[must_use]
    pub fn scanned(&self) -> u64 {
        self.found.scanned.load(Ordering::Acquire)
    }

    /// Position in the feed of the match of this number.
    #[must_use]
    pub fn position(&self, n: u64) -> Option<u64> {
        self.found.hits.read().unwrap_or_else(PoisonError::into_inner).get(usize::try_from(n).ok()?).copied()
    }

    /// Number of the first match at or after a position in the feed.
    #[must_use]
    pub fn number_at(&self, position: u64) -> u64 {
        self.found.hits.read().unwrap_or_else(PoisonError::into_inner).partition_point(|p| *p < position) as u64
    }
}

impl Drop for Filtered {
    fn drop(&mut self) {
        self.found.stop.store(true, Ordering::Relaxed);
    }
}
