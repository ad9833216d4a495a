//! The feed: time and severity pinned, cells to filter by, and the event under
//! the cursor below.
//!
//! ```text
//!  TIME     S HOST   PROC  SOURCE          USER  MESSAGE
//!  11:04:39 M LabSZ  sshd  183.62.140.253  root  Failed password for root from …
//! ▌11:04:43 C LabSZ  sshd  183.62.140.253  root  Accepted password for root from …
//! ─ event 999,712 ────────────────────────────────────────── PAUSED +1,912 ─
//!  timestamp  2026-12-10T11:04:43Z
//! ```

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::event;
use crate::event::{Ov, Severity, TimeQuality, Ts};
use crate::tui::action::Act;
use crate::tui::data::FeedRow;
use crate::tui::msg::letter;
use crate::tui::state::State;
use crate::tui::state::geometry::Geometry;
use crate::tui::state::live::Column;
use crate::tui::theme::Theme;
use crate::tui::widget::draw::Pen;
use crate::tui::words;
use crate::tui::{part, text};

/// Draws the screen.
pub fn draw(s: &State, t: &Theme, g: &Geometry, buf: &mut Buffer) {
    list(s, &mut Pen::new(buf, t, g.list));
    if !g.side.is_empty() {
        event::pane(s, &mut Pen::new(buf, t, g.side));
    }
}

fn list(s: &State, p: &mut Pen<'_>) {
    let t = p.theme;
    let w = usize::from(p.area.w);
    let current = s.live.current_column();
    let columns = s.live.fit.columns(&s.live.columns, w, current);
    let mut x = 1;
    for (c, n) in &columns {
        let mut head = c.head();
        if *c == Column::Message && s.live.shift > 0 {
            head = format!("MESSAGE +{}", s.live.shift);
        }
        p.cell(x, 0, *n, &head, false, if *c == current { t.cell } else { t.title });
        x += n + 1;
    }
    if g_side_empty(s) {
        // Without the lower pane its words stand at the right of the heads.
        let state = event::pace(s);
        let n = text::width(&state);
        p.put(w.saturating_sub(n + 1), 0, n, &state, t.warn);
    }
    let rows = usize::from(p.area.h).saturating_sub(1);
    if s.live.shown == 0 {
        let filters = !s.live.filters.expression().is_empty();
        let looking = s.live.busy || (part::shown(s) && s.live.scanned < s.live.events);
        let say = match (s.facts.inputs, filters) {
            (false, _) => "no log is open".to_owned(),
            (true, false) if s.live.events == 0 || !part::shown(s) => "no events yet".to_owned(),
            _ if looking => "looking…".to_owned(),
            (true, true) => "no event passes the filters: = edits them, \\ clears them".to_owned(),
            (true, false) => {
                format!("no event is in the part: {} shows the whole log", s.keys.key_of(Act::PartOrWhole))
            }
        };
        p.put(1, 1, w, &say, t.dim);
    }
    for y in 0..rows {
        let at = s.live.cursor.top + y;
        if at >= s.live.shown {
            break;
        }
        match s.live.row(at) {
            Some(r) => row(s, p, y + 1, r, &columns, at == s.live.cursor.at),
            None => {
                p.put(1, y + 1, 1, "…", t.dim);
            }
        }
        // The mark stays to be seen: whether m sets it or takes it off; the time
        // is painted as the cursor's.
        if at == s.live.cursor.at && !s.live.row(at).is_some_and(|r| r.marked) {
            p.cursor_bar(y + 1);
        }
    }
}

fn g_side_empty(s: &State) -> bool {
    s.geometry().side.is_empty()
}

fn row(s: &State, p: &mut Pen<'_>, y: usize, r: &FeedRow, columns: &[(Column, usize)], here: bool) {
    let t = p.theme;
    let e = &r.row;
    let current = s.live.current_column();
    let sev = r.alert.unwrap_or(e.severity);
    let mut x = 1;
    for (c, n) in columns {
        let at_cell = here && *c == current;
        match c {
            Column::Time => {
                // What stands in the place of a time is not shown as one.
                let time = if e.quality == TimeQuality::Unknown { Ts::NONE } else { e.time };
                let time = match *n {
                    0..10 => text::clock(time),
                    10 | 16 => text::date_minute(time, *n),
                    11..14 => text::day_clock(time),
                    _ => text::dated_clock(time),
                };
                p.put(x, y, *n, &time, if here { t.cursor } else { t.dim });
            }
            Column::Severity => {
                let style =
                    if here { t.cursor } else { t.severity(if r.alert.is_some() { sev } else { Severity::Info }) };
                p.put(x, y, 1, letter(r.alert, e.severity).encode_utf8(&mut [0; 4]), style);
            }
            Column::Field(o) => {
                let style = if at_cell { t.cell } else { field_style(t, r, *o) };
                p.cell(x, y, *n, e.ov(*o).unwrap_or(if at_cell { "-" } else { "" }), false, style);
            }
            Column::Message => {
                let style = if at_cell { t.cell } else { plain(t, r) };
                message(s, p, (x, y, *n), r, style);
            }
        }
        x += n + 1;
    }
    if here {
        p.paint(1 + columns.first().map_or(8, |(_, n)| *n), y, 1, t.cursor);
    }
    if r.marked {
        p.put(0, y, 1, "◆", t.mark);
    } else if r.outside {
        p.put(0, y, 1, "·", t.dim);
    }
}

/// What is not in the part steps back.
fn plain(t: &Theme, r: &FeedRow) -> Style {
    if r.outside { t.dim } else { t.text }
}

fn field_style(t: &Theme, r: &FeedRow, o: Ov) -> Style {
    match o {
        Ov::SrcIp | Ov::User => plain(t, r),
        _ => t.dim,
    }
}

fn message(s: &State, p: &mut Pen<'_>, (x, y, n): (usize, usize, usize), r: &FeedRow, style: Style) {
    let t = p.theme;
    let note = r.note.as_ref().map(|n| format!(" ◆ {n}"));
    let message = words::message(&r.row);
    let full = text::sanitize(&message);
    // A note is seen whatever the length of the message.
    let kept = note.as_ref().map_or(0, |m| text::width(m).min(n / 3));
    let shown = text::cut(text::skip(&full, s.live.shift), n - kept);
    let end = p.put(x, y, n, &shown, style);
    if let Some(note) = note {
        p.cell(end, y, (x + n).saturating_sub(end), &note, false, t.mark);
    }
    if let Some(f) = &s.live.find {
        highlight(p, (x, y), &shown, &f.text, t.hit);
    }
}

/// Paints every place where the text occurs, whatever its case.
fn highlight(p: &mut Pen<'_>, (x, y): (usize, usize), shown: &str, needle: &str, style: Style) {
    if needle.is_empty() || !shown.is_ascii() || !needle.is_ascii() {
        return;
    }
    let (hay, low) = (shown.to_ascii_lowercase(), needle.to_ascii_lowercase());
    for (i, m) in hay.match_indices(&low).take(20) {
        p.paint(x + i, y, m.len(), style);
    }
}
