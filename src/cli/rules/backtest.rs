//! `secstream rules backtest`: what rules find in a log, against the version before.

use std::io::{IsTerminal as _, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::args::{BacktestArgs, FailOn};
use crate::alert::Alert;
use crate::cli::error::{DONE, FAILED, FINDINGS, Failure};
use crate::cli::inputs;
use crate::config::Config;
use crate::detect::{RuleFile, RuleSet, shipped};
use crate::event::sanitize;
use crate::pipeline::backtest::{Backtest, MatchPlace, Report, RuleChange, RuleRun, Side};
use crate::source::{Input, InputKind};
use crate::store::{CaseId, Status, Store, Verdict};

/// Longest excerpt of a record that is shown, in characters.
const EXCERPT: usize = 160;

/// Runs the command.
pub(super) fn run(args: &BacktestArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let config = inputs::config(&args.common)?;
    let pipelines = inputs::pipelines(&config)?;
    let mut tried = read(&args.paths)?;
    inputs::through(&mut tried, pipelines.as_ref());
    let (dirs, add) = inputs::rule_dirs(&config, &args.common.rules);
    let same = |f: &RuleFile| tried.iter().any(|t| same_file(&t.path, &f.path));
    let mut context = inputs::rule_files(&config, &dirs, &add)?;
    context.retain(|f| !same(f));
    let mut before = if args.before.is_empty() { shipped_versions(&tried) } else { read(&args.before)? };
    inputs::through(&mut before, pipelines.as_ref());
    before.extend(context.iter().filter(|f| !before.iter().any(|b| b.path == f.path)).cloned().collect::<Vec<_>>());
    let after: Vec<RuleFile> = tried.iter().cloned().chain(context).collect();

    let (mut found, skipped) = inputs::inputs(&args.input, false);
    let _kept = keep_standard_input(&mut found)?;
    let side = |files: Vec<RuleFile>| -> Result<Side, Failure> {
        Ok(Side { files, options: inputs::session(&args.common, &config, found.clone())? })
    };
    let test = Backtest { before: side(before)?, after: side(after)?, tried };
    let signalled = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&signalled))?;
        for flag in [&signalled, &test.before.options.stop, &test.after.options.stop] {
            signal_hook::flag::register(signal, Arc::clone(flag))?;
        }
    }
    let terminal = std::io::stderr().is_terminal() && !args.json;
    let report = crate::pipeline::backtest::run(test, &mut |n, s| {
        if terminal && !s.totals.records.is_multiple_of(7) {
            let side = if n == 0 { "before" } else { "after " };
            let _ = write!(std::io::stderr(), "\r{side} {} records\x1b[K", s.totals.records);
        }
    })?;
    if terminal {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
    let judged = Judged::open(args, &config);
    if args.json {
        writeln!(out, "{}", document(&report, args.limit, &judged))?;
    } else {
        // What was not read is told before what is said of the rest.
        for k in &skipped {
            writeln!(out, "not read: {}: {}", sanitize(&k.name), sanitize(&k.reason.to_string()))?;
        }
        if !found.is_empty() {
            text(&report, args.limit, &judged, out)?;
        }
    }
    let broken = report.after.sources.iter().any(|i| i.failed);
    if report.stopped && signalled.load(Ordering::Relaxed) {
        return Ok(130);
    }
    if broken || skipped.iter().any(crate::source::Skipped::is_failure) {
        return Ok(FAILED);
    }
    Ok(if fails(&report, &args.fail_on, &judged) { FINDINGS } else { DONE })
}

fn read(paths: &[std::path::PathBuf]) -> Result<Vec<RuleFile>, Failure> {
    let mut files = Vec::new();
    for p in paths {
        inputs::read_rules(p, &mut files)?;
    }
    Ok(files)
}

/// The shipped files that hold rules with the ids of those that are tried.
fn shipped_versions(tried: &[RuleFile]) -> Vec<RuleFile> {
    let set = RuleSet::load(tried);
    let ids: Vec<&str> = set.rules().iter().map(|r| &*r.id).collect();
    let all = shipped::rules();
    let shipped = RuleSet::load(&all);
    let paths: Vec<&str> = shipped.rules().iter().filter(|r| ids.contains(&&*r.id)).map(|r| &*r.path).collect();
    all.iter().filter(|f| paths.contains(&f.path.as_str())).cloned().collect()
}

