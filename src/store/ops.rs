//! The log of operations: every change by a person, hash-chained per writer.
//!
//! `body` is the SHA-256 of an operation's content, `hash` that of `{body,
//! prev, seq, writer}`, both over canonical JSON; `prev` is the hash of the
//! writer's operation before. A content can thus be withheld from an export
//! while its place in the chain stays checkable. Without a signature a chain
//! proves order and completeness, not who wrote it.

use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::{Value, json};

use super::canonical::{canonical, digest};
use super::error::{Result, StoreError};
use super::types::{Conflict, Target};
use super::{Ctx, apply};
use crate::event::Ts;

/// `prev` of a writer's first operation.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One operation as it stands in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Position in this database's log.
    pub pos: i64,
    /// Id, 32 hex digits.
    pub id: String,
    /// Operations of one keystroke share it; undo takes them back together.
    pub action: String,
    /// Who.
    pub writer: String,
    /// Number in the writer's chain, from 1.
    pub seq: i64,
    /// Position up to which the writer had seen the log.
    pub base: i64,
    /// What, e.g. `alert.status`, `tag.add`, `note.add`, `case.set`.
    pub kind: String,
    /// About what: `alert:ID`, `case:ID` or `event:KEY`.
    pub target: String,
    /// Details; of a value both `from` and `to`.
    pub payload: Value,
    /// When.
    pub time: Ts,
    /// The operation that this one takes back.
    pub undoes: Option<String>,
    /// Hash of the writer's operation before.
    pub prev: String,
    /// Hash of the content.
    pub body: String,
    /// Hash of the link.
    pub hash: String,
}

impl Operation {
    /// The content that `body` is the hash of.
    #[must_use]
    pub fn content(&self) -> Value {
        json!({
            "id": self.id, "action": self.action, "writer": self.writer, "base": self.base, "kind": self.kind,
            "target": self.target, "payload": self.payload, "time": self.time, "undoes": self.undoes,
        })
    }
}

/// Hash of one link of a chain.
#[must_use]
pub(super) fn link(writer: &str, seq: i64, prev: &str, body: &str) -> String {
    digest(&json!({"body": body, "prev": prev, "seq": seq, "writer": writer}))
}

const COLUMNS: &str = "pos, id, action, writer, seq, base, kind, target, payload, time, undoes, prev, body, hash";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Operation> {
    let payload: String = row.get(8)?;
    Ok(Operation {
        pos: row.get(0)?,
        id: row.get(1)?,
        action: row.get(2)?,
        writer: row.get(3)?,
        seq: row.get(4)?,
        base: row.get(5)?,
        kind: row.get(6)?,
        target: row.get(7)?,
        payload: serde_json::from_str(&payload).unwrap_or(Value::Null),
        time: Ts(row.get(9)?),
        undoes: row.get(10)?,
        prev: row.get(11)?,
        body: row.get(12)?,
        hash: row.get(13)?,
    })
}

