//! From two frames to the fewest bytes that turn one into the other.
//!
//! The encoder is our own because bytes are the budget over SSH and because
//! the terminal library's colour writer resets modifiers under `NO_COLOR`.
//! What changed is cut into runs of one colour. They are sent line by line or
//! colour by colour, with lines moved by the terminal first or not: all ways
//! are tried and the shortest is sent. Invariants: nothing is written for equal
//! frames; only printable characters ever reach the terminal (cells that hold
//! anything else are written as `?`); the style is reset at the end of every
//! frame; whichever way was taken, the terminal shows the new frame.

mod scroll;
mod write;

#[cfg(test)]
mod tests;

use ratatui::buffer::{Buffer, Cell};
use unicode_width::UnicodeWidthStr;

use write::{At, PLAIN, Pen, go, put, set_pen};

/// What the encoder keeps from frame to frame: nothing but the sync setting.
#[derive(Debug, Clone, Copy)]
pub struct Painter {
    /// Wrap frames in synchronized-output marks.
    pub sync: bool,
}

/// Where the text cursor stands after the frame; `None` hides it.
pub type TextCursor = Option<(u16, u16)>;

/// Cells that are the same but cheaper to send again than to jump over.
const BRIDGE: usize = 4;
/// A frame shorter than this comes in one piece anyway.
const SMALL: usize = 1000;

/// Cells of one line that are sent in one go; without cells the rest of the line is erased.
struct Run {
    y: u16,
    x: usize,
    end: usize,
    pen: Pen,
}

impl Painter {
    /// Appends to `out` what turns `old` into `new`. Both are [`tidy`] and have one area.
    pub fn frame(&self, old: &Buffer, new: &Buffer, cursor: (TextCursor, TextCursor), out: &mut Vec<u8>) {
        let mut body = Vec::new();
        if cursor.0.is_some() && cursor.1 != cursor.0 {
            body.extend_from_slice(b"\x1b[?25l");
        }
        body.extend(cells(old, new));
        if let Some((x, y)) = cursor.1
            && (!body.is_empty() || cursor.0 != cursor.1)
        {
            go(x, y, &mut None, &mut body);
            if cursor.0 != cursor.1 {
                body.extend_from_slice(b"\x1b[?25h");
            }
        }
        if self.sync && body.len() >= SMALL {
            out.extend_from_slice(b"\x1b[?2026h");
            out.extend_from_slice(&body);
            out.extend_from_slice(b"\x1b[?2026l");
        } else {
            out.extend_from_slice(&body);
        }
    }
}

/// Brings a frame to the one form that a terminal can show: blanks have no
/// colour that nobody sees, and half a wide character is none.
pub fn tidy(frame: &mut Buffer) {
    let width = usize::from(frame.area.width).max(1);
    for line in frame.content.chunks_mut(width) {
        for x in 0..line.len() {
            let (left, right) = line.split_at_mut(x + 1);
            let Some(c) = left.last_mut() else { continue };
            if cell_width(c) == 2 {
                match right.first_mut() {
                    // No text of its own: whatever follows it there is a change.
                    Some(next) if matches!(next.symbol(), " " | "") => {
                        next.reset();
                        next.set_symbol("");
                    }
                    _ => {
                        c.set_symbol(" ");
                    }
                }
            }
            if c.symbol() == " " && Pen::of(c).leaves_blanks() {
                c.reset();
            }
        }
    }
}

/// The shortest of all ways.
fn cells(old: &Buffer, new: &Buffer) -> Vec<u8> {
    let mut best = shorter(&runs(old, new), new, &[], None);
    if let Some(s) = scroll::find(old, new) {
        let (mut head, mut at) = (Vec::new(), None);
        s.write(new.area.height, &mut at, &mut head);
        let moved = shorter(&runs(&s.applied(old), new), new, &head, at);
        if moved.len() < best.len() {
            best = moved;
        }
    }
    best
}

