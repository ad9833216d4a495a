//! Tests of one field that exclude each other, and comparisons that no number
//! passes.

use std::borrow::Cow;

use super::Checker;
use super::values::{shape, timeless};
use crate::detect::sigma::ast::{Cmp, Det, Item, Test, mask};
use crate::detect::sigma::correlation::Correlation;
use crate::detect::sigma::glob::{Part, Pattern, fold_into};
use crate::detect::sigma::value::decimal;
use crate::detect::spec::{Bound, BoundOp, CorrelationKind};

/// Values of an item up to which it is compared with others.
const MAX_VALUES: usize = 200;
/// Items of a map up to which they are compared.
const MAX_ITEMS: usize = 64;

/// Fields of which every event has one value.
const SINGLE: &[&str] = &[
    "EventID",
    "event_type",
    "Image",
    "ParentImage",
    "SourceImage",
    "TargetImage",
    "ImageLoaded",
    "OriginalFileName",
    "CommandLine",
    "ParentCommandLine",
    "CurrentDirectory",
    "TargetFilename",
    "TargetObject",
    "NewProcessName",
    "ParentProcessName",
    "ProcessId",
    "ParentProcessId",
    "LogonType",
    "DestinationPort",
    "SourcePort",
    "DestinationIp",
    "SourceIp",
    "IpAddress",
    "src_ip",
    "dest_ip",
];

impl Checker<'_> {
    /// Maps of a search, and lists with `all`, that ask one field for two things at once.
    pub(super) fn contradictions(&mut self, search: &Det) {
        match search {
            Det::Item(i) => {
                self.at_odds_with_itself(i);
                self.off_the_clock(i);
            }
            Det::Any(any) => any.iter().for_each(|d| self.contradictions(d)),
            Det::All(all) => {
                all.iter().for_each(|d| self.contradictions(d));
                let items: Vec<&Item> =
                    all.iter().filter_map(|d| if let Det::Item(i) = d { Some(i) } else { None }).collect();
                for (n, b) in items.iter().enumerate().take(MAX_ITEMS) {
                    if let Some(a) = items.iter().take(n).find(|a| clash(a, b, apart)) {
                        self.odd(b, never(a, b), &format!("line {} and line {}", a.line, b.line));
                    }
                }
            }
        }
    }

    fn at_odds_with_itself(&mut self, i: &Item) {
        if at_odds(i) {
            self.odd(i, single(i), "two values of the list");
        }
    }

    fn odd(&mut self, i: &Item, sure: bool, which: &str) {
        let field = i.field.as_deref().unwrap_or("keywords");
        let at = (i.line, i.column);
        if sure {
            let message = format!("'{field}' can never be what {which} ask for together");
            self.say(at, "contradiction", message, "take one out, or make a list of them");
        } else {
            let message = format!("no value of '{field}' is what {which} ask for together");
            let hint = "it holds only for an event that has several values of the field";
            self.say(at, "contradiction", message, hint);
        }
    }

    /// Comparisons of a correlation that no measure passes.
    pub(super) fn bounds(&mut self, c: &Correlation) {
        use CorrelationKind::{EventCount, Temporal, TemporalOrdered, ValueCount};
        let counts = matches!(c.kind, EventCount | ValueCount | Temporal | TemporalOrdered);
        if !c.bounds.is_empty() && empty(&c.bounds, counts.then_some(1.0)) {
            let at = self.node.get("correlation").and_then(|n| n.get("condition"));
            let at = at.map_or((self.node.line, self.node.column), |n| (n.line, n.column));
            let message = "the condition can never be true: no number passes all of its comparisons".into();
            let hint = "all must hold together, and what is counted is looked at when something is there to count";
            self.say(at, "never-true", message, hint);
        }
    }
}

/// Whether two values of a list that must all hold exclude each other.
fn at_odds(i: &Item) -> bool {
    let two = |(n, b): (usize, &Vec<Test>)| i.values.iter().take(n).any(|a| each(a, b, apart));
    let looked_at = i.all && !i.negate && i.field.is_some() && i.values.len() <= MAX_VALUES;
    looked_at && i.values.iter().enumerate().any(two)
}

