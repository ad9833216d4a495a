//! Bytes to records, without any input or output of its own.
//!
//! A block is the longest run of whole lines of at most [`Framer::BLOCK`]
//! bytes (or fewer, where that is asked for), or one longer line. That depends on the bytes alone, not on how they
//! arrive, so that a block that is read again by its place gives the same
//! batch. Memory stays under two records of the greatest length: the rest of a
//! longer line is counted and passed over.

use std::sync::{Arc, Mutex, PoisonError};

use memchr::{memchr, memchr_iter, memrchr};

use super::audit;
use super::shape::{Shape, header_after};
use crate::event::{Batch, Lossy, Record, RecordFlags, Span};

/// Buffers of framers at rest: of thousands of open sources only those being
/// read hold one.
static SPARE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
/// More are not kept.
const MOST_SPARE: usize = 16;

/// When a block ends that is not full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flush {
    /// Not yet: more bytes are to come.
    Full,
    /// After the last whole line: nothing more comes for now.
    Lines,
    /// Here: nothing more comes at all.
    End,
}

/// A line longer than a record may be, of which the end is not yet seen.
#[derive(Debug)]
struct Long {
    head: Vec<u8>,
    /// Bytes seen of the line.
    seen: u64,
    last: u8,
}

/// Cuts a stream of bytes into batches.
#[derive(Debug)]
pub(crate) struct Framer {
    buf: Vec<u8>,
    len: usize,
    /// No line ends before this place of the buffer.
    scanned: usize,
    long: Option<Long>,
    /// Stream offset of the first byte in the buffer.
    offset: u64,
    /// Number of the line that begins there.
    line: u64,
    shape: Shape,
    /// Lines that name the columns, as they were before the first pending byte.
    header: Option<Arc<str>>,
    /// Size of a block in bytes.
    block: usize,
}

impl Framer {
    /// Least size of a block in bytes.
    const LEAST: usize = 4 << 10;
    /// Greatest size of a block in bytes.
    pub(crate) const BLOCK: usize = 256 << 10;

    /// A framer that begins at this place of the stream, with blocks of so many bytes.
    pub(crate) fn new(offset: u64, line: u64, block: usize) -> Self {
        let block = block.clamp(Self::LEAST, Self::BLOCK);
        Self { buf: Vec::new(), len: 0, scanned: 0, long: None, offset, line, shape: Shape::Lines, header: None, block }
    }

    /// Frames lines of this shape from here on, with this header in force.
    pub(crate) fn set_shape(&mut self, shape: Shape, header: Option<Arc<str>>) {
        self.shape = shape;
        self.header = header;
        if shape == Shape::Audit {
            // Whether an event is cut must not depend on how many inputs there are.
            self.block = Self::BLOCK;
        }
    }

    /// The header in force where the next block begins.
    pub(crate) fn header(&self) -> Option<&Arc<str>> {
        self.header.as_ref()
    }

    /// What was read and is not yet part of a batch.
    pub(crate) fn pending(&self) -> &[u8] {
        self.buf.get(..self.len).unwrap_or(&[])
    }

    /// Stream offset and line number at which the next block begins.
    pub(crate) fn place(&self) -> (u64, u64) {
        (self.offset, self.line)
    }

    /// Begins lines anew (another file continues the stream). Only to be
    /// called when all was taken out with [`Flush::End`].
    pub(crate) fn restart_lines(&mut self) {
        self.line = 1;
    }

    /// Passes over the first `n` pending bytes (a byte order mark).
    pub(crate) fn skip(&mut self, n: usize) {
        self.consume(n.min(self.len));
    }

    /// Gives the buffer back until bytes are read again; pending bytes stay.
    pub(crate) fn rest(&mut self) {
        if self.len > self.block / 2 || self.buf.len() != self.block {
            return;
        }
        let small = self.pending().to_vec();
        let buf = std::mem::replace(&mut self.buf, small);
        if buf.len() != Self::BLOCK {
            return;
        }
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < MOST_SPARE {
            spare.push(buf);
        }
    }

