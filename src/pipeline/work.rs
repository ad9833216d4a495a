//! The parallel part: a worker takes a source's token, reads the next batch
//! under the source's lock, then parses and matches it beside the others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use super::reads::Reads;
use crate::detect::{Hit, Matcher, RuleSet};
use crate::event::{Batch, Record, RecordFlags};
use crate::parse::{Parser, Scratch, Tables};
use crate::query::Query;
use crate::source::{Polled, SourceReader, SourceSummary};

/// How long a worker waits for a live source before it says "idle".
const POLL: Duration = Duration::from_millis(100);

/// One source as the workers see it.
pub(super) struct Feeder {
    pub reader: Mutex<Reading>,
    pub reads: Arc<Reads>,
}

pub(super) struct Reading {
    pub reader: Option<SourceReader>,
    pub batches: u64,
}

/// A batch that went through the parallel part.
pub(super) struct Work {
    pub batch: Batch,
    pub hits: Vec<Hit>,
    /// Per record, whether the query leaves it out; empty without a query.
    pub filtered: Vec<bool>,
    /// The format, where the source's first bytes came with this batch.
    pub format: Option<String>,
    /// When the first byte of it was read, where its input is followed.
    pub since: Option<Instant>,
    /// A stage failed on this batch: its records are kept raw.
    pub failed: Option<&'static str>,
    /// The rules that it was matched with.
    pub rules: Option<Arc<RuleSet>>,
}

impl Work {
    /// Whether it was matched with these rules.
    pub fn is_of(&self, rules: &Arc<RuleSet>) -> bool {
        self.rules.as_ref().is_some_and(|r| Arc::ptr_eq(r, rules))
    }
}

/// What a token brought.
pub(super) enum Got {
    Batch(Box<Work>),
    Idle,
    /// The end, after this many batches.
    End(u64, Box<SourceSummary>),
    /// Reading failed after this many batches.
    Failed(u64, String),
    /// The source ended on another worker.
    Nothing,
}

/// Shared by all workers.
pub(super) struct Shop {
    feeders: RwLock<Vec<Arc<Feeder>>>,
    rules: RwLock<Arc<RuleSet>>,
    pub query: Option<Query>,
    /// Batches to be used again.
    #[expect(clippy::vec_box, reason = "they travel through channels as boxes")]
    pub spare: Mutex<Vec<Box<Work>>>,
}

impl Shop {
    /// A shop for these inputs; `query` says which records are left out.
    pub fn new(feeders: Vec<Arc<Feeder>>, rules: Arc<RuleSet>, query: Option<Query>) -> Self {
        Self { feeders: RwLock::new(feeders), rules: RwLock::new(rules), query, spare: Mutex::default() }
    }

    /// The rules in force.
    fn rules(&self) -> Arc<RuleSet> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Other rules from now on. What workers have at hand is still of those before:
    /// see [`Shop::again`].
    pub fn renew(&self, rules: &Arc<RuleSet>, tables: &Tables) {
        // The parsers first: who sees the new rules finds parsers that know their names.
        for f in self.feeders.read().unwrap_or_else(PoisonError::into_inner).iter() {
            f.reads.renew(tables);
        }
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(rules);
    }

    /// Parses and matches a batch of a source once more, with the rules in force.
    pub fn again(&self, source: usize, work: &mut Work) {
        let Some(feeder) = self.feeder(source) else { return };
        let rules = self.rules();
        keep_raw(&mut work.batch);
        work.hits.clear();
        work.filtered.clear();
        let before = work.failed.take();
        analyze(self, &feeder.reads.parser(), &rules, &mut Matcher::new(&rules), &mut Scratch::default(), work);
        work.failed = work.failed.or(before);
    }

    /// One more input; its number is the next.
    pub fn enter(&self, feeder: Arc<Feeder>) {
        self.feeders.write().unwrap_or_else(PoisonError::into_inner).push(feeder);
    }

    fn feeder(&self, source: usize) -> Option<Arc<Feeder>> {
        self.feeders.read().unwrap_or_else(PoisonError::into_inner).get(source).cloned()
    }

    /// Takes a used batch, or a new one.
    fn take(&self) -> Box<Work> {
        lock(&self.spare).pop().unwrap_or_else(|| {
            Box::new(Work {
                batch: Batch::default(),
                hits: Vec::new(),
                filtered: Vec::new(),
                format: None,
                since: None,
                failed: None,
                rules: None,
            })
        })
    }

    /// Gives a batch back.
    pub fn give(&self, mut work: Box<Work>) {
        work.batch.clear();
        work.hits.clear();
        work.filtered.clear();
        work.failed = None;
        work.rules = None;
        let mut spare = lock(&self.spare);
        if spare.len() < 64 {
            spare.push(work);
        }
    }
}

