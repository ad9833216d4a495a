//! The queue: selection, what is shown, evidence.

use super::super::msg::Effect;
use super::super::state::State;

/// Rows of the evidence list: of its own pane, or of the lower part of the why-panel.
pub fn evidence_height(s: &State) -> usize {
    let g = super::super::state::geometry::geometry(s.size, super::super::state::Screen::Triage);
    if g.evidence.is_empty() { g.side.rows().saturating_sub(6).max(1) } else { g.evidence.rows().max(1) }
}

fn height(s: &State) -> usize {
    super::super::state::geometry::geometry(s.size, super::super::state::Screen::Triage).list.rows().max(1)
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
        rows.filter(|v| if by_rule { v.alert.rule_id == rule } else { v.alert.entity() == entity })
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
    s.say(if s.triage.handled { "handled and covered alerts are shown" } else { "handled and covered alerts are hidden" });
    refresh(s, fx);
}

/// Enter on an alert: its evidence, or where there is no room for it, its words.
pub fn open(s: &mut State, fx: &mut Vec<Effect>) {
    read_evidence(s, fx);
    if s.geometry().side.is_empty() {
        let Some(v) = s.triage.current() else { return };
        let lines = super::super::words::why(v);
        s.overlays.push(super::super::state::overlay::Overlay::Text {
            title: "why".into(),
            lines,
            cursor: Default::default(),
        });
    } else {
        s.pane = 1;
    }
}
