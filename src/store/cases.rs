//! Cases: opened by escalating alerts or records, worked on, closed with a resolution.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::apply::{alert_status, case_field, severity};
use super::error::{Result, StoreError};
use super::ops::{self, Change};
use super::triage::{checked_text, keep_event, set_status, text_or_null};
use super::types::{CaseId, CaseState, EventMark, Status, Target};
use super::{Ctx, Store};
use crate::event::{Severity, Ts};

/// Longest title, in characters.
const MAX_TITLE: usize = 200;

impl Store {
    /// Puts alerts into a case, a new one unless it is named. A new case takes
    /// the highest severity of its alerts, and without a title the first
    /// alert's rule and entity.
    pub fn escalate(&mut self, ids: &[String], case: Option<&CaseId>, title: &str) -> Result<CaseId> {
        let title = checked_title(title, true)?;
        if ids.is_empty() {
            return Err(StoreError::Invalid("no alert to escalate".to_owned()));
        }
        self.write(|tx, ctx| {
            let action = ops::fresh_id(tx)?;
            let mut highest = Severity::Info;
            let mut first = String::new();
            for id in ids {
                let (rule, entity, level) = summary(tx, id)?;
                if first.is_empty() {
                    first = format!("{rule}: {entity}");
                }
                highest = highest.max(level);
            }
            let title = if title.is_empty() { &first } else { title };
            let case = pick_case(tx, ctx, &action, case, title, highest)?;
            for id in ids {
                add_item(tx, ctx, &action, &case, &Target::Alert(id.clone()))?;
                let mut to = alert_status(tx, id)?;
                to["status"] = json!(Status::Escalated);
                to["until"] = Value::Null;
                set_status(tx, ctx, &action, id, to)?;
            }
            Ok(case)
        })
    }

    /// Puts records into a case, a new one unless it is named.
    pub fn escalate_events(&mut self, events: &[EventMark], case: Option<&CaseId>, title: &str) -> Result<CaseId> {
        let title = checked_title(title, true)?;
        let Some(first) = events.first() else {
            return Err(StoreError::Invalid("no event to escalate".to_owned()));
        };
        let line = String::from_utf8_lossy(&first.raw);
        let title = if title.is_empty() { cut(line.trim()) } else { title.to_owned() };
        let parts = self.sources().clone();
        self.write(|tx, ctx| {
            let action = ops::fresh_id(tx)?;
            let case = pick_case(tx, ctx, &action, case, &title, Severity::Info)?;
            for event in events {
                let key = keep_event(tx, event, &parts)?;
                add_item(tx, ctx, &action, &case, &Target::Event(key))?;
            }
            Ok(case)
        })
    }

    /// Takes an alert or a record out of a case. The alert goes back into the queue.
    pub fn remove_item(&mut self, case: &CaseId, item: &Target) -> Result<bool> {
        self.write(|tx, ctx| {
            if !has_item(tx, case, item)? {
                return Ok(false);
            }
            let action = ops::fresh_id(tx)?;
            let target = Target::Case(case.clone());
            let payload = json!({"item": item.to_string()});
            let change = Change { action: &action, kind: "item.remove", target: &target, payload, undoes: None };
            ops::append(tx, ctx, change)?;
            if let Target::Alert(id) = item
                && alert_status(tx, id)?["status"] == json!(Status::Escalated)
                && cases_of(tx, item)?.is_empty()
            {
                let to = json!({"status": Status::New, "verdict": null, "reason": null, "until": null});
                set_status(tx, ctx, &action, id, to)?;
            }
            Ok(true)
        })
    }

    /// Gives a case to someone; an empty name takes it back.
    pub fn assign(&mut self, case: &CaseId, who: &str) -> Result<bool> {
        let who = checked_title(who, true)?;
        self.set_case(case, "assignee", &text_or_null(who))
    }

    /// Renames a case.
    pub fn set_title(&mut self, case: &CaseId, title: &str) -> Result<bool> {
        self.set_case(case, "title", &json!(checked_title(title, false)?))
    }

    /// Changes how severe a case is.
    pub fn set_severity(&mut self, case: &CaseId, severity: Severity) -> Result<bool> {
        self.set_case(case, "severity", &json!(severity))
    }

    /// Moves a case on. Closing it needs a resolution: what came of it.
    pub fn set_case_state(&mut self, case: &CaseId, state: CaseState, resolution: &str) -> Result<bool> {
        let resolution = checked_text(resolution, state != CaseState::Closed)
            .map_err(|_| StoreError::Invalid("closing a case needs a resolution of at most 64 KiB".to_owned()))?;
        let closed = if state == CaseState::Closed { self.now() } else { Ts::NONE };
        let resolution = if state == CaseState::Closed { text_or_null(resolution) } else { Value::Null };
        self.set_case(case, "state", &json!({"state": state, "resolution": resolution, "closed": closed}))
    }

