//! A time that a program writes itself, where a logger has put another before it.
//!
//! Daemons that write a file of their own begin each line with a time. Where such lines are
//! handed to syslog (a pipe to `logger`, a forwarder that reads the file), that time is the
//! beginning of the message; what is said stands behind it.

use crate::parse::{Ctx, time};

/// Programs whose parsers read their own times.
const READ_IT: &[&str] = &[
    "filterlog",
    "haproxy",
    "kernel",
    "mariadb",
    "mariadbd",
    "mysql",
    "mysqld",
    "mysqld_safe",
    "nginx",
    "postgres",
    "postgresql",
    "postmaster",
];

/// The message behind the program's own time, its tag and the host's name, as far as they
/// stand there.
#[inline]
pub(super) fn behind<'a>(name: &str, msg: &'a str, ctx: &Ctx) -> &'a str {
    if !may_begin(msg.as_bytes()) || READ_IT.contains(&name) {
        return msg;
    }
    cut(msg, ctx).map_or(msg, |rest| tag(name, rest))
}

/// Whether a time could begin here; asked of every message.
fn may_begin(b: &[u8]) -> bool {
    let b = b.strip_prefix(b"[").unwrap_or(b);
    match b {
        [b'0'..=b'9', b'0'..=b'9', b'/' | b'-' | b'.', ..] => true,
        [b'1' | b'2', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-' | b'/' | b'.' | b' ', ..] => true,
        // `260302  8:00:00`, `20260302-08:00:00`, seconds since 1970 and a colon
        [b'0'..=b'9', b'0'..=b'9', _, _, _, _, _, _, b'-', b'0'..=b'9', ..] => true,
        [b'1' | b'2', b'0'..=b'9', .., _] if matches!(b.get(10), Some(b':')) => true,
        [b'A'..=b'Z', b'a'..=b'z', b'a'..=b'z', b' ', ..] => true,
        _ => false,
    }
}

/// What stands behind a time at the start of a message.
fn cut<'a>(msg: &'a str, ctx: &Ctx) -> Option<&'a str> {
    let (text, open) = msg.strip_prefix('[').map_or((msg, false), |text| (text, true));
    let b = text.as_bytes();
    let len = match time::dated(b, ctx) {
        Some(stamp) => stamp.len,
        // `1772438400: Client …`
        None => time::epoch(b).filter(|stamp| b.get(stamp.len..).is_some_and(|r| r.starts_with(b": ")))?.len,
    };
    let rest = text.get(len..)?;
    let rest = if open { rest.strip_prefix(']')? } else { rest };
    let said = rest.trim_start_matches([' ', ':', ',', '\t', '|', '-']);
    ((open || said.len() < rest.len()) && !said.is_empty()).then_some(said)
}

