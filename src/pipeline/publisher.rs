//! Makes snapshots and keeps what faces may ask for at any time.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Instant;

use super::lane::Lane;
use super::latency::Latencies;
use super::options::OnChange;
use super::outputs::Outputs;
use super::policy::LastStage;
use super::reads::Reads;
use super::{Counts, Histogram, Phase, RuleProblem, Runs, Scope, Snapshot};
use crate::alert::Alert;
use crate::detect::state::{Carry, State};
use crate::detect::{RuleCounts, RuleSet};
use crate::event::{SourceId, Ts};
use crate::source::{Cache, Skipped, SourceView};

/// One source as a feed reads it again.
pub(super) struct FeedSource {
    pub view: Arc<SourceView>,
    pub reads: Arc<Reads>,
    /// What its records before the first timed one get.
    pub carry: Carry,
}

/// What a session and its faces share.
#[derive(Default)]
pub(super) struct Shared {
    pub snapshot: Mutex<Arc<Snapshot>>,
    pub runs: RwLock<Runs>,
    pub sources: RwLock<Vec<Option<FeedSource>>>,
    pub rules: Mutex<Option<Arc<RuleSet>>>,
    /// What of the records is analyzed.
    pub scope: OnceLock<Scope>,
}

/// The sequencer's way to the outside.
pub(super) struct Publisher {
    pub shared: Arc<Shared>,
    pub stop: Arc<AtomicBool>,
    pub on_change: Option<OnChange>,
    pub keep_order: bool,
    /// Asked for what is wrong with it.
    pub cache: Cache,
    pub notes: Vec<String>,
    /// What was named or found and is not read.
    pub left_out: Arc<Vec<Skipped>>,
    /// What is said of files that came when there were too many.
    pub refused: Option<String>,
    pub started: Instant,
    pub revision: u64,
    pub problems: Arc<Vec<RuleProblem>>,
    /// Problems that no rule set has to do with.
    pub other_problems: Vec<RuleProblem>,
    pub loaded: RuleCounts,
    /// How often rules came while inputs were followed.
    pub reloaded: u64,
    /// Closed alerts by (timestamp, id).
    pub closed: BTreeMap<(Ts, String), Arc<Alert>>,
    /// What the user said in advance about alerts.
    pub last: LastStage,
    /// How long what is followed takes.
    pub latencies: Latencies,
    /// The published list and whether it is out of date.
    pub list: Arc<Vec<Arc<Alert>>>,
}

impl Publisher {
    /// Notes that records of a source are next in canonical order.
    pub fn order(&self, source: SourceId, first: u64, n: u64) {
        if self.keep_order {
            self.shared.runs.write().unwrap_or_else(PoisonError::into_inner).push(source, first, n);
        }
    }

