//! One alert for many: what a rule raises beyond a number of alerts.
//!
//! Whoever sends each request from another address would raise an alert with each,
//! and fill memory and the queue with them. Beyond [`HOURLY`] alerts that a rule
//! opens within an hour, or [`OF_RULE`] in all, or [`OF_ALL`] of all rules, its
//! episodes go on without an alert of their own (rules above them see them as ever),
//! and one alert of the rule, without an entity, gathers what they have. It grows and
//! ends as any other; while it goes on all new ones of its rule join it. How many
//! it stands for is counted.
//!
//! So are the places that alerts list: the more there are in all, the fewer
//! a further one lists; it counts all of them nevertheless.

use std::sync::Arc;

use super::core::{Core, Match, touch};
use super::entry::{NO_FACT, Seen};
use super::episode::Episode;
use super::facts::{FactKind, Held, Named};
use super::feed::Joined;
use super::key::Lane;
use super::plan::{Plan, Slot};
use super::shards::{Group, Place};
use crate::alert::MAX_EVIDENCE;
use crate::event::time::SECOND;

/// Alerts that a rule opens within an hour.
const HOURLY: u32 = 1_000;
/// Alerts that a rule opens in all.
const OF_RULE: u32 = 8_192;
/// Alerts of all rules.
const OF_ALL: u32 = 16_384;
/// Alerts that each rule may open whatever the others did.
const AT_LEAST: u32 = 64;
const HOUR: i64 = 3_600 * SECOND;

/// Places of evidence of all alerts from which on each lists fewer, and how many then.
const FEWER: [(usize, usize); 2] = [(600_000, 10), (300_000, 100)];

/// Places that an alert for many lists while there is room: those for which it stands would
/// have listed theirs.
const LISTED: usize = 10 * MAX_EVIDENCE;

/// In place of the values of a crowd's key.
const MARK: &str = "*";

/// The most alerts there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Most {
    pub hourly: u32,
    pub of_rule: u32,
    pub of_all: u32,
    pub at_least: u32,
}

impl Default for Most {
    fn default() -> Self {
        Self { hourly: HOURLY, of_rule: OF_RULE, of_all: OF_ALL, at_least: AT_LEAST }
    }
}

/// What one rule has opened.
#[derive(Debug, Default)]
struct Opened {
    all: u32,
    /// Hour of canonical order, and how many within it.
    hour: i64,
    within: u32,
    /// The crowd that was opened last.
    crowd: Option<(Lane, Place, u64)>,
    gathered: u64,
}

/// What all rules have opened.
#[derive(Debug, Default)]
pub(super) struct Crowds {
    pub most: Most,
    by_slot: Vec<Opened>,
    all: u32,
    /// Places of evidence that alerts and open episodes list.
    pub listed: usize,
}

impl Crowds {
    fn of(&mut self, slot: u32) -> Option<&mut Opened> {
        let at = slot as usize;
        if self.by_slot.len() <= at {
            self.by_slot.resize_with(at + 1, Opened::default);
        }
        self.by_slot.get_mut(at)
    }

    /// Alerts that were gathered, by slot.
    pub(super) fn gathered(&self) -> impl Iterator<Item = (u32, u64)> {
        self.by_slot.iter().enumerate().filter(|(_, o)| o.gathered > 0).map(|(i, o)| (i as u32, o.gathered))
    }

    /// How many places an episode may list.
    pub(super) fn places(&self) -> usize {
        FEWER.iter().find(|(all, _)| self.listed >= *all).map_or(MAX_EVIDENCE, |(_, most)| *most)
    }

    /// Counts an alert of a rule; says whether there is room for it.
    fn take(&mut self, slot: u32, order: i64) -> bool {
        let (most, all) = (self.most, self.all);
        let Some(of) = self.of(slot) else { return true };
        let hour = order.div_euclid(HOUR);
        if of.hour != hour {
            (of.hour, of.within) = (hour, 0);
        }
        let room = of.within < most.hourly && of.all < most.of_rule;
        if !room || (all >= most.of_all && of.all >= most.at_least) {
            return false;
        }
        (of.within, of.all) = (of.within + 1, of.all + 1);
        self.all += 1;
        true
    }
}

/// Number of values in the key of a crowd: more than any group of its rule has.
fn marks(slot: &Slot) -> usize {
    let own = slot.spec.as_ref().map_or_else(|| slot.entity().len().max(2), |s| s.group_by.len());
    own + 1
}

