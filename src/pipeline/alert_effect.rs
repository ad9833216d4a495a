//! Which alerts an edited rule would raise in the open log, beside those that it
//! raises now: both sets of rules go over the same records in one reading, each
//! with windows of its own, in canonical order. What the rules match that are
//! counted is kept, so that another threshold is tried without reading again.
//!
//! Only the rules of the question take part. Which alert is there does not depend
//! on others; how it is scored does, and is not compared. Its level is: an alert
//! that another one of these rules stands for is low, so that an edit which makes
//! one stand for others, or no more, changes them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::block_hits::BlockHits;
use super::clocks::Clocks;
use super::compare::{self, Alerts, Compared, Said};
use super::matched::Matched;
use super::rule_sides::RuleSides;
use super::{Feed, Question, Scope};
use crate::alert::Alert;
use crate::detect::state::{Observed, State, StateOptions};
use crate::detect::{RuleFile, RuleIdx, RuleSet};
use crate::event::{Batch, Severity, SourceId, Ts};

/// Most alerts of a side that are kept; what is beyond is not compared.
const MOST: usize = 100_000;

/// An alert, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// Id of the alert.
    pub id: String,
    /// Id of its rule.
    pub rule_id: Arc<str>,
    /// Title of its rule.
    pub rule: Arc<str>,
    /// What it is about.
    pub entity: String,
    /// Its level.
    pub severity: Severity,
    /// Acts counted.
    pub count: u64,
    /// Time of the last act.
    pub last: Ts,
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
    /// The log was not read for them: the events that the rules matched were kept.
    pub from_kept: bool,
}

impl Compared for Raised {
    fn id(&self) -> &str {
        &self.id
    }

    fn state(&self) -> Said {
        (self.severity, self.count, self.last)
    }
}

impl AlertEffect {
    /// Alerts that the edit adds, loses and changes.
    #[must_use]
    pub fn moved(&self) -> Alerts<'_, Raised> {
        compare::alerts(self.before.values(), self.after.values())
    }

    /// Leaves the alerts of correlations and of the rules in `path`, and those of
    /// each rule whose alerts differ.
    fn narrow(&mut self, rules: &RuleSides, path: &str) {
        let mut kept: BTreeSet<Arc<str>> = rules.concerned(path);
        let moved = self.moved();
        let changed = moved.changed.iter().flat_map(|(a, b)| [*a, *b]);
        kept.extend(moved.gained.iter().chain(&moved.lost).copied().chain(changed).map(|a| Arc::clone(&a.rule_id)));
        self.before.retain(|_, a| kept.contains(&a.rule_id));
        self.after.retain(|_, a| kept.contains(&a.rule_id));
    }
}

/// The alerts of trials, with what is worth keeping from one to the next: those of
/// the rules as they are, and the events that the rules matched which are counted.
#[derive(Debug, Default)]
pub(super) struct AlertTrials {
    /// What was asked of the rules as they are, of how long a log, and the answer.
    before: Option<(Asked, BTreeMap<String, Raised>)>,
    /// Which rules are counted, in how long a log, and what they matched.
    kept: Option<(Counted, u64, Vec<Arc<str>>, Matched)>,
}

/// A side of a question: the files, and the log's length.
type Asked = (Vec<(String, String)>, u64);
/// The documents of a side that are no correlations.
type Counted = Vec<(String, String)>;

fn counted(files: &[RuleFile]) -> Counted {
    let mut out = Vec::new();
    for f in files {
        let mut document = String::new();
        for line in f.text.lines().chain(["---"]) {
            if !line.starts_with("---") {
                document.push_str(line);
                document.push('\n');
                continue;
            }
            let done = std::mem::take(&mut document);
            if !done.trim().is_empty() && !done.lines().any(|l| l.starts_with("correlation:")) {
                out.push((f.path.clone(), done.trim_end().to_owned()));
            }
        }
    }
    out.sort();
    out
}

