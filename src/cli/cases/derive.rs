//! `cases verify --source LOG`: the alerts of a case are raised again from the
//! logs, with the rules at hand, and compared by id.
//!
//! Only what can be decided is: an alert needs all its logs as they were read,
//! and its rule with the same text. Times without a year are dated as they were
//! (the document has the reference), a log that grew is read to its old end.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::Failure;
use super::attempts::{self, Attempt, Numbers};
use super::compared::{compare, grown};
use crate::alert::Alert;
use crate::cli::args::{Common, RuleOptions};
use crate::cli::inputs;
use crate::event::Ts;
use crate::pipeline::{LoadedRules, Session, SessionOptions, Sink, SinkContext, SourceStatus};
use crate::sink::SinkError;
use crate::source::{Cache, Fingerprint, Input, InputKind, TimeRefStore};
use crate::store::verify::{Match, Matched, Report};

/// Copies of one log that were read beside it are looked for up to so many.
const COPIES: i64 = 8;

/// How alerts are derived again.
#[derive(Debug, Clone, Default, Args)]
pub struct DeriveArgs {
    /// Compare the bytes only: derive no alerts again
    #[arg(long)]
    pub no_derive: bool,
    /// The rules that were in force, if not the shipped ones
    #[command(flatten)]
    pub rules: RuleOptions,
    /// TOML files that define custom formats (repeatable)
    #[arg(long, value_name = "FILE")]
    pub formats: Vec<PathBuf>,
}

/// What became of one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(super) enum Outcome {
    /// Raised again, the same.
    Same,
    /// Raised again, the same as far as the case goes; the log gives more now.
    Grown { case: u64, now: u64 },
    /// Raised again, with other values.
    Differs { fields: Vec<String> },
    /// Not raised again.
    NotRaised,
    /// Cannot be decided.
    NotDerived { reason: String },
}

/// What became of each alert, by id.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Derived(BTreeMap<String, Outcome>);

impl Derived {
    /// Alerts that were derived again, the same.
    pub(super) fn same(&self) -> usize {
        self.0.values().filter(|o| **o == Outcome::Same).count()
    }

    /// Alerts that have grown since, with the number in the case and now.
    pub(super) fn grown(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        self.0.iter().filter_map(|(id, o)| match o {
            Outcome::Grown { case, now } => Some((id.as_str(), *case, *now)),
            _ => None,
        })
    }

    /// Alerts that could be decided.
    pub(super) fn checked(&self) -> usize {
        self.0.values().filter(|o| !matches!(o, Outcome::NotDerived { .. })).count()
    }

    /// Why others could not, and how many.
    pub(super) fn reasons(&self) -> BTreeMap<&str, usize> {
        let mut all = BTreeMap::new();
        for o in self.0.values() {
            if let Outcome::NotDerived { reason } = o {
                *all.entry(reason.as_str()).or_default() += 1;
            }
        }
        all
    }
}

