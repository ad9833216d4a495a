//! Log-ins in the fixed sentences of programs, as a table.
//!
//! `{user}` is what a client typed and may hold anything, `{src}` what the program
//! wrote: what stands before the name is read from the left, what stands behind it
//! from the right. `{port}` is a port, `{*}` anything.

use super::super::util::{failed, set_port, set_src, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

/// What a sentence tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tells {
    /// A log-in.
    In,
    /// One that was refused.
    Refused,
    /// A part of a refused one, beside the line that says so.
    Notice,
    /// A step of a log-in.
    Step,
    /// A session ended.
    Out,
    /// The configuration of a machine was changed.
    Change,
}
use Tells::{Change, In, Notice, Out, Refused, Step};

type Table = &'static [(Tells, &'static str)];

/// strongSwan, behind the number of its thread and the name of its part. An identity is what
/// the peer sent, also where it looks like an address.
const IKE: Table = &[
    (In, "XAuth authentication of '{user}' successful"),
    (In, "RADIUS authentication of '{user}' successful"),
    (In, "IKE_SA {*} established between {*}]...{src}[{user}]"),
    (Refused, "XAuth authentication of '{user}' failed"),
    (Refused, "RADIUS authentication of '{user}' failed"),
    (Refused, "EAP method {*} failed for peer {user}"),
    (Refused, "tried {*} shared key for '{*}' - '{user}', but MAC mismatched"),
    (Refused, "tried {*} shared keys for '{*}' - '{user}', but MAC mismatched"),
    (Refused, "no shared key found for '{*}' - '{user}'"),
    (Refused, "no trusted {*} public key found for '{user}'"),
    (Notice, "EAP-MS-CHAPv2 verification failed{*}"),
    (Notice, "EAP method {*} failed"),
    (Notice, "signature validation failed{*}"),
    (Notice, "constraint check failed: {*}"),
    (Step, "authentication of '{user}' with {*} successful"),
    (Step, "EAP method {*} succeeded{*}"),
    (Step, "EAP-Identity response for '{user}'"),
];

const PHP_MY_ADMIN: Table = &[(Refused, "user denied: {user} ({*}) from {src}"), (In, "user ok: {user} from {src}")];

const WORDPRESS: Table = &[
    (In, "Accepted password for {user} from {src}"),
    (Refused, "Authentication failure for {user} from {src}"),
    (Refused, "Authentication attempt for unknown user {user} from {src}"),
    (Refused, "Blocked authentication attempt for {user} from {src}"),
    (Refused, "XML-RPC authentication failure for {user} from {src}"),
    (Refused, "XML-RPC authentication attempt for unknown user {user} from {src}"),
    (Refused, "XML-RPC multicall authentication failure from {src}"),
    (Refused, "REST authentication failure for {user} from {src}"),
];

const ROUNDCUBE: Table = &[
    (Refused, "<{*}> Failed login for {user} from {src} in session {*}"),
    (In, "<{*}> Successful login for {user} (ID: {*}) from {src} in session {*}"),
    (Refused, "Failed login for {user} from {src} in session {*}"),
    (In, "Successful login for {user} (ID: {*}) from {src} in session {*}"),
];

const COURIER: Table = &[
    (In, "LOGIN, user={user}, ip=[{src}], port=[{port}], protocol={*}"),
    (In, "LOGIN, user={user}, ip=[{src}], protocol={*}"),
    (Refused, "LOGIN FAILED, user={user}, ip=[{src}], port=[{port}]"),
    (Refused, "LOGIN FAILED, user={user}, ip=[{src}]"),
    (Refused, "LOGIN FAILED, method={*}, ip=[{src}]"),
];

const CYRUS: Table = &[(In, "login: {*} [{src}] {user} {*} User logged in{*}")];

const SYNOLOGY: Table = &[
    (Refused, "User [{user}] from [{src}] failed to log in via [{*}"),
    (Refused, "User [{user}] from [{src}] failed to sign in to [{*}"),
    (In, "User [{user}] from [{src}] logged in successfully via [{*}"),
    (In, "User [{user}] from [{src}] signed in to [{*}"),
];

const JUNOS: Table = &[
    (Step, "Authenticated user '{user}' at permission level '{*}'"),
    (Step, "Authenticated user '{user}' assigned to class '{*}'"),
    (Out, "User '{user}' logout"),
    (Change, "User '{user}' requested '{*}' operation{*}"),
    (In, "User '{user}' login, class {*}, ssh-connection '{src} {port} {*} {*}', client-mode '{*}'"),
    (In, "User '{user}' login, class {*}"),
    (Refused, "Login failed for user '{user}' from host '{src}'"),
    (Refused, "Login attempt for user '{user}' from host '{src}' with {*}"),
];

