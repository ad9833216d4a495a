//! What each part of a rule set is as bytes. A member that is added to a type
//! and not here does not compile.

use super::codec::{Kept, Reader};
use crate::detect::compile::Source;
use crate::detect::compile::expr::Expr;
use crate::detect::compile::preds::{Op, Slot};
use crate::detect::logsource::RuleLogsource;
use crate::detect::sigma::ast::{Cmp, Net, Place, TimePart};
use crate::detect::sigma::glob::{Part, Pattern};
use crate::detect::spec::{
    Accepted, Bound, BoundOp, CorrelationKind, CorrelationSpec, GroupField, Learn, Redeemed, StepExpr,
};
use crate::detect::{FieldRef, NamedField, OvField, RuleIdx, RuleInfo, RuleKind};
use crate::event::{FieldId, Logsource, OVERLAY, Ov, Severity, Sym};

/// Deepest nesting of expressions that is read.
const MAX_DEPTH: usize = 400;

macro_rules! record {
    ($t:ty { $($member:ident),+ $(,)? }) => {
        impl Kept for $t {
            fn put(&self, to: &mut Vec<u8>) {
                let Self { $($member),+ } = self;
                $($member.put(to);)+
            }

            fn get(r: &mut Reader<'_>) -> Option<Self> {
                Some(Self { $($member: Kept::get(r)?),+ })
            }
        }
    };
}

macro_rules! number {
    ($($t:ident),+) => {
        $(impl Kept for $t {
            fn put(&self, to: &mut Vec<u8>) {
                self.0.put(to);
            }

            fn get(r: &mut Reader<'_>) -> Option<Self> {
                Kept::get(r).map(Self)
            }
        })+
    };
}

macro_rules! word {
    ($t:ident { $($variant:ident = $n:literal),+ $(,)? }) => {
        impl Kept for $t {
            fn put(&self, to: &mut Vec<u8>) {
                to.push(match self { $(Self::$variant => $n),+ });
            }

            fn get(r: &mut Reader<'_>) -> Option<Self> {
                match u8::get(r)? { $($n => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

number!(FieldId, Sym, RuleIdx, Pattern);
record!(Logsource { product, category, service });
record!(RuleLogsource { own, covers, services });
record!(FieldRef { overlay, original, original_first });
record!(NamedField { name, field });
record!(GroupField { name, per_base });
record!(Net { bits, prefix, v6 });
record!(Bound { op, value });
record!(Learn { period, minimum });
record!(Redeemed { by, group_by, value, fields, at_most, at_least, each, once });
record!(Accepted { by, group_by, value });
record!(Source { rule, logsource, expr });
record!(CorrelationSpec {
    kind,
    bases,
    group_by,
    timespan,
    bounds,
    expr,
    fields,
    percentile,
    generate,
    learn,
    redeemed,
    accepted,
});
record!(RuleInfo {
    id,
    title,
    name,
    description,
    level,
    status,
    author,
    techniques,
    tactics,
    tags,
    references,
    false_positives,
    logsource,
    path,
    line,
    loaded,
    reason,
    kind,
    alerts,
    group_by,
    cooldown,
    suppresses,
    risk,
    confidence,
    shows,
    baseline,
    familiar,
});
word!(BoundOp { Gt = 0, Gte = 1, Lt = 2, Lte = 3, Eq = 4, Neq = 5 });
word!(Cmp { Lt = 0, Lte = 1, Gt = 2, Gte = 3 });
word!(Place { Whole = 0, Inside = 1, Start = 2, End = 3 });
word!(TimePart { Minute = 0, Hour = 1, Day = 2, Week = 3, Month = 4, Year = 5 });

impl Kept for Severity {
    fn put(&self, to: &mut Vec<u8>) {
        to.push(*self as u8);
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        let n = u8::get(r)?;
        Self::ALL.iter().copied().find(|s| *s as u8 == n)
    }
}

impl Kept for CorrelationKind {
    fn put(&self, to: &mut Vec<u8>) {
        Self::ALL.iter().position(|k| k == self).unwrap_or(Self::ALL.len()).put(to);
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        Self::ALL.get(usize::get(r)?).copied()
    }
}

impl Kept for Ov {
    fn put(&self, to: &mut Vec<u8>) {
        to.push(*self as u8);
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        let n = u8::get(r)?;
        OVERLAY.iter().copied().find(|o| *o as u8 == n)
    }
}

impl Kept for OvField {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Text(ov) => {
                to.push(0);
                ov.put(to);
            }
            Self::EventType => to.push(1),
            Self::Outcome => to.push(2),
            Self::Severity => to.push(3),
            Self::Timestamp => to.push(4),
        }
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        Some(match u8::get(r)? {
            0 => Self::Text(Ov::get(r)?),
            1 => Self::EventType,
            2 => Self::Outcome,
            3 => Self::Severity,
            4 => Self::Timestamp,
            _ => return None,
        })
    }
}

impl Kept for RuleKind {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Detection => to.push(0),
            Self::Filter => to.push(1),
            Self::Correlation(spec) => {
                to.push(2);
                spec.put(to);
            }
        }
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        Some(match u8::get(r)? {
            0 => Self::Detection,
            1 => Self::Filter,
            2 => Self::Correlation(Kept::get(r)?),
            _ => return None,
        })
    }
}

impl Kept for Slot {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Raw => false.put(to),
            Self::Field(f) => {
                true.put(to);
                f.put(to);
            }
        }
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        if bool::get(r)? { Kept::get(r).map(Self::Field) } else { Some(Self::Raw) }
    }
}

