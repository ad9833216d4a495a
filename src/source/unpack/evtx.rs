//! Windows event logs to lines of JSON, one for each record, flat: the system's
//! values under the names that rules use (`Provider_Name`, `EventID`,
//! `Channel` …), the event's own data under its own names.
//!
//! One chunk of 64 KiB is held at a time. A chunk that cannot be read, and a
//! record in one, are passed over and counted.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use evtx::{EvtxChunkData, ParserSettings};

use super::Unpack;
use super::flat::{Names, flatten};
use crate::event::count;

/// Bytes before the first chunk.
const HEADER: usize = 4096;
/// Bytes of a chunk.
const CHUNK: usize = 64 << 10;

/// See the module.
#[derive(Default)]
pub(super) struct Evtx {
    /// Bytes of the file's header passed over.
    skipped: usize,
    chunk: Vec<u8>,
    settings: Arc<ParserSettings>,
    chunks: u64,
    /// Chunks that could not be read.
    damaged: u64,
    /// Chunks that do not have their checksum, and were read all the same.
    unlike: u64,
    /// Records that could not be read.
    lost: u64,
    /// The last chunk was not whole.
    cut: bool,
}

impl Evtx {
    fn chunk(&mut self, out: &mut Vec<u8>) {
        let data = std::mem::take(&mut self.chunk);
        // Room that was never used.
        if data.iter().all(|b| *b == 0) {
            return;
        }
        self.chunks += 1;
        let start = out.len();
        let settings = Arc::clone(&self.settings);
        let read = catch_unwind(AssertUnwindSafe(|| records(data, settings, out)));
        match read {
            Ok(Some(read)) => {
                self.lost += read.lost;
                self.unlike += u64::from(read.unlike);
            }
            Ok(None) => self.damaged += 1,
            Err(_) => {
                // Whole lines stay.
                let end = out.get(start..).and_then(|o| memchr::memrchr(b'\n', o)).map_or(start, |n| start + n + 1);
                out.truncate(end);
                self.damaged += 1;
            }
        }
    }
}

struct Read {
    lost: u64,
    unlike: bool,
}

/// The records of a chunk; `None` where it is none.
fn records(data: Vec<u8>, settings: Arc<ParserSettings>, out: &mut Vec<u8>) -> Option<Read> {
    let mut data = EvtxChunkData::new(data, false).ok()?;
    let unlike = !data.validate_checksum();
    let mut chunk = data.parse(settings).ok()?;
    let mut lost = 0;
    let mut names = Names::default();
    for record in chunk.iter() {
        let Ok(record) = record else {
            lost += 1;
            continue;
        };
        let json = record.into_json_bytes().ok();
        let start = out.len();
        if json.and_then(|r| flatten(&r.data, &mut names, out)).is_none() {
            out.truncate(start);
            lost += 1;
        }
    }
    Some(Read { lost, unlike })
}

impl Unpack for Evtx {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let header = (HEADER - self.skipped).min(bytes.len());
        self.skipped += header;
        let mut rest = bytes.get(header..).unwrap_or(&[]);
        while !rest.is_empty() {
            let n = (CHUNK - self.chunk.len()).min(rest.len());
            let (part, after) = rest.split_at(n);
            self.chunk.extend_from_slice(part);
            rest = after;
            if self.chunk.len() == CHUNK {
                self.chunk(out);
            }
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if !self.chunk.is_empty() {
            self.cut |= self.chunk.iter().any(|b| *b != 0);
            self.chunk.resize(CHUNK, 0);
            self.chunk(out);
        }
        self.skipped = 0;
    }

    fn damaged(&self) -> bool {
        self.damaged + self.lost > 0 || self.cut
    }

    fn warnings(&mut self) -> Vec<String> {
        let mut out = Vec::new();
        let of = self.chunks;
        if self.damaged > 0 {
            out.push(format!("{} of {} damaged, passed over", self.damaged, count(of, "chunk")));
        }
        if self.unlike > 0 {
            out.push(format!(
                "{} of {} without the right checksum (the log was in use, or was changed)",
                self.unlike,
                count(of, "chunk")
            ));
        }
        if self.lost > 0 {
            out.push(format!("{} cannot be read, passed over", count(self.lost, "record")));
        }
        if self.cut {
            out.push("its last chunk is cut short".to_owned());
        }
        out
    }
}
