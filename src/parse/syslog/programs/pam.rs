//! Lines of the PAM library, which any program may carry.
//!
//! `ruser` and `user` are what the client typed and may look like further
//! pairs; see [`identity`] for how the real `rhost` is told from a decoy.

use super::super::util::{cut, digits, failed, rcut, set_src, set_user};
use crate::event::{Draft, EventType, Logsource, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

/// Parses the line if it is PAM's; false where it is the program's own.
pub(super) fn parse(program: &str, module: Option<&str>, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some((service, body)) = split(module, msg) else { return false };
    let service = service.unwrap_or(program);
    d.logsource(logsource(service, program, ctx));
    if let Some(pairs) =
        body.strip_prefix("authentication failure; ").or_else(|| body.strip_prefix("authentication failure;"))
    {
        failed(d, failure_type(service, program), act(module, msg));
        match service {
            "su" | "su-l" => switch(pairs, d),
            "sudo" | "sudo-i" => asker(pairs, d),
            _ => identity(pairs, d),
        }
    } else if let Some(pairs) = body.strip_prefix("authentication success; ") {
        accepted(d);
        match service {
            "su" | "su-l" => switch(pairs, d),
            "sudo" | "sudo-i" => asker(pairs, d),
            _ => identity(pairs, d),
        }
    } else if let Some(rest) = body.strip_prefix("session opened for user ") {
        session(rest, EventType::SessionStart, d);
    } else if let Some(rest) = body.strip_prefix("session closed for user ") {
        session(rest, EventType::SessionEnd, d);
    } else if let Some(rest) = body.strip_prefix("password changed for ") {
        d.event(EventType::PasswordChanged, Outcome::Success);
        d.set(Ov::TargetUser, rest.trim());
    } else {
        other(service, program, body, d);
    }
    true
}

/// Which of an attempt's lines this is. Modules are stacked, and each writes of
/// the same attempt: the one of local accounts stands for the library, the
/// others are notices beside it.
fn act(module: Option<&str>, msg: &str) -> RecordFlags {
    let second = ["pam_sss", "pam_winbind", "pam_krb5", "pam_ldap"];
    let is = |m: &str| second.iter().any(|s| m.starts_with(s));
    if is(msg) || module.is_some_and(is) { RecordFlags::ACT_NOTICE } else { RecordFlags::ACT_MODULE }
}

/// What the library accepted, the program tells on a line of its own: this one
/// only says that a refusal by a module before it was none.
fn accepted(d: &mut Draft<'_>) {
    d.event(EventType::Other, Outcome::Success);
    d.flag(RecordFlags::ACT_ACCEPT);
    d.field("reason", "accepted by PAM");
}

/// `su`: who asks is `ruser`, who is asked for `user`.
fn switch(pairs: &str, d: &mut Draft<'_>) {
    let value = |key: &str| cut(pairs, key).map_or("", |(_, r)| r.split(' ').next().unwrap_or(""));
    let asks = value("ruser=");
    set_user(d, if asks.is_empty() { value("logname=") } else { asks });
    if let Some((_, target)) = rcut(pairs, " user=") {
        d.set(Ov::TargetUser, target.trim());
    }
}

/// `sudo`: who asks is `ruser`, as in sudo's own lines; `user` is whose password
/// is wanted, which may be root's.
fn asker(pairs: &str, d: &mut Draft<'_>) {
    match cut(pairs, "ruser=").map(|(_, r)| r.split(' ').next().unwrap_or("")) {
        Some(asks) if !asks.is_empty() => set_user(d, asks),
        _ => identity(pairs, d),
    }
}

/// Cuts `pam_unix(sshd:auth): `, `(pam_unix) `, `pam_unix: `, and the brackets
/// of the tag: the service (where named) and the text.
fn split<'a>(module: Option<&'a str>, msg: &'a str) -> Option<(Option<&'a str>, &'a str)> {
    if let Some(rest) = msg.strip_prefix("pam_") {
        let end = rest.bytes().take(40).position(|b| !(b.is_ascii_alphanumeric() || b == b'_'))?;
        let rest = rest.get(end..)?;
        if let Some(rest) = rest.strip_prefix('(') {
            let (inner, text) = cut(rest, ")")?;
            let service = cut(inner, ":").map(|(s, _)| s);
            return Some((service, text.strip_prefix(':')?.trim_start_matches(' ')));
        }
        return rest.strip_prefix(": ").map(|text| (None, text));
    }
    if let Some(rest) = msg.strip_prefix("(pam_") {
        return cut(rest, ") ").map(|(_, text)| (None, text));
    }
    if module.is_some_and(|m| m.starts_with("pam_")) || msg.starts_with("authentication failure; logname=") {
        return Some((None, msg));
    }
    None
}

