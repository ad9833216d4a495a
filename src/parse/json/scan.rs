//! One pass over a JSON document, straight into the fields of a record.
//!
//! No tree is built. Nested names are dotted, the elements of an array are
//! fields of one name, of duplicate keys in one object the last wins. Bounded:
//! what is nested deeper than [`MAX_DEPTH`] or named longer than [`MAX_NAME`]
//! is one raw value, and fields past [`MAX_FIELDS`] are counted, not kept.
//! Lenient where programs err and nothing is lost: bare control characters in
//! strings, and lone surrogates (read as U+FFFD).

use super::escape::{check_escapes, unescape, unescape_to_quote};
use super::layouts;
use super::names::{Names, RoleId};
use super::seek::seek;
use super::shapes::Shapes;
use crate::event::{Draft, Field, FieldId, Span, ValueKind, hash64};

/// Objects and arrays nested deeper than this stay one raw value.
pub const MAX_DEPTH: usize = 64;
/// Longest dotted name; what is nested in a longer one stays one raw value.
pub const MAX_NAME: usize = 256;
/// Most fields of one record.
pub const MAX_FIELDS: usize = 4096;

/// Buffers of the scanner, reused from record to record.
#[derive(Debug, Default)]
pub struct Buffers {
    /// Dotted name of the value being read.
    path: String,
    /// Keys seen in the open objects.
    keys: Vec<Seen>,
    /// What each field of the record means, parallel to its fields.
    pub roles: Vec<(RoleId, RoleId)>,
    /// Brackets open in a value that is skipped.
    nest: Vec<u8>,
    /// Fields that did not fit.
    pub left_out: usize,
    /// Orders of keys that were seen before.
    pub(super) shapes: Shapes,
}

/// A key of an open object and the fields of its value.
#[derive(Debug, Clone, Copy)]
struct Seen {
    hash: u64,
    start: u32,
    end: u32,
}

/// Role of a field that a later key of its name replaced.
const REPLACED: (RoleId, RoleId) = (RoleId::MAX, RoleId::MAX);

/// Name of a value, resolved once (for all elements of an array).
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub id: FieldId,
    pub role: (RoleId, RoleId),
    pub span: Span,
}

/// Scans a whole document, which must be an object. Its fields are appended to
/// the draft and their roles to `buf.roles`. `None`: no valid JSON (what was
/// written must be reset by the caller).
pub fn scan(text: &str, names: &Names, d: &mut Draft<'_>, buf: &mut Buffers) -> Option<()> {
    let (fields, arena, roles) = (d.fields().len(), d.arena_len(), buf.roles.len());
    if Scanner::new(text, names, d, buf).follow().is_some() {
        return Some(());
    }
    d.cut_back(fields, arena);
    buf.roles.truncate(roles);
    slowly(text, names, d, buf)
}

/// As [`scan`], whatever was seen before.
pub(super) fn slowly(text: &str, names: &Names, d: &mut Draft<'_>, buf: &mut Buffers) -> Option<()> {
    let mut s = Scanner::new(text, names, d, buf);
    s.blanks();
    if s.peek()? != b'{' {
        return None;
    }
    s.object(1)?;
    s.blanks();
    if s.i != s.b.len() {
        return None;
    }
    if s.replaced {
        s.compact();
    }
    Some(())
}

pub(super) struct Scanner<'t, 'd, 'b> {
    pub text: &'t str,
    pub b: &'t [u8],
    /// Where the text stands in the batch's, if it is a piece of it.
    pub base: Option<usize>,
    pub i: usize,
    pub names: &'t Names,
    pub d: &'d mut Draft<'b>,
    pub buf: &'d mut Buffers,
    first_field: usize,
    first_role: usize,
    /// Some fields were replaced and are dropped at the end.
    replaced: bool,
    /// Arrays that are open: what is inside, however deep, is one of several.
    pub arrays: u32,
}

impl<'t, 'd, 'b> Scanner<'t, 'd, 'b> {
    fn new(text: &'t str, names: &'t Names, d: &'d mut Draft<'b>, buf: &'d mut Buffers) -> Self {
        buf.path.clear();
        buf.keys.clear();
        buf.nest.clear();
        let (first_field, first_role, base) = (d.fields().len(), buf.roles.len(), d.offset_of(text));
        Self {
            text,
            b: text.as_bytes(),
            base,
            i: 0,
            names,
            d,
            buf,
            first_field,
            first_role,
            replaced: false,
            arrays: 0,
        }
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.b.get(self.i).copied()
    }

