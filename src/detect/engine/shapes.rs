//! What rules made of events before that were alike: of one logsource, with
//! values that satisfy the same predicates. Of such events only what was not
//! looked for beforehand can differ; so for each shape a tree is kept of what the
//! rules ask then, with the rules that match at its ends. An event of a shape
//! that was seen wakes and evaluates no rule: it answers the questions.

use rustc_hash::FxHasher;
use std::hash::Hasher;

use crate::detect::RuleIdx;

/// No node.
const NONE: u32 = u32::MAX;
/// [`Node::question`] of an end.
const END: u32 = u32::MAX;
/// Sets of a shape that stand in its own line.
const NEAR: usize = 11;
/// Places of the table of shapes.
const PLACES: usize = 1 << 14;
/// So many places are looked at for a shape.
const PROBES: usize = 8;
/// Most shapes.
const MOST: usize = PLACES / 2;
/// Most nodes of all trees.
const MOST_NODES: usize = 1 << 17;
/// Most rules at the ends of all trees.
const MOST_RULES: usize = MOST_NODES;
/// Longer ways through a tree are not kept.
const LONGEST: usize = 96;
/// Longer shapes are not kept.
const WIDEST: usize = 64;

/// A question about an event, or an end.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// Which; [`END`] for none.
    question: u32,
    /// Where to go on if so; of an end where its rules begin.
    yes: u32,
    /// Where to go on if not; of an end how many rules there are.
    no: u32,
}

/// A shape, in one line of the processor's cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Shape {
    share: u32,
    len: u32,
    /// Where its key stands in [`Shapes::keys`] if it is long.
    far: u32,
    root: u32,
    hash: u32,
    key: [u32; NEAR],
}

/// The shapes of one thread.
#[derive(Debug)]
pub struct Shapes {
    places: Box<[u32]>,
    shapes: Vec<Shape>,
    keys: Vec<u32>,
    nodes: Vec<Node>,
    rules: Vec<RuleIdx>,
}

/// A place in a tree.
#[derive(Debug, Clone, Copy)]
pub enum Step<'s> {
    /// What is asked, and where to go on if so and if not.
    Ask(u32, u32, u32),
    /// The rules that match.
    End(&'s [RuleIdx]),
    /// Nobody was here before.
    New,
}

impl Default for Shapes {
    fn default() -> Self {
        Self {
            places: vec![NONE; PLACES].into(),
            shapes: Vec::new(),
            keys: Vec::new(),
            nodes: Vec::new(),
            rules: Vec::new(),
        }
    }
}

#[inline]
fn hash(share: u32, key: &[u32]) -> u32 {
    let mut h = FxHasher::default();
    h.write_u32(share);
    key.iter().for_each(|k| h.write_u32(*k));
    (h.finish() >> 32) as u32
}

impl Shapes {
    /// Whether there is no room for more.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.shapes.len() >= MOST || self.nodes.len() >= MOST_NODES || self.rules.len() >= MOST_RULES
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    #[inline]
    fn find(&self, share: u32, key: &[u32]) -> Result<usize, Option<usize>> {
        let hash = hash(share, key);
        for probe in 0..PROBES {
            let at = (hash as usize + probe) % PLACES;
            let Some(shape) = self.places.get(at).and_then(|s| self.shapes.get(*s as usize)) else {
                return Err(Some(at));
            };
            if shape.hash == hash && shape.share == share && self.key(shape) == key {
                return Ok(self.places.get(at).map_or(0, |s| *s as usize));
            }
        }
        Err(None)
    }

    #[inline]
    fn key<'s>(&'s self, shape: &'s Shape) -> &'s [u32] {
        let len = shape.len as usize;
        if len <= NEAR {
            return shape.key.get(..len).unwrap_or(&[]);
        }
        let far = shape.far as usize;
        self.keys.get(far..far + len).unwrap_or(&[])
    }

    /// Where the tree of a shape begins; [`Step::New`] is there if it was not seen.
    #[inline]
    #[must_use]
    pub fn root(&self, share: u32, key: &[u32]) -> u32 {
        self.find(share, key).ok().and_then(|s| self.shapes.get(s)).map_or(NONE, |s| s.root)
    }

