//! What people do with alerts and records: verdicts, snoozes, tags, notes, marks.
//!
//! A call that changes nothing (the tag is there already) writes no operation.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::apply::{alert_status, case_field, event_mark};
use super::error::{Result, StoreError};
use super::evidence::{self, Evidence};
use super::ops::{self, Change};
use super::parts::Parts;
use super::types::{EventKey, EventMark, Status, Target, Verdict};
use super::{Ctx, Store};
use crate::event::Ts;

/// Longest tag, in characters.
const MAX_TAG: usize = 64;
/// Longest note or reason, in bytes.
const MAX_TEXT: usize = 64 * 1024;

impl Store {
    /// Decides alerts: they leave the queue with a verdict and the reason for it.
    pub fn dismiss(&mut self, ids: &[String], verdict: Verdict, reason: &str) -> Result<usize> {
        self.decide(ids, Status::Dismissed, Some(verdict), reason, Ts::NONE)
    }

    /// Puts alerts off; they are back in the queue after `until`.
    pub fn snooze(&mut self, ids: &[String], until: Ts) -> Result<usize> {
        self.decide(ids, Status::Snoozed, None, "", until)
    }

    /// Puts alerts back into the queue.
    pub fn reopen(&mut self, ids: &[String]) -> Result<usize> {
        self.decide(ids, Status::New, None, "", Ts::NONE)
    }

    /// Says what alerts turned out to be and leaves them where they are, in a case say.
    pub fn set_verdict(&mut self, ids: &[String], verdict: Verdict, reason: &str) -> Result<usize> {
        let reason = checked_text(reason, true)?;
        self.write(|tx, ctx| {
            let action = ops::fresh_id(tx)?;
            let mut done = 0;
            for id in ids {
                let mut to = alert_status(tx, id)?;
                to["verdict"] = json!(verdict);
                to["reason"] = text_or_null(reason);
                done += set_status(tx, ctx, &action, id, to)?;
            }
            Ok(done)
        })
    }

    fn decide(
        &mut self,
        ids: &[String],
        status: Status,
        verdict: Option<Verdict>,
        reason: &str,
        until: Ts,
    ) -> Result<usize> {
        let reason = checked_text(reason, true)?;
        self.write(|tx, ctx| {
            let action = ops::fresh_id(tx)?;
            let mut done = 0;
            for id in ids {
                let to = json!({
                    "status": status, "verdict": verdict, "reason": text_or_null(reason), "until": until,
                });
                done += set_status(tx, ctx, &action, id, to)?;
            }
            Ok(done)
        })
    }

    /// Adds a tag, or takes it off. Returns whether that changed anything.
    pub fn tag(&mut self, target: &Target, tag: &str, on: bool) -> Result<bool> {
        Ok(self.tag_all(std::slice::from_ref(target), &[(tag.to_owned(), on)])? > 0)
    }

    /// Adds and takes off tags, all in one act. Returns on how many targets that changed anything.
    pub fn tag_all(&mut self, targets: &[Target], tags: &[(String, bool)]) -> Result<usize> {
        let tags: Vec<(&str, bool)> = tags.iter().map(|(t, on)| Ok((checked_tag(t)?, *on))).collect::<Result<_>>()?;
        self.write(|tx, ctx| {
            let action = ops::fresh_id(tx)?;
            let mut changed = 0;
            for target in targets {
                require(tx, target)?;
                let mut any = false;
                for (tag, on) in &tags {
                    let has: bool = tx
                        .prepare_cached("SELECT EXISTS (SELECT 1 FROM tags WHERE target = ?1 AND tag = ?2)")?
                        .query_row([&target.to_string(), *tag], |r| r.get(0))?;
                    if has == *on {
                        continue;
                    }
                    let kind = if *on { "tag.add" } else { "tag.remove" };
                    let change = Change { action: &action, kind, target, payload: json!({"tag": tag}), undoes: None };
                    ops::append(tx, ctx, change)?;
                    any = true;
                }
                changed += usize::from(any);
            }
            Ok(changed)
        })
    }

    /// Adds a note; returns its id.
    pub fn note(&mut self, target: &Target, text: &str) -> Result<String> {
        let ids = self.note_all(std::slice::from_ref(target), text)?;
        ids.into_iter().next().ok_or_else(|| StoreError::Invalid("a note needs something to be about".to_owned()))
    }

