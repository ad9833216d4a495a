//! Zeek's tab-separated logs: each line becomes the document that Zeek's JSON
//! writer would have made of it, and goes the same way from there.

use super::{MOST, Parser};
use crate::event::{Draft, Field, FieldId, Span, ValueKind};
use crate::parse::json::{self, RoleId};

/// Header of a log.
#[derive(Debug)]
pub(super) struct Header {
    separator: char,
    set_separator: char,
    empty: String,
    unset: String,
    path: String,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    name: String,
    id: FieldId,
    role: (RoleId, RoleId),
    kind: ValueKind,
    /// A set or a vector.
    several: bool,
}

/// Reused from line to line.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    roles: Vec<(RoleId, RoleId)>,
}

impl Default for Header {
    fn default() -> Self {
        Self {
            separator: '\t',
            set_separator: ',',
            empty: "(empty)".to_owned(),
            unset: "-".to_owned(),
            path: String::new(),
            columns: Vec::new(),
        }
    }
}

impl Header {
    /// Takes one header line: its name, and what follows.
    pub(super) fn read(&mut self, name: &[u8], rest: &str, p: &Parser) {
        if name == b"#separator" {
            // The separator's own line is separated by a blank.
            self.separator = char_of(rest.trim_start_matches(' ')).unwrap_or('\t');
            return;
        }
        let rest = rest.strip_prefix(self.separator).or_else(|| rest.strip_prefix(['\t', ' '])).unwrap_or(rest);
        match name {
            b"#set_separator" => self.set_separator = char_of(rest).unwrap_or(','),
            b"#empty_field" => rest.clone_into(&mut self.empty),
            b"#unset_field" => rest.clone_into(&mut self.unset),
            b"#path" => rest.clone_into(&mut self.path),
            b"#fields" => {
                self.columns.clear();
                self.columns.extend(rest.split(self.separator).take(MOST).map(|name| {
                    let (id, role, also) = p.names.get(name);
                    Column { name: name.to_owned(), id, role: (role, also), kind: ValueKind::Text, several: false }
                }));
            }
            b"#types" => {
                for (c, kind) in self.columns.iter_mut().zip(rest.split(self.separator)) {
                    let inner = kind.split_once('[').map(|(_, t)| t.trim_end_matches(']'));
                    c.several = inner.is_some();
                    c.kind = match inner.unwrap_or(kind) {
                        "time" | "interval" | "count" | "int" | "double" | "port" => ValueKind::Number,
                        "bool" => ValueKind::Bool,
                        _ => ValueKind::Text,
                    };
                }
            }
            _ => {}
        }
    }

    /// Parses one line; false where its columns are not those of the header.
    pub(super) fn parse(
        &self,
        line: &str,
        p: &Parser,
        d: &mut Draft<'_>,
        b: &mut Buffers,
        json: &mut json::Scratch,
    ) -> bool {
        let columns = line.split(self.separator).count();
        if columns != self.columns.len() {
            return false;
        }
        b.roles.clear();
        let path = d.span(&self.path);
        if !path.is_empty() {
            let (id, role, also) = p.names.get("_path");
            self.push("_path", id, (role, also), ValueKind::Text, path, false, d, b);
        }
        for (c, value) in self.columns.iter().zip(line.split(self.separator)) {
            if value == self.unset {
                continue;
            }
            if !c.several {
                self.value(c, value, false, d, b);
            } else if value == self.empty {
                self.push(&c.name, c.id, c.role, ValueKind::Null, Span::text(0, 0), false, d, b);
            } else {
                for v in value.split(self.set_separator) {
                    self.value(c, v, true, d, b);
                }
            }
        }
        json::finish(d, &b.roles, p, json);
        d.rec.format = 0;
        true
    }

    fn value(&self, c: &Column, value: &str, in_array: bool, d: &mut Draft<'_>, b: &mut Buffers) {
        let span = match (c.kind, value) {
            (ValueKind::Bool, "T") => d.span("true"),
            (ValueKind::Bool, "F") => d.span("false"),
            _ if value == self.empty => Span::text(0, 0),
            _ if value.contains('\\') => d.build(|out| unescape(value, out)),
            _ => d.span(value),
        };
        self.push(&c.name, c.id, c.role, c.kind, span, in_array, d, b);
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one field")]
    fn push(
        &self,
        name: &str,
        id: FieldId,
        role: (RoleId, RoleId),
        kind: ValueKind,
        value: Span,
        in_array: bool,
        d: &mut Draft<'_>,
        b: &mut Buffers,
    ) {
        let name = if id == FieldId::UNKNOWN { d.span(name) } else { Span::NONE };
        d.push_field(Field { id, kind, in_array, name, value, same: 0 });
        b.roles.push(role);
    }
}

/// One character, perhaps written `\x09`.
fn char_of(text: &str) -> Option<char> {
    match text.strip_prefix("\\x") {
        Some(hex) => u8::from_str_radix(hex.get(..2)?, 16).ok().map(char::from),
        None => text.chars().next(),
    }
}

/// `\xNN` and `\\`, as Zeek writes bytes that would break its columns. What is
/// no text stays as it was written; so it does in Zeek's JSON.
fn unescape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(rest.get(..at).unwrap_or(""));
        let after = rest.get(at + 1..).unwrap_or("");
        let hex = after.strip_prefix('x').and_then(|h| u8::from_str_radix(h.get(..2)?, 16).ok());
        match hex {
            Some(byte @ (b' '..=b'~' | b'\t' | b'\n' | b'\r')) => {
                out.push(char::from(byte));
                rest = after.get(3..).unwrap_or("");
            }
            _ if after.starts_with('\\') => {
                out.push('\\');
                rest = after.get(1..).unwrap_or("");
            }
            _ => {
                out.push('\\');
                rest = after;
            }
        }
    }
    out.push_str(rest);
}
