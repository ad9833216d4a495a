//! Inputs whose records are not lines: each record becomes a line of JSON, and
//! what follows (framing, spool, view) knows lines only.
//!
//! ```text
//! bytes ─▶ decompressed ─▶ Unpack ─▶ lines ─▶ framer …
//! ```
//!
//! Unpacking goes on as bytes come, in bounded memory; a record's line is its
//! number. The hash of the source is that of its bytes as stored.

mod array;
mod evtx;
mod export;
mod fish;
mod flat;

use std::io;
use std::time::Duration;

use super::feed::{Feed, Got};

/// So many first bytes tell the kind: a whole document and what stands behind it.
pub(crate) const HEAD: usize = 16 << 10;
/// Of so many, all are looked at whose kind their first words tell.
const WORDS: usize = 512;
/// Read at once.
const CHUNK: usize = 64 << 10;

/// What a source's records are packed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Arrays of JSON objects, bare or in an envelope such as `{"Records": […]}`,
    /// and objects that are written over several lines, or several on one.
    Array,
    /// The journal's export format.
    Export,
    /// A Windows event log.
    Evtx,
    /// The history of the shell fish.
    Fish,
}

/// What a beginning says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// It is this.
    Is(Kind),
    /// Its records are lines.
    Lines,
    /// More bytes are needed.
    More,
}

/// Members of an envelope that hold its records.
const ENVELOPES: [&str; 6] = ["Records", "records", "value", "Events", "items", "entries"];

impl Kind {
    /// The kind of a source that begins like this.
    pub(crate) fn of(head: &[u8]) -> Told {
        let told = Self::told(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head));
        if told == Told::More && head.len() >= HEAD { Told::Lines } else { told }
    }

    fn told(head: &[u8]) -> Told {
        let is = |magic: &[u8], kind| {
            let n = magic.len().min(head.len());
            match (head.get(..n) == magic.get(..n), n == magic.len()) {
                (true, true) => Some(Told::Is(kind)),
                (true, false) => Some(Told::More),
                _ => None,
            }
        };
        let magics = [
            is(b"ElfFile\0", Self::Evtx),
            is(b"__CURSOR=", Self::Export),
            is(b"__REALTIME_TIMESTAMP=", Self::Export),
            is(b"__SEQNUM=", Self::Export),
            is(b"- cmd: ", Self::Fish),
        ];
        if let Some(told) = magics.into_iter().flatten().max_by_key(|t| matches!(t, Told::Is(_))) {
            return told;
        }
        if let Some(told) = export::told(head) {
            return told;
        }
        let text = head.trim_ascii_start();
        match text.first() {
            None => Told::More,
            Some(b'[') => match text.get(1..).unwrap_or(&[]).trim_ascii_start().first() {
                None => Told::More,
                Some(b'{') => Told::Is(Self::Array),
                Some(_) => Told::Lines,
            },
            // A document over several lines.
            Some(b'{') if text.iter().skip(1).take_while(|b| b.is_ascii_whitespace()).any(|b| *b == b'\n') => {
                Told::Is(Self::Array)
            }
            Some(b'{') => match array::envelope(text) {
                None if head.len() < WORDS => Told::More,
                Some(true) => Told::Is(Self::Array),
                _ => array::behind_the_first(text),
            },
            Some(_) => Told::Lines,
        }
    }

    fn unpacker(self) -> Box<dyn Unpack> {
        match self {
            Self::Array => Box::<array::Array>::default(),
            Self::Export => Box::<export::Export>::default(),
            Self::Evtx => Box::<evtx::Evtx>::default(),
            Self::Fish => Box::<fish::Fish>::default(),
        }
    }
}

/// Bytes to lines.
trait Unpack: Send {
    /// Takes the next bytes and gives the lines that they end.
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>);

    /// Nothing more comes: gives what is left.
    fn end(&mut self, out: &mut Vec<u8>);

    /// What the user should know.
    fn warnings(&mut self) -> Vec<String>;

    /// Whether records that were there could not be read.
    fn damaged(&self) -> bool;
}

/// A feed of the records of another.
pub(crate) struct UnpackFeed {
    from: Box<dyn Feed>,
    unpacker: Box<dyn Unpack>,
    chunk: Vec<u8>,
    out: Vec<u8>,
    at: usize,
    /// What comes when `out` is empty.
    then: Option<io::Result<Got>>,
}

impl UnpackFeed {
    /// Unpacks what `from` gives.
    pub(crate) fn new(from: Box<dyn Feed>, kind: Kind) -> Self {
        Self { from, unpacker: kind.unpacker(), chunk: vec![0; CHUNK], out: Vec::new(), at: 0, then: None }
    }
}

impl Feed for UnpackFeed {
    fn read(&mut self, buf: &mut [u8], wait: Duration) -> io::Result<Got> {
        loop {
            let rest = self.out.get(self.at..).unwrap_or(&[]);
            if !rest.is_empty() {
                let n = rest.len().min(buf.len());
                if let (Some(to), Some(from)) = (buf.get_mut(..n), rest.get(..n)) {
                    to.copy_from_slice(from);
                }
                self.at += n;
                return Ok(Got::Bytes(n));
            }
            self.out.clear();
            self.out.shrink_to(4 * CHUNK);
            self.at = 0;
            if let Some(then) = self.then.take() {
                return then;
            }
            match self.from.read(&mut self.chunk, wait) {
                Ok(Got::Bytes(n)) => self.unpacker.push(self.chunk.get(..n).unwrap_or(&[]), &mut self.out),
                Ok(Got::Idle) => return Ok(Got::Idle),
                // Another file, the end or damage: what is begun ends here.
                other => {
                    self.unpacker.end(&mut self.out);
                    self.then = Some(other);
                }
            }
        }
    }

    fn is_live(&self) -> bool {
        self.from.is_live()
    }

    fn warnings(&mut self) -> Vec<String> {
        let mut out = self.from.warnings();
        out.extend(self.unpacker.warnings());
        out
    }

    fn damaged(&self) -> bool {
        self.from.damaged() || self.unpacker.damaged()
    }
}

#[cfg(test)]
mod tests;
