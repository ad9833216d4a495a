//! A rule in the user's editor: out it goes as a text, and what comes back is checked, tried
//! and saved as if it had been written here.

use super::super::data::workshop::WorkReq;
use super::super::msg::Effect;
use super::super::state::State;
use super::workshop;

/// Opens the rule at hand in the user's editor: the one that is edited, or the one under the cursor.
pub fn edit(s: &mut State, fx: &mut Vec<Effect>) {
    if s.rules.work.is_some() {
        return go(s, fx);
    }
    match s.rules.current() {
        Some(r) => {
            fx.push(Effect::Work(WorkReq::Open { path: r.path.clone(), line: r.line.max(1), outside: true }));
        }
        None => s.say("no rule here"),
    }
}

/// Gives the text to the user's editor.
pub fn go(s: &State, fx: &mut Vec<Effect>) {
    if let Some(w) = s.rules.work.as_ref() {
        // The copy's name is the one under which it is saved.
        let path = if w.saves_to.is_empty() { w.path.clone() } else { w.saves_to.clone() };
        fx.push(Effect::Edit { path, text: w.source.text(), line: w.source.cursor().0 + 1 });
    }
}

/// The user's editor has ended.
pub fn edited(s: &mut State, text: Result<Option<String>, String>, fx: &mut Vec<Effect>) {
    let Some(w) = s.rules.work.as_mut() else { return };
    let (outside, modified) = (w.outside, w.modified());
    match text {
        Ok(Some(text)) if w.source.replace(&text) && w.source.text() != w.original => {
            workshop::changed(s, fx);
            if outside {
                // Whoever saved there wants it saved here.
                if let Some(w) = s.rules.work.as_mut() {
                    w.outside = true;
                }
                workshop::write(s, fx);
            } else {
                let write = s.keys.key_of(super::super::action::Act::Write);
                s.say(format!("taken over from the editor; {write} saves it"));
            }
            return;
        }
        Err(why) => s.complain(why),
        Ok(Some(_)) => {
            workshop::changed(s, fx);
            s.say("as it was saved");
        }
        Ok(None) => s.say("not changed"),
    }
    if outside && !modified {
        s.rules.work = None;
        s.pane = 0;
    }
}