/// Whether a search holds for no event.
pub(super) fn dead(d: &Det) -> bool {
    match d {
        Det::Item(i) => timeless(i) || (single(i) && at_odds(i)),
        Det::Any(any) => any.iter().all(dead),
        Det::All(all) => {
            let items: Vec<&Item> =
                all.iter().filter_map(|d| if let Det::Item(i) = d { Some(i) } else { None }).take(MAX_ITEMS).collect();
            let pair = |(n, b): (usize, &&Item)| items.iter().take(n).any(|a| never(a, b));
            all.iter().any(dead) || items.iter().enumerate().any(pair)
        }
    }
}

/// Whether two items never hold together, whatever the event.
pub(super) fn never(a: &Item, b: &Item) -> bool {
    clash(a, b, absent) || (single(a) && clash(a, b, apart))
}

fn single(i: &Item) -> bool {
    i.field.as_deref().is_some_and(|f| SINGLE.contains(&f))
}

/// Whether all ways in which two items of one field hold exclude each other.
fn clash(a: &Item, b: &Item, apart: fn(&Test, &Test) -> bool) -> bool {
    let small = |i: &Item| i.values.len() <= MAX_VALUES && !i.negate;
    if a.field.is_none() || a.field != b.field || !small(a) || !small(b) {
        return false;
    }
    let some = |i: &Item, f: &dyn Fn(&Vec<Test>) -> bool| {
        if i.all { i.values.iter().any(f) } else { i.values.iter().all(f) }
    };
    some(a, &|va| some(b, &|vb| each(va, vb, apart)))
}

/// Of the alternatives of two values no one goes with one of the other's.
fn each(a: &[Test], b: &[Test], apart: fn(&Test, &Test) -> bool) -> bool {
    a.iter().all(|a| b.iter().all(|b| apart(a, b)))
}

/// One asks for no value, the other for some.
fn absent(a: &Test, b: &Test) -> bool {
    let some = |t: &Test| !matches!(t, Test::Null | Test::Exists(_));
    match (a, b) {
        (Test::Exists(x), Test::Exists(y)) => x != y,
        (Test::Null | Test::Exists(false), t) | (t, Test::Null | Test::Exists(false)) => some(t),
        _ => false,
    }
}

/// Whether no single value passes both.
fn apart(a: &Test, b: &Test) -> bool {
    if absent(a, b) {
        return true;
    }
    match (a, b) {
        (Test::Time(p, c, n), Test::Time(q, d, m)) => {
            let bound = |c: &Option<Cmp>, n: i64| Bound { op: c.map_or(BoundOp::Eq, op), value: n as f64 };
            p == q && empty(&[bound(c, *n), bound(d, *m)], Some(0.0))
        }
        (Test::Compare(c, n), Test::Compare(d, m)) => {
            empty(&[Bound { op: op(*c), value: *n }, Bound { op: op(*d), value: *m }], None)
        }
        (Test::Compare(c, n), t) | (t, Test::Compare(c, n)) => match t {
            Test::Num { value, .. } => !c.holds(*value, *n),
            Test::Str { pattern, .. } => {
                pattern.plain().is_some_and(|text| decimal(text).is_none_or(|v| !c.holds(v, *n)))
            }
            _ => false,
        },
        (Test::Num { value: x, .. }, Test::Num { value: y, .. }) => x != y,
        (Test::Num { text, value }, Test::Str { pattern, .. })
        | (Test::Str { pattern, .. }, Test::Num { text, value }) => {
            (pattern.plain()).is_some_and(|p| *folded(p) != **text && decimal(p) != Some(*value))
        }
        (Test::Str { pattern: a, cased: x }, Test::Str { pattern: b, cased: y }) => patterns_apart(a, b, *x && *y),
        (Test::Regex { pattern: re }, Test::Str { pattern, cased })
        | (Test::Str { pattern, cased }, Test::Regex { pattern: re }) => {
            shape(re).is_some_and(|shape| patterns_apart(&shape, pattern, *cased))
        }
        (Test::Regex { pattern: a }, Test::Regex { pattern: b }) => {
            shape(a).zip(shape(b)).is_some_and(|(a, b)| patterns_apart(&a, &b, true))
        }
        (Test::Cidr(a), Test::Cidr(b)) => a.v6 != b.v6 || (a.bits ^ b.bits) & mask(a.prefix.min(b.prefix)) != 0,
        (Test::Cidr(net), Test::Str { pattern, .. }) | (Test::Str { pattern, .. }, Test::Cidr(net)) => {
            pattern.plain().is_some_and(|text| text.parse().map_or(true, |ip| !net.contains(ip)))
        }
        _ => false,
    }
}

