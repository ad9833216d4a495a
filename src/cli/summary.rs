//! The summary of a replay, for people and for scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::json;

use super::words::{count, folded, some};
use crate::detect::RuleCounts;
use crate::detect::state::Evicted;
use crate::event::{Severity, Ts, sanitize};
use crate::pipeline::{RuleProblem, RulingHits, Snapshot, SourceStatus};
use crate::source::Skipped;

/// The JSON document of `replay --json`; `failed` says which outputs are not whole, and why.
pub(super) fn to_json(s: &Snapshot, skipped: &[Skipped], failed: &[String]) -> serde_json::Value {
    let t = &s.totals;
    let by_severity: serde_json::Map<String, serde_json::Value> =
        Severity::ALL.iter().map(|v| (v.to_string(), s.alerts_of(*v).into())).collect();
    let fired: serde_json::Map<String, serde_json::Value> =
        s.rules_fired.iter().map(|(id, n)| (id.to_string(), (*n).into())).collect();
    let inputs: Vec<_> = s
        .sources
        .iter()
        .map(|i| {
            json!({
                "path": i.name, "format": i.format, "sha256": i.sha256, "records": i.counts.records,
                "parsed": i.counts.parsed, "raw": i.counts.raw, "filtered": i.counts.filtered_total(),
                "dropped": i.counts.dropped_total(), "lines": i.counts.lines, "late": i.counts.late, "duplicates": i.counts.twice,
                "header_lines": i.counts.headers, "without_time": i.counts.untimed,
                "years_inferred": i.counts.yearless, "other_year": i.counts.other_year, "year_from": i.year_from, "failed": i.failed, "damaged": i.damaged,
                "unread": i.unread.iter().map(|(file, n)| json!({"file": file, "bytes": n})).collect::<Vec<_>>(),
                "warnings": i.warnings,
            })
        })
        .collect();
    json!({
        "lines": t.lines,
        "empty_lines": t.empty_lines,
        "header_lines": t.headers,
        "records": t.records,
        "parsed": t.parsed,
        "raw": t.raw,
        "filtered": t.filtered_total(),
        "filtered_by": t.filtered,
        "dropped": t.dropped_total(),
        "dropped_by": t.dropped,
        "late": t.late,
        "duplicates": t.twice,
        "carried_times": t.carried,
        "without_time": t.untimed,
        "not_correlated": s.untimed_matches,
        "evicted": s.evicted,
        "evicted_by": *s.evicted_by,
        "bytes": t.bytes,
        "seconds": s.seconds,
        "records_per_second": t.records as f64 / s.seconds.max(1e-6),
        "peak_bytes": peak_bytes(),
        "first_event": t.first_event,
        "last_event": t.last_event,
        "alerts": s.alerts.len(),
        "alerts_covered": s.covered(),
        "alerts_by_severity": by_severity,
        "rules_loaded": s.rules_loaded,
        "filters_loaded": s.filters_loaded,
        "rules_reloaded": s.rules_reloaded,
        "rules_not_loaded": s.rule_problems.iter()
            .map(|p| json!({"path": p.path, "line": p.line, "reason": p.reason})).collect::<Vec<_>>(),
        "rules_fired": fired,
        "rulings": s.rulings.iter().map(|h| json!({
            "id": h.ruling.id, "rule": h.ruling.rule, "when": h.ruling.when, "level": h.ruling.level,
            "owner": h.ruling.owner, "reason": h.ruling.reason, "until": h.ruling.until, "alerts": h.alerts,
        })).collect::<Vec<_>>(),
        "inputs": inputs,
        "outputs_failed": failed,
        "notes": &*s.notes,
        "skipped": skipped.iter().map(|k| json!({"path": k.name, "reason": k.reason.to_string()})).collect::<Vec<_>>(),
    })
}

/// With fewer columns an alert's message has lines of its own.
const ONE_LINE: usize = 110;

