//! Text to fields: from a raw line to the normalized event.
//!
//! [`Parser`] belongs to one source. Which line parser gets a line depends on
//! the line and on the source's sample only, never on the lines before it:
//! batches are parsed on any number of threads, with the same result.

pub mod addr;
pub mod audit;
mod cri;
mod ctx;
pub mod custom;
mod detect;
mod flow;
mod formats;
mod history;
pub mod json;
mod logfmt;
mod sources;
pub mod syslog;
pub mod table;
pub mod text;
pub mod time;
pub mod url;
pub mod web;
pub mod windows;

use std::ops::Range;
use std::sync::Arc;

use chrono_tz::Tz;

pub use ctx::{Ctx, Logsources};
pub use formats::{Format, check_format, format_name, format_names};
pub use sources::{KnownLogsources, known_logsources};

use crate::event::{Batch, Draft, Headers, Logsource, Ov, Record, RecordFlags, Schema, Span, Ts};

/// Most records of a part (see [`Parser::parse_parts`]), and about how many bytes they have.
const PART_RECORDS: usize = 64;
const PART_BYTES: usize = 16 << 10;

/// How a source is to be read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name of the format; `None` or `auto` detects it.
    pub format: Option<String>,
    /// Zone of times that name none.
    pub tz: Tz,
    /// Reference for missing years.
    pub time_ref: Ts,
    /// The user's own formats.
    pub custom: Arc<[custom::Format]>,
}

impl Options {
    /// Detection, UTC, and years inferred before `time_ref`.
    #[must_use]
    pub fn new(time_ref: Ts) -> Self {
        Self { format: None, tz: Tz::UTC, time_ref, custom: Arc::from([]) }
    }
}

/// Buffers that parsing reuses; one per thread.
#[derive(Debug, Default)]
pub struct Scratch {
    json: json::Scratch,
    table: table::Scratch,
    custom: custom::Scratch,
}

/// What the parsers of all sources share.
#[derive(Debug, Clone)]
pub struct Tables {
    schema: Arc<Schema>,
    names: Arc<json::Names>,
}

impl Tables {
    /// The tables for a schema.
    #[must_use]
    pub fn new(schema: &Arc<Schema>) -> Self {
        Self { schema: Arc::clone(schema), names: Arc::new(json::Names::new(schema)) }
    }
}

/// The parser of one source.
#[derive(Debug)]
pub struct Parser {
    schema: Arc<Schema>,
    ctx: Ctx,
    names: Arc<json::Names>,
    json: json::Sources,
    windows: windows::Sources,
    table: table::Sources,
    custom: Arc<[custom::Format]>,
    /// Logsources of `custom`, in its order.
    custom_sources: Vec<Logsource>,
    /// What the sample mostly is.
    main: Format,
    /// The user named the format: no other is tried.
    forced: bool,
    /// The source is a shell's history.
    history: Option<history::History>,
    /// Where the source has headers that name columns.
    headers: Headers,
}

impl Parser {
    /// A parser for the source `name`, whose first bytes are `sample`.
    #[must_use]
    pub fn for_source(name: &str, sample: &[u8], opts: &Options, schema: &Arc<Schema>) -> Self {
        Self::with_tables(name, sample, opts, &Tables::new(schema))
    }

    /// As [`Parser::for_source`], with tables that several parsers share.
    #[must_use]
    pub fn with_tables(name: &str, sample: &[u8], opts: &Options, tables: &Tables) -> Self {
        let schema = &tables.schema;
        let mut ctx = Ctx::new(opts.tz, opts.time_ref, schema);
        ctx.web = ctx::WebSources::for_name(name, schema);
        ctx.forms = time::Forms::learn(sample, &ctx);
        let mut parser = Self {
            schema: Arc::clone(schema),
            ctx,
            names: Arc::clone(&tables.names),
            json: json::Sources::new(schema),
            windows: windows::Sources::new(opts.time_ref, schema),
            table: table::Sources::new(schema),
            custom: Arc::clone(&opts.custom),
            custom_sources: opts.custom.iter().map(|f| f.logsource(schema)).collect(),
            main: Format::Raw,
            forced: false,
            headers: Headers::of(sample),
            history: None,
        };
        match opts.format.as_deref().and_then(|f| Format::from_name(f, &opts.custom)) {
            Some(format) => {
                parser.main = format;
                parser.forced = true;
                parser.history = (format == Format::History).then(|| history::History::of(name, schema));
            }
            None => {
                parser.history =
                    history::History::told(name, sample, schema).filter(|_| parser.headers != Headers::First);
                parser.main = match parser.history {
                    Some(_) => Format::History,
                    None => detect::main_format(&parser, sample),
                };
            }
        }
        parser
    }

