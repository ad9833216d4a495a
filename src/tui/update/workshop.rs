//! The rule editor: keys, answers of the thread that tries rules, and saving.

use std::sync::Arc;

use super::super::action::Act;
use super::super::data::workshop::{Attempt, Opened, Trial, WorkMsg, WorkReq};
use super::super::key::{Code, Key};
use super::super::msg::{Effect, Goto, Op, Targets};
use super::super::state::list::Cursor;
use super::super::state::overlay::Overlay;
use super::super::state::prompt::{Ask, Prompt};
use super::super::state::workshop::{Saving, Workshop, moved_height};
use super::super::state::{Screen, State};
use super::super::words::{self, count};
use super::super::{diff, terms, text};
use super::{act, complete, feed, outside, renamed, rules, tune};

/// Opens the rule under the cursor.
pub fn open(s: &mut State, fx: &mut Vec<Effect>) {
    if s.rules.work.is_some() {
        return;
    }
    match s.rules.current() {
        Some(r) => fx.push(Effect::Work(WorkReq::Open { path: r.path.clone(), line: r.line.max(1), outside: false })),
        None => s.say("no rule here"),
    }
}

/// The thread that tries rules says something.
pub fn arrived(s: &mut State, m: WorkMsg, fx: &mut Vec<Effect>) {
    match m {
        WorkMsg::Opened(o) => opened(s, &o, fx),
        WorkMsg::Linted { version, findings, renamed } => {
            if let Some(w) = s.rules.work.as_mut().filter(|w| w.version == version) {
                w.findings = findings;
                w.renamed = renamed;
                w.linted = version;
                if w.error().is_some() && w.saving == Saving::Waits {
                    go_on_saving(s, fx);
                }
            }
        }
        WorkMsg::Tried(t) => tried(s, t, fx),
        WorkMsg::Offered { rule, picks } => tune::offered(s, &rule, picks),
        WorkMsg::Proposed { rule, best } => tune::proposed(s, &rule, &best),
        WorkMsg::Filters(filters) => rules::filters_arrived(s, filters, fx),
        WorkMsg::Ruled { said, id } => {
            let out = match (&id, s.keys.key_of(Act::Undo), s.keys.key_of(Act::Suppress)) {
                (Some(_), undo, list) => format!("; {undo} now, or {list} on Rules later, takes it out"),
                (None, ..) => String::new(),
            };
            s.rules.ruled = id;
            s.say(format!("{said}; it is in force when the log was analyzed again{out}"));
            fx.push(Effect::Reload);
        }
        WorkMsg::Differs { path, text, along } => renamed::differs(s, path, text, along),
        WorkMsg::Saved { path, along } => {
            // Whoever wrote it elsewhere is back at the list, unless there is something to see.
            let elsewhere = s.rules.work.as_ref().is_some_and(|w| {
                w.outside && w.findings.iter().all(|f| f.severity < crate::detect::lint::Level::Warning)
            });
            if let Some(w) = s.rules.work.as_mut() {
                w.saving = Saving::No;
                w.draft = false;
                w.path.clone_from(&path);
                w.saves_to.clone_from(&path);
                w.original = w.source.text();
                s.rules.saved = Some((path.clone(), w.source.cursor().0 + 1));
            }
            let along = if along > 0 { format!(", {} with it", count(along, "name")) } else { String::new() };
            s.say(format!("saved {path}{along}; it is in force when the log was analyzed again"));
            if elsewhere {
                s.rules.work = None;
                s.pane = 0;
            }
            changed(s, fx);
            fx.push(Effect::Reload);
        }
    }
}

fn opened(s: &mut State, o: &Opened, fx: &mut Vec<Effect>) {
    if let Some(w) = s.rules.work.as_ref().filter(|w| w.modified()) {
        s.complain(format!("{} is not saved: write or drop it first", w.path));
        return;
    }
    let version = s.rules.work.as_ref().map_or(0, |w| w.version) + s.rules.texts + 1;
    s.rules.texts = version;
    s.overlays.clear();
    act::go(s, Screen::Rules, fx);
    s.pane = 0;
    s.rules.work = Some(Box::new(Workshop::new(o, version)));
    scroll(s);
    if o.outside {
        return outside::go(s, fx);
    }
    attempt(s, fx);
}

fn tried(s: &mut State, t: Arc<Trial>, fx: &mut Vec<Effect>) {
    let h = moved_height(&s.geometry_of(Screen::Rules));
    let Some(w) = s.rules.work.as_mut().filter(|w| w.version == t.version) else { return };
    w.moved.set(w.moved.at, t.moved.len(), h);
    w.trial = Some(t);
    if w.saving == Saving::Waits {
        go_on_saving(s, fx);
    }
}

