//! From two frames to the fewest bytes that turn one into the other.
//!
//! The encoder is our own because bytes are the budget over SSH and because
//! the terminal library's colour writer resets modifiers under `NO_COLOR`.
//! Invariants: nothing is written for equal frames; only printable characters
//! ever reach the terminal (cells that hold anything else are written as `?`);
//! the style is reset at the end of every frame.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// What the encoder keeps from frame to frame: nothing but the sync setting.
#[derive(Debug, Clone, Copy)]
pub struct Painter {
    /// Wrap frames in synchronized-output marks.
    pub sync: bool,
}

/// Where the text cursor stands after the frame; `None` hides it.
pub type TextCursor = Option<(u16, u16)>;

#[derive(Clone, Copy, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

const PLAIN: Pen = Pen { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };
/// Cells that are the same but cheaper to send again than to jump over.
const BRIDGE: u16 = 4;

impl Painter {
    /// Appends to `out` what turns `old` into `new`. Both have one area.
    pub fn frame(&self, old: &Buffer, new: &Buffer, cursor: (TextCursor, TextCursor), out: &mut Vec<u8>) {
        let start = out.len();
        if self.sync {
            out.extend_from_slice(b"\x1b[?2026h");
        }
        let body = out.len();
        if cursor.0.is_some() && cursor.1 != cursor.0 {
            out.extend_from_slice(b"\x1b[?25l");
        }
        let mut pen = PLAIN;
        let mut at: Option<(u16, u16)> = None;
        for y in 0..new.area.height {
            line(old, new, y, &mut pen, &mut at, out);
        }
        set_pen(&mut pen, PLAIN, out);
        if let Some((x, y)) = cursor.1
            && (out.len() > body || cursor.0 != cursor.1)
        {
            go(x, y, &mut None, out);
            if cursor.0 != cursor.1 {
                out.extend_from_slice(b"\x1b[?25h");
            }
        }
        if out.len() == body {
            out.truncate(start);
        } else if self.sync {
            out.extend_from_slice(b"\x1b[?2026l");
        }
    }
}

fn line(old: &Buffer, new: &Buffer, y: u16, pen: &mut Pen, at: &mut Option<(u16, u16)>, out: &mut Vec<u8>) {
    let width = new.area.width;
    let cell = |b: &'_ Buffer, x: u16| -> usize { usize::from(y) * usize::from(b.area.width) + usize::from(x) };
    let get = |b: &'_ Buffer, x: u16| -> Cell { b.content.get(cell(b, x)).cloned().unwrap_or_default() };
    let same = |x: u16| old.content.get(cell(old, x)) == new.content.get(cell(new, x));
    // Where the rest of the line is blank and plain, one erase does it.
    let mut blank_from = width;
    while blank_from > 0 && is_blank(&get(new, blank_from - 1)) {
        blank_from -= 1;
    }
    let changed_tail = (blank_from..width).filter(|x| !same(*x)).count();
    let erase = changed_tail > 4;
    let end = if erase { blank_from } else { width };
    let mut x = 0;
    while x < end {
        if same(x) {
            x += 1;
            continue;
        }
        // A wide character whose second half was overwritten must be sent from its start.
        if let Some((ax, ay)) = *at
            && ay == y
            && ax < x
            && x - ax <= BRIDGE
            && (ax..x).all(|i| plain_cell(&get(new, i), *pen))
        {
            for i in ax..x {
                put(&get(new, i), out);
            }
            *at = Some((x, y));
        }
        let c = get(new, x);
        let w = cell_width(&c);
        go(x, y, at, out);
        set_pen(pen, Pen { fg: c.fg, bg: c.bg, modifier: c.modifier }, out);
        put(&c, out);
        let next = x.saturating_add(w);
        // After the last column the cursor's place depends on the terminal.
        *at = (next < width).then_some((next, y));
        x = next;
    }
    if erase {
        go(blank_from, y, at, out);
        set_pen(pen, PLAIN, out);
        out.extend_from_slice(b"\x1b[K");
    }
}

fn is_blank(c: &Cell) -> bool {
    c.symbol() == " " && c.fg == Color::Reset && c.bg == Color::Reset && c.modifier.is_empty()
}

fn plain_cell(c: &Cell, pen: Pen) -> bool {
    c.symbol().len() == 1 && Pen { fg: c.fg, bg: c.bg, modifier: c.modifier } == pen
}

fn cell_width(c: &Cell) -> u16 {
    u16::try_from(c.symbol().width()).unwrap_or(1).clamp(1, 2)
}

fn put(c: &Cell, out: &mut Vec<u8>) {
    let s = c.symbol();
    // The last line of defence: whatever a view put here, no control leaves.
    if s.is_empty() || s.chars().any(char::is_control) {
        out.push(if s.is_empty() { b' ' } else { b'?' });
    } else {
        out.extend_from_slice(s.as_bytes());
    }
}

fn number(n: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(n.to_string().as_bytes());
}

