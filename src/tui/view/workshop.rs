//! The rule editor: text, findings, and beside it what the text would find.
//!
//! ```text
//! ─ rules/ssh/brute.yml ● modified ── NORMAL ─┬─ backtest · 1,000,000 events ──
//!  11     event|contains: 'Failed password'   │           now   after    diff
//!  12   filter_scanner:                       │ matches   312     298     -14
//! ▌13     src_ip|cidr: 10.20.0.0/16           │ true        4       4       0
//! ──────────────────────────────────────────  │ - 11:04:39 T Failed password …
//!  lint ok
//! ```

use ratatui::buffer::Buffer;

use super::{divider, yaml};
use crate::detect::lint::Level;
use crate::tui::data::workshop::{Change, Moved, Trial, Verdict};
use crate::tui::paint::TextCursor;
use crate::tui::state::State;
use crate::tui::state::geometry::{Area, Geometry};
use crate::tui::state::workshop::{COUNTS, Workshop};
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::update::lost_words;
use crate::tui::widget::draw::Pen;
use crate::tui::words::many;

/// Draws the editor; returns where the text cursor stands.
pub fn draw(s: &State, w: &Workshop, t: &Theme, g: &Geometry, buf: &mut Buffer) -> TextCursor {
    let cursor = source(s, w, &mut Pen::new(buf, t, g.side));
    if !g.evidence.is_empty() {
        let mut p = Pen::new(buf, t, g.evidence);
        if g.evidence.x > 0 {
            divider(&mut p, g.evidence);
            p.area = g.evidence;
        }
        answer(s, w, &mut p);
    }
    if g.side.x > 0 {
        divider(&mut Pen::new(buf, t, g.side), g.side);
    }
    if !g.notes.is_empty() {
        notes(w, &mut Pen::new(buf, t, g.notes));
    }
    if w.insert
        && let (Some(c), Some((x, y))) = (&w.complete, cursor)
    {
        let wide = c.words.iter().map(|w| text::width(w)).max().unwrap_or(0).clamp(6, 40);
        let beside = c.notes.iter().map(|n| text::width(n)).max().unwrap_or(0);
        // Where there is no room for what is said of the words, the words stand alone.
        let beside = if beside > 0 && wide + beside + 4 <= usize::from(s.size.0) { beside + 2 } else { 0 };
        let width = (wide + beside) as u16 + 2;
        let rows = c.words.len() as u16;
        let left = x.saturating_sub(c.typed as u16 + 1).min(s.size.0.saturating_sub(width));
        let top = if y + 1 + rows < s.size.1 { y + 1 } else { y.saturating_sub(rows) };
        let mut p = Pen::new(buf, t, Area { x: left, y: top, w: width, h: rows });
        for (i, word) in c.words.iter().enumerate() {
            let style = if i == c.at { t.cursor } else { t.popup };
            p.put(0, i, usize::from(width), &" ".repeat(usize::from(width)), style);
            p.cell(1, i, wide, word, false, style);
            if let Some(note) = c.notes.get(i).filter(|n| beside > 0 && !n.is_empty()) {
                let style = if i == c.at { t.cursor } else { t.popup.patch(t.dim) };
                p.cell(wide + 3, i, beside - 2, note, false, style);
            }
        }
    }
    cursor
}

