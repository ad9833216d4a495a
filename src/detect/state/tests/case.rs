//! One account, machine or address is one, however it is spelt.

use super::{Bench, alerts, base, brief, correlation};
use crate::alert::Alert;

/// `Administrator` in spellings of its own, by number.
fn spelling(n: usize) -> String {
    let letter = |(i, c): (usize, char)| if n >> i & 1 == 1 { c.to_ascii_uppercase() } else { c };
    "administrator".chars().enumerate().map(letter).collect()
}

fn run(body: &str, line: impl Fn(usize) -> String) -> Vec<Alert> {
    let mut b = Bench::new(&[base("fail"), correlation(1, body)]);
    let lines: Vec<(i64, String)> = (0..44).map(|i| (i as i64, line(i))).collect();
    b.feed(0, &lines);
    b.end()
}

#[test]
fn guessing_at_one_account_is_seen_through_its_spellings() {
    let body =
        "type: value_count\nrules: [fail]\ngroup-by: [Target]\ntimespan: 1h\ncondition: {field: src_ip, gte: 40}";
    let got = run(body, |i| format!("kind=fail Target={} user={} src_ip=10.0.{i}.9", spelling(i), spelling(i)));
    assert_eq!(brief(&got), [(0, 44, 44)]);
    assert!(got[0].message.contains("Target administrator"), "as it was spelt first: {}", got[0].message);
    assert_eq!(got[0].users, ["administrator"]);
}

#[test]
fn one_account_in_many_spellings_is_no_spraying() {
    let body = "type: value_count\nrules: [fail]\ngroup-by: [src_ip]\ntimespan: 1h\ncondition: {field: Target, gte: 3}";
    let with = |name: fn(usize) -> String| run(body, move |i| format!("kind=fail src_ip=10.0.0.9 Target={}", name(i)));
    assert!(with(spelling).is_empty());
    assert!(with(|i| ["jürgen", "JÜRGEN", "jÜrgen"][i % 3].to_owned()).is_empty());
    assert_eq!(with(|i| format!("User{i}")).len(), 1);
}

#[test]
fn what_a_group_had_is_not_new_in_another_spelling() {
    let body = "type: new_value\nrules: [fail]\ngroup-by: [user]\ntimespan: 10d\ncondition: {field: Machine}\n\
                learning: 10s\nminimum: 3";
    let known = |i: usize| format!("kind=fail user={} Machine={}", spelling(i), ["WEB-01", "web-01"][i % 2]);
    assert!(run(body, known).is_empty());
    let got = run(body, |i| if i == 43 { "kind=fail user=ADMINISTRATOR Machine=db".to_owned() } else { known(i) });
    assert_eq!(brief(&got), [(43, 1, 1)]);
}

#[test]
fn steps_and_chains_meet_across_spellings() {
    let rules = [
        base("fail"),
        base("ok"),
        correlation(1, "type: event_count\nrules: [fail]\ngroup-by: [user]\ntimespan: 1m\ncondition: {gte: 2}"),
        correlation(2, "type: temporal_ordered\nrules: [c1, ok]\ngroup-by: [user]\ntimespan: 1m"),
    ];
    let lines = [(0, "kind=fail user=Ada"), (1, "kind=fail user=ada"), (2, "kind=ok user=ADA")];
    let got = alerts(&rules, &lines);
    assert_eq!(got.len(), 1);
    assert!(&*got[0].rule == "Correlation 2" && got[0].user.as_deref() == Some("Ada"), "{:?}", got[0]);
    assert!(got[0].dedup_key.ends_with("|user=ada"), "{}", got[0].dedup_key);
}

#[test]
fn an_alert_has_one_id_whatever_was_spelt_before() {
    let by_account = |t: String| t.replace("group-by: [src_ip]", "group-by: [user]");
    let rules: Vec<String> = super::guessing(2, "10s").into_iter().map(by_account).collect();
    let (early, a, b) = ((0, "kind=fail user=ROOT"), (100, "kind=fail user=Root"), (101, "kind=fail user=root"));
    let (with, without) = (alerts(&rules, &[early, a, b]), alerts(&rules, &[a, b]));
    assert_eq!((with.len(), &with[0].id), (1, &without[0].id));
}
