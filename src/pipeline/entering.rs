//! An input made ready to be read: its lane, its feeder, what faces read of it.

use std::sync::{Arc, Mutex};

use super::lane::Lane;
use super::opening::{Opened, parse_options};
use super::publisher::FeedSource;
use super::reads::Reads;
use super::session::source_record;
use super::work::{Feeder, Reading};
use super::{OpenedSource, SessionOptions, SourceStatus};
use crate::detect::state::Carry;
use crate::event::{SourceId, Ts};
use crate::parse::{Parser, Tables};
use crate::source::Input;
use crate::store::SourceRecord;

/// What an input is to the parts of a session.
pub(super) struct Entered {
    pub lane: Lane,
    pub feeder: Arc<Feeder>,
    pub feed: Option<FeedSource>,
    pub opened: OpenedSource,
    /// It is read as it comes.
    pub live: bool,
}

/// Makes an input ready; one that could not be opened is there with the reason.
pub(super) fn enter(
    id: SourceId,
    input: &Input,
    found: Result<Opened, String>,
    options: &SessionOptions,
    tables: &Tables,
) -> Entered {
    let status = SourceStatus { id, name: input.name.clone(), ..SourceStatus::default() };
    match found {
        Ok(o) => opened(status, input, options, tables, o),
        Err(why) => failed(status, why, options, tables),
    }
}

fn opened(status: SourceStatus, input: &Input, options: &SessionOptions, tables: &Tables, o: Opened) -> Entered {
    let id = status.id;
    let view = o.reader.view();
    let live = o.reader.is_live();
    let record = source_record(id, input, options, &o);
    let status = SourceStatus {
        format: o.parser.format_name().to_owned(),
        year_from: o.year_from,
        size: view.progress().1,
        ..status
    };
    let lane = Lane::new(status, Some(Arc::clone(&view)), o.carry, o.begins);
    let mut reads = Reads::new(o.parser);
    if o.reader.is_unseen() || options.follow {
        let name = input.name.clone();
        let parse = parse_options(options, o.time_ref);
        reads = reads.later(o.sample, tables, move |sample, tables| Parser::with_tables(&name, sample, &parse, tables));
    }
    let reads = Arc::new(reads);
    let feed = Some(FeedSource { view: Arc::clone(&view), reads: Arc::clone(&reads), carry: o.carry });
    let reader = Mutex::new(Reading { reader: Some(o.reader), batches: 0 });
    let opened = OpenedSource { record, view: Some(view), reads: Arc::clone(&reads) };
    Entered { lane, feeder: Arc::new(Feeder { reader, reads }), feed, opened, live }
}

fn failed(status: SourceStatus, why: String, options: &SessionOptions, tables: &Tables) -> Entered {
    let record = SourceRecord { id: status.id, name: status.name.clone(), ..SourceRecord::default() };
    let mut status = SourceStatus { failed: true, ended: true, ..status };
    status.warn(why);
    let mut lane = Lane::new(status, None, Carry::new(Ts::NONE, Ts::NONE), Ts::NONE);
    lane.ends_after(0, 0);
    let parser = Parser::with_tables("", b"", &parse_options(options, Ts::NONE), tables);
    let reader = Mutex::new(Reading { reader: None, batches: 0 });
    let reads = Arc::new(Reads::new(parser));
    let opened = OpenedSource { record, view: None, reads: Arc::clone(&reads) };
    Entered { lane, feeder: Arc::new(Feeder { reader, reads }), feed: None, opened, live: false }
}
