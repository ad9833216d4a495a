//! What one run of a backtest keeps: places of matches, alerts, a sample of records.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{MAX_PLACES, MatchPlace};
use crate::alert::Alert;
use crate::detect::Hit;
use crate::event::{Batch, EventRef};
use crate::pipeline::{OpenedSource, Sink, SinkContext, SourceStatus};
use crate::sink::SinkError;
use crate::source::SourceView;
use crate::store::RuleRecord;

/// Bytes of records that are kept to measure the rules' cost on.
const SAMPLE: usize = 4 << 20;

/// Matches of one rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Matches {
    pub total: u64,
    pub places: Vec<MatchPlace>,
}

/// What a run found.
#[derive(Default)]
pub(super) struct Found {
    pub matches: BTreeMap<Arc<str>, Matches>,
    pub alerts: Vec<Arc<Alert>>,
    pub views: Vec<Option<Arc<SourceView>>>,
    /// Records by input.
    pub sample: BTreeMap<u32, Vec<String>>,
    sampled: usize,
    kept: usize,
    /// More matches than places are kept.
    pub cut: bool,
}

/// Shared with the thread that waits for the run.
pub(super) type Shared = Arc<Mutex<Found>>;

/// The sink that fills it.
pub(super) struct Collector {
    found: Shared,
    wanted: Vec<bool>,
    sample: bool,
}

impl Collector {
    /// `wanted` says of each rule whether its matches are kept.
    pub(super) const fn new(found: Shared, wanted: Vec<bool>, sample: bool) -> Self {
        Self { found, wanted, sample }
    }

    fn lock(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Collector {
    fn start(&mut self, sources: &[OpenedSource], _: &[RuleRecord]) -> Result<(), SinkError> {
        self.lock().views = sources.iter().map(|s| s.view.clone()).collect();
        Ok(())
    }

    fn events(
        &mut self,
        _: SinkContext<'_>,
        batch: &Batch,
        records: Range<usize>,
        kept: &dyn Fn(usize) -> bool,
    ) -> Result<(), SinkError> {
        if !self.sample {
            return Ok(());
        }
        let mut found = self.lock();
        for i in records {
            if found.sampled >= SAMPLE {
                drop(found);
                self.sample = false;
                return Ok(());
            }
            let Some(e) = batch.event(i).filter(|_| kept(i)) else { continue };
            found.sampled += e.raw().len() + 1;
            found.sample.entry(batch.source.0).or_default().push(e.raw().to_owned());
        }
        Ok(())
    }

    fn hits(&mut self, ctx: SinkContext<'_>, event: &EventRef<'_>, hits: &[Hit]) -> Result<(), SinkError> {
        for h in hits.iter().filter(|h| self.wanted.get(h.rule.0 as usize) == Some(&true)) {
            let Some(rule) = ctx.rules.rule(h.rule) else { continue };
            let mut found = self.lock();
            let full = found.kept >= MAX_PLACES;
            found.cut |= full;
            found.kept += usize::from(!full);
            let m = found.matches.entry(Arc::clone(&rule.id)).or_default();
            m.total += 1;
            if !full {
                m.places.push(MatchPlace {
                    source: event.batch.source.0,
                    offset: event.rec.offset,
                    line: event.rec.line,
                    len: event.rec.full_len,
                });
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: SinkContext<'_>, alerts: &[Arc<Alert>], _: &[SourceStatus]) -> Result<(), SinkError> {
        self.lock().alerts = alerts.to_vec();
        Ok(())
    }
}
