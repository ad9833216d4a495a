//! Rules made to hurt: refused with a reason or loaded, in bounded time.

use std::time::{Duration, Instant};

use super::{Fact, load, titles};

fn rule(detection: &str) -> String {
    format!("title: H\nlogsource: {{product: linux}}\ndetection:\n{detection}\n")
}

/// The reason for which the only rule is not loaded.
fn refused(text: &str) -> String {
    let rules = load(text);
    assert_eq!(rules.rules().len(), 1);
    rules.rules()[0].reason.clone().unwrap_or_else(|| panic!("loaded"))
}

#[test]
fn regex_bombs() {
    let start = Instant::now();
    for bomb in ["(a{1000}){1000}", "((((\\w{100}){100}){100}){100})", "\\p{L}{2000}{2000}"] {
        let reason = refused(&rule(&format!("  s: {{A|re: '{bomb}'}}\n  condition: s")));
        assert!(reason.contains("regular expression"), "{reason}");
    }
    let deep = format!("{}a{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(refused(&rule(&format!("  s: {{A|re: '{deep}'}}\n  condition: s"))).contains("regular expression"));
    // What backtracks elsewhere takes linear time here.
    let rules = load(&rule("  s: {A|re: '^(a+)+$'}\n  condition: s"));
    let value = format!("{}!", "a".repeat(50_000));
    assert!(titles(&rules, &[Fact::fields(("linux", "", ""), &[("A", &value)])])[0].is_empty());
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn many_large_expressions() {
    let start = Instant::now();
    // Each of them is allowed.
    let each: String = (0..80).map(|i| format!("      - 'x{i}(abcdefgh{{90}}){{60}}'\n")).collect();
    let reason = refused(&rule(&format!("  s:\n    A|re:\n{each}  condition: s")));
    assert!(reason.contains("of the rule take more than 16 MiB"), "{reason}");
    let one = |i| {
        rule(&format!("  s: {{A|re: 'y{i}([abc]{{90}}){{400}}'}}\n  condition: s")).replacen(
            "title: H",
            &format!("title: H{i}"),
            1,
        )
    };
    let rules = load(&(0..100).map(one).collect::<Vec<_>>().join("---\n"));
    let down: Vec<_> = rules.rules().iter().filter_map(|r| r.reason.as_deref()).collect();
    assert!(down.len() > 10 && down.len() < 90, "{}", down.len());
    assert!(down.iter().all(|r| r.contains("of all rules take more than 128 MiB")), "{:?}", down.first());
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn alias_bombs() {
    let start = Instant::now();
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    (1..30).for_each(|i| bomb += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", ")));
    let reason = refused(&bomb);
    assert!(reason.contains("alias"), "{reason}");
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn long_lists_and_many_searches() {
    let start = Instant::now();
    let terms: String = (0..10_000).map(|i| format!("      - 'term {i} of many'\n")).collect();
    let rules = load(&rule(&format!("  s:\n    A|contains:\n{terms}  condition: s")));
    assert!(rules.rules()[0].loaded);
    let facts = [
        Fact::fields(("linux", "", ""), &[("A", "xx TERM 9999 of many yy")]),
        Fact::fields(("linux", "", ""), &[("A", "term 10000 of many")]),
    ];
    assert_eq!(titles(&rules, &facts).iter().map(Vec::len).collect::<Vec<_>>(), [1, 0]);
    let searches: String = (0..600).map(|i| format!("  s{i}: {{A: {i}}}\n")).collect();
    assert!(refused(&rule(&format!("{searches}  condition: 1 of them"))).contains("searches"));
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn deep_and_large_texts() {
    let start = Instant::now();
    let nested = format!("a: {}{}\n", "{b: ".repeat(5_000), "}".repeat(5_000));
    assert!(refused(&nested).contains("nested"));
    let brackets = format!("{}s{}", "(".repeat(2_000), ")".repeat(2_000));
    assert!(refused(&rule(&format!("  s: {{A: 1}}\n  condition: '{brackets}'"))).contains("nested"));
    let huge = "- x\n".repeat(50 << 18);
    assert!(refused(&huge).contains("MiB"));
    let keys: String = (0..5_000).map(|i| format!("k{i}: 1\n")).collect();
    assert!(refused(&keys).contains("keys"));
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn a_hostile_value_costs_no_more_than_its_length() {
    let rules = load(&rule("  s: {A|contains: ['a', 'aa', 'aaa', '*a?a*b', 'x*y*z*q']}\n  condition: s"));
    let start = Instant::now();
    let value = "a".repeat(1 << 20);
    assert_eq!(titles(&rules, &[Fact::fields(("linux", "", ""), &[("A", &value)])])[0].len(), 1);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}
