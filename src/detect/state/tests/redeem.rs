//! Matches that take back what others counted.

use proptest::prelude::*;

use super::{Bench, alerts, base, brief, correlation};
use crate::alert::Alert;
use crate::event::Severity;

/// Log-ins, which alert nobody.
fn login() -> String {
    base("login").replace("level: low", "level: informational")
}

/// Failures of different accounts from one address, taken back by log-ins.
fn spraying(extra: &str) -> Vec<String> {
    spraying_within("10m", extra)
}

fn spraying_within(timespan: &str, extra: &str) -> Vec<String> {
    let rule = correlation(
        1,
        &format!(
            "type: value_count\nrules: [fail]\ngroup-by: [src_ip]\ntimespan: {timespan}\ncondition: {{field: user, gte: 4}}"
        ),
    );
    vec![base("fail"), login(), format!("{rule}secstream: {{redeemed_by: {{rule: login{extra}}}}}\n")]
}

fn lines(words: &[(i64, &str, &str)]) -> Vec<(i64, String)> {
    words.iter().map(|(t, kind, user)| (*t, format!("kind={kind} src_ip=1.1.1.1 user={user}"))).collect()
}

fn run(rules: &[String], words: &[(i64, &str, &str)]) -> Vec<Alert> {
    let mut b = Bench::new(rules);
    b.feed(0, &lines(words));
    b.end()
}

#[test]
fn who_logs_in_was_not_sprayed() {
    let f = |t, u| (t, "fail", u);
    let l = |t, u| (t, "login", u);
    let nat = [f(0, "a"), l(5, "a"), f(60, "b"), l(66, "b"), f(120, "c"), l(130, "c"), f(180, "d"), l(188, "d")];
    assert!(run(&spraying(""), &nat).is_empty());
    let before = [l(0, "a"), l(1, "b"), f(60, "a"), f(70, "b"), f(80, "c"), f(90, "d")];
    assert!(run(&spraying(""), &before).is_empty());
    let one = [f(0, "a"), l(5, "a"), f(60, "b"), f(70, "c"), f(80, "d"), f(90, "e")];
    let found = run(&spraying(""), &one);
    // what was taken back is of the same address and time, so it is shown
    assert_eq!(brief(&found), [(0, 5, 5)]);
    assert_eq!(found[0].severity, Severity::High);
    let elsewhere = [(0, "fail", "a"), (1, "fail", "b"), (2, "fail", "c"), (3, "login", "x"), (4, "fail", "d")];
    assert_eq!(run(&spraying(""), &elsewhere).len(), 1);
}

#[test]
fn a_log_in_takes_back_no_more_than_a_person_mistypes() {
    let words: Vec<(i64, &str, &str)> = (0..3)
        .flat_map(|n| ["a", "b", "c", "d"].map(|u| (n * 20, "fail", u)))
        .chain(["a", "b", "c", "d"].map(|u| (100, "login", u)))
        .collect();
    let mut words: Vec<_> = words.into_iter().map(|(t, k, u)| (t + i64::from(u.as_bytes()[0] - b'a'), k, u)).collect();
    words.sort_by_key(|w| w.0);
    assert_eq!(run(&spraying(", at_most: 2"), &words)[0].severity, Severity::High);
    assert_eq!(run(&spraying(", at_most: 3"), &words)[0].severity, Severity::Low);
}

#[test]
fn an_open_alert_is_taken_back_when_several_log_in() {
    let fails = ["a", "b", "c", "d", "e"].iter().enumerate().map(|(i, u)| (i as i64 * 10, "fail", *u));
    let with = |logins: &[&'static str]| {
        let all: Vec<_> = fails.clone().chain(logins.iter().map(|u| (100, "login", *u))).collect();
        run(&spraying(""), &all).remove(0)
    };
    assert_eq!(with(&["a"]).severity, Severity::High);
    assert_eq!(with(&["a", "b"]).severity, Severity::High, "one or two may be what the spraying was for");
    let back = with(&["a", "b", "c"]);
    assert_eq!(back.severity, Severity::Low);
    assert!(back.message.contains("3 of 5 accounts logged in from there"), "{}", back.message);
    assert!(back.route.reason.contains("taken back"), "{}", back.route.reason);
    let sum: f64 = back.score_parts.iter().map(|p| p.1).sum();
    assert!((sum - back.score).abs() < 1e-9 && back.score_parts.iter().any(|p| p.0 == "redeemed"), "{back:?}");
}

