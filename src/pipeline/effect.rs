//! What an edited rule would find in the open log, beside what it finds now.
//!
//! The first question reads the log once and builds the columns that the rules
//! ask for; later ones are answered from them. What columns cannot answer is
//! looked for with the matcher, block by block, with counts on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::alert_effect::AlertTrials;
use super::block_hits::BlockHits;
use super::compare::Focus;
use super::rule_sides::RuleSides;
use super::{AlertEffect, Feed};
use crate::detect::columns::{Bitmap, Columns, Hits, NeedsScan};
use crate::detect::{Draft, RuleFile, RuleIdx, RuleInfo, RuleSet};
use crate::event::Batch;

/// Most bytes of all columns of a log.
const COLUMNS_CAP: usize = 256 << 20;

/// A rule's file beside the filters that apply, as it is and as it would be.
#[derive(Debug, Clone)]
pub struct Question {
    /// The files as they are now (the rule's own may be missing: it is new).
    pub before: Vec<RuleFile>,
    /// The files as they would be.
    pub after: Vec<RuleFile>,
    /// Other rules whose fields are likely to be asked for next.
    pub likely: Vec<RuleFile>,
    /// Which rules are compared beside those that differ.
    pub focus: Focus,
}

impl Question {
    /// What becomes of the rules of the file at `path`, and of all that differ.
    #[must_use]
    pub fn new(before: Vec<RuleFile>, after: Vec<RuleFile>, path: &str) -> Self {
        let edited = |files: &[RuleFile]| files.iter().filter(|f| f.path == path).cloned().collect::<Vec<_>>();
        let mut focus = Focus::of(&edited(&after));
        focus.add(Draft::read(&edited(&before)).infos());
        focus.others = true;
        Self { before, after, likely: Vec::new(), focus }
    }
}

/// How an answer was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The log was read, and columns were built on the way.
    Built,
    /// From columns alone.
    Columns,
    /// The log was read again, for the reason given.
    Scan(NeedsScan),
}

/// What an edit does to the matches of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleEffect {
    /// The rule's id.
    pub id: Arc<str>,
    /// Its title.
    pub title: Arc<str>,
    /// Positions of the events that it matches now.
    pub before: Hits,
    /// Positions of the events that it would match.
    pub after: Hits,
}

impl RuleEffect {
    /// The events that the edit adds.
    #[must_use]
    pub fn gained(&self) -> Hits {
        self.after.without(&self.before)
    }

    /// The events that the edit loses.
    #[must_use]
    pub fn lost(&self) -> Hits {
        self.before.without(&self.after)
    }
}

/// What an edit does to the matches of rules. A match is an event and a rule:
/// what two rules match counts twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Events looked at.
    pub events: u64,
    /// The rules that are compared and match something, now or then.
    pub rules: Vec<RuleEffect>,
    /// How it was found.
    pub way: Way,
}

impl Effect {
    /// Matches now and with the edit.
    #[must_use]
    pub fn matches(&self) -> (u64, u64) {
        self.rules.iter().fold((0, 0), |(b, a), r| (b + r.before.count(), a + r.after.count()))
    }
}

/// How far a question is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Events looked at.
    pub scanned: u64,
    /// Events there are.
    pub events: u64,
    /// Matches before, so far.
    pub before: u64,
    /// Matches after, so far.
    pub after: u64,
}

/// Answers questions about one session's log.
#[derive(Debug)]
pub struct Effects {
    feed: Feed,
    columns: Columns,
    /// Of each event in the columns whether this session leaves it out; empty
    /// where it leaves out none.
    out: Vec<bool>,
    trials: AlertTrials,
}

impl Effects {
    /// For the records of a session; nothing is read yet.
    #[must_use]
    pub fn new(feed: Feed) -> Self {
        Self { feed, columns: Columns::new(COLUMNS_CAP), out: Vec::new(), trials: AlertTrials::default() }
    }

    /// The records that are asked about.
    #[must_use]
    pub const fn feed(&self) -> &Feed {
        &self.feed
    }

