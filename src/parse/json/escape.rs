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
    let mut next = Next::default();
    while let Some(back) = seek(b, next.at, b'\\', b'\\') {
        next = next.behind(back, text, out)?;
    }
    out.push_str(text.get(next.from..)?);
    Some(())
}

/// The same for a string that ends at the first quote without a backslash before
/// it: where that stands. Neither stands before `at`.
pub fn unescape_to_quote(text: &str, at: usize, out: &mut String) -> Option<usize> {
    let b = text.as_bytes();
    let mut next = Next { from: 0, at };
    loop {
        let found = seek(b, next.at, b'"', b'\\')?;
        if b.get(found) == Some(&b'"') {
            out.push_str(text.get(next.from..found)?);
            return Some(found);
        }
        next = next.behind(found, text, out)?;
    }
}

/// How far a string is copied.
#[derive(Default)]
struct Next {
    /// What is copied next begins here.
    from: usize,
    /// What is looked for is not before.
    at: usize,
}

impl Next {
    /// Copies up to a backslash, and the character of its escape.
    #[inline]
    fn behind(self, back: usize, text: &str, out: &mut String) -> Option<Self> {
        out.push_str(text.get(self.from..back)?);
        if let b'\\' | b'"' | b'/' = text.as_bytes().get(back + 1)? {
            // The character stands for itself and is copied with what follows it.
            return Some(Self { from: back + 1, at: back + 2 });
        }
        let (c, after) = escape(text.get(back + 1..)?)?;
        out.push(c);
        let from = text.len() - after.len();
        Some(Self { from, at: from })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pass_as_two() {
        let pieces = [
            "ab",
            "\\\\",
            "\\\"",
            "\\n",
            "\\u00e9",
            "\\ud83d\\ude00",
            "\\ud800",
            "\u{e9}",
            "seventeen bytes..",
            "\\x",
            "\\u12",
        ];
        for i in 0..pieces.len().pow(3) {
            let text = [i, i / pieces.len(), i / pieces.len().pow(2)].map(|i| pieces[i % pieces.len()]).concat();
            let (mut one, mut two) = (String::new(), String::new());
            let whole = unescape(&text, &mut two);
            let end = unescape_to_quote(&format!("{text}\",\"more\": \"\\\\\""), 0, &mut one);
            assert_eq!(end, whole.map(|()| text.len()), "{text}");
            assert!(end.is_none() || one == two, "{text}");
            assert_eq!(unescape_to_quote(&text, 0, &mut one), None, "no quote ends {text}");
        }
    }
}
