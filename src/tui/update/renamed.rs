//! Saves that are asked about: of a text that changes an id or a name by which
//! others know the rule, and of one whose file somebody else has changed.

use super::super::data::workshop::WorkReq;
use super::super::msg::Effect;
use super::super::state::State;
use super::super::state::overlay::{Known, Then};
use super::super::state::workshop::Saving;
use super::overlay::{answer, choice};
use super::workshop;
use crate::event::count;

/// Names who knows the rule, and asks.
pub fn ask(s: &mut State) {
    let Some(w) = s.rules.work.as_ref() else { return };
    let about: Vec<String> = w.renamed.iter().flat_map(|r| r.lines()).collect();
    let there = w.renamed.iter().all(|r| r.document > 0);
    let (named, along) =
        w.renamed.iter().filter(|r| r.new.is_some()).fold((0, 0), |(n, a), r| (n + r.by.len(), a + r.along));
    let keys: Vec<&str> = w.renamed.iter().map(|r| r.key).collect();
    let what = if keys.iter().all(|k| *k == "id") { "id" } else { "name" };
    let mut answers = Vec::new();
    if there {
        answers.push(answer('k', format!("keep the old {what}, and save"), Then::Save(Known::Keep)));
    }
    if along > 0 {
        let stay = if named > along { format!("; {} shipped stay", named - along) } else { String::new() };
        let label = format!("take along {} that can be changed{stay}", count(along, "name"));
        answers.push(answer('t', label, Then::Save(Known::Along)));
    }
    let uncovers = w.renamed.iter().any(|r| r.uncovers);
    let by_others = w.renamed.iter().any(|r| !r.by.is_empty() || r.decided > 0);
    let so = match (by_others, uncovers) {
        (_, false) => "save it so: what names it goes without it",
        (true, true) => "save it so: what names it means the shipped rule",
        (false, true) => "save it so: both rules are active",
    };
    answers.push(answer('s', so, Then::Save(Known::Leave)));
    answers.push(answer('n', "do not save", Then::Close));
    let title = match by_others {
        true => format!("others know this rule by its {what}"),
        false => "the shipped rule of this id comes back".to_owned(),
    };
    choice(s, title, about, answers);
}

/// The file is another than it was when it was opened: what was written there by
/// somebody else is not lost unseen.
pub fn differs(s: &mut State, path: String, text: String, along: Vec<(String, String)>) {
    if let Some(w) = s.rules.work.as_mut() {
        w.saving = Saving::No;
    }
    let about = vec![path.clone()];
    let keep = Effect::KeepDraft { path: path.clone(), text: text.clone() };
    let over = Effect::Work(WorkReq::Save { path, text, along, over: true });
    let answers = vec![
        answer('n', "do not save", Then::Close),
        answer('k', "leave the file; keep my text beside it, as .draft", Then::Do(vec![keep])),
        answer('o', "write over it", Then::Do(vec![over])),
    ];
    choice(s, "the file was changed by somebody else".into(), about, answers);
}

/// Saves as it was answered.
pub fn save(s: &mut State, known: Known, fx: &mut Vec<Effect>) {
    let Some(w) = s.rules.work.as_mut() else { return };
    match known {
        Known::Keep => {
            let (row, column) = w.source.cursor();
            // From the end, so that what is put in moves nothing that comes.
            let mut all = std::mem::take(&mut w.renamed);
            all.sort_by_key(|r| std::cmp::Reverse(r.line.max(r.document)));
            for r in all {
                let key = format!("{}: {}", r.key, r.old);
                let at = r.line.max(r.document).saturating_sub(1);
                let line = w.source.lines().get(at).cloned().unwrap_or_default();
                w.source.go(at, line.chars().count());
                if r.line > 0 {
                    w.source.replace_back(line.chars().count(), &key);
                } else {
                    w.source.put(&format!("\n{key}"));
                }
            }
            w.source.go(row, column);
            workshop::changed(s, fx);
        }
        Known::Along => {
            let named = w.renamed.iter().filter_map(|r| Some((r.old.clone(), r.new.clone()?)));
            w.along = Some(named.collect());
        }
        Known::Leave => w.along = Some(Vec::new()),
    }
    if s.rules.work.as_ref().is_some_and(|w| w.modified()) {
        workshop::write(s, fx);
    } else {
        s.say("nothing else was changed: nothing to save");
    }
}
