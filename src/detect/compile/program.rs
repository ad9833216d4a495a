//! Expressions as flat nodes, evaluated with short circuit.

use super::expr::Expr;

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
}

impl Programs {
    /// Adds an expression; the result is its root.
    pub fn add(&mut self, e: &Expr) -> u32 {
        let node = match e {
            Expr::Const(b) => Node::Const(*b),
            Expr::Pred(p) => Node::Pred(*p),
            Expr::Not(inner) => match &**inner {
                Expr::Pred(p) => Node::NotPred(*p),
                inner => Node::Not(self.add(inner)),
            },
            Expr::And(all) => self.many(all, Node::AllOf, Node::And),
            Expr::Or(any) => self.many(any, Node::AnyOf, Node::Or),
            Expr::AtLeast(n, all) => {
                let kids: Vec<u32> = all.iter().map(|e| self.add(e)).collect();
                let (start, len) = self.store(&kids);
                Node::AtLeast(u32::try_from(*n).unwrap_or(u32::MAX), start, len)
            }
        };
        self.nodes.push(node);
        self.nodes.len() as u32 - 1
    }

    fn many(&mut self, parts: &[Expr], flat: fn(u32, u32) -> Node, deep: fn(u32, u32) -> Node) -> Node {
        // Predicates stand first (see `Expr::all`): they become one flat node.
        let preds: Vec<u32> = parts.iter().map_while(|p| if let Expr::Pred(i) = p { Some(*i) } else { None }).collect();
        let rest = parts.get(preds.len()..).unwrap_or(&[]);
        if rest.is_empty() {
            let (start, len) = self.store(&preds);
            return flat(start, len);
        }
        let mut kids = Vec::with_capacity(rest.len() + 1);
        match preds.as_slice() {
            [] => {}
            [one] => {
                self.nodes.push(Node::Pred(*one));
                kids.push(self.nodes.len() as u32 - 1);
            }
            preds => {
                let (start, len) = self.store(preds);
                self.nodes.push(flat(start, len));
                kids.push(self.nodes.len() as u32 - 1);
            }
        }
        kids.extend(rest.iter().map(|e| self.add(e)).collect::<Vec<_>>());
        let (start, len) = self.store(&kids);
        deep(start, len)
    }

    fn store(&mut self, items: &[u32]) -> (u32, u32) {
        let start = self.list.len() as u32;
        self.list.extend_from_slice(items);
        (start, items.len() as u32)
    }

    fn items(&self, start: u32, len: u32) -> &[u32] {
        self.list.get(start as usize..(start + len) as usize).unwrap_or(&[])
    }

    /// Evaluates a program; `truth` says whether a predicate holds. The depth
    /// of the recursion is that of the rule's condition, which is bounded.
    pub fn eval(&self, root: u32, truth: &mut impl FnMut(u32) -> bool) -> bool {
        match self.nodes.get(root as usize).copied().unwrap_or(Node::Const(false)) {
            Node::Const(b) => b,
            Node::Pred(p) => truth(p),
            Node::NotPred(p) => !truth(p),
            Node::AllOf(start, len) => self.items(start, len).iter().all(|p| truth(*p)),
            Node::AnyOf(start, len) => self.items(start, len).iter().any(|p| truth(*p)),
            Node::And(start, len) => self.items(start, len).iter().all(|n| self.eval(*n, truth)),
            Node::Or(start, len) => self.items(start, len).iter().any(|n| self.eval(*n, truth)),
            Node::Not(n) => !self.eval(n, truth),
            Node::AtLeast(n, start, len) => {
                let mut left = n;
                for kid in self.items(start, len) {
                    if self.eval(*kid, truth) {
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
