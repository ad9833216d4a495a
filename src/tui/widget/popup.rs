//! A box over the screen.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::draw::Pen;
use crate::tui::state::geometry::Area;
pub use crate::tui::state::places::centred;
use crate::tui::text;
use crate::tui::theme::Theme;

/// Clears an area, frames it, and returns a pen for its inside.
pub fn open<'a>(buf: &'a mut Buffer, theme: &'a Theme, area: Area, title: &str, foot: &str) -> Pen<'a> {
    let mut p = Pen::new(buf, theme, area);
    let (w, h) = (usize::from(p.area.w), usize::from(p.area.h));
    if w < 3 || h < 3 {
        return p;
    }
    let blank = " ".repeat(w);
    for y in 0..h {
        p.put(0, y, w, &blank, Style::reset().patch(theme.popup));
    }
    let side = "─".repeat(w - 2);
    p.put(0, 0, w, &format!("┌{side}┐"), theme.border);
    p.put(0, h - 1, w, &format!("└{side}┘"), theme.border);
    for y in 1..h - 1 {
        p.put(0, y, 1, "│", theme.border);
        p.put(w - 1, y, 1, "│", theme.border);
    }
    p.put(2, 0, w.saturating_sub(4), &format!(" {title} "), theme.title);
    if !foot.is_empty() {
        // Where not all keys fit the way out is the last to go.
        let mut keys: Vec<&str> = foot.split("  ").collect();
        while keys.len() > 1 && text::width(&keys.join("  ")) + 6 > w {
            keys.remove(keys.len() - 2);
        }
        p.put(2, h - 1, w.saturating_sub(4), &format!(" {} ", keys.join("  ")), theme.dim);
    }
    p.area = Area { x: p.area.x + 1, y: p.area.y + 1, w: p.area.w - 2, h: p.area.h - 2 };
    p
}
