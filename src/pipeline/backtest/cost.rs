//! What rules cost by themselves: matched against a sample of the input.

use std::sync::Arc;
use std::time::Instant;

use chrono_tz::Tz;

use super::collect::Found;
use crate::detect::testing::TIME_REFERENCE;
use crate::detect::{Matcher, RuleFile, RuleSet};
use crate::event::{Batch, Record, Span};
use crate::parse::custom::Format;
use crate::parse::{Options, Parser, Scratch};
use crate::pipeline::SessionOptions;

/// How often the sample is matched; the fastest time counts.
const ROUNDS: usize = 3;

/// How the sample's records are read.
#[derive(Debug)]
pub(super) struct Parsing {
    format: Option<String>,
    tz: Tz,
    custom: Arc<[Format]>,
}

impl Parsing {
    /// As a session reads them.
    pub(super) fn of(o: &SessionOptions) -> Self {
        Self { format: o.format.clone(), tz: o.tz, custom: Arc::clone(&o.custom) }
    }
}

/// µs for each event; 0 where there is no event.
pub(super) fn measure(files: &[RuleFile], found: &Found, names: &[String], how: &Parsing) -> f64 {
    let rules = Arc::new(RuleSet::load(files));
    let options =
        Options { format: how.format.clone(), tz: how.tz, time_ref: TIME_REFERENCE, custom: Arc::clone(&how.custom) };
    let mut batches = Vec::new();
    for (source, records) in &found.sample {
        let name = names.get(*source as usize).map_or("", String::as_str);
        let mut batch = Batch::default();
        for (i, raw) in records.iter().enumerate() {
            let at = batch.text.len();
            batch.text.push_str(raw);
            batch.text.push('\n');
            batch.records.push(Record::new(Span::text(at, raw.len()), at as u64, raw.len() as u64, i as u64 + 1));
        }
        let sample = batch.text.as_bytes().get(..batch.text.len().min(65_536)).unwrap_or(&[]).to_vec();
        Parser::for_source(name, &sample, &options, &rules.schema()).parse_batch(&mut batch, &mut Scratch::default());
        batches.push(batch);
    }
    let events: usize = batches.iter().map(|b| b.records.len()).sum();
    if events == 0 {
        return 0.0;
    }
    let mut matcher = Matcher::new(&rules);
    let mut hits = Vec::new();
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        for b in &batches {
            hits.clear();
            matcher.match_batch(b, &mut hits);
        }
        best = best.min(started.elapsed().as_secs_f64());
    }
    best * 1e6 / events as f64
}