fn source(s: &State, w: &Workshop, p: &mut Pen<'_>) -> TextCursor {
    let t = p.theme;
    let (wide, high) = (usize::from(p.area.w), usize::from(p.area.h));
    let state = match (w.draft, w.modified()) {
        (true, _) => " ● draft",
        (false, true) => " ● modified",
        _ => "",
    };
    let mode = if w.insert { "INSERT" } else { "NORMAL" };
    let room = wide.saturating_sub(state.len() + mode.len() + 12);
    // The end of a path says more than its start.
    let full = text::sanitize(&w.path).into_owned();
    let drop = text::width(&full).saturating_sub(room);
    let name = if drop > 0 { format!("…{}", text::skip(&full, drop + 1)) } else { full };
    p.rule(0, &format!("{name}{state}"), mode, s.pane == 0);
    let (row, column) = w.source.cursor();
    let gutter = w.gutter();
    let room = wide.saturating_sub(gutter + 1);
    let (left, _) = w.source.around();
    let at = text::width(&text::sanitize(left));
    // The line that is written shows the place of the cursor.
    let shift = if at >= room { at + 1 - room } else { 0 };
    let mut cursor = None;
    for (y, (i, line)) in w.source.lines().iter().enumerate().skip(w.top).take(high.saturating_sub(1)).enumerate() {
        let y = y + 1;
        let here = i == row;
        let number = (i + 1).to_string();
        let bad = w.findings.iter().filter(|f| f.line as usize == i + 1).map(|f| f.severity).max();
        let style = match bad {
            Some(Level::Error) => t.bad,
            Some(Level::Warning) => t.warn,
            _ if here => t.cursor,
            _ => t.dim,
        };
        p.cell(0, y, gutter - 1, &number, true, style);
        match bad {
            Some(Level::Error) => p.put(gutter - 1, y, 1, "E", t.bad),
            Some(Level::Warning) => p.put(gutter - 1, y, 1, "W", t.warn),
            _ => gutter,
        };
        let shift = if here { shift } else { 0 };
        let mut x = 0;
        for (piece, style) in yaml::pieces(t, line) {
            let clean = text::sanitize(piece);
            let width = text::width(&clean);
            if x + width > shift && x < shift + room {
                let part = text::skip(&clean, shift.saturating_sub(x));
                let to = gutter + x.saturating_sub(shift);
                p.put(to, y, wide.saturating_sub(to), part, style);
            }
            x += width;
        }
        // What goes on past the edge is seen to, but where the cursor stands there.
        let last = wide.saturating_sub(1);
        if gutter + x.saturating_sub(shift) > wide && !(here && gutter + at.saturating_sub(shift) >= last) {
            p.put(last, y, 1, "…", t.dim);
        }
        if let Some(f) = w.findings.iter().find(|f| f.line as usize == i + 1 && f.severity == Level::Error) {
            // From the place on the text is marked, and what is wrong stands behind it.
            let before: String = line.chars().take((f.column as usize).saturating_sub(1)).collect();
            let from = gutter + text::width(&text::sanitize(&before)).saturating_sub(shift);
            let end = gutter + x.saturating_sub(shift);
            p.paint(from, y, end.saturating_sub(from).max(1), t.bad);
            if end + 12 < wide {
                p.cell(end + 2, y, wide - end - 2, &format!("← {}", f.message), false, t.bad);
            }
        }
        if here {
            if s.pane == 0 {
                p.cursor_bar(y);
            }
            let cx = gutter + at.saturating_sub(shift);
            cursor = Some((p.area.x + cx.min(wide.saturating_sub(1)) as u16, p.area.y + y as u16));
            if s.pane == 0 && !w.insert {
                p.paint(cx, y, 1, t.cursor);
            }
        }
    }
    let _ = column;
    cursor.filter(|_| w.insert && s.pane == 0)
}

/// What is wrong, and what would be lost.
fn notes(w: &Workshop, p: &mut Pen<'_>) {
    let t = p.theme;
    let wide = usize::from(p.area.w).saturating_sub(2);
    let row = w.source.cursor().0 + 1;
    let errors = w.findings.iter().filter(|f| f.severity == Level::Error).count();
    let warnings = w.findings.iter().filter(|f| f.severity == Level::Warning).count();
    let near = w.findings.iter().filter(|f| f.line as usize == row).max_by_key(|f| f.severity);
    let shown = near.or_else(|| w.error()).or_else(|| w.findings.iter().find(|f| f.severity == Level::Warning));
    let (head, style) = match (w.linted == w.version, errors, warnings) {
        (false, ..) => ("lint …".to_owned(), t.dim),
        (_, 0, 0) => ("lint ok".to_owned(), t.good),
        (_, 0, n) => (format!("lint ok, {}", crate::tui::words::count(n, "warning")), t.warn),
        (_, n, _) => (crate::tui::words::count(n, "error"), t.bad),
    };
    let x = p.put(1, 0, wide, &head, style);
    if let Some(f) = shown {
        let hint = if f.hint.is_empty() { String::new() } else { format!(" ({})", f.hint) };
        let words = format!("{}:{} {}{hint}", f.line, f.column, f.message);
        p.cell(x + 2, 0, wide.saturating_sub(x + 1), &words, false, t.text);
    }
    if usize::from(p.area.h) < 2 {
        return;
    }
    let (words, style) = match w.answer() {
        _ if w.error().is_some() => ("it would not load: nothing is tried".to_owned(), t.dim),
        None => ("verdict: being looked at".to_owned(), t.dim),
        Some(v) if v.loses_truth() => (format!("{} would be lost: a save asks why", lost_words(v)), t.bad),
        Some(v) if v.lost > 0 || v.alerts_lost > 0 => {
            let lost =
                format!("no true hit is lost · {} of {} lost are undecided", undecided(v), text::thousands(v.lost));
            let alerts = many(v.alerts.unwrap_or_default().0, "alert");
            let alerts = format!(" · {} of {alerts} lost", text::thousands(v.alerts_lost));
            (if v.alerts.is_some() { lost + &alerts } else { lost }, t.warn)
        }
        Some(_) => ("nothing is lost".to_owned(), t.good),
    };
    let to = if w.saves_to == w.path || w.saves_to.is_empty() {
        String::new()
    } else {
        format!(" · saves to {}", w.saves_to)
    };
    let x = p.put(1, 1, wide, &words, style);
    p.cell(x, 1, wide.saturating_sub(x), &to, false, t.dim);
}

fn undecided(t: &Trial) -> String {
    text::thousands(t.undecided.0.saturating_sub(t.undecided.1))
}

