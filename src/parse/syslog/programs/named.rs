//! BIND: `client [@0x…] ADDR#PORT [(NAME)]: [view V: ]WHAT`. The address stands
//! first, the name that was asked for after it.

use super::super::util::{between, cut, position, set_port, set_src};
use crate::event::{Draft, EventType, Outcome, Ov};
use crate::parse::Ctx;

pub(in crate::parse) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.named);
    // Category and severity of the channel: `security: info: `.
    let mut rest = msg;
    for _ in 0..3 {
        match cut(rest, ": ").filter(|_| !rest.starts_with("client")) {
            Some((head, tail)) if head.len() < 24 && !head.contains(' ') => rest = tail,
            _ => break,
        }
    }
    let Some(rest) = rest.strip_prefix("client ") else { return };
    let rest = match rest.strip_prefix("@0x") {
        Some(r) => cut(r, " ").map_or("", |(_, r)| r),
        None => rest,
    };
    let Some((addr, rest)) = cut(rest, "#") else { return };
    if addr.contains(' ') {
        return;
    }
    set_src(d, addr);
    set_port(d, Ov::SrcPort, rest);
    let Some((_, what)) = cut(rest, ": ") else { return };
    let what = match what.strip_prefix("view ") {
        Some(w) => cut(w, ": ").map_or(w, |(_, w)| w),
        None => what,
    };
    let refused = position(what.as_bytes(), b"' denied").is_some()
        || what.ends_with(" denied")
        || what.starts_with("bad zone transfer")
        || what.starts_with("rate limit")
        || what.starts_with("request has invalid signature")
        || what.starts_with("updating zone") && what.contains("': update unsuccessful: ");
    d.event(EventType::DnsQuery, if refused { Outcome::Failure } else { Outcome::Success });
    let mut asked = "";
    if let Some(question) = between(what, "'", "'") {
        let (name, kind) = question_of(question);
        d.set(Ov::Resource, name);
        asked = kind;
    } else if let Some(q) = what.strip_prefix("query: ") {
        // `NAME CLASS TYPE FLAGS (ADDR)`
        let mut words = q.split(' ');
        d.set(Ov::Resource, words.next().unwrap_or(""));
        asked = words.nth(1).unwrap_or("");
    }
    if what.starts_with("zone transfer") || what.starts_with("bad zone transfer") || what.starts_with("transfer of") {
        asked = "AXFR";
    }
    if !asked.is_empty() {
        d.field("query_type", asked);
    }
}

/// `NAME[/TYPE]/CLASS` apart: a name may have slashes of its own.
fn question_of(text: &str) -> (&str, &str) {
    let Some((rest, class)) = text.rsplit_once('/') else { return (text, "") };
    if !matches!(class, "IN" | "CH" | "HS" | "ANY" | "NONE") {
        return (text, "");
    }
    let is_type = |t: &str| t.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
    match rest.rsplit_once('/') {
        Some((name, kind)) if !kind.is_empty() && is_type(kind) => (name, kind),
        _ => (rest, ""),
    }
}
