//! Every type of correlation on small traces, with the edges of its window.

use crate::event::Severity;

use super::{Bench, alerts, base, brief, correlation, guessing};

const F: &str = "kind=fail src_ip=1.1.1.1";

#[test]
fn event_count_window_includes_both_ends() {
    let hit = alerts(&guessing(3, "10s"), &[(0, F), (5, F), (10, F)]);
    assert_eq!(brief(&hit), [(0, 3, 3)]);
    assert!(alerts(&guessing(3, "10s"), &[(0, F), (5, F), (11, F)]).is_empty());
    let slides = alerts(&guessing(3, "10s"), &[(0, F), (5, F), (11, F), (15, F)]);
    assert_eq!(brief(&slides), [(5, 3, 3)]);
}

#[test]
fn groups_are_apart_and_missing_keys_are_counted() {
    let g = guessing(2, "1m");
    assert!(alerts(&g, &[(0, F), (1, "kind=fail src_ip=2.2.2.2")]).is_empty());
    let mut b = Bench::new(&g);
    b.line(0, "kind=fail user=x");
    b.line(0, "kind=fail user=x");
    assert_eq!(b.state.counters().ungrouped, 2);
    assert!(b.end().is_empty());
}

#[test]
fn value_count_counts_distinct_values() {
    let rules = [
        base("fail"),
        correlation(
            1,
            "type: value_count\nrules: [fail]\ngroup-by: [src_ip]\ntimespan: 1m\ncondition: {field: user, gte: 3}",
        ),
    ];
    let u = |n: &str| format!("{F} user={n}");
    let lines: Vec<(i64, String)> =
        [(0, "a"), (1, "a"), (2, "b"), (3, "a"), (70, "c"), (71, "d"), (72, "e"), (73, "f")]
            .map(|(t, n)| (t, u(n)))
            .to_vec();
    let mut b = Bench::new(&rules);
    b.feed(0, &lines);
    let got = b.end();
    assert_eq!(brief(&got), [(70, 4, 4)]);
    assert!(got[0].message.contains("failed attempts at 4 accounts"), "{}", got[0].message);
}

#[test]
fn each_element_of_an_array_counts() {
    let count = |fields: &str, n: usize, lines: &[(i64, &str)]| {
        let body = format!(
            "type: value_count\nrules: [fail]\ngroup-by: [src_ip]\ntimespan: 1m\ncondition: {{field: {fields}, gte: {n}}}"
        );
        alerts(&[base("fail"), correlation(1, &body)], lines)
    };
    let two =
        [(0, "kind=fail src_ip=1.1.1.1 Name=a Name=b Name=A Port=1"), (5, "kind=fail src_ip=1.1.1.1 Name=c Port=2")];
    let got = count("Name", 3, &two);
    assert_eq!(brief(&got), [(0, 2, 2)], "an event counts once");
    assert!(got[0].message.contains("3 distinct values of Name"), "{}", got[0].message);
    assert!(count("Name", 4, &two).is_empty());
    let one = [(0, "kind=fail src_ip=1.1.1.1 Name=a Name=b Name=c Port=1 Port=2")];
    assert_eq!(brief(&count("Name", 2, &one)), [(0, 1, 1)], "one event may be enough");
    assert_eq!(count("[Name, Port]", 6, &one).len(), 1);
    assert!(count("[Name, Port]", 7, &one).is_empty());
    let many: String = (0..500).map(|i| format!(" Name=n{i}")).collect();
    let line = format!("kind=fail src_ip=1.1.1.1{many}");
    assert_eq!((count("Name", 64, &[(0, &line)]).len(), count("Name", 65, &[(0, &line)]).len()), (1, 0));
}

#[test]
fn a_flood_of_one_value_does_not_push_out_the_others() {
    let rules = [
        base("fail"),
        correlation(
            1,
            "type: value_count\nrules: [fail]\ngroup-by: [src_ip]\ntimespan: 1h\ncondition: {field: user, gte: 3}",
        ),
    ];
    let mut lines = vec![(0, format!("{F} user=a")), (0, format!("{F} user=b"))];
    lines.extend((0..4_000).map(|i| (i / 10, format!("{F} user=b"))));
    lines.push((500, format!("{F} user=c")));
    let mut b = Bench::new(&rules);
    b.feed(0, &lines);
    assert_eq!(b.state.counters().evicted, 0, "newer ones stand for those that went");
    let got = b.end();
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].timestamp.secs(), 0);
}

