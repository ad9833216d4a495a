//! Scores, risk of entities, reload, caps.

use std::sync::Arc;

use super::{Bench, base, brief, guessing, rules};
use crate::alert::Alert;
use crate::detect::state::StateOptions;

const F: &str = "kind=fail src_ip=1.1.1.1";

fn part(a: &Alert, name: &str) -> f64 {
    a.score_parts.iter().find(|p| p.0 == name).map_or(0.0, |p| p.1)
}

fn adds_up(a: &Alert) {
    let sum: f64 = a.score_parts.iter().map(|p| p.1).sum();
    assert!((sum - a.score).abs() < 1e-9, "{:?}", a.score_parts);
    assert!((0.0..=100.0).contains(&a.score) && (0.0..=1.0).contains(&a.confidence));
}

#[test]
fn volume_raises_the_score() {
    let mut b = Bench::new(&guessing(3, "10m"));
    b.feed(0, &(0..12).map(|i| (i, F.to_owned())).collect::<Vec<_>>());
    let a = &b.end()[0];
    assert_eq!((part(a, "level"), part(a, "volume"), a.score), (68.0, 4.0, 72.0));
    assert_eq!(a.confidence, 0.94);
    adds_up(a);
}

#[test]
fn informational_rules_only_raise_the_risk() {
    let mut r = guessing(3, "10m");
    r.push(base("root").replace("level: low", "level: informational"));
    let mut b = Bench::new(&r);
    b.line(0, "kind=root src_ip=1.1.1.1");
    b.line(0, "kind=root src_ip=1.1.1.1");
    assert!(b.updates.is_empty());
    for t in 1..4 {
        b.line(t, F);
    }
    let a = &b.end()[0];
    assert!((1.9..=2.0).contains(&part(a, "entity_risk")), "{:?}", a.score_parts);
    adds_up(a);
}

#[test]
fn other_rules_on_the_same_entity_are_mentioned() {
    let mut r = guessing(3, "10m");
    r.push(base("scan"));
    let mut b = Bench::new(&r);
    b.line(0, "kind=scan src_ip=1.1.1.1");
    b.line(0, "kind=scan src_ip=2.2.2.2");
    for t in 1..4 {
        b.line(t, F);
    }
    let got = b.end();
    let of = |ip: &str, rule: &str| {
        got.iter().find(|a| a.src_ip.as_deref() == Some(ip) && &*a.rule == rule).map(|a| part(a, "other_rules"))
    };
    assert_eq!(of("1.1.1.1", "Correlation 1"), Some(4.0));
    assert_eq!(of("1.1.1.1", "scan"), Some(4.0));
    assert_eq!(of("2.2.2.2", "scan"), Some(0.0));
    got.iter().for_each(adds_up);
}

#[test]
fn never_above_a_hundred() {
    let mut r = guessing(1, "10m");
    r[1] = r[1].replace("level: high", "level: critical");
    r.push(base("root").replace("level: low", "level: informational"));
    let mut b = Bench::new(&r);
    for _ in 0..10 {
        b.line(0, "kind=root src_ip=1.1.1.1");
    }
    b.feed(0, &(0..100).map(|i| (i, F.to_owned())).collect::<Vec<_>>());
    let a = &b.end()[0];
    assert_eq!(a.score, 100.0);
    assert!(part(a, "cap") < 0.0);
    adds_up(a);
}

#[test]
fn reload_keeps_the_windows_of_unchanged_rules() {
    let mut b = Bench::new(&[guessing(3, "10m"), vec![base("gone")]].concat());
    b.line(0, F);
    b.line(1, F);
    b.line(1, "kind=gone src_ip=1.1.1.1");
    let set = rules(&[vec![base("new")], guessing(3, "10m")].concat());
    b.state.reload(Arc::clone(&set));
    b.state.drain(&mut b.updates);
    assert!(b.updates.iter().any(|u| u.closed && &*u.alert.rule == "gone"));
    b.matcher = crate::detect::Matcher::new(&set);
    b.set = set;
    b.line(2, F);
    let got = b.end();
    assert_eq!(got.iter().filter(|a| &*a.rule == "Correlation 1").map(|a| a.count).collect::<Vec<_>>(), [3]);
}

#[test]
fn reload_drops_what_changed() {
    let mut b = Bench::new(&guessing(3, "10m"));
    b.line(0, F);
    b.line(1, F);
    b.state.reload(rules(&guessing(3, "11m")));
    b.line(2, F);
    assert!(b.end().is_empty());
}

#[test]
fn full_tables_evict_the_quietest_and_count() {
    let options = StateOptions { max_groups_per_shard: 8, ..StateOptions::default() };
    let mut b = Bench::with(&guessing(3, "10m"), options);
    b.feed(
        0,
        &(0..4_000).map(|i| (i / 100, format!("kind=fail src_ip=10.{}.{}.1", i / 250, i % 250))).collect::<Vec<_>>(),
    );
    let c = b.state.counters();
    assert!(c.evicted > 0 && c.groups <= 8 * 64, "{c:?}");
    for t in 50..53 {
        b.line(t, F);
    }
    assert_eq!(brief(&b.end()), [(50, 3, 3)]);
}

#[test]
fn passed_time_makes_room_without_eviction() {
    let options = StateOptions { max_groups_per_shard: 8, ..StateOptions::default() };
    let mut b = Bench::with(&guessing(3, "10s"), options);
    b.feed(
        0,
        &(0..4_000).map(|i| (i * 10, format!("kind=fail src_ip=10.{}.{}.1", i / 250, i % 250))).collect::<Vec<_>>(),
    );
    assert_eq!(b.state.counters().evicted, 0);
}

#[test]
fn groups_that_time_has_passed_do_not_pile_up() {
    let mut b = Bench::new(&guessing(3, "10s"));
    b.feed(0, &(0..8_000).map(|i| (i, format!("kind=fail src_ip=10.{}.{}.1", i / 250, i % 250))).collect::<Vec<_>>());
    let c = b.state.counters();
    // each shard looks again when its groups have doubled, at 32 at the earliest
    assert!(c.evicted == 0 && c.groups <= 64 * 33 && c.windows <= c.groups, "{c:?}");
    for t in 8_000..8_003 {
        b.line(t, F);
    }
    assert_eq!(brief(&b.end()), [(8_000, 3, 3)]);
}
