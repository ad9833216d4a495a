//! Matching of batches: one [`Matcher`] per thread.
//!
//! For each event the slots that wake rules are searched (or remembered). Where
//! events before had the same in them, what the rules made of those says what to
//! ask of this one (`shapes`). Else each found predicate wakes the rules it is the
//! rarest part of, and only woken rules are evaluated. Other slots are searched when
//! a program asks for them.
//! Nothing is allocated for an event without a match once buffers have grown.

mod asking;
mod event;
mod known;
mod late;
mod memo;
mod partition;
mod relation;
mod sets;
mod shapes;
mod values;

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::event::{Batch, FieldId, Logsource};

use super::compile::Compilation;
use super::compile::bits::Bits;
use super::compile::index::Scan;
use super::compile::preds::SlotId;
use super::{FieldRef, Hit, OvField, RuleIdx, RuleSet};

use event::View;
use known::Known;
use late::Late;
use memo::Memo;
use partition::Partition;
pub(super) use relation::related;
use sets::Sets;
use shapes::Shapes;

/// Most logsources whose share of the rules is kept.
const MAX_PARTITIONS: usize = 1_024;
/// Sets and shapes are kept for so many events even if there is no room for more.
const LASTING: usize = 1 << 16;
/// So many predicates hold for few values together.
const LARGE: usize = 24;
/// Of a part of an event's key: it is a word of the overlay, not a set.
const TYPED: u32 = 1 << 31;

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
    /// What the values of the event satisfy, as numbers of sets, and of words of the
    /// overlay ([`TYPED`]).
    key: Vec<u32>,
    /// What they satisfy beside that.
    more: Vec<u32>,
    sets: Sets,
    shapes: Shapes,
    /// Events since the shapes were forgotten.
    age: usize,
    /// What rules asked of the event, with the answers.
    asked: Vec<(u32, bool)>,
    asked_mark: Bits,
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
            key: Vec::new(),
            more: Vec::new(),
            sets: Sets::default(),
            shapes: Shapes::default(),
            age: 0,
            asked: Vec::new(),
            asked_mark: Bits::new(c.preds.len()),
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
        self.match_part(batch, 0..batch.records.len(), hits);
    }

    /// The same for some of the batch's records.
    pub fn match_part(&mut self, batch: &Batch, part: Range<usize>, hits: &mut Vec<Hit>) {
        let rules = Arc::clone(&self.rules);
        let own = rules.schema_ref();
        let foreign = batch.schema.as_ref().filter(|s| !Arc::ptr_eq(s, own));
        let c = rules.compiled();
        if c.rules.is_empty() {
            return;
        }
        self.work.begin_batch(if foreign.is_some() { 0 } else { batch.memory }, part.len(), c);
        // Neighbours mostly have the same logsource.
        let mut last: Option<(Logsource, Arc<Partition>)> = None;
        for e in batch.events_of(part) {
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
        if let Some(known) = self.partitions.get(&logsource) {
            return Arc::clone(known);
        }
        if self.partitions.len() >= MAX_PARTITIONS {
            self.partitions.clear();
        }
        self.shares += 1;
        let mut new = Partition::new(c, logsource, self.shares);
        let alike = |other: &&Arc<Partition>| match (&new.keywords, &other.keywords) {
            (Some(a), Some(b)) => a.is_like(b),
            _ => false,
        };
        if let Some(other) = self.partitions.values().find(alike) {
            new.words = other.words;
        }
        let new = Arc::new(new);
        self.partitions.insert(logsource, Arc::clone(&new));
        new
    }
}

impl Work {
    /// Makes room where there is none left.
    fn begin_batch(&mut self, memory: u64, events: usize, c: &Compilation) {
        self.known.begin_batch(memory);
        self.age += events;
        if self.sets.is_full() && self.age > LASTING {
            self.sets.clear();
            self.known.clear();
            self.memo = Memo::new(c.slots.len());
            self.shapes.clear();
            self.age = 0;
        }
        if self.shapes.is_full() && self.age > LASTING {
            self.shapes.clear();
            self.age = 0;
        }
    }

