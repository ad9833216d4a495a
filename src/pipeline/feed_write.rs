//! The events of a session, or those of them that are wanted, written out in
//! canonical order: as `replay --events` writes them, as CSV, or as they stand
//! in their sources.

use std::io::{self, Write};
use std::sync::PoisonError;

use super::{Feed, Wanted};
use crate::event::{EventRef, RecordFlags, SourceId};
use crate::parse::format_name;
use crate::sink::{event_csv_header, write_event_csv, write_event_json};

/// Bytes gathered before they are written.
const TOGETHER: usize = 1 << 18;
/// A long record is copied in pieces of that size.
const PIECE: usize = 1 << 20;

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Normalized, one JSON object a line.
    Json,
    /// Normalized, CSV with a header line.
    Csv,
    /// The records as they are, one after the other.
    Raw,
}

impl Form {
    /// What the name of such a file ends in.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Json => "jsonl",
            Self::Csv => "csv",
            Self::Raw => "log",
        }
    }
}

/// What became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Events looked at.
    pub looked: u64,
    /// Events written.
    pub events: u64,
    /// Records that cannot be read any more.
    pub unreadable: u64,
    /// The end was reached; `false` where it was told to stop.
    pub whole: bool,
}

impl Feed {
    /// Writes the events before a position that are wanted. Now and then `go_on` is told how far it is; `false` ends it.
    ///
    /// # Errors
    /// Where `out` cannot be written.
    pub fn write(
        &self,
        wanted: &Wanted,
        end: u64,
        form: Form,
        out: &mut dyn Write,
        go_on: &mut dyn FnMut(&Written) -> bool,
    ) -> io::Result<Written> {
        let mut done = Written::default();
        let mut buffer = Vec::new();
        if form == Form::Csv {
            event_csv_header(&mut buffer).map_err(io::Error::other)?;
        }
        let mut names: Vec<String> = Vec::new();
        let mut failed = None;
        if end > 0 {
            self.walk(0, &mut |piece| {
                let source = piece.batch.source;
                let mut seen = 0;
                for (_, e) in piece.events().filter(|(p, _)| *p < end) {
                    seen += 1;
                    if !wanted.keeps(&e) {
                        continue;
                    }
                    let one = match form {
                        Form::Raw => self.raw(&mut buffer, out, &e),
                        _ => normalized(&mut buffer, &e, self.name(&mut names, source), form),
                    };
                    if let Err(e) = one.and_then(|()| passed_on(&mut buffer, out, TOGETHER)) {
                        failed = Some(e);
                        return false;
                    }
                    done.events += 1;
                }
                let there = piece.end().min(end) - piece.position;
                done.looked += there;
                done.unreadable += there - seen;
                go_on(&done) && piece.end() < end
            });
        }
        if let Some(e) = failed {
            return Err(e);
        }
        passed_on(&mut buffer, out, 0)?;
        done.whole = done.looked >= end;
        Ok(done)
    }

    /// What an input is called, as in all outputs.
    fn name<'n>(&self, names: &'n mut Vec<String>, source: SourceId) -> &'n str {
        let at = source.0 as usize;
        if at >= names.len() {
            // Inputs may come while others are read.
            let now = self.shared.snapshot.lock().unwrap_or_else(PoisonError::into_inner).clone();
            *names = now.sources.iter().map(|s| s.name.clone()).collect();
        }
        names.get(at).map_or("", String::as_str)
    }

    /// The bytes of a record; of one that is longer than what is kept of it the
    /// whole, from its source.
    fn raw(&self, buffer: &mut Vec<u8>, out: &mut dyn Write, e: &EventRef<'_>) -> io::Result<()> {
        let rec = e.rec;
        if !rec.flags.has(RecordFlags::TRUNCATED) {
            buffer.extend_from_slice(e.raw_bytes());
            buffer.push(b'\n');
            return Ok(());
        }
        let mut at = 0;
        while at < rec.full_len {
            let n = usize::try_from(rec.full_len - at).unwrap_or(PIECE).min(PIECE);
            let Some(bytes) = self.bytes(e.batch.source, rec.offset + at, n).filter(|b| b.len() == n) else {
                return Err(io::Error::other("a long record cannot be read any more"));
            };
            buffer.extend_from_slice(&bytes);
            passed_on(buffer, out, TOGETHER)?;
            at += n as u64;
        }
        buffer.push(b'\n');
        Ok(())
    }
}

fn normalized(buffer: &mut Vec<u8>, e: &EventRef<'_>, file: &str, form: Form) -> io::Result<()> {
    let format = format_name(e.rec.format);
    if form == Form::Csv {
        return write_event_csv(buffer, e, file, format).map_err(io::Error::other);
    }
    write_event_json(buffer, e, file, format);
    Ok(())
}

/// Writes what was gathered, where it is more than `over`.
fn passed_on(buffer: &mut Vec<u8>, out: &mut dyn Write, over: usize) -> io::Result<()> {
    if buffer.len() > over {
        out.write_all(buffer)?;
        buffer.clear();
    }
    Ok(())
}
