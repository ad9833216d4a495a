//! The event under the cursor, below the feed: the overlay in two columns, or
//! its raw line, or JSON.

use crate::tui::state::State;
use crate::tui::state::live::EventMode;
use crate::tui::text;
use crate::tui::widget::draw::Pen;
use crate::tui::words;

/// Whether the feed follows, stands still or replays at a pace.
#[must_use]
pub fn pace(s: &State) -> String {
    if let (Some(at), true) = (s.live.play.at, s.live.play.speed > 0.0) {
        let state = if s.live.follow { "" } else { " PAUSED" };
        return format!("×{} {}{state}", s.live.play.speed, text::clock(at));
    }
    match (s.live.follow, s.live.backlog()) {
        (true, _) => "FOLLOW".to_owned(),
        (false, 0) => "PAUSED".to_owned(),
        (false, n) => format!("PAUSED +{}", text::thousands(n as u64)),
    }
}

/// Draws the pane.
pub fn pane(s: &State, p: &mut Pen<'_>) {
    let t = p.theme;
    let (w, h) = (usize::from(p.area.w), usize::from(p.area.h));
    let Some(r) = &s.live.detail else {
        p.rule(0, "event", &pace(s), false);
        return;
    };
    let e = &r.row;
    // Number and place always stand here, whatever fields there are.
    let (pace, number) = (pace(s), text::thousands(r.position));
    p.rule(0, "event", &pace, false);
    let place = words::place(s, e).into_iter().next().map(|(_, v)| v).unwrap_or_default();
    let room = w.saturating_sub(text::width(&number) + text::width(&pace) + 17);
    let place = text::cut_left(&text::sanitize(&place), room);
    let end = p.put(8, 0, w, &format!("{number} · {place} "), t.dim);
    let outside = "· outside the part ";
    if r.outside && end + text::width(outside) + text::width(&pace) + 4 < w {
        p.put(end, 0, w, outside, t.warn);
    }
    let rows = h.saturating_sub(1);
    if s.live.mode != EventMode::Fields {
        for (y, line) in words::event_text(e, s.live.mode, w.saturating_sub(2), s.live.wrap, s.facts.ascii)
            .iter()
            .take(rows)
            .enumerate()
        {
            p.put(1, y + 1, w, line, t.text);
        }
        return;
    }
    let skip = ["message", "line", "timestamp"];
    let mut pairs: Vec<(String, String)> = vec![("time".into(), format!("{} ({})", e.time, words::time_quality(s, e)))];
    for (name, value) in words::fields(e) {
        // What a long value says is said once: opened, the event shows every name.
        let again = value.len() > 8 && pairs.iter().any(|(_, v)| *v == value);
        if !again && !skip.contains(&name.as_str()) {
            pairs.push((name, value));
        }
    }
    let columns = if w >= 100 { 3 } else { 2 };
    let cell = w / columns;
    // The raw line last and whole, then as many fields as fit above it. It has two
    // lines of its own, and more where fields leave them; one where it is the same again.
    let raw = text::sanitize(&e.raw);
    let used = pairs.len().div_ceil(columns);
    let raw_lines = match s.live.wrap {
        false => 1,
        true if raw.starts_with('{') && used < rows => 1,
        true => {
            let most = rows.saturating_sub(used).max(2);
            text::wrap(&raw, w.saturating_sub(6), most).len().max(2).min(rows)
        }
    };
    for (i, (name, value)) in pairs.iter().take(rows.saturating_sub(raw_lines) * columns).enumerate() {
        let (x, y) = (i % columns * cell + 1, i / columns + 1);
        let end = p.put(x, y, cell - 1, name, t.key);
        let room = cell.saturating_sub(end - x + 2);
        p.cell(end + 1, y, room, value, false, t.text);
    }
    let lines = text::wrap(&raw, w.saturating_sub(6), raw_lines);
    for (i, line) in lines.iter().enumerate() {
        let y = rows + 1 - raw_lines + i;
        if i == 0 {
            p.put(1, y, 3, "raw", t.key);
        }
        p.put(5, y, w, line, t.dim);
    }
}
