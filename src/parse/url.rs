//! `url_decoded`: the request target in the one form that rules match.
//!
//! Percent-decoded twice (also `%uXXXX` and overlong ASCII), `+` to a blank in
//! the query, lower case, SQL comments and runs of white space one blank. The
//! result is bounded; a target that is already in that form costs no copy.

use smallvec::SmallVec;

use crate::event::{Draft, Ov, Span};

/// Longest target that is decoded, in bytes; the rest is left out of
/// `url_decoded` (it stays in `url` and in the raw record).
pub const MAX_DECODED: usize = 16 * 1024;

type Bytes = SmallVec<[u8; 512]>;

/// Sets [`Ov::UrlDecoded`] from a request target whose span is `url`.
pub fn set_decoded(d: &mut Draft<'_>, target: &str, url: Span) {
    let mut end = target.len().min(MAX_DECODED);
    while !target.is_char_boundary(end) {
        end -= 1;
    }
    let target = target.get(..end).unwrap_or("");
    let span = match class_of(target) {
        Class::Plain if end < MAX_DECODED => url,
        Class::Plain => d.span(target),
        Class::Upper => d.build(|out| {
            let start = out.len();
            out.push_str(target);
            if let Some(tail) = out.get_mut(start..) {
                tail.make_ascii_lowercase();
            }
        }),
        Class::Encoded => d.build(|out| decode_into(target, out)),
    };
    d.set_span(Ov::UrlDecoded, span);
}

/// The decoded form of one target, owned (for tests and tools).
#[must_use]
pub fn decoded(target: &str) -> String {
    let mut out = String::new();
    decode_into(target, &mut out);
    out
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Plain,
    Upper,
    Encoded,
}

/// What a byte asks for: 0 nothing, 1 lower-casing, 2 the decoder, 4 `*`, 8 `?`.
const KIND: [u8; 256] = {
    let mut t = [0u8; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        t[i] = match b {
            b'%' | b'+' => 2,
            b'*' => 2,
            b'A'..=b'Z' => 1,
            0..=b' ' => 2,
            _ => 0,
        };
        i += 1;
    }
    t
};

fn class_of(target: &str) -> Class {
    let mut all = 0;
    for b in target.bytes() {
        all |= KIND[b as usize];
    }
    if all & 2 != 0 {
        Class::Encoded
    } else if all & 1 != 0 {
        Class::Upper
    } else {
        Class::Plain
    }
}

fn decode_into(target: &str, out: &mut String) {
    let mut once = Bytes::new();
    percent(target.as_bytes(), true, &mut once);
    let mut twice = Bytes::new();
    percent(&once, false, &mut twice);
    let mut flat = Bytes::new();
    flatten(&twice, &mut flat);
    match std::str::from_utf8(&flat) {
        Ok(text) => out.push_str(text),
        Err(_) => {
            for chunk in flat.utf8_chunks() {
                out.push_str(chunk.valid());
                if !chunk.invalid().is_empty() {
                    out.push(char::REPLACEMENT_CHARACTER);
                }
            }
        }
    }
}

fn hex(b: u8) -> Option<u8> {
    (b as char).to_digit(16).map(|d| d as u8)
}

/// One pass of percent decoding; `plus`: also `+` to a blank after the first `?`.
fn percent(from: &[u8], plus: bool, out: &mut Bytes) {
    let mut query = false;
    let mut i = 0;
    while let Some(&b) = from.get(i) {
        i += 1;
        match b {
            b'%' => {
                let pair = |at: usize| Some(hex(*from.get(at)?)? << 4 | hex(*from.get(at + 1)?)?);
                if let Some(v) = pair(i) {
                    i += 2;
                    push_folding_overlong(out, v);
                } else if matches!(from.get(i), Some(b'u' | b'U'))
                    && let (Some(hi), Some(lo)) = (pair(i + 1), pair(i + 3))
                {
                    i += 5;
                    let c = char::from_u32(u32::from(hi) << 8 | u32::from(lo)).unwrap_or(char::REPLACEMENT_CHARACTER);
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                } else {
                    out.push(b);
                }
            }
            b'?' => {
                query = true;
                out.push(b);
            }
            b'+' if plus && query => out.push(b' '),
            _ => out.push(b),
        }
    }
}

/// `C0 AF` and its like are no UTF-8 but were a way to smuggle `/` past filters.
fn push_folding_overlong(out: &mut Bytes, v: u8) {
    if v & 0xc0 == 0x80
        && let Some(lead @ (0xc0 | 0xc1)) = out.last().copied()
    {
        out.pop();
        out.push((lead & 1) << 6 | (v & 0x3f));
        return;
    }
    out.push(v);
}

/// Lower case; comments and white space to one blank.
fn flatten(from: &[u8], out: &mut Bytes) {
    let blank = |out: &mut Bytes| {
        if out.last() != Some(&b' ') {
            out.push(b' ');
        }
    };
    let mut open_hint = false; // inside `/*! … */`, whose content a database executes
    let mut no_more_ends = false;
    let mut i = 0;
    while let Some(&b) = from.get(i) {
        i += 1;
        match b {
            b'/' if from.get(i) == Some(&b'*') => {
                if from.get(i + 1) == Some(&b'!') {
                    i += 2;
                    while matches!(from.get(i), Some(b'0'..=b'9')) {
                        i += 1;
                    }
                    open_hint = true;
                    blank(out);
                    continue;
                }
                let end = if no_more_ends { None } else { memchr::memmem::find(&from[i + 1..], b"*/") };
                if let Some(n) = end {
                    i += 1 + n + 2;
                    blank(out);
                } else {
                    no_more_ends = true;
                    out.push(b);
                }
            }
            b'*' if open_hint && from.get(i) == Some(&b'/') => {
                i += 1;
                open_hint = false;
                blank(out);
            }
            b' ' | b'\t'..=b'\r' => blank(out),
            _ => out.push(b.to_ascii_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_attackers_encode() {
        for (from, to) in [
            ("/a%2e%2E/b", "/a../b"),
            ("/%252e%252e/x", "/../x"),
            ("/q?x=1+UNION/**/SELECT%0a2", "/q?x=1 union select 2"),
            ("/a+b?c+d", "/a+b?c d"),
            ("/q?x=%2b", "/q?x=+"),
            ("/%c0%ae%c0%ae/etc", "/../etc"),
            ("/%u002e%u002E/", "/../"),
            ("/q?id=1/*!50000union*/select", "/q?id=1 union select"),
            ("/q?/*open", "/q?/*open"),
            ("/%zz%4", "/%zz%4"),
            ("/%e4", "/\u{fffd}"),
            ("/Ä", "/Ä"),
        ] {
            assert_eq!(decoded(from), to, "{from}");
        }
    }

    #[test]
    fn many_open_comments_stay_linear() {
        let hostile = "/*x".repeat(5000);
        assert_eq!(decoded(&hostile).len(), hostile.len());
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_never_grows_much(s in ".{0,300}") {
            let out = decoded(&s);
            proptest::prop_assert!(out.len() <= s.len() * 3);
        }
    }
}
