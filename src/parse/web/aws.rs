//! Access logs of Amazon's front ends: application and classic load balancers,
//! and buckets of S3. Columns by blanks, with quotes around what clients send.
//!
//! The client is the column that the balancer wrote; forwarded addresses are
//! not in these logs.

use smallvec::SmallVec;

use super::request;
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags, TimeQuality, Ts};
use crate::parse::{Ctx, addr, time};

/// Most columns of a line that are looked at.
const MOST: usize = 48;

/// Columns of an application load balancer from its trace on.
const ALB_REST: &[&str] = &[
    "ssl_cipher",
    "ssl_protocol",
    "target_group_arn",
    "trace_id",
    "domain_name",
    "chosen_cert_arn",
    "matched_rule_priority",
    "",
    "actions_executed",
    "redirect_url",
    "error_reason",
    "",
    "",
    "classification",
    "classification_reason",
    "conn_trace_id",
];

/// Columns of S3 from the object's size on.
const S3_REST: &[&str] = &[
    "object_size",
    "",
    "",
    "",
    "",
    "version_id",
    "host_id",
    "signature_version",
    "cipher_suite",
    "authentication_type",
    "host_header",
    "tls_version",
    "access_point_arn",
    "acl_required",
];

/// Parses one line of any of them.
pub fn parse(raw: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let b = raw.as_bytes();
    let ok = match b {
        [b'h', b't' | b'2', ..] | [b'g', b'r', b'p', b'c', ..] | [b'w', b's', ..] => balancer(raw, true, ctx, d),
        [b'2', b'0', b'0'..=b'9', b'0'..=b'9', b'-', ..] => balancer(raw, false, ctx, d),
        _ if b.get(64) == Some(&b' ') && b.iter().take(64).all(u8::is_ascii_hexdigit) => bucket(raw, ctx, d),
        _ => false,
    };
    if ok {
        d.logsource(ctx.web.access);
        d.flag(RecordFlags::PARSED);
    }
    ok
}

/// Columns, without their quotes or brackets. A quote that a client sent is
/// escaped or encoded; one that is not ends its column only before a blank.
fn columns(raw: &str) -> SmallVec<[&str; 32]> {
    let mut out = SmallVec::new();
    let mut rest = raw.trim_end();
    while !rest.is_empty() && out.len() < MOST {
        let close = match rest.as_bytes()[0] {
            b'"' => Some("\""),
            b'[' => Some("]"),
            _ => None,
        };
        let quoted = close.and_then(|close| {
            let inner = rest.get(1..)?;
            let mut from = 0;
            loop {
                let end = from + inner.get(from..)?.find(close)?;
                let after = inner.get(end + 1..)?;
                if after.is_empty() || after.starts_with(' ') {
                    return Some((inner.get(..end)?, after));
                }
                from = end + 1;
            }
        });
        let (value, after) = quoted.unwrap_or_else(|| rest.split_at(rest.find(' ').unwrap_or(rest.len())));
        out.push(value);
        rest = after.strip_prefix(' ').unwrap_or("");
    }
    out
}

/// Whether a column is a number as balancers write them (`-1` where unknown).
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

fn instant(text: &str, ctx: &Ctx) -> Option<(Ts, TimeQuality)> {
    text.contains('T').then(|| time::value(text, ctx))?
}

/// `[TYPE ]TIME NAME CLIENT:PORT TARGET:PORT T T T STATUS STATUS IN OUT "REQUEST" "AGENT" …`
fn balancer(raw: &str, typed: bool, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let c = columns(raw);
    let c = if typed { c.get(1..).unwrap_or(&[]) } else { &c[..] };
    let [at, name, client, target, t1, t2, t3, status, theirs, received, sent, line, more @ ..] = c else {
        return false;
    };
    let Some((ts, quality)) = instant(at, ctx) else { return false };
    let client = addr::parse(client);
    if client.is_none_or(|a| a.port.is_none())
        || ![t1, t2, t3, received, sent].into_iter().all(|n| is_number(n))
        || !(*status == "-" || status.len() == 3 && is_number(status))
    {
        return false;
    }
    d.time(ts, quality);
    d.field("elb", name);
    if let Some(a) = client {
        d.set(Ov::SrcIp, a.ip);
        d.set(Ov::SrcPort, a.port.unwrap_or(""));
    }
    if let Some(a) = addr::parse(target) {
        d.field("target", target);
        d.set(Ov::DestIp, a.ip);
        d.set_default(Ov::DestPort, a.port.unwrap_or(""));
    }
    if *theirs != "-" {
        d.field("target_status_code", theirs);
    }
    if is_number(sent) {
        d.set(Ov::Bytes, sent);
    }
    if let Some(agent) = more.first() {
        request::set_quoted(d, Ov::UserAgent, agent);
    }
    rest(ALB_REST, more.get(1..).unwrap_or(&[]), d);
    exchange(line, status, d);
    true
}

