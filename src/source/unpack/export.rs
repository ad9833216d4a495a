//! The journal's export format to the lines of JSON that `journalctl -o json`
//! writes of the same entries.
//!
//! An entry is fields up to an empty line: `NAME=text`, or `NAME`, eight bytes
//! of length and as many bytes. Bounded: of a value and of an entry the
//! beginning is kept, and what is left out is counted.

use super::{Kind, Told, Unpack};
use crate::event::{are, count};

/// Longest value that is kept whole.
const VALUE: usize = 256 << 10;
/// Longest entry.
const ENTRY: usize = 768 << 10;
/// Most fields of an entry.
const FIELDS: usize = 1024;

/// Fields that only the journal writes.
const OWN: [&[u8]; 8] = [
    b"__REALTIME_TIMESTAMP",
    b"__MONOTONIC_TIMESTAMP",
    b"__SEQNUM",
    b"_SOURCE_REALTIME_TIMESTAMP",
    b"_BOOT_ID",
    b"_MACHINE_ID",
    b"_TRANSPORT",
    b"SYSLOG_IDENTIFIER",
];

/// Whether a beginning without the journal's own first lines is its format all the
/// same: lines of nothing but `NAME=…`, one of them its own.
pub(super) fn told(head: &[u8]) -> Option<Told> {
    let mut lines = head.split(|b| *b == b'\n').take(5).peekable();
    while let Some(line) = lines.next() {
        let n =
            line.iter().take(64).take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b'_').count();
        let (name, after) = line.split_at(n);
        let whole = lines.peek().is_some();
        if OWN.contains(&name) && after.first() == Some(&b'=') {
            return Some(Told::Is(Kind::Export));
        }
        match after.first() {
            Some(b'=') if n > 1 => {}
            None if n > 1 && !whole => return Some(Told::More),
            _ => return None,
        }
        if !whole {
            return Some(Told::More);
        }
    }
    None
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    /// In a line.
    #[default]
    Line,
    /// In the length of a value.
    Length,
    /// In a value of which so many bytes are to come.
    Value(u64),
    /// At the newline behind a value.
    Newline,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Export {
    at: At,
    line: Vec<u8>,
    length: Vec<u8>,
    value: Vec<u8>,
    fields: Vec<(Vec<u8>, Vec<Vec<u8>>)>,
    /// Bytes kept of the entry.
    size: usize,
    /// Bytes left out.
    left: u64,
    /// Entries that had some left out.
    shortened: u64,
    short: bool,
    cut: bool,
}

impl Export {
    fn field(&mut self, name: &[u8], value: Vec<u8>) {
        let known = self.fields.iter().position(|(n, _)| n == name);
        if self.size + name.len() + value.len() > ENTRY || (known.is_none() && self.fields.len() >= FIELDS) {
            self.left += (name.len() + value.len()) as u64;
            self.short = true;
            return;
        }
        self.size += name.len() + value.len();
        match known.and_then(|at| self.fields.get_mut(at)) {
            Some((_, values)) => values.push(value),
            None => self.fields.push((name.to_vec(), vec![value])),
        }
    }

    /// A line has ended.
    fn line(&mut self, out: &mut Vec<u8>) {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return self.entry(out);
        }
        match memchr::memchr(b'=', &line) {
            Some(at) => self.field(line.get(..at).unwrap_or(&[]), line.get(at + 1..).unwrap_or(&[]).to_vec()),
            None => {
                // A name alone: its value follows by its length.
                self.line = line;
                self.length.clear();
                self.at = At::Length;
            }
        }
    }

    fn entry(&mut self, out: &mut Vec<u8>) {
        self.shortened += u64::from(std::mem::take(&mut self.short));
        self.size = 0;
        if self.fields.is_empty() {
            return;
        }
        let mut first = true;
        out.push(b'{');
        for (name, values) in self.fields.drain(..) {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            push_string(&name, out);
            out.push(b':');
            let several = values.len() > 1;
            if several {
                out.push(b'[');
            }
            for (i, v) in values.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                push_string(v, out);
            }
            if several {
                out.push(b']');
            }
        }
        out.extend_from_slice(b"}\n");
    }
}

/// A JSON string of bytes; what is no text becomes U+FFFD.
fn push_string(bytes: &[u8], out: &mut Vec<u8>) {
    let text = String::from_utf8_lossy(bytes);
    if serde_json::to_writer(&mut *out, text.as_ref()).is_err() {
        out.extend_from_slice(b"\"\"");
    }
}

impl Unpack for Export {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.at {
                At::Line => {
                    let end = memchr::memchr(b'\n', rest);
                    let part = rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest);
                    let room = VALUE.saturating_sub(self.line.len()).min(part.len());
                    self.line.extend_from_slice(part.get(..room).unwrap_or(&[]));
                    if room < part.len() {
                        self.left += (part.len() - room) as u64;
                        self.short = true;
                    }
                    rest = rest.get(part.len() + usize::from(end.is_some())..).unwrap_or(&[]);
                    if end.is_some() {
                        self.line(out);
                    }
                }
                At::Length => {
                    let n = (8 - self.length.len()).min(rest.len());
                    let (part, after) = rest.split_at(n);
                    self.length.extend_from_slice(part);
                    rest = after;
                    if let Ok(length) = <[u8; 8]>::try_from(self.length.as_slice()) {
                        self.value.clear();
                        let length = u64::from_le_bytes(length);
                        self.at = if length == 0 { At::Newline } else { At::Value(length) };
                    }
                }
                At::Value(left) => {
                    let n = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    let (part, after) = rest.split_at(n);
                    let room = VALUE.saturating_sub(self.value.len()).min(n);
                    self.value.extend_from_slice(part.get(..room).unwrap_or(&[]));
                    if room < n {
                        self.left += (n - room) as u64;
                        self.short = true;
                    }
                    rest = after;
                    self.at = if left == n as u64 { At::Newline } else { At::Value(left - n as u64) };
                }
                At::Newline => {
                    let name = std::mem::take(&mut self.line);
                    let value = std::mem::take(&mut self.value);
                    self.field(&name, value);
                    self.at = At::Line;
                    // Where no newline follows, the length was wrong: the bytes are read as lines.
                    rest = rest.strip_prefix(b"\n").unwrap_or(rest);
                }
            }
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        // An empty line stands behind each entry that was written whole.
        self.cut |= !self.line.is_empty() || !self.fields.is_empty() || !matches!(self.at, At::Line | At::Newline);
        if !self.line.is_empty() {
            let name = std::mem::take(&mut self.line);
            match (self.at, memchr::memchr(b'=', &name)) {
                (At::Line, Some(at)) => {
                    self.field(name.get(..at).unwrap_or(&[]), name.get(at + 1..).unwrap_or(&[]).to_vec());
                }
                _ => {
                    let value = std::mem::take(&mut self.value);
                    self.field(&name, value);
                }
            }
        }
        self.at = At::Line;
        self.entry(out);
    }

    fn damaged(&self) -> bool {
        self.cut
    }

    fn warnings(&mut self) -> Vec<String> {
        let mut out = Vec::new();
        if self.left > 0 {
            out.push(format!(
                "{} {} too long: {} of them {} left out",
                count(self.shortened, "entry"),
                are(self.shortened),
                count(self.left, "byte"),
                are(self.left)
            ));
        }
        if self.cut {
            out.push("its last entry is cut short".to_owned());
        }
        out
    }
}
