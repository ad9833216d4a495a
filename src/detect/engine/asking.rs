//! What rules ask of an event, and what comes of it: by evaluating the rules that
//! were woken, or along the questions that were asked of events like it.

use super::event::View;
use super::late::Trial;
use super::partition::Partition;
use super::shapes::Step;
use super::{TYPED, Work, relation};
use crate::detect::RuleIdx;
use crate::detect::compile::preds::SlotId;
use crate::detect::compile::program::Facts;
use crate::detect::compile::{BY_EVENT, Compilation};

/// So many predicates of a slot that was not searched are tried one by one.
const FEW: u32 = 256;
/// Of a question: it is about a node of words, not about one predicate.
const GROUP: u32 = 1 << 31;

impl Work {
    /// Finds what matches from what events before were asked; false if one of this
    /// shape, or with these answers, was not seen.
    #[inline]
    pub(super) fn as_before(
        &mut self,
        c: &Compilation,
        p: &Partition,
        view: View<'_>,
        matched: &mut Vec<RuleIdx>,
    ) -> bool {
        if !self.more.is_empty() {
            return false;
        }
        let mut at = self.shapes.root(p.number, &self.key);
        loop {
            match self.shapes.step(at) {
                Step::Ask(question, yes, no) => at = if self.answer(c, view, question) { yes } else { no },
                Step::End(rules) => {
                    matched.extend_from_slice(rules);
                    return true;
                }
                Step::New => return false,
            }
        }
    }

    /// Wakes and evaluates rules, and keeps what they asked.
    #[inline(never)]
    pub(super) fn anew(&mut self, c: &Compilation, p: &Partition, view: View<'_>, matched: &mut Vec<RuleIdx>) {
        let Self { sets, key, more, truth, held, woken, woken_list, .. } = self;
        let of = |part: &u32| {
            if part & TYPED == 0 {
                return sets.get(*part);
            }
            let (slot, word) = ((part & !TYPED) >> 8, part & 0xff);
            c.typed.get(slot as usize).and_then(|t| t.get(word as usize)).map_or(&[][..], Vec::as_slice)
        };
        for pred in key.iter().flat_map(of).chain(&*more).copied() {
            if !truth.add(pred) {
                continue;
            }
            held.push(pred);
            // Most of what holds concerns the rules of other logsources.
            if !p.waking.has(pred) {
                continue;
            }
            for rule in c.wakes(pred) {
                if p.rules.has(*rule) && woken.add(*rule) {
                    woken_list.push(*rule);
                }
            }
        }
        let mut list = std::mem::take(&mut self.woken_list);
        for at in list.iter().chain(&p.always) {
            if let Some(rule) = c.rules.get(*at as usize)
                && (rule.simple || c.programs.eval(rule.root, &mut Asking { work: self, c, p, view }))
            {
                matched.push(rule.rule);
            }
        }
        for at in list.drain(..) {
            self.woken.remove(at);
        }
        self.woken_list = list;
        if self.more.is_empty() {
            self.shapes.keep(p.number, &self.key, &self.asked, matched);
        }
        for (question, _) in self.asked.drain(..) {
            self.asked_mark.remove(question);
        }
    }

    /// The answer to a question about what was not looked for beforehand.
    fn answer(&mut self, c: &Compilation, view: View<'_>, question: u32) -> bool {
        if question & GROUP != 0 {
            return self.group(c, view, question & !GROUP);
        }
        let slot = c.pred_slots.get(question as usize).copied().unwrap_or(0);
        if slot & BY_EVENT != 0 {
            return by_event(c, view, question);
        }
        let slot = slot as SlotId;
        if self.searched.has(u32::from(slot)) { self.truth.has(question) } else { self.late(c, view, slot, question) }
    }

    /// Whether a group holds in a slot that was not searched beforehand.
    fn group(&mut self, c: &Compilation, view: View<'_>, node: u32) -> bool {
        let Some(group) = c.programs.group(node) else { return false };
        let slot = group.slot;
        if group.len() > FEW && !self.searched.has(u32::from(slot)) {
            self.search_late(c, view, slot);
        }
        if self.searched.has(u32::from(slot)) {
            return group.holds(|word| self.truth.word(word));
        }
        group.ask(|pred| self.answer(c, view, pred))
    }

    /// Whether a predicate holds in a slot that was not searched.
    #[inline(never)]
    fn late(&mut self, c: &Compilation, view: View<'_>, slot: SlotId, pred: u32) -> bool {
        if self.memo.is_paying(slot) {
            self.search_late(c, view, slot);
            return self.truth.has(pred);
        }
        match self.late.attempt(c, view, slot, pred, &mut self.memo) {
            Trial::Holds(holds) => holds,
            Trial::Nothing => {
                self.mark(slot);
                false
            }
            Trial::Search => {
                self.search_late(c, view, slot);
                self.truth.has(pred)
            }
        }
    }
}

#[cold]
fn by_event(c: &Compilation, view: View<'_>, pred: u32) -> bool {
    let Some((slot, op)) = c.preds.get(pred as usize) else { return false };
    let Some(reads) = c.slots.get(usize::from(*slot)) else { return false };
    relation::holds(view, &c.slots, reads, op)
}

/// A program's view of the event at hand. What it asks is noted: asked of an event
/// of the same shape, the same questions come in the same order as long as the
/// answers are the same.
struct Asking<'w> {
    work: &'w mut Work,
    c: &'w Compilation,
    p: &'w Partition,
    view: View<'w>,
}

impl Facts for Asking<'_> {
    #[inline]
    fn pred(&mut self, pred: u32) -> bool {
        let slot = self.c.pred_slots.get(pred as usize).copied().unwrap_or(0);
        if slot & BY_EVENT == 0 && self.p.eager.has(slot) || self.work.asked_mark.has(pred) {
            return self.work.truth.has(pred);
        }
        let answer = self.work.answer(self.c, self.view, pred);
        self.work.asked_mark.add(pred);
        self.work.asked.push((pred, answer));
        if answer {
            self.work.hold(pred);
        }
        answer
    }

    #[inline]
    fn eager(&self, slot: SlotId) -> bool {
        self.p.eager.has(u32::from(slot))
    }

    #[inline]
    fn word(&self, word: u32) -> u64 {
        self.work.truth.word(word)
    }

    fn group(&mut self, node: u32) -> bool {
        let answer = self.work.group(self.c, self.view, node);
        self.work.asked.push((node | GROUP, answer));
        answer
    }
}