/// `OWNER BUCKET [TIME] CLIENT REQUESTER ID OPERATION KEY "REQUEST" STATUS ERROR SENT SIZE … "REFERRER" "AGENT" …`
fn bucket(raw: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let c = columns(raw);
    let [_, bucket, at, client, requester, id, operation, key, line, status, error, sent, more @ ..] = &c[..] else {
        return false;
    };
    let Some(stamp) = time::clf(at.as_bytes(), ctx) else { return false };
    if !operation.contains('.') {
        return false;
    }
    d.time(stamp.ts, stamp.quality);
    for (name, value) in
        [("bucket", bucket), ("request_id", id), ("operation", operation), ("key", key), ("error_code", error)]
    {
        if *value != "-" {
            d.field(name, value);
        }
    }
    addr::set_parsed(d, client, addr::parse(client));
    // `arn:aws:iam::ACCOUNT:user/NAME`, a canonical id, or nobody
    let user = requester.strip_prefix("arn:aws:").and_then(|a| a.split_once('/')).map_or(*requester, |(_, name)| name);
    request::set_quoted(d, Ov::User, user);
    request::set_quoted(d, Ov::Resource, key);
    if is_number(sent) {
        d.set(Ov::Bytes, sent);
    }
    for (at, name) in [(3, Ov::Referrer), (4, Ov::UserAgent)] {
        if let Some(v) = more.get(at) {
            request::set_quoted(d, name, v);
        }
    }
    rest(S3_REST, more, d);
    if let Some(host) = more.get(10).filter(|h| addr::is_host(h) && **h != "-") {
        d.set(Ov::DestHost, host);
    }
    if *line == "-" {
        // What the service did by itself: objects that expired, copies.
        d.event(EventType::FileAccess, Outcome::Success);
        d.set(Ov::Message, operation);
        return true;
    }
    exchange(line, status, d);
    true
}

/// What is kept under names of its own.
fn rest(names: &[&str], values: &[&str], d: &mut Draft<'_>) {
    for (name, value) in names.iter().zip(values) {
        if !name.is_empty() && !matches!(*value, "-" | "") {
            d.field(name, value);
        }
    }
}

