//! How one match moves windows and episodes.
//!
//! Everything here depends only on the sequence of matches in canonical order:
//! an episode whose deadline lies before a match is closed before that match is
//! taken, whenever the caller says that time has passed.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::alert::{Alert, AlertState, EvidenceRef};
use crate::event::time::DAY;
use crate::event::{EventRef, Ov, hash64};

use super::about::About;
use super::acts::{ActLine, Acts};
use super::build;
use super::clock::Observed;
use super::entity::Entities;
use super::entry::{Entry, NO_FACT};
use super::facts::{FactKind, Held, Named};
use super::fold::Fold;
use super::grounds::Grounds;
use super::ids::Ids;
use super::key::{KeyBuf, Lane, Secret, shard_of};
use super::lanes::Lanes;
use super::past::Kept;
use super::plan::{Plan, Slot};
use super::rate::FORGET;
use super::redeem::Redemptions;
use super::shards::{Group, Place, SHARDS, Shard};
use super::text;
use super::{AlertUpdate, Counters, StateOptions};

/// Risk that one informational match leaves, in thousandths.
const RISK: i64 = 1_000;

/// An event with what every rule needs of it, read once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match<'a> {
    pub e: EventRef<'a>,
    pub seq: u64,
    pub ev: EvidenceRef,
    pub time: i64,
    /// Whether that time is more than what is shown in the place of one.
    pub known: bool,
    pub order: i64,
    pub lane: Lane,
    pub names: [Named<'a>; 3],
    pub line: ActLine,
    /// The log it is from: the same number for all parts of one that was rotated.
    pub home: u32,
}

impl<'a> Match<'a> {
    pub(super) fn new(e: EventRef<'a>, seq: u64, at: Observed, lane: Lane, home: u32) -> Self {
        let ev = EvidenceRef {
            source: e.batch.source,
            offset: e.rec.offset,
            len: e.rec.full_len,
            line: e.rec.line,
            time: at.time,
            hash: hash64(e.raw_bytes()),
        };
        let named = |name: Ov| e.ov(name).map_or(Named::default(), Named::of);
        let names = [named(Ov::SrcIp), named(Ov::User), named(Ov::Host)];
        let line = ActLine::read(e, at.time.0);
        Self { e, seq, ev, time: at.time.0, known: at.known, order: at.order.0, lane, names, line, home }
    }

    /// Whether a rule that asks for the machine is not told of any.
    pub(super) fn is_nowhere(&self, slot: &Slot) -> bool {
        let [_, _, host] = self.names;
        slot.by_host && host.text.is_empty()
    }

    /// The lane for a rule: a record too late for its windows, or without a
    /// time, has its own.
    pub(super) fn lane_of(&self, slot: &Slot) -> Lane {
        if !self.known || self.order.saturating_sub(self.time) > slot.slack {
            self.lane.late(self.e.batch.source)
        } else {
            self.lane
        }
    }
}

/// All that is remembered; the plan stands beside it.
#[derive(Debug)]
pub(super) struct Core {
    pub shards: Vec<Shard>,
    pub lanes: Lanes,
    pub acts: Acts,
    pub entities: Entities,
    pub fold: Fold,
    pub redemptions: Redemptions,
    pub kept: Kept,
    pub out: Vec<AlertUpdate>,
    pub counters: Counters,
    /// What of `counters.evicted` each slot lost.
    pub evicted_by: BTreeMap<u32, u64>,
    pub options: StateOptions,
    /// What episodes rest on, where that is asked for.
    pub grounds: Option<Box<Grounds>>,
    secret: Secret,
    pub ids: Ids,
    pub key: KeyBuf,
    pub taken: Vec<Entry>,
    /// Last push that each slot weighed.
    weighed: Vec<u64>,
    pub uid: u64,
}

impl Core {
    pub(super) fn new(options: StateOptions) -> Self {
        let mut shards = Vec::new();
        shards.resize_with(SHARDS, Shard::default);
        Self {
            shards,
            lanes: Lanes::default(),
            acts: Acts::new(options.max_connections, options.lateness > 0),
            entities: Entities::new(options.max_entities, options.lateness > 0),
            fold: Fold::new(options.lateness > 0),
            redemptions: Redemptions::default(),
            kept: Kept::default(),
            out: Vec::new(),
            counters: Counters::default(),
            evicted_by: BTreeMap::new(),
            options,
            grounds: None,
            secret: Secret::random(),
            ids: Ids::default(),
            key: KeyBuf::default(),
            taken: Vec::new(),
            weighed: Vec::new(),
            uid: 0,
        }
    }

