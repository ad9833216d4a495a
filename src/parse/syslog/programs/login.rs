//! Log-ins at a console or display manager.

use super::super::util::{between, failed, set_src, set_user};
use crate::event::{Draft, EventType, Outcome, RecordFlags};
use crate::parse::Ctx;

pub(super) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.auth);
    if msg.starts_with("FAILED LOGIN") {
        // `FAILED LOGIN (1) on '/dev/tty1' FOR 'root', …`, `FAILED LOGIN 1 FROM HOST FOR root, …`
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        if let Some(host) = between(msg, " FROM ", " ") {
            set_src(d, host.trim_matches(['\'', '(', ')']));
        }
        if let Some((_, user)) = msg.split_once(" FOR ") {
            let user = user.rsplit_once(", ").map_or(user, |(u, _)| u);
            let user = user.trim_matches('\'');
            if user != "UNKNOWN" && user != "(unknown)" {
                set_user(d, user);
            }
        }
    } else if msg.starts_with("ROOT LOGIN ") {
        d.event(EventType::Login, Outcome::Success);
        set_user(d, "root");
        from(msg, d);
    } else if msg.starts_with("LOGIN ON ") {
        d.event(EventType::Login, Outcome::Success);
        set_user(d, between(msg, " BY ", " ").or_else(|| msg.split_once(" BY ").map(|(_, u)| u)).unwrap_or(""));
        from(msg, d);
    } else {
        super::generic::parse("login", msg, ctx, d);
        d.logsource(ctx.ls.auth);
    }
}

fn from(msg: &str, d: &mut Draft<'_>) {
    if let Some((_, host)) = msg.rsplit_once(" FROM ") {
        set_src(d, host.split(' ').next().unwrap_or("").trim_matches('\''));
    }
}