    /// The names that it knows.
    #[must_use]
    pub const fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Name of the source's main format.
    #[must_use]
    pub fn format_name(&self) -> &str {
        format_name(self.main.id(&self.custom))
    }

    /// Parses every record of a batch.
    pub fn parse_batch(&self, batch: &mut Batch, scratch: &mut Scratch) {
        self.parse_parts(batch, scratch, |_, _| {});
    }

    /// The same; calls `each` with a few records when they are parsed, while what was
    /// read and written for them is in the processor's nearer caches.
    pub fn parse_parts(&self, batch: &mut Batch, scratch: &mut Scratch, mut each: impl FnMut(&Batch, Range<usize>)) {
        if self.headers != Headers::None {
            table::begin(batch.header.as_ref(), self, &mut scratch.table);
        }
        batch.memory = scratch.json.begin_batch(&self.names);
        batch.schema = Some(Arc::clone(&self.schema));
        let run = Batch::next_run();
        let mut from = 0;
        while let Some(rest) = batch.records.get(from..).filter(|rest| !rest.is_empty()) {
            let mut bytes = 0;
            let few = rest.iter().take(PART_RECORDS).take_while(|r| {
                let room = bytes < PART_BYTES;
                bytes += r.raw.len();
                room
            });
            let part = from..from + few.count();
            batch.parse_part(&self.schema, run, part.clone(), |raw, d| self.parse_line(raw, d, scratch));
            from = part.end;
            each(batch, part);
        }
    }

    /// Parses one line into its draft.
    fn parse_line(&self, raw: &str, d: &mut Draft<'_>, scratch: &mut Scratch) {
        let line = json::bare(raw.strip_prefix('\u{feff}').unwrap_or(raw));
        let headed = match self.headers {
            Headers::None => false,
            _ if self.forced || self.main == Format::History => matches!(self.main, Format::Zeek | Format::W3c),
            _ => true,
        };
        // Below lines of other formats a header must not take what is one of those:
        // whoever could write one would hide what follows.
        let below = headed && !self.forced && self.headers == Headers::Below;
        let format = Some(()).filter(|()| headed && (!below || line.starts_with('#')));
        let format = format.and_then(|()| self.try_table(line, d, scratch));
        let format = if format.is_some() {
            format
        } else if self.forced || self.main == Format::History {
            Some(self.main).filter(|f| self.try_format(*f, line, d, scratch))
        } else {
            // In a source of the user's own formats all of them go first.
            let own = matches!(self.main, Format::Custom(_));
            let others = if own { self.custom.len() } else { 0 };
            (own.then_some(self.main).into_iter())
                .chain((0..others).map(Format::Custom).filter(|f| *f != self.main))
                .chain(detect::candidates(line, self.main))
                .find(|f| self.try_format(*f, line, d, scratch))
                .or_else(|| (0..self.custom.len()).map(Format::Custom).find(|f| self.try_format(*f, line, d, scratch)))
                .or_else(|| Some(()).filter(|()| below).and_then(|()| self.try_table(line, d, scratch)))
                .or_else(|| Some(Format::Text).filter(|f| self.try_format(*f, line, d, scratch)))
        };
        match format {
            Some(f) => {
                // JSON says itself whether it is a Windows event.
                if d.rec.format == 0 {
                    d.rec.format = f.id(&self.custom);
                }
                d.flag(RecordFlags::PARSED);
            }
            None => self.raw_line(line, d),
        }
    }

    /// Tries the columns that a header named.
    fn try_table(&self, line: &str, d: &mut Draft<'_>, scratch: &mut Scratch) -> Option<Format> {
        let Scratch { table, json, .. } = scratch;
        let format = table::parse(line, self, d, table, json);
        if format.is_none() {
            d.reset();
        }
        format
    }

