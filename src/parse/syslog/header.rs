//! The header of a syslog line: everything before what the program said.
//!
//! Read from the left, and never past the first tag, so that nothing a program
//! writes can pass for a header.

use memchr::memchr;

use super::structured;
use crate::event::{Severity, TimeQuality, Ts};
use crate::parse::Ctx;
use crate::parse::time::{self, Stamp};

/// A header, and the message after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub time: Option<(Ts, TimeQuality)>,
    /// `<PRI>`, facility times eight plus severity.
    pub pri: Option<u8>,
    pub severity: Option<Severity>,
    pub host: Option<&'a str>,
    pub program: &'a str,
    /// What stands in brackets right after the program: `sshd(pam_unix)`.
    pub module: Option<&'a str>,
    pub pid: Option<&'a str>,
    /// What kind of message it is (RFC 5424's MSGID).
    pub id: Option<&'a str>,
    /// Structured data of RFC 5424, with its brackets.
    pub data: Option<&'a str>,
    pub msg: &'a str,
}

/// Reads a header; `None` where the line has none.
pub(super) fn header<'a>(raw: &'a str, ctx: &Ctx) -> Option<Header<'a>> {
    let mut h = Header::default();
    let mut rest = raw;
    if let Some((pri, after)) = pri(raw) {
        h.pri = Some(pri);
        h.severity = Some(severity(pri & 7));
        rest = after.strip_prefix(':').unwrap_or(after);
    }
    let first = *rest.as_bytes().first()?;
    if first.is_ascii_digit()
        && let Some(done) = structured::header(rest, h, ctx)
    {
        return Some(done);
    }
    match first {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'@' => {}
        b'*' | b'.' => rest = rest.get(1..)?,
        b'[' => return monotonic(rest, h),
        _ => return None,
    }
    if h.pri.is_some() {
        rest = sequence_number(rest);
    }
    let (len, bsd) = match stamp(rest, ctx) {
        Some((stamp, bsd)) => {
            h.time = Some((stamp.ts, stamp.quality));
            (stamp.len, bsd)
        }
        // A date that no calendar has stands where one should: the rest is as good.
        None => match time::looks_dated(rest.as_bytes()) {
            Some(found) => found,
            None => return untimed(rest, h, ctx),
        },
    };
    let after = rest.get(len..)?;
    let body = after.strip_prefix(": %").map_or(after, |_| &after[2..]);
    if body.len() == after.len() && !after.starts_with(' ') {
        // The logger's own marks have neither host nor program.
        h.msg = after.strip_prefix(": --- ").filter(|_| bsd)?.trim_end_matches(" ---");
        return Some(h);
    }
    let body = body.trim_start_matches(' ');
    tagged(body, &mut h, bsd).then_some(h)
}

/// `<N>` or `<NN>` or `<NNN>` up to 191.
fn pri(raw: &str) -> Option<(u8, &str)> {
    let rest = raw.strip_prefix('<')?;
    let end = rest.as_bytes().iter().take(4).position(|b| *b == b'>')?;
    let pri: u8 = rest.get(..end)?.parse().ok().filter(|p| *p <= 191)?;
    Some((pri, rest.get(end + 1..)?.trim_start_matches(' ')))
}

/// Severity of the event as its sender has it.
pub(in crate::parse) fn severity(level: u8) -> Severity {
    match level {
        0 => Severity::Critical,
        1 | 2 => Severity::High,
        3 => Severity::Medium,
        4 => Severity::Low,
        _ => Severity::Info,
    }
}

/// `123: ` as network devices put it before the time.
fn sequence_number(rest: &str) -> &str {
    let n = rest.bytes().take(10).take_while(u8::is_ascii_digit).count();
    match rest.get(n..).and_then(|r| r.strip_prefix(": ")) {
        Some(after) if n > 0 => after.trim_start_matches(['*', '.']),
        _ => rest,
    }
}

/// The time, and whether it is of the traditional kind, where a host follows.
fn stamp(rest: &str, ctx: &Ctx) -> Option<(Stamp, bool)> {
    let bytes = rest.as_bytes();
    if bytes.first()?.is_ascii_digit() {
        let s = time::iso(bytes, ctx).or_else(|| time::epoch(bytes)).map(|s| (s, false));
        return s.or_else(|| time::year_first(bytes, ctx).map(|s| (s, true)));
    }
    if let Some(s) = time::bsd(bytes, ctx) {
        return Some((s, true));
    }
    time::ctime(bytes, ctx).or_else(|| time::tai64n(bytes)).map(|s| (s, false))
}

