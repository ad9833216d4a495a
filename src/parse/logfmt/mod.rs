//! Lines of nothing but `key=value` pairs (logfmt): Grafana, Loki, Traefik and
//! other programs written in Go, FortiGate's and its like's firewalls. The names
//! mean what they mean in JSON.

mod sonicwall;

use smallvec::SmallVec;

use super::json::{self, RoleId};
use super::{Format, Parser, text, time};
use crate::event::{Draft, EventType, Field, FieldId, Outcome, Ov, RecordFlags, Span, ValueKind};

/// Most pairs of a line that are kept.
const MOST: usize = 256;
/// Longest name.
const LONGEST: usize = 64;

const fn name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'@' | b'/')
}

/// Whether a line begins like a pair.
pub(super) fn looks(b: &[u8]) -> bool {
    let b = unframed(b);
    let n = b.iter().take(LONGEST).take_while(|b| name_byte(**b)).count();
    n > 0 && b.get(n) == Some(&b'=') && b.get(n + 1).is_some_and(|c| *c != b'=')
}

/// Whether a message begins as such lines of programs and devices do: with when, how grave,
/// what, or which device.
pub(super) fn opens(msg: &str) -> bool {
    const FIRST: &[&str] = &[
        "caller",
        "date",
        "device",
        "devname",
        "id",
        "level",
        "logger",
        "logver",
        "lvl",
        "msg",
        "severity",
        "source",
        "t",
        "time",
        "timestamp",
        "ts",
    ];
    let n = msg.bytes().take(10).position(|b| b == b'=');
    n.and_then(|n| msg.get(..n)).is_some_and(|name| FIRST.contains(&name))
}

/// A syslog priority may stand directly before the first pair.
fn unframed(b: &[u8]) -> &[u8] {
    match b {
        [b'<', rest @ ..] => {
            let n = rest.iter().take(3).take_while(|b| b.is_ascii_digit()).count();
            if n > 0 && rest.get(n) == Some(&b'>') { &rest[n + 1..] } else { b }
        }
        _ => b,
    }
}

/// One pair, and what follows; the value is without its quotes.
fn pair(rest: &str) -> Option<(&str, &str, bool, &str)> {
    let n = rest.bytes().take(LONGEST + 1).take_while(|b| name_byte(*b)).count();
    if n == 0 || n > LONGEST {
        return None;
    }
    let (name, after) = rest.split_at(n);
    let after = after.strip_prefix('=')?;
    if let Some(inner) = after.strip_prefix('"') {
        let mut from = 0;
        loop {
            let at = from + memchr::memchr2(b'"', b'\\', inner.as_bytes().get(from..)?)?;
            if inner.as_bytes()[at] == b'"' {
                let next = inner.get(at + 1..)?;
                return (next.is_empty() || next.starts_with([' ', ','])).then_some((name, &inner[..at], true, next));
            }
            from = at + 2;
        }
    }
    if let Some((value, next)) = after.strip_prefix('\'').and_then(|r| r.split_once('\''))
        && (next.is_empty() || next.starts_with([' ', ',']))
    {
        return Some((name, value, true, next));
    }
    let end = after.find(' ').unwrap_or(after.len());
    Some((name, &after[..end], false, &after[end..]))
}

