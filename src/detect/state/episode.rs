//! An episode: the matches of one rule for one entity that belong together.
//!
//! Its id is fixed by its first evidence; everything else grows. A silent
//! episode feeds the correlations above and raises no alert.

use rustc_hash::FxHashSet;
use sha2::{Digest, Sha256};

use crate::alert::{EvidenceRef, MAX_EVIDENCE};
use crate::event::time::SECOND;

use super::entry::{Entry, NO_FACT, Seen};
use super::key;
use super::plan::Slot;

/// Longest episode.
pub(super) const MAX_LENGTH: i64 = 6 * 3_600 * SECOND;
/// An episode whose time lies ahead of its lane closes at the latest this long
/// after its last match by canonical order.
const MAX_AHEAD: i64 = 7 * 86_400 * SECOND;
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
    /// Time of the first evidence in canonical order.
    pub opened: i64,
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
    values: FxHashSet<u64>,
    pub ips: Vec<u8>,
    pub user: u8,
    pub host: u8,
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
    let digest = h.finalize();
    let mut id = String::with_capacity(32);
    for b in digest.iter().take(16) {
        for nibble in [b >> 4, b & 15] {
            id.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    id
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
            opened: first.time.0,
            last: first.time.0,
            deadline: i64::MIN,
            evidence: Vec::new(),
            total: 0,
            count: 0,
            measured: 0.0,
            values: FxHashSet::default(),
            ips: Vec::new(),
            user: NO_FACT,
            host: NO_FACT,
            risk: 0,
            last_seq: 0,
        }
    }

    /// Whether a match at that time belongs to another episode.
    pub(super) fn over(&self, time: i64, cooldown: i64) -> bool {
        time > self.last.saturating_add(cooldown)
            || time < self.opened.saturating_sub(cooldown)
            || time.saturating_sub(self.opened) > MAX_LENGTH
    }

    /// Whether a match at that time joins by itself.
    pub(super) fn near(&self, time: i64, gap: i64) -> bool {
        time <= self.last.saturating_add(gap) && time >= self.opened.saturating_sub(gap)
    }

    /// Adds what a match says, but not its record and acts.
    pub(super) fn absorb(&mut self, slot: &Slot, e: &Entry) {
        use super::super::CorrelationKind as K;
        self.fact(e.facts);
        self.last = self.last.max(e.time());
        match slot.spec.as_ref().map(|s| s.kind) {
            Some(K::EventCount) => self.measured += f64::from(e.weight),
            Some(K::ValueSum) => self.measured += f64::from_bits(e.value),
            Some(K::ValueCount) if self.values.len() < MAX_VALUES => {
                self.values.insert(e.value);
                self.measured = self.values.len() as f64;
            }
            _ => {}
        }
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
        if self.evidence.len() < MAX_EVIDENCE {
            self.evidence.push(record);
        }
    }

    /// Lists an address, an account and a machine.
    pub(super) fn fact(&mut self, facts: [u8; 3]) {
        let [ip, user, host] = facts;
        if ip != NO_FACT && self.ips.last() != Some(&ip) && !self.ips.contains(&ip) {
            self.ips.push(ip);
        }
        if self.user == NO_FACT {
            self.user = user;
        }
        if self.host == NO_FACT {
            self.host = host;
        }
    }

    /// Sets when it closes if nothing follows.
    pub(super) fn extend(&mut self, order: i64, cooldown: i64) {
        let quiet = self.last.max(order).saturating_add(cooldown);
        self.deadline = self.deadline.max(quiet.min(order.saturating_add(MAX_AHEAD)));
    }
}
