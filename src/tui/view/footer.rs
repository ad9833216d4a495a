//! The last lines: filters and counts, keys that work here, the line being typed.
//!
//! ```text
//!  filters +src_ip=183.62.140.253  -process=cron          352 of 1,000,000 events
//!  e escalate  d dismiss  t tag  c note  Enter open  f filter in  F filter out
//!  /Failed password                                             hit 609 of 610
//! ```

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::pipeline::RulingHits;
use crate::tui::action::{ACTIONS, Act, Places};
use crate::tui::paint::TextCursor;
use crate::tui::state::geometry::Geometry;
use crate::tui::state::{Screen, State};
use crate::tui::theme::Theme;
use crate::tui::widget::draw::Pen;
use crate::tui::words::{count, many};
use crate::tui::{part, text};

/// Draws the lines that fit; returns where the text cursor stands.
pub fn draw(s: &State, t: &Theme, g: &Geometry, buf: &mut Buffer) -> TextCursor {
    if !g.status.is_empty() {
        status(s, &mut Pen::new(buf, t, g.status));
    }
    let above = if g.hints.is_empty() { Vec::new() } else { said(s, usize::from(g.hints.w), usize::from(g.hints.h)) };
    if !above.is_empty() {
        let mut p = Pen::new(buf, t, g.hints);
        let first = usize::from(g.hints.h) - above.len();
        for (y, line) in above.iter().enumerate() {
            p.put(1, first + y, usize::from(g.hints.w).saturating_sub(2), line, toast_style(s, t));
        }
    } else if !g.hints.is_empty() {
        hints(s, &mut Pen::new(buf, t, g.hints));
    }
    line(s, &mut Pen::new(buf, t, g.line))
}

fn toast_style(s: &State, t: &Theme) -> Style {
    if s.toast.as_ref().is_some_and(|m| m.bad) { t.bad } else { t.good }
}

/// A message in the lines that it needs, at most so many above the last one.
fn wrapped(message: &str, w: usize, above: usize) -> Vec<String> {
    let w = w.saturating_sub(2);
    let mut lines = text::wrap(&text::sanitize(message), w, above + 2);
    if lines.len() > above + 1 {
        lines.truncate(above + 1);
        if let Some(last) = lines.last_mut() {
            *last = format!("{}…", text::cut(last.trim_end(), w.saturating_sub(1)));
        }
    }
    lines
}

/// The lines of a message that does not fit into the last one: they stand where
/// the keys were.
fn said(s: &State, w: usize, rows: usize) -> Vec<String> {
    let Some(toast) = s.toast.as_ref().filter(|_| s.prompt.is_none()) else { return Vec::new() };
    let mut lines = wrapped(&toast.text, w, rows);
    lines.pop();
    lines
}

/// What is wrong with the line that is typed, or doubtful.
fn doubt<'s>(s: &'s State, t: &Theme) -> Option<(&'s str, Style)> {
    let p = s.prompt.as_ref()?;
    let error = p.error.as_deref().map(|e| (e, t.bad));
    error.or_else(|| p.warning.as_deref().map(|w| (w, t.warn)))
}

fn status(s: &State, p: &mut Pen<'_>) {
    let t = p.theme;
    let w = usize::from(p.area.w);
    if let Some((why, style)) = doubt(s, t) {
        p.cell(1, 0, w.saturating_sub(2), why, false, style);
        return;
    }
    let right = right(s);
    let right_width = text::width(&right);
    p.put(w.saturating_sub(right_width + 1), 0, right_width, &right, t.dim);
    let end = w.saturating_sub(right_width + 2);
    let filters = match s.screen {
        Screen::Triage | Screen::Live => s.filters().label(),
        _ => String::new(),
    };
    let late = s.snap.totals.late;
    let in_order = (s.screen == Screen::Live && late > 0)
        .then(|| ("log order", format!("{} not in order of time", text::thousands(late))));
    let filters = (!filters.is_empty()).then_some(("filters", filters));
    // What hides events comes before the order of those that are shown.
    let said: Vec<_> = part::label(s).into_iter().chain(filters).chain(in_order).collect();
    let mut x = 1;
    for (i, (what, of)) in said.iter().enumerate() {
        // Each has its share of the line, and what is left of the others'.
        let room = end.saturating_sub(x) / (said.len() - i);
        let at = p.put(x, 0, room, &format!("{what} "), t.dim);
        let room = (x + room).saturating_sub(at);
        x = p.put(at, 0, room, &text::cut(&text::sanitize(of), room), t.warn) + 2;
    }
    if said.is_empty() {
        let store = if s.undo > 0 { format!("{} · undo {}", s.facts.store, s.undo) } else { s.facts.store.clone() };
        let room = end.saturating_sub(1);
        p.put(1, 0, room, &text::cut(&text::sanitize(&store), room), t.dim);
    }
}

