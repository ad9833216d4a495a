//! What a beginning says of the whole: UTF-16 with or without its mark, bytes
//! that are no text, archives that are not unpacked, and names that promise a
//! compression which is not there. Nothing is refused for it: it is said.

use std::path::Path;

use super::decode::Codec;

/// Whether it is UTF-16, and if so whether big-endian. Without its mark it is
/// told by text of mostly Latin letters: every other byte is NUL.
pub(crate) fn utf16(head: &[u8]) -> Option<bool> {
    match head {
        [0xff, 0xfe, 0, 0, ..] => return None,
        [0xff, 0xfe, ..] => return Some(false),
        [0xfe, 0xff, ..] => return Some(true),
        _ => {}
    }
    let units = head.get(..head.len() & !1).filter(|h| h.len() >= 16)?.chunks_exact(2);
    let (mut big, mut little, mut lines) = (0, 0, 0);
    let count = units.len();
    for u in units {
        match u {
            [0, b] if text(*b) => big += 1,
            [b, 0] if text(*b) => little += 1,
            _ => {}
        }
        lines += usize::from(matches!(u, [0, b'\n'] | [b'\n', 0]));
    }
    // Binary tables have NULs at every other place too, but no lines of text.
    let most = |n: usize| n * 10 >= count * 9 && (lines > 0 || count >= 200 || n == count);
    if most(little) {
        Some(false)
    } else if most(big) {
        Some(true)
    } else {
        None
    }
}

/// A byte that stands in text.
const fn text(b: u8) -> bool {
    matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~')
}

/// What the user should know of bytes that are no text. Text in an old 8-bit
/// code has no control characters, and text with control characters (fields
/// set apart by 0x01) is valid UTF-8: only both together are binary.
pub(crate) fn binary(sample: &[u8]) -> Option<&'static str> {
    let nul = memchr::memchr_iter(0, sample).count();
    if nul * 10 > sample.len() {
        return Some("holds many NUL bytes: it looks binary; its bytes are read as lines, which tells little");
    }
    let control = sample.iter().filter(|b| matches!(b, 0..=7 | 14..=26 | 28..=31 | 127)).count();
    let invalid: usize = sample.utf8_chunks().map(|c| c.invalid().len()).sum();
    let some = |n: usize| n * 25 > sample.len();
    (some(control) && some(invalid)).then_some("looks binary: its bytes are read as lines, which tells little")
}

/// What an archive or database is called whose bytes hold no lines; its bytes
/// are read as lines all the same.
pub(crate) fn container(head: &[u8]) -> Option<&'static str> {
    match head {
        [b'P', b'K', 3, 4, ..] => Some("zip archive"),
        [b'7', b'z', 0xbc, 0xaf, ..] => Some("7-Zip archive"),
        [b'E', b'l', b'f', b'F', b'i', b'l', ..] => Some("Windows event log (EVTX)"),
        [b'L', b'P', b'K', b'S', b'H', b'H', ..] => Some("systemd journal"),
        [b'S', b'Q', b'L', b'i', b't', b'e', ..] => Some("SQLite database"),
        [0x7f, b'E', b'L', b'F', ..] => Some("program"),
        _ if head.get(257..262) == Some(b"ustar") => Some("tar archive"),
        _ => None,
    }
}

/// Says that an archive is not unpacked.
pub(crate) fn not_lines(kind: &str) -> String {
    match kind {
        "tar archive" => "is a tar archive, which is not unpacked: its members are read as one text".to_owned(),
        kind => format!("is a {kind}: its bytes are read as lines, which tells little"),
    }
}

/// The compression that a name promises.
fn promised(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    Some(match ending.as_str() {
        "gz" | "tgz" => "gzip",
        "zst" => "zstd",
        "bz2" => "bzip2",
        "xz" => "xz",
        _ => return None,
    })
}

/// Where a name promises a compression that the file does not have: what to
/// say, and whether the file is damaged by that (it holds no text either).
pub(crate) fn broken_promise(path: &Path, codec: Option<Codec>, head: &[u8]) -> Option<(String, bool)> {
    let promised = promised(path).filter(|_| !head.is_empty())?;
    match codec {
        Some(codec) if codec.name() == promised => None,
        Some(codec) => Some((format!("is named as {promised}, but is {}: it is read as that", codec.name()), false)),
        None if binary(head).is_some() || head.len() < 4 => {
            Some((format!("is named as {promised}, but is not: damaged, or something else"), true))
        }
        None => Some((format!("is named as {promised}, but is not compressed: it is read as it stands"), false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    }

    #[test]
    fn utf16_is_told_with_and_without_its_mark() {
        let line = "2026-03-02 10:00:00 Größe über alles\r\n";
        for big in [false, true] {
            assert_eq!(utf16(&wide(line, big)), Some(big));
            assert_eq!(utf16(&wide(&format!("\u{feff}{line}"), big)), Some(big));
            assert_eq!(utf16(&wide("\u{feff}я", big)), Some(big));
        }
        assert_eq!(utf16(b"plain text, long enough\n"), None);
        assert_eq!(utf16(&[0; 64]), None);
        assert_eq!(utf16(b"\xff\xfe\0\0a\0\0\0"), None, "UTF-32");
        // numbers in a table of 16-bit values
        let table: Vec<u8> = (0..200u16).flat_map(u16::to_le_bytes).collect();
        assert_eq!(utf16(&table), None);
    }

    #[test]
    fn binary_is_told_from_old_and_odd_text() {
        let noise: Vec<u8> = (0..200u32).flat_map(|i| (i + 1).wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        assert!(binary(&noise).is_some());
        assert!(binary(b"\0\0\0\x01a\0\0").is_some());
        assert_eq!(binary(b""), None);
        assert_eq!(binary("größer\n".as_bytes()), None);
        assert_eq!(binary(b"\xcf\xf0\xe8\xe2\xe5\xf2 \xec\xe8\xf0\n"), None, "an 8-bit code");
        assert_eq!(binary(b"8=FIX.4.2\x019=65\x0135=A\x0149=X\x01\n"), None);
        assert_eq!(binary(b"\x1b[31mred\x1b[0m\n"), None);
    }

    #[test]
    fn names_that_promise_too_much() {
        let of = |name: &str, codec, head: &[u8]| broken_promise(Path::new(name), codec, head);
        assert_eq!(of("a.log.gz", Some(Codec::Gzip), b"\x1f\x8b\x08\0"), None);
        assert_eq!(of("a.log", None, b"text"), None);
        assert_eq!(of("a.gz", None, b""), None);
        assert!(!of("a.GZ", None, b"text, not packed\n").unwrap().1);
        assert!(of("a.gz", None, b"\x1f\x8b").unwrap().1);
        let (said, damaged) = of("a.gz", Some(Codec::Zstd), b"\x28\xb5\x2f\xfd").unwrap();
        assert!(said.contains("zstd") && !damaged);
    }
}
