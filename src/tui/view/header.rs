//! The first lines: what is looked at, how fast, what was lost; screens and
//! severities; events over time.
//!
//! ```text
//!  secstream REPLAY auth.log 43% 11:04:39 ×20  12.4k ev/s  1,000,000 events
//!  1 Triage 2 Live 3 Cases 4 Rules 6 Health …014  CRIT 1 HIGH 6 MED 31 LOW 112
//!  ▁▁▂▁▁▁▃█▆▂▁▁▁▁▁▁▂▁▁▁▁▁▁▅▇█▃▁▁▁▁▁▁▁▁▁▁▁▁▁ 06:00──11:05  z/Z zoom  </> shift
//! ```

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::event::Severity;
use crate::pipeline::Phase;
use crate::tui::action::Act;
use crate::tui::data::CaseView;
use crate::tui::state::geometry::Geometry;
use crate::tui::state::{State, places};
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::widget::draw::Pen;
use crate::tui::widget::histogram;
use crate::tui::words;

/// Draws the lines that fit.
pub fn draw(s: &State, t: &Theme, g: &Geometry, buf: &mut Buffer) {
    first(s, &mut Pen::new(buf, t, g.header));
    if !g.tabs.is_empty() {
        tabs(s, &mut Pen::new(buf, t, g.tabs));
    }
    if !g.histogram.is_empty() {
        times(s, &mut Pen::new(buf, t, g.histogram));
    }
}

fn mode(s: &State) -> &'static str {
    if !s.facts.inputs {
        return "CASES";
    }
    match (&s.snap.phase, s.facts.follow) {
        (Phase::Starting, _) => "LOADING",
        (Phase::Waiting, _) | (_, true) => "LIVE",
        (Phase::Stopped, _) if s.again.is_none() => "STOPPED",
        _ => "REPLAY",
    }
}

fn first(s: &State, p: &mut Pen<'_>) {
    let t = p.theme;
    let w = usize::from(p.area.w);
    let c = &s.snap.totals;
    let mut right: Vec<(String, Style)> = Vec::new();
    if s.facts.inputs {
        let running = !matches!(s.snap.phase, Phase::Done | Phase::Stopped);
        if mode(s) == "LIVE" {
            right.push((lag(s), t.text));
        }
        if running && s.rate > 0.0 {
            right.push((format!("{} ev/s", text::short(s.rate)), t.text));
        }
        let all = crate::tui::words::many(c.records, "event");
        right.push(match s.facts.part.is_empty() {
            true => (all, t.text),
            // What no rule was asked about is no part of what the screens show.
            false => (format!("{} of {all}", text::thousands(c.parsed + c.raw)), t.warn),
        });
        // What is lost or not understood is always said, zero included.
        let lost = |n: u64| if n > 0 { t.bad } else { t.text };
        right.push((format!("dropped {}", text::thousands(c.dropped_total())), lost(c.dropped_total())));
        right.push((format!("raw {}", text::thousands(c.raw)), t.text));
        if c.late > 0 {
            right.push((format!("late {}", text::thousands(c.late)), t.bad));
        }
        if !s.snap.left_out.is_empty() {
            let failed = s.snap.left_out.iter().any(|k| k.is_failure());
            right.push((format!("{} left out", s.snap.left_out.len()), if failed { t.bad } else { t.warn }));
        }
        if !s.snap.outputs.is_empty() {
            right.push(("output failed".into(), t.bad));
        }
        if !s.snap.rule_problems.is_empty() {
            right.push((format!("{} off", crate::tui::words::count(s.snap.rule_problems.len(), "rule")), t.bad));
        }
    }
    let short = s.facts.name.rsplit('/').find(|n| !n.is_empty()).unwrap_or(&s.facts.name);
    let name = if w < 120 { short } else { s.facts.name.as_str() };
    // A narrow screen has no room to say who is speaking.
    let own = if w < 60 { " " } else { " secstream " };
    let most = if w >= 120 { 60 } else { 24.min(w / 3) };
    let name_room = w.saturating_sub(own.len() + mode(s).len() + 3).min(most);
    let mut x = p.run(0, 0, &[(own, t.header), (mode(s), t.title), (" ", t.text)]);
    x = p.put(x, 0, name_room, &text::cut(&text::sanitize(name), name_room), t.header);
    let stands = progress(s);
    x = p.put(x, 0, text::width(&stands), &stands, t.text);
    // Where there is no room for all, losses come before everything else.
    let gap = if w < 60 { 1 } else { 2 };
    if x + right.iter().map(|(word, _)| text::width(word) + gap).sum::<usize>() > w {
        right.sort_by_key(|(_, style)| *style == t.text);
    }
    for (word, style) in right {
        let need = text::width(&word) + gap;
        if x + need > w {
            continue;
        }
        x = p.put(x + gap, 0, need, &word, style);
    }
    if let Some(word) = span(s).into_iter().find(|word| x + 2 + text::width(word) < w) {
        p.put(x + 2, 0, text::width(&word), &word, t.dim);
    }
}