fn table(program: &str) -> Option<Table> {
    Some(match program {
        "charon" | "charon-systemd" | "charon-nm" | "charon-cmd" | "ipsec" | "strongswan" => IKE,
        "phpMyAdmin" => PHP_MY_ADMIN,
        "wordpress" | "wp" | "authlog" => WORDPRESS,
        "roundcube" => ROUNDCUBE,
        "imapd" | "imapd-ssl" | "pop3d" | "pop3d-ssl" => COURIER,
        "Connection" | "Auth" | "SYSTEM" => SYNOLOGY,
        "mgd" => JUNOS,
        _ if program.starts_with("courier") => COURIER,
        "imap" | "imaps" | "pop3" | "pop3s" | "sieve" | "timsieved" => CYRUS,
        _ => return None,
    })
}

/// Parses a message of a program that is here; false where its words are others.
pub(super) fn parse(program: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some(table) = table(program) else { return false };
    let msg = match program {
        _ if table.as_ptr() == IKE.as_ptr() => behind_thread(msg),
        // `UI_LOGIN_EVENT: `, where no message id stands in the header.
        "mgd" => msg.split_once(": ").filter(|(id, _)| id.starts_with("UI_")).map_or(msg, |(_, m)| m),
        _ => msg,
    };
    if !tells(table, msg, d) {
        return false;
    }
    d.logsource(ctx.ls.auth);
    true
}

/// Roundcube's own file.
pub(in crate::parse) fn roundcube(msg: &str, d: &mut Draft<'_>) -> bool {
    let own = msg.starts_with('<') && tells(ROUNDCUBE, msg, d);
    if own {
        d.set(Ov::Process, "roundcube");
    }
    own
}

/// `05[IKE] <name|3> `
fn behind_thread(msg: &str) -> &str {
    let Some((thread, rest)) = msg.split_once("] ") else { return msg };
    let known = thread.split_once('[').is_some_and(|(n, part)| {
        n.bytes().all(|b| b.is_ascii_digit()) && part.len() == 3 && part.bytes().all(|b| b.is_ascii_uppercase())
    });
    let rest = if known { rest } else { return msg };
    rest.strip_prefix('<').and_then(|r| r.split_once("> ")).map_or(rest, |(_, r)| r)
}

fn tells(table: Table, msg: &str, d: &mut Draft<'_>) -> bool {
    for (what, pattern) in table {
        let Some(found) = read(pattern, msg) else { continue };
        match what {
            In => d.event(EventType::Login, Outcome::Success),
            Refused => failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT),
            Notice => failed(d, EventType::LoginFailed, RecordFlags::ACT_NOTICE),
            Step => d.event(EventType::Other, Outcome::Success),
            Out => d.event(EventType::Logout, Outcome::Success),
            Change => d.event(EventType::ServiceChange, Outcome::Success),
        }
        set_user(d, found.user);
        if !found.src.is_empty() {
            set_src(d, found.src);
        }
        set_port(d, Ov::SrcPort, found.port);
        return true;
    }
    false
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Found<'m> {
    user: &'m str,
    src: &'m str,
    port: &'m str,
}

impl<'m> Found<'m> {
    fn put(&mut self, name: &str, value: &'m str) {
        match name {
            "user" => self.user = value,
            "src" => self.src = value,
            "port" => self.port = value,
            _ => {}
        }
    }
}

/// What stands at the marks of a pattern, where the whole message is as it says.
fn read<'m>(pattern: &str, msg: &'m str) -> Option<Found<'m>> {
    let mut found = Found::default();
    let (head, tail, named) = match pattern.split_once("{user}") {
        Some((head, tail)) => (head, tail, true),
        None => (pattern, "", false),
    };
    let rest = from_left(head, msg, named, &mut found)?;
    if named {
        found.user = from_right(tail, rest, &mut found)?;
    }
    Some(found)
}

/// Reads literals and marks from the left; gives what is left behind the last literal.
fn from_left<'m>(pattern: &str, msg: &'m str, more: bool, found: &mut Found<'m>) -> Option<&'m str> {
    let mut marks = pattern.split('{');
    let mut rest = msg.strip_prefix(marks.next()?)?;
    for mark in marks {
        let (name, literal) = mark.split_once('}')?;
        if literal.is_empty() {
            found.put(name, rest);
            return Some("");
        }
        let (value, after) = rest.split_once(literal)?;
        found.put(name, value);
        rest = after;
    }
    (more || rest.is_empty()).then_some(rest)
}

