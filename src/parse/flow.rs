//! Flow logs of Amazon's private networks: columns by blanks in the default
//! order, with more behind it or not, and the line that names them.
//!
//! `2 123456789012 eni-1 SRC DST SPORT DPORT PROTO PACKETS BYTES START END ACTION STATUS`

use smallvec::SmallVec;

use super::{Ctx, addr, time};
use crate::event::{Draft, EventType, Logsource, Outcome, Ov, RecordFlags, TimeQuality, ValueKind};

/// The columns of the default order.
const COLUMNS: [&str; 14] = [
    "version",
    "account-id",
    "interface-id",
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "log-status",
];

/// Most columns of a line.
const MOST: usize = 32;

/// Whether a line may be one of these.
pub(super) fn looks(b: &[u8]) -> bool {
    matches!(b, [b'2'..=b'9', b' ', b'0'..=b'9' | b'u', ..]) || b.starts_with(b"version account-id ")
}

/// What became of a flow.
pub(super) fn verdict(outcome: Outcome, firewall: Logsource, d: &mut Draft<'_>) {
    match outcome {
        // Both directions of whatever is let through are written: no packet filter's word.
        Outcome::Success => d.event(EventType::Connection, Outcome::Success),
        Outcome::Failure => d.event(EventType::FirewallBlock, Outcome::Failure),
        other => d.event(EventType::Connection, other),
    }
    d.logsource(firewall);
}

/// Parses one line; false where it is none of these.
pub(super) fn parse(line: &str, ctx: &Ctx, firewall: Logsource, d: &mut Draft<'_>) -> bool {
    let values: SmallVec<[&str; MOST]> = line.trim_end().split(' ').take(MOST + 1).collect();
    let [version, account, interface, src, dst, sport, dport, protocol, packets, bytes, start, end, action, status, ..] =
        values.as_slice()
    else {
        return false;
    };
    if values.iter().zip(COLUMNS).all(|(v, c)| *v == c) {
        d.set(Ov::Message, line);
        d.flag(RecordFlags::PARSED);
        d.flag(RecordFlags::HEADER);
        return true;
    }
    let number = |v: &&str| *v == "-" || !v.is_empty() && v.len() <= 20 && v.bytes().all(|b| b.is_ascii_digit());
    let numbers = [version, sport, dport, protocol, packets, bytes, start, end].into_iter().all(number);
    let named = account.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && interface.contains('-');
    let address = |v: &str| v == "-" || addr::is_ip(v);
    let known = matches!(*action, "ACCEPT" | "REJECT" | "-") && matches!(*status, "OK" | "NODATA" | "SKIPDATA");
    if !numbers || !named || !known || !address(src) || !address(dst) || values.len() > MOST {
        return false;
    }
    for (name, v) in COLUMNS.iter().zip(&values).filter(|(_, v)| **v != "-") {
        let digits = v.bytes().all(|b| b.is_ascii_digit()) && *name != "account-id";
        d.typed_field(name, v, if digits { ValueKind::Number } else { ValueKind::Text }, false);
    }
    for (i, v) in values.iter().enumerate().skip(COLUMNS.len()).filter(|(_, v)| !matches!(**v, "-" | "")) {
        // What stands behind the default columns has no names here.
        let mut name = SmallVec::<[u8; 16]>::from_slice(b"column");
        name.extend([b'0' + (i + 1) as u8 / 10, b'0' + (i + 1) as u8 % 10]);
        d.field(std::str::from_utf8(&name).unwrap_or("column"), v);
    }
    for (ov, v) in [
        (Ov::SrcIp, src),
        (Ov::DestIp, dst),
        (Ov::SrcPort, sport),
        (Ov::DestPort, dport),
        (Ov::Bytes, bytes),
        (Ov::Resource, interface),
    ] {
        if *v != "-" {
            d.set(ov, v);
        }
    }
    if let Some((ts, _)) = time::value(start, ctx) {
        d.time(ts, TimeQuality::Zoned);
    }
    if *status == "OK" {
        let outcome = match *action {
            "ACCEPT" => Outcome::Success,
            "REJECT" => Outcome::Failure,
            _ => Outcome::Unknown,
        };
        verdict(outcome, firewall, d);
    }
    d.flag(RecordFlags::PARSED);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Schema, Ts};
    use crate::parse::testing::row;
    use crate::parse::{Options, Parser};
    use std::sync::Arc;

    #[test]
    fn text_and_json_are_the_same_flow() {
        for (line, format) in [
            (
                "2 123456789012 eni-0a 203.0.113.9 172.31.16.21 20641 3389 6 20 4249 1772445600 1772445660 REJECT OK",
                "vpc_flow",
            ),
            (
                "3 123456789012 eni-0a 203.0.113.9 172.31.16.21 20641 3389 6 20 4249 1772445600 1772445660 REJECT OK vpc-1 subnet-2 2",
                "vpc_flow",
            ),
            (
                r#"{"version":2,"account-id":"123456789012","interface-id":"eni-0a","srcaddr":"203.0.113.9","dstaddr":"172.31.16.21","srcport":20641,"dstport":3389,"protocol":6,"packets":20,"bytes":4249,"start":1772445600,"end":1772445660,"action":"REJECT","log-status":"OK"}"#,
                "json",
            ),
            (
                r#"{"srcAddr":"203.0.113.9","dstAddr":"172.31.16.21","srcPort":"20641","dstPort":"3389","bytes":"4249","action":"REJECT","start":"1772445600"}"#,
                "json",
            ),
        ] {
            let e = row(line);
            assert_eq!(crate::parse::format_name(e.format), format, "{line}");
            assert_eq!((e.event_type, e.outcome), (EventType::FirewallBlock, Outcome::Failure), "{line}");
            assert_eq!(
                [Ov::SrcIp, Ov::SrcPort, Ov::DestIp, Ov::DestPort, Ov::Bytes].map(|o| e.ov(o)),
                [Some("203.0.113.9"), Some("20641"), Some("172.31.16.21"), Some("3389"), Some("4249")],
                "{line}"
            );
            assert_eq!(e.time.to_rfc3339(), "2026-03-02T10:00:00Z", "{line}");
        }
        let e = row("2 123456789012 eni-0a 10.0.0.1 10.0.0.2 443 50000 6 20 4249 1772445600 1772445660 ACCEPT OK");
        assert_eq!((e.event_type, e.outcome), (EventType::Connection, Outcome::Success));
    }

    #[test]
    fn lines_without_a_flow() {
        let e = row("2 123456789012 eni-0a - - - - - - - 1772445600 1772445660 - NODATA");
        assert_eq!((e.parsed, e.event_type, e.ov(Ov::SrcIp)), (true, EventType::Other, None));
        assert!(!row("2 of 3 disks failed").parsed);
        let header = COLUMNS.join(" ");
        let schema = Arc::new(Schema::base());
        let parser = Parser::for_source("f.log", b"", &Options::new(Ts(0)), &schema);
        assert!(parser.parse_one(&header).records[0].flags.has(RecordFlags::HEADER));
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "[0-9a-z.: é-]{0,80}") {
            let _ = row(&format!("2 1{s}"));
            let _ = row(&format!("2 1 eni-1 - - - - - - - 1 2 - OK {s}"));
        }
    }
}
