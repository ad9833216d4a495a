//! Columns against the matcher, on the random rules and events of the engine's tests.

use proptest::prelude::*;

use super::*;
use crate::detect::tests::{Fact, batch_of, load, random, titles};
use crate::detect::{RuleFile, RuleSet};

fn draft(text: &str) -> Draft {
    Draft::read(&[RuleFile::new("draft.yml", text)])
}

/// How many events the rules of a draft match.
fn count(c: &mut Columns, d: &Draft) -> Result<u64, NeedsScan> {
    c.matches(d, None).map(|found| found.iter().map(|(_, h)| h.count()).sum())
}

/// Columns with what the drafts ask for, of these events.
fn columns(drafts: &[&Draft], facts: &[Fact], parsed_for: &RuleSet, cap: usize) -> Columns {
    let mut c = Columns::new(cap).wider(drafts).unwrap_or_else(|| Columns::new(cap));
    batch_of(facts, parsed_for).events().for_each(|e| c.push(Some(e)));
    c
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn columns_and_engine_agree(rules in prop::collection::vec(random::rule(), 1..4), facts in prop::collection::vec(random::fact(), 8..80), known in any::<bool>()) {
        let texts: Vec<String> = rules.iter().map(|r| r.replacen('{', "{\"title\": \"T\",", 1)).collect();
        let drafts: Vec<Draft> = texts.iter().map(|t| draft(t)).collect();
        let other = load("title: other\nlogsource: {product: linux}\ndetection: {s: {B: x}, condition: s}\n");
        let whole = load(&texts.join("\n---\n"));
        let all: Vec<&Draft> = drafts.iter().collect();
        let mut c = columns(&all, &facts, if known { &whole } else { &other }, 1 << 20);
        for (text, d) in texts.iter().zip(&drafts) {
            let set = load(text);
            let expected: Vec<usize> = (titles(&set, &facts).iter().enumerate()).filter(|(_, t)| !t.is_empty()).map(|(i, _)| i).collect();
            match c.matches(d, None) {
                Ok(found) => prop_assert_eq!(found.iter().flat_map(|(_, h)| h.ones()).collect::<Vec<_>>(), expected, "{}", text),
                Err(why) => prop_assert_eq!(why, NeedsScan::Kind, "{}", text),
            }
        }
    }
}

const RULE: &str = "title: T\nlogsource: {product: linux}\ndetection: {s: {A|contains: x}, condition: s}\n";

fn facts(n: usize) -> Vec<Fact> {
    (0..n)
        .map(|i| Fact::fields(("linux", "", ""), &[("A", &format!("{}{i}", if i % 7 == 0 { "x" } else { "y" }))]))
        .collect()
}

#[test]
fn a_predicate_asked_again_is_remembered_and_a_new_field_is_missed() {
    let d = draft(RULE);
    let mut c = columns(&[&d], &facts(100), &load(RULE), 1 << 20);
    assert_eq!(count(&mut c, &d), Ok(15));
    assert_eq!(c.asked.len(), 1);
    assert_eq!(count(&mut c, &draft(&RULE.replace("condition: s", "condition: not s"))), Ok(85));
    assert_eq!(c.asked.len(), 1, "the same predicate");
    let known = c.places.len();
    let other = draft(&RULE.replace("A|", "B|"));
    assert_eq!(count(&mut c, &other), Err(NeedsScan::Field));
    assert!(c.wider(&[&d]).is_none());
    assert_eq!(c.wider(&[&other]).map(|w| (w.places.len(), w.events())), Some((known + 1, 0)));
    assert_eq!(count(&mut c, &draft(&RULE.replace("{A|contains: x}", "[x]"))), Err(NeedsScan::Kind), "keywords");
}

#[test]
fn too_large_columns_are_given_up() {
    let d = draft(RULE);
    let mut c = columns(&[&d], &facts(9_000), &load(RULE), 300_000);
    assert_eq!(count(&mut c, &d), Err(NeedsScan::TooLarge));
    assert!(c.size().1 <= 300_000);
}

#[test]
fn filters_apply_to_drafts() {
    let filter = "title: F\nlogsource: {product: linux}\nfilter: {rules: [T], selection: {A|endswith: '4'}, condition: not selection}\n";
    let named = RULE.replace("title: T\n", "title: T\nname: T\n");
    let d = Draft::read(&[RuleFile::new("draft.yml", &named), RuleFile::new("filter.yml", filter)]);
    assert!(d.infos().iter().all(|i| i.loaded), "{:?}", d.infos());
    let mut c = columns(&[&d], &facts(100), &load(&named), 1 << 20);
    assert_eq!(count(&mut c, &d), Ok(13), "without 14 and 84");
}

#[test]
fn each_rule_of_a_file_is_told_by_itself() {
    let two =
        format!("{RULE}---\n{}", RULE.replace("title: T", "title: U").replace("A|contains: x", "A|endswith: '4'"));
    let d = draft(&two);
    let mut c = columns(&[&d], &facts(100), &load(&two), 1 << 20);
    let found = c.matches(&d, None).expect("told");
    assert_eq!(found.iter().map(|(r, h)| (r.0, h.count())).collect::<Vec<_>>(), [(0, 15), (1, 10)]);
    // Without the first ten events.
    let out = Bitmap::of((0..100).map(|i| i < 10));
    let found = c.matches(&d, Some(&out)).expect("told");
    assert_eq!(found.iter().map(|(r, h)| (r.0, h.count())).collect::<Vec<_>>(), [(0, 13), (1, 9)]);
    // For events that are none, nothing is looked at.
    let none = draft("title: K\nlogsource: {product: windows}\ndetection: {s: [x], condition: s}\n");
    assert_eq!(count(&mut c, &none), Ok(0));
}
