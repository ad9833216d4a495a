//! Rules that raise more alerts than anybody reads.

use super::super::crowd::Most;
use super::*;
use crate::event::time::DAY;

const FEW: Most = Most { hourly: 3, of_rule: 8, of_all: 12, at_least: 2 };

fn with(texts: &[String], most: Most, options: StateOptions) -> Bench {
    let mut b = Bench::with(texts, options);
    b.state.core.crowds.most = most;
    b
}

/// A plain rule that alerts.
fn plain(kind: &str) -> String {
    base(kind).replace("level: low", "level: medium")
}

fn lines(n: i64, from: i64) -> Vec<(i64, String)> {
    (0..n).map(|i| (from + i, format!("kind=probe src_ip=10.0.{}.{}", i / 250, i % 250))).collect()
}

#[test]
fn beyond_some_one_alert_stands_for_all() {
    let mut b = with(&[plain("probe")], FEW, StateOptions::default());
    b.feed(0, &lines(400, 0));
    let gathered = b.state.gathered();
    assert_eq!(gathered.iter().map(|g| (&*g.rule, g.alerts)).collect::<Vec<_>>(), [("probe", 397)]);
    let all = b.end();
    assert_eq!(all.len(), 4, "three of their own, and one for all others");
    assert_eq!(all.iter().map(|a| a.matched_total).sum::<u64>(), 400, "every record is accounted for");
    assert_eq!(all.iter().map(|a| a.count).sum::<u64>(), 400);
    let crowd = all.iter().find(|a| a.gathered > 0).expect("one stands for many");
    assert_eq!((crowd.gathered, crowd.src_ips.len(), crowd.cut.ips), (397, 100, true));
    assert_eq!((crowd.timestamp, crowd.last), (Ts(3 * SECOND), Ts(399 * SECOND)));
    assert!(crowd.dedup_key.ends_with('|'), "{}", crowd.dedup_key);
    assert!(
        crowd.message.starts_with("probe: 397 matches from at least 100 addresses (10.0.0.3, 10.0.0.4, ")
            && crowd.message.ends_with("; so many that 397 alerts of this rule are told in one"),
        "{}",
        crowd.message
    );
    assert_eq!(crowd.to_json(&[])["gathered"], 397);
    assert!(all.iter().filter(|a| a.gathered == 0).all(|a| a.to_json(&[]).get("gathered").is_none()));
}

/// Who comes again joins the crowd, and it ends when the rule is quiet: then others have alerts
/// of their own again, until there are as many as a rule may have.
#[test]
fn a_crowd_ends_when_its_rule_is_quiet() {
    let mut b = with(&[plain("probe")], FEW, StateOptions::default());
    for hour in 0..10 {
        b.feed(0, &lines(20, hour * 3_500));
    }
    let all = b.end();
    let own = all.iter().filter(|a| a.gathered == 0).count();
    let crowds: Vec<u64> = all.iter().filter(|a| a.gathered > 0).map(|a| a.gathered).collect();
    assert_eq!(own, 8, "no more than a rule may have in all");
    assert_eq!(crowds, [17, 20, 17, 18, 20, 20, 20, 20, 20, 20]);
    assert_eq!(all.iter().map(|a| a.count).sum::<u64>(), 200);
}

/// What one rule raises takes the first alerts of another one from nobody.
#[test]
fn every_rule_has_some() {
    let texts: Vec<String> = (0..8).map(|n| plain(&format!("probe{n}"))).collect();
    let mut b = with(&texts, Most { hourly: 50, of_rule: 50, ..FEW }, StateOptions::default());
    for n in 0..8 {
        let of = lines(40, n * 100);
        b.feed(0, &of.into_iter().map(|(t, l)| (t, l.replace("probe", &format!("probe{n}")))).collect::<Vec<_>>());
    }
    let all = b.end();
    for n in 0..8 {
        let of: Vec<&Alert> = all.iter().filter(|a| *a.rule == *format!("probe{n}")).collect();
        assert_eq!(of.iter().filter(|a| a.gathered == 0).count(), if n == 0 { 12 } else { 2 });
        assert_eq!(of.iter().map(|a| a.count).sum::<u64>(), 40);
    }
}