/// What is being written, and how much of all the screen shows.
fn right(s: &State) -> String {
    let shown = shown(s);
    match s.writing {
        Some(percent) if shown.is_empty() => format!("writing {percent}%"),
        Some(percent) => format!("writing {percent}% · {shown}"),
        None => shown,
    }
}

/// How much of all the screen shows.
fn shown(s: &State) -> String {
    match s.screen {
        Screen::Triage => {
            let selected = if s.triage.selected.is_empty() {
                String::new()
            } else {
                format!("{} selected · ", s.triage.selected.len())
            };
            let taken = |h: &&RulingHits| h.ruling.level.is_none();
            let suppressed: u64 = s.snap.rulings.iter().filter(taken).map(|h| h.alerts).sum();
            let mut parts: Vec<String> = [
                (s.triage.covered as u64, "covered"),
                (suppressed, "suppressed"),
                (s.triage.withdrawn as u64, "withdrawn"),
            ]
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{} {what}", text::thousands(*n)))
            .collect();
            if s.triage.older {
                parts.push("older ones in the store alone".to_owned());
            }
            let covered = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
            // What left the queue is no part of it.
            let left = if s.triage.handled { 0 } else { s.triage.left };
            format!(
                "{selected}{} of {}{covered}",
                text::thousands(s.triage.shown.len() as u64),
                count(s.triage.all.len().saturating_sub(left), "alert")
            )
        }
        Screen::Live => {
            let scanned = if part::narrowed(s) && s.live.scanned < s.live.events {
                format!("{}% looked at · ", s.live.scanned * 100 / s.live.events.max(1))
            } else {
                String::new()
            };
            format!("{scanned}{} of {}", text::thousands(s.live.arrived as u64), many(part::events(s), "event"))
        }
        Screen::Cases => count(s.cases.list.len(), "case"),
        Screen::Rules => {
            let filters = s.rules.all.iter().filter(|r| r.is_filter()).count();
            let rules = s.rules.all.len() - filters;
            let filters = if filters > 0 { format!(", {}", count(filters, "filter")) } else { String::new() };
            // Filters are shown among them, and are none.
            let some = if s.rules.problems { format!("{} of ", s.rules.shown.len()) } else { String::new() };
            format!("{some}{}{filters}", count(rules, "rule"))
        }
        Screen::Health => String::new(),
    }
}

fn hints(s: &State, p: &mut Pen<'_>) {
    let t = p.theme;
    let w = usize::from(p.area.w);
    if !s.pressed.is_empty() {
        // The ways on from a prefix come at once: no key is guessed.
        let mut x = 1;
        for (keys, act) in s.keys.continuations(s.place(), &s.pressed) {
            if x + keys.len() + act.row().hint.len() + 3 > w {
                break;
            }
            x = p.run(x, 0, &[(keys.as_str(), t.key), (" ", t.text), (act.row().hint, t.text), ("  ", t.text)]);
        }
        return;
    }
    if s.rules.work.as_ref().is_some_and(|w| w.insert) && s.place() == Places::EDIT {
        let pairs = [("Esc", "done writing"), ("Tab", "take the word"), ("Ctrl-n Ctrl-p", "another word")];
        let mut x = 1;
        for (k, h) in pairs {
            x = p.run(x, 0, &[(k, t.key), (" ", t.text), (h, t.dim), ("  ", t.text)]);
        }
        return;
    }
    let place = s.place();
    let mut acts: Vec<Act> = ACTIONS.iter().filter(|a| a.rank > 0 && a.places.meets(place)).map(|a| a.act).collect();
    acts.sort_by_key(|a| std::cmp::Reverse(a.row().rank));
    // Commands and help are always there, at the end.
    acts.retain(|a| !matches!(a, Act::Palette | Act::Help));
    let tail: Vec<(String, &str)> =
        [Act::Palette, Act::Help].iter().map(|a| (s.keys.key_of(*a), a.row().hint)).collect();
    let tail_width: usize = tail.iter().map(|(k, h)| k.len() + h.len() + 3).sum();
    let (mut x, mut y) = (1, 0);
    let rows = usize::from(p.area.h);
    for a in acts {
        let key = s.keys.key_of(a);
        if key.is_empty() {
            continue;
        }
        let hint = if s.facts.ascii { a.row().hint.replace('±', "+-") } else { a.row().hint.to_owned() };
        let need = text::width(&key) + hint.len() + 3;
        let room = if y + 1 == rows { w.saturating_sub(tail_width) } else { w };
        if x + need > room {
            if y + 1 == rows {
                break;
            }
            y += 1;
            x = 1;
        }
        x = p.run(x, y, &[(key.as_str(), t.key), (" ", t.text), (hint.as_str(), t.dim), ("  ", t.text)]);
    }
    let mut x = w.saturating_sub(tail_width);
    for (k, h) in tail {
        x = p.run(x, rows - 1, &[(k.as_str(), t.key), (" ", t.text), (h, t.dim), ("  ", t.text)]);
    }
}

