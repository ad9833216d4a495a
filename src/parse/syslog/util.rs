//! Small words that program parsers share: addresses, users, `key=value` pairs.

use memchr::{memchr, memchr_iter, memrchr_iter};

use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::addr;

/// Whether a word is an address (a zone index is accepted).
pub(super) fn is_ip(word: &str) -> bool {
    addr::is_ip(memchr(b'%', word.as_bytes()).and_then(|at| word.get(..at)).unwrap_or(word))
}

/// An address without what logs put around it: brackets, `::ffff:`.
pub(super) fn bare(word: &str) -> &str {
    let word = word.strip_prefix('[').map_or(word, |w| w.strip_suffix(']').unwrap_or(w));
    match word.get(..7) {
        Some(p) if p.eq_ignore_ascii_case("::ffff:") && word.contains('.') => word.get(7..).unwrap_or(word),
        _ => word,
    }
}

/// Sets the source from what a program wrote at the place of an address: an
/// address, or the name it was resolved to.
pub fn set_src(d: &mut Draft<'_>, word: &str) {
    let word = bare(word.trim());
    if is_ip(word) {
        d.set(Ov::SrcIp, word);
    } else if !word.is_empty() && !matches!(word, "UNKNOWN" | "unknown" | "?" | "-" | "localhost.") {
        d.set(Ov::SrcHost, word);
    }
}

/// Sets the destination likewise.
pub(super) fn set_dest(d: &mut Draft<'_>, word: &str) {
    let word = bare(word.trim());
    if is_ip(word) {
        d.set(Ov::DestIp, word);
    } else if !word.is_empty() {
        d.set(Ov::DestHost, word);
    }
}

/// `name[1.2.3.4]` as mail and FTP servers write a client: sets address and name.
pub(super) fn set_client(d: &mut Draft<'_>, name: &str, addr: &str) {
    set_src(d, addr);
    let name = bare(name.trim());
    if !name.is_empty() && name != "unknown" && !is_ip(name) {
        d.set(Ov::SrcHost, name);
    }
}

/// Position of a short text. Messages are too short for the general search to
/// pay for its preparation: its first byte is looked for (its second, where the
/// first is a blank, of which there are many), then compared.
pub(super) fn position(s: &[u8], text: &[u8]) -> Option<usize> {
    let anchor = usize::from(text.len() > 1 && text.first() == Some(&b' '));
    let byte = *text.get(anchor)?;
    let mut starts = memchr_iter(byte, s).filter_map(|at| at.checked_sub(anchor));
    starts.find(|at| s.get(*at..).is_some_and(|t| t.starts_with(text)))
}

/// The last position likewise.
fn last_position(s: &[u8], text: &[u8]) -> Option<usize> {
    let anchor = usize::from(text.len() > 1 && text.first() == Some(&b' '));
    let byte = *text.get(anchor)?;
    let mut starts = memrchr_iter(byte, s).filter_map(|at| at.checked_sub(anchor));
    starts.find(|at| s.get(*at..).is_some_and(|t| t.starts_with(text)))
}

/// `split_once` for the short words of hot messages, several times as fast as
/// the general string search.
pub(super) fn cut<'a>(s: &'a str, at: &str) -> Option<(&'a str, &'a str)> {
    let i = position(s.as_bytes(), at.as_bytes())?;
    Some((s.get(..i)?, s.get(i + at.len()..)?))
}

/// `rsplit_once` likewise.
pub(super) fn rcut<'a>(s: &'a str, at: &str) -> Option<(&'a str, &'a str)> {
    let i = last_position(s.as_bytes(), at.as_bytes())?;
    Some((s.get(..i)?, s.get(i + at.len()..)?))
}

/// The digits at the start of a text.
pub(super) fn digits(s: &str) -> &str {
    let n = s.bytes().take_while(u8::is_ascii_digit).count();
    s.get(..n).unwrap_or("")
}

/// Sets a port if it is one.
pub(super) fn set_port(d: &mut Draft<'_>, name: Ov, word: &str) {
    let port = digits(word);
    if !port.is_empty() && port.len() <= 5 {
        d.set(name, port);
    }
}

/// Sets a user name unless it is empty.
pub(super) fn set_user(d: &mut Draft<'_>, name: &str) {
    if !name.is_empty() {
        d.set(Ov::User, name);
    }
}

/// The word before the first blank, comma, semicolon or closing bracket.
pub(super) fn word(s: &str) -> &str {
    s.split([' ', ',', ';', ')', '>', '"', '\'', '\t']).next().unwrap_or("")
}

/// The value after `key` up to the next blank; `key` includes its `=`.
pub(super) fn pair<'a>(s: &'a str, key: &str) -> Option<&'a str> {
    let mut from = 0;
    while let Some(at) = position(s.as_bytes().get(from..)?, key.as_bytes()) {
        let start = from + at;
        if start == 0 || matches!(s.as_bytes()[start - 1], b' ' | b',' | b'[' | b'(' | b';') {
            return s.get(start + key.len()..).map(word);
        }
        from = start + key.len();
    }
    None
}

/// The text between the first `open` and the next `close` after it.
pub(super) fn between<'a>(s: &'a str, open: &str, close: &str) -> Option<&'a str> {
    cut(cut(s, open)?.1, close).map(|(v, _)| v)
}

/// `ADDR:PORT`, the address perhaps in brackets: both parts.
pub(super) fn addr_port(s: &str) -> (&str, &str) {
    match s.rsplit_once(':') {
        Some((a, p)) if !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()) && !a.is_empty() && !is_bare_v6(s) => {
            (a, p)
        }
        _ => (s, ""),
    }
}

/// The same of a program that always writes the port (see [`addr::with_port`]).
pub(super) fn addr_with_port(s: &str) -> (&str, &str) {
    addr::with_port(s).map_or_else(|| addr_port(s), |a| (a.ip, a.port.unwrap_or("")))
}

/// An IPv6 address without a port: more than one colon, no bracket, and the
/// part before the last colon alone is no address.
fn is_bare_v6(s: &str) -> bool {
    !s.starts_with('[')
        && s.bytes().filter(|b| *b == b':').count() > 1
        && is_ip(s)
        && s.rsplit_once(':').is_none_or(|(a, p)| !is_ip(a) || p.len() < 5)
}

/// A failed attempt to log in.
pub(super) fn failed(d: &mut Draft<'_>, event_type: EventType, act: RecordFlags) {
    d.event(event_type, Outcome::Failure);
    d.flag(act);
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn cutting_is_splitting(s in "[ab:é ]{0,20}", at in "[ab: ]{1,4}") {
            proptest::prop_assert_eq!(cut(&s, &at), s.split_once(at.as_str()));
            proptest::prop_assert_eq!(rcut(&s, &at), s.rsplit_once(at.as_str()));
        }
    }
}
