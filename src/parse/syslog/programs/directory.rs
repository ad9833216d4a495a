//! Servers that others ask who somebody is: Kerberos, LDAP, RADIUS.

use super::super::util::{digits, failed, is_ip, pair, set_port, set_src, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

/// MIT's Kerberos: `AS_REQ (…) ADDR: VERDICT: PRINCIPAL for SERVICE, …`. The principal is the
/// client's, the address stands before it.
pub(super) fn kerberos(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.auth);
    let (kind, rest) = match (msg.strip_prefix("AS_REQ ("), msg.strip_prefix("TGS_REQ (")) {
        (Some(rest), _) => ("AS_REQ", rest),
        (_, Some(rest)) => ("TGS_REQ", rest),
        _ => return,
    };
    let Some((addr, rest)) = rest.split_once(") ").and_then(|(_, r)| r.split_once(": ")) else { return };
    let Some((verdict, rest)) = rest.split_once(": ") else { return };
    set_src(d, addr);
    d.field("request", kind);
    d.field("status", verdict);
    let rest = match rest.strip_prefix("authtime ") {
        // `authtime N, etypes {…}, PRINCIPAL for …`
        Some(issued) => issued.split_once("}, ").map_or(issued, |(_, r)| r),
        None => rest,
    };
    if let Some((principal, service)) = rest.split_once(" for ") {
        set_user(d, principal);
        d.set(Ov::Resource, service.split(',').next().unwrap_or(""));
    }
    match (kind, verdict) {
        ("AS_REQ", "ISSUE") => d.event(EventType::Login, Outcome::Success),
        // The first half of each log-in.
        (_, "NEEDED_PREAUTH") => d.event(EventType::Other, Outcome::Unknown),
        ("AS_REQ", "PREAUTH_FAILED" | "CLIENT_NOT_FOUND" | "LOCKED_OUT" | "CLIENT EXPIRED" | "CLIENT KEY EXPIRED") => {
            failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        }
        (_, "ISSUE") => d.event(EventType::Connection, Outcome::Success),
        _ => d.event(EventType::Connection, Outcome::Failure),
    }
}

/// OpenLDAP: `conn=1 fd=2 ACCEPT from IP=ADDR:PORT (…)`, `conn=1 op=0 BIND dn="…" method=128`,
/// `conn=1 op=0 RESULT tag=97 err=49 …`. Each tells a part; the number joins them.
pub(super) fn ldap(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.auth);
    let Some(rest) = msg.strip_prefix("conn=") else { return };
    let number = digits(rest);
    if number.is_empty() {
        return;
    }
    d.set(Ov::SessionId, number);
    let rest = rest.get(number.len()..).unwrap_or("");
    if let Some((_, from)) = rest.split_once(" ACCEPT from IP=") {
        d.event(EventType::Connection, Outcome::Success);
        let (addr, port) = super::super::util::addr_port(from.split(' ').next().unwrap_or(""));
        set_src(d, addr);
        set_port(d, Ov::SrcPort, port);
        return;
    }
    let rest = rest.strip_prefix(" op=").and_then(|r| r.split_once(' ')).map_or("", |(_, r)| r);
    if let Some(dn) = rest.strip_prefix("BIND dn=\"") {
        d.event(EventType::Connection, Outcome::Unknown);
        set_user(d, dn.rsplit_once('"').map_or(dn, |(u, _)| u));
    } else if let Some(code) = rest.strip_prefix("RESULT tag=97 err=") {
        match digits(code) {
            "0" => d.event(EventType::Login, Outcome::Success),
            "49" | "50" | "53" => failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT),
            _ => d.event(EventType::Connection, Outcome::Unknown),
        }
    }
}

/// FreeRADIUS: `(1) Login incorrect (WHY): [USER/…] (from client NAS port 0 cli WHO)`.
pub(super) fn radius(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.auth);
    let text = msg.strip_prefix("Auth: ").unwrap_or(msg);
    let text = text.strip_prefix('(').and_then(|r| r.split_once(") ")).map_or(text, |(_, r)| r);
    let text = text.strip_prefix("Auth: ").unwrap_or(text);
    let verdict = if let Some(rest) = text.strip_prefix("Login OK") {
        d.event(EventType::Login, Outcome::Success);
        rest
    } else if let Some(rest) = text.strip_prefix("Login incorrect").or_else(|| text.strip_prefix("Invalid user")) {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        rest
    } else {
        return;
    };
    // The name is the client's; what the server adds is last.
    let Some((head, tail)) = verdict.rsplit_once(" (from client ") else { return };
    if let Some((_, user)) = head.split_once(": [") {
        let user = user.strip_suffix(']').unwrap_or(user);
        set_user(d, user.rsplit_once('/').map_or(user, |(u, _)| u));
    }
    d.set_default(Ov::Resource, tail.split(' ').next().unwrap_or(""));
    if let Some(cli) = pair_after(tail, " cli ").filter(|c| is_ip(c)) {
        set_src(d, cli);
    }
}

fn pair_after<'a>(s: &'a str, key: &str) -> Option<&'a str> {
    s.split_once(key).map(|(_, r)| r.split([' ', ')']).next().unwrap_or(""))
}

