//! What each action does: the one place where the table's words meet state.

use super::super::action::Act;
use super::super::data::FeedRow;
use super::super::msg::{Effect, Goto, Op, Targets};
use super::super::state::list::Cursor;
use super::super::state::live::{EventMode, default_columns};
use super::super::state::overlay::{Detail, Overlay};
use super::super::state::prompt::{Ask, Prompt};
use super::super::state::{Screen, State};
use super::{cases, feed, filters, line, motion, outside, overlay, rules, rulings, triage, tune, workshop, writing};

/// Does an action.
pub fn act(s: &mut State, act: Act, fx: &mut Vec<Effect>) {
    if act != Act::Cancel {
        s.leaving = false;
    }
    // Help is read, then a key of it is pressed: that is about what lies below.
    if matches!(s.overlays.last(), Some(Overlay::Help(_))) && !stays_in_help(act) {
        s.overlays.pop();
        if act == Act::Help {
            return;
        }
    }
    if motion::motion(s, act, fx) || (s.overlays.is_empty() && workshop::acts(s, act, fx)) {
        return;
    }
    match act {
        Act::Left => sideways(s, false),
        Act::Right => sideways(s, true),
        Act::NextPane | Act::PrevPane => next_pane(s, fx),
        Act::Open => open(s, fx),
        Act::Back => back(s, fx),
        Act::LastView => go(s, s.last_screen, fx),
        Act::GoTriage => go(s, Screen::Triage, fx),
        Act::GoLive => go(s, Screen::Live, fx),
        Act::GoCases => go(s, Screen::Cases, fx),
        Act::GoRules => go(s, Screen::Rules, fx),
        Act::GoHealth => go(s, Screen::Health, fx),
        Act::Palette => overlay::palette(s, false),
        Act::ActionMenu => overlay::palette(s, true),
        Act::Help => s.overlays.push(Overlay::Help(Cursor::default())),
        Act::About => {
            let mut lines = s.facts.about.clone();
            // The one of them that changes while it runs.
            lines.push(format!("theme    {}", s.theme));
            s.overlays.push(Overlay::Text { title: "about".into(), lines, cursor: Cursor::default() });
        }
        Act::Quit => quit(s, fx),
        Act::Cancel => cancel(s, fx),
        Act::Find => ask(s, Ask::Find, ""),
        Act::FindNext | Act::FindPrev => line::find_again(s, act == Act::FindNext, fx),
        Act::FilterIn | Act::FilterOut => filters::by_cell(s, act == Act::FilterOut, fx),
        Act::FilterType => ask(s, Ask::Filter, ""),
        Act::FilterClear => filters::clear(s, fx),
        Act::FilterList => s.overlays.push(Overlay::Filters(Cursor::default())),
        Act::FilterToggle | Act::FilterFlip | Act::FilterEdit | Act::FilterAdd | Act::FilterDelete => {
            filters::edit(s, act, fx);
        }
        Act::SameNext | Act::SamePrev => feed::same_entity(s, act == Act::SameNext, fx),
        Act::Pivot => feed::pivot(s, fx),
        Act::AlertNext | Act::AlertPrev => next_alert(s, act == Act::AlertNext, fx),
        Act::MarkNext => {
            let from = s.live.current().map_or(0, |r| r.position + 1);
            fx.push(Effect::Go(s.live.generation, Goto::Mark { from }));
        }
        Act::Pause => feed::pause(s, fx),
        Act::Faster | Act::Slower => feed::pace(s, act == Act::Faster, fx),
        Act::SeekTime => ask(s, Ask::Seek, ""),
        Act::ZoomIn | Act::ZoomOut | Act::ShiftBack | Act::ShiftOn => feed::zoom(s, act),
        Act::TimeFilter => feed::time_filter(s, fx),
        Act::PartOrWhole => feed::part_or_whole(s, fx),
        Act::Select => triage::select(s, fx),
        Act::SelectLike => triage::select_like(s),
        Act::Escalate | Act::Dismiss => {
            // Words about an alert go before it is decided: the cursor moves on.
            s.overlays.retain(|o| !matches!(o, Overlay::Text { .. }));
            if act == Act::Escalate { overlay::escalate(s) } else { overlay::dismiss(s) }
        }
        Act::Tag => line::ask_tag(s),
        Act::Suppress => rulings::ask(s),
        Act::Note => overlay::note(s),
        Act::Mark => mark(s, fx),
        Act::ShowDismissed => triage::toggle_handled(s, fx),
        Act::OpenRule => open_rule(s, fx),
        Act::Undo => match s.rules.ruled.clone() {
            // The last step was a ruling, which the store knows nothing of.
            Some(id) => rulings::confirm(s, &id),
            None => fx.push(Effect::Store(Op::Undo)),
        },
        Act::CaseState => overlay::case_state(s),
        Act::CaseAssign => cases::ask(s, Ask::Assign),
        Act::CaseTitle => cases::ask(s, Ask::CaseTitle),
        Act::CaseRemove => cases::remove(s, fx),
        Act::Export => cases::ask_export(s, fx),
        Act::WriteEvents => writing::ask_form(s),
        Act::OpenEditor => workshop::open(s, fx),
        Act::Tune => tune::tune(s, fx),
        Act::Propose => tune::propose(s, fx),
        Act::Insert
        | Act::LineBelow
        | Act::CutLine
        | Act::TextUndo
        | Act::TextRedo
        | Act::Write
        | Act::Backtest
        | Act::Revert
        | Act::TextDiff
        | Act::FieldHelp
        | Act::NextProblem => {}
        Act::EditRule => outside::edit(s, fx),
        Act::RulesOrder => rules::next_order(s, fx),
        Act::RulesProblems => rules::toggle_problems(s, fx),
        Act::CopyLine | Act::CopyIoc | Act::CopyJson | Act::CopyRule | Act::CopyQuery => copy(s, act, fx),
        Act::ToggleView if s.screen == Screen::Triage && s.overlays.is_empty() => triage::whole_why(s),
        Act::ToggleView => toggle_view(s),
        Act::Wrap => {
            let words = match s.overlays.last_mut() {
                Some(Overlay::Detail(d)) => {
                    d.wrap = !d.wrap;
                    if d.wrap { "long values take several lines" } else { "long values are cut" }
                }
                _ => {
                    s.live.wrap = !s.live.wrap;
                    if s.live.wrap { "below, long records take several lines" } else { "below, long records are cut" }
                }
            };
            s.say(words);
        }
        Act::Columns => {
            let names: Vec<_> = s.live.columns.iter().map(|c| c.name()).collect();
            ask(s, Ask::Columns, &names.join(" "));
        }
        Act::Redraw => fx.push(Effect::Redraw),
        Act::Suspend => fx.push(Effect::Suspend),
        Act::NextTheme => fx.push(Effect::NextTheme),
        Act::MouseOnOff => {
            s.mouse = !s.mouse;
            fx.push(Effect::Mouse(s.mouse));
            s.say(if s.mouse {
                "mouse on: hold Shift to select text in the terminal"
            } else {
                "mouse off: the terminal selects text"
            });
        }
        Act::Down | Act::Up | Act::HalfDown | Act::HalfUp | Act::PageDown | Act::PageUp | Act::Top | Act::Bottom => {}
    }
}

