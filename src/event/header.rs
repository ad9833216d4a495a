//! Lines inside a log that name the columns of the lines after them.

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
    let ends = |at: usize| matches!(line.get(at), None | Some(b' ' | b'\t' | b'\r' | b'\n'));
    NAMES.into_iter().find(|n| line.starts_with(n) && ends(n.len()))
}

/// Whether a log that begins like this has such headers: only there are they
/// believed, so that a client cannot name columns from within a line.
#[must_use]
pub fn has_column_headers(sample: &[u8]) -> bool {
    column_header(sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample)).is_some()
}
