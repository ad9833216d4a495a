//! Matching of batches: one [`Matcher`] per thread.
//!
//! For each event the slots that wake rules are searched (or remembered), each
//! found predicate wakes the rules it is the rarest part of, and only woken
//! rules are evaluated. Other slots are searched when a program asks for them.
//! Nothing is allocated for an event without a match once buffers have grown.

mod event;
mod known;
mod late;
mod memo;
mod partition;
mod relation;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::event::{Batch, FieldId, Logsource, ValueKind};

use super::compile::bits::Bits;
use super::compile::index::Scan;
use super::compile::preds::{RAW, SlotId};
use super::compile::program::Facts;
use super::compile::{BY_EVENT, Compilation};
use super::{FieldRef, Hit, OvField, RuleIdx, RuleSet};

use event::View;
use known::Known;
use late::{Late, Trial};
use memo::{Found, Memo};
use partition::{MANY, Partition};
pub(super) use relation::related;

/// Most logsources whose share of the rules is kept.
const MAX_PARTITIONS: usize = 1_024;
/// So many predicates of a slot that was not searched are tried one by one.
const FEW: u32 = 256;
/// Records with more fields may have some that do not stand in their raw text.
const MANY_FIELDS: usize = 2_048;

/// Matches batches against a rule set; holds the scratch of one thread.
#[derive(Debug)]
pub struct Matcher {
    rules: Arc<RuleSet>,
    partitions: FxHashMap<Logsource, Arc<Partition>>,
    work: Work,
    matched: Vec<RuleIdx>,
    /// How many partitions were made.
    shares: u32,
}

/// What is known about the event at hand.
#[derive(Debug)]
struct Work {
    scan: Scan,
    memo: Memo,
    known: Known,
    late: Late,
    truth: Bits,
    held: Vec<u32>,
    searched: Bits,
    searched_list: Vec<SlotId>,
    woken: Bits,
    woken_list: Vec<u32>,
}

impl Matcher {
    /// A matcher of a rule set.
    #[must_use]
    pub fn new(rules: &Arc<RuleSet>) -> Self {
        let c = rules.compiled();
        let work = Work {
            scan: c.scan(c.preds.len()),
            memo: Memo::new(c.slots.len()),
            known: Known::default(),
            late: Late::default(),
            truth: Bits::new(c.preds.len()),
            held: Vec::new(),
            searched: Bits::new(c.slots.len()),
            searched_list: Vec::new(),
            woken: Bits::new(c.rules.len()),
            woken_list: Vec::new(),
        };
        Self { rules: Arc::clone(rules), partitions: FxHashMap::default(), work, matched: Vec::new(), shares: 0 }
    }

    /// The rule set.
    #[must_use]
    pub fn rules(&self) -> &Arc<RuleSet> {
        &self.rules
    }

    /// Appends the hits of a parsed batch, sorted by record, then rule.
    pub fn match_batch(&mut self, batch: &Batch, hits: &mut Vec<Hit>) {
        let rules = Arc::clone(&self.rules);
        let own = rules.schema_ref();
        let foreign = batch.schema.as_ref().filter(|s| !Arc::ptr_eq(s, own));
        let c = rules.compiled();
        if c.rules.is_empty() {
            return;
        }
        self.work.known.begin_batch(if foreign.is_some() { 0 } else { batch.memory });
        // Neighbours mostly have the same logsource.
        let mut last: Option<(Logsource, Arc<Partition>)> = None;
        for e in batch.events() {
            let mut logsource = e.rec.logsource;
            if let Some(other) = foreign {
                let name = |s| other.sym_name(s);
                logsource = own.logsource(name(logsource.product), name(logsource.category), name(logsource.service));
            }
            if last.as_ref().is_none_or(|(l, _)| *l != logsource) {
                last = Some((logsource, self.partition(c, logsource)));
            }
            let Some((_, partition)) = &last else { continue };
            if partition.empty {
                continue;
            }
            let view = View { e, foreign: foreign.map(|_| &**own) };
            self.work.event(c, partition, view, &mut self.matched);
            if !self.matched.is_empty() {
                self.matched.sort_unstable();
                let record = e.index as u32;
                hits.extend(self.matched.drain(..).map(|rule| Hit { record, rule }));
            }
        }
    }

    /// The share of the rules for a logsource, made when it is first seen.
    fn partition(&mut self, c: &Compilation, logsource: Logsource) -> Arc<Partition> {
        if self.partitions.len() >= MAX_PARTITIONS {
            self.partitions.clear();
        }
        let shares = &mut self.shares;
        Arc::clone(self.partitions.entry(logsource).or_insert_with(|| {
            *shares += 1;
            Arc::new(Partition::new(c, logsource, *shares))
        }))
    }
}

