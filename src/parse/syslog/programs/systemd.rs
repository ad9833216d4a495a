//! systemd's manager and its log-in manager.

use super::super::util::{between, set_user, word};
use crate::event::{Draft, EventType, Outcome, Ov, Severity};
use crate::parse::Ctx;

pub(super) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.systemd);
    let change = [
        ("Started ", "started", Outcome::Success),
        ("Finished ", "finished", Outcome::Success),
        ("Stopped ", "stopped", Outcome::Success),
        ("Stopping ", "stopping", Outcome::Unknown),
        ("Starting ", "starting", Outcome::Unknown),
        ("Reloaded ", "reloaded", Outcome::Success),
        ("Failed to start ", "failed", Outcome::Failure),
    ];
    for (prefix, state, outcome) in change {
        if let Some(unit) = msg.strip_prefix(prefix) {
            d.event(EventType::ServiceChange, outcome);
            d.field("state", state);
            let unit = unit.trim_end_matches("...").trim_end_matches('.');
            d.set(Ov::Resource, unit);
            return;
        }
    }
    // `reboot.target - System Reboot` in newer ones. A user's own manager ends at each
    // log-out and says the same: the machine's is the first process.
    const ENDS: [&str; 8] = [
        "Shutdown",
        "System Shutdown",
        "Power-Off",
        "System Power Off",
        "Reboot",
        "System Reboot",
        "Halt",
        "System Halt",
    ];
    let target = msg.strip_prefix("Reached target ").map(|t| t.trim_end_matches('.'));
    let ends = target.is_some_and(|t| ENDS.contains(&t.rsplit(" - ").next().unwrap_or(t)));
    if (ends || msg == "Shutting down.") && d.get(Ov::Pid).is_none_or(|p| p == "1") {
        return goes_down(d);
    }
    if let Some((unit, rest)) = msg.split_once(": ")
        && unit.bytes().all(|b| !b.is_ascii_whitespace())
        && unit.contains('.')
    {
        d.set(Ov::Resource, unit);
        if rest.starts_with("Main process exited, code=dumped")
            || rest.starts_with("Main process exited, code=killed")
            || rest.starts_with("Failed with result")
            || rest.starts_with("Unit entered failed state")
        {
            d.event(EventType::ServiceCrash, Outcome::Failure);
            d.rec.severity = d.rec.severity.max(Severity::Low);
        } else if rest.contains("oom-kill")
            || rest.starts_with("A process of this unit has been killed by the OOM killer")
        {
            d.event(EventType::OutOfMemory, Outcome::Failure);
        } else if rest.starts_with("Succeeded") || rest.starts_with("Deactivated successfully") {
            d.event(EventType::ServiceChange, Outcome::Success);
        }
    }
}

/// The machine is about to end: what stops now was not stopped by anybody.
fn goes_down(d: &mut Draft<'_>) {
    d.event(EventType::ServiceChange, Outcome::Success);
    d.field("state", "shutdown");
    d.set(Ov::Resource, "system");
}

/// What ends a machine otherwise: systemd's last program, and `shutdown` and `init` of older systems.
pub(super) fn ending(name: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.syslog);
    let down = match name {
        "init" => msg.strip_prefix("Switching to runlevel: ").is_some_and(|l| l.starts_with(['0', '1', '6'])),
        "shutdown" => msg.starts_with("shutting down for "),
        _ => true,
    };
    if down {
        goes_down(d);
    }
}

/// `New session 5 of user alice.`, `Removed session 5.`; newer ones write
/// `New session '5' of user 'alice' with class 'user' and type 'tty'.`
pub(super) fn logind(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.auth);
    if let Some((id, user)) = msg.strip_prefix("New session ").and_then(|r| r.split_once(" of user ")) {
        d.event(EventType::SessionStart, Outcome::Success);
        d.set(Ov::SessionId, id.trim_matches('\''));
        let user = user.split_once(" with class ").map_or(user, |(u, _)| u);
        set_user(d, user.trim_end_matches('.').trim_matches('\''));
    } else if let Some(id) = msg.strip_prefix("Removed session ") {
        d.event(EventType::SessionEnd, Outcome::Success);
        d.set(Ov::SessionId, id.trim_end_matches('.').trim_matches('\''));
    } else if let Some(id) = between(msg, "Session ", " logged out") {
        d.event(EventType::Logout, Outcome::Success);
        d.set(Ov::SessionId, word(id));
    } else if msg.starts_with("System is ") {
        goes_down(d);
    } else if msg.starts_with("Power key pressed") {
        d.event(EventType::ServiceChange, Outcome::Unknown);
    }
}
