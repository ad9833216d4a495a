//! The rules: list, reading pane, what filters take.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::data::workshop::{FilterView, WorkReq};
use super::super::data::{RuleText, RuleView};
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

/// Says which rules cannot be loaded any more since the rules were last seen,
/// where and why: whoever has just written one is told what is wrong with it.
pub fn tell_refused(s: &mut State) {
    let bad = |r: &&RuleView| !r.loaded;
    let all = Arc::clone(&s.rules.all);
    if all.is_empty() {
        return;
    }
    let now: Vec<_> = all.iter().filter(bad).map(|r| (r.path.clone(), r.reason.clone())).collect();
    let Some(before) = s.rules.refused.replace(now) else { return };
    let fresh: Vec<&RuleView> =
        all.iter().filter(bad).filter(|r| !before.contains(&(r.path.clone(), r.reason.clone()))).collect();
    let Some(first) = fresh.first() else { return };
    let why = first.reason.as_deref().unwrap_or("not loaded");
    let more = if fresh.len() > 1 { format!(" (and {} more)", fresh.len() - 1) } else { String::new() };
    let name = first.path.rsplit('/').next().unwrap_or(&first.path);
    s.complain(format!("{name}:{} is not in force: {why}{more}", first.line));
}

/// Orders the list by the next thing that it can be ordered by.
pub fn next_order(s: &mut State, fx: &mut Vec<Effect>) {
    s.rules.order = s.rules.order.next();
    refresh(s, fx);
    s.say(format!("rules by {}", s.rules.order.word()));
}

/// Has filters counted that are seen: they are asked for once, and again where the
/// screen is come to again or the rules are others.
pub fn ask_filters(s: &mut State, fx: &mut Vec<Effect>) {
    if s.screen != Screen::Rules || s.rules.work.is_some() {
        return;
    }
    let seen: Vec<String> = s.rules.all.iter().filter(|r| r.is_filter() && r.loaded).map(|r| r.id.clone()).collect();
    if seen != s.rules.asked {
        s.rules.asked = seen;
        fx.push(Effect::Work(WorkReq::Filters));
    }
}

/// What filters do was counted.
pub fn filters_arrived(s: &mut State, filters: Arc<BTreeMap<String, FilterView>>, fx: &mut Vec<Effect>) {
    s.rules.filters = filters;
    refresh(s, fx);
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
