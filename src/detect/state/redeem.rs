//! Matches that take back what others counted (`secstream: redeemed_by:` and
//! `accepted_by:`).
//!
//! A redeeming match stands in the window of its group like any other entry,
//! so that it takes back what came before and what comes after, in any order
//! of arrival, as long as both are within the timespan. It never makes a
//! condition true, is no evidence, and keeps no episode open. Where an episode
//! was open already, it counts there; if too little is left for the condition,
//! the alert is level low, and so is what stands on it alone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::FieldRef;
use super::core::{Core, Match, touch};
use super::entry::{Entry, NO_FACT, REDEEMS};
use super::feed::hash_of;
use super::plan::Plan;
use super::shards::Place;
use super::window::Window;

/// Episodes remembered that were taken back.
const MAX_NOTED: usize = 4_096;

/// Which episodes were taken back, for the correlations above them.
#[derive(Debug, Default)]
pub(super) struct Redemptions {
    noted: BTreeSet<u64>,
    order: VecDeque<u64>,
    /// Open episodes that correlations stand on.
    open: BTreeMap<u64, Place>,
}

impl Redemptions {
    /// Notes an open episode that others may stand on.
    pub(super) fn opened(&mut self, uid: u64, place: Place) {
        self.open.insert(uid, place);
    }

    /// Notes that a closed one is open again.
    pub(super) fn reopened(&mut self, uid: u64, place: Place) {
        if self.noted.remove(&uid) {
            self.order.retain(|u| *u != uid);
        }
        self.opened(uid, place);
    }

    /// Notes that it closed, and whether it was taken back.
    pub(super) fn closed(&mut self, uid: u64, redeemed: bool) {
        if self.open.remove(&uid).is_none() || !redeemed {
            return;
        }
        if self.noted.insert(uid) {
            self.order.push_back(uid);
        }
        while self.order.len() > MAX_NOTED {
            if let Some(oldest) = self.order.pop_front() {
                self.noted.remove(&oldest);
            }
        }
    }
}

impl Core {
    /// Whether there are any of these episodes and all of them were taken back.
    pub(super) fn all_redeemed(&self, plan: &Plan, uids: &[u64]) -> bool {
        let open = |uid: &u64| {
            let group = self.at(*self.redemptions.open.get(uid)?)?;
            Some(group.episode.as_ref()?.redeemed(plan.slot(group.slot)?))
        };
        let redeemed = |uid: &u64| self.redemptions.noted.contains(uid) || open(uid).unwrap_or(false);
        !uids.is_empty() && uids.iter().all(redeemed)
    }

    /// A match that takes back what a correlation counted of its value.
    pub(super) fn redeem(&mut self, plan: &Plan, id: u32, m: &Match<'_>) {
        let Some(by) = plan.slot(id).and_then(|s| s.spec.as_ref()?.redeemed.as_ref()) else { return };
        let acts = u32::try_from(by.each).unwrap_or(u32::MAX);
        self.take_back(plan, id, m, (&by.group_by, &by.value), (acts, &by.once));
    }

    /// A match that says that the attempt just counted was accepted after all.
    pub(super) fn accept(&mut self, plan: &Plan, id: u32, m: &Match<'_>) {
        let Some(by) = plan.slot(id).and_then(|s| s.spec.as_ref()?.accepted.as_ref()) else { return };
        let acts = self.acts.accept(id, &m.line);
        if acts > 0 {
            self.take_back(plan, id, m, (&by.group_by, &by.value), (acts, &[]));
        }
    }

    /// Takes back what was counted of a value, or so many acts of it; these only once from an
    /// open episode for each value of some fields.
    fn take_back(
        &mut self,
        plan: &Plan,
        id: u32,
        m: &Match<'_>,
        (group_by, value): (&[FieldRef], &[FieldRef]),
        (acts, once): (u32, &[FieldRef]),
    ) {
        let Some((slot, spec)) = plan.slot(id).and_then(|s| Some((s, s.spec.as_ref()?))) else { return };
        let read = |f: &FieldRef| f.read(m.e).filter(|v| !v.is_empty());
        let hashed = |f: &FieldRef| (read(f), f.is_source());
        let Some(value) = hash_of(value.iter().map(hashed)) else { return };
        let lane = m.lane_of(slot);
        self.key.start(id, lane);
        for f in group_by {
            self.key.push_of(read(f), || f.is_source());
        }
        if m.is_nowhere(slot) {
            self.key.apart(m.home);
        } else if !group_by.is_empty() && !self.key.any() {
            return;
        }
        let place = self.group(plan, slot, lane);
        let Some(group) = self.at_mut(place) else { return };
        touch(group, m);
        self.turn_to(plan, slot, place, m);
        let facts = [NO_FACT; 4];
        let e = Entry { ev: m.ev, seq: m.seq, value, weight: acts, base: REDEEMS, facts, child: false };
        if let Some(ep) = self.at_mut(place).and_then(|g| g.episode.as_mut()) {
            let who = hash_of(once.iter().map(hashed));
            ep.take_back(&e, who.filter(|_| !once.is_empty()), !once.is_empty());
        }
        // Most people log in often and mistype seldom: their log-ins take no room.
        let idle = |w: &Window| acts == 0 && w.idle(spec, value, m.time);
        if self.at(place).and_then(|g| g.window.as_ref()).is_some_and(idle) {
            return;
        }
        if !lane.is_late() {
            self.thin(place, value, m.order.saturating_sub(slot.slack).saturating_sub(self.options.lateness));
        }
        self.slide(slot, spec, place, m, e, None);
    }

    /// Drops a redeemer that a later one of its value stands for.
    fn thin(&mut self, place: Place, value: u64, floor: i64) {
        let Some(shard) = self.shards.get_mut(place.shard as usize) else { return };
        let window = shard.get_mut(place.index).and_then(|g| g.window.as_mut());
        let gone = window.is_some_and(|w| w.thin(value, floor));
        shard.entries = shard.entries.saturating_sub(usize::from(gone));
    }
}