#[test]
fn what_a_cap_takes_is_counted_where_it_may_be_missed() {
    let ordered = |n: u32, steps: &str| {
        correlation(n, &format!("type: temporal_ordered\nrules: [{steps}]\ngroup-by: [src_ip]\ntimespan: 1h"))
    };
    let rules = [base("fail"), base("ok"), base("root"), ordered(1, "fail, ok"), ordered(2, "fail, ok, root")];
    let lines: Vec<_> = (0..1_000).map(|i| (i, format!("{F} user=a"))).collect();
    let mut b = Bench::new(&rules);
    b.feed(0, &lines);
    let lost = b.state.evicted_by();
    assert_eq!(b.state.counters().evicted, 1_000 - 256);
    assert_eq!(lost.iter().map(|l| l.entries).collect::<Vec<_>>(), [1_000 - 256], "the last of two steps needs one");
    assert_eq!(&*lost[0].rule_id, "11111111-0000-4000-8000-000000000002");
}

#[test]
fn temporal_needs_all_in_any_order() {
    let rules = [
        base("fail"),
        base("ok"),
        correlation(1, "type: temporal\nrules: [fail, ok]\ngroup-by: [src_ip]\ntimespan: 10s"),
    ];
    let ok = "kind=ok src_ip=1.1.1.1";
    assert_eq!(brief(&alerts(&rules, &[(0, ok), (10, F)])), [(0, 2, 2)]);
    assert!(alerts(&rules, &[(0, ok), (11, F)]).is_empty());
    assert!(alerts(&rules, &[(0, F), (1, F), (2, "kind=ok src_ip=2.2.2.2")]).is_empty());
}

#[test]
fn temporal_ordered_needs_the_order() {
    let rules = [
        base("fail"),
        base("ok"),
        base("sudo"),
        correlation(1, "type: temporal_ordered\nrules: [fail, ok, sudo]\ngroup-by: [src_ip]\ntimespan: 10s"),
    ];
    let (ok, sudo) = ("kind=ok src_ip=1.1.1.1", "kind=sudo src_ip=1.1.1.1");
    assert_eq!(brief(&alerts(&rules, &[(0, F), (0, ok), (0, sudo)])), [(0, 3, 3)]);
    assert!(alerts(&rules, &[(0, ok), (1, F), (2, sudo)]).is_empty());
    // The early `ok` does not count, the later one does.
    assert_eq!(brief(&alerts(&rules, &[(0, ok), (1, F), (2, ok), (3, sudo)])), [(0, 4, 4)]);
    assert!(alerts(&rules, &[(0, F), (5, ok), (11, sudo)]).is_empty());
}

#[test]
fn who_got_in_is_who_the_alert_is_about() {
    let rules = [
        base("fail"),
        base("ok"),
        correlation(1, "type: temporal_ordered\nrules: [fail, ok]\ngroup-by: [src_ip]\ntimespan: 1h"),
    ];
    let mut lines: Vec<_> =
        ["alice", "bob", "carl"].iter().zip(0..).map(|(u, i)| (i, format!("{F} user={u}"))).collect();
    lines.push((5, "kind=ok src_ip=1.1.1.1 user=zoe".to_owned()));
    let got = alerts(&rules, &lines.iter().map(|(t, l)| (*t, l.as_str())).collect::<Vec<_>>());
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].user.as_deref(), Some("zoe"));
    assert!(got[0].message.contains("account zoe of 4 accounts"), "{}", got[0].message);
}

#[test]
fn extended_conditions_read_what_was_seen() {
    let rules = [
        base("fail"),
        base("ok"),
        base("known"),
        correlation(
            1,
            "type: temporal\nrules: [fail, ok, known]\ngroup-by: [src_ip]\ntimespan: 10s\ncondition: fail and ok and not known",
        ),
    ];
    let (ok, known) = ("kind=ok src_ip=1.1.1.1", "kind=known src_ip=1.1.1.1");
    assert_eq!(alerts(&rules, &[(0, F), (1, ok)]).len(), 1);
    assert!(alerts(&rules, &[(0, known), (1, F), (2, ok)]).is_empty());
    assert_eq!(alerts(&rules, &[(0, known), (11, F), (12, ok)]).len(), 1);
}

fn values(kind: &str, condition: &str, bytes: &[(i64, &str)]) -> Vec<super::Alert> {
    let rules = [
        base("get"),
        correlation(
            1,
            &format!("type: {kind}\nrules: [get]\ngroup-by: [src_ip]\ntimespan: 1m\ncondition: {{{condition}}}"),
        ),
    ];
    let lines: Vec<(i64, String)> =
        bytes.iter().map(|(t, b)| (*t, format!("kind=get src_ip=1.1.1.1 bytes={b}"))).collect();
    let mut b = Bench::new(&rules);
    b.feed(0, &lines);
    b.end()
}

