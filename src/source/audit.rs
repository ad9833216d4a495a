//! Lines of the Linux audit log that belong to one event.
//!
//! The kernel writes an event as several lines that share `audit(TIME:SERIAL)`,
//! and lines of neighbouring events may stand between them. Within a block they
//! are joined, in their order, to one record at the place of the first. Blocks
//! end where no event is open, as far as the block itself tells.

use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use crate::event::{Batch, Lossy, Record, RecordFlags, Span, hash64};

/// How far into a line its event's id may stand.
const REACH: usize = 300;
/// Events with a line among so many last bytes of a block may go on after it.
const OPEN: usize = 32 << 10;

/// What lines of one event have in common: the id, and who wrote it. A hash.
pub(crate) fn key(line: &[u8]) -> Option<u64> {
    let head = line.get(..REACH).unwrap_or(line);
    let at = memchr::memmem::find(head, b"audit(")?;
    let id = head.get(at + 6..)?;
    let id = id.get(..memchr::memchr(b')', id)?)?;
    let dot = memchr::memchr(b'.', id)?;
    let colon = memchr::memchr(b':', id)?;
    let digits = |b: &[u8]| !b.is_empty() && b.len() <= 20 && b.iter().all(u8::is_ascii_digit);
    if !(digits(id.get(..dot)?) && digits(id.get(dot + 1..colon)?) && digits(id.get(colon + 1..)?)) {
        return None;
    }
    let before = head.get(..at)?.strip_suffix(b"msg=").unwrap_or(head.get(..at)?);
    let kind = memchr::memmem::rfind(before, b"type=")?;
    // `node=NAME `, or of a syslog line its host and tag, but not its time.
    let who = before.get(..kind)?.trim_ascii_end();
    let mut blanks = memchr::memrchr_iter(b' ', who);
    let from = blanks.nth(1).map_or(0, |b| b + 1);
    Some(hash64(who.get(from..)?) ^ hash64(id).rotate_left(17))
}

/// Where a block ends that may hold these whole lines and is not the last: at
/// the last line border that no event stands across.
pub(crate) fn border(lines: &[u8]) -> usize {
    let mut first: FxHashMap<u64, usize> = FxHashMap::default();
    // For each line: where it begins, and where its event does.
    let mut starts: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    for line in lines.split_inclusive(|b| *b == b'\n') {
        let begun = key(line).map_or(at, |k| *first.entry(k).or_insert(at));
        starts.push((at, begun));
        at += line.len();
    }
    let find = |limit: usize| {
        // From the end: the earliest begin of the events of all later lines.
        let mut open = usize::MAX;
        for (start, begun) in starts.iter().rev() {
            open = open.min(*begun);
            if *start <= limit && open >= *start {
                return Some(*start).filter(|s| *s > 0);
            }
        }
        None
    };
    let near = starts.iter().rev().take_while(|(s, _)| lines.len() - s <= OPEN).map(|(_, b)| *b).min();
    let last = starts.last().map_or(0, |(_, b)| *b);
    near.and_then(find).or_else(|| find(last)).unwrap_or(lines.len())
}

/// Joins the lines of a batch that belong to one event.
pub(crate) fn join(batch: &mut Batch) {
    let mut by_key: FxHashMap<u64, usize> = FxHashMap::default();
    let mut groups: Vec<SmallVec<[usize; 4]>> = Vec::with_capacity(batch.records.len());
    for (i, rec) in batch.records.iter().enumerate() {
        let id = key(batch.value(rec.raw).as_bytes()).filter(|_| !rec.flags.has(RecordFlags::TRUNCATED));
        let at = id.map_or(groups.len(), |k| *by_key.entry(k).or_insert(groups.len()));
        match groups.get_mut(at) {
            Some(group) => group.push(i),
            None => groups.push(smallvec![i]),
        }
    }
    if groups.len() == batch.records.len() {
        return;
    }
    let old = std::mem::take(&mut batch.records);
    let old_lossy = std::mem::take(&mut batch.lossy);
    for group in &groups {
        let at = batch.records.len() as u32;
        let lines: SmallVec<[&Record; 4]> = group.iter().filter_map(|i| old.get(*i)).collect();
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { continue };
        let bytes_of = |i: usize| {
            let at = old_lossy.binary_search_by_key(&i, |l| l.record as usize).ok()?;
            old_lossy.get(at).map(|l| l.bytes.as_slice())
        };
        let mut rec = (*first).clone();
        if rec.flags.has(RecordFlags::LOSSY) || lines.iter().any(|r| r.flags.has(RecordFlags::LOSSY)) {
            rec.flags.set(RecordFlags::LOSSY);
            let parts: Vec<&[u8]> = (group.iter().zip(&lines))
                .map(|(i, r)| bytes_of(*i).unwrap_or_else(|| batch.text.get(range(r)).unwrap_or("").as_bytes()))
                .collect();
            let bytes = parts.join(&b'\n');
            batch.lossy.push(Lossy { record: at, bytes });
        }
        if lines.len() > 1 {
            rec.lines = lines.len() as u32;
            rec.full_len = last.offset + last.full_len - first.offset;
            rec.raw = together(&mut batch.text, &lines);
        }
        batch.records.push(rec);
    }
}

/// Where a record stands in its batch's text.
fn range(rec: &Record) -> std::ops::Range<usize> {
    rec.raw.start()..rec.raw.start() + rec.raw.len()
}

/// The lines of an event as one text: in place where nothing stands between.
fn together(text: &mut String, lines: &[&Record]) -> Span {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Span::NONE };
    let (start, end) = (range(first).start, range(last).end);
    let neighbours = lines.windows(2).all(|w| {
        let between = range(w[0]).end..range(w[1]).start;
        matches!(text.get(between), Some("\n" | "\r\n"))
    });
    if neighbours {
        return Span::text(start, end - start);
    }
    let start = text.len();
    for (i, line) in lines.iter().enumerate() {
        if i > 0 {
            text.push('\n');
        }
        text.extend_from_within(range(line));
    }
    Span::text(start, text.len() - start)
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