/// Opens the line at the bottom.
pub fn ask(s: &mut State, ask: Ask, text: &str) {
    s.prompt = Some(Prompt::new(ask, text));
}

/// What may be pressed while help is read and leaves it there.
const fn stays_in_help(act: Act) -> bool {
    use Act::{
        Back, Bottom, Cancel, Down, HalfDown, HalfUp, NextTheme, PageDown, PageUp, Palette, Quit, Redraw, Suspend, Top,
        Up,
    };
    matches!(
        act,
        Down | Up
            | HalfDown
            | HalfUp
            | PageDown
            | PageUp
            | Top
            | Bottom
            | Back
            | Quit
            | Palette
            | Redraw
            | Suspend
            | NextTheme
            | Cancel
    )
}

/// Goes to a screen; what lay over the one before is closed.
pub fn go(s: &mut State, to: Screen, fx: &mut Vec<Effect>) {
    s.overlays.clear();
    if s.screen != to {
        s.last_screen = s.screen;
        s.screen = to;
        // An alert that was opened is open when its screen is come back to.
        s.pane = usize::from(to == Screen::Triage && s.triage.opened);
        motion::reset(s);
    }
    if to == Screen::Live {
        feed::ask_page(s, fx);
    }
    if to == Screen::Rules {
        // The log may have grown since they were counted.
        s.rules.asked.clear();
    }
    fx.push(Effect::Settle);
}

