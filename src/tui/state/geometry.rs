//! Which part of the screen shows what, from its size alone. State needs the
//! heights to move pages, the view draws into the same areas, so both ask here.

use super::Screen;

/// A rectangle of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    /// Left column.
    pub x: u16,
    /// Top row.
    pub y: u16,
    /// Columns.
    pub w: u16,
    /// Rows.
    pub h: u16,
}

impl Area {
    /// Rows below the first line, which holds a title or column heads.
    #[must_use]
    pub const fn rows(&self) -> usize {
        (self.h as usize).saturating_sub(1)
    }

    /// Whether nothing fits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.w == 0 || self.h == 0
    }
}

/// Smallest screen that is drawn.
pub const MIN_SIZE: (u16, u16) = (40, 10);

/// The areas of a screen; an area that does not fit is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Geometry {
    /// The screen is smaller than [`MIN_SIZE`].
    pub too_small: bool,
    /// Name, mode, rates.
    pub header: Area,
    /// Screens and severities.
    pub tabs: Area,
    /// Events over time: one row, or four with alerts beside.
    pub histogram: Area,
    /// The list of the screen; its first row is the column heads.
    pub list: Area,
    /// What the cursor is on; its first row is a title.
    pub side: Area,
    /// Evidence, where it has a pane of its own.
    pub evidence: Area,
    /// What is wrong with the rule being edited.
    pub notes: Area,
    /// Active filters and counts.
    pub status: Area,
    /// Keys that work here.
    pub hints: Area,
    /// The line being typed, messages.
    pub line: Area,
}

/// The areas for a screen of that size; `opened` where one alert fills
/// it, with the lines that its why takes.
#[must_use]
pub fn geometry((w, h): (u16, u16), screen: Screen, opened: Option<u16>) -> Geometry {
    let mut g = Geometry::default();
    if w < MIN_SIZE.0 || h < MIN_SIZE.1 {
        g.too_small = true;
        return g;
    }
    let mut y = 0;
    let mut take = |rows: u16| {
        let a = Area { x: 0, y, w, h: rows };
        y += rows;
        a
    };
    g.header = take(1);
    g.tabs = take(u16::from(h >= 12));
    let with_time = matches!(screen, Screen::Triage | Screen::Live);
    let bars = if w >= 150 && h >= 40 { 4 } else { u16::from(h >= 16) };
    g.histogram = take(if with_time { bars } else { 0 });
    let status = u16::from(h >= 14);
    let hints = if h < 12 {
        0
    } else if w < 110 && h >= 20 {
        2
    } else {
        1
    };
    let top = y;
    let body = h.saturating_sub(top + status + hints + 1);
    let mut y = top + body;
    let mut take = |rows: u16| {
        let a = Area { x: 0, y, w, h: rows };
        y += rows;
        a
    };
    g.status = take(status);
    g.hints = take(hints);
    g.line = take(1);
    let body = Area { x: 0, y: top, w, h: body };
    if let Some(lines) = opened {
        open(&mut g, body, lines);
    } else {
        split(&mut g, body, screen);
    }
    g
}

/// One alert: why it was raised above, its evidence below.
fn open(g: &mut Geometry, body: Area, lines: u16) {
    let why = lines.saturating_add(1).min(body.h.saturating_sub(4).max(body.h / 2));
    g.side = Area { h: why, ..body };
    g.evidence = Area { y: body.y + why, h: body.h - why, ..body };
}

fn split(g: &mut Geometry, body: Area, screen: Screen) {
    g.list = body;
    if body.w < 60 || screen == Screen::Health {
        return;
    }
    let below = |g: &mut Geometry, rows: u16| {
        g.list.h = body.h.saturating_sub(rows);
        g.side = Area { y: body.y + g.list.h, h: rows, ..body };
    };
    let beside = |g: &mut Geometry, columns: u16| {
        g.list.w = body.w.saturating_sub(columns + 1);
        g.side = Area { x: body.x + g.list.w + 1, w: columns, ..body };
    };
    match screen {
        Screen::Live if body.h >= 12 => below(g, (body.h / 3).clamp(5, 11)),
        Screen::Live | Screen::Health => {}
        Screen::Triage if body.w >= 150 => {
            beside(g, (body.w * 2 / 5).min(90));
            if body.h >= 28 {
                let rows = body.h * 2 / 5;
                g.list.h -= rows;
                g.side.h -= rows;
                g.evidence = Area { y: body.y + g.list.h, h: rows, ..body };
            }
        }
        // Titles and records both need the width: one above the other.
        Screen::Triage if body.w >= 100 && body.h >= 24 => {
            let (why, rows) = ((body.h / 3).min(11), body.h / 3);
            g.list.h = body.h - why - rows;
            g.side = Area { y: body.y + g.list.h, h: why, ..body };
            g.evidence = Area { y: g.side.y + why, h: rows, ..body };
        }
        _ if body.w >= 120 && screen != Screen::Triage => beside(g, body.w * 11 / 20),
        // There are few cases at a time, and much in each.
        Screen::Cases if body.h >= 8 => below(g, body.h * 2 / 3),
        _ if body.h >= 8 => below(g, body.h / 2),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_never_overlap_or_leave_the_screen() {
        for w in (1..240).step_by(3) {
            for h in 1..80 {
                for (screen, opened) in Screen::ALL.iter().map(|s| (s, None)).chain([(&Screen::Triage, Some(9))]) {
                    let g = geometry((w, h), *screen, opened);
                    let areas = [g.header, g.tabs, g.histogram, g.list, g.side, g.evidence, g.status, g.hints, g.line];
                    let mut seen = vec![false; usize::from(w) * usize::from(h)];
                    for a in areas.iter().filter(|a| !a.is_empty()) {
                        for y in a.y..a.y + a.h {
                            for x in a.x..a.x + a.w {
                                let i = usize::from(y) * usize::from(w) + usize::from(x);
                                assert!(x < w && y < h, "{w}x{h} {screen:?} {a:?}");
                                assert!(!seen[i], "{w}x{h} {screen:?} {a:?}");
                                seen[i] = true;
                            }
                        }
                    }
                    assert!(g.too_small || opened.is_some() || g.list.h >= 3, "{w}x{h} {screen:?} {g:?}");
                }
            }
        }
    }
}
