//! Filters: from the cell under the cursor, cleared, edited in their list.

use super::super::action::Act;
use super::super::msg::Effect;
use super::super::state::live::Column;
use super::super::state::overlay::Overlay;
use super::super::state::prompt::{Ask, Prompt};
use super::super::state::triage::Column as Queue;
use super::super::state::{Screen, State};
use super::{feed, triage};
use crate::config::nearest;
use crate::query::{Field, Query, quote};
use crate::tui::data::Triage;
use crate::tui::data::alert::ALERT_FIELDS;
use crate::tui::words;

/// What to say of a field that nothing here has: such a test holds for no row,
/// and a misspelt name should not look like an empty log.
pub fn doubt(s: &State, q: &Query) -> Option<String> {
    let live = s.screen == Screen::Live;
    let known = |name: &str| {
        if live {
            Field::common().any(|c| c == name) || s.fields.binary_search_by(|f| f.as_str().cmp(name)).is_ok()
        } else {
            ALERT_FIELDS.contains(&name)
        }
    };
    // Before the first events nothing can be said about their fields.
    if live && s.fields.is_empty() && s.live.events == 0 {
        return None;
    }
    let fields = q.root().fields();
    let name = fields.iter().map(|f| f.name()).find(|n| !known(n))?;
    let near = if live {
        let mut all: Vec<&str> = Field::common().collect();
        all.extend(s.fields.iter().map(String::as_str));
        nearest(name, all)
    } else {
        nearest(name, ALERT_FIELDS.iter().copied())
    };
    let near = near.map(|n| format!("; nearest: {n}")).unwrap_or_default();
    let whose = if live { "event seen" } else { "alert" };
    Some(format!("no {whose} has a field '{name}'{near}"))
}

/// The list changed: the rows must follow.
pub fn changed(s: &mut State, fx: &mut Vec<Effect>) {
    if s.screen == Screen::Live {
        feed::renew(s, fx);
    } else {
        triage::refresh(s, fx);
    }
}

/// While the list of the feed's filters is open, what each matches is counted.
pub fn count(s: &mut State, fx: &mut Vec<Effect>) {
    let open = s.screen == Screen::Live && s.overlays.iter().any(|o| matches!(o, Overlay::Filters(_)));
    let wanted: Vec<String> =
        if open { s.live.filters.list.iter().map(|f| f.text.clone()).collect() } else { Vec::new() };
    if s.live.counting != wanted {
        s.live.counts.retain(|(e, ..)| wanted.contains(e));
        s.live.counting.clone_from(&wanted);
        fx.push(Effect::Count(wanted));
    }
}

/// Adds an expression.
pub fn add(s: &mut State, text: &str, out: bool, fx: &mut Vec<Effect>) {
    let now = s.now;
    match s.filters_mut().add(text, out, now) {
        Ok(()) => {
            changed(s, fx);
            if let Some(why) = s.filters().parse(text, now).ok().and_then(|q| doubt(s, &q)) {
                s.complain(why);
            } else if s.screen == Screen::Triage && !out && s.triage.shown.is_empty() && is_words(text) {
                // Text may stand in records that the words of an alert leave out.
                s.say("in the words of no alert shown here; i on Live looks into the records");
            }
        }
        Err(e) => s.complain(format!("filter: {e}")),
    }
}

/// Text to be looked for anywhere, without a field.
fn is_words(text: &str) -> bool {
    !text.contains(['=', '~', '<', '>']) && !text.contains(" in ")
}

/// Filters in or out by the cell under the cursor.
pub fn by_cell(s: &mut State, out: bool, fx: &mut Vec<Effect>) {
    match cell(s) {
        Cell::Expression(e) => {
            s.overlays.clear();
            add(s, &e, out, fx);
            if s.toast.is_none() {
                let sign = if out { '-' } else { '+' };
                s.say(format!("filter {sign}{e}; = edits the list, \\ clears it"));
            }
        }
        // A message is seldom wanted whole: it is offered to be cut down.
        Cell::Ask(text) => {
            s.overlays.clear();
            s.prompt = Some(Prompt::new(Ask::Filter, if out { format!("not ({text})") } else { text }));
        }
        Cell::Nothing => s.say("this cell is empty"),
    }
}

enum Cell {
    Expression(String),
    Ask(String),
    Nothing,
}

fn cell(s: &State) -> Cell {
    let eq = |name: &str, value: &str| Cell::Expression(format!("{name}={}", quote(value)));
    if let Some(Overlay::Detail(d)) = s.overlays.last() {
        let fields = words::fields(&d.row.row);
        return match fields.get(d.cursor.at).cloned() {
            Some((name, value)) if value.len() <= 200 => eq(&name, &value),
            Some((name, value)) => {
                let head: String = value.chars().take(40).collect();
                Cell::Ask(format!("{name}=\"{}*\"", head.replace(['"', '\\', '*', '?'], "?")))
            }
            None => Cell::Nothing,
        };
    }
    if s.screen == Screen::Triage {
        let Some(v) = s.triage.current() else { return Cell::Nothing };
        let a = &v.alert;
        return match Queue::ALL.get(s.triage.column) {
            Some(Queue::Severity) => eq("severity", a.severity.as_str()),
            Some(Queue::Entity) => eq("entity", &a.entity()),
            Some(Queue::Score) => eq("score", &words::points(a.score)),
            Some(Queue::Count) => eq("count", &a.count.to_string()),
            // Of an alert that was decided the cell says how.
            Some(Queue::By) if v.reading.gone() => eq("status", "withdrawn"),
            Some(Queue::By) => match &v.triage {
                Triage::New => eq("rule_type", a.rule_type.as_str()),
                decided => eq("status", decided.word()),
            },
            Some(Queue::Last) => Cell::Ask(format!("last>={}", quote(&a.last.to_rfc3339()))),
            _ => eq("rule", &a.rule),
        };
    }
    let Some(r) = s.live.current() else { return Cell::Nothing };
    match s.live.current_column() {
        Column::Time => Cell::Ask(format!("timestamp>={}", quote(&r.row.time.to_rfc3339()))),
        Column::Severity => eq("severity", r.row.severity.as_str()),
        Column::Field(o) => r.row.ov(o).map_or(Cell::Nothing, |v| eq(o.name(), v)),
        Column::Message => Cell::Ask(format!("event_type={}", r.row.event_type.as_str())),
    }
}

/// Removes all filters.
pub fn clear(s: &mut State, fx: &mut Vec<Effect>) {
    if s.filters().list.is_empty() {
        s.say("no filters");
        return;
    }
    s.filters_mut().list.clear();
    changed(s, fx);
}

/// Actions of the filter list.
pub fn edit(s: &mut State, act: Act, fx: &mut Vec<Effect>) {
    let Some(Overlay::Filters(cursor)) = s.overlays.last() else { return };
    let at = cursor.at;
    if act == Act::FilterAdd {
        s.prompt = Some(Prompt::new(Ask::Filter, ""));
        return;
    }
    let Some(f) = s.filters_mut().list.get_mut(at) else { return };
    match act {
        Act::FilterToggle => f.on = !f.on,
        Act::FilterFlip => f.out = !f.out,
        Act::FilterEdit => {
            let text = f.text.clone();
            s.prompt = Some(Prompt::new(Ask::FilterEdit(at), text));
            return;
        }
        _ => {
            s.filters_mut().list.remove(at);
            let n = s.filters().list.len();
            if let Some(Overlay::Filters(c)) = s.overlays.last_mut() {
                c.set(at, n, 10);
            }
        }
    }
    changed(s, fx);
}