impl Work {
    fn event(&mut self, c: &Compilation, p: &Partition, view: View<'_>, matched: &mut Vec<RuleIdx>) {
        self.wake(c, p, view);
        if !self.woken_list.is_empty() || !p.always.is_empty() {
            let mut woken = std::mem::take(&mut self.woken_list);
            for at in woken.iter().chain(&p.always) {
                if let Some(rule) = c.rules.get(*at as usize)
                    && (rule.simple || c.programs.eval(rule.root, &mut Asking { work: self, c, p, view }))
                {
                    matched.push(rule.rule);
                }
            }
            for at in woken.drain(..) {
                self.woken.remove(at);
            }
            self.woken_list = woken;
            self.late.clear();
        }
        for pred in self.held.drain(..) {
            self.truth.remove(pred);
        }
        for slot in self.searched_list.drain(..) {
            self.searched.remove(u32::from(slot));
        }
    }

    /// Searches the slots that wake rules.
    fn wake(&mut self, c: &Compilation, p: &Partition, view: View<'_>) {
        let e = view.e;
        for (slot, overlay) in &p.overlay {
            let table = match overlay {
                OvField::Text(ov) => {
                    if let Some(v) = e.ov(*ov) {
                        self.value(c, Some(p), *slot, v);
                        self.mark(*slot);
                    }
                    continue;
                }
                OvField::EventType => e.rec.event_type as usize,
                OvField::Outcome => e.rec.outcome as usize,
                OvField::Severity => e.rec.severity as usize,
                OvField::Timestamp => continue,
            };
            for pred in c.typed.get(usize::from(*slot)).and_then(|t| t.get(table)).into_iter().flatten() {
                self.hold(c, Some(p), *pred);
            }
            self.mark(*slot);
        }
        let known = self.known.is_of(e.batch.memory);
        if p.fields {
            for f in e.fields() {
                let id = view.field_id(f);
                if id == FieldId::UNKNOWN || f.kind == ValueKind::Null {
                    continue;
                }
                let only = p.only.get(usize::from(id.0)).copied().unwrap_or(0);
                if only != MANY {
                    if only != 0 {
                        let same = if known { f.same } else { 0 };
                        self.field(c, p, only, e.batch.value(f.value), same);
                    }
                    continue;
                }
                for slot in c.by_field.get(usize::from(id.0)).into_iter().flatten() {
                    // An overlay value goes before the original of its name.
                    let shadowed = self.searched.has(u32::from(*slot)) && p.overlay.iter().any(|(s, _)| s == slot);
                    if p.eager.has(u32::from(*slot)) && !shadowed {
                        self.value(c, Some(p), *slot, e.batch.value(f.value));
                        if p.mapped.iter().any(|(s, _)| s == slot) {
                            self.mark(*slot);
                        }
                    }
                }
            }
        }
        for (slot, overlay) in &p.mapped {
            if !self.searched.has(u32::from(*slot)) {
                let field = FieldRef { overlay: Some(*overlay), original: FieldId::UNKNOWN, original_first: false };
                if let Some(v) = field.read_overlay(e) {
                    self.value(c, Some(p), *slot, v);
                }
            }
        }
        if p.raw {
            self.raw(c, p, view);
        }
    }

    /// Searches the record as a whole, where it may hold a keyword: in a
    /// structured one only values that were not looked at before.
    fn raw(&mut self, c: &Compilation, p: &Partition, view: View<'_>) {
        let (e, raw) = (view.e, view.e.raw());
        let keywords = p.keywords.as_ref().filter(|_| e.fields().len() <= MANY_FIELDS);
        if let Some(keywords) = keywords
            && self.known.is_of(e.batch.memory)
            && raw.starts_with('{')
            && !e.fields().is_empty()
        {
            for f in e.fields() {
                if self.known.is_clean(f.same, p.number) {
                    continue;
                }
                let value = e.batch.value(f.value);
                if keywords.may_hold_value(value) {
                    self.value(c, Some(p), RAW, value);
                } else {
                    self.known.keep_clean(f.same, p.number);
                }
            }
            return;
        }
        if keywords.is_none_or(|k| k.may_hold(raw))
            && let Some(slot) = c.slots.get(usize::from(RAW))
        {
            view.values(slot, |v| self.value(c, Some(p), RAW, v));
        }
    }

    /// As [`Work::value`], for a value that may have a number.
    #[inline]
    fn field(&mut self, c: &Compilation, p: &Partition, slot: SlotId, value: &str, same: u32) {
        let Self { known, truth, held, woken, woken_list, .. } = self;
        if let Some(found) = known.found(same, slot) {
            for pred in found {
                hold(c, Some(p), *pred, truth, held, woken, woken_list);
            }
            return;
        }
        self.numbered(c, Some(p), slot, value, same);
    }

