//! What an alert or an event says, as plain lines and pairs: the content of
//! panes and overlays, without their looks. Not yet made visible: views do that.

use std::borrow::Cow;

use super::action::{ACTIONS, GROUPS, Places};
use super::data::{AlertView, Reading, Triage};
use super::keymap::Keymap;
use super::state::filters::Filter;
use super::state::live::EventMode;
use super::state::{Screen, State};
use super::{part, text};
use crate::event::{EventRow, OVERLAY, TimeQuality};
use crate::pipeline::Snapshot;

/// Fields of an event in the order of reading: what and when, the overlay, the originals, its place.
#[must_use]
pub fn fields(e: &EventRow) -> Vec<(String, String)> {
    let mut out = vec![
        ("timestamp".to_owned(), e.time.to_string()),
        ("event_type".to_owned(), e.event_type.as_str().to_owned()),
        ("outcome".to_owned(), e.outcome.as_str().to_owned()),
        ("severity".to_owned(), e.severity.as_str().to_owned()),
    ];
    for o in OVERLAY {
        if let Some(v) = e.ov(*o) {
            out.push((o.name().to_owned(), v.to_owned()));
        }
    }
    for f in &e.fields {
        // Inputs that use the overlay's own names say nothing new.
        if !out.iter().any(|(n, v)| *n == f.name && *v == f.value) {
            out.push((f.name.clone(), f.value.clone()));
        }
    }
    out.push(("line".to_owned(), e.line.to_string()));
    out
}

/// What is said of an event beside its fields: not to filter by.
#[must_use]
pub fn place(s: &State, e: &EventRow) -> Vec<(String, String)> {
    let source = s.snap.sources.get(e.source.0 as usize);
    let file = source.map_or("?", |s| s.name.as_str());
    let byte = source.map_or(e.offset, |s| s.byte_in_file(e.offset));
    let mut out = vec![
        ("from".to_owned(), format!("{file}:{} (byte {byte}, {} bytes)", e.line, e.full_len)),
        ("time".to_owned(), time_quality(s, e).to_owned()),
    ];
    if !e.parsed {
        out.push(("parsed".to_owned(), "no: kept as a raw event".to_owned()));
    }
    out
}

/// How many rows a filter takes away by itself, whether it is on or not;
/// nothing where that is not counted.
#[must_use]
pub fn takes_away(s: &State, f: &Filter) -> String {
    let (matched, seen, all) = if s.screen == Screen::Live {
        let Some((_, matched, seen)) = s.live.counts.iter().find(|(e, ..)| *e == f.text) else { return String::new() };
        (*matched, *seen, s.live.events)
    } else {
        let Ok(q) = s.triage.filters.parse(&f.text, s.now) else { return String::new() };
        let all = s.triage.all.len() as u64;
        (s.triage.all.iter().filter(|v| q.matches_fields(*v)).count() as u64, all, all)
    };
    let of_part = s.screen == Screen::Live && part::shown(s);
    let takes = match (f.out, of_part) {
        (true, _) => matched,
        (false, false) => seen.saturating_sub(matched),
        // How much of what was seen is in the part is known at the end.
        (false, true) if seen < all => return "…".to_owned(),
        (false, true) => part::events(s).saturating_sub(matched),
    };
    // Still counting: what is said is a part.
    format!("-{}{}", text::thousands(takes), if seen < all { "…" } else { "" })
}

/// The message of an event beside its time. A record of which only the store is
/// left begins with the time itself: that is not said twice.
#[must_use]
pub fn without_time<'e>(e: &'e EventRow, clock: &str) -> Cow<'e, str> {
    let whole = message(e);
    if e.parsed || e.ov(crate::event::Ov::Host).is_some() {
        return whole;
    }
    let rest = whole.find(clock).filter(|at| *at <= 20).and_then(|at| {
        let dated = whole.get(..at)?.chars().all(|c| c.is_ascii_alphanumeric() || " -T<>".contains(c));
        let after = whole.get(at + clock.len()..)?;
        // Parts of a second and a zone belong to it.
        let (end, rest) = after.split_once(' ')?;
        let zone = end.chars().all(|c| c.is_ascii_digit() || "+-:.Z,".contains(c));
        (dated && zone).then(|| rest.to_owned())
    });
    rest.map_or(whole, Cow::Owned)
}

/// How the time of an event is known; a year that was given was not inferred.
#[must_use]
pub fn time_quality(s: &State, e: &EventRow) -> &'static str {
    let given = s.snap.sources.get(e.source.0 as usize).is_some_and(|x| x.year_from.is_empty());
    match e.quality {
        TimeQuality::Yearless if given => "year given",
        q => q.as_str(),
    }
}

