//! How state changes: `update(state, message)` returns the effects asked for.
//! Pure: no clock, no file, no terminal, no thread.

mod act;
mod cases;
mod complete;
mod feed;
mod filters;
mod line;
mod motion;
mod mouse;
mod outside;
mod overlay;
mod palette;
mod renamed;
mod rules;
mod rulings;
mod triage;
mod tune;
mod workshop;
mod writing;

pub use workshop::lost_words;

use super::action::{Act, Places};
use super::kept::Kept;
use super::key::{Code, Key};
use super::keymap::Lookup;
use super::msg::{Effect, Msg, Op};
use super::state::overlay::Overlay;
use super::state::{Screen, State};
use super::words;

/// Applies one message.
pub fn update(s: &mut State, msg: Msg) -> Vec<Effect> {
    let mut fx = Vec::new();
    match msg {
        Msg::Key(key) => on_key(s, key, &mut fx),
        Msg::Paste(text) => {
            if s.prompt.is_some() || !workshop::paste(s, &text, &mut fx) {
                line::paste(s, &text);
            }
        }
        Msg::Resize(w, h) => {
            s.size = (w, h);
            settle_all(s, &mut fx);
            fx.push(Effect::Redraw);
        }
        Msg::Session(snap, rate) => {
            // What cannot be written is said when it happens; Health keeps it.
            let new = snap.outputs.iter().find(|o| !s.snap.outputs.contains(o)).map(|o| o.reason.clone());
            // That it was stopped to be read again is none.
            let news = words::news(&s.snap, &snap).filter(|_| s.again.is_none());
            s.snap = snap;
            s.rate = rate;
            if let Some(why) = new {
                s.complain(why);
            } else if let Some(text) = news {
                s.say(text);
            }
        }
        Msg::Again(percent) => s.again = percent,
        Msg::Alerts(all) => {
            s.triage.all = all;
            triage::refresh(s, &mut fx);
        }
        Msg::FeedLen { .. } | Msg::FeedPage { .. } | Msg::FeedGo { .. } | Msg::FeedMiss { .. } | Msg::FeedStale => {
            feed::answer(s, msg, &mut fx);
        }
        Msg::Evidence { of, rows } => {
            if s.triage.current().is_some_and(|v| v.alert.id == of.0) {
                s.triage.evidence.of = of;
                s.triage.evidence.rows = rows;
                let len = s.triage.evidence.rows.len();
                s.triage.evidence_at.set(s.triage.evidence_at.at, len, triage::evidence_height(s));
            }
        }
        Msg::Cases(list) => cases::arrived(s, list, &mut fx),
        Msg::Case(detail) => {
            let n = detail.items.len();
            s.cases.open = Some(detail);
            let h = cases::items_height(s);
            s.cases.items.set(s.cases.items.at, n, h);
        }
        Msg::Rules(all) => {
            s.rules.all = all;
            s.rules.asked.clear();
            rules::tell_refused(s);
            rules::refresh(s, &mut fx);
        }
        Msg::Work(m) => workshop::arrived(s, m, &mut fx),
        Msg::Edited(text) => outside::edited(s, text, &mut fx),
        Msg::RuleText(text) => rules::text_arrived(s, text),
        Msg::Judged(by_rule) => s.rules.judged = by_rule,
        Msg::Older(more) => s.triage.older = more,
        Msg::UndoDepth(n) => s.undo = n,
        Msg::Audit(a) => s.audit = Some(a),
        Msg::Seen(n) => s.seen = n,
        Msg::Counts(counts) => s.live.counts = counts,
        Msg::Fields(names) => s.fields = names,
        Msg::LogFields(names) => s.log_fields = names,
        Msg::Done(text) => s.say(text),
        Msg::Exported(path) => s.exported = Some((path, s.undo)),
        Msg::Failed(text) => {
            s.live.busy = false;
            s.complain(text);
        }
        Msg::Free { was, name } => writing::free(s, &was, name),
        Msg::Writing(percent) => s.writing = percent,
        Msg::Rename { form, path, why } => writing::rename(s, form, &path, why),
        Msg::Settled => settled(s, &mut fx),
        Msg::Theme(name) => s.theme = name,
        Msg::Kept(kept) => recall(s, &kept, &mut fx),
        Msg::Mouse(m) => mouse::mouse(s, m, &mut fx),
        Msg::End => {
            overlay::save_draft(s, &mut fx);
            workshop::keep_draft(s, &mut fx);
            fx.push(Effect::Quit);
        }
    }
    rules::ask_filters(s, &mut fx);
    // A step in the store after a ruling is what u takes back from then on.
    if fx.iter().any(|e| matches!(e, Effect::Store(op) if *op != Op::Undo)) {
        s.rules.ruled = None;
    }
    remember_looked(s, &mut fx);
    filters::count(s, &mut fx);
    fx
}

