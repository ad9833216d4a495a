//! `--templates` and `--structured`: log templates, and each record by its own.
//!
//! What a template is at the end is known at the end only: until then the
//! records' texts wait in an unnamed, compressed file, so that the parameters of
//! every record are those of the template that is written.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write};
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::SourceStatus;
use super::sinks::{Sink, SinkContext};
use crate::alert::Alert;
use crate::event::{Batch, EventRef, Ov, Ts};
use crate::sink::{SinkError, StructuredRow, TemplateRow, TemplateWriter};
use crate::template::{Miner, Template};

/// Longest part of a record that is looked at, in bytes.
const MOST: usize = 16 << 10;

/// What is written at the end.
enum Output {
    Templates(TemplateWriter),
    /// Records, and where they wait until then.
    Structured(TemplateWriter, Waiting),
    /// Records could not wait, for this reason.
    Lost(Option<SinkError>),
}

/// The sink of either output. Each finds the templates by itself, and the same
/// ones: so that each stands alone where the other fails.
pub struct TemplateSink {
    output: Output,
    miner: Miner,
    /// What a record is read as where that is not a part of it.
    text: String,
    /// Records so far, and the place of the first one of each template.
    records: u64,
    first: Vec<(u64, u32, u64)>,
}

impl std::fmt::Debug for TemplateSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TemplateSink").field("records", &self.records).finish_non_exhaustive()
    }
}

impl TemplateSink {
    /// Writes templates.
    #[must_use]
    pub fn templates(out: TemplateWriter) -> Self {
        Self::new(Output::Templates(out))
    }

    /// Writes each record by its template.
    ///
    /// # Errors
    /// Where the file in which records wait cannot be made.
    pub fn structured(out: TemplateWriter) -> Result<Self, SinkError> {
        Ok(Self::new(Output::Structured(out, Waiting::new().map_err(waiting)?)))
    }

    fn new(output: Output) -> Self {
        Self { output, miner: Miner::default(), text: String::new(), records: 0, first: Vec::new() }
    }
}

fn waiting(source: io::Error) -> SinkError {
    SinkError::Io { path: "a file in the temporary directory".into(), source }
}

/// What a template is made of: the message where the format has one (without
/// time, host and program); of a request its method, target and status; else the
/// whole record.
fn content<'e>(e: &'e EventRef<'e>, made: &'e mut String) -> &'e str {
    let text = match (e.ov(Ov::Message).filter(|m| !m.is_empty()), e.ov(Ov::HttpMethod), e.ov(Ov::Url)) {
        (Some(message), ..) => message,
        (None, Some(method), Some(url)) => {
            made.clear();
            for part in [method, " ", url, " ", e.ov(Ov::StatusCode).unwrap_or("-")] {
                made.push_str(part.get(..part.floor_char_boundary(MOST)).unwrap_or(part));
            }
            made
        }
        _ => e.raw(),
    };
    text.get(..text.floor_char_boundary(MOST)).unwrap_or(text)
}

impl Sink for TemplateSink {
    fn events(
        &mut self,
        _: SinkContext<'_>,
        batch: &Batch,
        records: Range<usize>,
        kept: &dyn Fn(usize) -> bool,
    ) -> Result<(), SinkError> {
        for e in records.filter(|i| kept(*i)).filter_map(|i| batch.event(i)) {
            let text = content(&e, &mut self.text);
            let of = self.miner.add(text, self.records, &mut Vec::new());
            if of as usize >= self.first.len() {
                self.first.push((self.records, batch.source.0, e.rec.line));
            }
            self.records += 1;
            if let Output::Structured(_, w) = &mut self.output
                && let Err(e) = w.push(batch.source.0, e.rec.line, e.rec.time, of, text)
            {
                self.output = Output::Lost(Some(waiting(e)));
            }
        }
        Ok(())
    }