/// The event type of a failure: the service says what was tried.
fn failure_type(service: &str, program: &str) -> EventType {
    match (service, program) {
        ("sshd" | "ssh", _) | (_, "sshd" | "sshd-session") => EventType::SshLoginFailed,
        ("sudo" | "sudo-i" | "doas", _) => EventType::SudoFailed,
        ("su" | "su-l", _) => EventType::SuFailed,
        _ => EventType::LoginFailed,
    }
}

fn logsource(service: &str, program: &str, ctx: &Ctx) -> Logsource {
    match service {
        "sshd" => ctx.ls.sshd,
        "sudo" | "sudo-i" => ctx.ls.sudo,
        "su" | "su-l" => ctx.ls.su,
        "cron" | "crond" | "atd" => ctx.ls.cron,
        "dovecot" => ctx.ls.dovecot,
        "vsftpd" => ctx.ls.vsftpd,
        "proftpd" => ctx.ls.proftpd,
        _ if program == "sshd" => ctx.ls.sshd,
        _ => ctx.ls.auth,
    }
}

/// `logname= uid=0 euid=0 tty=ssh ruser=A rhost=R  user=U`.
///
/// A and U are whatever the client sent. With A empty the first `rhost` is the
/// real one (a decoy in U comes after it). Else R is the word before the end or
/// before ` user=`; if U equals A there (programs that set both), that place is
/// certain, else the last place counts.
pub(super) fn identity(pairs: &str, d: &mut Draft<'_>) {
    let Some(at) = pairs.find("rhost=") else {
        if let Some((_, user)) = rcut(pairs, " user=") {
            set_user(d, user.trim());
        }
        return;
    };
    let (_, after) = cut(pairs, "ruser=").unwrap_or(("", pairs.get(at..).unwrap_or("")));
    let Some((ruser, rhost, user)) = choose(after) else {
        set_src(d, pairs.get(at + 6..).map_or("", super::super::util::word));
        return;
    };
    set_src(d, rhost);
    set_user(d, if user.is_empty() { ruser } else { user });
}

fn choose(after: &str) -> Option<(&str, &str, &str)> {
    let mut best = None;
    let mut from = 0;
    while let Some(at) = memchr::memmem::find(after.get(from..)?.as_bytes(), b"rhost=") {
        let start = from + at;
        from = start + 6;
        let boundary = start == 0 || after.as_bytes()[start - 1] == b' ';
        if !boundary {
            continue;
        }
        let ruser = after.get(..start)?.strip_suffix(' ').unwrap_or("");
        let tail = after.get(start + 6..)?;
        let (rhost, tail) = tail.split_once(' ').unwrap_or((tail, ""));
        let tail = tail.trim_start_matches(' ');
        let tail = tail.strip_suffix(" [preauth]").or_else(|| tail.strip_suffix("[preauth]")).unwrap_or(tail);
        let user = match tail.strip_prefix("user=") {
            Some(user) => user.trim_end(),
            None if tail.is_empty() => "",
            None => continue,
        };
        best = Some((ruser, rhost, user));
        if ruser.is_empty() || (!user.is_empty() && user == ruser) {
            break;
        }
    }
    best
}

