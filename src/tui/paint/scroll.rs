//! Lines that moved: found by what stands in them, and moved by the terminal
//! itself, with a scrolling region and line feeds. Only an offer: the painter
//! takes it where it makes the frame shorter.

use ratatui::buffer::{Buffer, Cell};

use super::write::{At, number};

/// Fewest lines that make it worth a look.
const FEWEST: usize = 3;
/// Lines in between that did not move (the one the cursor is on, for one).
const GAP: usize = 2;

/// Lines `top..=bottom` move up by `by`, or down where it is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scroll {
    top: u16,
    bottom: u16,
    by: i32,
}

fn row(b: &Buffer, y: usize) -> &[Cell] {
    let w = usize::from(b.area.width);
    b.content.get(y * w..(y + 1) * w).unwrap_or_default()
}

/// What stands in each line, but for its first column: that holds the cursor's
/// bar. Nothing for lines that are blank.
fn marks(b: &Buffer) -> Vec<u64> {
    (0..usize::from(b.area.height))
        .map(|y| {
            let (mut hash, mut blank) = (0xcbf2_9ce4_8422_2325_u64, true);
            for c in row(b, y).iter().skip(1) {
                let s = c.symbol();
                blank &= s == " ";
                for byte in s.bytes() {
                    hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
                }
            }
            if blank { 0 } else { hash | 1 }
        })
        .collect()
}

/// The move that most lines made, if there is one.
#[must_use]
pub fn find(old: &Buffer, new: &Buffer) -> Option<Scroll> {
    if old.area != new.area {
        return None;
    }
    let (a, b) = (marks(old), marks(new));
    let n = a.len();
    if a.iter().zip(&b).filter(|(x, y)| x != y).count() < FEWEST {
        return None;
    }
    // votes[n + s]: lines that came from s lines below
    let mut votes = vec![0usize; 2 * n];
    for (y, mark) in b.iter().enumerate().filter(|(y, m)| **m != 0 && a.get(*y) != Some(*m)) {
        for (from, _) in a.iter().enumerate().filter(|(_, m)| *m == mark) {
            if let Some(v) = votes.get_mut(n + from - y) {
                *v += 1;
            }
        }
    }
    // The nearest of those with most votes: the same for the same frames.
    let (at, most) =
        votes.iter().copied().enumerate().max_by_key(|(i, v)| (*v, std::cmp::Reverse((i.abs_diff(n), *i))))?;
    if most < FEWEST || at == n {
        return None;
    }
    let by = at as i32 - n as i32;
    let moved = |y: usize| {
        let from = usize::try_from(y as i32 + by).ok();
        b.get(y).is_some_and(|m| *m != 0 && from.is_some_and(|f| a.get(f) == Some(m)))
    };
    // The longest stretch of such lines.
    let (mut best, mut run): (Stretch, Stretch) = (None, None);
    for y in (0..n).filter(|y| moved(*y)) {
        run = Some(match run {
            Some((first, last)) if y - last <= GAP + 1 => (first, y),
            _ => (y, y),
        });
        best = best.max_by_length(run);
    }
    let (first, last) = best?;
    let (from, to) = (first as i32, last as i32);
    let line = |y: i32| u16::try_from(y).ok();
    Some(Scroll { top: line(from.min(from + by))?, bottom: line(to.max(to + by))?, by })
}

/// First and last line.
type Stretch = Option<(usize, usize)>;

trait Longer {
    fn max_by_length(self, other: Self) -> Self;
}

impl Longer for Stretch {
    fn max_by_length(self, other: Self) -> Self {
        let length = |r: Self| r.map_or(0, |(a, b)| b - a + 1);
        if length(other) > length(self) { other } else { self }
    }
}

impl Scroll {
    /// Has the terminal do it. The pen must be plain: lines that come in take
    /// its background. Line feeds at the edge of a region are what every
    /// terminal knows.
    pub fn write(&self, height: u16, at: &mut At, out: &mut Vec<u8>) {
        let whole = self.top == 0 && self.bottom + 1 == height;
        if !whole {
            out.extend_from_slice(b"\x1b[");
            number(self.top + 1, out);
            out.push(b';');
            number(self.bottom + 1, out);
            out.push(b'r');
        }
        let (line, feed): (u16, &[u8]) = if self.by > 0 { (self.bottom, b"\n") } else { (self.top, b"\x1bM") };
        out.extend_from_slice(b"\x1b[");
        if line > 0 {
            number(line + 1, out);
        }
        out.push(b'H');
        for _ in 0..self.by.unsigned_abs() {
            out.extend_from_slice(feed);
        }
        *at = Some((0, line));
        if !whole {
            out.extend_from_slice(b"\x1b[r");
            *at = Some((0, 0));
        }
    }

    /// What the terminal shows then.
    #[must_use]
    pub fn applied(&self, old: &Buffer) -> Buffer {
        let mut out = old.clone();
        let w = usize::from(old.area.width);
        for y in self.top..=self.bottom {
            let from = i32::from(y) + self.by;
            let inside = (i32::from(self.top)..=i32::from(self.bottom)).contains(&from);
            let source = if inside { row(old, usize::try_from(from).unwrap_or_default()) } else { &[] };
            let Some(target) = out.content.get_mut(usize::from(y) * w..(usize::from(y) + 1) * w) else { continue };
            for (x, cell) in target.iter_mut().enumerate() {
                *cell = source.get(x).cloned().unwrap_or_default();
            }
        }
        out
    }
}
