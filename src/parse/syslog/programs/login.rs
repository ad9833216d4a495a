//! Log-ins at a console, by telnet or at a display manager: the `login` of
//! shadow, util-linux, BusyBox and the BSDs.

use super::super::util::{digits, failed, set_src, set_user, word};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

pub(super) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.auth);
    let known = refused(msg, d) || granted(msg, d);
    if !known {
        super::generic::parse("login", msg, ctx, d);
        d.logsource(ctx.ls.auth);
    }
}

fn refused(msg: &str, d: &mut Draft<'_>) -> bool {
    if let Some(rest) = msg.strip_prefix("LOGIN_FAILED: ").and_then(|r| r.strip_prefix("Login failed for user ")) {
        // Junos
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        let (user, host) = rest.rsplit_once(" from host ").unwrap_or((rest, ""));
        set_src(d, host);
        set_user(d, user);
        return true;
    }
    if let Some(rest) = msg.strip_prefix("FAILED LOGIN").or_else(|| msg.strip_prefix("TOO MANY LOGIN TRIES")) {
        // `(1) on '/dev/tty1' FOR 'root', …`, ` 1 FROM HOST FOR root, …`: of the last try
        // util-linux writes `FAILED LOGIN SESSION`, shadow `TOO MANY LOGIN TRIES`.
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        let (at, user) = rest.split_once(" FOR ").unwrap_or((rest, ""));
        place(at, d);
        account(user.rsplit_once(", ").map_or(user, |(u, _)| u).trim_matches('\''), d);
        return true;
    }
    let quoted =
        msg.strip_prefix("invalid password for '").or_else(|| msg.strip_prefix("exceeded failure limit for '"));
    if let Some(rest) = quoted {
        // The place is written last: what looks like one before it is within the name.
        let act = if msg.starts_with('i') { RecordFlags::ACT_VERDICT } else { RecordFlags::ACT_NOTICE };
        failed(d, EventType::LoginFailed, act);
        let (user, at) = rest.rsplit_once("' ").map_or((rest.trim_end_matches('\''), ""), |_| named(rest));
        place(at, d);
        account(user, d);
        return true;
    }
    if let Some(at) = msg.strip_prefix("ILLEGAL ROOT LOGIN") {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        place(at, d);
        set_user(d, "root");
        return true;
    }
    // BSD: `3 LOGIN FAILURES FROM HOST, bob`, `1 LOGIN FAILURE ON ttyv0`, `LOGIN bob REFUSED (…) FROM HOST`
    let n = digits(msg);
    if let Some(rest) = msg.get(n.len()..).and_then(|r| r.strip_prefix(" LOGIN FAILURE")).filter(|_| !n.is_empty()) {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        if d.get(Ov::Count).is_none() && n != "1" && n.len() < 6 {
            d.set(Ov::Count, n);
        }
        let (at, user) = rest.split_once(", ").unwrap_or((rest, ""));
        place(at.trim_start_matches('S'), d);
        account(user, d);
        return true;
    }
    if let Some((user, rest)) = msg.strip_prefix("LOGIN ").and_then(|r| r.rsplit_once(" REFUSED ")) {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        place(rest.rsplit_once(") ").map_or(rest, |(_, at)| at), d);
        account(user, d);
        return true;
    }
    false
}

