//! Overlays other than the event's: filters, palette, help, choices, notes, text.

use ratatui::buffer::Buffer;

use super::detail;
use crate::tui::action::Places;
use crate::tui::paint::TextCursor;
use crate::tui::state::State;
use crate::tui::state::overlay::Overlay;
use crate::tui::state::places;
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::widget::popup;
use crate::tui::words::{self, HelpLine};

/// Draws an overlay; returns where the text cursor stands.
pub fn draw(s: &State, t: &Theme, o: &Overlay, buf: &mut Buffer) -> TextCursor {
    match o {
        Overlay::Detail(d) => detail::draw(s, t, d, buf),
        Overlay::Filters(c) => filters(s, t, c.at, buf),
        Overlay::Palette(p) => return palette(s, t, p, buf),
        Overlay::Help(c) => help(s, t, c.at, buf),
        Overlay::Choice { title, about, answers, cursor } => {
            let (area, shown, before) = places::choice(s.size, title, about, answers);
            let mut p = popup::open(buf, t, area, title, "");
            let w = usize::from(p.area.w);
            for (y, line) in about.iter().take(shown).enumerate() {
                p.cell(1, y, w.saturating_sub(2), line, false, t.text);
            }
            let top = places::first_answer(area, before, cursor.at);
            for (y, (i, a)) in (before..).zip(answers.iter().enumerate().skip(top)) {
                let key = a.key.to_string();
                p.put(2, y, 1, &key, t.key);
                p.cell(4, y, w.saturating_sub(4), &a.label, false, if i == cursor.at { t.cursor } else { t.text });
                if i == cursor.at {
                    p.cursor_bar(y);
                }
            }
        }
        Overlay::Note { editor, about, .. } => {
            let area = popup::centred(s.size, (76, 14));
            // The last is the last to go where there is no room: the one that keeps the words.
            let narrow = s.size.0 < 50;
            let keys = if narrow { "Ctrl-c drops it  Esc saves" } else { "Ctrl-c drops it  Ctrl-d or Esc saves" };
            let mut p = popup::open(buf, t, area, &format!("note on {about}"), keys);
            let (w, h) = (usize::from(p.area.w).saturating_sub(2).max(1), usize::from(p.area.h).max(1));
            let (row, column) = editor.cursor();
            // Long lines are broken into parts of the box's width.
            let (mut lines, mut at) = (Vec::new(), (0, 0));
            for (i, l) in editor.lines().iter().enumerate() {
                let chars: Vec<char> = l.chars().collect();
                let parts: Vec<String> = if chars.is_empty() {
                    vec![String::new()]
                } else {
                    chars.chunks(w).map(|c| c.iter().collect()).collect()
                };
                if i == row {
                    let part = (column / w).min(parts.len());
                    let before: String = chars.iter().skip(part * w).take(column - part * w).collect();
                    at = (lines.len() + part, text::width(&before));
                }
                lines.extend(parts);
            }
            if at.0 >= lines.len() {
                lines.push(String::new());
            }
            let top = (at.0 + 1).saturating_sub(h);
            for (y, l) in lines.iter().skip(top).take(h).enumerate() {
                p.put(1, y, w, l, t.text);
            }
            let (cx, cy) = (p.area.x as usize + 1 + at.1, p.area.y as usize + at.0 - top);
            return Some((cx as u16, cy as u16));
        }
        Overlay::Text { title, lines, cursor } => {
            let (area, lines) = places::text(s.size, lines);
            let h = usize::from(area.h).saturating_sub(2);
            let top = cursor.at.min(lines.len().saturating_sub(h));
            let keys = if lines.len() > h {
                format!("{}-{} of {}  j/k scroll  Esc back", top + 1, (top + h).min(lines.len()), lines.len())
            } else {
                "Esc back".to_owned()
            };
            let mut p = popup::open(buf, t, area, title, &keys);
            let w = usize::from(p.area.w);
            for (y, line) in lines.iter().skip(top).take(h).enumerate() {
                let style = match (title.starts_with("diff"), line.chars().next()) {
                    (true, Some('+')) => t.good,
                    (true, Some('-')) => t.bad,
                    _ => t.text,
                };
                p.put(1, y, w, line, style);
                if let Some((name, _)) = words::why_name(line) {
                    p.paint(1, y, name.len(), t.key);
                }
            }
        }
    }
    None
}

