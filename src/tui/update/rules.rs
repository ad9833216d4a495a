//! The rules: list, reading pane, opening in the editor.

use std::sync::Arc;

use super::super::data::RuleText;
use super::super::msg::Effect;
use super::super::state::{Screen, State};

fn area(s: &State) -> super::super::state::geometry::Geometry {
    s.geometry_of(Screen::Rules)
}

/// Chooses again what is shown.
pub fn refresh(s: &mut State, fx: &mut Vec<Effect>) {
    let h = area(s).list.rows().max(1);
    s.rules.refresh(h);
    fx.push(Effect::Settle);
}

/// Shows only rules with problems, or all.
pub fn toggle_problems(s: &mut State, fx: &mut Vec<Effect>) {
    s.rules.problems = !s.rules.problems;
    refresh(s, fx);
    s.say(if s.rules.problems { "only rules that did not load" } else { "all rules" });
}

/// Reads the file of the rule under the cursor, unless it is there.
pub fn read(s: &mut State, fx: &mut Vec<Effect>) {
    let Some(r) = s.rules.current() else { return };
    if s.rules.text.path == r.path {
        to_line(s);
    } else {
        fx.push(Effect::ReadRule(r.path.clone()));
    }
}

/// The text has come.
pub fn text_arrived(s: &mut State, text: Arc<RuleText>) {
    s.rules.text = text;
    to_line(s);
}

fn to_line(s: &mut State) {
    if s.pane > 0 {
        return;
    }
    let line = s.rules.current().map_or(1, |r| r.line).saturating_sub(1);
    let n = s.rules.text.lines.len();
    let h = area(s).side.rows().max(1);
    s.rules.lines.at = line.min(n.saturating_sub(1));
    s.rules.lines.top = line.saturating_sub(1).min(n.saturating_sub(h));
    s.rules.lines.set(line, n, h);
}

/// Opens the rule in the user's editor.
pub fn edit(s: &mut State, fx: &mut Vec<Effect>) {
    match s.rules.current() {
        Some(r) => fx.push(Effect::Edit { path: r.path.clone(), line: r.line.max(1) }),
        None => s.say("no rule here"),
    }
}
