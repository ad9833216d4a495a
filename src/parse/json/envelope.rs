//! Envelopes: Filebeat, Fluent Bit, Vector, Docker's json-file, the journal.
//! The message inside is parsed once more, and its overlay comes first; the
//! envelope's host and time stand in where the inner line has none.

use super::doc::Doc;
use super::names::Key;
use super::{Scratch, apps, generic, said, scan};
use crate::event::{Draft, Ov, RecordFlags, TimeQuality, Ts, time};
use crate::parse::{Format, Parser, addr, detect, logfmt, syslog, windows};

/// Parses the message inside, if this is an envelope; says whether a parser knew
/// it. The caller fills in the rest.
pub fn open(doc: &Doc, p: &Parser, d: &mut Draft<'_>, s: &mut Scratch) -> bool {
    let key = if doc.is_text(d, Key::CloudInner) {
        Key::CloudInner
    } else if doc.is_text(d, Key::EcsOriginal) && doc.text(d, Key::EcsOriginal).starts_with('{') {
        Key::EcsOriginal
    } else if doc.is_text(d, Key::Log) {
        Key::Log
    } else if doc.is_text(d, Key::Message) && is_envelope(doc) {
        Key::Message
    } else if doc.is_text(d, Key::NxMessage) && doc.has(Key::NxModule) {
        Key::NxMessage
    } else {
        // A journal's entry without a message is its machine's all the same.
        if is_envelope(doc) {
            host(doc, d);
        }
        return false;
    };
    let mut line = std::mem::take(&mut s.inner);
    line.clear();
    line.push_str(doc.text(d, key).trim_end_matches(['\n', '\r']));
    let opened = !line.is_empty() && around(&line, doc, p, d, s);
    s.inner = line;
    host(doc, d);
    opened
}

/// Parses the message inside, and puts the envelope's time in its place.
fn around(line: &str, doc: &Doc, p: &Parser, d: &mut Draft<'_>, s: &mut Scratch) -> bool {
    // Line parsers reset the record where a line is not theirs: hide the
    // envelope's fields from that.
    let outer_start = d.rec.fields_start;
    let outer_fields = d.fields().len();
    d.rec.fields_start += outer_fields as u32;
    let parsed = inner(line, doc, p, d, s, outer_fields);
    d.rec.fields_start = outer_start;
    if !parsed {
        return false;
    }
    d.rec.flags = RecordFlags(d.rec.flags.0 & !RecordFlags::PARSED.0);
    host(doc, d);
    let inner = (d.rec.time, d.rec.quality);
    if let Some((ts, quality)) = generic::time_of(doc, d, &p.ctx) {
        if !inner.0.is_some() {
            d.time(ts, quality);
        } else if inner.1 == TimeQuality::Yearless && quality != TimeQuality::Yearless {
            d.time(in_year_of(inner.0, ts), TimeQuality::Wall);
        }
    }
    true
}

/// A time whose year was guessed, put into the year that brings it nearest to
/// the envelope's.
fn in_year_of(guessed: Ts, envelope: Ts) -> Ts {
    let (year, month, day, ..) = guessed.civil();
    let (about, ..) = envelope.civil();
    let days = |y| time::days_from_civil(y, month, day);
    let in_year = |y| Ts(guessed.0.saturating_add((days(y) - days(year)).saturating_mul(time::DAY)));
    let tries = [about - 1, about, about + 1].map(in_year);
    tries.into_iter().min_by_key(|t| t.0.abs_diff(envelope.0)).unwrap_or(guessed)
}

fn is_envelope(doc: &Doc) -> bool {
    doc.has(Key::SourceType)
        || doc.has(Key::AgentType)
        || doc.has(Key::KubePod)
        || doc.has(Key::Ident)
        || doc.has(Key::JournalCursor)
        || doc.has(Key::LogPath)
}

/// Tries the line parsers on the inner message.
fn inner(line: &str, doc: &Doc, p: &Parser, d: &mut Draft<'_>, s: &mut Scratch, outer: usize) -> bool {
    if line.starts_with('{') {
        let Scratch { buf, copy, .. } = s;
        let roles = buf.roles.len();
        if scan::scan(line, &p.names, d, buf).is_none() {
            d.reset();
            buf.roles.truncate(roles);
            return false;
        }
        let inner_doc = Doc::new(d, 0, buf.roles.get(roles..).unwrap_or(&[]), &p.names);
        if windows::is_event(&inner_doc, d) {
            windows::apply(&inner_doc, p, d);
        } else {
            generic::facts(&inner_doc, &p.ctx, d, copy);
            if !apps::apply(&inner_doc, &p.ctx, d, copy) {
                said::apply(&inner_doc, &p.ctx, d, copy);
            }
            generic::finish(&inner_doc, &p.json, d);
        }
        return true;
    }
    // The journal and its like name the program apart from its message.
    if doc.has(Key::Ident) || doc.has(Key::Comm) {
        let ident = if doc.has(Key::Ident) { Key::Ident } else { Key::Comm };
        return program(doc, ident, p, d, line, outer);
    }
    for format in detect::candidates(line, Format::Raw) {
        let known = match format {
            Format::Logfmt => logfmt::parse(line, p, d, s),
            other => p.try_text(other, line, d),
        };
        if known {
            return true;
        }
        d.reset();
    }
    if doc.has(Key::NxModule) && doc.has(Key::SourceName) {
        return program(doc, Key::SourceName, p, d, line, outer);
    }
    // A shipper that took the syslog header off keeps the program beside the message.
    if doc.has(Key::EcsProgram) {
        return program(doc, Key::EcsProgram, p, d, line, outer);
    }
    let known = p.try_text(Format::Text, line, d);
    if !known {
        d.reset();
    }
    known
}

fn program(doc: &Doc, ident: Key, p: &Parser, d: &mut Draft<'_>, line: &str, outer: usize) -> bool {
    // Positions in `doc` count from the envelope's first field.
    let start = d.rec.fields_start;
    d.rec.fields_start = start - outer as u32;
    let (name, pid) = (doc.key(d, ident), doc.key(d, Key::JournalPid));
    let text = if doc.has(Key::Message) { doc.key(d, Key::Message) } else { doc.key(d, Key::NxMessage) };
    d.rec.fields_start = start;
    d.set_span(Ov::Process, name);
    generic::default_span(d, Ov::Pid, pid);
    d.set_span(Ov::Message, text);
    let name = smallvec::SmallVec::<[u8; 64]>::from_slice(d.value(name).as_bytes());
    syslog::parse_message(std::str::from_utf8(&name).unwrap_or(""), line, &p.ctx, d);
    true
}

fn host(doc: &Doc, d: &mut Draft<'_>) {
    for key in [Key::EnvelopeHost, Key::KubeHost] {
        let span = doc.key(d, key);
        if addr::is_host(d.value(span)) || addr::is_ip(d.value(span)) {
            generic::default_span(d, Ov::Host, span);
        }
    }
    let container = doc.key(d, Key::KubeContainer);
    generic::default_span(d, Ov::Process, container);
}
