//! Opening a session's inputs, and dating those that leave out the year.
//!
//! The parts of one rotated log are dated as one: where a year was given it is that
//! of the oldest part's first record, and each later part goes on from the one before
//! it. Where it is inferred, no part begins later than the one that follows it.

use std::sync::Arc;

use super::SessionOptions;
use crate::detect::state::{CARRIED, Carry};
use crate::event::{Batch, Record, SourceId, Span, TimeQuality, Ts, time::DAY};
use crate::parse::{Options as ParseOptions, Parser, Scratch, Tables};
use crate::source::{Cache, Input, InputKind, OpenOptions, PartFile, SourceReader, TimeRef, TimeRefOrigin, rotated};

/// With more inputs than this each is closed after its sample was taken, and
/// opened again when its turn comes.
const KEPT_OPEN: usize = 64;

/// Bytes of a batch of every input together, as far as a batch is not less
/// than a few KiB: thousands of logs of the same hours are all read at once.
const UNDER_WAY: usize = 32 << 20;

/// How far the parts of a rotated log may overlap.
const OVERLAP: i64 = DAY;

/// An input that was opened, and what its sample told.
pub(super) struct Opened {
    pub reader: SourceReader,
    pub parser: Parser,
    /// The reference for missing years.
    pub time_ref: Ts,
    /// What told them.
    pub year_from: &'static str,
    /// The time the source begins with, where it joins the merge.
    pub begins: Ts,
    pub carry: Carry,
    /// The time of its first record, if that has one.
    first: Ts,
    /// The bytes by which its parser was chosen, where it may be chosen again.
    pub sample: Option<Vec<u8>>,
}

/// Opens all inputs; the answers are in their order.
pub(super) fn open_all(o: &SessionOptions, cache: &Cache, tables: &Tables) -> Vec<Result<Opened, String>> {
    let mut all: Vec<Option<Result<Opened, String>>> = o.inputs.iter().map(|_| None).collect();
    for mut parts in rotated(&o.inputs, &|a, b| is_newer(&o.inputs, a, b)) {
        // A given year goes on from the oldest part, a file's own time back from the newest.
        if o.year.is_none() {
            parts.reverse();
        }
        let mut beside = Ts::NONE;
        for i in parts {
            let (Some(input), Some(place)) = (o.inputs.get(i), all.get_mut(i)) else { continue };
            let mut opened = open(SourceId(i as u32), input, o, cache, tables, beside);
            if let Ok(opened) = &mut opened {
                if opened.first.is_some() {
                    beside = opened.first;
                }
                if o.inputs.len() > KEPT_OPEN {
                    opened.reader.sleep(input);
                }
            }
            *place = Some(opened);
        }
    }
    all.into_iter().map(|o| o.unwrap_or_else(|| Err("was not opened".to_owned()))).collect()
}

/// Of each input the first of those that are parts of the same log.
pub(super) fn logs(inputs: &[Input]) -> Vec<u32> {
    let mut out: Vec<u32> = (0..inputs.len() as u32).collect();
    for parts in rotated(inputs, &|_, _| false) {
        let first = parts.iter().min().map_or(0, |i| *i as u32);
        for i in parts {
            if let Some(place) = out.get_mut(i) {
                *place = first;
            }
        }
    }
    out
}

/// Whether an input is newer than another one, by what they hold.
fn is_newer(inputs: &[Input], a: usize, b: usize) -> bool {
    let part = |i: usize| match &inputs.get(i)?.kind {
        InputKind::Path(path) => PartFile::of(path),
        InputKind::Stdin => None,
    };
    part(a).zip(part(b)).is_some_and(|(a, b)| a.time(Some(first_time)) > b.time(Some(first_time)))
}

