//! Rules that use each modifier and each kind of value, and made events whose
//! values lie close to what the rules ask for.

use std::fmt::Write as _;

use secstream::detect::RuleFile;
use serde_json::{Map, Value, json};

use crate::large::Rng;

/// Searches and conditions, one rule each; the fields are those of [`VALUES`].
const DETECTIONS: &[(&str, &str)] = &[
    ("plain", "s: {A: Alpha}\n  condition: s"),
    ("number", "s: {N: 4688}\n  condition: s"),
    ("number as text", "s: {N: '4688'}\n  condition: s"),
    ("truth", "s: {B: true}\n  condition: s"),
    ("null value", "s: {A: null}\n  condition: s"),
    ("empty", "s: {A: ''}\n  condition: s"),
    ("any value", "s: {A: '*'}\n  condition: s"),
    ("wildcards", "s: {A: 'al?ha*x'}\n  condition: s"),
    ("escaped star", "s: {A: 'al\\*pha'}\n  condition: s"),
    ("escaped backslash", "s: {A: 'c:\\\\*\\x'}\n  condition: s"),
    ("contains", "s: {A|contains: lph}\n  condition: s"),
    ("contains all", "s: {A|contains|all: [al, ha, x]}\n  condition: s"),
    ("startswith", "s: {A|startswith: [Al, 'c:\\']}\n  condition: s"),
    ("endswith", "s: {A|endswith: [ha, '?x']}\n  condition: s"),
    ("cased", "s: {A|cased: Alpha}\n  condition: s"),
    ("contains cased", "s: {A|contains|cased: PH}\n  condition: s"),
    ("exists", "s: {C|exists: true}\n  condition: s"),
    ("exists not", "s: {C|exists: false}\n  condition: s"),
    ("re", "s: {A|re: '^al.*x$'}\n  condition: s"),
    ("re i", "s: {A|re|i: '^AL.h'}\n  condition: s"),
    ("re s", "s: {A|re|s: 'l.h'}\n  condition: s"),
    ("lt", "s: {N|lt: 5}\n  condition: s"),
    ("lte", "s: {N|lte: 5}\n  condition: s"),
    ("gt", "s: {N|gt: 5}\n  condition: s"),
    ("gte", "s: {N|gte: 5}\n  condition: s"),
    ("windash", "s: {A|windash|contains: ' -enc '}\n  condition: s"),
    ("base64", "s: {A|base64|contains: 'http://'}\n  condition: s"),
    ("base64offset", "s: {A|base64offset|contains: 'http://'}\n  condition: s"),
    ("wide base64offset", "s: {A|wide|base64offset|contains: ping}\n  condition: s"),
    ("utf16be base64", "s: {A|utf16be|base64|contains: pong}\n  condition: s"),
    ("cidr", "s: {I|cidr: [10.0.0.0/8, '2001:db8::/32']}\n  condition: s"),
    ("fieldref", "s: {A|fieldref: C}\n  condition: s"),
    ("fieldref startswith", "s: {A|fieldref|startswith: C}\n  condition: s"),
    ("fieldref endswith", "s: {A|fieldref|endswith: C}\n  condition: s"),
    ("neq", "s: {A|neq: Alpha}\n  condition: s"),
    ("hour", "s: {T|hour: 13}\n  condition: s"),
    ("day", "s: {T|day: 29}\n  condition: s"),
    ("month", "s: {T|month: 2}\n  condition: s"),
    ("year", "s: {T|year: 2024}\n  condition: s"),
    ("minute", "s: {T|minute: 7}\n  condition: s"),
    ("week", "s: {T|week: 9}\n  condition: s"),
    ("keywords", "s: [alpha, 'b*ta']\n  condition: s"),
    ("keywords all", "s: {'|all': [alpha, x]}\n  condition: s"),
    ("list of maps", "s: [{A: Alpha}, {N: 5, B: true}]\n  condition: s"),
    ("and not", "s: {A|contains: a}\n  f: {N: 5}\n  condition: s and not f"),
    ("1 of", "s_a: {A: Alpha}\n  s_b: {N: 5}\n  f: {B: true}\n  condition: 1 of s_* and not f"),
    ("all of", "s_a: {A|contains: a}\n  s_b: {N|gt: 4}\n  condition: all of s_*"),
    ("1 of them", "a: {A: Alpha}\n  _b: {N: 5}\n  condition: 1 of them"),
    ("brackets", "a: {A: Alpha}\n  b: {N: 5}\n  c: {B: true}\n  condition: (a or b) and not (b and c)"),
    ("nested", "s: {O.P|contains: ph}\n  condition: s"),
    ("of an array", "s: {L: Alpha}\n  condition: s"),
];

