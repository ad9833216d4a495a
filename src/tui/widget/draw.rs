//! Text into cells. The one way from a string to the screen: everything passes
//! the sanitizer here, is clipped to its area, and can hold no control.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::tui::state::geometry::Area;
use crate::tui::text;
use crate::tui::theme::Theme;

/// A pen for one area: clips to it, knows the theme.
pub struct Pen<'a> {
    /// The cells.
    pub buf: &'a mut Buffer,
    /// The theme.
    pub theme: &'a Theme,
    /// Where it may draw.
    pub area: Area,
}

impl<'a> Pen<'a> {
    /// A pen for an area, clipped to the buffer.
    pub fn new(buf: &'a mut Buffer, theme: &'a Theme, area: Area) -> Self {
        let max = buf.area;
        let x = area.x.min(max.width);
        let y = area.y.min(max.height);
        let area = Area { x, y, w: area.w.min(max.width - x), h: area.h.min(max.height - y) };
        Self { buf, theme, area }
    }

    /// Writes text at a place of the area, cut at `max` columns; returns the column after it.
    pub fn put(&mut self, x: usize, y: usize, max: usize, s: &str, style: Style) -> usize {
        if y >= usize::from(self.area.h) || x >= usize::from(self.area.w) {
            return x;
        }
        let max = max.min(usize::from(self.area.w) - x);
        let clean = text::sanitize(s);
        let (ax, ay) = (self.area.x + x as u16, self.area.y + y as u16);
        let (end, _) = self.buf.set_stringn(ax, ay, &clean, max, style);
        if !clean.is_ascii() {
            // Marks that stand for controls look different from what was written so.
            for cx in ax..end {
                let Some(c) = self.buf.cell_mut((cx, ay)) else { break };
                if c.symbol().chars().next().is_some_and(|c| ('\u{2400}'..='\u{2421}').contains(&c)) {
                    c.set_style(self.theme.control);
                }
            }
        }
        usize::from(end - self.area.x)
    }

    /// Writes text in a column of a fixed width, cut with `…`, to the right where wanted.
    pub fn cell(&mut self, x: usize, y: usize, width: usize, s: &str, right: bool, style: Style) {
        let clean = text::sanitize(s);
        let t = text::cut(&clean, width);
        let at = if right { x + width.saturating_sub(text::width(&t)) } else { x };
        self.put(at, y, width, &t, style);
    }

    /// Sets the style of part of a row.
    pub fn paint(&mut self, x: usize, y: usize, w: usize, style: Style) {
        if y >= usize::from(self.area.h) || x >= usize::from(self.area.w) {
            return;
        }
        let w = w.min(usize::from(self.area.w) - x);
        let r = Rect::new(self.area.x + x as u16, self.area.y + y as u16, w as u16, 1);
        self.buf.set_style(r, style);
    }

    /// A rule over the width with a title in it, and words at its right end.
    pub fn rule(&mut self, y: usize, title: &str, right: &str, focused: bool) {
        let w = usize::from(self.area.w);
        let border = self.theme.border;
        let title_style = if focused { self.theme.mark } else { self.theme.title };
        self.put(0, y, w, &"─".repeat(w), border);
        if !title.is_empty() {
            let t = format!(" {} ", text::cut(&text::sanitize(title), w.saturating_sub(4)));
            self.put(1, y, w.saturating_sub(2), &t, title_style);
        }
        let rw = text::width(right) + 2;
        if !right.is_empty() && rw + text::width(title) + 4 < w {
            self.put(w - rw - 1, y, rw, &format!(" {right} "), self.theme.dim);
        }
    }

    /// Writes pieces of several styles one after another.
    pub fn run(&mut self, mut x: usize, y: usize, pieces: &[(&str, Style)]) -> usize {
        for (s, style) in pieces {
            let max = usize::from(self.area.w).saturating_sub(x);
            x = self.put(x, y, max, s, *style);
        }
        x
    }

    /// Draws the bar that shows the cursor's row.
    pub fn cursor_bar(&mut self, y: usize) {
        self.put(0, y, 1, "▌", self.theme.mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::caps::Colours;

    #[test]
    fn drawing_outside_or_hostile_text_does_no_harm() {
        let theme = Theme::built_in("dark", Colours::True);
        let mut b = Buffer::empty(Rect::new(0, 0, 10, 2));
        let mut p = Pen::new(&mut b, &theme, Area { x: 5, y: 1, w: 50, h: 50 });
        p.put(0, 0, 99, "\u{1b}[2J宽宽宽宽", Style::new());
        p.put(90, 0, 9, "x", Style::new());
        p.put(0, 90, 9, "x", Style::new());
        p.cell(2, 0, 3, "abcdef", true, Style::new());
        p.rule(0, "t", "r", true);
        assert!(b.content.iter().all(|c| !c.symbol().chars().any(char::is_control)));
    }
}
