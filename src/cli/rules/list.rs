//! `secstream rules list`: what is loaded, and what can fire on a log.

use std::io::Write;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::args::ListArgs;
use super::object;
use crate::cli::error::{DONE, FAILED, Failure};
use crate::cli::inputs;
use crate::cli::summary::placed;
use crate::cli::words::count;
use crate::detect::reach::{Reach, Seen, reach};
use crate::detect::{RuleCounts, RuleFile, RuleSet};
use crate::event::{Batch, sanitize};
use crate::pipeline::{LoadedRules, RulingHits, Session, SessionOptions, Sink, SinkContext};
use crate::sink::SinkError;

/// Runs the command.
pub(super) fn run(args: &ListArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let config = inputs::config(&args.common)?;
    let (dirs, add) = inputs::rule_dirs(&config, &args.common.rules);
    let files = inputs::rule_files(&config, &dirs, &add)?;
    let set = Arc::new(RuleSet::load(&files));
    let policy = inputs::policy(&config);
    if args.logs.is_empty() {
        print(&set, &[], args.json, out)?;
        if !args.json {
            let hits: Vec<_> =
                policy.rulings().iter().map(|r| RulingHits { ruling: Arc::clone(r), alerts: 0 }).collect();
            rulings(&set, &hits, false, out)?;
            for p in &policy.problems {
                writeln!(out, "{}", sanitize(&placed(&p.path, p.line, &p.reason)))?;
            }
        }
        return Ok(DONE);
    }
    let (found, skipped) = inputs::inputs(&args.logs, false);
    for k in &skipped {
        writeln!(std::io::stderr(), "not read: {}: {}", sanitize(&k.name), sanitize(&k.reason.to_string()))?;
    }
    let mut options = inputs::session(&args.common, &config, found)?;
    options.policy = Arc::clone(&policy);
    let (seen, hits, failed) = look(options, &set, &files)?;
    print(&set, &seen, args.json, out)?;
    if !args.json {
        rulings(&set, &hits, true, out)?;
    }
    let broken = failed || skipped.iter().any(crate::source::Skipped::is_failure);
    Ok(if broken { FAILED } else { DONE })
}

/// Reads the inputs and says of each rule whether it can fire, and whether an input failed.
fn look(
    mut options: SessionOptions,
    set: &Arc<RuleSet>,
    files: &[RuleFile],
) -> Result<(Vec<Reach>, Vec<RulingHits>, bool), Failure> {
    let loaded = Arc::clone(set);
    options.rules = Box::new(move || LoadedRules { set: loaded, records: Vec::new() });
    let seen = Arc::new(Mutex::new(Seen::default()));
    options.sinks.push(Box::new(Look(Arc::clone(&seen))));
    let mut session = Session::start(options);
    session.join()?;
    let end = session.snapshot();
    let failed = end.sources.iter().any(|s| s.failed);
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok((reach(files, set, &seen), end.rulings.to_vec(), failed))
}

/// Notes what events have.
struct Look(Arc<Mutex<Seen>>);

impl Sink for Look {
    fn events(
        &mut self,
        _: SinkContext<'_>,
        batch: &Batch,
        records: Range<usize>,
        kept: &dyn Fn(usize) -> bool,
    ) -> Result<(), SinkError> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for i in records.filter(|i| kept(*i)) {
            if let Some(e) = batch.event(i) {
                seen.note(e);
            }
        }
        Ok(())
    }
}

/// Suppressions and other levels, below the rules; `counted` where a log was read.
fn rulings(set: &RuleSet, hits: &[RulingHits], counted: bool, out: &mut dyn Write) -> Result<(), Failure> {
    if hits.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nsuppressions and other levels: {}", hits.len())?;
    for h in hits {
        let r = &h.ruling;
        let title = set.rules().iter().find(|i| *i.id == *r.rule).map_or("a rule that is not there", |i| &*i.title);
        let when = if r.when.is_empty() { "all of it".to_owned() } else { r.when.clone() };
        let until = r.until.map_or_else(|| "never".to_owned(), |t| t.to_rfc3339().chars().take(10).collect());
        let n = if counted { format!("  {}", count(h.alerts, "alert")) } else { String::new() };
        let line = format!("{:<12} {:<12} {title}: {when}  ends {until}  {}: {}{n}", r.id, r.what(), r.owner, r.reason);
        writeln!(out, "{}", sanitize(&line))?;
    }
    Ok(())
}

fn print(set: &RuleSet, reach: &[Reach], json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    if json {
        let mut all: Vec<Value> = set.rules().iter().map(object).collect();
        for (v, r) in all.iter_mut().zip(reach) {
            if let Some(o) = v.as_object_mut() {
                o.insert("can_fire".into(), r.can_fire.into());
                o.insert("cannot_because".into(), if r.why.is_empty() { Value::Null } else { r.why.clone().into() });
            }
        }
        writeln!(out, "{}", Value::Array(all))?;
        return Ok(());
    }
    for (i, r) in set.rules().iter().enumerate() {
        let here = reach.get(i);
        let state = match (r.loaded, r.alerts, here.and_then(|h| h.can_fire)) {
            (false, ..) => "NOT LOADED",
            _ if r.is_filter() => "filter",
            (true, _, Some(false)) => "cannot",
            (true, true, _) => "alerts",
            (true, false, _) => "context",
        };
        writeln!(out, "{:<13} {:<10} {:<60} {}", r.level.as_str(), state, sanitize(&r.title), sanitize(&r.path))?;
        if let Some(why) = &r.reason {
            writeln!(out, "    {}", sanitize(&placed(&r.path, r.line, why)))?;
        }
        if let Some(h) = here.filter(|h| !h.why.is_empty()) {
            writeln!(out, "    {}", sanitize(&h.why))?;
        }
    }
    let counts = RuleCounts::of(set.rules());
    writeln!(out, "{counts}; {} raise alerts", counts.alerting)?;
    if !reach.is_empty() {
        let of = |can: bool| reach.iter().filter(|r| r.can_fire == Some(can)).count();
        writeln!(out, "{} can fire on these logs, {} cannot", of(true), of(false))?;
    }
    Ok(())
}
