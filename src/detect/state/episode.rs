//! An episode: the matches of one rule for one entity that belong together.
//!
//! Its id is fixed by its first evidence; everything else grows. A silent
//! episode feeds the correlations above and raises no alert.

use rustc_hash::FxHashSet;
use sha2::{Digest, Sha256};
use smallvec::SmallVec;

use crate::alert::{EvidenceRef, MAX_EVIDENCE};
use crate::event::time::SECOND;

use super::entry::{Entry, NO_FACT, REDEEMS, Seen, UNLISTED};
use super::facts::FactKind;
use super::ids;
use super::key;
use super::ledger::Ledger;
use super::pace::Pace;
use super::plan::Slot;

/// Longest episode of a rule that looks back no further than that.
pub(super) const MAX_LENGTH: i64 = 6 * 3_600 * SECOND;
/// An episode whose time lies ahead of its lane closes at the latest this long
/// after its last match by canonical order.
const MAX_AHEAD: i64 = 7 * 86_400 * SECOND;
/// Timespans after which a burst that does not end is how its group works.
const SETTLED: i64 = 30;
/// Episodes below that one remembers.
const MAX_BELOW: usize = 64;
/// Distinct values counted within one episode.
const MAX_VALUES: usize = 10_000;

/// One episode.
#[derive(Debug)]
pub(super) struct Episode {
    /// Number within the run.
    pub uid: u64,
    pub id: String,
    pub silent: bool,
    /// The first evidence has no time: none of its times is one.
    pub untimed: bool,
    pub revision: u32,
    /// The revision that was given out last.
    pub told: u32,
    /// Time of the first evidence in canonical order.
    pub opened: i64,
    /// Earliest time of its evidence: lines of a file need not be in order.
    pub first: i64,
    /// Latest time of its evidence.
    pub last: i64,
    /// Canonical order after which it is closed.
    pub deadline: i64,
    pub evidence: Vec<Seen>,
    /// Records in all.
    pub total: u64,
    /// Acts in all.
    pub count: u64,
    /// What the condition measures: at opening, and kept up where it adds up.
    pub measured: f64,
    /// The most in any timespan: a flood is one however long something slow went before it
    /// under the same alert.
    pace: Pace,
    /// Values counted; of a count of acts, who took some back.
    values: FxHashSet<u64>,
    /// What was counted and taken back, where the rule takes back.
    pub ledger: Option<Box<Ledger>>,
    /// Episodes below that it stands on, the first few.
    below: SmallVec<[u64; 2]>,
    /// It stands on more than these.
    more_below: bool,
    /// All of those were taken back.
    pub baseless: bool,
    pub ips: Vec<u8>,
    pub users: Vec<u8>,
    pub hosts: Vec<u8>,
    pub shown: Vec<u8>,
    /// Of which of these there is more than is listed.
    cut: [bool; 4],
    /// Account of the last step, where the steps have an order: who got in.
    pub(super) ended_by: u8,
    /// Risk of its entities when it opened, in thousandths.
    pub risk: i64,
    last_seq: u64,
}

/// 32 hex digits from the rule, the group and the first evidence; its time is
/// none of it where it is not known.
pub(super) fn alert_id(slot: &Slot, group_key: &[u8], first: &EvidenceRef, known: bool) -> String {
    let mut h = Sha256::new();
    h.update(slot.info.id.as_bytes());
    h.update([0]);
    for v in key::values(group_key) {
        h.update((v.len() as u64).to_le_bytes());
        h.update(v.as_bytes());
    }
    h.update([0]);
    h.update(if known { first.time.0 } else { i64::MIN }.to_le_bytes());
    h.update(first.hash.to_le_bytes());
    ids::hex(&h.finalize())
}

impl Episode {
    /// An episode that starts with that evidence (of the same push, or the first of several).
    pub(super) fn open(uid: u64, slot: &Slot, group_key: &[u8], first: &EvidenceRef, known: bool) -> Self {
        let silent = !slot.alerts;
        Self {
            uid,
            id: if silent { String::new() } else { alert_id(slot, group_key, first, known) },
            silent,
            untimed: !known,
            revision: 1,
            told: 1,
            opened: first.time.0,
            first: first.time.0,
            last: first.time.0,
            deadline: i64::MIN,
            evidence: Vec::new(),
            total: 0,
            count: 0,
            measured: 0.0,
            pace: Pace::default(),
            values: FxHashSet::default(),
            ledger: slot.spec.as_deref().and_then(Ledger::new).map(|l| Box::new(l.whole())),
            below: SmallVec::new(),
            more_below: false,
            baseless: false,
            ips: Vec::new(),
            users: Vec::new(),
            hosts: Vec::new(),
            shown: Vec::new(),
            cut: [false; 4],
            ended_by: NO_FACT,
            risk: 0,
            last_seq: 0,
        }
    }

