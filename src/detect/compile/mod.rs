//! All rules compiled into one index: slots, predicates, programs, triggers.

pub mod automaton;
pub mod bits;
pub mod cidr;
pub mod edges;
pub mod expr;
pub mod gates;
pub mod grams;
pub mod guard;
pub mod index;
pub mod keywords;
pub mod lazy_regex;
pub mod literals;
pub mod preds;
pub mod program;
pub mod run;
pub mod trigger;

use crate::detect::logsource::RuleLogsource;
use crate::detect::{OvField, RuleIdx};
use crate::event::{EventType, FieldId, Outcome, Severity};

use bits::Bits;
use expr::Expr;
use gates::Gates;
use index::{IndexBuilder, Scan, SlotIndex};
use preds::{Op, Preds, Slot, SlotId};
use program::Programs;

/// Bit of [`Compilation::pred_slots`]: no single value decides the predicate.
pub const BY_EVENT: u32 = 1 << 31;

/// A detection ready to be compiled.
#[derive(Debug)]
pub struct Source {
    /// The rule.
    pub rule: RuleIdx,
    /// Its events.
    pub logsource: RuleLogsource,
    /// Its expression.
    pub expr: Expr,
}

/// A compiled detection.
#[derive(Debug)]
pub struct Compiled {
    /// The rule.
    pub rule: RuleIdx,
    /// Its events.
    pub logsource: RuleLogsource,
    /// Root of its program.
    pub root: u32,
    /// Slots that must be searched for the rule to be woken.
    pub slots: Vec<SlotId>,
    /// Whether it is tried on every event of its logsource.
    pub always: bool,
    /// Whether being woken is all it takes to match.
    pub simple: bool,
    /// Its predicates about the record as a whole.
    pub keywords: Vec<u32>,
}

/// The compiled rule set.
#[derive(Debug, Default)]
pub struct Compilation {
    /// What the slots read.
    pub slots: Vec<Slot>,
    /// Their indexes.
    pub indexes: Vec<SlotIndex>,
    /// For typed overlay slots: found predicates by the value's number.
    pub typed: Vec<Vec<Vec<u32>>>,
    /// Slots that read an original field, by its id.
    pub by_field: Vec<Vec<SlotId>>,
    /// The predicates.
    pub preds: Vec<(SlotId, Op)>,
    /// The slot of each predicate; [`BY_EVENT`] is added where its index does
    /// not decide it. Kept apart from `preds` because it is read all the time.
    pub pred_slots: Vec<u32>,
    /// What must stand in a value for a predicate to be tried on it.
    pub gates: Gates,
    /// The programs.
    pub programs: Programs,
    /// The detections, in rule order.
    pub rules: Vec<Compiled>,
    /// Predicate → detections (positions in `rules`) it wakes.
    wakes: Vec<(u32, u32)>,
    wake_list: Vec<u32>,
}

