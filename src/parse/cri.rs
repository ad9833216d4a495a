//! What containers write, as their runtime (containerd, CRI-O) keeps it:
//! `2026-03-02T10:00:00.123456789Z stdout F message`. The message is parsed by
//! the parser of its form; what that leaves open the runtime's columns fill.
//!
//! The runtime cuts long messages into parts: all but the last carry `P`. A part
//! stays a record of its own and has the field `logtag`.

use super::{Ctx, Format, Parser, detect, json, time};
use crate::event::{Draft, Ov, RecordFlags, TimeQuality, Ts};

/// A line's columns.
struct Line<'a> {
    time: (Ts, TimeQuality),
    stream: &'a str,
    tag: &'a str,
    msg: &'a str,
}

/// Whether a line that begins with a date may be one of these.
pub(super) fn looks(b: &[u8]) -> bool {
    let Some(at) = memchr::memchr(b' ', b.get(..40).unwrap_or(b)) else { return false };
    b.get(at + 1..).is_some_and(|r| r.starts_with(b"stdout ") || r.starts_with(b"stderr "))
}

fn split<'a>(line: &'a str, ctx: &Ctx) -> Option<Line<'a>> {
    let (stamp, rest) = line.split_once(' ')?;
    let (stream, rest) = rest.split_once(' ')?;
    if !matches!(stream, "stdout" | "stderr") {
        return None;
    }
    let (tag, msg) = rest.split_once(' ').unwrap_or((rest, ""));
    // Tags are parted by colons; the first says whether the message is whole.
    let first = tag.split(':').next().unwrap_or("");
    if !matches!(first, "F" | "P") {
        return None;
    }
    Some(Line { time: time::value(stamp, ctx)?, stream, tag, msg })
}

/// Parses one line.
pub(super) fn parse(line: &str, p: &Parser, d: &mut Draft<'_>, s: &mut json::Scratch) -> bool {
    let Some(l) = split(line, &p.ctx) else { return false };
    let whole = l.tag.starts_with('F');
    if !(whole && inner(l.msg, p, d, s)) {
        d.reset();
        d.set(Ov::Message, l.msg);
        super::text::told("", l.msg, &p.ctx, d);
    }
    // The runtime's clock is sure of its zone and year.
    if !d.rec.time.is_some() || d.rec.quality != TimeQuality::Zoned {
        d.time(l.time.0, l.time.1);
    }
    d.field("stream", l.stream);
    if !whole {
        d.field("logtag", l.tag);
    }
    d.rec.format = Format::Cri.id(&p.custom);
    d.flag(RecordFlags::PARSED);
    true
}

/// Tries the parsers of what containers write.
fn inner(msg: &str, p: &Parser, d: &mut Draft<'_>, s: &mut json::Scratch) -> bool {
    for format in detect::candidates(msg, Format::Access) {
        let ok = match format {
            Format::Cri => false,
            Format::Json => json::parse(msg, p, false, d, s),
            Format::Logfmt => super::logfmt::parse(msg, p, d, s),
            other => p.try_text(other, msg, d),
        };
        if ok {
            return true;
        }
        d.reset();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EventRow, EventType, Schema};
    use crate::parse::Options;
    use std::sync::Arc;

    fn row(line: &str) -> EventRow {
        let t = Ts::parse_rfc3339("2026-11-20T00:00:00Z").unwrap();
        let parser = Parser::for_source("0.log", b"", &Options::new(t), &Arc::new(Schema::base()));
        EventRow::from(parser.parse_one(line).event(0).unwrap())
    }

    fn field<'a>(e: &'a EventRow, name: &str) -> Option<&'a str> {
        e.fields.iter().find(|f| f.name == name).map(|f| f.value.as_str())
    }

    #[test]
    fn what_is_inside_is_parsed() {
        let e = row(
            r#"2026-03-02T10:00:00.123456789Z stdout F 203.0.113.9 - - [02/Mar/2026:09:59:59 +0000] "GET /.env HTTP/1.1" 404 153 "-" "curl/8""#,
        );
        assert_eq!(
            (e.event_type, e.ov(Ov::Url), e.ov(Ov::SrcIp)),
            (EventType::HttpRequest, Some("/.env"), Some("203.0.113.9"))
        );
        assert_eq!((crate::parse::format_name(e.format), field(&e, "stream")), ("cri", Some("stdout")));
        assert_eq!(e.time.to_rfc3339(), "2026-03-02T09:59:59Z");
        let e = row(
            "2026-03-02T11:00:00.5+01:00 stderr F Mar  2 10:00:00 web sshd[1]: Failed password for bob from 203.0.113.9 port 22 ssh2",
        );
        assert_eq!((e.event_type, e.ov(Ov::User)), (EventType::SshLoginFailed, Some("bob")));
        assert_eq!(e.time.to_rfc3339(), "2026-03-02T10:00:00.500Z");
        let e = row(
            r#"2026-03-02T10:00:00Z stdout F {"level":"error","event":"login_failed","user":"bob","ip":"203.0.113.9"}"#,
        );
        assert_eq!(
            (e.event_type, e.ov(Ov::User), e.ov(Ov::SrcIp)),
            (EventType::LoginFailed, Some("bob"), Some("203.0.113.9"))
        );
        assert!(e.time.is_some());
    }

    #[test]
    fn parts_are_marked() {
        let e = row(r#"2026-03-02T10:00:00Z stdout P {"half":"#);
        assert_eq!((e.parsed, field(&e, "logtag"), e.ov(Ov::Message)), (true, Some("P"), Some(r#"{"half":"#)));
        let e = row("2026-03-02T10:00:00Z stdout F");
        assert_eq!((e.parsed, e.ov(Ov::Message), field(&e, "logtag")), (true, Some(""), None));
        assert!(!row("2026-03-02T10:00:00Z stdout X what").parsed);
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "[stdouerFP: {}\"0-9Té-]{0,80}") {
            let _ = row(&format!("2026-03-02T10:00:00Z {s}"));
        }
    }
}