/// Has the text as it is checked and tried.
pub fn attempt(s: &mut State, fx: &mut Vec<Effect>) {
    let alerts = Arc::clone(&s.triage.all);
    let unfounded = s.unfounded();
    let Some(w) = s.rules.work.as_ref() else { return };
    fx.push(Effect::Work(WorkReq::Try(Attempt {
        version: w.version,
        path: w.path.clone(),
        text: w.source.text(),
        alerts,
        unfounded,
    })));
}

pub(super) fn changed(s: &mut State, fx: &mut Vec<Effect>) {
    s.rules.texts += 1;
    let version = s.rules.texts;
    if let Some(w) = s.rules.work.as_mut() {
        w.version = version;
        w.saving = Saving::No;
        w.warned = false;
        w.outside = false;
        w.along = None;
    }
    scroll(s);
    attempt(s, fx);
}

/// To the next or the previous place in the text that was asked for.
pub fn find_again(s: &mut State, on: bool) {
    let Some(w) = s.rules.work.as_mut() else { return };
    if w.find.is_empty() {
        s.say("find something first: /");
        return;
    }
    match w.source.find(&w.find, on) {
        Some((row, column)) => {
            w.source.go(row, column);
            s.pane = 0;
            scroll(s);
        }
        None => {
            let said = format!("'{}' not found", w.find);
            s.say(said);
        }
    }
}

/// Keeps the cursor on the page.
pub fn scroll(s: &mut State) {
    let h = s.geometry_of(Screen::Rules).side.rows();
    if let Some(w) = s.rules.work.as_mut() {
        w.scroll(h);
    }
}

/// Whether keys are the editor's text now.
fn typing(s: &State) -> bool {
    s.screen == Screen::Rules && s.overlays.is_empty() && s.rules.work.as_ref().is_some_and(|w| w.insert)
}

/// Gives the key to the text, if it is being written.
pub fn takes_key(s: &mut State, key: Key, fx: &mut Vec<Effect>) -> bool {
    if !typing(s) {
        return false;
    }
    let Some(w) = s.rules.work.as_mut() else { return false };
    if let Some(c) = w.complete.as_mut() {
        let n = c.words.len().max(1);
        match (key.code, key.ctrl) {
            (Code::Char('n'), true) | (Code::Down, _) => c.at = (c.at + 1) % n,
            (Code::Char('p'), true) | (Code::Up, _) => c.at = (c.at + n - 1) % n,
            (Code::Esc, _) => w.complete = None,
            (Code::Tab, _) => {
                let typed = c.typed;
                let word = c.words.get(c.at).cloned().unwrap_or_default();
                w.complete = None;
                w.source.replace_back(typed, &word);
                changed(s, fx);
            }
            _ => {
                type_key(s, key, fx);
            }
        }
        return true;
    }
    type_key(s, key, fx);
    true
}

fn type_key(s: &mut State, key: Key, fx: &mut Vec<Effect>) {
    let (fields, log) = (Arc::clone(&s.fields), Arc::clone(&s.log_fields));
    let Some(w) = s.rules.work.as_mut() else { return };
    w.complete = None;
    let of = complete::of_logsource(w.source.lines(), w.source.cursor().0);
    match (key.code, key.ctrl) {
        (Code::Esc, _) | (Code::Char('c'), true) => w.insert = false,
        (Code::Char('l'), true) => fx.push(Effect::Redraw),
        (Code::Char('z'), true) => fx.push(Effect::Suspend),
        _ => {
            if w.source.key(key) {
                let word = matches!(key.code, Code::Char(_) | Code::Backspace);
                let (left, right) = w.source.around();
                w.complete = if word { complete::words(left, right, &of, &fields, &log) } else { None };
                changed(s, fx);
            } else {
                scroll(s);
            }
        }
    }
}

/// Pasted text goes into the text where it is being written.
pub fn paste(s: &mut State, text: &str, fx: &mut Vec<Effect>) -> bool {
    if !typing(s) {
        return false;
    }
    if let Some(w) = s.rules.work.as_mut() {
        w.complete = None;
        if !w.source.put(text) {
            s.complain("too long: a rule has at most 1 MiB");
            return true;
        }
    }
    changed(s, fx);
    true
}

