//! Sources, counts that add up, what was lost or not loaded.
//!
//! ```text
//! ─ records ────────────────────────────────────────────────────────────────────
//!  1,000,000 records = 999,986 parsed + 14 raw + 0 filtered + 0 dropped
//! ─ sources ────────────────────────────────────────────────────────────────────
//!  auth.log   sshd   112 MB   1,000,000 records   14 raw   read to its end
//! ```

use super::state::State;
use super::text;
use super::words::many;
use crate::detect::RuleCounts;
use crate::pipeline::{Phase, SourceStatus};

/// Inputs listed that were left out.
const MOST_LEFT_OUT: usize = 1_000;

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    Plain,
    /// Of less weight.
    Dim,
    /// It deserves attention.
    Warn,
    /// Something is lost or failed.
    Bad,
}

/// A line of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A title over what follows.
    Rule(String),
    /// Text.
    Text(String, Tone),
}

/// All lines of the screen at a width.
#[must_use]
pub fn lines(s: &State, w: usize) -> Vec<Line> {
    let c = &s.snap.totals;
    let n = text::thousands;
    let some = |k: u64, what: &str, before: &str| if k > 0 { format!("{before}{}{what}", n(k)) } else { String::new() };
    let mut out = vec![Line::Rule("records".into())];
    out.push(Line::Text(
        format!(
            "{} = {} parsed + {} raw + {} filtered + {} dropped",
            many(c.records, "record"),
            n(c.parsed),
            n(c.raw),
            n(c.filtered_total()),
            n(c.dropped_total())
        ),
        if c.balanced() { Tone::Plain } else { Tone::Bad },
    ));
    for (by, k) in c.filtered.iter().chain(&c.dropped) {
        out.push(Line::Text(format!("  {} {by}", n(*k)), Tone::Dim));
    }
    out.push(Line::Text(
        format!(
            "{}, {} empty{}, {}{} · {} late · {} evicted",
            many(c.lines, "line"),
            n(c.empty_lines),
            some(c.headers, " of headers", ", "),
            text::bytes(c.bytes),
            some(c.untimed, " without time", " · ") + &some(c.twice, " in two inputs", " · "),
            n(c.late),
            n(s.snap.evicted)
        ),
        if s.snap.evicted > 0 || c.late > 0 { Tone::Warn } else { Tone::Plain },
    ));
    if c.late > 0 {
        let what = format!("  {} late: counted at their own time, shown where the log has them", n(c.late));
        out.push(Line::Text(what, Tone::Warn));
    }
    for lost in s.snap.evicted_by.iter().take(3) {
        let what = format!("  {} evicted from {}", n(lost.entries), text::sanitize(&lost.rule));
        out.push(Line::Text(what, Tone::Dim));
    }
    let phase = match s.snap.phase {
        Phase::Starting if !s.facts.inputs => "no log is open, the case store alone",
        Phase::Starting => "starting",
        Phase::Running => "reading",
        Phase::Waiting => "waiting for more",
        Phase::Done => "done",
        Phase::Stopped => "stopped before the end",
    };
    let whole = c.records as f64 / s.snap.seconds.max(0.001);
    out.push(Line::Text(
        format!(
            "{phase} · {:.1} s · {} records/s over all · {} now",
            s.snap.seconds,
            text::short(whole),
            text::short(s.rate)
        ),
        Tone::Plain,
    ));
    let loaded = |filter: bool| s.rules.all.iter().filter(|r| r.loaded && (r.kind == "filter") == filter).count();
    let (rules, filters) =
        if s.facts.inputs { (s.snap.rules_loaded, s.snap.filters_loaded) } else { (loaded(false), loaded(true)) };
    let rules = RuleCounts { rules, filters, refused: s.snap.rule_problems.len(), ..RuleCounts::default() };
    out.push(Line::Text(
        format!(
            "{rules} · {} · {}",
            many(if s.facts.inputs { s.snap.alerts.len() } else { s.triage.all.len() } as u64, "alert"),
            many(s.snap.rules_fired.iter().map(|(_, k)| k).sum(), "match")
        ),
        Tone::Plain,
    ));
    for h in s.snap.rulings.iter().filter(|h| h.alerts > 0) {
        let r = &h.ruling;
        let did = match r.level {
            None => format!("filtered by suppression {}", r.id),
            Some(l) => format!("with level {l} by {}", r.id),
        };
        let alerts = super::words::count(usize::try_from(h.alerts).unwrap_or(usize::MAX), "alert");
        out.push(Line::Text(format!("  {alerts} {did} ({}: {})", r.owner, r.reason), Tone::Dim));
    }
    if let Some(l) = s.snap.latency {
        let batches = super::words::count(l.batches, "batch").replace("batchs", "batches");
        let ms = |d: std::time::Duration| d.as_millis();
        let what = format!("from read to shown: p50 {} ms · p99 {} ms · last {batches}", ms(l.p50), ms(l.p99));
        out.push(Line::Text(what, Tone::Plain));
    }
    out.push(Line::Text(s.facts.store.clone(), Tone::Plain));
    out.extend(audit(s));
    for o in s.snap.outputs.iter() {
        out.push(Line::Text(format!("  {}", text::sanitize(&o.reason)), Tone::Bad));
    }
    for note in s.snap.notes.iter() {
        out.push(Line::Text(format!("  {}", text::sanitize(note)), Tone::Warn));
    }
    out.push(Line::Rule(format!("sources ({})", s.snap.sources.len())));
    for source in s.snap.sources.iter() {
        out.push(Line::Text(
            source_line(source, w),
            if source.failed || source.damaged { Tone::Bad } else { Tone::Plain },
        ));
        for warning in &source.warnings {
            out.push(Line::Text(format!("  {warning}"), Tone::Warn));
        }
    }
    out.extend(left_out(s));
    if !s.snap.rule_problems.is_empty() {
        out.push(Line::Rule("rules not loaded".into()));
        for r in s.snap.rule_problems.iter() {
            // The reason is what is looked for; of the place its end tells most.
            let place = text::cut_left(&text::sanitize(&format!("{}:{}", r.path, r.line)), (w * 2 / 5).max(20));
            out.push(Line::Text(format!("{place}  {}", r.reason), Tone::Warn));
        }
    }
    out
}

