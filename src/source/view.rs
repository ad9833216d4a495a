//! Random access to a source by block, while it is read and after.

use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use super::back::Back;
use super::cache::Cache;
use super::earlier::PartFile;
use super::framer::{Flush, Framer, push};
use super::handle::Handle;
use super::identity::Identity;
use super::index::{Change, Index, key};
use super::moved::{part_names, unread};
use super::open::kept_spool;
use super::reached::Reached;
use super::shape::Shape;
use super::watch::{Presence, Watch};
use super::{Input, InputKind, OpenOptions, SourceError, SourceSummary, TimeRef, TimeRefOrigin};
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

/// Where a source's index is to be kept.
pub(crate) struct Target {
    pub(crate) cache: Cache,
    pub(crate) key: String,
    pub(crate) identity: Identity,
}

#[derive(Default)]
struct Blocks {
    entries: Vec<BlockEntry>,
    /// Which of them have their times noted, and how many that are.
    noted: Vec<bool>,
    count: usize,
}

/// A source's records by their place. Blocks appear while the source is read.
pub struct SourceView {
    name: String,
    source: SourceId,
    blocks: RwLock<Blocks>,
    back: Back,
    time_ref: TimeRef,
    /// Bytes read of the source as stored.
    position: AtomicU64,
    /// Its size as stored, where that is known beforehand.
    size: Option<u64>,
    ended: AtomicBool,
    summary: RwLock<Option<SourceSummary>>,
    /// How its lines become records.
    shape: RwLock<Shape>,
    /// Header lines in force, from a block on, in the order of blocks.
    headers: RwLock<Vec<(u64, Arc<str>)>>,
    /// What becomes of a followed file.
    watch: Option<Arc<Watch>>,
    /// What is read before it.
    earlier: Vec<PartFile>,
    /// Where later files begin in what was read of a followed one.
    begins: RwLock<Arc<Vec<u64>>>,
    /// How far each file was read that was followed under the name.
    reached: Mutex<Vec<Option<Reached>>>,
    /// Taken when the index is written.
    target: Mutex<Option<Target>>,
}

impl SourceView {
    pub(crate) fn new(name: String, source: SourceId, back: Back, time_ref: TimeRef, size: Option<u64>) -> Self {
        Self {
            name,
            source,
            blocks: RwLock::default(),
            back,
            time_ref,
            position: AtomicU64::new(0),
            size,
            ended: AtomicBool::new(false),
            summary: RwLock::default(),
            shape: RwLock::default(),
            headers: RwLock::default(),
            watch: None,
            earlier: Vec::new(),
            begins: RwLock::default(),
            reached: Mutex::new(vec![None]),
            target: Mutex::default(),
        }
    }

    /// The view of a followed file.
    pub(crate) fn watched(mut self, watch: Option<Arc<Watch>>, earlier: Vec<PartFile>) -> Self {
        (self.watch, self.earlier) = (watch, earlier);
        self
    }

    /// The files that were put aside since it was followed last, and are read before
    /// what stands under its name.
    #[must_use]
    pub fn earlier(&self) -> &[PartFile] {
        &self.earlier
    }

    /// What the files are called now that were read under `name`, one after the other.
    #[must_use]
    pub fn part_names(&self, name: &str) -> Vec<String> {
        let left = self.watch.as_ref().map(|w| w.left()).unwrap_or_default();
        part_names(name, self.begins().len() + 1, &self.earlier, &left)
    }

    /// What stands in its files and is not among the first `done` bytes: names and bytes.
    #[must_use]
    pub fn unread(&self, name: &str, done: u64) -> Vec<(String, u64)> {
        if let Some(watch) = &self.watch {
            return unread(name, &self.begins(), done, &self.earlier, watch);
        }
        let (read, size) = self.progress();
        let rest = size.and_then(|s| s.checked_sub(read)).filter(|n| *n > 0);
        rest.map(|n| (name.to_owned(), n)).into_iter().collect()
    }

    /// Of a followed file, whether there is one now.
    #[must_use]
    pub fn presence(&self) -> Option<Presence> {
        self.watch.as_ref().map(|w| w.presence())
    }