/// The message of an event; of a request what was asked and answered, without
/// the address and the date that stand in columns of their own; else the raw line.
#[must_use]
pub fn message(e: &EventRow) -> Cow<'_, str> {
    use crate::event::Ov;
    if let Some(m) = e.ov(Ov::Message).filter(|m| !m.is_empty()) {
        return Cow::Borrowed(m);
    }
    let (Some(method), Some(url)) = (e.ov(Ov::HttpMethod), e.ov(Ov::Url)) else { return Cow::Borrowed(&e.raw) };
    let mut out = format!("{method} {url}");
    for (o, before) in [(Ov::StatusCode, " → "), (Ov::Bytes, ", "), (Ov::UserAgent, "  ")] {
        if let Some(v) = e.ov(o).filter(|v| !v.is_empty()) {
            out.push_str(before);
            out.push_str(v);
            out.push_str(if o == Ov::Bytes { " bytes" } else { "" });
        }
    }
    Cow::Owned(out)
}

/// Why an alert was raised: its rule, the parts of its score and their sum, its route, what people said.
#[must_use]
pub fn why(v: &AlertView) -> Vec<String> {
    let a = &v.alert;
    let mut out = vec![a.message.clone()];
    let window = if a.window_seconds > 0 {
        format!("  in {}", text::span(a.window_seconds as i64 * 1_000_000))
    } else {
        String::new()
    };
    out.push(format!("rule    {} ({}, {}){window}", a.rule, a.rule_type.as_str(), a.severity));
    let mut sum = String::new();
    for (i, ((name, _), p)) in a.score_parts.iter().zip(parts_in_tenths(a)).enumerate() {
        // A cap takes points away: it is subtracted, so that the parts are seen to add up.
        let sign = match (i, p < 0) {
            (0, false) => "",
            (_, false) => " + ",
            (_, true) => " - ",
        };
        sum.push_str(&format!("{sign}{name} {}", tenths(p.abs())));
    }
    out.push(format!("score   {} = {}", points(a.score), if sum.is_empty() { "-" } else { &sum }));
    let mut attack = a.techniques.join(" ");
    if !a.tactics.is_empty() {
        attack.push_str("  ");
        attack.push_str(&a.tactics.join(", "));
    }
    if !attack.is_empty() {
        out.push(format!("attack  {attack}"));
    }
    out.push(format!(
        "count   {}, {}, confidence {:.2}",
        many(a.count, "act"),
        many(a.matched_total, "record"),
        a.confidence
    ));
    out.push(format!(
        "time    {} – {}  {}",
        text::date_clock(a.timestamp),
        if text::date(a.timestamp) == text::date(a.last) { text::clock(a.last) } else { text::date_clock(a.last) },
        match a.state {
            crate::alert::AlertState::Open => "open",
            crate::alert::AlertState::Closed => "closed",
        }
    ));
    let mut who = vec![];
    if !a.src_ips.is_empty() {
        let others = if a.cut.ips { " and others" } else { "" };
        let more = match a.src_ips.len() {
            n @ 5.. => format!(" (+{}{others})", n - 4),
            _ => others.to_owned(),
        };
        who.push(format!("{}{more}", a.src_ips.iter().take(4).cloned().collect::<Vec<_>>().join(" ")));
    }
    if (a.users.len() > 1 || a.cut.users) && a.user.is_none() {
        let more = match (a.users.len() > 3, a.cut.users) {
            (_, true) => " and others",
            (true, false) => ", …",
            (false, false) => "",
        };
        who.push(format!("users {}{more}", a.users.iter().take(3).cloned().collect::<Vec<_>>().join(", ")));
    }
    who.extend(a.user.as_ref().map(|u| format!("user {u}")));
    who.extend(a.host.as_ref().map(|h| format!("host {h}")));
    if !who.is_empty() {
        out.push(format!("entity  {}", who.join("  ")));
    }
    if !a.route.reason.is_empty() {
        out.push(format!("route   {}: {}", a.route.stage, a.route.reason));
    }
    if !a.covers.is_empty() {
        out.push(format!("covers  {} of the same attack, D shows them", count(a.covers.len(), "alert")));
    }
    match &v.triage {
        Triage::New => {}
        Triage::Escalated { case } => out.push(format!("state   in case {case}{}", grew(v))),
        Triage::Dismissed { reason } => out.push(format!("state   dismissed: {reason}{}", grew(v))),
    }
    out.extend(reading(&v.reading));
    if !v.tags.is_empty() {
        out.push(format!("tags    {}", v.tags.join(", ")));
    }
    for (who, note) in &v.notes {
        // A line of the note is a line here.
        let mut lines = note.lines();
        out.push(format!("note    {who}: {}", lines.next().unwrap_or_default()));
        out.extend(lines.map(|l| format!("        {l}")));
    }
    if !a.description.is_empty() {
        out.push(a.description.to_string());
    }
    out
}

