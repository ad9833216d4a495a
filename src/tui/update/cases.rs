//! The cases: reading, opening, and what is typed for them.

use std::sync::Arc;

use super::super::action::Act;
use super::super::data::{CaseView, ItemKind};
use super::super::msg::{Effect, Op, Targets};
use super::super::state::prompt::{Ask, Prompt};
use super::super::state::{Screen, State};

fn area(s: &State) -> super::super::state::geometry::Geometry {
    s.geometry_of(Screen::Cases)
}

/// Rows of the open case's items.
pub fn items_height(s: &State) -> usize {
    let g = area(s);
    (if g.side.is_empty() { g.list.rows() } else { g.side.rows() }).saturating_sub(4).max(1)
}

/// A new list: the cursor stays on its case.
pub fn arrived(s: &mut State, list: Arc<Vec<CaseView>>, fx: &mut Vec<Effect>) {
    let id = s.cases.current().map(|c| c.id.clone());
    s.cases.list = list;
    let at = id.and_then(|id| s.cases.list.iter().position(|c| c.id == id)).unwrap_or(s.cases.cursor.at);
    let h = area(s).list.rows().max(1);
    s.cases.cursor.set(at, s.cases.list.len(), h);
    // What is shown of a case may have changed with the list.
    if let Some(c) = s.cases.current() {
        fx.push(Effect::ReadCase(c.id.clone()));
    } else {
        s.cases.open = None;
    }
}

/// Reads the case under the cursor, unless it is there.
pub fn read(s: &mut State, fx: &mut Vec<Effect>) {
    let Some(c) = s.cases.current() else { return };
    if s.cases.open.as_ref().is_none_or(|o| o.case.id != c.id) {
        fx.push(Effect::ReadCase(c.id.clone()));
        s.cases.items = Default::default();
    }
}

/// Enter on a case.
pub fn open(s: &mut State, fx: &mut Vec<Effect>) {
    read(s, fx);
    if s.cases.current().is_some() {
        s.pane = 1;
    }
}

/// Enter on an item: the alert or event that it is.
pub fn open_item(s: &mut State, fx: &mut Vec<Effect>) {
    let Some(item) = s.cases.item().cloned() else { return };
    match item.kind {
        ItemKind::Alert => {
            let id = item.id.strip_prefix("alert:").unwrap_or(&item.id).to_owned();
            s.triage.handled = true;
            let now = s.now;
            let h = s.geometry_of(Screen::Triage).list.rows().max(1);
            s.triage.refresh(now, h);
            let at = (0..s.triage.shown.len()).find(|i| s.triage.row(*i).is_some_and(|v| v.alert.id == id));
            match at {
                Some(at) => {
                    super::act::go(s, Screen::Triage, fx);
                    s.triage.cursor.centre(at, s.triage.shown.len(), h);
                    s.triage.hold();
                }
                None => s.say("this alert is not among those of the inputs that are open"),
            }
        }
        _ => {
            s.overlays.push(super::super::state::overlay::Overlay::Text {
                title: format!("{} · {}", item.who, item.time),
                lines: item.text.lines().map(str::to_owned).collect(),
                cursor: Default::default(),
            });
        }
    }
}

/// Opens the line for the case at hand.
pub fn ask(s: &mut State, ask: Ask) {
    let Some(c) = s.cases.current() else { return };
    let text = match ask {
        Ask::CaseTitle => c.title.clone(),
        _ => c.assignee.clone().unwrap_or_else(|| s.facts.analyst.clone()),
    };
    s.asked_for = Targets { case: Some(c.id.clone()), ..Targets::default() };
    s.prompt = Some(Prompt::new(ask, text));
}

/// A typed line for a case.
pub fn answered(s: &mut State, ask: &Ask, text: &str, fx: &mut Vec<Effect>) -> Result<(), String> {
    if *ask == Ask::CaseTitle && text.is_empty() {
        return Err("a case needs a title".into());
    }
    let Some(case) = s.asked_for.case.take() else { return Ok(()) };
    fx.push(Effect::Store(match ask {
        Ask::CaseTitle => Op::CaseTitle { case, title: text.to_owned() },
        _ => Op::Assign { case, who: text.to_owned() },
    }));
    Ok(())
}

/// Asks where to export to: the case at hand, or the one that the alert is in.
pub fn ask_export(s: &mut State, fx: &mut Vec<Effect>) {
    use super::super::data::Triage;
    let only = || match s.cases.list.as_slice() {
        [one] => Some(one.id.clone()),
        _ => None,
    };
    let case = match s.screen {
        Screen::Cases => s.cases.current().map(|c| c.id.clone()),
        // Of an alert that is in none, no case is exported in its stead.
        Screen::Triage => match s.triage.current().map(|v| &v.triage) {
            Some(Triage::Escalated { case }) => Some(case.clone()),
            Some(_) => None,
            None => only(),
        },
        _ => only(),
    };
    let Some(id) = case else {
        let (cases, escalate) = (s.keys.key_of(Act::GoCases), s.keys.key_of(Act::Escalate));
        s.say(match s.screen {
            _ if s.cases.list.is_empty() => format!("no case to export: escalate an alert first ({escalate})"),
            Screen::Triage => format!("this alert is in no case: {escalate} puts it into one, {cases} shows cases"),
            _ => format!("which case? {cases} shows them"),
        });
        return;
    };
    let path = format!("{id}.json");
    s.asked_for = Targets { case: Some(id), ..Targets::default() };
    fx.push(Effect::Free(path.clone()));
    s.prompt = Some(Prompt::new(Ask::Export, path));
}

/// Takes the item under the cursor out of the open case.
pub fn remove(s: &mut State, fx: &mut Vec<Effect>) {
    if s.pane == 0 {
        s.say("open the case first (Enter), then take out one of its items");
        return;
    }
    let (Some(case), Some(item)) = (s.cases.open.as_ref().map(|c| c.case.id.clone()), s.cases.item()) else { return };
    if !matches!(item.kind, ItemKind::Alert | ItemKind::Event) {
        s.say("notes and changes stay in the record; u undoes your last step");
        return;
    }
    fx.push(Effect::Store(Op::RemoveItem { case, item: item.id.clone() }));
}
