//! A case's timeline: what the logs say, and what people did, one line for each act.
//!
//! One keystroke writes an operation for each alert that it is about; here it is
//! one line again, and alerts are named by their titles.

use rusqlite::Connection;

use super::alerts::AlertRow;
use super::events::EventInfo;
use crate::event::{Ts, count};
use crate::store::error::Result;
use crate::store::ops::{self, Operation};
use crate::store::types::{CaseId, Target};

/// Things that a line names before it only counts.
const NAMED: usize = 3;
/// Most characters of a record in a line.
const HEAD: usize = 60;

/// One line of a case's timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineEntry {
    /// Time of the event, or of what a person did.
    pub time: Ts,
    /// Who did it; `None` for what the logs say.
    pub by: Option<String>,
    /// About what.
    pub target: String,
    /// What.
    pub text: String,
}

/// The operations on a case and on what is in it, in the order of the log.
const CASE_OPS: &str = "target IN (SELECT 'case:' || ?1 UNION ALL SELECT item FROM case_items WHERE case_id = ?1)";

pub(super) fn timeline(
    conn: &Connection,
    id: &CaseId,
    alerts: &[AlertRow],
    events: &[EventInfo],
) -> Result<Vec<TimelineEntry>> {
    let mut entries = Vec::new();
    for a in alerts {
        let target = Target::Alert(a.id.clone()).to_string();
        let text = format!("{} ({}): first of {}", a.rule, a.entity, a.count);
        entries.push(TimelineEntry { time: a.timestamp, by: None, target: target.clone(), text });
        if a.last > a.timestamp {
            let text = format!("{} ({}): last", a.rule, a.entity);
            entries.push(TimelineEntry { time: a.last, by: None, target, text });
        }
    }
    for e in events {
        let raw = e.event.raw.as_deref().unwrap_or_default();
        let text = String::from_utf8_lossy(raw.get(..512).unwrap_or(raw)).into_owned();
        let target = Target::Event(e.event.key.clone()).to_string();
        entries.push(TimelineEntry { time: e.event.time, by: None, target, text });
    }
    let names = Names { conn, case: format!("case:{}", id.0), alerts, events };
    let ops = ops::select(conn, CASE_OPS, [&id.0])?;
    for act in ops.chunk_by(|a, b| a.action == b.action) {
        let Some(first) = act.first() else { continue };
        let undo = if first.undoes.is_some() && first.kind != "undo.kept" { "undo: " } else { "" };
        let text = format!("{undo}{}", names.sentence(first, act));
        entries.push(TimelineEntry {
            time: first.time,
            by: Some(first.writer.clone()),
            target: first.target.clone(),
            text,
        });
    }
    // Stable: what has the same time keeps the order above.
    entries.sort_by_key(|e| e.time);
    Ok(entries)
}

/// Operations of one kind.
fn of<'a>(act: &'a [Operation], kind: &'a str) -> impl Iterator<Item = &'a Operation> {
    act.iter().filter(move |o| o.kind == kind)
}

/// What operations of one kind put in or took out.
fn items<'a>(act: &'a [Operation], kind: &'a str) -> Vec<&'a str> {
    of(act, kind).map(|o| o.payload["item"].as_str().unwrap_or_default()).collect()
}

/// How things are called in the timeline of one case.
struct Names<'a> {
    conn: &'a Connection,
    case: String,
    alerts: &'a [AlertRow],
    events: &'a [EventInfo],
}

