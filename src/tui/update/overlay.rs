//! Overlays that take keys of their own: palette, choices, notes.

use tui_input::Input;

use super::super::key::{Code, Key};
use super::super::msg::{Effect, Op, Targets};
use super::super::state::State;
use super::super::state::editor::Editor;
use super::super::state::list::Cursor;
use super::super::state::overlay::{Answer, Overlay, Palette, Then};
use super::super::state::prompt::{self, Ask, Prompt, type_key};
use super::super::text;
use super::super::words::{self, count};
use super::palette::{Fit, Typed};
use super::{act, renamed, rulings, tune, writing};

/// Gives the key to the overlay on top, if that takes keys itself.
pub fn takes_key(s: &mut State, key: Key, fx: &mut Vec<Effect>) -> bool {
    match s.overlays.last_mut() {
        Some(Overlay::Palette(_)) => palette_key(s, key, fx),
        Some(Overlay::Choice { .. }) => choice_key(s, key, fx),
        Some(Overlay::Note { editor, .. }) => match (key.code, key.ctrl) {
            (Code::Esc, _) => {
                if editor.text().is_empty() {
                    s.overlays.pop();
                } else {
                    note_done(s, fx);
                }
            }
            (Code::Char('d' | 'x'), true) => note_done(s, fx),
            (Code::Char('c'), true) => {
                s.overlays.pop();
                s.say("note dropped");
            }
            _ => {
                editor.key(key);
            }
        },
        _ => return false,
    }
    true
}

/// Opens the palette with everything, or with what can be done here.
pub fn palette(s: &mut State, here: bool) {
    let all = words::by_use(s.place()).into_iter();
    let hits = all.filter(|a| !here || (a.rank > 0 && a.places.meets(s.place()))).map(|a| a.act).collect();
    s.overlays.push(Overlay::Palette(Palette { input: Input::default(), hits, cursor: Cursor::default() }));
}

fn palette_key(s: &mut State, key: Key, fx: &mut Vec<Effect>) {
    let h = usize::from(s.size.1).saturating_sub(6).max(1);
    let Some(Overlay::Palette(p)) = s.overlays.last_mut() else { return };
    match (key.code, key.ctrl) {
        (Code::Down | Code::Tab, _) | (Code::Char('n'), true) => p.cursor.step(1, p.hits.len(), h),
        (Code::Up | Code::BackTab, _) | (Code::Char('p'), true) => p.cursor.step(-1, p.hits.len(), h),
        _ => match type_key(&mut p.input, key) {
            prompt::Typed::Edited => rank(s),
            prompt::Typed::Cancelled => {
                s.overlays.pop();
            }
            prompt::Typed::Ignored => {}
            prompt::Typed::Done => run_hit(s, fx),
        },
    }
}

/// Runs the command under the palette's cursor.
pub fn run_hit(s: &mut State, fx: &mut Vec<Effect>) {
    let Some(Overlay::Palette(p)) = s.overlays.last() else { return };
    let hit = p.hits.get(p.cursor.at).copied();
    s.overlays.pop();
    if let Some(a) = hit {
        if a.row().places.meets(s.place()) {
            act::act(s, a, fx);
        } else {
            s.say(format!("'{}' does not work on this screen", a.row().id));
        }
    }
}

/// Sorts the palette by what is typed: names before descriptions, and of names those
/// that can be used here first, but for one that is typed out.
pub fn rank(s: &mut State) {
    let screen = s.place();
    let Some(Overlay::Palette(p)) = s.overlays.last_mut() else { return };
    let by_use = words::by_use(screen).into_iter();
    if p.input.value().trim().is_empty() {
        p.hits = by_use.map(|a| a.act).collect();
    } else {
        let mut typed = Typed::new(p.input.value());
        let mut hits: Vec<_> = by_use
            .filter_map(|a| {
                let fit = typed.fit(a)?;
                Some(((fit != Fit::Name, !fit.is_of_name(), !a.places.meets(screen), fit), a.act))
            })
            .collect();
        // Those that fit alike stay in the order of their use.
        hits.sort_by_key(|h| h.0);
        p.hits = hits.into_iter().map(|h| h.1).collect();
    }
    p.cursor = Cursor::default();
}

