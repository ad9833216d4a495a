//! Headers, and the programs by family, on lines of our own.

mod auth;
mod headers;
mod hostile;
mod services;
mod sshd;

use crate::event::{Batch, EventType, Outcome, Ov, Record, RecordFlags, Schema, Span, Ts};
use crate::parse::Ctx;

/// One parsed line.
struct Parsed(Batch, bool);

impl Parsed {
    fn get(&self, name: Ov) -> &str {
        self.0.event(0).and_then(|e| e.ov(name)).unwrap_or("")
    }

    fn field(&self, name: &str) -> &str {
        self.0.event(0).and_then(|e| e.field_values(name).next()).unwrap_or("")
    }

    fn record(&self) -> &Record {
        &self.0.records[0]
    }

    /// Event type and outcome.
    fn what(&self) -> (EventType, Outcome) {
        (self.record().event_type, self.record().outcome)
    }

    /// User and source.
    #[track_caller]
    fn is(&self, kind: EventType, outcome: Outcome, user: &str, src: &str) {
        assert_eq!((self.what(), self.get(Ov::User), self.source()), ((kind, outcome), user, src), "{}", self.0.text);
    }

    fn source(&self) -> &str {
        let ip = self.get(Ov::SrcIp);
        if ip.is_empty() { self.get(Ov::SrcHost) } else { ip }
    }

    fn act(&self, act: RecordFlags) -> bool {
        self.record().flags.has(act)
    }
}

fn ctx() -> Ctx {
    Ctx::utc(Ts::parse_rfc3339("2025-03-10T12:00:00Z").expect("a time"))
}

fn line(raw: &str) -> Parsed {
    let mut b = Batch { text: raw.to_owned(), ..Batch::default() };
    b.records.push(Record::new(Span::text(0, raw.len()), 0, raw.len() as u64, 1));
    let schema = std::sync::Arc::new(Schema::base());
    let ctx = ctx();
    let mut ok = false;
    b.parse_with(&schema, |raw, d| ok = super::parse(raw, &ctx, d));
    b.schema = Some(schema);
    Parsed(b, ok)
}

/// A message of a program behind the usual header.
fn msg(program: &str, text: &str) -> Parsed {
    let p = line(&format!("Mar  9 01:02:03 web1 {program}[42]: {text}"));
    assert!(p.1, "{text}");
    assert_eq!((p.get(Ov::Host), p.get(Ov::Pid)), ("web1", "42"), "{text}");
    p
}
