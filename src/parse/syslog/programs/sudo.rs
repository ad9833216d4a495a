//! sudo: `USER : [REASON ; ]TTY=… ; PWD=… ; USER=… ; COMMAND=…`.

use super::super::util::{cut, digits, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

pub(super) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.sudo);
    let msg = msg.trim_start_matches(' ');
    let Some((user, rest)) = cut(msg, " : ") else {
        if msg.starts_with("pam_") || msg.contains("incorrect password") {
            d.event(EventType::SudoFailed, Outcome::Failure);
        }
        return;
    };
    if user.len() > 256 {
        return;
    }
    set_user(d, user.trim());
    // The rest of a long command, all of it free text; whether it was run, the line before tells.
    if let Some(command) = rest.strip_prefix("(command continued)") {
        d.set(Ov::Resource, command.trim_start());
        d.event(EventType::Sudo, Outcome::Unknown);
        return;
    }
    let (reason, pairs) = match cut(rest, " ; ") {
        _ if starts_pairs(rest) => ("", rest),
        Some((reason, pairs)) => (reason, pairs),
        None => (rest, ""),
    };
    // The command is last and free text: what stands in it is never a pair.
    let (head, command) = match cut(pairs, "COMMAND=") {
        Some((head, command)) => (head, Some(command)),
        None => (pairs, None),
    };
    let mut left = Some(head);
    while let Some(text) = left {
        let (pair, more) = cut(text, " ; ").map_or((text, None), |(pair, more)| (pair, Some(more)));
        left = more;
        if let Some(target) = pair.strip_prefix("USER=") {
            d.set(Ov::TargetUser, target.trim());
        } else if let Some(tty) = pair.strip_prefix("TTY=") {
            d.field("tty", tty.trim());
        } else if let Some(pwd) = pair.strip_prefix("PWD=") {
            d.field("pwd", pwd.trim());
        } else if let Some(group) = pair.strip_prefix("GROUP=") {
            d.field("group", group.trim());
        }
    }
    if let Some(command) = command {
        d.set(Ov::Resource, command);
    }
    if reason.is_empty() {
        d.event(EventType::Sudo, Outcome::Success);
        return;
    }
    d.field("reason", reason);
    // A warning, not a refusal: the command was run all the same.
    if command.is_none()
        && (reason.starts_with("unable to resolve host") || reason.starts_with("problem with defaults"))
    {
        return;
    }
    d.event(EventType::SudoFailed, Outcome::Failure);
    if reason.contains("incorrect password attempt") {
        d.flag(RecordFlags::ACT_VERDICT);
        let n = digits(reason);
        if !n.is_empty() {
            d.set(Ov::Count, n);
        }
    }
}

fn starts_pairs(s: &str) -> bool {
    ["TTY=", "HOST=", "PWD=", "USER=", "TSID=", "ENV="].iter().any(|k| s.starts_with(k))
}
