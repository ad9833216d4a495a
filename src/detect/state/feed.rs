//! How one match moves the window of a correlation, and what follows from it.

use std::sync::Arc;

use super::super::{CorrelationKind, CorrelationSpec, GroupField};
use super::about::About;
use super::build;
use super::case;
use super::children::{self, Child, Emitted, MAX_CHILD_EVIDENCE};
use super::core::{Core, Match, facts, touch};
use super::elements::counted;
use super::entry::{Entry, NO_FACT, REDEEMS};
use super::episode::Episode;
use super::facts::{FactKind, Held, Named};
use super::known::Known;
use super::measure::number;
use super::plan::{Plan, Slot};
use super::shards::{Group, Place};
use super::window::{Limits, Window};
use super::{AlertUpdate, key::value_of};
use crate::alert::{AlertState, Category};

/// Longest chain of correlations that one match sets off.
const MAX_CHAIN: usize = 8;
/// Risk that an informational correlation leaves, in thousandths.
const RISK: i64 = 3_000;

/// What joining an episode changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Joined {
    opened: bool,
    acts: u64,
    records: u64,
    /// Length of the evidence before.
    evidence: usize,
}

/// The value of a field for a base: of the event, or of the group of the episode below.
fn field_value<'a>(f: &GroupField, base: u16, m: &Match<'a>, child: Option<&'a Emitted>) -> Option<&'a str> {
    match child {
        None => value_of(m.e, f.per_base.get(usize::from(base)).and_then(Option::as_ref)),
        Some(c) => c.values.iter().find(|(n, _)| *n == f.name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty()),
    }
}

/// One hash of several values, folded; `None` where one is absent.
pub(super) fn hash_of<'a>(values: impl Iterator<Item = Option<&'a str>>) -> Option<u64> {
    values.map(|v| v.map(case::hash)).try_fold(0, |all, one| Some(combine(all, one?)))
}

/// The same of values that are hashed already.
pub(super) fn combined(hashes: impl Iterator<Item = u64>) -> u64 {
    hashes.fold(0, combine)
}

const fn combine(all: u64, one: u64) -> u64 {
    all.rotate_left(21).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ one
}

/// What an entry holds for the measure; `None` where a needed value is absent.
fn measured_value(spec: &CorrelationSpec, base: u16, m: &Match<'_>, child: Option<&Emitted>) -> Option<u64> {
    use CorrelationKind as K;
    match spec.kind {
        K::EventCount if spec.redeemed.is_some() => {
            let fields = spec.redeemed.iter().flat_map(|r| &r.fields);
            Some(hash_of(fields.map(|f| field_value(f, base, m, child))).unwrap_or(0))
        }
        K::EventCount | K::Temporal | K::TemporalOrdered => Some(0),
        K::ValueCount | K::NewValue => hash_of(spec.fields.iter().map(|f| field_value(f, base, m, child))),
        K::ValueSum | K::ValueAvg | K::ValuePercentile | K::ValueMedian => {
            number(field_value(spec.fields.first()?, base, m, child)?).map(f64::to_bits)
        }
    }
}

impl Core {
    /// A match of a base of a correlation: an event, or an episode of a correlation below.
    pub(super) fn feed(
        &mut self,
        plan: &Plan,
        (id, base): (u32, u16),
        m: &Match<'_>,
        child: Option<&Emitted>,
        depth: usize,
    ) {
        let Some((slot, spec)) = plan.slot(id).and_then(|s| Some((s, s.spec.as_ref()?))) else { return };
        let mut values = match spec.kind {
            CorrelationKind::ValueCount if child.is_none() => counted(spec, base, m),
            _ => measured_value(spec, base, m, child).into_iter().collect(),
        };
        let Some(value) = values.first().copied() else { return };
        let lane = m.lane_of(slot);
        self.key.start(id, lane);
        for g in &spec.group_by {
            self.key.push(field_value(g, base, m, child));
        }
        // An episode below that names no machine is of the log that its latest event is from.
        let nowhere = match child {
            None => m.is_nowhere(slot),
            Some(c) => c.nowhere && slot.by_host,
        };
        if nowhere {
            self.key.apart(m.home);
        } else if !spec.group_by.is_empty() && !self.key.any() {
            self.counters.ungrouped += 1;
            return;
        }
        let place = self.group(plan, slot, lane);
        let temporal = matches!(spec.kind, CorrelationKind::Temporal | CorrelationKind::TemporalOrdered);
        let Some(group) = self.at_mut(place) else { return };
        if group.fed == m.seq && !temporal {
            return;
        }
        group.fed = m.seq;
        touch(group, m);
        if spec.kind == CorrelationKind::NewValue && !self.is_new(place, spec, value, m) {
            return;
        }
        if let Some(after) = slot.info.familiar {
            values.retain(|v| !self.is_familiar(place, after, *v, m));
        }
        if values.is_empty() {
            return;
        }
        self.turn_to(plan, slot, place, m);
        self.note_late(place, spec.timespan, m);
        let Some(group) = self.at_mut(place) else { return };
        // These indices hold for all values of the event.
        let mut facts = facts(group, slot, base, m);
        if child.is_some() {
            facts[FactKind::Shown as usize] = NO_FACT;
        }
        let weight = if child.is_some() { 1 } else { self.weigh(id, m) };
        let mut joined: Option<Joined> = None;
        for (n, value) in values.into_iter().enumerate() {
            // The event's acts count once.
            let weight = if n == 0 { weight } else { 0 };
            let e = Entry { ev: m.ev, seq: m.seq, value, weight, base, facts, child: child.is_some() };
            let next = self.enter((slot, spec, place), m, e, child);
            joined = match (joined, next) {
                (Some(a), Some(b)) => Some(Joined { acts: a.acts + b.acts, records: a.records + b.records, ..a }),
                (a, b) => a.or(b),
            };
        }
        if let Some(joined) = joined {
            self.emit(plan, slot, place, m, joined, depth);
            self.unite(plan, slot, place, m);
        }
    }

