//! Windows events as JSON, flat (one key per value) or nested as the usual
//! shippers write them. Original names stay; the overlay is filled by event id.

mod events;

pub use events::logsources;

use super::json::{Doc, Key, default_span, set_address};
use super::{Ctx, Parser, time};
use crate::event::{Draft, EventType, Field, FieldId, Logsource, Outcome, Ov, Schema, Severity, Ts, ValueKind};
use events::{Known, User};

/// What is computed once per source.
#[derive(Debug)]
pub struct Sources {
    /// Times of Windows events are UTC even where they do not say so.
    utc: Ctx,
    /// For events of no known channel.
    windows: Logsource,
}

impl Sources {
    /// Resolves names in a schema.
    #[must_use]
    pub fn new(time_ref: Ts, schema: &Schema) -> Self {
        Self { utc: Ctx::new(chrono_tz::Tz::UTC, time_ref, schema), windows: schema.logsource("windows", "", "") }
    }
}

impl Sources {
    /// A context for times that are UTC.
    pub(super) fn utc(&self) -> &Ctx {
        &self.utc
    }
}

/// What an event of Sysmon means: type, outcome, and a few words for people.
#[must_use]
pub fn sysmon(id: u32) -> (EventType, Outcome, &'static str) {
    let known = events::known(events::Kind::Sysmon, id);
    (known.event_type, known.outcome.unwrap_or(Outcome::Unknown), known.what)
}

/// Sigma's category of an event of Sysmon.
#[must_use]
pub const fn sysmon_category(id: u32) -> &'static str {
    events::category(events::Kind::Sysmon, id)
}

/// Event ids of the events of a Sigma category; none where it is not known.
#[must_use]
pub fn category_ids(category: &str) -> Vec<u32> {
    events::category_ids(category)
}

/// Whether a document is a Windows event: an event id, and who logged it.
#[must_use]
pub fn is_event(doc: &Doc, d: &Draft<'_>) -> bool {
    if !doc.has(Key::EventId) || !(doc.has(Key::Channel) || doc.has(Key::Provider)) {
        return false;
    }
    let id = doc.text(d, Key::EventId);
    !id.is_empty() && id.len() <= 5 && id.bytes().all(|b| b.is_ascii_digit())
}

/// Fills overlay and logsource of a Windows event.
pub fn apply(doc: &Doc, p: &Parser, d: &mut Draft<'_>) {
    // NXLog writes its machine's local time.
    let nxlog = doc.has(Key::NxModule);
    let clock = if nxlog { &p.ctx } else { &p.windows.utc };
    if nxlog && doc.has(Key::SourceName) {
        let provider = doc.key(d, Key::SourceName);
        d.span_field("Provider_Name", provider, ValueKind::Text);
    }
    if let Some((ts, quality)) = doc.time(d, clock) {
        d.time(ts, quality);
    }
    let id: u32 = doc.text(d, Key::EventId).parse().unwrap_or(0);
    let channel = doc.text(d, Key::Channel);
    let provider = doc.text(d, Key::Provider);
    let kind = events::Kind::of(channel, provider);
    let known = events::known(kind, id);
    logsource(doc, p, kind, id, d);

    let outcome = match (known.outcome, doc.text(d, Key::WinStatus)) {
        // Kerberos and credential checks carry their result.
        (None, "" | "0x0" | "0") => Outcome::Success,
        (None, _) => Outcome::Failure,
        (Some(o), _) => o,
    };
    let event_type = match (known.event_type, outcome) {
        (EventType::Login, Outcome::Failure) => EventType::LoginFailed,
        (t, _) => t,
    };
    d.event(event_type, outcome);
    d.severity(match (event_type, doc.text(d, Key::WinLevel)) {
        (EventType::Detection, _) => Severity::High,
        (_, "1") => Severity::High,
        (_, "2") => Severity::Low,
        _ => Severity::Info,
    });

    let span = |d: &Draft<'_>, key| doc.key(d, key);
    let s = span(d, Key::Channel);
    default_span(d, Ov::Source, s);
    let s = span(d, Key::Computer);
    default_span(d, Ov::Host, s);
    users(doc, known, d);
    let s = span(d, Key::IpAddress);
    set_address(d, s, Ov::SrcIp, Ov::SrcPort, Ov::SrcHost);
    let s = span(d, Key::SourceIp);
    set_address(d, s, Ov::SrcIp, Ov::SrcPort, Ov::SrcHost);
    let s = span(d, Key::DestinationIp);
    set_address(d, s, Ov::DestIp, Ov::DestPort, Ov::DestHost);
    for (key, name) in
        [(Key::IpPort, Ov::SrcPort), (Key::SourcePort, Ov::SrcPort), (Key::DestinationPort, Ov::DestPort)]
    {
        let s = span(d, key);
        let text = d.value(s);
        if !matches!(text, "" | "0") && text.bytes().all(|b| b.is_ascii_digit()) {
            default_span(d, name, s);
        }
    }
    for (key, name) in [
        (Key::Workstation, Ov::SrcHost),
        (Key::SourceHostname, Ov::SrcHost),
        (Key::DestinationHostname, Ov::DestHost),
        (Key::LogonId, Ov::SessionId),
    ] {
        let s = span(d, key);
        default_span(d, name, s);
    }
    process(doc, known, d);
    for key in known.resource {
        let s = span(d, *key);
        default_span(d, Ov::Resource, s);
    }
    message(known, id, d, doc);
}