    #[inline]
    pub(super) fn blanks(&mut self) {
        while self.peek().is_some_and(|b| b <= b' ' && matches!(b, b' ' | b'\t' | b'\n' | b'\r')) {
            self.i += 1;
        }
    }

    /// The span of a piece of the text.
    #[inline]
    pub(super) fn span(&mut self, from: usize, to: usize) -> Span {
        match self.base {
            Some(base) => Span::text(base + from, to - from),
            None => self.d.span(self.text.get(from..to).unwrap_or("")),
        }
    }

    #[inline]
    pub(super) fn count(&self) -> usize {
        self.buf.roles.len() - self.first_role
    }

    /// An object whose `{` is next. `buf.path` is its own name.
    fn object(&mut self, depth: usize) -> Option<()> {
        self.i += 1;
        let base = self.buf.path.len();
        let first_key = self.buf.keys.len();
        let mut hashes = [0u64; 4];
        self.blanks();
        if self.peek()? == b'}' {
            self.i += 1;
            return Some(());
        }
        loop {
            if self.peek()? != b'"' {
                return None;
            }
            let (from, to, escaped) = self.string()?;
            if self.peek()? != b':' {
                self.blanks();
                if self.peek()? != b':' {
                    return None;
                }
            }
            self.i += 1;
            self.blanks();
            self.member((from, to, escaped), base, (first_key, &mut hashes), depth)?;
            if self.buf.path.len() > base {
                self.buf.path.truncate(base);
            }
            self.blanks();
            match self.peek()? {
                b',' => self.i += 1,
                b'}' => {
                    self.i += 1;
                    self.buf.keys.truncate(first_key);
                    return Some(());
                }
                _ => return None,
            }
            self.blanks();
        }
    }

    fn member(
        &mut self,
        (from, to, escaped): (usize, usize, bool),
        base: usize,
        (first_key, hashes): (usize, &mut [u64; 4]),
        depth: usize,
    ) -> Option<()> {
        let nested = matches!(self.peek()?, b'{' | b'[');
        if self.count() >= MAX_FIELDS || self.buf.keys.len() >= 2 * MAX_FIELDS {
            self.buf.left_out += 1;
            self.skip()?;
            return Some(());
        }
        // A plain key of the top level is its own name; all others are put together.
        let plain = base == 0 && !escaped;
        let mut at = base;
        if !plain || nested {
            if base > 0 {
                self.buf.path.push('.');
                at += 1;
            }
            let key = self.text.get(from..to)?;
            if escaped {
                unescape(key, &mut self.buf.path)?;
            } else {
                self.buf.path.push_str(key);
            }
        }
        let unescaped = if escaped { self.buf.path.as_bytes().get(at..) } else { self.b.get(from..to) };
        let hash = hash64(unescaped.unwrap_or_default());
        let seen = self.see(hash, first_key, hashes);
        let before = self.count();
        match self.peek()? {
            open @ (b'{' | b'[') if depth < MAX_DEPTH && self.buf.path.len() <= MAX_NAME => {
                let start = self.i;
                let objects = if open == b'{' {
                    self.object(depth + 1)?;
                    true
                } else {
                    self.array(depth + 1)?
                };
                if self.count() == before {
                    self.empty();
                } else if objects {
                    self.whole(start);
                }
            }
            _ => {
                let name = if plain && !nested { self.name_of(from, to, hash) } else { self.path_name() };
                self.scalar(name)?;
            }
        }
        let end = self.count() as u32;
        if let Some(seen) = self.buf.keys.get_mut(seen) {
            seen.end = end;
        }
        Some(())
    }

    /// An object, or an array of objects, that a rule names itself
    /// (`requestParameters|contains`): its text is one more value. What has a meaning of its own keeps that.
    fn whole(&mut self, start: usize) {
        let mut known = self.names.get(&self.buf.path);
        if known.0 == FieldId::UNKNOWN
            && let Some(short) = layouts::own(&self.buf.path)
        {
            known = self.names.get(short);
        }
        let (id, role, also) = known;
        if id != FieldId::UNKNOWN && (role, also) == (0, 0) && self.count() < MAX_FIELDS {
            let value = self.span(start, self.i);
            self.emit(Name { id, role: (0, 0), span: Span::NONE }, ValueKind::Text, value);
        }
    }