/// Rules above see what has no alert of its own, and theirs are bounded by themselves.
#[test]
fn correlations_above_see_what_was_gathered() {
    let count = "type: event_count\nrules: [fail]\ngroup-by: [src_ip]\ntimespan: 10m\ncondition: {gte: 3}";
    let above = "type: temporal_ordered\nrules: [c1, login]\ngroup-by: [src_ip]\ntimespan: 10m\ngenerate: true";
    let mut b = with(
        &[
            base("fail"),
            base("login").replace("level: low", "level: informational"),
            correlation(1, count),
            correlation(2, above),
        ],
        FEW,
        StateOptions::default(),
    );
    let mut all = Vec::new();
    for i in 0..20 {
        for k in 0..5 {
            all.push((i * 10 + k, format!("kind=fail user=root src_ip=10.0.0.{i}")));
        }
    }
    all.push((250, "kind=login user=root src_ip=10.0.0.17".to_owned()));
    b.feed(0, &all);
    let all = b.end();
    let guesses: Vec<&Alert> = all.iter().filter(|a| &*a.rule == "Correlation 1").collect();
    assert_eq!(guesses.len(), 4);
    assert_eq!(guesses.iter().map(|a| a.count).sum::<u64>(), 100);
    let crowd = guesses.iter().find(|a| a.gathered > 0).expect("one stands for many");
    assert_eq!((crowd.gathered, crowd.count, crowd.src_ips.len()), (17, 85, 17));
    assert!(
        crowd.message.starts_with("Correlation 1: 85 failed attempts, account root from 17 addresses"),
        "{}",
        crowd.message
    );
    let in_: Vec<&Alert> = all.iter().filter(|a| &*a.rule == "Correlation 2").collect();
    assert_eq!(in_.iter().map(|a| a.src_ip.as_deref()).collect::<Vec<_>>(), [Some("10.0.0.17")]);
}

/// How lines are cut into batches says nothing, and what comes late is gathered as well.
#[test]
fn it_depends_on_the_sequence_alone() {
    for lateness in [0, DAY] {
        let run = |step: usize| {
            let options = StateOptions { lateness, ..StateOptions::default() };
            let mut b = with(&[plain("probe")], FEW, options);
            for part in lines(300, 0).chunks(step) {
                b.feed(0, part);
            }
            let told = |a: &Alert| (a.id.clone(), a.message.clone(), a.revision, a.matched_total);
            b.end().iter().map(told).collect::<Vec<_>>()
        };
        let whole = run(300);
        assert_eq!(whole.iter().map(|a| a.3).sum::<u64>(), 300);
        assert!(whole == run(7) && whole == run(1));
    }
}

/// The more places alerts list, the fewer a further one does; all are counted.
#[test]
fn places_of_evidence_are_bounded_in_all() {
    let mut b = Bench::new(&[plain("probe")]);
    b.feed(0, &[(0, "kind=probe src_ip=10.0.0.1".to_owned())]);
    b.state.core.crowds.listed = 300_000;
    b.feed(0, &(0..300).map(|i| (i, format!("kind=probe src_ip=10.0.0.{}", 2 + i % 2))).collect::<Vec<_>>());
    b.state.core.crowds.listed = 600_000;
    b.feed(0, &(0..100).map(|i| (300 + i, "kind=probe src_ip=10.0.0.4".to_owned())).collect::<Vec<_>>());
    let told: Vec<(usize, u64)> = b.end().iter().map(|a| (a.evidence.len(), a.matched_total)).collect();
    let mut sorted = told.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [(1, 1), (10, 100), (100, 150), (100, 150)]);
}
