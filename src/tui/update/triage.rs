//! The queue: selection, what is shown, evidence.

use super::super::msg::Effect;
use super::super::state::State;
use super::super::{text, words};
use crate::event::fold::same;

/// Rows of the evidence list: of its own pane, or of the lower part of the why-panel.
pub fn evidence_height(s: &State) -> usize {
    let g = s.geometry_of(super::super::state::Screen::Triage);
    if g.evidence.is_empty() { g.side.rows().saturating_sub(6).max(1) } else { g.evidence.rows().max(1) }
}

/// Rows of the queue's page.
pub fn height(s: &State) -> usize {
    // The page of the queue itself, also while one alert lies over it.
    super::super::state::geometry::geometry(s.size, super::super::state::Screen::Triage, None).list.rows().max(1)
}

/// Filters and sorts again.
pub fn refresh(s: &mut State, fx: &mut Vec<Effect>) {
    let (now, h) = (s.now, height(s));
    s.triage.refresh(now, h);
    fx.push(Effect::Settle);
}

/// Asks for the evidence of the alert under the cursor, unless it is there.
pub fn read_evidence(s: &mut State, fx: &mut Vec<Effect>) {
    let Some(v) = s.triage.current() else {
        s.triage.evidence = Default::default();
        return;
    };
    let of = (v.alert.id.clone(), v.alert.revision);
    if s.triage.evidence.of == of {
        return;
    }
    let alert = v.alert.clone();
    if s.triage.evidence.of.0 != of.0 {
        s.triage.evidence_at = Default::default();
    }
    fx.push(Effect::Evidence(alert));
}

/// Selects or unselects, and goes on to the next row.
pub fn select(s: &mut State, fx: &mut Vec<Effect>) {
    let Some(id) = s.triage.current().map(|v| v.alert.id.clone()) else { return };
    if !s.triage.selected.remove(&id) {
        s.triage.selected.insert(id);
    }
    super::motion::motion(s, super::super::action::Act::Down, fx);
}

/// Selects every alert of this rule; if they all are, every one of this entity.
pub fn select_like(s: &mut State) {
    let Some(v) = s.triage.current() else { return };
    let (rule, entity) = (v.alert.rule_id.clone(), v.alert.entity());
    let of = |by_rule: bool| -> Vec<String> {
        let rows = (0..s.triage.shown.len()).filter_map(|i| s.triage.row(i));
        rows.filter(|v| if by_rule { v.alert.rule_id == rule } else { same(&v.alert.entity(), &entity) })
            .map(|v| v.alert.id.clone())
            .collect()
    };
    let (by_rule, by_entity) = (of(true), of(false));
    let all = |ids: &[String]| ids.iter().all(|id| s.triage.selected.contains(id));
    let ids = if all(&by_rule) && !all(&by_entity) { by_entity } else { by_rule };
    s.say(format!("{} selected", ids.len()));
    s.triage.selected = ids.into_iter().collect();
}

/// Shows or hides what is decided already.
pub fn toggle_handled(s: &mut State, fx: &mut Vec<Effect>) {
    s.triage.handled = !s.triage.handled;
    s.say(if s.triage.handled {
        "handled, covered and withdrawn alerts are shown"
    } else {
        "handled, covered and withdrawn alerts are hidden"
    });
    refresh(s, fx);
}

/// Enter on an alert: it fills the screen, why it was raised above and the
/// evidence below, with the cursor in it.
pub fn open(s: &mut State, fx: &mut Vec<Effect>) {
    if s.triage.current().is_none() {
        return;
    }
    s.triage.follow();
    read_evidence(s, fx);
    s.triage.opened = true;
    s.pane = 1;
    let (n, h) = (s.triage.evidence.rows.len(), evidence_height(s));
    s.triage.evidence_at.set(s.triage.evidence_at.at, n, h);
}

/// Back to the queue.
pub fn close(s: &mut State) {
    s.triage.opened = false;
    s.pane = 0;
    super::motion::reset(s);
}

/// All words about the alert, where its panel is too small for them.
pub fn whole_why(s: &mut State) {
    let Some(v) = s.triage.current() else { return };
    let mut lines = super::super::words::why(v);
    lines.push(format!("id      {}", v.alert.id));
    let a = &v.alert;
    let title = format!("why {} {}", text::severity_word(a.severity), words::points(a.score));
    s.overlays.push(super::super::state::overlay::Overlay::Text { title, lines, cursor: Default::default() });
}
