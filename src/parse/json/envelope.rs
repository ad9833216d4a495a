//! Envelopes: Filebeat, Fluent Bit, Vector, Docker's json-file, the journal.
//! The message inside is parsed once more, and its overlay comes first; the
//! envelope's host and time stand in where the inner line has none.

use super::doc::Doc;
use super::names::Key;
use super::speaker::{self, Speaker};
use super::{Scratch, apps, generic, journal, relayed, said, scan};
use crate::event::{Draft, Ov, RecordFlags, Span, TimeQuality, ValueKind};
use crate::parse::{Format, Parser, addr, detect, logfmt, syslog, windows};

/// What became of the message inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// There is none, or no parser knew it.
    No,
    /// A parser knew it.
    Read,
    /// It is in the name of a program that did not write it: it says nothing.
    Claimed,
}

/// Parses the message inside, if this is an envelope. The caller fills in the rest.
pub fn open(doc: &Doc, p: &Parser, d: &mut Draft<'_>, s: &mut Scratch) -> Opened {
    let key = if doc.is_text(d, Key::CloudInner) {
        Key::CloudInner
    } else if doc.is_text(d, Key::AuditInner) && doc.has(Key::AuditBeside) {
        Key::AuditInner
    } else if doc.is_text(d, Key::EcsOriginal)
        && doc.text(d, Key::EcsOriginal).starts_with('{')
        && !doc.has(Key::EcsOwn)
    {
        // Where the shipper has read it, what that says stands.
        Key::EcsOriginal
    } else if doc.is_text(d, Key::Log) {
        Key::Log
    } else if doc.has(Key::SplunkType) && doc.is_text(d, Key::SplunkLine) {
        Key::SplunkLine
    } else if doc.has(Key::GcpInsert) && doc.is_text(d, Key::GcpText) {
        Key::GcpText
    } else if doc.is_text(d, Key::GelfMessage) && (doc.has(Key::Ident) || doc.has(Key::GelfContainer)) {
        Key::GelfMessage
    } else if doc.is_text(d, Key::Message) && is_envelope(doc, d) {
        Key::Message
    } else if doc.is_text(d, Key::NxMessage) && doc.has(Key::NxModule) {
        Key::NxMessage
    } else {
        // A journal's entry without a message is its machine's all the same.
        if is_envelope(doc, d) {
            host(doc, d);
        }
        return Opened::No;
    };
    let mut line = std::mem::take(&mut s.inner);
    line.clear();
    line.push_str(doc.text(d, key).trim_end_matches(['\n', '\r']));
    let opened = if line.is_empty() { Opened::No } else { around(&line, key, doc, p, d, s) };
    s.inner = line;
    host(doc, d);
    opened
}

/// Parses the message inside, and puts the envelope's time in its place.
fn around(line: &str, key: Key, doc: &Doc, p: &Parser, d: &mut Draft<'_>, s: &mut Scratch) -> Opened {
    // Line parsers reset the record where a line is not theirs: hide the
    // envelope's fields from that.
    let outer_start = d.rec.fields_start;
    let outer_fields = d.fields().len();
    let named = Named::of(doc, d, key, line);
    d.rec.fields_start += outer_fields as u32;
    let parsed = inner(line, named, p, d, s);
    d.rec.fields_start = outer_start;
    if !parsed {
        return Opened::No;
    }
    d.rec.flags = RecordFlags(d.rec.flags.0 & !RecordFlags::PARSED.0);
    host(doc, d);
    let inner = (d.rec.time, d.rec.quality);
    // A program's document says what the program likes; the journal knows when and where.
    let certain = journal::is_entry(doc) && line.starts_with('{') && !speaker::is_relayed(doc, d);
    if certain && addr::is_host(doc.text(d, Key::EnvelopeHost)) {
        let own = doc.key(d, Key::EnvelopeHost);
        d.set_span(Ov::Host, own);
    }
    if let Some((ts, quality)) = generic::time_of(doc, d, &p.ctx) {
        if certain || !inner.0.is_some() {
            d.time(ts, quality);
        } else if inner.1 == TimeQuality::Yearless && quality != TimeQuality::Yearless {
            d.time(crate::parse::time::in_year_of(inner.0, ts), TimeQuality::Wall);
        }
    }
    if named.is_some_and(|n| n.speaker.claimed.is_some()) { Opened::Claimed } else { Opened::Read }
}

fn is_envelope(doc: &Doc, d: &Draft<'_>) -> bool {
    doc.has(Key::SourceType)
        || doc.has(Key::AgentType)
        || doc.has(Key::KubePod)
        || doc.has(Key::Ident)
        || doc.has(Key::JournalCursor)
        || doc.has(Key::Comm)
        || doc.has(Key::LogPath)
        || doc.has(Key::LogstashVersion) && doc.text(d, Key::LogstashPath).starts_with('/')
        || relayed::tag(doc, d).is_some()
}

/// The program that an envelope names, and the span of what it said.
#[derive(Clone, Copy)]
struct Named {
    speaker: Speaker,
    /// The message may be a line with a header of its own.
    maybe_line: bool,
    text: Span,
}

impl Named {
    /// Positions in `doc` count from the envelope's first field: to be asked before
    /// the fields are hidden.
    fn of(doc: &Doc, d: &Draft<'_>, key: Key, line: &str) -> Option<Self> {
        let text = doc.key(d, key);
        let text = text.skip(d.value(text).len() - d.value(text).trim_start_matches(' ').len());
        if let Some(speaker) = speaker::of(doc, d, line) {
            return Some(Self { speaker, maybe_line: false, text });
        }
        // A shipper that took the syslog header off keeps the program beside the message.
        let nx = (doc.has(Key::NxModule) && doc.has(Key::SourceName)).then_some(Key::SourceName);
        let ident = nx.or_else(|| doc.has(Key::EcsProgram).then_some(Key::EcsProgram))?;
        let speaker = Speaker { name: doc.key(d, ident), pid: doc.key(d, Key::JournalPid), claimed: None };
        Some(Self { speaker, maybe_line: true, text })
    }

    fn parse(self, line: &str, p: &Parser, d: &mut Draft<'_>) -> bool {
        let Speaker { name, pid, claimed } = self.speaker;
        d.set_span(Ov::Process, name);
        generic::default_span(d, Ov::Pid, pid);
        d.set_span(Ov::Message, self.text);
        if let Some(claimed) = claimed {
            d.span_field("claimed_program", claimed, ValueKind::Text);
            return true;
        }
        let name = smallvec::SmallVec::<[u8; 64]>::from_slice(d.value(name).as_bytes());
        syslog::parse_message(std::str::from_utf8(&name).unwrap_or(""), line, &p.ctx, d);
        true
    }
}

/// Tries the line parsers on the inner message.
fn inner(line: &str, named: Option<Named>, p: &Parser, d: &mut Draft<'_>, s: &mut Scratch) -> bool {
    let line = line.strip_prefix("@cee:").map_or(line, |l| l.trim_start_matches(' '));
    if let Some(named) = named.filter(|n| n.speaker.claimed.is_some()) {
        return named.parse(line, p, d);
    }
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
    if let Some(named) = named.filter(|n| !n.maybe_line) {
        return named.parse(line.trim_start_matches(' '), p, d);
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
    if let Some(named) = named {
        return named.parse(line, p, d);
    }
    let known = p.try_text(Format::Text, line, d);
    if !known {
        d.reset();
    }
    known
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
