//! Helpers of the parsers' unit tests.

use super::Ctx;
use crate::event::{Batch, Draft, EventRow, Record, Schema, Span, Ts};

/// Parses one line with one parser; a refused line must leave no trace.
pub fn one(raw: &str, parse: fn(&str, &Ctx, &mut Draft<'_>) -> bool) -> EventRow {
    let ctx = Ctx::utc(Ts::parse_rfc3339("2026-11-20T00:00:00Z").expect("a time"));
    let mut b = Batch { text: raw.to_owned(), ..Batch::default() };
    b.records.push(Record::new(Span::text(0, raw.len()), 0, raw.len() as u64, 1));
    let schema = std::sync::Arc::new(Schema::base());
    b.parse_with(&schema, |raw, d| {
        if !parse(raw, &ctx, d) {
            d.reset();
        }
    });
    b.schema = Some(schema);
    EventRow::from(b.event(0).expect("one event"))
}
