//! Correlations of correlations.

use super::{Bench, alerts, base, brief, correlation, guessing};

const F: &str = "kind=fail src_ip=1.1.1.1";
const OK: &str = "kind=ok src_ip=1.1.1.1 user=root";

/// Guessing, then success.
fn story() -> Vec<String> {
    let mut r = guessing(3, "1m");
    r.push(base("ok"));
    r.push(correlation(2, "type: temporal_ordered\nrules: [c1, ok]\ngroup-by: [src_ip]\ntimespan: 5m"));
    r
}

#[test]
fn success_after_guessing() {
    let got = alerts(&story(), &[(0, F), (1, F), (2, F), (30, OK)]);
    assert_eq!(brief(&got), [(0, 4, 4)]);
    assert_eq!(&*got[0].rule, "Correlation 2");
    assert_eq!(got[0].evidence.iter().map(|e| e.line).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!((got[0].src_ip.as_deref(), got[0].user.as_deref()), (Some("1.1.1.1"), Some("root")));
}

#[test]
fn success_before_guessing_or_without_it_is_nothing() {
    assert!(alerts(&story(), &[(0, OK), (1, F), (2, F), (3, F)]).is_empty());
    assert!(alerts(&story(), &[(0, F), (1, F), (3, OK)]).is_empty());
}

#[test]
fn guessing_that_goes_on_stays_fresh() {
    let mut lines: Vec<(i64, String)> = (0..100).map(|i| (i * 20, F.to_owned())).collect();
    lines.push((2_100, OK.to_owned()));
    let mut b = Bench::new(&story());
    b.feed(0, &lines);
    let got = b.end();
    assert_eq!(brief(&got), [(0, 101, 101)]);
}

#[test]
fn guessing_too_long_ago_is_nothing() {
    assert!(alerts(&story(), &[(0, F), (1, F), (2, F), (303, OK)]).is_empty());
}

#[test]
fn what_goes_on_after_joins() {
    let got = alerts(&story(), &[(0, F), (1, F), (2, F), (30, OK), (31, F), (32, OK)]);
    assert_eq!(brief(&got), [(0, 6, 6)]);
}

#[test]
fn a_base_with_generate_alerts_as_well() {
    let mut r = story();
    r[3] = r[3].replace("  timespan: 5m", "  timespan: 5m\n  generate: true");
    let got = alerts(&r, &[(0, F), (1, F), (2, F), (30, OK)]);
    assert!(got.len() >= 2, "{got:?}");
}

#[test]
fn counting_episodes() {
    let mut r = guessing(2, "10s");
    r.push(correlation(2, "type: event_count\nrules: [c1]\ngroup-by: [src_ip]\ntimespan: 2h\ncondition: {gte: 2}"));
    // One episode that goes on is one; two far apart are two.
    assert!(alerts(&r, &[(0, F), (1, F), (2, F), (3, F)]).is_empty());
    let got = alerts(&r, &[(0, F), (1, F), (2, F), (3_000, F), (3_001, F)]);
    assert_eq!(brief(&got), [(0, 5, 5)]);
}

#[test]
fn records_shared_by_two_children_count_once() {
    let mut r = guessing(3, "1m");
    r.push(correlation(
        2,
        "type: value_count\nrules: [fail]\ngroup-by: [src_ip]\ntimespan: 1m\ncondition: {field: user, gte: 2}",
    ));
    r.push(correlation(3, "type: temporal\nrules: [c1, c2]\ngroup-by: [src_ip]\ntimespan: 5m"));
    let users: Vec<String> = (0..6).map(|i| format!("{F} user=u{i}")).collect();
    let lines: Vec<(i64, &str)> = users.iter().enumerate().map(|(i, l)| (i as i64, l.as_str())).collect();
    assert_eq!(brief(&alerts(&r, &lines)), [(0, 6, 6)]);
}

#[test]
fn values_are_listed_as_they_came() {
    let rules = [
        base("fail"),
        correlation(1, "type: event_count\nrules: [fail]\ngroup-by: [user]\ntimespan: 10m\ncondition: {gte: 5}"),
        correlation(
            2,
            "type: value_count\nrules: [fail]\ngroup-by: [user]\ntimespan: 10m\ncondition: {field: src_ip, gte: 2}",
        ),
        correlation(3, "type: temporal\nrules: [c1, c2]\ngroup-by: [user]\ntimespan: 10m"),
    ];
    let lines: Vec<(i64, String)> = (1..=5).map(|i| (i * 60, format!("kind=fail user=kim src_ip=1.1.1.{i}"))).collect();
    let lines: Vec<(i64, &str)> = lines.iter().map(|(t, l)| (*t, l.as_str())).collect();
    let got = alerts(&rules, &lines);
    assert_eq!(got.len(), 1);
    assert!(got[0].message.contains("(1.1.1.1, 1.1.1.2, 1.1.1.3 and 2 more)"), "{}", got[0].message);
}

/// What goes on below before the last step comes is told above as well, or it is said that there is more.
#[test]
fn what_goes_on_below_is_listed_above() {
    for (accounts, cut) in [(3, false), (10, false), (13, false), (14, false), (40, true)] {
        let mut lines: Vec<(i64, String)> = (0..accounts).map(|i| (i, format!("{F} user=u{i}"))).collect();
        lines.push((50, OK.to_owned()));
        let mut b = Bench::new(&story());
        b.feed(0, &lines);
        let got = b.end();
        let users: Vec<String> = (0..accounts).map(|i| format!("u{i}")).chain(["root".to_owned()]).collect();
        assert_eq!((got.len(), got[0].user.as_deref(), got[0].cut.users), (1, Some("root"), cut), "{accounts}");
        assert!(cut || got[0].users == users, "{accounts}: {:?}", got[0].users);
    }
}

/// The episode below goes on after a pause, by several matches at once.
#[test]
fn what_comes_again_below_is_listed_above() {
    let mut r = guessing(3, "1m");
    r.push(base("ok"));
    r.push(correlation(2, "type: temporal_ordered\nrules: [c1, ok]\ngroup-by: [src_ip]\ntimespan: 5m"));
    let who = |t: i64, u: &str| (t, format!("{F} user={u}"));
    let lines =
        [who(0, "a"), who(1, "b"), who(2, "c"), who(200, "d"), who(201, "e"), who(202, "f"), (210, OK.to_owned())];
    let mut b = Bench::new(&r);
    b.feed(0, &lines);
    assert_eq!(b.end()[0].users, ["a", "b", "c", "d", "e", "f", "root"]);
}