    /// What became of a followed file so far.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.watch.as_ref().map(|w| w.notes()).unwrap_or_default()
    }

    /// Says how the source's lines become records.
    pub(crate) fn set_shape(&self, shape: Shape) {
        *self.shape.write().unwrap_or_else(PoisonError::into_inner) = shape;
    }

    /// How they do.
    pub(crate) fn shape(&self) -> Shape {
        *self.shape.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the header in force where a block begins.
    pub(crate) fn note_header(&self, block: u64, header: Option<Arc<str>>) {
        let Some(header) = header else { return };
        let mut headers = self.headers.write().unwrap_or_else(PoisonError::into_inner);
        if headers.last().is_none_or(|(_, last)| *last != header) {
            headers.push((block, header));
        }
    }

    /// A framer for a block of the source.
    fn framer(&self, block: u64, entry: &BlockEntry) -> Framer {
        let shape = self.shape();
        let headers = self.headers.read().unwrap_or_else(PoisonError::into_inner);
        let after = headers.partition_point(|(b, _)| *b <= block);
        let header = after.checked_sub(1).and_then(|i| headers.get(i)).map(|(_, h)| Arc::clone(h));
        let mut framer = Framer::new(entry.offset, entry.first_line, Framer::BLOCK);
        framer.set_shape(shape, header);
        framer
    }

    /// The view of a file that was read before and is still the same, from its
    /// index alone; `None` where it has to be read.
    #[must_use]
    pub fn open_cached(source: SourceId, input: &Input, opts: &OpenOptions) -> Option<Self> {
        let InputKind::Path(path) = &input.kind else { return None };
        if !std::fs::metadata(path).ok()?.is_file() {
            return None;
        }
        let file = File::open(path).ok()?;
        let meta = file.metadata().ok()?;
        let identity = Identity::of(&file, &meta).ok()?;
        let index = Index::load(&opts.cache, &key(path, &identity))?;
        // Times noted under another year are not those of this run.
        let given = opts.year.map(TimeRef::for_year);
        let same_year = given.map_or(index.time_ref.origin != TimeRefOrigin::Given, |g| g == index.time_ref);
        if !same_year || index.compare(&file, &identity) != Change::Same {
            return None;
        }
        let back = if index.spool.is_empty() {
            Back::File(Handle::new(path, file).ok()?)
        } else {
            Back::Spool(Arc::new(kept_spool(&opts.cache, Some(&index), Change::Same)?))
        };
        let view = Self::new(input.name.clone(), source, back, index.time_ref, Some(meta.len()));
        view.set_position(index.summary.bytes);
        let noted = vec![true; index.blocks.len()];
        *view.blocks.write().unwrap_or_else(PoisonError::into_inner) =
            Blocks { count: noted.len(), noted, entries: index.blocks };
        view.set_shape(index.shape);
        *view.headers.write().unwrap_or_else(PoisonError::into_inner) = index.headers;
        view.set_summary(&index.summary);
        Some(view)
    }

    /// By what the source's times without a year are dated.
    #[must_use]
    pub fn time_ref(&self) -> TimeRef {
        self.time_ref
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
        self.ended.load(Ordering::SeqCst)
    }

    /// The outcome, once the source was read (or known from its index).
    #[must_use]
    pub fn summary(&self) -> Option<SourceSummary> {
        self.summary.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes least and greatest order time of a block, from whoever parsed it.
    /// When those of all blocks are noted, the index is written.
    pub fn note_times(&self, block: u64, first: Ts, last: Ts) {
        let all = {
            let mut blocks = self.blocks.write().unwrap_or_else(PoisonError::into_inner);
            let Ok(at) = usize::try_from(block) else { return };
            let Some(entry) = blocks.entries.get_mut(at) else { return };
            entry.first = first;
            entry.last = last;
            if let Some(noted) = blocks.noted.get_mut(at)
                && !std::mem::replace(noted, true)
            {
                blocks.count += 1;
            }
            blocks.count == blocks.entries.len()
        };
        if all && self.ended() {
            let _ = self.save_index();
        }
    }

    /// Writes the index now, whatever is noted; nothing where it is written
    /// already or where there is none. The cache keeps the warning on failure.
    pub fn save_index(&self) -> Result<(), SourceError> {
        let target = self.target.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (Some(target), Some(summary)) = (target, self.summary()) else { return Ok(()) };
        let spool = match &self.back {
            Back::Spool(spool) => spool.dir_name(),
            Back::File(_) => String::new(),
            // No spool has this name: the source has to be read again.
            Back::None(_) => "-".to_owned(),
        };
        let index = Index {
            identity: target.identity,
            time_ref: self.time_ref,
            summary,
            spool,
            shape: *self.shape.read().unwrap_or_else(PoisonError::into_inner),
            headers: self.headers.read().unwrap_or_else(PoisonError::into_inner).clone(),
            blocks: self.blocks(),
        };
        index.save(&target.cache, &target.key)
    }

    /// Reads a block again: the same records as when it was read first.
    pub fn read_block(&self, block: usize, batch: &mut Batch) -> Result<(), SourceError> {
        batch.clear();
        batch.source = self.source;
        batch.seq = block as u64;
        let entry =
            self.block(block).ok_or_else(|| SourceError::NoBlock { name: self.name.clone(), block: block as u64 })?;
        if entry.records == 1 && entry.len > Batch::MAX_RECORD as u64 + 2 {
            return self.read_long(&entry, batch);
        }
        let mut framer = self.framer(block as u64, &entry);
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

    /// Reads a block of one long record by its two ends alone.
    fn read_long(&self, entry: &BlockEntry, batch: &mut Batch) -> Result<(), SourceError> {
        let head = self.read_at(entry.offset, Batch::MAX_RECORD)?;
        let tail = self.read_at(entry.offset + entry.len - 2, 2)?;
        if head.len() < Batch::MAX_RECORD || tail.len() < 2 {
            return Err(SourceError::Changed { name: self.name.clone() });
        }
        let terminator = match tail.as_slice() {
            b"\r\n" => 2,
            [_, b'\n'] => 1,
            _ => 0,
        };
        push(&head, entry.len - terminator, entry.offset, entry.first_line, batch);
        Ok(())
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
        let mut blocks = self.blocks.write().unwrap_or_else(PoisonError::into_inner);
        blocks.entries.push(entry);
        blocks.noted.push(false);
    }

    /// Of a followed file that was rotated or cut: where each later file begins in what was read.
    #[must_use]
    pub fn begins(&self) -> Arc<Vec<u64>> {
        Arc::clone(&self.begins.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The next file begins there; so far was the one before it read, where that
    /// was all of it.
    pub(crate) fn push_begin(&self, offset: u64, left: Option<Reached>) {
        let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        let part = reached.len().saturating_sub(1);
        if let Some(last) = reached.get_mut(part) {
            *last = left;
        }
        reached.push(None);
        let mut begins = self.begins.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut begins).push(offset);
    }

    /// How far each file was read that was followed under the name, from the one of this
    /// number on; `None` where that is not one file from its beginning, or not yet known.
    #[must_use]
    pub fn reached(&self, part: usize) -> Vec<Option<Reached>> {
        let reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        reached.get(part..).map_or_else(Vec::new, <[_]>::to_vec)
    }

    pub(crate) fn set_reached(&self, now: Reached) {
        if let Some(last) = self.reached.lock().unwrap_or_else(PoisonError::into_inner).last_mut() {
            *last = Some(now);
        }
    }

    pub(crate) fn set_position(&self, bytes: u64) {
        self.position.store(bytes, Ordering::Relaxed);
    }

    /// The reader is done. `target` is where the index goes; `before` is what
    /// stood there.
    pub(crate) fn end(&self, summary: &SourceSummary, target: Option<Target>, before: Option<&Index>) {
        if let (Some(target), Some(before)) = (&target, before)
            && !before.spool.is_empty()
            && !matches!(&self.back, Back::Spool(s) if s.dir_name() == before.spool)
        {
            target.cache.budget().forget(&before.spool);
        }
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = target;
        self.set_summary(summary);
        let all = {
            let blocks = self.blocks.read().unwrap_or_else(PoisonError::into_inner);
            blocks.count == blocks.entries.len()
        };
        if all {
            let _ = self.save_index();
        }
    }

    fn set_summary(&self, summary: &SourceSummary) {
        *self.summary.write().unwrap_or_else(PoisonError::into_inner) = Some(summary.clone());
        self.ended.store(true, Ordering::SeqCst);
    }

    fn read(&self) -> Entries<'_> {
        Entries(self.blocks.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for SourceView {
    fn drop(&mut self) {
        // Times that were never noted are missing in it; places are not.
        let _ = self.save_index();
    }
}

struct Entries<'a>(RwLockReadGuard<'a, Blocks>);

impl std::ops::Deref for Entries<'_> {
    type Target = Vec<BlockEntry>;

    fn deref(&self) -> &Self::Target {
        &self.0.entries
    }
}