fn choice_key(s: &mut State, key: Key, fx: &mut Vec<Effect>) {
    let Some(Overlay::Choice { answers, cursor, .. }) = s.overlays.last_mut() else { return };
    let n = answers.len();
    let picked = match (key.code, key.ctrl) {
        (Code::Esc, _) | (Code::Char('c'), true) => {
            s.overlays.pop();
            return;
        }
        (Code::Down, _) => return cursor.step(1, n, n),
        (Code::Up, _) => return cursor.step(-1, n, n),
        (Code::Enter, _) => cursor.at,
        (Code::Char(c), false) => match answers.iter().position(|a| a.key == c) {
            Some(i) => i,
            None if matches!(c, ' ' | 'x')
                && answers.get(cursor.at).is_some_and(|a| matches!(a.then, Then::Mark(_))) =>
            {
                cursor.at
            }
            None if c == 'q' => {
                s.overlays.pop();
                return;
            }
            None if c == 'j' => return cursor.step(1, n, n),
            None if c == 'k' => return cursor.step(-1, n, n),
            None => return,
        },
        _ => return,
    };
    cursor.at = picked;
    choose(s, fx);
}

/// Takes the answer under the cursor.
pub fn choose(s: &mut State, fx: &mut Vec<Effect>) {
    let Some(Overlay::Choice { answers, cursor, .. }) = s.overlays.last() else { return };
    let then = answers.get(cursor.at).map(|a| a.then.clone());
    if let Some(Then::Mark(_) | Then::Draft { .. }) = then {
        return tune::picked(s, fx);
    }
    s.overlays.pop();
    match then {
        Some(Then::Do(effects)) => {
            if effects
                .iter()
                .any(|e| matches!(e, Effect::Store(Op::Dismiss { .. } | Op::Escalate { .. } | Op::Snooze { .. })))
            {
                s.triage.selected.clear();
                // The event was dealt with: back to where it came from.
                s.overlays.retain(|o| !matches!(o, Overlay::Detail(_)));
            }
            if let Some(Effect::KeepDraft { path, .. }) = effects.first() {
                s.say(format!("the text is kept in {path}.draft"));
            }
            fx.extend(effects);
        }
        Some(Then::TitleFor(what)) => {
            s.overlays.retain(|o| !matches!(o, Overlay::Detail(_)));
            let title = suggested_title(s, &what);
            s.asked_for = what;
            s.prompt = Some(Prompt::new(Ask::EscalateTitle, title));
        }
        Some(Then::WriteAs(form)) => writing::ask_name(s, form, fx),
        Some(Then::Rule(d)) => rulings::drafted(s, *d),
        Some(Then::Save(known)) => renamed::save(s, known, fx),
        Some(Then::Ruled(d)) => rulings::why(s, *d),
        Some(Then::Level(d)) => rulings::levels(s, &d),
        Some(Then::Unrule(id)) => rulings::confirm(s, &id),
        Some(Then::Close | Then::Mark(_) | Then::Draft { .. }) | None => {}
    }
}

pub fn choice(s: &mut State, title: String, about: Vec<String>, answers: Vec<Answer>) {
    s.overlays.push(Overlay::Choice { title, about, answers, cursor: Cursor::default() });
}

pub(super) fn answer(key: char, label: impl Into<String>, then: Then) -> Answer {
    Answer { key, label: label.into(), then }
}

/// Asks for the reason of a dismissal.
pub fn dismiss(s: &mut State) {
    let named = s.triage.targets();
    let alerts = s.triage.with_covered(named.clone());
    if alerts.is_empty() {
        s.say("no alert here");
        return;
    }
    let to = |verdict| Then::Do(vec![Effect::Store(Op::Dismiss { alerts: alerts.clone(), verdict })]);
    let title = match named.len() {
        1 => "dismiss this alert because it is".to_owned(),
        n => format!("dismiss {} because they are", count(n, "alert")),
    };
    // Which ones is said: the queue may have moved since it was looked at.
    let about = words::about_alerts(s, &named, alerts.len() - named.len());
    let answers = vec![
        answer('f', "false positive: the rule is wrong here", to("false_positive")),
        answer('b', "benign: it happened and is allowed", to("benign")),
        answer('d', "duplicate: known under another alert", to("duplicate")),
        answer('t', "test: an exercise or a scanner of ours", to("test")),
        answer(
            's',
            "not now: back in an hour",
            Then::Do(vec![Effect::Store(Op::Snooze { alerts: alerts.clone(), minutes: 60 })]),
        ),
    ];
    choice(s, title, about, answers);
}

/// Asks for the case.
pub fn escalate(s: &mut State) {
    let mut what = act::at_hand(s);
    let named = what.alerts.clone();
    what.alerts = s.triage.with_covered(what.alerts);
    let mut about = words::about_alerts(s, &named, what.alerts.len() - named.len());
    about.extend(what.events.iter().map(|e| format!("{}  {}", text::clock(e.time), words::message(e))));
    let n = what.alerts.len() + what.events.len();
    if n == 0 {
        s.say("nothing to escalate here");
        return;
    }
    let mut answers = vec![answer('n', "a new case", Then::TitleFor(what.clone()))];
    let open = s.cases.list.iter().filter(|c| c.state != "closed").take(9);
    for (i, c) in open.enumerate() {
        let then = Then::Do(vec![Effect::Store(Op::Escalate {
            what: what.clone(),
            case: Some(c.id.clone()),
            title: String::new(),
        })]);
        let key = char::from(b'1' + i as u8);
        answers.push(answer(key, format!("{}  {}", c.id, c.title), then));
    }
    let noun = if what.events.is_empty() { "alert" } else { "event" };
    let title = match named.len().max(what.events.len()) {
        1 => format!("put this {noun} into"),
        n => format!("put {} into", count(n, noun)),
    };
    choice(s, title, about, answers);
}