/// Derives the alerts of the document again and adds what differs to the report.
pub(super) fn derive(
    document: &Value,
    report: &mut Report,
    logs: &[PathBuf],
    args: &DeriveArgs,
) -> Result<Derived, Failure> {
    if args.no_derive || logs.is_empty() {
        return Ok(Derived::default());
    }
    let usage = |f: crate::cli::error::Failure| Failure::Usage(f.message);
    let list = |name: &str| document[name].as_array().map_or(&[][..], Vec::as_slice);
    let mut job = Job {
        sources: list("sources").iter().map(|s| (s["id"].as_i64().unwrap_or(-1), s)).collect(),
        matched: report.matched.iter().map(|m| (m.source, m.clone())).collect(),
        ..Job::default()
    };
    for e in list("alerts").iter().flat_map(evidence) {
        let end = e["offset"].as_u64().unwrap_or(0).saturating_add(e["length"].as_u64().unwrap_or(0));
        let reach = job.reach.entry(e["source"].as_i64().unwrap_or(-1)).or_default();
        *reach = end.max(*reach);
    }
    let common = Common {
        rules: args.rules.clone(),
        formats: args.formats.clone(),
        format: "auto".to_owned(),
        timezone: job.timezone(),
        no_store: true,
        ..Common::default()
    };
    let config = inputs::config(&common).map_err(usage)?;
    let (dirs, add) = inputs::rule_dirs(&config, &args.rules);
    let rules = LoadedRules::of(inputs::rule_files(&config, &dirs, &add).map_err(usage)?);
    job.rules = rules.records.iter().map(|r| (r.id.clone(), r.sha256.clone())).collect();

    let mut derived = Derived::default();
    let mut wanted: BTreeMap<&str, &Value> = BTreeMap::new();
    for alert in list("alerts") {
        let id = alert["id"].as_str().unwrap_or_default();
        match job.hindrance(alert) {
            Some(reason) => drop(derived.0.insert(id.to_owned(), Outcome::NotDerived { reason })),
            None => drop(wanted.insert(id, alert)),
        }
    }
    if wanted.is_empty() {
        return Ok(derived);
    }
    let read = |until, from: &Attempt| -> Result<Raised, Failure> {
        let options = inputs::session(&common, &config, Vec::new()).map_err(usage)?;
        let rules = LoadedRules { set: Arc::clone(&rules.set), records: rules.records.clone() };
        // What is copied of the logs is gone again when they were read.
        let dir = tempfile::tempdir()?;
        job.run(options, rules, logs, dir.path(), (until, from))
    };
    let (raised, formats) = read(Until::Recorded, &Attempt::default())?;
    let formats = job.counts(report, formats);
    // Of a log that went on since, what it gives now is said too.
    let now = if job.matched.values().any(|m| matches!(m.how, Match::Grown(_))) {
        read(Until::Now, &Attempt::default())?.0
    } else {
        BTreeMap::new()
    };
    // Who began to follow a rotated log with a later part did not see the parts before it,
    // and who gave a copy beside a log read it more than once.
    let copies = job.copies(list("alerts"));
    let mut other: BTreeMap<Attempt, Vec<(&str, &Value)>> = BTreeMap::new();
    for (id, alert) in wanted {
        let outcome = match job.misread(alert, &formats) {
            Some(reason) => Outcome::NotDerived { reason },
            None => grown(alert, compare(alert, raised.get(id)), now.get(id).or(raised.get(id))),
        };
        if matches!(outcome, Outcome::NotRaised | Outcome::Differs { .. }) {
            let begins = job.begins(alert);
            let copies =
                if job.copies(std::slice::from_ref(alert)).is_empty() { Numbers::new() } else { copies.clone() };
            for attempt in [Attempt { begins: begins.clone(), copies: Numbers::new() }, Attempt { begins, copies }] {
                if attempt != Attempt::default() {
                    let alerts = other.entry(attempt).or_default();
                    alerts.extend((alerts.last().is_none_or(|(last, _)| *last != id)).then_some((id, alert)));
                }
            }
        }
        derived.0.insert(id.to_owned(), outcome);
    }
    drop((raised, now));
    attempts::try_each(other, &mut derived.0, &mut |attempt| Ok(read(Until::Recorded, attempt)?.0))?;
    for (id, outcome) in &derived.0 {
        let item = format!("alert {id}");
        match outcome {
            Outcome::NotRaised => report.add_outside(item, "is not raised again from the logs"),
            Outcome::Differs { fields } => {
                report.add_outside(item, format!("derived again from the logs it differs in {}", fields.join(", ")));
            }
            Outcome::Same | Outcome::Grown { .. } | Outcome::NotDerived { .. } => {}
        }
    }
    Ok(derived)
}

/// How far logs that have grown are read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// To the end that the case has of them.
    Recorded,
    /// To their end now.
    Now,
}

/// How a source was read: its format, and where it was read as a log by itself its
/// lines and records.
type Reading = (String, Option<(u64, u64)>);

/// Alerts by id, and how each source was read.
type Raised = (attempts::Alerts, BTreeMap<i64, Reading>);

