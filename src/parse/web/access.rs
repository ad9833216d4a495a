//! Access logs: common and combined format, with a virtual host before the
//! client, with further columns behind, and what really stands in them:
//! host names, IPv6, escaped quotes, requests that are none. Amazon's front
//! ends have columns of their own (see `aws`).
//!
//! The client is the column that the server wrote, never anything behind it:
//! user names, targets and agents are the attacker's words.

use memchr::{memchr, memchr2, memrchr};

use super::request;
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::{Ctx, addr, time};

/// Parses one access line.
pub fn parse(raw: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    usual(raw, ctx, d) || super::aws::parse(raw, ctx, d)
}

/// Common and combined format. Refuses before anything is written.
fn usual(raw: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some(line) = split(raw) else { return false };
    let stamp = line.time.as_bytes();
    let Some(c) = columns(line.head) else { return false };
    // nginx can write `$time_iso8601` there; other programs write one behind any words.
    let iso = || time::iso(stamp, ctx).filter(|s| s.len == stamp.len() && c.addr.is_some());
    let Some(time) = time::clf(stamp, ctx).or_else(iso) else { return false };
    d.time(time.ts, time.quality);
    addr::set_parsed(d, c.client, c.addr);
    if let Some(vhost) = c.vhost.or(line.vhost) {
        set_vhost(d, vhost);
    }
    request::set_quoted(d, Ov::User, c.user);
    let well_formed = request::set_request(d, line.request);
    if !well_formed {
        d.set(Ov::Message, line.request);
    }
    let status = set_tail(d, line.tail);
    let outcome = match status.and_then(|s| s.bytes().next()) {
        Some(b'1'..=b'3') => Outcome::Success,
        Some(b'4' | b'5') => Outcome::Failure,
        _ => Outcome::Unknown,
    };
    d.event(EventType::HttpRequest, outcome);
    d.logsource(ctx.web.access);
    d.flag(RecordFlags::PARSED);
    true
}

struct Line<'a> {
    /// Columns before the time.
    head: &'a str,
    /// Between the brackets.
    time: &'a str,
    /// A host that stands between time and request.
    vhost: Option<&'a str>,
    request: &'a str,
    /// Behind the request's closing quote.
    tail: &'a str,
}

/// Cuts a line at its first bare quote. Servers escape quotes in what clients
/// send, so the time is the last bracket before it, whatever a user is called.
fn split(raw: &str) -> Option<Line<'_>> {
    let b = raw.as_bytes();
    let mut quote = memchr(b'"', b)?;
    // A client that sent an empty name: Apache writes two quotes for it.
    if b.get(quote..).is_some_and(|r| r.starts_with(b"\"\" [")) && memchr(b'[', b.get(..quote)?).is_none() {
        quote += 2 + memchr(b'"', b.get(quote + 2..)?)?;
    }
    while quote > 0 && b[quote - 1] == b'\\' {
        quote += 1 + memchr(b'"', b.get(quote + 1..)?)?;
    }
    let before = b.get(..quote)?;
    let open = memrchr(b'[', before)?;
    let close = open + memchr(b']', before.get(open..)?)?;
    let head = raw.get(..open)?.strip_suffix(' ')?;
    let time = raw.get(open + 1..close)?;
    let between = raw.get(close + 1..quote)?.trim();
    let vhost = (!between.is_empty()).then_some(between);
    if vhost.is_some_and(|v| v.contains(' ')) {
        return None;
    }
    // The quote that ends the request is bare, or, where a server does not
    // escape, the first one that a status follows.
    let mut from = quote + 1;
    let mut first = None;
    while let Some(end) = bare_quote(b, from) {
        first.get_or_insert(end);
        if let [b' ', s @ ..] = &b[end + 1..]
            && matches!(
                s,
                [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9', b' ', ..]
                    | [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9']
                    | [b'-', b' ', ..]
            )
        {
            first = Some(end);
            break;
        }
        if end - quote > 64 * 1024 {
            break;
        }
        from = end + 1;
    }
    let (request, tail) = match first {
        Some(end) => (raw.get(quote + 1..end)?, raw.get(end + 1..)?),
        None => (raw.get(quote + 1..)?, ""), // cut short
    };
    Some(Line { head, time, vhost, request, tail })
}

/// Position of the next quote that no backslash escapes.
fn bare_quote(b: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let at = from + memchr2(b'"', b'\\', b.get(from..)?)?;
        if b[at] == b'"' {
            return Some(at);
        }
        from = at + 2;
    }
}

/// The columns before the time.
struct Columns<'a> {
    client: &'a str,
    /// The client read as an address.
    addr: Option<addr::Addr<'a>>,
    vhost: Option<&'a str>,
    user: &'a str,
}