    /// Takes an entry into the open episode of its group, else into its window.
    fn enter(
        &mut self,
        (slot, spec, place): (&Slot, &CorrelationSpec, Place),
        m: &Match<'_>,
        e: Entry,
        child: Option<&Emitted>,
    ) -> Option<Joined> {
        let Entry { value, weight, base, .. } = e;
        let group = self.at_mut(place)?;
        let new = spec.kind == CorrelationKind::NewValue;
        if new || group.episode.as_ref().is_some_and(|ep| ep.near(m.time, slot.gap)) {
            if let Some(c) = child {
                group.children.push(Child::new(c, m.seq, base));
            }
            if group.window.as_ref().is_some_and(|w| w.redeems(value))
                && let Some(ledger) = group.episode.as_mut().and_then(|ep| ep.ledger.as_mut())
            {
                ledger.enter(&Entry { base: REDEEMS, weight: 0, ..e });
            }
            // What has become usual opens no further episode when this one ends.
            if group.episode.as_ref().is_some_and(|ep| ep.usual(slot)) {
                group.rate.get_or_insert_with(Box::default).add(m.time, spec.timespan, weight);
            }
            let news = group.episode.as_ref().map_or(0.0, |ep| ep.measured) + 1.0;
            let joined = self.join(slot, place, m, &[e], if new { news } else { 0.0 });
            if let Some(group) = self.at_mut(place) {
                group.children.retain(|c| c.seq != m.seq);
            }
            joined
        } else {
            self.slide(slot, spec, place, m, e, child)
        }
    }

    /// Whether a value is new to its group, and the group known well enough to say so.
    fn is_new(&mut self, place: Place, spec: &CorrelationSpec, value: u64, m: &Match<'_>) -> bool {
        let met = self.with_known(place, |known, room| known.meet(spec, value, m.time, room));
        let Some((slot, (new, forgotten))) = met else { return false };
        self.evicted(slot, u64::from(forgotten));
        new
    }

    /// Whether the group had a value long before; notes that it has it.
    fn is_familiar(&mut self, place: Place, after: i64, value: u64, m: &Match<'_>) -> bool {
        self.with_known(place, |known, room| known.familiar(after, value, m.time, room)).is_some_and(|(_, f)| f)
    }

    /// Asks what a group has had; what it then knows more or less counts among the
    /// entries of its shard.
    fn with_known<T>(&mut self, place: Place, ask: impl FnOnce(&mut Known, bool) -> T) -> Option<(u32, T)> {
        let full = self.options.max_entries_per_shard;
        let shard = self.shards.get_mut(place.shard as usize)?;
        let room = shard.entries < full;
        let group = shard.get_mut(place.index)?;
        let known = group.known.get_or_insert_with(Box::default);
        let before = known.len();
        let said = ask(known, room);
        let (after, slot) = (known.len(), group.slot);
        shard.entries = (shard.entries + after).saturating_sub(before);
        Some((slot, said))
    }

