//! Undo: the last action of this analyst is taken back by operations that do
//! the opposite. Nothing leaves the log. What another analyst has changed since
//! is left as it is now, and the answer says so.

use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value, json};

use super::apply::{alert_status, case_field, event_mark};
use super::error::{Result, StoreError};
use super::ops::{self, Change, Operation};
use super::types::Target;
use super::{Ctx, Store};

impl Store {
    /// Takes back the last of this analyst's actions that is not taken back
    /// yet (an export is out: it is not one of them). Says what was done, or `None` where nothing is left to undo.
    pub fn undo(&mut self) -> Result<Option<String>> {
        self.write(|tx, ctx| {
            let action: Option<String> = tx
                .prepare_cached(
                    "SELECT action FROM ops AS o WHERE writer = ?1 AND undoes IS NULL AND kind <> 'case.export'
                     AND NOT EXISTS (SELECT 1 FROM ops AS u WHERE u.undoes = o.id) ORDER BY seq DESC LIMIT 1",
                )?
                .query_row([ctx.analyst], |r| r.get(0))
                .optional()?;
            let Some(action) = action else { return Ok(None) };
            let done = ops::select(tx, "action = ?1 AND undoes IS NULL", [&action])?;
            let undo = ops::fresh_id(tx)?;
            let what = describe(tx, &done)?;
            let mut kept = Vec::new();
            for op in done.iter().rev() {
                if let Some(why) = take_back(tx, ctx, &undo, op)? {
                    kept.push(why);
                }
            }
            let mut text = format!("undone: {what}");
            if kept.is_empty() && done.iter().any(|o| o.kind == "case.create") {
                // Somebody may have written it down already.
                text.push_str("; the number is not given again");
            }
            if !kept.is_empty() {
                text.push_str(&format!(" (kept: {})", kept.join(", ")));
            }
            Ok(Some(text))
        })
    }

    /// How many actions of this analyst can be undone.
    pub fn undo_depth(&self) -> Result<usize> {
        self.read(|c| {
            let n: i64 = c
                .prepare_cached(
                    "SELECT count(DISTINCT action) FROM ops AS o WHERE writer = ?1 AND undoes IS NULL AND kind <> 'case.export'
                     AND NOT EXISTS (SELECT 1 FROM ops AS u WHERE u.undoes = o.id)",
                )?
                .query_row([&self.analyst], |r| r.get(0))?;
            Ok(usize::try_from(n).unwrap_or(0))
        })
    }
}

/// Appends the opposite of an operation; where that is not possible any more,
/// appends that it was kept and returns why.
fn take_back(conn: &Connection, ctx: &mut Ctx<'_>, action: &str, op: &Operation) -> Result<Option<String>> {
    let Some(target) = Target::parse(&op.target) else { return Ok(Some(op.target.clone())) };
    let (kind, payload) = match opposite(conn, op, &target) {
        Ok(Ok(change)) => change,
        Ok(Err(why)) => ("undo.kept", json!({"reason": why})),
        // A case that was withdrawn meanwhile.
        Err(e @ StoreError::NotFound { .. }) => ("undo.kept", json!({"reason": e.to_string()})),
        Err(e) => return Err(e),
    };
    let why = payload["reason"].as_str().filter(|_| kind == "undo.kept").map(str::to_owned);
    ops::append(conn, ctx, Change { action, kind, target: &target, payload, undoes: Some(&op.id) })?;
    Ok(why)
}

