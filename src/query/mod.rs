//! The query language: what filters, saved views and `--filter` are written in.
//!
//! ```text
//! expr    = or ; or = and { "or" and } ; and = unary { ["and"] unary }
//! unary   = ("not" | "!") unary | "(" expr ")" | test | word
//! test    = field op value ; op = "=" "!=" "~" "!~" "<" "<=" ">" ">=" "in" "not in"
//! value   = item | "[" item { "," item } "]" | "(" item { "," item } ")"
//! item    = word | "quoted" | word ".." word
//! ```
//!
//! `=` compares without regard to case, takes `*` and `?` as wildcards, a value
//! like `10.0.0.0/8` as a network, and `a..b` as a range of numbers, sizes,
//! addresses, severities or times. `severity` and addresses are ordered. A word
//! without an operator is looked for in the raw record. `docs/query.md` is the
//! reference for users.

mod ast;
mod cidr;
mod error;
mod eval;
mod lexer;
mod parser;
mod size;
mod value;
mod when;

pub use ast::{Between, Field, Node, Op, Pattern};
pub use cidr::Cidr;
pub use error::QueryError;
pub use eval::{Fields, Typed};
pub use when::{parse_span, parse_time};

use crate::event::{EventRef, EventRow, Ts};

/// What a field's name means: it decides which values may stand beside it.
pub type Words = fn(&str) -> Field;

/// The names that events have.
#[must_use]
pub fn of_events(name: &str) -> Field {
    parser::of_events(name)
}

/// A parsed query.
#[derive(Debug, Clone)]
pub struct Query {
    text: String,
    root: Node,
}

impl Query {
    /// Parses a query; `now` is what relative times count from. An empty query
    /// matches everything.
    ///
    /// # Errors
    /// Returns where the text stops being a query, and what was expected there.
    pub fn parse(text: &str, now: Ts) -> Result<Self, QueryError> {
        Self::parse_with(text, now, of_events)
    }

    /// The same over something else than events, whose fields `words` knows.
    ///
    /// # Errors
    /// As [`Query::parse`].
    pub fn parse_with(text: &str, now: Ts, words: Words) -> Result<Self, QueryError> {
        Ok(Self { text: text.trim().to_owned(), root: parser::parse(text, now, words)? })
    }

    /// The text it was parsed from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The syntax tree.
    #[must_use]
    pub const fn root(&self) -> &Node {
        &self.root
    }

    /// Whether an event matches.
    #[must_use]
    pub fn matches(&self, event: &EventRef<'_>) -> bool {
        eval::eval(&self.root, event)
    }

    /// Whether an owned event matches.
    #[must_use]
    pub fn matches_row(&self, row: &EventRow) -> bool {
        eval::eval(&self.root, row)
    }

    /// Whether anything that can name its fields matches.
    #[must_use]
    pub fn matches_fields(&self, fields: &impl Fields) -> bool {
        eval::eval(&self.root, fields)
    }
}

/// Writes a value so that it reads back as one value (quoted where needed).
#[must_use]
pub fn quote(value: &str) -> String {
    let plain = !value.is_empty()
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:/@-".contains(&b))
        // `a..b` would be a range, `x/8` a network
        && !value.contains("..")
        && cidr::mistake(value).is_none()
        && !matches!(value.to_ascii_lowercase().as_str(), "and" | "or" | "not" | "in");
    if plain {
        return value.to_owned();
    }
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '*' | '?') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}
