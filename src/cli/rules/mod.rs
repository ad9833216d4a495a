//! `secstream rules`: what is loaded, lint, tests, and what rules find in a log.

mod args;
mod backtest;
mod check;
mod coverage;
mod explain;
mod import;
mod list;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

pub use args::RulesCommand;

use super::args::{Common, RuleOptions};
use super::error::{DONE, FINDINGS, Failure};
use super::inputs;
use super::words::count;
use crate::config::Config;
use crate::detect::{RuleFile, RuleInfo, RuleSet, lint, shipped, testing};
use crate::event::sanitize;
use crate::pipeline::RuleTests;

/// Runs a verb.
pub(super) fn run(command: RulesCommand, out: &mut dyn Write) -> Result<u8, Failure> {
    match command {
        RulesCommand::List(a) => list::run(&a, out),
        RulesCommand::Show { rule, rules, json } => show(&rule, &files(&rules, &[])?, json, out),
        RulesCommand::Check(a) => check::run(&a, &files(&a.rules, &a.paths)?, out),
        RulesCommand::Test { paths, rules, json } => test(&rules, &paths, json, out),
        RulesCommand::Backtest(a) => backtest::run(&a, out),
        RulesCommand::Coverage(a) => coverage::run(&a, &files(&a.rules, &a.paths)?, out),
        RulesCommand::Explain(a) => explain::run(&a, out),
        RulesCommand::Import(a) => import::run(&a, out),
        RulesCommand::Schema => {
            out.write_all(lint::SCHEMA.as_bytes())?;
            Ok(DONE)
        }
    }
}

fn files(options: &RuleOptions, paths: &[PathBuf]) -> Result<Vec<RuleFile>, Failure> {
    let config: Config =
        inputs::config(&Common { format: "auto".into(), rules: options.clone(), ..Common::default() })?;
    if paths.is_empty() {
        let (dirs, add) = inputs::rule_dirs(&config, options);
        return inputs::rule_files(&config, &dirs, &add);
    }
    let mut files = Vec::new();
    for p in paths {
        if p.as_os_str() == "-" {
            files.push(RuleFile::new("-", std::io::read_to_string(std::io::stdin())?));
        } else {
            inputs::read_rules(p, &mut files)?;
        }
    }
    inputs::through(&mut files, inputs::pipelines(&config)?.as_ref());
    Ok(files)
}

fn object(r: &RuleInfo) -> serde_json::Value {
    json!({
        "id": &*r.id, "title": &*r.title, "path": &*r.path, "line": r.line, "level": r.level, "status": &*r.status,
        "loaded": r.loaded, "reason": r.reason, "can_fire": serde_json::Value::Null, "needs": &*r.logsource,
        "category": r.category().as_str(), "techniques": r.techniques, "tactics": r.tactics, "correlation": r.is_correlation(), "filter": r.is_filter(), "alerts": r.alerts,
    })
}

fn show(name: &str, files: &[RuleFile], json: bool, out: &mut dyn Write) -> Result<u8, Failure> {
    let set = RuleSet::load(files);
    let called = |r: &&RuleInfo| {
        r.id.eq_ignore_ascii_case(name) || r.name.as_deref() == Some(name) || r.title.eq_ignore_ascii_case(name)
    };
    let Some(r) = set.rules().iter().find(called).or_else(|| set.rules().iter().find(|r| r.path.ends_with(name)))
    else {
        return Err(Failure::usage(format!(
            "no rule with id, name, title or file '{name}'; see: secstream rules list"
        )));
    };
    let text = files.iter().find(|f| *f.path == *r.path).map_or("", |f| &f.text);
    if json {
        let mut v = object(r);
        if let Some(o) = v.as_object_mut() {
            o.insert("text".into(), text.into());
        }
        writeln!(out, "{v}")?;
    } else {
        writeln!(out, "# {}:{}", sanitize(&r.path), r.line)?;
        if let Some(why) = &r.reason {
            writeln!(out, "# not loaded: {}", sanitize(why))?;
        }
        for line in text.lines() {
            writeln!(out, "{}", sanitize(line))?;
        }
    }
    Ok(DONE)
}

fn test(options: &RuleOptions, paths: &[PathBuf], json: bool, out: &mut dyn Write) -> Result<u8, Failure> {
    let rules = files(options, paths)?;
    let mut cases = Vec::new();
    if paths.is_empty() && options.rules.is_empty() {
        cases.extend(shipped::tests());
    }
    let dirs: Vec<&PathBuf> = paths.iter().chain(&options.rules).chain(&options.add_rules).collect();
    for d in dirs.into_iter().filter(|d| d.as_os_str() != "-") {
        read_tests(d, &mut cases)?;
    }
    let set = Arc::new(RuleSet::load(&rules));
    let report = testing::run(&cases, &set, &mut RuleTests);
    let failed = report.iter().filter(|r| !r.passed).count();
    if report.is_empty() {
        if json {
            writeln!(out, "[]")?;
        }
        let rules = count(set.rules().len(), "rule");
        let mut f = Failure::usage(format!("nothing was tested: {rules}, and no test stands beside any of them"));
        f.below.push("tests of NAME.yml are the cases of NAME.test.yml beside it; docs/rules.md has an example".into());
        return Err(f);
    }
    if json {
        writeln!(out, "{}", json!(report))?;
    } else {
        for r in report.iter().filter(|r| !r.passed) {
            let line = format!("FAILED {}:{}: {}: {}", r.path, r.line, r.case, r.message);
            writeln!(out, "{}", sanitize(&line))?;
        }
        writeln!(out, "{} passed, {failed} failed", report.len() - failed)?;
        untested(&set, &cases, out)?;
    }
    Ok(if failed > 0 { FINDINGS } else { DONE })
}

/// Rules that can alert and have no file of tests beside them.
fn untested(set: &RuleSet, tests: &[RuleFile], out: &mut dyn Write) -> std::io::Result<()> {
    let tested: std::collections::BTreeSet<String> = tests.iter().map(|t| testing::rule_path(&t.path)).collect();
    let mut without: Vec<&str> =
        set.rules().iter().filter(|r| r.loaded && r.alerts && !tested.contains(&*r.path)).map(|r| &*r.path).collect();
    without.dedup();
    if !without.is_empty() {
        let first: Vec<_> = without.iter().take(5).map(|p| sanitize(p)).collect();
        let more = if without.len() > first.len() { ", \u{2026}" } else { "" };
        writeln!(out, "{} without tests: {}{more}", count(without.len(), "file"), first.join(", "))?;
    }
    Ok(())
}

/// Test files below a path (`*.test.yml`), or beside a rule file.
fn read_tests(path: &std::path::Path, out: &mut Vec<RuleFile>) -> Result<(), Failure> {
    if path.is_dir() {
        let mut entries: Vec<_> = std::fs::read_dir(path)?.flatten().map(|e| e.path()).collect();
        entries.sort();
        for e in entries {
            if e.is_dir() || e.to_string_lossy().ends_with(".test.yml") {
                read_tests(&e, out)?;
            }
        }
        return Ok(());
    }
    let name = path.to_string_lossy().into_owned();
    let test = if name.ends_with(".test.yml") { path.to_owned() } else { path.with_extension("test.yml") };
    if test.is_file() {
        let text = std::fs::read_to_string(&test).map_err(|e| Failure::failed(format!("{}: {e}", test.display())))?;
        out.push(RuleFile::new(test.to_string_lossy(), text));
    }
    Ok(())
}
