//! Which alert stands for which.

use super::{Bench, alerts, base, correlation, guessing};
use crate::alert::Alert;
use crate::event::Severity;

/// A base rule of a level that covers others.
fn over(kind: &str, level: &str, names: &str) -> String {
    base(kind).replace("level: low", &format!("level: {level}")) + &format!("secstream: {{suppresses: [{names}]}}\n")
}

/// Guessing (level high, three failures) and `kind=taken`, which covers it.
fn rules() -> Vec<String> {
    [guessing(3, "10m"), vec![over("taken", "critical", "c1")]].concat()
}

fn by<'a>(got: &'a [Alert], rule: &str) -> &'a Alert {
    got.iter().find(|a| &*a.rule == rule).expect("alert")
}

const F: &str = "kind=fail src_ip=1.1.1.1 user=root";
const T: &str = "kind=taken src_ip=1.1.1.1 user=root";

#[test]
fn a_covered_alert_is_low_and_says_why() {
    let got = alerts(&rules(), &[(0, F), (1, F), (2, F), (4, T)]);
    let (taken, c) = (by(&got, "taken"), by(&got, "Correlation 1"));
    assert_eq!((c.covered_by.as_ref(), c.severity), (Some(&taken.id), Severity::Low));
    assert_eq!((taken.covers.as_slice(), taken.severity), ([c.id.clone()].as_slice(), Severity::Critical));
    assert_eq!((taken.covered_by.as_ref(), taken.matched_total, c.matched_total), (None, 1, 3));
    let sum: f64 = c.score_parts.iter().map(|p| p.1).sum();
    assert!((sum - c.score).abs() < 1e-9 && c.score < 45.0, "{:?}", c.score_parts);
    assert_eq!(c.score_parts.last(), Some(&("covered".to_owned(), -48.0)));
    let reason = format!("; covered by the alert 'taken' ({})", taken.id);
    assert!(c.route.reason.ends_with(&reason), "{}", c.route.reason);
}

#[test]
fn it_makes_no_difference_which_came_first() {
    for lines in [[(0, T), (1, F), (2, F), (3, F)], [(0, F), (1, T), (2, F), (3, F)], [(0, F), (1, F), (2, F), (3, T)]]
    {
        let got = alerts(&rules(), &lines);
        let (taken, c) = (by(&got, "taken"), by(&got, "Correlation 1"));
        assert_eq!((c.severity, c.covered_by.as_ref()), (Severity::Low, Some(&taken.id)));
        assert_eq!(taken.covers, std::slice::from_ref(&c.id));
    }
}

#[test]
fn a_closed_alert_is_given_out_again_under_a_higher_revision() {
    let mut b = Bench::new(&rules());
    (0..3).for_each(|t| b.line(t, F));
    b.line(1_800, "kind=fail src_ip=9.9.9.9");
    let closed = b.updates.last().expect("closed").clone();
    assert!(closed.closed && closed.alert.covered_by.is_none());
    b.line(1_900, T);
    let again = b.updates.iter().find(|u| u.closed && u.alert.covered_by.is_some()).expect("again");
    assert_eq!((&again.alert.id, again.alert.revision), (&closed.alert.id, closed.alert.revision + 1));
    let late = alerts(&rules(), &[(0, F), (1, F), (2, F), (3_700, T)]);
    assert!(late.iter().all(|a| a.covered_by.is_none() && a.covers.is_empty()));
}

#[test]
fn other_addresses_are_other_attacks() {
    let got = alerts(&rules(), &[(0, F), (1, F), (2, F), (4, "kind=taken src_ip=2.2.2.2 user=root")]);
    assert!(got.iter().all(|a| a.covered_by.is_none() && a.covers.is_empty()));
}

#[test]
fn the_top_of_a_chain_stands_for_all() {
    let mut r = rules();
    r.push(over("scan", "high", "c1"));
    r[2] = r[2].replace("[c1]", "[scan]");
    let scan = "kind=scan src_ip=1.1.1.1";
    for lines in [[(0, F), (1, F), (2, F), (3, scan), (4, T)], [(0, T), (1, scan), (2, F), (3, F), (4, F)]] {
        let got = alerts(&r, &lines);
        let taken = by(&got, "taken");
        assert_eq!(taken.covers.len(), 2);
        for name in ["scan", "Correlation 1"] {
            assert_eq!((by(&got, name).covered_by.as_ref(), by(&got, name).covers.len()), (Some(&taken.id), 0));
        }
    }
}

#[test]
fn a_circle_and_a_higher_level_cover_nothing() {
    let r = [over("a", "medium", "b"), over("b", "medium", "a, c"), base("c").replace("low", "high")];
    let got = alerts(&r, &[(0, "kind=a src_ip=1.1.1.1"), (1, "kind=b src_ip=1.1.1.1"), (2, "kind=c src_ip=1.1.1.1")]);
    assert_eq!(by(&got, "b").covered_by.as_ref(), Some(&by(&got, "a").id));
    assert_eq!((by(&got, "a").covered_by.as_ref(), by(&got, "c").covered_by.as_ref()), (None, None));
}

#[test]
fn an_account_tried_from_everywhere_covers_its_sources() {
    let mut r = guessing(3, "10m");
    r.push(correlation(
        2,
        "type: value_count\nrules: [fail]\ngroup-by: [user]\ntimespan: 10m\ncondition: {field: src_ip, gte: 3}",
    ));
    r[2].push_str("secstream: {suppresses: [c1]}\n");
    let lines: Vec<(i64, String)> = (0..12)
        .map(|i| (i, format!("kind=fail src_ip=1.1.1.{} user={}", i % 4, if i % 4 == 3 { "ada" } else { "root" })))
        .collect();
    let mut b = Bench::new(&r);
    b.feed(0, &lines);
    let got = b.end();
    let top = by(&got, "Correlation 2");
    let covered: Vec<_> = got.iter().filter(|a| a.covered_by.as_ref() == Some(&top.id)).collect();
    assert_eq!((got.len(), covered.len(), top.covers.len()), (5, 3, 3));
    assert!(covered.iter().all(|a| a.user.as_deref() == Some("root")));
}

#[test]
fn batches_and_questions_in_between_change_nothing() {
    let lines: Vec<(i64, String)> = (0..400i64)
        .map(|i| {
            let kind = ["fail", "fail", "fail", "taken", "scan"][(i * 7 % 5) as usize];
            (i * 29, format!("kind={kind} src_ip=1.1.1.{} user=u{}", i * 13 % 6, i * 5 % 3))
        })
        .collect();
    let mut r = rules();
    r.push(over("scan", "high", "c1, taken"));
    let mut whole = Bench::new(&r);
    whole.feed(0, &lines);
    let whole = whole.end();
    let mut steps = Bench::new(&r);
    for (i, line) in lines.iter().enumerate() {
        steps.feed(0, std::slice::from_ref(line));
        if i % 3 == 0 {
            let _ = steps.state.open_alerts();
            steps.state.advance(crate::event::Ts::from_secs(line.0));
        }
    }
    // A record's place in its batch is not the same.
    let bare = |alerts: Vec<Alert>| -> Vec<Alert> {
        alerts.into_iter().map(|a| Alert { evidence: Vec::new(), ..a }).collect()
    };
    let (whole, steps) = (bare(whole), bare(steps.end()));
    assert!(whole.iter().any(|a| a.covered_by.is_some()));
    let other = whole.iter().zip(&steps).find(|(a, b)| a != b);
    assert_eq!((other, whole.len()), (None, steps.len()));
}
