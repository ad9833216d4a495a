//! What detection remembers: windows, episodes and scores, in event time.
//!
//! Feed matches in canonical order (the source's watermark, source, position).
//! All results depend on that sequence alone: not on how it is cut into
//! batches, on when [`State::advance`] is called, or on hash seeds.

mod about;
mod acts;
mod build;
mod case;
mod children;
mod clock;
mod core;
mod elements;
mod entity;
mod entry;
mod episode;
mod facts;
mod feed;
mod fold;
mod grounds;
mod ids;
mod key;
mod known;
mod lanes;
mod ledger;
mod measure;
mod pace;
mod past;
mod plan;
mod rate;
mod redeem;
mod score;
mod shards;
mod small;
mod table;
mod text;
mod told;
mod twice;
mod window;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{RuleIdx, RuleInfo, RuleSet};
use crate::alert::Alert;
use crate::event::{EventRef, SourceId, Ts};

use self::core::{Core, Match};
use key::Lane;
use plan::Plan;
use shards::Place;
use twice::Twice;

pub use clock::{CARRIED, Carry, Clock, JUMP, Observed, WITNESSES};
pub use grounds::Ground;
pub use score::level_points;

/// Mark of the epochs of sources that come too far behind the others.
const APART: u32 = 1 << 31;

/// How much is remembered at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateOptions {
    /// Groups in each of the 64 shards.
    pub max_groups_per_shard: usize,
    /// Window entries in each of the 64 shards.
    pub max_entries_per_shard: usize,
    /// Connections whose attempts are told apart (twice as many at the peak).
    pub max_connections: usize,
    /// Addresses, accounts and machines whose risk is known (twice as many at the peak).
    pub max_entities: usize,
    /// How far behind the others a source may come and still be counted with them (µs):
    /// 0 where all sources are read in the order of their times.
    pub lateness: i64,
    /// Several sources are read together: a record that two of them have counts once.
    pub several: bool,
}

impl Default for StateOptions {
    fn default() -> Self {
        Self {
            max_groups_per_shard: 1_536,
            max_entries_per_shard: 8_192,
            max_connections: 65_536,
            max_entities: 65_536,
            lateness: 0,
            several: false,
        }
    }
}

/// What one rule lost to the caps.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Evicted {
    /// Its id.
    pub rule_id: Arc<str>,
    /// Its title.
    pub rule: Arc<str>,
    /// Window entries and groups dropped.
    pub entries: u64,
}

/// What happened and what could not be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Matches of records behind their source's watermark.
    pub late: u64,
    /// Matches that came behind the other sources, of a time of which not all is remembered.
    pub forgotten: u64,
    /// Groups, window entries and connections dropped because a table was full.
    pub evicted: u64,
    /// Matches that correlations did not take, for want of a time.
    pub untimed: u64,
    /// Matches without any of a correlation's group-by fields.
    pub ungrouped: u64,
    /// Groups in memory.
    pub groups: u64,
    /// Window entries in memory.
    pub windows: u64,
    /// Episodes open that are alerts.
    pub open: u64,
}

/// An alert that opened, closed or found its place among others.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertUpdate {
    /// The alert as it stands.
    pub alert: Arc<Alert>,
    /// Closed: no evidence joins it any more; which alert stands for it may
    /// still change, under a higher revision.
    pub closed: bool,
    /// It was closed, and then had this timestamp: evidence that came late joins it.
    pub reopened: Option<Ts>,
}

/// Windows, episodes and scores of all rules.
#[derive(Debug)]
pub struct State {
    plan: Arc<Plan>,
    core: Core,
    seq: u64,
    /// Sources that came too far behind the others to be counted with them: the epoch
    /// that each is in for it, and whether it has brought all it had since.
    apart: FxHashMap<u32, (u32, bool)>,
    apart_epoch: u32,
    /// What several sources have told lately.
    twice: Option<Twice>,
    /// Of each source the first of those that are parts of the same log.
    homes: Vec<u32>,
}

impl State {
    /// The state before the first event.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers share the rule set")]
    pub fn new(rules: Arc<RuleSet>, options: StateOptions) -> Self {
        Self::with_rules(rules.rules(), options)
    }

    fn with_rules(rules: &[RuleInfo], options: StateOptions) -> Self {
        Self {
            plan: Arc::new(Plan::new(rules, &Plan::default())),
            core: Core::new(options),
            seq: 0,
            apart: FxHashMap::default(),
            apart_epoch: 0,
            twice: options.several.then(|| Twice::new(options.lateness)),
            homes: Vec::new(),
        }
    }