    /// An empty object or array: a field without a value.
    fn empty(&mut self) {
        let name = self.path_name();
        self.emit(name, ValueKind::Null, Span::text(0, 0));
    }

    /// An array whose `[` is next; its elements have the name of the array.
    /// Whether there are objects in it.
    fn array(&mut self, depth: usize) -> Option<bool> {
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
                self.buf.left_out += 1;
                self.skip()?;
            } else {
                match self.peek()? {
                    b'{' if depth < MAX_DEPTH => {
                        self.object(depth + 1)?;
                        objects = true;
                    }
                    b'[' if depth < MAX_DEPTH => objects |= self.array(depth + 1)?,
                    _ => {
                        let name = match name {
                            Some(n) => n,
                            None => *name.insert(self.path_name()),
                        };
                        self.scalar(name)?;
                    }
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

    /// Notes a key of the open object; the fields of an earlier one of its name
    /// are replaced. They are only marked, so that hostile repetition stays cheap.
    fn see(&mut self, hash: u64, first_key: usize, hashes: &mut [u64; 4]) -> usize {
        let start = self.count() as u32;
        let new = Seen { hash, start, end: start };
        // Mostly a few bits of the hash are enough to tell that it is new.
        let (word, bit) = ((hash >> 6) as usize & 3, 1 << (hash & 63));
        if hashes[word] & bit == 0 {
            hashes[word] |= bit;
            self.buf.keys.push(new);
            return self.buf.keys.len() - 1;
        }
        let open = self.buf.keys.get_mut(first_key..).unwrap_or_default();
        let Some(at) = open.iter().position(|k| k.hash == hash) else {
            self.buf.keys.push(new);
            return self.buf.keys.len() - 1;
        };
        let old = std::mem::replace(&mut open[at], new);
        for role in self
            .buf
            .roles
            .iter_mut()
            .take(self.first_role + old.end as usize)
            .skip(self.first_role + old.start as usize)
        {
            *role = REPLACED;
        }
        self.replaced = true;
        first_key + at
    }

    /// Drops the fields that were replaced.
    fn compact(&mut self) {
        let (first, roles) = (self.first_field, &self.buf.roles);
        let base = self.first_role;
        self.d.retain_fields(|at| at < first || roles.get(base + at - first) != Some(&REPLACED));
        let mut at = 0;
        self.buf.roles.retain(|r| {
            at += 1;
            at <= base || *r != REPLACED
        });
    }

    #[inline]
    fn name_of(&mut self, from: usize, to: usize, hash: u64) -> Name {
        let (id, role, also) = self.names.get_hashed(self.b.get(from..to).unwrap_or_default(), hash);
        if id != FieldId::UNKNOWN {
            return Name { id, role: (role, also), span: Span::NONE };
        }
        match self.text.get(from..to).and_then(layouts::own) {
            Some(short) => self.short_name(short, (role, also)),
            None => Name { id, role: (role, also), span: self.span(from, to) },
        }
    }

    fn path_name(&mut self) -> Name {
        let (id, role, also) = self.names.get(&self.buf.path);
        if id != FieldId::UNKNOWN {
            return Name { id, role: (role, also), span: Span::NONE };
        }
        let path = std::mem::take(&mut self.buf.path);
        let name = match layouts::own(&path) {
            Some(short) => self.short_name(short, (role, also)),
            None => Name { id, role: (role, also), span: self.d.span(&path) },
        };
        self.buf.path = path;
        name
    }

    /// A value under its own name, with the role of the whole path where that has one.
    fn short_name(&mut self, short: &str, path: (RoleId, RoleId)) -> Name {
        let (id, role, also) = self.names.get(short);
        let role = if path.0 == 0 { (role, also) } else { path };
        let span = if id == FieldId::UNKNOWN { self.d.span(short) } else { Span::NONE };
        Name { id, role, span }
    }

    pub(super) fn emit(&mut self, name: Name, kind: ValueKind, value: Span) {
        self.emit_known(name, kind, value, 0);
    }

    #[inline]
    pub(super) fn emit_known(&mut self, name: Name, kind: ValueKind, value: Span, same: u32) {
        let in_array = self.arrays > 0;
        self.d.push_field(Field { id: name.id, kind, in_array, name: name.span, value, same });
        self.buf.roles.push(name.role);
    }

    /// A value that is one field: a scalar, or what is nested too deep.
    pub(super) fn scalar(&mut self, name: Name) -> Option<()> {
        let (kind, span) = self.value()?;
        self.emit(name, kind, span);
        Some(())
    }

    pub(super) fn value(&mut self) -> Option<(ValueKind, Span)> {
        let start = self.i;
        Some(match self.peek()? {
            b'"' => (ValueKind::Text, self.text_value()?),
            b'{' | b'[' => {
                self.skip()?;
                (ValueKind::Text, self.span(start, self.i))
            }
            b't' => (ValueKind::Bool, self.word("true")?),
            b'f' => (ValueKind::Bool, self.word("false")?),
            b'n' => {
                self.word("null")?;
                (ValueKind::Null, Span::text(0, 0))
            }
            _ => {
                self.number()?;
                (ValueKind::Number, self.span(start, self.i))
            }
        })
    }

    /// A string whose `"` is next, without its escapes.
    fn text_value(&mut self) -> Option<Span> {
        let start = self.i + 1;
        let at = seek(self.b, start, b'"', b'\\')?;
        if self.b.get(at) == Some(&b'"') {
            self.i = at + 1;
            return Some(self.span(start, at));
        }
        let text = self.text.get(start..)?;
        let mut end = None;
        let span = self.d.build(|out| end = unescape_to_quote(text, at - start, out));
        self.i = start + end? + 1;
        Some(span)
    }

    fn word(&mut self, word: &str) -> Option<Span> {
        let end = self.i + word.len();
        if self.b.get(self.i..end)? != word.as_bytes() {
            return None;
        }
        let span = self.span(self.i, end);
        self.i = end;
        Some(span)
    }

    fn number(&mut self) -> Option<()> {
        let digits = |s: &mut Self| {
            let from = s.i;
            while s.peek().is_some_and(|c| c.is_ascii_digit()) {
                s.i += 1;
            }
            (s.i > from).then_some(())
        };
        if self.peek()? == b'-' {
            self.i += 1;
        }
        if self.peek()? == b'0' {
            self.i += 1;
        } else {
            digits(self)?;
        }
        if self.peek() == Some(b'.') {
            self.i += 1;
            digits(self)?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.i += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.i += 1;
            }
            digits(self)?;
        }
        Some(())
    }

    /// A string whose `"` is next: where what stands between the quotes begins
    /// and ends, and whether it holds escapes.
    #[inline]
    pub(super) fn string(&mut self) -> Option<(usize, usize, bool)> {
        let start = self.i + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            at = seek(self.b, at, b'"', b'\\')?;
            if self.b.get(at) == Some(&b'"') {
                break;
            }
            escaped = true;
            at += 2;
        }
        self.i = at + 1;
        Some((start, at, escaped))
    }