/// Parses one line; false where it is anything but pairs, or says neither when,
/// nor how grave, nor what.
pub(super) fn parse(line: &str, p: &Parser, d: &mut Draft<'_>, s: &mut json::Scratch) -> bool {
    let line = line.trim();
    let head = line.len() - unframed(line.as_bytes()).len();
    let mut rest = line.get(head..).unwrap_or(line);
    if !looks(rest.as_bytes()) {
        return false;
    }
    let mut roles: SmallVec<[(RoleId, RoleId); 32]> = SmallVec::new();
    let mut left_out = 0u32;
    let mut telling = false;
    let (mut date, mut clock, mut zone) = ("", "", "");
    let mut clients = Clients::default();
    // SonicWall's lines name themselves first.
    let mut device = rest.starts_with("id=firewall ").then(sonicwall::Said::default);
    while !rest.is_empty() {
        let Some((name, value, quoted, next)) = pair(rest) else { return false };
        rest = next.trim_start_matches([' ', ',']);
        match name {
            "date" => date = value,
            "time" => clock = value,
            "tz" => zone = value,
            _ => {}
        }
        if roles.len() >= MOST {
            left_out += 1;
            continue;
        }
        let (id, role, also) = p.names.get(name);
        telling |= p.names.tells(role);
        if let Some(said) = &mut device {
            said.keep(name, value);
        }
        if p.names.fills(role, Ov::SrcIp) {
            clients.address(name, value);
        } else if p.names.fills(role, Ov::User) && !quoted {
            clients.open = true;
        }
        push(id, name, value, quoted, d);
        roles.push((role, also));
    }
    if roles.len() < 3 || !telling {
        return false;
    }
    if left_out > 0 {
        d.field("fields_left_out", &left_out.to_string());
        roles.push((0, 0));
    }
    // Firewalls part the date from the clock.
    if date.len() == 10 && clock.len() >= 8 && !clock.contains('-') {
        let mut text = SmallVec::<[u8; 64]>::from_slice(date.as_bytes());
        text.push(b'T');
        text.extend_from_slice(clock.as_bytes());
        text.extend_from_slice(zone.as_bytes());
        if let Some((ts, quality)) = std::str::from_utf8(&text).ok().and_then(|t| time::value(t, &p.ctx)) {
            d.time(ts, quality);
        }
    }
    json::finish(d, &roles, p, s);
    if let Some(said) = device {
        said.apply(&p.ctx, &p.json, d);
        d.rec.format = Format::Logfmt.id(&p.custom);
        d.flag(RecordFlags::PARSED);
        return true;
    }
    if clients.doubtful && matches!(d.rec.event_type, EventType::Login | EventType::LoginFailed) {
        d.unset(Ov::SrcIp);
        d.unset(Ov::SrcPort);
    }
    words(line, p, d);
    traffic(line, p, d);
    d.rec.format = Format::Logfmt.id(&p.custom);
    d.flag(RecordFlags::PARSED);
    true
}

/// The addresses that a line gives for its client. What a program does not quote
/// may be an account's name that goes on as further pairs (`user=eve ip=…`): where
/// two of them differ, nobody is accused.
#[derive(Default)]
struct Clients<'a> {
    first: Option<(&'a str, &'a str)>,
    /// An account's name without quotes stood before.
    open: bool,
    doubtful: bool,
}

impl<'a> Clients<'a> {
    fn address(&mut self, name: &'a str, value: &'a str) {
        match self.first {
            None => self.first = Some((name, value)),
            Some((n, v)) => self.doubtful |= v != value && (n == name || self.open),
        }
    }
}

fn push(id: FieldId, name: &str, value: &str, quoted: bool, d: &mut Draft<'_>) {
    let number = !quoted && value.len() <= 20 && !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    let kind = if number { ValueKind::Number } else { ValueKind::Text };
    let name = if id == FieldId::UNKNOWN { d.span(name) } else { Span::NONE };
    let value = if quoted && value.contains('\\') {
        d.build(|out| {
            let mut chars = value.chars();
            while let Some(c) = chars.next() {
                match (c, if c == '\\' { chars.next() } else { None }) {
                    ('\\', Some('n' | 'r' | 't')) => out.push(' '),
                    ('\\', Some(c)) => out.push(c),
                    (c, _) => out.push(c),
                }
            }
        })
    } else {
        d.span(value)
    };
    d.push_field(Field { id, kind, in_array: false, name, value, same: 0 });
}

/// What is said in words only: a log-in refused, with the client beside it.
fn words(line: &str, p: &Parser, d: &mut Draft<'_>) {
    if d.rec.event_type != EventType::Other || d.rec.outcome == Outcome::Success {
        return;
    }
    if d.get(Ov::SrcIp).is_none() {
        let source = d.rec.logsource;
        text::told("", line, &p.ctx, d);
        d.logsource(source);
    }
}

