//! The table of distinct predicates: (slot, operation), each evaluated once
//! per event whatever the number of rules that ask for it.

use std::hash::{Hash, Hasher};

use regex::Regex;
use rustc_hash::{FxHashMap, FxHasher};

use crate::detect::FieldRef;
use crate::detect::sigma::ast::{Cmp, Net, Place, TimePart};
use crate::detect::sigma::glob::{Part, Pattern};

use super::bits::Bits;
use super::guard::{self, Shape};
use super::lazy_regex::LazyRegex;

/// Largest compiled regular expression, in bytes.
const REGEX_SIZE: usize = 4 << 20;
/// Expressions estimated to be larger than this are compiled when their rule is
/// read, so that it is refused if one is too large.
const SMALL_REGEX: usize = 256 << 10;
/// Most regular expressions of a rule set.
const MAX_REGEXES: usize = 5_000;
/// Most that those of one rule take in all, about, in bytes.
const RULE_REGEXES: usize = 16 << 20;
/// Most that those of a rule set take in all, about, in bytes.
const ALL_REGEXES: usize = 128 << 20;

/// Longest regular expression, in bytes.
const LONGEST_REGEX: usize = 20_000;

/// Position of a slot.
pub type SlotId = u16;
/// The slot of keywords: the record as a whole.
pub const RAW: SlotId = 0;

/// What a slot reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The record: its text, or the values of a structured record.
    Raw,
    /// A field.
    Field(FieldRef),
}

impl Slot {
    /// Whether it reads one of the overlay's words, which need no search.
    #[must_use]
    pub const fn is_typed(&self) -> bool {
        use crate::detect::OvField as O;
        let Self::Field(f) = self else { return false };
        matches!(f.overlay, Some(O::EventType | O::Outcome | O::Severity | O::Timestamp))
    }
}

/// What is asked of a slot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Op {
    /// A value matches the pattern (folded unless `cased`).
    Str {
        /// The pattern.
        pattern: Pattern,
        /// Whether case counts.
        cased: bool,
    },
    /// A value is the number, or written like it.
    Num {
        /// As written, folded.
        text: String,
        /// [`Number::bits`](crate::detect::sigma::value::Number::bits).
        bits: (u64, i64),
    },
    /// A regular expression finds something in a value.
    Regex(String),
    /// A value is an address in the network.
    Cidr(Net),
    /// A value compares to the number (its bits).
    Compare(Cmp, (u64, i64)),
    /// The field is there, if only as null.
    Exists,
    /// The field has a value that is not null.
    Present,
    /// A part of the time is that, or compares so to it.
    Time(TimePart, Option<Cmp>, i64),
    /// A relation to another slot of the same event.
    Field {
        /// The other slot.
        other: SlotId,
        /// The relation.
        place: Place,
        /// Whether case counts.
        cased: bool,
    },
}

impl Op {
    /// Whether it is decided by a value alone, and so by the slot's index.
    #[must_use]
    pub const fn by_value(&self) -> bool {
        matches!(self, Self::Str { .. } | Self::Num { .. } | Self::Regex(_) | Self::Cidr(_) | Self::Compare(..))
    }

    /// Whether values are searched for it from end to end.
    #[must_use]
    pub fn searched(&self) -> bool {
        match self {
            Self::Str { pattern, .. } => pattern.plain().is_none(),
            Self::Regex(_) => true,
            _ => false,
        }
    }
}

/// Slots and predicates under construction.
#[derive(Debug, Default)]
pub struct Preds {
    /// The slots.
    pub slots: Vec<Slot>,
    slot_ids: FxHashMap<Slot, SlotId>,
    /// The predicates.
    pub list: Vec<(SlotId, Op)>,
    ids: FxHashMap<u64, u32>,
    /// How many rules use each.
    pub uses: Vec<u32>,
    /// Expressions by predicate.
    pub regexes: FxHashMap<u32, LazyRegex>,
    /// The slots that wake rules, after [`Preds::split`].
    eager: Vec<bool>,
    /// Bytes that the expressions take, about: all, and those of the rule at hand.
    spent: (usize, usize),
}

impl Preds {
    /// An empty table; slot [`RAW`] is there.
    #[must_use]
    pub fn new() -> Self {
        let mut p = Self::default();
        p.slots.push(Slot::Raw);
        p.slot_ids.insert(Slot::Raw, RAW);
        p
    }

    /// The slot of a field; `None` if there are too many.
    pub fn slot(&mut self, field: FieldRef) -> Option<SlotId> {
        let slot = Slot::Field(field);
        if let Some(id) = self.slot_ids.get(&slot) {
            return Some(*id);
        }
        let id = SlotId::try_from(self.slots.len()).ok().filter(|i| *i < SlotId::MAX)?;
        self.slots.push(slot);
        self.slot_ids.insert(slot, id);
        Some(id)
    }

    /// What follows is of the next rule.
    pub const fn next_rule(&mut self) {
        self.spent.1 = 0;
    }

