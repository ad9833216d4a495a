//! Writes alerts with copies of their evidence into the case store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::sinks::{Sink, SinkContext};
use super::{OpenedSource, SourceStatus};
use crate::alert::{Alert, AlertState};
use crate::event::Batch;
use crate::sink::SinkError;
use crate::source::SourceView;
use crate::store::{AlertRecord, EvidenceBytes, LogPlace, RuleRecord, SourceEnd, SourceRecord, Store, StoreError};

/// Records of an alert whose bytes are copied into the store at once; the
/// others stay places in the log until the alert is in a case.
const COPIES: usize = 50;
/// Most bytes copied at once of one alert, but always its first record.
const COPIED_BYTES: usize = 256 << 10;
/// Bytes held before they are written.
const HELD: usize = 8 << 20;
/// How often changed alerts are written while records flow.
const FLUSH: Duration = Duration::from_millis(250);

/// The sink of the case store.
pub struct StoreSink {
    store: Store,
    views: Vec<Option<Arc<SourceView>>>,
    pending: BTreeMap<String, Arc<Alert>>,
    /// Evidence already copied, by alert that may still grow.
    copied: BTreeMap<String, Copied>,
    last: Instant,
}

impl std::fmt::Debug for StoreSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreSink").field("pending", &self.pending.len()).finish_non_exhaustive()
    }
}

impl StoreSink {
    /// Writes into a store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, views: Vec::new(), pending: BTreeMap::new(), copied: BTreeMap::new(), last: Instant::now() }
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        self.last = Instant::now();
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() || self.store.read_only() {
            return Ok(());
        }
        let mut records: Vec<AlertRecord<'_>> = Vec::new();
        let mut bytes = 0;
        for a in pending.values() {
            let copied = self.copied.remove(&a.id).unwrap_or_default();
            let (evidence, copied) = evidence(&self.views, a, copied);
            bytes += evidence.iter().map(|e| e.raw.len()).sum::<usize>();
            records.push(AlertRecord { alert: a, evidence });
            // a closed alert does not come again
            if a.state == AlertState::Open {
                self.copied.insert(a.id.clone(), copied);
            }
            if bytes >= HELD {
                self.store.ingest_alerts(&records).map_err(|e| error(&e))?;
                records.clear();
                bytes = 0;
            }
        }
        self.store.ingest_alerts(&records).map_err(|e| error(&e))?;
        // What is in a case already is kept whole as it grows.
        let cased = self.store.in_cases(pending.keys().map(String::as_str)).map_err(|e| error(&e))?;
        if !cased.is_empty() {
            let views = &self.views;
            let mut read = |log: &LogPlace, offset: u64, len: usize| {
                let view = log.run.and_then(|id| views.get(id.0 as usize)).and_then(Option::as_ref);
                let view = view.ok_or_else(|| "it is not open".to_owned())?;
                view.read_at(offset, len).map_err(|e| e.to_string())
            };
            // What cannot be read now is a place without bytes; the export names it.
            self.store.complete_evidence(&cased, &mut read).map_err(|e| error(&e))?;
        }
        Ok(())
    }
}

/// How much of an alert's evidence was copied: records looked at, bytes.
type Copied = (usize, usize);

/// Bytes of an alert's first records, after those copied before.
fn evidence(views: &[Option<Arc<SourceView>>], a: &Alert, (from, mut bytes): Copied) -> (Vec<EvidenceBytes>, Copied) {
    let mut out = Vec::new();
    let until = a.evidence.len().min(COPIES);
    for (index, e) in a.evidence.iter().enumerate().take(until).skip(from) {
        let len = usize::try_from(e.len).unwrap_or(usize::MAX).min(Batch::MAX_RECORD);
        if index > 0 && bytes.saturating_add(len) > COPIED_BYTES {
            continue;
        }
        let view = views.get(e.source.0 as usize).and_then(Option::as_ref);
        if let Some(raw) = view.and_then(|v| v.read_at(e.offset, len).ok()) {
            bytes += raw.len();
            out.push(EvidenceBytes { index, raw });
        }
    }
    (out, (from.max(until), bytes))
}

fn error(e: &StoreError) -> SinkError {
    SinkError::Io { path: "case store".into(), source: std::io::Error::other(e.to_string()) }
}

impl Sink for StoreSink {
    fn start(&mut self, sources: &[OpenedSource], rules: &[RuleRecord]) -> Result<(), SinkError> {
        if self.store.read_only() {
            return Ok(());
        }
        self.store.set_rules(rules).map_err(|e| error(&e))?;
        for s in sources {
            let r = &s.record;
            if s.view.is_some() {
                self.store.register_source(&SourceRecord { ..r.clone() }).map_err(|e| error(&e))?;
            }
            self.views.push(s.view.clone());
        }
        Ok(())
    }

    fn alert(&mut self, _: SinkContext<'_>, alert: &Arc<Alert>) -> Result<(), SinkError> {
        self.pending.insert(alert.id.clone(), Arc::clone(alert));
        if self.last.elapsed() >= FLUSH || self.pending.len() >= 500 {
            self.flush()?;
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<(), SinkError> {
        if self.last.elapsed() >= FLUSH { self.flush() } else { Ok(()) }
    }

    fn finish(&mut self, _: SinkContext<'_>, _: &[Arc<Alert>], sources: &[SourceStatus]) -> Result<(), SinkError> {
        self.flush()?;
        if self.store.read_only() {
            return Ok(());
        }
        for s in sources.iter().filter(|s| !s.failed) {
            let end = SourceEnd {
                sha256: s.sha256.clone().unwrap_or_default(),
                size: s.stored_bytes,
                lines: s.counts.lines,
                records: s.counts.records,
                complete: s.ended && s.sha256.is_some(),
            };
            self.store.finish_source(s.id, &end).map_err(|e| error(&e))?;
        }
        Ok(())
    }
}