impl Core {
    /// Whether an episode that opens now is to have no alert of its own.
    pub(super) fn crowded(&mut self, slot: &Slot, lane: Lane, m: &Match<'_>) -> bool {
        if !slot.alerts {
            return false;
        }
        let last = self.crowds.of(slot.id).and_then(|of| of.crowd);
        let open = last
            .filter(|(of, ..)| *of == lane)
            .and_then(|(_, place, uid)| self.at(place).and_then(|g| g.episode.as_ref()).filter(|ep| ep.uid == uid));
        let goes_on = open.is_some_and(|ep| !ep.over(m.time, slot));
        goes_on || !self.crowds.take(slot.id, m.order)
    }

    /// Lets the crowd of a rule gather what just joined an episode without an alert.
    pub(super) fn gather(&mut self, plan: &Plan, slot: &Slot, from: Place, m: &Match<'_>, joined: Joined) {
        let Some(group) = self.at(from) else { return };
        let Some(ep) = group.episode.as_ref().filter(|ep| ep.crowded) else { return };
        let lane = group.lane;
        let new: Arc<[Seen]> = ep.evidence.get(joined.evidence..).unwrap_or(&[]).into();
        let told = told(group, ep, m, joined);
        self.key.start(slot.id, lane);
        (0..marks(slot)).for_each(|_| self.key.push(Some(MARK)));
        let place = self.group(plan, slot, lane);
        let Some(group) = self.at_mut(place) else { return };
        group.crowd = true;
        touch(group, m);
        self.turn_to(plan, slot, place, m);
        let (uid, now, places) = (self.uid, self.now(m), self.crowds.places());
        let places = if places == MAX_EVIDENCE { LISTED } else { places };
        let Some(group) = self.shards.get_mut(place.shard as usize).and_then(|s| s.get_mut(place.index)) else {
            return;
        };
        let Group { facts, episode, key, .. } = group;
        let opened = episode.is_none();
        let first = new.first().map_or(m.ev, |s| s.ev);
        let ep = episode.get_or_insert_with(|| Box::new(Episode::crowd(uid + 1, slot, key, &first, m.known)));
        if opened {
            self.ids.claim(&mut ep.id);
        }
        let listed = ep.evidence.len();
        for row in &told {
            let mut at = [NO_FACT; 4];
            for (kind, (at, text)) in FactKind::ALL.iter().zip(at.iter_mut().zip(row)) {
                let held = Held { episodes: [Some(ep), None], ..Held::by(None, None) };
                *at = facts.intern(*kind, Named::of(text), (m.seq, m.time), held);
            }
            ep.fact(at);
        }
        let acts: u64 = new.iter().map(|s| u64::from(s.acts)).sum();
        new.iter().for_each(|s| ep.see(*s, places));
        ep.total += joined.records.saturating_sub(new.len() as u64);
        ep.count = ep.count.saturating_add(joined.acts.saturating_sub(acts));
        ep.gathered += u64::from(joined.opened);
        ep.extend(now, slot.cooldown);
        if !opened {
            ep.revision = ep.revision.saturating_add(1);
        }
        self.crowds.listed += ep.evidence.len() - listed;
        if let Some(g) = &mut self.grounds {
            g.of(ep.uid, &ep.id).records.extend(new.iter().map(|s| s.seq));
        }
        let uid = ep.uid;
        if let Some(of) = self.crowds.of(slot.id) {
            of.gathered += u64::from(joined.opened);
            of.crowd = Some((lane, place, uid));
        }
        if opened {
            self.uid += 1;
            self.opened(slot, place, m);
        }
        self.unite(plan, slot, place, m);
    }
}

/// Addresses, accounts, machines and what is shown of what just joined.
fn told(group: &Group, ep: &Episode, m: &Match<'_>, joined: Joined) -> Vec<[String; 4]> {
    if joined.records <= 1 && !(joined.opened && ep.evidence.len() > 1) {
        let [ip, user, host] = m.names.map(|n| n.text.to_owned());
        let shown = ep.shown.last().and_then(|i| group.facts.get(*i)).unwrap_or_default();
        return vec![[ip, user, host, shown.to_owned()]];
    }
    let lists = [&ep.ips, &ep.users, &ep.hosts, &ep.shown];
    let text = |list: &[u8], n: usize| list.get(n).and_then(|i| group.facts.get(*i)).unwrap_or("").to_owned();
    let most = lists.iter().map(|l| l.len()).max().unwrap_or(0).max(1);
    (0..most).map(|n| lists.map(|l| text(l, n))).collect()
}
