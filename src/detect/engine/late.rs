//! Predicates that a program asks for in slots that were not searched: a few of
//! them are tried one by one, which takes far less than searching a value for
//! the literals of all rules.

use super::Compilation;
use super::event::View;
use super::memo::Memo;
use crate::detect::compile::gates::{Gate, Signature, stands_in};
use crate::detect::compile::preds::{Op, SlotId};
use crate::detect::sigma::glob::{Part, fold_into};

/// Slots of one event whose values have signatures.
const MOST: usize = 12;
/// What a trial that the signature does not deny takes, in bytes of a search, beside the value's share.
const TRIAL: usize = 24;
/// What it takes where few bytes of the value are looked at.
const EDGE: usize = 4;
/// So many texts are looked for in a value before its signature is made: one look at
/// every byte for all of them.
const PLAIN: u8 = 4;
/// A search that looks at every byte takes so many times what a trial takes.
const SHARE: usize = 16;

/// The value of a slot that has one.
#[derive(Debug, Default)]
struct Single {
    slot: SlotId,
    /// What may still be spent on trials: no more than a search would take.
    left: usize,
    folded: String,
    /// Texts that were looked for without the signature, which is made then.
    plain: u8,
    signed: bool,
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
        if !single.signed {
            let len = single.folded.len() / SHARE;
            if gate.is_edge() {
                return single.spend(EDGE, |s| holds(c, view, slot, pred, &s.folded));
            }
            if let Some(rarest) = gate.inside()
                && single.plain < PLAIN
            {
                single.plain += 1;
                return single.spend(EDGE + len, |s| inside(c, pred, &s.folded, rarest));
            }
            single.signature.set(single.folded.as_bytes());
            single.signed = true;
        }
        let passes = single.signature.may_pass(gate);
        let cost = if passes { TRIAL + single.folded.len() / SHARE } else { 1 };
        single.spend(cost, |s| passes && holds(c, view, slot, pred, &s.folded))
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
        (single.plain, single.signed) = (0, false);
        self.live += 1;
        Ok(self.live - 1)
    }
}

impl Single {
    /// A trial at a price, while that can be paid.
    #[inline]
    fn spend(&mut self, price: usize, trial: impl FnOnce(&Self) -> bool) -> Trial {
        let Some(left) = self.left.checked_sub(price) else { return Trial::Search };
        self.left = left;
        Trial::Holds(trial(self))
    }
}

/// Whether the one text of a predicate stands in a folded value.
fn inside(c: &Compilation, pred: u32, folded: &str, rarest: usize) -> bool {
    match c.preds.get(pred as usize) {
        Some((_, Op::Str { pattern, .. })) => match pattern.0.as_slice() {
            [Part::Many, Part::Lit(text), Part::Many] => stands_in(folded.as_bytes(), text.as_bytes(), rarest),
            _ => pattern.matches(folded),
        },
        _ => false,
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