/// Client, virtual host and user from the columns before the time.
fn columns(head: &str) -> Option<Columns<'_>> {
    let (first, rest) = next(head)?;
    if first.ends_with(',') {
        return forwarded(head);
    }
    let (second, after) = next(rest).unwrap_or((rest, ""));
    let more = memchr(b' ', after.as_bytes()).and_then(|at| after.get(at + 1..));
    // `vhost client ident user` has four columns; a blank in a user name makes
    // more of three, but then the second column is the ident, no address.
    if let Some(user) = more
        && let Some(a) = addr::parse(second)
    {
        // `guestbook: `, `[guestbook] `: a program that is no web server says the rest.
        if first.ends_with([':', ']'])
            && addr::parse(first).is_none()
            && !super::logs_requests(first.trim_matches(['[', ']', ':']))
        {
            return None;
        }
        return Some(Columns { client: second, addr: Some(a), vhost: Some(first), user: user_of(user) });
    }
    let addr = addr::parse(first);
    // `vhost:80 name ident user`: a name with a port is no client.
    if addr.is_none()
        && let Some(user) = more
        && has_port(first)
        && addr::is_host(second)
    {
        return Some(Columns { client: second, addr: None, vhost: Some(first), user: user_of(user) });
    }
    let known = addr.is_some() || addr::is_host(first) || matches!(first, "-" | "unix:");
    known.then(|| Columns { client: first, addr, vhost: None, user: user_of(after) })
}

/// `ADDR, ADDR, ADDR ident user`: what each proxy saw, the last one the nearest. The client
/// is the last that is none of the site's own machines.
fn forwarded(head: &str) -> Option<Columns<'_>> {
    let mut rest = head;
    let mut client: Option<(&str, addr::Addr<'_>)> = None;
    loop {
        let (word, after) = next(rest)?;
        let (word, more) = word.strip_suffix(',').map_or((word, false), |w| (w, true));
        if let Some(a) = addr::parse(word)
            && (client.is_none() || !addr::is_private(a.ip))
        {
            client = Some((word, a));
        }
        rest = after;
        if !more {
            break;
        }
    }
    client.map(|(client, a)| Columns { client, addr: Some(a), vhost: None, user: user_of(rest) })
}

fn next(text: &str) -> Option<(&str, &str)> {
    let at = memchr(b' ', text.as_bytes())?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The user column; `- -` is what some formats write for "no user and no more".
fn user_of(column: &str) -> &str {
    let c = column.trim();
    if c.bytes().all(|b| matches!(b, b'-' | b' ' | b'"')) { "" } else { c.trim_start_matches("- ") }
}

fn has_port(column: &str) -> bool {
    column.rsplit_once(':').is_some_and(|(_, p)| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
}

fn set_vhost(d: &mut Draft<'_>, vhost: &str) {
    if let Some(a) = addr::parse(vhost) {
        d.set(Ov::DestIp, a.ip);
        if let Some(p) = a.port {
            d.set(Ov::DestPort, p);
        }
        return;
    }
    let name = match vhost.rsplit_once(':') {
        Some((name, port)) if has_port(vhost) => {
            d.set(Ov::DestPort, port);
            name
        }
        _ => vhost,
    };
    if addr::is_host(name) {
        d.set(Ov::DestHost, name);
    }
}

/// Status, bytes, referrer, agent and what stands behind. Returns the status.
pub(super) fn set_tail<'a>(d: &mut Draft<'_>, tail: &'a str) -> Option<&'a str> {
    let rest = tail.strip_prefix(' ')?;
    let (status, rest) = next(rest).unwrap_or((rest, ""));
    let status = (status.len() == 3 && status.bytes().all(|b| b.is_ascii_digit())).then_some(status);
    if let Some(s) = status {
        d.set(Ov::StatusCode, s);
    }
    let (bytes, mut rest) = next(rest).unwrap_or((rest, ""));
    if !bytes.is_empty() && bytes.bytes().all(|b| b.is_ascii_digit()) {
        d.set(Ov::Bytes, bytes);
    }
    for name in [Ov::Referrer, Ov::UserAgent] {
        let Some(open) = rest.strip_prefix('"') else { break };
        let Some(end) = bare_quote(open.as_bytes(), 0) else {
            request::set_quoted(d, name, open); // cut short
            return status;
        };
        request::set_quoted(d, name, open.get(..end).unwrap_or(""));
        rest = open.get(end + 1..).unwrap_or("");
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    let rest = rest.trim();
    if !rest.is_empty() && rest != "-" && rest != "\"-\"" {
        d.field("extra", rest);
    }
    status
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
