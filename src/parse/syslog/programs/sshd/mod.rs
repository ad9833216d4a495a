//! OpenSSH's server.
//!
//! User names come from the client and may contain anything, ` from 1.2.3.4
//! port 22` included; addresses and ports are written by the daemon. So every
//! message is read from the side that the daemon controls, mostly the right.

mod auth;
mod conn;
mod peer;

use super::super::util::{cut, failed, rcut, set_port, set_src, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

/// Parses one message of sshd.
pub(super) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.sshd);
    let msg = msg.strip_prefix("error: ").or_else(|| msg.strip_prefix("fatal: ")).unwrap_or(msg);
    let (msg, preauth) = match msg.strip_suffix(" [preauth]") {
        Some(m) => (m, true),
        None => (msg.strip_suffix(" [postauth]").unwrap_or(msg).trim_end_matches(' '), false),
    };
    // The first letters decide: a line is tried against few prefixes.
    match msg.as_bytes() {
        [b'F', b'a', b'i', ..] => auth::verdict(msg, "Failed ", false, d),
        [b'A', b'c', b'c', b'e', b's', ..] => auth::account(msg, d),
        [b'A', b'c', b'c', ..] => auth::verdict(msg, "Accepted ", true, d),
        [b'P', b'o', b's', ..] => auth::postponed(msg, d),
        [b'I' | b'i', ..] => auth::notice(msg, d),
        [b'U', b's', ..] => auth::user(msg, d),
        [b'S', b'S', b'H', b'D', b'_', ..] => other(msg, d),
        [b'C' | b'D' | b'R' | b'T' | b'U' | b'B' | b'b' | b's' | b'k' | b'd' | b'S' | b'p' | b'u', ..] => {
            conn::parse(msg, preauth, d);
        }
        [b'P', b'A', b'M', ..] => auth::pam(msg, d),
        [b'm', ..] => auth::limit(msg, d),
        _ => other(msg, d),
    }
}

/// The server of files: `session opened for local user USER from [ADDR]`.
pub(super) fn sftp(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.sshd);
    let (kind, rest) = match (
        msg.strip_prefix("session opened for local user "),
        msg.strip_prefix("session closed for local user "),
    ) {
        (Some(rest), _) => (EventType::SessionStart, rest),
        (_, Some(rest)) => (EventType::SessionEnd, rest),
        _ => return,
    };
    let Some((user, addr)) = rcut(rest, " from ") else { return };
    d.event(kind, Outcome::Success);
    d.set(Ov::Resource, "sftp");
    set_peer(d, user, addr, "");
}

fn other(msg: &str, d: &mut Draft<'_>) {
    let plain = msg.strip_prefix("SSHD_LOGIN_FAILED: ").unwrap_or(msg);
    if let Some(rest) = plain.strip_prefix("Login failed for user '") {
        // Junos: the daemon's own line stands beside it.
        failed(d, EventType::SshLoginFailed, RecordFlags::ACT_NOTICE);
        if let Some((user, addr)) = rcut(rest, "' from host '") {
            set_peer(d, user, addr.trim_end_matches('\''), "");
        }
    } else if let Some(rest) = msg.strip_prefix("refused connect from ") {
        // `NAME@HOST (ADDR)`: the name is the client's ident answer.
        d.event(EventType::Connection, Outcome::Failure);
        let addr = rest
            .strip_suffix(')')
            .and_then(|r| r.rsplit_once('('))
            .map_or_else(|| rest.rsplit_once('@').map_or(rest, |(_, a)| a), |(_, a)| a);
        set_src(d, addr);
    } else if let Some(rest) = msg.strip_prefix("Address ") {
        if let Some((addr, _)) = cut(rest, " maps to ") {
            set_src(d, addr);
        }
    } else if let Some(rest) = msg.strip_prefix("reverse mapping checking getaddrinfo for ") {
        if let Some((_, addr)) = cut(rest, " [")
            && let Some((addr, _)) = addr.split_once(']')
        {
            set_src(d, addr);
        }
    } else if msg.starts_with("Exceeded MaxStartups") {
        d.event(EventType::Connection, Outcome::Failure);
    } else if let Some((_, addr)) = msg.strip_prefix("Nasty PTR record ").and_then(|r| rcut(r, " for ")) {
        set_src(d, addr.split_once(',').map_or(addr, |(a, _)| a));
    }
}

/// Sets user, address and port of a login message.
fn set_peer(d: &mut Draft<'_>, user: &str, addr: &str, port: &str) {
    set_user(d, user);
    set_src(d, addr);
    set_port(d, Ov::SrcPort, port);
}

/// Cuts `invalid user ` (`illegal user ` in old versions).
fn known_user(user: &str) -> (&str, bool) {
    match user.strip_prefix("invalid user ").or_else(|| user.strip_prefix("illegal user ")) {
        Some(u) => (u, true),
        None => (user, false),
    }
}