    fn mark(&mut self, slot: SlotId) {
        if self.searched.add(u32::from(slot)) {
            self.searched_list.push(slot);
        }
    }

    /// Finds what holds for a value of a slot; wakes rules if a partition is given.
    fn value(&mut self, c: &Compilation, p: Option<&Partition>, slot: SlotId, value: &str) {
        self.numbered(c, p, slot, value, 0);
    }

    /// As [`Work::value`], for a value with a number of which nothing is known.
    fn numbered(&mut self, c: &Compilation, p: Option<&Partition>, slot: SlotId, value: &str, same: u32) {
        let place = {
            let Self { memo, known, truth, held, woken, woken_list, .. } = self;
            match memo.get(slot, value) {
                Ok(found) => {
                    found.each(|pred| hold(c, p, pred, truth, held, woken, woken_list));
                    known.keep(same, slot, found);
                    return;
                }
                Err(new) => new,
            }
        };
        let Some(index) = c.indexes.get(usize::from(slot)) else { return };
        index.search(value, &mut self.scan);
        let Self { memo, known, scan, truth, held, woken, woken_list, .. } = self;
        if let Some(place) = place {
            memo.put(place, slot, value, &scan.found);
        }
        known.keep(same, slot, Found::Far(&scan.found));
        for pred in &scan.found {
            hold(c, p, *pred, truth, held, woken, woken_list);
        }
    }

    fn hold(&mut self, c: &Compilation, p: Option<&Partition>, pred: u32) {
        hold(c, p, pred, &mut self.truth, &mut self.held, &mut self.woken, &mut self.woken_list);
    }

    /// Searches a slot that wakes no rule here, now that a program asks for it.
    #[cold]
    #[inline(never)]
    fn search_late(&mut self, c: &Compilation, view: View<'_>, slot: SlotId) {
        let Some(reads) = c.slots.get(usize::from(slot)) else { return };
        self.mark(slot);
        view.values(reads, |v| self.value(c, None, slot, v));
    }
}

/// A program's view of the event at hand.
struct Asking<'w> {
    work: &'w mut Work,
    c: &'w Compilation,
    p: &'w Partition,
    view: View<'w>,
}

impl Facts for Asking<'_> {
    #[inline]
    fn pred(&mut self, pred: u32) -> bool {
        if self.work.truth.has(pred) {
            return true;
        }
        let slot = self.c.pred_slots.get(pred as usize).copied().unwrap_or(0);
        if slot & BY_EVENT != 0 {
            return self.by_event(pred);
        }
        let slot = slot as SlotId;
        if self.p.eager.has(u32::from(slot)) || self.work.searched.has(u32::from(slot)) {
            return false;
        }
        self.late(slot, pred)
    }

    #[inline]
    fn decided(&mut self, slot: SlotId, many: u32) -> bool {
        if self.p.eager.has(u32::from(slot)) || self.work.searched.has(u32::from(slot)) {
            return true;
        }
        let search = many > FEW;
        if search {
            self.work.search_late(self.c, self.view, slot);
        }
        search
    }

    #[inline]
    fn word(&self, word: u32) -> u64 {
        self.work.truth.word(word)
    }
}

impl Asking<'_> {
    /// Whether a predicate holds in a slot that was not searched.
    #[inline(never)]
    fn late(&mut self, slot: SlotId, pred: u32) -> bool {
        let Work { late, memo, .. } = &mut *self.work;
        match late.attempt(self.c, self.view, slot, pred, memo) {
            Trial::Holds(holds) => {
                if holds {
                    self.work.hold(self.c, None, pred);
                }
                holds
            }
            Trial::Nothing => {
                self.work.mark(slot);
                false
            }
            Trial::Search => {
                self.work.search_late(self.c, self.view, slot);
                self.work.truth.has(pred)
            }
        }
    }

    #[cold]
    fn by_event(&self, pred: u32) -> bool {
        let Some((slot, op)) = self.c.preds.get(pred as usize) else { return false };
        let Some(reads) = self.c.slots.get(usize::from(*slot)) else { return false };
        relation::holds(self.view, &self.c.slots, reads, op)
    }
}

#[inline]
fn hold(
    c: &Compilation,
    p: Option<&Partition>,
    pred: u32,
    truth: &mut Bits,
    held: &mut Vec<u32>,
    woken: &mut Bits,
    woken_list: &mut Vec<u32>,
) {
    if !truth.add(pred) {
        return;
    }
    held.push(pred);
    // Most of what holds concerns the rules of other logsources.
    let Some(p) = p.filter(|p| p.waking.has(pred)) else { return };
    for rule in c.wakes(pred) {
        if p.rules.has(*rule) && woken.add(*rule) {
            woken_list.push(*rule);
        }
    }
}