    /// Room to read into; never empty.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        if self.block == Self::BLOCK
            && self.buf.len() < self.block
            && let Some(mut buf) = SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop()
        {
            if let (Some(to), Some(from)) = (buf.get_mut(..self.len), self.buf.get(..self.len)) {
                to.copy_from_slice(from);
            }
            self.buf = buf;
        }
        let want = if self.len < self.block { self.block } else { (self.len * 2).min(Batch::MAX_RECORD + 2) };
        let want = want.max(self.len + 1);
        if self.buf.len() < want {
            self.buf.resize(want, 0);
        }
        self.buf.get_mut(self.len..want).unwrap_or_default()
    }

    /// Says how many bytes were read into [`Framer::space`].
    pub(crate) fn filled(&mut self, n: usize) {
        self.len = (self.len + n).min(self.buf.len());
    }

    /// Moves the next block into the (cleared) batch; `false` where more bytes
    /// are needed for it. All bytes that leave the framer are shown to `taken`.
    pub(crate) fn next(&mut self, flush: Flush, batch: &mut Batch, taken: &mut dyn FnMut(&[u8])) -> bool {
        if self.long.is_some() {
            return self.next_of_long(flush, batch, taken);
        }
        let Some(end) = self.block_end(flush) else {
            if self.len >= Batch::MAX_RECORD + 2 {
                self.begin_long(taken);
                return flush == Flush::End && self.next_of_long(flush, batch, taken);
            }
            return false;
        };
        let block = self.buf.get(..end).unwrap_or(&[]);
        self.line = emit(block, self.offset, self.line, batch);
        taken(block);
        self.consume(end);
        match self.shape {
            Shape::Lines => {}
            Shape::Audit => audit::join(batch),
            Shape::Headed => {
                batch.header.clone_from(&self.header);
                self.header = header_after(batch, self.header.as_ref());
            }
        }
        true
    }

    fn block_end(&mut self, flush: Flush) -> Option<usize> {
        if flush == Flush::End && self.len <= self.block {
            return (self.len > 0).then_some(self.len);
        }
        if flush == Flush::Full && self.len < self.block {
            return None;
        }
        let window = self.len.min(self.block);
        if let Some(p) = memrchr(b'\n', self.buf.get(..window)?) {
            let more = flush == Flush::Full || self.len > p + 1;
            if self.shape == Shape::Audit && more && window == self.block {
                return Some(audit::border(self.buf.get(..=p)?));
            }
            return Some(p + 1);
        }
        let from = self.scanned.max(window);
        if let Some(p) = memchr(b'\n', self.buf.get(from..self.len)?) {
            return Some(from + p + 1);
        }
        self.scanned = self.len;
        (flush == Flush::End && self.len < Batch::MAX_RECORD + 2).then_some(self.len)
    }

    fn begin_long(&mut self, taken: &mut dyn FnMut(&[u8])) {
        let seen = self.buf.get(..self.len).unwrap_or(&[]);
        taken(seen);
        self.long = Some(Long {
            head: seen.get(..Batch::MAX_RECORD).unwrap_or(seen).to_vec(),
            seen: self.len as u64,
            last: seen.last().copied().unwrap_or(0),
        });
        // The offset stays at the beginning of the line.
        self.len = 0;
        self.scanned = 0;
        self.buf.truncate(self.block);
        self.buf.shrink_to(self.block);
    }

    fn next_of_long(&mut self, flush: Flush, batch: &mut Batch, taken: &mut dyn FnMut(&[u8])) -> bool {
        let Some(long) = self.long.as_mut() else { return false };
        let pending = self.buf.get(..self.len).unwrap_or(&[]);
        let newline = memchr(b'\n', pending);
        let part = pending.get(..newline.unwrap_or(pending.len())).unwrap_or(&[]);
        long.seen += part.len() as u64;
        long.last = part.last().copied().unwrap_or(long.last);
        let used = part.len() + usize::from(newline.is_some());
        taken(pending.get(..used).unwrap_or(&[]));
        self.buf.copy_within(used..self.len, 0);
        self.len -= used;
        if newline.is_none() && flush != Flush::End {
            return false;
        }
        let Some(long) = self.long.take() else { return false };
        let cr = newline.is_some() && long.last == b'\r';
        push(&long.head, long.seen - u64::from(cr), self.offset, self.line, batch);
        self.offset += long.seen + u64::from(newline.is_some());
        self.line += 1;
        true
    }

    fn consume(&mut self, n: usize) {
        self.buf.copy_within(n..self.len, 0);
        self.len -= n;
        self.offset += n as u64;
        self.scanned = 0;
        if self.buf.len() > self.block && self.len <= self.block {
            self.buf.truncate(self.block);
            self.buf.shrink_to(self.block);
        }
    }
}