/// Request and status. Balancers write the whole address that was asked for:
/// its path is the target, its host the destination.
fn exchange(line: &str, status: &str, d: &mut Draft<'_>) {
    let path = line.find("://").and_then(|scheme| {
        let (method, _) = line.split_once(' ')?;
        let authority = line.get(scheme + 3..)?;
        if method.len() > scheme || line.get(..scheme)?.matches(' ').count() != 1 {
            return None;
        }
        let end = authority.find(['/', ' ', '?'])?;
        let (host, target) = authority.split_at(end);
        Some((method, host, target))
    });
    match path {
        Some((method, host, target)) => {
            let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
            if addr::is_ip(name) {
                d.set_default(Ov::DestIp, name);
            } else if addr::is_host(name) {
                d.set(Ov::DestHost, name);
            }
            if !port.is_empty() && port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit()) {
                d.set_default(Ov::DestPort, port);
            }
            d.set(Ov::HttpMethod, method);
            let target = target.rsplit_once(' ').filter(|(_, p)| p.starts_with("HTTP/")).map_or(target, |(t, _)| t);
            request::set_target(d, target);
        }
        None if line.trim_matches(['-', ' ']).is_empty() => {}
        None => {
            request::set_request(d, line);
        }
    }
    if status != "-" {
        d.set(Ov::StatusCode, status);
    }
    let outcome = match status.bytes().next() {
        Some(b'1'..=b'3') => Outcome::Success,
        Some(b'4' | b'5') => Outcome::Failure,
        _ => Outcome::Unknown,
    };
    d.event(EventType::HttpRequest, outcome);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventRow;
    use crate::parse::testing::one;

    fn row(raw: &str) -> EventRow {
        one(raw, parse)
    }

    fn ov(e: &EventRow, names: &[Ov]) -> Vec<String> {
        names.iter().map(|n| e.ov(*n).unwrap_or("").to_owned()).collect()
    }

    #[test]
    fn application_load_balancer() {
        let e = row(
            "https 2026-03-02T10:00:00.186641Z app/front/50dc6c495c0c9188 203.0.113.9:2817 - -1 -1 -1 403 - 34 366 \"GET https://www.example.com:443/a/.env?x=%27%20or%201=1 HTTP/1.1\" \"curl/8 \\x22q\" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:x \"Root=1-5\" \"www.example.com\" \"arn:y\" 1 2026-03-02T09:59:59.364000Z \"waf,fixed-response\" \"-\" \"-\" \"-\" \"-\" \"-\" \"-\"",
        );
        assert_eq!((e.event_type, e.outcome), (EventType::HttpRequest, Outcome::Failure));
        assert_eq!(e.time.to_rfc3339(), "2026-03-02T10:00:00.186641Z");
        let want = ["203.0.113.9", "2817", "www.example.com", "443", "GET", "/a/.env?x=%27%20or%201=1", "403", "366"];
        let names =
            [Ov::SrcIp, Ov::SrcPort, Ov::DestHost, Ov::DestPort, Ov::HttpMethod, Ov::Url, Ov::StatusCode, Ov::Bytes];
        assert_eq!(ov(&e, &names), want);
        assert_eq!(e.ov(Ov::UserAgent), Some("curl/8 \"q"));
        assert!(e.fields.iter().any(|f| f.name == "actions_executed" && f.value == "waf,fixed-response"));
    }

    #[test]
    fn classic_load_balancer() {
        let e = row(
            "2026-03-02T10:00:00.945958Z front 203.0.113.9:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 \"GET http://www.example.com/ HTTP/1.1\" \"curl/7.38.0\" - -",
        );
        assert_eq!(ov(&e, &[Ov::Url, Ov::DestHost, Ov::DestIp]), ["/", "www.example.com", "10.0.0.1"]);
        let e = row(
            "2026-03-02T10:00:00.945958Z front 203.0.113.9:2817 10.0.0.1:80 0.001069 0.000028 0.000041 - - 82 305 \"- - - \" \"-\" - -",
        );
        assert_eq!((e.event_type, e.outcome, e.ov(Ov::Url)), (EventType::HttpRequest, Outcome::Unknown, None));
    }

    #[test]
    fn bucket_of_s3() {
        let owner = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
        let e = row(&format!(
            "{owner} data [02/Mar/2026:10:00:00 +0000] 203.0.113.9 arn:aws:iam::123456789012:user/alice 891CE4 REST.GET.OBJECT a/secret.zip \"GET /data/a/secret.zip HTTP/1.1\" 403 AccessDenied 243 4000000 11 - \"-\" \"aws-cli/2\" - 9vK= SigV4 TLS AuthHeader data.s3.amazonaws.com TLSv1.2 - -"
        ));
        assert_eq!(
            ov(&e, &[Ov::SrcIp, Ov::User, Ov::Resource, Ov::Url, Ov::DestHost, Ov::UserAgent]),
            ["203.0.113.9", "alice", "a/secret.zip", "/data/a/secret.zip", "data.s3.amazonaws.com", "aws-cli/2"]
        );
        assert_eq!((e.outcome, e.ov(Ov::Bytes)), (Outcome::Failure, Some("243")));
        let e = row(&format!(
            "{owner} data [02/Mar/2026:10:00:00 +0000] - AmazonS3 891CE4 S3.EXPIRE.OBJECT a.zip \"-\" - - - 4000000 - - \"-\" \"-\" - 9vK= - - - - - - -"
        ));
        assert_eq!((e.event_type, e.ov(Ov::Resource), e.ov(Ov::Url)), (EventType::FileAccess, Some("a.zip"), None));
    }

    #[test]
    fn other_lines_are_none() {
        for line in [
            "http 2026-03-02T10:00:00Z is down",
            "2026-03-02T10:00:00Z a b c d e f g h i j k",
            "https://example.org/ 1 2 3 4 5 6 7 8 9 10 11 12",
        ] {
            assert_ne!(row(line).event_type, EventType::HttpRequest, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "[hts2 0-9T:Z\\[\\]\"/.a-fé-]{0,160}") {
            let _ = row(&s);
            let _ = row(&format!("http 2026-03-02T10:00:00Z a 192.0.2.1:1 - -1 -1 -1 200 - 1 1 {s}"));
        }
    }
}