    /// Says which sources are parts of one log: of each the number of the first of them. What is
    /// not named is a log of its own. Where rules ask for a machine and the events name none, each
    /// log stands for one.
    pub fn set_logs(&mut self, homes: Vec<u32>) {
        self.homes = homes;
    }

    /// Takes an event with the rules it matches (in ascending order). `at` is
    /// what the clock of its source says of it; events come in canonical order.
    /// Says whether another source has the event, too: then it counts once.
    pub fn push(&mut self, e: EventRef<'_>, hits: &[RuleIdx], at: Observed) -> bool {
        self.advance_source(e.batch.source, at);
        let at = self.placed(e.batch.source, at);
        let Self { plan, core, seq, twice, homes, .. } = self;
        if !hits.iter().any(|h| plan.slot_of(*h).is_some()) {
            return false;
        }
        let again = twice.as_mut().filter(|_| at.known);
        let again = again.and_then(|t| t.take(core.secret(), e, hits, (at.time.0, at.order.0)));
        let hits = again.as_deref().unwrap_or(hits);
        if hits.is_empty() {
            return true;
        }
        *seq += 1;
        let home = homes.get(e.batch.source.0 as usize).copied().unwrap_or(e.batch.source.0);
        core.counters.late += u64::from(at.late);
        let m = Match::new(e, *seq, at, Lane::of(e.batch.source, at.epoch), home);
        for slot in hits.iter().filter_map(|h| plan.slot_of(*h)).filter_map(|id| plan.slot(id)) {
            if slot.risk && m.known {
                core.raise(&m);
            } else if slot.alerts {
                core.detect(plan, slot, &m);
            }
            if !m.known {
                // No window is measured with a time that is not one.
                core.counters.untimed += slot.parents.len() as u64;
                continue;
            }
            for parent in &slot.parents {
                core.feed(plan, *parent, &m, None, 0);
            }
            for redeemed in &slot.redeems {
                core.redeem(plan, *redeemed, &m);
            }
            for accepted in &slot.accepts {
                core.accept(plan, *accepted, &m);
            }
        }
        core.relate_opened(plan);
        again.is_some()
    }

    /// Says that canonical order has come this far (first epoch of all sources).
    pub fn advance(&mut self, order: Ts) {
        if order.is_some() {
            self.core.lanes.advance(Lane::MAIN, order.0);
            self.core.settle_due(&self.plan, Lane::MAIN);
        }
    }

    /// Says how far a source has come, for records that match nothing.
    pub fn advance_source(&mut self, source: SourceId, at: Observed) {
        let at = self.placed(source, at);
        let (lane, ended) = self.core.lanes.enter(source, at.epoch);
        if let Some(ended) = ended {
            self.core.end_lane(&self.plan, ended);
        }
        self.core.lanes.advance(lane, at.order.0);
        self.core.settle_due(&self.plan, lane);
    }

    /// How far the sources have come together, where one may come behind the others.
    #[must_use]
    pub fn merged(&self) -> Option<Ts> {
        self.core.merged().map(Ts)
    }

    /// Whether a source comes too far behind the others to be counted with them.
    #[must_use]
    pub fn is_apart(&self, source: SourceId) -> bool {
        self.apart.contains_key(&source.0)
    }

    /// Says that a source has brought all it has for now: what it brings next may
    /// be counted with the others again, if it has caught up with them.
    pub fn rested(&mut self, source: SourceId) {
        if let Some((_, rested)) = self.apart.get_mut(&source.0) {
            *rested = true;
        }
    }

    /// What the clock says of a record, in an epoch of its own where its source comes
    /// too far behind the others.
    fn placed(&mut self, source: SourceId, at: Observed) -> Observed {
        let lateness = self.core.options.lateness;
        if lateness == 0 || at.epoch != 0 {
            return at;
        }
        let behind = self.core.merged().is_some_and(|w| at.known && w.saturating_sub(at.order.0) > lateness);
        if let Some((epoch, rested)) = self.apart.get_mut(&source.0) {
            if behind || !*rested || !at.known {
                *rested &= !behind;
                return Observed { epoch: *epoch, ..at };
            }
            self.apart.remove(&source.0);
        }
        if !behind {
            return at;
        }
        self.apart_epoch = self.apart_epoch.saturating_add(1);
        let epoch = APART | self.apart_epoch;
        self.apart.insert(source.0, (epoch, false));
        Observed { epoch, ..at }
    }

