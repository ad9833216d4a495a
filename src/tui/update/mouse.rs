//! Wheel and clicks. They do what keys do: a click puts the cursor where the
//! pointer is, a click on what is under the cursor opens it, the wheel moves in
//! the pane under the pointer. A place off the screen is nothing.

use super::super::action::Act;
use super::super::msg::{Button, Effect, Goto, Mouse};
use super::super::state::geometry::Area;
use super::super::state::overlay::Overlay;
use super::super::state::triage::Column as Queue;
use super::super::state::workshop::COUNTS;
use super::super::state::{Screen, State, places};
use super::{act, cases, feed, motion, overlay, triage};
use crate::event::Ts;

/// Rows that one step of the wheel moves.
const STEP: usize = 3;

/// Rows of a case before its items.
const CASE_HEAD: usize = 4;

fn inside(a: Area, m: Mouse) -> bool {
    m.x >= a.x && m.x < a.x.saturating_add(a.w) && m.y >= a.y && m.y < a.y.saturating_add(a.h)
}

/// Does what the mouse says.
pub fn mouse(s: &mut State, m: Mouse, fx: &mut Vec<Effect>) {
    if m.x >= s.size.0 || m.y >= s.size.1 || s.geometry().too_small || s.prompt.is_some() {
        return;
    }
    s.toast = None;
    s.pressed.clear();
    match m.button {
        Button::Left if s.overlays.is_empty() => click(s, m, fx),
        Button::Left => click_overlay(s, m, fx),
        Button::WheelUp => wheel(s, m, Act::Up, fx),
        Button::WheelDown => wheel(s, m, Act::Down, fx),
    }
}

/// The pane at a place of the screen.
fn pane_at(s: &State, m: Mouse) -> Option<usize> {
    let g = s.geometry();
    if s.screen == Screen::Rules && s.rules.work.is_some() {
        return [(g.side, 0), (g.evidence, 1)].into_iter().find(|(a, _)| inside(*a, m)).map(|(_, pane)| pane);
    }
    let second = usize::from(s.screen != Screen::Live);
    if inside(g.list, m) {
        // Where one pane takes the whole body it is the one that keys go to.
        Some(if g.side.is_empty() { s.pane } else { 0 })
    } else {
        (inside(g.side, m) || inside(g.evidence, m)).then_some(second)
    }
}

fn wheel(s: &mut State, m: Mouse, way: Act, fx: &mut Vec<Effect>) {
    let before = s.pane;
    if s.overlays.is_empty() {
        let Some(pane) = pane_at(s, m) else { return };
        // The wheel looks around; it does not take the keys to another pane.
        s.pane = pane;
    }
    for _ in 0..STEP {
        motion::motion(s, way, fx);
    }
    s.pane = before;
}

fn click(s: &mut State, m: Mouse, fx: &mut Vec<Effect>) {
    let g = s.geometry();
    if inside(g.tabs, m) {
        let x = usize::from(m.x);
        let hit = places::tabs(s).into_iter().find(|(_, at, label)| x >= *at && x < at + label.len());
        if let Some((screen, ..)) = hit {
            act::go(s, screen, fx);
        }
    } else if inside(g.histogram, m) {
        seek(s, m, fx);
    } else if let Some(pane) = pane_at(s, m) {
        s.triage.hold();
        in_pane(s, pane, m, fx);
        fx.push(Effect::Settle);
    }
}

/// The feed at the time of a column of the histogram.
fn seek(s: &mut State, m: Mouse, fx: &mut Vec<Effect>) {
    if s.screen != Screen::Live {
        return;
    }
    let Some(((from, to), x, columns, _)) = places::time_axis(s) else { return };
    let at = usize::from(m.x).saturating_sub(x).min(columns.saturating_sub(1)) as i128;
    let time = i128::from(from.0) + (i128::from(to.0) - i128::from(from.0)) * at / (columns.max(1) as i128);
    feed::stand_still(s, fx);
    fx.push(Effect::Go(s.live.generation, Goto::Time(Ts(i64::try_from(time).unwrap_or(from.0)))));
}

/// Puts a cursor on a row; says whether it was there, with the keys, already.
fn put(s: &mut State, pane: usize, f: impl FnOnce(&mut State) -> Option<(usize, usize)>) -> bool {
    let had = s.pane == pane;
    s.pane = pane;
    f(s).is_some_and(|(before, after)| had && before == after)
}

