//! What an alert says of its rule's condition is what the rule asks for.

use super::{Bench, base, correlation};

fn message(bases: &[&str], body: &str, lines: &[String]) -> String {
    let mut rules: Vec<String> = bases.iter().map(|b| base(b)).collect();
    rules.push(correlation(1, body));
    let mut b = Bench::new(&rules);
    let lines: Vec<(i64, String)> = lines.iter().zip(0..).map(|(l, i)| (i, l.clone())).collect();
    b.feed(0, &lines);
    let got = b.end();
    assert_eq!(got.len(), 1, "{got:?}");
    got[0].message.clone()
}

#[test]
fn the_threshold_is_that_of_the_rule() {
    let lines: Vec<String> = (0..5).map(|i| format!("kind=a src_ip=1.1.1.1 user=u{i} bytes=600000")).collect();
    let count = |condition: &str| {
        let body =
            format!("type: event_count\nrules: [a]\ngroup-by: [src_ip]\ntimespan: 1m\ncondition: {{{condition}}}");
        message(&["a"], &body, &lines)
    };
    for (condition, told) in [
        ("gte: 5", "(threshold 5 in 1 min)"),
        ("gt: 4", "(threshold more than 4 in 1 min)"),
        ("eq: 5", "(threshold exactly 5 in 1 min)"),
        ("neq: 1", "(threshold other than 1 in 1 min)"),
        ("gte: 4, lt: 50", "(threshold 4 and less than 50 in 1 min)"),
        ("lte: 3, gt: 1.5", "(threshold at most 3 and more than 1.50 in 1 min)"),
    ] {
        assert!(count(condition).ends_with(told), "{condition}: {}", count(condition));
    }
    let sum = "type: value_sum\nrules: [a]\ngroup-by: [src_ip]\ntimespan: 1m\ncondition: {field: bytes, gt: 2000000}";
    assert!(message(&["a"], sum, &lines).contains("(threshold more than 2.0 MB in"));
}

#[test]
fn some_of_the_rules_are_some_of_them() {
    let body = "type: temporal\nrules: [a, b, c]\ngroup-by: [src_ip]\ntimespan: 1m\ncondition: {gte: 2}";
    let lines = ["a", "b"].map(|k| format!("kind={k} src_ip=1.1.1.1"));
    let told = message(&["a", "b", "c"], body, &lines);
    assert!(told.ends_with("(threshold 2 of 3 rules in 1 min)"), "{told}");
}

#[test]
fn all_counted_fields_are_named() {
    let body =
        "type: value_count\nrules: [a]\ngroup-by: [src_ip]\ntimespan: 1m\ncondition: {field: [Share, user], gte: 3}";
    let lines: Vec<String> = (0..3).map(|i| format!("kind=a src_ip=1.1.1.1 user=u{i} Share=s")).collect();
    let told = message(&["a"], body, &lines);
    assert!(told.contains("3 combinations of Share and user (s u0, s u1, s u2) in 3 "), "{told}");
}
