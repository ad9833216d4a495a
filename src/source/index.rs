//! The sidecar index: a source's blocks and outcome, kept in the cache.
//!
//! Found by path, device and inode; believed only where size, time and both
//! ends of the file are what they were. About 20 bytes per block of 256 KiB.

use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use super::bytes::{Reader, Writer, seal, unseal};
use super::cache::Cache;
use super::feed::hex;
use super::identity::{Fingerprint, Identity, short_hash};
use super::shape::Shape;
use super::{BlockEntry, SourceError, SourceSummary, TimeRef, TimeRefOrigin};
use crate::event::Ts;

const MARK: [u8; 8] = *b"SSINDEX3";
const KIND: &str = "index";

/// What became of a file since it was read last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not read before.
    New,
    /// It is as it was.
    Same,
    /// It begins with what it was.
    Grown,
    /// It was written to, or is another file.
    Changed,
}

/// A source as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) identity: Identity,
    pub(crate) time_ref: TimeRef,
    pub(crate) summary: SourceSummary,
    /// Directory of its spool, or nothing.
    pub(crate) spool: String,
    pub(crate) shape: Shape,
    /// Header lines in force, from a block on.
    pub(crate) headers: Vec<(u64, Arc<str>)>,
    pub(crate) blocks: Vec<BlockEntry>,
}

/// The name of a file's index.
pub(crate) fn key(path: &Path, identity: &Identity) -> String {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut w = Writer::default();
    w.num(identity.dev);
    w.num(identity.ino);
    w.bytes(path.as_os_str().as_bytes());
    hex(&short_hash(&w.0))
}

impl Index {
    /// The index of this name, if there is one.
    pub(crate) fn load(cache: &Cache, key: &str) -> Option<Self> {
        Self::decode(&cache.read(KIND, key)?)
    }

    /// Writes the index, as a whole or not at all.
    pub(crate) fn save(&self, cache: &Cache, key: &str) -> Result<(), SourceError> {
        cache.write(KIND, key, &self.encode())
    }

