//! The queue, riskiest first, with the why-panel and the evidence.
//!
//! ```text
//!   SEV  SCORE   N LAST     ENTITY         WHAT                             BY
//! ▌ CRIT  97.0 312 11:04:41 183.62.140.253 SSH guessing, then log-in        corr
//!   HIGH  88.2  41 11:04:45 103.99.0.122   Invalid-user spray #watch ◆      corr
//! ─ why CRIT 97.0 ────────────────────────────────────────────────────── 1 of 38 ─
//!  rule    SSH guessing, then log-in (correlation, critical)
//!  score   97.0 = level 60.0 + count 25.0 + entity 12.0
//! ```

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::{divider, why};
use crate::tui::data::{AlertView, Triage as Decision};
use crate::tui::state::columns::Fit;
use crate::tui::state::geometry::Geometry;
use crate::tui::state::triage::Column;
use crate::tui::state::{State, columns};
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::widget::draw::Pen;
use crate::tui::words;

const fn head(c: Column) -> &'static str {
    match c {
        Column::Severity => "SEV",
        Column::Score => "SCORE",
        Column::Count => "N",
        Column::Last => "LAST",
        Column::Entity => "ENTITY",
        Column::What => "WHAT",
        Column::By => "BY",
    }
}

fn value(v: &AlertView, c: Column, (fit, width): (&Fit, usize)) -> (String, bool) {
    let a = &v.alert;
    match c {
        Column::Severity => (text::severity_word(a.severity).to_owned(), false),
        Column::Score => (words::points(a.score), true),
        Column::Count => (text::short(a.count as f64), true),
        Column::Last if fit.years => (text::date_minute(a.last, width), false),
        Column::Last if fit.days => (text::day_clock(a.last), false),
        Column::Last => (text::clock(a.last), false),
        Column::Entity => (a.entity(), false),
        Column::What => (a.rule.to_string(), false),
        Column::By => (v.by(), false),
    }
}

/// Draws the screen.
pub fn draw(s: &State, t: &Theme, g: &Geometry, buf: &mut Buffer) {
    if !g.list.is_empty() {
        queue(s, &mut Pen::new(buf, t, g.list));
    }
    if !g.side.is_empty() {
        let mut p = Pen::new(buf, t, g.side);
        if g.side.x > 0 {
            divider(&mut p, g.side);
            p.area = g.side;
        }
        why::draw(s, &mut p, g.evidence.is_empty());
    }
    if !g.evidence.is_empty() {
        why::evidence(s, &mut Pen::new(buf, t, g.evidence));
    }
}

fn queue(s: &State, p: &mut Pen<'_>) {
    let t = p.theme;
    let w = usize::from(p.area.w);
    let current = Column::ALL.get(s.triage.column).copied();
    let columns = s.triage.fit.columns(w, current);
    let mut x = 2;
    for (c, n) in &columns {
        let right = matches!(c, Column::Score | Column::Count);
        let style = if Some(*c) == current && s.pane == 0 { t.cell } else { t.title };
        p.cell(x, 0, *n, head(*c), right, style);
        x += n + 1;
    }
    let rows = p.area.h.saturating_sub(1) as usize;
    if s.triage.shown.is_empty() {
        let say = if s.triage.all.len() == s.triage.left {
            if s.facts.inputs { "no alerts yet" } else { "no alerts in the case store" }
        } else {
            "nothing left here: = filters, D shows what is handled"
        };
        p.put(2, 1, w, say, t.dim);
    }
    for y in 0..rows {
        let at = s.triage.cursor.top + y;
        let Some(v) = s.triage.row(at) else { break };
        let here = at == s.triage.cursor.at;
        let selected = s.triage.selected.contains(&v.alert.id);
        let mut x = 2;
        for (c, n) in &columns {
            let n = *n;
            let (text, right) = value(v, *c, (&s.triage.fit, n));
            let mut style = match c {
                Column::Severity | Column::Score => t.severity(v.alert.severity),
                Column::Count | Column::Last | Column::By => t.dim,
                _ if v.triage != Decision::New || v.reading.gone() => t.dim,
                _ => t.text,
            };
            if here && matches!(c, Column::Severity | Column::Score) {
                style = t.cursor;
            } else if here && Some(*c) == current && s.pane == 0 {
                style = t.cell;
            }
            if here && *c == Column::Severity {
                p.paint(x, y + 1, n + 6, t.cursor);
            }
            if *c == Column::What {
                what(p, (x, y + 1, n), v, &text, style);
            } else {
                p.cell(x, y + 1, n, &text, right, style);
            }
            x += n + 1;
        }
        if selected {
            p.put(1, y + 1, 1, "x", t.mark);
        }
        if here {
            p.cursor_bar(y + 1);
        }
    }
}

/// The title, and what people put on the alert: in full where there is room,
/// else a short mark that is never cut.
fn what(p: &mut Pen<'_>, (x, y, n): (usize, usize, usize), v: &AlertView, title: &str, style: Style) {
    let width = text::width(&text::sanitize(title));
    let mut marks = columns::marks(v, true);
    if width + text::width(&marks) + 1 > n {
        marks = columns::marks(v, false);
    }
    if marks.is_empty() {
        p.cell(x, y, n, title, false, style);
        return;
    }
    let m = text::width(&marks);
    let room = n.saturating_sub(m + 1).min(width);
    p.cell(x, y, room, title, false, style);
    p.put(x + room + 1, y, m, &marks, p.theme.mark);
}
