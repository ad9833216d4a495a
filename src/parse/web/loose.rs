//! Requests in lines of other orders: squid's own log, and what administrators composed
//! of the same columns (the time first, a zone's letters, no brackets).

use super::request;
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::{Ctx, addr, time};

/// Parses a line; false where it tells of no request.
pub fn parse(raw: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    squid(raw, ctx, d) || composed(raw, true, ctx, d)
}

/// Parses a web server's message whose time stands before it or within it.
pub fn behind_header(raw: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    composed(raw, false, ctx, d)
}

fn ended(status: &str, d: &mut Draft<'_>) {
    let outcome = match status.bytes().next() {
        Some(b'1'..=b'3') => Outcome::Success,
        Some(b'4' | b'5') => Outcome::Failure,
        _ => Outcome::Unknown,
    };
    d.event(EventType::HttpRequest, outcome);
    d.flag(RecordFlags::PARSED);
}

/// `1772438409.123    12 ADDR TCP_MISS/200 512 GET URL USER HIER_DIRECT/ADDR text/html`
fn squid(raw: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let mut words = raw.split(' ').filter(|w| !w.is_empty());
    let mut next = || words.next().unwrap_or("");
    let (clock, took, client, result, bytes, method, url, user, peer) =
        (next(), next(), next(), next(), next(), next(), next(), next(), next());
    let number = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_digit());
    let Some((code, status)) = result.split_once('/') else { return false };
    let stamped = clock.len() == 14 && clock.as_bytes().get(10) == Some(&b'.');
    let coded = code.len() > 3 && code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    if !stamped || !number(took) || !number(bytes) || !coded || status.len() != 3 || !number(status) {
        return false;
    }
    let Some(a) = addr::parse(client).filter(|_| peer.contains('/')) else { return false };
    let Some(stamp) = time::epoch(clock.as_bytes()) else { return false };
    d.time(stamp.ts, stamp.quality);
    addr::set_parsed(d, client, Some(a));
    d.set(Ov::HttpMethod, method);
    d.set(Ov::StatusCode, status);
    d.set(Ov::Bytes, bytes);
    if user != "-" {
        d.set(Ov::User, user);
    }
    request::set_target(d, url);
    d.field("cache", code);
    ended(if code.starts_with("TCP_DENIED") { "403" } else { status }, d);
    d.logsource(ctx.ls.proxy);
    d.set(Ov::Process, "squid");
    true
}