/// Line by line, or colour by colour.
fn shorter(runs: &[Run], new: &Buffer, head: &[u8], at: At) -> Vec<u8> {
    let mut pens = vec![PLAIN];
    for r in runs {
        if !pens.contains(&r.pen) {
            pens.push(r.pen);
        }
    }
    let lines = encode(runs.iter(), new, head, at);
    if pens.len() < 2 {
        return lines;
    }
    let colours = encode(pens.iter().flat_map(|p| runs.iter().filter(|r| r.pen == *p)), new, head, at);
    if colours.len() < lines.len() { colours } else { lines }
}

fn encode<'a>(runs: impl Iterator<Item = &'a Run>, new: &Buffer, head: &[u8], mut at: At) -> Vec<u8> {
    let width = usize::from(new.area.width);
    let mut out = head.to_vec();
    let mut pen = PLAIN;
    for r in runs {
        go(r.x as u16, r.y, &mut at, &mut out);
        set_pen(&mut pen, r.pen, &mut out);
        if r.x == r.end {
            out.extend_from_slice(b"\x1b[K");
            continue;
        }
        let mut x = r.x;
        while let Some(c) = line(new, r.y).get(x).filter(|_| x < r.end) {
            put(c, &mut out);
            x += cell_width(c);
        }
        // After the last column the cursor's place depends on the terminal.
        at = (x < width).then_some((x as u16, r.y));
    }
    set_pen(&mut pen, PLAIN, &mut out);
    out
}

fn line(b: &Buffer, y: u16) -> &[Cell] {
    let w = usize::from(b.area.width);
    b.content.get(usize::from(y) * w..(usize::from(y) + 1) * w).unwrap_or_default()
}

fn runs(old: &Buffer, new: &Buffer) -> Vec<Run> {
    let mut out = Vec::new();
    for y in 0..new.area.height {
        line_runs(line(old, y), line(new, y), y, &mut out);
    }
    out
}

fn line_runs(old: &[Cell], new: &[Cell], y: u16, out: &mut Vec<Run>) {
    if old == new {
        return;
    }
    let same = |x: usize| old.get(x) == new.get(x);
    // Where the rest of the line is blank and plain, one erase does it.
    let blank_from = new.iter().enumerate().rfind(|(_, c)| !is_blank(c)).map_or(0, |(x, c)| x + cell_width(c));
    let erase = (blank_from..new.len()).filter(|x| !same(*x)).count() > 4;
    let end = if erase { blank_from } else { new.len() };
    let mut x = 0;
    while x < end {
        if same(x) {
            x += 1;
            continue;
        }
        let r = run(old, new, (x, end), y);
        x = r.end;
        out.push(r);
    }
    if erase {
        // A first blank that is the same need not be erased.
        let from = (blank_from..new.len()).find(|x| !same(*x)).unwrap_or(blank_from);
        out.push(Run { y, x: from, end: from, pen: PLAIN });
    }
}

/// The run that begins with a changed cell: as far as one pen goes, over a few
/// cells that are the same and over blanks, which most pens can write.
fn run(old: &[Cell], new: &[Cell], (start, end): (usize, usize), y: u16) -> Run {
    let (mut pen, mut x) = (None, start);
    let (mut last, mut its_pen) = (start, None);
    while let Some(c) = new.get(x).filter(|_| x < end) {
        let w = cell_width(c);
        let changed = old.get(x) != Some(c);
        if !changed && (x + w - last > BRIDGE || c.symbol().len() != 1) {
            break;
        }
        if is_blank(c) {
            if !pen.is_none_or(Pen::leaves_blanks) {
                break;
            }
        } else {
            let own = Pen::of(c);
            if !pen.map_or(x == start || own.leaves_blanks(), |p| p == own) {
                break;
            }
            pen = Some(own);
        }
        x += w;
        if changed {
            (last, its_pen) = (x, pen);
        }
    }
    Run { y, x: start, end: last, pen: its_pen.unwrap_or(PLAIN) }
}

fn is_blank(c: &Cell) -> bool {
    c.symbol() == " " && Pen::of(c) == PLAIN
}

fn cell_width(c: &Cell) -> usize {
    let s = c.symbol();
    if s.len() == 1 { 1 } else { s.width().clamp(1, 2) }
}
