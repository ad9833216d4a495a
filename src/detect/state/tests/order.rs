//! Late records, epochs, several sources, and independence of batching.

use proptest::prelude::*;

use super::{Bench, alerts, base, brief, correlation, guessing};
use crate::event::Ts;

const F: &str = "kind=fail src_ip=1.1.1.1";

#[test]
fn late_records_count_at_their_time() {
    assert_eq!(brief(&alerts(&guessing(3, "10s"), &[(0, F), (20, F), (8, F), (9, F)])), [(0, 3, 3)]);
    assert!(alerts(&guessing(3, "10s"), &[(0, F), (30, F), (9, F), (15, F)]).is_empty());
}

#[test]
fn too_late_records_have_windows_of_their_own() {
    let got = alerts(&guessing(3, "10s"), &[(5_000, F), (5_001, F), (10, F), (11, F), (12, F)]);
    assert_eq!(brief(&got), [(10, 3, 3)]);
    assert!(got[0].confidence < 0.9);
}

#[test]
fn one_forged_time_blinds_nothing() {
    let got = alerts(&guessing(3, "10s"), &[(0, F), (4_000_000_000, F), (1, F), (2, F)]);
    assert_eq!(brief(&got), [(0, 3, 3)]);
}

#[test]
fn a_forged_alert_does_not_swallow_the_real_one() {
    let far = 4_000_000_000;
    let lines = [(0, "kind=x"), (far, F), (far, F), (far, F), (1, F), (2, F), (3, F)];
    assert_eq!(brief(&alerts(&guessing(3, "10s"), &lines)), [(1, 3, 3), (far, 3, 3)]);
}

#[test]
fn a_night_without_records_does_not_split_an_attack() {
    let mut lines = vec![(0, "kind=x".to_owned())];
    lines.extend((0..60).map(|i| (30_000 + i, F.to_owned())));
    let mut b = Bench::new(&guessing(5, "10m"));
    b.feed(0, &lines);
    assert_eq!(brief(&b.end()), [(30_000, 60, 60)]);
}

#[test]
fn epochs_have_windows_of_their_own() {
    let mut lines: Vec<(i64, String)> = (0..40).map(|i| (100_000 + i, "kind=x".to_owned())).collect();
    lines.push((100_050, F.to_owned()));
    lines.extend((0..40).map(|i| (1_000 + i, "kind=x".to_owned())));
    lines.extend((0..3).map(|i| (1_050 + i, F.to_owned())));
    lines.extend((0..40).map(|i| (500 - 10_000 + i, "kind=x".to_owned())));
    let mut b = Bench::new(&guessing(3, "10m"));
    b.feed(0, &lines);
    // The epoch ended with the next one, and with it what was open.
    assert!(b.updates.iter().any(|u| u.closed));
    assert_eq!(brief(&b.end()), [(1_050, 3, 3)]);
}

#[test]
fn sources_share_the_windows_of_their_first_epoch() {
    let mut b = Bench::new(&guessing(3, "10m"));
    b.feed(0, &[(0, F.to_owned())]);
    b.feed(1, &[(1, F.to_owned())]);
    b.feed(2, &[(2, F.to_owned())]);
    assert_eq!(brief(&b.end()), [(0, 3, 3)]);
}

