//! The audit daemon and the kernel's audit records inside syslog.

use crate::event::{Draft, EventType, Outcome, Ov};
use crate::parse::{Ctx, audit};

pub(super) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.auditd);
    let state = if msg.starts_with("The audit daemon is exiting") || msg.starts_with("auditd exit") {
        "stopped"
    } else if msg.starts_with("Init complete") || msg.starts_with("Started dispatcher") {
        "started"
    } else {
        audit::records(msg, ctx, d);
        return;
    };
    d.event(EventType::ServiceChange, Outcome::Success);
    d.field("state", state);
    d.set(Ov::Resource, "auditd");
}
