//! polkit: who was asked for a password to act as somebody else.

use super::super::util::{between, failed, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

/// `Operator of SESSION FAILED to authenticate to gain authorization for action A for P [CMD] (owned by unix-user:U)`,
/// `U: Executing command [USER=root] … [COMMAND=C]`.
pub(super) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.auth);
    if msg.starts_with("Operator of ") {
        let user = msg.rsplit_once("(owned by unix-user:").map_or("", |(_, u)| u.trim_end_matches(')'));
        set_user(d, user);
        if let Some(action) = between(msg, " for action ", " ") {
            d.field("action", action);
        }
        if msg.contains(" FAILED to authenticate ") {
            failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        } else if msg.contains(" successfully authenticated ") {
            d.event(EventType::Other, Outcome::Success);
        }
    } else if let Some((user, rest)) = msg.split_once(": Executing command ")
        && !user.contains(' ')
    {
        d.event(EventType::Sudo, Outcome::Success);
        set_user(d, user);
        if let Some(target) = between(rest, "[USER=", "]") {
            d.set(Ov::TargetUser, target);
        }
        if let Some((_, command)) = rest.split_once("[COMMAND=") {
            d.set(Ov::Resource, command.strip_suffix(']').unwrap_or(command));
        }
    }
}