impl Compilation {
    /// Compiles expressions; `fields` is the number of interned names.
    #[must_use]
    pub fn new(mut preds: Preds, sources: Vec<Source>, fields: usize) -> Self {
        for s in &sources {
            let mut mine = Vec::new();
            s.expr.each_pred(&mut |p| mine.push(p));
            mine.sort_unstable();
            mine.dedup();
            for p in mine {
                if let Some(u) = preds.uses.get_mut(p as usize) {
                    *u += 1;
                }
            }
        }
        let triggers: Vec<Option<Vec<u32>>> =
            sources.iter().map(|s| trigger::choose(&s.expr, &preds).map(|t| t.1)).collect();
        let mut waking = Bits::new(preds.list.len());
        triggers.iter().flatten().flatten().for_each(|p| {
            waking.add(*p);
        });
        preds.split(&waking);
        let mut c = Self::default();
        // Which predicate wakes which rule, until it is known how many each wakes.
        let mut wakes: Vec<(u32, u32)> = Vec::new();
        for (at, (s, trigger)) in sources.into_iter().zip(triggers).enumerate() {
            let root = c.programs.add(&s.expr, &preds);
            let mut slots = Vec::new();
            for p in trigger.iter().flatten() {
                if let Some((slot, _)) = preds.list.get(*p as usize) {
                    wakes.push((*p, at as u32));
                    slots.push(*slot);
                }
            }
            slots.sort_unstable();
            slots.dedup();
            let simple = match &s.expr {
                Expr::Pred(_) => true,
                Expr::Or(parts) => parts.iter().all(|p| matches!(p, Expr::Pred(_))),
                _ => false,
            };
            let always = trigger.is_none();
            let simple = simple && !always;
            let mut keywords = Vec::new();
            s.expr.each_pred(&mut |p| {
                if preds.list.get(p as usize).is_some_and(|(slot, _)| *slot == preds::RAW) {
                    keywords.push(p);
                }
            });
            c.rules.push(Compiled { rule: s.rule, logsource: s.logsource, root, slots, always, simple, keywords });
        }
        wakes.sort_unstable();
        wakes.dedup();
        c.wakes = vec![(0, 0); preds.list.len()];
        for (at, (pred, _)) in (0..).zip(&wakes) {
            if let Some((start, len)) = c.wakes.get_mut(*pred as usize) {
                *start = if *len == 0 { at } else { *start };
                *len += 1;
            }
        }
        c.wake_list = wakes.iter().map(|(_, rule)| *rule).collect();
        drop(wakes);
        c.index(preds, fields);
        c
    }

    fn index(&mut self, mut preds: Preds, fields: usize) {
        let mut builders: Vec<IndexBuilder> = preds.slots.iter().map(|_| IndexBuilder::default()).collect();
        for (i, (slot, op)) in preds.list.iter().enumerate() {
            if let Some(b) = builders.get_mut(usize::from(*slot)) {
                b.add(i as u32, op, preds.regexes.remove(&(i as u32)));
            }
        }
        self.indexes = builders.into_iter().map(IndexBuilder::build).collect();
        self.by_field = vec![Vec::new(); fields];
        self.typed = vec![Vec::new(); preds.slots.len()];
        let mut scan = self.scan(preds.list.len());
        for (i, slot) in preds.slots.iter().enumerate() {
            let Slot::Field(f) = slot else { continue };
            let id = i as SlotId;
            if f.original != FieldId::UNKNOWN
                && let Some(list) = self.by_field.get_mut(usize::from(f.original.0))
            {
                list.push(id);
            }
            let names: Vec<&str> = match f.overlay {
                Some(OvField::EventType) => EventType::ALL.iter().map(|v| v.as_str()).collect(),
                Some(OvField::Outcome) => Outcome::ALL.iter().map(|v| v.as_str()).collect(),
                Some(OvField::Severity) => Severity::ALL.iter().map(|v| v.as_str()).collect(),
                _ => continue,
            };
            if let Some(index) = self.indexes.get(i) {
                let table = names.into_iter().map(|n| {
                    index.search(n, &mut scan);
                    scan.found.clone()
                });
                if let Some(place) = self.typed.get_mut(i) {
                    *place = table.collect();
                }
            }
        }
        self.slots = preds.slots;
        let flag = |op: &Op| if op.by_value() { 0 } else { BY_EVENT };
        self.pred_slots = preds.list.iter().map(|(slot, op)| u32::from(*slot) | flag(op)).collect();
        self.gates = Gates::new(preds.list.len());
        self.preds = preds.list;
    }

    /// Search memory that fits.
    #[must_use]
    pub fn scan(&self, preds: usize) -> Scan {
        Scan::new(preds, self.indexes.iter().map(SlotIndex::dear_len).max().unwrap_or(0))
    }

    /// The detections that a predicate wakes.
    #[must_use]
    #[inline]
    pub fn wakes(&self, pred: u32) -> &[u32] {
        let (start, len) = self.wakes.get(pred as usize).copied().unwrap_or((0, 0));
        self.wake_list.get(start as usize..(start + len) as usize).unwrap_or(&[])
    }
}
