//! Sources of IPv6: a /64 is one.

use super::*;

fn fail(t: i64, ip: &str, user: &str) -> (i64, String) {
    (t, format!("kind=fail src_ip={ip} user={user}"))
}

fn rotating(n: i64) -> Vec<(i64, String)> {
    (0..n).map(|i| fail(i, &format!("2001:db8:1:2:{i:x}::{:x}", i * 7 + 1), &format!("u{i}"))).collect()
}

fn by(kind: &str, group: &str, rest: &str) -> Vec<String> {
    let body = format!("type: {kind}\nrules: [fail]\ngroup-by: [{group}]\ntimespan: 10m\ncondition: {{{rest}}}");
    vec![base("fail"), correlation(1, &body)]
}

fn told(texts: &[String], lines: &[(i64, String)]) -> Vec<Alert> {
    let mut b = Bench::new(texts);
    b.feed(0, lines);
    b.end()
}

#[test]
fn who_changes_the_address_within_a_network_is_one() {
    let all = told(&by("event_count", "src_ip", "gte: 5"), &rotating(200));
    assert_eq!(all.len(), 1);
    let a = &all[0];
    assert_eq!((a.count, a.src_ip.as_deref()), (200, Some("2001:db8:1:2:0::1")));
    assert_eq!((a.src_ips.len(), a.cut.ips), (100, true));
    assert!(a.dedup_key.ends_with("|src_ip=2001:db8:1:2::/64"), "{}", a.dedup_key);
    assert!(a.message.contains(" from 2001:db8:1:2::/64 (at least 100 addresses)"), "{}", a.message);
    let plain = [base("fail").replace("level: low", "level: medium")];
    let all = told(&plain, &rotating(200));
    assert_eq!(all.iter().map(|a| a.count).collect::<Vec<_>>(), [200]);
}

#[test]
fn one_address_is_told_as_it_is() {
    let lines: Vec<_> = (0..5).map(|i| fail(i, "2001:db8:1:2::7", "root")).collect();
    let all = told(&by("event_count", "src_ip", "gte: 5"), &lines);
    assert!(all[0].message.contains(" from 2001:db8:1:2::7"), "{}", all[0].message);
}

#[test]
fn networks_are_apart_and_so_are_addresses_of_ones_own() {
    let other: Vec<_> = (0..8).map(|i| fail(i, &format!("2001:db8:1:{i}::7"), "root")).collect();
    assert!(told(&by("event_count", "src_ip", "gte: 2"), &other).is_empty());
    let own: Vec<_> = (0..8).map(|i| fail(i, &format!("fd00:1:2:3::{i}"), "root")).collect();
    assert!(told(&by("event_count", "src_ip", "gte: 2"), &own).is_empty());
}

/// Many addresses of one network are not many sources.
#[test]
fn a_network_counts_once() {
    let rule = by("value_count", "kind", "field: src_ip, gte: 8");
    assert!(told(&rule, &rotating(50)).is_empty());
    let many: Vec<_> = (0..8).map(|i| fail(i, &format!("2001:db8:1:{i}::7"), "root")).collect();
    assert_eq!(told(&rule, &many).len(), 1);
}

/// Alerts of two rules about one network are about the same.
#[test]
fn alerts_of_one_network_are_folded() {
    let texts = [
        base("fail").replace("level: low", "level: medium"),
        base("login").replace("level: low", "level: high\nsecstream: {suppresses: [fail]}"),
    ];
    let lines = [
        fail(0, "2001:db8:1:2::1", "root"),
        (5, "kind=login src_ip=2001:db8:1:2:5::5 user=root".to_owned()),
        fail(6, "2001:db8:1:3::1", "ada"),
    ];
    let all = told(&texts, &lines);
    assert_eq!(all.iter().map(|a| a.covered_by.is_some()).collect::<Vec<_>>(), [true, false, false]);
}

/// The same under another name of the source, and of what is in this alert only.
#[test]
fn another_name_of_the_source_is_told_alike() {
    let first = (0..3).map(|i| fail(i, &format!("2001:db8:1:2:1::{i}"), "root"));
    let later = (0..3).map(|i| fail(i + 40_000, &format!("2001:db8:1:2:5::{i}"), "root"));
    let lines: Vec<_> = first.chain(later).collect();
    for (name, more) in [("src_ip", ""), ("who", ", who: {fail: src_ip}")] {
        let rest = format!("gte: 3}}\naliases: {{unused: {{fail: user}}{more}");
        let all = told(&by("event_count", name, &rest), &lines);
        assert_eq!(all.len(), 2, "{name}");
        for (a, own) in all.iter().zip(["2001:db8:1:2:1::0", "2001:db8:1:2:5::0"]) {
            assert!(a.dedup_key.ends_with("=2001:db8:1:2::/64"), "{}", a.dedup_key);
            assert!(a.message.contains("2001:db8:1:2::/64 (3 addresses)"), "{}", a.message);
            assert_eq!(a.src_ip.as_deref(), Some(own), "{name}");
        }
    }
}
