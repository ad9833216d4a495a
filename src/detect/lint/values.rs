//! Values that no event has: hours that no clock shows, event ids of another
//! category; and what an expression says of the texts it matches.

use regex_syntax::hir::{Hir, HirKind, Look};

use super::Checker;
use crate::detect::sigma::ast::{Cmp, Det, Item, Test, TimePart};
use crate::detect::sigma::glob::{Part, Pattern};
use crate::detect::sigma::rule::{Detection, LogsourceNames};
use crate::detect::sigma::value::decimal;
use crate::parse::windows::category_ids;

impl Checker<'_> {
    /// Parts of a time that no clock shows.
    pub(super) fn off_the_clock(&mut self, i: &Item) {
        if let Some(said) = i.values.iter().flatten().find_map(impossible) {
            let field = i.field.as_deref().unwrap_or("keywords");
            let hint = "minutes are 0 to 59, hours 0 to 23, days 1 to 31, weeks 1 to 53, months 1 to 12";
            self.say((i.line, i.column), "contradiction", format!("'{field}': no time has {said}"), hint);
        }
    }

    /// Event ids that no event of the rule's category has.
    pub(super) fn event_ids(&mut self, names: &LogsourceNames, d: &Detection) {
        if names.product != "windows" || names.category.is_empty() {
            return;
        }
        let mut items: Vec<&Item> = Vec::new();
        for s in &d.searches {
            s.each_item(&mut |i| {
                if i.field.as_deref() == Some("EventID") && !i.negate {
                    items.push(i);
                }
            });
        }
        if items.is_empty() {
            return;
        }
        let known = category_ids(&names.category);
        for i in items.into_iter().filter(|_| !known.is_empty()) {
            let foreign = i.values.iter().flatten().find_map(|t| id_of(t).filter(|id| !known.contains(id)));
            if let Some(id) = foreign {
                let message = format!("no event of {} has the EventID {id}", names.display());
                let known: Vec<String> = known.iter().map(u32::to_string).collect();
                let hint = format!("its events have {}; name the service instead of the category", known.join(", "));
                self.say((i.line, i.column), "contradiction", message, &hint);
            }
        }
    }
}

/// The event id that a test asks for.
fn id_of(t: &Test) -> Option<u32> {
    let n = match t {
        Test::Num { value, .. } => *value,
        Test::Str { pattern, .. } => decimal(pattern.plain()?)?,
        _ => return None,
    };
    (n >= 0.0 && n <= f64::from(u32::MAX) && n.fract() == 0.0).then_some(n as u32)
}

/// Whether an item asks for a part of a time that there is not.
pub(super) fn timeless(i: &Item) -> bool {
    let never = |v: &Vec<Test>| !v.is_empty() && v.iter().all(|t| impossible(t).is_some());
    !i.negate && if i.all { i.values.iter().any(never) } else { i.values.iter().all(never) }
}

/// The part of a time that a test asks for in vain.
fn impossible(t: &Test) -> Option<String> {
    let Test::Time(part, cmp, n) = t else { return None };
    let (name, low, high) = match part {
        TimePart::Minute => ("minute", 0, 59),
        TimePart::Hour => ("hour", 0, 23),
        TimePart::Day => ("day", 1, 31),
        TimePart::Week => ("week", 1, 53),
        TimePart::Month => ("month", 1, 12),
        TimePart::Year => ("year", 0, 9_999),
    };
    let (some, how) = match cmp {
        None => ((low..=high).contains(n), ""),
        Some(Cmp::Lt) => (*n > low, "less than "),
        Some(Cmp::Lte) => (*n >= low, "at most "),
        Some(Cmp::Gt) => (*n < high, "more than "),
        Some(Cmp::Gte) => (*n <= high, "at least "),
    };
    (!some).then(|| format!("the {name} {how}{n}"))
}

fn read(pattern: &str) -> Option<Hir> {
    regex_syntax::ParserBuilder::new().nest_limit(100).build().parse(pattern).ok()
}