/// `host program[pid]: message` without a time: only with a process id, as
/// anything less is any text.
fn untimed<'a>(rest: &'a str, mut h: Header<'a>, ctx: &Ctx) -> Option<Header<'a>> {
    let needs_pid = h.pri.is_none();
    // `sw: Mar  2 08:00:00.123: %…`: a device that names itself before the time.
    if let Some((host, after)) = rest.split_once(": ").filter(|(host, _)| !needs_pid && is_host(host))
        && let Some((stamp, _)) = stamp(after.trim_start_matches(['*', '.']), ctx)
        && let Some(at) = after.get(..after.floor_char_boundary(48)).and_then(|head| head.find(": %"))
        && let Some(t) = after.get(at + 2..).and_then(tag)
    {
        h.host = Some(host);
        h.time = Some((stamp.ts, stamp.quality));
        t.write(&mut h);
        return Some(h);
    }
    if let Some(t) = tag(rest) {
        t.write(&mut h);
    } else {
        let (host, after) = rest.split_once(' ')?;
        let t = tag(after)?;
        if !is_host(host) {
            return None;
        }
        h.host = Some(host);
        t.write(&mut h);
    }
    (!needs_pid || h.pid.is_some()).then_some(h)
}

/// `[   12.345678] message`: the kernel's ring buffer, or `journalctl -o short-monotonic`.
fn monotonic<'a>(rest: &'a str, mut h: Header<'a>) -> Option<Header<'a>> {
    let (clock, msg) = rest.get(1..)?.split_once(']')?;
    let (secs, frac) = clock.trim_start_matches(' ').split_once('.')?;
    if frac.len() < 3 || secs.is_empty() || !secs.bytes().chain(frac.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let msg = msg.trim_start_matches(' ');
    if let Some((host, after)) = msg.split_once(' ')
        && is_host(host)
        && let Some(t) = tag(after)
        && (t.pid.is_some() || t.program == "kernel")
    {
        h.host = Some(host);
        t.write(&mut h);
        return Some(h);
    }
    h.program = "kernel";
    h.msg = msg;
    Some(h)
}

/// Host, program and process id after the time.
fn tagged<'a>(body: &'a str, h: &mut Header<'a>, bsd: bool) -> bool {
    if body.is_empty() {
        return false;
    }
    if let Some(t) = tag(body) {
        // A network device: `host: %FACILITY-SEV-MNEMONIC: message`.
        if t.msg.starts_with('%') && !t.program.starts_with('%') {
            // `UTC: %…`: the zone of the time, where a device does not name itself.
            let zone = t.program.len() <= 4 && t.program.bytes().all(|b| b.is_ascii_uppercase());
            h.host = Some(t.program).filter(|_| !zone);
            match tag(t.msg) {
                Some(inner) => inner.write(h),
                None => h.msg = t.msg,
            }
            return true;
        }
        t.write(h);
        return true;
    }
    if bsd && let Some(t) = bracketed(body) {
        t.write(h);
        return true;
    }
    let end = memchr(b' ', body.as_bytes()).unwrap_or(body.len());
    let (mut host, mut after) = (&body[..end], body[end..].trim_start_matches(' '));
    // FreeBSD's `<auth.info>`, ChromeOS's level instead of a host.
    if host.starts_with('<') && host.ends_with('>') && host.contains('.') {
        let end = memchr(b' ', after.as_bytes()).unwrap_or(after.len());
        (host, after) = (&after[..end], after[end..].trim_start_matches(' '));
    }
    if !is_host(host) {
        return false;
    }
    if let Some(level) = level(host) {
        if let Some(t) = tag(after) {
            h.severity = Some(level);
            t.write(h);
            // With a zone this is a system's log, without one any program's.
            return bsd || t.pid.is_some() || h.time.is_some_and(|(_, q)| q == TimeQuality::Zoned);
        }
        return false;
    }
    // OpenWrt's `authpriv.warn`, in a host's place or behind it.
    if let Some(level) = facility_level(host) {
        let Some(t) = tag(after) else { return false };
        h.severity = h.severity.or(Some(level));
        t.write(h);
        return true;
    }
    h.host = Some(host);
    after = device(after);
    let mut found = tag(after);
    if found.is_none()
        && let Some((word, rest)) = after.split_once(' ')
        && let Some(severity) = facility_level(word)
    {
        h.severity = h.severity.or(Some(severity));
        after = rest.trim_start_matches(' ');
        found = tag(after);
    }
    match found.or_else(|| bracketed(after).filter(|_| bsd)).or_else(|| spaced(after)) {
        Some(t) => t.write(h),
        None if (bsd || h.pri.is_some()) && !after.is_empty() => h.msg = after,
        None => return false,
    }
    true
}