/// Reads them from the right; gives what stands before the first literal.
fn from_right<'m>(pattern: &str, msg: &'m str, found: &mut Found<'m>) -> Option<&'m str> {
    let mut rest = msg;
    let mut pattern = pattern;
    while let Some((before, mark)) = pattern.rsplit_once('{') {
        let (name, literal) = mark.split_once('}')?;
        rest = rest.strip_suffix(literal)?;
        // The literal before this mark.
        let own = before.rsplit('}').next().unwrap_or("");
        let (left, value) = rest.rsplit_once(own)?;
        found.put(name, value);
        rest = left;
        pattern = before.strip_suffix(own)?;
        if pattern.is_empty() {
            return Some(rest);
        }
        // Its own literal is read; the mark before it ends here.
    }
    rest.strip_suffix(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{syslog, testing::one, text};

    #[test]
    fn log_ins() {
        use EventType::{Login, LoginFailed};
        for (line, kind, user, src) in [
            ("vpn charon: 12[IKE] XAuth authentication of 'bob' successful", Login, "bob", ""),
            ("vpn charon: 12[IKE] <x|3> XAuth authentication of 'bob' failed", LoginFailed, "bob", ""),
            ("vpn charon[8]: 12[IKE] EAP method EAP_MSCHAPV2 failed for peer 192.0.2.7", LoginFailed, "192.0.2.7", ""),
            (
                "vpn charon: 12[IKE] EAP method EAP_TLS failed for peer bob@example.org",
                LoginFailed,
                "bob@example.org",
                "",
            ),
            (
                "vpn charon: 12[IKE] tried 1 shared key for '192.0.2.1' - '192.0.2.7', but MAC mismatched",
                LoginFailed,
                "192.0.2.7",
                "",
            ),
            (
                "vpn charon: 12[IKE] no shared key found for '192.0.2.1' - 'x' - '6.6.6.6'",
                LoginFailed,
                "x' - '6.6.6.6",
                "",
            ),
            (
                "vpn charon: 12[IKE] IKE_SA road[3] established between 192.0.2.1[vpn.example.org]...192.0.2.7[bob]",
                Login,
                "bob",
                "192.0.2.7",
            ),
            ("w phpMyAdmin[1]: user denied: root (mysql-denied) from 192.0.2.7", LoginFailed, "root", "192.0.2.7"),
            ("w phpMyAdmin[1]: user ok: root from 192.0.2.7", Login, "root", "192.0.2.7"),
            (
                "w wordpress(example.org)[1]: XML-RPC authentication failure for admin from 192.0.2.7",
                LoginFailed,
                "admin",
                "192.0.2.7",
            ),
            (
                "w wordpress(example.org)[1]: Authentication failure for a from 6.6.6.6 from 192.0.2.7",
                LoginFailed,
                "a from 6.6.6.6",
                "192.0.2.7",
            ),
            ("m imapd: LOGIN, user=bob, ip=[::ffff:192.0.2.7], port=[51000], protocol=IMAP", Login, "bob", "192.0.2.7"),
            (
                "m courier-pop3d: LOGIN FAILED, user=b, ip=[6.6.6.6], ip=[::ffff:192.0.2.7]",
                LoginFailed,
                "b, ip=[6.6.6.6]",
                "192.0.2.7",
            ),
            (
                "m cyrus/imap[1]: login: h.example.org [192.0.2.7] bob plaintext+TLS User logged in SESSIONID=<x>",
                Login,
                "bob",
                "192.0.2.7",
            ),
            (
                "n Connection: User [admin] from [192.0.2.7] failed to log in via [DSM] due to authorization failure.",
                LoginFailed,
                "admin",
                "192.0.2.7",
            ),
            (
                "n Connection: User [admin] from [192.0.2.7] logged in successfully via [DSM].",
                Login,
                "admin",
                "192.0.2.7",
            ),
            (
                "s mgd[8]: UI_LOGIN_EVENT: User 'admin' login, class 'super' [8], ssh-connection '192.0.2.7 51000 10.0.0.1 22', client-mode 'cli'",
                Login,
                "admin",
                "192.0.2.7",
            ),
            (
                "m roundcube: <abc> Failed login for bob from 192.0.2.7 in session abc (error: 0)",
                LoginFailed,
                "bob",
                "192.0.2.7",
            ),
        ] {
            let e = one(&format!("Nov 22 03:00:01 {line}"), syslog::parse);
            let got = (e.event_type, e.ov(Ov::User).unwrap_or(""), e.ov(Ov::SrcIp).unwrap_or(""));
            assert_eq!(got, (kind, user, src), "{line}");
        }
        let e = one(
            "[22-Nov-2026 03:00:01 +0000]: <abc> Successful login for bob (ID: 1) from 192.0.2.7 in session abc",
            text::parse,
        );
        assert_eq!((e.event_type, e.ov(Ov::User), e.ov(Ov::SrcIp)), (Login, Some("bob"), Some("192.0.2.7")));
        let e = one("Nov 22 03:00:01 vpn charon: 09[IKE] authentication of 'bob' with EAP successful", syslog::parse);
        assert_eq!((e.event_type, e.outcome, e.ov(Ov::User)), (EventType::Other, Outcome::Success, Some("bob")));
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_name_is(user in "\\PC{1,20}") {
            for (pattern, msg) in [
                ("a {user} from {src}", format!("a {user} from 192.0.2.7")),
                ("<{*}> a {user} (ID: {*}) from {src} in {*}", format!("<x> a {user} (ID: 1) from 192.0.2.7 in y")),
            ] {
                let found = read(pattern, &msg).expect("it is as the pattern says");
                proptest::prop_assert_eq!((found.user, found.src), (user.as_str(), "192.0.2.7"));
            }
        }

        #[test]
        fn no_panic(s in "(\\{user\\}|from |LOGIN, user=|ip=\\[|\\]|'|[a-zé<>\\[ ]{1,6}){0,10}") {
            for table in [IKE, ROUNDCUBE, COURIER, CYRUS, JUNOS] {
                for (_, pattern) in table {
                    let _ = read(pattern, &s);
                }
            }
        }
    }
}
