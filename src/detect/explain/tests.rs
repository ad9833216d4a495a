//! Explanations say what the engine does.

use std::sync::Arc;

use super::{Explanation, explain};
use crate::detect::{Matcher, RuleFile, RuleIdx, RuleSet};
use crate::event::Ts;
use crate::parse::{Options, Parser};

const EVENT: &str = r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd /c whoami","ParentImage":"C:\\a.exe","n":5}"#;

fn check(text: &str, event: &str) -> Explanation {
    let files = [RuleFile::new("a.yml", text)];
    let set = Arc::new(RuleSet::load(&files));
    let parser = Parser::for_source("e", event.as_bytes(), &Options::new(Ts(0)), &set.schema());
    let batch = parser.parse_one(event);
    let x = explain(&set, &files, RuleIdx(0), batch.event(0).expect("an event")).expect("an explanation");
    let mut hits = Vec::new();
    Matcher::new(&set).match_batch(&batch, &mut hits);
    if set.rules().len() == 1 {
        assert_eq!(x.matches, !hits.is_empty(), "{text}\n{x:#?}");
    }
    x
}

fn rule(logsource: &str, detection: &str) -> String {
    format!("title: R\nlogsource: {logsource}\ndetection:\n{detection}\n")
}

#[test]
fn each_value_says_whether_it_held() {
    let text = rule(
        "{product: windows, category: process_creation}",
        "  s:\n    Image|endswith: ['\\powershell.exe', '\\cmd.exe']\n    CommandLine|contains|all: [whoami, /all]\n  f:\n    User: x\n  condition: s and not f",
    );
    let x = check(&text, EVENT);
    assert!(x.binds && !x.matches);
    let root = x.condition.expect("a condition");
    let search = &root.steps[0];
    assert!(!search.holds && root.steps[1].holds, "the filter does not hold, so its 'not' does");
    let image = &search.steps[0].steps[0];
    assert_eq!((image.text.as_str(), image.holds), ("Image|endswith", true));
    assert_eq!(image.event, ["C:\\Windows\\System32\\cmd.exe"]);
    let values: Vec<bool> = image.steps[0].steps.iter().map(|v| v.holds).collect();
    assert_eq!(values, [false, true]);
    let line = &search.steps[0].steps[1];
    assert_eq!(line.steps[0].steps.iter().map(|v| v.holds).collect::<Vec<_>>(), [true, false]);
    assert_eq!((line.holds, line.line), (false, 6));
}

#[test]
fn every_kind_of_value_agrees_with_the_engine() {
    for d in [
        "  s: {EventID: 1}\n  condition: s",
        "  s: {EventID: [2, 3]}\n  condition: s",
        "  s: {EventID|neq: 2}\n  condition: s",
        "  s: {n|gte: 5}\n  condition: s",
        "  s: {n|exists: true, m|exists: false}\n  condition: s",
        "  s: {m: null}\n  condition: s",
        "  s: {Image|re: 'cmd\\.exe$'}\n  condition: s",
        "  s: {Image|fieldref: ParentImage}\n  condition: s",
        "  s: ['whoami']\n  condition: s",
        "  s: ['nothing', 'whoami']\n  t: {'|all': [cmd, none]}\n  condition: s and not t",
        "  a: {n: 5}\n  b: {n: 6}\n  c: {n: 7}\n  condition: 1 of them",
        "  a: {n: 5}\n  b: {n: 6}\n  c: {n: 7}\n  condition: 2 of them",
        "  a: [{n: 6}, {n: 5, EventID: 1}]\n  condition: a",
        "  a: {n: '*'}\n  condition: a",
        "  a: {CommandLine|windash|contains: ' -c '}\n  condition: a",
    ] {
        check(&rule("{product: windows}", d), EVENT);
        check(&rule("{product: linux}", d), EVENT);
    }
}

#[test]
fn the_logsource_says_why_it_does_not_bind() {
    let d = "  s: {EventID: 1}\n  condition: s";
    let x = check(&rule("{product: windows, category: registry_event}", d), EVENT);
    assert!(!x.binds && !x.matches && x.condition.is_some_and(|c| c.holds));
    let part = &x.logsource[1];
    assert_eq!((part.part, part.holds, part.event.as_str()), ("category", false, "process_creation"));
    let x = check(&rule("{product: windows, service: security}", d), "{\"EventID\":1,\"Provider_Name\":\"x\"}");
    assert!(x.logsource.iter().any(|p| !p.holds && !p.why.is_empty()), "{:?}", x.logsource);
}

#[test]
fn filters_and_correlations_are_followed() {
    let d = "  s: {EventID: 1}\n  condition: s";
    let filter = "---\ntitle: F\nlogsource: {product: windows}\nfilter:\n  rules: any\n  known: {n: 5}\n  condition: not known\n";
    let x = check(&format!("{}{filter}", rule("{product: windows}", d)), EVENT);
    assert!(!x.matches && x.filters.len() == 1 && !x.filters[0].holds);
    let correlation = "title: C\ncorrelation: {type: event_count, rules: [base], group-by: [Image], timespan: 1m, condition: {gte: 2}}\n---\n";
    let x = check(&format!("{correlation}name: base\n{}", rule("{product: windows}", d)), EVENT);
    assert!(x.matches && x.rules[0].matches);
    assert_eq!(x.groups, [("Image".to_owned(), Some("C:\\Windows\\System32\\cmd.exe".to_owned()))]);
}
