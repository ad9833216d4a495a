//! What hangs off the end of the pipeline.

use std::ops::Range;
use std::sync::Arc;

use super::SourceStatus;
use super::reads::Reads;
use crate::alert::Alert;
use crate::detect::{Hit, RuleSet};
use crate::event::{Batch, EventRef};
use crate::parse::format_name;
use crate::sink::{AlertWriter, Format, MatchWriter, MatchedRule, Out, SinkError};
use crate::sink::{event_csv_header, write_event_csv, write_event_json};
use crate::source::SourceView;
use crate::store::{RuleRecord, SourceRecord};

/// What a sink is told beside the data.
#[derive(Debug, Clone, Copy)]
pub struct SinkContext<'a> {
    /// Names of the inputs by source number.
    pub names: &'a [String],
    /// The rules in force.
    pub rules: &'a Arc<RuleSet>,
}

/// An input that was opened (or not).
#[derive(Clone)]
pub struct OpenedSource {
    /// What the store keeps of it.
    pub record: SourceRecord,
    /// Random access; `None` where it could not be opened.
    pub view: Option<Arc<SourceView>>,
    /// Its parser, which may be chosen later.
    pub(super) reads: Arc<Reads>,
}

/// A consumer of results. Calls come in canonical order, from one thread.
pub trait Sink: Send {
    /// The inputs were opened; called once, before anything else.
    ///
    /// # Errors
    /// As [`Sink::events`].
    fn start(&mut self, sources: &[OpenedSource], rules: &[RuleRecord]) -> Result<(), SinkError> {
        let _ = (sources, rules);
        Ok(())
    }

    /// An input came while others were read; its number is the next.
    ///
    /// # Errors
    /// As [`Sink::events`].
    fn came(&mut self, source: &OpenedSource) -> Result<(), SinkError> {
        let _ = source;
        Ok(())
    }

    /// Other rules are in force from now on.
    ///
    /// # Errors
    /// As [`Sink::events`].
    fn rules(&mut self, rules: &[RuleRecord]) -> Result<(), SinkError> {
        let _ = rules;
        Ok(())
    }

    /// Whether somebody asked for this output itself: the work then goes on for
    /// its sake where the reader of another output is gone.
    fn asked_for(&self) -> bool {
        true
    }