impl AlertTrials {
    /// Runs both sides: over the log, or over the events that are kept of it.
    pub fn ask(
        &mut self,
        feed: &Feed,
        q: &Question,
        rules: &mut RuleSides,
        path: &str,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Option<AlertEffect> {
        let len = feed.len();
        let texts = |files: &[RuleFile]| files.iter().map(|f| (f.path.clone(), f.text.clone())).collect();
        let asked: Asked = (texts(&q.before), len);
        let mut before = self.before.take().filter(|(of, _)| *of == asked).map(|(_, raised)| raised);
        let mut after = None;
        let mut stopped = false;
        if let Some((of, upto, ids, matched)) = self.kept.as_ref().filter(|k| k.1 == len) {
            let mut again = |set: Arc<RuleSet>| Side::new(set).again(ids, matched, &mut || go_on(*upto));
            if before.is_none() && counted(&q.before) == *of {
                before = keep(again(rules.before()), &mut stopped);
            }
            if counted(&q.after) == *of {
                after = keep(again(rules.after()), &mut stopped);
            }
        }
        let from_kept = before.is_some() && after.is_some();
        if !stopped && !from_kept {
            let first = before.is_none().then(|| Side::new(rules.before()));
            let mut sides = [first, after.is_none().then(|| Side::new(rules.after()))];
            let end = self.read(feed, q, &mut sides, go_on);
            stopped = end.is_none();
            let [first, second] = sides.map(|s| s.filter(|_| !stopped).map(Side::end));
            (before, after) = (first.or(before), second.or(after));
        }
        let cut = [&before, &after].iter().any(|s| s.as_ref().is_some_and(|r| r.len() >= MOST));
        if let Some(raised) = &before {
            // Also of a trial that was stopped: the next one goes on from there.
            self.before = Some((asked, raised.clone()));
        }
        if stopped {
            return None;
        }
        let mut effect = AlertEffect { before: before?, after: after?, cut, from_kept };
        effect.narrow(rules, path);
        Some(effect)
    }

    /// One reading for all sides that need it; what the edited side's rules match is kept.
    fn read(
        &mut self,
        feed: &Feed,
        q: &Question,
        sides: &mut [Option<Side>; 2],
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Option<u64> {
        let mut clocks = Clocks::default();
        let mut stopped = false;
        let scope = feed.scope();
        let mut kept = sides[1]
            .as_ref()
            .map(|s| (s.rules.rules().iter().map(|r| Arc::clone(&r.id)).collect(), Matched::default()));
        if kept.is_some() {
            // Two would be twice the memory.
            self.kept = None;
        }
        let end = feed.walk(0, &mut |piece| {
            let observed = clocks.observe(feed, piece);
            let [before, after] = &mut *sides;
            if let Some(s) = before {
                s.piece(&piece.batch, piece.first, observed, &scope, None);
            }
            if let Some(s) = after {
                let room = s.piece(&piece.batch, piece.first, observed, &scope, kept.as_mut().map(|k| &mut k.1));
                if !room {
                    kept = None;
                }
            }
            stopped = !go_on(piece.end());
            !stopped
        });
        if stopped {
            return None;
        }
        if let Some((ids, matched)) = kept {
            self.kept = Some((counted(&q.after), end, ids, matched));
        }
        Some(end)
    }
}

/// What a side raised; notes that it was stopped.
fn keep(raised: Option<BTreeMap<String, Raised>>, stopped: &mut bool) -> Option<BTreeMap<String, Raised>> {
    *stopped |= raised.is_none();
    raised
}

/// One of the two sets of rules on the way through the log.
struct Side {
    rules: Arc<RuleSet>,
    hits: BlockHits,
    state: State,
    raised: BTreeMap<String, Raised>,
    scratch: Vec<RuleIdx>,
    updates: Vec<crate::detect::state::AlertUpdate>,
}

impl Side {
    fn new(rules: Arc<RuleSet>) -> Self {
        Self {
            hits: BlockHits::new(&rules),
            state: State::new(Arc::clone(&rules), StateOptions::default()),
            rules,
            raised: BTreeMap::new(),
            scratch: Vec::new(),
            updates: Vec::new(),
        }
    }

    /// Takes records; what rules match is kept where that is wanted: `false` where
    /// there is no room for it.
    fn piece(
        &mut self,
        batch: &Batch,
        first: usize,
        observed: &[Observed],
        scope: &Scope,
        mut kept: Option<&mut Matched>,
    ) -> bool {
        let source = batch.source;
        let hits = self.hits.from(batch, first);
        let mut next = 0;
        let mut room = true;
        for (r, at) in (first..).zip(observed) {
            self.scratch.clear();
            while let Some(h) = hits.get(next).filter(|h| h.record as usize == r) {
                self.scratch.push(h.rule);
                next += 1;
            }
            let event = batch.event(r).filter(|_| !self.scratch.is_empty());
            let Some(event) = event.filter(|e| scope.keeps(e)) else { continue };
            if let Some(kept) = kept.as_mut().filter(|_| room) {
                room = kept.push(event, self.scratch.iter().map(|h| h.0), *at);
            }
            self.state.push(event, &self.scratch, *at);
        }
        if let Some(last) = observed.last() {
            self.state.advance_source(source, *last);
        }
        self.drain();
        room
    }

    /// The alerts of events that were kept, whose hits are places in `ids`.
    fn again(
        mut self,
        ids: &[Arc<str>],
        matched: &Matched,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Option<BTreeMap<String, Raised>> {
        let rules = self.rules.rules();
        let place = |id: &Arc<str>| rules.iter().position(|r| r.id == *id && r.loaded && !r.is_correlation());
        let now: Vec<Option<usize>> = ids.iter().map(place).collect();
        let (mut n, mut stopped) = (0_u32, false);
        matched.each(|e, hits, at| {
            self.scratch.clear();
            let found = hits.iter().filter_map(|h| now.get(*h as usize).copied().flatten());
            self.scratch.extend(found.filter_map(|i| u32::try_from(i).ok().map(RuleIdx)));
            self.scratch.sort_unstable();
            self.state.push(e, &self.scratch, at);
            n += 1;
            if n.is_multiple_of(4096) {
                self.drain();
                stopped = !go_on();
            }
            !stopped
        });
        (!stopped).then(|| self.end())
    }

    fn drain(&mut self) {
        self.state.drain(&mut self.updates);
        for u in self.updates.drain(..) {
            let a: &Alert = &u.alert;
            if self.raised.len() >= MOST && !self.raised.contains_key(&a.id) {
                continue;
            }
            let raised = Raised {
                id: a.id.clone(),
                rule_id: Arc::clone(&a.rule_id),
                rule: Arc::clone(&a.rule),
                entity: a.entity(),
                severity: a.severity,
                count: a.count,
                last: a.last,
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