    /// Ends the input: closes everything that is open.
    pub fn finish(&mut self) {
        for place in self.open_places() {
            self.core.close(&self.plan, place);
        }
    }

    /// Moves what opened and closed since the last call to `out`.
    pub fn drain(&mut self, out: &mut Vec<AlertUpdate>) {
        out.append(&mut self.core.out);
    }

    /// From now on notes what episodes rest on, for [`State::grounds`].
    pub fn note_grounds(&mut self) {
        self.core.grounds.get_or_insert_default();
    }

    /// Moves what episodes came to rest on since the last call to `out`.
    pub fn grounds(&mut self, out: &mut Vec<Ground>) {
        if let Some(g) = &mut self.core.grounds {
            g.drain(out);
        }
    }

    /// How many events were taken: those that some rule of the plan matched.
    #[must_use]
    pub const fn taken(&self) -> u64 {
        self.seq
    }

    /// The open alerts as they stand, by time and id.
    #[must_use]
    pub fn open_alerts(&self) -> Vec<Alert> {
        self.open_places().into_iter().filter_map(|p| self.core.open_alert(&self.plan, p)).collect()
    }

    /// The open alerts that evidence joined since they were given out last, as they stand, by time and id.
    pub fn grown(&mut self) -> Vec<Alert> {
        let mut grown = Vec::new();
        for (s, shard) in self.core.shards.iter_mut().enumerate() {
            for (index, ep) in shard.episodes() {
                if !ep.silent && ep.told != ep.revision {
                    ep.told = ep.revision;
                    grown.push(Place { shard: s as u32, index });
                }
            }
        }
        let mut alerts: Vec<Alert> = grown.into_iter().filter_map(|p| self.core.open_alert(&self.plan, p)).collect();
        alerts.sort_by(|a, b| (a.timestamp, &a.id).cmp(&(b.timestamp, &b.id)));
        alerts
    }

    /// The counters as they stand.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let mut c = self.core.counters;
        c.evicted += self.core.acts.evicted;
        for s in &self.core.shards {
            c.groups += s.len() as u64;
            c.windows += s.entries as u64;
            c.open += s.iter().filter(|(_, g)| g.episode.as_ref().is_some_and(|e| !e.silent)).count() as u64;
        }
        c
    }

    /// What the rules in force lost to the caps: those that lost most first.
    #[must_use]
    pub fn evicted_by(&self) -> Vec<Evicted> {
        let named = |(slot, n): (&u32, &u64)| {
            let info = &self.plan.slot(*slot)?.info;
            Some(Evicted { rule_id: Arc::clone(&info.id), rule: Arc::clone(&info.title), entries: *n })
        };
        let mut all: Vec<_> = self.core.evicted_by.iter().filter_map(named).collect();
        all.sort_by(|a, b| b.entries.cmp(&a.entries).then_with(|| a.rule_id.cmp(&b.rule_id)));
        all
    }

    /// Puts other rules in force. Windows and episodes of rules that say the
    /// same as before go on; those of the others are closed. Matches of the old
    /// rules must have been pushed before.
    #[expect(clippy::needless_pass_by_value, reason = "callers share the rule set")]
    pub fn reload(&mut self, rules: Arc<RuleSet>) {
        self.replace_rules(rules.rules());
    }

    fn replace_rules(&mut self, rules: &[RuleInfo]) {
        let plan = Arc::new(Plan::new(rules, &self.plan));
        let gone = |id: u32| plan.slot(id).is_none();
        for place in self.open_places() {
            if self.core.at(place).is_some_and(|g| gone(g.slot)) {
                self.core.close(&self.plan, place);
            }
        }
        for shard in &mut self.core.shards {
            let dead: Vec<u32> = shard.iter().filter(|(_, g)| gone(g.slot)).map(|(i, _)| i).collect();
            for i in dead {
                shard.remove(i);
            }
        }
        self.plan = plan;
    }

    /// Groups with an open episode, by time and id of it.
    fn open_places(&self) -> Vec<Place> {
        let mut open = Vec::new();
        for (s, shard) in self.core.shards.iter().enumerate() {
            for (index, g) in shard.iter() {
                if let Some(ep) = &g.episode {
                    open.push((ep.opened, ep.id.clone(), ep.uid, Place { shard: s as u32, index }));
                }
            }
        }
        open.sort();
        open.into_iter().map(|o| o.3).collect()
    }
}
