//! Which predicates wake a rule: a set of which at least one must hold for the
//! rule to match, chosen to hold as seldom as can be told beforehand.

use crate::detect::OvField;
use crate::event::Ov;

use super::expr::Expr;
use super::preds::{Op, Preds, RAW, Slot};

/// The set for an expression, with its estimated cost; `None` if the rule may
/// match without any predicate being found (it is tried on every event of its
/// logsource).
#[must_use]
pub fn choose(e: &Expr, preds: &Preds) -> Option<(f64, Vec<u32>)> {
    cover(e, false, preds)
}

fn cover(e: &Expr, negated: bool, preds: &Preds) -> Option<(f64, Vec<u32>)> {
    match (e, negated) {
        (Expr::Const(b), n) => (*b == n).then(|| (0.0, Vec::new())),
        (Expr::Pred(p), false) => cost(*p, preds).map(|c| (c, vec![*p])),
        (Expr::Pred(_), true) => None,
        (Expr::Not(inner), n) => cover(inner, !n, preds),
        (Expr::And(all), false) | (Expr::Or(all), true) => {
            let best = all.iter().filter_map(|e| cover(e, negated, preds));
            best.reduce(|a, b| if b.0 < a.0 { b } else { a })
        }
        (Expr::Or(all), false) | (Expr::And(all), true) => {
            let mut sum = (0.0, Vec::new());
            for e in all {
                let (c, set) = cover(e, negated, preds)?;
                sum.0 += c;
                sum.1.extend(set);
            }
            Some(sum)
        }
        (Expr::AtLeast(n, all), false) => {
            // All but n-1 of them may fail, so one of any len-n+1 must hold.
            let mut covers: Vec<_> = all.iter().filter_map(|e| cover(e, false, preds)).collect();
            let need = (all.len() + 1).checked_sub(*n)?;
            if covers.len() < need {
                return None;
            }
            covers.sort_by(|a, b| a.0.total_cmp(&b.0));
            covers.truncate(need);
            Some((covers.iter().map(|c| c.0).sum(), covers.into_iter().flat_map(|c| c.1).collect()))
        }
        (Expr::AtLeast(..), true) => None,
    }
}

/// How often a predicate is expected to hold, from its shape and from how many
/// rules use it (what many rules ask for is usually common).
fn cost(p: u32, preds: &Preds) -> Option<f64> {
    let (slot, op) = preds.list.get(p as usize)?;
    let uses = f64::from(preds.uses.get(p as usize).copied().unwrap_or(1).max(1));
    let typed = match preds.slots.get(usize::from(*slot)) {
        Some(Slot::Field(f)) => match f.overlay {
            Some(OvField::EventType | OvField::Outcome | OvField::Severity) => true,
            // Few values that every record of a web log has one of.
            Some(OvField::Text(ov)) => matches!(ov, Ov::StatusCode | Ov::HttpMethod),
            _ => false,
        },
        _ => false,
    };
    let base = match op {
        Op::Str { pattern, .. } if pattern.plain().is_some() => 0.03,
        Op::Str { pattern, .. } => chance(pattern.longest().unwrap_or("")),
        Op::Num { .. } => 0.1,
        // It wakes the rule only where it matches, which is far seldomer than its literals occur.
        Op::Regex(_) => preds.regexes.get(&p).and_then(|r| r.literals()).map_or(2.0, |all| {
            // Very short literals slow the search for all others of the field.
            let short = if all.iter().any(|l| l.len() < 4) { 0.6 } else { 0.0 };
            all.iter().map(|l| chance(l)).sum::<f64>().min(0.2) + short
        }),
        Op::Cidr(net) => 1.0 / (1.0 + f64::from(net.prefix)),
        Op::Compare(..) => 0.5,
        _ => return None,
    };
    // Scanning the whole record is the dearest thing to do for an event.
    let scan = if *slot == RAW { 4.0 } else { 1.0 };
    Some(if typed { 0.3 } else { base } * scan * (1.0 + uses.log2()))
}

/// How likely a text holds a literal by chance: halved by each letter or so.
fn chance(literal: &str) -> f64 {
    (-(literal.chars().count() as f64) / 1.5).exp2().max(0.000_5)
}
