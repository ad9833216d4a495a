//! One source read from its beginning: batches out, blocks noted in the view.

use std::io::Read;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::cache::Cache;
use super::feed::{Feed, Got, ReadFeed, Sums, Tallied, Tally};
use super::framer::{Flush, Framer};
use super::handle::{Handle, Reading};
use super::identity::{Fingerprint, Identity, modified};
use super::index::{Change, Index};
use super::reached::Reached;
use super::serials::Serials;
use super::shape::Shape;
use super::spool::SpoolWriter;
use super::view::Target;
use super::{BlockEntry, Followed, Input, Known, SourceError, SourceSummary, SourceView, TimeRef, looks, open};
use crate::event::{Batch, RecordFlags, SourceId, Ts};

/// Lines of a live source wait at most so long for others to share their batch.
const HOLD: Duration = Duration::from_millis(100);
/// How often a waiting reader looks whether it shall stop.
const LOOK: Duration = Duration::from_millis(100);

/// How a source is opened.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Where indexes, spools and time references are kept.
    pub cache: Cache,
    /// Keep what cannot be read again by place (compressed files, streams).
    pub spool: bool,
    /// Follow the file as it grows, until stopped.
    pub follow: bool,
    /// What else is followed beside it: no file is read twice.
    pub followed: Arc<Followed>,
    /// What was followed before: the parts that were put aside since are read first.
    pub known: Arc<Known>,
    /// Follow from the file's end on.
    pub from_end: bool,
    /// The year of times that have none.
    pub year: Option<i32>,
    /// Bytes of a block, at most [`OpenOptions::BLOCK`]: smaller ones where
    /// very many sources are read beside each other.
    pub block: usize,
    /// Set from outside to end reading: what has come is still given out.
    pub stop: Option<Arc<AtomicBool>>,
}

impl OpenOptions {
    /// Bytes of a block unless set.
    pub const BLOCK: usize = Framer::BLOCK;
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            cache: Cache::default(),
            spool: true,
            follow: false,
            followed: Arc::default(),
            known: Arc::default(),
            from_end: false,
            year: None,
            block: Self::BLOCK,
            stop: None,
        }
    }
}

/// What [`SourceReader::poll_batch`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polled {
    /// The batch is filled.
    Batch,
    /// Nothing came within the time.
    Idle,
    /// Nothing will come any more.
    End,
}

/// Reads one source, once.
pub struct SourceReader {
    id: SourceId,
    feed: Box<dyn Feed>,
    framer: Framer,
    view: Arc<SourceView>,
    written: Ts,
    spool: Option<SpoolWriter>,
    tally: Tally,
    /// A regular file that is not followed, and what it was before.
    file: Option<(Arc<Handle>, Identity)>,
    before: Option<Index>,
    /// Name of its index.
    key: String,
    change: Change,
    opts: OpenOptions,
    seq: u64,
    /// Since when bytes wait in the framer.
    hold: Option<Instant>,
    /// Since when those of the last batch waited.
    since: Option<Instant>,
    flush: Flush,
    /// The next bytes are of another file.
    breaking: bool,
    /// What was read of the file that is followed now is all of it from its beginning.
    one: bool,
    /// Lines and records of the files before it.
    before_it: (u64, u64),
    ended: bool,
    /// All bytes as stored were read, or can be.
    whole: bool,
    /// A decoder may have left some of the file unread.
    decoded: bool,
    /// The byte order mark stands in the spool.
    marked: bool,
    /// Closed until it is read: what to open again, and what it was.
    asleep: Option<(Input, Identity)>,
    /// Nothing of it was there when it was opened.
    unseen: bool,
    /// The first bytes of what was unseen.
    late: Option<Vec<u8>>,
    /// Of a log of audit events, their numbers.
    serials: Option<Serials>,
    summary: SourceSummary,
}

