//! The screen of Health: its lines, from the first that is shown on.

use ratatui::buffer::Buffer;

use crate::tui::health::{Line, Tone, lines};
use crate::tui::state::State;
use crate::tui::state::geometry::Geometry;
use crate::tui::theme::Theme;
use crate::tui::widget::draw::Pen;

/// Draws the screen.
pub fn draw(s: &State, t: &Theme, g: &Geometry, buf: &mut Buffer) {
    let mut p = Pen::new(buf, t, g.list);
    let w = usize::from(p.area.w);
    let h = usize::from(p.area.h);
    let lines = lines(s, w);
    let top = s.health.at.min(lines.len().saturating_sub(h));
    for (y, line) in lines.iter().skip(top).take(h).enumerate() {
        match line {
            Line::Rule(title) => p.rule(y, title, "", false),
            Line::Text(text, tone) => {
                let style = match tone {
                    Tone::Plain => t.text,
                    Tone::Dim => t.dim,
                    Tone::Warn => t.warn,
                    Tone::Bad => t.bad,
                };
                p.cell(1, y, w.saturating_sub(2), text, false, style);
            }
        }
    }
}