#[test]
fn what_stands_on_it_goes_with_it() {
    let mut rules = spraying("");
    rules.push(correlation(
        2,
        "type: temporal_ordered\nrules: [c1, login]\ngroup-by: [src_ip]\ntimespan: 1h\ngenerate: true",
    ));
    let fails = ["a", "b", "c", "d", "e"].iter().enumerate().map(|(i, u)| (i as i64 * 10, "fail", *u));
    let outage: Vec<_> = fails.clone().chain(["a", "b", "c", "d"].map(|u| (100, "login", u))).collect();
    let found = run(&rules, &outage);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|a| a.severity == Severity::Low), "{found:?}");
    let attack: Vec<_> = fails.chain([(100, "login", "c")]).collect();
    assert!(run(&rules, &attack).iter().all(|a| a.severity == Severity::High));
}

#[test]
fn of_counts_by_a_named_field() {
    let rule =
        correlation(1, "type: event_count\nrules: [fail]\ngroup-by: [src_ip]\ntimespan: 10m\ncondition: {gte: 4}");
    let rules = [base("fail"), login(), format!("{rule}secstream: {{redeemed_by: {{rule: login, field: user}}}}\n")];
    let nat: Vec<(i64, &str, &str)> = ["a", "b", "c", "d", "e"]
        .iter()
        .enumerate()
        .flat_map(|(i, u)| {
            let t = i as i64 * 20;
            [(t, "fail", *u), (t + 5, "login", *u)]
        })
        .collect();
    assert!(run(&rules, &nat).is_empty());
    let guessed: Vec<(i64, &str, &str)> = (0..4).map(|i| (i * 10, "fail", "a")).chain([(50, "login", "a")]).collect();
    assert_eq!(run(&rules, &guessed)[0].severity, Severity::High);
    let unnamed: Vec<(i64, &str)> = (0..4).map(|i| (i * 10, "kind=fail src_ip=1.1.1.1")).collect();
    assert_eq!(alerts(&rules, &unnamed).len(), 1, "a failure without an account counts");
}

/// The accounts that count within a timespan before a failure.
fn slow(seen: &[(i64, bool, u8)], t: i64, timespan: i64) -> usize {
    let inside = || seen.iter().filter(|s| s.0 >= t - timespan && s.0 <= t);
    (0..8)
        .filter(|u| {
            let fails = inside().filter(|s| !s.1 && s.2 == *u).count();
            fails > 0 && (fails > 3 || !inside().any(|s| s.1 && s.2 == *u))
        })
        .count()
}

proptest! {
    /// The first alert comes where a slow and obvious count says so. Log-ins
    /// stay well within the part of the timespan in which one stands for all.
    #[test]
    fn against_a_slow_count(
        steps in prop::collection::vec((0i64..40, any::<bool>(), 0u8..8), 1..60),
        day in any::<bool>(),
    ) {
        // Of long timespans a log-in that a later one stands for is dropped.
        let (scale, rules) = if day { (144, spraying_within("24h", "")) } else { (1, spraying("")) };
        let (mut t, mut seen, mut expected) = (0, Vec::new(), None);
        let mut words = Vec::new();
        for (dt, login, user) in steps {
            t += dt * scale;
            // A repeated log-in is left out: that is what the window does.
            if login && seen.iter().any(|s: &(i64, bool, u8)| s.1 && s.2 == user && t - s.0 <= 75 * scale) {
                continue;
            }
            seen.push((t, login, user));
            words.push((t, format!("kind={} src_ip=1.1.1.1 user=u{user}", if login { "login" } else { "fail" })));
            if !login && expected.is_none() && slow(&seen, t, 600 * scale) >= 4 {
                expected = Some(t);
            }
        }
        let mut b = Bench::new(&rules);
        b.feed(0, &words);
        let opened = b.updates.iter().any(|u| !u.closed);
        prop_assert_eq!(opened, expected.is_some());
        // However it is cut into batches, the same.
        let whole = b.end();
        let mut one = Bench::new(&rules);
        for w in &words {
            one.line(w.0, &w.1);
        }
        let levels = |a: &[Alert]| a.iter().map(|a| (a.id.clone(), a.severity)).collect::<Vec<_>>();
        let one = one.end();
        prop_assert_eq!((brief(&whole), levels(&whole)), (brief(&one), levels(&one)));
    }
}

