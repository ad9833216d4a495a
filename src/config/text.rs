//! Places in a text.

use std::path::Path;

/// Line and column (characters), both from 1, of a byte in a text.
#[must_use]
pub fn line_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at.min(text.len())).unwrap_or("");
    (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or("").chars().count() + 1)
}

/// `path:line` of a byte in a file's text.
#[must_use]
pub fn place(path: &Path, text: &str, at: usize) -> String {
    format!("{}:{}", path.display(), line_column(text, at).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        assert_eq!(line_column("a\nb\u{e9}c", 5), (2, 3));
        assert_eq!(line_column("", 9), (1, 1));
        assert_eq!(place(Path::new("f"), "a\nb", 2), "f:2");
    }
}