fn sideways(s: &mut State, right: bool) {
    const STEP: usize = 16;
    match s.screen {
        Screen::Triage => {
            use super::super::state::triage::Column;
            // Only columns that are shown: which are depends on the width.
            let shown =
                s.triage.fit.columns(usize::from(s.geometry().list.w), Column::ALL.get(s.triage.column).copied());
            let mut at = shown.iter().filter_map(|(c, _)| Column::ALL.iter().position(|x| x == c));
            let next =
                if right { at.find(|i| *i > s.triage.column) } else { at.take_while(|i| *i < s.triage.column).last() };
            s.triage.column = next.unwrap_or(s.triage.column);
        }
        Screen::Live => {
            let last = s.live.columns.len().saturating_sub(1);
            // Columns that are left out because no row has a value for them are passed over.
            let usual = s.live.columns == default_columns();
            let bare = |at: &usize| usual && s.live.columns.get(*at).is_some_and(|c| s.live.fit.bare(*c));
            let at = s.live.column;
            match (right, at == last) {
                (true, true) => s.live.shift = (s.live.shift + STEP).min(4096),
                (true, false) => s.live.column = (at + 1..last).find(|c| !bare(c)).unwrap_or(last),
                (false, true) if s.live.shift > 0 => s.live.shift = s.live.shift.saturating_sub(STEP),
                (false, _) => s.live.column = (0..at).rev().find(|c| !bare(c)).unwrap_or(0),
            }
        }
        _ => {}
    }
}

fn next_pane(s: &mut State, fx: &mut Vec<Effect>) {
    let panes = match s.screen {
        Screen::Triage if s.triage.opened => return,
        Screen::Triage | Screen::Cases | Screen::Rules if !s.geometry().side.is_empty() => 2,
        _ => 1,
    };
    s.pane = (s.pane + 1) % panes;
    fx.push(Effect::Settle);
}

fn open(s: &mut State, fx: &mut Vec<Effect>) {
    if let Some(Overlay::Filters(_)) = s.overlays.last() {
        filters::edit(s, Act::FilterEdit, fx);
        return;
    }
    match (s.screen, s.pane) {
        (Screen::Triage, _) if !s.triage.opened => triage::open(s, fx),
        (Screen::Triage, _) => {
            if let Some(row) = s.triage.evidence.rows.get(s.triage.evidence_at.at).cloned() {
                let alert = s.triage.current().map(|v| v.alert.severity);
                detail(s, FeedRow { position: u64::MAX, row, alert, marked: false, note: None, outside: false });
            }
        }
        (Screen::Live, _) => {
            if let Some(row) = s.live.current().cloned() {
                detail(s, (*row).clone());
            }
        }
        (Screen::Cases, 0) => cases::open(s, fx),
        (Screen::Cases, _) => cases::open_item(s, fx),
        (Screen::Rules, _) => workshop::open(s, fx),
        _ => {}
    }
}

fn detail(s: &mut State, row: FeedRow) {
    s.overlays.push(Overlay::Detail(Detail {
        row: row.into(),
        mode: EventMode::Fields,
        cursor: Cursor::default(),
        wrap: true,
    }));
}

fn back(s: &mut State, fx: &mut Vec<Effect>) {
    if s.overlays.pop().is_some() {
        return;
    }
    if s.screen == Screen::Triage && s.triage.opened {
        triage::close(s);
    } else if s.pane > 0 {
        s.pane = 0;
    } else if s.screen == Screen::Triage && !s.triage.selected.is_empty() {
        s.triage.selected.clear();
    } else if s.screen == Screen::Live && s.live.find.is_some() {
        s.live.find = None;
    }
    fx.push(Effect::Settle);
}

fn quit(s: &mut State, fx: &mut Vec<Effect>) {
    if s.overlays.pop().is_some() {
        return;
    }
    if workshop::unsaved(s) && s.screen != Screen::Rules {
        go(s, Screen::Rules, fx);
        s.say("a rule is not saved: :w writes it, q drops it");
        return;
    }
    // Every other step is saved as it is made, where there is a case store; without
    // one it can be lost, as can a running analysis.
    if s.facts.forgets && s.undo > 0 {
        overlay::confirm_forget(s);
    } else if s.writing.is_some() {
        overlay::confirm_writing(s);
    } else if s.again.is_some()
        || s.facts.inputs && !matches!(s.snap.phase, crate::pipeline::Phase::Done | crate::pipeline::Phase::Stopped)
    {
        overlay::confirm_quit(s);
    } else {
        fx.push(Effect::Quit);
    }
}

fn cancel(s: &mut State, fx: &mut Vec<Effect>) {
    if s.live.busy {
        s.live.busy = false;
        fx.push(Effect::Cancel);
        s.say("cancelled");
    } else if s.writing.is_some() {
        fx.push(Effect::StopWriting);
    } else if !s.pressed.is_empty() {
        s.pressed.clear();
    } else if s.leaving {
        fx.push(Effect::Quit);
    } else {
        s.leaving = true;
        s.say("Ctrl-C again leaves the program");
    }
}

