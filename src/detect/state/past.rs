//! Episodes that closed and may go on.
//!
//! Where several logs are followed, one may bring late what belongs to what the
//! others brought long before: shipped in bulk, or by a slow way. Episodes that
//! closed are kept for that long. Evidence that is of one of them opens it again
//! under its id; where it joins two of them to one, the earlier one goes on and
//! the other stands under it.
//!
//! Bounded: [`MOST`] of one group, [`MOST_EVIDENCE`] records of all, and the time
//! that is asked for. What went before that time is noted, so that what comes for
//! it later can be counted.

use std::collections::{BTreeSet, VecDeque};

use super::AlertUpdate;
use super::about::About;
use super::core::{Core, Match};
use super::entry::NO_FACT;
use super::episode::Episode;
use super::facts::{FactKind, Facts, Held, Named};
use super::key::Lane;
use super::plan::{Plan, Slot};
use super::shards::{Group, Place};
use super::window::Window;
use crate::event::Ts;

/// Closed episodes kept of one group.
const MOST: usize = 8;
/// Records of evidence kept with closed episodes.
const MOST_EVIDENCE: usize = 200_000;
/// Closed episodes kept of all groups.
const MOST_IN_ALL: usize = 65_536;

/// A closed episode. What it lists stands as text: the group forgets its own.
#[derive(Debug)]
pub(super) struct Past {
    ep: Box<Episode>,
    texts: [Vec<String>; 4],
    ended_by: Option<String>,
}

impl Past {
    fn of(mut ep: Box<Episode>, facts: &Facts) -> Self {
        let text = |i: u8| facts.get(i).map(str::to_owned);
        let texts = ep.lists().map(|list| std::mem::take(list).into_iter().filter_map(text).collect());
        let ended_by = text(ep.ended_by);
        Self { ep, texts, ended_by }
    }

    /// The episode, for a match that came late; its group may have another one open.
    fn back(self, facts: &mut Facts, window: Option<&Window>, open: Option<&Episode>, m: &Match<'_>) -> Box<Episode> {
        let Self { mut ep, texts, ended_by } = self;
        let mut intern = |ep: &Episode, kind, text: &str, got_in| {
            let held = Held { episodes: [open, Some(ep)], got_in, ..Held::by(window, None) };
            facts.intern(kind, Named::of(text), (m.seq, ep.last), held)
        };
        ep.ended_by = ended_by.map_or(NO_FACT, |user| intern(&ep, FactKind::User, &user, true));
        for (kind, texts) in FactKind::ALL.into_iter().zip(texts) {
            for text in texts {
                let mut at = [NO_FACT; 4];
                at[kind as usize] = intern(&ep, kind, &text, false);
                ep.fact(at);
            }
        }
        ep
    }
}

/// Which closed episodes are kept, those that closed first in front.
#[derive(Debug, Default)]
pub(super) struct Kept {
    queue: VecDeque<(i64, u64, Place, usize)>,
    evidence: usize,
    /// Latest time of which something was forgotten before it was due.
    pub forgot: Option<i64>,
}

impl Kept {
    /// Notes that what was known up to a time is gone.
    pub(super) fn forgets(&mut self, time: i64) {
        self.forgot = self.forgot.max(Some(time));
    }
}

impl Core {
    /// How far the main lane has come, where what comes behind it still counts.
    pub(super) fn merged(&self) -> Option<i64> {
        (self.options.lateness > 0).then(|| self.lanes.watermark(Lane::MAIN)).flatten().filter(|w| *w != i64::MIN)
    }

    /// Where canonical order is for a match: what comes late keeps open as long as
    /// what comes now.
    pub(super) fn now(&self, m: &Match<'_>) -> i64 {
        self.merged().map_or(m.order, |w| w.max(m.order))
    }

    /// Counts a match that came late, where something of its time is forgotten.
    pub(super) fn note_late(&mut self, place: Place, span: i64, m: &Match<'_>) {
        if self.merged().is_none_or(|w| m.order >= w) {
            return;
        }
        let spared = self.at(place).and_then(|g| g.window.as_ref()).and_then(|w| w.spared);
        if self.kept.forgot.max(spared).is_some_and(|f| m.time.saturating_sub(span) <= f) {
            self.counters.forgotten += 1;
        }
    }

    /// Makes the episode that a match is of the one that is open in its group:
    /// none where there is none.
    pub(super) fn turn_to(&mut self, plan: &Plan, slot: &Slot, place: Place, m: &Match<'_>) {
        let Some(group) = self.at(place) else { return };
        let fits = |ep: &Episode| !ep.over(m.time, slot);
        if group.episode.as_deref().is_some_and(fits) {
            return;
        }
        let past = group.past.iter().map(|p| &p.ep).filter(|ep| fits(ep)).min_by_key(|ep| (ep.opened, ep.uid));
        let past = past.map(|ep| ep.uid);
        if group.episode.is_some() {
            self.close(plan, place);
        }
        if let Some(uid) = past {
            self.reopen(plan, slot, place, uid, m);
        }
    }

