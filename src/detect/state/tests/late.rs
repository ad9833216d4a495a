//! Several followed sources, one of which comes late.

use super::{Bench, StateOptions, base, brief, correlation, guessing};
use crate::alert::Alert;
use crate::event::time::DAY;

const F: &str = "kind=fail src_ip=1.1.1.1";
const MIN: i64 = 60;

fn bench(rules: &[String]) -> Bench {
    Bench::with(rules, StateOptions { lateness: DAY, ..StateOptions::default() })
}

fn lines(from: i64, n: i64, step: i64, text: &str) -> Vec<(i64, String)> {
    (0..n).map(|i| (from + i * step, text.to_owned())).collect()
}

fn quiet(b: &mut Bench, from: i64, to: i64) {
    b.feed(0, &lines(from, (to - from) / 30, 30, "kind=x"));
}

/// Those that stand by themselves.
fn heads(alerts: Vec<Alert>) -> Vec<Alert> {
    alerts.into_iter().filter(|a| a.covered_by.is_none()).collect()
}

#[test]
fn an_attack_in_a_log_that_lags_is_one_alert() {
    for lag in [15 * MIN, 3 * 60 * MIN, 20 * 60 * MIN] {
        let mut b = bench(&guessing(5, "10m"));
        quiet(&mut b, 0, lag);
        b.feed(1, &lines(10, 60, 5, F));
        assert_eq!(brief(&b.end()), [(10, 60, 60)], "{lag}");
    }
}

#[test]
fn what_comes_slowly_behind_is_one_alert() {
    let mut b = bench(&guessing(5, "10m"));
    for t in 0..60 {
        quiet(&mut b, 3_600 + t * 30, 3_630 + t * 30);
        b.feed(1, &lines(t * 30, 2, 15, F));
    }
    assert_eq!(brief(&b.end()), [(0, 120, 120)]);
}

#[test]
fn it_joins_what_the_others_told_of_the_same_attack() {
    let mut b = bench(&guessing(5, "10m"));
    b.feed(0, &lines(1_000, 20, 5, F));
    quiet(&mut b, 1_100, 10_000);
    assert!(b.updates.iter().any(|u| u.closed), "it was over");
    b.feed(1, &lines(1_050, 20, 5, F));
    quiet(&mut b, 10_000, 20_000);
    let reopened = b.updates.iter().filter(|u| u.reopened.is_some()).count();
    assert_eq!(reopened, 1);
    let end = b.end();
    assert_eq!(brief(&end), [(1_000, 40, 40)]);
    assert_eq!(end[0].evidence.iter().filter(|e| e.source.0 == 1).count(), 20);
}

#[test]
fn single_failures_here_and_there_make_the_alert_that_they_are() {
    let mut b = bench(&guessing(5, "10m"));
    b.feed(0, &lines(1_000, 3, 60, F));
    quiet(&mut b, 1_200, 9_000);
    b.feed(1, &lines(1_030, 2, 60, F));
    quiet(&mut b, 9_000, 9_900);
    assert_eq!(brief(&b.end()), [(1_000, 5, 5)]);
}

#[test]
fn an_earlier_begin_takes_over_what_was_told() {
    let mut b = bench(&guessing(5, "10m"));
    b.feed(0, &lines(3_000, 20, 5, F));
    quiet(&mut b, 3_100, 9_000);
    b.feed(1, &lines(1_000, 500, 5, F));
    let end = b.end();
    assert_eq!(end.len(), 2, "what was told is not taken back");
    let head = heads(end);
    assert_eq!(brief(&head), [(1_000, 520, 520)]);
    assert_eq!(head[0].covers.len(), 1);
}

#[test]
fn what_lies_between_two_alerts_makes_them_one() {
    let mut b = bench(&guessing(5, "10m"));
    b.feed(0, &lines(1_000, 20, 5, F));
    quiet(&mut b, 1_100, 3_000);
    b.feed(0, &lines(3_000, 20, 5, F));
    quiet(&mut b, 3_100, 9_000);
    b.feed(1, &lines(1_100, 380, 5, F));
    let head = heads(b.end());
    assert_eq!(brief(&head), [(1_000, 420, 420)]);
}

#[test]
fn another_attack_of_the_same_source_stays_another() {
    let mut b = bench(&guessing(5, "10m"));
    b.feed(0, &lines(20_000, 20, 5, F));
    b.feed(1, &lines(1_000, 20, 5, F));
    b.feed(0, &lines(20_100, 20, 5, F));
    b.feed(1, &lines(1_100, 20, 5, F));
    b.feed(0, &lines(20_200, 20, 5, F));
    assert_eq!(brief(&b.end()), [(1_000, 40, 40), (20_000, 60, 60)]);
}

