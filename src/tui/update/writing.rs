//! The events of the feed to a file: in which form, under what name.

use super::super::msg::Effect;
use super::super::part;
use super::super::state::State;
use super::super::state::overlay::Then;
use super::super::state::prompt::{Ask, Prompt};
use super::super::words::many;
use super::overlay::{answer, choice};
use crate::pipeline::Form;

/// How many rows are written: those on the screen's count, but while a filter is
/// still looking through the log, all that it will keep.
fn rows(s: &State) -> Option<u64> {
    let all = s.live.follow || (part::narrowed(s) && s.live.scanned < s.live.events);
    (!all).then_some(s.live.shown as u64)
}

/// Asks in which form.
pub fn ask_form(s: &mut State) {
    if !s.facts.inputs {
        s.say("no log is open: there are no events to write");
        return;
    }
    if s.writing.is_some() {
        s.say("a file is being written: Ctrl-c ends that");
        return;
    }
    let n = rows(s).unwrap_or(s.live.arrived as u64);
    let filtered = !s.live.filters.expression().is_empty();
    let looking = part::narrowed(s) && s.live.scanned < s.live.events;
    if n == 0 && !looking {
        s.say(match (filtered, part::shown(s)) {
            (true, _) => "the filters keep no event",
            (false, true) => "no event is in the part",
            _ => "no events yet",
        });
        return;
    }
    let what = match n {
        1 => "the event".to_owned(),
        n => format!("the {}", many(n, "event")),
    };
    let title = match (filtered, looking) {
        (true, true) => "write what the filters keep, as".to_owned(),
        (false, true) => "write all of the part, as".to_owned(),
        (false, _) if part::shown(s) => format!("write {what} of the part, as"),
        (true, _) => format!("write {what} that the filters keep, as"),
        _ => format!("write {what}, as"),
    };
    let of_part = part::shown(s).then(|| format!("part: {}", s.facts.part));
    let about = of_part.into_iter().chain(filtered.then(|| s.live.filters.expression())).collect();
    let answers = vec![
        answer('j', "JSON lines: normalized, as replay --events writes", Then::WriteAs(Form::Json)),
        answer('c', "CSV: the same, for a spreadsheet", Then::WriteAs(Form::Csv)),
        answer('r', "raw lines, as they stand in the log", Then::WriteAs(Form::Raw)),
    ];
    choice(s, title, about, answers);
}

/// Asks for the name; one that is not taken is offered.
pub fn ask_name(s: &mut State, form: Form, fx: &mut Vec<Effect>) {
    let name = format!("events.{}", form.ending());
    fx.push(Effect::Free(name.clone()));
    s.prompt = Some(Prompt::new(Ask::WriteEvents(form), name));
}

/// A name that is not taken, for one that is offered and still untouched.
pub fn free(s: &mut State, was: &str, name: String) {
    if let Some(p) = s.prompt.as_mut().filter(|p| p.selected && p.input.value() == was) {
        *p = Prompt::new(p.ask.clone(), name);
    }
}

/// The name is there: off it goes.
pub fn named(s: &mut State, form: Form, path: &str, fx: &mut Vec<Effect>) -> Result<(), String> {
    if path.is_empty() {
        return Err("write a file name".into());
    }
    fx.push(Effect::Write { rows: rows(s), form, path: path.to_owned() });
    s.writing = Some(0);
    Ok(())
}

/// The name cannot be used: another one is asked for, unless something else is
/// being done by now.
pub fn rename(s: &mut State, form: Form, path: &str, why: String) {
    if s.prompt.is_some() || !s.overlays.is_empty() {
        s.complain(why);
        return;
    }
    let mut p = Prompt::new(Ask::WriteEvents(form), path);
    p.error = Some(why);
    s.prompt = Some(p);
}
