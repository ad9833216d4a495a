//! Frames for terminals that show ASCII only: each cell that holds anything
//! else gets a character of the same width that says the same, or `?`.
//!
//! It is done on the finished frame, so that nothing is measured otherwise than
//! it is shown. Raw records and JSON spell their characters out before that
//! (see [`spelled`]): there nothing is lost.

use std::borrow::Cow;

use ratatui::buffer::Buffer;

/// The character that stands for another one in a cell.
const fn stand_in(c: char) -> char {
    match c {
        '─' | '–' | '—' => '-',
        '│' => '|',
        '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' | '±' => '+',
        '▌' | '→' => '>',
        '←' => '<',
        '…' => '~',
        '·' | '▁' => '.',
        '×' => 'x',
        '◆' | '●' | '•' | '▆' => '*',
        '▂' => ':',
        '▃' => '-',
        '▄' => '=',
        '▅' => '+',
        '▇' => '%',
        '█' => '#',
        // Marks of control characters: the usual caret.
        '\u{2400}'..='\u{2421}' => '^',
        '«' | '»' | '“' | '”' => '"',
        '’' | '‘' => '\'',
        _ => '?',
    }
}

/// Makes a frame ASCII.
pub fn fold(buf: &mut Buffer) {
    for c in &mut buf.content {
        if !c.symbol().is_ascii() {
            let first = c.symbol().chars().next().unwrap_or(' ');
            c.set_char(stand_in(first));
        }
    }
}

/// Text with every character outside of ASCII spelled as `<U+00E9>`; marks of
/// control characters stay marks.
#[must_use]
pub fn spelled(text: &str) -> Cow<'_, str> {
    use std::fmt::Write as _;
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if c.is_ascii() || matches!(c, '\u{2400}'..='\u{2421}') {
            out.push(c);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "<U+{:04X}>", c as u32);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn frames_become_ascii_cell_by_cell() {
        let mut b = Buffer::empty(Rect::new(0, 0, 20, 1));
        b.set_string(0, 0, "┌─▁█…◆ 宽é␛[m x", Style::new());
        fold(&mut b);
        let line: String = b.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(line.trim_end(), "+-.#~* ? ?^[m x");
    }

    #[test]
    fn raw_text_is_spelled_out() {
        assert_eq!(spelled("é␛宽 a"), "<U+00E9>␛<U+5BBD> a");
        assert!(matches!(spelled("plain"), Cow::Borrowed(_)));
    }
}