/// Whether no text has both patterns; `cased` where case counts in both.
fn patterns_apart(a: &Pattern, b: &Pattern, cased: bool) -> bool {
    let folded = |text| if cased { Cow::Borrowed(text) } else { folded(text) };
    if let (Some(a), Some(b)) = (a.plain(), b.plain()) {
        return folded(a) != folded(b);
    }
    let (a, b) = (a.0.as_slice(), b.0.as_slice());
    if let (Some(Part::Lit(x)), Some(Part::Lit(y))) = (a.last(), b.last()) {
        let (x, y) = (folded(x), folded(y));
        if !x.ends_with(&*y) && !y.ends_with(&*x) {
            return true;
        }
    }
    if let (Some(Part::Lit(x)), Some(Part::Lit(y))) = (a.first(), b.first()) {
        let (x, y) = (folded(x), folded(y));
        return !x.starts_with(&*y) && !y.starts_with(&*x);
    }
    false
}

/// A text without the difference of case; what is in lower case is not copied.
fn folded(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    Cow::Owned(out)
}

const fn op(c: Cmp) -> BoundOp {
    match c {
        Cmp::Lt => BoundOp::Lt,
        Cmp::Lte => BoundOp::Lte,
        Cmp::Gt => BoundOp::Gt,
        Cmp::Gte => BoundOp::Gte,
    }
}