/// A service that is started again was not stopped by anybody: one value is enough where the rule says so.
#[test]
fn a_rule_may_say_how_many_values_are_enough() {
    let rule =
        correlation(1, "type: event_count\nrules: [fail]\ngroup-by: [src_ip]\ntimespan: 10m\ncondition: {gte: 1}");
    let rules = |extra: &str| {
        vec![base("fail"), login(), format!("{rule}secstream: {{redeemed_by: {{rule: login, field: user{extra}}}}}\n")]
    };
    let stopped = [(0, "fail", "a"), (30, "login", "a")];
    assert_eq!(run(&rules(", at_least: 1"), &stopped)[0].severity, Severity::Low);
    assert_eq!(run(&rules(""), &stopped)[0].severity, Severity::High);
    let late = [(0, "fail", "a"), (700, "login", "a")];
    assert_eq!(run(&rules(", at_least: 1"), &late)[0].severity, Severity::High);
    let before = [(0, "login", "a"), (30, "fail", "a")];
    assert!(run(&rules(", at_least: 1"), &before).is_empty());
}

/// Who mistyped once and works all day takes no more room than who did not.
#[test]
fn log_ins_of_days_take_little_room() {
    let mut b = Bench::new(&spraying_within("24h", ""));
    b.line(0, "kind=fail src_ip=1.1.1.1 user=a");
    for i in 1..600 {
        b.line(i * 300, "kind=login src_ip=1.1.1.1 user=a");
        assert!(b.state.counters().windows <= 4, "{}", b.state.counters().windows);
    }
    assert_eq!(b.state.counters().evicted, 0);
    assert!(b.end().is_empty());
}

/// Failures of one address, of which each log-in takes back some, whatever its account.
fn by_acts(extra: &str) -> Vec<String> {
    let rule =
        correlation(1, "type: event_count\nrules: [fail]\ngroup-by: [src_ip]\ntimespan: 10m\ncondition: {gte: 4}");
    vec![base("fail"), login(), format!("{rule}secstream: {{redeemed_by: {{rule: login{extra}}}}}\n")]
}

#[test]
fn failures_must_be_many_beside_what_was_accepted() {
    let f = |t| (t, "fail", "x");
    let l = |t, u| (t, "login", u);
    let office = [l(0, "a"), f(10), l(20, "b"), f(30), f(40), l(50, "c"), f(60), f(70)];
    assert!(run(&by_acts(", each: 1"), &office).is_empty());
    let guessed = [l(0, "a"), f(10), f(20), f(30), f(40), f(50), l(60, "a"), l(70, "a")];
    assert_eq!(run(&by_acts(", each: 1"), &guessed)[0].severity, Severity::High);
    assert!(run(&by_acts(", each: 2"), &guessed).is_empty());
    // a log-in that has left the window takes nothing back
    let later = [l(0, "a"), l(0, "b"), f(700), f(710), f(720), f(730)];
    assert_eq!(run(&by_acts(", each: 1"), &later).len(), 1);
}

#[test]
fn an_open_count_is_taken_back_when_most_of_it_is() {
    let fails = (0..8).map(|i| (i * 10, "fail", "x"));
    let with = |extra: &str, logins: &[&'static str]| {
        let logins = logins.iter().enumerate().map(|(i, u)| (100 + i as i64, "login", *u));
        run(&by_acts(extra), &fails.clone().chain(logins).collect::<Vec<_>>()).remove(0)
    };
    let six = ["a", "b", "c", "d", "e", "f"];
    assert_eq!(with(", each: 1", &six[..5]).severity, Severity::High);
    let back = with(", each: 1", &six);
    assert_eq!(back.severity, Severity::Low);
    assert!(back.message.contains("6 of 8 taken back"), "{}", back.message);
    // who comes again is the same
    assert_eq!(with(", each: 1", &["a"; 9]).severity, Severity::Low);
    assert_eq!(with(", each: 1, once_by: user", &["a"; 9]).severity, Severity::High);
    assert_eq!(with(", each: 1, once_by: user", &six).severity, Severity::Low);
}

#[test]
fn of_too_many_nothing_is_taken_back() {
    let fails = (0..8).map(|i| (100 + i, "fail", "x"));
    let words: Vec<_> = (0..20).map(|i| (i, "login", "a")).chain(fails).collect();
    assert!(run(&by_acts(", each: 1"), &words).is_empty());
    assert!(run(&by_acts(", each: 1, at_most: 8"), &words).is_empty());
    let found = run(&by_acts(", each: 1, at_most: 7"), &words);
    assert_eq!(found.iter().map(|a| a.severity).collect::<Vec<_>>(), [Severity::High]);
    // nor later, however many there are then
    let after: Vec<_> = words.into_iter().chain((200..260).map(|t| (t, "login", "a"))).collect();
    assert_eq!(run(&by_acts(", each: 1, at_most: 7"), &after)[0].severity, Severity::High);
}