/// `alice(uid=1000) by (uid=0)`, `root by alice(uid=0)`, `root`.
fn session(rest: &str, event_type: EventType, d: &mut Draft<'_>) {
    d.event(event_type, Outcome::Success);
    let (user, by) = cut(rest, " by ").unwrap_or((rest, ""));
    let user = cut(user, "(").map_or(user, |(u, _)| u).trim();
    let by = cut(by, "(").map_or(by, |(u, _)| u).trim();
    // `LOGIN` is what the console's log-in calls itself.
    if by.is_empty() || by == user || by == "LOGIN" {
        set_user(d, user);
    } else {
        d.set(Ov::User, by);
        d.set(Ov::TargetUser, user);
    }
}

fn other(service: &str, program: &str, body: &str, d: &mut Draft<'_>) {
    let kind = failure_type(service, program);
    // The failure itself follows in a line of its own.
    if body.starts_with("check pass; user unknown") || body.starts_with("bad username") {
        d.event(EventType::Other, Outcome::Unknown);
    } else if let Some(user) = body.strip_prefix("user '").and_then(|r| r.strip_suffix("' granted access")) {
        // pam_winbind names whose password it was; su asks for another's.
        accepted(d);
        d.set(if matches!(service, "su" | "su-l") { Ov::TargetUser } else { Ov::User }, user);
    } else if let Some(user) = body.strip_prefix("user ").and_then(|r| cut(r, " authenticated as ")).map(|(u, _)| u) {
        accepted(d);
        set_user(d, user);
    } else if let Some(rest) = body.strip_prefix("Consecutive login failures for user ") {
        failed(d, kind, RecordFlags::ACT_NOTICE);
        set_user(d, super::super::util::word(rest));
    } else if let Some(rest) = body.strip_prefix("user ")
        && let Some((user, tally)) = cut(rest, " tally ").or_else(|| cut(rest, ") tally "))
    {
        failed(d, kind, RecordFlags::ACT_NOTICE);
        set_user(d, cut(user, " (").map_or(user, |(u, _)| u));
        let n = digits(tally);
        if !n.is_empty() {
            d.field("tally", n);
        }
    } else if let Some(rest) = body.strip_prefix("received for user ") {
        if body.contains("(Authentication failure)") || body.contains("(User not known") {
            failed(d, kind, RecordFlags::ACT_NOTICE);
        }
        set_user(d, rcut(rest, ": ").map_or(rest, |(u, _)| u));
    } else if let Some(rest) = body.strip_prefix("Refused user ") {
        failed(d, kind, RecordFlags::ACT_MODULE);
        set_user(d, rcut(rest, " for service ").map_or(rest, |(u, _)| u));
    } else if let Some((_, user)) = body.rsplit_once(" not met by user \"") {
        failed(d, kind, RecordFlags::ACT_NOTICE);
        set_user(d, user.trim_end_matches('"'));
    } else if let Some((_, user)) = cut(body, "more authentication failures; ") {
        failed(d, kind, RecordFlags::ACT_MODULE);
        let n = digits(body);
        if !n.is_empty() && d.get(Ov::Count).is_none() {
            d.set(Ov::Count, n);
        }
        identity(user, d);
    } else if let Some(rest) = body.strip_prefix("access denied for user ") {
        // pam_access: "access denied for user `bob' from `ADDR'"; the place is last.
        failed(d, kind, RecordFlags::ACT_MODULE);
        let (user, from) = rcut(rest, " from ").unwrap_or((rest, ""));
        set_user(d, user.trim_matches(['`', '\'']));
        set_src(d, from.trim_matches(['`', '\'']));
    } else if let Some((_, user)) = body.strip_prefix("Invalid verification code").and_then(|r| cut(r, "for ")) {
        // The second factor, behind the password or beside it.
        failed(d, kind, RecordFlags::ACT_NOTICE);
        set_user(d, user.trim());
    } else if body.starts_with("authentication failure")
        || body.starts_with("authentication fails")
        || body.contains("denied access")
    {
        failed(d, kind, RecordFlags::ACT_MODULE);
    } else if let Some(rest) = body.strip_prefix("account ") {
        if let Some((user, why)) = cut(rest, " has ")
            && (why.starts_with("expired") || why.starts_with("password expired"))
        {
            d.event(kind, Outcome::Failure);
            set_user(d, user);
        }
    } else if body.starts_with("password - ") {
        d.event(EventType::PasswordChanged, Outcome::Failure);
    }
}
