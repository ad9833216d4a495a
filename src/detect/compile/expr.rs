//! Rules as boolean expressions over predicates.

use crate::detect::fields;
use crate::detect::sigma::ast::{Det, Item, Test};
use crate::detect::sigma::condition::Cond;
use crate::detect::sigma::glob::Part;
use crate::detect::sigma::rule::{Detection, LogsourceNames};
use crate::event::{FieldId, SchemaBuilder};

use super::preds::{Op, Preds, RAW, SlotId};

/// A boolean expression over predicates by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// Always so.
    Const(bool),
    /// The predicate holds.
    Pred(u32),
    /// All hold.
    And(Vec<Expr>),
    /// One holds.
    Or(Vec<Expr>),
    /// Does not hold.
    Not(Box<Expr>),
    /// At least so many hold.
    AtLeast(usize, Vec<Expr>),
}

impl Expr {
    /// All of these, flattened and without repetitions of predicates.
    #[must_use]
    pub fn all(parts: Vec<Self>) -> Self {
        let mut out = Vec::with_capacity(parts.len());
        for p in parts {
            match p {
                Self::Const(true) => {}
                Self::Const(false) => return p,
                Self::And(inner) => out.extend(inner),
                p => out.push(p),
            }
        }
        tidy(&mut out);
        if out.is_empty() { Self::Const(true) } else { alone(out, Self::And) }
    }

    /// One of these, flattened likewise.
    #[must_use]
    pub fn any(parts: Vec<Self>) -> Self {
        let mut out = Vec::with_capacity(parts.len());
        for p in parts {
            match p {
                Self::Const(false) => {}
                Self::Const(true) => return p,
                Self::Or(inner) => out.extend(inner),
                p => out.push(p),
            }
        }
        tidy(&mut out);
        if out.is_empty() { Self::Const(false) } else { alone(out, Self::Or) }
    }

    /// The opposite.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::Const(b) => Self::Const(!b),
            Self::Not(inner) => *inner,
            e => Self::Not(Box::new(e)),
        }
    }

    /// Calls `f` with each predicate.
    pub fn each_pred(&self, f: &mut impl FnMut(u32)) {
        match self {
            Self::Const(_) => {}
            Self::Pred(p) => f(*p),
            Self::And(all) | Self::Or(all) | Self::AtLeast(_, all) => all.iter().for_each(|e| e.each_pred(f)),
            Self::Not(e) => e.each_pred(f),
        }
    }
}

/// Predicates first, sorted, each once; the order of the rest is kept.
fn tidy(parts: &mut Vec<Expr>) {
    parts.sort_by_key(|p| match p {
        Expr::Pred(i) => (0, *i),
        _ => (1, 0),
    });
    parts.dedup_by(|a, b| matches!((a, b), (Expr::Pred(x), Expr::Pred(y)) if x == y));
}

fn alone(mut parts: Vec<Expr>, many: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => many(parts),
    }
}

/// Why a rule cannot be compiled, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// Line and column of the item.
    pub at: (u32, u32),
    /// The reason.
    pub reason: String,
}

/// Turns searches into expressions, with the field names of one logsource.
#[derive(Debug)]
pub struct Lowering<'a> {
    /// The table of predicates.
    pub preds: &'a mut Preds,
    /// The names.
    pub schema: &'a mut SchemaBuilder,
    /// The logsource that decides how names are read.
    pub logsource: &'a LogsourceNames,
}

impl Lowering<'_> {
    /// The expression of a rule.
    pub fn detection(&mut self, d: &Detection) -> Result<Expr, Unsupported> {
        self.preds.next_rule();
        let searches: Result<Vec<Expr>, Unsupported> = d.searches.iter().map(|s| self.det(s)).collect();
        Ok(combine(&d.condition, &searches?))
    }

    fn det(&mut self, d: &Det) -> Result<Expr, Unsupported> {
        match d {
            Det::Item(i) => self.item(i),
            Det::All(all) => Ok(Expr::all(all.iter().map(|d| self.det(d)).collect::<Result<_, _>>()?)),
            Det::Any(any) => Ok(Expr::any(any.iter().map(|d| self.det(d)).collect::<Result<_, _>>()?)),
        }
    }

    fn item(&mut self, i: &Item) -> Result<Expr, Unsupported> {
        let fail = |reason: String| Unsupported { at: (i.line, i.column), reason };
        let slot = match &i.field {
            None => RAW,
            Some(name) => self.slot(name).map_err(fail)?,
        };
        let mut values = Vec::with_capacity(i.values.len());
        for alternatives in &i.values {
            let tests: Result<Vec<Expr>, String> = alternatives.iter().map(|t| self.test(slot, t)).collect();
            values.push(Expr::any(tests.map_err(fail)?));
        }
        let e = if i.all { Expr::all(values) } else { Expr::any(values) };
        Ok(if i.negate { e.negate() } else { e })
    }

    fn slot(&mut self, name: &str) -> Result<SlotId, String> {
        let field = fields::resolve(name, self.logsource, self.schema);
        if field.original == FieldId::UNKNOWN && field.overlay.is_none() {
            return Err("more than 65,535 field names".into());
        }
        self.preds.slot(field).ok_or_else(|| "more than 65,535 fields".to_owned())
    }

    fn test(&mut self, slot: SlotId, test: &Test) -> Result<Expr, String> {
        let op = match test {
            Test::Str { pattern, .. } if pattern.0 == [Part::Many] => {
                if slot == RAW {
                    return Ok(Expr::Const(true));
                }
                Op::Present
            }
            Test::Str { pattern, cased } => Op::Str { pattern: pattern.clone(), cased: *cased },
            Test::Num { text, value } => Op::Num { text: text.clone(), bits: value.bits() },
            Test::Regex { pattern } => Op::Regex(pattern.clone()),
            Test::Cidr(net) => Op::Cidr(*net),
            Test::Compare(cmp, n) => Op::Compare(*cmp, n.bits()),
            Test::Time(part, cmp, n) => Op::Time(*part, *cmp, *n),
            Test::Exists(yes) => {
                let p = Expr::Pred(self.preds.add(slot, Op::Exists)?);
                return Ok(if *yes { p } else { p.negate() });
            }
            Test::Null => return Ok(Expr::Pred(self.preds.add(slot, Op::Present)?).negate()),
            Test::Field { other, place, cased } => Op::Field { other: self.slot(other)?, place: *place, cased: *cased },
        };
        Ok(Expr::Pred(self.preds.add(slot, op)?))
    }
}

fn combine(c: &Cond, searches: &[Expr]) -> Expr {
    let get = |i: &usize| searches.get(*i).cloned().unwrap_or(Expr::Const(false));
    match c {
        Cond::Search(i) => get(i),
        Cond::And(all) => Expr::all(all.iter().map(|c| combine(c, searches)).collect()),
        Cond::Or(any) => Expr::any(any.iter().map(|c| combine(c, searches)).collect()),
        Cond::Not(c) => combine(c, searches).negate(),
        Cond::AtLeast(n, picked) => Expr::AtLeast(*n, picked.iter().map(get).collect()),
    }
}