/// `TIME ADDR … "GET /x HTTP/1.1" 200 …`, before the quote nothing but columns.
fn composed(raw: &str, timed: bool, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some((head, rest)) = raw.split_once('"') else { return false };
    if head.len() > 200 {
        return false;
    }
    let Some((line, tail)) = rest.split_once('"') else { return false };
    let request = line.len() > 12
        && line.get(..line.len() - 2).is_some_and(|l| l.ends_with(" HTTP/1") || l.ends_with(" HTTP/2"))
        || line.ends_with(" HTTP/2")
        || line.ends_with(" HTTP/3");
    let status = tail.strip_prefix(' ').map_or("", |t| t.split(' ').next().unwrap_or(""));
    if !request || status.len() != 3 || !status.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let found = time::find_time(head, ctx);
    if found.is_none() && timed {
        return false;
    }
    // Beside the time: the client, names of hosts and one account at most.
    let (start, end) = found.map_or((0, 0), |f| (f.start, f.end));
    let (before, after) = (head.get(..start).unwrap_or(""), head.get(end..).unwrap_or(""));
    let mut client: Option<(&str, addr::Addr<'_>)> = None;
    let (mut names, mut doubtful) = (0, false);
    for word in before.split(' ').chain(after.split(' ')) {
        if component(word) {
            return false;
        }
        let word = word.trim_matches(['[', ']', '(', ')', ',', '|', ';']);
        match addr::parse(word) {
            // Which of two is the client, nobody says.
            Some(a) => doubtful |= client.get_or_insert((word, a)).1.ip != a.ip,
            None => {
                names += usize::from(word.bytes().any(|b| b.is_ascii_lowercase()) && !word.contains(['.', ':', '=']));
            }
        }
    }
    let Some((column, a)) = client.filter(|_| names < 2) else { return false };
    if let Some(found) = found {
        d.time(found.ts, found.quality);
    }
    if !doubtful {
        addr::set_parsed(d, column, Some(a));
    }
    if !request::set_request(d, line) {
        d.set(Ov::Message, line);
    }
    super::access::set_tail(d, tail);
    ended(status, d);
    d.logsource(ctx.web.access);
    true
}

/// Whether a word is the name of a program's part, which speaks behind it: `name:`, `[name]`. Of
/// a web server it is none.
fn component(word: &str) -> bool {
    let inner = word.strip_prefix('[').and_then(|w| w.strip_suffix(']'));
    let Some(name) = word.strip_suffix(':').or(inner).map(|n| n.trim_matches(['[', ']', ':'])) else { return false };
    let level = name.bytes().all(|b| b.is_ascii_uppercase());
    name.bytes().any(|b| b.is_ascii_alphabetic())
        && !level
        && addr::parse(name).is_none()
        && !super::logs_requests(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{testing::one, text};

    #[test]
    fn squids_own() {
        let e = one(
            "1772438409.123    12 203.0.113.9 TCP_MISS/200 512 GET http://example.org/a?b=1 bob HIER_DIRECT/198.51.100.1 text/html",
            text::parse,
        );
        assert_eq!(
            (e.event_type, e.outcome, e.time.to_rfc3339().as_str()),
            (EventType::HttpRequest, Outcome::Success, "2026-03-02T08:00:09.123Z")
        );
        let got =
            [Ov::SrcIp, Ov::User, Ov::StatusCode, Ov::Bytes, Ov::HttpMethod, Ov::Url].map(|n| e.ov(n).unwrap_or(""));
        assert_eq!(got, ["203.0.113.9", "bob", "200", "512", "GET", "http://example.org/a?b=1"]);
        let e = one(
            "1772438409.123      0 203.0.113.9 TCP_DENIED/407 3942 CONNECT example.org:443 - HIER_NONE/- text/html",
            text::parse,
        );
        assert_eq!(
            (e.event_type, e.outcome, e.ov(Ov::SrcIp)),
            (EventType::HttpRequest, Outcome::Failure, Some("203.0.113.9"))
        );
    }

    #[test]
    fn composed_columns() {
        for line in [
            "[02/Mar/2026:08:00:06 +0000] 203.0.113.9 - - \"GET /a?b=%27 HTTP/1.1\" 200 5 \"-\" \"curl/8\"",
            "2026-03-02T08:00:06+00:00 203.0.113.9 \"GET /a?b=%27 HTTP/2.0\" 200 5 \"-\" \"curl/8\"",
            "2026-03-02 08:00:06 INFO www.example.org 203.0.113.9 bob \"GET /a?b=%27 HTTP/1.1\" 200 5 \"-\" \"curl/8\"",
        ] {
            let e = one(line, text::parse);
            assert_eq!((e.event_type, e.outcome), (EventType::HttpRequest, Outcome::Success), "{line}");
            let got = [Ov::SrcIp, Ov::Url, Ov::StatusCode, Ov::UserAgent].map(|n| e.ov(n).unwrap_or(""));
            assert_eq!(got, ["203.0.113.9", "/a?b=%27", "200", "curl/8"], "{line}");
            assert_eq!(e.time.to_rfc3339(), "2026-03-02T08:00:06Z", "{line}");
        }
        for (line, src) in [
            ("2026-03-02 08:00:06 6.6.6.6 203.0.113.9 \"GET /a HTTP/1.1\" 200 5", None),
            ("2026-03-02 08:00:06 203.0.113.9 203.0.113.9 \"GET /a HTTP/1.1\" 200 5", Some("203.0.113.9")),
        ] {
            let e = one(line, text::parse);
            assert_eq!((e.event_type, e.ov(Ov::SrcIp)), (EventType::HttpRequest, src), "{line}");
        }
        for line in [
            "2026-03-02 08:00:06 a guest from 6.6.6.6 wrote \"GET /a HTTP/1.1\" 200",
            "2026-03-02 08:00:06 \"GET /a HTTP/1.1\" 200",
            "203.0.113.9 \"GET /a HTTP/1.1\" 200",
        ] {
            assert_ne!(one(line, text::parse).event_type, EventType::HttpRequest, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "[ \"a-z0-9./:é-]{0,60}") {
            let _ = one(&format!("2026-03-02 08:00:06 {s}\"GET {s} HTTP/1.1\" 200 {s}"), text::parse);
            let _ = one(&format!("1772438409.123 1 10.0.0.1 TCP_MISS/200 5 GET {s}"), text::parse);
        }
    }
}