/// The time of the first records of what begins with these bytes: the median, as one
/// line may have any time. A missing year is that of the time when it was written.
pub(super) fn first_time(name: &str, head: &[u8], written: Ts) -> Option<Ts> {
    let parser = Parser::for_source(name, head, &ParseOptions::new(written), &Arc::default());
    let mut times = sample_times(&parser, head, written, true, false).times;
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

pub(super) fn parse_options(o: &SessionOptions, time_ref: Ts) -> ParseOptions {
    ParseOptions { format: o.format.clone(), tz: o.tz, time_ref, custom: Arc::clone(&o.custom) }
}

pub(super) fn open_options(o: &SessionOptions, cache: &Cache) -> OpenOptions {
    OpenOptions {
        cache: cache.clone(),
        spool: o.feed || o.keep,
        follow: o.follow,
        followed: Arc::clone(&o.followed),
        known: Arc::clone(&o.known),
        year: o.year,
        stop: Some(Arc::clone(&o.stop)),
        block: (UNDER_WAY / o.inputs.len().max(1)).min(OpenOptions::BLOCK),
        ..OpenOptions::default()
    }
}

/// Opens one input. `beside` is the first time of the part of the same log that was
/// opened before it: the one before it in time where a year was given, else the one after.
pub(super) fn open(
    id: SourceId,
    input: &Input,
    o: &SessionOptions,
    cache: &Cache,
    tables: &Tables,
    beside: Ts,
) -> Result<Opened, String> {
    let reader = SourceReader::open(id, input, &open_options(o, cache)).map_err(|e| e.to_string())?;
    let recorded = reader.time_ref().time;
    let given = o.year.is_some();
    let dated = |reference: Ts| {
        let first = Parser::with_tables(&input.name, reader.sample(), &parse_options(o, reference), tables);
        let times = sample_times(&first, reader.sample(), reference, given, given);
        if times.time_ref == reference {
            return (first, times);
        }
        // Read with another year, the first times are others.
        let parser = Parser::with_tables(&input.name, reader.sample(), &parse_options(o, times.time_ref), tables);
        let Times { lead, first, .. } = sample_times(&parser, reader.sample(), times.time_ref, true, false);
        (parser, Times { lead, first, ..times })
    };
    let mut reference = recorded;
    let mut found = dated(reference);
    let mut year_from = match reader.time_ref().origin {
        TimeRefOrigin::Given => "",
        _ if found.1.time_ref != recorded => "its dated records",
        TimeRefOrigin::Modified => "the file's time",
        TimeRefOrigin::Recorded => "the time recorded when this content was first read",
        TimeRefOrigin::Now => "the time of reading",
    };
    if beside.is_some() && found.1.yearless {
        let year = i32::try_from(beside.civil().0).unwrap_or(1970);
        if given {
            // The first year in which it does not begin before the part before it.
            for year in [year, year.saturating_add(1)] {
                reference = TimeRef::for_year(year).time;
                found = dated(reference);
                if found.1.first.0.saturating_add(OVERLAP) >= beside.0 {
                    break;
                }
            }
        } else if found.1.first.0 > beside.0.saturating_add(OVERLAP) && found.1.time_ref == recorded {
            reference = beside;
            found = dated(reference);
            year_from = "the part of the log that follows";
        }
    }
    let (parser, Times { time_ref, begins, lead, first, .. }) = found;
    let carry = Carry::new(reader.written(), lead);
    let begins = if reader.is_live() { Ts::NONE } else { begins };
    let sample = (o.follow && !reader.is_unseen()).then(|| reader.sample().to_vec());
    Ok(Opened { reader, parser, time_ref, year_from, begins, carry, first, sample })
}

/// What a sample says of its source's times.
struct Times {
    /// The reference for missing years.
    time_ref: Ts,
    /// The time the source begins with, where it joins the merge.
    begins: Ts,
    /// The first time in it, which lines before it share.
    lead: Ts,
    /// The time of the first record that has one.
    first: Ts,
    /// Whether there are records without a year.
    yearless: bool,
    /// All times that it has.
    times: Vec<Ts>,
}

/// So much a clock may be ahead of the file's time.
const AHEAD: i64 = 2 * DAY;
/// One in so many records has a date, where dates tell the year of those that have none.
const FEW: usize = 20;

/// Reads the sample's times. Where records with and without a year are mixed, the
/// dated ones decide the year: the log dates itself, wherever it is copied.
/// A `given` year is that of the first record.
fn sample_times(parser: &Parser, sample: &[u8], reference: Ts, fixed: bool, given: bool) -> Times {
    let mut batch = Batch::default();
    let text = String::from_utf8_lossy(sample);
    let mut at = 0;
    for line in text.split_inclusive('\n').take(400) {
        let bare = line.trim_end_matches(['\n', '\r']);
        if !bare.is_empty() && line.len() <= 16 * 1024 {
            batch.records.push(Record::new(Span::text(at, bare.len()), at as u64, bare.len() as u64, 1));
        }
        at += line.len();
    }
    batch.text = text.into_owned();
    parser.parse_batch(&mut batch, &mut Scratch::default());
    let dated = |q| matches!(q, TimeQuality::Zoned | TimeQuality::Wall);
    let yearless = batch.records.iter().any(|r| r.quality == TimeQuality::Yearless);
    // None is of after the file was written, and what few of them claim is not believed of all.
    let is_past = |t: Ts| given || t.0 <= reference.0.saturating_add(AHEAD);
    let anchor = batch.records.iter().find(|r| dated(r.quality) && is_past(r.time)).map(|r| r.time);
    let few = batch.records.iter().filter(|r| dated(r.quality)).count() * FEW < batch.records.len();
    let time_ref = match anchor {
        Some(t) if yearless && !fixed && !few => Ts(t.0.saturating_add(330 * DAY)),
        _ if given => begun_in(&batch, reference),
        _ => reference,
    };
    let begins = match batch.records.first() {
        Some(r) if time_ref == reference && r.time.is_some() => r.time,
        // not known without parsing again: join the merge from the start
        _ => Ts::NONE,
    };
    let lead = batch.records.iter().take(CARRIED as usize).map(|r| r.time).find(|t| t.is_some());
    let first = batch.records.iter().map(|r| r.time).find(|t| t.is_some()).unwrap_or(Ts::NONE);
    let times = batch.records.iter().map(|r| r.time).filter(|t| t.is_some()).collect();
    Times { time_ref, begins, lead: lead.unwrap_or(Ts::NONE), first, yearless, times }
}

/// The reference by which the first record without a year has the year that was
/// given, which ends at `reference`, and all after it follow: what comes after
/// New Year is of the next year.
fn begun_in(batch: &Batch, reference: Ts) -> Ts {
    let mut times = batch.records.iter().filter(|r| r.quality == TimeQuality::Yearless).map(|r| r.time);
    let Some(first) = times.next() else { return reference };
    let followed = Ts(first.0.saturating_add(330 * DAY));
    // A record of December between those of January came late: it is of the year before.
    let month = |t: Ts| t.civil().1;
    let mut later = times.skip_while(|t| month(*t) != 12);
    let late = month(first) == 1 && later.next().is_some() && later.any(|t| month(t) == 1);
    if late { followed } else { followed.max(reference) }
}