/// Operations that meet a condition, in the order of the log.
pub(super) fn select(conn: &Connection, condition: &str, params: impl rusqlite::Params) -> Result<Vec<Operation>> {
    let mut s = conn.prepare_cached(&format!("SELECT {COLUMNS} FROM ops WHERE {condition} ORDER BY pos"))?;
    let rows = s.query_map(params, from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A fresh random id.
pub(super) fn fresh_id(conn: &Connection) -> Result<String> {
    Ok(conn.prepare_cached("SELECT lower(hex(randomblob(16)))")?.query_row([], |r| r.get(0))?)
}

/// A change to be written.
pub(super) struct Change<'a> {
    pub(super) action: &'a str,
    pub(super) kind: &'a str,
    pub(super) target: &'a Target,
    pub(super) payload: Value,
    pub(super) undoes: Option<&'a str>,
}

/// Appends the operation to its writer's chain, applies it to the tables, and
/// returns its id. Last writer wins; a stale base is noted as a conflict.
pub(super) fn append(conn: &Connection, ctx: &mut Ctx<'_>, change: Change<'_>) -> Result<String> {
    if change.undoes.is_none() {
        note_conflict(conn, ctx, &change)?;
    }
    let last: Option<(i64, String)> = conn
        .prepare_cached("SELECT seq, hash FROM ops WHERE writer = ?1 ORDER BY seq DESC LIMIT 1")?
        .query_row([ctx.analyst], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    let (seq, prev) = last.map_or_else(|| (1, GENESIS.to_owned()), |(seq, hash)| (seq + 1, hash));
    let mut op = Operation {
        pos: 0,
        id: fresh_id(conn)?,
        action: change.action.to_owned(),
        writer: ctx.analyst.to_owned(),
        seq,
        base: ctx.base,
        kind: change.kind.to_owned(),
        target: change.target.to_string(),
        payload: change.payload,
        time: ctx.now,
        undoes: change.undoes.map(str::to_owned),
        prev,
        body: String::new(),
        hash: String::new(),
    };
    op.body = digest(&op.content());
    op.hash = link(&op.writer, op.seq, &op.prev, &op.body);
    conn.prepare_cached(
        "INSERT INTO ops (id, action, writer, seq, base, kind, target, payload, time, undoes, prev, body, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .execute(rusqlite::params![
        op.id,
        op.action,
        op.writer,
        op.seq,
        op.base,
        op.kind,
        op.target,
        canonical(&op.payload),
        op.time.0,
        op.undoes,
        op.prev,
        op.body,
        op.hash,
    ])?;
    apply::apply(conn, &op, change.target)?;
    Ok(op.id)
}

/// Only single values conflict: sets add and remove, notes append.
fn note_conflict(conn: &Connection, ctx: &mut Ctx<'_>, change: &Change<'_>) -> Result<()> {
    let field = match change.kind {
        "alert.status" => "status".to_owned(),
        "case.set" => change.payload["field"].as_str().unwrap_or_default().to_owned(),
        _ => return Ok(()),
    };
    let stale: Option<(String, i64, String)> = conn
        .prepare_cached(
            "SELECT writer, time, payload FROM ops WHERE target = ?1 AND pos > ?2 AND writer <> ?3 AND kind = ?4
             AND (?5 = 'status' OR json_extract(payload, '$.field') = ?5) ORDER BY pos DESC LIMIT 1",
        )?
        .query_row(rusqlite::params![change.target.to_string(), ctx.base, ctx.analyst, change.kind, field], |r| {
            Ok((r.get(0)?, r.get(1)?, r.get(2)?))
        })
        .optional()?;
    if let Some((by, at, payload)) = stale {
        let payload: Value = serde_json::from_str(&payload).unwrap_or(Value::Null);
        // Two who decided alike replaced nothing of each other.
        let (theirs, mine) = (&payload["to"], &change.payload["to"]);
        let parts = ["status", "verdict", "state", "resolution"];
        if theirs == mine || theirs.is_object() && parts.iter().all(|f| theirs[f] == mine[f]) {
            return Ok(());
        }
        let (name, was) = (name(conn, change.target)?, outcome(theirs));
        ctx.conflicts.push(Conflict { target: change.target.clone(), name, field, was, by, at: Ts(at) });
    }
    Ok(())
}

/// What a decision came to, in words: `dismissed (benign)`, `closed (dealt with)`.
fn outcome(to: &Value) -> String {
    let word = |name: &str| to[name].as_str().map(|w| w.replace('_', " "));
    match word("status").or_else(|| word("state")) {
        Some(state) => {
            let more = word("verdict").or_else(|| word("resolution"));
            more.map_or_else(|| state.clone(), |m| format!("{state} ({m})"))
        }
        None => to.as_str().map_or_else(|| "nobody".to_owned(), |t| format!("'{t}'")),
    }
}

/// What people call the target: an alert by its rule and entity, a case by
/// number and title, a record by its line.
pub(super) fn name(conn: &Connection, target: &Target) -> Result<String> {
    let (_, id) = target.parts();
    let sql = match target {
        Target::Alert(_) => "SELECT rule, entity FROM alerts WHERE id = ?1",
        Target::Case(_) => "SELECT title, id FROM cases WHERE id = ?1",
        Target::Event(_) => "SELECT CAST(line AS TEXT), '' FROM evidence WHERE key = ?1",
    };
    let found: Option<(String, String)> =
        conn.prepare_cached(sql)?.query_row([id], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    Ok(match (found, target) {
        (None, _) => id.to_owned(),
        (Some((rule, entity)), Target::Alert(_)) => format!("'{rule}' {entity}"),
        (Some((title, id)), Target::Case(_)) => format!("{id} '{title}'"),
        (Some((line, _)), Target::Event(_)) => format!("of line {line}"),
    })
}

/// The operation log's error for a target that is not in the store.
pub(super) fn missing(target: &Target) -> StoreError {
    let (kind, id) = target.parts();
    StoreError::NotFound { kind, id: id.to_owned() }
}

impl Operation {
    /// One short phrase for people, e.g. `tag 'scanner' on alert 4f2a…`.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.sentence_on(&self.target.replacen(':', " ", 1))
    }

    /// The same, with another name for what it is about.
    pub(super) fn sentence_on(&self, on: &str) -> String {
        let p = &self.payload;
        let text = |name: &str| p[name].as_str().unwrap_or_default();
        match self.kind.as_str() {
            "alert.status" => {
                let to = &p["to"];
                let verdict =
                    to["verdict"].as_str().map(|v| format!(" as {}", v.replace('_', " "))).unwrap_or_default();
                let reason = to["reason"].as_str().map(|r| format!(": {r}")).unwrap_or_default();
                format!("{} {on}{verdict}{reason}", to["status"].as_str().unwrap_or_default())
            }
            "event.mark" if p["to"].is_null() => format!("unmark {on}"),
            "event.mark" => format!("mark {on}"),
            "tag.add" => format!("tag '{}' on {on}", text("tag")),
            "tag.remove" => format!("tag '{}' off {on}", text("tag")),
            "note.add" => format!("note on {on}"),
            "note.remove" => format!("note removed from {on}"),
            "case.create" => format!("open {on}: {}", text("title")),
            "case.withdraw" => format!("withdraw {on}"),
            "item.add" => format!("add {} to {on}", text("item").replacen(':', " ", 1)),
            "item.remove" => format!("take {} out of {on}", text("item").replacen(':', " ", 1)),
            "case.set" if text("field") == "state" => {
                let resolution = p["to"]["resolution"].as_str().map(|r| format!(": {r}")).unwrap_or_default();
                format!("{on} {}{resolution}", p["to"]["state"].as_str().unwrap_or_default().replace('_', " "))
            }
            "case.set" => {
                format!("{} of {on} to {}", text("field"), p["to"].as_str().unwrap_or("nobody"))
            }
            "case.export" => format!("export {on}"),
            "undo.kept" => format!("undo: kept {}", text("reason")),
            other => format!("{other} {on}"),
        }
    }
}
