//! Which of the logs that were given is which source of the case.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::logs::{LogBytes, LogSums};
use super::report::{Kind, Match};
use super::{Report, base_name, list, raw_bytes, text};

/// A source whose log was given: what comparing found.
pub(super) struct Pair<'a> {
    pub source: &'a Value,
    pub log: usize,
    pub how: Match,
    pub whole: String,
    pub size: u64,
    pub compared: usize,
    /// Places with other bytes, each with the items that rest on it.
    pub other: BTreeMap<u64, Vec<String>>,
}

impl<'a> Pair<'a> {
    fn of(source: &'a Value, log: usize, how: Match, sums: &LogSums) -> Self {
        let whole = sums.whole.clone();
        Self { source, log, how, whole, size: sums.size, compared: 0, other: BTreeMap::new() }
    }
}

/// Which log is which source: by hash, by the hash of its beginning, and what is left by name.
pub(super) fn pairs<'a>(report: &mut Report, document: &'a Value, logs: &mut [Box<dyn LogBytes>]) -> Vec<Pair<'a>> {
    let sources = list(document, "sources");
    // A log that was followed more than once may be several sources, each as far as it was read.
    let sizes: BTreeSet<u64> = sources.iter().filter_map(|s| s["size"].as_u64()).filter(|s| *s > 0).collect();
    let sizes: Vec<u64> = sizes.into_iter().collect();
    let mut sure: Vec<Pair<'_>> = Vec::new();
    let mut others = Vec::new();
    for (i, log) in logs.iter_mut().enumerate() {
        let sums = match log.sums(&sizes) {
            Ok(sums) => sums,
            Err(e) => {
                report.add(Kind::Outside, format!("log {}", log.name()), format!("cannot be read: {e}"));
                continue;
            }
        };
        let had = sure.len();
        for s in sources {
            let begins = || s["size"].as_u64().and_then(|size| Some((size, sums.begins.get(&size)?)));
            if s["sha256"] == sums.whole.as_str() {
                sure.push(Pair::of(s, i, Match::Same, &sums));
            } else if let Some((size, _)) = begins().filter(|(_, hash)| s["sha256"] == hash.as_str()) {
                sure.push(Pair::of(s, i, Match::Grown(size), &sums));
            }
        }
        if sure.len() == had {
            others.push((i, sums));
        }
    }
    // One that is known by its bytes has not changed: another log is it, whatever that is called now.
    let known = |s: &Value| sure.iter().find(|p| p.source["id"] == s["id"]);
    let left: Vec<&Value> = sources.iter().filter(|s| known(s).is_none()).collect();
    let mut strangers = 0;
    let by_name = by_name(document, &left, &others, logs);
    for (i, _) in others.iter().filter(|(i, _)| by_name.iter().all(|p| p.log != *i)) {
        let Some(log) = logs.get(*i) else { continue };
        let (base, item) = (log.base(), format!("log {}", log.name()));
        let named = || sources.iter().filter(|s| called(s, &base, sources, logs));
        if sources.is_empty() {
            // Nothing of it can be right or wrong.
            report.grown.push(format!("the {item} was not compared: the case has no record of any log"));
        // The part that was read last had the name last.
        } else if let Some(is) = named().rev().find_map(known) {
            let is = logs.get(is.log).map_or("?", |l| l.name());
            let said = format!("the {item} has no record of the case: {base} was then what is {is} now");
            report.grown.push(said);
        } else if let Some(part) = sources.iter().find(|s| log.is_found() && missing(s, &base) && known(s).is_none()) {
            // A stranger called like a part, where a part is not there, is what became of it.
            let (name, size) = (text(&part["name"]), &part["size"]);
            let problem = format!(
                "is by hash none of the case's sources, though it is called like a part of {name}, and one of {size} bytes is not there"
            );
            report.add(Kind::Outside, item, problem);
        } else if log.is_found() {
            strangers += 1;
        } else if let Some(taken) = by_name.iter().find(|p| named().any(|s| s["id"] == p.source["id"])) {
            let (name, is) = (text(&taken.source["name"]), logs.get(taken.log).map_or("?", |l| l.name()));
            let problem = format!("is by hash none of the case's sources; as {name} {is} was compared");
            report.add(Kind::Outside, item, problem);
        } else {
            report.add(Kind::Outside, item, "is none of the case's sources, by hash or by name");
        }
    }
    match strangers {
        0 => {}
        1 => report.grown.push("1 file of the folder is no source of the case".to_owned()),
        n => report.grown.push(format!("{n} files of the folder are no sources of the case")),
    }
    sure.extend(by_name);
    sure
}

