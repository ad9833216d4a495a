//! The cases, and the open one as a timeline.
//!
//! ```text
//!   ID          SEV  STATE       N OPENED      WHO   TITLE
//! ▌ IR-2026-014 CRIT in progress 3 12-10 11:06 user1 SSH compromise LabSZ #ssh
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

/// The state where there is little room: how it ended is cut before other columns go.
fn short_state(c: &CaseView) -> String {
    match state_word(c).as_str() {
        "closed: true positive" | "closed: true_positive" => "closed TP".to_owned(),
        "closed: false positive" | "closed: false_positive" => "closed FP".to_owned(),
        other => other.to_owned(),
    }
}

/// Columns of the list: name, first column, width; and whether the state is short.
type Columns = (Vec<(&'static str, usize, usize)>, bool);

/// Columns with their places: as wide as what stands in them. One long state
/// takes no column from all other cases: it is written shorter, and when it was
/// opened, how much is in it and who has it give way only then, in that order.
fn columns(s: &State, w: usize) -> Columns {
    let most = |f: fn(&CaseView) -> String, least: usize, limit: usize| {
        s.cases.list.iter().map(|c| text::width(&f(c))).max().unwrap_or(0).clamp(least, limit)
    };
    let (full, short) = (most(state_word, 5, 22), most(short_state, 5, 14));
    let mut out = vec![
        ("ID", most(|c| c.id.clone(), 4, 14)),
        ("SEV", 4),
        ("STATE", full),
        ("N", most(|c| c.alerts.to_string(), 1, 5)),
        ("OPENED", 11),
        ("WHO", most(|c| c.assignee.clone().unwrap_or_default(), 3, 10)),
    ];
    let used = |out: &[(&str, usize)]| 2 + out.iter().map(|(_, n)| n + 1).sum::<usize>();
    let cut = used(&out) + 34 > w;
    if let Some(state) = out.get_mut(2).filter(|_| cut) {
        state.1 = short;
    }
    while out.len() > 3 && used(&out) + 24 > w {
        let at = out.iter().rposition(|(name, _)| *name == "OPENED" || *name == "N").unwrap_or(3);
        out.remove(at);
    }
    let rest = w.saturating_sub(used(&out) + 1);
    out.push(("TITLE", rest));
    let mut x = 2;
    let place = |(name, n): (&'static str, usize)| {
        x += n + 1;
        (name, x - n - 1, n)
    };
    (out.into_iter().map(place).collect(), cut)
}

fn list(s: &State, p: &mut Pen<'_>) {
    let t = p.theme;
    let w = usize::from(p.area.w);
    let (columns, short) = columns(s, w);
    for (name, x, n) in &columns {
        p.cell(*x, 0, *n, name, *name == "N", t.title);
    }
    if s.cases.list.is_empty() {
        p.put(2, 1, w, "no cases yet: e on an alert opens one", t.dim);
    }
    for y in 0..usize::from(p.area.h).saturating_sub(1) {
        let at = s.cases.cursor.top + y;
        let Some(c) = s.cases.list.get(at) else { break };
        let here = at == s.cases.cursor.at;
        for (name, x, n) in &columns {
            let closed = if c.state == "closed" { t.dim } else { t.text };
            let (value, style) = match *name {
                "ID" => (c.id.clone(), if here { t.cursor } else { t.text }),
                "SEV" => (text::severity_word(c.severity).to_owned(), t.severity(c.severity)),
                "STATE" if short => (short_state(c), closed),
                "STATE" => (state_word(c), closed),
                "N" => (c.alerts.to_string(), t.text),
                "OPENED" => (text::day_clock(c.opened), t.dim),
                "WHO" => (c.assignee.clone().unwrap_or_else(|| "-".to_owned()), t.text),
                _ if c.tags.is_empty() => (c.title.clone(), t.text),
                _ => (format!("{} #{}", c.title, c.tags.join(" #")), t.text),
            };
            p.cell(*x, y + 1, *n, &value, *name == "N", style);
        }
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
    p.rule(0, &format!("{} · {}", c.id, c.title), &crate::tui::words::count(d.items.len(), "item"), s.pane == 1);
    let who = c.assignee.as_deref().unwrap_or("nobody");
    let tags = if c.tags.is_empty() { String::new() } else { format!(" · tags {}", c.tags.join(", ")) };
    let mut gone: Vec<&str> = d.items.iter().filter(|i| i.withdrawn.is_some()).map(|i| i.id.as_str()).collect();
    gone.dedup();
    gone.sort_unstable();
    gone.dedup();
    let gone = if gone.is_empty() { String::new() } else { format!(" · {} of {} withdrawn", gone.len(), c.alerts) };
    let facts = format!("{} · opened {} · for {who}{tags}{gone}", state_word(c), text::day_clock(c.opened));
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
    // What was done stands beside what happened, maybe years before.
    let year = |i: &crate::tui::data::CaseItem| i.time.civil().0;
    let years = d.items.windows(2).any(|two| matches!(two, [a, b] if year(a) != year(b)));
    let clock = if years && w >= 60 { 16 } else { 11 };
    for y in 0..rows {
        let at = s.cases.items.top + y;
        let Some(i) = d.items.get(at) else { break };
        let here = s.pane == 1 && at == s.cases.items.at;
        let time = if clock == 16 { text::date_minute(i.time, 16) } else { text::day_clock(i.time) };
        p.put(1, y, clock, &time, if here { t.cursor } else { t.dim });
        let from = clock + 2;
        let (kind, style) = match i.kind {
            ItemKind::Alert => ("alert ", t.warn),
            ItemKind::Event => ("event ", t.text),
            ItemKind::Note => ("note  ", t.good),
            ItemKind::Change => ("change", t.dim),
        };
        p.put(from, y, 6, kind, style);
        let sev = i.severity.map_or("", text::severity_word);
        p.put(from + 7, y, 4, sev, i.severity.map_or(t.dim, |v| t.severity(v)));
        // What the log says needs no author.
        let who =
            if matches!(i.kind, ItemKind::Alert | ItemKind::Event) { String::new() } else { format!(" ({})", i.who) };
        let room = w.saturating_sub(from + 13);
        let first = i.text.lines().next().unwrap_or("");
        let quiet = i.kind == ItemKind::Change || i.withdrawn.is_some();
        let style = if quiet { t.dim } else { t.text };
        // What is withdrawn is said before the text, where nothing cuts it off.
        let gone = i.withdrawn.as_ref().map_or(String::new(), |w| format!("{w}: "));
        let x = p.put(from + 12, y, room, &gone, t.warn);
        let room = room.saturating_sub(x - (from + 12));
        // Which end of an alert it is tells its two lines apart: the title is cut, not that.
        let (head, tail) = match first.rfind("): ").filter(|_| i.kind == ItemKind::Alert) {
            Some(at) => first.split_at(at),
            None => (first, ""),
        };
        let head_room = room.saturating_sub(text::width(tail));
        if tail.is_empty() || head_room < 12 {
            p.cell(x, y, room, &format!("{first}{who}"), false, style);
        } else {
            let head = text::cut(&text::sanitize(head), head_room);
            p.cell(x, y, room, &format!("{head}{tail}"), false, style);
        }
        if here {
            p.cursor_bar(y);
        }
    }
}
