//! Which predicates wake a rule: a set of which at least one must hold for the
//! rule to match, chosen to hold as seldom as can be told beforehand.

use crate::detect::OvField;
use crate::detect::sigma::glob::{Part, Pattern};
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
        Op::Str { pattern, .. } if let Some(text) = pattern.plain() => whole(text),
        Op::Str { pattern, .. } => chance(pattern.longest().unwrap_or("")) * if anchored(pattern) { 0.15 } else { 1.0 },
        Op::Num { text, .. } => 0.1 * if text.len() < 3 { 2.0 } else { 1.0 },
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
    let letters = literal.chars().count().saturating_sub(spared(literal)).max(1);
    (-(letters as f64) / 1.5).exp2().max(0.000_5)
}

/// How many bytes of a literal say nothing: words that stand in very many values
/// of paths and command lines count as two letters.
fn spared(literal: &str) -> usize {
    let mut bytes = literal.as_bytes();
    let mut spared = 0;
    while let [first, rest @ ..] = bytes {
        let words: &[&str] = match first {
            b'\\' => &[
                r"\program files",
                r"\windows\",
                r"\system32\",
                r"\syswow64\",
                r"\users\",
                r"\appdata\",
                r"\temp\",
                r"\software\",
                r"\currentversion\",
                r"\currentcontrolset\",
            ],
            b'.' => &[".exe", ".dll"],
            b'c' => &["cmd.exe"],
            b'h' => &["http"],
            b'm' => &["microsoft"],
            b'p' => &["powershell"],
            _ => &[],
        };
        match words.iter().find(|w| bytes.starts_with(w.as_bytes())) {
            // The last backslash may begin the next word.
            Some(w) if w.ends_with('\\') => {
                spared += w.len() - 3;
                bytes = bytes.get(w.len() - 1..).unwrap_or_default();
            }
            Some(w) => {
                spared += w.len() - 2;
                bytes = bytes.get(w.len()..).unwrap_or_default();
            }
            None => bytes = rest,
        }
    }
    spared
}

/// How likely a value is a text: what switches say is one of two.
fn whole(text: &str) -> f64 {
    match text {
        "true" | "false" | "yes" | "no" | "-" | "" | "system" => 0.3,
        _ => 0.03,
    }
}

/// Whether a pattern stands at the start or the end of values, where a text is
/// found far seldomer than anywhere in them.
fn anchored(pattern: &Pattern) -> bool {
    !matches!(pattern.0.as_slice(), [Part::Many, .., Part::Many])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_everywhere_says_little() {
        for (text, says) in [
            ("", 0),
            ("mimikatz", 8),
            (r"c:\windows\system32\", 2 + 2 + 2 + 1),
            (r"\powershell.exe", 1 + 2 + 2),
            ("http", 2),
            (r"\\", 2),
        ] {
            assert_eq!(text.len() - spared(text), says, "{text}");
        }
        assert!(chance("mimikatz") < chance(r"\powershell.exe") && chance(r"\windows\") > 0.1);
    }

    #[test]
    fn edges_are_rarer() {
        let of = |text: &str| anchored(&Pattern::parse(text));
        assert!(of("*x") && of("x*") && of("x*y") && of("x") && !of("*x*") && !of("*x*y*"));
    }
}
