//! String patterns: literal text with `*` (any text) and `?` (one character).

pub use crate::event::fold::{fold_char, fold_into};

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// Text as it is.
    Lit(String),
    /// `*`: any text, also none.
    Many,
    /// `?`: one character.
    One,
    /// One of the dashes and the slash that start a parameter (`windash`).
    Dash,
}

/// The characters that [`Part::Dash`] stands for.
pub const DASHES: [char; 5] = ['-', '/', '–', '—', '―'];

/// A pattern that a whole value must match. Two [`Part::Many`] and two
/// [`Part::Lit`] never stand side by side.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Pattern(pub Vec<Part>);

impl Pattern {
    /// Reads Sigma's notation: `\` before `*`, `?` or `\` takes its meaning
    /// away; before anything else it is a plain backslash.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut p = Self::default();
        let mut run = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.clone().next() {
                    Some(n @ ('*' | '?' | '\\')) => {
                        run.push(n);
                        chars.next();
                    }
                    _ => run.push('\\'),
                },
                '*' | '?' => {
                    p.push_lit(&run);
                    run.clear();
                    p.push(if c == '*' { Part::Many } else { Part::One });
                }
                _ => run.push(c),
            }
        }
        p.push_lit(&run);
        p
    }

    /// A pattern of plain text.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        let mut p = Self::default();
        p.push_lit(text);
        p
    }

    /// Adds a part at the end, merging with the last one where it can.
    pub fn push(&mut self, part: Part) {
        match (self.0.last_mut(), part) {
            (_, Part::Lit(t)) => self.push_lit(&t),
            (Some(Part::Many), Part::Many) => {}
            (_, part) => self.0.push(part),
        }
    }

    fn push_lit(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Part::Lit(last)) = self.0.last_mut() {
            last.push_str(text);
        } else {
            self.0.push(Part::Lit(text.to_owned()));
        }
    }

    /// The same pattern with `*` before or after it.
    #[must_use]
    pub fn wrapped(self, before: bool, after: bool) -> Self {
        let mut p = Self(Vec::with_capacity(self.0.len() + usize::from(before) + usize::from(after)));
        if before {
            p.push(Part::Many);
        }
        for part in self.0 {
            p.push(part);
        }
        if after {
            p.push(Part::Many);
        }
        p
    }

    /// The text, if the pattern has no wildcards.
    #[must_use]
    pub fn plain(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Lit(t)] => Some(t),
            _ => None,
        }
    }

    /// The pattern with its letters folded as [`fold_into`] folds values.
    #[must_use]
    pub fn folded(&self) -> Self {
        let mut p = Self(Vec::with_capacity(self.0.len()));
        for part in &self.0 {
            match part {
                Part::Lit(t) => {
                    let mut f = String::new();
                    fold_into(t, &mut f);
                    p.push_lit(&f);
                }
                other => p.push(other.clone()),
            }
        }
        p
    }

    /// The longest literal: what a value must contain to match at all.
    #[must_use]
    pub fn longest(&self) -> Option<&str> {
        self.0
            .iter()
            .filter_map(|p| if let Part::Lit(t) = p { Some(t.as_str()) } else { None })
            .reduce(|a, b| if b.len() > a.len() { b } else { a })
    }

    /// Whether the whole value matches. Each run between two `*` is looked for
    /// from left to right and taken at its first place, so the cost is bounded
    /// by length of value times length of pattern.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        let many = |p: &Part| matches!(p, Part::Many);
        let mut runs = self.0.split(many);
        let Some(first) = runs.next() else { return value.is_empty() };
        let Some(mut rest) = strip_run(first, value) else { return false };
        if !self.0.iter().any(many) {
            return rest.is_empty();
        }
        let mut runs = runs.peekable();
        while let Some(run) = runs.next() {
            if runs.peek().is_none() {
                return ends_with_run(run, rest);
            }
            let Some(after) = find_run(run, rest) else { return false };
            rest = after;
        }
        true
    }
}

/// What follows a run at the start of `value`.
fn strip_run<'v>(run: &[Part], value: &'v str) -> Option<&'v str> {
    let mut rest = value;
    for part in run {
        rest = match part {
            Part::Lit(t) => rest.strip_prefix(t.as_str())?,
            Part::One => {
                let mut c = rest.chars();
                c.next()?;
                c.as_str()
            }
            Part::Dash => rest.strip_prefix(DASHES)?,
            Part::Many => rest,
        };
    }
    Some(rest)
}

/// What follows the first place of a run anywhere in `value`.
fn find_run<'v>(run: &[Part], value: &'v str) -> Option<&'v str> {
    let mut rest = value;
    loop {
        if let Some(Part::Lit(t)) = run.first() {
            let at = memchr::memmem::find(rest.as_bytes(), t.as_bytes())?;
            rest = rest.get(at..)?;
        }
        if let Some(after) = strip_run(run, rest) {
            return Some(after);
        }
        let mut c = rest.chars();
        c.next()?;
        rest = c.as_str();
    }
}

/// Whether `value` ends with a run; every part but text has the width of one character.
fn ends_with_run(run: &[Part], value: &str) -> bool {
    let mut rest = value;
    for part in run.iter().rev() {
        let next = match part {
            Part::Lit(t) => rest.strip_suffix(t.as_str()),
            Part::One => {
                let mut c = rest.chars();
                c.next_back().map(|_| c.as_str())
            }
            Part::Dash => rest.strip_suffix(DASHES),
            Part::Many => Some(rest),
        };
        match next {
            Some(r) => rest = r,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let lit = |t: &str| Part::Lit(t.into());
        assert_eq!(Pattern::parse(r"\cmd.exe").0, [lit(r"\cmd.exe")]);
        assert_eq!(Pattern::parse(r"\\cmd").0, [lit(r"\cmd")]);
        assert_eq!(Pattern::parse(r"a\*b").0, [lit("a*b")]);
        assert_eq!(Pattern::parse(r"a\\*b").0, [lit("a\\"), Part::Many, lit("b")]);
        assert_eq!(Pattern::parse(r"a\\\*b").0, [lit(r"a\*b")]);
        assert_eq!(Pattern::parse(r"end\").0, [lit(r"end\")]);
        assert_eq!(Pattern::parse("a**b?").0, [lit("a"), Part::Many, lit("b"), Part::One]);
    }

    #[test]
    fn whole_value_matches() {
        for (pattern, value, expected) in [
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("a*c", "ac", true),
            ("a*c", "abdc", true),
            ("a*c", "abdcx", false),
            ("*ab*ab", "abab", true),
            ("*ab*ab", "ab", false),
            ("?", "é", true),
            ("?", "", false),
            ("", "", true),
            ("*", "", true),
            ("*a?c*", "xxaxaxc", true),
            ("*a?c", "aac aXc", true),
            ("a*?", "a", false),
        ] {
            assert_eq!(Pattern::parse(pattern).matches(value), expected, "{pattern} on {value}");
        }
    }

    #[test]
    fn dashes() {
        let p = Pattern(vec![Part::Many, Part::Dash, Part::Lit("enc".into()), Part::Many]);
        assert!(p.matches("x –enc y") && p.matches("/enc") && !p.matches("enc"));
    }
}
