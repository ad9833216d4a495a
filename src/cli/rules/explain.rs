//! `secstream rules explain`: why a rule matches an event, or does not.

use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use super::args::ExplainArgs;
use crate::cli::error::{DONE, Failure};
use crate::cli::inputs;
use crate::detect::explain::{Explanation, Kind, Step, explain};
use crate::detect::{RuleFile, RuleIdx, RuleKind, RuleSet};
use crate::event::{Batch, sanitize};
use crate::parse::format_name;
use crate::pipeline::{LoadedRules, Session, Sink, SinkContext};
use crate::sink::SinkError;
use crate::source::{Input, InputKind};

/// Values of one field that did not hold and are still listed.
const MISSES: usize = 6;
/// Longest value shown, in characters.
const VALUE: usize = 160;

/// Runs the command.
pub(super) fn run(args: &ExplainArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let config = inputs::config(&args.common)?;
    let (dirs, add) = inputs::rule_dirs(&config, &args.common.rules);
    let mut files = Vec::new();
    let own = Path::new(&args.rule).canonicalize().ok().filter(|p| p.is_file());
    if own.is_some() {
        inputs::read_rules(Path::new(&args.rule), &mut files)?;
        inputs::through(&mut files, inputs::pipelines(&config)?.as_ref());
    }
    // The file may also be one of those in force: it is read once.
    let again = |f: &RuleFile| own.is_some() && Path::new(&f.path).canonicalize().ok() == own;
    files.extend(inputs::rule_files(&config, &dirs, &add)?.into_iter().filter(|f| !again(f)));
    let set = Arc::new(RuleSet::load(&files));
    let rules = chosen(&set, &args.rule, own.is_some())?;

    let (input, line, _temp) = event(&args.event)?;
    let mut options = inputs::session(&args.common, &config, vec![input.clone()])?;
    let loaded = Arc::clone(&set);
    options.rules = Box::new(move || LoadedRules { set: loaded, records: Vec::new() });
    let found = Arc::new(Mutex::new(None));
    options.sinks.push(Box::new(Pick {
        line,
        rules,
        files: Arc::from(files),
        found: Arc::clone(&found),
        stop: Arc::clone(&options.stop),
    }));
    let mut session = Session::start(options);
    session.join()?;
    let snapshot = session.snapshot();
    if let Some(why) = snapshot.sources.iter().find(|s| s.failed).and_then(|s| s.warnings.first()) {
        return Err(Failure::failed(why.clone()));
    }
    let Some(picked) = found.lock().unwrap_or_else(PoisonError::into_inner).take() else {
        let has = match snapshot.totals.records {
            1 => "1 record".to_owned(),
            n => format!("{n} records"),
        };
        return Err(Failure::usage(format!("{} has no record at line {line} (it has {has})", input.name)));
    };
    if args.json {
        let doc = json!({
            "event": {"file": input.name, "line": picked.line, "format": picked.format, "raw": picked.raw},
            "rules": picked.rules,
        });
        writeln!(out, "{doc}")?;
    } else {
        write!(out, "{}", text(&picked))?;
    }
    Ok(DONE)
}

/// The rules meant: all of a file that is there, or by id, name, title, or the end of a file's path.
fn chosen(set: &RuleSet, name: &str, file: bool) -> Result<Vec<RuleIdx>, Failure> {
    let is = |r: &crate::detect::RuleInfo| {
        r.id.eq_ignore_ascii_case(name) || r.name.as_deref() == Some(name) || r.title.eq_ignore_ascii_case(name)
    };
    let all = || set.rules().iter().enumerate().filter(|(_, r)| r.kind != RuleKind::Filter);
    let by_name: Vec<RuleIdx> = all().filter(|(_, r)| !file && is(r)).map(|(i, _)| RuleIdx(i as u32)).take(1).collect();
    let found = if by_name.is_empty() {
        let own = |path: &str| path == name || (!file && path.ends_with(&format!("/{name}")));
        all().filter(|(_, r)| own(&r.path)).map(|(i, _)| RuleIdx(i as u32)).collect()
    } else {
        by_name
    };
    if found.is_empty() {
        return Err(Failure::usage(format!(
            "no rule with id, name, title or file '{name}'; see: secstream rules list"
        )));
    }
    Ok(found)
}

/// Where the event is: `FILE:LINE`, a file (its first record), `-`, or the text itself.
fn event(text: &str) -> Result<(Input, u64, Option<tempfile::NamedTempFile>), Failure> {
    if text == "-" {
        return Ok((Input::stdin(), 1, None));
    }
    if let Some((file, line)) = text.rsplit_once(':')
        && let Ok(line) = line.parse::<u64>()
        && Path::new(file).is_file()
    {
        return Ok((Input::path(file), line.max(1), None));
    }
    if Path::new(text).is_file() {
        return Ok((Input::path(text), 1, None));
    }
    let looks_like_a_place = !text.contains([' ', '{']);
    if looks_like_a_place {
        let hint = "give FILE:LINE, - for standard input, or the event's text in quotes";
        return Err(Failure::usage(format!("'{text}' is no file; {hint}")));
    }
    let mut file = tempfile::NamedTempFile::new()?;
    writeln!(file, "{}", text.replace('\n', " "))?;
    let input = Input { name: "event".to_owned(), kind: InputKind::Path(file.path().to_owned()) };
    Ok((input, 1, Some(file)))
}

/// What was found of the event.
struct Picked {
    line: u64,
    format: String,
    raw: String,
    rules: Vec<Explanation>,
}

