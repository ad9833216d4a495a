//! Super-servers, the loggers themselves, firewalls being changed, scan detectors.

use super::super::util::{set_dest, set_src};
use crate::event::{Draft, EventType, Outcome, Ov, Severity};
use crate::parse::Ctx;

/// `FAIL: SERVICE address from=ADDR`, `START: SERVICE pid=N from=ADDR`.
pub(in crate::parse) fn xinetd(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.xinetd);
    if let Some((service, addr)) =
        msg.strip_prefix("libwrap refused connection to ").and_then(|r| r.rsplit_once(" from "))
    {
        d.event(EventType::Connection, Outcome::Failure);
        d.set_default(Ov::Resource, service.split(' ').next().unwrap_or(""));
        return set_src(d, addr);
    }
    // BSD's: `refused connection from ADDR, service NAME (tcp)`
    if let Some((addr, service)) = msg.strip_prefix("refused connection from ").and_then(|r| r.split_once(", service "))
    {
        d.event(EventType::Connection, Outcome::Failure);
        d.set_default(Ov::Resource, service.split(' ').next().unwrap_or(""));
        return set_src(d, addr);
    }
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

/// Of a service behind TCP wrappers: `connect from NAME (ADDR)`, `refused connect from …`.
pub(super) fn wrapped(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.xinetd);
    let refused = msg.strip_prefix("refused ");
    let msg = refused.unwrap_or(msg).trim_start();
    let Some(rest) = msg.strip_prefix("connect from ").or_else(|| msg.strip_prefix("connection from ")) else {
        return super::generic::parse("telnetd", msg, ctx, d);
    };
    d.event(EventType::Connection, if refused.is_some() { Outcome::Failure } else { Outcome::Success });
    let addr = rest.strip_suffix(')').and_then(|r| r.rsplit_once('(')).map_or(rest, |(_, a)| a);
    set_src(d, addr.rsplit_once('@').map_or(addr, |(_, a)| a));
}

/// OpenWrt's web interface: `luci: failed login on PATH for USER from ADDR`. Path and name
/// are the client's, the address is last.
pub(super) fn luci(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let text = msg.strip_prefix("[info] ").unwrap_or(msg);
    let Some(text) = text.strip_prefix("luci: ") else { return false };
    let (outcome, rest) = match (text.strip_prefix("failed login on "), text.strip_prefix("accepted login on ")) {
        (Some(rest), _) => (Outcome::Failure, rest),
        (_, Some(rest)) => (Outcome::Success, rest),
        _ => return false,
    };
    let Some((who, addr)) = rest.rsplit_once(" from ") else { return false };
    d.logsource(ctx.ls.auth);
    d.event(if outcome == Outcome::Failure { EventType::LoginFailed } else { EventType::Login }, outcome);
    set_src(d, addr);
    super::super::util::set_user(d, who.split_once(" for ").map_or("", |(_, u)| u));
    true
}

/// dnsmasq: `query[A] NAME from ADDR`.
pub(super) fn dnsmasq(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.named);
    let Some((kind, rest)) = msg.strip_prefix("query[").and_then(|r| r.split_once("] ")) else { return };
    let Some((name, addr)) = rest.rsplit_once(" from ") else { return };
    d.event(EventType::DnsQuery, Outcome::Success);
    d.set(Ov::Resource, name);
    d.field("query_type", kind);
    set_src(d, addr);
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
