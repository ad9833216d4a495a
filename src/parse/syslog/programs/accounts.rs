//! The shadow tools: users, groups and passwords.

use super::super::util::{between, pair, set_user};
use crate::event::{Draft, EventType, Outcome, Ov};
use crate::parse::Ctx;

pub(super) fn parse(program: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.useradd);
    // Old tools quote as in `bob'.
    if msg.contains('`') {
        return parse(program, &msg.replace('`', "'"), ctx, d);
    }
    if let Some((what, pairs)) = msg.split_once(" - ").filter(|(_, p)| p.contains("account=") || p.contains("group=")) {
        return suse(what, pairs, d);
    }
    // The keyring of a desktop, which takes the password over: no account's is changed.
    if msg.starts_with("gkr-pam: ") || msg.starts_with("pam_kwallet") {
        return;
    }
    let bad =
        msg.starts_with("failed") || msg.starts_with("cannot") || msg.starts_with("can't") || msg.starts_with("error");
    let outcome = if bad { Outcome::Failure } else { Outcome::Success };
    if let Some(rest) = msg.strip_prefix("new user: ") {
        // `name=x, UID=1001, GID=1001, home=/home/x, shell=/bin/sh, from=/dev/pts/1`
        d.event(EventType::UserCreated, outcome);
        target(pair(rest, "name="), d);
        for (key, name) in [("UID=", "uid"), ("GID=", "gid"), ("home=", "home"), ("shell=", "shell")] {
            if let Some(v) = pair(rest, key) {
                d.field(name, v);
            }
        }
    } else if let Some(rest) = msg.strip_prefix("new group: ").or_else(|| msg.strip_prefix("group added to ")) {
        d.event(EventType::GroupChanged, outcome);
        group(pair(rest, "name="), d);
    } else if let Some((user, rest)) = msg.strip_prefix("add '").and_then(|r| r.split_once("' to ")) {
        // `add 'x' to group 'sudo'`, `add 'x' to shadow group 'sudo'`
        d.event(EventType::GroupChanged, outcome);
        target(Some(user), d);
        group(between(rest, "group '", "'"), d);
    } else if let Some((user, rest)) = msg.strip_prefix("delete '").and_then(|r| r.split_once("' from ")) {
        d.event(EventType::GroupChanged, outcome);
        target(Some(user), d);
        group(between(rest, "group '", "'"), d);
    } else if msg.starts_with("delete user '") || msg.starts_with("failed to delete user") {
        d.event(EventType::UserDeleted, outcome);
        target(between(msg, "'", "'"), d);
    } else if let Some(rest) = msg.strip_prefix("user ")
        && let Some((who, group_name)) = rest.rsplit_once(" to group ").or_else(|| rest.rsplit_once(" from group "))
    {
        // gpasswd: `user alice added by root to group sudo`
        d.event(EventType::GroupChanged, outcome);
        let (user, by) = who.split_once(" added by ").or_else(|| who.split_once(" removed by ")).unwrap_or((who, ""));
        target(Some(user), d);
        set_user(d, by);
        group(Some(group_name), d);
    } else if msg.starts_with("members of group ") || msg.starts_with("set members of group ") {
        d.event(EventType::GroupChanged, outcome);
        let rest = msg.split_once("group ").map_or("", |(_, r)| r);
        group(rest.split(' ').next(), d);
        set_user(d, between(rest, " set by ", " to ").unwrap_or(""));
    } else if msg.starts_with("removed group '")
        || msg.starts_with("group '")
        || msg.starts_with("group changed in ")
        || msg.starts_with("removed shadow group '")
    {
        d.event(EventType::GroupChanged, outcome);
        // `group changed in /etc/group (group x/1001, new name: y)`
        group(between(msg, "'", "'").or_else(|| between(msg, "(group ", "/")), d);
    } else if msg.contains("password") || msg.starts_with("Password for ") {
        password(msg, outcome, d);
    } else if let Some((old, new)) =
        msg.strip_prefix("change user name '").and_then(|r| r.strip_suffix('\'')).and_then(|r| r.split_once("' to '"))
    {
        d.event(EventType::UserChanged, outcome);
        target(Some(new), d);
        d.field("old_name", old);
    } else if let Some(rest) = msg.strip_prefix("change user '").or_else(|| msg.strip_prefix("changed user '")) {
        let (user, what) = rest.split_once('\'').unwrap_or((rest, ""));
        d.event(EventType::UserChanged, outcome);
        target(Some(user), d);
        if !what.trim().is_empty() {
            d.set(Ov::Resource, what.trim());
        }
    } else if msg.contains(" user '") {
        let kind = if program == "useradd" { EventType::UserCreated } else { EventType::UserChanged };
        d.event(kind, outcome);
        target(between(msg, "'", "'"), d);
    } else if bad {
        d.event(EventType::Other, Outcome::Failure);
    }
}

/// SUSE's pwdutils: `WHAT - account=x, uid=1001, gid=100, …, by=0`.
fn suse(what: &str, pairs: &str, d: &mut Draft<'_>) {
    let failed = what.contains("not ") || what.starts_with("failed");
    let kind = match what {
        _ if what.contains("password") => EventType::PasswordChanged,
        _ if what.contains("group") => EventType::GroupChanged,
        _ if what.contains("added") => EventType::UserCreated,
        _ if what.contains("deleted") || what.contains("removed") => EventType::UserDeleted,
        _ => EventType::UserChanged,
    };
    d.event(kind, if failed { Outcome::Failure } else { Outcome::Success });
    target(pair(pairs, "account="), d);
    if kind == EventType::GroupChanged {
        group(pair(pairs, "group="), d);
    }
    for (key, name) in [("uid=", "uid"), ("gid=", "gid"), ("home=", "home"), ("shell=", "shell"), ("by=", "by")] {
        if let Some(v) = pair(pairs, key) {
            d.field(name, v);
        }
    }
}

/// `change user 'x' password`, `password for 'x' changed by 'root'`,
/// `lock user 'x' password`, `changed password expiry for x`.
fn password(msg: &str, outcome: Outcome, d: &mut Draft<'_>) {
    let lock = msg.starts_with("lock ") || msg.starts_with("unlock ") || msg.contains("expiry");
    d.event(if lock { EventType::UserChanged } else { EventType::PasswordChanged }, outcome);
    if let Some(user) = between(msg, "'", "'") {
        target(Some(user), d);
        set_user(d, between(msg, " by '", "'").unwrap_or(""));
    } else if let Some((_, rest)) = msg.split_once(" for ") {
        let user = rest.strip_prefix("user ").unwrap_or(rest);
        target(user.split(' ').next(), d);
        set_user(d, msg.rsplit_once(" by ").map_or("", |(_, u)| u));
    }
}

fn target(user: Option<&str>, d: &mut Draft<'_>) {
    if let Some(user) = user.filter(|u| !u.is_empty()) {
        d.set(Ov::TargetUser, user);
    }
}

fn group(name: Option<&str>, d: &mut Draft<'_>) {
    if let Some(name) = name.filter(|n| !n.is_empty()) {
        d.set(Ov::Resource, name);
        d.field("group", name);
    }
}
