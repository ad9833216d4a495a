//! Applies one operation to the tables. The tables hold nothing that the log
//! of operations does not say; this is the only place that writes human state.

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::error::{Result, StoreError};
use super::manifest;
use super::ops::{self, Operation};
use super::time;
use super::types::Target;
use crate::event::{Severity, Ts};

/// The human state of an alert, as an operation's `from` and `to` carry it.
pub(super) fn alert_status(conn: &Connection, id: &str) -> Result<Value> {
    let found = conn
        .prepare_cached(
            "SELECT status, verdict, reason, snoozed_until, decided_by, decided_at, decided_revision
             FROM alerts WHERE id = ?1",
        )?
        .query_row([id], |r| {
            let at = |n: Option<i64>| n.map_or(Value::Null, |n| json!(Ts(n)));
            Ok(json!({
                "status": r.get::<_, String>(0)?,
                "verdict": r.get::<_, Option<String>>(1)?,
                "reason": r.get::<_, Option<String>>(2)?,
                "until": at(r.get(3)?),
                "by": r.get::<_, Option<String>>(4)?,
                "at": at(r.get(5)?),
                "revision": r.get::<_, Option<i64>>(6)?,
            }))
        });
    match found {
        Err(rusqlite::Error::QueryReturnedNoRows) => Err(ops::missing(&Target::Alert(id.to_owned()))),
        other => Ok(other?),
    }
}

/// A single value of a case, as `case.set` carries it.
pub(super) fn case_field(conn: &Connection, id: &str, field: &str) -> Result<Value> {
    let found = conn
        .prepare_cached(
            "SELECT title, state, resolution, severity, assignee, closed FROM cases WHERE id = ?1 AND withdrawn = 0",
        )?
        .query_row([id], |r| {
            Ok(match field {
                "title" => json!(r.get::<_, String>(0)?),
                "severity" => json!(severity(r.get(3)?)),
                "assignee" => json!(r.get::<_, Option<String>>(4)?),
                _ => json!({
                    "state": r.get::<_, String>(1)?,
                    "resolution": r.get::<_, Option<String>>(2)?,
                    "closed": r.get::<_, Option<i64>>(5)?.map(Ts),
                }),
            })
        });
    match found {
        Err(rusqlite::Error::QueryReturnedNoRows) => Err(StoreError::NotFound { kind: "case", id: id.to_owned() }),
        other => Ok(other?),
    }
}

/// The mark of a record: who and when, or null.
pub(super) fn event_mark(conn: &Connection, key: &str) -> Result<Value> {
    let found =
        conn.prepare_cached("SELECT marked_by, marked_at FROM evidence WHERE key = ?1")?.query_row([key], |r| {
            let at: Option<i64> = r.get(1)?;
            let by: Option<String> = r.get(0)?;
            Ok(at.map_or(Value::Null, |at| json!({"by": by, "at": Ts(at)})))
        });
    match found {
        Err(rusqlite::Error::QueryReturnedNoRows) => Err(StoreError::NotFound { kind: "event", id: key.to_owned() }),
        other => Ok(other?),
    }
}

pub(super) fn severity(n: i64) -> Severity {
    usize::try_from(n).ok().and_then(|n| Severity::ALL.get(n).copied()).unwrap_or_default()
}

fn read_time(v: &Value) -> Option<i64> {
    v.as_str().and_then(Ts::parse_rfc3339).and_then(time)
}

