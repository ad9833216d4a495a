//! The event-detail overlay: every field with a cursor to filter by, the raw
//! line with its hidden characters as marks, or JSON.

use ratatui::buffer::Buffer;

use crate::tui::state::State;
use crate::tui::state::live::EventMode;
use crate::tui::state::overlay::Detail;
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::widget::popup;
use crate::tui::words;

/// Draws it over the whole screen but its first and last line.
pub fn draw(s: &State, t: &Theme, d: &Detail, buf: &mut Buffer) {
    let area = popup::centred(s.size, (s.size.0, s.size.1));
    let e = &d.row.row;
    let name = match d.mode {
        EventMode::Fields => "fields",
        EventMode::Raw => "raw",
        EventMode::Json => "JSON",
    };
    let marked = if d.row.marked { " · ◆ marked" } else { "" };
    let title = format!("event · {name}{marked}");
    let keys = "v fields/raw/JSON  f/F filter  e escalate  m mark  y copy  p pivot  ? keys  Esc back";
    let mut p = popup::open(buf, t, area, &title, keys);
    let (w, h) = (usize::from(p.area.w), usize::from(p.area.h));
    if d.mode != EventMode::Fields {
        let lines = words::event_text(e, d.mode, w.saturating_sub(2), d.wrap, s.facts.ascii);
        let top = d.cursor.at.min(lines.len().saturating_sub(1));
        for (y, line) in lines.iter().skip(top).take(h).enumerate() {
            p.put(1, y, w, line, t.text);
        }
        return;
    }
    let fields = words::fields(e);
    let mut place = words::place(s, e);
    place.extend(d.row.note.iter().map(|n| ("note".to_owned(), n.clone())));
    let name_width = fields.iter().map(|(n, _)| text::width(n)).max().unwrap_or(0).clamp(8, 28);
    let value_width = w.saturating_sub(name_width + 4);
    // Lines of each field; the page begins where the cursor's field fits.
    let lines_of = |v: &str| -> Vec<String> {
        let clean = text::sanitize(v);
        if d.wrap { text::wrap(&clean, value_width.max(1), 6) } else { vec![text::cut(&clean, value_width)] }
    };
    let room = h.saturating_sub(place.len() + 1);
    let at = d.cursor.at.min(fields.len().saturating_sub(1));
    let mut first = at;
    let mut used = fields.get(at).map_or(1, |f| lines_of(&f.1).len());
    while first > 0 {
        let n = fields.get(first - 1).map_or(1, |f| lines_of(&f.1).len());
        if used + n > room {
            break;
        }
        used += n;
        first -= 1;
    }
    let mut y = 0;
    for (i, (name, value)) in fields.iter().enumerate().skip(first) {
        for (k, line) in lines_of(value).iter().enumerate() {
            if y >= room {
                break;
            }
            if k == 0 {
                p.cell(1, y, name_width, name, false, if i == at { t.cursor } else { t.key });
                if i == at {
                    p.cursor_bar(y);
                }
            }
            p.put(name_width + 2, y, value_width, line, t.text);
            y += 1;
        }
    }
    for (i, (name, value)) in place.iter().enumerate() {
        let y = h.saturating_sub(place.len()) + i;
        p.cell(1, y, name_width, name, false, t.dim);
        p.cell(name_width + 2, y, value_width, value, false, t.dim);
    }
}
