//! JSON text that is safe to print.

use crate::event::is_hidden;

/// Appends `text` as a JSON string with its quotes. Control characters (C0,
/// DEL, C1), bidirectional controls, line separators and zero-width marks are
/// written as `\uXXXX`, so that no output can drive a terminal.
pub fn push_json_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut from = 0;
    let mut i = 0;
    while let Some(&b) = bytes.get(i) {
        let plain = (0x20..0x7f).contains(&b) && b != b'"' && b != b'\\';
        if plain {
            i += 1;
            continue;
        }
        if b < 0x80 {
            out.extend_from_slice(bytes.get(from..i).unwrap_or_default());
            match b {
                b'"' => out.extend_from_slice(b"\\\""),
                b'\\' => out.extend_from_slice(b"\\\\"),
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\r' => out.extend_from_slice(b"\\r"),
                b'\t' => out.extend_from_slice(b"\\t"),
                _ => push_u16(out, u16::from(b)),
            }
            i += 1;
            from = i;
            continue;
        }
        let Some(c) = text.get(i..).and_then(|t| t.chars().next()) else { break };
        if is_hidden(c) {
            out.extend_from_slice(bytes.get(from..i).unwrap_or_default());
            for unit in c.encode_utf16(&mut [0; 2]) {
                push_u16(out, *unit);
            }
            i += c.len_utf8();
            from = i;
        } else {
            i += c.len_utf8();
        }
    }
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
    out.push(b'"');
}

fn push_u16(out: &mut Vec<u8>, n: u16) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        out.push(HEX[usize::from(n >> shift & 15)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn reads_back_and_holds_no_control(s in "(\\PC|\\pC){0,40}") {
            let mut out = Vec::new();
            push_json_string(&mut out, &s);
            let back: String = serde_json::from_slice(&out).unwrap();
            proptest::prop_assert_eq!(&back, &s);
            proptest::prop_assert!(String::from_utf8(out).unwrap().chars().all(|c| !c.is_control()));
        }
    }
}
