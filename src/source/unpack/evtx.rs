//! Windows event logs to lines of JSON, one for each record, flat: the system's
//! values under the names that rules use (`Provider_Name`, `EventID`,
//! `Channel` …), the event's own data under its own names.
//!
//! One chunk of 64 KiB is held at a time. A chunk that cannot be read, and a
//! record in one, are passed over and counted.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use evtx::{EvtxChunkData, ParserSettings};
use serde_json::{Map, Value};

use super::Unpack;

/// Bytes before the first chunk.
const HEADER: usize = 4096;
/// Bytes of a chunk.
const CHUNK: usize = 64 << 10;
/// Deepest nesting of an event's data that is opened.
const DEPTH: usize = 16;

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
    for record in chunk.iter() {
        let Ok(record) = record else {
            lost += 1;
            continue;
        };
        let json = record.into_json_bytes().ok().and_then(|r| serde_json::from_slice::<Value>(&r.data).ok());
        let start = out.len();
        match json.as_ref().map(flat) {
            Some(flat) if serde_json::to_writer(&mut *out, &flat).is_ok() => out.push(b'\n'),
            _ => {
                out.truncate(start);
                lost += 1;
            }
        }
    }
    Some(Read { lost, unlike })
}

/// A record's document, flat.
fn flat(record: &Value) -> Value {
    let mut out = Map::new();
    let event = record.get("Event").unwrap_or(record);
    if let Some(Value::Object(system)) = event.get("System") {
        for (name, value) in system {
            system_value(name, value, &mut out);
        }
    }
    for (name, value) in event.as_object().into_iter().flatten() {
        if !matches!(name.as_str(), "System" | "#attributes" | "xmlns") {
            data(name, value, &mut out, 0);
        }
    }
    Value::Object(out)
}

fn system_value(name: &str, value: &Value, out: &mut Map<String, Value>) {
    let Value::Object(parts) = value else {
        return insert(name, value, out);
    };
    if let Some(text) = parts.get("#text") {
        insert(name, text, out);
    }
    for (attribute, value) in parts.get("#attributes").and_then(Value::as_object).into_iter().flatten() {
        if (name, attribute.as_str()) == ("TimeCreated", "SystemTime") {
            insert(name, value, out);
        } else {
            insert(&format!("{name}_{attribute}"), value, out);
        }
    }
}

/// A value of the event's own data. Parts that only hold others give way.
fn data(name: &str, value: &Value, out: &mut Map<String, Value>, depth: usize) {
    match value {
        Value::Object(parts) if depth < DEPTH => {
            for (part, value) in parts {
                match part.as_str() {
                    "#attributes" | "xmlns" => {}
                    "#text" => insert(name, value, out),
                    _ => data(part, value, out, depth + 1),
                }
            }
        }
        Value::Null if matches!(name, "EventData" | "UserData") => {}
        _ => insert(name, value, out),
    }
}

/// What the system says is not replaced by what a program calls the same.
fn insert(name: &str, value: &Value, out: &mut Map<String, Value>) {
    let value = match value {
        Value::Null => Value::String(String::new()),
        v => v.clone(),
    };
    if !out.contains_key(name) {
        out.insert(name.to_owned(), value);
        return;
    }
    let again = (1..64).map(|n| if n == 1 { format!("EventData_{name}") } else { format!("EventData_{name}_{n}") });
    if let Some(free) = again.into_iter().find(|n| !out.contains_key(n)) {
        out.insert(free, value);
    }
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

    fn warnings(&mut self) -> Vec<String> {
        let mut out = Vec::new();
        let of = self.chunks;
        if self.damaged > 0 {
            out.push(format!("{} of {of} chunks are damaged and were passed over", self.damaged));
        }
        if self.unlike > 0 {
            out.push(format!(
                "{} of {of} chunks do not have their checksum (the log was in use, or was changed)",
                self.unlike
            ));
        }
        if self.lost > 0 {
            out.push(format!("{} records cannot be read and were passed over", self.lost));
        }
        if self.cut {
            out.push("its last chunk is cut short".to_owned());
        }
        out
    }
}
