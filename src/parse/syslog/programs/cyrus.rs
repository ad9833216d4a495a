//! Cyrus: `badlogin: NAME [ADDR] MECHANISM ACCOUNT REASON`. The address stands before what the
//! client sent.

use super::super::util::{between, failed, is_ip, set_client, set_user};
use crate::event::{Draft, EventType, RecordFlags};
use crate::parse::Ctx;

/// Parses a refused log-in; false where it is none.
pub(super) fn badlogin(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some(rest) = msg.strip_prefix("badlogin: ") else { return false };
    let Some((name, rest)) = rest.split_once('[') else { return false };
    let Some((addr, rest)) = rest.split_once("] ") else { return false };
    if name.trim_end().contains(' ') || !is_ip(super::super::util::bare(addr)) {
        return false;
    }
    failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
    d.logsource(ctx.ls.auth);
    set_client(d, name.trim_end(), addr);
    let (mechanism, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    // `(ACCOUNT) [REASON]`, `ACCOUNT SASL(…): REASON`, `ACCOUNT [REASON]`, `[REASON]`
    let plain = matches!(mechanism, "plaintext" | "LOGIN");
    let user = match rest.strip_prefix('(') {
        Some(named) => named.rsplit_once(") [").map_or(named.trim_end_matches(')'), |(u, _)| u),
        None if rest.starts_with('[') || rest.starts_with("SASL(") => {
            between(rest, "): user not found: user: ", " property: ").unwrap_or("")
        }
        None => Some(rest)
            .filter(|r| r.ends_with(']'))
            .and_then(|r| r.rsplit_once(" ["))
            .or_else(|| rest.rsplit_once(" SASL("))
            .map_or_else(|| if plain { rest.split(' ').next().unwrap_or("") } else { "" }, |(u, _)| u),
    };
    set_user(d, user);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Ov;
    use crate::parse::{syslog, testing::one};

    #[test]
    fn refused() {
        for (line, user, src) in [
            (
                "cyrus/imap[1]: badlogin: h.example.org [203.0.113.5] plaintext bob SASL(-13): authentication failure: checkpass failed",
                "bob",
                "203.0.113.5",
            ),
            (
                "cyrus/imaps[1]: badlogin: [203.0.113.5] PLAIN [SASL(-13): authentication failure: Password verification failed]",
                "",
                "203.0.113.5",
            ),
            (
                "cyrus/pop3[1]: badlogin: [203.0.113.5] plaintext (bob) [SASL(-13): authentication failure: checkpass failed]",
                "bob",
                "203.0.113.5",
            ),
            (
                "imaps[1]: badlogin: localhost [127.0.0.1] plaintext bob@example.org SASL(-13): user not found: checkpass failed",
                "bob@example.org",
                "127.0.0.1",
            ),
            (
                "cyrus/lmtpunix[1]: badlogin: [203.0.113.5] LOGIN bob@example.org [SASL(-13): user not found: no secret in database]",
                "bob@example.org",
                "203.0.113.5",
            ),
            (
                "imap[1]: badlogin: h [203.0.113.5] plaintext x [6.6.6.6] SASL(-13) y SASL(-13): no",
                "x [6.6.6.6] SASL(-13) y",
                "203.0.113.5",
            ),
            ("sieve[1]: badlogin: h[203.0.113.5] PLAIN authentication failure", "", "203.0.113.5"),
            (
                "cyrus/imaps[1]: badlogin: h [203.0.113.5] plain [SASL(-13): user not found: user: bob@h property: x not found in sasldb]",
                "bob@h",
                "203.0.113.5",
            ),
            ("cyrus/imap[1]: badlogin: h [2001:db8::7] plaintext bob invalid user", "bob", "2001:db8::7"),
        ] {
            let e = one(&format!("Mar  2 08:00:00 m {line}"), syslog::parse);
            assert_eq!(e.event_type, EventType::LoginFailed, "{line}");
            assert_eq!([Ov::User, Ov::SrcIp].map(|n| e.ov(n).unwrap_or("")), [user, src], "{line}");
        }
    }
}
