//! The engine against the reference, on random rules and random events.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Fact, batch_of, load, reference, titles};
use crate::detect::explain::explain;
use crate::detect::{RuleFile, RuleIdx};
use crate::event::ValueKind;

const FIELDS: &[&str] = &["A", "B", "C"];

/// Short texts over few letters, so that rules and events meet often.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[aAbBsſ]{0,4}",
        2 => "[aAb*?\\\\]{0,5}",
        1 => "[ab -/–]{1,5}",
        1 => "[ÄäßΣσςİ]{1,3}",
        1 => Just("10.0.0.1".to_owned()),
        1 => "[0-9]{1,3}(\\.[0-9])?",
        1 => "20(19|24)-0[1-9]-[12][0-8]T[01][0-9]:[0-5][0-9]:00Z",
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => word().prop_map(Value::from),
        2 => (0..30i64).prop_map(Value::from),
        1 => Just(json!(1.5)),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

fn text_list() -> impl Strategy<Value = Value> {
    prop::collection::vec(word(), 1..5).prop_map(|v| json!(v))
}

/// A key with modifiers, and values that suit it.
fn entry() -> impl Strategy<Value = (String, Value)> {
    let field = prop::sample::select(FIELDS);
    let suited = prop_oneof![
        4 => (Just(""), prop::collection::vec(scalar(), 1..4).prop_map(Value::from)),
        3 => (prop::sample::select(&["|contains", "|startswith", "|endswith", "|contains|cased", "|contains|windash", "|endswith|windash", "|neq"][..]), text_list()),
        2 => (prop::sample::select(&["|contains|all", "|startswith|all", "|all"][..]), text_list()),
        1 => (prop::sample::select(&["|gt", "|gte", "|lt", "|lte"][..]), (0..30i64).prop_map(Value::from)),
        1 => (prop::sample::select(&["|hour", "|hour|gte", "|minute|lt", "|day|lte", "|gt|month", "|year|gt", "|hour|neq"][..]), (0..30i64).prop_map(Value::from)),
        1 => (Just("|exists"), any::<bool>().prop_map(Value::from)),
        1 => (prop::sample::select(&["|fieldref", "|fieldref|contains", "|fieldref|startswith", "|fieldref|endswith"][..]), prop::sample::select(FIELDS).prop_map(Value::from)),
        1 => (prop::sample::select(&["|re", "|re|i", "|re|ignorecase", "|re|dotall|multiline"][..]), prop::sample::select(&["a+b", "^[as]*$", "(ab|ss)", "B{2}", "s", "x*", "^$", "[^a]s"][..]).prop_map(Value::from)),
        1 => (Just("|cidr"), prop::sample::select(&["10.0.0.0/8", "10.0.0.1", "0.0.0.0/0", "::/0", "11.0.0.0/9"][..]).prop_map(Value::from)),
    ];
    (field, suited).prop_map(|(f, (m, v))| (format!("{f}{m}"), v))
}

fn search() -> impl Strategy<Value = Value> {
    let map = prop::collection::vec(entry(), 1..4).prop_map(|es| Value::Object(es.into_iter().collect())).boxed();
    prop_oneof![
        5 => map.clone(),
        1 => prop::collection::vec(map, 1..4).prop_map(Value::from),
        1 => text_list(),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    let leaf =
        prop::sample::select(&["s0", "s1", "s2", "1 of s*", "all of them", "2 of s*"][..]).prop_map(String::from);
    leaf.prop_recursive(2, 5, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.prop_map(|a| format!("not {a}")),
        ]
    })
}

pub fn rule() -> impl Strategy<Value = String> {
    let product = prop::sample::select(&["linux", "windows"][..]);
    (product, search(), search(), search(), condition()).prop_map(|(p, s0, s1, s2, c)| {
        json!({"logsource": {"product": p}, "detection": {"s0": s0, "s1": s1, "s2": s2, "condition": c}}).to_string()
    })
}

pub fn fact() -> impl Strategy<Value = Fact> {
    let value = prop_oneof![
        8 => word().prop_map(|w| (w, ValueKind::Text)),
        1 => Just((String::new(), ValueKind::Null)),
    ];
    let fields = prop::collection::vec((prop::sample::select(FIELDS), value), 0..5);
    let product = prop::sample::select(&["linux", "windows"][..]);
    (product, fields, word()).prop_map(|(p, fields, raw)| Fact {
        logsource: (p, "", ""),
        raw: if fields.is_empty() { raw } else { "{".into() },
        fields: fields.into_iter().map(|(k, (v, kind))| (k.to_owned(), v, kind)).collect(),
        ..Fact::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn engine_and_reference_agree(rules in prop::collection::vec(rule(), 1..8), facts in prop::collection::vec(fact(), 8..48)) {
        let texts: Vec<String> = rules.iter().enumerate().map(|(i, r)| r.replacen('{', &format!("{{\"title\": \"{i}\","), 1)).collect();
        let set = load(&texts.join("\n---\n"));
        for r in set.rules() {
            // What can never hold is refused; everything else must load.
            prop_assert!(r.loaded || r.reason.as_ref().is_some_and(|m| m.contains("can never hold")), "{:?}", r.reason);
        }
        let found = titles(&set, &facts);
        for (f, found) in facts.iter().zip(found) {
            let expected: Vec<String> = (texts.iter().enumerate())
                .filter(|(_, t)| reference::matches(t, f))
                .map(|(i, _)| i.to_string())
                .collect();
            prop_assert_eq!(found, expected, "event {:?} of {:?}", f.fields, f.logsource);
        }
    }

    /// `rules explain` says of every event what the engine does.
    #[test]
    fn explanations_and_engine_agree(rules in prop::collection::vec(rule(), 1..4), facts in prop::collection::vec(fact(), 4..12)) {
        let texts: Vec<String> = rules.iter().enumerate().map(|(i, r)| r.replacen('{', &format!("{{\"title\": \"{i}\","), 1)).collect();
        let files = [RuleFile::new("test.yml", texts.join("\n---\n"))];
        let set = std::sync::Arc::new(crate::detect::RuleSet::load(&files));
        let batch = batch_of(&facts, &set);
        let found = titles(&set, &facts);
        for (e, found) in batch.events().zip(found) {
            for (i, r) in set.rules().iter().enumerate() {
                let x = explain(&set, &files, RuleIdx(i as u32), e);
                let Some(x) = x else { prop_assert!(false, "no explanation of {}", r.title); continue };
                prop_assert_eq!(x.matches, found.contains(&r.title.to_string()), "{:?} {:?}", texts.get(i), x);
                if let Some(condition) = x.condition.filter(|_| r.loaded) {
                    prop_assert_eq!(x.matches, x.binds && condition.holds);
                }
            }
        }
    }

    #[test]
    fn no_text_makes_the_loader_panic(text in "\\PC{0,400}") {
        let _ = load(&text);
    }

    #[test]
    fn no_damaged_rule_makes_the_loader_panic(r in rule(), cut in 0usize..400, put in "\\PC{0,3}") {
        let mut text = format!("title: x\n---\n{r}\n");
        let at = (0..=cut.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        text.insert_str(at, &put);
        let _ = load(&text);
        text.truncate(at);
        let _ = load(&text);
    }
}