/// Whether no number passes all bounds; of counts only whole numbers from the least on are numbers.
fn empty(bounds: &[Bound], least: Option<f64>) -> bool {
    let counts = least.is_some();
    let mut low = (least.unwrap_or(f64::NEG_INFINITY), true);
    let mut high = (f64::INFINITY, true);
    for b in bounds {
        let v = b.value;
        let (from, to) = match b.op {
            BoundOp::Gt if counts => (Some((v.floor() + 1.0, true)), None),
            BoundOp::Gt => (Some((v, false)), None),
            BoundOp::Gte => (Some((if counts { v.ceil() } else { v }, true)), None),
            BoundOp::Lt if counts => (None, Some((v.ceil() - 1.0, true))),
            BoundOp::Lt => (None, Some((v, false))),
            BoundOp::Lte => (None, Some((if counts { v.floor() } else { v }, true))),
            BoundOp::Eq if counts && v.fract() != 0.0 => return true,
            BoundOp::Eq => (Some((v, true)), Some((v, true))),
            BoundOp::Neq => (None, None),
        };
        // of two with one number the one that leaves it out is narrower
        if let Some(f) = from.filter(|f| f.0 > low.0 || (f.0 == low.0 && !f.1)) {
            low = f;
        }
        if let Some(t) = to.filter(|t| t.0 < high.0 || (t.0 == high.0 && !t.1)) {
            high = t;
        }
    }
    let one = low.0 == high.0;
    low.0 > high.0
        || (one && !(low.1 && high.1))
        || (one && bounds.iter().any(|b| b.op == BoundOp::Neq && b.value == low.0))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use crate::detect::RuleFile;

    fn codes(detection: &str) -> Vec<(&'static str, u32)> {
        let text = format!(
            "title: T\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\ndescription: d\nlevel: low\nlogsource: {{product: windows, category: process_creation}}\ndetection:\n{detection}"
        );
        check(&[RuleFile::new("a.yml", &text)]).into_iter().map(|f| (f.code, f.line)).collect()
    }

    fn one(map: &str) -> Vec<(&'static str, u32)> {
        codes(&format!("  s: {{{map}}}\n  condition: s\n"))
    }

    #[test]
    fn one_field_asked_for_two_things() {
        for never in [
            "ProcessId|gt: 500, ProcessId|lt: 300",
            "ProcessId|gt: 500, ProcessId|lte: 500",
            "ProcessId: 7, ProcessId|gt: 7",
            "Image: null, Image|endswith: '\\a.exe'",
            "User: null, User|contains: [abc, def]",
            "User|exists: false, User|contains: abc",
            "Image|endswith|all: ['\\a.exe', '\\b.exe']",
            "Image|endswith: '\\a.exe', Image|endswith|cased: ['\\b.exe', '\\c.exe']",
            "Image|startswith: 'C:\\', Image: 'D:\\a.exe'",
            "Image|cased: A, Image|cased|startswith: a",
            "Image|re: '^abc', Image|startswith: b",
            "Image|re: 'c$', Image|endswith|cased: C",
            "Image|re|all: ['^abc$', '^b']",
            "src_ip|cidr: 10.0.0.0/8, src_ip: 11.0.0.1",
            "src_ip|cidr|all: [10.0.0.0/8, 192.168.0.0/16]",
        ] {
            assert_eq!(one(never), [("contradiction", 7), ("never-true", 8)], "{never}");
        }
        for never in ["UtcTime|hour: 25", "UtcTime|month|gt: 12", "UtcTime|day: [0, 32]"] {
            let found = one(never);
            assert!(found.contains(&("contradiction", 7)) && found.contains(&("never-true", 8)), "{never}: {found:?}");
        }
        for odd in ["User|startswith: abc, User: xyz", "TargetUserName|re: x, TargetUserName|endswith|all: [abc, xyz]"]
        {
            let found = one(odd);
            assert!(found.contains(&("contradiction", 7)), "{odd}: {found:?}");
            assert!(found.iter().all(|f| f.0 != "never-true"), "{odd}: {found:?}");
        }
        for fine in [
            "ProcessId|gt: 300, ProcessId|lt: 500",
            "ProcessId: 7, ProcessId|gte: 7",
            "Image|endswith|all: ['\\a.exe', 'a\\a.exe']",
            "Image|endswith: '\\a.exe', Image|startswith: 'C:\\'",
            "Image|endswith: ['\\a.exe', '\\b.exe'], Image|endswith|cased: '\\B.exe'",
            "Image|endswith: '\\a.exe', Image|neq: null",
            "Image|contains|all: [abc, xyz]",
            "Image|cased|startswith: Ab, Image|startswith: aB",
            "UtcTime|hour: [0, 23], UtcTime|minute|gte: 59",
        ] {
            assert_eq!(one(fine), [], "{fine}");
        }
    }

    #[test]
    fn a_search_that_never_holds_may_be_left_over() {
        let dead = "{ProcessId|gt: 500, ProcessId|lt: 300}";
        assert_eq!(codes(&format!("  s: [{dead}, {{Image: abc}}]\n  condition: s\n")), [("contradiction", 7)]);
        let not = format!("  s: {{Image: abc}}\n  t: {dead}\n  condition: s and not t\n");
        assert_eq!(codes(&not), [("contradiction", 8)]);
    }

    #[test]
    fn two_searches_asked_for_together() {
        let with = |condition: &str| {
            codes(&format!(
                "  s: {{Image|endswith: '\\a.exe'}}\n  t: {{Image|endswith: '\\b.exe'}}\n  condition: {condition}\n"
            ))
        };
        assert_eq!(with("s and t"), [("never-true", 9)]);
        assert_eq!(with("s or t"), []);
        assert_eq!(with("s and not t"), []);
    }

    #[test]
    fn correlations_that_count_nothing() {
        let with = |kind: &str, condition: &str| {
            let text = format!(
                "title: A\nname: a\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\ndescription: d\nlevel: low\nlogsource: {{product: linux}}\ndetection: {{s: {{A: xyz}}, condition: s}}\n\
                 ---\ntitle: B\nid: 929a690f-bef0-4204-a928-ef5e620d6fcc\ndescription: d\nlevel: low\n\
                 correlation: {{type: {kind}, rules: [a], timespan: 1m, condition: {condition}}}\n"
            );
            let all = check(&[RuleFile::new("a.yml", &text)]);
            all.iter().any(|f| f.code == "never-true" && f.line == 13)
        };
        for never in [
            "{gte: 5, lt: 3}",
            "{gt: 4, lt: 5}",
            "{lt: 0}",
            "{lt: 1}",
            "{eq: 0}",
            "{eq: 1.5}",
            "{eq: 3, neq: 3}",
            "{eq: 3, gt: 3}",
        ] {
            assert!(with("event_count", never), "{never}");
        }
        for fine in ["{gte: 5, lt: 6}", "{gt: 4, lte: 5}", "{gte: 3, neq: 3}", "{eq: 3}"] {
            assert!(!with("event_count", fine), "{fine}");
        }
        assert!(!with("value_sum", "{gt: 4, lt: 5, field: A}") && with("value_sum", "{gt: 5, lt: 5, field: A}"));
        assert!(!with("value_sum", "{lt: 0, field: A}"));
    }
}
