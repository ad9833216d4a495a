//! This engine, as the pipeline uses it: batches, the real parser, one matcher.

use std::sync::Arc;

use secstream::detect::{Hit, Matcher, RuleFile, RuleSet};
use secstream::event::{Batch, Record, Span, Ts};
use secstream::parse::{Options, Parser, Scratch};

/// Bytes of a batch, as in the pipeline.
const BATCH: usize = 256 << 10;

/// Rules, parser and matcher of one thread.
pub struct Ours {
    pub rules: Arc<RuleSet>,
    parser: Parser,
    scratch: Scratch,
    matcher: Matcher,
    batch: Batch,
    hits: Vec<Hit>,
}

impl Ours {
    pub fn new(files: &[RuleFile], sample: &str) -> Self {
        let rules = Arc::new(RuleSet::load(files));

        let mut end = sample.len().min(60_000);
        while !sample.is_char_boundary(end) {
            end -= 1;
        }
        let options = Options::new(Ts::from_secs(1_790_000_000));
        let parser = Parser::for_source("events.ndjson", &sample.as_bytes()[..end], &options, &rules.schema());
        let matcher = Matcher::new(&rules);
        let (scratch, batch, hits) = (Scratch::default(), Batch::default(), Vec::new());
        Self { rules, parser, scratch, matcher, batch, hits }
    }

    pub fn loaded(&self) -> usize {
        self.rules.rules().iter().filter(|r| r.loaded).count()
    }

    /// Frames, parses and matches all lines; calls `each` with every batch.
    pub fn each_batch(&mut self, text: &str, mut each: impl FnMut(&RuleSet, &Batch, &[Hit])) {
        let mut rest = text;
        while !rest.is_empty() {
            let end = match rest.as_bytes().get(BATCH..).and_then(|r| memchr::memchr(b'\n', r)) {
                Some(more) => BATCH + more + 1,
                None => rest.len(),
            };
            let (now, later) = rest.split_at(end);
            rest = later;
            self.batch.clear();
            self.batch.text.push_str(now);
            let mut at = 0;
            while at < now.len() {
                let len = memchr::memchr(b'\n', &now.as_bytes()[at..]).unwrap_or(now.len() - at);
                let number = self.batch.records.len() as u64 + 1;
                self.batch.records.push(Record::new(Span::text(at, len), at as u64, len as u64, number));
                at += len + 1;
            }
            self.hits.clear();
            let Self { parser, scratch, matcher, batch, hits, .. } = self;
            parser.parse_parts(batch, scratch, |batch, part| matcher.match_part(batch, part, hits));
            each(&self.rules, &self.batch, &self.hits);
        }
    }

    /// Number of matches.
    pub fn run(&mut self, text: &str) -> usize {
        let mut matches = 0;
        self.each_batch(text, |_, _, hits| matches += hits.len());
        matches
    }

    /// Only frames and parses.
    pub fn parse_only(&mut self, text: &str) -> usize {
        let matcher = std::mem::replace(&mut self.matcher, Matcher::new(&Arc::new(RuleSet::load(&[]))));
        let matches = self.run(text);
        self.matcher = matcher;
        matches
    }
}
