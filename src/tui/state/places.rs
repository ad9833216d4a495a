//! What stands where within the areas of the screen, where more than one must
//! know: the view draws it there, and a click is understood by it.

use super::geometry::Area;
use super::overlay::{Answer, Overlay};
use super::{Screen, State};
use crate::event::Ts;
use crate::tui::{text, words};

/// An area of at most that size, in the middle.
#[must_use]
pub fn centred((w, h): (u16, u16), want: (u16, u16)) -> Area {
    let bw = want.0.min(w.saturating_sub(2)).max(1);
    let bh = want.1.min(h.saturating_sub(2)).max(1);
    Area { x: w.saturating_sub(bw) / 2, y: h.saturating_sub(bh) / 2, w: bw, h: bh }
}

/// The tabs with their columns.
#[must_use]
pub fn tabs(s: &State) -> Vec<(Screen, usize, String)> {
    let mut x = 1;
    let place = |screen: &Screen| {
        let (n, name) = screen.tab();
        // Names give way before numbers do.
        let label = if s.size.0 < 60 && *screen != s.screen { n.to_string() } else { format!("{n} {name}") };
        let at = x;
        x += label.len() + 1;
        (*screen, at, label)
    };
    Screen::ALL.iter().map(place).collect()
}

/// The histogram's span, its first column, how many it has, and the words for
/// the span beside or above it.
#[must_use]
pub fn time_axis(s: &State) -> Option<((Ts, Ts), usize, usize, String)> {
    let whole = s.log_span()?;
    let span = s.window.unwrap_or(whole);
    let long = span.1.0 - span.0.0 > 86_400_000_000;
    let years = whole.0.civil().0 != whole.1.civil().0;
    let name = |x| match (long, years) {
        (true, true) => text::date(x),
        (true, false) => text::day_clock(x),
        // A time of day alone says nothing of a log of several years.
        (false, true) => text::date_minute(x, 16),
        (false, false) => text::clock(x),
    };
    let legend = format!("{}──{}{}", name(span.0), name(span.1), if s.window.is_some() { " zoomed" } else { "" });
    let area = s.geometry().histogram;
    let w = usize::from(area.w);
    if area.h >= 4 {
        return Some((span, 7, w.saturating_sub(8), legend));
    }
    let columns = w.saturating_sub(text::width(&legend) + 4);
    Some((span, 1, columns, legend))
}

/// Where a choice stands, how many of the lines that it is about are shown, and
/// the row of its first answer.
#[must_use]
pub fn choice(size: (u16, u16), title: &str, about: &[String], answers: &[Answer]) -> (Area, usize, usize) {
    let label = |a: &Answer| text::width(&a.label) + 8;
    let width = answers.iter().map(label).max().unwrap_or(20).max(text::width(title) + 6);
    let width = about.iter().map(|l| text::width(&text::sanitize(l)) + 4).max().unwrap_or(0).max(width);
    // Where not all fits, what it is about gives way to the answers.
    let room = usize::from(size.1).saturating_sub(answers.len() + 4);
    let shown = about.len().min(room);
    let before = if shown == 0 { 0 } else { shown + usize::from(shown < room) };
    let cells = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    (centred(size, (cells(width), cells(before + answers.len() + 2))), shown, before)
}

/// The first answer shown, where not all fit below what the choice is about.
#[must_use]
pub fn first_answer(area: Area, before: usize, at: usize) -> usize {
    let rows = usize::from(area.h).saturating_sub(2 + before).max(1);
    (at + 1).saturating_sub(rows)
}

/// Keys for answers of lists: none that moves or leaves.
pub fn answer_keys() -> impl Iterator<Item = char> {
    ('a'..='z').filter(|c| !matches!(c, 'j' | 'k' | 'q'))
}

/// Where text to read stands, and its lines broken for it; what belongs to a
/// name stands below itself.
#[must_use]
pub fn text(size: (u16, u16), lines: &[String]) -> (Area, Vec<String>) {
    let width = size.0.min(110).saturating_sub(2).max(1);
    let room = usize::from(width).saturating_sub(4).max(1);
    let mut out = Vec::new();
    for line in lines {
        let clean = text::sanitize(line);
        let (lead, rest) = match words::why_name(&clean).filter(|_| room > words::WHY_NAMES * 3) {
            Some((name, rest)) => (format!("{name:0$}", words::WHY_NAMES), rest),
            None => (String::new(), &*clean),
        };
        for (k, part) in text::wrap(rest, room - lead.len(), 8).iter().enumerate() {
            let lead = if k == 0 { lead.clone() } else { " ".repeat(lead.len()) };
            out.push(format!("{lead}{}", part.trim_end()));
        }
    }
    let high = u16::try_from(out.len()).unwrap_or(u16::MAX).saturating_add(2).max(6);
    (centred(size, (width, high)), out)
}

/// Where the list of filters stands.
#[must_use]
pub fn filters(size: (u16, u16), n: usize) -> Area {
    centred(size, (76, u16::try_from(n + 3).unwrap_or(u16::MAX).max(5)))
}

/// Where the palette stands.
#[must_use]
pub fn palette(size: (u16, u16)) -> Area {
    centred(size, (72, 18))
}

/// The overlay's area; `None` where it takes the whole screen.
#[must_use]
pub fn overlay(s: &State, o: &Overlay) -> Option<Area> {
    match o {
        Overlay::Choice { title, about, answers, .. } => Some(choice(s.size, title, about, answers).0),
        Overlay::Filters(_) => Some(filters(s.size, s.filters().list.len())),
        Overlay::Palette(_) => Some(palette(s.size)),
        Overlay::Text { lines, .. } => Some(text(s.size, lines).0),
        _ => None,
    }
}