    /// These rules are in force.
    pub fn rules(&mut self, rules: &Arc<RuleSet>) {
        *self.shared.rules.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(rules));
        self.loaded = RuleCounts::of(rules.rules());
        let own = rules.rules().iter().filter(|r| !r.loaded).map(|r| RuleProblem {
            path: r.path.to_string(),
            line: r.line as usize,
            reason: r.reason.clone().unwrap_or_default(),
        });
        self.problems = Arc::new(own.chain(self.other_problems.iter().cloned()).collect());
    }

    /// One more input can be read again.
    pub fn enter(&self, source: Option<FeedSource>) {
        self.shared.sources.write().unwrap_or_else(PoisonError::into_inner).push(source);
    }

    /// Takes changed alerts from the state, through the last stage; closed ones
    /// are kept. With each whether it is closed and whether it goes out.
    pub fn drain(&mut self, state: &mut State) -> Vec<(Arc<Alert>, bool, bool)> {
        let mut changed = Vec::new();
        let mut updates = Vec::new();
        state.drain(&mut updates);
        for u in updates {
            if let Some(was) = u.reopened {
                self.closed.remove(&(was, u.alert.id.clone()));
            }
            let Some(alert) = self.last.pass(Arc::clone(&u.alert)) else {
                self.closed.remove(&(u.alert.timestamp, u.alert.id.clone()));
                changed.push((u.alert, u.closed, false));
                continue;
            };
            if u.closed {
                self.closed.insert((alert.timestamp, alert.id.clone()), Arc::clone(&alert));
            }
            changed.push((alert, u.closed, true));
        }
        changed
    }

    /// Closed and open alerts in order.
    pub fn all_alerts(&self, state: &State) -> Vec<Arc<Alert>> {
        let mut all: Vec<Arc<Alert>> = self.closed.values().filter(|a| !self.last.gone(a)).cloned().collect();
        all.extend(self.open(state));
        all.sort_by(|a, b| (a.timestamp, &a.id).cmp(&(b.timestamp, &b.id)));
        all
    }

    /// Open alerts, those that go out.
    pub fn open(&self, state: &State) -> Vec<Arc<Alert>> {
        state.open_alerts().into_iter().filter_map(|a| self.last.look(Arc::new(a))).collect()
    }

    /// Open alerts that grew since they were given out, those that go out.
    pub fn grown(&self, state: &mut State) -> Vec<Arc<Alert>> {
        state.grown().into_iter().filter_map(|a| self.last.look(Arc::new(a))).collect()
    }

    /// Publishes a snapshot and wakes the face up.
    pub fn publish(
        &mut self,
        phase: Phase,
        lanes: &[Lane],
        histogram: &Histogram,
        fired: &[u64],
        rules: &RuleSet,
        state: &State,
        outputs: &Outputs,
    ) {
        let face = self.on_change.is_some();
        let end = matches!(phase, Phase::Done | Phase::Stopped);
        if !face && !end && self.revision > 0 && self.revision.is_multiple_of(2) {
            // nobody looks: a progress bar is served by every other publication
            self.revision += 1;
            return;
        }
        self.revision += 1;
        self.notes.extend(self.cache.take_warning());
        let mut totals = Counts::default();
        for l in lanes {
            totals.add(&l.status.counts);
        }
        if face || end {
            self.list = Arc::new(self.all_alerts(state));
        }
        let fired: Vec<(Arc<str>, u64)> =
            rules.rules().iter().zip(fired).filter(|(_, n)| **n > 0).map(|(r, n)| (Arc::clone(&r.id), *n)).collect();
        let snapshot = Snapshot {
            revision: self.revision,
            phase,
            totals,
            sources: Arc::new(lanes.iter().map(Lane::shown).collect()),
            left_out: Arc::clone(&self.left_out),
            alerts: Arc::clone(&self.list),
            histogram: Arc::new(if face || end { histogram.clone() } else { Histogram::default() }),
            rules_loaded: self.loaded.rules,
            filters_loaded: self.loaded.filters,
            rules_reloaded: self.reloaded,
            rule_problems: Arc::clone(&self.problems),
            rules_fired: Arc::new(fired),
            outputs: Arc::new(outputs.trouble()),
            notes: Arc::new(self.notes.iter().chain(&self.refused).cloned().chain(forgotten(state)).collect()),
            abandoned: outputs.abandoned(),
            evicted: state.counters().evicted,
            evicted_by: Arc::new(state.evicted_by()),
            rulings: Arc::new(self.last.hits()),
            latency: self.latencies.shown(),
            untimed_matches: state.counters().untimed,
            seconds: self.started.elapsed().as_secs_f64(),
        };
        *self.shared.snapshot.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
        if let Some(wake) = &self.on_change {
            wake();
        }
    }
}

/// What the user should know of records that came behind the other inputs.
fn forgotten(state: &State) -> Option<String> {
    let n = state.counters().forgotten;
    let (matches, were) = if n == 1 { ("match", "was") } else { ("matches", "were") };
    (n > 0).then(|| {
        format!(
            "{n} {matches} of records that came late {were} counted when not all of that time was remembered any more: \
             an attack may be several alerts"
        )
    })
}
