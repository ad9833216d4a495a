//! Escapes in the strings of JSON.

use super::seek::seek;

/// Whether all escapes of a string are valid.
pub fn check_escapes(text: &str) -> Option<()> {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        rest = escape(rest.get(at + 1..)?)?.1;
    }
    Some(())
}

/// Appends a string without its escapes.
pub fn unescape(text: &str, out: &mut String) -> Option<()> {
    let b = text.as_bytes();
    out.reserve(b.len());
    // What is copied next begins at `from`; the next backslash is not before `at`.
    let (mut from, mut at) = (0, 0);
    while let Some(back) = seek(b, at, b'\\', b'\\') {
        out.push_str(text.get(from..back)?);
        if let b'\\' | b'"' | b'/' = b.get(back + 1)? {
            // The character stands for itself and is copied with what follows it.
            from = back + 1;
            at = back + 2;
        } else {
            let (c, after) = escape(text.get(back + 1..)?)?;
            out.push(c);
            from = b.len() - after.len();
            at = from;
        }
    }
    out.push_str(text.get(from..)?);
    Some(())
}

/// The character of an escape (behind its backslash) and what follows.
fn escape(text: &str) -> Option<(char, &str)> {
    let c = match text.as_bytes().first()? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let unit = unit_of(text.get(1..5)?)?;
            let after = text.get(5..)?;
            if !(0xd800..0xdc00).contains(&unit) {
                return Some((char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), after));
            }
            if let Some(low) = after.strip_prefix("\\u").and_then(|l| l.get(..4)).and_then(unit_of)
                && (0xdc00..0xe000).contains(&low)
            {
                let c = char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
                return Some((c.unwrap_or(char::REPLACEMENT_CHARACTER), after.get(6..)?));
            }
            return Some((char::REPLACEMENT_CHARACTER, after));
        }
        _ => return None,
    };
    Some((c, text.get(1..)?))
}

fn unit_of(hex: &str) -> Option<u32> {
    hex.bytes().try_fold(0, |n, b| Some(n * 16 + (b as char).to_digit(16)?))
}
