//! Undo: the last action of this analyst no longer counts. What is shown is then
//! what the remaining actions of all analysts give, whatever the order in which
//! others are taken back. Nothing leaves the log: operations are appended that
//! make it so. What another has changed since stays, and the answer says so.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value, json};

use super::apply::{alert_status, case_field, event_mark};
use super::error::{Result, StoreError};
use super::ops::{self, Change, Operation};
use super::types::Target;
use super::{Ctx, Store};
use crate::event::count;

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
            // What its maker had taken back before.
            let made = done.iter().any(|o| o.kind == "case.create");
            let gone = if made { None } else { withdraw_unused(tx, ctx, &undo, &done)? };
            let mut text = format!("undone: {what}");
            if let Some(case) = gone {
                text.push_str(&format!("; case {case}, which its maker took back, is withdrawn"));
            }
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

/// What makes that an operation no longer counts, or why nothing is to be done
/// for it now.
fn opposite(
    conn: &Connection,
    op: &Operation,
    target: &Target,
) -> Result<std::result::Result<(&'static str, Value), String>> {
    let p = &op.payload;
    let (kind, id) = target.parts();
    Ok(match op.kind.as_str() {
        "alert.status" => {
            let now = alert_status(conn, id)?;
            single(conn, op, target, &now, "status")?.map(|v| ("alert.status", v))
        }
        "event.mark" => {
            let now = event_mark(conn, id)?;
            single(conn, op, target, &now, "mark")?.map(|v| ("event.mark", v))
        }
        "case.set" => {
            let field = p["field"].as_str().unwrap_or_default();
            let now = case_field(conn, id, field)?;
            single(conn, op, target, &now, field)?.map(|mut v| {
                v["field"] = json!(field);
                ("case.set", v)
            })
        }
        "tag.add" | "tag.remove" => {
            let has: bool = conn
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM tags WHERE target = ?1 AND tag = ?2)")?
                .query_row([&op.target, p["tag"].as_str().unwrap_or_default()], |r| r.get(0))?;
            member(conn, op, target, has, "tag")?.map(|(add, v)| (if add { "tag.add" } else { "tag.remove" }, v))
        }
        "item.add" | "item.remove" => {
            let has: bool = conn
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM case_items WHERE case_id = ?1 AND item = ?2)")?
                .query_row([id, p["item"].as_str().unwrap_or_default()], |r| r.get(0))?;
            member(conn, op, target, has, "item")?.map(|(add, v)| (if add { "item.add" } else { "item.remove" }, v))
        }
        "note.add" => Ok(("note.remove", json!({"note": op.id, "text": p["text"]}))),
        "case.create" if used(conn, op, id)? => {
            Err(format!("{kind} {} has other items or notes, or others worked on it", ops::name(conn, target)?))
        }
        // Its number is out, with what was in it: whoever has the file finds the case.
        "case.create" if exported(conn, &op.target)? => {
            Err(format!("{kind} {} was exported: it stays, with nothing in it", ops::name(conn, target)?))
        }
        "case.create" => Ok(("case.withdraw", json!({}))),
        other => Err(format!("'{other}' cannot be taken back")),
    })
}

/// A value that is replaced as a whole: without the operation it is what the
/// last of the others that count made it, or what it was before the first.
fn single(
    conn: &Connection,
    op: &Operation,
    target: &Target,
    now: &Value,
    name: &str,
) -> Result<std::result::Result<Value, String>> {
    let Others { first, last } = others(conn, op)?;
    let to = last.as_ref().map_or(&first.payload["from"], |o| &o.payload["to"]);
    if to != now {
        let mut change = json!({"from": now, "to": to});
        if let Some(count) = last.as_ref().and_then(|o| o.payload.get("count")) {
            change["count"] = count.clone();
        }
        return Ok(Ok(change));
    }
    Ok(Err(stays(conn, target, name, last.as_ref())?))
}

/// The same for what is in a set or not: whether it is to be put in or out.
fn member(
    conn: &Connection,
    op: &Operation,
    target: &Target,
    has: bool,
    name: &str,
) -> Result<std::result::Result<(bool, Value), String>> {
    let Others { first, last } = others(conn, op)?;
    let wanted = last.as_ref().map_or_else(|| !first.kind.ends_with(".add"), |o| o.kind.ends_with(".add"));
    if wanted != has {
        return Ok(Ok((wanted, json!({ name: op.payload[name] }))));
    }
    let what =
        if name == "tag" { format!("tag '{}'", op.payload["tag"].as_str().unwrap_or_default()) } else { name.into() };
    Ok(Err(stays(conn, target, &what, last.as_ref())?))
}