fn answer(s: &State, w: &Workshop, p: &mut Pen<'_>) {
    let t = p.theme;
    let (wide, high) = (usize::from(p.area.w), usize::from(p.area.h));
    let Some(trial) = w.trial.as_ref() else {
        p.rule(0, "backtest", "", s.pane == 1);
        p.put(1, 1, wide, if w.error().is_some() { "after the errors" } else { "being looked at" }, t.dim);
        return;
    };
    let old = trial.version != w.version;
    let title = format!("backtest: {}", many(trial.events, "event"));
    p.rule(0, &title, "", s.pane == 1);
    let dim = |style| if old { t.dim } else { style };
    let columns = |n: usize| 10 + n * ((wide.saturating_sub(11)) / 3).min(9);
    let cell = (columns(1) - columns(0)).saturating_sub(1);
    for (i, head) in ["now", "after", "diff"].iter().enumerate() {
        p.cell(columns(i), 1, cell, head, true, t.title);
    }
    let mut line = |y: usize, name: &str, (now, after): (u64, u64), good: Option<bool>| {
        p.put(1, y, 9, name, t.text);
        p.cell(columns(0), y, cell, &text::thousands(now), true, dim(t.text));
        p.cell(columns(1), y, cell, &text::thousands(after), true, dim(t.text));
        let diff = i128::from(after) - i128::from(now);
        let style = match (good, diff) {
            (_, 0) => t.dim,
            (Some(good), d) if (d > 0) == good => t.good,
            (Some(_), _) => t.bad,
            _ => t.warn,
        };
        let sign = if diff > 0 {
            "+"
        } else if diff < 0 {
            "-"
        } else {
            ""
        };
        let words = format!("{sign}{}", text::thousands(u64::try_from(diff.unsigned_abs()).unwrap_or(u64::MAX)));
        p.cell(columns(2), y, cell, &words, true, dim(style));
    };
    line(2, "matches", trial.matches, None);
    line(3, "true", trial.true_hits, Some(true));
    line(4, "dismissed", trial.false_hits, Some(false));
    line(5, "undecided", trial.undecided, None);
    // With these the four are all matches.
    line(6, "no alert", trial.alertless(), None);
    if let Some(alerts) = trial.alerts {
        line(7, "alerts", alerts, None);
    }
    let how = if w.error().is_some() {
        "not tried: see what is wrong".to_owned()
    } else if old {
        "text changed: being looked at".to_owned()
    } else if trial.done {
        format!("{} in {} ms", trial.way, trial.took_ms)
    } else {
        format!("{}: {}%", trial.way, trial.scanned.min(trial.events) * 100 / trial.events.max(1))
    };
    let row = if trial.alerts.is_some() { 8 } else { 7 };
    p.cell(1, row, wide.saturating_sub(2), &how, false, t.dim);
    if high <= COUNTS + 1 {
        return;
    }
    let moves = |lost, gained| format!("-{} +{}", text::thousands(lost), text::thousands(gained));
    let words = match trial.alerts {
        Some(_) => {
            let (mut alerts, matches) =
                (moves(trial.alerts_lost, trial.alerts_gained), moves(trial.lost, trial.gained));
            if trial.alerts_changed > 0 {
                alerts.push_str(&format!(" ~{}", text::thousands(trial.alerts_changed)));
            }
            format!("alerts {alerts} · matches {matches}")
        }
        None => format!("lost {} · gained {}", text::thousands(trial.lost), text::thousands(trial.gained)),
    };
    p.rule(COUNTS, &words, "", s.pane == 1);
    for (y, m) in trial
        .moved
        .iter()
        .enumerate()
        .skip(w.moved.top)
        .take(high - COUNTS - 1)
        .enumerate()
        .map(|(y, m)| (y + COUNTS + 1, m))
    {
        moved(p, y, m.1, s.pane == 1 && m.0 == w.moved.at, wide);
    }
}

fn moved(p: &mut Pen<'_>, y: usize, m: &Moved, here: bool, wide: usize) {
    let t = p.theme;
    let (sign, style) = match m.change {
        Change::Lost => ("-", t.bad),
        Change::Changed => ("~", t.warn),
        Change::Gained => ("+", t.good),
    };
    let (letter, of) = match m.verdict {
        Verdict::True => ("T", t.bad),
        Verdict::Undecided => ("?", t.warn),
        Verdict::False => ("F", t.dim),
        Verdict::None => ("·", t.dim),
    };
    let base = if here { t.cursor } else { t.text };
    let x = p.run(1, y, &[(sign, style), (letter, of), (" ", t.text), (&text::clock(m.row.time), base), (" ", t.text)]);
    let x = if m.word.is_empty() { x } else { p.put(x, y, 14, &text::cut(&text::sanitize(&m.word), 13), of) + 1 };
    let message = m.row.ov(crate::event::Ov::Message).unwrap_or(&m.row.raw);
    let words = match (&m.alert, &m.rule) {
        (Some(alert), _) => format!("alert: {alert}"),
        (None, Some(rule)) => format!("{rule}: {message}"),
        (None, None) => message.to_owned(),
    };
    p.cell(x, y, wide.saturating_sub(x), &words, false, base);
    if here {
        p.cursor_bar(y);
    }
}