    /// How many columns there are, and the bytes that they take.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        self.columns.size()
    }

    /// Which alerts the rules of a question, which are given as they were read, raise; compared are those of
    /// correlations, of the rules in `path`, and of every rule whose alerts differ.
    /// `None` where `go_on`, which is told how many records were read, said to stop.
    pub fn alerts(
        &mut self,
        q: &Question,
        rules: &mut RuleSides,
        path: &str,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Option<AlertEffect> {
        self.trials.ask(&self.feed, q, rules, path, go_on)
    }

    /// Answers a question; `None` where `go_on` said to stop. It is told how far
    /// things are, after each block that is read.
    pub fn ask(&mut self, q: &Question, go_on: &mut dyn FnMut(Progress) -> bool) -> Option<Effect> {
        let (before, after) = (Draft::read(&q.before), Draft::read(&q.after));
        let events = self.feed.len();
        let missing = self.columns.wider(&[&before, &after]).and_then(|_| {
            let likely = Self::likely(q, &after);
            let wanted: Vec<&Draft> = [&before, &after].into_iter().chain(&likely).collect();
            self.columns.wider(&wanted)
        });
        let build = missing.is_some();
        if let Some(wider) = missing {
            self.columns = wider;
        }
        if build || (self.columns.events() as u64) < events {
            let whole = build || self.columns.events() == 0;
            let mut columns = std::mem::replace(&mut self.columns, Columns::new(COLUMNS_CAP));
            let mut out = std::mem::take(&mut self.out);
            out.truncate(columns.events());
            let answer = self.read(q, columns.events() as u64, Some((&mut columns, &mut out)), go_on);
            (self.columns, self.out) = (columns, out);
            let answer = answer?;
            if whole {
                return Some(Effect { way: Way::Built, ..answer });
            }
        }
        let out = (!self.out.is_empty()).then(|| Bitmap::of(self.out.iter().copied()));
        match (self.columns.matches(&before, out.as_ref()), self.columns.matches(&after, out.as_ref())) {
            (Ok(was), Ok(is)) => {
                let rules = compared(&q.focus, (before.infos(), was), (after.infos(), is));
                Some(Effect { events: self.columns.events() as u64, rules, way: Way::Columns })
            }
            (Err(why), _) | (_, Err(why)) => Some(Effect { way: Way::Scan(why), ..self.read(q, 0, None, go_on)? }),
        }
    }

    /// Drafts of the likely rules that are for the same events.
    fn likely(q: &Question, draft: &Draft) -> Vec<Draft> {
        let mine: Vec<&str> = draft.infos().iter().map(|i| &*i.logsource).filter(|l| !l.is_empty()).collect();
        let near = |d: &Draft| d.infos().iter().any(|i| mine.contains(&&*i.logsource));
        q.likely.iter().map(|f| Draft::read(std::slice::from_ref(f))).filter(near).collect()
    }

    /// Reads the log from a position on: matches both, and fills the columns.
    fn read(
        &self,
        q: &Question,
        from: u64,
        mut columns: Option<(&mut Columns, &mut Vec<bool>)>,
        go_on: &mut dyn FnMut(Progress) -> bool,
    ) -> Option<Effect> {
        let mut sides = [Side::new(&q.before, &q.focus), Side::new(&q.after, &q.focus)];
        let mut stopped = false;
        let scope = self.feed.scope();
        let mut out = Vec::new();
        let end = self.feed.walk(from, &mut |piece| {
            out.clear();
            if !scope.is_all() {
                let events = (piece.first..piece.first + piece.len).map(|i| piece.batch.event(i));
                out.extend(events.map(|e| !e.is_some_and(|e| scope.keeps(&e))));
            }
            if let Some((c, all)) = &mut columns {
                all.extend_from_slice(&out);
                (piece.first..piece.first + piece.len).for_each(|i| c.push(piece.batch.event(i)));
            }
            for s in &mut sides {
                s.piece(&piece.batch, piece.first, piece.len, &out);
            }
            let [before, after] = [&sides[0], &sides[1]].map(|s| s.count);
            stopped = !go_on(Progress { scanned: piece.end(), events: self.feed.len(), before, after });
            !stopped
        });
        if stopped {
            return None;
        }
        let [(was, before), (is, after)] = sides.map(Side::end);
        let rules = compared(&q.focus, (was.rules(), before), (is.rules(), after));
        Some(Effect { events: end, rules, way: Way::Built })
    }
}

/// What rules of a set match, by number.
type Found = Vec<(RuleIdx, Hits)>;

/// The rules that are compared, each with what it matches now and then.
fn compared(focus: &Focus, before: (&[RuleInfo], Found), after: (&[RuleInfo], Found)) -> Vec<RuleEffect> {
    let mut focus = focus.clone();
    focus.resolve(before.0.iter().chain(after.0));
    let title = |id: &str| {
        let of = |infos: &[RuleInfo]| infos.iter().find(|i| *i.id == *id).map(|i| Arc::clone(&i.title));
        of(after.0).or_else(|| of(before.0)).unwrap_or_default()
    };
    let by_id = |infos: &[RuleInfo], found: Found| {
        let id = |rule: RuleIdx| infos.get(rule.0 as usize).map(|i| Arc::clone(&i.id));
        found.into_iter().filter_map(|(rule, hits)| Some((id(rule)?, hits))).collect::<BTreeMap<_, _>>()
    };
    let (mut was, mut is) = (by_id(before.0, before.1), by_id(after.0, after.1));
    let pairs = focus.pairs(&was, &is);
    let pairs = pairs.into_iter().filter_map(|id| {
        let (before, after) = (was.remove(&id), is.remove(&id));
        let some = before.is_some() || after.is_some();
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        some.then(|| RuleEffect { title: title(&id), id, before, after })
    });
    pairs.collect()
}

/// One of the two sets of rules on the way through the log.
struct Side {
    rules: Arc<RuleSet>,
    hits: BlockHits,
    found: Vec<Hits>,
    /// Whether the matches of the rule of that number are told on the way.
    told: Vec<bool>,
    seen: usize,
    count: u64,
}

impl Side {
    fn new(files: &[RuleFile], focus: &Focus) -> Self {
        let rules = Arc::new(RuleSet::load(files));
        let mut focus = focus.clone();
        focus.resolve(rules.rules());
        Self {
            hits: BlockHits::new(&rules),
            found: vec![Hits::default(); rules.rules().len()],
            told: rules.rules().iter().map(|r| focus.has(&r.id)).collect(),
            rules,
            seen: 0,
            count: 0,
        }
    }

    fn piece(&mut self, batch: &Batch, first: usize, len: usize, out: &[bool]) {
        // A block that cannot be read any more has no records.
        let hits = if batch.records.is_empty() { &[] } else { self.hits.from(batch, first) };
        for h in hits {
            let at = (h.record as usize).saturating_sub(first);
            if at >= len {
                break;
            }
            let rule = h.rule.0 as usize;
            if let Some(found) = self.found.get_mut(rule).filter(|_| !out.get(at).is_some_and(|o| *o)) {
                found.push(self.seen + at);
                self.count += u64::from(self.told.get(rule) == Some(&true));
            }
        }
        self.seen += len;
    }

    fn end(self) -> (Arc<RuleSet>, Found) {
        let found = (0..).map(RuleIdx).zip(self.found).filter(|(_, h)| !h.is_empty()).collect();
        (self.rules, found)
    }
}
