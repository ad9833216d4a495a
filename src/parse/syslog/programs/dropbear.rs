//! dropbear's SSH server. The address stands last, the user name in quotes before it.

use super::super::util::{addr_with_port, failed, set_port, set_src, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

pub(in crate::parse) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.dropbear);
    let msg = own_header(msg);
    let lower = |prefix: &str| msg.get(..prefix.len()).is_some_and(|h| h.eq_ignore_ascii_case(prefix));
    if lower("bad password attempt for '") || lower("bad pam password attempt for '") {
        failed(d, EventType::SshLoginFailed, RecordFlags::ACT_VERDICT);
        tail(msg, d);
    } else if lower("login attempt for nonexistent user") || lower("login attempt with wrong user") {
        failed(d, EventType::SshInvalidUser, RecordFlags::ACT_VERDICT);
        tail(msg, d);
    } else if lower("pubkey auth bad signature for '") {
        failed(d, EventType::SshLoginFailed, RecordFlags::ACT_VERDICT);
        tail(msg, d);
    } else if let Some((user, _)) = (msg.strip_prefix("User '"))
        .and_then(|r| r.rsplit_once("' has invalid shell, rejected").or_else(|| r.rsplit_once("' is locked")))
    {
        failed(d, EventType::SshLoginFailed, RecordFlags::ACT_NOTICE);
        set_user(d, user);
    } else if let Some(rest) = msg.strip_prefix("root login rejected") {
        failed(d, EventType::SshLoginFailed, RecordFlags::ACT_NOTICE);
        set_user(d, "root");
        if let Some(addr) = rest.strip_prefix(" from ") {
            peer(addr, d);
        }
    } else if msg.contains(" auth succeeded for '") {
        d.event(EventType::SshLogin, Outcome::Success);
        tail(msg, d);
    } else if let Some(rest) = msg.strip_prefix("Child connection from ") {
        d.event(EventType::Connection, Outcome::Unknown);
        peer(rest, d);
    } else if let Some(rest) = msg.strip_prefix("Exit before auth") {
        early(rest, d);
    } else if msg.starts_with("Exit (") {
        d.event(EventType::SshDisconnect, Outcome::Unknown);
        if let Some(addr) = super::super::util::between(msg, ") from <", ">: ") {
            peer(addr, d);
        }
        set_user(d, super::super::util::between(msg, "(", ")").unwrap_or(""));
    }
}

/// Some builds repeat `[pid] Mon DD HH:MM:SS `.
fn own_header(msg: &str) -> &str {
    if let Some((pid, rest)) = msg.strip_prefix('[').and_then(|r| r.split_once("] "))
        && pid.bytes().all(|b| b.is_ascii_digit())
    {
        return rest.get(16..).filter(|_| rest.as_bytes().get(15) == Some(&b' ')).unwrap_or(rest);
    }
    msg
}

/// `… 'USER' … from ADDR:PORT`, the address from the right.
fn tail(msg: &str, d: &mut Draft<'_>) {
    let Some((head, addr)) = msg.rsplit_once(" from ") else { return };
    peer(addr, d);
    if let Some((_, user)) = head.split_once(" for '").or_else(|| head.split_once(" user '")) {
        let user = user.rsplit_once("' with ").map_or(user, |(u, _)| u);
        set_user(d, user.strip_suffix('\'').unwrap_or(user));
    }
}

fn peer(s: &str, d: &mut Draft<'_>) {
    let s = s.trim();
    let s = s.strip_prefix('<').and_then(|s| s.strip_suffix('>')).unwrap_or(s);
    let (addr, port) = addr_with_port(s);
    set_src(d, addr);
    set_port(d, Ov::SrcPort, port);
}

/// ` from <ADDR:PORT>: (user 'x', N fails): REASON` and
/// ` (user 'x', N fails): REASON - user 'x' from ADDR:PORT`.
fn early(rest: &str, d: &mut Draft<'_>) {
    d.event(EventType::SshDisconnect, Outcome::Failure);
    if rest.contains("Max auth tries reached") {
        d.flag(RecordFlags::ACT_LIMIT);
    }
    if let Some((addr, tail)) = rest.strip_prefix(" from <").and_then(|r| r.split_once('>')) {
        peer(addr, d);
        named(tail, d);
    } else {
        if let Some((_, addr)) = rest.rsplit_once(" from ") {
            peer(addr, d);
        }
        named(rest, d);
    }
}

/// `(user 'x', 10 fails)`
fn named(s: &str, d: &mut Draft<'_>) {
    let Some((user, rest)) = s.split_once("(user '").and_then(|(_, r)| r.split_once("', ")) else { return };
    set_user(d, user);
    d.flag(RecordFlags::ACT_END);
    let n = super::super::util::digits(rest);
    // More than a server would ever allow is not the server's number.
    if !n.is_empty() && n != "0" && n.len() <= 2 && d.get(Ov::Count).is_none() {
        d.set(Ov::Count, n);
    }
}
