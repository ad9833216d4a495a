//! Moving cursors: one set of keys for every list, pane and overlay.

use super::super::action::Act;
use super::super::msg::Effect;
use super::super::state::list::Cursor;
use super::super::state::live::EventMode;
use super::super::state::overlay::Overlay;
use super::super::state::workshop::moved_height;
use super::super::state::{Screen, State, places};
use super::super::{health, words};
use super::{cases, feed, triage};

/// Moves in the list that keys go to: its cursor, length and height of page.
fn on_target(s: &mut State, f: impl FnOnce(&mut Cursor, usize, usize)) {
    let full = usize::from(s.size.1).saturating_sub(4).max(1);
    let width = usize::from(s.size.0);
    let (ascii, size) = (s.facts.ascii, s.size);
    if !s.overlays.is_empty() {
        let filters = s.filters().list.len();
        let help = words::help(&s.keys, s.place(), s.size.0).len();
        match s.overlays.last_mut() {
            Some(Overlay::Detail(d)) => {
                let n = match d.mode {
                    EventMode::Fields => words::fields(&d.row.row).len(),
                    _ => words::event_text(&d.row.row, d.mode, width.saturating_sub(2), d.wrap, ascii).len(),
                };
                f(&mut d.cursor, n, full);
            }
            Some(Overlay::Filters(c)) => f(c, filters, full),
            Some(Overlay::Palette(p)) => f(&mut p.cursor, p.hits.len(), full),
            Some(Overlay::Help(c)) => f(c, help, full),
            Some(Overlay::Choice { answers, cursor, .. }) => f(cursor, answers.len(), full),
            Some(Overlay::Text { lines, cursor, .. }) => {
                // The cursor is the first line shown.
                let (area, lines) = places::text(size, lines);
                let shown = usize::from(area.h).saturating_sub(2);
                f(cursor, (lines.len() + 1).saturating_sub(shown).max(1), full);
            }
            Some(Overlay::Note { .. }) | None => {}
        }
        return;
    }
    let h = s.list_height();
    match (s.screen, s.pane) {
        (Screen::Triage, 0) => f(&mut s.triage.cursor, s.triage.shown.len(), h),
        (Screen::Triage, _) => {
            let h = triage::evidence_height(s);
            f(&mut s.triage.evidence_at, s.triage.evidence.rows.len(), h);
        }
        (Screen::Live, _) => f(&mut s.live.cursor, s.live.shown, h),
        (Screen::Cases, 0) => f(&mut s.cases.cursor, s.cases.list.len(), h),
        (Screen::Cases, _) => {
            let n = s.cases.open.as_ref().map_or(0, |c| c.items.len());
            let h = cases::items_height(s);
            f(&mut s.cases.items, n, h);
        }
        (Screen::Rules, pane) if s.rules.work.is_some() => {
            let g = s.geometry();
            let Some(w) = s.rules.work.as_mut() else { return };
            if pane == 0 {
                let mut c = Cursor { at: w.source.cursor().0, top: w.top };
                f(&mut c, w.source.lines().len(), g.side.rows().max(1));
                if c.at != w.source.cursor().0 {
                    let column = w.source.cursor().1;
                    w.source.go(c.at, column);
                }
                w.top = c.top;
            } else {
                let n = w.trial.as_ref().map_or(0, |t| t.moved.len());
                f(&mut w.moved, n, moved_height(&g));
            }
        }
        (Screen::Rules, 0) => f(&mut s.rules.cursor, s.rules.shown.len(), h),
        (Screen::Rules, _) => {
            let h = s.geometry().side.rows().max(1);
            f(&mut s.rules.lines, s.rules.text.lines.len(), h);
        }
        (Screen::Health, _) => {
            let n = health::lines(s, usize::from(s.size.0)).len();
            f(&mut s.health, n, h);
        }
    }
}

/// Keeps the cursor where it is, on a page of the height that there is now.
pub fn reset(s: &mut State) {
    let follow = s.screen == Screen::Live && s.live.follow;
    on_target(s, |c, len, h| if follow { c.follow(len, h) } else { c.set(c.at, len, h) });
}

/// Whether nothing stands beside the list that keys go to: then the terminal can
/// move its lines.
fn has_whole_lines(s: &State) -> bool {
    let g = s.geometry();
    let area = match (s.screen, s.pane) {
        (_, 0) if s.rules.work.is_none() || s.screen != Screen::Rules => g.list,
        (Screen::Triage, _) if !g.evidence.is_empty() => g.evidence,
        (Screen::Live | Screen::Health, _) => g.list,
        _ => g.side,
    };
    s.overlays.is_empty() && area.w == s.size.0
}

/// A motion action; returns whether it was one.
pub fn motion(s: &mut State, act: Act, fx: &mut Vec<Effect>) -> bool {
    if !matches!(
        act,
        Act::Down | Act::Up | Act::HalfDown | Act::HalfUp | Act::PageDown | Act::PageUp | Act::Top | Act::Bottom
    ) {
        return false;
    }
    let slides = has_whole_lines(s);
    on_target(s, |c, len, h| {
        let page = h.saturating_sub(1).max(1) as isize;
        match act {
            Act::Down if slides => c.slide(1, len, h),
            Act::Up if slides => c.slide(-1, len, h),
            Act::Down => c.step(1, len, h),
            Act::Up => c.step(-1, len, h),
            Act::HalfDown => c.step(page / 2 + 1, len, h),
            Act::HalfUp => c.step(-(page / 2 + 1), len, h),
            Act::PageDown => c.step(page, len, h),
            Act::PageUp => c.step(-page, len, h),
            Act::Top => c.set(0, len, h),
            _ => c.set(len.saturating_sub(1), len, h),
        }
    });
    moved(s, act, fx);
    true
}

/// What follows a moved cursor.
fn moved(s: &mut State, act: Act, fx: &mut Vec<Effect>) {
    if !s.overlays.is_empty() {
        return;
    }
    match s.screen {
        Screen::Triage => s.triage.hold(),
        Screen::Live => {
            if act == Act::Bottom {
                feed::follow(s, fx);
            } else if act != Act::Down || s.live.cursor.at + 1 < s.live.shown {
                // Looking at older rows stops the feed; the last row alone does not.
                feed::stand_still(s, fx);
            }
            feed::ask_page(s, fx);
        }
        _ => {}
    }
    fx.push(Effect::Settle);
}