/// Pieces of which values are made.
const TEXTS: &[&str] = &[
    "Alpha",
    "alpha",
    "ALPHA",
    "alpha\nx",
    "al*pha",
    "c:\\y\\x",
    "c:\\*\\x",
    "beta",
    "bta",
    "",
    "ha",
    "x",
    "lpha",
    "-",
    " -enc ",
    " /enc ",
    " –enc ",
    "aHR0cDovL",
    "h0dHA6Ly",
    "odHRwOi8v",
    "cABpAG4AZw",
    "wAGkAbgBn",
    "AHAAbwBuAGc",
    "4688",
    "5",
    "é",
    "ſ",
];
const NUMBERS: &[&str] =
    &["4688", "4688.0", "5", "4", "6", "-1", "0", "4.99", "5e0", "\"5\"", "\"4688\"", "\"x\"", "true"];
const ADDRESSES: &[&str] = &["10.1.2.3", "11.1.2.3", "2001:db8::7", "2001:db9::7", "10.0.0", "", "::ffff:10.1.2.3"];
const TIMES: &[&str] = &[
    "2024-02-29T13:07:00Z",
    "2023-02-28T23:59:59Z",
    "2024-12-30T13:00:00+02:00",
    "2024-02-29T13:07:00.123456Z",
    "not a time",
];

/// A rule file with one rule for each.
pub fn rules() -> Vec<RuleFile> {
    let mut all = Vec::new();
    for (i, (name, detection)) in DETECTIONS.iter().enumerate() {
        let text = format!(
            "title: '{name}'\nid: 00000000-0000-4000-8000-{i:012}\nlogsource:\n  product: windows\ndetection:\n  {detection}\nlevel: low\n"
        );
        all.push(RuleFile::new(*name, text));
    }
    all
}

/// What a rule is about.
pub fn title(id: &str) -> &'static str {
    let at = id.rsplit('-').next().and_then(|n| n.parse::<usize>().ok());
    at.and_then(|at| DETECTIONS.get(at)).map_or("", |(name, _)| name)
}

/// So many events as lines of JSON.
pub fn events(many: usize, seed: u64) -> String {
    let mut r = Rng(seed);
    let mut out = String::new();
    for _ in 0..many {
        let mut e = Map::new();
        e.insert("EventID".into(), json!(1));
        e.insert("Channel".into(), json!("Microsoft-Windows-Sysmon/Operational"));
        let text = |r: &mut Rng| {
            let many = 1 + r.skewed(3);
            json!((0..many).map(|_| TEXTS[r.below(TEXTS.len())]).collect::<String>())
        };
        let one = |r: &mut Rng| if r.below(12) == 0 { Value::Null } else { text(r) };
        if r.below(8) > 0 {
            e.insert("A".into(), one(&mut r));
        }
        if r.below(3) > 0 {
            e.insert("C".into(), one(&mut r));
        }
        if r.below(3) > 0 {
            let number = NUMBERS[r.below(NUMBERS.len())];
            e.insert("N".into(), serde_json::from_str(number).unwrap_or(Value::Null));
        }
        if r.below(3) > 0 {
            e.insert(
                "B".into(),
                [json!(true), json!(false), json!("true"), json!("TRUE"), json!(1)][r.below(5)].clone(),
            );
        }
        if r.below(2) > 0 {
            e.insert("I".into(), json!(ADDRESSES[r.below(ADDRESSES.len())]));
        }
        if r.below(2) > 0 {
            e.insert("T".into(), json!(TIMES[r.below(TIMES.len())]));
        }
        if r.below(4) == 0 {
            e.insert("O".into(), json!({"P": one(&mut r), "Q": 1}));
        }
        if r.below(4) == 0 {
            e.insert("L".into(), json!([one(&mut r), one(&mut r)]));
        }
        e.insert("product".into(), json!("windows"));
        let _ = writeln!(out, "{}", Value::Object(e));
    }
    out
}
