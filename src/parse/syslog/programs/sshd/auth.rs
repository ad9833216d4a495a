//! Verdicts on log-in attempts and the notices around them.

use super::super::super::util::{cut, digits, rcut, set_src, set_user};
use super::{failed, known_user, peer, set_peer};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};

/// `Failed METHOD for [invalid user ]USER from …` and `Accepted METHOD for …`.
pub(super) fn verdict(msg: &str, prefix: &str, accepted: bool, d: &mut Draft<'_>) {
    let Some(rest) = msg.strip_prefix(prefix) else { return };
    let Some((method, rest)) = cut(rest, " for ") else { return };
    if method.contains(' ') {
        return;
    }
    if accepted {
        d.event(EventType::SshLogin, Outcome::Success);
    } else {
        // `none` asks which methods there are; it guesses nothing.
        let act = if method == "none" { RecordFlags::ACT_NOTICE } else { RecordFlags::ACT_VERDICT };
        failed(d, EventType::SshLoginFailed, act);
    }
    d.field("auth_method", method);
    let (rest, invalid) = known_user(rest);
    if invalid {
        d.field("invalid_user", "true");
    }
    // `invalid user from 10.0.0.1 from …`: the name itself may start with `from `.
    let shifted;
    let found = if rest.starts_with("from ") && rest.matches(" from ").count() == 0 {
        shifted = msg.get(msg.len() - rest.len() - 1..).unwrap_or(rest);
        peer::verdict(shifted)
    } else {
        peer::verdict(rest)
    };
    let Some(p) = found else { return };
    if p.decoy {
        d.field("decoy", "true");
        if !p.other.is_empty() {
            d.field("other_address", p.other);
        }
    }
    set_peer(d, if p.user == "<invalid username>" { "" } else { p.user }, p.addr, p.port);
}

/// `Postponed publickey for USER from …`: not decided yet.
pub(super) fn postponed(msg: &str, d: &mut Draft<'_>) {
    let Some((_, rest)) = cut(msg, " for ") else { return };
    if let Some(p) = peer::verdict(known_user(rest).0) {
        set_peer(d, p.user, p.addr, p.port);
    }
}

/// `Invalid user USER from ADDR[ port N]`, `input_userauth_request: invalid user USER`.
pub(super) fn notice(msg: &str, d: &mut Draft<'_>) {
    if let Some(rest) = msg.strip_prefix("Invalid user ").or_else(|| msg.strip_prefix("Illegal user ")) {
        failed(d, EventType::SshInvalidUser, RecordFlags::ACT_NOTICE);
        // An empty name leaves two blanks.
        let Some((user, tail)) = rcut(rest, " from ").or_else(|| rest.strip_prefix("from ").map(|t| ("", t))) else {
            set_user(d, rest.trim());
            return;
        };
        let (addr, port) = cut(tail, " port ").unwrap_or((tail, ""));
        set_peer(d, user, addr, port);
    } else if let Some(rest) = msg.strip_prefix("input_userauth_request: ") {
        // Says again what the line before it said, without the address.
        set_user(d, known_user(rest).0.trim());
    }
}

/// `User USER from ADDR not allowed because …`; the reason is the daemon's.
pub(super) fn user(msg: &str, d: &mut Draft<'_>) {
    let Some(rest) = msg.strip_prefix("User ") else { return };
    let Some((who, reason)) = rcut(rest, " not allowed because ") else { return };
    failed(d, EventType::SshLoginFailed, RecordFlags::ACT_NOTICE);
    d.field("reason", reason);
    match rcut(who, " from ") {
        Some((user, addr)) => set_peer(d, user, addr, ""),
        None => set_user(d, who),
    }
}

/// `Access denied for user USER[ from ADDR] by PAM account configuration`: the
/// password was right, and the account may not log in.
pub(super) fn account(msg: &str, d: &mut Draft<'_>) {
    let Some((who, by)) = msg.strip_prefix("Access denied for user ").and_then(|r| rcut(r, " by PAM ")) else { return };
    failed(d, EventType::SshLoginFailed, RecordFlags::ACT_NOTICE);
    d.field("reason", by);
    match rcut(who, " from ") {
        Some((user, addr)) => set_peer(d, user, addr, ""),
        None => set_user(d, who),
    }
}

/// `PAM: Authentication failure for [illegal user ]USER from HOST[ via ADDR]` and
/// `PAM N more authentication failures; …`.
pub(super) fn pam(msg: &str, d: &mut Draft<'_>) {
    if let Some((reason, rest)) = msg.strip_prefix("PAM: ").and_then(|r| cut(r, " for ")) {
        // The reason is PAM's own text; anything else is not about a log-in.
        if !reason.to_ascii_lowercase().contains("authentication") && !reason.contains("User ") {
            return;
        }
        // Comes beside the library's own line of the same attempt.
        failed(d, EventType::SshLoginFailed, RecordFlags::ACT_NOTICE);
        let (user, addr) = match known_user(rest).0.rsplit_once(" from ") {
            Some((u, a)) => (u, a.split_once(' ').map_or(a, |(a, _)| a)),
            None => (known_user(rest).0, ""),
        };
        set_peer(d, user, addr, "");
    } else if let Some(rest) = msg.strip_prefix("PAM ")
        && let Some((_, pairs)) = cut(rest, " more authentication failure")
    {
        failed(d, EventType::SshLoginFailed, RecordFlags::ACT_MODULE);
        let n = digits(rest);
        if !n.is_empty() && d.get(Ov::Count).is_none() {
            d.set(Ov::Count, n);
        }
        if let Some((_, pairs)) = cut(pairs, "; ") {
            super::super::pam::identity(pairs, d);
        }
    }
}

/// `maximum authentication attempts exceeded for [invalid user ]USER from … ssh2`.
pub(super) fn limit(msg: &str, d: &mut Draft<'_>) {
    let Some(rest) = msg.strip_prefix("maximum authentication attempts exceeded for ") else { return };
    failed(d, EventType::SshLoginFailed, RecordFlags::ACT_LIMIT);
    if let Some(p) = peer::verdict(known_user(rest).0) {
        set_peer(d, p.user, p.addr, p.port);
    }
}

/// `ROOT LOGIN REFUSED FROM ADDR[ port N]`.
pub(super) fn root_refused(rest: &str, d: &mut Draft<'_>) {
    failed(d, EventType::SshLoginFailed, RecordFlags::ACT_VERDICT);
    set_user(d, "root");
    let (addr, port) = cut(rest, " port ").unwrap_or((rest, ""));
    set_src(d, addr);
    super::set_port(d, Ov::SrcPort, port);
}