pub(super) fn lock<T>(m: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One who works tokens off: its own matcher, with its memory of values.
pub(super) struct Hand {
    shop: Arc<Shop>,
    tokens: Receiver<usize>,
    rules: Arc<RuleSet>,
    matcher: Matcher,
    scratch: Scratch,
}

impl Hand {
    pub fn new(shop: &Arc<Shop>, tokens: Receiver<usize>) -> Self {
        let rules = shop.rules();
        let matcher = Matcher::new(&rules);
        Self { shop: Arc::clone(shop), tokens, rules, matcher, scratch: Scratch::default() }
    }

    /// A worker's life: until there are no more tokens.
    pub fn run(mut self, out: &Sender<(usize, Got)>) {
        while let Ok(source) = self.tokens.recv() {
            let Some(got) = self.work(source) else { continue };
            if out.send((source, got)).is_err() {
                return;
            }
        }
    }

    /// Works off one token, if there is one now.
    pub fn help(&mut self) -> Option<(usize, Got)> {
        let source = self.tokens.try_recv().ok()?;
        Some((source, self.work(source)?))
    }

    fn work(&mut self, source: usize) -> Option<Got> {
        let feeder = self.shop.feeder(source)?;
        let now = self.shop.rules();
        if !Arc::ptr_eq(&now, &self.rules) {
            self.matcher = Matcher::new(&now);
            self.rules = now;
        }
        Some(step(&self.shop, &feeder, &self.rules, &mut self.matcher, &mut self.scratch))
    }
}

fn step(shop: &Shop, feeder: &Feeder, rules: &Arc<RuleSet>, matcher: &mut Matcher, scratch: &mut Scratch) -> Got {
    let mut work = shop.take();
    {
        let mut reading = lock(&feeder.reader);
        let Some(reader) = reading.reader.as_mut() else { return Got::Nothing };
        match reader.poll_batch(&mut work.batch, POLL) {
            Ok(Polled::Batch) => {
                // Under the lock: no batch after this one is parsed before the format is known.
                work.format = reader.late_sample().and_then(|sample| feeder.reads.begins(&sample));
                work.since = reader.since();
                reading.batches += 1;
            }
            Ok(Polled::Idle) => return Got::Idle,
            Ok(Polled::End) => {
                let n = reading.batches;
                return match reading.reader.take() {
                    Some(r) => Got::End(n, Box::new(r.finish())),
                    None => Got::Nothing,
                };
            }
            Err(e) => {
                reading.reader = None;
                return Got::Failed(reading.batches, e.to_string());
            }
        }
    }
    analyze(shop, &feeder.reads.parser(), rules, matcher, scratch, &mut work);
    Got::Batch(work)
}

/// Parses and matches a batch.
fn analyze(
    shop: &Shop,
    parser: &Parser,
    rules: &Arc<RuleSet>,
    matcher: &mut Matcher,
    scratch: &mut Scratch,
    work: &mut Work,
) {
    // Rules came in between: the sequencer sees that it is of none, and has it done again.
    if !Arc::ptr_eq(parser.schema(), &rules.schema()) {
        work.rules = None;
        return;
    }
    work.rules = Some(Arc::clone(rules));
    let Work { batch, hits, filtered, failed, .. } = work;
    let mut whole = true;
    // Each part is matched while it is in the processor's nearer caches.
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        parser.parse_parts(batch, scratch, |batch, part| {
            whole = whole && catch_unwind(AssertUnwindSafe(|| matcher.match_part(batch, part, hits))).is_ok();
        });
    }));
    if parsed.is_err() {
        keep_raw(batch);
        *failed = Some("a parser failed on a block; its records are kept raw");
        *scratch = Scratch::default();
        hits.clear();
        // What it remembers is of records that are now others.
        *matcher = Matcher::new(rules);
        whole = catch_unwind(AssertUnwindSafe(|| matcher.match_batch(batch, hits))).is_ok();
    }
    if !whole {
        hits.clear();
        *failed = Some("matching failed on a block; its records were not matched");
        *matcher = Matcher::new(rules);
    }
    if let Some(q) = &shop.query {
        filtered.extend(batch.events().map(|e| !q.matches(&e)));
        hits.retain(|h| !filtered.get(h.record as usize).copied().unwrap_or(false));
    }
}

/// Makes every record of a batch an unparsed one.
fn keep_raw(batch: &mut Batch) {
    batch.fields.clear();
    batch.arena.clear();
    for r in &mut batch.records {
        let fresh = Record::new(r.raw, r.offset, r.full_len, r.line);
        let flags = RecordFlags(r.flags.0 & (RecordFlags::LOSSY.0 | RecordFlags::TRUNCATED.0));
        *r = Record { flags, lines: r.lines, ..fresh };
    }
}
