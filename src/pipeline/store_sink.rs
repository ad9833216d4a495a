//! Writes alerts with copies of their evidence into the case store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::sinks::{Sink, SinkContext};
use super::{OpenedSource, SourceStatus};
use crate::alert::Alert;
use crate::sink::SinkError;
use crate::source::SourceView;
use crate::store::{AlertRecord, EvidenceBytes, RuleRecord, SourceEnd, SourceRecord, Store, StoreError};

/// Records of an alert whose bytes are copied into the store at once; the
/// others stay references until the alert is escalated.
const COPIES: usize = 50;
/// How often changed alerts are written while records flow.
const FLUSH: Duration = Duration::from_millis(250);

/// The sink of the case store.
pub struct StoreSink {
    store: Store,
    views: Vec<Option<Arc<SourceView>>>,
    pending: BTreeMap<String, Arc<Alert>>,
    /// Evidence records already copied, by alert.
    copied: BTreeMap<String, usize>,
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
        let records: Vec<AlertRecord<'_>> = pending
            .values()
            .map(|a| {
                let from = self.copied.get(&a.id).copied().unwrap_or(0);
                AlertRecord { alert: a, evidence: evidence(&self.views, a, from) }
            })
            .collect();
        self.store.ingest_alerts(&records).map_err(|e| error(&e))?;
        drop(records);
        for (id, a) in pending {
            self.copied.insert(id, a.evidence.len().min(COPIES));
        }
        Ok(())
    }
}

/// Bytes of an alert's first records, from number `from` on.
fn evidence(views: &[Option<Arc<SourceView>>], a: &Alert, from: usize) -> Vec<EvidenceBytes> {
    let read = |(index, e): (usize, &crate::alert::EvidenceRef)| {
        let view = views.get(e.source.0 as usize)?.as_ref()?;
        let raw = view.read_at(e.offset, usize::try_from(e.len).ok()?).ok()?;
        Some(EvidenceBytes { index, raw })
    };
    a.evidence.iter().enumerate().take(COPIES).skip(from).filter_map(read).collect()
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