fn next_alert(s: &mut State, on: bool, fx: &mut Vec<Effect>) {
    if s.screen == Screen::Triage {
        // Also from within an alert: the next one takes its place.
        let (n, h) = (s.triage.shown.len(), triage::height(s));
        if n == 0 || (on && s.triage.cursor.at + 1 >= n) || (!on && s.triage.cursor.at == 0) {
            s.say(if on { "this is the last alert" } else { "this is the first alert" });
        }
        s.triage.cursor.step(if on { 1 } else { -1 }, n, h);
        s.triage.hold();
        fx.push(Effect::Settle);
        return;
    }
    let from = s.live.current().map_or(0, |r| r.position);
    fx.push(Effect::Go(s.live.generation, Goto::Alert { from, on }));
}

fn mark(s: &mut State, fx: &mut Vec<Effect>) {
    if let Some(Overlay::Detail(d)) = s.overlays.last_mut() {
        // What is shown here is a copy: it is told at once.
        let mut row = (*d.row).clone();
        row.marked = !row.marked;
        fx.push(Effect::Store(Op::Mark { event: row.row.clone(), on: row.marked }));
        d.row = row.into();
    } else if let Some(r) = s.live.current() {
        fx.push(Effect::Store(Op::Mark { event: r.row.clone(), on: !r.marked }));
    }
}

fn open_rule(s: &mut State, fx: &mut Vec<Effect>) {
    let Some(id) = s.triage.current().map(|v| v.alert.rule_id.to_string()) else { return };
    s.rules.go = Some(id);
    s.rules.problems = false;
    go(s, Screen::Rules, fx);
    rules::refresh(s, fx);
}

fn toggle_view(s: &mut State) {
    match s.overlays.last_mut() {
        Some(Overlay::Detail(d)) => {
            d.mode = d.mode.next();
            d.cursor = Cursor::default();
        }
        _ => s.live.mode = s.live.mode.next(),
    }
}

/// The event that an action is about, where one is shown.
pub fn event_at_hand(s: &State) -> Option<std::sync::Arc<crate::event::EventRow>> {
    match s.overlays.last() {
        Some(Overlay::Detail(d)) => Some(d.row.row.clone()),
        _ => match s.screen {
            Screen::Live => s.live.current().map(|r| r.row.clone()),
            Screen::Triage if s.pane > 0 => s.triage.evidence.rows.get(s.triage.evidence_at.at).cloned(),
            _ => None,
        },
    }
}

/// The event that a decision is about: on the queue decisions are about alerts,
/// also while their evidence is looked at.
fn event_to_decide(s: &State) -> Option<std::sync::Arc<crate::event::EventRow>> {
    if s.screen == Screen::Triage && s.overlays.is_empty() { None } else { event_at_hand(s) }
}

/// What an escalation, a tag or a note is about now.
pub fn at_hand(s: &State) -> Targets {
    if let Some(row) = event_to_decide(s) {
        return Targets { events: vec![row], ..Targets::default() };
    }
    match s.screen {
        Screen::Triage => Targets { alerts: s.triage.targets(), ..Targets::default() },
        Screen::Cases => Targets { case: s.cases.current().map(|c| c.id.clone()), ..Targets::default() },
        _ => Targets::default(),
    }
}

fn copy(s: &mut State, act: Act, fx: &mut Vec<Effect>) {
    let event = event_at_hand(s);
    let alert = if s.screen == Screen::Triage { s.triage.current().map(|v| v.alert.clone()) } else { None };
    let text = match act {
        Act::CopyLine => event.map(|e| e.raw.clone()).or_else(|| alert.map(|a| a.message.clone())),
        Act::CopyIoc => event
            .and_then(|e| feed::entity_of(&e).map(|(_, v)| v))
            .or_else(|| alert.map(|a| a.src_ip.clone().or_else(|| a.user.clone()).unwrap_or_else(|| a.entity()))),
        Act::CopyJson => event
            .map(|e| super::super::json::event(&e).to_string())
            .or_else(|| alert.map(|a| a.to_json(&[]).to_string())),
        Act::CopyRule if s.screen == Screen::Rules => s.rules.current().map(|r| r.id.clone()),
        Act::CopyRule => alert.map(|a| a.rule_id.to_string()),
        _ => Some(s.filters().expression()),
    };
    match text.filter(|t| !t.is_empty()) {
        Some(t) => fx.push(Effect::Copy(t)),
        None => s.say("nothing to copy"),
    }
}
