//! The values of an item as transformations and conditions see them: with what
//! the modifiers make of them. `User|contains: bob` is the text `*bob*`.

use super::params::string;
use super::placeholders;
use super::tree::{Leaf, scalar};
use crate::detect::sigma::glob::{Part, Pattern};
use crate::detect::sigma::value::{Raw, Scalar};
use crate::detect::sigma::yaml::Node;

/// The modifiers that say where in a value the text stands.
const PLACES: [&str; 3] = ["contains", "startswith", "endswith"];
/// The modifiers that make another text of a text.
const ENCODINGS: [&str; 4] = ["base64", "utf16le", "wide", "utf16be"];
/// The modifiers that leave a text what it is.
const BESIDE: [&str; 4] = ["all", "neq", "cased", "expand"];

impl Leaf {
    /// Whether its values are texts, as far as they are texts: no regular
    /// expressions, networks, fields, comparisons, and no several forms of one text.
    pub(super) fn is_text(&self) -> bool {
        let known = |m: &String| [&PLACES[..], &ENCODINGS, &BESIDE, &["utf16"]].iter().any(|l| l.contains(&m.as_str()));
        self.modifiers.iter().all(known)
    }

    /// A value as text with what its modifiers mean; `None` where it is none.
    pub(super) fn seen(&self, v: &Node) -> Option<Pattern> {
        let text = string(v).filter(|_| self.is_text())?;
        let mut raw = Raw::Pattern(Pattern::parse(text));
        for m in &self.modifiers {
            raw = match m.as_str() {
                "base64" => raw.base64().ok()?,
                "utf16le" | "wide" => raw.utf16(true, false).ok()?,
                "utf16be" => raw.utf16(false, false).ok()?,
                "utf16" => raw.utf16(true, true).ok()?,
                _ => raw,
            };
        }
        let before = self.has("contains") || self.has("endswith");
        let after = self.has("contains") || self.has("startswith");
        Some(raw.pattern().ok()?.wrapped(before, after))
    }

    /// Writes what the modifiers mean into the values, where they are texts.
    pub(super) fn write_out(&mut self) {
        let written = |m: &String| [&PLACES[..], &ENCODINGS, &["utf16"]].iter().any(|l| l.contains(&m.as_str()));
        if !self.is_text() || !self.modifiers.iter().any(written) {
            return;
        }
        let place = self.clone();
        for v in &mut self.values {
            // A number of which a part is looked for is text.
            let as_text = match Scalar::of(v) {
                Some(Scalar::Num(t, _)) => scalar((v.line, v.column), t),
                _ => v.clone(),
            };
            if let Some(p) = place.seen(&as_text) {
                *v = scalar((v.line, v.column), noted(&p));
            }
        }
        self.modifiers.retain(|m| !written(m));
    }

    /// Changes the plain parts of a text; wildcards and placeholders stay.
    pub(super) fn each_literal(&self, text: &str, f: &dyn Fn(&str) -> String) -> String {
        let parsed = Pattern::parse(text);
        let mut out = Pattern::default();
        for part in parsed.0 {
            match part {
                Part::Lit(t) if self.has("expand") => {
                    let parts = placeholders::parts(&t).into_iter().map(|p| match p {
                        placeholders::Part::Text(t) => f(t),
                        placeholders::Part::Name(_, whole) => whole.to_owned(),
                    });
                    out.push(Part::Lit(parts.collect()));
                }
                Part::Lit(t) => out.push(Part::Lit(f(&t))),
                other => out.push(other),
            }
        }
        noted(&out)
    }
}

/// A pattern as text in which only wildcards that are none have a backslash:
/// what expressions of pipelines see.
pub(super) fn plain(p: &Pattern) -> String {
    pieces(p).into_iter().map(|(t, _)| t).collect()
}

/// The characters of [`plain`], each with what it is.
pub(super) fn pieces(p: &Pattern) -> Vec<(String, Part)> {
    let mut out = Vec::new();
    for part in &p.0 {
        match part {
            Part::Lit(t) => out.extend(t.chars().map(|c| {
                let text = if matches!(c, '*' | '?') { format!("\\{c}") } else { c.to_string() };
                (text, Part::Lit(c.to_string()))
            })),
            Part::Many => out.push(("*".to_owned(), Part::Many)),
            Part::One => out.push(("?".to_owned(), Part::One)),
            Part::Dash => out.push(("-".to_owned(), Part::Lit("-".to_owned()))),
        }
    }
    out
}

/// A pattern as a rule writes it.
pub(super) fn noted(p: &Pattern) -> String {
    p.0.iter()
        .map(|part| match part {
            Part::Lit(t) => escaped(t, false),
            Part::Many => "*".to_owned(),
            Part::One => "?".to_owned(),
            Part::Dash => "-".to_owned(),
        })
        .collect()
}

/// Plain text as a rule writes it; wildcards in it are meant if `interpret`.
pub(super) fn escaped(text: &str, interpret: bool) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        // A backslash means itself unless it stands before one of these; at the end
        // something may come after it.
        let bound = chars.peek().is_none_or(|n| matches!(n, '*' | '?' | '\\'));
        if (c == '\\' && bound) || (!interpret && matches!(c, '*' | '?')) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