impl SourceReader {
    /// Opens an input and reads its first bytes. For a stream this waits until
    /// something comes (or it is stopped).
    pub fn open(id: SourceId, input: &Input, opts: &OpenOptions) -> Result<Self, SourceError> {
        let opened = open::open(input, opts)?;
        let view = SourceView::new(input.name.clone(), id, opened.back, opened.time_ref, opened.size);
        let mut reader = Self {
            id,
            feed: opened.feed,
            framer: Framer::new(0, 1, opts.block),
            view: Arc::new(view.watched(opened.watch, opened.earlier)),
            written: opened.written,
            spool: opened.spool,
            tally: opened.tally,
            file: opened.file.zip(opened.identity),
            before: opened.before,
            key: opened.key,
            change: opened.change,
            opts: opts.clone(),
            seq: 0,
            hold: None,
            since: None,
            flush: Flush::Full,
            breaking: false,
            one: opts.follow && !opts.from_end,
            before_it: (0, 0),
            ended: false,
            whole: true,
            decoded: opened.decoded,
            marked: false,
            asleep: None,
            serials: None,
            unseen: false,
            late: None,
            summary: SourceSummary {
                warnings: opened.warnings,
                damaged: opened.damaged,
                complete: true,
                ..SourceSummary::default()
            },
        };
        reader.read_head(open::SAMPLE);
        reader.unseen = reader.feed.is_live() && reader.framer.pending().is_empty() && !reader.ended;
        Ok(reader)
    }

    /// Closes the file until the first batch is asked for, so that thousands of
    /// inputs that were looked at are not all open at once; the sample is gone
    /// then. Does nothing for what cannot be opened again as it was. `input` is
    /// what the reader was opened with.
    pub fn sleep(&mut self, input: &Input) {
        if self.seq > 0 || self.feed.is_live() {
            return;
        }
        let Some((_, identity)) = self.file.take() else { return };
        self.asleep = Some((input.clone(), identity));
        self.feed = Box::new(ReadFeed::new(Box::new(std::io::empty())));
        self.framer = Framer::new(0, 1, self.opts.block);
        self.before = None;
        (self.flush, self.ended, self.hold) = (Flush::Full, false, None);
    }

    /// Opens again what sleeps.
    fn wake(&mut self) -> Result<(), SourceError> {
        let Some((input, identity)) = self.asleep.take() else { return Ok(()) };
        let opened = open::open(&input, &OpenOptions { spool: false, ..self.opts.clone() })?;
        // What the file was when it was looked at: a change since then is told at the end.
        self.file = opened.file.map(|f| (f, identity));
        self.feed = opened.feed;
        self.tally = opened.tally;
        self.before = opened.before;
        self.decoded = opened.decoded;
        let shape = self.view.shape();
        self.read_head(self.opts.block.min(open::SAMPLE));
        // Less of it may have been looked at now.
        self.take_shape(shape);
        Ok(())
    }

    /// The first bytes of the source (up to 64 KiB, decompressed), to find its
    /// format by. Empty once a batch was read.
    #[must_use]
    pub fn sample(&self) -> &[u8] {
        let pending = if self.seq == 0 { self.framer.pending() } else { &[] };
        pending.get(..open::SAMPLE).unwrap_or(pending)
    }

    /// The first bytes of a source that had none when it was opened; given out
    /// once, with its first batch.
    pub fn late_sample(&mut self) -> Option<Vec<u8>> {
        self.late.take()
    }

    /// Whether nothing was there yet when it was opened, but may come.
    #[must_use]
    pub fn is_unseen(&self) -> bool {
        self.unseen
    }

    /// Random access to what was read; lives on after the reader.
    #[must_use]
    pub fn view(&self) -> Arc<SourceView> {
        Arc::clone(&self.view)
    }

    /// Of a live source, when the first byte of the last batch was read.
    #[must_use]
    pub fn since(&self) -> Option<Instant> {
        self.since.filter(|_| self.feed.is_live())
    }

    /// By what the source's times without a year are dated.
    #[must_use]
    pub fn time_ref(&self) -> TimeRef {
        self.view.time_ref()
    }

    /// When the source was written: shown for records without any time.
    #[must_use]
    pub fn written(&self) -> Ts {
        self.written
    }

    /// What became of the file since it was read last.
    #[must_use]
    pub fn change(&self) -> Change {
        self.change
    }

