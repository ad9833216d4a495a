//! What an edited rule would find in the open log, beside what it finds now.
//!
//! The first question reads the log once and builds the columns that the rules
//! ask for; later ones are answered from them. What columns cannot answer is
//! looked for with the matcher, block by block, with counts on the way.

use std::sync::Arc;

use super::alert_effect::AlertTrials;
use super::block_hits::BlockHits;
use super::{AlertEffect, Feed};
use crate::detect::columns::{Bitmap, Columns, NeedsScan};
use crate::detect::{Draft, RuleFile, RuleSet};
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

/// What an edit does to the matches of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Events looked at.
    pub events: u64,
    /// Positions of the events matched now.
    pub before: Bitmap,
    /// Positions of the events that would match.
    pub after: Bitmap,
    /// How it was found.
    pub way: Way,
}

impl Effect {
    /// The events that the edit adds.
    #[must_use]
    pub fn gained(&self) -> Bitmap {
        let mut b = self.after.clone();
        b.minus(&self.before);
        b
    }

    /// The events that the edit loses.
    #[must_use]
    pub fn lost(&self) -> Bitmap {
        let mut b = self.before.clone();
        b.minus(&self.after);
        b
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

    /// Which alerts the rules of a question raise; compared are those of
    /// correlations and of the rules in `path`. `None` where `go_on`, which is
    /// told how many records were read, said to stop.
    pub fn alerts(&mut self, q: &Question, path: &str, go_on: &mut dyn FnMut(u64) -> bool) -> Option<AlertEffect> {
        self.trials.ask(&self.feed, q, path, go_on)
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
        match (self.columns.matches(&before), self.columns.matches(&after)) {
            (Ok(mut before), Ok(mut after)) => {
                if !self.out.is_empty() {
                    let out = Bitmap::of(self.out.iter().copied());
                    before.minus(&out);
                    after.minus(&out);
                }
                Some(Effect { events: self.columns.events() as u64, before, after, way: Way::Columns })
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
        let mut sides = [Side::new(&q.before), Side::new(&q.after)];
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
        let [before, after] = sides.map(|s| Bitmap::of(s.bits.into_iter()));
        Some(Effect { events: end, before, after, way: Way::Built })
    }
}

/// One of the two sets of rules on the way through the log.
struct Side {
    hits: BlockHits,
    bits: Vec<bool>,
    count: u64,
}

impl Side {
    fn new(files: &[RuleFile]) -> Self {
        let set = Arc::new(RuleSet::load(files));
        Self { hits: BlockHits::new(&set), bits: Vec::new(), count: 0 }
    }

    fn piece(&mut self, batch: &Batch, first: usize, len: usize, out: &[bool]) {
        let hits = self.hits.from(batch, first);
        let mut at = 0;
        for record in first..first + len {
            let mut hit = false;
            while hits.get(at).is_some_and(|h| h.record as usize == record) {
                hit = true;
                at += 1;
            }
            hit &= !out.get(record - first).is_some_and(|o| *o);
            self.bits.push(hit);
            self.count += u64::from(hit);
        }
    }
}