/// What a network device writes behind its name: `: %…`, `123: *Mar  2 08:00:00.123 UTC: %…`.
fn device(after: &str) -> &str {
    let n = after.bytes().take(10).take_while(u8::is_ascii_digit).count();
    let Some(rest) = after.get(n..).and_then(|r| r.strip_prefix(": ")) else { return after };
    if rest.starts_with('%') {
        return rest;
    }
    // Its own time, within what no other program's tag is followed by.
    let head = rest.get(..rest.floor_char_boundary(48)).unwrap_or(rest);
    match head.find(": %") {
        Some(at) if n > 0 && time::looks_dated(head.trim_start_matches(['*', '.']).as_bytes()).is_some() => {
            rest.get(at + 2..).unwrap_or(rest)
        }
        _ => after,
    }
}

/// `facility.level` by syslog's own names: no host is called so.
fn facility_level(word: &str) -> Option<Severity> {
    // Asked of every line's host, which is short: no search is worth its preparation.
    let bytes = word.as_bytes();
    // AIX: `auth|security:info`.
    if bytes.len() < 24
        && bytes.contains(&b'|')
        && let Some((facility, level)) = word.split_once('|').and_then(|(f, r)| Some((f, r.split_once(':')?.1)))
    {
        return FACILITIES.contains(&facility).then(|| syslog_level(level))?;
    }
    let dot = bytes.iter().take(20).rposition(|b| *b == b'.')?;
    let level = syslog_level(word.get(dot + 1..)?)?;
    let facility = word.get(..dot)?;
    let local = matches!(facility.as_bytes(), [b'l', b'o', b'c', b'a', b'l', b'0'..=b'7']);
    (local || FACILITIES.contains(&facility)).then_some(level)
}

/// syslog's own names of what writes.
const FACILITIES: [&str; 15] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "security", "console",
];

/// syslog's own names of levels.
fn syslog_level(word: &str) -> Option<Severity> {
    Some(match word {
        "debug" | "info" | "notice" => Severity::Info,
        "warn" | "warning" => Severity::Low,
        "err" | "error" => Severity::Medium,
        "crit" | "alert" => Severity::High,
        "emerg" | "panic" => Severity::Critical,
        _ => return None,
    })
}

fn level(word: &str) -> Option<Severity> {
    Some(match word {
        "INFO" | "DEBUG" | "NOTICE" | "TRACE" => Severity::Info,
        "WARN" | "WARNING" => Severity::Low,
        "ERR" | "ERROR" => Severity::Medium,
        "CRIT" | "ALERT" | "FATAL" => Severity::High,
        "EMERG" | "PANIC" => Severity::Critical,
        _ => return None,
    })
}

/// A host name or address.
fn is_host(word: &str) -> bool {
    !word.is_empty() && word.len() <= 255 && word.bytes().all(|b| HOST_BYTES[usize::from(b)]) && !word.ends_with(':')
}

const HOST_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        let byte = b as u8;
        table[b] = byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'/' | b'@' | b'%');
        b += 1;
    }
    table
};

/// A program's tag and what follows it.
#[derive(Debug, Clone, Copy)]
struct Tag<'a> {
    program: &'a str,
    module: Option<&'a str>,
    pid: Option<&'a str>,
    msg: &'a str,
}

impl<'a> Tag<'a> {
    fn write(self, h: &mut Header<'a>) {
        (h.program, h.module, h.pid, h.msg) = (self.program, self.module, self.pid, self.msg);
    }
}

const fn is_program_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(b, b'-' | b'_' | b'.' | b'/' | b'%' | b'+' | b'@' | b'$' | b'~' | b'*' | b'\\')
}

const PROGRAM_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = is_program_byte(b as u8);
        b += 1;
    }
    table
};

#[inline]
const fn program_byte(b: u8) -> bool {
    PROGRAM_BYTES[b as usize]
}

