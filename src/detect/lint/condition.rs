//! Conditions that can never be true, and filters that take out everything.
//!
//! Searches are looked at as variables, with what one implies about another
//! (`Image: a` implies `Image|contains: a`, and excludes `Image: b`). What
//! cannot be told cheaply is left alone.

use super::values::{all_ways, finds_always};
use super::{Checker, contradiction};
use crate::detect::sigma::ast::{Det, Item, Test};
use crate::detect::sigma::condition::Cond;
use crate::detect::sigma::glob::{Part, Pattern};
use crate::detect::sigma::rule::Detection;

/// Searches of a condition up to which it is looked at.
const MAX_SEARCHES: usize = 64;
/// Steps of the search for a case in which the condition holds.
const MAX_STEPS: usize = 4_096;
/// Values of an item up to which it is compared with others.
const MAX_VALUES: usize = 200;

impl Checker<'_> {
    pub(super) fn condition(&mut self, d: &Detection) {
        let n = d.searches.len();
        if n > MAX_SEARCHES {
            return;
        }
        let at = self.at_condition();
        if !possible(&d.condition, n, &[]) {
            let hint = "look for a search that is both asked for and taken out";
            return self.say(at, "never-true", "the condition can never be true".into(), hint);
        }
        let facts = facts(d);
        let name = |i: usize| d.names.get(i).map_or("", String::as_str);
        if facts.is_empty() || possible(&d.condition, n, &facts) {
            if let Some((when, filters)) = by_values(d, &facts) {
                let filters: Vec<String> = filters.into_iter().map(|f| format!("'{}'", name(f))).collect();
                let message =
                    format!("everything that '{}' finds is taken out by {}", name(when), filters.join(" and "));
                self.say(at, "filter-removes-all", message, "narrow the filters");
            }
            return;
        }
        match facts.iter().find(|f| f.holds && negated(&d.condition, f.then) && !negated(&d.condition, f.when)) {
            Some(f) => {
                let message = format!("everything that '{}' finds is taken out by '{}'", name(f.when), name(f.then));
                self.say(at, "filter-removes-all", message, "narrow the filter");
            }
            None => {
                let pair = match facts.iter().find(|f| !f.holds).or(facts.first()) {
                    Some(f) if f.when == f.then => format!("'{}'", name(f.when)),
                    Some(f) => format!("'{}' and '{}'", name(f.when), name(f.then)),
                    None => String::new(),
                };
                let message = format!("the condition can never be true: look at {pair}");
                self.say(at, "never-true", message, "what it asks for excludes itself");
            }
        }
    }
}

/// Whether no event makes the condition of a detection true.
pub(super) fn impossible(d: &Detection) -> bool {
    let n = d.searches.len();
    if n > MAX_SEARCHES {
        return false;
    }
    let facts = facts(d);
    !possible(&d.condition, n, &facts) || by_values(d, &facts).is_some()
}

/// A search whose values, or maps, are all taken out, each by one filter or another.
fn by_values(d: &Detection, facts: &[Fact]) -> Option<(usize, Vec<usize>)> {
    let n = d.searches.len();
    let filters: Vec<usize> = (0..n).filter(|i| negated(&d.condition, *i)).collect();
    if filters.is_empty() {
        return None;
    }
    let search = |i: usize| d.searches.get(i);
    (0..n).filter(|i| !filters.contains(i)).find_map(|when| {
        let mut by: Vec<usize> = Vec::new();
        let mut taken = |way: &Det| {
            let implied = |f: &&usize| search(**f).is_some_and(|f| implies(way, f));
            let held: Vec<usize> = filters.iter().filter(implied).copied().collect();
            if held.is_empty() {
                return false;
            }
            let mut known = facts.to_vec();
            known.extend(held.iter().map(|then| Fact { when, then: *then, holds: true }));
            by.extend(held);
            !possible(&d.condition, n, &known)
        };
        let all = all_ways(search(when)?, &mut taken);
        by.sort_unstable();
        by.dedup();
        all.then_some((when, by))
    })
}

/// If search `when` holds, search `then` holds (or does not).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fact {
    when: usize,
    then: usize,
    holds: bool,
}

fn facts(d: &Detection) -> Vec<Fact> {
    let mut out = Vec::new();
    for (when, a) in d.searches.iter().enumerate() {
        if contradiction::dead(a) {
            out.push(Fact { when, then: when, holds: false });
        }
        for (then, b) in d.searches.iter().enumerate().filter(|(j, _)| *j != when) {
            if implies(a, b) {
                out.push(Fact { when, then, holds: true });
            } else if when < then && excludes(a, b) {
                out.push(Fact { when, then, holds: false });
            }
        }
    }
    out
}

/// Whether a search stands below an odd number of `not`.
fn negated(c: &Cond, search: usize) -> bool {
    match c {
        Cond::Search(_) | Cond::AtLeast(..) => false,
        Cond::And(all) | Cond::Or(all) => all.iter().any(|c| negated(c, search)),
        Cond::Not(inner) => super::search::used(inner, search),
    }
}

/// Whether some case makes the condition true; `true` where that takes too long to tell.
pub(super) fn possible(c: &Cond, n: usize, facts: &[Fact]) -> bool {
    let mut values = vec![None; n];
    let mut steps = 0;
    find(c, 0, &mut values, facts, &mut steps)
}