/// Moves the cursor with the shortest sequence.
fn go(x: u16, y: u16, at: &mut Option<(u16, u16)>, out: &mut Vec<u8>) {
    match *at {
        Some(p) if p == (x, y) => {}
        Some((ax, ay)) if ay == y && x > ax => {
            out.extend_from_slice(b"\x1b[");
            if x - ax > 1 {
                number(x - ax, out);
            }
            out.push(b'C');
        }
        Some((_, ay)) if x == 0 && y == ay + 1 => out.extend_from_slice(b"\r\n"),
        _ => {
            out.extend_from_slice(b"\x1b[");
            if y > 0 || x > 0 {
                number(y + 1, out);
            }
            if x > 0 {
                out.push(b';');
                number(x + 1, out);
            }
            out.push(b'H');
        }
    }
    *at = Some((x, y));
}

fn set_pen(pen: &mut Pen, to: Pen, out: &mut Vec<u8>) {
    if *pen == to {
        return;
    }
    if to == PLAIN {
        out.extend_from_slice(b"\x1b[m");
        *pen = to;
        return;
    }
    let mut codes: Vec<u8> = Vec::with_capacity(24);
    let sep = |codes: &mut Vec<u8>| {
        if !codes.is_empty() {
            codes.push(b';');
        }
    };
    let mut from = *pen;
    if !to.modifier.contains(from.modifier) {
        codes.push(b'0');
        from = PLAIN;
    }
    for (m, code) in [
        (Modifier::BOLD, "1"),
        (Modifier::DIM, "2"),
        (Modifier::ITALIC, "3"),
        (Modifier::UNDERLINED, "4"),
        (Modifier::REVERSED, "7"),
    ] {
        if to.modifier.contains(m) && !from.modifier.contains(m) {
            sep(&mut codes);
            codes.extend_from_slice(code.as_bytes());
        }
    }
    if to.fg != from.fg {
        sep(&mut codes);
        colour(to.fg, 30, &mut codes);
    }
    if to.bg != from.bg {
        sep(&mut codes);
        colour(to.bg, 40, &mut codes);
    }
    out.extend_from_slice(b"\x1b[");
    out.extend_from_slice(&codes);
    out.push(b'm');
    *pen = to;
}

fn colour(c: Color, base: u16, out: &mut Vec<u8>) {
    match c {
        Color::Indexed(i @ 0..=7) => number(base + u16::from(i), out),
        Color::Indexed(i @ 8..=15) => number(base + 52 + u16::from(i), out),
        Color::Indexed(i) => {
            number(base + 8, out);
            out.extend_from_slice(b";5;");
            number(u16::from(i), out);
        }
        Color::Rgb(r, g, b) => {
            number(base + 8, out);
            out.extend_from_slice(b";2");
            for v in [r, g, b] {
                out.push(b';');
                number(u16::from(v), out);
            }
        }
        // Themes write numbers only; all else is the terminal's own colour.
        _ => number(base + 9, out),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn buf(lines: &[(&str, Style)], w: u16) -> Buffer {
        let mut b = Buffer::empty(Rect::new(0, 0, w, lines.len() as u16));
        for (y, (t, s)) in lines.iter().enumerate() {
            b.set_string(0, y as u16, t, *s);
        }
        b
    }

    fn parser(rows: u16, cols: u16) -> vt100::Parser {
        let n = |v| std::num::NonZeroU16::new(v).expect("not zero");
        vt100::Parser::new(n(rows), n(cols), 0)
    }

    fn paint(old: &Buffer, new: &Buffer) -> Vec<u8> {
        let mut out = Vec::new();
        Painter { sync: false }.frame(old, new, (None, None), &mut out);
        out
    }

    #[test]
    fn equal_frames_write_nothing() {
        let a = buf(&[("hello", Style::new())], 20);
        let mut out = Vec::new();
        Painter { sync: true }.frame(&a, &a, (Some((1, 0)), Some((1, 0))), &mut out);
        assert!(out.is_empty());
    }

    #[test]
    fn what_arrives_is_what_was_drawn() {
        // A terminal emulator must show the new frame, whatever the old one was.
        let s = Style::new().fg(Color::Indexed(9)).add_modifier(Modifier::BOLD);
        let frames = [
            buf(&[("plain text here", Style::new()), ("宽字符 and more", s), ("", Style::new())], 24),
            buf(&[("plain next there, longer", s), ("x", Style::new()), ("宽", Style::new())], 24),
            buf(&[("", Style::new()), ("x宽y宽", Style::new().bg(Color::Rgb(1, 2, 3))), ("abc", s)], 24),
        ];
        let mut old = Buffer::empty(Rect::new(0, 0, 24, 3));
        let mut term = parser(3, 24);
        for new in &frames {
            term.process(&paint(&old, new));
            let mut fresh = parser(3, 24);
            fresh.process(&paint(&Buffer::empty(new.area), new));
            assert_eq!(term.screen().contents_formatted(), fresh.screen().contents_formatted());
            old = new.clone();
        }
    }

    #[test]
    fn controls_never_leave() {
        let mut b = buf(&[("ab", Style::new())], 4);
        b.content[0].set_symbol("\x1b[31m");
        let out = paint(&Buffer::empty(b.area), &b);
        assert!(!out.windows(5).any(|w| w == b"\x1b[31m"), "{out:?}");
    }
}
