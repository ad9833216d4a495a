//! Random access to a source by block, while it is read and after.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use super::SourceError;
use super::SourceSummary;
use super::back::Back;
use super::framer::{Flush, Framer};
use crate::event::{Batch, SourceId, Ts};

/// One block of a source: the records that came as one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockEntry {
    /// Number of its first record in the source, from 0.
    pub first_record: u64,
    /// How many records it holds.
    pub records: u32,
    /// How many lines it holds, the empty ones included.
    pub lines: u32,
    /// Where it begins in the (decompressed) source.
    pub offset: u64,
    /// How many bytes it spans.
    pub len: u64,
    /// Number of its first line, from 1.
    pub first_line: u64,
    /// Least order time of its records; [`Ts::NONE`] until noted.
    pub first: Ts,
    /// Greatest order time of its records; [`Ts::NONE`] until noted.
    pub last: Ts,
}

/// A source's records by their place. Blocks appear while the source is read.
pub struct SourceView {
    name: String,
    source: SourceId,
    blocks: RwLock<Vec<BlockEntry>>,
    back: Back,
    /// Blocks whose times are noted.
    noted: AtomicU64,
    /// Bytes read of the source as stored.
    position: AtomicU64,
    /// Its size as stored, where that is known beforehand.
    size: Option<u64>,
    ended: AtomicBool,
    summary: RwLock<Option<SourceSummary>>,
}

impl SourceView {
    pub(crate) fn new(name: String, source: SourceId, back: Back, size: Option<u64>) -> Self {
        Self {
            name,
            source,
            blocks: RwLock::default(),
            back,
            noted: AtomicU64::new(0),
            position: AtomicU64::new(0),
            size,
            ended: AtomicBool::new(false),
            summary: RwLock::default(),
        }
    }

    /// The input's name as given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which source of the run it is.
    #[must_use]
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// How many blocks there are by now.
    #[must_use]
    pub fn block_count(&self) -> usize {
        self.read().len()
    }

    /// How many records there are by now.
    #[must_use]
    pub fn record_count(&self) -> u64 {
        self.read().last().map_or(0, |b| b.first_record + u64::from(b.records))
    }

    /// All blocks that there are by now.
    #[must_use]
    pub fn blocks(&self) -> Vec<BlockEntry> {
        self.read().clone()
    }

    /// The blocks from one on (to follow how they appear).
    #[must_use]
    pub fn blocks_from(&self, block: usize) -> Vec<BlockEntry> {
        self.read().get(block..).unwrap_or(&[]).to_vec()
    }

    /// One block's entry.
    #[must_use]
    pub fn block(&self, block: usize) -> Option<BlockEntry> {
        self.read().get(block).copied()
    }

    /// The block that holds the record of this number.
    #[must_use]
    pub fn block_of_record(&self, record: u64) -> Option<usize> {
        let blocks = self.read();
        let after = blocks.partition_point(|b| b.first_record + u64::from(b.records) <= record);
        (after < blocks.len()).then_some(after)
    }

    /// The block that holds the byte at this offset.
    #[must_use]
    pub fn block_of_offset(&self, offset: u64) -> Option<usize> {
        let blocks = self.read();
        let after = blocks.partition_point(|b| b.offset + b.len <= offset);
        blocks.get(after).is_some_and(|b| b.offset <= offset).then_some(after)
    }

    /// Bytes read as stored, and how many there are where that is known.
    #[must_use]
    pub fn progress(&self) -> (u64, Option<u64>) {
        (self.position.load(Ordering::Relaxed), self.size)
    }

    /// Whether the source was read to its end (or as far as it ever will be).
    #[must_use]
    pub fn ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// The outcome, once the source was read (or known from its index).
    #[must_use]
    pub fn summary(&self) -> Option<SourceSummary> {
        self.summary.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes least and greatest order time of a block, from whoever parsed it.
    pub fn note_times(&self, block: u64, first: Ts, last: Ts) {
        let mut blocks = self.blocks.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = usize::try_from(block).ok().and_then(|i| blocks.get_mut(i)) {
            entry.first = first;
            entry.last = last;
            self.noted.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Reads a block again: the same records as when it was read first.
    pub fn read_block(&self, block: usize, batch: &mut Batch) -> Result<(), SourceError> {
        batch.clear();
        batch.source = self.source;
        batch.seq = block as u64;
        let entry =
            self.block(block).ok_or_else(|| SourceError::NoBlock { name: self.name.clone(), block: block as u64 })?;
        let mut framer = Framer::new(entry.offset, entry.first_line);
        let mut at = entry.offset;
        let end = entry.offset + entry.len;
        loop {
            let flush = if at >= end { Flush::End } else { Flush::Full };
            if framer.next(flush, batch, &mut |_| {}) || at >= end {
                return Ok(());
            }
            let space = framer.space();
            let most = usize::try_from(end - at).unwrap_or(usize::MAX).min(space.len());
            let n = self.back.read_at(&self.name, at, space.get_mut(..most).unwrap_or_default())?;
            if n == 0 {
                return Err(SourceError::Changed { name: self.name.clone() });
            }
            framer.filled(n);
            at += n as u64;
        }
    }

    /// Bytes of the (decompressed) source; fewer where it ends before.
    pub fn read_at(&self, offset: u64, len: usize) -> Result<Vec<u8>, SourceError> {
        const MOST: usize = 64 << 20;
        let mut out = vec![0; len.min(MOST)];
        let mut have = 0;
        while let Some(rest) = out.get_mut(have..).filter(|r| !r.is_empty()) {
            match self.back.read_at(&self.name, offset + have as u64, rest)? {
                0 => break,
                n => have += n,
            }
        }
        out.truncate(have);
        Ok(out)
    }

    pub(crate) fn push_block(&self, entry: BlockEntry) {
        self.blocks.write().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    pub(crate) fn set_position(&self, bytes: u64) {
        self.position.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn end(&self, summary: SourceSummary) {
        *self.summary.write().unwrap_or_else(PoisonError::into_inner) = Some(summary);
        self.ended.store(true, Ordering::Release);
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<BlockEntry>> {
        self.blocks.read().unwrap_or_else(PoisonError::into_inner)
    }
}
