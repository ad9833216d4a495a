//! A large public collection of Sigma rules loads, where it is at hand.

#![allow(clippy::print_stdout)] // a skipped test says so

use std::path::PathBuf;
use std::sync::Arc;

use secstream::detect::pipelines::Pipelines;
use secstream::detect::{Matcher, RuleSet, files};

fn corpus() -> Option<PathBuf> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/sigma");
    if !dir.is_dir() {
        println!("skipped: {} is not there", dir.display());
        return None;
    }
    Some(dir)
}

#[test]
fn nearly_all_rules_load_and_the_rest_say_why() {
    let Some(dir) = corpus() else { return };
    let rules = Arc::new(RuleSet::load(&files::read(&[dir])));
    let down: Vec<_> = rules.rules().iter().filter(|r| !r.loaded).collect();
    assert!(rules.rules().len() >= 3_754);
    let reasons: Vec<_> = down.iter().map(|r| &r.reason).collect();
    assert!(down.len() <= 10, "{reasons:#?}");
    assert!(down.iter().all(|r| r.reason.is_some()));
    let _ = Matcher::new(&rules);
}

/// The rules that leave lists open load when a pipeline has the lists.
#[test]
fn placeholders_are_filled_by_a_pipeline() {
    let Some(dir) = corpus() else { return };
    let mut all = files::read(&[dir]);
    let open = |all: &[secstream::detect::RuleFile]| {
        let rules = RuleSet::load(all);
        rules.rules().iter().filter(|r| r.reason.as_ref().is_some_and(|r| r.contains("expand"))).count()
    };
    assert_eq!(open(&all), 2);
    let text = "vars: {known_cdcs: [dc01, dc02]}\ntransformations: [{type: value_placeholders}]\n";
    let pipelines = Arc::new(Pipelines::load(&[("lists.yml".into(), text.into())]).expect("a pipeline"));
    all.iter_mut().for_each(|f| f.pipelines = Some(Arc::clone(&pipelines)));
    assert_eq!(open(&all), 0);
}
