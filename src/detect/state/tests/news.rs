//! Values that a group never had before.

use super::{alerts, base, brief, correlation};

fn rules(more: &str) -> Vec<String> {
    let body =
        format!("type: new_value\nrules: [ok]\ngroup-by: [user]\ntimespan: 10d\ncondition: {{field: src_ip}}\n{more}");
    vec![base("ok"), correlation(1, &body)]
}

const DAY: i64 = 86_400;

#[test]
fn silent_until_learned() {
    let line = |ip: &str| format!("kind=ok user=a src_ip={ip}");
    let trace = |times: &[(i64, &str)]| -> Vec<(i64, String)> { times.iter().map(|(t, ip)| (*t, line(ip))).collect() };
    let run = |more: &str, times: &[(i64, &str)]| {
        let lines = trace(times);
        let lines: Vec<(i64, &str)> = lines.iter().map(|(t, l)| (*t, l.as_str())).collect();
        brief(&alerts(&rules(more), &lines))
    };
    let learn = "learning: 1d\nminimum: 3";
    let known = [(0, "1.1.1.1"), (10, "2.2.2.2"), (20, "1.1.1.1")];
    let with = |last: &[(i64, &'static str)]| [&known[..], last].concat();
    assert_eq!(run(learn, &with(&[(30, "3.3.3.3")])), [], "the period is not over");
    assert_eq!(run(learn, &with(&[(DAY, "3.3.3.3")])), [(DAY, 1, 1)]);
    assert_eq!(run(learn, &with(&[(DAY, "2.2.2.2")])), [], "had it before");
    assert_eq!(run("learning: 1d\nminimum: 4", &with(&[(DAY, "3.3.3.3")])), [], "too few matches");
    assert_eq!(run(learn, &with(&[(DAY, "3.3.3.3"), (DAY + 60, "3.3.3.3")])), [(DAY, 1, 1)], "new once");
    assert_eq!(run(learn, &with(&[(DAY, "3.3.3.3"), (DAY + 60, "4.4.4.4")])), [(DAY, 2, 2)], "one episode");
    assert_eq!(run(learn, &with(&[(DAY, "3.3.3.3"), (2 * DAY, "4.4.4.4")])).len(), 2);
    assert_eq!(run(learn, &with(&[(12 * DAY, "2.2.2.2")])), [(12 * DAY, 1, 1)], "forgotten after the timespan");
    assert_eq!(run("learning: 0\nminimum: 0", &[(5, "1.1.1.1")]), [(5, 1, 1)]);
}

#[test]
fn groups_learn_apart() {
    let learn = "learning: 1s\nminimum: 1";
    let lines = [
        (0, "kind=ok user=a src_ip=1.1.1.1"),
        (5, "kind=ok user=b src_ip=2.2.2.2"),
        (9, "kind=ok user=a src_ip=2.2.2.2"),
    ];
    assert_eq!(brief(&alerts(&rules(learn), &lines)), [(9, 1, 1)]);
}

#[test]
fn what_is_known_is_bounded() {
    let lines: Vec<(i64, String)> =
        (0..2_000).map(|i| (i, format!("kind=ok user=a src_ip=10.0.{}.{}", i / 250, i % 250))).collect();
    let mut b = super::Bench::new(&rules("learning: 9d"));
    for (t, l) in &lines {
        b.line(*t, l);
    }
    assert_eq!(b.state.counters().windows, 256);
    assert_eq!(b.state.counters().evicted, 2_000 - 256);
    assert!(b.end().is_empty());
}

#[test]
fn what_is_familiar_does_not_count() {
    let body = "type: value_count\nrules: [ok]\ngroup-by: [user]\ntimespan: 10m\ncondition: {field: host, gte: 3}";
    let rules = [base("ok"), format!("{}secstream: {{familiar: 1h}}\n", correlation(1, body))];
    let run = |start: i64, hosts: std::ops::Range<i64>| -> Vec<(i64, String)> {
        hosts.map(|h| (start + h, format!("kind=ok user=a host=h{h}"))).collect()
    };
    let firsts = |runs: &[Vec<(i64, String)>]| -> Vec<(i64, u64, u64)> {
        let lines: Vec<(i64, &str)> = runs.iter().flatten().map(|(t, l)| (*t, l.as_str())).collect();
        brief(&alerts(&rules, &lines))
    };
    let daily: Vec<_> = (0..5).map(|d| run(d * DAY, 0..6)).collect();
    assert_eq!(firsts(&daily).len(), 1, "the first run alone");
    let grown = [daily.clone(), vec![run(5 * DAY, 0..8)]].concat();
    assert_eq!(firsts(&grown).len(), 1, "two machines more");
    let strange = [daily.clone(), vec![run(5 * DAY, 10..14)]].concat();
    assert_eq!(firsts(&strange).len(), 2, "four machines that it never went to");
    let soon: Vec<_> = (0..3).map(|d| run(d * 900, 0..6)).collect();
    assert_eq!(firsts(&soon).len(), 3, "within the hour nothing is familiar");
}

#[test]
fn only_what_counts_values_can_find_them_familiar() {
    let body = "type: event_count\nrules: [ok]\ngroup-by: [user]\ntimespan: 10m\ncondition: {gte: 3}";
    let text = format!("{}---\n{}secstream: {{familiar: 1h}}\n", base("ok"), correlation(1, body));
    let set = crate::detect::RuleSet::load(&[crate::detect::RuleFile::new("t.yml", text)]);
    let reasons: Vec<&str> = set.rules().iter().filter_map(|r| r.reason.as_deref()).collect();
    assert!(matches!(reasons.as_slice(), [one] if one.contains("only value_count knows values")), "{reasons:?}");
}
