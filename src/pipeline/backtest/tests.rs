//! Backtests on small logs.

use std::sync::Arc;

use super::{Backtest, Report, Side, run};
use crate::detect::{RuleFile, RuleSet};
use crate::pipeline::{LoadedRules, SessionOptions};
use crate::source::Input;

const RULE: &str = "title: R\nid: 11111111-2222-4333-8444-555555555555\nlevel: high\n\
                    logsource: {product: linux, service: sshd}\ndetection:\n  s: {event_type: ssh_login_failed, user: root}\n  condition: s\n";

fn line(second: u32, user: &str, ip: &str) -> String {
    format!(
        "Mar  2 09:04:{second:02} bastion sshd[{}]: Failed password for {user} from {ip} port 40000 ssh2\n",
        100 + second
    )
}

fn options(path: &std::path::Path) -> SessionOptions {
    let none = || LoadedRules { set: Arc::new(RuleSet::load(&[])), records: Vec::new() };
    SessionOptions::new(vec![Input::path(path)], Box::new(none))
}

fn test(before: &[RuleFile], after: &[RuleFile], tried: usize) -> Report {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("auth.log");
    let log = [("root", "10.0.0.1"), ("bob", "10.0.0.1"), ("root", "10.0.0.2"), ("eve", "10.0.0.3")];
    let text: String = log.iter().enumerate().map(|(i, (u, ip))| line(i as u32, u, ip)).collect();
    std::fs::write(&path, text).expect("written");
    let side = |files: &[RuleFile]| Side { files: files.to_vec(), options: options(&path) };
    let tried = after.iter().take(tried).cloned().collect();
    run(Backtest { before: side(before), after: side(after), tried }, &mut |_, _| {}).expect("a report")
}

#[test]
fn gained_and_lost_with_their_places() {
    let old = RuleFile::new("rules/r.yml", RULE);
    let new = RuleFile::new("new.yml", RULE.replace("user: root", "src_ip: 10.0.0.1"));
    let r = test(std::slice::from_ref(&old), &[new, old.clone()], 1);
    assert_eq!(r.rules.len(), 1);
    let rule = &r.rules[0];
    assert_eq!(rule.before.as_ref().map(|b| b.matches), Some(2));
    assert_eq!(rule.after.as_ref().map(|b| b.matches), Some(2));
    let lines = |p: &[super::MatchPlace]| p.iter().map(|p| p.line).collect::<Vec<_>>();
    assert_eq!((lines(&rule.gained), lines(&rule.lost)), (vec![2], vec![3]));
    assert!(r.record(rule.gained[0]).is_some_and(|t| t.contains("for bob")));
    // one alert for each address: that of 10.0.0.2 is lost, that of 10.0.0.1 counts one more
    assert_eq!((r.alerts, r.alerts_gained.len(), r.alerts_lost.len(), r.alerts_changed.len()), ((2, 1), 0, 1, 1));
    assert!(r.cost.0.is_some() && r.cost.1 > 0.0 && !r.cut && !r.stopped);
}

#[test]
fn a_rule_without_a_version_before_is_new() {
    let new = RuleFile::new("new.yml", RULE);
    let r = test(&[], &[new], 1);
    assert!(r.rules[0].before.is_none());
    assert_eq!((r.rules[0].gained.len(), r.cost.0, r.alerts), (2, None, (0, 2)));
}

#[test]
fn a_filter_shows_in_the_rules_that_it_narrows() {
    let rule = RuleFile::new("rules/r.yml", RULE);
    let filter = RuleFile::new(
        "f.yml",
        "title: F\nid: 21111111-2222-4333-8444-555555555555\nlogsource: {product: linux}\n\
         filter:\n  rules: any\n  known: {src_ip: 10.0.0.2}\n  condition: not known\n",
    );
    let r = test(std::slice::from_ref(&rule), &[filter, rule.clone()], 1);
    let narrowed = r.rules.iter().find(|c| c.lost.len() == 1).expect("a narrowed rule");
    assert_eq!((&*narrowed.id, narrowed.gained.len()), ("11111111-2222-4333-8444-555555555555", 0));
}

#[test]
fn of_a_file_of_several_rules_each_is_compared_and_one_that_is_gone_is_told() {
    let all = |first: &str| RULE.replace("user: root", first);
    let wide = all("user: '*'").replace("title: R", "title: Wide").replace("11111111-", "31111111-");
    let old = RuleFile::new("r.yml", format!("{}---\n{wide}", all("user: root")));
    // Both match what the first loses; and the second goes.
    for (new, lost) in
        [(format!("{}---\n{wide}", all("user: root, src_ip: 10.0.0.1")), [1, 0]), (all("user: root"), [0, 4])]
    {
        let new = RuleFile::new("r.yml", new);
        let r = test(std::slice::from_ref(&old), &[new], 1);
        assert_eq!(r.rules.iter().map(|c| c.lost.len()).collect::<Vec<_>>(), lost);
        assert!(r.rules[0].after.is_some() && r.rules[1].after.is_some() == (lost[1] == 0));
    }
}