/// Cuts the program's tag, with the host before it or not: `h1 krb5kdc[12](info): `.
fn tag<'a>(name: &str, rest: &'a str) -> &'a str {
    let own = |text: &'a str| {
        let after = text.strip_prefix(name).filter(|_| !name.is_empty())?;
        let end = after.find(": ").filter(|end| *end < 32)?;
        let between = after.get(..end)?;
        let number = between.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'[' | b']' | b'(' | b')'));
        (number && !between.starts_with(|c: char| c.is_ascii_alphanumeric())).then(|| after.get(end + 2..))?
    };
    let behind_host = || rest.split_once(' ').and_then(|(_, after)| own(after));
    own(rest).or_else(behind_host).unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EventType, Ov, Ts};
    use crate::parse::{syslog, testing::one};

    #[test]
    fn what_is_said_behind_it() {
        let ctx = Ctx::utc(Ts::parse_rfc3339("2026-11-20T00:00:00Z").unwrap());
        for time in [
            "2026-03-02 08:00:00 ",
            "2026-03-02 08:00:00: ",
            "2026-03-02 08:00:00,123 ",
            "2026-03-02T08:00:00.123Z ",
            "2026/03/02 08:00:00 ",
            "[2026-03-02 08:00:00] ",
            "[2026-03-02 08:00:00.123]",
            "[Mon Mar 02 08:00:00.123456 2026] ",
            "Mon Mar  2 08:00:00 2026 : ",
            "Mar  2 08:00:00 ",
            "[Mar  2 08:00:00] ",
            "02-Mar-2026 08:00:00.123 ",
            "[20260302-08:00:00] ",
            "1772438400: ",
            "2026-03-02 08:00:00 h1 proftpd[12]: ",
            "2026-03-02 08:00:00 proftpd(info): ",
        ] {
            assert_eq!(behind("proftpd", &format!("{time}said so"), &ctx), "said so", "{time}");
        }
        for msg in [
            "2026-03-02 08:00:00",
            "2026-03-02 08:00:00x",
            "[2026-03-02 08:00:00, 2] said so",
            "[pid 12] said so",
            "New session 12 of user bob.",
            "4F3A2B: client=a[192.0.2.1]",
            "1772438400 said so",
        ] {
            assert_eq!(behind("proftpd", msg, &ctx), msg, "{msg}");
        }
    }

    #[test]
    fn daemons_behind_two_times() {
        use EventType::{Connection, DnsQuery, HttpRequest, Login, LoginFailed, SshLoginFailed};
        for (msg, kind, user, src) in [
            (
                "lighttpd[126]: 2026-03-02 08:00:00: (mod_auth.c.525) password doesn't match for /admin username: bob IP: 203.0.113.5",
                LoginFailed,
                "bob",
                "203.0.113.5",
            ),
            (
                "lighttpd[126]: 2026-03-02 08:00:00: (http_auth.c.877) get_password failed, IP: 203.0.113.5",
                LoginFailed,
                "",
                "203.0.113.5",
            ),
            (
                "lighttpd[126]: 2026-03-02 08:00:00: (mod_auth.c.1222) digest: auth failed for  bob : wrong password, IP: 203.0.113.5",
                LoginFailed,
                "bob",
                "203.0.113.5",
            ),
            (
                "lighttpd: 2026-03-02 08:00:00: (mod_auth.c.828) password doesn't match for /x IP: 10.0.0.1 username: bob IP: 203.0.113.5",
                LoginFailed,
                "bob",
                "203.0.113.5",
            ),
            (
                "vsftpd: Mon Mar  2 08:00:00 2026 [pid 12] [bob] FAIL LOGIN: Client \"203.0.113.5\"",
                LoginFailed,
                "bob",
                "203.0.113.5",
            ),
            (
                "pure-ftpd: 2026-03-02 08:00:00 (?@203.0.113.5) [WARNING] Authentication failed for user [bob]",
                LoginFailed,
                "bob",
                "203.0.113.5",
            ),
            (
                "dovecot: Mar 02 08:00:00 imap-login: Info: Aborted login (auth failed, 1 attempts in 2 secs): user=<bob>, method=PLAIN, rip=203.0.113.5, lip=10.0.0.1",
                LoginFailed,
                "bob",
                "203.0.113.5",
            ),
            (
                "asterisk[1]: [2026-03-02 08:00:00] SECURITY[12] res_security_log.c: SecurityEvent=\"InvalidPassword\",EventTV=\"x\",AccountID=\"bob\",SessionID=\"1\",RemoteAddress=\"IPV4/UDP/203.0.113.5/5060\"",
                LoginFailed,
                "bob",
                "203.0.113.5",
            ),
            (
                "radiusd: Mon Mar  2 08:00:00 2026 : Auth: (5) Login OK: [bob/x] (from client ap port 1 cli 203.0.113.5)",
                Login,
                "bob",
                "203.0.113.5",
            ),
            (
                "krb5kdc: Mar 02 08:00:00 h1 krb5kdc[12](info): AS_REQ (8 etypes {18}) 203.0.113.5: PREAUTH_FAILED: bob@X for krbtgt/X@X, x",
                LoginFailed,
                "bob@X",
                "203.0.113.5",
            ),
            (
                "dropbear: Mar 02 08:00:00 Bad password attempt for 'root' from 203.0.113.5:4711",
                SshLoginFailed,
                "root",
                "203.0.113.5",
            ),
            (
                "named: 02-Mar-2026 08:00:00.123 queries: info: client @0x7f 203.0.113.5#4711 (example.org): query: example.org IN A + (10.0.0.1)",
                DnsQuery,
                "",
                "203.0.113.5",
            ),
            (
                "httpd: [Mon Mar 02 08:00:00.1 2026] [auth_basic:error] [pid 9:tid 1] [client 203.0.113.5:4711] AH01617: user bob: authentication failure for \"/\": Password Mismatch",
                LoginFailed,
                "bob",
                "203.0.113.5",
            ),
            (
                "nginx: 2026/03/02 08:00:00 [error] 12#12: *5 user \"bob\": password mismatch, client: 203.0.113.5, server: _, request: \"GET / HTTP/1.1\"",
                LoginFailed,
                "bob",
                "203.0.113.5",
            ),
            (
                "haproxy[9]: 203.0.113.5:4711 [02/Mar/2026:08:00:00.123] fe be/s1 0/0/0/1/1 200 9 - - ---- 1/1/0/0/0 0/0 \"GET /x HTTP/1.1\"",
                HttpRequest,
                "",
                "203.0.113.5",
            ),
            ("xinetd[1]: 05/3/2@08:00:00: START: ftp pid=1234 from=203.0.113.5", Connection, "", "203.0.113.5"),
        ] {
            let e = one(&format!("Mar  2 08:00:00 h1 {msg}"), syslog::parse);
            let got = (e.event_type, e.ov(Ov::User).unwrap_or(""), e.ov(Ov::SrcIp).unwrap_or(""));
            assert_eq!(got, (kind, user, src), "{msg}");
            assert_eq!(&e.time.to_rfc3339()[..19], "2026-03-02T08:00:00", "{msg}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "[0-9a-zA-Zé:/. \\[\\]-]{0,40}") {
            let ctx = Ctx::utc(Ts(0));
            for head in ["", "[", "2026-03-02 08:00:00", "Mar  2 08:00:00 ", "[Mar  2 08:00:00", "1772438400"] {
                let _ = behind("é", &format!("{head}{s}"), &ctx);
            }
        }
    }
}