    /// Puts an entry into the window of its group; if the condition holds then,
    /// what made it so joins the episode or opens one.
    pub(super) fn slide(
        &mut self,
        slot: &Slot,
        spec: &CorrelationSpec,
        place: Place,
        m: &Match<'_>,
        e: Entry,
        child: Option<&Emitted>,
    ) -> Option<Joined> {
        let (lateness, half) = (self.options.lateness, self.options.max_entries_per_shard / 2);
        let shard = self.shards.get_mut(place.shard as usize)?;
        let shard_room = shard.entries < half;
        let group = shard.get_mut(place.index)?;
        let Group { window, rate, children, lane, ring, .. } = group;
        if slot.info.baseline.is_some() && e.base != REDEEMS {
            rate.get_or_insert_with(Box::default).add(m.time, spec.timespan, e.weight);
        }
        let window = window.get_or_insert_with(|| Window::new(spec, std::mem::take(ring)));
        let (before, dropped) = (window.ring.len(), window.dropped);
        if let Some(c) = child {
            let known = children.iter_mut().find(|k| k.uid == c.uid);
            match known {
                Some(known) if window.remove(spec, known.seq, known.base).is_some() => known.grow(c, m.seq),
                _ => {
                    children::tidy(children, &window.ring);
                    children.retain(|k| k.uid != c.uid);
                    children.push(Child::new(c, m.seq, e.base));
                }
            }
        }
        let reach = spec.timespan.saturating_add(slot.slack);
        let limits = if lane.is_late() {
            let floor = m.time.saturating_sub(reach);
            Limits { floor, spare: floor, ceiling: m.time.saturating_add(reach), cap: slot.cap }
        } else {
            let spare = m.order.saturating_sub(reach);
            // What is kept for those that come late takes half of the room at most.
            let late = if shard_room { lateness } else { 0 };
            Limits { floor: spare.saturating_sub(late), spare, ceiling: i64::MAX, cap: slot.cap }
        };
        let usual = slot.info.baseline.zip(rate.as_ref());
        let met = window.insert(spec, e, limits);
        let fired = met.filter(|f| usual.is_none_or(|(times, rate)| rate.exceeded(f.measured, times)));
        if met.is_some() && fired.is_none() {
            window.overflow(spec, limits);
        }
        if let Some(fired) = fired {
            window.take(spec, fired, lateness > 0, &mut self.taken);
        }
        let after = window.ring.len();
        let dropped = window.dropped - dropped;
        shard.entries = (shard.entries + after).saturating_sub(before);
        self.evicted(slot.id, dropped);
        let fired = fired?;
        let mut taken = std::mem::take(&mut self.taken);
        taken.sort_by_key(|e| e.seq);
        let joined = self.join(slot, place, m, &taken, fired.measured);
        self.taken = taken;
        joined
    }

    /// Adds entries (in canonical order) to the group's episode, which opens
    /// with them where there is none.
    pub(super) fn join(
        &mut self,
        slot: &Slot,
        place: Place,
        m: &Match<'_>,
        entries: &[Entry],
        measured: f64,
    ) -> Option<Joined> {
        let (uid, now) = (self.uid, self.now(m));
        let group = self.shards.get_mut(place.shard as usize)?.get_mut(place.index)?;
        let Group { children, facts, episode, key, window, .. } = group;
        let below = |e: &Entry| children.iter().find(|c| e.child && c.seq == e.seq && c.base == e.base);
        let opened = episode.is_none();
        let ep = episode.get_or_insert_with(|| {
            let firsts = entries
                .iter()
                .filter(|e| e.base != REDEEMS)
                .map(|e| below(e).and_then(|c| c.evidence().next()).unwrap_or(e.seen()));
            let first = firsts.min_by_key(|f| f.seq).map_or(m.ev, |f| f.ev);
            Box::new(Episode::open(uid + 1, slot, key, &first, m.known))
        });
        if opened {
            self.ids.claim(&mut ep.id);
        }
        let before = Joined { opened, acts: ep.count, records: ep.total, evidence: ep.evidence.len() };
        if let [e] = entries
            && !e.child
        {
            ep.absorb(slot, e, facts.of(e.facts, e.seq));
            ep.stands_alone(slot);
            ep.see(e.seen());
            if let Some(g) = &mut self.grounds {
                g.of(ep.uid, &ep.id).records.push(e.seq);
            }
        } else {
            // What the episodes below listed stood there before the matches that made them; one that
            // went on since tells of its first and last values only, another may tell of all.
            for texts in entries.iter().filter(|e| e.base != REDEEMS).filter_map(below).flat_map(|c| c.facts.iter()) {
                let mut at = [NO_FACT; 4];
                for (kind, (at, text)) in FactKind::ALL.iter().zip(at.iter_mut().zip(texts)) {
                    let got_in = slot.spec.as_ref().is_some_and(|s| entries.iter().any(|e| s.ends(e.base)));
                    let held = Held { entries, got_in, ..Held::by(window.as_ref(), Some(ep)) };
                    *at = facts.intern(*kind, Named::of(text), (m.seq, m.time), held);
                }
                ep.fact(at);
            }
            let mut records = Vec::new();
            // Children may share records: of those not listed, the most that one has.
            let (mut unlisted, mut unlisted_acts) = (0, 0);
            for e in entries {
                let below = below(e).filter(|_| e.base != REDEEMS);
                ep.absorb(slot, e, facts.of(e.facts, e.seq));
                if e.base == REDEEMS {
                    continue;
                }
                let Some(c) = below else {
                    ep.stands_alone(slot);
                    records.push(e.seen());
                    continue;
                };
                ep.also_cut(c.cut);
                let listed: u64 = c.evidence().map(|r| u64::from(r.acts)).sum();
                ep.stands_on(c.uid);
                unlisted = c.total.saturating_sub(c.records() as u64).max(unlisted);
                unlisted_acts = c.count.saturating_sub(listed).max(unlisted_acts);
                records.extend(c.evidence());
            }
            records.sort_by_key(|r| (r.seq, std::cmp::Reverse(r.acts)));
            records.dedup_by_key(|r| r.seq);
            records.iter().for_each(|r| ep.see(*r));
            if let Some(g) = &mut self.grounds {
                let g = g.of(ep.uid, &ep.id);
                g.records.extend(records.iter().map(|r| r.seq));
                g.below.extend(entries.iter().filter(|e| e.base != REDEEMS).filter_map(below).map(|c| c.uid));
            }
            ep.total += unlisted;
            ep.count = ep.count.saturating_add(unlisted_acts);
        }
        ep.measured = ep.measured.max(measured);
        ep.extend(now, slot.cooldown);
        if !opened {
            ep.revision = ep.revision.saturating_add(1);
        }
        let joined = Joined { acts: ep.count - before.acts, records: ep.total - before.records, ..before };
        if opened {
            self.uid += 1;
            self.opened(slot, place, m);
        }
        Some(joined)
    }

