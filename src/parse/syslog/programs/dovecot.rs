//! dovecot's log-in processes and its authentication workers.

use super::super::util::{between, cut, failed, is_ip, position, rcut, set_dest, set_src, set_user};
use super::Line;
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

pub(super) fn parse(line: &Line<'_>, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.dovecot);
    let mut msg = line.msg.strip_prefix("dovecot: ").unwrap_or(line.msg);
    // `auth(USER,ADDR,…)<…>: Info: sql: …`: who stands in the tag.
    if let Some(who) = line.module.filter(|_| line.program.starts_with("auth"))
        && who.contains(',')
    {
        worker(who, msg, d);
        return;
    }
    let sub = line.program.ends_with("-login") || login_process(msg);
    for level in ["Info: ", "Error: ", "Warning: "] {
        msg = msg.strip_prefix(level).unwrap_or(msg);
    }
    // `pam_unix(dovecot:auth): …` behind a sub-process's name.
    if msg.starts_with("auth")
        && let Some((_, rest)) = cut(msg, ": pam_unix(")
    {
        let text = msg.get(msg.len() - rest.len() - 9..).unwrap_or(rest);
        if super::pam::parse("dovecot", None, text, ctx, d) {
            return;
        }
    }
    if sub {
        login(msg, d);
    } else if let Some((who, reason)) = msg.strip_prefix("auth(").and_then(|r| cut(r, ")<")) {
        // `auth(USER,ADDR,sasl:plain)<PID><SESSION>: REASON`
        if let Some((_, reason)) = cut(reason, ">: ") {
            worker(who, reason, d);
        }
    } else if let Some((user, rest)) =
        msg.strip_prefix("imap(").or_else(|| msg.strip_prefix("pop3(")).and_then(|r| cut(r, ")"))
    {
        set_user(d, user);
        if ["Logged out", "Disconnected"].iter().any(|w| position(rest.as_bytes(), w.as_bytes()).is_some()) {
            d.event(EventType::Logout, Outcome::Success);
        }
    } else if let Some((who, reason)) = auth_group(msg) {
        worker(who, reason, d);
    } else if line.program != "dovecot" {
        super::generic::parse(line.program, line.msg, ctx, d);
    }
}

fn login_process(msg: &str) -> bool {
    cut(msg, ": ").is_some_and(|(p, _)| p.ends_with("-login") && !p.contains(' '))
}

/// `[imap-login: ]REASON (auth failed, N attempts): user=<U>, method=M, rip=A, lip=B, …`.
/// The user name is the client's and stands before `rip`: the last ` rip=` counts.
fn login(msg: &str, d: &mut Draft<'_>) {
    if let Some((process, _)) = cut(msg, ": ").filter(|(p, _)| p.ends_with("-login")) {
        d.field("service", process.trim_end_matches("-login"));
    }
    if let Some((head, rip)) = rcut(msg, "rip=") {
        set_src(d, rip.split([',', ' ']).next().unwrap_or(""));
        if let Some((_, lip)) = cut(rip, "lip=") {
            set_dest(d, lip.split([',', ' ']).next().unwrap_or(""));
        }
        if let Some((_, user)) = cut(head, "user=<") {
            set_user(d, rcut(user, ">, ").map_or(user, |(u, _)| cut(u, ">, method=").map_or(u, |(u, _)| u)));
        }
    }
    // What the daemon concludes stands before the pairs.
    let verdict = cut(msg, ": user=<").map_or(msg, |(v, _)| v);
    let failure = [
        "auth failed",
        "(auth_failed)",
        "tried to use dis",
        "Aborted login",
        "proxy dest auth failed",
        "Maximum number of connections",
    ];
    let has = |text: &str| position(verdict.as_bytes(), text.as_bytes()).is_some();
    // `Login: user=<…` until 2.3, `Logged in: user=<…` since.
    if has("Login: ") || verdict.ends_with("Login") || has("Logged in: ") || verdict.ends_with("Logged in") {
        d.event(EventType::Login, Outcome::Success);
        return;
    }
    if has("no auth attempts") || has("no_auth_attempts") {
        d.event(EventType::Connection, Outcome::Unknown);
        return;
    }
    if failure.iter().any(|f| has(f)) {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        if let Some(n) = between(verdict, "auth failed, ", " attempts")
            && n.bytes().all(|b| b.is_ascii_digit())
            && !n.is_empty()
            && d.get(Ov::Count).is_none()
        {
            d.set(Ov::Count, n);
        }
    } else {
        d.event(EventType::Connection, Outcome::Unknown);
    }
}

/// What may stand before the bracket of [`auth_group`].
const DRIVERS: [&str; 11] =
    ["pam", "sql", "ldap", "passwd-file", "passwd", "shadow", "static", "lua", "oauth2", "bsdauth", "cache"];

/// `…DRIVER(USER,ADDR[,SESSION]): REASON`, the first of them.
fn auth_group(msg: &str) -> Option<(&str, &str)> {
    let is_driver = |at: &usize| {
        let before = msg.get(..*at).unwrap_or("");
        DRIVERS.iter().any(|d| before.strip_suffix(d).is_some_and(|b| b.is_empty() || b.ends_with(' ')))
    };
    let at = memchr::memchr_iter(b'(', msg.as_bytes()).find(is_driver)?;
    cut(msg.get(at + 1..)?, "): ")
}

/// `USER,ADDR[,SESSION]` and the reason. The user may hold commas: the last
/// element that is an address counts.
fn worker(who: &str, reason: &str, d: &mut Draft<'_>) {
    let reason_lower = reason.to_ascii_lowercase();
    let bad = [
        "unknown user",
        "password mismatch",
        "failed",
        "invalid credentials",
        "permission denied",
        "not allowed",
        "no such user",
    ];
    if bad.iter().any(|b| reason_lower.contains(b)) {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_MODULE);
    }
    let mut end = who.len();
    while let Some(at) = who.get(..end).and_then(|w| w.rfind(',')) {
        let word = who.get(at + 1..end).unwrap_or("");
        if is_ip(super::super::util::bare(word)) {
            set_src(d, word);
            set_user(d, who.get(..at).unwrap_or(""));
            return;
        }
        end = at;
    }
    set_user(d, who.split(',').next().unwrap_or(""));
}
