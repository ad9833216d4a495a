//! Makes characters visible that would steer a terminal or hide text.
//!
//! Log lines are written by attackers: an escape sequence could recolour or
//! retitle the terminal, a bidi override could show a path backwards, a
//! zero-width character could make two names look alike. Whatever reaches a
//! screen or a report for people goes through [`sanitize`]; outputs for
//! machines keep the text as it is.
//!
//! Invariant: the result has no character for which [`is_hidden`] holds, and
//! text without one is returned as it is, not copied.

use std::borrow::Cow;

/// Whether the character acts on the terminal or cannot be seen.
#[must_use]
pub const fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'            // C0, DEL, C1
        | '\u{ad}' | '\u{61c}' | '\u{180e}'              // soft hyphen, Arabic mark, Mongolian separator
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers: blank letters
        | '\u{200b}'..='\u{200f}'                        // zero-width, left-to-right and right-to-left marks
        | '\u{2028}'..='\u{202e}'                        // separators, bidi embeddings and overrides
        | '\u{2060}'..='\u{206f}'                        // joiners, invisible operators, bidi isolates
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'           // byte order mark, interlinear annotation
        | '\u{e0000}'..='\u{e007f}'                      // tags
    )
}

/// The text with every hidden character shown as a mark: `␛` for ESC and its
/// like, `<U+202E>` for what has no picture of its own.
#[must_use]
pub fn sanitize(text: &str) -> Cow<'_, str> {
    // Nearly all log text is printable ASCII: one pass over bytes decides.
    if text.bytes().all(|b| matches!(b, 0x20..=0x7e)) {
        return Cow::Borrowed(text);
    }
    let Some(first) = text.char_indices().find(|(_, c)| is_hidden(*c)).map(|(i, _)| i) else {
        return Cow::Borrowed(text);
    };
    let (head, tail) = text.split_at(first);
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(head);
    for c in tail.chars() {
        push_visible(&mut out, c);
    }
    Cow::Owned(out)
}

/// Appends the character, or its mark where it is hidden.
pub fn push_visible(out: &mut String, c: char) {
    match c {
        '\0'..='\u{1f}' => out.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
        '\u{7f}' => out.push('\u{2421}'),
        c if is_hidden(c) => {
            use std::fmt::Write as _;
            // Writing to a String cannot fail.
            let _ = write!(out, "<U+{:04X}>", c as u32);
        }
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(sanitize("Failed password for root"), Cow::Borrowed(_)));
        assert!(matches!(sanitize("Zürich 東京 ␛"), Cow::Borrowed(_)));
        assert!(matches!(sanitize(""), Cow::Borrowed(_)));
    }

    #[test]
    fn terminal_escapes_and_bidi_become_marks() {
        assert_eq!(sanitize("a\u{1b}[31mb\u{7f}"), "a␛[31mb␡");
        assert_eq!(sanitize("x\0\t\r\n"), "x␀␉␍␊");
        assert_eq!(sanitize("\u{9b}2J"), "<U+009B>2J");
        assert_eq!(sanitize("exe\u{202e}cod.\u{2066}"), "exe<U+202E>cod.<U+2066>");
        assert_eq!(sanitize("ro\u{200b}ot\u{feff}\u{2028}"), "ro<U+200B>ot<U+FEFF><U+2028>");
        assert_eq!(sanitize("\u{e0041}"), "<U+E0041>");
    }

    #[test]
    fn nothing_hidden_remains_for_any_character() {
        for n in 0..=0x10_ffff_u32 {
            if let Some(c) = char::from_u32(n) {
                let text = c.to_string();
                assert!(!sanitize(&text).chars().any(is_hidden), "U+{n:04X}");
            }
        }
    }
}