/// The summary for people, for so many columns; safe to print.
pub(super) fn to_text(s: &Snapshot, skipped: &[Skipped], width: usize) -> String {
    let t = &s.totals;
    let mut out = String::new();
    let rate = t.records as f64 / s.seconds.max(1e-6);
    let _ = writeln!(
        out,
        "{} = {} parsed + {} raw + {} filtered + {} dropped   ({}, {} empty{})",
        count(t.records, "record"),
        t.parsed,
        t.raw,
        t.filtered_total(),
        t.dropped_total(),
        count(t.lines, "line"),
        t.empty_lines,
        if t.headers > 0 { format!(", {} of headers", t.headers) } else { String::new() }
    );
    let failed = s.sources.iter().filter(|i| i.failed).count();
    let damaged = s.sources.iter().filter(|i| i.damaged).count();
    if s.sources.len() > 1 {
        let failed = if failed > 0 { format!(", {failed} of them not readable") } else { String::new() };
        let damaged = if damaged > 0 { format!(", {damaged} damaged") } else { String::new() };
        let _ = writeln!(out, "{}{failed}{damaged}", count(s.sources.len(), "input"));
    }
    for (by, n) in t.filtered.iter().chain(&t.dropped) {
        let _ = writeln!(out, "  {n} by {by}");
    }
    if let (Some(a), Some(b)) = (t.first_event, t.last_event) {
        let _ = writeln!(out, "events from {a} to {b}, {} out of order", t.late);
    }
    if t.twice > 0 {
        let what = if t.twice == 1 { "record that rules match stands" } else { "records that rules match stand" };
        let _ = writeln!(out, "{} {what} in another input, too: counted once", t.twice);
    }
    untimed(&mut out, s);
    years(&mut out, s);
    let _ = writeln!(out, "{:.2} s, {rate:.0} records/s, peak {} MB", s.seconds, peak_bytes().unwrap_or(0) >> 20);
    let _ = writeln!(out, "{}", rules_said(s));
    if s.rules_reloaded > 0 {
        let _ = writeln!(out, "rules changed while it was followed: {}", count(s.rules_reloaded, "time"));
    }
    let problem = |p: &RuleProblem| format!("  {}", sanitize(&placed(&p.path, p.line, &p.reason)));
    out += &some(s.rule_problems.iter().map(problem), 10, "secstream rules list");
    if s.evicted > 0 {
        let _ = writeln!(
            out,
            "put out of memory by the caps: {} window entries, groups and connections (what they held may be missed)",
            s.evicted
        );
        let one = |e: &Evicted| format!("  {} by {}", e.entries, sanitize(&e.rule));
        out += &some(s.evicted_by.iter().map(one), 5, "--json lists all");
    }
    for note in s.notes.iter() {
        let _ = writeln!(out, "{}", sanitize(note));
    }
    out += &some(warnings(s).into_iter(), 40, "--json lists all");
    let skip = |k: &Skipped| format!("{}: left out: {}", sanitize(&k.name), sanitize(&k.reason.to_string()));
    out += &some(skipped.iter().map(skip), 40, "--json lists all");
    let ruled: Vec<&RulingHits> = s.rulings.iter().filter(|h| h.alerts > 0).collect();
    let ruled = ruled.into_iter().map(|h| {
        let r = &h.ruling;
        let did = match r.level {
            None => format!("filtered by suppression {}", r.id),
            Some(l) => format!("level made {l} by {}", r.id),
        };
        sanitize(&format!("{}: {did} ({}: {})", count(h.alerts, "alert"), r.owner, r.reason)).into_owned()
    });
    out += &some(ruled, 20, "--json lists all");
    let counts: Vec<String> = Severity::ALL
        .iter()
        .rev()
        .filter(|v| s.alerts_of(**v) > 0)
        .map(|v| format!("{} {v}", s.alerts_of(*v)))
        .collect();
    let covered = match s.covered() {
        0 => String::new(),
        n => format!(", {n} covered by others"),
    };
    let sum = count(s.alerts.len(), "alert");
    let _ = writeln!(out, "{sum}{covered}{}{}", if counts.is_empty() { "" } else { ": " }, counts.join(", "));
    let mut top: Vec<_> = s.alerts.iter().filter(|a| a.covered_by.is_none()).collect();
    top.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.timestamp.cmp(&b.timestamp)).then(a.id.cmp(&b.id)));
    let narrow = width < ONE_LINE;
    for a in top.iter().take(15) {
        let _ = writeln!(
            out,
            "  {:<8} {:>5.1}  {}  {}{}",
            a.severity.as_str().to_uppercase(),
            a.score,
            a.timestamp,
            if narrow {
                sanitize(&a.entity()).into_owned() + "\n    "
            } else {
                format!("{:<24} ", sanitize(&a.entity()))
            },
            sanitize(&a.message)
        );
        if !a.covers.is_empty() {
            let indent = if narrow { 3 } else { 58 };
            let _ = writeln!(out, "{:indent$} covers {}", "", covers(s, &a.covers));
        }
    }
    if top.len() > 15 {
        let _ = writeln!(out, "  … and {} more: --alerts PATH writes all", top.len() - 15);
    }
    if s.covered() > 0 {
        let _ = writeln!(
            out,
            "not listed: {} that others stand for; --alerts PATH writes them too (covered_by), D shows them in the workbench",
            count(s.covered(), "alert")
        );
    }
    folded(&out, width)
}

/// How many records have no time, and what that means for rules.
fn untimed(out: &mut String, s: &Snapshot) {
    let n = s.totals.untimed;
    if n == 0 {
        return;
    }
    let names: Vec<_> = s.sources.iter().filter(|i| i.counts.untimed > 0).map(|i| &i.name).collect();
    let whose = match names.as_slice() {
        [one] => sanitize(one).into_owned(),
        many => count(many.len(), "input"),
    };
    let lost = match s.untimed_matches {
        0 => String::new(),
        m => format!(": {} not counted in windows of time", count(m, "match")),
    };
    let _ = writeln!(out, "{whose}: {} without any time, shown at the time of the file{lost}", count(n, "record"));
}

