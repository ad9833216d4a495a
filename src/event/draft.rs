//! Where parsers write: one record of a batch under construction.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{
    Batch, EventType, Field, FieldId, Logsource, Outcome, Ov, Record, RecordFlags, Schema, Severity, Span, TimeQuality,
    Ts, ValueKind,
};

/// One record being parsed. Values given as pieces of the batch's text become
/// spans without a copy; all others are copied into the arena.
#[derive(Debug)]
pub struct Draft<'b> {
    text: &'b str,
    arena: &'b mut String,
    fields: &'b mut Vec<Field>,
    /// The record; typed members may be set directly.
    pub rec: &'b mut Record,
    /// Interned names.
    pub schema: &'b Schema,
    /// A number that no other run over a batch has.
    pub run: u64,
}

impl Batch {
    /// A number for a run over a batch.
    #[must_use]
    pub fn next_run() -> u64 {
        static RUN: AtomicU64 = AtomicU64::new(1);
        RUN.fetch_add(1, Relaxed)
    }

    /// Calls `parse` with each record's raw text and its draft, in order.
    pub fn parse_with(&mut self, schema: &Schema, parse: impl FnMut(&str, &mut Draft<'_>)) {
        self.parse_part(schema, Self::next_run(), 0..self.records.len(), parse);
    }

    /// The same for some of the records, as a part of a run.
    pub fn parse_part(
        &mut self,
        schema: &Schema,
        run: u64,
        part: Range<usize>,
        mut parse: impl FnMut(&str, &mut Draft<'_>),
    ) {
        let Self { text, arena, records, fields, .. } = self;
        for rec in records.get_mut(part).into_iter().flatten() {
            rec.fields_start = fields.len() as u32;
            let raw = rec.raw.get(text, "");
            let mut draft = Draft { text, arena, fields, rec, schema, run };
            parse(raw, &mut draft);
            draft.finish();
        }
    }
}

impl<'b> Draft<'b> {
    /// Where a piece of the batch's text stands in it; `None` for any other text.
    #[must_use]
    pub fn offset_of(&self, value: &str) -> Option<usize> {
        let base = self.text.as_ptr() as usize;
        let at = (value.as_ptr() as usize).checked_sub(base)?;
        (at + value.len() <= self.text.len()).then_some(at)
    }

    /// The span of a value: in place if it is a piece of the text, else copied.
    pub fn span(&mut self, value: &str) -> Span {
        if let Some(at) = self.offset_of(value) {
            return Span::text(at, value.len());
        }
        let start = self.arena.len();
        self.arena.push_str(value);
        Span::arena(start, value.len())
    }

    /// Sets an overlay value.
    pub fn set(&mut self, name: Ov, value: &str) {
        let span = self.span(value);
        self.rec.overlay[name as usize] = span;
    }

    /// Sets an overlay value unless there is one or the new one is empty.
    pub fn set_default(&mut self, name: Ov, value: &str) {
        if self.rec.overlay[name as usize].is_none() && !value.is_empty() {
            self.set(name, value);
        }
    }

    /// Removes an overlay value.
    pub fn unset(&mut self, name: Ov) {
        self.rec.overlay[name as usize] = Span::NONE;
    }

    /// Sets an overlay value to a span made before.
    pub fn set_span(&mut self, name: Ov, span: Span) {
        self.rec.overlay[name as usize] = span;
    }

    /// The overlay value set so far.
    #[must_use]
    pub fn get(&self, name: Ov) -> Option<&str> {
        let span = self.rec.overlay[name as usize];
        span.is_some().then(|| span.get(self.text, self.arena))
    }

    /// The value of a span of this draft.
    #[must_use]
    pub fn value(&self, span: Span) -> &str {
        span.get(self.text, self.arena)
    }

    /// Appends to the arena what `write` writes and returns its span.
    pub fn build(&mut self, write: impl FnOnce(&mut String)) -> Span {
        let start = self.arena.len();
        write(self.arena);
        Span::arena(start, self.arena.len() - start)
    }

    /// Adds an original field of text.
    pub fn field(&mut self, name: &str, value: &str) {
        self.typed_field(name, value, ValueKind::Text, false);
    }

    /// Adds an original field.
    pub fn typed_field(&mut self, name: &str, value: &str, kind: ValueKind, in_array: bool) {
        let id = self.schema.field(name);
        let name = if id == FieldId::UNKNOWN { self.span(name) } else { Span::NONE };
        let value = self.span(value);
        self.fields.push(Field { id, kind, in_array, name, value, same: 0 });
    }

    /// Adds an original field whose value is a span made before.
    pub fn span_field(&mut self, name: &str, value: Span, kind: ValueKind) {
        let id = self.schema.field(name);
        let name = if id == FieldId::UNKNOWN { self.span(name) } else { Span::NONE };
        self.fields.push(Field { id, kind, in_array: false, name, value, same: 0 });
    }

    /// One value after another, as a new one (or the first one grown, where
    /// that is possible).
    pub fn append(&mut self, first: Span, second: Span) -> Span {
        let from = self.grow(first);
        let Self { text, arena, .. } = self;
        if second.is_in_arena() {
            arena.extend_from_within(second.start()..second.start() + second.len());
        } else {
            arena.push_str(second.get(text, ""));
        }
        Span::arena(from, arena.len() - from)
    }

    /// A value with more text behind it.
    pub fn append_text(&mut self, first: Span, more: &str) -> Span {
        let from = self.grow(first);
        self.arena.push_str(more);
        Span::arena(from, self.arena.len() - from)
    }

    /// Moves a value to the end of the arena unless it is there; its start.
    fn grow(&mut self, span: Span) -> usize {
        if span.is_in_arena() {
            if span.start() + span.len() == self.arena.len() {
                return span.start();
            }
            let at = self.arena.len();
            self.arena.extend_from_within(span.start()..span.start() + span.len());
            return at;
        }
        let at = self.arena.len();
        self.arena.push_str(span.get(self.text, ""));
        at
    }

    /// Makes the last `n` fields elements of an array.
    pub fn mark_last(&mut self, n: usize) {
        let first = (self.rec.fields_start as usize).max(self.fields.len().saturating_sub(n));
        for f in self.fields.get_mut(first..).unwrap_or_default() {
            f.in_array = true;
        }
    }

    /// Makes fields of this record that have the same name elements of an array.
    pub fn mark_repeated(&mut self) {
        let Self { text, arena, fields, rec, .. } = self;
        let own = fields.get_mut(rec.fields_start as usize..).unwrap_or_default();
        for i in 1..own.len() {
            let (before, rest) = own.split_at_mut(i);
            let Some(f) = rest.first_mut() else { break };
            let name = f.name.get(text, arena);
            let same = |g: &&mut Field| g.id == f.id && (g.id != FieldId::UNKNOWN || g.name.get(text, arena) == name);
            if let Some(g) = before.iter_mut().find(same) {
                g.in_array = true;
                f.in_array = true;
            }
        }
    }

    /// Adds a finished field (the JSON parser makes its own spans).
    #[inline]
    pub fn push_field(&mut self, field: Field) {
        self.fields.push(field);
    }

    /// The original fields added so far.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        self.fields.get(self.rec.fields_start as usize..).unwrap_or(&[])
    }

    /// Keeps of the fields added so far only those that `keep` says yes to; it
    /// gets their positions as in [`Draft::fields`].
    pub fn retain_fields(&mut self, mut keep: impl FnMut(usize) -> bool) {
        let first = self.rec.fields_start as usize;
        let mut at = 0;
        self.fields.retain(|_| {
            at += 1;
            at <= first || keep(at - 1 - first)
        });
    }

    /// Bytes of values that are no pieces of the text, those of all records.
    #[must_use]
    pub fn arena_len(&self) -> usize {
        self.arena.len()
    }

    /// Takes back fields and copied values, down to so many of each.
    pub fn cut_back(&mut self, fields: usize, arena: usize) {
        self.fields.truncate(self.rec.fields_start as usize + fields);
        self.arena.truncate(arena);
    }

    /// Sets what happened and how it ended.
    pub fn event(&mut self, event_type: EventType, outcome: Outcome) {
        self.rec.event_type = event_type;
        self.rec.outcome = outcome;
    }

    /// Sets the severity of the event itself.
    pub fn severity(&mut self, severity: Severity) {
        self.rec.severity = severity;
    }

    /// Sets event time and its quality.
    pub fn time(&mut self, time: Ts, quality: TimeQuality) {
        self.rec.time = time;
        self.rec.quality = quality;
    }

    /// Sets what wrote the record.
    pub fn logsource(&mut self, logsource: Logsource) {
        self.rec.logsource = logsource;
    }

    /// Sets flags ([`RecordFlags::PARSED`], the act flags).
    pub fn flag(&mut self, flags: RecordFlags) {
        self.rec.flags.set(flags);
    }

    /// Undoes everything a parser wrote, so that another may try.
    pub fn reset(&mut self) {
        let fresh = Record::new(self.rec.raw, self.rec.offset, self.rec.full_len, self.rec.line);
        let keep = RecordFlags(self.rec.flags.0 & (RecordFlags::LOSSY.0 | RecordFlags::TRUNCATED.0));
        self.fields.truncate(self.rec.fields_start as usize);
        let (start, lines) = (self.rec.fields_start, self.rec.lines);
        *self.rec = Record { flags: keep, fields_start: start, lines, ..fresh };
    }

    fn finish(self) {
        if self.rec.severity == Severity::Info {
            self.rec.severity = Severity::usual(self.rec.event_type, self.rec.outcome);
        }
        self.rec.fields_len = (self.fields.len() - self.rec.fields_start as usize) as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_the_text_are_not_copied() {
        let mut b = Batch { text: "user=root x".into(), ..Batch::default() };
        b.records.push(Record::new(Span::text(0, 11), 0, 11, 1));
        let schema = Schema::base();
        b.parse_with(&schema, |raw, d| {
            d.set(Ov::User, &raw[5..9]);
            d.set(Ov::Host, "elsewhere");
            d.field("a.b", "1");
        });
        assert_eq!(b.arena, "elsewherea.b1");
        let e = b.event(0).expect("one event");
        assert_eq!((e.ov(Ov::User), e.ov(Ov::Host), e.ov(Ov::Url)), (Some("root"), Some("elsewhere"), None));
        assert_eq!(e.field_values("a.b").collect::<Vec<_>>(), ["1"]);
    }

    #[test]
    fn reset_leaves_nothing_behind() {
        let mut b = Batch { text: "abc".into(), ..Batch::default() };
        b.records.push(Record::new(Span::text(0, 3), 0, 3, 1));
        b.parse_with(&Schema::base(), |_, d| {
            d.field("x", "y");
            d.event(EventType::Sudo, Outcome::Failure);
            d.flag(RecordFlags::PARSED);
            d.reset();
        });
        let e = b.event(0).expect("one event");
        assert!(e.fields().is_empty());
        assert_eq!((e.rec.event_type, e.rec.flags), (EventType::Other, RecordFlags::default()));
    }
}
