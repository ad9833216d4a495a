//! The thread of the case store: does what people decide, one step after the
//! other, and looks a few times a second whether somebody else did.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::data::{AlertView, AuditView, CaseView, Reading, Triage};
use super::super::msg::{Msg, Op, Targets};
use super::super::words::{count, many};
use super::file::{NewFile, reason};
use super::{DataReq, StoreReq, ToLoop, convert, evidence};
use crate::alert::Alert;
use crate::event::{EventRow, Ts, hash64};
use crate::pipeline::{Feed, Logs};
use crate::store::{
    AlertFilter, AlertRow, CaseId, CaseState, EventKey, EventMark, Status, Store, StoreError, Target, Verdict,
};

/// How often other people's changes are looked for.
const LOOK: Duration = Duration::from_millis(400);
/// Alerts of a store that are shown before the others are read.
const HEAD: usize = 300;
/// Alerts read with one look at the store.
const TOGETHER: usize = 1000;
/// Alerts of files that are not read any more, beside those of what is read.
pub(super) const EARLIER: usize = 1000;
/// How long a change waits for its alert to be written.
const SOON: Duration = Duration::from_secs(2);
/// How often the chains of operations are followed.
const FOLLOW_CHAINS: Duration = Duration::from_secs(60);

/// What people made of one alert.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// Decision.
    pub triage: Triage,
    /// Tags.
    pub tags: Vec<String>,
    /// Notes.
    pub notes: Vec<(String, String)>,
    /// Whose readings gave it.
    pub reading: Reading,
}

impl Decision {
    /// The alert with it.
    pub fn of(&self, alert: &Arc<Alert>) -> AlertView {
        let Self { triage, tags, notes, reading } = self.clone();
        AlertView { alert: Arc::clone(alert), triage, tags, notes, reading }
    }
}

/// What people made of everything.
#[derive(Debug, Default)]
pub struct Decisions {
    /// Of alerts, by id.
    pub alerts: FxHashMap<String, Decision>,
    /// Of events, by the store's key: marked, and the first note.
    pub events: FxHashMap<String, (bool, Option<String>)>,
    /// Alerts of the store: all of them where no log is open, else those that
    /// rest on the open logs and were withdrawn.
    pub stored: Arc<Vec<AlertView>>,
    /// No log is open.
    pub alone: bool,
    /// Who looks at it.
    pub analyst: String,
}

pub struct Worker {
    pub store: Store,
    pub feed: Option<Feed>,
    pub alone: bool,
    pub out: ToLoop,
    pub data: Sender<DataReq>,
    /// Stored alerts in full, by id, with the revision they were read at.
    pub known: BTreeMap<String, (u32, AlertView)>,
    /// Alerts of parts of the open logs that are not read any more.
    pub earlier: std::collections::BTreeSet<String>,
    /// When the chains were followed last, and how much did not fit.
    pub audited: Option<(usize, Ts, Instant)>,
}