fn in_pane(s: &mut State, pane: usize, m: Mouse, fx: &mut Vec<Effect>) {
    let g = s.geometry();
    let (x, row) = (usize::from(m.x), |a: Area, head: usize| usize::from(m.y - a.y).checked_sub(head));
    let again = match (s.screen, pane) {
        (Screen::Triage, 0) => {
            triage_column(s, x);
            let h = triage::height(s);
            put(s, 0, |s| {
                let at = s.triage.cursor.top + row(g.list, 1)?;
                (at < s.triage.shown.len()).then_some(())?;
                let before = s.triage.cursor.at;
                s.triage.cursor.set(at, s.triage.shown.len(), h);
                s.triage.hold();
                Some((before, at))
            })
        }
        (Screen::Triage, _) => {
            let h = triage::evidence_height(s);
            let area = g.evidence;
            put(s, 1, |s| {
                (!area.is_empty() && inside(area, m)).then_some(())?;
                let mut c = s.triage.evidence_at;
                c.set(c.at, s.triage.evidence.rows.len(), h);
                let at = c.top + row(area, 1)?;
                (at < s.triage.evidence.rows.len()).then_some(())?;
                let before = s.triage.evidence_at.at;
                s.triage.evidence_at.set(at, s.triage.evidence.rows.len(), h);
                Some((before, at))
            })
        }
        (Screen::Live, _) if inside(g.list, m) => {
            feed_column(s, x);
            let h = g.list.rows().max(1);
            let again = put(s, 0, |s| {
                let at = s.live.cursor.top + row(g.list, 1)?;
                (at < s.live.shown).then_some(())?;
                let before = s.live.cursor.at;
                s.live.cursor.set(at, s.live.shown, h);
                Some((before, at))
            });
            feed::stand_still(s, fx);
            feed::ask_page(s, fx);
            again
        }
        (Screen::Cases, 0) => put(s, 0, |s| {
            let at = s.cases.cursor.top + row(g.list, 1)?;
            (at < s.cases.list.len()).then_some(())?;
            let before = s.cases.cursor.at;
            s.cases.cursor.set(at, s.cases.list.len(), g.list.rows().max(1));
            Some((before, at))
        }),
        (Screen::Cases, _) => {
            let h = cases::items_height(s);
            let area = if g.side.is_empty() { g.list } else { g.side };
            put(s, 1, |s| {
                let n = s.cases.open.as_ref().map_or(0, |c| c.items.len());
                let at = s.cases.items.top + row(area, CASE_HEAD)?;
                (at < n).then_some(())?;
                let before = s.cases.items.at;
                s.cases.items.set(at, n, h);
                Some((before, at))
            })
        }
        (Screen::Rules, pane) if s.rules.work.is_some() => {
            s.pane = pane;
            in_editor(s, m);
            false
        }
        (Screen::Rules, 0) => put(s, 0, |s| {
            let at = s.rules.cursor.top + row(g.list, 1)?;
            (at < s.rules.shown.len()).then_some(())?;
            let before = s.rules.cursor.at;
            s.rules.cursor.set(at, s.rules.shown.len(), g.list.rows().max(1));
            Some((before, at))
        }),
        (Screen::Rules, _) => {
            s.pane = 1;
            false
        }
        _ => false,
    };
    if again {
        act::act(s, Act::Open, fx);
    }
}

/// The text or the list of what an edit adds and loses.
fn in_editor(s: &mut State, m: Mouse) {
    let g = s.geometry();
    let Some(w) = s.rules.work.as_mut() else { return };
    w.complete = None;
    if s.pane == 0 {
        let Some(row) = usize::from(m.y - g.side.y).checked_sub(1) else { return };
        let column = usize::from(m.x - g.side.x).saturating_sub(w.gutter());
        let last = w.source.lines().len().saturating_sub(1);
        w.source.go((w.top + row).min(last), column);
    } else if let Some(row) = usize::from(m.y - g.evidence.y).checked_sub(COUNTS + 1) {
        let n = w.trial.as_ref().map_or(0, |t| t.moved.len());
        if w.moved.top + row < n {
            w.moved.at = w.moved.top + row;
        }
    }
}

/// The column of the queue at a column of the screen is what filters act on.
fn triage_column(s: &mut State, x: usize) {
    let current = Queue::ALL.get(s.triage.column).copied();
    let mut at = 2;
    for (c, n) in s.triage.fit.columns(usize::from(s.geometry().list.w), current) {
        if x >= at && x < at + n + 1 {
            s.triage.column = Queue::ALL.iter().position(|q| *q == c).unwrap_or(s.triage.column);
        }
        at += n + 1;
    }
}

fn feed_column(s: &mut State, x: usize) {
    let w = usize::from(s.geometry().list.w);
    let mut at = 1;
    for (c, n) in s.live.fit.columns(&s.live.columns, w, s.live.current_column()) {
        if x >= at && x < at + n + 1 {
            s.live.column = s.live.columns.iter().position(|f| *f == c).unwrap_or(s.live.column);
        }
        at += n + 1;
    }
}

/// A click on something that lies over the screen; one beside it closes it,
/// but never what is being written.
fn click_overlay(s: &mut State, m: Mouse, fx: &mut Vec<Effect>) {
    let Some(top) = s.overlays.last() else { return };
    let area = places::overlay(s, top);
    if area.is_some_and(|a| !inside(a, m)) {
        s.overlays.pop();
        return;
    }
    let row = area.and_then(|a| usize::from(m.y - a.y).checked_sub(1));
    let size = s.size;
    let filters = s.filters().list.len();
    match (s.overlays.last_mut(), row) {
        (Some(Overlay::Choice { title, about, answers, cursor }), Some(row)) => {
            let (area, _, before) = places::choice(size, title, about, answers);
            let top = places::first_answer(area, before, cursor.at);
            if let Some(at) = row.checked_sub(before).map(|r| top + r).filter(|at| *at < answers.len()) {
                cursor.at = at;
                overlay::choose(s, fx);
            }
        }
        (Some(Overlay::Palette(p)), Some(row)) => {
            let rows = usize::from(places::palette(size).h).saturating_sub(3).max(1);
            let mut c = p.cursor;
            c.set(c.at, p.hits.len(), rows);
            if let Some(at) = row.checked_sub(1).map(|r| c.top + r).filter(|at| *at < p.hits.len()) {
                p.cursor.at = at;
                overlay::run_hit(s, fx);
            }
        }
        (Some(Overlay::Filters(c)), Some(row)) if row < filters => {
            let again = c.at == row;
            c.at = row;
            if again {
                act::act(s, Act::FilterToggle, fx);
            }
        }
        (Some(Overlay::Help(_) | Overlay::Text { .. }), _) => {
            s.overlays.pop();
        }
        _ => {}
    }
}