    fn set_case(&mut self, case: &CaseId, field: &str, to: &Value) -> Result<bool> {
        self.write(|tx, ctx| {
            let from = case_field(tx, &case.0, field)?;
            let same = match field {
                "state" => from["state"] == to["state"] && from["resolution"] == to["resolution"],
                _ => from == *to,
            };
            if same {
                return Ok(false);
            }
            let action = ops::fresh_id(tx)?;
            let target = Target::Case(case.clone());
            let payload = json!({"field": field, "from": from, "to": to});
            ops::append(tx, ctx, Change { action: &action, kind: "case.set", target: &target, payload, undoes: None })?;
            Ok(true)
        })
    }
}

/// Rule, entity and severity of an alert.
fn summary(conn: &Connection, id: &str) -> Result<(String, String, Severity)> {
    alert_status(conn, id)?; // says which alert is missing
    Ok(conn
        .prepare_cached("SELECT rule, entity, severity FROM alerts WHERE id = ?1")?
        .query_row([id], |r| Ok((r.get(0)?, r.get(1)?, severity(r.get(2)?))))?)
}

/// The named case, or a new one; a named one is raised to the severity.
fn pick_case(
    conn: &Connection,
    ctx: &mut Ctx<'_>,
    action: &str,
    case: Option<&CaseId>,
    title: &str,
    highest: Severity,
) -> Result<CaseId> {
    if let Some(case) = case {
        let from = case_field(conn, &case.0, "severity")?;
        let present = from.as_str().and_then(Severity::from_name).unwrap_or_default();
        if highest > present {
            let target = Target::Case(case.clone());
            let payload = json!({"field": "severity", "from": from, "to": highest});
            ops::append(conn, ctx, Change { action, kind: "case.set", target: &target, payload, undoes: None })?;
        }
        return Ok(case.clone());
    }
    let case = next_id(conn, ctx.now)?;
    let target = Target::Case(case.clone());
    let payload = json!({"uid": ops::fresh_id(conn)?, "title": cut(title), "severity": highest});
    ops::append(conn, ctx, Change { action, kind: "case.create", target: &target, payload, undoes: None })?;
    Ok(case)
}

/// The year's next number. Numbers of withdrawn cases are not given again.
fn next_id(conn: &Connection, now: Ts) -> Result<CaseId> {
    let prefix = format!("IR-{:04}-", now.civil().0);
    let last: i64 = conn
        .prepare_cached(
            "SELECT coalesce(max(CAST(substr(id, 9) AS INTEGER)), 0) FROM cases WHERE substr(id, 1, 8) = ?1",
        )?
        .query_row([&prefix], |r| r.get(0))?;
    Ok(CaseId(format!("{prefix}{:03}", last + 1)))
}

fn add_item(conn: &Connection, ctx: &mut Ctx<'_>, action: &str, case: &CaseId, item: &Target) -> Result<()> {
    if has_item(conn, case, item)? {
        return Ok(());
    }
    let target = Target::Case(case.clone());
    let payload = json!({"item": item.to_string()});
    ops::append(conn, ctx, Change { action, kind: "item.add", target: &target, payload, undoes: None })?;
    Ok(())
}

pub(super) fn has_item(conn: &Connection, case: &CaseId, item: &Target) -> Result<bool> {
    Ok(conn
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM case_items WHERE case_id = ?1 AND item = ?2)")?
        .query_row([&case.0, &item.to_string()], |r| r.get(0))?)
}

/// The cases that hold an item, oldest first.
pub(super) fn cases_of(conn: &Connection, item: &Target) -> Result<Vec<CaseId>> {
    let mut s = conn.prepare_cached(
        "SELECT case_id FROM case_items JOIN cases ON cases.id = case_id
         WHERE item = ?1 AND withdrawn = 0 ORDER BY opened, case_id",
    )?;
    let rows = s.query_map([item.to_string()], |r| r.get(0).map(CaseId))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn cut(title: &str) -> String {
    title.chars().take(MAX_TITLE).collect()
}

fn checked_title(title: &str, may_be_empty: bool) -> Result<&str> {
    let title = title.trim();
    if title.is_empty() && !may_be_empty {
        return Err(StoreError::Invalid("a case needs a title".to_owned()));
    }
    if title.chars().count() > MAX_TITLE {
        return Err(StoreError::Invalid(format!("more than {MAX_TITLE} characters are too long for a name")));
    }
    Ok(title)
}
