//! JSON lines, flat and nested, and the envelopes that shippers put around
//! other logs.

mod aliases;
mod apps;
mod clouds;
mod doc;
mod envelope;
mod escape;
mod follow;
mod generic;
mod hosted;
mod journal;
mod keys;
mod layouts;
mod names;
mod nested;
mod relayed;
mod said;
mod scan;
mod seek;
mod shapes;
mod speaker;
mod suricata;
mod values;
mod words;
mod zeek;

pub use doc::Doc;
pub use generic::{default_span, set_address};
pub use journal::bare;
pub use names::{Key, Names, RoleId};
pub use scan::{MAX_DEPTH, MAX_FIELDS, MAX_NAME};
pub use words::{event_type, outcome, severity, usual_outcome};

use super::{Format, Parser, windows};
use crate::event::{Draft, Logsource, Ov, RecordFlags, Schema};

/// Buffers that are reused from line to line.
#[derive(Debug, Default)]
pub struct Scratch {
    buf: scan::Buffers,
    /// A value that is read while others are written.
    copy: String,
    /// The message inside an envelope.
    inner: String,
}

impl Scratch {
    /// To be called before a batch is read; see [`crate::event::Batch::memory`].
    pub fn begin_batch(&mut self, names: &Names) -> u64 {
        self.buf.shapes.begin_batch(names)
    }
}

/// Logsources of JSON events.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    none: Logsource,
    clouds: clouds::Sources,
    web: Logsource,
    dns: Logsource,
    pub(super) firewall: Logsource,
    database: Logsource,
    authentication: Logsource,
    application: Logsource,
    linux_process: Logsource,
    windows_process: Logsource,
}

impl Sources {
    /// Resolves the names in a schema.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        Self {
            none: Logsource::default(),
            clouds: clouds::Sources::new(schema),
            web: schema.logsource("", "webserver", ""),
            dns: schema.logsource("", "dns", ""),
            firewall: schema.logsource("", "firewall", ""),
            database: schema.logsource("", "database", ""),
            authentication: schema.logsource("", "authentication", ""),
            application: schema.logsource("", "application", ""),
            linux_process: schema.logsource("linux", "process_creation", ""),
            windows_process: schema.logsource("windows", "process_creation", ""),
        }
    }
}

/// Parses one JSON line. `named`: the user said what the source is, so hints
/// inside the event are trusted.
pub(super) fn parse(raw: &str, p: &Parser, named: bool, d: &mut Draft<'_>, s: &mut Scratch) -> bool {
    s.buf.roles.clear();
    s.buf.left_out = 0;
    if scan::scan(raw, &p.names, d, &mut s.buf).is_none() {
        return false;
    }
    let mut doc = Doc::new(d, 0, &s.buf.roles, &p.names);
    if journal::message_of_bytes(&doc, &p.names, d, &mut s.buf.roles) {
        doc = Doc::new(d, 0, &s.buf.roles, &p.names);
    }
    if s.buf.left_out > 0 {
        d.field("fields_left_out", &s.buf.left_out.to_string());
    }
    apply(&doc, p, named, d, s);
    true
}

/// Fills the overlay of a record whose fields were written by another reader,
/// with their roles beside them.
pub(super) fn finish(d: &mut Draft<'_>, roles: &[(RoleId, RoleId)], p: &Parser, s: &mut Scratch) {
    let doc = Doc::new(d, 0, roles, &p.names);
    apply(&doc, p, false, d, s);
}

fn apply(doc: &Doc, p: &Parser, named: bool, d: &mut Draft<'_>, s: &mut Scratch) {
    let format = if windows::is_event(doc, d) {
        windows::apply(doc, p, d);
        Format::Windows
    } else {
        if suricata::is_event(doc) {
            suricata::before(doc, d);
            generic::apply(doc, &p.ctx, &p.json, d, &mut s.copy);
            suricata::after(doc, d);
        } else if zeek::is_log(doc) {
            zeek::apply(doc, &p.ctx, &p.json, d, &mut s.copy);
        } else {
            let inside = envelope::open(doc, p, d, s);
            let opened = inside != envelope::Opened::No;
            if journal::is_entry(doc) {
                journal::apply(doc, &p.ctx, d);
            } else if opened {
                relayed::severity(doc, d);
            }
            let told = opened && d.get(Ov::SrcIp).is_some();
            generic::facts(doc, &p.ctx, d, &mut s.copy);
            let read = apps::apply(doc, &p.ctx, d, &mut s.copy);
            // What a parser has read of the message stands; the client may stand beside it.
            if !read && inside != envelope::Opened::Claimed && (!opened || !told && d.get(Ov::SrcIp).is_some()) {
                said::apply(doc, &p.ctx, d, &mut s.copy);
            }
            generic::finish(doc, &p.json, d);
        }
        if named {
            hints(doc, &p.schema, d);
        }
        Format::Json
    };
    d.rec.format = format.id(&p.custom);
    d.flag(RecordFlags::PARSED);
}

/// Logsource hints inside an event whose format was named.
fn hints(doc: &Doc, schema: &Schema, d: &mut Draft<'_>) {
    if doc.has(Key::Product) || doc.has(Key::Category) {
        let ls = schema.logsource(doc.text(d, Key::Product), doc.text(d, Key::Category), doc.text(d, Key::Service));
        d.logsource(ls);
    }
}

#[cfg(test)]
mod products;
#[cfg(test)]
mod said_tests;
#[cfg(test)]
mod shapes_tests;
#[cfg(test)]
mod shippers_tests;
#[cfg(test)]
mod tests;