/// Waits for the record of a line and explains it.
struct Pick {
    line: u64,
    rules: Vec<RuleIdx>,
    files: Arc<[RuleFile]>,
    found: Arc<Mutex<Option<Picked>>>,
    stop: Arc<AtomicBool>,
}

impl Sink for Pick {
    fn events(
        &mut self,
        ctx: SinkContext<'_>,
        batch: &Batch,
        records: Range<usize>,
        _: &dyn Fn(usize) -> bool,
    ) -> Result<(), SinkError> {
        for e in records.filter_map(|i| batch.event(i)) {
            let mine = (e.rec.line..e.rec.line + u64::from(e.rec.lines.max(1))).contains(&self.line);
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            if mine && found.is_none() {
                let rules = self.rules.iter().filter_map(|r| explain(ctx.rules, &self.files, *r, e)).collect();
                let format = format_name(e.rec.format).to_owned();
                *found = Some(Picked { line: e.rec.line, format, raw: e.raw().to_owned(), rules });
                self.stop.store(true, Ordering::Relaxed);
            }
        }
        Ok(())
    }
}

fn cut(text: &str) -> String {
    let mut out: String = text.chars().take(VALUE).collect();
    if text.chars().nth(VALUE).is_some() {
        out.push('…');
    }
    sanitize(&out).into_owned()
}

const fn mark(holds: bool) -> &'static str {
    if holds { "yes" } else { "no " }
}

fn text(p: &Picked) -> String {
    let mut out = format!("event at line {} ({}): {}\n", p.line, p.format, cut(&p.raw));
    for x in &p.rules {
        rule(x, 0, &mut out);
    }
    out
}

fn push(out: &mut String, depth: usize, line: &str) {
    out.push_str(&"  ".repeat(depth));
    out.push_str(line.trim_end());
    out.push('\n');
}

fn rule(x: &Explanation, depth: usize, out: &mut String) {
    let verdict = match (x.rules.is_empty(), x.matches) {
        (true, true) => "matches",
        (true, false) => "does not match",
        (false, true) => "is fed by the event",
        (false, false) => "is not fed by the event",
    };
    push(out, depth, &format!("{verdict}: {} ({}:{})", sanitize(&x.title), sanitize(&x.path), x.line));
    if let Some(why) = &x.reason {
        push(out, depth + 1, &format!("not loaded: {}", sanitize(why)));
    }
    for (name, value) in &x.groups {
        let value = value.as_ref().map_or_else(|| "(the event has none)".to_owned(), |v| cut(v));
        push(out, depth + 1, &format!("by {} = {value}", sanitize(name)));
    }
    if !x.logsource.is_empty() {
        push(out, depth + 1, &format!("{} logsource", mark(x.binds)));
        for p in &x.logsource {
            let dash = |t: &str| if t.is_empty() { "-".to_owned() } else { sanitize(t).into_owned() };
            let why = if p.why.is_empty() { String::new() } else { format!("  ({})", sanitize(&p.why)) };
            let line = format!("{} {} {}, event {}{why}", mark(p.holds), p.part, dash(&p.rule), dash(&p.event));
            push(out, depth + 2, &line);
        }
    }
    if let Some(c) = &x.condition {
        push(out, depth + 1, &format!("{} condition", mark(c.holds)));
        step(c, depth + 2, out);
    }
    for f in &x.filters {
        let says = if f.holds { "lets it pass" } else { "takes it out" };
        push(
            out,
            depth + 1,
            &format!("{} filter {} ({}) {says}", mark(f.holds), sanitize(&f.title), sanitize(&f.path)),
        );
        if !f.holds {
            step(&f.condition, depth + 2, out);
        }
    }
    x.rules.iter().for_each(|r| rule(r, depth + 1, out));
}

fn step(s: &Step, depth: usize, out: &mut String) {
    let place = if s.line > 0 && s.kind != Kind::Value { format!("  [line {}]", s.line) } else { String::new() };
    match s.kind {
        Kind::Field => {
            let event = match s.event.as_slice() {
                [] if s.text.starts_with('|') => String::new(),
                [] => ", the event has none".to_owned(),
                all => format!(" = {}", all.iter().map(|v| cut(v)).collect::<Vec<_>>().join(" | ")),
            };
            push(out, depth, &format!("{} {}{event}{place}", mark(s.holds), sanitize(&s.text)));
            for inner in &s.steps {
                values(inner, depth + 1, out);
            }
        }
        Kind::Value => push(out, depth, &format!("{} {}", mark(s.holds), cut(&s.text))),
        _ => {
            push(out, depth, &format!("{} {}{place}", mark(s.holds), sanitize(&s.text)));
            s.steps.iter().for_each(|s| step(s, depth + 1, out));
        }
    }
}

/// The values of a field: those that held, and the first of those that did not.
fn values(s: &Step, depth: usize, out: &mut String) {
    if s.kind == Kind::Not {
        push(out, depth, &format!("{} {}", mark(s.holds), s.text));
        return s.steps.iter().for_each(|s| values(s, depth + 1, out));
    }
    if s.steps.len() > 1 {
        push(out, depth, &format!("{} {} these {}", mark(s.holds), s.text, s.steps.len()));
    }
    let depth = depth + usize::from(s.steps.len() > 1);
    let mut missed = 0;
    for v in &s.steps {
        missed += usize::from(!v.holds);
        if v.holds || missed <= MISSES {
            push(out, depth, &format!("{} {}", mark(v.holds), cut(&v.text)));
        }
    }
    if missed > MISSES {
        push(out, depth, &format!("no  … and {} more that do not hold", missed - MISSES));
    }
}
