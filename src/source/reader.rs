//! One source read from its beginning: batches out, blocks noted in the view.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::feed::{Feed, Got, Tally};
use super::framer::{Flush, Framer};
use super::{BlockEntry, Input, SourceError, SourceSummary, SourceView, open};
use crate::event::{Batch, RecordFlags, SourceId, Ts};

/// Lines of a live source wait at most so long for others to share their batch.
const HOLD: Duration = Duration::from_millis(100);
/// How often a waiting reader looks whether it shall stop.
const LOOK: Duration = Duration::from_millis(100);

/// How a source is opened.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// Set from outside to end a read that waits for more: what has come is
    /// still given out.
    pub stop: Option<Arc<AtomicBool>>,
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
    tally: Tally,
    stop: Option<Arc<AtomicBool>>,
    seq: u64,
    /// Since when lines wait in the framer.
    hold: Option<Instant>,
    flush: Flush,
    /// The next bytes are of another file.
    breaking: bool,
    ended: bool,
    summary: SourceSummary,
}

impl SourceReader {
    /// Opens an input and reads its first bytes.
    pub fn open(id: SourceId, input: &Input, opts: &OpenOptions) -> Result<Self, SourceError> {
        let opened = open::open(id, input, opts)?;
        let mut reader = Self {
            id,
            feed: opened.feed,
            framer: Framer::new(0, 1),
            view: Arc::new(opened.view),
            tally: opened.tally,
            stop: opts.stop.clone(),
            seq: 0,
            hold: None,
            flush: Flush::Full,
            breaking: false,
            ended: false,
            summary: SourceSummary { warnings: opened.warnings, complete: true, ..SourceSummary::default() },
        };
        reader.read_sample();
        Ok(reader)
    }

    /// The first bytes of the source (up to 64 KiB, decompressed), to find its
    /// format by. Empty once a batch was read.
    #[must_use]
    pub fn sample(&self) -> &[u8] {
        let pending = if self.seq == 0 { self.framer.pending() } else { &[] };
        pending.get(..open::SAMPLE).unwrap_or(pending)
    }

    /// Random access to what was read; lives on after the reader.
    #[must_use]
    pub fn view(&self) -> Arc<SourceView> {
        Arc::clone(&self.view)
    }

    /// Whether lines come at someone else's pace (standard input, a followed file).
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.feed.is_live()
    }

    /// Fills the batch with the next records; `false` at the end. The batch may
    /// hold no record where lines are empty. Waits for a live source.
    pub fn next_batch(&mut self, batch: &mut Batch) -> Result<bool, SourceError> {
        loop {
            match self.poll_batch(batch, LOOK)? {
                Polled::Batch => return Ok(true),
                Polled::End => return Ok(false),
                Polled::Idle => {}
            }
        }
    }

    /// As [`SourceReader::next_batch`], but waits for a live source only so long.
    pub fn poll_batch(&mut self, batch: &mut Batch, wait: Duration) -> Result<Polled, SourceError> {
        batch.clear();
        batch.source = self.id;
        batch.seq = self.seq;
        let give_up = Instant::now() + wait;
        loop {
            let place = self.framer.place();
            if self.framer.next(self.flush, batch, &mut |_| {}) {
                self.note(place, batch);
                return Ok(Polled::Batch);
            }
            if self.breaking {
                self.breaking = false;
                self.framer.restart_lines();
            }
            if self.ended {
                return Ok(Polled::End);
            }
            if self.stopped() {
                self.ended = true;
                self.summary.complete &= self.feed.is_live();
                self.flush = Flush::End;
                continue;
            }
            let left = give_up.saturating_duration_since(Instant::now());
            if self.flush == Flush::Lines && left.is_zero() {
                self.flush = Flush::Full;
                return Ok(Polled::Idle);
            }
            self.read(left);
        }
    }

    /// Ends reading and says what was read.
    #[must_use]
    pub fn finish(mut self) -> SourceSummary {
        self.collect_warnings();
        let mut summary = std::mem::take(&mut self.summary);
        summary.complete &= self.ended;
        summary.bytes = self.tally.bytes();
        summary.sha256 = self.ended.then(|| self.tally.hex());
        self.view.end(summary.clone());
        summary
    }

    fn stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|s| s.load(Ordering::Relaxed))
    }

    /// One read from the feed, and what follows for the framer from it.
    fn read(&mut self, wait: Duration) {
        let wait = self.hold.map_or(wait, |since| wait.min(HOLD.saturating_sub(since.elapsed())));
        match self.feed.read(self.framer.space(), wait.min(LOOK)) {
            Ok(Got::Bytes(n)) => {
                self.framer.filled(n);
                self.flush = Flush::Full;
                if self.feed.is_live() && self.hold.get_or_insert_with(Instant::now).elapsed() >= HOLD {
                    self.flush = Flush::Lines;
                }
            }
            Ok(Got::Idle) => self.flush = Flush::Lines,
            Ok(Got::Break) => {
                self.breaking = true;
                self.flush = Flush::End;
            }
            Ok(Got::End) => {
                self.ended = true;
                self.flush = Flush::End;
            }
            Err(e) => {
                self.summary.warnings.push(format!("damaged or unreadable after byte {}: {e}", self.tally.bytes()));
                self.summary.complete = false;
                self.ended = true;
                self.flush = Flush::End;
            }
        }
        self.view.set_position(self.tally.bytes());
    }

    fn note(&mut self, (offset, first_line): (u64, u64), batch: &Batch) {
        let (end, next_line) = self.framer.place();
        let records = batch.records.len() as u64;
        let lossy = batch.lossy.len() as u64;
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
        self.hold = None;
        self.summary.records += records;
        self.summary.lines += next_line - first_line;
        self.summary.text_bytes = end;
        self.summary.lossy += lossy;
        self.summary.truncated += u64::from(truncated);
    }

    fn read_sample(&mut self) {
        while self.framer.pending().len() < open::SAMPLE && self.flush == Flush::Full && !self.stopped() {
            self.read(LOOK);
        }
        if self.framer.pending().starts_with(b"\xef\xbb\xbf") {
            self.framer.skip(3);
        }
    }

    fn collect_warnings(&mut self) {
        self.summary.warnings.extend(self.feed.warnings());
    }
}
