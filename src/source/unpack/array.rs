//! Arrays of JSON objects to lines, element by element.
//!
//! No document is built and none is held: bytes go through, and newlines within
//! an element become blanks. Several arrays may follow one another, also in
//! envelopes (`{"Records": […]}`); objects beside them are records themselves.
//! What an envelope holds beside its records is passed over and counted.

use super::{ENVELOPES, Unpack};

/// Longest beginning that is held to see whether an object is an envelope.
const HELD: usize = 64;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Between documents.
    #[default]
    Top,
    /// In an object that may be an envelope.
    Maybe,
    /// In an array, between elements.
    Array,
    /// In an element.
    Element,
    /// In an envelope, behind its array.
    Rest,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Array {
    at: At,
    /// The array stands in an envelope.
    enveloped: bool,
    /// The element stands in an array.
    inside: bool,
    /// Brackets open in the element or in the rest of the envelope.
    depth: u64,
    string: bool,
    escape: bool,
    held: Vec<u8>,
    /// Bytes of envelopes beside their records.
    beside: u64,
    /// The last document was not whole.
    cut: bool,
}

/// Whether a text that begins with `{` is an envelope of records; `None` where
/// more of it is needed.
pub(super) fn envelope(text: &[u8]) -> Option<bool> {
    let after = |text: &'_ [u8], b: u8| -> Option<Option<usize>> {
        let blanks = text.iter().take_while(|c| c.is_ascii_whitespace()).count();
        match text.get(blanks) {
            None => None,
            Some(c) if *c == b => Some(Some(blanks + 1)),
            Some(_) => Some(None),
        }
    };
    let mut at = 1;
    let Some(n) = after(text.get(at..)?, b'"')? else { return Some(false) };
    at += n;
    let name = text.get(at..)?;
    let Some(end) = memchr::memchr(b'"', name) else {
        let may = ENVELOPES.iter().any(|e| e.as_bytes().starts_with(name));
        return if may { None } else { Some(false) };
    };
    if !ENVELOPES.iter().any(|e| Some(e.as_bytes()) == name.get(..end)) {
        return Some(false);
    }
    at += end + 1;
    for b in [b':', b'[', b'{'] {
        let Some(n) = after(text.get(at..)?, b)? else { return Some(false) };
        at += n;
    }
    Some(true)
}

impl Array {
    fn begin(&mut self, inside: bool) {
        self.at = At::Element;
        self.inside = inside;
        self.depth = 0;
        self.string = false;
        self.escape = false;
    }

    fn byte(&mut self, b: u8, out: &mut Vec<u8>) {
        match self.at {
            At::Top => match b {
                // Blanks, and the bytes of a byte order mark.
                b' ' | b'\t' | b'\r' | b'\n' | b',' | 0xef | 0xbb | 0xbf => {}
                b'[' => {
                    self.at = At::Array;
                    self.enveloped = false;
                }
                b'{' => {
                    self.at = At::Maybe;
                    self.held.clear();
                    self.held.push(b);
                }
                _ => {
                    self.begin(false);
                    self.element(b, out);
                }
            },
            At::Maybe => {
                self.held.push(b);
                let told = envelope(&self.held);
                if told == Some(true) {
                    self.at = At::Array;
                    self.enveloped = true;
                    self.held.clear();
                    self.byte(b, out);
                } else if told == Some(false) || self.held.len() >= HELD {
                    self.begin(false);
                    for b in std::mem::take(&mut self.held) {
                        self.element(b, out);
                    }
                }
            }
            At::Array => match b {
                b' ' | b'\t' | b'\r' | b'\n' | b',' => {}
                b']' if self.enveloped => {
                    self.at = At::Rest;
                    self.depth = 1;
                    self.string = false;
                    self.escape = false;
                }
                b']' => self.at = At::Top,
                _ => {
                    self.begin(true);
                    self.element(b, out);
                }
            },
            At::Element => self.element(b, out),
            At::Rest => self.rest(b),
        }
    }

    /// One byte of an element.
    fn element(&mut self, b: u8, out: &mut Vec<u8>) {
        if self.string {
            match b {
                // Such bytes are no JSON, but they must not break the line.
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\r' => out.extend_from_slice(b"\\r"),
                _ => out.push(b),
            }
            match b {
                _ if self.escape => self.escape = false,
                b'\\' => self.escape = true,
                b'"' => self.string = false,
                _ => {}
            }
            return;
        }
        match b {
            b'"' => self.string = true,
            b'{' | b'[' => self.depth += 1,
            // A number or a word ends where its array goes on or ends.
            b',' | b']' if self.depth == 0 && self.inside => {
                self.done(out);
                return self.byte(b, out);
            }
            b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 && self.inside => return,
            b'\n' if self.depth == 0 => return self.done(out),
            b'}' | b']' => {
                out.push(b);
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.done(out);
                }
                return;
            }
            b'\n' | b'\r' => return out.push(b' '),
            _ => {}
        }
        out.push(b);
    }

    fn done(&mut self, out: &mut Vec<u8>) {
        out.push(b'\n');
        self.at = if self.inside { At::Array } else { At::Top };
    }

    /// One byte of an envelope behind its records.
    fn rest(&mut self, b: u8) {
        if self.string {
            match b {
                _ if self.escape => self.escape = false,
                b'\\' => self.escape = true,
                b'"' => self.string = false,
                _ => {}
            }
            self.beside += 1;
            return;
        }
        match b {
            b' ' | b'\t' | b'\r' | b'\n' => return,
            b'"' => self.string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.at = At::Top;
                    return;
                }
            }
            _ => {}
        }
        self.beside += 1;
    }
}

impl Unpack for Array {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        while let Some((b, after)) = rest.split_first() {
            // Most bytes stand in strings: those go through as they are.
            if self.at == At::Element && self.string && !self.escape {
                let plain = rest.iter().take_while(|b| !matches!(b, b'"' | b'\\' | b'\n' | b'\r')).count();
                if plain > 0 {
                    let (run, after) = rest.split_at(plain);
                    out.extend_from_slice(run);
                    rest = after;
                    continue;
                }
            }
            self.byte(*b, out);
            rest = after;
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        match self.at {
            At::Maybe => {
                let held = std::mem::take(&mut self.held);
                out.extend(held.into_iter().map(|b| if b == b'\n' { b' ' } else { b }));
                out.push(b'\n');
            }
            At::Element => out.push(b'\n'),
            _ => {}
        }
        self.cut |= self.at != At::Top;
        self.at = At::Top;
    }

    fn warnings(&mut self) -> Vec<String> {
        let mut out = Vec::new();
        if self.beside > 0 {
            out.push(format!("{} bytes beside its array of records are not shown", self.beside));
        }
        if self.cut {
            out.push("its array of records is cut short".to_owned());
        }
        out
    }
}
