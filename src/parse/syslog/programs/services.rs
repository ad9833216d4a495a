//! Super-servers, the loggers themselves, firewalls being changed, scan detectors.

use super::super::util::{set_dest, set_src};
use crate::event::{Draft, EventType, Outcome, Ov, Severity};
use crate::parse::Ctx;

/// `FAIL: SERVICE address from=ADDR`, `START: SERVICE pid=N from=ADDR`.
pub(super) fn xinetd(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.xinetd);
    let Some((verb, rest)) = msg.split_once(": ") else { return };
    match verb {
        "FAIL" => d.event(EventType::Connection, Outcome::Failure),
        "START" => d.event(EventType::Connection, Outcome::Success),
        "EXIT" => d.event(EventType::SessionEnd, Outcome::Success),
        _ => return,
    }
    d.set_default(Ov::Resource, rest.split(' ').next().unwrap_or(""));
    if let Some((_, addr)) = rest.rsplit_once("from=") {
        set_src(d, super::super::util::word(addr));
    }
}

/// The logger starts and stops: a gap in the evidence.
pub(super) fn syslogd(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.syslog);
    if msg.contains("exiting on signal") || msg.contains("syslog-ng shutting down") || msg.contains("Shutting down") {
        d.event(EventType::ServiceChange, Outcome::Success);
        d.field("state", "stopped");
        d.rec.severity = d.rec.severity.max(Severity::Low);
    } else if msg.ends_with("] start")
        || msg.ends_with("restart.")
        || msg.ends_with("restart")
        || msg.contains("syslog-ng starting up")
    {
        d.event(EventType::ServiceChange, Outcome::Success);
        d.field("state", "started");
    } else if msg.contains("lost ") && msg.contains(" messages") {
        d.event(EventType::SystemError, Outcome::Failure);
    }
    d.set_default(Ov::Resource, "syslog");
}

/// Firewall front ends.
pub(super) fn firewall(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.firewall);
    if msg.contains("SRC=") && msg.contains("IN=") {
        return super::kernel::parse(msg, ctx, d);
    }
    let stopped = ["stopped", "Stopped", "Flushing", "disabled", "Unloading"].iter().any(|w| msg.contains(w));
    d.event(EventType::ServiceChange, Outcome::Success);
    d.field("state", if stopped { "stopped" } else { "changed" });
    d.set(Ov::Resource, "firewall");
}

/// `ADDR to ADDR ports 80, 81, …`.
pub(super) fn scanlogd(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.firewall);
    let Some((src, rest)) = msg.split_once(" to ") else { return };
    d.event(EventType::Detection, Outcome::Failure);
    d.rec.severity = d.rec.severity.max(Severity::Medium);
    set_src(d, super::super::util::addr_port(src).0);
    if let Some((dest, ports)) = rest.split_once(" ports ") {
        set_dest(d, dest);
        d.set(Ov::Resource, ports.split_once(", ...").map_or(ports, |(p, _)| p));
    }
}
