//! Real inputs of many kinds, from the file to the event, where the shared data
//! folder is beside the project; without it these tests say so and pass.

mod audit;
mod made_evtx;
mod packed;
mod products;
mod tables;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use secstream::event::{Batch, EventRow, Schema, SourceId};
use secstream::parse::{Options, Parser, Scratch};
use secstream::source::{Cache, Input, OpenOptions, SourceReader, SourceSummary};

/// A file of the shared data.
fn data(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if !path.exists() {
        println!("skipped: no {}", path.display());
        return None;
    }
    Some(path)
}

/// A source read whole.
struct Read {
    events: Vec<EventRow>,
    summary: SourceSummary,
    format: String,
}

/// Reads a file as a session does, and once more by its blocks in the opposite
/// order: both must give the same events.
fn read(path: &Path) -> Read {
    let opts = OpenOptions { cache: Cache::none(1 << 26), ..OpenOptions::default() };
    let mut reader = SourceReader::open(SourceId(0), &Input::path(path), &opts).unwrap();
    let schema = Arc::new(Schema::base());
    let options = Options::new(reader.time_ref().time);
    let parser = Parser::for_source(&path.to_string_lossy(), reader.sample(), &options, &schema);
    let view = reader.view();
    let (mut batch, mut scratch) = (Batch::default(), Scratch::default());
    let mut events = Vec::new();
    let mut blocks = Vec::new();
    while reader.next_batch(&mut batch).unwrap() {
        parser.parse_batch(&mut batch, &mut scratch);
        let start = events.len();
        events.extend(batch.events().map(EventRow::from));
        blocks.push(start..events.len());
    }
    let summary = reader.finish();
    for (i, range) in blocks.into_iter().enumerate().rev() {
        view.read_block(i, &mut batch).unwrap();
        parser.parse_batch(&mut batch, &mut Scratch::default());
        assert!(batch.events().map(EventRow::from).eq(events[range].iter().cloned()), "{}: block {i}", path.display());
    }
    assert_eq!(summary.records, events.len() as u64);
    Read { events, summary, format: parser.format_name().to_owned() }
}

/// The values of an original field.
fn values<'a>(e: &'a EventRow, name: &str) -> Vec<&'a str> {
    e.fields.iter().filter(|f| f.name == name).map(|f| f.value.as_str()).collect()
}
