//! One attack is one alert: ids, joining, closing, cutting.

use super::{Bench, alerts, base, brief, guessing};
use crate::alert::{AlertState, MAX_EVIDENCE};
use crate::event::Ts;

const F: &str = "kind=fail src_ip=1.1.1.1";

#[test]
fn further_matches_join_under_the_same_id() {
    let mut b = Bench::new(&guessing(3, "1m"));
    for t in 0..3 {
        b.line(t, F);
    }
    assert_eq!(b.updates.len(), 1);
    let open = b.updates[0].alert.clone();
    assert_eq!((open.state, open.revision, open.count), (AlertState::Open, 1, 3));
    b.line(40, F);
    let now = b.state.open_alerts();
    assert_eq!((now[0].count, now[0].revision, &now[0].id), (4, 2, &open.id));
    let end = b.end();
    assert_eq!((end[0].state, &end[0].id, end[0].revision), (AlertState::Closed, &open.id, 3));
    assert_eq!(end[0].id.len(), 32);
}

#[test]
fn quiet_for_the_cooldown_closes() {
    let g = guessing(3, "1m");
    // The threshold met again 600 s after the last one: still the same.
    let b = [(0, F), (1, F), (2, F), (600, F), (601, F), (602, F)];
    assert_eq!(brief(&alerts(&g, &b)), [(0, 6, 6)]);
    let b = [(0, F), (1, F), (2, F), (603, F), (604, F), (605, F)];
    assert_eq!(brief(&alerts(&g, &b)), [(0, 3, 3), (603, 3, 3)]);
    // A single match after more than the timespan does not join.
    let b = [(0, F), (1, F), (2, F), (100, F)];
    assert_eq!(brief(&alerts(&g, &b)), [(0, 3, 3)]);
}

#[test]
fn advance_closes_without_matches() {
    let mut b = Bench::new(&guessing(3, "1m"));
    for t in 0..3 {
        b.line(t, F);
    }
    b.state.advance(Ts::from_secs(602));
    b.state.drain(&mut b.updates);
    assert_eq!(b.updates.len(), 1);
    b.state.advance(Ts::from_secs(603));
    b.state.drain(&mut b.updates);
    assert!(b.updates[1].closed);
    assert!(b.state.open_alerts().is_empty());
    assert_eq!(b.state.counters().open, 0);
}

#[test]
fn cut_at_six_hours() {
    let lines: Vec<(i64, String)> = (0..500).map(|i| (i * 60, F.to_owned())).collect();
    let mut b = Bench::new(&guessing(3, "5m"));
    b.feed(0, &lines);
    let got = b.end();
    assert_eq!(brief(&got), [(0, 361, 361), (361 * 60, 139, 139)]);
}

#[test]
fn slow_guessing_is_one_attack_for_days() {
    let lines: Vec<(i64, String)> = (0..150).map(|i| (i * 3_000, F.to_owned())).collect();
    let mut b = Bench::new(&guessing(20, "24h"));
    b.feed(0, &lines);
    assert_eq!(brief(&b.end()), [(0, 150, 150)]);
}

#[test]
fn evidence_is_capped_and_the_rest_counted() {
    let lines: Vec<(i64, String)> = (0..1_500).map(|_| (5, F.to_owned())).collect();
    let mut b = Bench::new(&guessing(3, "5m"));
    b.feed(0, &lines);
    let got = b.end();
    assert_eq!((got[0].evidence.len(), got[0].matched_total, got[0].count), (MAX_EVIDENCE, 1_500, 1_500));
}

#[test]
fn plain_detections_group_by_entity() {
    let got = alerts(&[base("fail")], &[(0, F), (5, F), (6, "kind=fail user=bob host=h"), (7, "kind=fail")]);
    assert_eq!(brief(&got), [(0, 2, 2), (6, 1, 1), (7, 1, 1)]);
    assert_eq!(got[0].dedup_key.split('|').nth(1), Some("src_ip=1.1.1.1"));
    assert_eq!(got[1].dedup_key.split('|').nth(1), Some("user=bob"));
    assert_eq!(got[0].message, "fail: 2 matches from 1.1.1.1 within 5 s");
    assert_eq!(got[0].window_seconds, 0);
}

#[test]
fn own_entity_and_cooldown() {
    let rule = format!("{}secstream: {{group_by: [user], cooldown: 5s}}\n", base("fail"));
    let l = |u: &str| format!("kind=fail src_ip=1.1.1.1 user={u}");
    let (a, b) = (l("a"), l("b"));
    let got = alerts(&[rule], &[(0, &a), (5, &a), (6, &b), (11, &a)]);
    assert_eq!(brief(&got), [(0, 2, 2), (6, 1, 1), (11, 1, 1)]);
}

#[test]
fn many_addresses_are_listed_up_to_a_hundred() {
    let rule =
        super::correlation(1, "type: event_count\nrules: [fail]\ngroup-by: [user]\ntimespan: 10m\ncondition: {gte: 3}");
    let lines: Vec<(i64, String)> =
        (0..150).map(|i| (i, format!("kind=fail src_ip=10.0.0.{i} user=root host=h1"))).collect();
    let mut b = Bench::new(&[base("fail"), rule]);
    b.feed(0, &lines);
    let a = &b.end()[0];
    assert_eq!((a.src_ips.len(), a.src_ip.as_deref(), a.count), (100, Some("10.0.0.0"), 150));
    assert_eq!((a.user.as_deref(), a.host.as_deref(), a.window_seconds), (Some("root"), Some("h1"), 600));
    assert_eq!(
        a.message,
        "Correlation 1: 150 failed attempts, account root from at least 100 addresses (10.0.0.0, 10.0.0.1, 10.0.0.2 and more) on h1 within 2 min 29 s (threshold 3 in 10 min)"
    );
    assert_eq!(a.techniques, ["T1110"]);
    assert_eq!((a.route.stage.as_str(), a.route.cost_us), ("rules", 0));
}

#[test]
fn the_id_depends_on_rule_group_and_first_evidence_only() {
    let g = guessing(3, "1m");
    let ids = |lines: &[(i64, &str)]| alerts(&g, lines).iter().map(|a| a.id.clone()).collect::<Vec<_>>();
    let one = ids(&[(0, F), (1, F), (2, F)]);
    assert_eq!(one, ids(&[(0, F), (1, F), (2, F), (3, F), (4, F)]));
    assert_eq!(one, ids(&[(0, "kind=other"), (0, F), (1, F), (2, F)]));
    assert_ne!(one, ids(&[(1, F), (1, F), (2, F)]));
    let other = "kind=fail src_ip=1.1.1.2";
    assert_ne!(one, ids(&[(0, other), (1, other), (2, other)]));
}

#[test]
fn what_grew_is_given_out_once() {
    let mut b = super::Bench::new(&guessing(3, "10m"));
    let grown =
        |b: &mut super::Bench| -> Vec<(u32, u64)> { b.state.grown().iter().map(|a| (a.revision, a.count)).collect() };
    for t in 0..3 {
        b.line(t, "kind=fail src_ip=1.1.1.1");
    }
    assert_eq!((b.updates.len(), grown(&mut b)), (1, vec![]), "it was given out as it opened");
    for t in 3..7 {
        b.line(t, "kind=fail src_ip=1.1.1.1");
    }
    assert_eq!((b.updates.len(), grown(&mut b)), (1, vec![(5, 7)]));
    assert_eq!(grown(&mut b), []);
    assert_eq!(b.end()[0].revision, 6, "asking changes nothing");
}
