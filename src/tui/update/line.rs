//! The line being typed: what a finished line does.

use super::super::key::Key;
use super::super::msg::{Effect, Goto, Op, Targets};
use super::super::state::live::{Find, Sought, parse_columns};
use super::super::state::overlay::Overlay;
use super::super::state::prompt::{self, Ask, Prompt, Typed};
use super::super::state::{Screen, State};
use super::{act, cases, feed, filters, rulings, workshop, writing};
use crate::event::Ts;
use crate::query::{self, Query};

/// A key for the line.
pub fn key(s: &mut State, key: Key, fx: &mut Vec<Effect>) {
    let Some(p) = s.prompt.as_mut() else { return };
    match p.key(key) {
        Typed::Edited => preview(s),
        Typed::Cancelled => s.prompt = None,
        Typed::Ignored => {}
        Typed::Done => done(s, fx),
    }
}

/// Pasted text: into the line, a note or the palette.
pub fn paste(s: &mut State, text: &str) {
    if let Some(p) = s.prompt.as_mut() {
        p.paste(text);
        preview(s);
        return;
    }
    match s.overlays.last_mut() {
        Some(Overlay::Note { editor, .. }) => editor.paste(text),
        Some(Overlay::Palette(p)) => {
            prompt::paste(&mut p.input, text);
            super::overlay::rank(s);
        }
        // Pasted text is never taken for commands.
        _ => s.say("paste: open a line first, for example with / or :"),
    }
}

/// Says at once what is wrong with an expression.
fn preview(s: &mut State) {
    let now = s.now;
    let Some(p) = s.prompt.as_ref() else { return };
    if !matches!(p.ask, Ask::Filter | Ask::FilterEdit(_)) {
        return;
    }
    let (error, warning) = match s.filters().parse(p.input.value(), now) {
        Ok(q) => (None, filters::doubt(s, &q)),
        Err(e) => (Some(e.to_string()), None),
    };
    if let Some(p) = s.prompt.as_mut() {
        (p.error, p.warning) = (error, warning);
    }
}

fn done(s: &mut State, fx: &mut Vec<Effect>) {
    let Some(mut p) = s.prompt.take() else { return };
    let text = p.input.value().trim().to_owned();
    if let Err(why) = apply(s, &p.ask, &text, fx) {
        p.error = Some(why);
        s.prompt = Some(p);
    }
}

fn apply(s: &mut State, ask: &Ask, text: &str, fx: &mut Vec<Effect>) -> Result<(), String> {
    let now = s.now;
    match ask {
        Ask::Find => find(s, text, fx),
        Ask::Filter => {
            s.filters().parse(text, now).map_err(|e| e.to_string())?;
            filters::add(s, text, false, fx);
        }
        Ask::FilterEdit(at) => {
            let q = s.filters().parse(text, now).map_err(|e| e.to_string())?;
            if let Some(f) = s.filters_mut().list.get_mut(*at) {
                f.text = q.text().to_owned();
                f.on = true;
            }
            s.filters_mut().list.retain(|f| !f.text.is_empty());
            filters::changed(s, fx);
            if let Some(why) = filters::doubt(s, &q) {
                s.complain(why);
            }
        }
        Ask::Seek => {
            let t = parse_when(text, day(s), now).ok_or("write 11:04, 11:04:43, a date with time, or -15m")?;
            feed::stand_still(s, fx);
            fx.push(Effect::Go(s.live.generation, Goto::Time(t)));
        }
        Ask::Tag => {
            let tags: Vec<(String, bool)> = text
                .split(',')
                .map(str::trim)
                .filter(|t| !t.is_empty())
                .map(|t| t.strip_prefix('-').map_or((t.to_owned(), true), |t| (t.trim().to_owned(), false)))
                .collect();
            let what = std::mem::take(&mut s.asked_for);
            if !tags.is_empty() {
                fx.push(Effect::Store(Op::Tag { what, tags }));
            }
        }
        Ask::EscalateTitle => {
            let what = std::mem::take(&mut s.asked_for);
            s.triage.selected.clear();
            fx.push(Effect::Store(Op::Escalate { what, case: None, title: text.to_owned() }));
        }
        Ask::LossReason => workshop::reason(s, text, fx)?,
        Ask::RulingReason | Ask::RulingUntil => rulings::answered(s, ask, text, fx)?,
        Ask::CaseTitle | Ask::Assign => cases::answered(s, ask, text, fx)?,
        Ask::Export => {
            if text.is_empty() {
                return Err("write a file name".into());
            }
            if let Some(case) = s.asked_for.case.take() {
                fx.push(Effect::Store(Op::Export { case, path: text.to_owned() }));
            }
        }
        Ask::WriteEvents(form) => writing::named(s, *form, text, fx)?,
        Ask::Columns => {
            s.live.columns = parse_columns(text).map_err(|name| format!("no column '{name}'"))?;
            s.live.fit.see(&s.live.columns, &s.live.cache);
            s.live.column = s.live.column.min(s.live.columns.len().saturating_sub(1));
        }
    }
    Ok(())
}

