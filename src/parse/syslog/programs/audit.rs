//! Audit records, as lines of their own or inside syslog. Basic: who, from
//! where, and the result; the joining of records is not done here.
//!
//! The daemon hex-encodes values that hold blanks or quotes, so pairs cannot be
//! forged from a value; still only the first of each name counts.

use super::super::util::{set_src, word};
use crate::event::{Draft, EventType, Outcome, Ov};
use crate::parse::Ctx;

pub(in crate::parse) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.auditd);
    if msg.starts_with("The audit daemon is exiting") || msg.starts_with("auditd exit") {
        d.event(EventType::ServiceChange, Outcome::Success);
        d.field("state", "stopped");
        d.set(Ov::Resource, "auditd");
        return;
    }
    if msg.starts_with("Init complete") || msg.starts_with("Started dispatcher") {
        d.event(EventType::ServiceChange, Outcome::Success);
        d.field("state", "started");
        d.set(Ov::Resource, "auditd");
        return;
    }
    let Some(kind) = value(msg, "type=") else { return };
    d.field("type", kind);
    let result = match value(msg, "res=").or_else(|| value(msg, "success=")) {
        Some("success" | "yes" | "1") => Outcome::Success,
        Some("failed" | "no" | "0") => Outcome::Failure,
        _ => Outcome::Unknown,
    };
    let exe = value(msg, "exe=").unwrap_or("");
    let ssh = exe.ends_with("/sshd") || exe.ends_with("/sshd-session");
    let event_type = match (kind, result) {
        ("USER_LOGIN" | "USER_AUTH" | "USER_ERR", Outcome::Failure) if ssh => EventType::SshLoginFailed,
        ("USER_LOGIN" | "USER_AUTH" | "USER_ERR", Outcome::Failure) => EventType::LoginFailed,
        ("USER_LOGIN", _) if ssh => EventType::SshLogin,
        ("USER_LOGIN", _) => EventType::Login,
        ("USER_START", _) => EventType::SessionStart,
        ("USER_END", _) => EventType::SessionEnd,
        ("USER_LOGOUT", _) => EventType::Logout,
        ("ADD_USER", _) => EventType::UserCreated,
        ("DEL_USER", _) => EventType::UserDeleted,
        ("USER_MGMT", _) => EventType::UserChanged,
        ("ADD_GROUP" | "DEL_GROUP" | "GRP_MGMT", _) => EventType::GroupChanged,
        ("USER_CHAUTHTOK", _) => EventType::PasswordChanged,
        ("USER_CMD", Outcome::Failure) => EventType::SudoFailed,
        ("USER_CMD", _) => EventType::Sudo,
        ("EXECVE" | "SYSCALL", _) => EventType::ProcessStart,
        ("SERVICE_START" | "SERVICE_STOP", _) => EventType::ServiceChange,
        ("ANOM_ABEND", _) => EventType::ServiceCrash,
        _ => EventType::Other,
    };
    d.event(event_type, result);
    if let Some(addr) = value(msg, "addr=").filter(|a| *a != "?") {
        set_src(d, addr);
    } else if let Some(host) = value(msg, "hostname=").filter(|a| *a != "?") {
        set_src(d, host);
    }
    if let Some(acct) = raw_value(msg, "acct=") {
        account(acct, d);
    }
    if let Some(pid) = value(msg, " pid=") {
        d.set(Ov::Pid, pid);
    }
    if !exe.is_empty() {
        d.set(Ov::Process, exe);
    }
    for key in ["op=", "auid=", "ses=", "terminal=", "uid="] {
        if let Some(v) = value(msg, key) {
            d.field(key.trim_end_matches('='), v);
        }
    }
    if let Some(cmd) = value(msg, "cmd=") {
        d.set(Ov::Resource, cmd);
    }
}

/// `"name"`, or hex of a name with odd characters; `(unknown user)` is no name.
fn account(acct: &str, d: &mut Draft<'_>) {
    if let Some(name) = acct.strip_prefix('"') {
        let name = name.split('"').next().unwrap_or("");
        if name != "?" && !name.is_empty() && !name.starts_with('(') {
            d.set(Ov::User, name);
        }
        return;
    }
    let hex = word(acct);
    let bytes = hex.as_bytes();
    if bytes.len() < 4
        || bytes.len() > 512
        || !bytes.len().is_multiple_of(2)
        || !bytes.iter().all(u8::is_ascii_hexdigit)
    {
        return;
    }
    let nibble = |b: u8| (b as char).to_digit(16).unwrap_or(0) as u8;
    let decoded: Vec<u8> = bytes.chunks_exact(2).map(|p| nibble(p[0]) << 4 | nibble(p[1])).collect();
    let name = String::from_utf8_lossy(&decoded);
    if !name.starts_with('(') {
        d.set(Ov::User, &name);
    }
}

/// The value of a pair, without quotes.
fn value<'a>(msg: &'a str, key: &str) -> Option<&'a str> {
    let v = raw_value(msg, key)?;
    Some(match v.strip_prefix('"') {
        Some(q) => q.split('"').next().unwrap_or(""),
        None => v.split([' ', '\'', ',', '\u{1d}']).next().unwrap_or(""),
    })
}

fn raw_value<'a>(msg: &'a str, key: &str) -> Option<&'a str> {
    let mut from = 0;
    while let Some(at) = msg.get(from..)?.find(key) {
        let start = from + at;
        if key.starts_with(' ') || start == 0 || matches!(msg.as_bytes()[start - 1], b' ' | b'\'' | b'(') {
            return msg.get(start + key.len()..);
        }
        from = start + key.len();
    }
    None
}
