//! The fast way through a document: along the keys of one that was read before.
//!
//! Whatever is unusual (escapes in keys, keys that come twice, deep nesting,
//! very many fields) makes it give up, and the document is read the slow way.

use super::escape::unescape;
use super::scan::{MAX_FIELDS, Name, Scanner};
use super::shapes::{Link, Said, Spelled};
use crate::event::{FieldId, Span, ValueKind};

/// What is nested deeper is read the slow way.
const DEPTH: usize = 12;

impl Scanner<'_, '_, '_> {
    /// Reads the whole document, or gives up: what was written is to be undone then.
    pub(super) fn follow(&mut self) -> Option<()> {
        self.buf.shapes.begin(self.names);
        self.blanks();
        if self.peek()? != b'{' {
            return None;
        }
        self.follow_object(Link::START, 0)?;
        self.blanks();
        (self.i == self.b.len()).then_some(())
    }

    /// An object whose `{` is next and whose first key stands at `link`.
    fn follow_object(&mut self, mut link: Link, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        self.i += 1;
        self.blanks();
        if self.peek()? == b'}' {
            self.i += 1;
            return Some(());
        }
        loop {
            let key = self.i;
            let (at, said) = match self.buf.shapes.expected(link, self.b, key) {
                Some((at, said)) => {
                    self.i += usize::from(said.len);
                    (at, said)
                }
                None => self.other_key(link)?,
            };
            if self.peek()? != b':' {
                self.blanks();
                if self.peek()? != b':' {
                    return None;
                }
            }
            self.i += 1;
            self.blanks();
            self.follow_value(at, said, key, depth)?;
            self.blanks();
            match self.peek()? {
                b',' => self.i += 1,
                b'}' => {
                    self.i += 1;
                    return Some(());
                }
                _ => return None,
            }
            self.blanks();
            link = Link::behind(at);
        }
    }

    #[cold]
    fn other_key(&mut self, link: Link) -> Option<(u32, Said)> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.i;
        let (.., escaped) = self.string()?;
        if escaped {
            return None;
        }
        self.buf.shapes.other(link, self.text.get(start..self.i)?, self.names)
    }

    #[inline]
    fn follow_value(&mut self, at: u32, said: Said, key: usize, depth: usize) -> Option<()> {
        let before = self.count();
        if before >= MAX_FIELDS {
            return None;
        }
        let start = self.i;
        let objects = match self.peek()? {
            b'{' => {
                self.follow_object(Link::inside(at), depth + 1)?;
                true
            }
            b'[' => self.follow_array(at, said, key, depth + 1)?,
            _ => return self.follow_scalar(at, said, key),
        };
        if self.count() == before {
            let name = self.follow_name(at, said, key);
            self.emit(name, ValueKind::Null, Span::text(0, 0));
        } else if said.whole != FieldId::UNKNOWN && objects && self.count() < MAX_FIELDS {
            let value = self.span(start, self.i);
            self.emit(Name { id: said.whole, role: (0, 0), span: Span::NONE }, ValueKind::Text, value);
        }
        Some(())
    }

    #[inline]
    fn follow_scalar(&mut self, at: u32, said: Said, key: usize) -> Option<()> {
        let name = self.follow_name(at, said, key);
        let start = self.i;
        let Some(base) = self.base else {
            let (kind, value) = self.value()?;
            self.emit(name, kind, value);
            return Some(());
        };
        let text = self.b.get(start..)?;
        if let Some(known) = self.buf.shapes.values.known(at, text) {
            let (kind, len, same) = (known.kind, known.len(), known.number);
            let span = match kind {
                ValueKind::Null => Span::text(0, 0),
                ValueKind::Text if !known.escaped => Span::text(base + start + 1, len - 2),
                ValueKind::Text => {
                    if known.run != self.d.run {
                        let mut ok = None;
                        let raw = self.text.get(start + 1..start + len - 1)?;
                        (known.plain, known.run) = (self.d.build(|out| ok = unescape(raw, out)), self.d.run);
                        ok?;
                    }
                    known.plain
                }
                ValueKind::Number | ValueKind::Bool => Span::text(base + start, len),
            };
            self.i += len;
            self.emit_known(name, kind, span, same);
            return Some(());
        }
        let (kind, span) = self.value()?;
        let behind = usize::from(kind != ValueKind::Text);
        let same = match self.b.get(start..self.i + behind) {
            Some(text) => self.buf.shapes.values.keep(at, text, kind, span, self.d.run),
            None => 0,
        };
        self.emit_known(name, kind, span, same);
        Some(())
    }

    /// An array whose `[` is next: its elements have the name of its key.
    /// Whether there are objects in it.
    fn follow_array(&mut self, at: u32, said: Said, key: usize, depth: usize) -> Option<bool> {
        if depth > DEPTH {
            return None;
        }
        self.i += 1;
        self.blanks();
        if self.peek()? == b']' {
            self.i += 1;
            return Some(false);
        }
        self.arrays += 1;
        let (mut name, mut objects) = (None, false);
        loop {
            if self.count() >= MAX_FIELDS {
                return None;
            }
            match self.peek()? {
                b'{' => {
                    self.follow_object(Link::inside(at), depth + 1)?;
                    objects = true;
                }
                b'[' => objects |= self.follow_array(at, said, key, depth + 1)?,
                _ => {
                    let name = match name {
                        Some(n) => n,
                        None => *name.insert(self.follow_name(at, said, key)),
                    };
                    self.scalar(name)?;
                }
            }
            self.blanks();
            match self.peek()? {
                b',' => self.i += 1,
                b']' => {
                    self.i += 1;
                    self.arrays -= 1;
                    return Some(objects);
                }
                _ => return None,
            }
            self.blanks();
        }
    }

    #[inline(always)]
    fn follow_name(&mut self, at: u32, said: Said, key: usize) -> Name {
        let span = match said.spelled {
            Spelled::Interned => Span::NONE,
            Spelled::Key => self.span(key + 1, key + usize::from(said.len) - 1),
            Spelled::Own => self.d.span(self.buf.shapes.name(at)),
        };
        Name { id: said.id, role: said.role, span }
    }
}