/// Changes the tables as the operation says.
pub(super) fn apply(conn: &Connection, op: &Operation, target: &Target) -> Result<()> {
    let (_, id) = target.parts();
    let p = &op.payload;
    let text = |name: &str| p[name].as_str().unwrap_or_default();
    match op.kind.as_str() {
        "alert.status" => set_alert_status(conn, id, &p["to"])?,
        "event.mark" => {
            let to = &p["to"];
            conn.prepare_cached("UPDATE evidence SET marked_by = ?2, marked_at = ?3 WHERE key = ?1")?
                .execute(params![id, to["by"].as_str(), read_time(&to["at"])])?;
        }
        "tag.add" => {
            conn.prepare_cached(
                "INSERT OR IGNORE INTO tags (target, tag, added_by, added_at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![op.target, text("tag"), op.writer, op.time.0])?;
        }
        "tag.remove" => {
            conn.prepare_cached("DELETE FROM tags WHERE target = ?1 AND tag = ?2")?
                .execute(params![op.target, text("tag")])?;
        }
        "note.add" => {
            conn.prepare_cached("INSERT INTO notes (id, target, text, writer, time) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![op.id, op.target, text("text"), op.writer, op.time.0])?;
        }
        "note.remove" => {
            conn.prepare_cached("DELETE FROM notes WHERE id = ?1")?.execute([text("note")])?;
        }
        "case.create" => {
            let severity = Severity::from_name(text("severity")).unwrap_or_default();
            conn.prepare_cached(
                "INSERT INTO cases (id, uid, title, state, severity, opened, opened_by)
                 VALUES (?1, ?2, ?3, 'open', ?4, ?5, ?6)",
            )?
            .execute(params![id, text("uid"), text("title"), severity as i64, op.time.0, op.writer])?;
        }
        "case.withdraw" => {
            conn.prepare_cached("UPDATE cases SET withdrawn = 1 WHERE id = ?1")?.execute([id])?;
        }
        "item.add" => {
            conn.prepare_cached(
                "INSERT OR IGNORE INTO case_items (case_id, item, added_by, added_at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![id, text("item"), op.writer, op.time.0])?;
        }
        "item.remove" => {
            conn.prepare_cached("DELETE FROM case_items WHERE case_id = ?1 AND item = ?2")?
                .execute(params![id, text("item")])?;
        }
        "case.set" => set_case_field(conn, id, text("field"), &p["to"])?,
        // An undo that had nothing left to take back; what left the store.
        "undo.kept" | manifest::KIND => {}
        other => return Err(StoreError::Invalid(format!("unknown kind of operation '{other}'"))),
    }
    Ok(())
}

fn set_alert_status(conn: &Connection, id: &str, to: &Value) -> Result<()> {
    conn.prepare_cached(
        "UPDATE alerts SET status = ?2, verdict = ?3, reason = ?4, snoozed_until = ?5, decided_by = ?6,
         decided_at = ?7, decided_revision = ?8 WHERE id = ?1",
    )?
    .execute(params![
        id,
        to["status"].as_str().unwrap_or("new"),
        to["verdict"].as_str(),
        to["reason"].as_str(),
        read_time(&to["until"]),
        to["by"].as_str(),
        read_time(&to["at"]),
        to["revision"].as_i64(),
    ])?;
    Ok(())
}

fn set_case_field(conn: &Connection, id: &str, field: &str, to: &Value) -> Result<()> {
    match field {
        "title" => conn
            .prepare_cached("UPDATE cases SET title = ?2 WHERE id = ?1")?
            .execute(params![id, to.as_str().unwrap_or_default()])?,
        "severity" => {
            let severity = to.as_str().and_then(Severity::from_name).unwrap_or_default();
            conn.prepare_cached("UPDATE cases SET severity = ?2 WHERE id = ?1")?
                .execute(params![id, severity as i64])?
        }
        "assignee" => {
            conn.prepare_cached("UPDATE cases SET assignee = ?2 WHERE id = ?1")?.execute(params![id, to.as_str()])?
        }
        "state" => conn
            .prepare_cached("UPDATE cases SET state = ?2, resolution = ?3, closed = ?4 WHERE id = ?1")?
            .execute(params![
                id,
                to["state"].as_str().unwrap_or("open"),
                to["resolution"].as_str(),
                read_time(&to["closed"])
            ])?,
        other => return Err(StoreError::Invalid(format!("a case has no '{other}'"))),
    };
    Ok(())
}
