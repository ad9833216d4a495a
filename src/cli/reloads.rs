//! Rules that change while a log is followed: they are read again, and those that
//! can be used are in force from then on.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};

use super::args::RuleOptions;
use super::inputs;
use super::words::count;
use crate::config::Config;
use crate::event::sanitize;
use crate::pipeline::{LoadRules, LoadedRules, RuleWatcher, watch_rules};

/// Editors write a file in several steps.
const STEPS: Duration = Duration::from_millis(250);
/// Rules that are not loaded, of which the reason is told.
const TOLD: usize = 5;

/// The rules to begin with, and those that come: as long as the watcher is there.
pub(super) type Reloads = (LoadRules, Option<(RuleWatcher, Receiver<LoadedRules>)>);

/// Watches the places of rules, pipelines and their values that are given; the shipped rules do not change.
pub(super) fn watched(config: &Config, options: &RuleOptions, first: LoadRules) -> Reloads {
    let places = inputs::watched_places(config, options);
    let (changed, changes) = unbounded::<()>();
    let watcher = watch_rules(&places, move |_| {
        let _ = changed.send(());
    });
    let Some(watcher) = watcher.filter(|_| !places.is_empty()) else { return (first, None) };
    let (out, loaded) = unbounded();
    let hash = Arc::new(Mutex::new(String::new()));
    let begun = Arc::clone(&hash);
    let first: LoadRules = Box::new(move || {
        let rules = first();
        rules.set.hash().clone_into(&mut begun.lock().unwrap_or_else(PoisonError::into_inner));
        rules
    });
    let (config, options) = (config.clone(), options.clone());
    let life = move || {
        while changes.recv().is_ok() {
            std::thread::sleep(STEPS);
            while changes.try_recv().is_ok() {}
            let new = match inputs::rule_loader(&config, &options) {
                Ok(load) => load(),
                Err(e) => {
                    say(&format!("rules changed, and those before stay in force: {}", e.message));
                    continue;
                }
            };
            let mut last = hash.lock().unwrap_or_else(PoisonError::into_inner);
            // Before the first are loaded there is nothing to replace.
            if last.is_empty() || *last == new.set.hash() {
                continue;
            }
            new.set.hash().clone_into(&mut last);
            drop(last);
            tell(&new);
            if out.send(new).is_err() {
                return;
            }
        }
    };
    let started = std::thread::Builder::new().name("reloads".to_owned()).spawn(life);
    (first, started.ok().map(|_| (watcher, loaded)))
}

/// Says what is in force from now on.
fn tell(new: &LoadedRules) {
    let counts = crate::detect::RuleCounts::of(new.set.rules());
    let refused: Vec<&str> = new.set.rules().iter().filter_map(|r| r.reason.as_deref()).collect();
    let not = if refused.is_empty() { String::new() } else { format!(", {} not loaded", refused.len()) };
    say(&format!("rules changed: {} from now on{not}", count(counts.rules, "rule")));
    for reason in refused.iter().take(TOLD) {
        say(&format!("not loaded: {reason}"));
    }
}

fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "secstream: {}", sanitize(what));
}