#[test]
fn equal_times_keep_the_order_of_the_records() {
    let got = alerts(&guessing(3, "10s"), &[(0, F), (0, F), (0, F), (0, F)]);
    assert_eq!(got[0].evidence.iter().map(|e| e.line).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

/// Rules of many kinds over the same small world.
fn zoo() -> Vec<String> {
    vec![
        base("fail"),
        base("ok"),
        base("get"),
        correlation(1, "type: event_count\nrules: [fail]\ngroup-by: [src_ip]\ntimespan: 1m\ncondition: {gte: 3}"),
        correlation(
            2,
            "type: value_count\nrules: [fail]\ngroup-by: [user]\ntimespan: 2m\ncondition: {field: src_ip, gte: 3}",
        ),
        correlation(3, "type: temporal_ordered\nrules: [c1, ok]\ngroup-by: [src_ip]\ntimespan: 5m"),
        correlation(4, "type: temporal\nrules: [get, ok]\ngroup-by: [src_ip, user]\ntimespan: 30s"),
        correlation(
            5,
            "type: value_sum\nrules: [get]\ngroup-by: [src_ip]\ntimespan: 1m\ncondition: {field: bytes, gt: 500}",
        ),
        base("plain"),
    ]
}

fn lines() -> impl Strategy<Value = Vec<(i64, String)>> {
    let kind = prop::sample::select(vec!["fail", "fail", "ok", "get", "plain", "nothing"]);
    let line = (-40i64..120, kind, 0u8..4, 0u8..3, 0u16..400);
    prop::collection::vec(line, 1..200).prop_map(|steps| {
        let mut t = 10_000;
        steps
            .into_iter()
            .map(|(dt, kind, ip, user, bytes)| {
                t += dt;
                (t, format!("kind={kind} src_ip=1.1.1.{ip} user=u{user} bytes={bytes}"))
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn batching_and_advances_change_nothing(lines in lines(), cut in 1usize..40, advance in any::<bool>()) {
        let mut whole = Bench::new(&zoo());
        whole.feed(0, &lines);
        // Byte offsets and line numbers belong to the batch in these tests: compare without them.
        let plain = |b: Bench| b.end().into_iter().map(|mut a| {
            a.evidence.iter_mut().for_each(|e| { e.offset = 0; e.line = 0; });
            a
        }).collect::<Vec<_>>();
        let mut parts = Bench::new(&zoo());
        let mut order = i64::MIN;
        for chunk in lines.chunks(cut) {
            parts.feed(0, chunk);
            order = chunk.iter().map(|l| l.0).fold(order, i64::max);
            if advance {
                parts.state.advance(Ts::from_secs(order));
            }
        }
        prop_assert_eq!(plain(whole), plain(parts));
    }

    #[test]
    fn tiny_tables_never_lose_count_of_open_alerts(lines in lines()) {
        let options = super::StateOptions { max_groups_per_shard: 1, max_entries_per_shard: 4, max_connections: 2, max_entities: 2, ..super::StateOptions::default() };
        let mut b = Bench::with(&zoo(), options);
        b.feed(0, &lines);
        let opened = b.updates.iter().filter(|u| !u.closed).count();
        prop_assert_eq!(b.end().len(), opened);
    }
}

#[test]
fn an_alert_begins_with_its_earliest_evidence() {
    let lines = [50, 0, 30, 10, 40].map(|t| (t, F));
    let hit = alerts(&guessing(5, "10m"), &lines);
    assert_eq!(hit.len(), 1);
    assert_eq!((hit[0].timestamp.0, hit[0].last.0), (0, 50 * crate::event::time::SECOND));
    assert!(hit[0].message.contains("within 50 s"), "{}", hit[0].message);
}

#[test]
fn an_alert_over_others_lists_their_addresses_from_the_first() {
    let rules = [
        base("fail"),
        correlation(1, "type: event_count\nrules: [fail]\ngroup-by: [user]\ntimespan: 10m\ncondition: {gte: 5}"),
        correlation(
            2,
            "type: value_count\nrules: [fail]\ngroup-by: [user]\ntimespan: 10m\ncondition: {field: src_ip, gte: 3}",
        ),
        correlation(3, "type: temporal\nrules: [c1, c2]\ngroup-by: [user]\ntimespan: 10m\ngenerate: true"),
    ];
    let lines: Vec<(i64, String)> = (1..=6).map(|n| (n, format!("kind=fail user=ada src_ip=10.0.0.{n}"))).collect();
    let lines: Vec<(i64, &str)> = lines.iter().map(|(t, l)| (*t, l.as_str())).collect();
    let hit = alerts(&rules, &lines);
    let both = hit.iter().find(|a| &*a.rule == "Correlation 3").unwrap();
    assert_eq!(both.src_ip.as_deref(), Some("10.0.0.1"));
    assert_eq!(both.src_ips.len(), 6);
}