    /// What became of the file since this index was made.
    pub(crate) fn compare(&self, file: &File, now: &Identity) -> Change {
        let then = &self.identity;
        if then == now {
            Change::Same
        } else if now.print.size > then.print.size
            && Fingerprint::of(file, then.print.size).is_ok_and(|p| p == then.print)
        {
            Change::Grown
        } else {
            Change::Changed
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        let (id, s) = (&self.identity, &self.summary);
        w.num(id.dev);
        w.num(id.ino);
        w.signed(id.modified.0);
        w.num(id.print.size);
        w.bytes(&id.print.head);
        w.bytes(&id.print.tail);
        w.signed(self.time_ref.time.0);
        w.num(self.time_ref.origin as u64);
        w.text(&self.spool);
        for n in [s.bytes, s.text_bytes, s.lines, s.records, s.truncated, s.lossy, u64::from(s.complete)] {
            w.num(n);
        }
        w.text(s.sha256.as_deref().unwrap_or(""));
        w.num(s.warnings.len() as u64);
        s.warnings.iter().for_each(|t| w.text(t));
        w.num(self.shape as u64);
        w.num(self.headers.len() as u64);
        for (block, header) in &self.headers {
            w.num(*block);
            w.text(header);
        }
        self.encode_blocks(&mut w);
        seal(MARK, &w.0)
    }

    fn encode_blocks(&self, w: &mut Writer) {
        w.num(self.blocks.len() as u64);
        w.num(self.blocks.first().map_or(0, |b| b.offset));
        let (mut line, mut time) = (1u64, 0i64);
        for b in &self.blocks {
            w.num(u64::from(b.records));
            w.num(u64::from(b.lines));
            w.num(b.len);
            w.signed(b.first_line.wrapping_sub(line) as i64);
            line = b.first_line.wrapping_add(u64::from(b.lines));
            w.num(u64::from(b.first.is_some()));
            if b.first.is_some() {
                w.signed(b.first.0.wrapping_sub(time));
                w.signed(b.last.0.wrapping_sub(b.first.0));
                time = b.first.0;
            }
        }
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader(unseal(MARK, bytes)?);
        let (dev, ino, modified) = (r.num()?, r.num()?, Ts(r.signed()?));
        let print = Fingerprint { size: r.num()?, head: r.array()?, tail: r.array()? };
        let time_ref = TimeRef { time: Ts(r.signed()?), origin: TimeRefOrigin::from_u8(r.num()? as u8) };
        let spool = r.text()?;
        let mut summary = SourceSummary {
            bytes: r.num()?,
            text_bytes: r.num()?,
            lines: r.num()?,
            records: r.num()?,
            truncated: r.num()?,
            lossy: r.num()?,
            complete: r.num()? == 1,
            ..SourceSummary::default()
        };
        summary.sha256 = Some(r.text()?).filter(|t| !t.is_empty());
        for _ in 0..r.count(1)? {
            summary.warnings.push(r.text()?);
        }
        let shape = Shape::from_u64(r.num()?);
        let mut headers = Vec::new();
        for _ in 0..r.count(2)? {
            headers.push((r.num()?, r.text()?.into()));
        }
        let blocks = decode_blocks(&mut r)?;
        let identity = Identity { dev, ino, modified, print };
        Some(Self { identity, time_ref, summary, spool, shape, headers, blocks })
    }
}

fn decode_blocks(r: &mut Reader<'_>) -> Option<Vec<BlockEntry>> {
    let count = r.count(5)?;
    let mut offset = r.num()?;
    let mut blocks = Vec::with_capacity(count);
    let (mut record, mut line, mut time) = (0u64, 1u64, 0i64);
    for _ in 0..count {
        let (records, lines, len) = (r.num32()?, r.num32()?, r.num()?);
        let first_line = line.wrapping_add(r.signed()? as u64);
        line = first_line.wrapping_add(u64::from(lines));
        let (mut first, mut last) = (Ts::NONE, Ts::NONE);
        if r.num()? == 1 {
            time = time.wrapping_add(r.signed()?);
            first = Ts(time);
            last = Ts(time.wrapping_add(r.signed()?));
        }
        blocks.push(BlockEntry { first_record: record, records, lines, offset, len, first_line, first, last });
        record = record.checked_add(u64::from(records))?;
        offset = offset.checked_add(len)?;
    }
    Some(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn index(blocks: Vec<BlockEntry>) -> Index {
        let print = Fingerprint { size: 7, head: [1; 16], tail: [2; 16] };
        Index {
            identity: Identity { dev: 1, ino: 2, modified: Ts(-3), print },
            time_ref: TimeRef { time: Ts(-4), origin: TimeRefOrigin::Recorded },
            summary: SourceSummary {
                bytes: 7,
                sha256: Some("ab".into()),
                warnings: vec!["a warning".into()],
                complete: true,
                ..SourceSummary::default()
            },
            spool: "s-1".into(),
            shape: Shape::Headed,
            headers: vec![(0, "#fields\ta".into()), (3, "#fields\tb".into())],
            blocks,
        }
    }

    proptest! {
        #[test]
        fn blocks_come_back(parts in prop::collection::vec((0u32..5000, 0u32..9, 1u64..300_000, any::<i64>(), any::<u32>()), 0..40)) {
            let (mut record, mut offset, mut line) = (0, 3, 1);
            let mut blocks = Vec::new();
            for (records, empty, len, first, spread) in parts {
                let first = Ts(first);
                let last = if first.is_some() { Ts(first.0.wrapping_add(i64::from(spread))) } else { Ts::NONE };
                let lines = records + empty;
                blocks.push(BlockEntry { first_record: record, records, lines, offset, len, first_line: line, first, last });
                record += u64::from(records);
                offset += len;
                line += u64::from(lines);
            }
            let index = index(blocks);
            if index.blocks.is_empty() {
                // Where nothing was read there is no offset to keep.
                prop_assert_eq!(Index::decode(&index.encode()).unwrap().summary, index.summary);
            } else {
                prop_assert_eq!(Index::decode(&index.encode()).unwrap(), index);
            }
        }
    }

    #[test]
    fn damage_is_noticed() {
        let mut bytes = index(Vec::new()).encode();
        assert!(Index::decode(&bytes).is_some());
        for i in 0..bytes.len() {
            bytes[i] ^= 1;
            assert!(Index::decode(&bytes).is_none(), "byte {i}");
            bytes[i] ^= 1;
        }
    }
}