/// The time that a clock time is meant beside: of the event under the cursor; where that is
/// not read yet, of the place in the log that is looked at.
fn day(s: &State) -> Option<Ts> {
    let here = s.live.current().map(|r| r.row.time).filter(|t| t.is_some());
    let totals = &s.snap.totals;
    let end = if s.live.follow { totals.last_event } else { totals.first_event };
    here.or(s.live.play.at).or(end)
}

/// Asks for tags for what is at hand.
pub fn ask_tag(s: &mut State) {
    s.asked_for = act::at_hand(s);
    if s.asked_for == Targets::default() {
        s.say("nothing to tag");
        return;
    }
    s.prompt = Some(Prompt::new(Ask::Tag, ""));
}

/// A clock time on the day of `base`, or anything the query language takes.
fn parse_when(text: &str, base: Option<Ts>, now: Ts) -> Option<Ts> {
    let parts: Vec<Option<u32>> = text.split(':').map(|p| p.parse().ok()).collect();
    if let ([Some(h), Some(m)] | [Some(h), Some(m), Some(_)], true) =
        (parts.as_slice().get(..parts.len().min(3))?, parts.len() <= 3)
        && *h < 24
        && *m < 60
    {
        let (y, mo, d, ..) = base.unwrap_or(now).civil();
        let sec = parts.get(2).copied().flatten().unwrap_or(0);
        return Ts::from_civil(y, mo, d, *h, *m, sec, 0);
    }
    query::parse_time(text, base.filter(|_| text.starts_with('-')).unwrap_or(now))
}

/// What find looks for in the feed, as an expression: an expression stays one,
/// other text is looked for as it is.
fn find_query(text: &str, now: Ts) -> String {
    let is_expression = text.contains(['=', '~', '<', '>']) && Query::parse(text, now).is_ok();
    if is_expression { text.to_owned() } else { query::quote(text) }
}

fn find(s: &mut State, text: &str, fx: &mut Vec<Effect>) {
    match s.screen {
        Screen::Live => s.live.find = (!text.is_empty()).then(|| Find { text: text.to_owned(), at: None }),
        Screen::Triage => text.clone_into(&mut s.triage.find),
        Screen::Cases => text.clone_into(&mut s.cases.find),
        _ => match s.rules.work.as_mut() {
            Some(w) => text.clone_into(&mut w.find),
            None => text.clone_into(&mut s.rules.find),
        },
    }
    if !text.is_empty() {
        find_again(s, true, fx);
    }
    if s.screen == Screen::Live
        && let Ok(q) = Query::parse(&find_query(text, s.now), s.now)
        && let Some(why) = filters::doubt(s, &q)
    {
        s.complain(why);
    }
}

/// The next or the previous hit.
pub fn find_again(s: &mut State, on: bool, fx: &mut Vec<Effect>) {
    if s.screen == Screen::Live {
        let Some(f) = &s.live.find else {
            s.say("find something first: /");
            return;
        };
        let query = find_query(&f.text, s.now);
        let at = s.live.current().map_or(0, |r| r.position);
        s.live.busy = true;
        s.live.sought = Sought::Find;
        feed::stand_still(s, fx);
        fx.push(Effect::Go(s.live.generation, Goto::Hit { query, from: if on { at + 1 } else { at }, on }));
        return;
    }
    if s.screen == Screen::Rules && s.rules.work.is_some() {
        return workshop::find_again(s, on);
    }
    let (needle, len, at) = match s.screen {
        Screen::Triage => (s.triage.find.clone(), s.triage.shown.len(), s.triage.cursor.at),
        Screen::Cases => (s.cases.find.clone(), s.cases.list.len(), s.cases.cursor.at),
        Screen::Rules => (s.rules.find.clone(), s.rules.shown.len(), s.rules.cursor.at),
        _ => return,
    };
    if needle.is_empty() {
        s.say("find something first: /");
        return;
    }
    let low = needle.to_lowercase();
    if s.screen == Screen::Cases && s.pane > 0 && in_timeline(s, on, &low) {
        return;
    }
    let hit = (1..=len).map(|i| if on { (at + i) % len } else { (at + len - i) % len }).find(|i| holds(s, *i, &low));
    match hit {
        Some(i) => {
            let h = s.list_height();
            match s.screen {
                Screen::Triage => s.triage.cursor.centre(i, len, h),
                Screen::Cases => s.cases.cursor.centre(i, len, h),
                _ => s.rules.cursor.centre(i, len, h),
            }
            s.triage.hold();
            if s.screen == Screen::Cases {
                s.pane = 0;
            }
            fx.push(Effect::Settle);
        }
        None if s.screen == Screen::Cases && s.pane == 0 && in_timeline(s, on, &low) => {}
        None => s.say(format!("'{needle}' not found")),
    }
}