#[test]
fn sums_means_and_percentiles() {
    assert_eq!(
        brief(&values("value_sum", "field: bytes, gt: 100", &[(0, "60"), (1, "x"), (50, "40"), (61, "61")])),
        [(50, 2, 2)]
    );
    assert!(values("value_sum", "field: bytes, gt: 100", &[(0, "60"), (61, "60")]).is_empty());
    assert_eq!(
        values("value_avg", "field: bytes, gte: 50", &[(0, "10"), (1, "30"), (2, "200")])[0].timestamp.secs(),
        0
    );
    assert_eq!(values("value_median", "field: bytes, gte: 50", &[(0, "1"), (1, "2"), (2, "90"), (3, "99")]).len(), 0);
    assert_eq!(values("value_median", "field: bytes, gte: 46", &[(0, "1"), (1, "2"), (2, "90"), (3, "99")]).len(), 1);
}

#[test]
fn ranges_hold_on_both_sides() {
    assert_eq!(values("value_sum", "field: bytes, gte: 10, lt: 20", &[(0, "30")]).len(), 0);
    assert_eq!(values("value_sum", "field: bytes, gte: 10, lt: 20", &[(0, "5"), (1, "6")]).len(), 1);
}

#[test]
fn aliases_join_fields_of_different_names() {
    let rules = [
        base("fail"),
        base("conn"),
        correlation(
            1,
            "type: temporal\nrules: [fail, conn]\ngroup-by: [peer]\ntimespan: 10s\n\
             aliases:\n  peer:\n    fail: src_ip\n    conn: dest_ip",
        ),
    ];
    assert_eq!(alerts(&rules, &[(0, F), (1, "kind=conn src_ip=9.9.9.9 dest_ip=1.1.1.1")]).len(), 1);
    assert!(alerts(&rules, &[(0, F), (1, "kind=conn src_ip=1.1.1.1 dest_ip=9.9.9.9")]).is_empty());
}

#[test]
fn an_event_of_two_bases_counts_once() {
    let rules = [
        base("fail"),
        "title: also\nname: also\nid: 00000000-0000-4000-8000-999999999999\nlogsource: {product: linux}\n\
         detection: {a: {src_ip: 1.1.1.1}, condition: a}\nlevel: low\n"
            .to_owned(),
        correlation(1, "type: event_count\nrules: [fail, also]\ngroup-by: [src_ip]\ntimespan: 1m\ncondition: {gte: 4}"),
    ];
    assert!(alerts(&rules, &[(0, F), (1, F), (2, F)]).is_empty());
    assert_eq!(brief(&alerts(&rules, &[(0, F), (1, F), (2, F), (3, F)])), [(0, 4, 4)]);
}

#[test]
fn a_rate_above_the_usual() {
    let mut rules = guessing(5, "10s");
    rules[1].push_str("secstream: {baseline: 4}\n");
    // A source that slowly comes to send eight in ten seconds is quiet about it.
    let mut lines = Vec::new();
    for n in 1..=8 {
        lines.extend((0..30 * n).map(|i| (n * 300 + i * 10 / n, F.to_owned())));
    }
    let mut b = Bench::new(&rules);
    b.feed(0, &lines);
    assert_eq!(b.updates.len(), 0);
    b.feed(0, &(0..40).map(|i| (2_700 + i / 4, F.to_owned())).collect::<Vec<_>>());
    assert_eq!(b.updates.len(), 1);
}

#[test]
fn a_burst_that_does_not_end_is_the_usual_pace() {
    let mut rules = guessing(5, "10s");
    rules[1].push_str("secstream: {baseline: 10}\n");
    let run = |every: i64, seconds: i64| {
        let lines = (0..seconds / every).map(|i| (i * every, F)).collect::<Vec<_>>();
        alerts(&rules, &lines)
    };
    // Once a second from the beginning: after five minutes that is how it works; for a day, one alert.
    let steady = run(1, 86_400);
    assert_eq!(steady.len(), 1, "{steady:#?}");
    assert_eq!((steady[0].severity, steady[0].score_parts[1].0.as_str()), (Severity::Low, "volume"));
    assert!(steady[0].score_parts.iter().any(|(name, points)| name == "usual" && *points < 0.0));
    assert!(steady[0].route.reason.contains("usual"));
    // What is usual excuses no flood under the same alert: fifty in ten seconds at last.
    let mut lines = (0..400).map(|i| (i, F)).collect::<Vec<_>>();
    lines.extend((0..80).map(|i| (400 + i / 5, F)));
    let flooded = alerts(&rules, &lines);
    assert_eq!(flooded.iter().map(|a| a.severity).collect::<Vec<_>>(), [Severity::High]);
    // A short flood counts wherever its timespan begins, also where it lies across two of those of before.
    for phase in 0..10 {
        let mut flood: Vec<_> = (0..400).map(|i| (i, F)).chain((0..40).map(|i| (380 + phase + i / 5, F))).collect();
        flood.sort_by_key(|l| l.0);
        assert_eq!(alerts(&rules, &flood).iter().map(|a| a.severity).collect::<Vec<_>>(), [Severity::High], "{phase}");
    }
    // A burst stays one.
    assert_eq!(run(1, 200).iter().map(|a| a.severity).collect::<Vec<_>>(), [Severity::High]);
}