    /// Whether a match at that time belongs to another episode.
    pub(super) fn over(&self, time: i64, slot: &Slot) -> bool {
        time > self.last.saturating_add(slot.cooldown)
            || time < self.opened.saturating_sub(slot.cooldown)
            || time.saturating_sub(self.opened) > slot.longest
    }

    /// Whether a match at that time joins by itself.
    pub(super) fn near(&self, time: i64, gap: i64) -> bool {
        time <= self.last.saturating_add(gap) && time >= self.opened.saturating_sub(gap)
    }

    /// Adds what a match says, but not its record and acts.
    pub(super) fn absorb(&mut self, slot: &Slot, e: &Entry, facts: [u8; 4]) {
        use super::super::CorrelationKind as K;
        if let Some(ledger) = &mut self.ledger {
            ledger.enter(e);
        }
        if e.base == REDEEMS {
            return;
        }
        self.fact(facts);
        self.last = self.last.max(e.time());
        match slot.spec.as_ref().map(|s| s.kind) {
            Some(K::TemporalOrdered) => {
                let last = slot.spec.as_ref().is_some_and(|s| s.ends(e.base));
                if last && matches!(self.ended_by, NO_FACT | UNLISTED) {
                    self.ended_by = facts[FactKind::User as usize];
                }
            }
            Some(K::EventCount) => {
                self.measured += f64::from(e.weight);
                self.keep_pace(slot, e);
            }
            Some(K::ValueSum) => self.measured += f64::from_bits(e.value),
            Some(K::ValueCount) if self.values.len() < MAX_VALUES => {
                self.values.insert(e.value);
                self.measured = self.values.len() as f64;
            }
            _ => {}
        }
    }

    fn keep_pace(&mut self, slot: &Slot, e: &Entry) {
        let Some(spec) = slot.spec.as_ref() else { return };
        if slot.info.baseline.is_none() && spec.takes_acts().is_none() {
            return;
        }
        let fast = slot.info.baseline.map_or(0.0, |times| times * slot.threshold);
        let enough = spec.takes_acts().map_or(fast, |most| fast.max(most as f64 + 1.0));
        self.pace.add(e.time(), spec.timespan, e.weight, enough);
    }

    /// Notes an episode of a correlation below.
    pub(super) fn stands_on(&mut self, uid: u64) {
        if self.below.contains(&uid) {
            return;
        }
        if self.below.len() < MAX_BELOW {
            self.below.push(uid);
        } else {
            self.more_below = true;
        }
    }

    /// Notes a match that counts by itself, whatever became of the episodes below.
    pub(super) fn stands_alone(&mut self, slot: &Slot) {
        use super::super::CorrelationKind as K;
        let steps = slot.spec.as_ref().is_none_or(|s| matches!(s.kind, K::Temporal | K::TemporalOrdered));
        self.more_below |= !steps;
    }

    /// Episodes of correlations below, where it stands on no more than these.
    pub(super) fn below(&self) -> &[u64] {
        if self.more_below { &[] } else { &self.below }
    }

    /// Whether what looked like a burst went on for so long, at less than so many times
    /// the threshold, that it is the group's own pace: a client or a proxy that was
    /// first seen at work. Faster ones stay what they are however long they take.
    pub(super) fn usual(&self, slot: &Slot) -> bool {
        let Some((times, spec)) = slot.info.baseline.zip(slot.spec.as_ref()) else { return false };
        let span = spec.timespan.max(1);
        let lasted = self.last.saturating_sub(self.opened);
        let fast = times * slot.threshold;
        lasted / span >= SETTLED && self.measured / (lasted as f64 / span as f64) < fast && self.pace.peak() < fast
    }

    /// Takes back what a redeemer says; where it does so once only for whoever it is, not
    /// again, and not for nobody.
    pub(super) fn take_back(&mut self, e: &Entry, who: Option<u64>, once: bool) {
        let Some(ledger) = &mut self.ledger else { return };
        if !once || who.is_some_and(|who| self.values.len() < MAX_VALUES && self.values.insert(who)) {
            ledger.enter(e);
        }
    }

    /// Whether so much was taken back that the condition no longer holds.
    pub(super) fn redeemed(&self, slot: &Slot) -> bool {
        let own = self.ledger.as_ref().zip(slot.spec.as_ref()).is_some_and(|(ledger, spec)| {
            let left = ledger.measured(spec);
            let slow = spec.takes_acts().is_none_or(|most| self.pace.peak() <= most as f64);
            slow && ledger.redeemed().0 >= ledger.at_least() && !spec.bounds.iter().all(|b| b.holds(left))
        });
        own || self.baseless
    }

    /// Adds a record with its acts, unless it was the one added last: the same
    /// record may come by several ways.
    pub(super) fn see(&mut self, record: Seen) {
        if self.total > 0 && record.seq == self.last_seq {
            return;
        }
        self.last_seq = record.seq;
        self.total += 1;
        self.count = self.count.saturating_add(u64::from(record.acts));
        self.last = self.last.max(record.ev.time.0);
        if !self.untimed && record.ev.time.0 >= self.opened.saturating_sub(MAX_LENGTH) {
            self.first = self.first.min(record.ev.time.0);
        }
        if self.evidence.len() < MAX_EVIDENCE {
            self.evidence.push(record);
        }
    }