    /// Keeps an episode that just closed.
    pub(super) fn keep(&mut self, place: Place, ep: Box<Episode>) {
        let Some(group) = self.at_mut(place).filter(|g| !g.lane.is_late()) else { return };
        let entry = (ep.last, ep.uid, place, ep.evidence.len());
        let past = Past::of(ep, &group.facts);
        group.past.push(past);
        let gone = (group.past.len() > MOST).then(|| group.past.remove(0).ep.last);
        if let Some(time) = gone {
            self.kept.forgets(time);
        }
        self.kept.evidence += entry.3;
        self.kept.queue.push_back(entry);
        let until = self.merged().map_or(i64::MIN, |w| w.saturating_sub(self.options.lateness));
        while let Some((last, uid, place, records)) = self.kept.queue.front().copied() {
            let full = self.kept.evidence > MOST_EVIDENCE || self.kept.queue.len() > MOST_IN_ALL;
            if last >= until && !full {
                break;
            }
            self.kept.queue.pop_front();
            self.kept.evidence = self.kept.evidence.saturating_sub(records);
            let Some(group) = self.at_mut(place) else { continue };
            let before = group.past.len();
            group.past.retain(|p| p.ep.uid != uid);
            if group.past.len() < before && last >= until {
                self.kept.forgets(last);
            }
        }
    }

    /// Opens a closed episode of a group again, in which none is open.
    fn reopen(&mut self, plan: &Plan, slot: &Slot, place: Place, uid: u64, m: &Match<'_>) {
        let now = self.now(m);
        let Some(group) = self.at_mut(place) else { return };
        let Some(at) = group.past.iter().position(|p| p.ep.uid == uid) else { return };
        let Group { past, facts, window, .. } = group;
        let mut ep = past.remove(at).back(facts, window.as_ref(), None, m);
        let (lane, shown) = (group.lane, Ts(ep.first));
        ep.deadline = i64::MIN;
        ep.extend(now, slot.cooldown);
        let due = (ep.deadline, uid, place);
        let silent = ep.silent;
        if !silent {
            ep.revision = ep.revision.saturating_add(1);
            ep.told = ep.revision;
        }
        group.episode = Some(ep);
        if !slot.parents.is_empty() {
            self.redemptions.reopened(uid, place);
        }
        self.lanes.note(lane, due);
        if silent {
            return;
        }
        if !self.fold.reopen(uid, place)
            && let Some(group) = self.shards.get(place.shard as usize).and_then(|s| s.get(place.index))
            && let Some(ep) = &group.episode
        {
            self.fold.open(uid, slot, lane, place, &ep.id, About::new(slot, group, ep));
        }
        if let Some(alert) = self.open_alert(plan, place) {
            self.out.push(AlertUpdate { alert: alert.into(), closed: false, reopened: Some(shown) });
        }
    }

    /// Makes the open episode of a group and closed ones one, where what came joins them.
    pub(super) fn unite(&mut self, plan: &Plan, slot: &Slot, place: Place, m: &Match<'_>) {
        for _ in 0..2 * MOST {
            let Some((group, ep)) = self.at(place).and_then(|g| Some((g, g.episode.as_deref()?))) else { return };
            let Some(other) = group.past.iter().find(|p| ep.is_one_with(&p.ep, slot)) else { return };
            let (uid, earlier) = (other.ep.uid, (other.ep.opened, other.ep.uid) < (ep.opened, ep.uid));
            if earlier {
                self.close(plan, place);
                self.reopen(plan, slot, place, uid, m);
            } else {
                self.take_over(plan, slot, place, uid, m);
            }
        }
    }

    /// The open episode of a group takes over all that a closed one has.
    fn take_over(&mut self, plan: &Plan, slot: &Slot, place: Place, uid: u64, m: &Match<'_>) {
        let Some(group) = self.at_mut(place) else { return };
        let Some(at) = group.past.iter().position(|p| p.ep.uid == uid) else { return };
        let Group { past, facts, window, episode, .. } = group;
        let other = past.remove(at).back(facts, window.as_ref(), episode.as_deref(), m);
        let Some(ep) = episode.as_mut() else { return };
        let (mine, silent, cooldown) = (ep.uid, ep.silent, slot.cooldown);
        ep.unite(slot, *other);
        let order = self.lanes.watermark(Lane::MAIN).unwrap_or(i64::MIN);
        if let Some(ep) = self.at_mut(place).and_then(|g| g.episode.as_mut()) {
            ep.extend(order, cooldown);
        }
        if !silent {
            let mut changed = BTreeSet::new();
            self.fold.attach(mine, uid, &mut changed);
            self.tell(plan, changed);
        }
    }

    /// Gives out the alerts whose place among others is new.
    pub(super) fn tell(&mut self, plan: &Plan, changed: BTreeSet<u64>) {
        for uid in changed {
            match self.fold.changed(uid) {
                Some(Err(alert)) => self.out.push(AlertUpdate { alert, closed: true, reopened: None }),
                Some(Ok(place)) => {
                    if let Some(alert) = self.open_alert(plan, place) {
                        self.out.push(AlertUpdate { alert: alert.into(), closed: false, reopened: None });
                    }
                }
                None => {}
            }
        }
    }

    /// Whether an alert takes part in what stands for what.
    pub(super) fn folds(&self, slot: &Slot) -> bool {
        slot.folds || self.options.lateness > 0
    }
}