/// Who acts and who is acted upon.
fn users(doc: &Doc, known: &Known, d: &mut Draft<'_>) {
    let (user, target): (&[Key], &[Key]) = match known.user {
        User::Target => (&[Key::TargetUserName, Key::AccountName, Key::WinUser], &[]),
        User::Subject => {
            (&[Key::SubjectUserName, Key::WinUser, Key::AccountName], &[Key::MemberName, Key::TargetUserName])
        }
    };
    for key in user {
        let s = doc.key(d, *key);
        default_span(d, Ov::User, s);
    }
    for key in target {
        let s = doc.key(d, *key);
        default_span(d, Ov::TargetUser, s);
    }
}

/// Program by its file name, and its process id in decimal.
fn process(doc: &Doc, known: &Known, d: &mut Draft<'_>) {
    let image = [Key::Image, Key::ProcessName].into_iter().map(|k| doc.key(d, k)).find(|s| s.len() > 1);
    if let Some(image) = image {
        let path = d.value(image);
        let name = path.rfind(['\\', '/']).map_or(0, |at| at + 1);
        default_span(d, Ov::Process, image.skip(name));
    }
    let new = doc.key(d, Key::NewProcessId);
    let pid =
        if known.event_type == EventType::ProcessStart && new.is_some() { new } else { doc.key(d, Key::ProcessId) };
    let text = d.value(pid);
    if let Some(hex) = text.strip_prefix("0x") {
        if let Ok(n) = u32::from_str_radix(hex, 16) {
            d.set(Ov::Pid, decimal(n, &mut [0; 10]));
        }
    } else if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        default_span(d, Ov::Pid, pid);
    }
}

/// A short line for people: what it was, and the main detail.
fn message(known: &Known, id: u32, d: &mut Draft<'_>, doc: &Doc) {
    let own = doc.key(d, Key::Message);
    if !own.is_empty() {
        d.set_span(Ov::Message, own);
        return;
    }
    let text = d.build(|out| {
        let mut digits = [0; 10];
        out.push_str(decimal(id, &mut digits));
        out.push(' ');
        out.push_str(known.what);
    });
    let text = if known.what.is_empty() { d.append(text, doc.key(d, Key::Provider)) } else { text };
    let detail = doc.key(d, Key::ScriptBlock);
    let detail = if detail.is_empty() { d.rec.overlay[Ov::Resource as usize] } else { detail };
    if detail.is_empty() {
        d.set_span(Ov::Message, text);
        return;
    }
    let whole = d.value(detail);
    let mut end = whole.len().min(200);
    while !whole.is_char_boundary(end) {
        end -= 1;
    }
    let text = d.append_text(text, ": ");
    let text = d.append(text, detail.first(end));
    d.set_span(Ov::Message, text);
}

/// A number as people write it.
fn decimal(mut number: u32, digits: &mut [u8; 10]) -> &str {
    let mut at = digits.len();
    for place in digits.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
        at -= 1;
        if number == 0 {
            break;
        }
    }
    std::str::from_utf8(digits.get(at..).unwrap_or_default()).unwrap_or("")
}

/// The logsource from channel and provider. Hints in the event count only
/// where these say nothing else.
fn logsource(doc: &Doc, p: &Parser, kind: events::Kind, id: u32, d: &mut Draft<'_>) {
    let agrees = matches!(doc.text(d, Key::Product), "" | "windows");
    let hint = |key, own: &'static str| {
        if own.is_empty() && agrees { p.schema.sym(doc.text(d, key)) } else { p.schema.sym(own) }
    };
    let service = hint(Key::Service, kind.service());
    let category = match (kind, id) {
        (events::Kind::Sysmon, 12) => events::registry_object(done(d)),
        _ => events::category(kind, id),
    };
    let category = hint(Key::Category, category);
    // Sysmon for Linux writes the same events.
    let product = if doc.text(d, Key::Channel) == "Linux-Sysmon/Operational" {
        p.schema.sym("linux")
    } else {
        p.windows.windows.product
    };
    d.logsource(Logsource { product, category, service });
}

/// What Sysmon says was done to a registry object, flat or nested.
fn done<'a>(d: &'a Draft<'_>) -> &'a str {
    let named = |f: &&Field| {
        let name = if f.id == FieldId::UNKNOWN { d.value(f.name) } else { d.schema.field_name(f.id) };
        name == "EventType" || name.ends_with("ata.EventType")
    };
    d.fields().iter().find(named).map_or("", |f| d.value(f.value))
}

impl Doc {
    /// The event's time, best name first.
    fn time(&self, d: &Draft<'_>, ctx: &Ctx) -> Option<(Ts, crate::event::TimeQuality)> {
        self.times.iter().find_map(|(_, at)| {
            let text = d.value(self.at(d, *at));
            let inner = text.strip_prefix("/Date(").and_then(|t| t.split_once(')')).map_or(text, |(t, _)| t);
            time::value(inner, ctx)
        })
    }
}

#[cfg(test)]
mod tests;
