//! Lines per second of the whole analyzer and of each of its stages, over
//! generated logs with the shipped rules.
//!
//! `whole` is what `replay --only rules --no-store --threads 1` does; the stages
//! build on each other, so that the difference of two is the cost of one.
#![allow(missing_docs, reason = "the macros of criterion make undocumented items")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use secstream::detect::{Matcher, RuleSet, shipped};
use secstream::event::{Batch, SourceId};
use secstream::generate::{Attacks, DEFAULT_START, FileSink, Format, GenerateOptions, generate};
use secstream::parse::{Options, Parser, Scratch};
use secstream::pipeline::{LoadedRules, Session, SessionOptions};
use secstream::source::{Input, OpenOptions, SourceReader};

/// Length of the logs in seconds, at twelve records a second: about 86,000 lines.
const DURATION: i64 = 2 * 3600;

fn log(dir: &Path, name: &str, format: Format) -> Option<(PathBuf, u64)> {
    let path = dir.join(name);
    let opts = GenerateOptions {
        seed: 5,
        duration: DURATION,
        rate: 12.0,
        format,
        attacks: Attacks::All,
        start: DEFAULT_START,
    };
    let mut sink = FileSink::create(&path).ok()?;
    let truth = generate(&opts, &mut sink).ok()?;
    Some((path, truth.records))
}

/// What is done with each batch beyond reading it.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Upto {
    Read,
    Parse,
    Match,
}

fn stages(path: &Path, rules: &Arc<RuleSet>, upto: Upto, batch: &mut Batch, matcher: &mut Matcher) -> usize {
    let opts = OpenOptions { spool: false, ..OpenOptions::default() };
    let Ok(mut reader) = SourceReader::open(SourceId(0), &Input::path(path), &opts) else { return 0 };
    let (mut scratch, mut hits, mut n) = (Scratch::default(), Vec::new(), 0);
    let parser = Parser::for_source("", reader.sample(), &Options::new(reader.time_ref().time), &rules.schema());
    while let Ok(true) = reader.next_batch(batch) {
        if upto >= Upto::Parse {
            parser.parse_batch(batch, &mut scratch);
        }
        if upto >= Upto::Match {
            hits.clear();
            matcher.match_batch(batch, &mut hits);
        }
        n += black_box(&*batch).records.len() + hits.len();
    }
    n
}

fn whole(path: &Path, rules: &Arc<RuleSet>) -> u64 {
    let set = Arc::clone(rules);
    let load = Box::new(move || LoadedRules { set, records: Vec::new() });
    let options = SessionOptions { threads: 1, ..SessionOptions::new(vec![Input::path(path)], load) };
    let mut session = Session::start(options);
    let _ = session.join();
    session.snapshot().totals.records
}

fn benches(c: &mut Criterion) {
    let Ok(dir) = tempfile::tempdir() else { return };
    let rules = Arc::new(RuleSet::load(&shipped::rules()));
    for (name, format) in [("syslog", Format::Syslog), ("access", Format::Access)] {
        let Some((path, lines)) = log(dir.path(), name, format) else { continue };
        let mut group = c.benchmark_group(name);
        group.sample_size(10).throughput(Throughput::Elements(lines));
        let (mut batch, mut matcher) = (Batch::default(), Matcher::new(&rules));
        for (stage, upto) in [("read", Upto::Read), ("parse", Upto::Parse), ("match", Upto::Match)] {
            group.bench_function(stage, |b| b.iter(|| stages(&path, &rules, upto, &mut batch, &mut matcher)));
        }
        group.bench_function("whole", |b| b.iter(|| whole(&path, &rules)));
        group.finish();
    }
}

criterion_group!(pipeline, benches);
criterion_main!(pipeline);