    /// Whether lines come at someone else's pace (standard input, a followed file).
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.feed.is_live()
    }

    /// Fills the batch with the next records; `false` at the end. The batch may
    /// hold no record where all lines are empty. Waits for a live source.
    pub fn next_batch(&mut self, batch: &mut Batch) -> Result<bool, SourceError> {
        loop {
            match self.poll_batch(batch, LOOK)? {
                Polled::Batch => return Ok(true),
                Polled::End => return Ok(false),
                Polled::Idle => {}
            }
        }
    }

    /// As [`SourceReader::next_batch`], but waits for a live source only so
    /// long. Its lines wait up to 100 ms for others to share their batch, so
    /// it wants to be polled about that often.
    pub fn poll_batch(&mut self, batch: &mut Batch, wait: Duration) -> Result<Polled, SourceError> {
        batch.clear();
        batch.source = self.id;
        batch.seq = self.seq;
        self.wake()?;
        let give_up = Instant::now() + wait;
        let mut looked = false;
        loop {
            self.see();
            let place = self.framer.place();
            let (spool, tally) = (&mut self.spool, &self.tally);
            let mut taken = |bytes: &[u8]| {
                tally.give(bytes);
                if let Some(spool) = spool {
                    spool.append(bytes);
                }
            };
            let header = self.framer.header().cloned();
            if self.framer.next(self.flush, batch, &mut taken) {
                self.view.note_header(self.seq, header);
                self.note(place, batch);
                return Ok(Polled::Batch);
            }
            if self.ended {
                return Ok(Polled::End);
            }
            if self.flush == Flush::Lines {
                // Half a line waits for its other half, however long.
                self.hold = None;
            }
            self.flush = Flush::Full;
            if std::mem::take(&mut self.breaking) {
                self.framer.restart_lines();
                // All of it was given out.
                let left = self.tally.next_file();
                let left = self.one.then(|| self.reached(&left));
                self.view.push_begin(self.framer.place().0, left);
                (self.one, self.before_it) = (true, (self.summary.lines, self.summary.records));
            }
            if self.stopped() {
                self.cut();
                self.summary.complete &= self.opts.follow && self.feed.is_live();
                self.whole &= self.feed.is_live();
                continue;
            }
            let left = give_up.saturating_duration_since(Instant::now());
            if looked && left.is_zero() {
                return Ok(Polled::Idle);
            }
            looked = self.read(usize::MAX, left);
        }
    }

    /// Ends reading and says what was read.
    #[must_use]
    pub fn finish(mut self) -> SourceSummary {
        if self.ended && !self.stopped() && !self.opts.follow {
            let s = &self.summary;
            let empty = match (s.records, s.lines) {
                (0, 0) if s.damaged => None,
                (0, 0) => Some("is empty"),
                (0, _) => Some("holds nothing but empty lines"),
                _ => None,
            };
            self.summary.warnings.extend(empty.map(str::to_owned));
        }
        self.summary.warnings.extend(match self.summary.truncated {
            0 => None,
            1 => Some("a record is longer than 1 MiB: the rest of it was not looked at".to_owned()),
            n => Some(format!("{n} records are longer than 1 MiB: the rest of them was not looked at")),
        });
        self.summary.warnings.extend(self.feed.warnings());
        self.summary.damaged |= self.feed.damaged() && !self.stopped();
        self.summary.warnings.extend(self.serials.as_ref().and_then(Serials::warning));
        self.whole &= self.ended;
        self.summary.complete &= self.whole;
        if let (true, Some((file, _))) = (self.whole && self.decoded, &self.file) {
            self.whole = drain(file, &self.tally);
        }
        self.summary.bytes = self.tally.bytes();
        self.summary.sha256 = self.whole.then(|| self.tally.hex());
        let spooled = self.spool.is_some();
        if let Some(spool) = self.spool.take() {
            self.summary.warnings.extend(spool.finish(self.whole && self.file.is_some()));
        }
        let kept = self.what_to_keep(spooled);
        let before = self.before.take();
        self.view.end(&self.summary, kept, before.as_ref());
        std::mem::take(&mut self.summary)
    }

    /// What the index shall say of the file, after a last look at it; `None`
    /// where there is nothing to say or nothing that would be believed.
    fn what_to_keep(&mut self, spooled: bool) -> Option<Target> {
        let (handle, first) = self.file.as_ref()?;
        let Ok(Some(file)) = handle.file() else {
            self.summary.warnings.push("was moved or replaced while it was read".to_owned());
            return None;
        };
        let meta = file.metadata().ok()?;
        let read = self.summary.bytes;
        let same = meta.len() == first.print.size && modified(&meta) == first.modified;
        if meta.len() < first.print.size && read < first.print.size {
            let lost = "was cut while it was read: not all of what it held at the start was read";
            self.summary.warnings.push(lost.to_owned());
            (self.summary.damaged, self.summary.complete) = (true, false);
            return None;
        }
        if meta.len() < first.print.size || (meta.len() == first.print.size && !same) {
            self.summary.warnings.push("was changed while it was read".to_owned());
            return None;
        }
        if meta.nlink() == 0 {
            self.summary.warnings.push("was deleted or replaced while it was read; all of it was read".to_owned());
        }
        if let (Some(old), Some(new)) =
            (self.before.as_ref().and_then(|b| b.summary.sha256.as_ref()), &self.summary.sha256)
            && old != new
            && self.change != Change::Grown
        {
            self.summary.warnings.push(format!("is not what it was when it was read before (SHA-256 {old})"));
        }
        // A file that grew under us is known as long as it was read.
        let size = if self.whole { read } else { first.print.size };
        let identity = Identity {
            modified: if meta.len() == size { modified(&meta) } else { first.modified },
            print: Fingerprint::of(&file, size).ok()?,
            ..*first
        };
        // A spool is kept whole or not at all, and an index of it alone is of no use.
        (!spooled || self.whole).then(|| Target { cache: self.opts.cache.clone(), key: self.key.clone(), identity })
    }

    fn stopped(&self) -> bool {
        self.opts.stop.as_ref().is_some_and(|s| s.load(Ordering::Relaxed))
    }

    fn end(&mut self) {
        self.ended = true;
        self.flush = Flush::End;
    }

    /// Ends because it is told to: half a line of a file that is not read on is no record.
    fn cut(&mut self) {
        self.end();
        if !self.feed.is_live() {
            self.flush = Flush::Lines;
        }
    }

    /// One read of at most so many bytes from the feed, and what follows for the framer from it;
    /// whether it found nothing.
    fn read(&mut self, most: usize, wait: Duration) -> bool {
        let held = self.hold.map(|since| since.elapsed());
        let wait = held.map_or(wait, |held| wait.min(HOLD.saturating_sub(held)));
        let mut idle = false;
        let space = self.framer.space();
        let most = most.min(space.len());
        match self.feed.read(space.get_mut(..most).unwrap_or_default(), wait.min(LOOK)) {
            Ok(Got::Bytes(n)) => {
                self.framer.filled(n);
                self.hold.get_or_insert_with(Instant::now);
            }
            Ok(Got::Idle) => idle = true,
            Ok(Got::Break) => {
                self.breaking = true;
                self.flush = Flush::End;
            }
            Ok(Got::End) => self.end(),
            Err(e) => {
                if !self.stopped() {
                    self.summary.damaged = true;
                    let at = self.framer.place().0 + self.framer.pending().len() as u64;
                    self.summary.warnings.push(format!("is damaged or unreadable after byte {at}: {e}"));
                }
                self.summary.complete = false;
                if self.stopped() {
                    self.cut();
                } else {
                    self.end();
                }
            }
        }
        if self.feed.is_live() && self.flush == Flush::Full && self.hold.is_some_and(|s| s.elapsed() >= HOLD) {
            self.flush = Flush::Lines;
        }
        self.view.set_position(self.tally.bytes());
        idle
    }

    fn note(&mut self, (offset, first_line): (u64, u64), batch: &Batch) {
        let (end, next_line) = self.framer.place();
        let records = batch.records.len() as u64;
        let lossy = batch.lossy.len() as u64;
        if let Some(serials) = &mut self.serials {
            batch.records.iter().for_each(|r| serials.note(batch.value(r.raw).as_bytes()));
        }
        let truncated = batch.records.last().is_some_and(|r| r.flags.has(RecordFlags::TRUNCATED));
        self.view.push_block(BlockEntry {
            first_record: self.summary.records,
            records: records as u32,
            lines: (next_line - first_line) as u32,
            offset,
            len: end - offset,
            first_line,
            first: Ts::NONE,
            last: Ts::NONE,
        });
        self.seq += 1;
        self.framer.rest();
        self.since = self.hold;
        self.hold = (!self.framer.pending().is_empty()).then(Instant::now);
        self.summary.records += records;
        self.summary.lines += next_line - first_line;
        self.summary.text_bytes = end;
        self.summary.lossy += lossy;
        self.summary.truncated += u64::from(truncated);
        // Before anyone knows of these records, so that nothing is made of them that stands behind it.
        let sound = self.tally.is_of_given() || self.framer.pending().is_empty();
        if self.one && self.feed.is_live() && sound {
            self.view.set_reached(self.tally.sums(|sums| self.reached(sums)));
        }
    }

    /// Where the file that is followed stands with these sums.
    fn reached(&self, sums: &Sums) -> Reached {
        let (lines, records) = self.before_it;
        Reached::at(sums, self.summary.lines - lines, self.summary.records - records)
    }

    /// Looks at the first bytes of what was unseen, before they are framed.
    fn see(&mut self) {
        let pending = self.framer.pending();
        let enough = match self.flush {
            Flush::Full => pending.len() >= open::SAMPLE,
            Flush::Lines => memchr::memchr(b'\n', pending).is_some(),
            Flush::End => !pending.is_empty(),
        };
        if !self.unseen || !enough {
            return;
        }
        self.unseen = false;
        let sample = pending.get(..open::SAMPLE).unwrap_or(pending).to_vec();
        self.look_at_head();
        self.late = Some(sample);
    }

    /// Reads the first bytes, and passes over a byte order mark.
    fn read_head(&mut self, bytes: usize) {
        // What stands in a followed file is there at once: nothing is waited for.
        let wait = if self.view.presence().is_some() { Duration::ZERO } else { LOOK };
        while self.flush == Flush::Full && !self.stopped() {
            let left = bytes.saturating_sub(self.framer.pending().len());
            // An empty file that is followed has no sample.
            if left == 0 || self.read(left, wait) && self.opts.follow {
                break;
            }
        }
        self.look_at_head();
        self.framer.rest();
    }

    fn take_shape(&mut self, shape: Shape) {
        self.serials = (shape == Shape::Audit).then(Serials::default);
        self.framer.set_shape(shape, None);
        self.view.set_shape(shape);
    }

    fn look_at_head(&mut self) {
        let sample = self.framer.pending();
        // What is known to be an archive or not to be what its name says needs no more words.
        if let Some(warning) = looks::binary(sample).filter(|_| self.summary.warnings.is_empty()) {
            self.summary.warnings.push(warning.to_owned());
        }
        // No more than what the parser is chosen by: both must see the same headers.
        let shape = Shape::of(sample.get(..open::SAMPLE).unwrap_or(sample));
        self.take_shape(shape);
        const MARK: &[u8] = b"\xef\xbb\xbf";
        if self.framer.pending().starts_with(MARK) {
            self.framer.skip(MARK.len());
            self.tally.give(MARK);
            if let Some(spool) = self.spool.as_mut().filter(|_| !std::mem::replace(&mut self.marked, true)) {
                spool.append(MARK);
            }
        }
    }
}

/// Reads what a decoder left of its file (damage, or bytes after the last
/// member), for the file's hash.
fn drain(file: &Arc<Handle>, tally: &Tally) -> bool {
    let mut file = Tallied::new(Reading(Arc::clone(file)), tally.clone());
    let mut buf = vec![0; 64 << 10];
    loop {
        match file.read(&mut buf) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}