    /// What stands at a place of a tree.
    #[inline]
    #[must_use]
    pub fn step(&self, at: u32) -> Step<'_> {
        match self.nodes.get(at as usize) {
            None => Step::New,
            Some(n) if n.question == END => {
                let from = n.yes as usize;
                Step::End(self.rules.get(from..from + n.no as usize).unwrap_or(&[]))
            }
            Some(n) => Step::Ask(n.question, n.yes, n.no),
        }
    }

    /// Keeps what came of an event: what was asked, with the answers, and which
    /// rules match.
    pub fn keep(&mut self, share: u32, key: &[u32], asked: &[(u32, bool)], rules: &[RuleIdx]) {
        if asked.len() > LONGEST || key.len() > WIDEST || self.is_full() {
            return;
        }
        let Some(shape) = self.find(share, key).map_or_else(|free| self.add(share, key, free), Some) else { return };
        let mut at = self.shapes.get(shape).map_or(NONE, |s| s.root);
        // The link that leads to the place, if it is not the root's.
        let mut from: Option<(u32, bool)> = None;
        for (question, answer) in asked.iter().map(|(q, a)| (*q, *a)).chain([(END, true)]) {
            if self.nodes.get(at as usize).is_none() {
                let node = if question == END {
                    let start = self.rules.len() as u32;
                    self.rules.extend_from_slice(rules);
                    Node { question, yes: start, no: rules.len() as u32 }
                } else {
                    Node { question, yes: NONE, no: NONE }
                };
                at = self.nodes.len() as u32;
                self.nodes.push(node);
                self.link(shape, from, at);
            }
            let Some(node) = self.nodes.get(at as usize).filter(|n| n.question == question) else { return };
            from = Some((at, answer));
            at = if answer { node.yes } else { node.no };
        }
    }

    fn link(&mut self, shape: usize, from: Option<(u32, bool)>, to: u32) {
        match from {
            None => {
                if let Some(s) = self.shapes.get_mut(shape) {
                    s.root = to;
                }
            }
            Some((node, answer)) => {
                if let Some(n) = self.nodes.get_mut(node as usize) {
                    *(if answer { &mut n.yes } else { &mut n.no }) = to;
                }
            }
        }
    }

    fn add(&mut self, share: u32, key: &[u32], free: Option<usize>) -> Option<usize> {
        let place = self.places.get_mut(free?)?;
        let mut shape =
            Shape { share, len: key.len() as u32, far: 0, root: NONE, hash: hash(share, key), key: [0; NEAR] };
        if key.len() <= NEAR {
            shape.key.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        } else {
            shape.far = self.keys.len() as u32;
            self.keys.extend_from_slice(key);
        }
        *place = self.shapes.len() as u32;
        self.shapes.push(shape);
        Some(self.shapes.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules at the end that answers lead to.
    fn walk(s: &Shapes, share: u32, key: &[u32], answer: impl Fn(u32) -> bool) -> Option<Vec<RuleIdx>> {
        let mut at = s.root(share, key);
        loop {
            match s.step(at) {
                Step::Ask(q, yes, no) => at = if answer(q) { yes } else { no },
                Step::End(rules) => return Some(rules.to_vec()),
                Step::New => return None,
            }
        }
    }

    #[test]
    fn answers_lead_to_rules() {
        let mut s = Shapes::default();
        let long: Vec<u32> = (0..30).collect();
        for key in [&[][..], &[5, 6], &long] {
            assert_eq!(walk(&s, 1, key, |_| false), None);
            s.keep(1, key, &[(3, false)], &[]);
            assert_eq!((walk(&s, 1, key, |_| false), walk(&s, 1, key, |_| true)), (Some(vec![]), None));
            s.keep(1, key, &[(3, true), (4, true)], &[RuleIdx(7), RuleIdx(8)]);
            s.keep(1, key, &[(3, true), (4, false)], &[RuleIdx(7)]);
            assert_eq!(walk(&s, 1, key, |q| q == 3), Some(vec![RuleIdx(7)]));
            assert_eq!(walk(&s, 1, key, |_| true), Some(vec![RuleIdx(7), RuleIdx(8)]));
            assert_eq!(walk(&s, 2, key, |_| true), None, "another share");
        }
        s.keep(2, &[5], &[], &[RuleIdx(1)]);
        assert_eq!(walk(&s, 2, &[5], |_| true), Some(vec![RuleIdx(1)]));
    }

    #[test]
    fn room_is_bounded() {
        let mut s = Shapes::default();
        for i in 0..200_000u32 {
            s.keep(1, &[i], &[(i, true)], &[RuleIdx(i)]);
        }
        assert!(s.is_full() && s.shapes.len() <= MOST && s.nodes.len() <= MOST_NODES + LONGEST);
        let kept = (0..200_000u32).filter_map(|i| walk(&s, 1, &[i], |_| true).map(|r| (i, r)));
        let kept: Vec<(u32, Vec<RuleIdx>)> = kept.collect();
        assert!(kept.len() > 1_000 && kept.iter().all(|(i, r)| *r == [RuleIdx(*i)]));
        s.clear();
        assert!(!s.is_full() && walk(&s, 1, &[1], |_| true).is_none());
    }
    /// Ends that name very many rules fill the memory as ways through the trees do.
    #[test]
    fn rules_at_the_ends_are_bounded() {
        let (mut s, many) = (Shapes::default(), (0..4_000).map(RuleIdx).collect::<Vec<_>>());
        for i in 0..200 {
            s.keep(1, &[i], &[], &many);
        }
        assert!(s.is_full() && s.rules.len() < MOST_RULES + many.len());
        assert_eq!(walk(&s, 1, &[0], |_| true), Some(many));
        assert_eq!(walk(&s, 1, &[199], |_| true), None);
    }
}