/// How many rules and filters are in force, and how many are not.
fn rules_said(s: &Snapshot) -> RuleCounts {
    let (rules, filters) = (s.rules_loaded, s.filters_loaded);
    RuleCounts { rules, filters, refused: s.rule_problems.len(), ..RuleCounts::default() }
}

/// What made the run fail, where no summary tells it: inputs that could not be
/// read, or not whole, and rules of which none is in force.
pub(super) fn failures(s: &Snapshot, skipped: &[Skipped]) -> Vec<String> {
    let mut out = said(s, |i| i.failed || i.damaged);
    let left_out = skipped.iter().filter(|k| k.is_failure());
    out.extend(left_out.map(|k| format!("{}: left out: {}", sanitize(&k.name), sanitize(&k.reason.to_string()))));
    if s.rules_loaded == 0 {
        out.extend(s.rule_problems.iter().map(|p| sanitize(&placed(&p.path, p.line, &p.reason)).into_owned()));
    }
    let more = out.len().saturating_sub(40);
    out.truncate(40);
    if more > 0 {
        out.push(format!("… and {more} more: --json lists all"));
    }
    out
}

/// What deserves attention of the inputs, losses first; what is said of many is
/// said once.
fn warnings(s: &Snapshot) -> Vec<String> {
    said(s, |_| true)
}

fn said(s: &Snapshot, of: impl Fn(&SourceStatus) -> bool) -> Vec<String> {
    let mut same: BTreeMap<(bool, &str), Vec<&str>> = BTreeMap::new();
    for i in s.sources.iter().filter(|i| of(i)) {
        for w in &i.warnings {
            same.entry((!(i.failed || i.damaged), w)).or_default().push(&i.name);
        }
    }
    let one = |((_, w), names): (&(bool, &str), &Vec<&str>)| match names.as_slice() {
        [a, b, c, _, ..] => vec![format!(
            "{}: {} ({}, {}, {} …)",
            count(names.len(), "input"),
            sanitize(w),
            sanitize(a),
            sanitize(b),
            sanitize(c)
        )],
        few => few.iter().map(|name| format!("{}: {}", sanitize(name), sanitize(w))).collect(),
    };
    same.iter().flat_map(one).collect()
}

/// Which years were inferred, from what: a log whose time was lost is dated wrongly.
fn years(out: &mut String, s: &Snapshot) {
    if s.totals.other_year > 0 {
        let n = s.totals.other_year;
        let what = if n == 1 { "record is" } else { "records are" };
        let _ =
            writeln!(out, "{n} {what} of 29 February, which the given year has not: of the last leap year before it");
    }
    let mut groups: BTreeMap<(String, &str), Vec<&str>> = BTreeMap::new();
    for i in s.sources.iter().filter(|i| i.counts.yearless > 0 && !i.year_from.is_empty()) {
        let year = |t: Option<Ts>| t.map_or_else(String::new, |t| t.to_string().chars().take(4).collect());
        let (from, to) = (year(i.counts.first_event), year(i.counts.last_event));
        let years = if from == to { format!("year {from}") } else { format!("years {from} to {to}") };
        groups.entry((years, i.year_from)).or_default().push(&i.name);
    }
    for ((years, by), names) in groups {
        let what = match names.as_slice() {
            [one] => sanitize(one).into_owned(),
            many => count(many.len(), "input"),
        };
        let _ = writeln!(out, "{what}: {years} inferred from {by} (--year names another)");
    }
}

/// The titles of alerts, with numbers: `SSH password spraying, Slow guessing (2)`.
fn covers(s: &Snapshot, ids: &[String]) -> String {
    let ids: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    let mut titles: BTreeMap<&str, usize> = BTreeMap::new();
    for a in s.alerts.iter().filter(|a| ids.contains(&*a.id)) {
        *titles.entry(&*a.rule).or_default() += 1;
    }
    let one = |(title, n): (&&str, &usize)| match n {
        1 => sanitize(title).into_owned(),
        n => format!("{} ({n})", sanitize(title)),
    };
    titles.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A place and what is wrong there; a reason that begins with its place already
/// is left as it is.
pub(super) fn placed(path: &str, line: impl std::fmt::Display, reason: &str) -> String {
    let own = reason.strip_prefix(path).is_some_and(|rest| rest.starts_with(':'));
    if own { reason.to_owned() } else { format!("{path}:{line}: {reason}") }
}

/// Largest resident memory of this process so far, in bytes, where the system
/// tells (`VmHWM` of `/proc/self/status`, kB).
pub(super) fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kb: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kb * 1024)
}