impl Kept for Part {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Lit(text) => {
                to.push(0);
                text.put(to);
            }
            Self::Many => to.push(1),
            Self::One => to.push(2),
            Self::Dash => to.push(3),
        }
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        Some(match u8::get(r)? {
            0 => Self::Lit(Kept::get(r)?),
            1 => Self::Many,
            2 => Self::One,
            3 => Self::Dash,
            _ => return None,
        })
    }
}

impl Kept for Op {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Str { pattern, cased } => {
                to.push(0);
                pattern.put(to);
                cased.put(to);
            }
            Self::Num { text, bits } => {
                to.push(1);
                text.put(to);
                bits.put(to);
            }
            Self::Regex(text) => {
                to.push(2);
                text.put(to);
            }
            Self::Cidr(net) => {
                to.push(3);
                net.put(to);
            }
            Self::Compare(cmp, bits) => {
                to.push(4);
                cmp.put(to);
                bits.put(to);
            }
            Self::Exists => to.push(5),
            Self::Present => to.push(6),
            Self::Time(part, cmp, n) => {
                to.push(7);
                part.put(to);
                cmp.put(to);
                n.put(to);
            }
            Self::Field { other, place, cased } => {
                to.push(8);
                other.put(to);
                place.put(to);
                cased.put(to);
            }
        }
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        Some(match u8::get(r)? {
            0 => Self::Str { pattern: Kept::get(r)?, cased: Kept::get(r)? },
            1 => Self::Num { text: Kept::get(r)?, bits: Kept::get(r)? },
            2 => Self::Regex(Kept::get(r)?),
            3 => Self::Cidr(Kept::get(r)?),
            4 => Self::Compare(Kept::get(r)?, Kept::get(r)?),
            5 => Self::Exists,
            6 => Self::Present,
            7 => Self::Time(Kept::get(r)?, Kept::get(r)?, Kept::get(r)?),
            8 => Self::Field { other: Kept::get(r)?, place: Kept::get(r)?, cased: Kept::get(r)? },
            _ => return None,
        })
    }
}

impl Kept for Expr {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Const(b) => {
                to.push(0);
                b.put(to);
            }
            Self::Pred(p) => {
                to.push(1);
                p.put(to);
            }
            Self::And(all) => {
                to.push(2);
                all.put(to);
            }
            Self::Or(any) => {
                to.push(3);
                any.put(to);
            }
            Self::Not(e) => {
                to.push(4);
                e.put(to);
            }
            Self::AtLeast(n, all) => {
                to.push(5);
                n.put(to);
                all.put(to);
            }
        }
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        expr(r, 0)
    }
}

fn expr(r: &mut Reader<'_>, depth: usize) -> Option<Expr> {
    if depth > MAX_DEPTH {
        return None;
    }
    let many = |r: &mut Reader<'_>| (0..r.many()?).map(|_| expr(r, depth + 1)).collect::<Option<Vec<_>>>();
    Some(match u8::get(r)? {
        0 => Expr::Const(Kept::get(r)?),
        1 => Expr::Pred(Kept::get(r)?),
        2 => Expr::And(many(r)?),
        3 => Expr::Or(many(r)?),
        4 => Expr::Not(Box::new(expr(r, depth + 1)?)),
        5 => Expr::AtLeast(Kept::get(r)?, many(r)?),
        _ => return None,
    })
}

impl Kept for StepExpr {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Base(i) => {
                to.push(0);
                i.put(to);
            }
            Self::And(all) => {
                to.push(1);
                all.put(to);
            }
            Self::Or(any) => {
                to.push(2);
                any.put(to);
            }
            Self::AtLeast(n, bases) => {
                to.push(3);
                n.put(to);
                bases.put(to);
            }
            Self::Not(e) => {
                to.push(4);
                e.put(to);
            }
        }
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        step(r, 0)
    }
}

fn step(r: &mut Reader<'_>, depth: usize) -> Option<StepExpr> {
    if depth > MAX_DEPTH {
        return None;
    }
    let many = |r: &mut Reader<'_>| (0..r.many()?).map(|_| step(r, depth + 1)).collect::<Option<Vec<_>>>();
    Some(match u8::get(r)? {
        0 => StepExpr::Base(Kept::get(r)?),
        1 => StepExpr::And(many(r)?),
        2 => StepExpr::Or(many(r)?),
        3 => StepExpr::AtLeast(Kept::get(r)?, Kept::get(r)?),
        4 => StepExpr::Not(Box::new(step(r, depth + 1)?)),
        _ => return None,
    })
}
