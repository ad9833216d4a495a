//! BIND: `client [@0x…] ADDR#PORT [(NAME)]: [view V: ]WHAT`. The address stands
//! first, the name that was asked for after it.

use super::super::util::{between, set_port, set_src, word};
use crate::event::{Draft, EventType, Outcome, Ov};
use crate::parse::Ctx;

pub(in crate::parse) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.named);
    // Category and severity of the channel: `security: info: `.
    let mut rest = msg;
    for _ in 0..3 {
        match rest.split_once(": ") {
            Some((head, tail)) if head.len() < 24 && !head.contains(' ') && !rest.starts_with("client") => rest = tail,
            _ => break,
        }
    }
    let Some(rest) = rest.strip_prefix("client ") else { return };
    let rest = match rest.strip_prefix("@0x") {
        Some(r) => r.split_once(' ').map_or("", |(_, r)| r),
        None => rest,
    };
    let Some((addr, rest)) = rest.split_once('#') else { return };
    if addr.contains(' ') {
        return;
    }
    set_src(d, addr);
    set_port(d, Ov::SrcPort, rest);
    let Some((_, what)) = rest.split_once(": ") else { return };
    let what = match what.strip_prefix("view ") {
        Some(w) => w.split_once(": ").map_or(w, |(_, w)| w),
        None => what,
    };
    let refused = what.contains("' denied")
        || what.ends_with(" denied")
        || what.starts_with("bad zone transfer")
        || what.starts_with("rate limit");
    d.event(EventType::DnsQuery, if refused { Outcome::Failure } else { Outcome::Success });
    if let Some(name) = between(what, "'", "'") {
        d.set(Ov::Resource, name);
    } else if let Some(q) = what.strip_prefix("query: ") {
        d.set(Ov::Resource, word(q));
    }
    if what.starts_with("zone transfer") || what.starts_with("bad zone transfer") || what.starts_with("transfer of") {
        d.field("query_type", "AXFR");
    }
}
