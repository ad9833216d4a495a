//! Expressions as flat nodes, evaluated with short circuit.

use super::expr::Expr;
use super::preds::{Preds, SlotId};

/// From so many predicates of one slot on, they are looked at as words of bits.
const WORDS: usize = 4;

/// What programs ask about the event at hand.
pub trait Facts {
    /// Whether a predicate holds.
    fn pred(&mut self, pred: u32) -> bool;
    /// Whether all predicates of a slot are decided, of which so many are asked for;
    /// if not, each is asked for by itself.
    fn decided(&mut self, slot: SlotId, many: u32) -> bool;
    /// Decided predicates, 64 at a time.
    fn word(&self, word: u32) -> u64;
}

/// A node; ranges point into [`Programs`]' lists.
#[derive(Debug, Clone, Copy)]
pub enum Node {
    /// Always so.
    Const(bool),
    /// The predicate holds.
    Pred(u32),
    /// The predicate does not hold.
    NotPred(u32),
    /// All of these predicates hold.
    AllOf(u32, u32),
    /// One of these predicates holds.
    AnyOf(u32, u32),
    /// All of these predicates of a slot hold, as words and masks.
    AllWords(SlotId, u32, u32),
    /// One of these predicates of a slot holds, as words and masks.
    AnyWords(SlotId, u32, u32),
    /// All of these nodes hold.
    And(u32, u32),
    /// One of these nodes holds.
    Or(u32, u32),
    /// The node does not hold.
    Not(u32),
    /// At least so many of these nodes hold.
    AtLeast(u32, u32, u32),
}

/// All programs of a rule set.
#[derive(Debug, Default)]
pub struct Programs {
    nodes: Vec<Node>,
    list: Vec<u32>,
    words: Vec<(u32, u64)>,
}

impl Programs {
    /// Adds an expression; the result is its root.
    pub fn add(&mut self, e: &Expr, preds: &Preds) -> u32 {
        let node = match e {
            Expr::Const(b) => Node::Const(*b),
            Expr::Pred(p) => Node::Pred(*p),
            Expr::Not(inner) => match &**inner {
                Expr::Pred(p) => Node::NotPred(*p),
                inner => Node::Not(self.add(inner, preds)),
            },
            Expr::And(all) => self.many(all, true, preds),
            Expr::Or(any) => self.many(any, false, preds),
            Expr::AtLeast(n, all) => {
                let kids: Vec<u32> = all.iter().map(|e| self.add(e, preds)).collect();
                let (start, len) = self.store(&kids);
                Node::AtLeast(u32::try_from(*n).unwrap_or(u32::MAX), start, len)
            }
        };
        self.put(node)
    }

    fn put(&mut self, node: Node) -> u32 {
        self.nodes.push(node);
        self.nodes.len() as u32 - 1
    }

    /// All or any of several: single predicates first, then words of them by
    /// slot, then the rest as nodes.
    fn many(&mut self, parts: &[Expr], all: bool, preds: &Preds) -> Node {
        let mut by_slot: Vec<(SlotId, Vec<u32>)> = Vec::new();
        let mut single = Vec::new();
        let mut rest = Vec::new();
        for part in parts {
            let Expr::Pred(p) = part else {
                rest.push(part);
                continue;
            };
            match preds.list.get(*p as usize) {
                Some((slot, op)) if op.by_value() => match by_slot.iter_mut().find(|(s, _)| s == slot) {
                    Some((_, list)) => list.push(*p),
                    None => by_slot.push((*slot, vec![*p])),
                },
                _ => single.push(*p),
            }
        }
        let mut kids = Vec::new();
        for (slot, list) in by_slot {
            if list.len() < WORDS {
                single.extend(list);
                continue;
            }
            let (start, len) = self.store_words(&list);
            kids.push(if all { Node::AllWords(slot, start, len) } else { Node::AnyWords(slot, start, len) });
        }
        if !single.is_empty() {
            let (start, len) = self.store(&single);
            kids.insert(0, if all { Node::AllOf(start, len) } else { Node::AnyOf(start, len) });
        }
        if let ([only], true) = (kids.as_slice(), rest.is_empty()) {
            return *only;
        }
        let mut nodes: Vec<u32> = kids.into_iter().map(|k| self.put(k)).collect();
        nodes.extend(rest.into_iter().map(|e| self.add(e, preds)).collect::<Vec<_>>());
        let (start, len) = self.store(&nodes);
        if all { Node::And(start, len) } else { Node::Or(start, len) }
    }

