//! Writes alerts with copies of their evidence into the case store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::sinks::{Sink, SinkContext};
use super::store_logs::StoreLogs;
use super::{OpenedSource, SourceStatus};
use crate::alert::{Alert, AlertState};
use crate::event::{Batch, hash64};
use crate::sink::SinkError;
use crate::source::SourceView;
use crate::store::{AlertRecord, EventKey, EvidenceBytes, LogPlace, Place, RuleRecord, Store, StoreError};

/// Records of an alert whose bytes are copied into the store at once; the
/// others stay places in the log until the alert is in a case.
const COPIES: usize = 50;
/// Most bytes copied at once of one alert, but always its first record.
const COPIED_BYTES: usize = 256 << 10;
/// Bytes held before they are written.
const HELD: usize = 8 << 20;
/// How often changed alerts are written while records flow.
const FLUSH: Duration = Duration::from_millis(250);
/// A store that cannot be written is tried again after so long.
const AGAIN: Duration = Duration::from_secs(5);

/// The sink of the case store.
pub struct StoreSink {
    store: Store,
    pending: BTreeMap<String, Arc<Alert>>,
    /// All alerts that this run gave out.
    raised: BTreeSet<String>,
    /// Alerts that a ruling took out, still to be withdrawn in the store.
    out: BTreeSet<String>,
    /// Evidence already copied, by alert that may still grow.
    copied: BTreeMap<String, Copied>,
    last: Instant,
    /// Rules that the store is still to be told of.
    unsaid_rules: Option<Vec<RuleRecord>>,
    /// The inputs.
    logs: StoreLogs,
    /// Somebody named this store.
    asked_for: bool,
    /// Why the last attempt to write failed: what waits is kept and tried again.
    trouble: Option<StoreError>,
    /// Stopped early: alerts that are closed for want of more stay open here.
    interrupted: bool,
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
        Self {
            store,
            pending: BTreeMap::new(),
            raised: BTreeSet::new(),
            out: BTreeSet::new(),
            copied: BTreeMap::new(),
            last: Instant::now(),
            unsaid_rules: None,
            logs: StoreLogs::default(),
            asked_for: false,
            trouble: None,
            interrupted: false,
        }
    }

    /// Writes into a store that was asked for by its name.
    #[must_use]
    pub fn named(store: Store) -> Self {
        Self { asked_for: true, ..Self::new(store) }
    }

    /// Whether it is time to write.
    fn due(&self) -> bool {
        let wait = if self.trouble.is_some() { AGAIN } else { FLUSH };
        self.last.elapsed() >= wait || (self.pending.len() >= 500 && self.trouble.is_none())
    }

    /// Writes what waits. Where that fails it goes on waiting: a disk may have
    /// room again before the end.
    fn flush(&mut self) {
        self.last = Instant::now();
        if self.store.read_only() {
            self.out.clear();
            return self.pending.clear();
        }
        self.trouble = self.write().err();
    }

    fn write(&mut self) -> Result<(), StoreError> {
        self.say()?;
        let pending = std::mem::take(&mut self.pending);
        let done = self.write_alerts(&pending);
        if done.is_err() {
            // What was copied of their evidence is not known: it is copied again.
            self.copied.clear();
            self.pending = pending;
            return done;
        }
        self.store.take_out(&self.out)?;
        self.out.clear();
        Ok(())
    }

    /// Tells the store of the rules and inputs, once.
    fn say(&mut self) -> Result<(), StoreError> {
        if let Some(rules) = &self.unsaid_rules {
            self.store.set_rules(rules)?;
            self.unsaid_rules = None;
        }
        self.logs.say(&mut self.store)
    }

    /// What this reading gives is what the store holds for its logs.
    fn settle(&mut self, alerts: &[Arc<Alert>], sources: &[SourceStatus]) -> Result<(), StoreError> {
        let views = &self.logs.views;
        let mut stands = |p: &Place| stands(views, sources, p);
        self.store.withdraw(&self.raised, &mut stands)?;
        let outdated = self.store.outdated(alerts, &mut stands)?;
        for a in alerts.iter().filter(|a| outdated.contains(&a.id)) {
            let (evidence, _) = evidence(views, a, Copied::default());
            self.store.replace_alerts(&[AlertRecord { alert: a, evidence }])?;
        }
        self.complete(outdated.iter().map(String::as_str))
    }

    fn write_alerts(&mut self, pending: &BTreeMap<String, Arc<Alert>>) -> Result<(), StoreError> {
        let mut ends = self.logs.ends(!pending.is_empty());
        if pending.is_empty() && ends.is_empty() {
            return Ok(());
        }
        let mut records: Vec<AlertRecord<'_>> = Vec::new();
        let mut bytes = 0;
        for a in pending.values() {
            let copied = self.copied.remove(&a.id).unwrap_or_default();
            let (evidence, copied) = evidence(&self.logs.views, a, copied);
            bytes += evidence.iter().map(|e| e.raw.len()).sum::<usize>();
            records.push(AlertRecord { alert: a, evidence });
            // a closed alert does not come again
            if a.state == AlertState::Open {
                self.copied.insert(a.id.clone(), copied);
            }
            if bytes >= HELD {
                self.store.ingest_with(&records, &std::mem::take(&mut ends))?;
                records.clear();
                bytes = 0;
            }
        }
        self.store.ingest_with(&records, &ends)?;
        self.logs.told();
        self.complete(pending.keys().map(String::as_str))
    }

    /// What is in a case already is kept whole as it grows.
    fn complete<'a>(&mut self, ids: impl IntoIterator<Item = &'a str>) -> Result<(), StoreError> {
        let cased = self.store.in_cases(ids)?;
        if !cased.is_empty() {
            let views = &self.logs.views;
            let mut read = |log: &LogPlace, offset: u64, len: usize| {
                let (id, begin) = log.run.ok_or_else(|| "it is not open".to_owned())?;
                let view = views.get(id.0 as usize).and_then(Option::as_ref);
                let view = view.ok_or_else(|| "it is not open".to_owned())?;
                view.read_at(begin + offset, len).map_err(|e| e.to_string())
            };
            // What cannot be read now is a place without bytes; the export names it.
            self.store.complete_evidence(&cased, &mut read)?;
        }
        Ok(())
    }
}