fn suggested_title(s: &State, what: &Targets) -> String {
    let first = what.alerts.first().and_then(|id| s.triage.all.iter().find(|v| v.alert.id == *id));
    match first {
        Some(v) => format!("{} {}", v.alert.rule, v.alert.entity()),
        None => what.events.first().map_or_else(String::new, |e| {
            let who = super::feed::entity_of(e).map_or_else(String::new, |(_, v)| format!(" {v}"));
            format!("{}{who}", e.event_type.as_str().replace('_', " "))
        }),
    }
}

/// Asks for the state of the case at hand.
pub fn case_state(s: &mut State) {
    let Some(c) = s.cases.current() else { return };
    let to = |state, resolution: &str| {
        Then::Do(vec![Effect::Store(Op::CaseState { case: c.id.clone(), state, resolution: resolution.to_owned() })])
    };
    let answers = vec![
        answer('o', "open", to("open", "")),
        answer('p', "in progress", to("in_progress", "")),
        answer('t', "closed: true positive, dealt with", to("closed", "true positive")),
        answer('f', "closed: false positive", to("closed", "false positive")),
        answer('b', "closed: benign", to("closed", "benign")),
        answer('u', "closed: undecided", to("closed", "undecided")),
    ];
    let title = format!("state of {}", c.id);
    let about = vec![c.title.clone()];
    choice(s, title, about, answers);
}

/// Asks before an analysis is left unfinished.
pub fn confirm_quit(s: &mut State) {
    let answers = vec![
        answer('y', "leave; what was done is kept", Then::Do(vec![Effect::Quit])),
        answer('n', "stay", Then::Close),
    ];
    choice(s, "the analysis still runs: leave?".into(), Vec::new(), answers);
}

/// Asks before a file that is being written is given up.
pub fn confirm_writing(s: &mut State) {
    let answers = vec![
        answer('y', "leave; the file is not kept", Then::Do(vec![Effect::Quit])),
        answer('n', "stay", Then::Close),
    ];
    choice(s, "events are being written: leave?".into(), Vec::new(), answers);
}

/// Asks before what was done is forgotten.
pub fn confirm_forget(s: &mut State) {
    let what = count(s.undo, "step");
    // What was exported is kept by its file: only what came after it is lost altogether.
    let (title, about) = match &s.exported {
        Some((path, at)) if *at == s.undo => {
            let more = "decisions on what is in no exported case are forgotten".to_owned();
            ("no case store: only the export keeps what was done. Leave?".to_owned(), vec![path.clone(), more])
        }
        Some((path, _)) => {
            let then = format!("{path} has its case as it was exported before the last of them");
            (format!("no case store: {what} would be lost. Leave?"), vec![then])
        }
        None => (format!("no case store: {what} would be lost. Leave?"), Vec::new()),
    };
    let kept = matches!(&s.exported, Some((_, at)) if *at == s.undo);
    let answers = vec![
        answer(
            'y',
            if kept { "leave; the export stays" } else { "leave; it is forgotten" },
            Then::Do(vec![Effect::Quit]),
        ),
        answer('n', "stay; X on a case exports it", Then::Close),
    ];
    choice(s, title, about, answers);
}

/// Opens the editor for a note on what is at hand.
pub fn note(s: &mut State) {
    let what = act::at_hand(s);
    let about = if let Some(c) = &what.case {
        format!("case {c}")
    } else if !what.events.is_empty() {
        "event".to_owned()
    } else if !what.alerts.is_empty() {
        count(what.alerts.len(), "alert")
    } else {
        s.say("nothing to write a note on");
        return;
    };
    s.overlays.push(Overlay::Note { editor: Editor::default(), what, about });
}

fn note_done(s: &mut State, fx: &mut Vec<Effect>) {
    if let Some(Overlay::Note { editor, what, .. }) = s.overlays.pop() {
        let text = editor.text();
        if !text.is_empty() {
            fx.push(Effect::Store(Op::Note { what, text }));
        }
    }
}

/// The process ends: a note that is being written is kept.
pub fn save_draft(s: &mut State, fx: &mut Vec<Effect>) {
    if matches!(s.overlays.last(), Some(Overlay::Note { .. })) {
        note_done(s, fx);
    }
}