fn stays(conn: &Connection, target: &Target, what: &str, last: Option<&Operation>) -> Result<String> {
    let by = last.map_or_else(|| "it was before".to_owned(), |o| format!("{} left it", o.writer));
    Ok(format!("{what} of {} {} as {by}", target.parts().0, ops::name(conn, target)?))
}

/// The other operations about the same value.
struct Others {
    /// The first of all, which says what was before them; perhaps the operation itself.
    first: Operation,
    /// The last that nobody took back.
    last: Option<Operation>,
}

fn others(conn: &Connection, op: &Operation) -> Result<Others> {
    let (a, b, part) = match op.kind.as_str() {
        "tag.add" | "tag.remove" => ("tag.add", "tag.remove", "tag"),
        "item.add" | "item.remove" => ("item.add", "item.remove", "item"),
        "case.set" => ("case.set", "case.set", "field"),
        kind => (kind, kind, ""),
    };
    let same =
        "target = ?1 AND kind IN (?2, ?3) AND undoes IS NULL AND (?4 = '' OR json_extract(payload, '$.' || ?4) = ?5)";
    let value = op.payload[part].as_str().unwrap_or_default();
    let params = [op.target.as_str(), a, b, part, value];
    let first = ops::select(conn, same, params)?.into_iter().next().unwrap_or_else(|| op.clone());
    let counting = format!("{same} AND id <> ?6 AND NOT EXISTS (SELECT 1 FROM ops AS u WHERE u.undoes = ops.id)");
    let last = ops::select(conn, &counting, [op.target.as_str(), a, b, part, value, &op.id])?.pop();
    Ok(Others { first, last })
}

/// Whether a case is still of use to somebody, were it not for the operation
/// that made it. Its own items are out already: they were added after it, in the same action.
fn used(conn: &Connection, created: &Operation, id: &str) -> Result<bool> {
    Ok(conn
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM case_items WHERE case_id = ?1)
                 OR EXISTS (SELECT 1 FROM notes WHERE target = ?2)
                 OR EXISTS (SELECT 1 FROM ops AS o WHERE target = ?2 AND writer <> ?3 AND undoes IS NULL
                      AND kind <> 'case.export'
                      AND NOT EXISTS (SELECT 1 FROM ops AS u WHERE u.undoes = o.id))",
        )?
        .query_row([id, &created.target, &created.writer], |r| r.get(0))?)
}

/// Whether a case was exported, by whomever.
fn exported(conn: &Connection, target: &str) -> Result<bool> {
    Ok(conn
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM ops WHERE target = ?1 AND kind = 'case.export')")?
        .query_row([target], |r| r.get(0))?)
}

/// A case whose making was taken back while others still used it goes with the
/// last of their acts. Returns what people call it.
fn withdraw_unused(conn: &Connection, ctx: &mut Ctx<'_>, action: &str, done: &[Operation]) -> Result<Option<String>> {
    let mut gone = None;
    let targets: BTreeSet<&str> = done.iter().map(|o| o.target.as_str()).filter(|t| t.starts_with("case:")).collect();
    for t in targets {
        let created = ops::select(conn, "target = ?1 AND kind = 'case.create'", [t])?;
        let (Some(op), Some(target)) = (created.first(), Target::parse(t)) else { continue };
        // That it was kept is what is taken back: once.
        let kept = "undoes = ?1 AND kind = 'undo.kept' AND NOT EXISTS (SELECT 1 FROM ops AS w WHERE w.undoes = ops.id)";
        let kept = ops::select(conn, kept, [&op.id])?;
        let Some(kept) = kept.first() else { continue };
        if !used(conn, op, target.parts().1)? && !exported(conn, t)? {
            gone = Some(ops::name(conn, &target)?);
            let (payload, undoes) = (json!({}), Some(kept.id.as_str()));
            ops::append(conn, ctx, Change { action, kind: "case.withdraw", target: &target, payload, undoes })?;
        }
    }
    Ok(gone)
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