/// Whether the run has read that record.
fn stands(views: &[Option<Arc<SourceView>>], sources: &[SourceStatus], p: &Place) -> bool {
    let at = p.part.saturating_add(p.offset);
    let read = sources
        .iter()
        .find(|s| s.id == p.source)
        .is_some_and(|s| !s.failed && !s.damaged && s.counts.bytes >= at.saturating_add(p.len));
    let view = views.get(p.source.0 as usize).and_then(Option::as_ref).filter(|_| read);
    let len = usize::try_from(p.len).unwrap_or(usize::MAX).min(Batch::MAX_RECORD);
    let raw = view.and_then(|v| v.read_at(at, len).ok());
    raw.is_some_and(|raw| EventKey::new(hash64(&raw), p.offset).0 == p.key)
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

/// `3 alerts are not in it`.
fn count(alerts: usize) -> String {
    format!("{alerts} alert{} not in it", if alerts == 1 { " is" } else { "s are" })
}

fn error(e: &StoreError, alerts: usize) -> SinkError {
    let all = if alerts > 0 { format!(" ({})", count(alerts)) } else { String::new() };
    SinkError::Io { path: "the case store".into(), source: std::io::Error::other(format!("{e}{all}")) }
}

impl Sink for StoreSink {
    fn start(&mut self, sources: &[OpenedSource], rules: &[RuleRecord]) -> Result<(), SinkError> {
        sources.iter().for_each(|s| self.logs.enter(s));
        self.unsaid_rules = Some(rules.to_vec());
        self.flush();
        Ok(())
    }

    fn rules(&mut self, rules: &[RuleRecord]) -> Result<(), SinkError> {
        self.unsaid_rules = Some(rules.to_vec());
        self.flush();
        Ok(())
    }

    fn came(&mut self, source: &OpenedSource) -> Result<(), SinkError> {
        self.logs.enter(source);
        self.flush();
        Ok(())
    }

    fn asked_for(&self) -> bool {
        self.asked_for
    }

    fn trouble(&self) -> Option<String> {
        let e = self.trouble.as_ref()?;
        let waiting = count(self.pending.len());
        Some(format!("{e} ({waiting}; tried again every {} s)", AGAIN.as_secs()))
    }

    fn alert(&mut self, _: SinkContext<'_>, alert: &Arc<Alert>) -> Result<(), SinkError> {
        if !self.interrupted {
            self.raised.insert(alert.id.clone());
            self.pending.insert(alert.id.clone(), Arc::clone(alert));
            if self.due() {
                self.flush();
            }
        }
        Ok(())
    }

    fn taken_out(&mut self, alert: &Arc<Alert>) -> Result<(), SinkError> {
        for id in std::iter::once(&alert.id).chain(&alert.covers) {
            self.raised.remove(id);
            self.pending.remove(id);
            self.copied.remove(id);
            self.out.insert(id.clone());
        }
        if self.due() {
            self.flush();
        }
        Ok(())
    }

    fn settled(&mut self, alerts: &[Arc<Alert>], sources: &[SourceStatus]) -> Result<(), SinkError> {
        if self.store.read_only() {
            return Ok(());
        }
        self.flush();
        if self.trouble.is_none() {
            self.trouble = self.settle(alerts, sources).err();
        }
        Ok(())
    }

    fn grown(&mut self, alerts: &[Arc<Alert>]) -> Result<(), SinkError> {
        self.pending.extend(alerts.iter().map(|a| (a.id.clone(), Arc::clone(a))));
        // At once: others look at the store, and all of them stand in one change.
        if !self.pending.is_empty() && (self.trouble.is_none() || self.due()) {
            self.flush();
        }
        Ok(())
    }

    fn wants_growth(&self) -> bool {
        !self.store.read_only()
    }

    fn tick(&mut self) -> Result<(), SinkError> {
        if self.due() {
            self.flush();
        }
        Ok(())
    }

    /// An alert that is cut off stays open in the store, so that the next
    /// reading of the log takes it on from there.
    fn interrupted(&mut self, open: &[Arc<Alert>]) -> Result<(), SinkError> {
        self.pending.extend(open.iter().map(|a| (a.id.clone(), Arc::clone(a))));
        self.interrupted = true;
        Ok(())
    }

    fn finish(&mut self, _: SinkContext<'_>, _: &[Arc<Alert>], sources: &[SourceStatus]) -> Result<(), SinkError> {
        self.flush();
        if let Some(e) = self.trouble.take() {
            return Err(error(&e, self.pending.len()));
        }
        if self.store.read_only() {
            return Ok(());
        }
        for s in sources.iter().filter(|s| !s.failed) {
            self.logs.finish(&mut self.store, s).map_err(|e| error(&e, 0))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::RuleSet;
    use crate::event::Ts;
    use crate::store::AlertFilter;

    fn alert(id: &str, revision: u32, state: AlertState) -> Arc<Alert> {
        let (timestamp, last) = (Ts::from_secs(1_000), Ts::from_secs(2_000));
        Arc::new(Alert { id: id.into(), rule_id: "r".into(), revision, state, timestamp, last, ..Alert::default() })
    }

    #[test]
    fn what_could_not_be_written_is_written_later() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cases.db");
        let mut sink = StoreSink::new(Store::open(Some(&path), "x").unwrap());
        sink.start(&[], &[]).unwrap();
        let other = rusqlite::Connection::open(&path).unwrap();
        other.execute_batch("ALTER TABLE alerts RENAME TO away").unwrap();
        let rules = Arc::new(RuleSet::load(&[]));
        let ctx = SinkContext { names: &[], rules: &rules };
        sink.alert(ctx, &alert("a", 1, AlertState::Open)).unwrap();
        sink.flush();
        assert!(sink.trouble().unwrap().contains("1 alert is not in it"), "{:?}", sink.trouble());
        other.execute_batch("ALTER TABLE away RENAME TO alerts").unwrap();
        sink.finish(ctx, &[], &[]).unwrap();
        assert_eq!(sink.trouble(), None);
        let store = Store::open_read_only(Some(&path), "x").unwrap();
        assert_eq!(store.alerts(&AlertFilter::default()).unwrap().len(), 1);
    }

    #[test]
    fn an_alert_that_is_cut_off_stays_open() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cases.db");
        let rules = Arc::new(RuleSet::load(&[]));
        let ctx = SinkContext { names: &[], rules: &rules };
        let state = || Store::open_read_only(Some(&path), "x").unwrap().alert("a").unwrap().row.open;
        let mut sink = StoreSink::new(Store::open(Some(&path), "x").unwrap());
        sink.interrupted(&[alert("a", 4, AlertState::Open)]).unwrap();
        sink.alert(ctx, &alert("a", 9, AlertState::Closed)).unwrap();
        sink.finish(ctx, &[], &[]).unwrap();
        assert!(state());
        // The next reading comes to its true end, whatever its number is.
        let mut sink = StoreSink::new(Store::open(Some(&path), "x").unwrap());
        sink.alert(ctx, &alert("a", 5, AlertState::Closed)).unwrap();
        sink.finish(ctx, &[], &[]).unwrap();
        assert!(!state());
    }
}