/// That an alert has more acts than when it was decided.
fn grew(v: &AlertView) -> String {
    v.grew_from().map_or_else(String::new, |n| {
        let then = usize::try_from(n).unwrap_or(usize::MAX);
        format!(" at {}, has grown to {} since", count(then, "act"), text::thousands(v.alert.count))
    })
}

/// Whose reading of the log an alert is from, and whose took it back.
fn reading(r: &Reading) -> Option<String> {
    let whose =
        |who: &Option<String>| who.as_deref().map_or("a later reading".to_owned(), |w| format!("{w}'s reading"));
    match (&r.withdrawn, &r.given) {
        (Some((at, by)), _) if r.here => Some(format!(
            "read    this reading gives it; {} took it back on {}, with other rules",
            whose(by),
            text::day_clock(*at)
        )),
        (Some((at, by)), _) => Some(format!(
            "read    withdrawn on {} by {}: its rules no longer give this from the log",
            text::day_clock(*at),
            whose(by)
        )),
        (None, Some((who, at))) if r.earlier && !r.here => Some(format!(
            "read    by {who}, {}, from a part of the log that was put aside and is not read any more",
            text::day_clock(*at)
        )),
        (None, Some((who, at))) => Some(format!("read    by {who}, {}", text::day_clock(*at))),
        (None, None) => None,
    }
}

/// Columns of the names that begin the lines of [`why`].
pub const WHY_NAMES: usize = 8;

/// The name that a line of [`why`] begins with, and the rest of it.
#[must_use]
pub fn why_name(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = (line.get(..WHY_NAMES)?, line.get(WHY_NAMES..)?);
    let word = name.trim_end();
    let named = name.ends_with("  ") && !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
    (named && !rest.starts_with(' ')).then_some((word, rest))
}

/// The same, broken into lines for that many columns, controls made visible;
/// with each line the number of its sentence. What belongs to a name stands
/// below itself.
#[must_use]
pub fn why_lines(v: &AlertView, width: usize) -> Vec<(usize, String)> {
    const MOST: usize = 6;
    let width = width.saturating_sub(2).max(1);
    let mut out = Vec::new();
    for (i, line) in why(v).iter().enumerate() {
        let clean = text::sanitize(line);
        let (name, rest) = match why_name(&clean).filter(|_| i > 0 && width > WHY_NAMES * 3) {
            Some((name, rest)) => (format!("{name:WHY_NAMES$}"), rest),
            None => (String::new(), &*clean),
        };
        let parts = text::wrap(rest, width - name.len(), MOST);
        for (k, part) in parts.iter().enumerate() {
            let lead = if k == 0 { name.clone() } else { " ".repeat(name.len()) };
            out.push((i, format!("{lead}{}", part.trim_end())));
        }
    }
    out
}

/// A score, on every screen with one decimal.
#[must_use]
pub fn points(p: f64) -> String {
    tenths((p * 10.0).round() as i64)
}

fn tenths(n: i64) -> String {
    format!("{}{}.{}", if n < 0 { "-" } else { "" }, n.abs() / 10, n.abs() % 10)
}

/// The parts of a score in tenths. What rounding left goes to the largest, so
/// that the parts are seen to add up.
fn parts_in_tenths(a: &crate::alert::Alert) -> Vec<i64> {
    let mut parts: Vec<i64> = a.score_parts.iter().map(|(_, p)| (p * 10.0).round() as i64).collect();
    let rest = (a.score * 10.0).round() as i64 - parts.iter().sum::<i64>();
    // Parts that do not add up at all are shown as they are.
    if rest.unsigned_abs() <= parts.len() as u64
        && let Some(largest) = parts.iter_mut().max_by_key(|p| p.abs())
    {
        *largest += rest;
    }
    parts
}

/// `1 alert`, `3 alerts`.
#[must_use]
pub fn count(n: usize, noun: &str) -> String {
    many(n as u64, noun)
}

/// The same of a larger number.
#[must_use]
pub fn many(n: u64, noun: &str) -> String {
    format!("{} {}", text::thousands(n), crate::event::noun(n, noun))
}

/// What a decision is about: each alert with what it is about and how much is
/// in it, and how many of the same attack go with them.
#[must_use]
pub fn about_alerts(s: &State, ids: &[String], covered: usize) -> Vec<String> {
    const MOST: usize = 5;
    let mut out: Vec<String> = Vec::new();
    for id in ids.iter().take(if ids.len() > MOST { MOST - 1 } else { MOST }) {
        let Some(v) = s.triage.all.iter().find(|v| v.alert.id == *id) else { continue };
        let a = &v.alert;
        let acts = usize::try_from(a.count).unwrap_or(usize::MAX);
        out.push(
            format!("{:4} {} · {} · {}", text::severity_word(a.severity), a.rule, a.entity(), count(acts, "act"),),
        );
    }
    if ids.len() > MOST {
        out.push(format!("     and {} more", ids.len() - out.len()));
    }
    if covered > 0 {
        let whose = if ids.len() == 1 { "that it covers" } else { "that they cover" };
        out.push(format!("     with {} of the same attack {whose}", count(covered, "alert")));
    }
    out
}

