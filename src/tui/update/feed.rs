//! The feed: pages, following and standing still, jumps, pace, time window.

use super::super::action::Act;
use super::super::msg::{Effect, Goto, Msg};
use super::super::state::live::Sought;
use super::super::state::{Screen, State};
use super::super::{part, text};
use crate::event::{EventRow, Ov, Ts};
use crate::query;

fn height(s: &State) -> usize {
    s.geometry_of(Screen::Live).list.rows().max(1)
}

/// Asks for the visible rows where they are not there.
pub fn ask_page(s: &mut State, fx: &mut Vec<Effect>) {
    let h = height(s);
    if s.live.follow {
        // The newest page is shown when its rows are here: a feed that runs
        // faster than rows are read must not show empty ones.
        if s.live.wanted.is_none()
            && (s.live.shown != s.live.arrived || s.live.current().is_none())
            && s.live.arrived > 0
        {
            let from = s.live.arrived.saturating_sub(h * 2);
            let n = s.live.arrived - from;
            s.live.wanted = Some((from, n));
            fx.push(Effect::Page { generation: s.live.generation, from: from as u64, n });
        }
        return;
    }
    if let Some((from, n)) = s.live.need(h) {
        fx.push(Effect::Page { generation: s.live.generation, from: from as u64, n });
    }
}

/// Starts the view again with the filters as they are now, near the row the cursor is on.
pub fn renew(s: &mut State, fx: &mut Vec<Effect>) {
    let stay = s.live.current().map(|r| r.position).filter(|_| !s.live.follow);
    s.live.invalidate();
    let query = s.live.filters.expression();
    s.live.busy = part::narrowed(s);
    fx.push(Effect::View { generation: s.live.generation, query, whole: s.live.whole });
    if let Some(p) = stay {
        fx.push(Effect::Go(s.live.generation, Goto::Position(p)));
    }
}

/// The whole log instead of the part that the session is about, or that part again.
pub fn part_or_whole(s: &mut State, fx: &mut Vec<Effect>) {
    if s.facts.part.is_empty() {
        s.say("this is the whole log: --filter, --from and --to name a part of it");
        return;
    }
    s.live.whole = !s.live.whole;
    renew(s, fx);
    let left = text::thousands(s.snap.totals.filtered_total());
    let of_part = format!("only {}", s.facts.part);
    s.say(if s.live.whole {
        format!("the whole log: · marks the {left} that no rule was asked about")
    } else {
        of_part
    });
}

/// Applies an answer of the data layer.
pub fn answer(s: &mut State, msg: Msg, fx: &mut Vec<Effect>) {
    let h = height(s);
    match msg {
        Msg::FeedLen { generation, rows, events, scanned, playhead } if generation == s.live.generation => {
            let (now, live) = (s.now, &mut s.live);
            live.arrived = usize::try_from(rows).unwrap_or(usize::MAX);
            live.events = events;
            live.scanned = scanned;
            live.busy = live.busy && scanned < events;
            live.play.stands(playhead, now);
            if live.follow {
                live.shown = live.shown.min(live.arrived);
            } else if live.shown > live.arrived || live.shown < h.min(live.arrived) || scanned < events {
                // A page that is not full, or a filter still running, is no backlog.
                live.shown = live.arrived;
                live.cursor.set(live.cursor.at, live.shown, h);
            }
            if s.screen == Screen::Live {
                ask_page(s, fx);
            }
        }
        Msg::FeedPage { generation, from, rows } if generation == s.live.generation => {
            s.live.wanted = None;
            s.live.cache_from = usize::try_from(from).unwrap_or(0);
            s.live.fit.see(&s.live.columns, &rows);
            s.live.cache = rows;
            if s.live.follow {
                s.live.shown = s.live.cache_from + s.live.cache.len();
                s.live.cursor.follow(s.live.shown, h);
                if s.screen == Screen::Live && !s.live.cache.is_empty() {
                    ask_page(s, fx);
                }
            }
            if s.live.detail.is_none() || s.live.follow {
                s.live.detail = s.live.current().cloned();
            } else if let (Some(d), Some(c)) = (&s.live.detail, s.live.current()) {
                // The same event with a new mark or note.
                if d.position == c.position {
                    s.live.detail = Some(c.clone());
                }
            }
            fx.push(Effect::Settle);
        }
        Msg::FeedGo { generation, row, hit } if generation == s.live.generation => {
            s.live.busy = false;
            let row = usize::try_from(row).unwrap_or(0);
            s.live.follow = false;
            s.live.shown = s.live.shown.max(row + 1).min(s.live.arrived.max(row + 1));
            s.live.cursor.centre(row, s.live.shown, h);
            match (std::mem::take(&mut s.live.sought), hit) {
                (Sought::Find, Some((i, n))) => {
                    if let Some(f) = &mut s.live.find {
                        f.at = Some((i, n, row));
                    }
                }
                (Sought::Same(what), Some((i, n))) => {
                    s.say(format!("{what}: {} of {}", text::thousands(i), text::thousands(n)));
                }
                _ => {}
            }
            ask_page(s, fx);
            fx.push(Effect::Settle);
        }
        Msg::FeedMiss { text } => {
            s.live.busy = false;
            // A doubt about what was looked for explains why it is not there.
            if s.toast.as_ref().is_none_or(|t| !t.bad) {
                s.say(text);
            }
        }
        Msg::FeedStale => {
            // The newest page is asked for when it is looked at.
            if s.live.follow && s.live.cache.is_empty() {
                return;
            }
            let n = if s.live.follow { s.live.cache.len() } else { s.live.cache.len().max(h * 3) };
            let from = s.live.cache_from;
            fx.push(Effect::Page { generation: s.live.generation, from: from as u64, n });
        }
        _ => {}
    }
}