/// A dialog does not hold the screen back, but who answers it decides on what
/// there was when it was opened: what others did meanwhile is told.
fn remember_looked(s: &mut State, fx: &mut Vec<Effect>) {
    if let Some(looked) = s.looked.filter(|l| *l != s.seen)
        && let Some(at) = fx.iter().position(|e| matches!(e, Effect::Store(_)))
    {
        fx.insert(at, Effect::DecidedAt(looked));
    }
    let asks = |o: &Overlay| matches!(o, Overlay::Choice { .. } | Overlay::Note { .. });
    let asked = s.prompt.is_some() || s.overlays.iter().any(asks);
    s.looked = asked.then(|| s.looked.unwrap_or(s.seen));
}

fn on_key(s: &mut State, key: Key, fx: &mut Vec<Effect>) {
    s.toast = None;
    if let Some(action) = through(s, key) {
        act::act(s, action, fx);
        return;
    }
    if s.prompt.is_some() {
        line::key(s, key, fx);
        return;
    }
    if overlay::takes_key(s, key, fx) || workshop::takes_key(s, key, fx) {
        return;
    }
    s.pressed.push(key);
    let place = s.place();
    match s.keys.lookup(place, &s.pressed) {
        Lookup::Prefix => {}
        Lookup::Hit(action) => {
            s.pressed.clear();
            // Whoever does something with an alert has that one in mind: from
            // here on it stays under the cursor while the queue is sorted again.
            if s.screen == Screen::Triage && s.overlays.is_empty() && !action.row().places.meets(Places::HEALTH) {
                s.triage.hold();
            }
            act::act(s, action, fx);
        }
        Lookup::Miss => {
            let pressed = std::mem::take(&mut s.pressed);
            // A lone Esc after a prefix only leaves the prefix.
            if key.code != Code::Esc {
                s.say(s.keys.unbound(&pressed));
            }
        }
    }
}

/// What a Ctrl chord does also where text is typed: nobody types it, and who wants
/// the shell or a clean screen wants it at once.
fn through(s: &State, key: Key) -> Option<Act> {
    let typed = s.prompt.is_some() || !s.overlays.is_empty() || s.rules.work.as_ref().is_some_and(|w| w.insert);
    if !key.ctrl || !typed {
        return None;
    }
    match s.keys.lookup(s.screen.place(), &[key]) {
        Lookup::Hit(a @ (Act::Suspend | Act::Redraw)) => Some(a),
        _ => None,
    }
}

/// Filters and columns of the last session on these inputs come back, and that
/// is said: what they hide must not be taken for what is not there.
fn recall(s: &mut State, kept: &Kept, fx: &mut Vec<Effect>) {
    let (queue, feed) = kept.put(s);
    triage::refresh(s, fx);
    if feed > 0 {
        feed::renew(s, fx);
    }
    let clear = s.keys.key_of(Act::FilterClear);
    let list = s.keys.key_of(Act::FilterList);
    let whose: Vec<String> = [(queue, "Triage"), (feed, "Live")]
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, name)| format!("{name} {n}"))
        .collect();
    if !whose.is_empty() {
        s.say(format!("filters of last time are on ({}): {list} shows them, {clear} clears", whose.join(", ")));
    }
}

/// Puts every cursor back onto its page after the page's height changed.
fn settle_all(s: &mut State, fx: &mut Vec<Effect>) {
    let screen = s.screen;
    for each in Screen::ALL {
        s.screen = *each;
        motion::reset(s);
    }
    s.screen = screen;
    feed::ask_page(s, fx);
}

/// The cursor has rested: panes that follow it may read what it is on.
fn settled(s: &mut State, fx: &mut Vec<Effect>) {
    match s.screen {
        Screen::Triage => {
            s.triage.follow();
            triage::read_evidence(s, fx);
        }
        Screen::Live => s.live.detail = s.live.current().cloned(),
        Screen::Cases => cases::read(s, fx),
        Screen::Rules => rules::read(s, fx),
        Screen::Health => {}
    }
}
