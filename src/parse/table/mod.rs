//! Logs whose own header lines name the columns: Zeek's, and the W3C's
//! extended format that IIS and others write.
//!
//! Which header is in force at a batch's beginning is known to its source and
//! comes with the batch; headers inside the batch follow in their order. A log
//! has headers only where it begins with one, or its sample has a whole one.

mod w3c;
mod zeek;

use std::sync::Arc;

use super::{Format, Parser, json};
use crate::event::{Draft, Ov, RecordFlags, Schema, column_header};

/// Most columns that a header may name.
const MOST: usize = 512;

/// Buffers and the header in force; one per thread.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The header that `now` was made from.
    from: Option<(Arc<str>, Arc<Schema>)>,
    now: Columns,
    zeek: zeek::Buffers,
}

/// A header, read.
#[derive(Debug, Default)]
enum Columns {
    #[default]
    None,
    Zeek(zeek::Header),
    W3c(w3c::Header),
}

/// Logsources of such logs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sources {
    w3c: w3c::Sources,
}

impl Sources {
    /// Resolves names in a schema.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        Self { w3c: w3c::Sources::new(schema) }
    }
}

/// A batch begins, with this header in force.
pub(super) fn begin(header: Option<&Arc<str>>, p: &Parser, s: &mut Scratch) {
    match (&s.from, header) {
        (Some((old, schema)), Some(new)) if Arc::ptr_eq(old, new) && Arc::ptr_eq(schema, &p.schema) => return,
        _ => s.from = None,
    }
    s.now = Columns::None;
    let Some(header) = header else { return };
    for line in header.lines() {
        read_header(line, p, &mut s.now);
    }
    s.from = Some((Arc::clone(header), Arc::clone(&p.schema)));
}

/// Takes one line of a header.
fn read_header(line: &str, p: &Parser, now: &mut Columns) {
    let line = line.trim_end_matches('\r');
    let Some(name) = column_header(line.as_bytes()) else { return };
    let rest = line.get(name.len()..).unwrap_or("");
    if name.get(1).is_some_and(u8::is_ascii_uppercase) {
        if !matches!(now, Columns::W3c(_)) {
            *now = Columns::W3c(w3c::Header::default());
        }
        if let Columns::W3c(h) = now {
            h.read(name, rest.trim());
        }
    } else {
        if !matches!(now, Columns::Zeek(_)) {
            *now = Columns::Zeek(zeek::Header::default());
        }
        if let Columns::Zeek(h) = now {
            h.read(name, rest, p);
        }
    }
}

/// Parses one line of such a log; `None` where it is none.
pub(super) fn parse(
    line: &str,
    p: &Parser,
    d: &mut Draft<'_>,
    s: &mut Scratch,
    json: &mut json::Scratch,
) -> Option<Format> {
    if line.starts_with('#') {
        let closes = line.starts_with("#close") || line.starts_with("#open");
        if !closes {
            column_header(line.as_bytes())?;
            // What is read from here on is no longer the batch's header.
            s.from = None;
            read_header(line, p, &mut s.now);
        }
        d.set(Ov::Message, line);
        d.flag(RecordFlags::PARSED);
        d.flag(RecordFlags::HEADER);
        return Some(if matches!(s.now, Columns::W3c(_)) { Format::W3c } else { Format::Zeek });
    }
    let Scratch { now, zeek: buffers, .. } = s;
    match now {
        Columns::None => None,
        Columns::Zeek(h) => h.parse(line, p, d, buffers, json).then_some(Format::Zeek),
        Columns::W3c(h) => h.parse(line, p, d).then_some(Format::W3c),
    }
}

#[cfg(test)]
mod tests;