    /// Whether it and another one would have been one, had all come in order.
    pub(super) fn is_one_with(&self, other: &Self, slot: &Slot) -> bool {
        let touches = |a: &Self, b: &Self| a.opened <= b.last.saturating_add(slot.cooldown);
        let whole = self.last.max(other.last).saturating_sub(self.opened.min(other.opened));
        self.untimed == other.untimed && touches(self, other) && touches(other, self) && whole <= slot.longest
    }

    /// Takes over all that another episode of its group has.
    pub(super) fn unite(&mut self, slot: &Slot, mut other: Self) {
        use super::super::CorrelationKind as K;
        match slot.spec.as_ref().map(|s| s.kind) {
            Some(K::EventCount | K::ValueSum) => self.measured += other.measured,
            Some(K::ValueCount) => {
                let room = MAX_VALUES.saturating_sub(self.values.len());
                self.values.extend(other.values.iter().take(room));
                self.measured = self.measured.max(self.values.len() as f64);
            }
            _ => self.measured = self.measured.max(other.measured),
        }
        self.pace.unite(&other.pace);
        if let (Some(mine), Some(theirs)) = (&mut self.ledger, &other.ledger) {
            mine.unite(theirs);
        }
        for (mine, theirs) in self.lists().into_iter().zip(other.lists()) {
            let new: Vec<u8> = theirs.iter().filter(|i| !mine.contains(i)).copied().collect();
            mine.extend(new);
        }
        self.also_cut(other.cut);
        if matches!(self.ended_by, NO_FACT | UNLISTED) {
            self.ended_by = other.ended_by;
        }
        other.below.iter().for_each(|uid| self.stands_on(*uid));
        self.more_below |= other.more_below;
        self.total += other.total;
        self.count = self.count.saturating_add(other.count);
        self.evidence.append(&mut other.evidence);
        self.evidence.sort_by_key(|e| e.seq);
        self.evidence.truncate(MAX_EVIDENCE);
        self.last_seq = self.last_seq.max(other.last_seq);
        (self.first, self.last) = (self.first.min(other.first), self.last.max(other.last));
        self.risk = self.risk.max(other.risk);
        self.revision = self.revision.saturating_add(1);
    }

    /// Addresses, accounts, machines and what is shown, as the group numbers them.
    pub(super) fn lists(&mut self) -> [&mut Vec<u8>; 4] {
        [&mut self.ips, &mut self.users, &mut self.hosts, &mut self.shown]
    }

    /// Lists an address, an account, a machine and what is shown.
    pub(super) fn fact(&mut self, facts: [u8; 4]) {
        let mut cut = self.cut;
        for ((list, cut), fact) in self.lists().into_iter().zip(&mut cut).zip(facts) {
            if fact == UNLISTED {
                *cut = true;
            } else if fact != NO_FACT && list.last() != Some(&fact) && !list.contains(&fact) {
                list.push(fact);
            }
        }
        self.cut = cut;
    }

    /// What is listed of a kind, in order of appearance.
    pub(super) fn facts(&self, kind: FactKind) -> &[u8] {
        match kind {
            FactKind::Ip => &self.ips,
            FactKind::User => &self.users,
            FactKind::Host => &self.hosts,
            FactKind::Shown => &self.shown,
        }
    }

    /// Notes that there are more than it is told of.
    pub(super) fn also_cut(&mut self, cut: [bool; 4]) {
        self.cut.iter_mut().zip(cut).for_each(|(mine, theirs)| *mine |= theirs);
    }

    /// Whether there is more of a kind than is listed.
    pub(super) fn cut(&self, kind: FactKind) -> bool {
        self.cut[kind as usize]
    }

    /// All facts that it refers to.
    pub(super) fn listed(&self) -> impl Iterator<Item = u8> {
        let lists = [&self.ips, &self.users, &self.hosts, &self.shown];
        lists.into_iter().flatten().copied().chain([self.ended_by])
    }

    /// The account of the last step, else the first account, in the group's facts.
    pub(super) fn user(&self) -> u8 {
        match self.ended_by {
            NO_FACT => self.users.first().copied().unwrap_or(NO_FACT),
            who => who,
        }
    }

    /// The account that the alert is about, where there is one.
    pub(super) fn account(&self) -> u8 {
        if self.users.len() < 2 && !self.cut(FactKind::User) { self.user() } else { self.ended_by }
    }

    /// The first machine, likewise.
    pub(super) fn host(&self) -> u8 {
        self.hosts.first().copied().unwrap_or(NO_FACT)
    }

    /// Sets when it closes if nothing follows.
    pub(super) fn extend(&mut self, order: i64, cooldown: i64) {
        let quiet = self.last.max(order).saturating_add(cooldown);
        self.deadline = self.deadline.max(quiet.min(order.saturating_add(MAX_AHEAD)));
    }
}
