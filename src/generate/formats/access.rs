//! Access lines in the combined format.

use std::fmt::Write;
use std::net::IpAddr;

use super::{Clock, digits};

/// One request.
#[derive(Debug, Clone, Copy)]
pub(in crate::generate) struct Hit<'a> {
    /// The client.
    pub client: IpAddr,
    /// Account by HTTP authentication, or `-`.
    pub user: &'a str,
    /// Method.
    pub method: &'a str,
    /// Path and query, as sent.
    pub path: &'a str,
    /// Answer.
    pub status: u16,
    /// Bytes of the answer.
    pub bytes: u64,
    /// Page that it came from, or `-`.
    pub referrer: &'a str,
    /// Client program.
    pub agent: &'a str,
}

/// Appends the line; quotes and control characters of hostile requests are
/// written as nginx writes them (`\x22`).
pub(in crate::generate) fn push(out: &mut String, at: i64, hit: &Hit<'_>) {
    let clock = Clock::of(at);
    let _ = write!(out, "{} - {} [", hit.client, hit.user);
    digits(out, u64::from(clock.date.2), 2);
    out.push('/');
    out.push_str(clock.month());
    out.push('/');
    digits(out, clock.date.0.unsigned_abs(), 4);
    out.push(':');
    clock.push_time(out);
    out.push_str(" +0000] \"");
    out.push_str(hit.method);
    out.push(' ');
    quoted(out, hit.path);
    let _ = write!(out, " HTTP/1.1\" {} {} \"", hit.status, hit.bytes);
    quoted(out, hit.referrer);
    out.push_str("\" \"");
    quoted(out, hit.agent);
    out.push('"');
}

fn quoted(out: &mut String, text: &str) {
    if !text.bytes().any(|b| b == b'"' || b == b'\\' || b < 0x20 || b == 0x7f) {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        if c == '"' || c == '\\' || c.is_control() {
            let _ = write!(out, "\\x{:02X}", c as u32);
        } else {
            out.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combined() {
        let hit = Hit {
            client: IpAddr::from([100, 64, 0, 1]),
            user: "-",
            method: "GET",
            path: "/a?b=\"c\"",
            status: 200,
            bytes: 12,
            referrer: "-",
            agent: "x",
        };
        let mut s = String::new();
        push(&mut s, 1_772_409_605_001_002, &hit);
        assert_eq!(
            s,
            "100.64.0.1 - - [02/Mar/2026:00:00:05 +0000] \"GET /a?b=\\x22c\\x22 HTTP/1.1\" 200 12 \"-\" \"x\""
        );
    }
}
