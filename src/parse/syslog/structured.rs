//! The header of RFC 5424: `VERSION TIME HOST APP PROCID MSGID DATA MESSAGE`.

use super::header::Header;
use crate::event::Draft;
use crate::parse::{Ctx, time};

/// Reads the header after its `<PRI>`; `None` where it is another kind.
pub(super) fn header<'a>(rest: &'a str, mut h: Header<'a>, ctx: &Ctx) -> Option<Header<'a>> {
    let version = rest.bytes().take(3).take_while(u8::is_ascii_digit).count();
    if version == 0 || version > 2 || rest.as_bytes().get(version) != Some(&b' ') {
        return None;
    }
    let rest = rest.get(version + 1..)?;
    let (stamp, rest) = rest.split_once(' ')?;
    if stamp != "-" {
        match time::iso(stamp.as_bytes(), ctx).filter(|s| s.len == stamp.len()) {
            Some(s) => h.time = Some((s.ts, s.quality)),
            // A date that no calendar has: the rest is as good.
            None => drop(time::looks_dated(stamp.as_bytes()).filter(|(n, _)| *n == stamp.len() && h.pri.is_some())?),
        }
    } else if h.pri.is_none() {
        return None;
    }
    let (host, rest) = rest.split_once(' ')?;
    let (app, rest) = rest.split_once(' ')?;
    let (pid, rest) = rest.split_once(' ')?;
    let (id, rest) = rest.split_once(' ')?;
    h.host = known(host);
    h.program = known(app).unwrap_or("");
    h.pid = known(pid);
    h.id = known(id);
    let end = data_end(rest)?;
    let data = rest.get(..end)?;
    h.data = (data != "-").then_some(data);
    let msg = rest.get(end..)?.trim_start_matches(' ');
    h.msg = msg.strip_prefix('\u{feff}').unwrap_or(msg);
    Some(h)
}

fn known(word: &str) -> Option<&str> {
    (word != "-" && !word.is_empty()).then_some(word)
}

/// Where the structured data ends: `-`, or elements up to the last unquoted `]`.
fn data_end(s: &str) -> Option<usize> {
    let bytes = s.as_bytes();
    if bytes.first() == Some(&b'-') {
        return matches!(bytes.get(1), None | Some(b' ')).then_some(1);
    }
    let (mut quoted, mut escaped, mut inside) = (false, false, false);
    for (i, b) in bytes.iter().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' if inside => quoted = !quoted,
            _ if quoted => {}
            b'[' if !inside => inside = true,
            b']' if inside => {
                inside = false;
                if bytes.get(i + 1) != Some(&b'[') {
                    return Some(i + 1);
                }
            }
            _ if inside => {}
            _ => return None,
        }
    }
    None
}

/// Writes the parameters as original fields named `ID.PARAM`.
pub(super) fn fields(data: &str, d: &mut Draft<'_>) {
    let mut rest = data;
    for _ in 0..16 {
        let Some(body) = rest.strip_prefix('[') else { return };
        let Some(end) = data_end(rest).map(|_| element_end(body)) else { return };
        let Some((element, after)) = body.get(..end).zip(body.get(end + 1..)) else { return };
        rest = after;
        let (id, mut params) = element.split_once(' ').unwrap_or((element, ""));
        for _ in 0..64 {
            let Some((name, value)) = params.trim_start_matches(' ').split_once("=\"") else { break };
            let end = quote_end(value);
            let Some((raw, after)) = value.get(..end).zip(value.get(end + 1..)) else { break };
            params = after;
            let full = d.build(|out| {
                out.push_str(id);
                out.push('.');
                out.push_str(name);
            });
            let full = d.value(full).to_owned();
            if raw.contains('\\') {
                let clean = raw.replace("\\\"", "\"").replace("\\]", "]").replace("\\\\", "\\");
                d.field(&full, &clean);
            } else {
                d.field(&full, raw);
            }
        }
    }
}

/// The parameters of all elements: `NAME="VALUE"` or, as Check Point writes them, `NAME:"VALUE"; `.
/// Quotes within a value have a backslash before them.
pub(super) fn pairs(data: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let (head, value) = rest.split_once('"')?;
        let name = head.trim_end_matches(['=', ':']).rsplit([' ', ';', '[', ']']).next()?;
        let end = quote_end(value);
        rest = value.get(end + 1..).unwrap_or("");
        Some((name, value.get(..end)?))
    })
}

fn quote_end(s: &str) -> usize {
    let mut escaped = false;
    for (i, b) in s.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return i,
            _ => {}
        }
    }
    s.len()
}

fn element_end(s: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (i, b) in s.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b']' if !quoted => return i,
            _ => {}
        }
    }
    s.len()
}