/// Follows the newest row.
pub fn follow(s: &mut State, fx: &mut Vec<Effect>) {
    let h = height(s);
    if !s.live.follow {
        fx.push(Effect::Hold(false));
    }
    s.live.follow = true;
    s.live.wanted = None;
    s.live.cursor.follow(s.live.shown, h);
}

/// Stops the feed where it is.
pub fn stand_still(s: &mut State, fx: &mut Vec<Effect>) {
    if s.live.follow {
        s.live.follow = false;
        // Where it stands now is said everywhere, however lately the header said so.
        s.live.play.told = s.live.play.at.map(|at| (at, s.now));
        // Stopped before the newest page came: what is there is shown.
        if s.live.shown < height(s) || s.live.wanted.is_some() {
            s.live.shown = s.live.arrived;
        }
        fx.push(Effect::Hold(true));
    }
}

/// Stops, or follows again.
pub fn pause(s: &mut State, fx: &mut Vec<Effect>) {
    if s.live.follow {
        stand_still(s, fx);
    } else {
        follow(s, fx);
        ask_page(s, fx);
    }
    fx.push(Effect::Settle);
}

const PACES: &[f64] = &[1.0, 10.0, 60.0, 300.0, 1800.0];

/// The next pace; after the fastest comes "as fast as it comes" (0).
fn next_pace(speed: f64, faster: bool) -> f64 {
    match (faster, speed == 0.0) {
        (true, true) => 0.0,
        (true, false) => PACES.iter().copied().find(|p| *p > speed).unwrap_or(0.0),
        (false, true) => PACES.last().copied().unwrap_or(1.0),
        (false, false) => PACES.iter().rev().copied().find(|p| *p < speed).unwrap_or(speed),
    }
}

/// Another pace, from where the replay or the cursor stands.
pub fn pace(s: &mut State, faster: bool, fx: &mut Vec<Effect>) {
    let speed = next_pace(s.live.play.speed, faster);
    let from = s.live.play.at.or_else(|| s.live.current().map(|r| r.row.time));
    s.live.play.speed = speed;
    fx.push(Effect::Play { speed, from });
    follow(s, fx);
    s.say(if speed == 0.0 { "replay: as fast as it comes".to_owned() } else { format!("replay: ×{speed}") });
}

/// What an event is about: field and value, the address first.
pub fn entity_of(e: &EventRow) -> Option<(Ov, String)> {
    [Ov::SrcIp, Ov::SrcHost, Ov::User, Ov::Host].into_iter().find_map(|o| e.ov(o).map(|v| (o, v.to_owned())))
}

/// The next event of the entity that this one is about.
pub fn same_entity(s: &mut State, on: bool, fx: &mut Vec<Effect>) {
    let Some(r) = s.live.current() else { return };
    let Some((field, value)) = entity_of(&r.row) else {
        s.say("this event names no address, account or machine");
        return;
    };
    let query = format!("{}={}", field.name(), query::quote(&value));
    let from = if on { r.position + 1 } else { r.position };
    s.live.busy = true;
    s.live.sought = Sought::Same(format!("{} {value}", field.name()));
    stand_still(s, fx);
    fx.push(Effect::Go(s.live.generation, Goto::Hit { query, from, on }));
}

