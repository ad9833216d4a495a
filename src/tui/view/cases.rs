//! The cases, and the open one as a timeline.
//!
//! ```text
//!   ID           SEV  STATE        ALERTS  OPENED       WHO    TITLE
//! ▌ IR-2026-014  CRIT in progress       3  12-10 11:06  user1  SSH compromise LabSZ
//! ─ IR-2026-014 · SSH compromise LabSZ · in progress ───────────────────────────
//!  11:03:45  A  HIGH  burst of 14 failures            (user1)
//!  11:06:10  N        session closed, host isolated   (user1)
//! ```

use ratatui::buffer::Buffer;

use super::divider;
use crate::tui::data::{CaseView, ItemKind};
use crate::tui::state::State;
use crate::tui::state::geometry::{Area, Geometry};
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::widget::draw::Pen;

/// Draws the screen.
pub fn draw(s: &State, t: &Theme, g: &Geometry, buf: &mut Buffer) {
    if g.side.is_empty() && s.pane == 1 {
        case(s, &mut Pen::new(buf, t, g.list));
        return;
    }
    list(s, &mut Pen::new(buf, t, g.list));
    if !g.side.is_empty() {
        let mut p = Pen::new(buf, t, g.side);
        if g.side.x > 0 {
            divider(&mut p, g.side);
            p.area = g.side;
        }
        case(s, &mut p);
    }
}

fn state_word(c: &CaseView) -> String {
    match (c.state.as_str(), &c.resolution) {
        ("closed", Some(r)) if !r.is_empty() => format!("closed: {r}"),
        (s, _) => s.replace('_', " "),
    }
}

fn list(s: &State, p: &mut Pen<'_>) {
    let t = p.theme;
    let w = usize::from(p.area.w);
    let wide = w >= 76;
    let title_x = if wide { 62 } else { 34 };
    for (x, n, head) in [(2, 12, "ID"), (15, 4, "SEV"), (20, 13, "STATE")] {
        p.cell(x, 0, n, head, false, t.title);
    }
    if wide {
        for (x, n, head) in [(34, 6, "ALERTS"), (41, 11, "OPENED"), (53, 8, "WHO")] {
            p.cell(x, 0, n, head, false, t.title);
        }
    }
    p.cell(title_x, 0, w.saturating_sub(title_x), "TITLE", false, t.title);
    if s.cases.list.is_empty() {
        p.put(2, 1, w, "no cases yet: e on an alert opens one", t.dim);
    }
    for y in 0..usize::from(p.area.h).saturating_sub(1) {
        let at = s.cases.cursor.top + y;
        let Some(c) = s.cases.list.get(at) else { break };
        let here = at == s.cases.cursor.at;
        p.cell(2, y + 1, 12, &c.id, false, if here { t.cursor } else { t.text });
        p.cell(15, y + 1, 4, text::severity_word(c.severity), false, t.severity(c.severity));
        p.cell(20, y + 1, 13, &state_word(c), false, if c.state == "closed" { t.dim } else { t.text });
        if wide {
            p.cell(34, y + 1, 6, &c.alerts.to_string(), true, t.text);
            p.cell(41, y + 1, 11, &text::day_clock(c.opened), false, t.dim);
            p.cell(53, y + 1, 8, c.assignee.as_deref().unwrap_or("-"), false, t.text);
        }
        p.cell(title_x, y + 1, w.saturating_sub(title_x), &c.title, false, t.text);
        if here {
            p.cursor_bar(y + 1);
        }
    }
}

fn case(s: &State, p: &mut Pen<'_>) {
    let t = p.theme;
    let (w, h) = (usize::from(p.area.w), usize::from(p.area.h));
    let Some(d) = s.cases.open.as_ref() else {
        p.rule(0, "case", "", s.pane == 1);
        return;
    };
    let c = &d.case;
    p.rule(0, &format!("{} · {}", c.id, c.title), &format!("{} items", d.items.len()), s.pane == 1);
    let who = c.assignee.as_deref().unwrap_or("nobody");
    let tags = if c.tags.is_empty() { String::new() } else { format!(" · tags {}", c.tags.join(", ")) };
    let facts = format!("{} · opened {} · for {who}{tags}", state_word(c), text::day_clock(c.opened));
    p.cell(1, 1, w.saturating_sub(2), &facts, false, t.text);
    let entities = format!("{}   {}", d.entities.join(" "), d.techniques.join(" "));
    p.cell(1, 2, w.saturating_sub(2), &entities, false, t.entity);
    let area = p.area;
    p.area = Area { y: area.y + 4.min(area.h), h: area.h.saturating_sub(4), ..area };
    items(s, p, w, h.saturating_sub(4));
    p.area = area;
}

fn items(s: &State, p: &mut Pen<'_>, w: usize, rows: usize) {
    let t = p.theme;
    let Some(d) = s.cases.open.as_ref() else { return };
    for y in 0..rows {
        let at = s.cases.items.top + y;
        let Some(i) = d.items.get(at) else { break };
        let here = s.pane == 1 && at == s.cases.items.at;
        p.put(1, y, 11, &text::day_clock(i.time), if here { t.cursor } else { t.dim });
        let (kind, style) = match i.kind {
            ItemKind::Alert => ("alert ", t.warn),
            ItemKind::Event => ("event ", t.text),
            ItemKind::Note => ("note  ", t.good),
            ItemKind::Change => ("change", t.dim),
        };
        p.put(13, y, 6, kind, style);
        let sev = i.severity.map_or("", text::severity_word);
        p.put(20, y, 4, sev, i.severity.map_or(t.dim, |v| t.severity(v)));
        let who = format!(" ({})", i.who);
        let room = w.saturating_sub(26);
        let first = i.text.lines().next().unwrap_or("");
        p.cell(25, y, room, &format!("{first}{who}"), false, if i.kind == ItemKind::Change { t.dim } else { t.text });
        if here {
            p.cursor_bar(y);
        }
    }
}
