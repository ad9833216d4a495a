//! Which alerts an edited rule would raise in the open log, beside those that it
//! raises now: both sets of rules go over the same records in one reading, each
//! with windows of its own, in canonical order.
//!
//! Only the rules of the question take part. Which alert is there does not depend
//! on others; how it is scored, and which one stands for another, does, and is
//! not compared.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::block_hits::BlockHits;
use super::{Feed, Question};
use crate::alert::Alert;
use crate::detect::state::{Clock, Observed, State, StateOptions};
use crate::detect::{RuleFile, RuleIdx, RuleInfo, RuleSet};
use crate::event::{Batch, RecordFlags, SourceId, TimeQuality, Ts};

/// Most alerts of a side that are kept; what is beyond is not compared.
const MOST: usize = 100_000;

/// An alert, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// Id of the alert.
    pub id: String,
    /// Title of its rule.
    pub rule: Arc<str>,
    /// What it is about.
    pub entity: String,
    /// Acts counted.
    pub count: u64,
    /// Its first evidence: source and byte offset.
    pub first: Option<(SourceId, u64)>,
}

/// Alerts now and with the edit, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertEffect {
    /// Those of the rules as they are.
    pub before: BTreeMap<String, Raised>,
    /// Those of the rules as they would be.
    pub after: BTreeMap<String, Raised>,
    /// There were more than are kept.
    pub cut: bool,
}

impl AlertEffect {
    /// Alerts that the edit adds.
    pub fn gained(&self) -> impl Iterator<Item = &Raised> {
        self.after.values().filter(|a| !self.before.contains_key(&a.id))
    }

    /// Alerts that the edit loses.
    pub fn lost(&self) -> impl Iterator<Item = &Raised> {
        self.before.values().filter(|a| !self.after.contains_key(&a.id))
    }
}

/// Whether alerts say more than matches: some rule counts others.
#[must_use]
pub fn correlates(q: &Question) -> bool {
    let any = |files: &[RuleFile]| crate::detect::Draft::read(files).infos().iter().any(RuleInfo::is_correlation);
    any(&q.before) || any(&q.after)
}

/// Runs both sides over the log; compared are the alerts of correlations and of
/// the rules in `path`. `None` where `go_on`, which is told how many records were
/// read, said to stop.
pub fn alert_effect(feed: &Feed, q: &Question, path: &str, go_on: &mut dyn FnMut(u64) -> bool) -> Option<AlertEffect> {
    let mut sides = [Side::new(&q.before, path), Side::new(&q.after, path)];
    let mut clocks: Vec<Option<Clock>> = Vec::new();
    let mut observed = Vec::new();
    let mut stopped = false;
    feed.walk(0, &mut |piece| {
        let source = piece.batch.source;
        let at = source.0 as usize;
        if clocks.len() <= at {
            clocks.resize(at + 1, None);
        }
        observed.clear();
        if let Some(slot) = clocks.get_mut(at) {
            let clock = slot.get_or_insert_with(|| Clock::new(feed.carry(source)));
            let records = piece.batch.records.iter().skip(piece.first).take(piece.len);
            // A time that was carried on is none: the clock carries it again.
            observed.extend(records.map(|r| match r.quality {
                TimeQuality::Carried | TimeQuality::Unknown => clock.observe(Ts::NONE),
                _ => clock.observe(r.time),
            }));
        }
        for s in &mut sides {
            s.piece(&piece.batch, piece.first, &observed);
        }
        stopped = !go_on(piece.end());
        !stopped
    });
    if stopped {
        return None;
    }
    let [before, after] = sides.map(Side::end);
    let cut = before.len() >= MOST || after.len() >= MOST;
    Some(AlertEffect { before, after, cut })
}

/// One of the two sets of rules on the way through the log.
struct Side {
    rules: Arc<RuleSet>,
    hits: BlockHits,
    state: State,
    /// Whether alerts of the rule of that number are compared.
    compared: Vec<bool>,
    raised: BTreeMap<String, Raised>,
    scratch: Vec<RuleIdx>,
    updates: Vec<crate::detect::state::AlertUpdate>,
}

impl Side {
    fn new(files: &[RuleFile], path: &str) -> Self {
        let rules = Arc::new(RuleSet::load(files));
        Self {
            hits: BlockHits::new(&rules),
            state: State::new(Arc::clone(&rules), StateOptions::default()),
            compared: rules.rules().iter().map(|r| r.is_correlation() || &*r.path == path).collect(),
            rules,
            raised: BTreeMap::new(),
            scratch: Vec::new(),
            updates: Vec::new(),
        }
    }

    fn piece(&mut self, batch: &Batch, first: usize, observed: &[Observed]) {
        let source = batch.source;
        let hits = self.hits.from(batch, first);
        let mut next = 0;
        for (r, at) in (first..).zip(observed) {
            self.scratch.clear();
            while let Some(h) = hits.get(next).filter(|h| h.record as usize == r) {
                self.scratch.push(h.rule);
                next += 1;
            }
            let Some(record) = batch.records.get(r).filter(|x| !x.flags.has(RecordFlags::HEADER)) else { continue };
            if self.scratch.is_empty() && !record.flags.any(RecordFlags::ACT) {
                continue;
            }
            if let Some(event) = batch.event(r) {
                self.state.push(event, &self.scratch, *at);
            }
        }
        if let Some(last) = observed.last() {
            self.state.advance_source(source, *last);
        }
        self.drain();
    }

    fn drain(&mut self) {
        self.state.drain(&mut self.updates);
        for u in self.updates.drain(..) {
            let a: &Alert = &u.alert;
            let rule = self.rules.rules().iter().position(|r| r.id == a.rule_id);
            let compared = rule.and_then(|i| self.compared.get(i)).is_some_and(|c| *c);
            if !compared || (self.raised.len() >= MOST && !self.raised.contains_key(&a.id)) {
                continue;
            }
            let raised = Raised {
                id: a.id.clone(),
                rule: Arc::clone(&a.rule),
                entity: a.entity(),
                count: a.count,
                first: a.evidence.first().map(|e| (e.source, e.offset)),
            };
            self.raised.insert(a.id.clone(), raised);
        }
    }

    fn end(mut self) -> BTreeMap<String, Raised> {
        self.state.finish();
        self.drain();
        self.raised
    }
}
