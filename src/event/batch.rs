//! A batch of records of one source, and the view of one event in it.

use std::ops::Range;
use std::sync::Arc;

use super::{EventType, FieldId, Logsource, Outcome, Ov, Schema, Severity, SourceId, Span, TimeQuality, Ts};

/// Type that a structured input gave a value; text formats write [`ValueKind::Text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum ValueKind {
    /// A string.
    #[default]
    Text,
    /// A number, kept as written.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`; the span is empty.
    Null,
}

/// One original field of a record. Several fields of one name are the elements
/// of an array; a rule matches if any of them does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Interned name, or [`FieldId::UNKNOWN`].
    pub id: FieldId,
    /// How the input typed it.
    pub kind: ValueKind,
    /// Whether it is an element of an array.
    pub in_array: bool,
    /// The name where it is not interned (dotted where nested).
    pub name: Span,
    /// The value, unescaped.
    pub value: Span,
    /// Where the parser saw the same value here before: fields with the same
    /// number, in batches of the same [`Batch::memory`], have the same name and
    /// value. 0 where that is not known.
    pub same: u32,
}

impl Field {
    /// Of numbers that are equal modulo this only the youngest still comes.
    pub const PLACES: u32 = 1 << 14;
}

/// What is known about a record beside its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecordFlags(pub u16);

impl RecordFlags {
    /// A parser understood the record.
    pub const PARSED: Self = Self(1);
    /// The raw bytes were not valid UTF-8; they stand in [`Batch::lossy`].
    pub const LOSSY: Self = Self(1 << 1);
    /// The record was longer than [`Batch::MAX_RECORD`]; the rest is reachable by offset.
    pub const TRUNCATED: Self = Self(1 << 2);
    /// First of two kinds of line that one attempt writes: `Invalid user …`.
    pub const ACT_NOTICE: Self = Self(1 << 3);
    /// A library's line about the attempt: `pam_unix(…): authentication failure`.
    pub const ACT_MODULE: Self = Self(1 << 4);
    /// The program's own verdict on the attempt: `Failed password …`.
    pub const ACT_VERDICT: Self = Self(1 << 5);
    /// The sum of a whole connection: `maximum authentication attempts exceeded`.
    pub const ACT_LIMIT: Self = Self(1 << 6);

    /// A line that says something of other lines (which columns they have,
    /// when they were written) and reports nothing itself.
    pub const HEADER: Self = Self(1 << 7);

    /// The end of a connection that had asked to log in: an attempt of its own
    /// only where no other line tells of one, as with keys that were refused.
    pub const ACT_END: Self = Self(1 << 8);

    /// A library's line that says that the attempt just refused by one of its
    /// modules was accepted by another: `pam_sss(…): authentication success`.
    pub const ACT_ACCEPT: Self = Self(1 << 9);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any bit of `other` is set.
    #[must_use]
    pub const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Sets the bits of `other`.
    pub const fn set(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// All bits that tell which line of an attempt this is.
    pub const ACT: Self = Self(
        Self::ACT_NOTICE.0
            | Self::ACT_MODULE.0
            | Self::ACT_VERDICT.0
            | Self::ACT_LIMIT.0
            | Self::ACT_END.0
            | Self::ACT_ACCEPT.0,
    );
}

/// One record: its place in the source, its time and its overlay.
#[derive(Debug, Clone)]
pub struct Record {
    /// The raw record in the batch's text, without its line terminator.
    pub raw: Span,
    /// Byte offset of the record in its (decompressed) source.
    pub offset: u64,
    /// Length in the source in bytes, what was cut off included.
    pub full_len: u64,
    /// First line, 1-based (or the record's number in formats without lines).
    pub line: u64,
    /// How many lines it spans.
    pub lines: u32,
    /// See [`RecordFlags`].
    pub flags: RecordFlags,
    /// Format that parsed it (an index into the parser's format table).
    pub format: u16,
    /// Event time.
    pub time: Ts,
    /// Where the time comes from.
    pub quality: TimeQuality,
    /// What happened.
    pub event_type: EventType,
    /// Severity of the event itself, as its program or its kind has it.
    pub severity: Severity,
    /// How it ended.
    pub outcome: Outcome,
    /// What wrote it, for binding rules.
    pub logsource: Logsource,
    /// Overlay values, indexed by [`Ov`].
    pub overlay: [Span; Ov::COUNT],
    /// First of its fields in [`Batch::fields`].
    pub fields_start: u32,
    /// Number of its fields.
    pub fields_len: u32,
}

impl Record {
    /// An unparsed record at a place of the source.
    #[must_use]
    pub fn new(raw: Span, offset: u64, full_len: u64, line: u64) -> Self {
        Self {
            raw,
            offset,
            full_len,
            line,
            lines: 1,
            flags: RecordFlags::default(),
            format: 0,
            time: Ts::NONE,
            quality: TimeQuality::None,
            event_type: EventType::Other,
            severity: Severity::Info,
            outcome: Outcome::Unknown,
            logsource: Logsource::default(),
            overlay: [Span::NONE; Ov::COUNT],
            fields_start: 0,
            fields_len: 0,
        }
    }
}

/// The bytes of a record that is not valid UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lossy {
    /// Index of the record in its batch.
    pub record: u32,
    /// The bytes as they stand in the source (cut like the text).
    pub bytes: Vec<u8>,
}