/// The opposite of an operation, or why there is none now.
fn opposite(
    conn: &Connection,
    op: &Operation,
    target: &Target,
) -> Result<std::result::Result<(&'static str, Value), String>> {
    let p = &op.payload;
    let (kind, id) = target.parts();
    let called = ops::name(conn, target)?;
    let swapped = |now: &Value, name: &str| {
        if *now == p["to"] {
            Ok(json!({"from": p["to"], "to": p["from"]}))
        } else {
            Err(format!("{name} of {kind} {called} was changed again since"))
        }
    };
    Ok(match op.kind.as_str() {
        "alert.status" => swapped(&alert_status(conn, id)?, "status").map(|v| ("alert.status", v)),
        "event.mark" => swapped(&event_mark(conn, id)?, "mark").map(|v| ("event.mark", v)),
        "case.set" => {
            let field = p["field"].as_str().unwrap_or_default();
            swapped(&case_field(conn, id, field)?, field).map(|mut v| {
                v["field"] = json!(field);
                ("case.set", v)
            })
        }
        "tag.add" => Ok(("tag.remove", json!({"tag": p["tag"]}))),
        "tag.remove" => Ok(("tag.add", json!({"tag": p["tag"]}))),
        "note.add" => Ok(("note.remove", json!({"note": op.id, "text": p["text"]}))),
        "item.add" => Ok(("item.remove", json!({"item": p["item"]}))),
        "item.remove" => Ok(("item.add", json!({"item": p["item"]}))),
        "case.create" => {
            // Its own items are out already: they were added after it, in the same action.
            let used: bool = conn
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM case_items WHERE case_id = ?1)
                         OR EXISTS (SELECT 1 FROM notes WHERE target = ?2)
                         OR EXISTS (SELECT 1 FROM ops AS o WHERE target = ?2 AND writer <> ?3 AND undoes IS NULL
                              AND NOT EXISTS (SELECT 1 FROM ops AS u WHERE u.undoes = o.id))",
                )?
                .query_row([id, &op.target, &op.writer], |r| r.get(0))?;
            if used {
                Err(format!("case {called} has other items or notes, or others worked on it"))
            } else {
                Ok(("case.withdraw", json!({})))
            }
        }
        other => Err(format!("'{other}' cannot be taken back")),
    })
}

/// One short phrase for an action; alerts and cases by what people call them.
fn describe(conn: &Connection, done: &[Operation]) -> Result<String> {
    let Some(first) = done.first() else { return Ok("nothing".to_owned()) };
    let on = |op: &Operation| match Target::parse(&op.target) {
        Some(t) => Ok(format!("{} {}", t.parts().0, ops::name(conn, &t)?)),
        None => Ok::<_, StoreError>(op.target.clone()),
    };
    let alerts: Vec<&Operation> = done.iter().filter(|o| o.kind == "alert.status").collect();
    let put = || match alerts.as_slice() {
        [one] => on(one),
        [] => Ok(count(done.iter().filter(|o| o.kind.starts_with("item.")).count(), "item")),
        more => Ok(count(more.len(), "alert")),
    };
    if let Some(created) = done.iter().find(|o| o.kind == "case.create") {
        return Ok(format!("open {} with {}", on(created)?, put()?));
    }
    if let Some(item) = done.iter().find(|o| o.kind.starts_with("item.")) {
        let (verb, to) = if item.kind == "item.add" { ("add", "to") } else { ("take", "out of") };
        return Ok(format!("{verb} {} {to} {}", put()?, on(item)?));
    }
    if !alerts.is_empty() {
        let to = &first.payload["to"];
        let verdict = to["verdict"].as_str().map(|v| format!(" ({})", v.replace('_', " "))).unwrap_or_default();
        let verb = match to["status"].as_str().unwrap_or_default() {
            "dismissed" => "dismiss",
            "snoozed" => "snooze",
            "escalated" => "decide",
            _ => "reopen",
        };
        return Ok(format!("{verb} {}{verdict}", put()?));
    }
    if done.len() == 1 {
        return Ok(first.sentence_on(&on(first)?));
    }
    // Several tags, several things tagged, or one note on several.
    let (mut what, mut targets): (Vec<String>, Vec<&str>) = (Vec::new(), Vec::new());
    for op in done {
        let tag = op.payload["tag"].as_str().unwrap_or_default();
        let word = match op.kind.as_str() {
            "tag.add" => format!("tag '{tag}'"),
            "tag.remove" => format!("tag '{tag}' off"),
            _ => "note".to_owned(),
        };
        if !what.contains(&word) {
            what.push(word);
        }
        if !targets.contains(&op.target.as_str()) {
            targets.push(&op.target);
        }
    }
    let on = if targets.len() == 1 { on(first)? } else { count(targets.len(), "item") };
    Ok(format!("{} on {on}", what.join(", ")))
}

fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}