impl Worker {
    /// Works until every sender is gone.
    pub fn run(mut self, requests: &Receiver<StoreReq>) {
        if let Some(note) = self.store.read_only_note() {
            let _ = self.out.send(Msg::Failed(note));
        }
        self.publish();
        loop {
            match requests.recv_timeout(LOOK) {
                Ok(StoreReq::DecidedAt(seen)) => self.store.decided_at(Some(seen)),
                Ok(StoreReq::Do(op)) => {
                    let said = self.perform_soon(&op).map_err(|e| e.to_string());
                    let _ = self.out.send(match said {
                        Ok(text) => Msg::Done(text),
                        Err(text) => Msg::Failed(text),
                    });
                    // The first is what the analyst chose; what it covers went along.
                    let conflicts = self.store.take_conflicts();
                    if let Some(c) = conflicts.first() {
                        let more = match conflicts.len() - 1 {
                            0 => String::new(),
                            n => format!("; {n} more like it"),
                        };
                        let _ = self.out.send(Msg::Failed(format!("{c}{more}")));
                    }
                    self.store.decided_at(None);
                    self.look();
                }
                Ok(StoreReq::Case(id)) => {
                    if let Ok(d) = self.store.case(&CaseId(id)) {
                        let _ = self.out.send(Msg::Case(Arc::new(convert::case_detail(&d))));
                    }
                }
                Ok(StoreReq::Evidence(id, revision)) => {
                    if let Ok(d) = self.store.alert(&id) {
                        let shown = d.evidence.get(..200).unwrap_or(&d.evidence);
                        let rows = evidence::rows(shown).into_iter().map(Arc::new).collect();
                        let _ = self.out.send(Msg::Evidence { of: (id, revision), rows });
                    }
                }
                Ok(StoreReq::Feed(f)) => self.feed = Some(f),
                Ok(StoreReq::Keep(path, kept)) => {
                    if let Err(e) = kept.write(&path) {
                        let text = format!("filters are not kept for next time: {}: {e}", path.display());
                        let _ = self.out.send(Msg::Failed(text));
                    }
                }
                Ok(StoreReq::Flush(done)) => {
                    // A copy of the file alone then has everything.
                    self.store.settle();
                    drop(done);
                }
                Err(RecvTimeoutError::Timeout) => self.look(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn look(&mut self) {
        if self.store.changed().unwrap_or(false) {
            self.publish();
        }
    }

    pub(super) fn publish(&mut self) {
        if let Err(e) = self.try_publish() {
            let _ = self.out.send(Msg::Failed(format!("case store: {e}")));
        }
    }

    fn try_publish(&mut self) -> Result<(), StoreError> {
        // Beside a log only what people did is asked for, and what was withdrawn:
        // the analyzer has the alerts themselves.
        let mut filter = AlertFilter { touched: !self.alone, left: self.alone, ..AlertFilter::default() };
        if self.alone && self.known.is_empty() {
            // The head of the queue is there at once, however long it is.
            filter.limit = Some(HEAD);
            let rows = self.store.alerts(&filter)?;
            let all = rows.len() < HEAD;
            self.publish_rows(&rows)?;
            if all {
                return Ok(());
            }
            filter.limit = None;
        }
        let mut rows = self.store.alerts(&filter)?;
        self.earlier.clear();
        if !self.alone {
            let gone = self.store.withdrawn_here()?;
            rows.retain(|r| r.withdrawn.is_none());
            rows.extend(gone);
            // What was put aside is not read again for ever: the latest of its alerts stay,
            // those before all about which nobody has decided.
            let mut earlier = self.store.earlier_here(EARLIER + 1)?;
            let _ = self.out.send(Msg::Older(earlier.len() > EARLIER));
            earlier.truncate(EARLIER);
            self.earlier = earlier.iter().map(|r| r.id.clone()).collect();
            rows.retain(|r| !self.earlier.contains(&r.id));
            rows.extend(earlier);
        }
        self.publish_rows(&rows)
    }

    fn publish_rows(&mut self, rows: &[AlertRow]) -> Result<(), StoreError> {
        let (known, alone, earlier) = (&mut self.known, self.alone, &self.earlier);
        let shown = |r: &AlertRow| alone || r.withdrawn.is_some() || earlier.contains(&r.id);
        if !alone {
            let ids: FxHashSet<&str> = rows.iter().filter(|r| shown(r)).map(|r| r.id.as_str()).collect();
            known.retain(|id, _| ids.contains(id.as_str()));
        }
        let fresh = |r: &&AlertRow| shown(r) && known.get(&r.id).is_none_or(|k| k.0 != r.revision);
        let new: Vec<&AlertRow> = rows.iter().filter(fresh).collect();
        for part in new.chunks(TOGETHER) {
            let docs = self.store.alert_docs(part.iter().map(|r| r.id.as_str()))?;
            for (r, doc) in part.iter().zip(&docs) {
                known.insert(r.id.clone(), (r.revision, convert::alert(r, doc)));
            }
        }
        let analyst = self.store.analyst().to_owned();
        let mut decisions = Decisions { alone, analyst, ..Decisions::default() };
        let mut stored = Vec::new();
        for r in rows {
            let target = Target::Alert(r.id.clone());
            let notes = if r.notes > 0 { convert::notes(&self.store.notes(&target)?) } else { Vec::new() };
            let put_aside = earlier.contains(&r.id);
            let reading = Reading { earlier: put_aside, ..convert::reading(r, alone || put_aside) };
            let d = Decision { triage: convert::triage(r), tags: r.tags.clone(), notes, reading };
            if shown(r)
                && let Some((_, v)) = self.known.get(&r.id)
            {
                stored.push(d.of(&v.alert));
            }
            decisions.alerts.insert(r.id.clone(), d);
        }
        decisions.stored = Arc::new(stored);
        for e in self.store.events()? {
            let note = if e.notes > 0 {
                let notes = self.store.notes(&Target::Event(e.event.key.clone()))?;
                notes.last().map(|n| n.text.lines().next().unwrap_or("").to_owned())
            } else {
                None
            };
            if e.marked_by.is_some() || note.is_some() {
                decisions.events.insert(e.event.key.0.clone(), (e.marked_by.is_some(), note));
            }
        }
        let cases: Vec<CaseView> = self.store.cases()?.iter().map(convert::case).collect();
        let _ = self.out.send(Msg::Judged(Arc::new(judged(rows, &cases))));
        let _ = self.out.send(Msg::UndoDepth(self.store.undo_depth()?));
        self.audit()?;
        let _ = self.out.send(Msg::Seen(self.store.seen()));
        let _ = self.out.send(Msg::Cases(Arc::new(cases)));
        let _ = self.data.send(DataReq::Decisions(Arc::new(decisions)));
        Ok(())
    }

    /// Says how the log of operations stands. Its chains are followed at the start
    /// and now and then: of a long log that takes a while.
    fn audit(&mut self) -> Result<(), StoreError> {
        let audit = self.store.audit()?;
        if self.audited.is_none_or(|(_, _, when)| when.elapsed() >= FOLLOW_CHAINS) {
            self.audited = Some((self.store.broken_chains()?, Ts::now(), Instant::now()));
        }
        let checked = self.audited.map(|(broken, at, _)| (broken, at));
        let _ = self.out.send(Msg::Audit(AuditView { audit, checked }));
        Ok(())
    }

    /// The event as the store takes it, with the bytes of its source.
    fn mark_of(&self, e: &EventRow) -> EventMark {
        let read = |f: &Feed| f.bytes(e.source, e.offset, usize::try_from(e.full_len).ok()?);
        let raw = self.feed.as_ref().and_then(read).unwrap_or_else(|| e.raw.clone().into_bytes());
        EventMark { source: e.source, offset: e.offset, len: e.full_len, line: e.line, time: e.time, raw }
    }

    fn targets(&mut self, what: &Targets) -> Result<Vec<Target>, StoreError> {
        let mut out: Vec<Target> = what.alerts.iter().cloned().map(Target::Alert).collect();
        for e in &what.events {
            let mark = self.mark_of(e);
            out.push(Target::Event(self.store.keep_event(&mark)?));
        }
        out.extend(what.case.iter().map(|c| Target::Case(CaseId(c.clone()))));
        Ok(out)
    }

    /// An alert is on screen a moment before the analyzer has written it to the
    /// store; what is done to it in that moment waits for it.
    fn perform_soon(&mut self, op: &Op) -> Result<String, StoreError> {
        let until = Instant::now() + SOON;
        loop {
            match self.perform(op.clone()) {
                Err(StoreError::NotFound { kind: "alert", .. }) if !self.alone && Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                done => return done,
            }
        }
    }

    /// Copies the records of these alerts of which the store has only the
    /// place. Says what could not be copied.
    fn complete(&mut self, alerts: &[String]) -> Result<String, StoreError> {
        let mut logs = Logs::new(self.feed.clone());
        let done = self.store.complete_evidence(alerts, &mut |log, offset, len| logs.read(log, offset, len))?;
        Ok(done.gaps.iter().map(|g| format!("; {g}")).collect())
    }

    fn perform(&mut self, op: Op) -> Result<String, StoreError> {
        match op {
            Op::Escalate { what, case, title } => {
                let case = case.map(CaseId);
                let n = what.alerts.len() + what.events.len();
                let before = self.store.undo_depth()?;
                let (id, gaps) = if what.alerts.is_empty() {
                    let events: Vec<EventMark> = what.events.iter().map(|e| self.mark_of(e)).collect();
                    (self.store.escalate_events(&events, case.as_ref(), &title)?, String::new())
                } else {
                    let id = self.store.escalate(&what.alerts, case.as_ref(), &title)?;
                    (id, self.complete(&what.alerts)?)
                };
                let noun = if what.alerts.is_empty() { "event" } else { "alert" };
                if self.store.undo_depth()? == before {
                    return Ok(format!("in {id} already: nothing changed{gaps}"));
                }
                Ok(format!("{} put into {id}; 3 shows cases, u undoes{gaps}", count(n, noun)))
            }
            Op::Dismiss { alerts, verdict } => {
                let v = Verdict::from_name(verdict).unwrap_or_default();
                let n = self.store.dismiss(&alerts, v, "")?;
                if n == 0 {
                    return Ok(format!("dismissed as {} already: nothing changed", verdict.replace('_', " ")));
                }
                Ok(format!("{} dismissed: {}; u undoes", count(n, "alert"), verdict.replace('_', " ")))
            }
            Op::Snooze { alerts, minutes } => {
                let until = Ts(Ts::now().0.saturating_add(minutes * 60_000_000));
                let n = self.store.snooze(&alerts, until)?;
                Ok(format!("{} back in {minutes} minutes; u undoes", count(n, "alert")))
            }
            Op::Tag { what, tags } => {
                let targets = self.targets(&what)?;
                if self.store.tag_all(&targets, &tags)? == 0 {
                    return Ok("tagged so already: nothing changed".to_owned());
                }
                Ok(format!("tagged {}; u undoes", count(targets.len(), "item")))
            }
            Op::Note { what, text } => {
                let targets = self.targets(&what)?;
                self.store.note_all(&targets, &text)?;
                Ok("note saved; u undoes".to_owned())
            }
            Op::Mark { event, on } => {
                let mark = self.mark_of(&event);
                self.store.mark(&mark, on)?;
                Ok(if on { "marked" } else { "mark removed" }.to_owned())
            }
            Op::CaseState { case, state, resolution } => {
                let to = CaseState::from_name(state).unwrap_or_default();
                let changed = self.store.set_case_state(&CaseId(case.clone()), to, &resolution)?;
                let end = if changed { "; u undoes" } else { " already: nothing changed" };
                Ok(format!("{case} is {}{end}", state.replace('_', " ")))
            }
            Op::Assign { case, who } => {
                let changed = self.store.assign(&CaseId(case.clone()), &who)?;
                let end = if changed { "; u undoes" } else { " already: nothing changed" };
                let whose = if who.is_empty() { "nobody's".to_owned() } else { format!("for {who}") };
                Ok(format!("{case} is {whose}{end}"))
            }
            Op::CaseTitle { case, title } => {
                let changed = self.store.set_title(&CaseId(case), &title)?;
                Ok(if changed { "renamed; u undoes" } else { "that is its title already" }.to_owned())
            }
            Op::RemoveItem { case, item } => {
                let target = Target::parse(&item).ok_or_else(|| StoreError::Invalid(format!("no item '{item}'")))?;
                self.store.remove_item(&CaseId(case), &target)?;
                Ok("taken out; u undoes".to_owned())
            }
            Op::Undo => Ok(self.store.undo()?.unwrap_or_else(|| "nothing to undo".to_owned())),
            Op::Export { case, path } => self.export(&CaseId(case), &path),
        }
    }

    /// Writes a case beside the file and moves it there whole.
    fn export(&mut self, case: &CaseId, path: &str) -> Result<String, StoreError> {
        // Its alerts may have grown since they were escalated.
        let alerts: Vec<String> = self.store.case(case)?.alerts.into_iter().map(|a| a.id).collect();
        let gaps = if self.store.read_only() {
            match self.store.evidence_without_bytes(&alerts)? {
                0 => String::new(),
                n => format!("; {} without a copy: the case store cannot be written", many(n, "record")),
            }
        } else {
            self.complete(&alerts)?
        };
        let mut file = NewFile::begin(path).map_err(StoreError::Invalid)?;
        let exported = self.store.export_case(case)?;
        let text = crate::store::export::to_text(&exported.document);
        let failed = |e: std::io::Error| StoreError::Invalid(format!("{path}: {}", reason(&e)));
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
        file.end().map_err(StoreError::Invalid)?;
        // The one that `cases export` and `cases verify` say: it can be compared.
        let sha = exported.document["document_sha256"].as_str().unwrap_or_default();
        let _ = self.out.send(Msg::Exported(path.to_owned()));
        Ok(format!("{case} exported to {path}, document SHA-256 {sha}{gaps}"))
    }
}

/// True and false hits of each rule. True is what is in a case that did not turn
/// out to be nothing; a duplicate or one put off says nothing of the rule.
fn judged(rows: &[AlertRow], cases: &[CaseView]) -> BTreeMap<String, (u32, u32)> {
    let mut out: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    let nothing: FxHashSet<&str> = cases.iter().filter(|c| c.unfounded()).map(|c| c.id.as_str()).collect();
    for r in rows {
        let unfounded = |id: &CaseId| nothing.contains(id.0.as_str());
        let hit = match (r.status, r.verdict) {
            (Status::Escalated, _) if r.cases.iter().all(unfounded) => (0, 1),
            (Status::Escalated, _) => (1, 0),
            (Status::Dismissed, Some(Verdict::FalsePositive | Verdict::Benign)) => (0, 1),
            _ => continue,
        };
        let sum = out.entry(r.rule_id.clone()).or_default();
        *sum = (sum.0 + hit.0, sum.1 + hit.1);
    }
    out
}

/// The store's key of an event on screen, at this place in its file.
pub fn key_of(e: &EventRow, place: u64) -> String {
    EventKey::new(hash64(e.raw.as_bytes()), place).0
}