    /// Adds a note to each target, all in one act; returns their ids.
    pub fn note_all(&mut self, targets: &[Target], text: &str) -> Result<Vec<String>> {
        let text = checked_text(text, false)?;
        self.write(|tx, ctx| {
            let action = ops::fresh_id(tx)?;
            let mut ids = Vec::with_capacity(targets.len());
            for target in targets {
                require(tx, target)?;
                let payload = json!({"text": text});
                let change = Change { action: &action, kind: "note.add", target, payload, undoes: None };
                ids.push(ops::append(tx, ctx, change)?);
            }
            Ok(ids)
        })
    }

    /// Marks a record of a log, or takes the mark off. Returns its key.
    pub fn mark(&mut self, event: &EventMark, on: bool) -> Result<EventKey> {
        let parts = self.sources().clone();
        self.write(|tx, ctx| {
            let key = keep_event(tx, event, &parts)?;
            let from = event_mark(tx, &key.0)?;
            if from.is_null() != on {
                return Ok(key);
            }
            let action = ops::fresh_id(tx)?;
            let to = if on { json!({"by": ctx.analyst, "at": ctx.now}) } else { Value::Null };
            let target = Target::Event(key.clone());
            let payload = json!({"from": from, "to": to});
            ops::append(
                tx,
                ctx,
                Change { action: &action, kind: "event.mark", target: &target, payload, undoes: None },
            )?;
            Ok(key)
        })
    }

    /// Makes a record known without marking it, so that it can carry notes and tags.
    pub fn keep_event(&mut self, event: &EventMark) -> Result<EventKey> {
        let parts = self.sources().clone();
        self.write(|tx, _| keep_event(tx, event, &parts))
    }
}

/// Keeps a copy of the record, under its place in its part of the log.
pub(super) fn keep_event(conn: &Connection, e: &EventMark, parts: &Parts) -> Result<EventKey> {
    let (source, offset) = parts.place(e.source, e.offset);
    let key = EventMark { offset, raw: e.raw.clone(), ..*e }.key();
    let kept = Evidence { key: &key, source, offset, len: e.len, line: e.line, time: e.time, raw: Some(&e.raw) };
    evidence::keep(conn, &kept)?;
    Ok(key)
}

/// Gives an alert a new human state; who, when and which revision are added here.
pub(super) fn set_status(conn: &Connection, ctx: &mut Ctx<'_>, action: &str, id: &str, mut to: Value) -> Result<usize> {
    let from = alert_status(conn, id)?;
    let (revision, count): (i64, i64) = conn
        .prepare_cached("SELECT revision, count FROM alerts WHERE id = ?1")?
        .query_row([id], |r| Ok((r.get(0)?, r.get(1)?)))?;
    to["by"] = json!(ctx.analyst);
    to["at"] = json!(ctx.now);
    to["revision"] = json!(revision);
    let same = ["status", "verdict", "reason", "until"].iter().all(|f| from[f] == to[f]);
    if same && from["revision"] == to["revision"] {
        return Ok(0);
    }
    let target = Target::Alert(id.to_owned());
    // How many acts were decided upon: an alert that grows then is not what was judged.
    let payload = json!({"from": from, "to": to, "count": count});
    ops::append(conn, ctx, Change { action, kind: "alert.status", target: &target, payload, undoes: None })?;
    Ok(1)
}

/// Refuses a target that is not in the store.
pub(super) fn require(conn: &Connection, target: &Target) -> Result<()> {
    match target {
        Target::Alert(id) => alert_status(conn, id).map(drop),
        Target::Case(id) => case_field(conn, &id.0, "title").map(drop),
        Target::Event(key) => event_mark(conn, &key.0).map(drop),
    }
}

pub(super) fn text_or_null(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { json!(text) }
}

/// Trimmed text of bearable length.
pub(super) fn checked_text(text: &str, may_be_empty: bool) -> Result<&str> {
    let text = text.trim();
    if text.len() > MAX_TEXT {
        return Err(StoreError::Invalid(format!("a text of {} bytes is too long; {MAX_TEXT} are allowed", text.len())));
    }
    if text.is_empty() && !may_be_empty {
        return Err(StoreError::Invalid("the text is empty".to_owned()));
    }
    Ok(text)
}

fn checked_tag(tag: &str) -> Result<&str> {
    let tag = tag.trim();
    let count = tag.chars().count();
    if count == 0 || count > MAX_TAG || tag.chars().any(|c| c.is_whitespace() || crate::event::is_hidden(c)) {
        return Err(StoreError::Invalid(format!(
            "'{}' is no tag: one word of at most {MAX_TAG} characters",
            crate::event::sanitize(&tag.chars().take(MAX_TAG).collect::<String>())
        )));
    }
    Ok(tag)
}
