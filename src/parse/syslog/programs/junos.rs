//! Junos: sessions that its firewall created, closed and denied, and what its screens noticed,
//! as a sentence (`RT_FLOW_SESSION_DENY: session denied A/P->B/P …`) or as structured data.

use super::super::structured::pairs;
use super::super::util::{digits, failed, set_dest, set_port, set_src, set_user};
use super::Line;
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags, Severity};
use crate::parse::Ctx;

/// Parses a message; false where it is none of these.
pub(super) fn parse(line: &Line<'_>, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    // Relays of the traditional kind leave `RT_FLOW - ID: ` in the message.
    let (program, msg) = match msg.split_once(" - ") {
        Some((p @ ("RT_FLOW" | "RT_IDS"), rest)) if line.program.is_empty() => (p, rest),
        _ => (line.program, msg),
    };
    let (id, text) = match (line.id, msg.split_once(": ")) {
        ("", Some((id, text))) => (id, text),
        ("", None) => return false,
        (id, _) => (id, msg),
    };
    match program {
        "RT_FLOW" => flow(id, line.data, text, d) && done(ctx, d),
        "RT_IDS" if id.starts_with("RT_SCREEN_") => {
            screen(line.data, text, d);
            done(ctx, d)
        }
        _ => false,
    }
}

fn done(ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    d.logsource(ctx.ls.firewall);
    true
}

fn value<'a>(data: &'a str, name: &str) -> &'a str {
    pairs(data).find(|(n, _)| *n == name).map_or("", |(_, v)| v)
}

fn flow(id: &str, data: &str, text: &str, d: &mut Draft<'_>) -> bool {
    let kind = id.strip_prefix("RT_FLOW_SESSION_").or_else(|| id.strip_prefix("APPTRACK_SESSION_"));
    match kind.map(|k| k.strip_suffix("_LS").unwrap_or(k)) {
        Some("CREATE") => d.event(EventType::FirewallAllow, Outcome::Success),
        Some("DENY") => d.event(EventType::FirewallBlock, Outcome::Failure),
        Some("CLOSE" | "VOL_UPDATE") => d.event(EventType::Connection, Outcome::Unknown),
        _ => return false,
    }
    if data.is_empty() {
        // `session closed TCP FIN: A/P->B/P 0x0 SERVICE …`; nothing of it is a client's word.
        if let Some((from, to)) = text.split_once("->") {
            end(from.rsplit(' ').next().unwrap_or(""), d, true);
            end(to.split(' ').next().unwrap_or(""), d, false);
        }
        return true;
    }
    set_src(d, value(data, "source-address"));
    set_port(d, Ov::SrcPort, value(data, "source-port"));
    set_dest(d, value(data, "destination-address"));
    set_port(d, Ov::DestPort, value(data, "destination-port"));
    let user = value(data, "username");
    if !matches!(user, "N/A" | "UNKNOWN" | "unauthenticated-user") {
        set_user(d, user);
    }
    let bytes = ["bytes-from-client", "bytes-from-server"].map(|n| value(data, n).parse::<u64>().unwrap_or(0));
    let sum = bytes[0].saturating_add(bytes[1]);
    if sum > 0 {
        let sum = d.build(|out| {
            use std::fmt::Write as _;
            let _ = write!(out, "{sum}");
        });
        d.set_span(Ov::Bytes, sum);
    }
    true
}

/// `ADDR/PORT`
fn end(place: &str, d: &mut Draft<'_>, source: bool) {
    let (addr, port) = place.rsplit_once('/').unwrap_or((place, ""));
    if source {
        set_src(d, addr);
        set_port(d, Ov::SrcPort, digits(port));
    } else {
        set_dest(d, addr);
        set_port(d, Ov::DestPort, digits(port));
    }
}

