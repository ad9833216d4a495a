//! Helpers of the parsers' unit tests.

use super::{Ctx, Options, Parser};
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

/// One line as a whole parser reads it, in a log of no known format.
pub fn row(line: &str) -> EventRow {
    let t = Ts::parse_rfc3339("2026-11-20T00:00:00Z").expect("a time");
    let schema = std::sync::Arc::new(Schema::base());
    let parser = Parser::for_source("a.log", b"", &Options::new(t), &schema);
    EventRow::from(parser.parse_one(line).event(0).expect("one event"))
}