fn same_file(a: &str, b: &str) -> bool {
    a == b || matches!((Path::new(a).canonicalize(), Path::new(b).canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Standard input is read once, and a backtest reads twice: it is copied into
/// a file that goes away at the end.
fn keep_standard_input(found: &mut [Input]) -> Result<Option<tempfile::NamedTempFile>, Failure> {
    let Some(input) = found.iter_mut().find(|i| i.kind == InputKind::Stdin) else { return Ok(None) };
    let mut file = tempfile::NamedTempFile::new()?;
    std::io::copy(&mut std::io::stdin().lock(), file.as_file_mut())?;
    input.kind = InputKind::Path(file.path().to_owned());
    Ok(Some(file))
}

/// What people have said of alerts.
struct Judged(Option<Store>);

impl Judged {
    fn open(args: &BacktestArgs, config: &Config) -> Self {
        let path = config.optional("store.path").map(std::path::PathBuf::from);
        let open = || Store::open_read_only(path.as_deref(), &inputs::analyst(config)).ok();
        Self(if args.common.no_store { None } else { open() })
    }

    /// As the workbench has it: true is what is in a case that did not turn out to be nothing.
    fn verdict(&self, a: &Alert) -> Option<Verdict> {
        let store = self.0.as_ref()?;
        let row = store.alert(&a.id).ok()?.row;
        if row.status != Status::Escalated {
            return row.verdict;
        }
        let nothing = |id: &CaseId| store.case(id).is_ok_and(|c| c.row.unfounded());
        Some(if row.cases.iter().all(nothing) { Verdict::FalsePositive } else { Verdict::TruePositive })
    }

    fn is_true(&self, a: &Alert) -> bool {
        self.verdict(a) == Some(Verdict::TruePositive)
    }
}

fn fails(r: &Report, on: &[FailOn], judged: &Judged) -> bool {
    let broken = r.rules.iter().any(|c| c.after.as_ref().is_some_and(|a| !a.info.loaded));
    let (gained, lost) = r.moved();
    broken
        || on.iter().any(|what| match what {
            FailOn::Lost => lost > 0 || !r.alerts_lost.is_empty(),
            FailOn::Gained => gained > 0 || !r.alerts_gained.is_empty(),
            FailOn::LostTrue => r.alerts_lost.iter().any(|a| judged.is_true(a)),
        })
}

/// `new`, `changed`, `same`, `not loaded` or `gone`.
fn state(r: &Report, c: &RuleChange) -> &'static str {
    match (&c.before, &c.after) {
        (_, Some(a)) if !a.info.loaded => "not loaded",
        (_, None) => "gone",
        (None, _) => "new",
        (Some(_), Some(_)) if r.moved_of(c) == (0, 0) => "same matches",
        _ => "changed",
    }
}

fn rule_side(r: Option<&RuleRun>) -> Value {
    r.map_or(Value::Null, |r| {
        json!({
            "path": &*r.info.path, "line": r.info.line, "loaded": r.info.loaded, "reason": r.info.reason,
            "level": r.info.level, "matches": r.matches,
        })
    })
}

fn title(c: &RuleChange) -> &str {
    c.after.as_ref().or(c.before.as_ref()).map_or("", |r| &r.info.title)
}

fn document(r: &Report, limit: usize, judged: &Judged) -> Value {
    let place = |p: &MatchPlace| json!({"file": r.file(*p), "line": p.line, "raw": r.record(*p)});
    let places = |all: &[MatchPlace]| all.iter().take(limit).map(place).collect::<Vec<_>>();
    let alert = |a: &Arc<Alert>| {
        let mut v = a.to_json(&r.names);
        if let Some(o) = v.as_object_mut() {
            o.insert("verdict".into(), judged.verdict(a).map(|v| v.as_str()).into());
        }
        v
    };
    let alerts = |all: &[Arc<Alert>]| all.iter().take(limit).map(alert).collect::<Vec<_>>();
    let rules: Vec<Value> = (r.rules.iter())
        .map(|c| {
            json!({
                "id": &*c.id, "title": title(c), "state": state(r, c),
                "before": rule_side(c.before.as_ref()), "after": rule_side(c.after.as_ref()),
                "gained": r.moved_of(c).0, "lost": r.moved_of(c).1,
                "gained_at": places(&c.gained), "lost_at": places(&c.lost),
            })
        })
        .collect();
    let t = &r.after.totals;
    json!({
        "records": t.records, "parsed": t.parsed, "raw": t.raw, "filtered": t.filtered_total(), "dropped": t.dropped_total(),
        "seconds": r.seconds, "us_per_event": {"before": r.cost.0, "after": r.cost.1}, "cut": r.cut,
        "rules": rules,
        "alerts": {
            "before": r.alerts.0, "after": r.alerts.1, "gained": r.alerts_gained.len(), "lost": r.alerts_lost.len(),
            "changed": r.alerts_changed.len(), "lost_true": r.alerts_lost.iter().filter(|a| judged.is_true(a)).count(),
            "gained_list": alerts(&r.alerts_gained), "lost_list": alerts(&r.alerts_lost),
        },
    })
}

fn excerpt(text: &str) -> String {
    let mut out: String = text.chars().take(EXCERPT).collect();
    if text.chars().nth(EXCERPT).is_some() {
        out.push('…');
    }
    sanitize(&out).into_owned()
}

fn text(r: &Report, limit: usize, judged: &Judged, out: &mut dyn Write) -> Result<(), Failure> {
    for c in &r.rules {
        writeln!(out, "{}  {}  {}", sanitize(title(c)), sanitize(&c.id), state(r, c))?;
        if let Some(why) = c.after.as_ref().and_then(|a| a.info.reason.as_ref()) {
            writeln!(out, "  {}", sanitize(why))?;
        }
        let count = |r: &Option<RuleRun>| r.as_ref().map_or_else(|| "-".to_owned(), |r| r.matches.to_string());
        let word = match c.after.as_ref().is_some_and(|a| a.info.is_correlation()) {
            true => "alerts ",
            false => "matches",
        };
        writeln!(
            out,
            "  {word} {} before, {} after; {} gained, {} lost",
            count(&c.before),
            count(&c.after),
            r.moved_of(c).0,
            r.moved_of(c).1
        )?;
        for (sign, places) in [('+', &c.gained), ('-', &c.lost)] {
            for p in places.iter().take(limit) {
                let raw = r.record(*p).unwrap_or_default();
                writeln!(out, "  {sign} {}:{}  {}", sanitize(r.file(*p)), p.line, excerpt(&raw))?;
            }
            if places.len() > limit {
                writeln!(out, "  {sign} … {} more (--limit)", places.len() - limit)?;
            }
        }
    }
    writeln!(
        out,
        "alerts {} before, {} after; {} gained, {} lost, {} changed",
        r.alerts.0,
        r.alerts.1,
        r.alerts_gained.len(),
        r.alerts_lost.len(),
        r.alerts_changed.len()
    )?;
    for (sign, alerts) in [('+', &r.alerts_gained), ('-', &r.alerts_lost)] {
        for a in alerts.iter().take(limit) {
            let place = a.evidence.first().map_or_else(String::new, |e| {
                format!("{}:{}", r.names.get(e.source.0 as usize).map_or("", String::as_str), e.line)
            });
            let verdict = judged.verdict(a).map(|v| format!(" [{}]", v.as_str())).unwrap_or_default();
            let line =
                format!("{} {:<8} {}  {}  {place}{verdict}", a.timestamp, a.severity.as_str(), a.rule, a.entity());
            writeln!(out, "  {sign} {}", sanitize(&line))?;
        }
        if alerts.len() > limit {
            writeln!(out, "  {sign} … {} more (--limit)", alerts.len() - limit)?;
        }
    }
    let cost = match r.cost {
        (Some(was), now) => format!("{was:.3} µs an event before, {now:.3} after"),
        (None, now) => format!("{now:.3} µs an event"),
    };
    writeln!(out, "cost of these rules by themselves: {cost}")?;
    if r.cut {
        writeln!(out, "more matches than are kept: gained and lost are those of the first part")?;
    }
    let t = &r.after.totals;
    writeln!(out, "{} records ({} parsed, {} raw), read twice in {:.2} s", t.records, t.parsed, t.raw, r.seconds)?;
    Ok(())
}
