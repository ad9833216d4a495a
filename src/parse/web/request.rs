//! The request line within a log line, and its escapes.

use crate::event::{Draft, Ov};
use crate::parse::url;

/// Writes method, target and decoded target of a logged request line. A line
/// that is no request (`-`, empty, TLS bytes sent to a plain port) gives only
/// `url`, and only where it holds something. Returns whether it is well-formed.
pub fn set_request(d: &mut Draft<'_>, line: &str) -> bool {
    if line.is_empty() || line == "-" {
        return false;
    }
    let at = memchr::memchr(b' ', line.as_bytes());
    let cut = at.and_then(|at| Some((line.get(..at)?, line.get(at + 1..)?)));
    let Some((method, rest)) = cut.filter(|(m, _)| is_method(m)) else {
        set_target(d, line);
        return false;
    };
    // The target may hold blanks (old servers log it as it came), so the
    // protocol is what stands after the last one.
    let (target, protocol) = match memchr::memrchr(b' ', rest.as_bytes()) {
        Some(at) if is_protocol(rest.get(at + 1..).unwrap_or("")) => (rest.get(..at).unwrap_or(""), true),
        _ => (rest, false),
    };
    d.set(Ov::HttpMethod, method);
    set_target(d, target);
    protocol
}

/// Writes a request target as received (escapes of the log undone) and decoded.
pub fn set_target(d: &mut Draft<'_>, target: &str) {
    if target.is_empty() {
        return;
    }
    if memchr::memchr(b'\\', target.as_bytes()).is_none() {
        let span = d.span(target);
        d.set_span(Ov::Url, span);
        url::set_decoded(d, target, span);
        return;
    }
    let span = d.build(|out| unescape(target, out));
    d.set_span(Ov::Url, span);
    let plain = smallvec::SmallVec::<[u8; 512]>::from_slice(d.value(span).as_bytes());
    url::set_decoded(d, std::str::from_utf8(&plain).unwrap_or(""), span);
}

/// Sets an overlay value from a quoted column; `-` and the empty value are absent.
pub(super) fn set_quoted(d: &mut Draft<'_>, name: Ov, value: &str) {
    if value.is_empty() || value == "-" {
        return;
    }
    if memchr::memchr(b'\\', value.as_bytes()).is_none() {
        d.set(name, value);
    } else {
        let span = d.build(|out| unescape(value, out));
        d.set_span(name, span);
    }
}

/// `\"`, `\\`, `\xNN`, `\n`, `\t`, … as Apache and nginx write them.
fn unescape(text: &str, out: &mut String) {
    let mut rest = text;
    let mut pending = smallvec::SmallVec::<[u8; 64]>::new();
    let flush = |pending: &mut smallvec::SmallVec<[u8; 64]>, out: &mut String| {
        for chunk in pending.utf8_chunks() {
            out.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                out.push(char::REPLACEMENT_CHARACTER);
            }
        }
        pending.clear();
    };
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        if at > 0 {
            flush(&mut pending, out);
            out.push_str(rest.get(..at).unwrap_or(""));
        }
        let b = rest.as_bytes();
        let (byte, used) = match b.get(at + 1) {
            Some(b'x') => {
                let digit = |i: usize| b.get(at + i).and_then(|c| (*c as char).to_digit(16));
                match (digit(2), digit(3)) {
                    (Some(hi), Some(lo)) => (Some((hi * 16 + lo) as u8), 4),
                    _ => (None, 1),
                }
            }
            Some(b'"') => (Some(b'"'), 2),
            Some(b'\\') => (Some(b'\\'), 2),
            Some(b'n') => (Some(b'\n'), 2),
            Some(b'r') => (Some(b'\r'), 2),
            Some(b't') => (Some(b'\t'), 2),
            Some(b'v') => (Some(0x0b), 2),
            Some(b'b') => (Some(8), 2),
            Some(b'f') => (Some(0x0c), 2),
            _ => (None, 1),
        };
        match byte {
            Some(byte) => pending.push(byte),
            None => {
                flush(&mut pending, out);
                out.push('\\');
            }
        }
        rest = rest.get(at + used..).unwrap_or("");
    }
    flush(&mut pending, out);
    out.push_str(rest);
}

fn is_method(word: &str) -> bool {
    !word.is_empty() && word.len() <= 24 && word.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'-'))
}

fn is_protocol(word: &str) -> bool {
    word.len() <= 12 && (word.starts_with("HTTP/") || word.starts_with("RTSP/") || word.starts_with("SIP/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone() {
        let run = |t: &str| {
            let mut s = String::new();
            unescape(t, &mut s);
            s
        };
        assert_eq!(run(r#"a\"b\\c\x41\xC3\xA4\xff"#), "a\"b\\cAä\u{fffd}");
        assert_eq!(run(r"\x4 \q \"), r"\x4 \q \");
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "[\\\\x\"0-9a-fé]{0,60}") {
            let mut out = String::new();
            unescape(&s, &mut out);
        }
    }
}