fn granted(msg: &str, d: &mut Draft<'_>) -> bool {
    let mut done = |user: &str, at: &str| {
        d.event(EventType::Login, Outcome::Success);
        place(at, d);
        account(user, d);
        true
    };
    if let Some(rest) = msg.strip_prefix("LOGIN_INFORMATION: User ") {
        // Junos
        let (user, rest) = rest.split_once(" logged in from host ").unwrap_or((rest, ""));
        let (host, tty) = rest.split_once(" on device ").unwrap_or((rest, ""));
        done(user, "");
        set_src(d, if host == "[unknown]" { "" } else { host });
        set_tty(tty, d);
        return true;
    }
    if let Some(at) = msg.strip_prefix("ROOT LOGIN ").or_else(|| msg.strip_prefix("root login ")) {
        // BSD names the account: `(toor) ON ttyv0 FROM HOST`.
        return match at.strip_prefix('(').and_then(|r| r.split_once(") ")) {
            Some((user, at)) => done(user, at),
            None => done("root", at),
        };
    }
    if let Some(rest) = msg.strip_prefix("LOGIN ON ") {
        // `tty1 BY bob FROM HOST`
        let (tty, rest) = rest.split_once(" BY ").unwrap_or((rest, ""));
        let (user, host) = rest.rsplit_once(" FROM ").unwrap_or((rest, ""));
        done(user, "");
        set_tty(tty, d);
        set_src(d, host);
        return true;
    }
    if let Some(rest) = msg.strip_prefix("DIALUP AT ") {
        let (tty, user) = rest.split_once(" BY ").unwrap_or((rest, ""));
        done(user, "");
        set_tty(tty, d);
        return true;
    }
    if let Some(rest) = msg.strip_prefix("login ").filter(|r| r.starts_with("on ") || r.starts_with("from ")) {
        // `on 'pts/0' from 'HOST'`, BSD's `from HOST on ttyp0 as bob`
        return match rest.split_once(" as ") {
            Some((at, user)) => done(user, at),
            None => done("", rest),
        };
    }
    // shadow: `'bob' logged in  on '/dev/tty1' from 'HOST'`; BusyBox' relatives: `bob login on 'tty1'`
    if let Some((user, at)) = msg.strip_prefix('\'').and_then(|r| r.split_once("' logged in ")) {
        return done(user, at);
    }
    if let Some((user, at)) = msg.split_once(" login on '")
        && !user.contains(' ')
        && let Some(at) = msg.get(msg.len() - at.len() - 4..)
    {
        return done(user, at);
    }
    false
}

/// `bob' on 'tty1' from 'HOST'`: the name, and the place behind it.
fn named(rest: &str) -> (&str, &str) {
    match rest.rfind("' on '").or_else(|| rest.rfind("'  on '")) {
        Some(at) => (rest.get(..at).unwrap_or(""), rest.get(at + 1..).unwrap_or("")),
        None => rest.rsplit_once("' ").unwrap_or((rest, "")),
    }
}

/// ` on '/dev/tty1' from 'HOST'`, `ON tty1 FROM HOST`, `FROM HOST`; where no host is
/// known, util-linux writes the terminal in its place.
fn place(at: &str, d: &mut Draft<'_>) {
    let text = |marks: [&str; 2]| {
        let word_at = |m: &str| {
            at.match_indices(m).map(|(i, _)| i).find(|i| at.get(..*i).is_some_and(|h| h.is_empty() || h.ends_with(' ')))
        };
        let found = marks.into_iter().find_map(|m| Some(word_at(m)? + m.len()));
        let rest = found.and_then(|i| at.get(i..)).unwrap_or("").trim_start();
        let rest = rest.strip_prefix("TTY ").unwrap_or(rest);
        rest.strip_prefix('\'').map_or_else(|| word(rest), |r| r.split('\'').next().unwrap_or(""))
    };
    set_tty(text(["on ", "ON "]), d);
    let host = text(["from ", "FROM "]).trim_matches(['(', ')']);
    if is_tty(host) {
        set_tty(host, d);
    } else if host != "null" {
        set_src(d, host);
    }
}

fn is_tty(name: &str) -> bool {
    ["/dev/", "tty", "pts/", "hvc", "console"].iter().any(|t| name.starts_with(t))
}

fn set_tty(tty: &str, d: &mut Draft<'_>) {
    let tty = tty.trim_matches('\'');
    if !tty.is_empty() {
        d.field("tty", tty.strip_prefix("/dev/").unwrap_or(tty));
    }
}

fn account(user: &str, d: &mut Draft<'_>) {
    if !matches!(user, "UNKNOWN" | "(unknown)" | "(null)") {
        set_user(d, user);
    }
}