/// `program: `, `program[pid]: `, `program(module)[pid]: `, `program [pid]: `
/// and `program[pid] ` (without a colon only with a pid).
fn tag(s: &str) -> Option<Tag<'_>> {
    let bytes = s.as_bytes();
    let mut i = bytes.iter().take(129).position(|b| !program_byte(*b))?;
    if i == 0 {
        return forked(s);
    }
    // Asked of every line's host first, behind which the program stands.
    if bytes.get(i) == Some(&b' ') && !matches!(bytes.get(i + 1), Some(b' ' | b'[')) {
        return None;
    }
    let program = s.get(..i)?;
    let (mut module, mut pid) = (None, None);
    // `gdm-password][4711]: `: GNOME's display manager names itself with its bracket.
    if bytes.get(i) == Some(&b']') && matches!(bytes.get(i + 1), Some(b'[' | b':')) {
        i += 1;
    }
    if bytes.get(i) == Some(&b'(') {
        let end = i + memchr(b')', bytes.get(i..bytes.len().min(i + 200))?)?;
        module = s.get(i + 1..end);
        i = end + 1;
        // `auth(user,addr,sasl:login)<session>: `
        if bytes.get(i) == Some(&b'<') {
            i += memchr(b'>', bytes.get(i..bytes.len().min(i + 80))?)? + 1;
        }
    }
    let blanks = match bytes.get(i) {
        Some(b' ') => bytes.iter().skip(i).take(12).take_while(|b| **b == b' ').count(),
        _ => 0,
    };
    if bytes.get(i + blanks) == Some(&b'[') && (blanks == 0 || module.is_none()) {
        let from = i + blanks + 1;
        let end = from + memchr(b']', bytes.get(from..bytes.len().min(from + 24))?)?;
        let inner = bytes.get(from..end)?;
        let number = !inner.is_empty() && inner.iter().all(u8::is_ascii_digit);
        if !number && (blanks > 0 || inner.is_empty() || !inner.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'.'))
        {
            return None;
        }
        // `program [pid]` needs its colon: without it this is any text.
        if blanks > 0 && bytes.get(end + 1) != Some(&b':') {
            return None;
        }
        pid = s.get(from..end);
        i = end + 1;
        // `krb5kdc[7](info): `
        if bytes.get(i) == Some(&b'(') && number {
            let close = i + memchr(b')', bytes.get(i..bytes.len().min(i + 12))?)?;
            i = if bytes.get(close + 1) == Some(&b':') { close + 1 } else { i };
        }
        if bytes.get(i) == Some(&b' ') {
            let msg = s.get(i + 1..)?;
            return Some(Tag { program, module, pid, msg: launchd(msg) });
        }
    }
    if bytes.get(i) != Some(&b':') || !matches!(bytes.get(i + 1), None | Some(b' ' | b'[' | b'\t')) {
        return None;
    }
    Some(Tag { program, module, pid, msg: s.get(i + 1..)?.trim_start_matches(' ') })
}

/// `(systemd)[9]: message`: what a manager calls its own children.
fn forked(s: &str) -> Option<Tag<'_>> {
    let (program, rest) = s.strip_prefix('(')?.split_once(")[")?;
    if program.len() > 40 || program.is_empty() || !program.bytes().all(program_byte) {
        return None;
    }
    let (pid, msg) = rest.split_once("]: ")?;
    let number = !pid.is_empty() && pid.len() < 10 && pid.bytes().all(|b| b.is_ascii_digit());
    number.then(|| Tag { program, module: None, pid: Some(pid), msg: msg.trim_start_matches(' ') })
}

/// macOS puts the service in brackets, or the level, between tag and message.
fn launchd(msg: &str) -> &str {
    if let Some((level, rest)) = msg.strip_prefix('<').and_then(|r| r.split_once(">: "))
        && level.len() < 10
    {
        return rest;
    }
    if msg.starts_with('(')
        && let Some((head, rest)) = msg.split_once("): ")
        && head.len() < 120
    {
        return rest;
    }
    msg
}

/// `[program]: message` and `[program] message`.
fn bracketed(s: &str) -> Option<Tag<'_>> {
    let (program, msg) = s.strip_prefix('[')?.split_once(']')?;
    if program.len() > 40
        || program.is_empty()
        || !program.bytes().all(program_byte)
        || !program.as_bytes()[0].is_ascii_alphabetic()
    {
        return None;
    }
    let msg = msg.strip_prefix(':').unwrap_or(msg).strip_prefix(' ')?;
    Some(Tag { program, module: None, pid: None, msg })
}

/// A program whose name has a blank: `Some App[12]: `, `syslogd 1.5.0: `.
fn spaced(s: &str) -> Option<Tag<'_>> {
    let bytes = s.as_bytes();
    let end = bytes.iter().take(48).position(|b| matches!(b, b'[' | b':' | b'('))?;
    let program = s.get(..end)?;
    if !program.bytes().all(|b| program_byte(b) || b == b' ') || program.bytes().filter(|b| *b == b' ').count() > 3 {
        return None;
    }
    if bytes.get(end) == Some(&b'[') {
        let close = end + memchr(b']', bytes.get(end..bytes.len().min(end + 12))?)?;
        let pid = s.get(end + 1..close)?;
        if pid.is_empty() || !pid.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let msg = s.get(close + 1..)?;
        let msg = msg.strip_prefix(": ").or_else(|| msg.strip_prefix(' ').map(launchd))?;
        return Some(Tag { program, module: None, pid: Some(pid), msg });
    }
    let (name, version) = program.split_once(' ')?;
    if !version.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some(Tag { program: name, module: None, pid: None, msg: s.get(end + 1..)?.strip_prefix(' ')? })
}
