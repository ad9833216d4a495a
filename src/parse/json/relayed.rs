//! Syslog as its relays write it in JSON (rsyslog, syslog-ng, Logstash, Fluentd):
//! the program and its process in a tag, the severity as a number.

use super::doc::Doc;
use super::names::Key;
use crate::event::{Draft, Severity, Span};
use crate::parse::syslog;

/// Program and process of a tag as a header has it: `sshd[12]:`, `kernel:`. What is
/// only called `tag` must look like one, as other shippers put their own there.
pub(super) fn tag(doc: &Doc, d: &Draft<'_>) -> Option<(Span, Span)> {
    let sure = doc.has(Key::SyslogTag);
    let span = doc.key(d, if sure { Key::SyslogTag } else { Key::Tag });
    let text = d.value(span).trim_end_matches(' ');
    let whole = text.strip_suffix(':');
    let (name, pid) = match whole.unwrap_or(text).strip_suffix(']').and_then(|t| t.split_once('[')) {
        Some((name, pid)) if !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit()) => (name, pid),
        Some(_) => return None,
        None if sure || whole.is_some() => (whole.unwrap_or(text), ""),
        None => return None,
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/' | b'-' | b'(' | b')' | b'%');
    (!name.is_empty() && name.bytes().all(plain))
        .then(|| (span.first(name.len()), span.skip(name.len() + 1).first(pid.len())))
}

/// The severity that a relay gives as a number.
pub(super) fn severity(doc: &Doc, d: &mut Draft<'_>) {
    if d.rec.severity != Severity::Info || !(doc.has(Key::Ident) || doc.has(Key::SyslogTag) || doc.has(Key::Tag)) {
        return;
    }
    let number = |key| doc.text(d, key).parse::<u8>().ok();
    let alone = number(Key::SyslogSeverity).or_else(|| number(Key::JournalPriority));
    let level = alone.filter(|n| *n < 8).or_else(|| number(Key::SyslogPri).map(|n| n & 7));
    if let Some(level) = level {
        d.severity(syslog::level(level));
    }
}
