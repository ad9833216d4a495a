//! The fast way through a document: along the keys of one that was read before.
//!
//! Whatever is unusual (escapes in keys, keys that come twice, deep nesting,
//! very many fields) makes it give up, and the document is read the slow way.

use super::scan::{MAX_FIELDS, Name, Scanner};
use super::shapes::{Link, Node, Spelled};
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
            let (at, node) = match self.buf.shapes.expected(link, self.b, key) {
                Some((at, node)) => {
                    self.i += node.len();
                    (at, *node)
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
            self.follow_value(at, &node, key, depth)?;
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
    fn other_key(&mut self, link: Link) -> Option<(u32, Node)> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.i;
        let (.., escaped) = self.string()?;
        if escaped {
            return None;
        }
        let at = self.buf.shapes.other(link, self.text.get(start..self.i)?, self.names)?;
        Some((at, self.buf.shapes.node(at)?))
    }

    #[inline]
    fn follow_value(&mut self, at: u32, node: &Node, key: usize, depth: usize) -> Option<()> {
        let before = self.count();
        if before >= MAX_FIELDS {
            return None;
        }
        let start = self.i;
        match self.peek()? {
            b'"' => {
                let name = self.follow_name(node, key);
                let (from, to, escaped) = self.string()?;
                let span = if escaped { self.unescaped(from, to)? } else { self.span(from, to) };
                self.emit(name, ValueKind::Text, span, false);
                return Some(());
            }
            b'{' => self.follow_object(Link::inside(at), depth + 1)?,
            b'[' => self.follow_array(at, node, key, depth + 1)?,
            _ => {
                let name = self.follow_name(node, key);
                return self.scalar(name, false);
            }
        }
        if self.count() == before {
            let name = self.follow_name(node, key);
            self.emit(name, ValueKind::Null, Span::text(0, 0), false);
        } else if node.whole != FieldId::UNKNOWN && self.b.get(start) == Some(&b'{') && self.count() < MAX_FIELDS {
            let value = self.span(start, self.i);
            self.emit(Name { id: node.whole, role: (0, 0), span: Span::NONE }, ValueKind::Text, value, false);
        }
        Some(())
    }

    /// An array whose `[` is next: its elements have the name of its key.
    fn follow_array(&mut self, at: u32, node: &Node, key: usize, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        self.i += 1;
        self.blanks();
        if self.peek()? == b']' {
            self.i += 1;
            return Some(());
        }
        let mut name = None;
        loop {
            if self.count() >= MAX_FIELDS {
                return None;
            }
            match self.peek()? {
                b'{' => self.follow_object(Link::inside(at), depth + 1)?,
                b'[' => self.follow_array(at, node, key, depth + 1)?,
                _ => {
                    let name = match name {
                        Some(n) => n,
                        None => *name.insert(self.follow_name(node, key)),
                    };
                    self.scalar(name, true)?;
                }
            }
            self.blanks();
            match self.peek()? {
                b',' => self.i += 1,
                b']' => {
                    self.i += 1;
                    return Some(());
                }
                _ => return None,
            }
            self.blanks();
        }
    }

    #[inline]
    fn follow_name(&mut self, node: &Node, key: usize) -> Name {
        let span = match node.spelled {
            Spelled::Interned => Span::NONE,
            Spelled::Key => self.span(key + 1, key + node.len() - 1),
            Spelled::Own => self.d.span(self.buf.shapes.name(node)),
        };
        Name { id: node.id, role: node.role, span }
    }
}
