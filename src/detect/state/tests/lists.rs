//! What alerts list of addresses, accounts and machines: all of it, or it is said that there is more.

use super::{Bench, alerts, base, correlation, guessing};
use crate::alert::Alert;

fn bench(rules: &[String], lines: &[(i64, String)]) -> Vec<Alert> {
    let mut b = Bench::new(rules);
    b.feed(0, lines);
    b.end()
}

#[test]
fn an_event_of_several_values_lists_its_own_address_and_account() {
    let rules = [
        base("fail"),
        correlation(
            1,
            "type: value_count\nrules: [fail]\ngroup-by: [host]\ntimespan: 10s\ncondition: {field: Name, gte: 4}",
        ),
    ];
    for before in 0..40 {
        let fail = |i: i64, ip: &str, names: &str| (20 * i, format!("kind=fail host=h src_ip={ip} user=u{ip} {names}"));
        let mut lines: Vec<_> = (0..before).map(|i| fail(i, &format!("9.9.9.{i}"), "Name=n")).collect();
        lines.push(fail(before, "1.1.1.1", "Name=x Name=y"));
        lines.extend(["zebra", "wolf"].map(|n| fail(before, "1.1.1.1", &format!("Name={n}"))));
        let got = bench(&rules, &lines);
        assert_eq!(got.len(), 1, "{before}");
        assert_eq!(
            (got[0].src_ips.join(" "), got[0].users.join(" ")),
            ("1.1.1.1".into(), "u1.1.1.1".into()),
            "{before}"
        );
    }
}

/// What a group has seen before is nothing that its next alert tells.
#[test]
fn what_is_forgotten_makes_room() {
    for before in 0..100 {
        let mut lines: Vec<_> =
            (0..before).map(|i| (30 * i, format!("kind=fail src_ip=10.0.0.1 host=h user=u{i}"))).collect();
        let attack = ["svc", "root", "root", "root", "admin", "root"].iter().zip(30 * before + 300..);
        lines.extend(attack.map(|(u, t)| (t, format!("kind=fail src_ip=10.0.0.1 host=h user={u}"))));
        let got = bench(&guessing(5, "1m"), &lines);
        assert_eq!((got.len(), got[0].users.join(" ")), (1, "svc root admin".to_owned()), "{before}");
        assert!(!got[0].cut.users && got[0].user.is_none());
    }
}

#[test]
fn where_there_is_more_that_is_said() {
    for (accounts, listed, cut) in [(13, 13, false), (14, 14, false), (15, 14, true), (40, 14, true)] {
        let lines: Vec<_> =
            (0..2 * accounts).map(|i| (i, format!("kind=fail src_ip=10.0.0.1 user=u{}", i % accounts))).collect();
        let got = bench(&guessing(5, "5m"), &lines);
        let a = &got[0];
        assert_eq!((got.len(), a.users.len(), a.cut.users, a.cut.ips), (1, listed, cut, false), "{accounts}");
        assert_eq!(a.message.contains("at least 14 accounts (u0, u1, u2 and more)"), cut, "{}", a.message);
        assert_eq!(
            (a.to_json(&[])["users_cut"].as_bool(), a.to_json(&[])["src_ips_cut"].as_bool()),
            (Some(cut), Some(false))
        );
    }
}

/// The window is full of accounts when the alert opens with a few of them.
#[test]
fn what_found_no_room_in_the_window_is_more_as_well() {
    let rules = [
        base("fail"),
        correlation(1, "type: event_count\nrules: [fail]\ngroup-by: [src_ip]\ntimespan: 1m\ncondition: {gte: 30}"),
    ];
    let mut lines: Vec<_> = (0..20).map(|i| (i, format!("kind=fail src_ip=1.1.1.1 user=u{i}"))).collect();
    lines.extend((20..30).map(|i| (i, "kind=fail src_ip=1.1.1.1 user=svc".to_owned())));
    let got = bench(&rules, &lines);
    assert_eq!((got.len(), got[0].users.len(), got[0].cut.users), (1, 14, true));
}

#[test]
fn the_next_alert_of_a_plain_rule_lists_its_own() {
    let rule = base("x").replace("level: low", "level: high\nsecstream: {group_by: [host], cooldown: 1m}");
    let of = |t: i64, who: &str| (0..14).map(|i| (t + i, format!("kind=x host=h user={who}{i}"))).collect::<Vec<_>>();
    let got = bench(&[rule], &[of(0, "a"), of(1_000, "b"), of(2_000, "c")].concat());
    assert_eq!(got.len(), 3);
    for (a, who) in got.iter().zip(["a", "b", "c"]) {
        assert!(a.users.len() == 14 && a.users.iter().all(|u| u.starts_with(who)) && !a.cut.users, "{:?}", a.users);
    }
}

#[test]
fn who_got_in_is_named_among_however_many() {
    let rules = [
        base("fail"),
        base("ok"),
        correlation(1, "type: temporal_ordered\nrules: [fail, ok]\ngroup-by: [src_ip]\ntimespan: 10m"),
    ];
    let mut lines: Vec<_> = (0..40).map(|i| (i, format!("kind=fail src_ip=1.1.1.1 user=u{i}"))).collect();
    lines.push((40, "kind=ok src_ip=1.1.1.1 user=the-one".to_owned()));
    let got = bench(&rules, &lines);
    assert_eq!((got.len(), got[0].user.as_deref(), got[0].cut.users), (1, Some("the-one"), true));
    assert!(got[0].users.contains(&"the-one".to_owned()), "{:?}", got[0].users);
}

#[test]
fn a_very_long_value_is_remembered_cut() {
    let long = |c: &str| format!("kind=fail src_ip=1.1.1.1 user={}{c}", "x".repeat(100_000));
    let (a, b) = (long("a"), long("b"));
    let got = alerts(&guessing(3, "1m"), &[(0, &a), (1, &b), (2, &a)]);
    assert_eq!((got.len(), got[0].users.len()), (1, 2));
    assert!(got[0].users.iter().all(|u| u.len() < 300));
    let by = [
        base("fail"),
        correlation(1, "type: event_count\nrules: [fail]\ngroup-by: [user]\ntimespan: 1m\ncondition: {gte: 2}"),
    ];
    let got = alerts(&by, &[(0, &a), (1, &b), (2, &a)]);
    assert_eq!((got.len(), got[0].count, got[0].dedup_key.len() < 400), (1, 2, true));
}
