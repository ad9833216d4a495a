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
    p.rule(0, &format!("event {}", text::thousands(r.position)), &pace(s), false);
    let rows = h.saturating_sub(1);
    if s.live.mode != EventMode::Fields {
        for (y, line) in
            words::event_text(e, s.live.mode, w.saturating_sub(2), true, s.facts.ascii).iter().take(rows).enumerate()
        {
            p.put(1, y + 1, w, line, t.text);
        }
        return;
    }
    // The raw line last and whole, then as many fields as fit above it.
    let raw_lines = if s.live.wrap { 2.min(rows) } else { 1 };
    let skip = ["message", "line", "timestamp"];
    let mut pairs: Vec<(String, String)> =
        words::fields(e).into_iter().filter(|(n, _)| !skip.contains(&n.as_str())).collect();
    pairs.insert(0, ("time".into(), format!("{} ({})", e.time, e.quality.as_str())));
    pairs.extend(words::place(e, &s.snap.sources).into_iter().take(1));
    let columns = if w >= 100 { 3 } else { 2 };
    let cell = w / columns;
    for (i, (name, value)) in pairs.iter().take(rows.saturating_sub(raw_lines) * columns).enumerate() {
        let (x, y) = (i % columns * cell + 1, i / columns + 1);
        let end = p.put(x, y, cell - 1, name, t.key);
        let room = cell.saturating_sub(end - x + 2);
        p.cell(end + 1, y, room, value, false, t.text);
    }
    let raw = text::sanitize(&e.raw);
    let lines = text::wrap(&raw, w.saturating_sub(6), raw_lines);
    for (i, line) in lines.iter().enumerate() {
        let y = rows + 1 - raw_lines + i;
        if i == 0 {
            p.put(1, y, 3, "raw", t.key);
        }
        p.put(5, y, w, line, t.dim);
    }
}
