//! su, in the words of shadow, util-linux, BSD and GNU.

use super::super::util::set_user;
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::Ctx;

pub(super) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.su);
    const NO: Option<RecordFlags> = Some(RecordFlags::ACT_VERDICT);
    let mut done = |target: &str, user: &str, failed: Option<RecordFlags>| {
        if let Some(act) = failed {
            d.event(EventType::SuFailed, Outcome::Failure);
            d.flag(act);
        } else {
            d.event(EventType::Su, Outcome::Success);
        }
        set_user(d, user.trim());
        if !target.trim().is_empty() {
            d.set(Ov::TargetUser, target.trim());
        }
    };
    if let Some((target, user)) = msg.strip_prefix("Successful su for ").and_then(|r| r.split_once(" by ")) {
        done(target, user, None);
    } else if let Some((target, user)) = msg.strip_prefix("FAILED su for ").and_then(|r| r.split_once(" by ")) {
        done(target, user, NO);
    } else if let Some((target, rest)) = msg.strip_prefix("FAILED SU (to ").and_then(|r| r.split_once(") ")) {
        done(target, rest.split_once(" on ").map_or(rest, |(u, _)| u), NO);
    } else if let Some((target, rest)) = msg.strip_prefix("(to ").and_then(|r| r.split_once(") ")) {
        done(target, rest.split_once(" on ").map_or(rest, |(u, _)| u), None);
    } else if let Some((user, rest)) = msg.strip_prefix("BAD SU ").and_then(|r| r.split_once(" to ")) {
        done(rest.split_once(" on ").map_or(rest, |(t, _)| t), user, NO);
    } else if let Some(rest) = msg.strip_prefix("+ ").or_else(|| msg.strip_prefix("- ")) {
        // `+ pts/0 alice:root`
        if let Some((_, who)) = rest.split_once(' ')
            && let Some((user, target)) = who.split_once([':', '-'])
        {
            // Comes beside a sentence of its own, where the program writes both.
            done(target, user, msg.starts_with('-').then_some(RecordFlags::ACT_NOTICE));
        }
    } else if let Some((user, rest)) = msg.split_once(" to ")
        && let Some((target, tty)) = rest.split_once(" on ")
        && tty.starts_with("/dev/")
        && !user.contains(' ')
    {
        done(target, user, None);
    } else if let Some((target, rest)) = msg.strip_prefix("'su ").and_then(|r| r.split_once("' ")) {
        // Solaris: `'su root' failed for alice on /dev/pts/1`
        if let Some((verdict, user)) = rest.split_once(" for ") {
            done(target, user.split_once(" on ").map_or(user, |(u, _)| u), if verdict == "failed" { NO } else { None });
        }
    } else if msg.starts_with("incorrect password") {
        d.event(EventType::SuFailed, Outcome::Failure);
        d.flag(RecordFlags::ACT_MODULE);
    }
}
