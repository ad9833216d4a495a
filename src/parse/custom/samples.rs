//! Sample lines of a format: what each must give. `doctor` asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Format, FormatError};
use crate::event::{Batch, EventRef, Ov, RecordFlags, Schema, Ts};
use crate::parse::{Options, Parser};

/// A sample line and the overlay it must give.
#[derive(Debug)]
pub struct Sample {
    /// Its line in the file.
    pub at: usize,
    pub line: String,
    pub expect: BTreeMap<String, toml::Value>,
}

/// Checks the samples of all formats of one set. Empty: all are as expected.
#[must_use]
pub fn check_samples(formats: &Arc<[Format]>) -> Vec<FormatError> {
    let schema = Arc::new(Schema::base());
    let mut errors = Vec::new();
    for format in formats.iter() {
        for sample in &format.samples {
            let batch = sample.parse(format, formats, &schema);
            let Some(event) = batch.event(0) else { continue };
            let mut report = |message| errors.push(FormatError { path: format.path.clone(), line: sample.at, message });
            if !event.rec.flags.has(RecordFlags::PARSED) {
                report(format!("format '{}' does not match this sample line", format.name));
                continue;
            }
            for (name, want) in &sample.expect {
                let want = want.as_str().map_or_else(|| want.to_string(), str::to_owned);
                let got = value(event, name);
                if !same(name, got.as_deref(), &want) {
                    let got = got.map_or("nothing".to_owned(), |g| format!("'{g}'"));
                    report(format!("'{name}' is {got}, expected '{want}'"));
                }
            }
        }
    }
    errors
}

/// The name of each format with its samples parsed, in a schema of the caller's.
#[must_use]
pub fn sample_events(formats: &Arc<[Format]>, schema: &Arc<Schema>) -> Vec<(String, Vec<Batch>)> {
    let parsed = |f: &Format| f.samples.iter().map(|s| s.parse(f, formats, schema)).collect();
    formats.iter().map(|f| (f.name.clone(), parsed(f))).collect()
}

impl Sample {
    fn parse(&self, format: &Format, formats: &Arc<[Format]>, schema: &Arc<Schema>) -> Batch {
        // Missing years are those of the expected time.
        let expected = self.expect.get("timestamp").and_then(|t| Ts::parse_rfc3339(t.as_str()?));
        let opts = Options {
            format: Some(format.name.clone()),
            custom: Arc::clone(formats),
            ..Options::new(expected.unwrap_or(Ts::from_secs(4_000_000_000)))
        };
        Parser::for_source("sample", b"", &opts, schema).parse_one(&self.line)
    }
}

fn same(name: &str, got: Option<&str>, want: &str) -> bool {
    if name == "timestamp" {
        return got.and_then(Ts::parse_rfc3339).is_some_and(|g| Some(g) == Ts::parse_rfc3339(want));
    }
    got == Some(want)
}

fn value(event: EventRef<'_>, name: &str) -> Option<String> {
    Some(match name {
        "timestamp" => event.rec.time.to_rfc3339(),
        "event_type" => event.rec.event_type.to_string(),
        "outcome" => event.rec.outcome.to_string(),
        "severity" => event.rec.severity.to_string(),
        other => match crate::event::overlay_by_name(other).and_then(|o: Ov| event.ov(o)) {
            Some(v) => v.to_owned(),
            None => event.field_values(other).next()?.to_owned(),
        },
    })
}