/// Where there is no line for filters and keys: which screen this is, how much of
/// all it shows, and the way to everything else.
fn small(s: &State, p: &mut Pen<'_>) {
    let t = p.theme;
    let w = usize::from(p.area.w);
    let hint = |a: Act| (s.keys.key_of(a), a.row().hint);
    let keys = [hint(Act::Palette), hint(Act::Help)].map(|(k, h)| (format!("{k} "), h));
    let need: usize = keys.iter().map(|(k, h)| text::width(k) + h.len() + 1).sum();
    // With a line of hints above the keys stand there.
    let keys_at = if s.geometry().hints.is_empty() { w.saturating_sub(need) } else { w };
    let name = if s.geometry().tabs.is_empty() { s.screen.tab().1 } else { "" };
    let filtered = match s.screen {
        Screen::Triage | Screen::Live if !s.filters().expression().is_empty() => "filtered ",
        _ if part::shown(s) => "part ",
        _ => "",
    };
    let room = keys_at.saturating_sub(2);
    let mut x = p.put(1, 0, room, name, t.title);
    x += usize::from(x > 1);
    x = p.put(x, 0, (room + 1).saturating_sub(x), filtered, t.warn);
    let room = (room + 1).saturating_sub(x);
    // The numbers are what counts: what they are of gives way.
    let all = right(s);
    let of = all.match_indices(' ').map(|(at, _)| at).take(4).collect::<Vec<_>>();
    let shorter = of.iter().rev().filter_map(|at| all.get(..*at));
    let shown = std::iter::once(&*all).chain(shorter).find(|part| text::width(part) <= room);
    p.put(x, 0, room, shown.unwrap_or_default(), t.text);
    let mut x = keys_at;
    for (k, h) in keys.iter().filter(|_| keys_at < w) {
        x = p.run(x, 0, &[(k.as_str(), t.key), (*h, t.dim), (" ", t.text)]);
    }
}

fn line(s: &State, p: &mut Pen<'_>) -> TextCursor {
    let t = p.theme;
    let w = usize::from(p.area.w);
    if let Some(prompt) = &s.prompt {
        // Where the line is short, what is typed needs it.
        let label = prompt.ask.label();
        let brief = label.split_inclusive(' ').next().unwrap_or(label);
        let x = p.put(1, 0, w, if label.len() * 3 > w { brief } else { label }, t.key);
        // It stands in the line above, or beside where there is none.
        let (error, style) = doubt(s, t).filter(|_| s.geometry().status.is_empty()).unwrap_or(("", t.bad));
        let error_width = if error.is_empty() { 0 } else { (text::width(error) + 2).min(w * 2 / 3) };
        let room = w.saturating_sub(x + 1 + error_width);
        let scroll = prompt.input.visual_scroll(room);
        let look = if prompt.selected { t.cell } else { t.input };
        p.put(x, 0, room, text::skip(prompt.input.value(), scroll), look);
        if error_width > 0 {
            p.cell(w - error_width, 0, error_width, error, true, style);
        }
        let cx = x + prompt.input.visual_cursor().saturating_sub(scroll);
        return Some((p.area.x + cx.min(w.saturating_sub(1)) as u16, p.area.y));
    }
    if let Some(toast) = &s.toast {
        let above = usize::from(s.geometry().hints.h);
        let last = wrapped(&toast.text, w, above).pop();
        p.cell(1, 0, w.saturating_sub(2), last.as_deref().unwrap_or(&toast.text), false, toast_style(s, t));
        return None;
    }
    if s.screen == Screen::Live
        && let Some(f) = &s.live.find
    {
        // Away from the hit only their number is true.
        let hit = match f.at {
            Some((i, n, row)) if row == s.live.cursor.at => {
                format!("hit {} of {}", text::thousands(i), text::thousands(n))
            }
            Some((_, n, _)) => many(n, "hit"),
            None => String::new(),
        };
        let x = p.run(1, 0, &[("/", t.key), (f.text.as_str(), t.hit)]);
        p.put(x + 2, 0, w, &hit, t.dim);
    } else if s.geometry().status.is_empty() {
        small(s, p);
    } else if !s.facts.analyst.is_empty() {
        let who = &s.facts.analyst;
        p.cell(1, 0, w.saturating_sub(2), who, true, t.dim);
    }
    None
}