/// What was named or found and is not read, with the reason; what was asked for
/// by name first.
fn left_out(s: &State) -> Vec<Line> {
    let all = &s.snap.left_out;
    if all.is_empty() {
        return Vec::new();
    }
    let mut out = vec![Line::Rule(format!("left out ({})", all.len()))];
    let mut sorted: Vec<_> = all.iter().collect();
    sorted.sort_by_key(|k| !k.is_failure());
    for k in sorted.iter().take(MOST_LEFT_OUT) {
        let text = format!("{}: {}", text::sanitize(&k.name), text::sanitize(&k.reason.to_string()));
        out.push(Line::Text(text, if k.is_failure() { Tone::Bad } else { Tone::Warn }));
    }
    if all.len() > MOST_LEFT_OUT {
        let more = text::thousands((all.len() - MOST_LEFT_OUT) as u64);
        out.push(Line::Text(format!("… and {more} more: replay --json lists all"), Tone::Warn));
    }
    out
}

/// The log of operations: how long, who last, whether its chains hold.
fn audit(s: &State) -> Option<Line> {
    let v = s.audit.as_ref()?;
    let Some((at, by)) = v.audit.last.as_ref() else {
        return Some(Line::Text("audit: nothing was decided yet".into(), Tone::Dim));
    };
    let broken = v.checked.map_or(0, |(broken, _)| broken);
    let state = match v.checked {
        None => String::new(),
        Some((0, when)) => format!(" · chains intact {}", text::clock(when)),
        Some((n, _)) => format!(" · {n} of them do not fit: 'cases verify' names them"),
    };
    let (entries, writers) = (many(v.audit.entries, "operation"), many(v.audit.writers, "analyst"));
    let last = format!("{} by {}", text::day_clock(*at), text::sanitize(by));
    let line = format!("audit: {entries}, {writers} · {last}{state}");
    Some(Line::Text(line, if broken > 0 { Tone::Bad } else { Tone::Plain }))
}

fn source_line(x: &SourceStatus, w: usize) -> String {
    let c = &x.counts;
    let state = match (x.failed, x.ended) {
        (true, _) => "could not be read",
        _ if x.damaged => "damaged: read in part",
        (_, true) => "read to its end",
        _ => x.presence.map_or("open", |p| p.words()),
    };
    let name = text::pad(
        &text::sanitize(if w >= 120 { &x.name } else { x.name.rsplit('/').next().unwrap_or(&x.name) }),
        // What became of the source is not cut off by its name.
        if w >= 120 { 48 } else { w.saturating_sub(63).clamp(8, 18) },
        false,
    );
    let hash = x.sha256.as_deref().filter(|_| w >= 150).map(|h| format!("  sha256 {h}")).unwrap_or_default();
    format!(
        "{name} {} {:>7} {:>9} records {:>5} raw  {state}{hash}",
        text::pad(&x.format, 7, false),
        text::bytes(x.size.unwrap_or(c.bytes)),
        text::thousands(c.records),
        text::thousands(c.raw),
    )
}