proptest! {
    /// The first alert comes where counting all again at each failure says so.
    #[test]
    fn acts_against_a_slow_count(steps in prop::collection::vec((0i64..90, any::<bool>()), 1..80), most in 4u64..12) {
        let (mut t, mut seen, mut expected) = (0i64, Vec::new(), None);
        for (dt, login) in steps {
            t += dt;
            seen.push((t, login));
            let inside = |login: bool| seen.iter().filter(|s| s.0 >= t - 600 && s.1 == login).count() as u64;
            let left = if inside(false) > most { inside(false) } else { inside(false).saturating_sub(inside(true)) };
            if !login && left >= 4 && expected.is_none() {
                expected = Some(t);
            }
        }
        let mut b = Bench::new(&by_acts(&format!(", each: 1, at_most: {most}")));
        b.feed(0, &lines(&seen.iter().map(|s| (s.0, if s.1 { "login" } else { "fail" }, "a")).collect::<Vec<_>>()));
        prop_assert_eq!(b.updates.iter().any(|u| !u.closed), expected.is_some());
    }
}

#[test]
fn what_does_not_go_together_is_said() {
    for (extra, word) in [
        (", each: 1, field: user", "say nothing"),
        (", each: 1, at_least: 2", "say nothing"),
        (", once_by: user, field: user", "goes with each"),
        (", each: 0", "whole number from 1"),
    ] {
        let yaml = by_acts(extra).remove(2);
        let read =
            crate::detect::sigma::yaml::parse(&yaml).remove(0).and_then(|n| crate::detect::sigma::rule::parse(&n));
        let e = read.expect_err(extra);
        assert!(e.message.contains(word), "{extra}: {e}");
    }
}

/// An event may count and take back: in which order the rules stand makes no difference.
#[test]
fn what_counts_and_takes_back_is_counted_in_any_order_of_the_rules() {
    let both = |kind: &str| base(kind).replace(&format!("{{kind: {kind}}}"), &format!("{{kind: [{kind}, both]}}"));
    let mut rules = spraying("");
    rules[0] = both("fail");
    rules[1] = both("login").replace("level: low", "level: informational");
    let words: Vec<(i64, &str, &str)> = (0..8).flat_map(|n| ["a", "b", "c", "d"].map(|u| (n, "both", u))).collect();
    let one = run(&rules, &words);
    rules.swap(0, 1);
    let other = run(&rules, &words);
    assert_eq!(brief(&one), brief(&other));
    assert_eq!(one.len(), 1, "that often nobody mistypes");
}

/// What stands on more episodes than are remembered, or on matches besides, is not taken back
/// because the first of them were.
#[test]
fn an_alert_above_is_taken_back_with_all_that_it_stands_on() {
    let above = |bases: &str| {
        correlation(2, &format!("type: event_count\nrules: [{bases}]\ntimespan: 1h\ncondition: {{gte: 2}}"))
    };
    let run = |bases: &str, sources: usize, back: usize| {
        let mut rules = spraying("");
        rules.push(above(bases));
        let mut lines: Vec<(i64, String)> = Vec::new();
        for n in 0..sources {
            let line =
                |kind: &str, u: usize| (10 * n as i64, format!("kind={kind} host=h src_ip=10.0.0.{n} user=u{u}"));
            lines.extend((0..4).map(|u| line("fail", u)));
            lines.extend((0..4).filter(|_| n < back).map(|u| line("login", u)));
        }
        let mut b = Bench::new(&rules);
        b.feed(0, &lines);
        let got = b.end();
        let of: Vec<_> = got.iter().filter(|a| &*a.rule == "Correlation 2").map(|a| a.severity).collect();
        assert_eq!(of.len(), 1, "{bases} {sources}");
        of[0]
    };
    for (bases, sources, back, is) in [
        ("c1", 10, 10, Severity::Low),
        ("c1", 10, 9, Severity::High),
        ("c1", 64, 64, Severity::Low),
        ("c1", 70, 64, Severity::High),
        ("c1, fail", 10, 10, Severity::High),
    ] {
        assert_eq!(run(bases, sources, back), is, "{bases} {sources} {back}");
    }
}