/// OpenVPN: whom a client turned out to be. Its refusals are read by their words.
pub(super) fn openvpn(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some((head, tail)) = msg.split_once("] Peer Connection Initiated with [AF_INET") else { return false };
    let Some((peer, user)) = head.split_once(" [") else { return false };
    let Some((_, addr)) = tail.split_once(']') else { return false };
    // The server's own place for the address, twice the same.
    let ((addr, port), (first, _)) = (super::super::util::addr_port(addr.trim()), super::super::util::addr_port(peer));
    if super::super::util::bare(first) != super::super::util::bare(addr) {
        return false;
    }
    d.event(EventType::Login, Outcome::Success);
    d.logsource(ctx.ls.application);
    set_user(d, user);
    set_src(d, addr);
    set_port(d, Ov::SrcPort, port);
    true
}

/// OpenSMTPD: `SESSION smtp authentication user=U address=A host=H result=R`.
pub(super) fn opensmtpd(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some((session, rest)) = msg.split_once(" smtp authentication user=") else { return false };
    let Some((who, result)) = rest.rsplit_once(" result=") else { return false };
    if session.contains(' ') {
        return false;
    }
    if result.starts_with("ok") {
        d.event(EventType::Login, Outcome::Success);
    } else {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
    }
    d.logsource(ctx.ls.mail);
    set_user(d, who.split(' ').next().unwrap_or(""));
    if who.matches("address=").count() == 1 {
        set_src(d, pair(who, "address=").unwrap_or(""));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{syslog, testing::one};

    #[test]
    fn who_is_it() {
        use EventType::{Connection, Login, LoginFailed, Other};
        for (program, msg, kind, outcome, user, src) in [
            (
                "krb5kdc[7](info)",
                "AS_REQ (8 etypes {18 17}) 203.0.113.9: PREAUTH_FAILED: bob@EXAMPLE.ORG for krbtgt/EXAMPLE.ORG@EXAMPLE.ORG, Preauthentication failed",
                LoginFailed,
                Outcome::Failure,
                "bob@EXAMPLE.ORG",
                "203.0.113.9",
            ),
            (
                "krb5kdc[7](info)",
                "AS_REQ (8 etypes {18 17}) 203.0.113.9: NEEDED_PREAUTH: bob@EXAMPLE.ORG for krbtgt/X@X, Additional",
                Other,
                Outcome::Unknown,
                "bob@EXAMPLE.ORG",
                "203.0.113.9",
            ),
            (
                "krb5kdc[7](info)",
                "AS_REQ (8 etypes {18 17}) 203.0.113.9: ISSUE: authtime 1709366400, etypes {rep=18 tkt=18 ses=18}, bob@X for krbtgt/X@X",
                Login,
                Outcome::Success,
                "bob@X",
                "203.0.113.9",
            ),
            (
                "krb5kdc[7]",
                "AS_REQ (8 etypes {18 17}) 203.0.113.9: CLIENT_NOT_FOUND: 6.6.6.6: ISSUE: eve for krbtgt/X@X, Client not found",
                LoginFailed,
                Outcome::Failure,
                "6.6.6.6: ISSUE: eve",
                "203.0.113.9",
            ),
            (
                "slapd[7]",
                "conn=1001 fd=12 ACCEPT from IP=203.0.113.9:40000 (IP=0.0.0.0:389)",
                Connection,
                Outcome::Success,
                "",
                "203.0.113.9",
            ),
            (
                "slapd[7]",
                "conn=1001 op=0 BIND dn=\"cn=admin,dc=example,dc=org\" method=128",
                Connection,
                Outcome::Unknown,
                "cn=admin,dc=example,dc=org",
                "",
            ),
            ("slapd[7]", "conn=1001 op=0 RESULT tag=97 err=49 text=", LoginFailed, Outcome::Failure, "", ""),
            ("slapd[7]", "conn=1001 op=0 RESULT tag=97 err=0 text=", Login, Outcome::Success, "", ""),
            (
                "radiusd[7]",
                "(1) Login incorrect (mschap: MS-CHAP2-Response is incorrect): [bob/<via Auth-Type = mschap>] (from client ap1 port 0 cli AA-BB-CC-DD-EE-FF)",
                LoginFailed,
                Outcome::Failure,
                "bob",
                "",
            ),
            (
                "freeradius[7]",
                "(1) Login OK: [bob/<via Auth-Type = mschap>] (from client vpn1 port 0 cli 203.0.113.9)",
                Login,
                Outcome::Success,
                "bob",
                "203.0.113.9",
            ),
            (
                "openvpn[7]",
                "203.0.113.9:1194 [bob] Peer Connection Initiated with [AF_INET]203.0.113.9:1194",
                Login,
                Outcome::Success,
                "bob",
                "203.0.113.9",
            ),
            (
                "smtpd[7]",
                "0f3b smtp authentication user=bob address=203.0.113.9 host=x result=permfail",
                LoginFailed,
                Outcome::Failure,
                "bob",
                "203.0.113.9",
            ),
            ("smtpd[7]", "0f3b smtp authentication user=bob result=ok", Login, Outcome::Success, "bob", ""),
        ] {
            let e = one(&format!("Mar  2 08:00:00 h {program}: {msg}"), syslog::parse);
            assert_eq!((e.event_type, e.outcome), (kind, outcome), "{msg}");
            assert_eq!([Ov::User, Ov::SrcIp].map(|n| e.ov(n).unwrap_or("")), [user, src], "{msg}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_panic(p in "(krb5kdc|slapd|radiusd|openvpn|smtpd)", s in "(AS_REQ \\(|\\) |: |conn=1|op=0 |BIND dn=\"|Login OK|\\[|/|\\] Peer Connection Initiated with \\[AF_INET|6.6.6.6|é| smtp authentication user=| result=){0,16}") {
            let _ = one(&format!("Mar  2 08:00:00 h {p}[7]: {s}"), syslog::parse);
        }
    }
}