impl Names<'_> {
    /// What an act did.
    fn sentence(&self, first: &Operation, act: &[Operation]) -> String {
        let (added, removed) = (items(act, "item.add"), items(act, "item.remove"));
        let raised = of(act, "case.set").find(|o| o.payload["field"] == "severity");
        let raised = raised.and_then(|o| o.payload["to"].as_str()).map(|to| format!("; severity {to}"));
        if let Some(new) = of(act, "case.create").next() {
            let title = new.payload["title"].as_str().unwrap_or_default();
            let with = if added.is_empty() { String::new() } else { format!(" with {}", self.list(&added)) };
            return format!("opened the case '{title}'{with}");
        }
        if !added.is_empty() {
            return format!("put {} into the case{}", self.list(&added), raised.unwrap_or_default());
        }
        if !removed.is_empty() {
            return format!("took {} out of the case", self.list(&removed));
        }
        if first.kind.starts_with("tag.") {
            return self.tags(act);
        }
        let about: Vec<&str> = of(act, &first.kind).map(|o| o.target.as_str()).collect();
        self.other(first, &self.list(&about))
    }

    /// All tags that an act put on and took off.
    fn tags(&self, act: &[Operation]) -> String {
        let part = |kind: &'static str| {
            let mut tags: Vec<String> =
                of(act, kind).map(|o| format!("'{}'", o.payload["tag"].as_str().unwrap_or_default())).collect();
            tags.dedup();
            let mut seen = std::collections::BTreeSet::new();
            tags.retain(|t| seen.insert(t.clone()));
            let about: Vec<&str> = of(act, kind).map(|o| o.target.as_str()).collect();
            (tags, about)
        };
        let ((on, to), (off, from)) = (part("tag.add"), part("tag.remove"));
        let word = |tags: &[String]| if tags.len() == 1 { "tag" } else { "tags" };
        let mut said = Vec::new();
        if !on.is_empty() {
            said.push(format!("tagged {} {}", self.list(&to), on.join(", ")));
        }
        if !off.is_empty() {
            said.push(format!("took the {} {} off {}", word(&off), off.join(", "), self.list(&from)));
        }
        said.join("; ")
    }

    /// What one operation, or several of its kind, did.
    fn other(&self, op: &Operation, about: &str) -> String {
        let p = &op.payload;
        let text = |name: &str| p[name].as_str().unwrap_or_default();
        match op.kind.as_str() {
            "alert.status" => {
                let to = &p["to"];
                let words = |name: &str| to[name].as_str().map(|v| v.replace('_', " "));
                let verb = match to["status"].as_str().unwrap_or_default() {
                    "new" => "put back into the queue:",
                    other => other,
                };
                let verdict = words("verdict").map(|v| format!(" as {v}")).unwrap_or_default();
                let reason = to["reason"].as_str().map(|r| format!(": {r}")).unwrap_or_default();
                format!("{verb} {about}{verdict}{reason}")
            }
            "event.mark" if p["to"].is_null() => format!("took the mark off {about}"),
            "event.mark" => format!("marked {about}"),
            "note.add" if op.target == self.case => format!("note: {}", text("text")),
            "note.add" => format!("note: {} (on {about})", text("text")),
            "note.remove" => format!("took a note off {about}"),
            "case.set" if text("field") == "state" => {
                let resolution = p["to"]["resolution"].as_str().map(|r| format!(": {r}")).unwrap_or_default();
                let state = p["to"]["state"].as_str().unwrap_or_default().replace('_', " ");
                format!("the case is {state}{resolution}")
            }
            "case.export" => "exported the case".to_owned(),
            "case.set" => format!("{} of the case: {}", text("field"), p["to"].as_str().unwrap_or("nobody")),
            _ => op.sentence().replace(&self.case.replacen(':', " ", 1), "the case"),
        }
    }

    /// `alert 'Guessing' 10.0.0.1`, or how many, with the first few.
    fn list(&self, targets: &[&str]) -> String {
        let mut seen: Vec<&str> = targets.to_vec();
        seen.sort_by_key(|t| self.rank(t));
        seen.dedup();
        let [one] = seen.as_slice() else {
            let alerts = seen.iter().filter(|t| t.starts_with("alert:")).count();
            let counted = match (alerts, seen.len() - alerts) {
                (n, 0) => count(n, "alert"),
                (0, n) => count(n, "record"),
                (a, n) => format!("{} and {}", count(a, "alert"), count(n, "record")),
            };
            let mut names: Vec<String> = seen.iter().take(NAMED).map(|t| self.name(t)).collect();
            if seen.len() > NAMED {
                names.push(format!("{} more", seen.len() - NAMED));
            }
            return format!("{counted}: {}", names.join(", "));
        };
        match one.split_once(':').map_or("", |(kind, _)| kind) {
            "alert" => format!("alert {}", self.name(one)),
            "event" => format!("record {}", self.name(one)),
            _ => self.name(one),
        }
    }

    /// Where it stands in the case: what weighs most first.
    fn rank(&self, target: &str) -> usize {
        let (kind, id) = target.split_once(':').unwrap_or_default();
        let at = match kind {
            "alert" => self.alerts.iter().position(|a| a.id == id),
            _ => self.events.iter().position(|e| e.event.key.0 == id).map(|i| self.alerts.len() + i),
        };
        at.unwrap_or(usize::MAX)
    }

    fn name(&self, target: &str) -> String {
        if target == self.case {
            return "the case".to_owned();
        }
        let (kind, id) = target.split_once(':').unwrap_or_default();
        let found = match kind {
            "alert" => self.alerts.iter().find(|a| a.id == id).map(|a| format!("'{}' {}", a.rule, a.entity)),
            _ => self.events.iter().find(|e| e.event.key.0 == id).map(|e| {
                let raw = String::from_utf8_lossy(e.event.raw.as_deref().unwrap_or_default());
                format!("'{}'", raw.chars().take(HEAD).collect::<String>())
            }),
        };
        // What was taken out again is no longer among them, but still in the store.
        let stored = || Target::parse(target).and_then(|t| ops::name(self.conn, &t).ok()).filter(|n| n != id);
        found.or_else(stored).unwrap_or_else(|| id.chars().take(12).collect())
    }
}