    /// What is wrong for now and may come right again; it is shown meanwhile.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// Time has passed; called now and then while records flow or are waited for.
    ///
    /// # Errors
    /// As [`Sink::events`].
    fn tick(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    /// Consecutive records of a batch; `kept` says which were not filtered.
    ///
    /// # Errors
    /// When the output fails; it is not called again, and the others go on.
    fn events(
        &mut self,
        ctx: SinkContext<'_>,
        batch: &Batch,
        records: Range<usize>,
        kept: &dyn Fn(usize) -> bool,
    ) -> Result<(), SinkError> {
        let _ = (ctx, batch, records, kept);
        Ok(())
    }

    /// The rule matches of one event.
    ///
    /// # Errors
    /// As [`Sink::events`].
    fn hits(&mut self, ctx: SinkContext<'_>, event: &EventRef<'_>, hits: &[Hit]) -> Result<(), SinkError> {
        let _ = (ctx, event, hits);
        Ok(())
    }

    /// An alert changed (opened, updated or closed).
    ///
    /// # Errors
    /// As [`Sink::events`].
    fn alert(&mut self, ctx: SinkContext<'_>, alert: &Arc<Alert>) -> Result<(), SinkError> {
        let _ = (ctx, alert);
        Ok(())
    }

    /// A ruling takes this alert out, which may have been given out before it was
    /// known that the ruling holds; those that it stands for go along.
    ///
    /// # Errors
    /// As [`Sink::events`].
    fn taken_out(&mut self, alert: &Arc<Alert>) -> Result<(), SinkError> {
        let _ = alert;
        Ok(())
    }

    /// Open alerts that evidence joined since they were given out; called about once a second.
    ///
    /// # Errors
    /// As [`Sink::events`].
    fn grown(&mut self, alerts: &[Arc<Alert>]) -> Result<(), SinkError> {
        let _ = alerts;
        Ok(())
    }

    /// Whether [`Sink::grown`] is of use to it.
    fn wants_growth(&self) -> bool {
        false
    }

    /// All that the inputs hold for now was read, none of it left out, and every
    /// alert that it gives was given out: these, as they are now. Called once.
    ///
    /// # Errors
    /// As [`Sink::events`].
    fn settled(&mut self, alerts: &[Arc<Alert>], sources: &[SourceStatus]) -> Result<(), SinkError> {
        let _ = (alerts, sources);
        Ok(())
    }

    /// The session was stopped before the end of its inputs: these alerts are
    /// still open, and what comes after this call is closed for want of more.
    ///
    /// # Errors
    /// As [`Sink::events`].
    fn interrupted(&mut self, open: &[Arc<Alert>]) -> Result<(), SinkError> {
        let _ = open;
        Ok(())
    }

    /// The end: all alerts in their last state, sorted by (timestamp, id).
    ///
    /// # Errors
    /// As [`Sink::events`].
    fn finish(
        &mut self,
        ctx: SinkContext<'_>,
        alerts: &[Arc<Alert>],
        sources: &[SourceStatus],
    ) -> Result<(), SinkError> {
        let _ = (ctx, alerts, sources);
        Ok(())
    }
}

/// `--events`.
#[derive(Debug)]
pub struct EventSink {
    out: Out,
    buffer: Vec<u8>,
    header: bool,
}

impl EventSink {
    /// Writes events to `out`.
    #[must_use]
    pub const fn new(out: Out) -> Self {
        Self { out, buffer: Vec::new(), header: false }
    }
}

impl Sink for EventSink {
    fn events(
        &mut self,
        ctx: SinkContext<'_>,
        batch: &Batch,
        records: Range<usize>,
        kept: &dyn Fn(usize) -> bool,
    ) -> Result<(), SinkError> {
        let file = ctx.names.get(batch.source.0 as usize).map_or("", String::as_str);
        self.buffer.clear();
        for i in records {
            let Some(e) = batch.event(i).filter(|_| kept(i)) else { continue };
            let format = format_name(e.rec.format);
            match self.out.format() {
                Format::JsonLines => write_event_json(&mut self.buffer, &e, file, format),
                Format::Csv => {
                    if !self.header {
                        event_csv_header(&mut self.buffer)?;
                        self.header = true;
                    }
                    write_event_csv(&mut self.buffer, &e, file, format)?;
                }
            }
            if self.buffer.len() > 1 << 20 {
                self.out.write(&self.buffer)?;
                self.buffer.clear();
            }
        }
        self.out.write(&self.buffer)?;
        self.buffer.shrink_to(1 << 20);
        Ok(())
    }

    fn tick(&mut self) -> Result<(), SinkError> {
        self.out.flush()
    }

    fn finish(&mut self, _: SinkContext<'_>, _: &[Arc<Alert>], _: &[SourceStatus]) -> Result<(), SinkError> {
        self.out.flush()
    }
}

/// `--matches`.
#[derive(Debug)]
pub struct MatchSink(pub MatchWriter);

impl Sink for MatchSink {
    fn hits(&mut self, ctx: SinkContext<'_>, event: &EventRef<'_>, hits: &[Hit]) -> Result<(), SinkError> {
        let file = ctx.names.get(event.batch.source.0 as usize).map_or("", String::as_str);
        for h in hits {
            if let Some(r) = ctx.rules.rule(h.rule) {
                let rule =
                    MatchedRule { number: h.rule.0 as usize, id: &r.id, title: &r.title, level: r.level.as_str() };
                self.0.write(file, event.rec.line, rule)?;
            }
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<(), SinkError> {
        self.0.flush()
    }

    fn finish(&mut self, _: SinkContext<'_>, _: &[Arc<Alert>], _: &[SourceStatus]) -> Result<(), SinkError> {
        self.0.flush()
    }
}

/// `--alerts`.
#[derive(Debug)]
pub struct AlertSink(pub AlertWriter);

impl Sink for AlertSink {
    fn finish(&mut self, _: SinkContext<'_>, alerts: &[Arc<Alert>], sources: &[SourceStatus]) -> Result<(), SinkError> {
        for a in alerts {
            self.0.write(a, &|e| super::snapshot::place_in_file(sources, e))?;
        }
        self.0.flush()
    }
}
