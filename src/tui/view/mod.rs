//! From state to cells. Pure: no clock, no file, no terminal; one file per pane.

mod cases;
mod detail;
mod event;
mod feed;
mod footer;
mod header;
mod health;
mod overlay;
mod rules;
mod triage;
mod why;
mod workshop;
mod yaml;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::ascii;
use super::paint::TextCursor;
use super::state::geometry::{Area, MIN_SIZE};
use super::state::{Screen, State};
use super::theme::Theme;
use super::widget::draw::Pen;

/// Draws the whole screen into a buffer of its size; returns where the text cursor stands.
pub fn view(s: &State, theme: &Theme, buf: &mut Buffer) -> TextCursor {
    buf.reset();
    let g = s.geometry();
    if g.too_small {
        let mut p = Pen::new(buf, theme, Area { x: 0, y: 0, w: s.size.0, h: s.size.1 });
        p.put(0, 0, usize::from(s.size.0), &format!("need {}x{}", MIN_SIZE.0, MIN_SIZE.1), theme.bad);
        return None;
    }
    header::draw(s, theme, &g, buf);
    let mut text_cursor = None;
    match s.screen {
        Screen::Triage => triage::draw(s, theme, &g, buf),
        Screen::Live => feed::draw(s, theme, &g, buf),
        Screen::Cases => cases::draw(s, theme, &g, buf),
        Screen::Rules => text_cursor = rules::draw(s, theme, &g, buf),
        Screen::Health => health::draw(s, theme, &g, buf),
    }
    let mut cursor = footer::draw(s, theme, &g, buf).or(text_cursor);
    for o in &s.overlays {
        let c = overlay::draw(s, theme, o, buf);
        if s.prompt.is_none() {
            cursor = c;
        }
    }
    if s.facts.ascii {
        ascii::fold(buf);
    }
    cursor
}

/// Draws a state into a buffer of its own.
#[must_use]
pub fn render(s: &State, theme: &Theme) -> (Buffer, TextCursor) {
    let mut buf = Buffer::empty(Rect::new(0, 0, s.size.0, s.size.1));
    let cursor = view(s, theme, &mut buf);
    (buf, cursor)
}

/// A vertical line between panes that stand side by side.
fn divider(p: &mut Pen<'_>, area: Area) {
    if area.x == 0 {
        return;
    }
    p.area = Area { x: area.x - 1, y: area.y, w: 1, h: area.h };
    for y in 0..usize::from(area.h) {
        p.put(0, y, 1, "│", p.theme.border);
    }
}
