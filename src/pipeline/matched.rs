//! The events that base rules matched, kept in memory: another threshold or
//! timespan of a correlation is tried on them without reading the log.
//!
//! Each event is kept whole, so that it can be grouped by any of its fields. Of
//! the overlay only what is there is kept: most of it is empty.

use std::sync::Arc;

use crate::detect::state::Observed;
use crate::event::{
    Batch, EventRef, EventType, Field, Logsource, Lossy, Outcome, Record, RecordFlags, Schema, Severity, SourceId,
    Span, TimeQuality, Ts,
};

/// Most bytes that are kept.
const CAP: usize = 192 << 20;

/// A record less its overlay, and what was said of it.
#[derive(Debug)]
struct Kept {
    store: u32,
    index: u32,
    raw: Span,
    offset: u64,
    full_len: u64,
    line: u64,
    lines: u32,
    flags: RecordFlags,
    format: u16,
    time: Ts,
    quality: TimeQuality,
    event_type: EventType,
    severity: Severity,
    outcome: Outcome,
    logsource: Logsource,
    fields: (u32, u32),
    at: Observed,
    /// Ends of its parts of `overlay` and `hits`; they begin where those of the one before end.
    overlay: u32,
    hits: u32,
}

/// Events in canonical order with the rules that they match, by number.
#[derive(Debug, Default)]
pub(super) struct Matched {
    /// Values, one for each source and schema: batches without records.
    stores: Vec<Batch>,
    events: Vec<Kept>,
    overlay: Vec<(u8, Span)>,
    hits: Vec<u32>,
    bytes: usize,
}

impl Matched {
    /// Keeps an event; `false` where there is no room for it.
    pub fn push(&mut self, e: EventRef<'_>, hits: impl Iterator<Item = u32>, at: Observed) -> bool {
        let store = self.store(e.batch.source, e.batch.schema.as_ref());
        let Some(b) = self.stores.get_mut(store) else { return false };
        let before = b.text.len() + b.arena.len();
        let (base, raw) = (b.text.len(), e.rec.raw);
        b.text.push_str(e.raw());
        let copy = |b: &mut Batch, span: Span| {
            if span.is_none() {
                return span;
            }
            let inside = !span.is_in_arena()
                && !raw.is_in_arena()
                && span.start() >= raw.start()
                && span.start() + span.len() <= raw.start() + raw.len();
            if inside {
                return Span::text(base + span.start() - raw.start(), span.len());
            }
            let at = b.arena.len();
            b.arena.push_str(e.batch.value(span));
            Span::arena(at, span.len())
        };
        let first = b.fields.len() as u32;
        for f in e.fields() {
            // Numbers of values seen before are a parser's own.
            let kept = Field { name: copy(b, f.name), value: copy(b, f.value), same: 0, ..*f };
            b.fields.push(kept);
        }
        let fields = (first, b.fields.len() as u32 - first);
        for (i, span) in (0..).zip(e.rec.overlay) {
            if span.is_some() {
                self.overlay.push((i, copy(b, span)));
            }
        }
        let index = self.events.len() as u32;
        if e.rec.flags.has(RecordFlags::LOSSY) {
            b.lossy.push(Lossy { record: index, bytes: e.raw_bytes().to_vec() });
        }
        let r = e.rec;
        let known = self.hits.len();
        self.hits.extend(hits);
        self.events.push(Kept {
            store: store as u32,
            index,
            raw: Span::text(base, e.raw().len()),
            offset: r.offset,
            full_len: r.full_len,
            line: r.line,
            lines: r.lines,
            flags: r.flags,
            format: r.format,
            time: r.time,
            quality: r.quality,
            event_type: r.event_type,
            severity: r.severity,
            outcome: r.outcome,
            logsource: r.logsource,
            fields,
            at,
            overlay: self.overlay.len() as u32,
            hits: self.hits.len() as u32,
        });
        self.bytes += self.stores.get(store).map_or(0, |b| b.text.len() + b.arena.len()) - before
            + size_of::<Kept>()
            + size_of::<(u8, Span)>() * 12
            + size_of::<Field>() * fields.1 as usize
            + size_of::<u32>() * (self.hits.len() - known);
        self.bytes <= CAP
    }

