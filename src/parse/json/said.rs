//! What the message of an event says of a log-in, where nothing else does.
//!
//! The words of a program's log are read as those behind a syslog header. An
//! event that names its kind (`event: comment_posted`) is no log line: its
//! message may be what a guest wrote, and is believed only of the client whom
//! the event itself names.

use super::doc::Doc;
use super::generic::default_span;
use super::names::Key;
use crate::event::{Draft, EventType, Outcome, Ov, Span};
use crate::parse::{Ctx, text};

/// Kinds that say no more than that the event is a line of a log.
const LINES: &[&str] = &[
    "access",
    "app",
    "application",
    "audit",
    "auth",
    "container",
    "default",
    "event",
    "general",
    "info",
    "json",
    "line",
    "log",
    "logs",
    "message",
    "notice",
    "security",
    "server",
    "stderr",
    "stdout",
    "syslog",
    "system",
    "warn",
    "warning",
];

/// Looks for a log-in in the message, refused or let in.
pub(super) fn apply(doc: &Doc, ctx: &Ctx, d: &mut Draft<'_>, copy: &mut String) {
    if d.rec.event_type != EventType::Other {
        return;
    }
    let span = message(doc, d);
    if span.is_empty() {
        return;
    }
    copy.clear();
    copy.push_str(d.value(span).trim());
    if d.get(Ov::SrcIp).is_some() {
        if let Some((outcome, user)) = text::says(copy)
            && (d.rec.outcome == Outcome::Unknown || d.rec.outcome == outcome)
        {
            ended(outcome, d);
            d.set_default(Ov::User, user.unwrap_or(""));
        }
    } else if d.rec.outcome != Outcome::Success && is_line(doc, d) {
        let (source, user) = (d.rec.logsource, d.rec.overlay[Ov::User as usize]);
        if text::told("", copy, ctx, d) {
            if user.is_some() {
                d.set_span(Ov::User, user);
            }
            default_span(d, Ov::Message, span);
        } else if user.is_some()
            && let Some((outcome, _)) = text::says(copy)
            && d.rec.outcome == Outcome::Unknown
        {
            // Whose log-in it was stands in a field, and nothing tells from where.
            ended(outcome, d);
        }
        d.logsource(source);
    }
}

fn ended(outcome: Outcome, d: &mut Draft<'_>) {
    d.event(if outcome == Outcome::Failure { EventType::LoginFailed } else { EventType::Login }, outcome);
}

/// The event's message; structlog writes it as `event`.
fn message(doc: &Doc, d: &Draft<'_>) -> Span {
    let keys = [Key::Message, Key::Log, Key::NxMessage, Key::GelfMessage, Key::GcpText, Key::OtherMessage];
    match keys.into_iter().find(|key| doc.is_text(d, *key)) {
        Some(key) => doc.key(d, key),
        None => sentence(doc, d),
    }
}

fn sentence(doc: &Doc, d: &Draft<'_>) -> Span {
    doc.types.iter().map(|(_, at)| doc.at(d, *at)).find(|s| d.value(*s).contains(' ')).unwrap_or(Span::NONE)
}

/// Whether the event is a line of a log, and of no kind that it names.
pub(super) fn is_line(doc: &Doc, d: &Draft<'_>) -> bool {
    doc.types.iter().all(|(_, at)| {
        let word = d.value(doc.at(d, *at));
        word.contains(' ') || LINES.iter().any(|l| word.eq_ignore_ascii_case(l))
    })
}
