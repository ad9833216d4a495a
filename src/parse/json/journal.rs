//! What only the journal's entries have: texts as arrays of bytes, and the
//! priority as a number.

use super::doc::Doc;
use super::names::{Key, Names, RoleId};
use crate::event::{Draft, Field, FieldId, Logsource, Severity, Span, ValueKind};
use crate::parse::{Ctx, syslog};

/// Whether a document is an entry of the journal: some shippers keep neither its
/// place nor its times.
pub(super) fn is_entry(doc: &Doc) -> bool {
    doc.has(Key::JournalTime) || doc.has(Key::JournalCursor) || doc.has(Key::Comm)
}

/// Lines as `journalctl` writes them for a browser (`data: {…}`), and behind the
/// separator of JSON sequences: the document.
pub fn bare(line: &str) -> &str {
    let inner = line.strip_prefix('\u{1e}').or_else(|| line.strip_prefix("data: "));
    inner.filter(|rest| rest.starts_with('{')).unwrap_or(line)
}

/// `journalctl` writes a message that is not printable as an array of its
/// bytes, of which each became a field: puts its text in their place. False
/// where there is nothing to do.
pub(super) fn message_of_bytes(doc: &Doc, names: &Names, d: &mut Draft<'_>, roles: &mut Vec<(RoleId, RoleId)>) -> bool {
    let first = doc.key(d, Key::Message);
    if !doc.is_number(d, Key::Message) {
        return false;
    }
    let (id, role, also) = names.get("MESSAGE");
    let is_byte = |d: &Draft<'_>, f: &Field| {
        let name = if f.id == FieldId::UNKNOWN { d.value(f.name) } else { d.schema.field_name(f.id) };
        f.in_array && f.kind == ValueKind::Number && name == "MESSAGE"
    };
    if !d.fields().iter().any(|f| f.value == first && is_byte(d, f)) {
        return false;
    }
    let places: Vec<bool> = d.fields().iter().map(|f| is_byte(d, f)).collect();
    let bytes: Vec<u8> = (d.fields().iter().zip(&places))
        .filter(|(_, byte)| **byte)
        .map(|(f, _)| d.value(f.value).parse().unwrap_or(b'?'))
        .collect();
    let is_one = |i: usize| places.get(i).copied().unwrap_or(false);
    d.retain_fields(|i| !is_one(i));
    let mut at = 0;
    roles.retain(|_| {
        at += 1;
        !is_one(at - 1)
    });
    let text = d.build(|out| out.push_str(&String::from_utf8_lossy(&bytes)));
    let name = if id == FieldId::UNKNOWN { d.span("MESSAGE") } else { Span::NONE };
    d.push_field(Field { id, kind: ValueKind::Text, in_array: false, name, value: text, same: 0 });
    roles.push((role, also));
    true
}

/// Fills in what the message's program left open.
pub(super) fn apply(doc: &Doc, ctx: &Ctx, d: &mut Draft<'_>) {
    if d.rec.logsource == Logsource::default() {
        d.logsource(ctx.ls.syslog);
    }
    if d.rec.severity == Severity::Info {
        d.rec.severity = doc.text(d, Key::JournalPriority).parse().map_or(Severity::Info, syslog::level);
    }
}