    fn store(&mut self, source: SourceId, schema: Option<&Arc<Schema>>) -> usize {
        let same = |b: &Batch| b.source == source && b.schema.as_ref().map(Arc::as_ptr) == schema.map(Arc::as_ptr);
        self.stores.iter().position(same).unwrap_or_else(|| {
            self.stores.push(Batch { source, schema: schema.cloned(), ..Batch::default() });
            self.stores.len() - 1
        })
    }

    /// Visits the events in their order, with their hits.
    pub fn each(&self, mut visit: impl FnMut(EventRef<'_>, &[u32], Observed) -> bool) {
        let (mut overlay, mut hits) = (0, 0);
        for k in &self.events {
            let Some(batch) = self.stores.get(k.store as usize) else { return };
            let mut rec = Record::new(k.raw, k.offset, k.full_len, k.line);
            (rec.lines, rec.flags, rec.format) = (k.lines, k.flags, k.format);
            (rec.time, rec.quality) = (k.time, k.quality);
            (rec.event_type, rec.severity, rec.outcome) = (k.event_type, k.severity, k.outcome);
            rec.logsource = k.logsource;
            (rec.fields_start, rec.fields_len) = k.fields;
            for (name, span) in self.overlay.get(overlay..k.overlay as usize).unwrap_or_default() {
                if let Some(place) = rec.overlay.get_mut(usize::from(*name)) {
                    *place = *span;
                }
            }
            let mine = self.hits.get(hits..k.hits as usize).unwrap_or_default();
            (overlay, hits) = (k.overlay as usize, k.hits as usize);
            if !visit(EventRef { batch, rec: &rec, index: k.index as usize }, mine, k.at) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{FieldId, Ov, ValueKind};

    #[test]
    fn events_come_back_as_they_were() {
        let mut b = Batch { source: SourceId(3), ..Batch::default() };
        b.text.push_str("first line\nsecond: root from 10.0.0.7\n");
        b.arena.push_str("un\u{e9}scaped");
        for (from, len) in [(0, 10), (11, 27)] {
            let mut r = Record::new(Span::text(from, len), from as u64, len as u64, 7);
            r.fields_start = b.fields.len() as u32;
            r.fields_len = 1;
            r.flags = RecordFlags::ACT_VERDICT;
            r.overlay[Ov::User as usize] = Span::text(from + 2, 3);
            r.overlay[Ov::Url as usize] = Span::arena(0, 4);
            let (name, value) = (Span::arena(2, 5), Span::text(from, 5));
            b.fields.push(Field { id: FieldId::UNKNOWN, kind: ValueKind::Text, in_array: false, name, value, same: 9 });
            b.records.push(r);
        }
        let at = Observed { time: Ts(5), known: true, order: Ts(6), late: false, epoch: 0 };
        let mut m = Matched::default();
        for e in b.events() {
            assert!(m.push(e, [1, 4].into_iter(), at));
        }
        let mut n = 0;
        m.each(|e, hits, seen| {
            let was = b.event(n).unwrap();
            assert_eq!((e.raw(), e.ov(Ov::User), e.ov(Ov::Url)), (was.raw(), was.ov(Ov::User), was.ov(Ov::Url)));
            assert_eq!((e.rec.offset, e.rec.line, e.rec.flags), (was.rec.offset, was.rec.line, was.rec.flags));
            let fields = |e: EventRef<'_>| -> Vec<(String, String)> {
                e.fields().iter().map(|f| (e.field_name(f).into(), e.batch.value(f.value).into())).collect()
            };
            assert_eq!(fields(e), fields(was));
            assert_eq!((hits, seen, e.batch.source), (&[1, 4][..], at, SourceId(3)));
            n += 1;
            true
        });
        assert_eq!(n, 2);
    }
}
