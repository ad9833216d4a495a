//! Expressions as flat nodes, evaluated with short circuit.

use super::expr::Expr;
use super::preds::{Preds, SlotId};

/// From so many predicates of one slot on, they are looked at as words of bits.
const WORDS: usize = 4;

/// What programs ask about the event at hand.
pub trait Facts {
    /// Whether a predicate holds.
    fn pred(&mut self, pred: u32) -> bool;
    /// Whether a slot was searched beforehand, so that [`Facts::word`] tells of its predicates.
    fn eager(&self, slot: SlotId) -> bool;
    /// Predicates that hold, 64 at a time.
    fn word(&self, word: u32) -> u64;
    /// Whether a node of [`Node::AllWords`] or [`Node::AnyWords`] holds, of a slot that was not.
    fn group(&mut self, node: u32) -> bool;
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
                let mut all: Vec<&Expr> = all.iter().collect();
                all.sort_by_key(|e| dear(e, preds));
                let kids: Vec<u32> = all.into_iter().map(|e| self.add(e, preds)).collect();
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

    /// All or any of several, what is known beforehand first: single predicates, words
    /// of them by slot, other nodes.
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
        // What each costs, and whether it is one of the parts or made here.
        let mut kids: Vec<(u8, Result<Node, &Expr>)> = Vec::new();
        for (slot, list) in by_slot {
            if list.len() < WORDS {
                single.extend(list);
                continue;
            }
            let cost = list.iter().map(|p| preds.dear(*p)).max().unwrap_or(0);
            let (start, len) = self.store_words(&list);
            kids.push((
                cost,
                Ok(if all { Node::AllWords(slot, start, len) } else { Node::AnyWords(slot, start, len) }),
            ));
        }
        kids.extend(rest.into_iter().map(|e| (dear(e, preds), Err(e))));
        single.sort_by_key(|p| preds.dear(*p));
        for same in single.chunk_by(|a, b| preds.dear(*a) == preds.dear(*b)) {
            let (start, len) = self.store(same);
            let cost = same.first().map_or(0, |p| preds.dear(*p));
            kids.push((cost, Ok(if all { Node::AllOf(start, len) } else { Node::AnyOf(start, len) })));
        }
        kids.sort_by_key(|(cost, kid)| (*cost, !matches!(kid, Ok(Node::AllOf(..) | Node::AnyOf(..))), kid.is_err()));
        if let [(_, Ok(only))] = kids.as_slice() {
            return *only;
        }
        let nodes = kids.into_iter().map(|(_, kid)| match kid {
            Ok(node) => self.put(node),
            Err(e) => self.add(e, preds),
        });
        let nodes: Vec<u32> = nodes.collect();
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

    /// The predicates of a node of words.
    #[must_use]
    pub fn group(&self, node: u32) -> Option<Group<'_>> {
        match self.nodes.get(node as usize)? {
            Node::AllWords(slot, start, len) => Some(Group { slot: *slot, all: true, masks: self.masks(*start, *len) }),
            Node::AnyWords(slot, start, len) => {
                Some(Group { slot: *slot, all: false, masks: self.masks(*start, *len) })
            }
            _ => None,
        }
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
            Node::AllWords(slot, start, len) if facts.eager(slot) => {
                self.masks(start, len).iter().all(|(word, mask)| facts.word(*word) & mask == *mask)
            }
            Node::AnyWords(slot, start, len) if facts.eager(slot) => {
                self.masks(start, len).iter().any(|(word, mask)| facts.word(*word) & mask != 0)
            }
            Node::AllWords(..) | Node::AnyWords(..) => facts.group(root),
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

/// Predicates of one slot of which all must hold, or one.
#[derive(Debug, Clone, Copy)]
pub struct Group<'p> {
    /// The slot.
    pub slot: SlotId,
    /// Whether all must.
    pub all: bool,
    masks: &'p [(u32, u64)],
}

impl Group<'_> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.masks.iter().map(|(_, mask)| mask.count_ones()).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.masks.is_empty()
    }

    /// Whether it holds, when it is known of each predicate.
    pub fn holds(&self, word: impl Fn(u32) -> u64) -> bool {
        let mut masks = self.masks.iter();
        if self.all {
            masks.all(|(at, mask)| word(*at) & mask == *mask)
        } else {
            masks.any(|(at, mask)| word(*at) & mask != 0)
        }
    }

    /// Whether it holds, when each predicate has to be asked for.
    pub fn ask(&self, mut pred: impl FnMut(u32) -> bool) -> bool {
        let mut each = self.masks.iter().flat_map(|(word, mask)| {
            let mut left = *mask;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(word << 6 | bit)
            })
        });
        if self.all { each.all(&mut pred) } else { each.any(&mut pred) }
    }
}

/// What the dearest predicate of an expression costs.
fn dear(e: &Expr, preds: &Preds) -> u8 {
    let mut most = 0;
    e.each_pred(&mut |p| most = most.max(preds.dear(p)));
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::compile::bits::Bits;
    use crate::detect::compile::preds::Op;
    use crate::detect::sigma::glob::Pattern;
    use crate::event::FieldId;

    /// Facts that note what is asked for.
    struct Noting {
        eager: bool,
        asked: Vec<u32>,
    }

    impl Facts for Noting {
        fn pred(&mut self, pred: u32) -> bool {
            self.asked.push(pred);
            pred != 0
        }
        fn eager(&self, _: SlotId) -> bool {
            self.eager
        }
        fn word(&self, _: u32) -> u64 {
            1 << 3
        }
        fn group(&mut self, _: u32) -> bool {
            self.asked.push(99);
            false
        }
    }

    #[test]
    fn what_is_known_is_looked_at_first() {
        let mut preds = Preds::new();
        let field = |n| crate::detect::FieldRef { original: FieldId(n), overlay: None, original_first: true };
        let (a, b) = (preds.slot(field(1)).expect("room"), preds.slot(field(2)).expect("room"));
        let op = |t: &str| Op::Str { pattern: Pattern::parse(t), cased: false };
        let inside = preds.add(b, op("*x*")).expect("valid");
        let edge = preds.add(b, op("*x")).expect("valid");
        let known = preds.add(a, op("*y*")).expect("valid");
        let more: Vec<Expr> = (0..4).map(|i| Expr::Pred(preds.add(b, op(&format!("*{i}"))).expect("valid"))).collect();
        let mut waking = Bits::new(8);
        waking.add(known);
        preds.split(&waking);
        let mut programs = Programs::default();
        let root = programs.add(&Expr::all([inside, edge, known].map(Expr::Pred).to_vec()), &preds);
        let mut facts = Noting { eager: false, asked: Vec::new() };
        assert!(!programs.eval(root, &mut facts));
        assert_eq!(facts.asked, [known, edge, inside]);
        let any = programs.add(&Expr::any(more), &preds);
        for (eager, asked) in [(true, vec![]), (false, vec![99])] {
            let mut facts = Noting { eager, asked: Vec::new() };
            assert_eq!((programs.eval(any, &mut facts), facts.asked), (eager, asked));
        }
        let group = programs.group(any).expect("a group");
        assert_eq!((group.len(), group.all, group.ask(|p| p == 6), group.ask(|p| p == 2)), (4, false, true, false));
    }
}
