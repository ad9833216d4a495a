//! Bytes for a terminal: cursor moves, colours and characters, each as short as can be.
//!
//! Only what a VT102 knows is sent (and SGR colours): consoles, `screen` and
//! `tmux` all show the same.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// Where the terminal's cursor stands, where that is known.
pub type At = Option<(u16, u16)>;

/// Colours and modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pen {
    /// Foreground.
    pub fg: Color,
    /// Background.
    pub bg: Color,
    /// Modifiers.
    pub modifier: Modifier,
}

/// The terminal's own colours.
pub const PLAIN: Pen = Pen { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

impl Pen {
    /// Of a cell.
    #[must_use]
    pub const fn of(c: &Cell) -> Self {
        Self { fg: c.fg, bg: c.bg, modifier: c.modifier }
    }

    /// Whether a blank written with it looks like a blank written with none.
    #[must_use]
    pub fn leaves_blanks(self) -> bool {
        self.bg == Color::Reset && !self.modifier.intersects(Modifier::UNDERLINED.union(Modifier::REVERSED))
    }
}

/// Writes the text of a cell.
pub fn put(c: &Cell, out: &mut Vec<u8>) {
    let s = c.symbol();
    // The last line of defence: whatever a view put here, no control leaves.
    if s.is_empty() || s.chars().any(char::is_control) {
        out.push(if s.is_empty() { b' ' } else { b'?' });
    } else {
        out.extend_from_slice(s.as_bytes());
    }
}

/// Writes a number in decimal.
pub fn number(n: u16, out: &mut Vec<u8>) {
    let mut digits = [0u8; 5];
    let (mut n, mut at) = (n, digits.len());
    loop {
        at -= 1;
        if let Some(d) = digits.get_mut(at) {
            *d = b'0' + (n % 10) as u8;
        }
        n /= 10;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(at..).unwrap_or_default());
}

/// Moves the cursor with the shortest sequence.
pub fn go(x: u16, y: u16, at: &mut At, out: &mut Vec<u8>) {
    let from = at.replace((x, y));
    if from == Some((x, y)) {
        return;
    }
    let start = out.len();
    if let Some((ax, ay)) = from.filter(|(_, ay)| y >= *ay && y - ay <= 4) {
        if ay == y && x < ax && ax - x <= 3 {
            out.extend(std::iter::repeat_n(8, usize::from(ax - x)));
            return;
        }
        let right = if ay == y && x > ax {
            x - ax
        } else {
            out.push(b'\r');
            out.extend(std::iter::repeat_n(b'\n', usize::from(y - ay)));
            x
        };
        if right > 0 {
            out.extend_from_slice(b"\x1b[");
            if right > 1 {
                number(right, out);
            }
            out.push(b'C');
        }
    }
    let relative = out.len() - start;
    out.extend_from_slice(b"\x1b[");
    if y > 0 || x > 0 {
        number(y + 1, out);
    }
    if x > 0 {
        out.push(b';');
        number(x + 1, out);
    }
    out.push(b'H');
    // The way from where it stood, or by its place: the shorter one stays.
    if relative > 0 && relative <= out.len() - start - relative {
        out.truncate(start + relative);
    } else {
        out.drain(start..start + relative);
    }
}

/// Changes colours and modifiers.
pub fn set_pen(pen: &mut Pen, to: Pen, out: &mut Vec<u8>) {
    if *pen == to {
        return;
    }
    let from = std::mem::replace(pen, to);
    if to == PLAIN {
        out.extend_from_slice(b"\x1b[m");
        return;
    }
    let start = out.len();
    change(from, to, out);
    let step = out.len() - start;
    // From nothing on it is sometimes shorter than from what there was.
    let fresh = out.len();
    out.extend_from_slice(b"\x1b[0");
    codes(PLAIN, to, true, out);
    out.push(b'm');
    if step <= out.len() - fresh {
        out.truncate(fresh);
    } else {
        out.drain(start..fresh);
    }
}

fn change(from: Pen, to: Pen, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b[");
    codes(from, to, false, out);
    out.push(b'm');
}

/// The codes that lead from one to the other; `more` where others stand before.
fn codes(from: Pen, to: Pen, mut more: bool, out: &mut Vec<u8>) {
    let mut sep = |out: &mut Vec<u8>| {
        if std::mem::replace(&mut more, true) {
            out.push(b';');
        }
    };
    let mut had = from.modifier;
    let weight = Modifier::BOLD.union(Modifier::DIM);
    for (group, off) in
        [(weight, "22"), (Modifier::ITALIC, "23"), (Modifier::UNDERLINED, "24"), (Modifier::REVERSED, "27")]
    {
        if had.intersection(group).difference(to.modifier).is_empty() {
            continue;
        }
        sep(out);
        out.extend_from_slice(off.as_bytes());
        had.remove(group);
    }
    for (m, on) in [
        (Modifier::BOLD, b'1'),
        (Modifier::DIM, b'2'),
        (Modifier::ITALIC, b'3'),
        (Modifier::UNDERLINED, b'4'),
        (Modifier::REVERSED, b'7'),
    ] {
        if to.modifier.contains(m) && !had.contains(m) {
            sep(out);
            out.push(on);
        }
    }
    if to.fg != from.fg {
        sep(out);
        colour(to.fg, 30, out);
    }
    if to.bg != from.bg {
        sep(out);
        colour(to.bg, 40, out);
    }
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
    use super::*;

    #[test]
    fn the_shortest_way_is_taken() {
        let way = |from: At, x, y| {
            let (mut at, mut out) = (from, Vec::new());
            go(x, y, &mut at, &mut out);
            assert_eq!(at, Some((x, y)));
            String::from_utf8(out).expect("ASCII")
        };
        assert_eq!(way(None, 0, 0), "\x1b[H");
        assert_eq!(way(None, 7, 9), "\x1b[10;8H");
        assert_eq!(way(Some((3, 9)), 0, 10), "\r\n");
        assert_eq!(way(Some((3, 9)), 4, 9), "\x1b[C");
        assert_eq!(way(Some((3, 9)), 1, 9), "\x08\x08");
        assert_eq!(way(Some((150, 9)), 5, 11), "\r\n\n\x1b[5C");
        assert_eq!(way(Some((150, 9)), 5, 8), "\x1b[9;6H");
    }

    #[test]
    fn a_pen_changes_by_what_differs() {
        let bold = Pen { modifier: Modifier::BOLD, fg: Color::Indexed(1), ..PLAIN };
        let both = Pen { modifier: Modifier::BOLD.union(Modifier::UNDERLINED), ..bold };
        let change = |mut from: Pen, to| {
            let mut out = Vec::new();
            set_pen(&mut from, to, &mut out);
            String::from_utf8(out).expect("ASCII")
        };
        assert_eq!(change(PLAIN, bold), "\x1b[1;31m");
        assert_eq!(change(both, bold), "\x1b[24m");
        assert_eq!(change(bold, both), "\x1b[4m");
        assert_eq!(change(bold, Pen { modifier: Modifier::DIM, ..bold }), "\x1b[22;2m");
        assert_eq!(change(both, PLAIN), "\x1b[m");
        assert_eq!(change(both, Pen { modifier: Modifier::BOLD, ..PLAIN }), "\x1b[0;1m");
    }
}