/// An action of the editor; returns whether it was one.
pub fn acts(s: &mut State, a: Act, fx: &mut Vec<Effect>) -> bool {
    let Some(w) = s.rules.work.as_mut().filter(|_| s.screen == Screen::Rules) else { return false };
    match a {
        Act::Insert => {
            w.insert = true;
            s.pane = 0;
        }
        Act::LineBelow => {
            w.insert = true;
            w.source.line_below();
            s.pane = 0;
            changed(s, fx);
        }
        Act::CutLine => {
            w.source.cut_line();
            changed(s, fx);
        }
        Act::TextUndo | Act::TextRedo => {
            if w.source.undo(a == Act::TextRedo) {
                changed(s, fx);
            } else {
                s.say(if a == Act::TextUndo { "nothing to take back" } else { "nothing to do again" });
            }
        }
        Act::Revert => {
            if w.draft {
                s.say("this draft has no file to go back to: q drops it");
                return true;
            }
            let row = w.source.cursor().0;
            w.source = super::super::state::source::Source::new(&w.original);
            w.source.go(row, 0);
            changed(s, fx);
            s.say("as it was saved");
        }
        Act::TextDiff => differs(s),
        Act::FieldHelp => field_help(s),
        Act::Backtest => attempt(s, fx),
        Act::NextProblem => {
            let row = w.source.cursor().0 + 1;
            let lines: Vec<usize> = w.findings.iter().map(|f| f.line as usize).collect();
            match lines.iter().find(|l| **l > row).or_else(|| lines.iter().min()) {
                Some(l) => w.source.go(l.saturating_sub(1), 0),
                None => s.say("nothing is wrong here"),
            }
            scroll(s);
        }
        Act::Write => write(s, fx),
        Act::Left | Act::Right if s.pane == 0 => w.source.aside(a == Act::Right),
        Act::NextPane | Act::PrevPane => s.pane = 1 - s.pane.min(1),
        Act::Open if s.pane == 0 => w.insert = true,
        Act::Open => jump(s, fx),
        Act::Back if s.pane > 0 => s.pane = 0,
        Act::Back if s.rules.work.as_ref().is_some_and(|w| w.warned) => stay(s),
        Act::Back | Act::Quit => leave(s),
        _ => return false,
    }
    true
}

/// Shows what differs from the text as it was saved.
fn differs(s: &mut State) {
    let Some(w) = s.rules.work.as_ref() else { return };
    let lines = diff::lines(&w.original, &w.source.text());
    if lines.is_empty() {
        s.say("nothing was changed");
        return;
    }
    let title = format!("diff of {}", w.path);
    s.overlays.push(Overlay::Text { title, lines, cursor: Cursor::default() });
}

/// Says what the words of the line mean, with values that were read.
fn field_help(s: &mut State) {
    let Some(w) = s.rules.work.as_ref() else { return };
    let row = w.source.cursor().0;
    let line = w.source.lines().get(row).cloned().unwrap_or_default();
    let mut lines = terms::of_line(&line);
    if lines.is_empty() {
        s.say("no key in this line");
        return;
    }
    let key = line.trim_start().trim_start_matches("- ");
    let field = key.split(['|', ':']).next().unwrap_or("").trim();
    let mut seen: Vec<String> = Vec::new();
    for r in &s.live.cache {
        let value = words::fields(&r.row).into_iter().find(|(n, _)| n == field).map(|(_, v)| v);
        if let Some(v) = value.filter(|v| !seen.contains(v))
            && seen.len() < 8
        {
            seen.push(text::cut(&v, 60));
        }
    }
    if !seen.is_empty() {
        lines.push(format!("in the rows of the feed: {}", seen.join(", ")));
    }
    s.overlays.push(Overlay::Text { title: format!("line {}", row + 1), lines, cursor: Cursor::default() });
}

fn leave(s: &mut State) {
    let Some(w) = s.rules.work.as_mut() else { return };
    if w.modified() && !w.warned {
        w.warned = true;
        s.say("not saved: :w writes it, q again drops it, Esc stays");
        return;
    }
    s.rules.work = None;
    s.pane = 0;
}

/// Not left after all.
fn stay(s: &mut State) {
    if let Some(w) = s.rules.work.as_mut() {
        w.warned = false;
    }
}

/// The process ends: a text that is not saved is kept beside its rule.
pub fn keep_draft(s: &State, fx: &mut Vec<Effect>) {
    if let Some(w) = s.rules.work.as_ref().filter(|w| w.modified() && !w.saves_to.is_empty()) {
        fx.push(Effect::KeepDraft { path: w.saves_to.clone(), text: w.source.text() });
    }
}

