//! Predicates that a program asks for in slots that were not searched: a few of
//! them are tried one by one, which takes far less than searching a value for
//! the literals of all rules.

use super::Compilation;
use super::event::View;
use super::memo::Memo;
use crate::detect::compile::gates::{Gate, Signature};
use crate::detect::compile::preds::{Op, SlotId};
use crate::detect::sigma::glob::fold_into;

/// Slots of one event whose values have signatures.
const MOST: usize = 12;
/// What a trial that the signature does not deny takes, in bytes of a search, beside the value's share.
const TRIAL: usize = 24;
/// A search that looks at every byte takes so many times what a trial takes.
const SHARE: usize = 16;

/// The value of a slot that has one.
#[derive(Debug, Default)]
struct Single {
    slot: SlotId,
    /// What may still be spent on trials: no more than a search would take.
    left: usize,
    folded: String,
    signature: Signature,
}

/// What was made for the event at hand; kept to be used again.
#[derive(Debug, Default)]
pub struct Late {
    all: Vec<Single>,
    live: usize,
}

/// What came of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    /// The predicate holds, or does not.
    Holds(bool),
    /// Nothing in the slot holds: the event has no such value.
    Nothing,
    /// The slot's index must tell.
    Search,
}

impl Late {
    /// Forgets the event.
    #[inline]
    pub fn clear(&mut self) {
        self.live = 0;
    }

    /// Tries a predicate on the value of a slot that was not searched.
    /// Where values come again, searching one once serves for all its events.
    pub fn attempt(&mut self, c: &Compilation, view: View<'_>, slot: SlotId, pred: u32, memo: &mut Memo) -> Trial {
        let gate = c.gates.get(pred, || c.preds.get(pred as usize).map(|(_, op)| Gate::of(op)));
        if gate == Gate::INDEX {
            return Trial::Search;
        }
        let known = self.all.iter().take(self.live).position(|s| s.slot == slot);
        let at = match known.map_or_else(|| self.begin(c, view, slot, memo), Ok) {
            Ok(at) => at,
            Err(trial) => return trial,
        };
        let Some(single) = self.all.get_mut(at) else { return Trial::Search };
        let passes = single.signature.may_pass(gate);
        let cost = if passes { TRIAL + single.folded.len() / SHARE } else { 1 };
        let Some(left) = single.left.checked_sub(cost) else { return Trial::Search };
        single.left = left;
        if !passes {
            return Trial::Holds(false);
        }
        Trial::Holds(holds(c, view, slot, pred, &single.folded))
    }

    /// Makes ready for trials on a slot's value.
    fn begin(&mut self, c: &Compilation, view: View<'_>, slot: SlotId, memo: &mut Memo) -> Result<usize, Trial> {
        let Some(reads) = c.slots.get(usize::from(slot)) else { return Err(Trial::Nothing) };
        let (mut first, mut values) = ("", 0usize);
        view.values(reads, |v| {
            first = v;
            values += 1;
        });
        if values == 0 {
            return Err(Trial::Nothing);
        }
        if values > 1 || first.len() > Signature::LONGEST || self.live >= MOST || memo.pays(slot, first) {
            return Err(Trial::Search);
        }
        if self.all.len() == self.live {
            self.all.push(Single::default());
        }
        let Some(single) = self.all.get_mut(self.live) else { return Err(Trial::Search) };
        single.slot = slot;
        single.left = 2 * first.len() + 40 * TRIAL;
        single.folded.clear();
        fold_into(first, &mut single.folded);
        single.signature.set(single.folded.as_bytes());
        self.live += 1;
        Ok(self.live - 1)
    }
}

/// Whether a predicate holds on a slot's only value.
fn holds(c: &Compilation, view: View<'_>, slot: SlotId, pred: u32, folded: &str) -> bool {
    let raw = || {
        let mut value = "";
        if let Some(reads) = c.slots.get(usize::from(slot)) {
            view.values(reads, |v| value = v);
        }
        value
    };
    match c.preds.get(pred as usize) {
        Some((_, Op::Str { pattern, cased: false })) => pattern.matches(folded),
        Some((_, Op::Str { pattern, cased: true })) => pattern.matches(raw()),
        Some((_, Op::Regex(_))) => {
            c.indexes.get(usize::from(slot)).is_some_and(|index| index.regex_holds(pred, raw(), folded))
        }
        _ => false,
    }
}
