//! Small words that program parsers share: addresses, users, `key=value` pairs.

use memchr::memmem;

use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::addr;

/// Whether a word is an address (a zone index is accepted).
pub(super) fn is_ip(word: &str) -> bool {
    addr::is_ip(word.split_once('%').map_or(word, |(a, _)| a))
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

/// `split_once` for the short words of hot messages, several times as fast as
/// the general string search.
pub(super) fn cut<'a>(s: &'a str, at: &str) -> Option<(&'a str, &'a str)> {
    let i = memmem::find(s.as_bytes(), at.as_bytes())?;
    Some((s.get(..i)?, s.get(i + at.len()..)?))
}

/// `rsplit_once` likewise.
pub(super) fn rcut<'a>(s: &'a str, at: &str) -> Option<(&'a str, &'a str)> {
    let i = memmem::rfind(s.as_bytes(), at.as_bytes())?;
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
    while let Some(at) = memmem::find(s.as_bytes().get(from..)?, key.as_bytes()) {
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
