//! Packet filters of the BSDs: ipfw, and pf as pfSense and OPNsense write it.

use super::super::util::{set_dest, set_port, set_src};
use crate::event::{Draft, EventType, Outcome, Ov};
use crate::parse::{Ctx, addr};

/// What a packet filter said of a packet.
fn verdict(action: &str) -> (EventType, Outcome) {
    match action {
        "block" | "Deny" | "Reject" | "Reset" | "Unreach" => (EventType::FirewallBlock, Outcome::Failure),
        "pass" | "Accept" | "Allow" => (EventType::FirewallAllow, Outcome::Success),
        _ => (EventType::Connection, Outcome::Unknown),
    }
}

/// `ipfw: RULE ACTION PROTO SRC:PORT DST:PORT in|out via IF`; false where it is none.
pub(super) fn ipfw(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some(rest) = msg.strip_prefix("ipfw: ") else { return false };
    let mut words = rest.split(' ');
    let (Some(rule), Some(action), Some(proto)) = (words.next(), words.next(), words.next()) else { return false };
    let (Some(src), Some(dst)) = (words.next().and_then(addr::parse), words.next().and_then(addr::parse)) else {
        return false;
    };
    if rule.is_empty() || !rule.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let (kind, outcome) = verdict(action);
    d.logsource(ctx.ls.firewall);
    d.event(kind, outcome);
    set_src(d, src.ip);
    set_dest(d, dst.ip);
    set_port(d, Ov::SrcPort, src.port.unwrap_or(""));
    set_port(d, Ov::DestPort, dst.port.unwrap_or(""));
    d.field("protocol", proto);
    let (side, via, interface) = (words.next(), words.next(), words.next());
    if let (Some(side @ ("in" | "out")), Some("via"), Some(interface)) = (side, via, interface) {
        d.field(side, interface);
    }
    true
}

/// filterlog: columns by commas, `…,IF,REASON,ACTION,DIRECTION,VERSION,…`.
pub(super) fn filterlog(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.firewall);
    let at = |n: usize| msg.split(',').nth(n).unwrap_or("");
    let first = match at(8) {
        // tos, ecn, ttl, id, offset, flags, number, protocol, length
        "4" => 16,
        // class, label, limit, protocol, number, length
        "6" => 12,
        _ => return,
    };
    let protocol = if first == 16 { at(16) } else { at(12) };
    let src = if first == 16 { 18 } else { 15 };
    let (kind, outcome) = verdict(at(6));
    d.event(kind, outcome);
    set_src(d, at(src));
    set_dest(d, at(src + 1));
    if matches!(protocol, "tcp" | "udp" | "TCP" | "UDP") {
        set_port(d, Ov::SrcPort, at(src + 2));
        set_port(d, Ov::DestPort, at(src + 3));
    }
    d.field("protocol", protocol);
    let side = if at(7) == "out" { "out" } else { "in" };
    d.field(side, at(4));
}
