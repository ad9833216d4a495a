//! doas, of OpenBSD and portable: what sudo is elsewhere.

use super::super::util::{rcut, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

pub(super) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.sudo);
    if let Some((user, rest)) = msg.split_once(" ran command ").filter(|(u, _)| !u.contains(' ')) {
        // `CMD as TARGET from DIRECTORY`: the command is free text, its place is last.
        let (rest, dir) = rcut(rest, " from ").unwrap_or((rest, ""));
        let (command, target) = rcut(rest, " as ").unwrap_or((rest, ""));
        d.event(EventType::Sudo, Outcome::Success);
        set_user(d, user);
        d.set_default(Ov::TargetUser, target);
        d.set(Ov::Resource, command);
        d.field("pwd", dir);
    } else if let Some(user) = msg.strip_prefix("failed auth for ") {
        d.event(EventType::SudoFailed, Outcome::Failure);
        d.flag(RecordFlags::ACT_VERDICT);
        set_user(d, user.trim());
    } else if let Some((user, command)) =
        msg.strip_prefix("command not permitted for ").and_then(|r| r.split_once(": "))
    {
        d.event(EventType::SudoFailed, Outcome::Failure);
        set_user(d, user);
        d.set(Ov::Resource, command);
        d.field("reason", "command not permitted");
    }
}