fn filters(s: &State, t: &Theme, at: usize, buf: &mut Buffer) {
    let list = &s.filters().list;
    let area = places::filters(s.size, list.len());
    let mut p = popup::open(buf, t, area, "filters", "Space on/off  t in/out  e edit  a add  d delete  Esc back");
    let w = usize::from(p.area.w);
    if list.is_empty() {
        p.put(1, 0, w, "none yet: a adds one; f and F on a cell do too", t.dim);
    }
    for (y, f) in list.iter().enumerate() {
        let box_ = if f.on { "[x]" } else { "[ ]" };
        let side = if f.out { "out" } else { "in " };
        let style = if y == at { t.cursor } else { t.text };
        p.put(2, y, 3, box_, style);
        p.put(6, y, 3, side, if f.out { t.bad } else { t.good });
        let takes = words::takes_away(s, f);
        let n = text::width(&takes);
        p.put(w.saturating_sub(n + 1), y, n, &takes, t.dim);
        p.cell(10, y, w.saturating_sub(n + 12), &f.text, false, if f.on { t.text } else { t.dim });
        if y == at {
            p.cursor_bar(y);
        }
    }
}

fn palette(s: &State, t: &Theme, o: &crate::tui::state::overlay::Palette, buf: &mut Buffer) -> TextCursor {
    let area = places::palette(s.size);
    let mut p = popup::open(buf, t, area, "commands", "Enter runs  Esc back");
    let (w, h) = (usize::from(p.area.w), usize::from(p.area.h));
    let x = p.put(1, 0, w, ": ", t.key);
    let room = w.saturating_sub(x + 1);
    let scroll = o.input.visual_scroll(room);
    p.put(x, 0, room, text::skip(o.input.value(), scroll), t.input);
    let cx = x + o.input.visual_cursor().saturating_sub(scroll);
    let rows = h.saturating_sub(1);
    let mut c = o.cursor;
    c.set(c.at, o.hits.len(), rows.max(1));
    for y in 0..rows {
        let Some(a) = o.hits.get(c.top + y) else { break };
        let row = a.row();
        let here = c.top + y == c.at;
        let off = !row.places.meets(s.place());
        p.cell(
            2,
            y + 1,
            22,
            row.id,
            false,
            if here {
                t.cursor
            } else if off {
                t.dim
            } else {
                t.text
            },
        );
        let keys = s.keys.keys_of(*a).join(", ");
        let kw = text::width(&keys).min(14);
        p.cell(25, y + 1, w.saturating_sub(26 + kw + 1), row.help, false, t.dim);
        p.cell(w.saturating_sub(kw + 1), y + 1, kw, &keys, true, t.key);
        if here {
            p.cursor_bar(y + 1);
        }
    }
    Some((p.area.x + cx as u16, p.area.y))
}

fn help(s: &State, t: &Theme, at: usize, buf: &mut Buffer) {
    let area = popup::centred(s.size, (s.size.0, s.size.1));
    let place = Places::EACH.iter().find(|(p, _)| *p == s.place()).map_or(s.screen.tab().1, |p| p.1);
    let title = format!("keys · {place}");
    let lines = words::help(&s.keys, s.place(), s.size.0);
    let (wide, room, columns) = words::help_columns(usize::from(s.size.0));
    let (h, n) = (usize::from(area.h).saturating_sub(2), lines.len());
    let top = at.min(n.saturating_sub(h * columns));
    let place =
        if n > h * columns { format!("{}-{} of {n}  ", top + 1, (top + h * columns).min(n)) } else { String::new() };
    let mut p = popup::open(buf, t, area, &title, &format!("{place}j/k scroll  : all commands  Esc back"));
    let w = usize::from(p.area.w);
    let cell = w / columns;
    for (i, line) in lines.iter().skip(top).take(h * columns).enumerate() {
        let (x, y) = (i / h.max(1) * cell, i % h.max(1));
        match line {
            HelpLine::Group(name) => p.cell(x + 1, y, cell - 2, name, false, t.title),
            HelpLine::Keys(keys, help) => {
                p.cell(x + cell.saturating_sub(wide + room + 2), y, wide, keys, false, t.key);
                p.cell(x + cell.saturating_sub(room + 1), y, room, help, false, t.text);
            }
            HelpLine::More(help) => p.cell(x + cell.saturating_sub(room + 1), y, room, help, false, t.text),
        }
    }
}
