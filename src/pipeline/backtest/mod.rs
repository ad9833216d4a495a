//! What rules find in a log, against what their version before found: matches
//! and alerts gained and lost, with their places, and what the rules cost.
//!
//! The input is read twice, once with each rule set, in the same canonical
//! order; both runs are complete, so correlations, filters and suppression say
//! what they would say in a replay.

mod collect;
mod cost;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::alert::Alert;
use crate::detect::{RuleFile, RuleInfo, RuleSet};
use crate::sink::SinkError;
use crate::source::SourceView;

use super::compare::{self, Compared, Focus, Said};
use super::{LoadedRules, Phase, Session, SessionOptions, Snapshot};
use collect::{Collector, Found, Shared};

/// Most matches of a run whose places are kept; what is beyond is counted.
pub const MAX_PLACES: usize = 1_000_000;

/// One of the two runs: its rules, and a session that reads the input. The two
/// have stop flags of their own: a session raises its flag when it is over.
pub struct Side {
    /// All rule files of the run. Of rules with one id the first is in force.
    pub files: Vec<RuleFile>,
    /// Inputs and how they are read; the rules in it are replaced.
    pub options: SessionOptions,
}

/// What is compared.
pub struct Backtest {
    /// The run as it was.
    pub before: Side,
    /// The run with the rules that are tried.
    pub after: Side,
    /// The files that are tried; their rules' matches are compared.
    pub tried: Vec<RuleFile>,
}

/// Where a match stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatchPlace {
    /// Number of the input.
    pub source: u32,
    /// Byte offset in the (decompressed) input.
    pub offset: u64,
    /// First line, 1-based.
    pub line: u64,
    /// Length in bytes.
    pub len: u64,
}

/// One version of a rule in one run.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleRun {
    /// The rule.
    pub info: RuleInfo,
    /// Events that it matched (alerts, of a correlation).
    pub matches: u64,
}

/// A rule before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleChange {
    /// Its id.
    pub id: Arc<str>,
    /// The version before, if there was one.
    pub before: Option<RuleRun>,
    /// The version that was tried, if it is still there.
    pub after: Option<RuleRun>,
    /// Matches that only the version after has, in the order of the inputs.
    pub gained: Vec<MatchPlace>,
    /// Matches that only the version before had.
    pub lost: Vec<MatchPlace>,
}

/// What a backtest found.
pub struct Report {
    /// The rules of the files tried, and those that a filter among them narrows.
    pub rules: Vec<RuleChange>,
    /// Number of alerts of all rules before and after.
    pub alerts: (u64, u64),
    /// Alerts that only the run after has, by time.
    pub alerts_gained: Vec<Arc<Alert>>,
    /// Alerts that only the run before had.
    pub alerts_lost: Vec<Arc<Alert>>,
    /// Alerts of one id that say something else: before and after.
    pub alerts_changed: Vec<(Arc<Alert>, Arc<Alert>)>,
    /// What the rules tried cost by themselves, in µs for each event, before and after.
    pub cost: (Option<f64>, f64),
    /// Whether there were more matches than places are kept: gained and lost
    /// then hold for the part before that.
    pub cut: bool,
    /// The run as it was, at its end.
    pub before: Arc<Snapshot>,
    /// The run with the rules tried, at its end.
    pub after: Arc<Snapshot>,
    /// Names of the inputs.
    pub names: Vec<String>,
    /// Whether it was stopped early.
    pub stopped: bool,
    /// Wall time of all of it in seconds.
    pub seconds: f64,
    views: Vec<Option<Arc<SourceView>>>,
}

impl Report {
    /// Matches gained and lost, of all rules.
    #[must_use]
    pub fn moved(&self) -> (usize, usize) {
        (self.rules.iter().map(|r| r.gained.len()).sum(), self.rules.iter().map(|r| r.lost.len()).sum())
    }