    /// Takes a regular expression into account, within bounds.
    fn spend(&mut self, pattern: &str) -> Result<LazyRegex, String> {
        let shape = if pattern.len() <= LONGEST_REGEX { guard::shape(pattern) } else { None };
        // What is wrong says so when it is compiled.
        let weight = shape.as_ref().map_or(0, |s| s.weight);
        let (all, rule) = (self.spent.0.saturating_add(weight), self.spent.1.saturating_add(weight));
        if weight <= REGEX_SIZE && rule > RULE_REGEXES {
            let limit = RULE_REGEXES >> 20;
            return Err(format!("the regular expressions of the rule take more than {limit} MiB"));
        }
        if weight <= REGEX_SIZE && all > ALL_REGEXES {
            let limit = ALL_REGEXES >> 20;
            return Err(format!("the regular expressions of all rules take more than {limit} MiB"));
        }
        if weight <= REGEX_SIZE {
            self.spent = (all, rule);
        }
        match shape {
            Some(shape) if weight <= SMALL_REGEX => Ok(LazyRegex::later(pattern, shape)),
            // That it can be compiled is known then; most are never asked for.
            Some(shape) => compile(pattern).map(|_| LazyRegex::later(pattern, shape)),
            None => Ok(LazyRegex::ready(compile(pattern)?)),
        }
    }

    /// The predicate of an operation on a slot, made if it is new. Fails for
    /// regular expressions that are wrong or too large.
    pub fn add(&mut self, slot: SlotId, op: Op) -> Result<u32, String> {
        let mut h = FxHasher::default();
        (slot, &op).hash(&mut h);
        let mut key = h.finish();
        while let Some(id) = self.ids.get(&key) {
            if self.list.get(*id as usize).is_some_and(|(s, o)| *s == slot && *o == op) {
                return Ok(*id);
            }
            key = key.wrapping_add(1);
        }
        let id = self.list.len() as u32;
        if let Op::Regex(pattern) = &op {
            if self.regexes.len() >= MAX_REGEXES {
                return Err(format!("more than {MAX_REGEXES} regular expressions"));
            }
            let regex = self.spend(pattern)?;
            self.regexes.insert(id, regex);
        }
        self.ids.insert(key, id);
        self.list.push((slot, op));
        self.uses.push(0);
        Ok(id)
    }
}

impl Preds {
    /// A table as it was, with the literals of its expressions in order.
    #[must_use]
    pub fn restored(slots: Vec<Slot>, list: Vec<(SlotId, Op)>, literals: Vec<Option<Vec<String>>>) -> Option<Self> {
        let mut literals = literals.into_iter();
        let mut regexes = FxHashMap::default();
        for (i, (_, op)) in (0..).zip(&list) {
            if let Op::Regex(pattern) = op {
                regexes.insert(i, LazyRegex::later(pattern, Shape { weight: 0, literals: literals.next()? }));
            }
        }
        let whole = slots.first() == Some(&Slot::Raw) && list.iter().all(|(s, _)| usize::from(*s) < slots.len());
        whole.then(|| Self { uses: vec![0; list.len()], slots, list, regexes, ..Self::default() })
    }

    /// Moves what wakes no rule and is dear to look for to slots of their own,
    /// which are searched only when a program asks for them. No predicate is added
    /// after that.
    pub fn split(&mut self, wakes: &Bits) {
        self.ids = FxHashMap::default();
        self.slot_ids = FxHashMap::default();
        let mut eager = vec![false; self.slots.len()];
        for (i, (slot, _)) in (0..).zip(&self.list) {
            if wakes.has(i)
                && let Some(e) = eager.get_mut(usize::from(*slot))
            {
                *e = true;
            }
        }
        self.eager.clone_from(&eager);
        let mut twins: Vec<Option<SlotId>> = vec![None; self.slots.len()];
        for (i, (slot, op)) in (0..).zip(self.list.iter_mut()) {
            let at = usize::from(*slot);
            if wakes.has(i) || !op.searched() || !eager.get(at).copied().unwrap_or(false) {
                continue;
            }
            let (Some(twin), Some(reads)) = (twins.get_mut(at), self.slots.get(at).copied()) else { continue };
            if reads.is_typed() {
                continue;
            }
            if twin.is_none() {
                let Some(id) = SlotId::try_from(self.slots.len()).ok().filter(|i| *i < SlotId::MAX) else { return };
                self.slots.push(reads);
                *twin = Some(id);
            }
            *slot = twin.unwrap_or(*slot);
        }
    }
}

impl Preds {
    /// How dear it is to ask for a predicate of an event, after [`Preds::split`]: what
    /// wakes rules is known by then.
    #[must_use]
    pub fn dear(&self, pred: u32) -> u8 {
        let Some((slot, op)) = self.list.get(pred as usize) else { return 0 };
        match op {
            _ if op.by_value() && self.eager.get(usize::from(*slot)).copied().unwrap_or(false) => 0,
            Op::Str { pattern, .. } if matches!(pattern.0.as_slice(), [Part::Many, .., Part::Many]) => 3,
            Op::Regex(_) => 4,
            Op::Str { .. } | Op::Num { .. } => 1,
            _ => 2,
        }
    }
}

/// Compiles a regular expression within bounds.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > LONGEST_REGEX {
        return Err("the regular expression is longer than 20,000 characters".into());
    }
    regex::RegexBuilder::new(pattern).size_limit(REGEX_SIZE).nest_limit(100).build().map_err(|e| match e {
        regex::Error::CompiledTooBig(_) => {
            format!("the regular expression grows beyond {} KiB when compiled", REGEX_SIZE >> 10)
        }
        e => {
            let text = e.to_string();
            let last = text.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or("not valid").trim().to_owned();
            format!("the regular expression is not supported: {}", last.trim_start_matches("error: "))
        }
    })
}