fn find(c: &Cond, at: usize, values: &mut Vec<Option<bool>>, facts: &[Fact], steps: &mut usize) -> bool {
    *steps += 1;
    if *steps > MAX_STEPS {
        return true;
    }
    match eval(c, values) {
        Some(false) => return false,
        // what is still open is false: facts then say nothing more
        Some(true) if consistent(values, facts, true) => return true,
        _ => {}
    }
    if at >= values.len() {
        return false;
    }
    for v in [false, true] {
        if let Some(place) = values.get_mut(at) {
            *place = Some(v);
        }
        if consistent(values, facts, false) && find(c, at + 1, values, facts, steps) {
            return true;
        }
    }
    if let Some(place) = values.get_mut(at) {
        *place = None;
    }
    false
}

fn consistent(values: &[Option<bool>], facts: &[Fact], closed: bool) -> bool {
    let get = |i: usize| values.get(i).copied().flatten().or(closed.then_some(false));
    facts.iter().all(|f| get(f.when) != Some(true) || get(f.then).is_none_or(|v| v == f.holds))
}

/// The condition where some searches are open.
fn eval(c: &Cond, values: &[Option<bool>]) -> Option<bool> {
    match c {
        Cond::Search(i) => values.get(*i).copied().flatten(),
        Cond::Not(inner) => eval(inner, values).map(|v| !v),
        Cond::And(all) => {
            let mut open = false;
            for c in all {
                match eval(c, values) {
                    Some(false) => return Some(false),
                    None => open = true,
                    Some(true) => {}
                }
            }
            (!open).then_some(true)
        }
        Cond::Or(any) => {
            let mut open = false;
            for c in any {
                match eval(c, values) {
                    Some(true) => return Some(true),
                    None => open = true,
                    Some(false) => {}
                }
            }
            (!open).then_some(false)
        }
        Cond::AtLeast(n, picked) => {
            let count = |v: Option<bool>| picked.iter().filter(|i| values.get(**i).copied().flatten() == v).count();
            let (yes, open) = (count(Some(true)), count(None));
            if yes >= *n {
                Some(true)
            } else if yes + open < *n {
                Some(false)
            } else {
                None
            }
        }
    }
}

/// Whether `b` holds whenever `a` does.
fn implies(a: &Det, b: &Det) -> bool {
    match (a, b) {
        (_, Det::All(all)) => all.iter().all(|b| implies(a, b)),
        (Det::Any(any), _) => any.iter().all(|a| implies(a, b)),
        (_, Det::Any(any)) => any.iter().any(|b| implies(a, b)),
        (Det::All(all), _) => all.iter().any(|a| implies(a, b)),
        (Det::Item(a), Det::Item(b)) => item_implies(a, b),
    }
}

/// Whether `a` and `b` never hold together.
fn excludes(a: &Det, b: &Det) -> bool {
    match (a, b) {
        (Det::All(all), _) => all.iter().any(|a| excludes(a, b)),
        (_, Det::All(all)) => all.iter().any(|b| excludes(a, b)),
        (Det::Any(any), _) => any.iter().all(|a| excludes(a, b)),
        (_, Det::Any(any)) => any.iter().all(|b| excludes(a, b)),
        (Det::Item(a), Det::Item(b)) => contradiction::never(a, b),
    }
}

fn small(i: &Item) -> bool {
    i.values.len() <= MAX_VALUES
}

fn item_implies(a: &Item, b: &Item) -> bool {
    if a.field != b.field || a.negate || b.negate || !small(a) || !small(b) {
        return false;
    }
    // a value's alternatives: any of them may be what holds
    let value = |a: &[Test], b: &[Test]| a.iter().all(|a| b.iter().any(|b| test_implies(a, b)));
    let from_one = |a: &[Test]| {
        if b.all { b.values.iter().all(|b| value(a, b)) } else { b.values.iter().any(|b| value(a, b)) }
    };
    if a.all {
        if b.all {
            b.values.iter().all(|b| a.values.iter().any(|a| value(a, b)))
        } else {
            a.values.iter().any(|a| from_one(a))
        }
    } else {
        a.values.iter().all(|a| from_one(a))
    }
}

fn test_implies(a: &Test, b: &Test) -> bool {
    if a == b {
        return true;
    }
    match (a, b) {
        (Test::Null | Test::Exists(false), _) => false,
        (_, Test::Exists(true)) => true,
        (Test::Exists(_), _) => false,
        // Every value is taken out.
        (_, Test::Regex { pattern }) => finds_always(pattern),
        (_, Test::Str { pattern, .. }) if *pattern.0 == [Part::Many] => true,
        (Test::Str { pattern: a, .. }, Test::Str { pattern: b, cased: false }) => pattern_implies(&a.folded(), b),
        _ => false,
    }
}

fn pattern_implies(a: &Pattern, b: &Pattern) -> bool {
    let lits = || a.0.iter().filter_map(|p| if let Part::Lit(l) = p { Some(l) } else { None });
    match b.0.as_slice() {
        [Part::Many] => true,
        [Part::Many, Part::Lit(l), Part::Many] => lits().any(|x| x.contains(l.as_str())),
        [Part::Many, Part::Lit(l)] => matches!(a.0.last(), Some(Part::Lit(x)) if x.ends_with(l.as_str())),
        [Part::Lit(l), Part::Many] => matches!(a.0.first(), Some(Part::Lit(x)) if x.starts_with(l.as_str())),
        _ => false,
    }
}
