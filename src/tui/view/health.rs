//! Sources, counts that add up, what was lost or not loaded.
//!
//! ```text
//! ─ records ────────────────────────────────────────────────────────────────────
//!  1,000,000 records = 999,986 parsed + 14 raw + 0 filtered + 0 dropped
//! ─ sources ────────────────────────────────────────────────────────────────────
//!  auth.log   sshd   112 MB   1,000,000 records   14 raw   read to its end
//! ```

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::detect::RuleCounts;
use crate::pipeline::{Phase, SourceStatus};
use crate::tui::state::State;
use crate::tui::state::geometry::Geometry;
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::widget::draw::Pen;
use crate::tui::words::many;

enum Line {
    Rule(String),
    Text(String, Style),
}

/// Draws the screen.
pub fn draw(s: &State, t: &Theme, g: &Geometry, buf: &mut Buffer) {
    let mut p = Pen::new(buf, t, g.list);
    let w = usize::from(p.area.w);
    let h = usize::from(p.area.h);
    let lines = lines(s, t, w);
    let top = s.health.at.min(lines.len().saturating_sub(h));
    for (y, line) in lines.iter().skip(top).take(h).enumerate() {
        match line {
            Line::Rule(title) => p.rule(y, title, "", false),
            Line::Text(text, style) => p.cell(1, y, w.saturating_sub(2), text, false, *style),
        }
    }
}

fn lines(s: &State, t: &Theme, w: usize) -> Vec<Line> {
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
        if c.balanced() { t.text } else { t.bad },
    ));
    for (by, k) in c.filtered.iter().chain(&c.dropped) {
        out.push(Line::Text(format!("  {} {by}", n(*k)), t.dim));
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
        if s.snap.evicted > 0 || c.late > 0 { t.warn } else { t.text },
    ));
    for lost in s.snap.evicted_by.iter().take(3) {
        let what = format!("  {} evicted from {}", n(lost.entries), text::sanitize(&lost.rule));
        out.push(Line::Text(what, t.dim));
    }
    for g in s.snap.gathered.iter().take(3) {
        let what =
            format!("  {} more of {}: one alert stands for them", many(g.alerts, "alert"), text::sanitize(&g.rule));
        out.push(Line::Text(what, t.warn));
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
        t.text,
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
        t.text,
    ));
    for h in s.snap.rulings.iter().filter(|h| h.alerts > 0) {
        let r = &h.ruling;
        let did = match r.level {
            None => format!("filtered by suppression {}", r.id),
            Some(l) => format!("with level {l} by {}", r.id),
        };
        let alerts = crate::tui::words::count(usize::try_from(h.alerts).unwrap_or(usize::MAX), "alert");
        out.push(Line::Text(format!("  {alerts} {did} ({}: {})", r.owner, r.reason), t.dim));
    }
    if let Some(l) = s.snap.latency {
        let batches = crate::tui::words::count(l.batches, "batch").replace("batchs", "batches");
        let ms = |d: std::time::Duration| d.as_millis();
        let what = format!("from read to shown: p50 {} ms · p99 {} ms · last {batches}", ms(l.p50), ms(l.p99));
        out.push(Line::Text(what, t.text));
    }
    out.push(Line::Text(s.facts.store.clone(), t.text));
    out.extend(audit(s, t));
    for o in s.snap.outputs.iter() {
        out.push(Line::Text(format!("  {}", text::sanitize(&o.reason)), t.bad));
    }
    for note in s.snap.notes.iter() {
        out.push(Line::Text(format!("  {}", text::sanitize(note)), t.warn));
    }
    out.push(Line::Rule(format!("sources ({})", s.snap.sources.len())));
    for source in s.snap.sources.iter() {
        out.push(Line::Text(source_line(source, w), if source.failed || source.damaged { t.bad } else { t.text }));
        for warning in &source.warnings {
            out.push(Line::Text(format!("  {warning}"), t.warn));
        }
    }
    if !s.snap.rule_problems.is_empty() {
        out.push(Line::Rule("rules not loaded".into()));
        for r in s.snap.rule_problems.iter() {
            // The reason is what is looked for; of the place its end tells most.
            let place = text::cut_left(&text::sanitize(&format!("{}:{}", r.path, r.line)), (w * 2 / 5).max(20));
            out.push(Line::Text(format!("{place}  {}", r.reason), t.warn));
        }
    }
    out
}

/// The log of operations: how long, who last, whether its chains hold.
fn audit(s: &State, t: &Theme) -> Option<Line> {
    let v = s.audit.as_ref()?;
    let Some((at, by)) = v.audit.last.as_ref() else {
        return Some(Line::Text("audit: nothing was decided yet".into(), t.dim));
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
    Some(Line::Text(line, if broken > 0 { t.bad } else { t.text }))
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
