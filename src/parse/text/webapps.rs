//! Applications of the web that write logs of their own in a form of their own.

use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;
use crate::parse::syslog::{programs, set_src};

/// Parses a message behind its time; false where it is none of these.
pub(in crate::parse) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let mark = b"[org.keycloak.events] ";
    // Not farther than a level's name and a thread's are long.
    let head = msg.as_bytes().get(..80 + mark.len()).unwrap_or(msg.as_bytes());
    let known = match memchr::memmem::find(head, mark) {
        Some(at) => keycloak(msg.get(at + mark.len()..).unwrap_or(""), d),
        _ => programs::roundcube(msg, d) || gitea(msg, d),
    };
    if known {
        d.logsource(ctx.ls.application);
    }
    known
}

/// A log-in, let in or refused, as the application says it ended.
pub(in crate::parse) fn login(success: bool, d: &mut Draft<'_>) {
    if success {
        d.event(EventType::Login, Outcome::Success);
    } else {
        d.event(EventType::LoginFailed, Outcome::Failure);
        d.flag(RecordFlags::ACT_VERDICT);
    }
}

/// Keycloak: `(thread) type="LOGIN_ERROR", realmId="…", clientId="…", …, ipAddress="…", …,
/// username="…"`, in older versions without quotes. Client and user names are as sent.
pub(in crate::parse) fn keycloak(rest: &str, d: &mut Draft<'_>) -> bool {
    let Some(pairs) = rest.split_once("type=").filter(|(h, _)| h.len() < 64).map(|(_, p)| p) else { return false };
    // Of two with one name, a client wrote one.
    let value = |v: &'static str| {
        let mut at = memchr::memmem::find_iter(pairs.as_bytes(), v);
        let rest = at.next().filter(|_| at.next().is_none()).and_then(|at| pairs.get(at + v.len()..))?;
        let (rest, end) = rest.strip_prefix('"').map_or((rest, ','), |rest| (rest, '"'));
        rest.split(end).next().filter(|v| !v.is_empty())
    };
    match pairs.trim_start_matches('"').split(['"', ',']).next().unwrap_or("") {
        "LOGIN" => login(true, d),
        "LOGIN_ERROR" => login(false, d),
        "LOGOUT" => d.event(EventType::Logout, Outcome::Success),
        "UPDATE_PASSWORD" => d.event(EventType::PasswordChanged, Outcome::Success),
        _ => d.event(EventType::Other, Outcome::Unknown),
    }
    if let Some(user) = value(", username=") {
        d.set(Ov::User, user);
    }
    set_src(d, value(", ipAddress=").unwrap_or(""));
    d.set(Ov::Process, "keycloak");
    true
}

/// Gitea and Forgejo: `…auth.go:199:SignInPost() [I] Failed authentication attempt for NAME from
/// ADDR:PORT: WHY`.
fn gitea(msg: &str, d: &mut Draft<'_>) -> bool {
    let Some((head, rest)) = msg.split_once("Failed authentication attempt for ") else { return false };
    if !head.ends_with("] ") || !head.contains(".go:") || head.trim_end().contains("  ") {
        return false;
    }
    login(false, d);
    // Where the name says ` from ` itself, nobody is accused.
    let mut parts = rest.split(" from ");
    let (name, after, more) = (parts.next().unwrap_or(""), parts.next(), parts.next());
    d.set(Ov::User, name);
    if let (Some(after), None) = (after, more) {
        let place = after.split(' ').next().unwrap_or("").trim_end_matches(':');
        let addr = match place.rsplit_once(':') {
            Some((a, p)) if p.bytes().all(|b| b.is_ascii_digit()) && (a.starts_with('[') || !a.contains(':')) => a,
            _ => place,
        };
        set_src(d, addr);
    }
    d.set(Ov::Process, "gitea");
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{syslog, testing::one, text};

    #[test]
    fn log_ins() {
        let k = "2024-03-02 08:00:00,123 WARN  [org.keycloak.events] (executor-thread-1) ";
        let g = "2024/03/02 08:00:00 ...rs/web/auth/auth.go:199:SignInPost() [W] Failed authentication attempt for ";
        for (line, kind, user, src) in [
            (
                format!(
                    "{k}type=\"LOGIN_ERROR\", realmId=\"x\", clientId=\"account\", userId=\"null\", ipAddress=\"203.0.113.9\", error=\"user_not_found\", username=\"bob\""
                ),
                EventType::LoginFailed,
                "bob",
                "203.0.113.9",
            ),
            (
                format!(
                    "{k}type=LOGIN_ERROR, realmId=x, clientId=account, userId=null, ipAddress=203.0.113.9, error=user_not_found, username=bob"
                ),
                EventType::LoginFailed,
                "bob",
                "203.0.113.9",
            ),
            (
                format!(
                    "{k}type=LOGIN_ERROR, realmId=x, clientId=a, ipAddress=6.6.6.6, userId=null, ipAddress=203.0.113.9, username=bob"
                ),
                EventType::LoginFailed,
                "bob",
                "",
            ),
            (
                format!(
                    "{k}type=\"LOGIN_ERROR\", realmId=\"x\", ipAddress=\"203.0.113.9\", username=\"\", foo=\"bar\""
                ),
                EventType::LoginFailed,
                "",
                "203.0.113.9",
            ),
            (
                format!("{k}type=LOGIN_ERROR, realmId=x, ipAddress=203.0.113.9, username=, foo=bar"),
                EventType::LoginFailed,
                "",
                "203.0.113.9",
            ),
            (
                format!("{k}type=\"LOGIN\", realmId=\"x\", userId=\"1\", ipAddress=\"203.0.113.9\", username=\"bob\""),
                EventType::Login,
                "bob",
                "203.0.113.9",
            ),
            (
                format!("{g}bob from 203.0.113.9:40000: user's password is invalid"),
                EventType::LoginFailed,
                "bob",
                "203.0.113.9",
            ),
            (
                format!("{g}bob from [2001:db8::7]:40000: user does not exist [uid: 0, name: bob]"),
                EventType::LoginFailed,
                "bob",
                "2001:db8::7",
            ),
            (
                format!("{g}bob from 6.6.6.6: from 203.0.113.9:40000: user does not exist"),
                EventType::LoginFailed,
                "bob",
                "",
            ),
        ] {
            let e = one(&line, text::parse);
            assert_eq!(
                (e.event_type, [Ov::User, Ov::SrcIp].map(|n| e.ov(n).unwrap_or(""))),
                (kind, [user, src]),
                "{line}"
            );
        }
        let e = one(
            &format!("Mar  2 08:00:00 git gitea[8]: {g}bob from 203.0.113.9:40000: user's password is invalid"),
            syslog::parse,
        );
        assert_eq!((e.event_type, e.ov(Ov::SrcIp)), (EventType::LoginFailed, Some("203.0.113.9")));
    }
}
