//! Numbers in sentences, and lines that fit a terminal.

use unicode_width::UnicodeWidthStr as _;

pub(super) use crate::event::count;

/// At most `most` lines, and how many more there are where they stand.
pub(super) fn some(lines: impl ExactSizeIterator<Item = String>, most: usize, rest: &str) -> String {
    let more = lines.len().saturating_sub(most);
    let mut out: String = lines.take(most).map(|l| l + "\n").collect();
    if more > 0 {
        out.push_str(&format!("  … and {more} more: {rest}\n"));
    }
    out
}

/// Fewer columns than these are taken for these.
const NARROWEST: usize = 24;

/// Columns that COLUMNS names, or those of the terminal where it is one; as many as it
/// takes where neither is known.
pub(super) fn columns(terminal: bool) -> usize {
    let named = std::env::var("COLUMNS").ok().and_then(|c| c.trim().parse().ok());
    let size = || terminal.then(|| crossterm::terminal::size().ok()).flatten();
    named.or_else(|| size().map(|(w, _)| w.into())).filter(|w| *w > 0).unwrap_or(usize::MAX).max(NARROWEST)
}

/// Each line that is wider than this in lines that are not, cut between words; what
/// follows the first is two columns further in. A word (a path) is never cut.
pub(super) fn folded(text: &str, width: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if line.width() <= width {
            out.push_str(line);
        } else {
            let words = line.trim_start_matches(' ');
            let lead = line.len() - words.len();
            out.push_str(&" ".repeat(lead));
            let mut used = lead;
            for (n, word) in words.split(' ').enumerate() {
                if n > 0 && used + 1 + word.width() > width {
                    out.truncate(out.trim_end_matches(' ').len());
                    out.push('\n');
                    used = lead + 2;
                    out.push_str(&" ".repeat(used));
                } else if n > 0 {
                    out.push(' ');
                    used += 1;
                }
                out.push_str(word);
                used += word.width();
            }
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_between_words() {
        let text = "one two  three\n  four five six seven\n\nunder_the_width\n";
        assert_eq!(folded(text, 80), text);
        assert_eq!(folded(text, 12), "one two\n  three\n  four five\n    six\n    seven\n\nunder_the_width\n");
        // Wide characters take two columns.
        assert_eq!(folded("日本語 日本語\n", 12), "日本語\n  日本語\n");
        assert_eq!(folded("", 24), "");
    }

    #[test]
    fn some_of_many() {
        assert_eq!(some(["a".to_owned(), "b".to_owned()].into_iter(), 2, "x"), "a\nb\n");
        assert_eq!(some(["a".to_owned(), "b".to_owned()].into_iter(), 1, "x"), "a\n  … and 1 more: x\n");
    }
}