/// A line of the help: a heading, or keys and what they do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelpLine {
    /// Heading of a group.
    Group(&'static str),
    /// Keys and help, or the first line of it.
    Keys(String, String),
    /// More of the help.
    More(String),
}

/// Columns of keys and of their help on a screen of that width, and how many
/// columns of both there are.
#[must_use]
pub const fn help_columns(screen: usize) -> (usize, usize, usize) {
    let inside = screen.saturating_sub(4);
    match screen {
        0..60 => (9, inside.saturating_sub(12), 1),
        // Two where there is room for both.
        134.. => (17, (inside / 2).saturating_sub(22), 2),
        _ => (17, inside.saturating_sub(22), 1),
    }
}

/// The keys of a place, by group: first what this place is for, and in each
/// group first what is used most; moving about and the program itself last.
#[must_use]
pub fn help(keys: &Keymap, place: Places, screen: u16) -> Vec<HelpLine> {
    let mut groups = Vec::new();
    let mut rest = ACTIONS;
    for (group, n) in GROUPS {
        let (these, after) = rest.split_at((*n).min(rest.len()));
        rest = after;
        let mut here: Vec<_> = these.iter().filter(|a| a.places.meets(place)).collect();
        if !here.is_empty() {
            here.sort_by_key(|a| std::cmp::Reverse(a.rank));
            // What works on every screen tells nothing about this one.
            let own = here.iter().filter(|a| !a.places.meets(Places::HEALTH)).map(|a| usize::from(a.rank)).sum();
            groups.push((std::cmp::Reverse::<usize>(own), group, here));
        }
    }
    groups.sort_by_key(|(own, _, _)| *own);
    let (wide, room, _) = help_columns(usize::from(screen));
    let mut out = Vec::new();
    for (_, group, here) in groups {
        out.push(HelpLine::Group(group));
        for a in here {
            let all = keys.keys_of(a.act);
            let names = match all.join(", ") {
                // What has no key is in the palette.
                none if none.is_empty() => "(palette)".to_owned(),
                long if text::width(&long) > wide => all.first().cloned().unwrap_or(long),
                names => names,
            };
            let mut lines = text::wrap(a.help, room.max(1), 9).into_iter();
            out.push(HelpLine::Keys(names, lines.next().unwrap_or_default()));
            out.extend(lines.map(HelpLine::More));
        }
    }
    out
}

/// Actions in the order of use: what works here first, most used first; then
/// what has no place in the hint bar, moving about after it; the rest last.
#[must_use]
pub fn by_use(place: Places) -> Vec<&'static super::action::Action> {
    let moving = GROUPS.first().map_or(0, |g| g.1);
    let mut out: Vec<(usize, &super::action::Action)> = ACTIONS.iter().enumerate().collect();
    out.sort_by_key(|(i, a)| {
        let here = a.places.meets(place);
        (!here, std::cmp::Reverse(a.rank), a.rank == 0 && *i < moving, *i)
    });
    out.into_iter().map(|(_, a)| a).collect()
}

/// The raw line or the JSON of an event, in lines for reading; made visible, and
/// spelled out where only ASCII can be shown.
#[must_use]
pub fn event_text(e: &EventRow, mode: EventMode, width: usize, wrap: bool, ascii: bool) -> Vec<String> {
    // A record can be a megabyte: a screen shows its beginning.
    const MAX_LINES: usize = 400;
    let text = match mode {
        EventMode::Raw => e.raw.clone(),
        _ => serde_json::to_string_pretty(&super::json::event(e)).unwrap_or_default(),
    };
    let mut out = Vec::new();
    for line in text.lines() {
        let line = text::sanitize(line);
        let line = if ascii { super::ascii::spelled(&line) } else { Cow::Borrowed(&*line) };
        if wrap {
            out.extend(text::wrap(&line, width.max(1), MAX_LINES));
        } else {
            out.push(text::cut(&line, width));
        }
        if out.len() >= MAX_LINES {
            break;
        }
    }
    out
}

/// What happened to a followed file since the last snapshot.
#[must_use]
pub fn news(before: &Snapshot, now: &Snapshot) -> Option<String> {
    let followed = now.sources.iter().filter(|x| x.presence.is_some());
    followed.zip(before.sources.iter().filter(|x| x.presence.is_some())).find_map(|(x, old)| {
        let new = x.warnings.iter().find(|w| !old.warnings.contains(w))?;
        Some(format!("{}: {new}", x.name.rsplit('/').next().unwrap_or(&x.name)))
    })
}