    /// What keys of tables are hashed with.
    pub(super) fn secret(&self) -> Secret {
        self.secret
    }

    /// Acts that an event adds for a rule; a second base of the same event adds none.
    pub(super) fn weigh(&mut self, slot: u32, m: &Match<'_>) -> u32 {
        if self.weighed.len() <= slot as usize {
            self.weighed.resize(slot as usize + 1, 0);
        }
        if let Some(last) = self.weighed.get_mut(slot as usize) {
            if *last == m.seq {
                return 0;
            }
            *last = m.seq;
        }
        self.acts.weigh(slot, &m.line, m.order)
    }

    /// The group of the key in `self.key`, made where there is none.
    pub(super) fn group(&mut self, plan: &Plan, slot: &Slot, lane: Lane) -> Place {
        let shard = shard_of(self.key.bytes());
        let hash = self.secret.hash(self.key.bytes());
        let found = self.shards.get(shard).and_then(|s| s.find(self.key.bytes(), hash));
        let index = found.unwrap_or_else(|| {
            self.make_room(plan, shard);
            let key = &self.key;
            self.shards.get_mut(shard).map_or(u32::MAX, |s| s.add(key, hash, slot.id, lane))
        });
        Place { shard: shard as u32, index }
    }

    pub(super) fn at(&self, place: Place) -> Option<&Group> {
        self.shards.get(place.shard as usize)?.get(place.index)
    }

    pub(super) fn at_mut(&mut self, place: Place) -> Option<&mut Group> {
        self.shards.get_mut(place.shard as usize)?.get_mut(place.index)
    }

    /// Notes that a slot lost as many groups or entries to a cap.
    pub(super) fn evicted(&mut self, slot: u32, n: u64) {
        if n > 0 {
            self.counters.evicted += n;
            *self.evicted_by.entry(slot).or_default() += n;
        }
    }

    #[inline]
    fn make_room(&mut self, plan: &Plan, shard: usize) {
        let (groups, entries) = (self.options.max_groups_per_shard, self.options.max_entries_per_shard);
        let Some(s) = self.shards.get(shard) else { return };
        if s.len() >= groups || s.entries >= entries {
            self.sweep(plan, shard);
        } else if s.grown() {
            self.tidy(plan, shard);
        }
    }

    /// Drops the groups of a shard that can say nothing any more, long before it
    /// is full: what is small stays in the processor's cache.
    #[cold]
    fn tidy(&mut self, plan: &Plan, shard: usize) {
        let (groups, entries) = (self.options.max_groups_per_shard, self.options.max_entries_per_shard);
        let Some(s) = self.shards.get_mut(shard) else { return };
        // What is kept for those that come late takes half of the room at most.
        let room = s.len() < groups / 2 && s.entries < entries / 2;
        let late = if room { self.options.lateness } else { 0 };
        let (lanes, forgot) = (&self.lanes, Cell::new(i64::MIN));
        // A group that has learned its values keeps them as long as there is room.
        s.drop_expired(|g| {
            let gone = g.known.is_none() && expired(plan, lanes, g, late);
            if gone {
                forgot.set(forgot.get().max(g.touch));
            }
            gone
        });
        self.forgets(forgot.get());
    }

    #[cold]
    fn sweep(&mut self, plan: &Plan, shard: usize) {
        let (groups, entries) = (self.options.max_groups_per_shard, self.options.max_entries_per_shard);
        let lanes = &self.lanes;
        let expired = |g: &Group| expired(plan, lanes, g, 0);
        let Some(victims) = self.shards.get(shard).map(|s| s.victims(groups, entries, expired)) else { return };
        for (index, expired) in victims {
            let place = Place { shard: shard as u32, index };
            let (slot, touch) = self.at_mut(place).map_or((u32::MAX, i64::MIN), |g| (g.slot, g.touch));
            self.forgets(touch);
            if !expired {
                self.evicted(slot, 1);
            }
            self.close(plan, place);
            if let Some(s) = self.shards.get_mut(shard) {
                s.remove(index);
            }
        }
    }

