//! An event that owns its values, for screens, the store and exports.

use super::{EventRef, EventType, OVERLAY, Outcome, Ov, Severity, SourceId, TimeQuality, Ts, ValueKind};

/// One original field, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedField {
    /// Name, dotted where nested.
    pub name: String,
    /// Value, unescaped.
    pub value: String,
    /// How the input typed it.
    pub kind: ValueKind,
    /// Whether it is an element of an array.
    pub in_array: bool,
}

/// An event detached from its batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// The source.
    pub source: SourceId,
    /// Byte offset in the (decompressed) source.
    pub offset: u64,
    /// Length in the source in bytes.
    pub full_len: u64,
    /// First line, 1-based.
    pub line: u64,
    /// Number of lines.
    pub lines: u32,
    /// Whether a parser understood it.
    pub parsed: bool,
    /// Event time.
    pub time: Ts,
    /// Where the time comes from.
    pub quality: TimeQuality,
    /// What happened.
    pub event_type: EventType,
    /// Severity of the event itself.
    pub severity: Severity,
    /// How it ended.
    pub outcome: Outcome,
    /// Overlay values, indexed by [`Ov`].
    pub overlay: [Option<Box<str>>; Ov::COUNT],
    /// Original fields.
    pub fields: Vec<OwnedField>,
    /// The raw record (lossy where it was not UTF-8).
    pub raw: String,
    /// Format index (see `parse::format_name`).
    pub format: u16,
}

impl EventRow {
    /// An overlay value.
    #[must_use]
    pub fn ov(&self, name: Ov) -> Option<&str> {
        self.overlay[name as usize].as_deref()
    }
}

impl From<EventRef<'_>> for EventRow {
    fn from(e: EventRef<'_>) -> Self {
        let mut overlay: [Option<Box<str>>; Ov::COUNT] = [const { None }; Ov::COUNT];
        for name in OVERLAY {
            overlay[*name as usize] = e.ov(*name).map(Into::into);
        }
        Self {
            source: e.batch.source,
            offset: e.rec.offset,
            full_len: e.rec.full_len,
            line: e.rec.line,
            lines: e.rec.lines,
            parsed: e.rec.flags.has(super::RecordFlags::PARSED),
            time: e.rec.time,
            quality: e.rec.quality,
            event_type: e.rec.event_type,
            severity: e.rec.severity,
            outcome: e.rec.outcome,
            overlay,
            fields: e
                .fields()
                .iter()
                .map(|f| OwnedField {
                    name: e.field_name(f).to_owned(),
                    value: e.batch.value(f.value).to_owned(),
                    kind: f.kind,
                    in_array: f.in_array,
                })
                .collect(),
            raw: e.raw().to_owned(),
            format: e.rec.format,
        }
    }
}