#[test]
fn what_comes_days_behind_is_counted_by_itself() {
    let mut b = bench(&guessing(5, "10m"));
    b.feed(0, &lines(1_000_000, 20, 5, F));
    b.feed(1, &lines(1_000, 30, 60, F));
    b.feed(0, &lines(1_000_100, 20, 5, F));
    // It goes on as one, however often it has nothing for a while.
    b.state.rested(crate::event::SourceId(1));
    b.feed(1, &lines(3_000, 30, 60, F));
    assert!(b.state.is_apart(crate::event::SourceId(1)));
    b.feed(1, &lines(1_000_150, 40, 1, "kind=x"));
    b.state.rested(crate::event::SourceId(1));
    b.feed(1, &lines(1_000_200, 20, 5, F));
    assert!(!b.state.is_apart(crate::event::SourceId(1)));
    assert_eq!(brief(&b.end()), [(1_000, 60, 60), (1_000_000, 60, 60)]);
}

#[test]
fn notices_and_verdicts_of_a_late_log_are_still_one_act() {
    let mut b = bench(&guessing(5, "10m"));
    let mut late = Vec::new();
    for i in 0..20 {
        for act in ["n", "m", "v"] {
            late.push((1_000 + i * 10, format!("{F} host=b process=sshd pid={i} act={act}")));
        }
    }
    for part in late.chunks(7) {
        quiet(&mut b, 50_000 + part[0].0 * 10, 50_000 + part[0].0 * 10 + 60);
        b.feed(1, part);
    }
    assert_eq!(brief(&b.end()), [(1_000, 20, 60)]);
}

/// All orders of arrival come to what reading in order comes to.
#[test]
fn counts_are_those_of_a_reading_afterwards() {
    let mut all = Vec::new();
    for a in 0..6i64 {
        for i in 0..12 {
            all.push((a * 5_000 + i * 20, (i % 2) as u32, format!("kind=fail src_ip=1.1.1.{}", a % 2)));
        }
    }
    let whole = |lag: i64| {
        let mut b = bench(&guessing(5, "10m"));
        let mut feed: Vec<_> = all.iter().map(|(t, s, l)| (t + if *s == 1 { lag } else { 0 }, *s, *t, l)).collect();
        feed.sort();
        feed.into_iter().for_each(|(_, s, t, l)| b.feed(s, &[(t, l.clone())]));
        heads(b.end())
            .iter()
            .map(|a| (a.src_ip.clone(), a.timestamp.secs(), a.count, a.matched_total))
            .collect::<Vec<_>>()
    };
    let wanted = whole(0);
    assert_eq!(wanted.len(), 6);
    for lag in [100, 901, 3_000, 5_000, 20_000, 80_000] {
        assert_eq!(whole(lag), wanted, "{lag}");
    }
}

#[test]
fn memory_stays_bounded_and_what_is_forgotten_is_counted() {
    let options =
        StateOptions { lateness: DAY, max_groups_per_shard: 32, max_entries_per_shard: 64, ..StateOptions::default() };
    let mut b = Bench::with(&guessing(5, "10m"), options);
    for i in 0..5_000 {
        b.feed(0, &lines(i * 10, 1, 1, &format!("kind=fail src_ip=10.0.{}.{}", i / 250, i % 250)));
    }
    assert!(b.state.counters().groups <= 64 * 16);
    assert_eq!(b.state.counters().evicted, 0, "what is kept for late ones only is no loss");
    b.feed(1, &lines(20_000, 5, 1, F));
    assert!(b.state.counters().forgotten > 0);
    assert_eq!(brief(&b.end()), [(20_000, 5, 5)]);
}

#[test]
fn steps_of_a_sequence_may_come_in_two_logs() {
    let rules = [
        base("fail"),
        base("ok"),
        correlation(1, "type: event_count\nrules: [fail]\ngroup-by: [src_ip]\ntimespan: 10m\ncondition: {gte: 3}"),
        correlation(2, "type: temporal_ordered\nrules: [c1, ok]\ngroup-by: [src_ip]\ntimespan: 10m"),
    ];
    let mut b = bench(&rules);
    b.feed(0, &[(1_030, "kind=ok src_ip=1.1.1.1".to_owned())]);
    quiet(&mut b, 2_000, 9_000);
    b.feed(1, &lines(1_000, 5, 5, F));
    let end = b.end();
    assert!(end.iter().any(|a| &*a.rule == "Correlation 2"), "{end:#?}");
}
