//! cron, crontab, at and anacron: `(USER) VERB (DETAIL)`.

use super::super::util::{cut, set_user};
use crate::event::{Draft, EventType, Outcome, Ov};
use crate::parse::Ctx;

pub(super) fn parse(program: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.cron);
    let Some((user, rest)) = msg.strip_prefix('(').and_then(|r| cut(r, ") ")) else {
        if program == "anacron" && msg.starts_with("Job `") {
            d.event(EventType::ScheduledTask, Outcome::Success);
            d.set(Ov::Resource, super::super::util::between(msg, "`", "'").unwrap_or(""));
        } else if let Some((user, rest)) = msg.strip_prefix("USER ").and_then(|r| r.split_once(" pid "))
            && let Some((_, command)) = rest.split_once(" cmd ")
        {
            // BusyBox
            d.event(EventType::ScheduledTask, Outcome::Success);
            set_user(d, user);
            d.set(Ov::Resource, command);
        }
        return;
    };
    // `*system*name` is a table of the system, and nobody.
    if !user.starts_with('*') {
        set_user(d, user);
    }
    let (verb, detail) = cut(rest, " (").unwrap_or((rest, ""));
    let detail = detail.strip_suffix(')').unwrap_or(detail);
    match verb {
        "CMD" => {
            d.event(EventType::ScheduledTask, Outcome::Success);
            d.set(Ov::Resource, detail);
        }
        // The table itself is changed: the detail names whose.
        "BEGIN EDIT" | "END EDIT" | "REPLACE" | "DELETE" | "LIST" | "RELOAD" => {
            d.event(EventType::ScheduledTask, Outcome::Success);
            d.field("crontab", verb);
            if detail.starts_with('/') {
                d.set(Ov::Resource, detail);
            } else if !detail.is_empty() {
                d.set(
                    Ov::TargetUser,
                    detail.strip_prefix("crontabs/").or_else(|| detail.strip_prefix("tabs/")).unwrap_or(detail),
                );
            }
        }
        "AUTH" | "FAILED" => {
            d.event(EventType::ScheduledTask, Outcome::Failure);
            d.set(Ov::Resource, detail);
        }
        _ => {}
    }
}