    /// Notes that groups are gone which were reached up to that time.
    fn forgets(&mut self, touched: i64) {
        let due = self.merged().map(|w| w.saturating_sub(self.options.lateness));
        if due.is_some_and(|due| touched > due) {
            self.kept.forgets(touched);
        }
    }

    /// Closes the episode of a group, if one is open.
    pub(super) fn close(&mut self, plan: &Plan, place: Place) {
        let Some(group) = self.shards.get_mut(place.shard as usize).and_then(|s| s.get_mut(place.index)) else {
            return;
        };
        let Some(mut ep) = group.episode.take() else { return };
        group.children.clear();
        let Some(slot) = plan.slot(group.slot) else { return };
        ep.baseless = self.all_redeemed(plan, ep.below());
        if !slot.parents.is_empty() {
            self.redemptions.closed(ep.uid, ep.redeemed(slot));
        }
        if !ep.silent {
            ep.revision = ep.revision.saturating_add(1);
            let Some(group) = self.at(place) else { return };
            let mut alert = build::alert(slot, group, &ep, &self.entities, AlertState::Closed);
            let about = self.folds(slot).then(|| About::new(slot, group, &ep));
            self.fold.mark(ep.uid, &mut alert);
            let alert = Arc::new(alert);
            self.out.push(AlertUpdate { alert: Arc::clone(&alert), closed: true, reopened: None });
            if let Some(about) = about {
                self.fold.close(ep.uid, about, &alert);
                if slot.folds {
                    self.relate(plan, ep.uid);
                }
            }
        }
        if self.options.lateness > 0 {
            self.keep(place, ep);
        }
    }

    /// Finds what stands for the alerts that opened since the last call.
    pub(super) fn relate_opened(&mut self, plan: &Plan) {
        for uid in std::mem::take(&mut self.fold.opened) {
            self.relate(plan, uid);
        }
    }

    /// Finds what stands for an alert and what it stands for, and gives out
    /// all alerts for which that is new.
    fn relate(&mut self, plan: &Plan, uid: u64) {
        let mut changed = BTreeSet::new();
        for other in self.fold.candidates(uid) {
            let Some((a, b)) = self.fold.slots(uid, other) else { continue };
            let covers = |a: u32, b: u32| plan.slot(a).is_some_and(|s| s.covers.contains(&b));
            let (down, up) = (covers(a, b), covers(b, a));
            if !down && !up {
                continue;
            }
            for open in [uid, other] {
                let grown = self.fold.place(open).and_then(|p| {
                    let group = self.at(p)?;
                    Some(About::new(plan.slot(group.slot)?, group, group.episode.as_ref()?))
                });
                if let Some(about) = grown {
                    self.fold.grown(open, about);
                }
            }
            if down {
                self.fold.link(uid, other, &mut changed);
            } else {
                self.fold.link(other, uid, &mut changed);
            }
        }
        self.tell(plan, changed);
    }

    /// The alert of a group as it stands, if one is open.
    pub(super) fn open_alert(&self, plan: &Plan, place: Place) -> Option<Alert> {
        let group = self.at(place)?;
        let slot = plan.slot(group.slot)?;
        let ep = group.episode.as_ref().filter(|e| !e.silent)?;
        let mut alert = build::alert(slot, group, ep, &self.entities, AlertState::Open);
        self.fold.mark(ep.uid, &mut alert);
        Some(alert)
    }

    /// Closes what is due in a lane.
    pub(super) fn settle_due(&mut self, plan: &Plan, lane: Lane) {
        while let Some((_, uid, place)) = self.lanes.due(lane) {
            let open = self.at(place).and_then(|g| g.episode.as_ref()).filter(|e| e.uid == uid).map(|e| e.deadline);
            let watermark = self.lanes.watermark(lane).unwrap_or(i64::MIN);
            match open {
                Some(deadline) if deadline >= watermark => self.lanes.note(lane, (deadline, uid, place)),
                Some(_) => self.close(plan, place),
                None => {}
            }
        }
    }

