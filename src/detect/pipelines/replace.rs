//! `replace_string`: a regular expression is replaced in texts.

use regex::Regex;

use super::params::{Params, string};
use super::seen::{escaped, noted, pieces};
use super::tree::{Leaf, scalar};
use super::values::compiled;
use crate::detect::sigma::glob::{Part, Pattern};
use crate::detect::sigma::value::Scalar;
use crate::detect::sigma::yaml::{Node, YamlError};

/// What is replaced by what.
#[derive(Debug, Clone)]
pub(super) struct Replace {
    regex: Regex,
    /// What stands there then, in the regex library's notation of groups.
    with: String,
    /// Whether wildcards keep out of it.
    skip: bool,
    /// Whether `*` and `?` of the replacement are wildcards.
    interpret: bool,
}

impl Replace {
    /// Reads the members.
    pub(super) fn read(p: &mut Params<'_>) -> Result<Self, YamlError> {
        let regex = compiled(p.need("regex")?)?;
        let replacement = p.need("replacement")?;
        let with = groups(&p.text("replacement")?, &regex).map_err(|m| YamlError::at(replacement, m))?;
        Ok(Self { regex, with, skip: p.flag("skip_special")?, interpret: p.flag("interpret_special")? })
    }

    /// Replaces in the texts of an item; whether there are any.
    pub(super) fn apply(&self, leaf: &mut Leaf) -> bool {
        if !leaf.is_text() {
            return false;
        }
        let mut touched = false;
        if !self.skip {
            // The expression sees the wildcards that modifiers mean.
            leaf.write_out();
        }
        let mut values = Vec::with_capacity(leaf.values.len());
        for v in &leaf.values {
            values.push(match string(v) {
                Some(t) => {
                    touched = true;
                    let new = if self.skip { self.in_literals(leaf, t) } else { self.in_whole(&Pattern::parse(t)) };
                    scalar((v.line, v.column), new)
                }
                // A number is text where the expression finds something in it.
                None => match Scalar::of(v) {
                    Some(Scalar::Num(t, _)) if self.regex.is_match(&t) => {
                        touched = true;
                        scalar((v.line, v.column), self.in_whole(&Pattern::literal(&t)))
                    }
                    _ => Node::clone(v),
                },
            });
        }
        leaf.values = values;
        if touched && !self.skip {
            leaf.modifiers.retain(|m| m != "cased");
        }
        touched
    }

    fn in_literals(&self, leaf: &Leaf, text: &str) -> String {
        let new = |t: &str| self.regex.replace_all(t, self.with.as_str()).into_owned();
        if !self.interpret {
            return leaf.each_literal(text, &new);
        }
        let part = |p: &Part| match p {
            Part::Lit(t) => escaped(&new(t), true),
            Part::Many => "*".to_owned(),
            Part::One => "?".to_owned(),
            Part::Dash => "-".to_owned(),
        };
        Pattern::parse(text).0.iter().map(part).collect()
    }

    /// Replaces where wildcards are characters like others. What is not replaced
    /// stays what it is: only what comes in is read for wildcards.
    fn in_whole(&self, value: &Pattern) -> String {
        let mut w = Woven { pieces: pieces(value), next: 0, inside: 0, came: String::new(), out: Pattern::default() };
        let text: String = w.pieces.iter().map(|(t, _)| t.as_str()).collect();
        let mut at = 0;
        for found in self.regex.captures_iter(&text) {
            let Some(whole) = found.get(0) else { continue };
            w.pass(whole.start() - at, true);
            found.expand(&self.with, &mut w.came);
            w.pass(whole.len(), false);
            at = whole.end();
        }
        w.pass(text.len() - at, true);
        w.flush();
        noted(&w.out)
    }
}

/// A text on its way through a replacement.
struct Woven {
    /// What it was, character by character, with what each is.
    pieces: Vec<(String, Part)>,
    next: usize,
    /// Bytes of the next piece that are passed already.
    inside: usize,
    /// What came in and is not yet read.
    came: String,
    out: Pattern,
}

impl Woven {
    /// Passes so many bytes; they are kept or gone.
    fn pass(&mut self, mut bytes: usize, keep: bool) {
        while bytes > 0
            && let Some((text, part)) = self.pieces.get(self.next)
        {
            let step = bytes.min(text.len() - self.inside);
            let whole = step == text.len();
            if keep && whole {
                let part = part.clone();
                self.flush();
                self.out.push(part);
            } else if keep {
                let rest = text.get(self.inside..self.inside + step).unwrap_or("");
                self.came.push_str(rest);
            }
            bytes -= step;
            self.inside += step;
            if whole || self.pieces.get(self.next).is_some_and(|(t, _)| t.len() == self.inside) {
                self.next += 1;
                self.inside = 0;
            }
        }
    }

    /// Reads what came in: a backslash takes the meaning of a wildcard, and is
    /// else a backslash.
    fn flush(&mut self) {
        let came = std::mem::take(&mut self.came);
        let mut chars = came.chars().peekable();
        while let Some(c) = chars.next() {
            let part = match c {
                '\\' if matches!(chars.peek(), Some('*' | '?')) => Part::Lit(chars.next().unwrap_or('*').to_string()),
                '*' => Part::Many,
                '?' => Part::One,
                c => Part::Lit(c.to_string()),
            };
            self.out.push(part);
        }
    }
}

/// `\1` and `\g<name>` as `${1}` and `${name}`; `$` is no group in Python.
fn groups(with: &str, regex: &Regex) -> Result<String, String> {
    let known = |group: &str| match group.parse::<usize>() {
        Ok(n) => n < regex.captures_len(),
        Err(_) => regex.capture_names().flatten().any(|n| n == group),
    };
    let group = |name: &str| {
        let count = regex.captures_len() - 1;
        if known(name) {
            Ok(format!("${{{name}}}"))
        } else {
            Err(format!(
                "the expression has no group '{name}'; it has {count} {}",
                if count == 1 { "group" } else { "groups" }
            ))
        }
    };
    let mut out = String::new();
    let mut rest = with;
    while let Some(c) = rest.chars().next() {
        let tail = rest.get(c.len_utf8()..).unwrap_or("");
        if c == '\\' {
            let digits = tail.len() - tail.trim_start_matches(|d: char| d.is_ascii_digit()).len();
            if digits > 0 {
                out.push_str(&group(tail.get(..digits).unwrap_or(""))?);
                rest = tail.get(digits..).unwrap_or("");
                continue;
            }
            if let Some((name, after)) = tail.strip_prefix("g<").and_then(|t| t.split_once('>')) {
                out.push_str(&group(name)?);
                rest = after;
                continue;
            }
            if let Some(after) = tail.strip_prefix('\\') {
                out.push('\\');
                rest = after;
                continue;
            }
        }
        out.push_str(if c == '$' { "$$" } else { rest.get(..c.len_utf8()).unwrap_or("") });
        rest = tail;
    }
    Ok(out)
}
