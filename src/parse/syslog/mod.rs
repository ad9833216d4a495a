//! Syslog lines: their headers, and the programs inside them.
//!
//! [`parse`] reads the header, writes what every line has (time, host, program,
//! process id, message) and hands the message to the parser of its program. A
//! line counts as parsed when its header was understood; a program parser only
//! adds to it.
//!
//! Addresses are taken from where a program wrote them: names that a client
//! chose may hold decoys, so each program parser anchors on the side of the
//! message that the client cannot write.

mod header;
pub(super) mod programs;
mod structured;
mod util;

use crate::event::{Draft, Ov, RecordFlags, TimeQuality, Ts};
use crate::parse::{Ctx, time};

pub(super) use header::severity as level;
pub use util::set_src;

/// Parses one line with a syslog header. False where it has none; then nothing
/// was written.
pub fn parse(raw: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    if let Some((stamp, at)) = time::labelled(raw.as_bytes()) {
        // `LABEL EPOCH DATE HOST `, then the line as its machine wrote it.
        let Some((host, line)) = raw.get(at + stamp.len + 1..).and_then(|r| r.split_once(' ')) else { return false };
        if !plain(line, ctx, d) {
            return false;
        }
        d.set(Ov::Host, host);
        d.time(stamp.ts, stamp.quality);
        return true;
    }
    programs::sysmon_alone(raw, d) || programs::paloalto_alone(raw, ctx, d) || plain(raw, ctx, d)
}

/// Parses a line that begins with its header.
fn plain(raw: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let Some(h) = header::header(raw, ctx) else {
        d.reset();
        return false;
    };
    d.flag(RecordFlags::PARSED);
    if let Some((ts, quality)) = h.time {
        d.time(ts, quality);
    }
    if let Some(s) = h.severity {
        d.severity(s);
    }
    if let Some(host) = h.host {
        d.set(Ov::Host, host);
    }
    if !h.program.is_empty() {
        d.set(Ov::Process, h.program);
    }
    if let Some(pid) = h.pid {
        d.set(Ov::Pid, pid);
    }
    if let Some(data) = h.data {
        structured::fields(data, d);
    }
    let msg = message_id(h.msg);
    d.set(Ov::Message, msg);
    d.logsource(ctx.ls.syslog);
    let (msg, times) = repeated(msg);
    if let Some(times) = times {
        d.set(Ov::Count, times);
    }
    let line = programs::Line {
        program: h.program,
        module: h.module,
        id: h.id.unwrap_or(""),
        data: h.data.unwrap_or(""),
        msg,
    };
    programs::parse(&line, ctx, d);
    true
}

/// The JSON that a program wrote as its message, bare or behind `@cee:`.
pub(super) fn json_inside<'a>(raw: &'a str, ctx: &Ctx) -> Option<&'a str> {
    if !raw.ends_with('}') {
        return None;
    }
    let msg = header::header(raw, ctx)?.msg;
    let msg = msg.strip_prefix("@cee:").unwrap_or(msg).trim_start_matches(' ');
    msg.starts_with('{').then_some(msg)
}

/// Fluentd's file: `TIME`, a tag and a document with tabs between them.
pub(super) fn json_behind_tabs<'a>(raw: &'a str, ctx: &Ctx) -> Option<(time::Stamp, &'a str)> {
    if !raw.ends_with('}') {
        return None;
    }
    let stamp = time::any(raw.as_bytes(), ctx)?;
    let (_, json) = raw.get(stamp.len..)?.strip_prefix('\t')?.split_once('\t')?;
    json.starts_with('{').then_some((stamp, json))
}

/// How far a message's own time may be from its header's: relays come hours late.
const OWN_TIME: i64 = crate::event::time::DAY;

/// Whether a time that a message gives is that of its header, whose year may be a guess.
/// What is written to syslog anybody may write, and a year that one line claims would be
/// the whole log's; the header is the daemon's.
fn is_near(own: Ts, (header, quality): (Ts, TimeQuality)) -> bool {
    let header = if quality == TimeQuality::Yearless { time::in_year_of(header, own) } else { header };
    own.0.abs_diff(header.0) <= OWN_TIME.unsigned_abs()
}

/// Writes what a header says beside what the message said itself: its host, program
/// where the message had none, and time where the message had none or one far away.
pub(super) fn beside(raw: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    let Some(h) = header::header(raw, ctx) else { return };
    if let Some((ts, quality)) = h.time.filter(|t| !d.rec.time.is_some() || !is_near(d.rec.time, *t)) {
        d.time(ts, quality);
    }
    if let Some(host) = h.host {
        d.set(Ov::Host, host);
    }
    if !h.program.is_empty() {
        d.set_default(Ov::Process, h.program);
    }
    if let Some(pid) = h.pid {
        d.set_default(Ov::Pid, pid);
    }
    d.set_default(Ov::Message, h.msg);
    if d.rec.logsource == crate::event::Logsource::default() {
        d.logsource(ctx.ls.syslog);
    }
}

/// Parses what a program said, where an envelope (a journal export, a JSON
/// field) names the program apart from the message.
pub fn parse_message(program: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    let (msg, times) = repeated(message_id(msg));
    if let Some(times) = times {
        d.set(Ov::Count, times);
    }
    programs::parse(&programs::Line { program, module: None, id: "", data: "", msg }, ctx, d);
}

/// Cuts Solaris' `[ID 800047 auth.info] ` and a relay's `kernel:[ 12.345678]: `.
fn message_id(msg: &str) -> &str {
    if let Some((clock, rest)) = msg.strip_prefix("kernel:[").and_then(|r| r.split_once("]: "))
        && clock.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b' '))
    {
        return rest;
    }
    match msg.strip_prefix("[ID ").and_then(|r| r.split_once("] ")) {
        Some((id, rest)) if id.len() < 40 => rest,
        _ => msg,
    }
}

/// `message repeated N times: [ … ]` and `last message repeated N times`: the
/// message inside and the number.
fn repeated(msg: &str) -> (&str, Option<&str>) {
    let Some(rest) = msg.strip_prefix("message repeated ").or_else(|| msg.strip_prefix("last message repeated "))
    else {
        return (msg, None);
    };
    let Some((n, rest)) = rest.split_once(" times") else { return (msg, None) };
    if n.is_empty() || n.len() > 9 || !n.bytes().all(|b| b.is_ascii_digit()) {
        return (msg, None);
    }
    let inner = rest.strip_prefix(": [").map_or("", |r| r.strip_suffix(']').unwrap_or(r)).trim_start_matches(' ');
    (inner, Some(n))
}

#[cfg(test)]
mod tests;
