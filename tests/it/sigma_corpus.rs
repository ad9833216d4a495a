//! A large public collection of Sigma rules loads, where it is at hand.

use std::path::PathBuf;
use std::sync::Arc;

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
    let start = std::time::Instant::now();
    let found = files::read(&[dir]);
    let read = start.elapsed();
    let rules = Arc::new(RuleSet::load(&found));
    println!("read {read:?}, loaded by {:?}", start.elapsed());
    let down: Vec<_> = rules.rules().iter().filter(|r| !r.loaded).collect();
    for r in &down {
        println!("{:?}", r.reason);
    }
    assert!(rules.rules().len() >= 3_754);
    assert!(down.len() <= 10, "{} rules are not loaded", down.len());
    assert!(down.iter().all(|r| r.reason.is_some()));
    let _ = Matcher::new(&rules);
}