    /// Matches of one rule gained and lost; alerts, of a correlation.
    #[must_use]
    pub fn moved_of(&self, c: &RuleChange) -> (usize, usize) {
        if c.after.as_ref().or(c.before.as_ref()).is_some_and(|r| r.info.is_correlation()) {
            let mine = |all: &[Arc<Alert>]| all.iter().filter(|a| a.rule_id == c.id).count();
            return (mine(&self.alerts_gained), mine(&self.alerts_lost));
        }
        (c.gained.len(), c.lost.len())
    }

    /// The record at a place, cut at 1,000 bytes; `None` where the input cannot be read again.
    #[must_use]
    pub fn record(&self, place: MatchPlace) -> Option<String> {
        let view = self.views.get(place.source as usize)?.as_ref()?;
        let bytes = view.read_at(place.offset, place.len.min(1_000) as usize).ok()?;
        Some(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }

    /// Name of a place's input.
    #[must_use]
    pub fn file(&self, place: MatchPlace) -> &str {
        self.names.get(place.source as usize).map_or("", String::as_str)
    }
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Report").field("rules", &self.rules).field("alerts", &self.alerts).finish_non_exhaustive()
    }
}

/// Runs both sides; `progress` is called often with the side (0 before, 1
/// after) and how far it is. Stop flags of the two sides' options end it early.
///
/// # Errors
/// When a session fails.
pub fn run(test: Backtest, progress: &mut dyn FnMut(usize, &Snapshot)) -> Result<Report, SinkError> {
    let started = Instant::now();
    let Backtest { before, after, tried } = test;
    let names: Vec<String> = after.options.inputs.iter().map(|i| i.name.clone()).collect();
    let parsing = cost::Parsing::of(&after.options);
    let mut focus = Focus::of(&tried);
    let [old, new] = [&before, &after].map(|s| Arc::new(RuleSet::load(&s.files)));
    focus.add(compare::gone(old.rules(), new.rules()));
    let one = one_side(before, old, &focus, false, &mut |s| progress(0, s))?;
    let two = one_side(after, new, &focus, true, &mut |s| progress(1, s))?;
    let was: Vec<RuleFile> = one.files_of(&focus);
    let cost = (
        (!was.is_empty()).then(|| cost::measure(&was, &two.found, &names, &parsing)),
        cost::measure(&two.files_of(&focus), &two.found, &names, &parsing),
    );
    let stopped = one.snapshot.phase == Phase::Stopped || two.snapshot.phase == Phase::Stopped;
    let mut report = Report {
        rules: Vec::new(),
        alerts: (one.found.alerts.len() as u64, two.found.alerts.len() as u64),
        alerts_gained: Vec::new(),
        alerts_lost: Vec::new(),
        alerts_changed: Vec::new(),
        cost,
        cut: one.found.cut || two.found.cut,
        before: Arc::clone(&one.snapshot),
        after: Arc::clone(&two.snapshot),
        names,
        stopped,
        seconds: 0.0,
        views: two.found.views.clone(),
    };
    report.rules = changes(&one, &two, &focus);
    let alerts = compare::alerts(one.found.alerts.iter(), two.found.alerts.iter());
    let own = |all: Vec<&Arc<Alert>>| all.into_iter().cloned().collect();
    (report.alerts_gained, report.alerts_lost) = (own(alerts.gained), own(alerts.lost));
    report.alerts_changed = alerts.changed.iter().map(|(b, a)| (Arc::clone(b), Arc::clone(a))).collect();
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

impl Compared for Arc<Alert> {
    fn id(&self) -> &str {
        &self.id
    }

    fn state(&self) -> Said {
        (self.severity, self.count, self.last)
    }
}

/// One run, done.
struct Ran {
    rules: Arc<RuleSet>,
    files: Vec<RuleFile>,
    found: Found,
    snapshot: Arc<Snapshot>,
}

impl Ran {
    /// The files that hold the rules in focus, and those that correlations
    /// among them look at.
    fn files_of(&self, focus: &Focus) -> Vec<RuleFile> {
        let all = self.rules.rules();
        let mut wanted: Vec<bool> = all.iter().map(|r| r.loaded && focus.ids.contains(&r.id)).collect();
        let mut open: Vec<usize> = (0..all.len()).filter(|i| wanted.get(*i) == Some(&true)).collect();
        while let Some(i) = open.pop() {
            for base in all.get(i).and_then(RuleInfo::correlation).map(|c| c.bases.as_slice()).unwrap_or_default() {
                let at = base.0 as usize;
                if let Some(w) = wanted.get_mut(at).filter(|w| !**w) {
                    *w = true;
                    open.push(at);
                }
            }
        }
        let paths: std::collections::BTreeSet<&str> =
            all.iter().zip(&wanted).filter(|(_, w)| **w).map(|(r, _)| &*r.path).collect();
        self.files.iter().filter(|f| paths.contains(f.path.as_str())).cloned().collect()
    }

    /// The first rule of that id (what is tried stands first, loaded or not);
    /// before, the one that is in force.
    fn rule(&self, id: &str, in_force: bool) -> Option<RuleRun> {
        let mine = || self.rules.rules().iter().filter(|r| *r.id == *id);
        let info = mine().find(|r| r.loaded && in_force).or_else(|| mine().next())?.clone();
        let matches = match (info.loaded, info.is_correlation()) {
            (false, _) => 0,
            (_, true) => self.found.alerts.iter().filter(|a| *a.rule_id == *id).count() as u64,
            (_, false) => self.found.matches.get(id).map_or(0, |m| m.total),
        };
        Some(RuleRun { info, matches })
    }
}

fn one_side(
    side: Side,
    rules: Arc<RuleSet>,
    focus: &Focus,
    sample: bool,
    progress: &mut dyn FnMut(&Snapshot),
) -> Result<Ran, SinkError> {
    let Side { files, mut options } = side;
    let wanted: Vec<bool> = rules.rules().iter().map(|r| r.loaded && (focus.others || focus.has(&r.id))).collect();
    let shared = Shared::default();
    let set = Arc::clone(&rules);
    options.rules = Box::new(move || LoadedRules { set, records: Vec::new() });
    options.feed = false;
    options.keep = options.cache.is_some();
    options.follow = false;
    options.sinks.push(Box::new(Collector::new(Arc::clone(&shared), wanted, sample)));
    let mut session = Session::start(options);
    while !session.is_finished() {
        progress(&session.snapshot());
        std::thread::sleep(Duration::from_millis(2));
    }
    let result = session.join();
    let snapshot = session.snapshot();
    result?;
    let found = std::mem::take(&mut *shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    Ok(Ran { rules, files, found, snapshot })
}

fn changes(one: &Ran, two: &Ran, focus: &Focus) -> Vec<RuleChange> {
    let places = |r: &Ran, id: &str| r.found.matches.get(id).map(|m| m.places.clone()).unwrap_or_default();
    let mut out = Vec::new();
    for id in focus.pairs(&one.found.matches, &two.found.matches) {
        let (mut a, mut b) = (places(one, &id), places(two, &id));
        a.sort_unstable();
        b.sort_unstable();
        let (lost, gained) = if a == b { (Vec::new(), Vec::new()) } else { (without(&a, &b), without(&b, &a)) };
        out.push(RuleChange { before: one.rule(&id, true), after: two.rule(&id, false), gained, lost, id });
    }
    out
}

/// What of `a` is not in `b`; both sorted.
fn without(a: &[MatchPlace], b: &[MatchPlace]) -> Vec<MatchPlace> {
    let mut rest = b.iter().peekable();
    let mut out = Vec::new();
    for p in a {
        while rest.peek().is_some_and(|q| *q < p) {
            rest.next();
        }
        if rest.peek() != Some(&p) {
            out.push(*p);
        }
    }
    out
}

#[cfg(test)]
mod tests;