/// A firewall's word on a connection: `action` says how it ended.
fn traffic(line: &str, p: &Parser, d: &mut Draft<'_>) {
    let two = d.get(Ov::SrcIp).is_some() && d.get(Ov::DestIp).is_some();
    if two && d.rec.event_type == EventType::Other && (line.contains("type=\"traffic\"") || line.contains("policyid="))
    {
        let refused = d.rec.outcome == Outcome::Failure;
        d.event(
            if refused { EventType::FirewallBlock } else { EventType::FirewallAllow },
            if refused { Outcome::Failure } else { Outcome::Success },
        );
        d.logsource(p.json.firewall);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Severity;
    use crate::parse::testing::row;

    #[test]
    fn grafana() {
        let e = row(
            r#"logger=context userId=0 orgId=0 uname= t=2026-03-02T10:00:00.123456789Z level=error msg="Invalid username or password" error="invalid username or password" remote_addr=203.0.113.5 traceID="#,
        );
        assert_eq!((e.event_type, e.outcome), (EventType::LoginFailed, Outcome::Failure));
        assert_eq!((e.ov(Ov::SrcIp), e.ov(Ov::User)), (Some("203.0.113.5"), None));
        assert_eq!(e.ov(Ov::Message), Some("Invalid username or password"));
        assert_eq!(e.time.to_rfc3339(), "2026-03-02T10:00:00.123456Z");
        let e = row(
            r#"t=2026-03-02T10:00:02Z level=info msg="Request Completed" logger=context userId=1 uname=bob method=GET path=/api/x status=401 remote_addr=203.0.113.5 size=60"#,
        );
        assert_eq!((e.event_type, e.outcome), (EventType::HttpRequest, Outcome::Failure));
        assert_eq!((e.ov(Ov::User), e.ov(Ov::Url), e.ov(Ov::StatusCode)), (Some("bob"), Some("/api/x"), Some("401")));
    }

    #[test]
    fn grafana_as_it_is_now() {
        use EventType::{HttpRequest, Login, LoginFailed, Other};
        for (line, kind, user, src) in [
            (
                r#"logger=authn.service t=2026-03-02T08:00:00Z level=info msg="Failed to authenticate request" client=auth.client.form error="[password-auth.failed] failed to authenticate identity""#,
                LoginFailed,
                "",
                "",
            ),
            (
                r#"logger=authn.service t=2026-03-02T08:00:00Z level=info msg="Failed to authenticate request" client=auth.client.session error="user token not found""#,
                Other,
                "",
                "",
            ),
            (
                r#"logger=context userId=0 orgId=0 uname= t=2026-03-02T08:00:00Z level=info msg="Request Completed" method=POST path=/login status=401 remote_addr=203.0.113.5 time_ms=61 size=62"#,
                LoginFailed,
                "",
                "203.0.113.5",
            ),
            (
                r#"logger=context userId=1 orgId=1 uname=bob t=2026-03-02T08:00:00Z level=info msg="Request Completed" method=GET path=/api/x status=401 remote_addr=203.0.113.5 size=62"#,
                HttpRequest,
                "bob",
                "203.0.113.5",
            ),
            (
                r#"logger=http.server t=2026-03-02T08:00:00Z level=info msg="Successful Login" User=bob@example.org"#,
                Login,
                "bob@example.org",
                "",
            ),
            (
                r#"{"logger":"http.server","t":"2026-03-02T08:00:00Z","level":"info","msg":"Successful Login","User":"bob@example.org"}"#,
                Login,
                "bob@example.org",
                "",
            ),
            (
                r#"{"level":"info","logger":"context","method":"POST","path":"/login","status":401,"remote_addr":"203.0.113.5","t":"2026-03-02T08:00:00Z","uname":"","userId":0,"msg":"Request Completed"}"#,
                LoginFailed,
                "",
                "203.0.113.5",
            ),
            (
                r#"Mar  2 08:00:00 g grafana[12]: logger=http.server t=2026-03-02T08:00:00Z level=info msg="Successful Login" User=bob@example.org"#,
                Login,
                "bob@example.org",
                "",
            ),
        ] {
            let e = row(line);
            let got = (e.event_type, e.ov(Ov::User).unwrap_or(""), e.ov(Ov::SrcIp).unwrap_or(""));
            assert_eq!(got, (kind, user, src), "{line}");
            assert_eq!(e.time.to_rfc3339(), "2026-03-02T08:00:00Z", "{line}");
        }
    }

    #[test]
    fn pairs_behind_a_syslog_header() {
        let e = row(
            r#"Mar  2 10:00:05 relay date=2026-03-02 time=10:00:00 devname="fg1" devid="FG1" type="traffic" subtype="forward" level="notice" srcip=203.0.113.9 srcport=4711 dstip=192.0.2.1 dstport=22 proto=6 action="deny" policyid=0"#,
        );
        assert_eq!((e.event_type, e.ov(Ov::SrcIp)), (EventType::FirewallBlock, Some("203.0.113.9")));
        assert_eq!((e.time.to_rfc3339().as_str(), e.ov(Ov::Host)), ("2026-03-02T10:00:00Z", Some("relay")));
        // What is no line of pairs stays as it was.
        for msg in ["id=firewall", "level=info and more", "msg=\"login failed for bob\" from here"] {
            let e = row(&format!("Mar  2 10:00:05 h app[7]: {msg}"));
            assert_eq!((e.parsed, e.ov(Ov::Message), e.ov(Ov::Process)), (true, Some(msg), Some("app")), "{msg}");
        }
        let e = row("Mar  2 10:00:05 h kernel: IN=eth0 OUT= SRC=203.0.113.9 DST=192.0.2.1 PROTO=TCP SPT=1 DPT=22 SYN");
        assert_eq!((e.event_type, e.ov(Ov::SrcIp)), (EventType::Connection, Some("203.0.113.9")));
    }

    #[test]
    fn a_firewall() {
        let e = row(
            r#"<189>date=2026-03-02 time=10:00:00 devname="fg1" devid="FG1" logid="0000000013" type="traffic" subtype="forward" level="notice" srcip=203.0.113.9 srcport=4711 dstip=192.0.2.1 dstport=22 proto=6 action="deny" policyid=0"#,
        );
        assert_eq!((e.event_type, e.outcome), (EventType::FirewallBlock, Outcome::Failure));
        assert_eq!(
            (e.ov(Ov::SrcIp), e.ov(Ov::DestPort), e.ov(Ov::Host)),
            (Some("203.0.113.9"), Some("22"), Some("fg1"))
        );
        assert_eq!((e.time.to_rfc3339().as_str(), e.severity), ("2026-03-02T10:00:00Z", Severity::Low));
    }

    #[test]
    fn names_hide_and_forge_nothing() {
        let of = |line: &str| {
            let e = row(line);
            let text = |ov| e.ov(ov).unwrap_or("").to_owned();
            (e.event_type, text(Ov::User), text(Ov::SrcIp))
        };
        let failed = |user: &str, ip: &str| (EventType::LoginFailed, user.to_owned(), ip.to_owned());
        for (line, want) in [
            (
                r#"level=warn msg="login failed" user="eve ip=192.0.2.1" ip=203.0.113.5"#,
                failed("eve ip=192.0.2.1", "203.0.113.5"),
            ),
            (
                r#"level=warn msg="login failed" user="e\" ip=192.0.2.1 x=\"" ip=203.0.113.5"#,
                failed("e\" ip=192.0.2.1 x=\"", "203.0.113.5"),
            ),
            (
                r#"level=warn msg="login failed for user \"eve from 192.0.2.1\"" ip=203.0.113.5"#,
                failed("eve from 192.0.2.1", "203.0.113.5"),
            ),
            (
                r#"level=warn msg="login failed" user="msg=ok level=info" ip=203.0.113.5"#,
                failed("msg=ok level=info", "203.0.113.5"),
            ),
            (
                r#"level=warn msg="login failed" user="login successful" ip=203.0.113.5"#,
                failed("login successful", "203.0.113.5"),
            ),
            (r#"level=warn msg="login failed for user bob from 203.0.113.5" app=x"#, failed("bob", "203.0.113.5")),
            (
                r#"level=warn msg="login failed" user='eve ip=192.0.2.1' ip=203.0.113.5"#,
                failed("eve ip=192.0.2.1", "203.0.113.5"),
            ),
            (r#"level=warn msg="login failed" user='eve ip=192.0.2.1 ip=203.0.113.5"#, failed("'eve", "")),
            // A program that quotes nothing: one of the two is the client's word.
            (r#"level=warn msg="login failed" user=eve ip=192.0.2.1 ip=203.0.113.5"#, failed("eve", "")),
            (r#"level=warn msg="login failed" user=eve src=192.0.2.1 ip=203.0.113.5"#, failed("eve", "")),
            (
                r#"level=warn msg="login failed" remote_addr=203.0.113.5 client_ip=203.0.113.5 user=eve"#,
                failed("eve", "203.0.113.5"),
            ),
        ] {
            assert_eq!(of(line), want, "{line}");
        }
        let forged =
            of(r#"level=info msg="comment saved" text="login failed for user bob from 192.0.2.1" ip=203.0.113.5"#);
        assert_eq!(forged.0, EventType::Other);
        let forged = of(r#"level=info event=comment msg="login failed for user bob from 192.0.2.1" id=4"#);
        assert_eq!(forged.0, EventType::Other);
        assert_eq!(of(r#"level=info msg="user bob logged in" user=bob ip=203.0.113.5"#).0, EventType::Login);
    }

    #[test]
    fn what_is_no_such_line() {
        for line in
            ["a=b", "a=1 b=2 c=3", "x=1 and y=2 or z=3 level=info", "key=\"open level=info msg=x", "a==b c=d e=f"]
        {
            assert_ne!(crate::parse::format_name(row(line).format), "logfmt", "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "[a-c=\\\\\" ,é0-9]{0,80}") {
            let _ = row(&s);
            let _ = row(&format!("level=info msg=x {s}"));
        }
    }
}