/// `TCP port scan! source: A:P, destination: B:P, zone name: …, action: drop`
fn screen(data: &str, text: &str, d: &mut Draft<'_>) {
    failed(d, EventType::Detection, RecordFlags::default());
    d.severity(Severity::Medium);
    if data.is_empty() {
        let (name, rest) = text.split_once(" source: ").unwrap_or((text, ""));
        d.set_default(Ov::Resource, name.trim_end_matches('!'));
        let (from, to) = rest.split_once(" destination: ").unwrap_or((rest, ""));
        for (text, ip, port) in [(from, Ov::SrcIp, Ov::SrcPort), (to, Ov::DestIp, Ov::DestPort)] {
            let place = text.split(',').next().unwrap_or("");
            let (addr, p) = super::super::util::addr_with_port(place);
            if super::super::util::is_ip(addr) {
                d.set(ip, addr);
                set_port(d, port, p);
            }
        }
        return;
    }
    d.set_default(Ov::Resource, value(data, "attack-name").trim_end_matches('!'));
    set_src(d, value(data, "source-address"));
    set_port(d, Ov::SrcPort, value(data, "source-port"));
    set_dest(d, value(data, "destination-address"));
    set_port(d, Ov::DestPort, value(data, "destination-port"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{syslog, testing::one};

    #[test]
    fn sessions() {
        use EventType::{Connection, Detection, FirewallAllow, FirewallBlock};
        let data = r#"[junos@2636.1.1.1.2.129 source-address="203.0.113.5" source-port="51234" destination-address="10.0.0.5" destination-port="22" username="bob" bytes-from-client="1200" bytes-from-server="2200"]"#;
        for (line, kind, user, bytes) in [
            ("Mar  2 08:00:00 fw RT_FLOW: RT_FLOW_SESSION_CREATE: session created 203.0.113.5/51234->10.0.0.5/22 0x0 junos-ssh 203.0.113.5/51234->10.0.0.5/22 0x0".to_owned(), FirewallAllow, "", ""),
            ("Mar  2 08:00:00 fw RT_FLOW: RT_FLOW_SESSION_DENY: session denied 203.0.113.5/51234->10.0.0.5/22 0x0 junos-ssh 6(0) deny untrust trust".to_owned(), FirewallBlock, "", ""),
            ("Mar  2 08:00:00 fw RT_FLOW - RT_FLOW_SESSION_CLOSE: session closed TCP FIN: 203.0.113.5/51234->10.0.0.5/22 junos-ssh".to_owned(), Connection, "", ""),
            ("Mar  2 08:00:00 fw RT_IDS: RT_SCREEN_TCP: TCP port scan! source: 203.0.113.5:51234, destination: 10.0.0.5:22, zone name: untrust, interface name: ge-0/0/0.0, action: drop".to_owned(), Detection, "", ""),
            (format!("<14>1 2026-03-02T08:00:00.123Z fw RT_FLOW - RT_FLOW_SESSION_CREATE {data} session created"), FirewallAllow, "bob", "3400"),
            (format!("<14>1 2026-03-02T08:00:00.123Z fw RT_FLOW - RT_FLOW_SESSION_DENY_LS {data}"), FirewallBlock, "bob", "3400"),
            (format!("<14>1 2026-03-02T08:00:00.123Z fw RT_IDS - RT_SCREEN_TCP {data} TCP port scan!"), Detection, "", ""),
        ] {
            let e = one(&line, syslog::parse);
            assert_eq!(e.event_type, kind, "{line}");
            let got = [Ov::SrcIp, Ov::SrcPort, Ov::DestIp, Ov::DestPort, Ov::User, Ov::Bytes].map(|n| e.ov(n).unwrap_or(""));
            assert_eq!(got, ["203.0.113.5", "51234", "10.0.0.5", "22", user, bytes], "{line}");
        }
    }

    #[test]
    fn management() {
        use EventType::{Login, LoginFailed, Logout, Other, SshLoginFailed};
        let id = "[junos@2636.1.1.1.2.129 username=\"bob\"]";
        for (line, kind, outcome, src) in [
            ("Mar  2 08:00:00 fw mgd[9]: UI_AUTH_EVENT: Authenticated user 'bob' at permission level 'j-super-user'".to_owned(), Other, Outcome::Success, ""),
            (format!("<189>1 2026-03-02T08:00:00.123Z fw mgd 9 UI_AUTH_EVENT {id} Authenticated user 'bob' assigned to class 'super-user'"), Other, Outcome::Success, ""),
            ("Mar  2 08:00:00 fw mgd[9]: UI_LOGIN_EVENT: User 'bob' login, class 'x' [9], ssh-connection '203.0.113.5 51234 10.0.0.1 22', client-mode 'cli'".to_owned(), Login, Outcome::Success, "203.0.113.5"),
            ("Mar  2 08:00:00 fw mgd[9]: UI_LOGOUT_EVENT: User 'bob' logout".to_owned(), Logout, Outcome::Success, ""),
            ("Mar  2 08:00:00 fw sshd[9]: SSHD_LOGIN_FAILED: Login failed for user 'bob' from host '203.0.113.5'".to_owned(), SshLoginFailed, Outcome::Failure, "203.0.113.5"),
            ("Mar  2 08:00:00 fw login[9]: LOGIN_FAILED: Login failed for user bob from host 203.0.113.5".to_owned(), LoginFailed, Outcome::Failure, "203.0.113.5"),
            ("Mar  2 08:00:00 fw login[9]: LOGIN_FAILED: Login failed for user bob from host 6.6.6.6 from host 203.0.113.5".to_owned(), LoginFailed, Outcome::Failure, "203.0.113.5"),
            ("Mar  2 08:00:00 fw login[9]: LOGIN_INFORMATION: User bob logged in from host [unknown] on device ttyu0".to_owned(), Login, Outcome::Success, ""),
            ("Mar  2 08:00:00 fw login[9]: LOGIN_INFORMATION: User bob logged in from host 203.0.113.5 on device ttyp0".to_owned(), Login, Outcome::Success, "203.0.113.5"),
        ] {
            let e = one(&line, syslog::parse);
            assert_eq!((e.event_type, e.outcome, e.ov(Ov::SrcIp).unwrap_or("")), (kind, outcome, src), "{line}");
            assert!(e.ov(Ov::User).is_some_and(|u| u.starts_with("bob")), "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "[a-z/>:=\"é\\[\\] 0-9.-]{0,60}") {
            let _ = one(&format!("Mar  2 08:00:00 fw RT_FLOW: RT_FLOW_SESSION_DENY: {s}"), syslog::parse);
            let _ = one(&format!("Mar  2 08:00:00 fw RT_IDS: RT_SCREEN_TCP: {s}"), syslog::parse);
            let _ = one(&format!("<14>1 2026-03-02T08:00:00Z fw RT_FLOW - RT_FLOW_SESSION_DENY [x {s}]"), syslog::parse);
        }
    }
}