/// To the event under the cursor.
fn jump(s: &mut State, fx: &mut Vec<Effect>) {
    let Some(w) = s.rules.work.as_ref() else { return };
    let Some(m) = w.trial.as_ref().and_then(|t| t.moved.get(w.moved.at)) else { return };
    let to = Goto::Position(m.position);
    act::go(s, Screen::Live, fx);
    feed::stand_still(s, fx);
    fx.push(Effect::Go(s.live.generation, to));
}

/// Asks for a save: it waits until what the text loses is known.
pub(super) fn write(s: &mut State, fx: &mut Vec<Effect>) {
    let Some(w) = s.rules.work.as_mut() else { return };
    if !w.modified() {
        s.say("nothing to save");
        return;
    }
    w.saving = Saving::Waits;
    let fresh = w.answer().is_some() || (w.linted == w.version && w.error().is_some());
    if fresh {
        go_on_saving(s, fx);
    } else {
        s.say("looking what the change loses, then it is saved");
        attempt(s, fx);
    }
}

fn go_on_saving(s: &mut State, fx: &mut Vec<Effect>) {
    let Some(w) = s.rules.work.as_mut() else { return };
    if let Some(f) = w.error() {
        let why = format!("not saved: it would not load: {}:{} {}", f.line, f.column, f.message);
        w.saving = Saving::No;
        s.complain(why);
        return;
    }
    let Some(t) = w.answer().cloned() else { return };
    w.saving = Saving::No;
    if !w.renamed.is_empty() && w.along.is_none() {
        return renamed::ask(s);
    }
    if t.loses_truth() {
        let mut p = Prompt::new(Ask::LossReason, "");
        p.error = Some(format!("{} would be lost: write why, or Esc", lost_words(&t)));
        s.prompt = Some(p);
        return;
    }
    save(s, None, fx);
}

/// `3 true hits and 1 true alert (IR-2026-014)`.
pub fn lost_words(t: &Trial) -> String {
    let number = |n: u64, noun| count(usize::try_from(n).unwrap_or(usize::MAX), noun);
    let parts: Vec<String> = [(t.true_lost, "true hit"), (t.true_alerts_lost, "true alert")]
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, noun)| number(*n, noun))
        .collect();
    format!("{} ({})", parts.join(" and "), t.cases.join(", "))
}

/// The reason was typed.
///
/// # Errors
/// Where it is empty, or the text has changed since.
pub fn reason(s: &mut State, text: &str, fx: &mut Vec<Effect>) -> Result<(), String> {
    let Some(t) = s.rules.work.as_ref().and_then(|w| w.answer().cloned()) else {
        s.complain("the text changed: save it again");
        return Ok(());
    };
    if text.chars().filter(|c| c.is_alphanumeric()).count() < 3 {
        return Err(format!("not saved: {} would be lost; a reason is needed", lost_words(&t)));
    }
    save(s, Some((text, &t)), fx);
    Ok(())
}

fn save(s: &mut State, loss: Option<(&str, &Trial)>, fx: &mut Vec<Effect>) {
    let (day, who) = (day(s), s.facts.analyst.clone());
    let Some(w) = s.rules.work.as_mut() else { return };
    if w.saves_to.is_empty() {
        s.complain("there is no folder for rules of your own: set rules.own");
        return;
    }
    if let Some((why, t)) = loss {
        let one_line = |x: &str| x.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        let line = format!("# {day} {}: loses {}: {}", one_line(&who), one_line(&lost_words(t)), one_line(why));
        let (row, column) = w.source.cursor();
        w.source.go(0, 0);
        w.source.put(&format!("{line}\n"));
        w.source.go(row + 1, column);
        let note = format!("{} was changed and no longer finds {}: {why}", w.path, lost_words(t));
        for case in &t.cases {
            let what = Targets { case: Some(case.clone()), ..Targets::default() };
            fx.push(Effect::Store(Op::Note { what, text: note.clone() }));
        }
    }
    w.saving = Saving::Writes;
    let along = w.along.take().unwrap_or_default();
    fx.push(Effect::Work(WorkReq::Save { path: w.saves_to.clone(), text: w.source.text(), along, over: false }));
    scroll(s);
}

/// The day, as rules and files have it.
pub fn day(s: &State) -> String {
    s.now.to_rfc3339().chars().take(10).collect()
}

/// Whether leaving the program would lose an edit.
#[must_use]
pub fn unsaved(s: &State) -> bool {
    s.rules.work.as_ref().is_some_and(|w| w.modified())
}