    fn store(&mut self, items: &[u32]) -> (u32, u32) {
        let start = self.list.len() as u32;
        self.list.extend_from_slice(items);
        (start, items.len() as u32)
    }

    fn store_words(&mut self, preds: &[u32]) -> (u32, u32) {
        let start = self.words.len();
        for p in preds {
            let (word, bit) = (p >> 6, 1u64 << (p & 63));
            match self.words.get_mut(start..).and_then(|w| w.iter_mut().find(|(at, _)| *at == word)) {
                Some((_, mask)) => *mask |= bit,
                None => self.words.push((word, bit)),
            }
        }
        (start as u32, (self.words.len() - start) as u32)
    }

    fn items(&self, start: u32, len: u32) -> &[u32] {
        self.list.get(start as usize..(start + len) as usize).unwrap_or(&[])
    }

    fn masks(&self, start: u32, len: u32) -> &[(u32, u64)] {
        self.words.get(start as usize..(start + len) as usize).unwrap_or(&[])
    }

    /// Evaluates a program on the facts. The depth of the recursion is that of
    /// the rule's condition, which is bounded.
    pub fn eval(&self, root: u32, facts: &mut impl Facts) -> bool {
        match self.nodes.get(root as usize).copied().unwrap_or(Node::Const(false)) {
            Node::Const(b) => b,
            Node::Pred(p) => facts.pred(p),
            Node::NotPred(p) => !facts.pred(p),
            Node::AllOf(start, len) => self.items(start, len).iter().all(|p| facts.pred(*p)),
            Node::AnyOf(start, len) => self.items(start, len).iter().any(|p| facts.pred(*p)),
            Node::AllWords(slot, start, len) => {
                let masks = self.masks(start, len);
                if facts.decided(slot, many(masks)) {
                    return masks.iter().all(|(word, mask)| facts.word(*word) & mask == *mask);
                }
                each(masks).all(|p| facts.pred(p))
            }
            Node::AnyWords(slot, start, len) => {
                let masks = self.masks(start, len);
                if facts.decided(slot, many(masks)) {
                    return masks.iter().any(|(word, mask)| facts.word(*word) & mask != 0);
                }
                each(masks).any(|p| facts.pred(p))
            }
            Node::And(start, len) => self.items(start, len).iter().all(|n| self.eval(*n, facts)),
            Node::Or(start, len) => self.items(start, len).iter().any(|n| self.eval(*n, facts)),
            Node::Not(n) => !self.eval(n, facts),
            Node::AtLeast(n, start, len) => {
                let mut left = n;
                for kid in self.items(start, len) {
                    if self.eval(*kid, facts) {
                        left -= 1;
                        if left == 0 {
                            return true;
                        }
                    }
                }
                false
            }
        }
    }
}

/// How many predicates there are in words.
fn many(masks: &[(u32, u64)]) -> u32 {
    masks.iter().map(|(_, mask)| mask.count_ones()).sum()
}

/// The predicates of words.
fn each(masks: &[(u32, u64)]) -> impl Iterator<Item = u32> {
    masks.iter().flat_map(|(word, mask)| {
        let mut left = *mask;
        std::iter::from_fn(move || {
            let bit = (left != 0).then(|| left.trailing_zeros())?;
            left &= left - 1;
            Some(word << 6 | bit)
        })
    })
}