    /// Ends a lane: closes all that is open in it.
    pub(super) fn end_lane(&mut self, plan: &Plan, lane: Lane) {
        for (_, uid, place) in self.lanes.end(lane) {
            if self.at(place).and_then(|g| g.episode.as_ref()).is_some_and(|e| e.uid == uid) {
                self.close(plan, place);
            }
        }
    }

    /// An informational match: the entities' risk grows.
    pub(super) fn raise(&mut self, m: &Match<'_>) {
        for kind in FactKind::EVERY {
            let named = m.names[kind as usize];
            let points = if kind == FactKind::Host { RISK / 2 } else { RISK };
            if !named.text.is_empty() {
                self.entities.raise(build::entity_key(kind, named.hash), points, m.time, m.order);
            }
        }
    }

    /// A match of a plain detection that alerts.
    pub(super) fn detect(&mut self, plan: &Plan, slot: &Slot, m: &Match<'_>) {
        let lane = m.lane_of(slot);
        self.key.start(slot.id, lane);
        if slot.entity().is_empty() {
            let names = ["src_ip", "user", "host"];
            let first = names.iter().zip(m.names).find(|(_, n)| !n.text.is_empty());
            self.key.push(first.map(|(name, _)| *name));
            self.key.push(first.map(|(_, n)| n.text));
        } else {
            for f in slot.entity() {
                self.key.push(f.field.read(m.e));
            }
        }
        if !self.key.any() || m.is_nowhere(slot) {
            self.key.apart(m.home);
        }
        let place = self.group(plan, slot, lane);
        let weight = self.weigh(slot.id, m);
        self.turn_to(plan, slot, place, m);
        self.note_late(place, 0, m);
        let Some(group) = self.at_mut(place) else { return };
        touch(group, m);
        let facts = facts(group, slot, 0, m);
        let e = Entry { ev: m.ev, seq: m.seq, value: 0, weight, base: 0, facts, child: false };
        self.join(slot, place, m, &[e], 0.0);
        self.unite(plan, slot, place, m);
    }
}

/// Whether nothing that a group remembers can matter to a further match.
fn expired(plan: &Plan, lanes: &Lanes, g: &Group, lateness: i64) -> bool {
    let (Some(watermark), Some(slot)) = (lanes.watermark(g.lane), plan.slot(g.slot)) else { return true };
    let span = slot.spec.as_ref().map_or(0, |s| s.timespan);
    // A rate is forgotten when it has faded to nothing, what is familiar after a month.
    let keep = if slot.info.baseline.is_some() { span.saturating_mul(FORGET + 1) } else { span };
    let keep = if slot.info.familiar.is_some() { keep.max(30 * DAY) } else { keep };
    let keep = keep.max(span.saturating_add(slot.slack)).saturating_add(lateness);
    g.episode.is_none() && watermark.saturating_sub(g.touch) > keep
}

/// Notes that a match reached a group.
pub(super) fn touch(group: &mut Group, m: &Match<'_>) {
    // A time forged far ahead must not keep a group for ever.
    let time = if m.time.saturating_sub(m.order) > 7 * DAY { m.order } else { m.time.max(m.order) };
    group.touch = group.touch.max(time);
    group.last_seq = m.seq;
}

/// The match's address, account and machine in its group, and what the rule shows of it.
pub(super) fn facts(group: &mut Group, slot: &Slot, base: u16, m: &Match<'_>) -> [u8; 4] {
    let Group { facts, window, episode, lane, .. } = group;
    let got_in = slot.spec.as_ref().is_some_and(|s| s.ends(base));
    let span = slot.spec.as_ref().map_or(0, |s| s.timespan);
    let from = if lane.is_late() { m.time } else { m.order }.saturating_sub(span.saturating_add(slot.slack));
    let held = Held { from, got_in, ..Held::by(window.as_ref(), episode.as_deref()) };
    let mut intern = |kind, value| facts.intern(kind, value, (m.seq, m.time), held);
    let [ip, user, host] = FactKind::EVERY.map(|k| intern(k, m.names[k as usize]));
    let shown = if slot.shows.is_empty() {
        NO_FACT
    } else {
        let text = text::shown(slot, base, m.e);
        intern(FactKind::Shown, Named::of(&text))
    };
    [ip, user, host, shown]
}
