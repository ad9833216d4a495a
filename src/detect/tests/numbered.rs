//! Values that the parser has given numbers, because they came before.

use rustc_hash::FxHashMap;

use super::{Fact, batch_of, load, titles};
use crate::detect::Matcher;
use crate::event::{Batch, FieldId};

/// Gives equal values of one field the same number, as a parser does.
pub fn number(batch: &mut Batch, memory: u64) {
    let mut numbers: FxHashMap<(FieldId, String, String), u32> = FxHashMap::default();
    for at in 0..batch.fields.len() {
        let f = batch.fields[at];
        let next = numbers.len() as u32 + 1;
        let what = (f.id, batch.value(f.name).to_owned(), format!("{:?} {}", f.kind, batch.value(f.value)));
        batch.fields[at].same = *numbers.entry(what).or_insert(next);
    }
    batch.memory = memory;
}

#[test]
fn what_is_known_of_a_value_is_known_for_some_rules() {
    let rule = |title: &str, category: &str, detection: &str| {
        format!(
            "title: {title}\nlogsource: {{product: windows{category}}}\ndetection:\n  {detection}\n  condition: s\n---\n"
        )
    };
    let rules = load(
        &[
            rule("everywhere", "", "s: ['golden::ticket', 'lsadump::something']"),
            rule("of starts", ", category: process_creation", "s: ['perfc.data.file']"),
            rule("image", ", category: process_creation", "s: {Image|endswith: '\\x.exe'}"),
            rule("loaded", ", category: image_load", "s: {Image|startswith: 'C:\\y'}"),
        ]
        .concat(),
    );
    let fact = |category, image: &str, other: &str| {
        Fact::fields(("windows", category, ""), &[("Image", image), ("Unasked", other)])
    };
    let mut facts = Vec::new();
    for image in ["C:\\y\\x.exe", "C:\\y\\golden::ticket\\perfc.data.file", "D:\\perfc.data.file\\x.exe", ""] {
        for other in ["nothing of it at all", "of perfc.data.file", "LSADUMP::something"] {
            facts.extend(["process_creation", "image_load", ""].map(|c| fact(c, image, other)));
        }
    }
    let expected = titles(&rules, &facts);
    let kinds: std::collections::BTreeSet<&String> = expected.iter().flatten().collect();
    assert_eq!(kinds.len(), 4, "{kinds:?}");
    // One event after the other, each in a batch of its own, without and with numbers.
    let (mut plain, mut numbered) = (Matcher::new(&rules), Matcher::new(&rules));
    let mut batch = batch_of(&facts, &rules);
    let find = |matcher: &mut Matcher, batch: &Batch, at: usize| {
        let mut hits = Vec::new();
        matcher.match_part(batch, at..at + 1, &mut hits);
        hits
    };
    let order = |i: usize| i * 7 % facts.len();
    let one: Vec<_> = (0..300).map(|i| find(&mut plain, &batch, order(i))).collect();
    number(&mut batch, 1);
    let two: Vec<_> = (0..300).map(|i| find(&mut numbered, &batch, order(i))).collect();
    assert_eq!(one, two);
}