    /// What no parser knows stays as it is, with its time if one can be seen.
    fn raw_line(&self, line: &str, d: &mut Draft<'_>) {
        d.reset();
        d.set(Ov::Message, line);
        if let Some(found) = time::find_time(line, &self.ctx) {
            d.time(found.ts, found.quality);
        }
    }

    fn try_format(&self, format: Format, line: &str, d: &mut Draft<'_>, scratch: &mut Scratch) -> bool {
        let ok = match format {
            Format::Json | Format::Windows => json::parse(line, self, self.forced, d, &mut scratch.json),
            Format::Logfmt => logfmt::parse(line, self, d, &mut scratch.json),
            Format::VpcFlow => flow::parse(line, &self.ctx, self.json.firewall, d),
            Format::Cri => cri::parse(line, self, d, &mut scratch.json),
            Format::Custom(i) => match (self.custom.get(i), self.custom_sources.get(i)) {
                (Some(f), Some(source)) => f.parse(line, &self.ctx, *source, d, &mut scratch.custom),
                _ => false,
            },
            Format::Syslog if self.json_in_syslog(line, d, scratch) => true,
            Format::Syslog => self.try_text(format, line, d) && self.with_pairs(line, d, scratch),
            text => self.try_text(text, line, d),
        };
        if !ok {
            d.reset();
        }
        ok
    }

    /// A program that writes JSON to syslog: its members are the event's.
    fn json_in_syslog(&self, line: &str, d: &mut Draft<'_>, scratch: &mut Scratch) -> bool {
        if let Some((stamp, inner)) = syslog::json_behind_tabs(line, &self.ctx) {
            let known = json::parse(inner, self, false, d, &mut scratch.json);
            if known && !d.rec.time.is_some() {
                d.time(stamp.ts, stamp.quality);
            }
            return known;
        }
        let Some(inner) = syslog::json_inside(line, &self.ctx) else { return false };
        if !json::parse(inner, self, false, d, &mut scratch.json) {
            d.reset();
            return false;
        }
        syslog::beside(line, &self.ctx, d);
        d.rec.format = Format::Syslog.id(&self.custom);
        true
    }

    /// A program or a device that writes nothing but pairs to syslog: they are the event's. True,
    /// and the line as it was, where there are none.
    fn with_pairs(&self, line: &str, d: &mut Draft<'_>, scratch: &mut Scratch) -> bool {
        let msg = d.get(Ov::Message).unwrap_or("");
        if !logfmt::opens(msg) {
            return true;
        }
        let Some(inner) = line.get(line.len().saturating_sub(msg.len())..).filter(|i| *i == msg) else { return true };
        d.reset();
        if logfmt::parse(inner, self, d, &mut scratch.json) {
            syslog::beside(line, &self.ctx, d);
            d.rec.format = Format::Syslog.id(&self.custom);
            return true;
        }
        d.reset();
        self.try_text(Format::Syslog, line, d)
    }

    /// Tries one of the formats of plain text; what it refuses it may have begun
    /// to write.
    fn try_text(&self, format: Format, line: &str, d: &mut Draft<'_>) -> bool {
        match format {
            // These need more than a line.
            Format::Raw
            | Format::Json
            | Format::Windows
            | Format::Custom(_)
            | Format::Zeek
            | Format::W3c
            | Format::Logfmt
            | Format::VpcFlow
            | Format::Cri => false,
            Format::History => self.history.as_ref().is_some_and(|h| h.parse(line, &self.ctx, d)),
            Format::Syslog | Format::Haproxy => syslog::parse(line, &self.ctx, d),
            Format::Text => text::parse(line, &self.ctx, d),
            Format::Auditd => audit::parse(line, &self.ctx, d),
            Format::Access => web::access::parse(line, &self.ctx, d),
            Format::ApacheError => web::apache_error::parse(line, &self.ctx, d),
            Format::NginxError => web::nginx_error::parse(line, &self.ctx, d),
            Format::LighttpdError => web::lighttpd_error::parse(line, &self.ctx, d),
        }
    }

    /// Parses one line by itself (samples of custom formats, tools).
    #[must_use]
    pub fn parse_one(&self, line: &str) -> Batch {
        let mut batch = Batch { text: line.to_owned(), ..Batch::default() };
        batch.records.push(Record::new(Span::text(0, line.len()), 0, line.len() as u64, 1));
        self.parse_batch(&mut batch, &mut Scratch::default());
        batch
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