/// Whether an expression finds something in every text.
pub(super) fn finds_always(pattern: &str) -> bool {
    // What may be empty is found at one end, unless it is tied to both.
    let start = |l: Look| matches!(l, Look::Start | Look::StartLF | Look::StartCRLF);
    let end = |l: Look| matches!(l, Look::End | Look::EndLF | Look::EndCRLF);
    read(pattern).is_some_and(|hir| {
        let (looks, empty) = (hir.properties().look_set(), hir.properties().minimum_len() == Some(0));
        empty && (looks.iter().all(start) || looks.iter().all(end))
    })
}

/// A pattern, in which case counts, that all texts have which an expression
/// matches; `None` where it is tied to neither end by a literal.
pub(super) fn shape(pattern: &str) -> Option<Pattern> {
    let hir = read(pattern)?;
    let HirKind::Concat(parts) = hir.kind() else { return None };
    let look = |h: &Hir, l: Look| *h.kind() == HirKind::Look(l);
    let text = |h: Option<&Hir>| match h.map(Hir::kind) {
        Some(HirKind::Literal(l)) => String::from_utf8(l.0.to_vec()).ok(),
        _ => None,
    };
    let first = parts.first().filter(|h| look(h, Look::Start)).and_then(|_| text(parts.get(1)));
    let last = parts.last().filter(|h| look(h, Look::End));
    let last = last.and_then(|_| text(parts.get(parts.len().checked_sub(2)?)));
    Some(Pattern(match (first, last) {
        (None, None) => return None,
        (Some(whole), Some(_)) if parts.len() == 3 => vec![Part::Lit(whole)],
        (first, last) => {
            let lit = |t: Option<String>| t.map(Part::Lit);
            lit(first).into_iter().chain([Part::Many]).chain(lit(last)).collect()
        }
    }))
}

/// The ways in which a search holds, one dimension at a time: the values of a
/// list, or its maps. Each is given to `each`; whether all of one dimension passed.
pub(super) fn all_ways(d: &Det, each: &mut dyn FnMut(&Det) -> bool) -> bool {
    match d {
        Det::Item(i) if i.all || i.negate || i.values.len() < 2 => false,
        Det::Item(i) => i.values.iter().all(|v| each(&Det::Item(Item { values: vec![v.clone()], ..bare(i) }))),
        Det::Any(any) => any.len() > 1 && any.iter().all(&mut *each),
        Det::All(all) => (0..all.len()).any(|at| {
            let inside = |one: &Det| {
                let mut whole: Vec<Det> = Vec::with_capacity(all.len());
                whole.extend(all.iter().enumerate().map(|(n, d)| if n == at { one.clone() } else { d.clone() }));
                Det::All(whole)
            };
            all.get(at).is_some_and(|d| all_ways(d, &mut |one| each(&inside(one))))
        }),
    }
}

/// An item without its values.
fn bare(i: &Item) -> Item {
    let Item { field, all, negate, line, column, .. } = i;
    Item { field: field.clone(), values: Vec::new(), all: *all, negate: *negate, line: *line, column: *column }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_that_find_always() {
        for p in ["", ".*", "^.*", ".*$", "^", "a*", "(?s).*", "(a|b)?", "(?i)x*"] {
            assert!(finds_always(p), "{p}");
        }
        for p in [".+", "^.*$", "a", "\\bx*", "^a*b", "["] {
            assert!(!finds_always(p), "{p}");
        }
    }

    #[test]
    fn shapes_of_expressions() {
        let p = |t: &str| Some(Pattern::parse(t));
        assert_eq!(shape("^a"), p("a*"));
        assert_eq!(shape("^Ab.*c$"), p("Ab*c"));
        assert_eq!(shape("x.*yz$"), p("*yz"));
        assert_eq!(shape("^ab$"), p("ab"));
        for none in ["a", "^(a|b)", "(?i)^a", "^a?b", "(?m)^a", "^a|b"] {
            assert_eq!(shape(none), None, "{none}");
        }
    }
}
