//! Samba's file server and domain controller: the line it writes of each log-in.
//!
//! `Auth: [SMB2,(null)] user [DOM]\[USER] at [TIME] with [HOW] status [NT_STATUS_…] workstation
//! [NAME] remote host [ipv4:ADDR:PORT] mapped to [DOM]\[USER]. local host [ipv4:ADDR:PORT]`. User,
//! domain and workstation are what the client sent, brackets and all.

use super::super::util::{addr_port, between, set_dest, set_port, set_src, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

/// Parses a message; false where it is no such line.
pub(in crate::parse) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let msg = msg.trim_start();
    let Some(rest) = msg.strip_prefix("Auth: [") else {
        return msg.strip_prefix("Successful AuthZ: [").is_some_and(|rest| granted(rest, ctx, d));
    };
    let Some((service, rest)) = rest.split_once("] user [") else { return false };
    // All that is said of the outcome must agree: a name may say it too.
    let mut said = rest.match_indices("] status [").filter_map(|(at, m)| rest.get(at + m.len()..)).peekable();
    if said.peek().is_none() {
        return false;
    }
    let success = said.all(|s| s.starts_with("NT_STATUS_OK]"));
    if success {
        d.event(EventType::Login, Outcome::Success);
    } else {
        super::super::util::failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
    }
    if let Some(reason) = between(rest, "] status [", "]").filter(|s| s.starts_with("NT_STATUS_")) {
        d.field("status", reason);
    }
    d.set_default(Ov::Resource, service);
    // `DOM]\[USER] at [`
    if let Some((who, _)) = rest.split_once("] at [")
        && let Some((domain, user)) = who.split_once("]\\[")
    {
        set_user(d, user);
        if !domain.is_empty() && domain != "(null)" {
            d.field("domain", domain);
        }
    }
    ends(rest, d);
    d.logsource(ctx.ls.application);
    true
}

/// What a session may do, once it is let in: no log-in of its own.
fn granted(rest: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some((service, rest)) = rest.split_once("] user [") else { return false };
    d.event(EventType::SessionStart, Outcome::Success);
    d.set_default(Ov::Resource, service);
    if let Some((_, user)) = rest.split_once("] [").and_then(|(who, _)| who.split_once("]\\[")) {
        set_user(d, user);
    }
    ends(rest, d);
    d.logsource(ctx.ls.application);
    true
}

/// Both ends of the connection, where only one place could tell each.
fn ends(rest: &str, d: &mut Draft<'_>) {
    let only = |mark: &str| {
        let mut found = rest.match_indices(mark).filter_map(|(at, m)| rest.get(at + m.len()..)?.split_once(']'));
        found.next().filter(|_| found.next().is_none()).and_then(|(place, _)| address(place))
    };
    if let Some((addr, port)) = only(" remote host [") {
        set_src(d, addr);
        set_port(d, Ov::SrcPort, port);
    }
    if let Some((addr, port)) = only(" local host [") {
        set_dest(d, addr);
        set_port(d, Ov::DestPort, port);
    }
}

/// `ipv4:ADDR:PORT`, `ipv6:ADDR:PORT`.
pub(in crate::parse) fn address(place: &str) -> Option<(&str, &str)> {
    if let Some(rest) = place.strip_prefix("ipv6:") {
        return rest.rsplit_once(':');
    }
    place.strip_prefix("ipv4:").map(addr_port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventRow;
    use crate::parse::{syslog, testing::one, text};

    fn auth(user: &str, status: &str) -> String {
        format!(
            "  Auth: [SMB2,(null)] user [CORP]\\[{user}] at [Sat, 02 Mar 2024 08:00:00.123456 UTC] with [NTLMv2] status [{status}] workstation [WS1] remote host [ipv4:203.0.113.9:50123] mapped to [CORP]\\[{user}]. local host [ipv4:10.0.0.5:445]"
        )
    }

    fn told(e: &EventRow) -> [&str; 4] {
        [Ov::User, Ov::SrcIp, Ov::SrcPort, Ov::DestIp].map(|n| e.ov(n).unwrap_or(""))
    }

    #[test]
    fn log_ins() {
        let e = one(&auth("bob", "NT_STATUS_WRONG_PASSWORD"), text::parse);
        assert_eq!((e.event_type, e.outcome), (EventType::LoginFailed, Outcome::Failure));
        assert_eq!(told(&e), ["bob", "203.0.113.9", "50123", "10.0.0.5"]);
        assert_eq!(e.time.to_rfc3339(), "2024-03-02T08:00:00.123456Z");
        let e = one(&format!("Mar  2 08:00:00 fs1 smbd[12]: {}", auth("bob", "NT_STATUS_OK")), syslog::parse);
        assert_eq!((e.event_type, e.outcome), (EventType::Login, Outcome::Success));
        assert_eq!(told(&e), ["bob", "203.0.113.9", "50123", "10.0.0.5"]);
    }

    #[test]
    fn a_name_is_no_address() {
        let name = "x] at [y] with [z] status [NT_STATUS_OK] workstation [w] remote host [ipv4:6.6.6.6:1] mapped to [a";
        let e = one(&auth(name, "NT_STATUS_WRONG_PASSWORD"), text::parse);
        assert_eq!((e.event_type, e.outcome, e.ov(Ov::SrcIp)), (EventType::LoginFailed, Outcome::Failure, None));
    }
}