    fn finish(&mut self, ctx: SinkContext<'_>, _: &[Arc<Alert>], _: &[SourceStatus]) -> Result<(), SinkError> {
        let (all, place) = self.miner.finish();
        match std::mem::replace(&mut self.output, Output::Lost(None)) {
            Output::Templates(out) => self.write_templates(out, ctx, &all),
            Output::Structured(out, records) => self.write_structured(out, records, ctx, &all, &place),
            Output::Lost(why) => why.map_or(Ok(()), Err),
        }
    }
}

impl TemplateSink {
    fn write_templates(&self, mut w: TemplateWriter, ctx: SinkContext<'_>, all: &[Template]) -> Result<(), SinkError> {
        let first: FxHashMap<u64, (u32, u64)> = self.first.iter().map(|f| (f.0, (f.1, f.2))).collect();
        for t in all {
            let (source, line) = first.get(&t.first).copied().unwrap_or_default();
            let file = ctx.names.get(source as usize).map_or("", String::as_str);
            w.template(&TemplateRow { id: &t.id, template: &t.text, count: t.count, file, line })?;
        }
        w.flush()
    }

    fn write_structured(
        &self,
        mut w: TemplateWriter,
        records: Waiting,
        ctx: SinkContext<'_>,
        all: &[Template],
        place: &[u32],
    ) -> Result<(), SinkError> {
        let mut read = records.read().map_err(waiting)?;
        let mut text = String::new();
        while let Some(r) = read.next(&mut text).map_err(waiting)? {
            let Some(t) = place.get(r.of as usize).and_then(|p| all.get(*p as usize)) else { continue };
            let (mut buffer, mut parameters) = (Vec::new(), Vec::new());
            self.miner.parameters(r.of, &text, &mut buffer, &mut parameters);
            let timestamp = if r.time.is_some() { r.time.to_rfc3339() } else { String::new() };
            w.structured(&StructuredRow {
                file: ctx.names.get(r.source as usize).map_or("", String::as_str),
                line: r.line,
                timestamp: &timestamp,
                id: &t.id,
                template: &t.text,
                parameters: &parameters,
            })?;
        }
        w.flush()
    }
}

/// Records that wait for the end.
struct Waiting(zstd::Encoder<'static, BufWriter<File>>);

/// A record's head; its text follows.
struct Head {
    source: u32,
    line: u64,
    time: Ts,
    of: u32,
}

impl Waiting {
    fn new() -> io::Result<Self> {
        // It has no name: it is gone with the process, whatever happens.
        Ok(Self(zstd::Encoder::new(BufWriter::new(tempfile::tempfile()?), 1)?))
    }

    fn push(&mut self, source: u32, line: u64, time: Ts, of: u32, text: &str) -> io::Result<()> {
        let mut head = [0; 28];
        let parts: [&[u8]; 5] = [
            &source.to_le_bytes(),
            &line.to_le_bytes(),
            &time.0.to_le_bytes(),
            &of.to_le_bytes(),
            &u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes(),
        ];
        for (to, from) in head.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        self.0.write_all(&head)?;
        self.0.write_all(text.as_bytes())
    }

    fn read(self) -> io::Result<Back> {
        let mut file = self.0.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Back(BufReader::new(zstd::Decoder::new(file)?)))
    }
}

/// The records on their way back.
struct Back(BufReader<zstd::Decoder<'static, BufReader<File>>>);

impl Back {
    fn next(&mut self, text: &mut String) -> io::Result<Option<Head>> {
        if std::io::BufRead::fill_buf(&mut self.0)?.is_empty() {
            return Ok(None);
        }
        let mut four = [0; 4];
        let mut eight = [0; 8];
        self.0.read_exact(&mut four)?;
        let source = u32::from_le_bytes(four);
        self.0.read_exact(&mut eight)?;
        let line = u64::from_le_bytes(eight);
        self.0.read_exact(&mut eight)?;
        let time = Ts(i64::from_le_bytes(eight));
        self.0.read_exact(&mut four)?;
        let of = u32::from_le_bytes(four);
        self.0.read_exact(&mut four)?;
        text.clear();
        (&mut self.0).take(u64::from(u32::from_le_bytes(four))).read_to_string(text)?;
        Ok(Some(Head { source, line, time, of }))
    }
}