    /// What an opened episode means for entities, deadlines and listeners.
    fn opened(&mut self, slot: &Slot, place: Place, m: &Match<'_>) {
        let late = self.options.lateness > 0;
        let Some(group) = self.shards.get_mut(place.shard as usize).and_then(|s| s.get_mut(place.index)) else {
            return;
        };
        let lane = group.lane;
        let Some(mut ep) = group.episode.take() else { return };
        let entities = build::entities(group, &ep);
        if m.known {
            ep.risk = entities.iter().map(|e| self.entities.risk(*e, ep.last)).max().unwrap_or(0);
        }
        let due = (ep.deadline, ep.uid, place);
        if !slot.parents.is_empty() {
            self.redemptions.opened(ep.uid, place);
        }
        if !ep.silent {
            // A full disk makes nothing else more suspicious.
            for e in entities.iter().filter(|_| slot.category == Category::Security && m.known) {
                self.entities.alerted(*e, slot.id, ep.opened, m.order);
            }
            if slot.folds || late {
                self.fold.open(ep.uid, slot, lane, place, &ep.id, About::new(slot, group, &ep));
            }
            let alert = build::alert(slot, group, &ep, &self.entities, AlertState::Open);
            self.out.push(AlertUpdate { alert: Arc::new(alert), closed: false, reopened: None });
        } else if slot.risk {
            for e in &entities {
                self.entities.raise(*e, RISK, m.time, m.order);
            }
        }
        group.episode = Some(ep);
        self.lanes.note(lane, due);
    }

    /// Tells the correlations above.
    fn emit(&mut self, plan: &Plan, slot: &Slot, place: Place, m: &Match<'_>, joined: Joined, depth: usize) {
        if slot.parents.is_empty() || depth >= MAX_CHAIN {
            return;
        }
        let Some(group) = self.at(place) else { return };
        let (Some(ep), Some(spec)) = (&group.episode, &slot.spec) else { return };
        let text = |list: &[u8], n: usize| list.get(n).and_then(|i| group.facts.get(*i)).unwrap_or("").to_owned();
        let lists = [&ep.ips, &ep.users, &ep.hosts, &ep.shown];
        // What came at once with what was seen before tells of that as well.
        let whole = joined.opened || joined.records > 1;
        let facts = if whole {
            let most = lists.iter().map(|l| l.len()).max().unwrap_or(0).max(1);
            (0..most).map(|n| lists.map(|l| text(l, n))).collect()
        } else {
            let [ip, user, host] = m.names.map(|n| n.text.to_owned());
            Arc::from([[ip, user, host, String::new()]])
        };
        let names = spec.group_by.iter().map(|g| g.name.clone());
        let new = ep.evidence.get(joined.evidence..).unwrap_or(&[]);
        let emitted = Emitted {
            uid: ep.uid,
            nowhere: m.is_nowhere(slot),
            values: names.zip(group.values().map(str::to_owned)).collect(),
            evidence: new.iter().take(MAX_CHILD_EVIDENCE).copied().collect(),
            count: joined.acts,
            total: joined.records,
            facts,
            cut: if whole { FactKind::ALL.map(|k| ep.cut(k)) } else { [false; 4] },
        };
        for parent in &slot.parents {
            self.feed(plan, *parent, m, Some(&emitted), depth + 1);
        }
    }
}
