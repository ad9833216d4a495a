//! A slow and obvious evaluator, written from the specification alone and
//! sharing nothing with the engine but the rule as parsed.

use crate::detect::sigma::ast::{Cmp, Det, Item, Test, TimePart};
use crate::detect::sigma::condition::Cond;
use crate::detect::sigma::glob::{DASHES, Part};
use crate::detect::sigma::rule::{Body, Detection};
use crate::detect::sigma::value::Number;
use crate::detect::sigma::{rule, yaml};
use crate::event::ValueKind;

use super::Fact;

/// Whether the rule of a text matches an event; the text must be valid.
pub fn matches(text: &str, fact: &Fact) -> bool {
    let doc = yaml::parse(text).remove(0).expect("valid YAML");
    match rule::parse(&doc).expect("a valid rule").body {
        Body::Detection(names, d) => {
            let (p, c, s) = fact.logsource;
            let part = |rule: &str, event: &str| rule.is_empty() || rule == event;
            part(&names.product, p) && part(&names.category, c) && part(&names.service, s) && detection(&d, fact)
        }
        _ => false,
    }
}

fn detection(d: &Detection, f: &Fact) -> bool {
    cond(&d.condition, d, f)
}

fn cond(c: &Cond, d: &Detection, f: &Fact) -> bool {
    match c {
        Cond::Search(i) => det(&d.searches[*i], f),
        Cond::And(all) => all.iter().all(|c| cond(c, d, f)),
        Cond::Or(any) => any.iter().any(|c| cond(c, d, f)),
        Cond::Not(c) => !cond(c, d, f),
        Cond::AtLeast(n, picked) => picked.iter().filter(|i| det(&d.searches[**i], f)).count() >= *n,
    }
}

fn det(d: &Det, f: &Fact) -> bool {
    match d {
        Det::Item(i) => item(i, f),
        Det::All(all) => all.iter().all(|d| det(d, f)),
        Det::Any(any) => any.iter().any(|d| det(d, f)),
    }
}

fn item(i: &Item, f: &Fact) -> bool {
    let value = |alternatives: &Vec<Test>| alternatives.iter().any(|t| test(i.field.as_deref(), t, f));
    let holds = if i.all { i.values.iter().all(value) } else { i.values.iter().any(value) };
    holds != i.negate
}

fn values<'f>(field: Option<&str>, f: &'f Fact) -> Vec<&'f str> {
    match field {
        None if f.fields.is_empty() => vec![&f.raw],
        None => f.fields.iter().map(|(_, v, _)| v.as_str()).collect(),
        Some(name) => f
            .fields
            .iter()
            .filter(|(k, _, kind)| k == name && *kind != ValueKind::Null)
            .map(|(_, v, _)| v.as_str())
            .collect(),
    }
}

fn test(field: Option<&str>, t: &Test, f: &Fact) -> bool {
    let vals = values(field, f);
    match t {
        Test::Exists(yes) => f.fields.iter().any(|(k, ..)| Some(k.as_str()) == field) == *yes,
        Test::Null => vals.is_empty(),
        Test::Field { other, place, cased } => vals.iter().any(|a| {
            values(Some(other), f).iter().any(|b| {
                let (a, b) = if *cased { ((*a).to_owned(), (*b).to_owned()) } else { (fold(a), fold(b)) };
                use crate::detect::sigma::ast::Place::{End, Inside, Start, Whole};
                match place {
                    Whole => a == b,
                    Inside => a.contains(&b),
                    Start => a.starts_with(&b),
                    End => a.ends_with(&b),
                }
            })
        }),
        t => vals.iter().any(|v| one(t, v)),
    }
}

fn one(t: &Test, v: &str) -> bool {
    match t {
        Test::Str { pattern, cased } => {
            let text: Vec<char> = if *cased { v.to_owned() } else { fold(v) }.chars().collect();
            let mut steps = Vec::new();
            for p in &pattern.0 {
                match p {
                    Part::Lit(l) => steps.extend(l.chars().map(Step::Char)),
                    Part::Many => steps.push(Step::Many),
                    Part::One => steps.push(Step::One),
                    Part::Dash => steps.push(Step::Dash),
                }
            }
            glob(&steps, &text)
        }
        Test::Num { text, value } => fold(v) == *text || number(v) == Some(*value),
        Test::Regex { pattern } => regex::Regex::new(pattern).expect("valid").is_match(v),
        Test::Cidr(net) => v.parse().is_ok_and(|a| net.contains(a)),
        Test::Time(part, cmp, n) => time_part(*part, v).is_some_and(|v| match cmp {
            None => v == *n,
            Some(Cmp::Lt) => v < *n,
            Some(Cmp::Lte) => v <= *n,
            Some(Cmp::Gt) => v > *n,
            Some(Cmp::Gte) => v >= *n,
        }),
        Test::Compare(cmp, n) => number(v).is_some_and(|v| cmp.holds(v, *n)),
        _ => false,
    }
}

enum Step {
    Char(char),
    One,
    Many,
    Dash,
}

fn glob(p: &[Step], v: &[char]) -> bool {
    match p.split_first() {
        None => v.is_empty(),
        Some((Step::Many, rest)) => (0..=v.len()).any(|i| glob(rest, &v[i..])),
        Some((step, rest)) => v.split_first().is_some_and(|(c, v)| {
            let fits = match step {
                Step::Char(x) => x == c,
                Step::Dash => DASHES.contains(c),
                _ => true,
            };
            fits && glob(rest, v)
        }),
    }
}

fn fold(t: &str) -> String {
    t.chars()
        .flat_map(char::to_lowercase)
        .map(|c| {
            if c == 'ſ' {
                's'
            } else if c == 'ς' {
                'σ'
            } else {
                c
            }
        })
        .collect()
}

/// Parts that stand in the text of a time as they are; `week` does not, and is
/// tested by itself.
fn time_part(part: TimePart, v: &str) -> Option<i64> {
    let (from, to) = match part {
        TimePart::Year => (0, 4),
        TimePart::Month => (5, 7),
        TimePart::Day => (8, 10),
        TimePart::Hour => (11, 13),
        TimePart::Minute => (14, 16),
        TimePart::Week => return None,
    };
    let shaped = v.len() == 20 && v.ends_with('Z') && v.as_bytes().get(10) == Some(&b'T');
    if shaped { v.get(from..to)?.parse().ok() } else { None }
}

fn number(v: &str) -> Option<Number> {
    let shaped =
        v.len() <= 32 && v.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let near: f64 = if shaped { v.parse().ok()? } else { return None };
    Some(Number { near, off: v.parse::<i128>().map_or(0, |n| (n - near as i128) as i64) })
}
