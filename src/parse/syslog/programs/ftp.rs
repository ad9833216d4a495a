//! The smaller FTP servers: vsftpd, pure-ftpd, and the old ftpd family.

use super::super::util::{between, cut, digits, failed, rcut, set_client, set_src, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

/// vsftpd: `[USER] VERDICT: Client "ADDR"[, …]`.
pub(in crate::parse) fn vsftpd(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.vsftpd);
    let msg = match msg.strip_prefix("[pid ").and_then(|r| r.split_once("] ")) {
        Some((pid, rest)) if !digits(pid).is_empty() => {
            d.set(Ov::Pid, digits(pid));
            rest
        }
        _ => msg,
    };
    if let Some(rest) = msg.strip_prefix("CONNECT: Client ") {
        d.event(EventType::Connection, Outcome::Success);
        set_src(d, between(rest, "\"", "\"").unwrap_or(""));
        return;
    }
    let Some(rest) = msg.strip_prefix('[') else { return };
    // A failed name is free text: its verdict is the last one in the line.
    if let Some((user, tail)) = rcut(rest, "] FAIL LOGIN: Client \"") {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        set_user(d, user);
        set_src(d, tail.split('"').next().unwrap_or(""));
        return;
    }
    // Everything else is said of a user who is logged in.
    let Some((user, rest)) = cut(rest, "] ") else { return };
    let Some((verdict, rest)) = cut(rest, ": Client \"") else { return };
    set_user(d, user);
    let (addr, rest) = rest.split_once('"').unwrap_or((rest, ""));
    set_src(d, addr);
    let ok = if verdict.starts_with("OK") { Outcome::Success } else { Outcome::Failure };
    match verdict.split_once(' ').map_or("", |(_, v)| v) {
        "LOGIN" => d.event(EventType::Login, ok),
        "UPLOAD" | "DOWNLOAD" | "DELETE" | "RENAME" | "MKDIR" | "RMDIR" | "CHMOD" => {
            d.event(EventType::FileAccess, ok);
            d.field("action", verdict.split_once(' ').map_or("", |(_, v)| v));
            d.set_default(Ov::Resource, between(rest, "\"", "\"").unwrap_or(""));
            if let Some((_, size)) = rest.rsplit_once("\", ") {
                d.set_default(Ov::Bytes, digits(size));
            }
        }
        _ => {}
    }
}

/// The log of transfers that all of them can write: `SECONDS HOST SIZE FILE TYPE ACTION
/// DIRECTION MODE USER SERVICE METHOD ID STATUS`; false where it is none. The file's name
/// may have blanks.
pub(in crate::parse) fn transfer(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let number = |s: &str| !s.is_empty() && s.len() < 20 && s.bytes().all(|b| b.is_ascii_digit());
    let mut head = msg.splitn(4, ' ');
    let (Some(seconds), Some(host), Some(size), Some(rest)) = (head.next(), head.next(), head.next(), head.next())
    else {
        return false;
    };
    // The file's name is what nine columns from the end leave.
    let mut tail = rest.trim_end().rsplitn(10, ' ');
    let mut last = || tail.next().unwrap_or("");
    let (status, _, _, service, user) = (last(), last(), last(), last(), last());
    let (mode, direction, _, kind, file) = (last(), last(), last(), last(), last());
    let known = number(seconds)
        && number(size)
        && matches!(status, "c" | "i")
        && matches!(direction, "i" | "o" | "d")
        && matches!(mode, "a" | "g" | "r")
        && matches!(kind, "a" | "b")
        && !file.is_empty();
    if !known {
        return false;
    }
    d.logsource(ctx.ls.ftp);
    d.event(EventType::FileAccess, if status == "c" { Outcome::Success } else { Outcome::Failure });
    set_src(d, host);
    set_user(d, user);
    d.set(Ov::Resource, file);
    d.set(Ov::Bytes, size);
    d.set(Ov::Process, service);
    d.field(
        "action",
        match direction {
            "i" => "UPLOAD",
            "o" => "DOWNLOAD",
            _ => "DELETE",
        },
    );
    true
}

/// pure-ftpd: `(USER@ADDR) [LEVEL] MESSAGE`.
pub(super) fn pure_ftpd(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.ftp);
    let Some((who, rest)) = msg.strip_prefix('(').and_then(|r| r.split_once(") [")) else { return };
    let Some((_, text)) = rest.split_once("] ") else { return };
    let (user, addr) = who.rsplit_once('@').unwrap_or(("", who));
    set_src(d, addr);
    if user != "?" {
        set_user(d, user);
    }
    if let Some(rest) = text.strip_prefix("Authentication failed for user [") {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        set_user(d, rest.strip_suffix(']').unwrap_or(rest));
    } else if let Some(user) = text.strip_suffix(" is now logged in") {
        d.event(EventType::Login, Outcome::Success);
        set_user(d, user);
    } else if text.starts_with("New connection from ") {
        d.event(EventType::Connection, Outcome::Success);
    } else if text.starts_with("Logout") {
        d.event(EventType::Logout, Outcome::Success);
    } else if let Some((path, rest)) = text.rsplit_once(" uploaded ").or_else(|| text.rsplit_once(" downloaded ")) {
        d.event(EventType::FileAccess, Outcome::Success);
        d.set(Ov::Resource, path.trim());
        d.set_default(Ov::Bytes, digits(rest.trim_start_matches(' ').trim_start_matches('(')));
    }
}

/// ftpd and wu-ftpd: `connection from ADDR (NAME) at …`, `FTP LOGIN FROM …`,
/// `failed login from NAME [ADDR]`.
pub(super) fn ftpd(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.ftp);
    let client =
        |s: &str, d: &mut Draft<'_>| match s.split_once(" [").and_then(|(n, r)| r.split_once(']').map(|(a, _)| (n, a)))
        {
            Some((name, addr)) => set_client(d, name, addr),
            None => set_src(d, s.split([' ', ',']).next().unwrap_or("")),
        };
    if let Some(rest) = msg.strip_prefix("connection from ") {
        d.event(EventType::Connection, Outcome::Success);
        client(rest, d);
    } else if let Some(rest) = msg.strip_prefix("ANONYMOUS FTP LOGIN FROM ") {
        d.event(EventType::Login, Outcome::Success);
        set_user(d, "anonymous");
        client(rest, d);
    } else if let Some(rest) = msg.strip_prefix("FTP LOGIN FROM ") {
        d.event(EventType::Login, Outcome::Success);
        client(rest, d);
        set_user(d, rest.rsplit_once(" as ").or_else(|| rest.rsplit_once(", ")).map_or("", |(_, u)| u));
    } else if let Some(rest) =
        msg.strip_prefix("failed login from ").or_else(|| msg.strip_prefix("FTP LOGIN FAILED FROM "))
    {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        client(rest, d);
        set_user(d, rest.split_once(", ").map_or("", |(_, u)| u));
    } else {
        super::generic::parse("ftpd", msg, ctx, d);
        d.logsource(ctx.ls.ftp);
    }
}
