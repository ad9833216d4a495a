//! Lines inside a log that name the columns of the lines after them.

use memchr::memmem;

/// Characters that Zeek is told to put between columns, beside tabs and blanks.
const SEPARATORS: &[u8] = b"|,;^";

/// The name of a line of a header of Zeek's logs or of the W3C's extended log
/// format; `None` for any other line.
#[must_use]
pub fn column_header(line: &[u8]) -> Option<&'static [u8]> {
    const NAMES: [&[u8]; 11] = [
        b"#separator",
        b"#set_separator",
        b"#empty_field",
        b"#unset_field",
        b"#path",
        b"#fields",
        b"#types",
        b"#Software:",
        b"#Version:",
        b"#Date:",
        b"#Fields:",
    ];
    if line.first() != Some(&b'#') {
        return None;
    }
    // Zeek's columns may be separated by another character than a tab.
    let ends = |n: &[u8]| match line.get(n.len()) {
        None | Some(b' ' | b'\t' | b'\r' | b'\n') => true,
        Some(c) => n.get(1).is_some_and(u8::is_ascii_lowercase) && (SEPARATORS.contains(c) || c.is_ascii_control()),
    };
    NAMES.into_iter().find(|n| line.starts_with(n) && ends(n))
}

/// Where a log has such headers. Only there are they believed, so that a
/// client cannot name columns from within a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Headers {
    /// Nowhere: such lines are text.
    #[default]
    None,
    /// It begins with one.
    First,
    /// Its sample has a whole one below lines of other formats.
    Below,
}

impl Headers {
    /// The headers of a log with this sample.
    #[must_use]
    pub fn of(sample: &[u8]) -> Self {
        if column_header(sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample)).is_some() {
            return Self::First;
        }
        let (mut separator, mut fields) = (false, false);
        for at in memmem::find_iter(sample, b"\n#") {
            match column_header(sample.get(at + 1..).unwrap_or_default()) {
                Some(b"#separator") => separator = true,
                Some(b"#fields") => fields |= separator,
                Some(b"#Fields:") => fields = true,
                _ => {}
            }
        }
        // Lines of audit events are put together, for which blocks are cut otherwise.
        if fields && memmem::find(sample, b"audit(").is_none() { Self::Below } else { Self::None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_seen_below_other_lines_where_they_are_whole() {
        assert_eq!(Headers::of(b"#fields\ta\n"), Headers::First);
        assert_eq!(Headers::of(b"x\n#separator \\x09\n#fields\ta\n"), Headers::Below);
        assert_eq!(Headers::of(b"x\r\n#Fields: date time c-ip\r\n"), Headers::Below);
        for none in [&b"x\n#fields\ta\n"[..], b"x #separator \\x09 #fields\n", b"x\n# a\n", b"", b"x\n#separator"] {
            assert_eq!(Headers::of(none), Headers::None);
        }
        assert_eq!(Headers::of(b"#separator \\x7c\n#fields|a|b\n"), Headers::First);
        assert_eq!(column_header(b"#fields|a|b"), Some(&b"#fields"[..]));
        assert_eq!(column_header(b"#fields\x01a"), Some(&b"#fields"[..]));
        for other in [&b"#fieldsa"[..], b"#path/to", b"#path: x", b"#Fields:|a"] {
            assert_eq!(column_header(other), None);
        }
        assert_eq!(Headers::of(b"type=A msg=audit(1.0:1): a\n#Fields: date time c-ip\n"), Headers::None);
    }
}