    /// Passes over a value of any depth without recursion, checking it.
    fn skip(&mut self) -> Option<()> {
        let floor = self.buf.nest.len();
        loop {
            self.blanks();
            match self.peek()? {
                open @ (b'{' | b'[') => {
                    self.i += 1;
                    self.blanks();
                    let close = if open == b'{' { b'}' } else { b']' };
                    if self.peek()? == close {
                        self.i += 1;
                    } else {
                        self.buf.nest.push(close);
                        if open == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                b'"' => self.checked_string()?,
                b't' => drop(self.word("true")?),
                b'f' => drop(self.word("false")?),
                b'n' => drop(self.word("null")?),
                _ => self.number()?,
            }
            loop {
                if self.buf.nest.len() == floor {
                    return Some(());
                }
                let close = *self.buf.nest.last()?;
                self.blanks();
                let next = self.peek()?;
                self.i += 1;
                if next == b',' {
                    if close == b'}' {
                        self.blanks();
                        self.key()?;
                    }
                    break;
                }
                if next != close {
                    return None;
                }
                self.buf.nest.pop();
            }
        }
    }

    fn key(&mut self) -> Option<()> {
        if self.peek()? != b'"' {
            return None;
        }
        self.checked_string()?;
        self.blanks();
        let colon = self.peek()? == b':';
        self.i += 1;
        colon.then_some(())
    }

    fn checked_string(&mut self) -> Option<()> {
        let (from, to, escaped) = self.string()?;
        if escaped { check_escapes(self.text.get(from..to)?) } else { Some(()) }
    }
}