impl Drop for Framer {
    fn drop(&mut self) {
        self.len = 0;
        self.rest();
    }
}

/// Makes the records of a block; returns the number of the line after it.
fn emit(block: &[u8], offset: u64, first_line: u64, batch: &mut Batch) -> u64 {
    let valid = block.len() <= Batch::MAX_RECORD
        && match simdutf8::basic::from_utf8(block) {
            Ok(text) => {
                batch.text.push_str(text);
                true
            }
            Err(_) => false,
        };
    let base = batch.text.len() - if valid { block.len() } else { 0 };
    let mut line = first_line;
    let mut start = 0;
    for newline in memchr_iter(b'\n', block) {
        let cr = newline > start && block.get(newline - 1) == Some(&b'\r');
        let stop = newline - usize::from(cr);
        if stop == start {
            batch.empty_lines += 1;
        } else if valid {
            let raw = Span::text(base + start, stop - start);
            batch.records.push(Record::new(raw, offset + start as u64, (stop - start) as u64, line));
        } else {
            let content = block.get(start..stop).unwrap_or(&[]);
            push(content, content.len() as u64, offset + start as u64, line, batch);
        }
        line += 1;
        start = newline + 1;
    }
    if start < block.len() {
        let content = block.get(start..).unwrap_or(&[]);
        if valid {
            let raw = Span::text(base + start, content.len());
            batch.records.push(Record::new(raw, offset + start as u64, content.len() as u64, line));
        } else {
            push(content, content.len() as u64, offset + start as u64, line, batch);
        }
        line += 1;
    }
    line
}

/// Adds one record that needs care: too long (`content` is its beginning), or
/// not UTF-8.
pub(crate) fn push(content: &[u8], full_len: u64, offset: u64, line: u64, batch: &mut Batch) {
    let mut flags = RecordFlags::default();
    let mut kept = content;
    if full_len > Batch::MAX_RECORD as u64 {
        flags.set(RecordFlags::TRUNCATED);
        kept = cut(content);
    }
    let start = batch.text.len();
    if let Ok(text) = simdutf8::basic::from_utf8(kept) {
        batch.text.push_str(text);
    } else {
        flags.set(RecordFlags::LOSSY);
        for chunk in kept.utf8_chunks() {
            batch.text.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                batch.text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        batch.lossy.push(Lossy { record: batch.records.len() as u32, bytes: kept.to_vec() });
    }
    let mut record = Record::new(Span::text(start, batch.text.len() - start), offset, full_len, line);
    record.flags = flags;
    batch.records.push(record);
}

/// At most a record's length, not within a character.
fn cut(content: &[u8]) -> &[u8] {
    let head = content.get(..Batch::MAX_RECORD).unwrap_or(content);
    let Some(lead) = head.iter().rev().take(4).position(|b| b & 0xc0 != 0x80) else { return head };
    let at = head.len() - 1 - lead;
    let need = match head.get(at) {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => 1,
    };
    // Only a character that the cut itself broke is left out.
    if need > lead + 1 { head.get(..at).unwrap_or(head) } else { head }
}