/// Goes to the next line of the shown case's timeline that holds the text; where
/// the cursor came from the list, to the first one.
fn in_timeline(s: &mut State, on: bool, low: &str) -> bool {
    let Some(d) = s.cases.open.clone() else { return false };
    let (n, at) = (d.items.len(), s.cases.items.at);
    let at = match (s.pane > 0, on) {
        (true, _) => at,
        (false, true) => n.saturating_sub(1),
        (false, false) => 0,
    };
    let holds = |i: &usize| {
        d.items.get(*i).is_some_and(|item| format!("{} {}", item.text, item.who).to_lowercase().contains(low))
    };
    let Some(hit) = (1..=n).map(|i| if on { (at + i) % n } else { (at + n - i) % n }).find(holds) else {
        return false;
    };
    s.pane = 1;
    s.cases.items.centre(hit, n, super::cases::items_height(s));
    true
}

fn holds(s: &State, i: usize, low: &str) -> bool {
    let text = match s.screen {
        Screen::Triage => s.triage.row(i).map(|v| {
            let a = &v.alert;
            format!("{} {} {} {} {}", a.rule, a.entity(), a.message, a.techniques.join(" "), v.tags.join(" "))
        }),
        Screen::Cases => s.cases.list.get(i).map(|c| format!("{} {} {}", c.id, c.title, c.tags.join(" "))),
        _ => s
            .rules
            .shown
            .get(i)
            .and_then(|i| s.rules.all.get(*i))
            .map(|r| format!("{} {} {} {}", r.title, r.id, r.path, r.techniques.join(" "))),
    };
    text.is_some_and(|t| t.to_lowercase().contains(low))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn times_as_people_type_them() {
        let base = Ts::from_civil(2025, 6, 3, 9, 0, 0, 0);
        let at = |t: &str| parse_when(t, base, Ts(0)).map(|t| t.to_rfc3339());
        assert_eq!(at("11:04").as_deref(), Some("2025-06-03T11:04:00Z"));
        assert_eq!(at("11:04:43").as_deref(), Some("2025-06-03T11:04:43Z"));
        assert_eq!(at("-15m").as_deref(), Some("2025-06-03T08:45:00Z"));
        assert_eq!(at("2025-01-01").as_deref(), Some("2025-01-01T00:00:00Z"));
        assert_eq!((at("25:00"), at("soon"), at("1:2:3:4")), (None, None, None));
    }

    #[test]
    fn a_clock_time_is_of_the_log_s_day_before_a_row_is_read() {
        let ts = |h: u32, d: u32| Ts::from_civil(2025, 6, d, h, 0, 0, 0);
        let mut s = State::new(
            (120, 30),
            Arc::new(crate::tui::keymap::Keymap::defaults()),
            crate::tui::state::Facts::default(),
        );
        s.now = ts(9, 30).expect("a time");
        let mut snap = crate::pipeline::Snapshot::default();
        (snap.totals.first_event, snap.totals.last_event) = (ts(1, 3), ts(2, 5));
        s.snap = Arc::new(snap);
        let mut goes = |follow: bool, at: Option<Ts>| {
            (s.live.follow, s.live.play.at) = (follow, at);
            let mut fx = Vec::new();
            apply(&mut s, &Ask::Seek, "11:00", &mut fx).expect("a time");
            fx.iter().find_map(|e| match e {
                Effect::Go(_, Goto::Time(t)) => Some(*t),
                _ => None,
            })
        };
        assert_eq!(goes(true, None), ts(11, 5));
        assert_eq!(goes(false, None), ts(11, 3));
        // A replay at a pace stands somewhere between.
        assert_eq!(goes(true, ts(3, 4)), ts(11, 4));
    }

    #[test]
    fn find_takes_text_or_expressions() {
        assert_eq!(find_query("Failed password", Ts(0)), "\"Failed password\"");
        assert_eq!(find_query("user=root", Ts(0)), "user=root");
    }
}
