//! What is wrong with a query, and where.

/// Longest part of a query that is shown around the place, in characters.
const SHOWN: usize = 76;

/// Why a query is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// 1-based column (characters) in the query.
    pub column: usize,
    /// What was found and what was expected.
    pub message: String,
    /// How it may have been meant; empty where nobody can tell.
    pub hint: String,
}

impl QueryError {
    /// An error without a hint.
    pub(super) fn new(column: usize, message: impl Into<String>) -> Self {
        Self { column, message: message.into(), hint: String::new() }
    }

    /// The same with a hint.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The part of the query around the place, and a line with a caret under it.
    /// Both are safe to print: what is hidden in the query is one mark each.
    #[must_use]
    pub fn place(&self, query: &str) -> (String, String) {
        let all: Vec<char> = query.chars().map(visible).collect();
        let at = self.column.saturating_sub(1).min(all.len());
        let from = at.saturating_sub(SHOWN - 16).min(all.len());
        let to = (from + SHOWN).min(all.len());
        let (left, right) = (if from > 0 { "\u{2026}" } else { "" }, if to < all.len() { "\u{2026}" } else { "" });
        let part: String = all.get(from..to).unwrap_or_default().iter().collect();
        // Counted in columns of the terminal: wide characters take two.
        let before: String = all.get(from..at).unwrap_or_default().iter().collect();
        let indent = unicode_width::UnicodeWidthStr::width(before.as_str()) + usize::from(from > 0);
        (format!("{left}{part}{right}"), format!("{}^", " ".repeat(indent)))
    }
}

/// One character for each, so that the caret stands where it should.
fn visible(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        c if crate::event::is_hidden(c) => '\u{fffd}',
        c => c,
    }
}

impl std::fmt::Display for QueryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "column {}: {}", self.column, self.message)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, "; {}", self.hint) }
    }
}

impl std::error::Error for QueryError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_place() {
        let e = QueryError::new(6, "expected a value").hint("write user=NAME");
        assert_eq!(e.place("user= x"), ("user= x".into(), "     ^".into()));
        assert_eq!(e.to_string(), "column 6: expected a value; write user=NAME");
        assert_eq!(QueryError::new(3, "x").place("\u{4e2d}\u{1b}z"), ("\u{4e2d}\u{241b}z".into(), "   ^".into()));
    }

    #[test]
    fn long_queries_are_cut_around_the_place() {
        let query = "x ".repeat(500);
        let (part, caret) = QueryError::new(501, "x").place(&query);
        assert!(part.starts_with('\u{2026}') && part.ends_with('\u{2026}') && part.chars().count() <= SHOWN + 2);
        assert_eq!(part.chars().nth(caret.len() - 1), Some('x'));
    }
}
