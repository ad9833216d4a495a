//! Episodes of correlations as events for the correlations above them.

use std::sync::Arc;

use super::case;
use super::entry::{Ring, Seen};

/// Evidence of a child that its parent keeps.
pub(super) const MAX_CHILD_EVIDENCE: usize = 256;
/// Rows of addresses, accounts and machines that are kept of one.
const MOST: usize = 160;
/// Children beyond which the ones without an entry are cleared away.
const TIDY: usize = 8;

/// What a correlation says to those above it.
#[derive(Debug, Clone)]
pub(super) struct Emitted {
    /// Number of the episode.
    pub uid: u64,
    /// Its group fields with their values.
    pub values: Vec<(std::sync::Arc<str>, String)>,
    /// It tells machines apart, and none was named.
    pub nowhere: bool,
    /// Evidence so far if the episode just opened, else what is new.
    pub evidence: Arc<[Seen]>,
    /// Acts so far, or those that are new.
    pub count: u64,
    /// Records so far, or those that are new.
    pub total: u64,
    /// Addresses, accounts, machines and what is shown, likewise.
    pub facts: Arc<[[String; 4]]>,
    /// Of which of these there are more.
    pub cut: [bool; 4],
}

/// A child of a group whose entry is still in its window.
#[derive(Debug)]
pub(super) struct Child {
    pub uid: u64,
    /// Push of its entry in the ring; the entry moves as the child goes on.
    pub seq: u64,
    pub base: u16,
    /// What each report brought, shared by all correlations above the same one.
    evidence: Vec<Arc<[Seen]>>,
    /// How much of it counts.
    records: usize,
    pub count: u64,
    pub total: u64,
    pub facts: Arc<[[String; 4]]>,
    /// Of which of these there are more.
    pub cut: [bool; 4],
}

impl Child {
    pub(super) fn new(e: &Emitted, seq: u64, base: u16) -> Self {
        Self {
            uid: e.uid,
            seq,
            base,
            records: e.evidence.len().min(MAX_CHILD_EVIDENCE),
            evidence: vec![Arc::clone(&e.evidence)],
            count: e.count,
            total: e.total,
            facts: Arc::clone(&e.facts),
            cut: e.cut,
        }
    }

    /// Its evidence, the first of it.
    pub(super) fn evidence(&self) -> impl Iterator<Item = Seen> {
        self.evidence.iter().flat_map(|part| part.iter()).take(self.records).copied()
    }

    /// How many records that is.
    pub(super) fn records(&self) -> usize {
        self.records
    }

    /// Adds what is new; its entry is that of push `seq` from now on.
    pub(super) fn grow(&mut self, e: &Emitted, seq: u64) {
        self.seq = seq;
        self.count = self.count.saturating_add(e.count);
        self.total = self.total.saturating_add(e.total);
        let new = e.evidence.len().min(MAX_CHILD_EVIDENCE.saturating_sub(self.records));
        if new > 0 {
            self.records += new;
            self.evidence.push(Arc::clone(&e.evidence));
        }
        self.tell(e);
    }

    /// Adds the addresses, accounts and machines that are new.
    fn tell(&mut self, e: &Emitted) {
        self.cut.iter_mut().zip(e.cut).for_each(|(mine, theirs)| *mine |= theirs);
        let mut added: Vec<[String; 4]> = Vec::new();
        for row in e.facts.iter() {
            let mut new = <[String; 4]>::default();
            for ((kind, text), (new, cut)) in row.iter().enumerate().zip(new.iter_mut().zip(&mut self.cut)) {
                let told = |row: &[String; 4]| row.get(kind).is_some_and(|t| t == text || case::same(t, text));
                if text.is_empty() || self.facts.iter().chain(&added).any(told) {
                    continue;
                }
                if self.facts.len() + added.len() < MOST {
                    new.clone_from(text);
                } else {
                    *cut = true;
                }
            }
            if new.iter().any(|text| !text.is_empty()) {
                added.push(new);
            }
        }
        if !added.is_empty() {
            self.facts = self.facts.iter().cloned().chain(added).collect();
        }
    }
}

/// Forgets children whose entry is gone.
pub(super) fn tidy(children: &mut Vec<Child>, ring: &Ring) {
    if children.len() > TIDY {
        children.retain(|c| ring.iter().any(|e| e.child && e.seq == c.seq && e.base == c.base));
    }
}
