//! Asterisk's security events: `SecurityEvent="NAME",EventTV="…",…,AccountID="…",…`.
//!
//! What the client sent (`AccountID`, `SessionID`, `Response`) stands in quotes that it may
//! close itself; where two addresses could be the client's or the server's, there is none.

use super::super::util::{set_dest, set_port, set_src, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

/// Parses a message; false where it is no such event.
pub(in crate::parse) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some(at) = msg.find("SecurityEvent=\"").filter(|at| own(msg.get(..*at).unwrap_or(""))) else { return false };
    let pairs = msg.get(at..).unwrap_or("");
    let Some(kind) = value(pairs, "SecurityEvent=\"") else { return false };
    let (event, outcome) = match kind {
        "SuccessfulAuth" => (EventType::Login, Outcome::Success),
        "InvalidPassword"
        | "InvalidAccountID"
        | "ChallengeResponseFailed"
        | "FailedACL"
        | "InvalidTransport"
        | "AuthMethodNotAllowed"
        | "UnexpectedAddress" => (EventType::LoginFailed, Outcome::Failure),
        "RequestBadFormat"
        | "RequestNotAllowed"
        | "RequestNotSupported"
        | "LoadAverageLimit"
        | "MemoryLimit"
        | "SessionLimit" => (EventType::Connection, Outcome::Failure),
        // The challenge before the answer, and what is to come.
        _ => (EventType::Connection, Outcome::Unknown),
    };
    d.event(event, outcome);
    if event == EventType::LoginFailed {
        d.flag(RecordFlags::ACT_VERDICT);
    }
    set_user(d, value(pairs, ",AccountID=\"").filter(|a| *a != "<unknown>").unwrap_or(""));
    d.set_default(Ov::Resource, value(pairs, ",Service=\"").unwrap_or(""));
    if let Some((addr, port)) = only(pairs, ",RemoteAddress=\"").and_then(place) {
        set_src(d, addr);
        set_port(d, Ov::SrcPort, port);
    }
    if let Some((addr, port)) = only(pairs, ",LocalAddress=\"").and_then(place) {
        set_dest(d, addr);
        set_port(d, Ov::DestPort, port);
    }
    d.logsource(ctx.ls.application);
    true
}

/// What may stand before an event: `SECURITY[123][C-1] res_security_log.c: `.
fn own(head: &str) -> bool {
    head.is_empty() || head.len() < 80 && head.starts_with("SECURITY[") && head.ends_with("res_security_log.c: ")
}

fn value<'a>(pairs: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = pairs.split_once(key)?;
    rest.split_once('"').map(|(v, _)| v)
}

/// The value of a key that stands there once: of two, a client wrote one.
fn only<'a>(pairs: &'a str, key: &str) -> Option<&'a str> {
    let mut places = memchr::memmem::find_iter(pairs.as_bytes(), key);
    let at = places.next().filter(|_| places.next().is_none())?;
    pairs.get(at..).and_then(|p| value(p, key))
}

/// `IPV4/UDP/192.0.2.7/5060`
fn place(s: &str) -> Option<(&str, &str)> {
    s.splitn(3, '/').nth(2)?.rsplit_once('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{syslog, testing::one, text};

    const REST: &str =
        "EventTV=\"2024-03-02T08:00:00.123+0000\",Severity=\"Error\",Service=\"PJSIP\",EventVersion=\"1\"";

    fn event(kind: &str, account: &str) -> String {
        format!(
            "SECURITY[1234] res_security_log.c: SecurityEvent=\"{kind}\",{REST},AccountID=\"{account}\",SessionID=\"x\",LocalAddress=\"IPV4/UDP/198.51.100.5/5060\",RemoteAddress=\"IPV4/UDP/203.0.113.9/5061\",Challenge=\"x\""
        )
    }

    #[test]
    fn log_ins() {
        for (kind, event_type, outcome) in [
            ("InvalidPassword", EventType::LoginFailed, Outcome::Failure),
            ("InvalidAccountID", EventType::LoginFailed, Outcome::Failure),
            ("ChallengeResponseFailed", EventType::LoginFailed, Outcome::Failure),
            ("SuccessfulAuth", EventType::Login, Outcome::Success),
            ("ChallengeSent", EventType::Connection, Outcome::Unknown),
        ] {
            for (raw, parse) in [
                (
                    format!("[2024-03-02 08:00:00] {}", event(kind, "100")),
                    text::parse as fn(&str, &Ctx, &mut Draft<'_>) -> bool,
                ),
                (format!("Mar  2 08:00:00 pbx asterisk[1234]: {}", event(kind, "100")), syslog::parse),
            ] {
                let e = one(&raw, parse);
                assert_eq!((e.event_type, e.outcome), (event_type, outcome), "{raw}");
                let got = [Ov::User, Ov::SrcIp, Ov::SrcPort, Ov::DestIp].map(|n| e.ov(n).unwrap_or("").to_owned());
                assert_eq!(got, ["100", "203.0.113.9", "5061", "198.51.100.5"], "{raw}");
            }
        }
    }

    #[test]
    fn an_account_is_no_address() {
        let e = one(
            &format!(
                "[2024-03-02 08:00:00] {}",
                event("InvalidAccountID", "x\",RemoteAddress=\"IPV4/UDP/6.6.6.6/1\",y=\"")
            ),
            text::parse,
        );
        assert_eq!((e.event_type, e.ov(Ov::SrcIp)), (EventType::LoginFailed, None));
        let e = one(
            &format!(
                "[2024-03-02 08:00:00] {}",
                event("InvalidAccountID", "x\",LocalAddress=\"IPV4/UDP/6.6.6.6/1\",y=\"")
            ),
            text::parse,
        );
        assert_eq!((e.ov(Ov::SrcIp), e.ov(Ov::DestIp), e.ov(Ov::DestPort)), (Some("203.0.113.9"), None, None));
        assert_ne!(
            one("[2024-03-02 08:00:00] app: bob wrote SecurityEvent=\"InvalidPassword\",RemoteAddress=\"IPV4/UDP/6.6.6.6/1\"", text::parse).ov(Ov::SrcIp),
            Some("6.6.6.6")
        );
    }
}