/// What is known before the logs are read.
#[derive(Default)]
struct Job<'a> {
    sources: BTreeMap<i64, &'a Value>,
    matched: BTreeMap<i64, Matched>,
    /// Where the last record of each source ends that the case has.
    reach: BTreeMap<i64, u64>,
    /// SHA-256 of the texts of the rules at hand.
    rules: BTreeMap<String, String>,
}

impl Job<'_> {
    /// The zone by which the logs were read, where it is one.
    fn timezone(&self) -> Option<String> {
        let zones: BTreeSet<&str> =
            self.matched.keys().filter_map(|id| self.sources.get(id)?["timezone"].as_str()).collect();
        zones.first().filter(|z| zones.len() == 1 && !z.is_empty()).map(|z| (*z).to_owned())
    }

    fn name(&self, source: i64) -> &str {
        self.sources.get(&source).and_then(|s| s["name"].as_str()).unwrap_or("?")
    }

    /// Why an alert cannot be derived again.
    fn hindrance(&self, alert: &Value) -> Option<String> {
        let rule = alert["rule_id"].as_str().unwrap_or_default();
        let ruled = |parts: &serde_json::Map<String, Value>| parts.keys().find(|k| k.starts_with("ruling ")).cloned();
        if let Some(by) = alert["score_parts"].as_object().and_then(ruled) {
            return Some(format!("its level was changed by {by}, which is no part of the rules"));
        }
        let Some(recorded) = alert["rule_sha256"].as_str() else {
            return Some("the case does not have the hash of their rule".to_owned());
        };
        match self.rules.get(rule) {
            None => return Some(format!("rule {rule} is not among the rules here (name them with --rules)")),
            Some(sha) if sha != recorded => return Some(format!("rule {rule} has another text here")),
            Some(_) => {}
        }
        let sources = evidence(alert).map(|e| e["source"].as_i64().unwrap_or(-1)).collect::<BTreeSet<_>>();
        for id in sources {
            match self.matched.get(&id).map(|m| m.how) {
                None => return Some(format!("the log {} was not given", self.name(id))),
                Some(Match::Changed) => return Some(format!("the log {} was changed", self.name(id))),
                Some(_) => {}
            }
        }
        let zone = |id: &i64| self.sources.get(id).map(|s| &s["timezone"]);
        let mut zones = self.matched.keys().map(zone);
        let first = zones.next();
        (!zones.all(|z| Some(z) == first)).then(|| "the logs were read by different time zones".to_owned())
    }

    /// The log that a source is a part of, and which part of it.
    fn part(&self, source: i64) -> (i64, i64) {
        let number = |name: &str| self.sources.get(&source).and_then(|s| s[name].as_i64());
        (number("log").unwrap_or(source), number("part").unwrap_or(0))
    }

    /// The first part that an alert rests on of each rotated log, where that is not the log's first.
    fn begins(&self, alert: &Value) -> Numbers {
        let mut first = Numbers::new();
        for (log, part) in evidence(alert).filter_map(|e| e["source"].as_i64()).map(|id| self.part(id)) {
            first.entry(log).and_modify(|p| *p = part.min(*p)).or_insert(part);
        }
        first.retain(|_, part| *part > 0);
        first
    }

    /// How often logs were read, where that was more than once: as often as one of their
    /// records is evidence of one alert. A record is known by its bytes and its place, so
    /// those of a copy are those of the log.
    fn copies(&self, alerts: &[Value]) -> Numbers {
        let mut most = Numbers::new();
        for alert in alerts {
            let mut times: BTreeMap<&str, i64> = BTreeMap::new();
            for e in evidence(alert) {
                let n = times.entry(e["event"].as_str().unwrap_or_default()).or_default();
                *n += 1;
                if let Some(id) = e["source"].as_i64().filter(|_| *n > 1) {
                    let had = most.entry(self.part(id).0).or_default();
                    *had = (*n).min(COPIES).max(*had);
                }
            }
        }
        most
    }

    /// Compares the recorded numbers of lines and records of each source that was read whole,
    /// by the same format, and is the same log; the format by which each was read now.
    fn counts(&self, report: &mut Report, read: BTreeMap<i64, Reading>) -> BTreeMap<i64, String> {
        for (id, (format, counts)) in &read {
            let same = self.matched.get(id).is_some_and(|m| m.how == Match::Same);
            let (Some(source), Some((lines, records)), true) = (self.sources.get(id), counts, same) else { continue };
            if source["complete"] != true || source["format"] != format.as_str() {
                continue;
            }
            let other: Vec<String> = [("lines", lines), ("records", records)]
                .iter()
                .filter(|(name, now)| source[*name].as_u64().is_some_and(|then| then != **now))
                .map(|(name, now)| format!("{name} ({}, now {now})", source[*name]))
                .collect();
            if !other.is_empty() {
                let item = format!("source {}", self.name(*id));
                report.add_outside(item, format!("the log, which is as it was, has other {}", other.join(" and ")));
            }
        }
        read.into_iter().map(|(id, (format, _))| (id, format)).collect()
    }

    /// Whether one of an alert's sources was read by another format than then.
    fn misread(&self, alert: &Value, formats: &BTreeMap<i64, String>) -> Option<String> {
        let ids: BTreeSet<i64> = evidence(alert).filter_map(|e| e["source"].as_i64()).collect();
        ids.into_iter().find_map(|id| {
            let then = self.sources.get(&id)?["format"].as_str()?;
            let now = formats.get(&id)?;
            (then != now).then(|| {
                let name = self.name(id);
                format!("the log {name} was read as {then} and is read as {now} here (--formats names custom ones)")
            })
        })
    }

    /// Each log once, though it may be several sources: as that which went furthest.
    fn once(&self) -> impl Iterator<Item = (&i64, &Matched)> {
        let reach = |m: &Matched| match m.how {
            Match::Grown(size) => size,
            _ => u64::MAX,
        };
        let usable = || self.matched.iter().filter(|(_, m)| m.how != Match::Changed);
        usable().filter(move |(id, m)| {
            let further = |(other, o): (&i64, &Matched)| o.log == m.log && (reach(o), other) > (reach(m), id);
            !usable().any(further)
        })
    }

    /// Where a log that has grown is read to: its recorded end. What was followed
    /// may have evidence a little beyond that.
    fn end(&self, source: i64, size: u64) -> u64 {
        let whole = self.sources.get(&source).is_some_and(|s| s["complete"] == true);
        if whole { size } else { size.max(self.reach.get(&source).copied().unwrap_or(0)) }
    }

    /// The logs to be read, each in its parts, the oldest first. Of a log that was
    /// rotated, what is before the part with which it shall begin is left out.
    fn logs(&self, from: &Numbers) -> Vec<Vec<(i64, &Matched)>> {
        let mut all: BTreeMap<i64, Vec<(i64, i64, &Matched)>> = BTreeMap::new();
        for (id, m) in self.once() {
            let (log, part) = self.part(*id);
            if from.get(&log).is_none_or(|first| part >= *first) {
                all.entry(log).or_default().push((part, *id, m));
            }
        }
        let mut all: Vec<_> = all.into_values().collect();
        for parts in &mut all {
            parts.sort_by_key(|(part, id, _)| (*part, *id));
        }
        all.into_iter().map(|parts| parts.into_iter().map(|(_, id, m)| (id, m)).collect()).collect()
    }

    /// A log as one file: itself, or its parts behind each other. With it where each part begins.
    fn file(&self, parts: &[(i64, &Matched)], logs: &[PathBuf], to: &Path, until: Until) -> Result<Whole, Failure> {
        let mut whole = Whole { path: to.to_owned(), begins: Vec::new() };
        let mut at = 0;
        for (n, (id, m)) in parts.iter().enumerate() {
            let Some(path) = logs.get(m.log) else { continue };
            // What came to a part after it was left was not read.
            let end = match m.how {
                Match::Grown(size) if until == Until::Recorded || n + 1 < parts.len() => Some(self.end(*id, size)),
                _ => None,
            };
            whole.begins.push((at, *id));
            if parts.len() == 1 && end.is_none() {
                whole.path.clone_from(path);
                return Ok(whole);
            }
            let copy = || -> io::Result<u64> {
                let mut out = File::options().create(true).append(true).open(to)?;
                let mut n = io::copy(&mut File::open(path)?.take(end.unwrap_or(u64::MAX)), &mut out)?;
                // The last line of a part ends with it.
                let mut last = [b'\n'];
                if n > 0 {
                    File::open(to)?.read_exact_at(&mut last, at + n - 1)?;
                }
                if last != [b'\n'] {
                    io::Write::write_all(&mut out, b"\n")?;
                    n += 1;
                }
                Ok(n)
            };
            at += copy().map_err(|error| Failure::File { name: path.display().to_string(), error })?;
        }
        Ok(whole)
    }

    /// Reads the logs again, as they were.
    fn run(
        &self,
        mut options: SessionOptions,
        rules: LoadedRules,
        logs: &[PathBuf],
        dir: &Path,
        (until, attempt): (Until, &Attempt),
    ) -> Result<Raised, Failure> {
        let cache = Cache::at(&dir.join("cache"), u64::MAX);
        let references = TimeRefStore::new(cache.clone());
        let mut order = Vec::new();
        for parts in self.logs(&attempt.begins) {
            // The log has the name and the reference that it had last.
            let Some((id, source)) = parts.last().and_then(|(id, _)| Some((*id, self.sources.get(id)?))) else {
                continue;
            };
            let Whole { path, begins } = self.file(&parts, logs, &dir.join(format!("{id}")), until)?;
            let fail = |error| Failure::File { name: path.display().to_string(), error };
            let file = File::open(&path).map_err(fail)?;
            let print = file.metadata().and_then(|meta| Fingerprint::of(&file, meta.len())).map_err(fail)?;
            if let Some(reference) = source["time_reference"].as_str().and_then(Ts::parse_rfc3339) {
                let _ = references.get_or_record(&print, reference);
            }
            // Under its old name, which is a part of what tells its format.
            for _ in 0..attempt.copies.get(&self.part(id).0).copied().unwrap_or(1) {
                options.inputs.push(Input { name: self.name(id).to_owned(), kind: InputKind::Path(path.clone()) });
                order.push(begins.clone());
            }
        }
        let found = Arc::new(Mutex::new(BTreeMap::new()));
        options.rules = Box::new(move || rules);
        options.cache = Some(cache);
        options.sinks.push(Box::new(Collect(Arc::clone(&found))));
        let mut session = Session::start(options);
        session.join().map_err(|e| Failure::Input(e.to_string()))?;
        let snapshot = session.snapshot();
        let each = order.iter().zip(snapshot.sources.iter());
        let formats = each
            .flat_map(|(parts, s)| {
                let counts = (parts.len() == 1).then_some((s.counts.lines, s.counts.records));
                parts.iter().map(move |(_, id)| (*id, (s.format.clone(), counts)))
            })
            .collect();
        let mut found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
        for alert in found.values_mut() {
            // Places are those in the parts.
            for e in &mut Arc::make_mut(alert).evidence {
                let begins = order.get(e.source.0 as usize).map_or(&[][..], Vec::as_slice);
                e.offset -= begins.iter().map(|(begin, _)| *begin).take_while(|b| *b <= e.offset).last().unwrap_or(0);
            }
        }
        Ok((found, formats))
    }
}

/// A log to be read again.
struct Whole {
    path: PathBuf,
    /// Where each part begins, and which it is.
    begins: Vec<(u64, i64)>,
}

/// Keeps the closed alerts by id.
struct Collect(Arc<Mutex<BTreeMap<String, Arc<Alert>>>>);

impl Sink for Collect {
    fn finish(&mut self, _: SinkContext<'_>, alerts: &[Arc<Alert>], _: &[SourceStatus]) -> Result<(), SinkError> {
        let all = alerts.iter().map(|a| (a.id.clone(), Arc::clone(a))).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = all;
        Ok(())
    }
}

pub(super) fn evidence(alert: &Value) -> impl Iterator<Item = &Value> {
    alert["evidence"].as_array().into_iter().flatten()
}
