//! The kernel: packet filter logs, memory, crashes.

use super::super::util::{cut, digits, set_dest, set_port, set_src, word};
use crate::event::{Draft, EventType, Outcome, Ov, Severity};
use crate::parse::Ctx;

pub(super) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.kernel);
    let msg = uptime(msg);
    if packet(msg, ctx, d) || super::bsd::ipfw(msg, ctx, d) {
        return;
    }
    let raise = |d: &mut Draft<'_>, s: Severity| d.rec.severity = d.rec.severity.max(s);
    if let Some((_, rest)) = msg.split_once("Killed process ").or_else(|| msg.split_once("Kill process ")) {
        d.event(EventType::OutOfMemory, Outcome::Failure);
        raise(d, Severity::Medium);
        victim(rest, d);
    } else if msg.contains(" invoked oom-killer")
        || msg.starts_with("Out of memory")
        || msg.contains("Memory cgroup out of memory")
    {
        d.event(EventType::OutOfMemory, Outcome::Failure);
        raise(d, Severity::Medium);
    } else if msg.starts_with("Kernel panic")
        || msg.contains("Kernel panic - not syncing")
        || msg.starts_with("BUG: ")
        || msg.starts_with("Oops: ")
    {
        d.event(EventType::KernelPanic, Outcome::Failure);
        raise(d, Severity::High);
    } else if msg.contains("]: segfault at ")
        || msg.contains("] general protection")
        || msg.contains("] trap invalid opcode")
    {
        d.event(EventType::ServiceCrash, Outcome::Failure);
        raise(d, Severity::Low);
        let head = msg.strip_prefix("traps: ").unwrap_or(msg);
        if let Some((name, rest)) = head.split_once('[') {
            d.set(Ov::Resource, name);
            d.field("crashed_pid", digits(rest));
        }
    } else if msg.contains("No space left on device") {
        d.event(EventType::DiskFull, Outcome::Failure);
        raise(d, Severity::Medium);
    } else if msg.contains("I/O error")
        || msg.contains("EXT4-fs error")
        || msg.contains("XFS (") && msg.contains("error")
    {
        d.event(EventType::SystemError, Outcome::Failure);
        raise(d, Severity::Low);
    } else if let Some(rest) = msg.strip_prefix("device ")
        && let Some(dev) = rest.strip_suffix(" entered promiscuous mode")
    {
        d.set(Ov::Resource, dev);
        raise(d, Severity::Low);
    } else if msg.starts_with("audit: ") || msg.starts_with("type=") {
        super::audit::parse(msg, ctx, d);
    }
}

/// Cuts `[  123.456789] `.
fn uptime(msg: &str) -> &str {
    if let Some((clock, rest)) = msg.strip_prefix('[').and_then(|r| cut(r, "] "))
        && !clock.is_empty()
        && clock.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b' '))
    {
        return rest;
    }
    msg
}

/// `PREFIX IN=… OUT=… SRC=… DST=… PROTO=… SPT=… DPT=…`. The prefix is the
/// administrator's and says what became of the packet.
fn packet(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let b = msg.as_bytes();
    let after_in = memchr::memchr_iter(b'=', b).find(|at| b.get(..*at).is_some_and(|h| h.ends_with(b"IN")));
    let Some(at) = after_in.map(|at| at - 2) else { return false };
    let (prefix, body) = msg.split_at(at);
    // An error by ICMP repeats the packet that it is about in brackets: whoever sends one
    // chooses what stands there.
    let body = body.split_once(" [").map_or(body, |(own, _)| own);
    let found = pairs(body);
    let [src, dst, spt, dpt, ..] = found;
    let Some(src) = src else { return false };
    d.logsource(ctx.ls.firewall);
    let (event_type, outcome) = verdict(prefix);
    d.event(event_type, outcome);
    set_src(d, src);
    if let Some(dst) = dst {
        set_dest(d, dst);
    }
    if let Some(port) = spt {
        set_port(d, Ov::SrcPort, port);
    }
    if let Some(port) = dpt {
        set_port(d, Ov::DestPort, port);
    }
    for (value, name) in found.iter().skip(4).zip(["protocol", "in", "out"]) {
        if let Some(v) = value.filter(|v| !v.is_empty()) {
            d.field(name, v);
        }
    }
    if let Some(flags) = tcp_flags(body) {
        d.field("tcp_flags", flags);
    }
    let prefix = prefix.trim().trim_matches(['[', ']', ':', ' ']);
    if !prefix.is_empty() {
        d.field("rule_prefix", prefix);
    }
    true
}

/// What stands between `RES=0x00` and `URGP=0`: `SYN` where a connection begins,
/// `ACK SYN` in its answer.
fn tcp_flags(body: &str) -> Option<&str> {
    let (_, rest) = cut(cut(body, " RES=0x")?.1, " ")?;
    let flags = cut(rest, " URGP=").map_or(rest, |(f, _)| f).trim_end();
    let known = |f: &str| matches!(f, "CWR" | "ECE" | "URG" | "ACK" | "PSH" | "RST" | "SYN" | "FIN");
    (!flags.is_empty() && flags.split(' ').all(known)).then_some(flags)
}

/// Keys of a packet's line that are kept, in the order of [`pairs`].
const KEYS: [&[u8]; 7] = [b"SRC", b"DST", b"SPT", b"DPT", b"PROTO", b"IN", b"OUT"];

/// The first value of each of [`KEYS`], found in one pass.
fn pairs(body: &str) -> [Option<&str>; 7] {
    let b = body.as_bytes();
    let mut out = [None; 7];
    for at in memchr::memchr_iter(b'=', b) {
        let before = b.get(..at).unwrap_or(&[]);
        let letters = before.iter().rev().take(6).take_while(|c| c.is_ascii_uppercase()).count();
        let start = at - letters;
        if !matches!(start.checked_sub(1).and_then(|i| b.get(i)), None | Some(b' ' | b',' | b'[' | b'(' | b';')) {
            continue;
        }
        let key = b.get(start..at).unwrap_or(&[]);
        if let Some(i) = KEYS.iter().position(|k| *k == key)
            && let Some(place @ None) = out.get_mut(i)
        {
            *place = body.get(at + 1..).map(word);
        }
    }
    out
}

/// What the prefix of a packet's line says of its fate.
fn verdict(prefix: &str) -> (EventType, Outcome) {
    let has = |words: &[&str]| words.iter().any(|w| contains_ci(prefix.as_bytes(), w.as_bytes()));
    if has(&["block", "drop", "reject", "deny", "denied", "dpt", "refuse", "invalid", "ban"]) {
        (EventType::FirewallBlock, Outcome::Failure)
    } else if has(&["allow", "accept", "permit", "pass"]) {
        (EventType::FirewallAllow, Outcome::Success)
    } else {
        (EventType::Connection, Outcome::Unknown)
    }
}

fn contains_ci(haystack: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else { return true };
    memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), haystack)
        .any(|at| haystack.get(at..at + needle.len()).is_some_and(|w| w.eq_ignore_ascii_case(needle)))
}

/// `1234 (name) …` of the process that was killed.
fn victim(rest: &str, d: &mut Draft<'_>) {
    let pid = digits(rest);
    if !pid.is_empty() {
        d.field("killed_pid", pid);
    }
    if let Some(name) = super::super::util::between(rest, "(", ")") {
        d.set(Ov::Resource, name);
    }
}