/// Whether a log of this name may be a source whose bytes are not there: where there is
/// one of each, whatever they are called.
fn called(source: &Value, base: &str, sources: &[Value], logs: &[Box<dyn LogBytes>]) -> bool {
    sources.len() == 1 && logs.len() == 1 || base_name(text(&source["name"])) == base
}

/// The logs that are none by their bytes, each as the source that it is most likely, so
/// that the changed records can be named. What still has the source's records is it;
/// where none has, that whose path ends like its path.
fn by_name<'a>(
    document: &Value,
    left: &[&'a Value],
    others: &[(usize, LogSums)],
    logs: &mut [Box<dyn LogBytes>],
) -> Vec<Pair<'a>> {
    let sources = list(document, "sources");
    let mut likely: Vec<((usize, usize), usize, usize)> = Vec::new();
    for (o, (i, _)) in others.iter().enumerate() {
        let Some(base) = logs.get(*i).map(|l| l.base()) else { continue };
        let may_be: Vec<bool> = left.iter().map(|s| called(s, &base, sources, logs)).collect();
        let Some(log) = logs.get_mut(*i) else { continue };
        for (n, s) in left.iter().enumerate().filter(|(n, _)| may_be.get(*n) == Some(&true)) {
            likely.push(((standing(document, s, log.as_mut()), tail(s, log.name())), o, n));
        }
    }
    likely.sort_by_key(|(how, o, n)| (Reverse(*how), *o, *n));
    let (mut of_log, mut of_source) = (BTreeMap::new(), BTreeSet::new());
    let mut out: Vec<Pair<'_>> = Vec::new();
    // First one for each, then what is no less likely another source, too: a part of the same log.
    for again in [false, true] {
        for (how, o, n) in &likely {
            let free = match of_log.get(o) {
                Some(had) => again && how >= had,
                None => true,
            };
            let (Some((i, sums)), Some(s)) = (others.get(*o), left.get(*n)) else { continue };
            if free && of_source.insert(*n) {
                of_log.entry(*o).or_insert(*how);
                let how = if s["sha256"].is_string() { Match::Changed } else { Match::Named };
                out.push(Pair::of(s, *i, how, sums));
            }
        }
    }
    out
}

/// How many of a source's records stand in a log where the case has them.
fn standing(document: &Value, source: &Value, log: &mut dyn LogBytes) -> usize {
    let of_alerts = list(document, "alerts").iter().flat_map(|a| list(a, "evidence"));
    let records = of_alerts.chain(list(document, "events")).filter(|e| e["source"] == source["id"]);
    let stands = |e: &&Value| {
        let (Some(raw), Some(offset)) = (raw_bytes(e), e["offset"].as_u64()) else { return false };
        log.read_at(offset, raw.len()).is_ok_and(|bytes| bytes == raw)
    };
    records.filter(stands).count()
}

/// How many parts of their paths agree, from the end on.
fn tail(source: &Value, log: &str) -> usize {
    let path = source["path"].as_str().unwrap_or(text(&source["name"]));
    let log = std::path::absolute(log).map_or_else(|_| log.to_owned(), |p| p.display().to_string());
    let parts = |p: &str| p.rsplit(['/', '\\']).map(str::to_owned).collect::<Vec<_>>();
    // What it is called now may be another name.
    parts(path).iter().zip(&parts(&log)).skip(1).take_while(|(a, b)| a == b).count()
}

/// Whether `base` is what rotation calls the parts of a source.
fn missing(source: &Value, base: &str) -> bool {
    let put_aside = |rest: &str| rest.starts_with(['.', '-', '_']);
    base.strip_prefix(base_name(text(&source["name"]))).is_some_and(put_aside)
}