/// The feed, five minutes around the event or alert at hand, all sources.
pub fn pivot(s: &mut State, fx: &mut Vec<Effect>) {
    const FIVE: i64 = 300_000_000;
    let event = super::act::event_at_hand(s);
    let (time, place) = if let Some(e) = &event {
        (e.time, Some((e.source, e.offset)))
    } else if let Some(v) = s.triage.current().filter(|_| s.screen == Screen::Triage) {
        (v.alert.timestamp, v.alert.evidence.first().map(|e| (e.source, e.offset)))
    } else {
        return;
    };
    if !s.facts.inputs {
        s.say("no log is open: only the evidence is in the case store; open the log beside it with --db");
        return;
    }
    if !time.is_some() {
        s.say("this event has no time");
        return;
    }
    s.overlays.clear();
    s.live.filters.list.iter_mut().for_each(|f| f.on = false);
    s.live.filters.list.retain(|f| !f.text.starts_with("timestamp>="));
    add_window(s, Ts(time.0 - FIVE), Ts(time.0 + FIVE));
    super::act::go(s, Screen::Live, fx);
    s.live.follow = false;
    renew(s, fx);
    if let Some((source, offset)) = place {
        fx.push(Effect::Go(s.live.generation, Goto::Event(source, offset)));
    }
    // One character of ASCII would say only one of the two.
    let both = if s.facts.ascii { "+-" } else { "±" };
    s.say(format!("{both}5 min around {}; \\ clears, - goes back", text::clock(time)));
}

fn add_window(s: &mut State, from: Ts, to: Ts) {
    let expr =
        format!("timestamp>={} and timestamp<={}", query::quote(&from.to_rfc3339()), query::quote(&to.to_rfc3339()));
    let now = s.now;
    if let Err(e) = s.live.filters.add(&expr, false, now) {
        s.complain(e.to_string());
    }
}

/// Keeps only events in the histogram's window.
pub fn time_filter(s: &mut State, fx: &mut Vec<Effect>) {
    let Some((from, to)) = s.window else {
        s.say("zoom the histogram first: z");
        return;
    };
    s.live.filters.list.retain(|f| !f.text.starts_with("timestamp>="));
    add_window(s, from, to);
    renew(s, fx);
}

/// When that began and ended which the cursor is on, or which is selected.
fn at_cursor(s: &State) -> Option<(i64, i64)> {
    if let Some(e) = super::act::event_at_hand(s) {
        return e.time.is_some().then_some((e.time.0, e.time.0));
    }
    if s.screen != Screen::Triage {
        return None;
    }
    let selected = &s.triage.selected;
    let at = s.triage.current().filter(|_| selected.is_empty()).map(|v| &v.alert);
    let alerts = s.triage.all.iter().map(|v| &v.alert).filter(|a| selected.contains(&a.id)).chain(at);
    let spans = alerts.filter(|a| a.timestamp.is_some()).map(|a| (a.timestamp.0, a.last.0.max(a.timestamp.0)));
    spans.reduce(|(a, b), (c, d)| (a.min(c), b.max(d)))
}

/// Zooms and shifts the histogram.
pub fn zoom(s: &mut State, act: Act) {
    let Some((first, last)) = s.log_span() else { return };
    let (from, to) = s.window.unwrap_or((first, last));
    let span = (to.0 - from.0).max(1);
    let (a, b) = match act {
        Act::ZoomIn => {
            let half = (span / 4).max(30_000_000);
            let (began, ended) = at_cursor(s).unwrap_or((from.0 + span / 2, from.0 + span / 2));
            // What fits is shown whole; of what does not, the beginning, where its mark stands.
            let fits = ended - began <= 2 * half;
            let centre = if fits { began + (ended - began) / 2 } else { began };
            (centre.saturating_sub(half), centre.saturating_add(half))
        }
        Act::ZoomOut => (from.0.saturating_sub(span / 2), to.0.saturating_add(span / 2)),
        Act::ShiftBack => (from.0 - span / 4, to.0 - span / 4),
        _ => (from.0 + span / 4, to.0 + span / 4),
    };
    let whole = b - a >= last.0 - first.0;
    let width = b - a;
    let a = a.clamp(first.0, (last.0 - width).max(first.0));
    s.window = (!whole).then_some((Ts(a), Ts(a + width)));
}

#[cfg(test)]
mod tests {
    use super::next_pace;

    #[test]
    fn paces_from_any_to_the_next() {
        for (speed, slower, faster) in [(0.0, 1800.0, 0.0), (1.0, 1.0, 10.0), (0.5, 0.5, 1.0), (20.0, 10.0, 60.0)] {
            assert_eq!((next_pace(speed, false), next_pace(speed, true)), (slower, faster), "{speed}");
        }
        assert_eq!(next_pace(1800.0, true), 0.0);
    }
}
