//! Colours for a line of a rule: keys, modifiers, strings, comments.

use ratatui::style::Style;

use crate::tui::theme::Theme;

/// A line in pieces, each with its style. The pieces together are the line.
#[must_use]
pub fn pieces<'l>(t: &Theme, line: &'l str) -> Vec<(&'l str, Style)> {
    let bare = line.trim_start();
    if bare.starts_with('#') {
        return vec![(line, t.dim)];
    }
    if bare.starts_with("---") {
        return vec![(line, t.border)];
    }
    let mut out = Vec::new();
    let mut rest = line;
    let indent = line.len() - bare.len();
    let dash = if bare.starts_with("- ") { 2 } else { 0 };
    take(&mut out, &mut rest, indent + dash, t.text);
    if let Some(end) = key_end(rest) {
        let key = rest.get(..end).unwrap_or("");
        let name = key.find('|').unwrap_or(end);
        take(&mut out, &mut rest, name, t.key);
        take(&mut out, &mut rest, end - name, t.entity);
        take(&mut out, &mut rest, 1, t.dim);
    }
    value(t, rest, &mut out);
    out
}

fn take<'l>(out: &mut Vec<(&'l str, Style)>, rest: &mut &'l str, n: usize, style: Style) {
    if let (Some(head), Some(tail)) = (rest.get(..n), rest.get(n..)) {
        if !head.is_empty() {
            out.push((head, style));
        }
        *rest = tail;
    }
}

/// Where a key ends: at a colon before a blank or the end, outside of quotes.
fn key_end(text: &str) -> Option<usize> {
    if text.starts_with(['\'', '"', '{', '[']) {
        return None;
    }
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find(':') {
        let after = text.get(from + at + 1..)?;
        if after.is_empty() || after.starts_with(' ') {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

fn value<'l>(t: &Theme, text: &'l str, out: &mut Vec<(&'l str, Style)>) {
    let mut start = 0;
    let mut quote: Option<char> = None;
    let mut before = ' ';
    let mut cut = |from: usize, to: usize, style: Style| {
        if let Some(s) = text.get(from..to).filter(|s| !s.is_empty()) {
            out.push((s, style));
        }
    };
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (None, '\'' | '"') => {
                cut(start, i, t.text);
                (start, quote) = (i, Some(c));
            }
            (Some(q), c) if c == q => {
                cut(start, i + c.len_utf8(), t.good);
                (start, quote) = (i + c.len_utf8(), None);
            }
            (None, '#') if before == ' ' => {
                cut(start, i, t.text);
                cut(i, text.len(), t.dim);
                return;
            }
            _ => {}
        }
        before = c;
    }
    cut(start, text.len(), if quote.is_some() { t.good } else { t.text });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::caps::Colours;

    #[test]
    fn pieces_are_the_line() {
        let t = Theme::built_in("dark", Colours::True);
        for line in [
            "title: x # y",
            "    - a|contains|all: 'it''s # no'",
            "# c",
            "---",
            "  - 'a: b'",
            "url: http://x:80/",
            "x: \"open",
            "宽: 'é'",
            "",
        ] {
            let all: String = pieces(&t, line).iter().map(|p| p.0).collect();
            assert_eq!(all, line);
        }
        let of = |line: &'static str, word: &str| pieces(&t, line).iter().find(|p| p.0 == word).map(|p| p.1);
        assert_eq!(of("  a|contains: 'x'", "a"), Some(t.key));
        assert_eq!(of("  a|contains: 'x'", "|contains"), Some(t.entity));
        assert_eq!(of("  a|contains: 'x'", "'x'"), Some(t.good));
    }
}
