//! Arrays of JSON objects to lines, element by element.
//!
//! No document is built and none is held: bytes go through, and newlines within
//! an element become blanks. Several arrays may follow one another, also in
//! envelopes (`{"Records": […]}`); objects beside them are records themselves.
//! What an envelope holds beside its records is passed over and counted.

use super::{ENVELOPES, Kind, Told, Unpack};
use crate::event::{are, count};

/// Longest beginning that is held to see whether an object is an envelope.
const HELD: usize = 512;

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

/// Members that may stand before the records of an envelope.
const BEFORE: [&str; 6] = ["kind", "apiVersion", "metadata", "@odata.context", "@odata.count", "NextToken"];

/// Whether a text that begins with `{` is an envelope of records; `None` where
/// more of it is needed.
pub(super) fn envelope(text: &[u8]) -> Option<bool> {
    let mut at = 1;
    loop {
        at = skip_blanks(text, at);
        match text.get(at)? {
            b'"' => at += 1,
            _ => return Some(false),
        }
        let name = text.get(at..)?;
        let Some(end) = memchr::memchr(b'"', name) else {
            let may = ENVELOPES.iter().chain(&BEFORE).any(|e| e.as_bytes().starts_with(name));
            return if may { None } else { Some(false) };
        };
        let is = |list: &[&str]| list.iter().any(|e| Some(e.as_bytes()) == name.get(..end));
        let (holds, beside) = (is(&ENVELOPES), is(&BEFORE));
        if !holds && !beside {
            return Some(false);
        }
        at = skip_blanks(text, at + end + 1);
        if *text.get(at)? != b':' {
            return Some(false);
        }
        at = skip_blanks(text, at + 1);
        if holds {
            if *text.get(at)? != b'[' {
                return Some(false);
            }
            return Some(*text.get(skip_blanks(text, at + 1))? == b'{');
        }
        at = skip_blanks(text, value_end(text, at)?);
        if *text.get(at)? != b',' {
            return Some(false);
        }
        at += 1;
    }
}

/// Whether another object stands on the line of the first, as where records are
/// delivered without newlines.
pub(super) fn behind_the_first(text: &[u8]) -> Told {
    let (mut depth, mut string, mut escape) = (0usize, false, false);
    for (i, b) in text.iter().enumerate() {
        match b {
            b'\n' => return Told::Lines,
            _ if escape => escape = false,
            b'\\' if string => escape = true,
            b'"' => string = !string,
            _ if string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 1 => depth -= 1,
            b'}' | b']' => {
                let behind = text.get(i + 1..).unwrap_or(&[]).iter().find(|b| !matches!(b, b' ' | b'\t'));
                return match behind {
                    None => Told::More,
                    Some(b'{') => Told::Is(Kind::Array),
                    Some(_) => Told::Lines,
                };
            }
            _ => {}
        }
    }
    Told::More
}

fn skip_blanks(text: &[u8], at: usize) -> usize {
    at + text.get(at..).unwrap_or(&[]).iter().take_while(|c| c.is_ascii_whitespace()).count()
}

/// Where the value that begins here ends; `None` where more of it is needed.
fn value_end(text: &[u8], from: usize) -> Option<usize> {
    let (mut depth, mut string, mut escape) = (0usize, false, false);
    for (i, b) in text.iter().enumerate().skip(from) {
        match b {
            _ if escape => escape = false,
            b'\\' if string => escape = true,
            b'"' if string && depth == 0 => return Some(i + 1),
            b'"' => string = !string,
            _ if string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 1 => depth -= 1,
            b'}' | b']' => return Some(if depth == 1 { i + 1 } else { i }),
            b',' if depth == 0 => return Some(i),
            _ => {}
        }
    }
    None
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
                // Only where a name, a value or a bracket ends is there something to tell.
                let ends = matches!(b, b'"' | b':' | b',' | b'[' | b'{' | b'}');
                let told = if ends || self.held.len() < 24 { envelope(&self.held) } else { None };
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

    fn damaged(&self) -> bool {
        self.cut
    }

    fn warnings(&mut self) -> Vec<String> {
        let mut out = Vec::new();
        if self.beside > 0 {
            out.push(format!(
                "{} beside its array of records {} not shown",
                count(self.beside, "byte"),
                are(self.beside)
            ));
        }
        if self.cut {
            out.push("its array of records is cut short".to_owned());
        }
        out
    }
}