fn tabs(s: &State, p: &mut Pen<'_>) {
    let t = p.theme;
    let w = usize::from(p.area.w);
    let mut x = 1;
    for (screen, at, label) in places::tabs(s) {
        let style = if screen == s.screen { t.tab_active } else { t.tab };
        x = p.put(at, 0, w, &label, style) + 1;
    }
    // What another alert stands for is one attack with it, and counted once.
    let sums = &s.triage.open;
    let mut words = Vec::new();
    for sev in [Severity::Critical, Severity::High, Severity::Medium, Severity::Low] {
        words.push((format!("{} {}", text::severity_word(sev), sums[sev as usize]), sev, sums[sev as usize]));
    }
    let total: usize = words.iter().map(|(w, _, _)| w.len() + 1).sum();
    let mut at = w.saturating_sub(total).max(x);
    // The fullest wording that leaves a blank; there is one behind the tabs already.
    let room = at.saturating_sub(x);
    if let Some(word) = case_at_hand(s).into_iter().find(|word| text::width(word) < room) {
        p.put(at - text::width(&word) - 1, 0, room, &word, t.entity);
    }
    for (word, sev, n) in words {
        if at + word.len() > w {
            break;
        }
        at = p.put(at, 0, word.len(), &word, if n > 0 { t.severity(sev) } else { t.dim }) + 1;
    }
}

/// How far the log is read; where it is replayed at a pace, where that stands.
fn progress(s: &State) -> String {
    if let Some(percent) = s.again {
        return format!(" analyzing again {percent}%");
    }
    let percent = |share: f64| format!(" {}%", (share * 100.0).clamp(0.0, 100.0).floor());
    let read = s.snap.progress().filter(|_| matches!(s.snap.phase, Phase::Running | Phase::Starting));
    if s.live.play.speed <= 0.0 {
        return read.map(percent).unwrap_or_default();
    }
    let speed = format!(" ×{}", s.live.play.speed);
    let (Some((at, _)), Some((first, last))) = (s.live.play.told, s.log_span()) else {
        return read.map(percent).unwrap_or_default() + &speed;
    };
    // Of a log that is not read to its end the end is not known.
    let share = (at.0.saturating_sub(first.0)) as f64 / (last.0.saturating_sub(first.0)).max(1) as f64;
    let share = read.map_or(percent(share), |_| String::new());
    format!("{share} {}{speed}", text::clock(at))
}

/// How long records of a log that grows take until they are shown.
fn lag(s: &State) -> String {
    match s.snap.latency.map(|l| l.p99.as_secs_f64()) {
        None => "lag -".to_owned(),
        // Less than people see: no digits that change all the time.
        Some(lag) if lag < 1.0 => "lag <1s".to_owned(),
        Some(lag) => format!("lag {lag:.1}s"),
    }
}

/// The case that is worked on, longest wording first: the one shown on the
/// screen of cases, else the newest, where it is not closed.
fn case_at_hand(s: &State) -> Vec<String> {
    let open = |c: &&CaseView| c.state != "closed";
    let Some(c) = s.cases.current().filter(open).or_else(|| s.cases.list.iter().find(open)) else {
        return Vec::new();
    };
    let (id, state) = (text::sanitize(&c.id), c.state.replace('_', " "));
    let alerts = words::count(c.alerts, "alert");
    let number = id.rsplit_once('-').map_or_else(|| id.to_string(), |(_, n)| format!("…{n}"));
    vec![format!("case {id} ({state}, {alerts})"), format!("case {id}"), id.into_owned(), number]
}

/// The span of time looked at, where no histogram tells it; the longer wording first.
fn span(s: &State) -> Vec<String> {
    let Some(((from, to), _, _, legend)) = places::time_axis(s).filter(|_| s.geometry().histogram.is_empty()) else {
        return Vec::new();
    };
    let minute = |t| text::clock(t).chars().take(5).collect::<String>();
    vec![legend, format!("{}──{}", minute(from), minute(to))]
}

fn times(s: &State, p: &mut Pen<'_>) {
    let t = p.theme;
    let w = usize::from(p.area.w);
    let Some((span, first, columns, legend)) = places::time_axis(s) else {
        let over = matches!(s.snap.phase, Phase::Done | Phase::Stopped);
        let say = match (s.facts.inputs, over) {
            (true, false) => "reading…",
            (true, true) => "no events with a time in this log",
            (false, _) => "no log is open: cases only",
        };
        p.put(1, 0, w, say, t.dim);
        return;
    };
    if p.area.h >= 4 {
        let c = histogram::columns(&s.snap, span, columns);
        let keys =
            format!("{} zoom · {} shift", keys(s, Act::ZoomIn, Act::ZoomOut), keys(s, Act::ShiftBack, Act::ShiftOn));
        let peak = c.counts.iter().max().copied().unwrap_or(0);
        let right = format!("{}/bar · peak {} · {keys}", text::span(c.step), text::thousands(peak));
        p.rule(0, &format!("events & alerts {legend}"), &right, false);
        for (y, label) in ["ev", "crit", "hi/med"].iter().enumerate() {
            p.put(1, y + 1, 6, label, t.dim);
        }
        histogram::draw_bars(p, first, 1, &c);
        histogram::draw_dots(p, first, 2, &c, |s| s == Severity::Critical);
        histogram::draw_dots(p, first, 3, &c, |s| s == Severity::High || s == Severity::Medium);
        return;
    }
    let c = histogram::columns(&s.snap, span, columns);
    histogram::draw_bars(p, first, 0, &c);
    p.put(first + columns + 1, 0, w, &legend, t.dim);
}

fn keys(s: &State, a: Act, b: Act) -> String {
    format!("{}/{}", s.keys.key_of(a), s.keys.key_of(b))
}