/// Consecutive records of one source, with the buffers that hold their values.
/// Batches travel between threads and are reused; spans never leave them.
#[derive(Debug, Default)]
pub struct Batch {
    /// The source the records come from.
    pub source: SourceId,
    /// Position of the batch in its source: 0, 1, 2, …
    pub seq: u64,
    /// Raw records, back to back (terminators may stand between them).
    pub text: String,
    /// Unescaped or decoded values.
    pub arena: String,
    /// The records, in the source's order.
    pub records: Vec<Record>,
    /// The original fields of all records.
    pub fields: Vec<Field>,
    /// Bytes of the records flagged [`RecordFlags::LOSSY`], in their order.
    pub lossy: Vec<Lossy>,
    /// Empty lines passed over in this batch (they are no records).
    pub empty_lines: u64,
    /// In a source whose lines are named by headers: the header lines in force
    /// where the batch begins (the last of each name, in any order).
    pub header: Option<Arc<str>>,
    /// Names of the interned fields; set when the batch is parsed.
    pub schema: Option<Arc<Schema>>,
    /// Whose [`Field::same`] numbers the fields have; 0 where they have none.
    pub memory: u64,
}

impl Batch {
    /// Longest raw record kept in a batch, in bytes; the rest stays reachable by offset.
    pub const MAX_RECORD: usize = 1 << 20;

    /// Empties the batch and keeps its memory (unless one giant record grew it).
    pub fn clear(&mut self) {
        self.text.clear();
        self.arena.clear();
        self.records.clear();
        self.fields.clear();
        self.lossy.clear();
        self.empty_lines = 0;
        self.header = None;
        self.schema = None;
        self.memory = 0;
        const KEEP: usize = 2 << 20;
        self.text.shrink_to(KEEP);
        self.arena.shrink_to(KEEP);
    }

    /// The event of a record; `None` past the end.
    #[must_use]
    pub fn event(&self, record: usize) -> Option<EventRef<'_>> {
        self.records.get(record).map(|rec| EventRef { batch: self, rec, index: record })
    }

    /// All events in order.
    pub fn events(&self) -> impl Iterator<Item = EventRef<'_>> {
        self.records.iter().enumerate().map(|(index, rec)| EventRef { batch: self, rec, index })
    }

    /// Some of the events, in order.
    pub fn events_of(&self, part: Range<usize>) -> impl Iterator<Item = EventRef<'_>> {
        let some = self.records.get(part.clone()).unwrap_or(&[]);
        part.zip(some).map(|(index, rec)| EventRef { batch: self, rec, index })
    }

    /// The value of a span of this batch.
    #[must_use]
    pub fn value(&self, span: Span) -> &str {
        span.get(&self.text, &self.arena)
    }
}

/// One event: a record with its batch.
#[derive(Debug, Clone, Copy)]
pub struct EventRef<'a> {
    /// The batch that owns the values.
    pub batch: &'a Batch,
    /// The record.
    pub rec: &'a Record,
    /// Index of the record in the batch.
    pub index: usize,
}

impl<'a> EventRef<'a> {
    /// The raw record (lossy where it was not UTF-8).
    #[must_use]
    pub fn raw(&self) -> &'a str {
        self.batch.value(self.rec.raw)
    }

    /// The raw bytes as they stand in the source.
    #[must_use]
    pub fn raw_bytes(&self) -> &'a [u8] {
        if self.rec.flags.has(RecordFlags::LOSSY)
            && let Ok(at) = self.batch.lossy.binary_search_by_key(&self.index, |l| l.record as usize)
            && let Some(l) = self.batch.lossy.get(at)
        {
            return &l.bytes;
        }
        self.raw().as_bytes()
    }

    /// An overlay value; `None` where absent.
    #[must_use]
    pub fn ov(&self, name: Ov) -> Option<&'a str> {
        let span = self.rec.overlay[name as usize];
        span.is_some().then(|| self.batch.value(span))
    }

    /// The original fields of this record.
    #[must_use]
    pub fn fields(&self) -> &'a [Field] {
        let start = self.rec.fields_start as usize;
        self.batch.fields.get(start..start + self.rec.fields_len as usize).unwrap_or(&[])
    }

    /// Name of one of its fields.
    #[must_use]
    pub fn field_name(&self, field: &Field) -> &'a str {
        if field.id == FieldId::UNKNOWN {
            return self.batch.value(field.name);
        }
        self.batch.schema.as_ref().map_or("", |s| s.field_name(field.id))
    }

    /// The values of an original field by name, in order.
    pub fn field_values<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        let this = *self;
        this.fields().iter().filter(move |f| this.field_name(f) == name).map(move |f| this.batch.value(f.value))
    }
}