    fn event(&mut self, c: &Compilation, p: &Partition, view: View<'_>, matched: &mut Vec<RuleIdx>) {
        self.key.clear();
        self.more.clear();
        self.wake(c, p, view);
        let nothing = self.key.is_empty() && self.more.is_empty() && p.always.is_empty();
        if !nothing && !self.as_before(c, p, view, matched) {
            self.clear();
            self.anew(c, p, view, matched);
        }
        self.clear();
    }

    /// Forgets what was found out about the event, but for what woke rules.
    #[inline]
    fn clear(&mut self) {
        self.late.clear();
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
                        self.note(c, *slot, v, 0);
                        self.mark(*slot);
                    }
                    continue;
                }
                OvField::EventType => e.rec.event_type as usize,
                OvField::Outcome => e.rec.outcome as usize,
                OvField::Severity => e.rec.severity as usize,
                OvField::Timestamp => continue,
            };
            self.key.push(TYPED | u32::from(*slot) << 8 | table as u32);
            self.mark(*slot);
        }
        self.fields(c, p, view);
        for (slot, overlay) in &p.mapped {
            if !self.searched.has(u32::from(*slot)) {
                let field = FieldRef { overlay: Some(*overlay), original: FieldId::UNKNOWN, original_first: false };
                if let Some(v) = field.read_overlay(e) {
                    self.note(c, *slot, v, 0);
                }
            }
        }
        if p.raw {
            self.raw(c, p, view);
        }
    }

    fn mark(&mut self, slot: SlotId) {
        if self.searched.add(u32::from(slot)) {
            self.searched_list.push(slot);
        }
    }

    /// What holds for a value of a slot, as the number of a set; `None` if it has
    /// none and stands in `scan`. `same` is the value's number, if it has one.
    fn search(&mut self, c: &Compilation, slot: SlotId, value: &str, same: u32) -> Option<u32> {
        let place = match self.memo.get(slot, value) {
            Ok(set) => {
                self.known.keep(same, slot, set);
                return Some(set);
            }
            Err(new) => new,
        };
        let Some(index) = c.indexes.get(usize::from(slot)) else { return Some(sets::EMPTY) };
        index.search(value, &mut self.scan);
        // Much of what holds together comes together once, if its value does.
        let once = same == 0 && place.is_none() && self.scan.found.len() > LARGE;
        let set = if once { None } else { self.sets.number(&mut self.scan.found) };
        if let Some(set) = set {
            self.known.keep(same, slot, set);
            if let Some(place) = place {
                self.memo.put(place, slot, value, set);
            }
        }
        set
    }

    /// Notes what holds for a value of a slot that wakes rules.
    fn note(&mut self, c: &Compilation, slot: SlotId, value: &str, same: u32) {
        let set = self.search(c, slot, value, same);
        self.take(set);
    }

    /// Notes a set, or what was found just now.
    #[inline]
    fn take(&mut self, set: Option<u32>) {
        match set {
            Some(sets::EMPTY) => {}
            Some(set) => self.key.push(set),
            None => self.more.extend_from_slice(&self.scan.found),
        }
    }

    fn hold(&mut self, pred: u32) {
        if self.truth.add(pred) {
            self.held.push(pred);
        }
    }

    /// Searches a slot that wakes no rule here, now that a program asks for it.
    #[cold]
    #[inline(never)]
    fn search_late(&mut self, c: &Compilation, view: View<'_>, slot: SlotId) {
        let Some(reads) = c.slots.get(usize::from(slot)) else { return };
        self.mark(slot);
        view.values(reads, |v| {
            let set = self.search(c, slot, v, 0);
            let Self { sets, scan, truth, held, .. } = self;
            for pred in set.map_or(&*scan.found, |set| sets.get(set)) {
                if truth.add(*pred) {
                    held.push(*pred);
                }
            }
        });
    }
}
