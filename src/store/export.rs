//! A case as one JSON document that stands on its own: what was found, on what
//! evidence, from which files, by which rules, who did what, and the hashes by
//! which [`super::verify`] finds what was changed. The format is published in
//! `docs/case.schema.json`.
//!
//! Every item carries a `digest` of itself, so that a change is named; the
//! document carries one of the whole, so that nothing escapes. Exporting is an
//! operation itself: it puts the digests of all items into its writer's chain
//! (`manifest`), so that recomputing them is not enough. Operations on
//! other things stay out: of those the chains hold only the body hashes.

use std::collections::BTreeSet;

use base64::Engine as _;
use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::apply::{alert_status, event_mark};
use super::canonical::digest;
use super::error::{Result, StoreError};
use super::manifest;
use super::ops::{self, Change, GENESIS};
use super::types::{CaseId, Target};
use super::views::{EventInfo, EvidenceRow, case_alerts, case_row, events_where, evidence_of, notes_of, tags_of};
use super::{Ctx, Store};
use crate::event::Ts;

/// The word in `format`.
pub const FORMAT: &str = "secstream-case";
/// The number in `format_version`.
pub const FORMAT_VERSION: u64 = 1;

/// The records that belong to a case: added by hand, or evidence of its alerts.
const CASE_EVENTS: &str = "SELECT substr(item, 7) FROM case_items WHERE case_id = ?1 AND item GLOB 'event:*'
  UNION SELECT event FROM alert_evidence
    WHERE alert IN (SELECT substr(item, 7) FROM case_items WHERE case_id = ?1 AND item GLOB 'alert:*')";

/// A case as it leaves the store.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    /// The document.
    pub document: Value,
    /// Why the export does not stand in the log of operations, where it does not.
    pub unrecorded: Option<String>,
}

impl Store {
    /// The case with its evidence, provenance and audit chains. The export is
    /// recorded; where that is not possible, the document lacks the record.
    pub fn export_case(&mut self, id: &CaseId) -> Result<Exported> {
        match self.write(|tx, ctx| build(tx, id, ctx, true)) {
            Ok(document) => Ok(Exported { document, unrecorded: None }),
            Err(e @ StoreError::NotFound { .. }) => Err(e),
            Err(e) => {
                let document = self.look_at_case(id)?;
                Ok(Exported { document, unrecorded: Some(e.to_string()) })
            }
        }
    }

    /// The same document without a record of it: nothing is written.
    pub fn look_at_case(&self, id: &CaseId) -> Result<Value> {
        let mut ctx = Ctx { analyst: &self.analyst, base: 0, now: self.now(), conflicts: Vec::new() };
        self.read(|c| build(c, id, &mut ctx, false))
    }
}

/// The document as text, as a file holds it.
#[must_use]
pub fn to_text(document: &Value) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

fn build(c: &Connection, id: &CaseId, ctx: &mut Ctx<'_>, record: bool) -> Result<Value> {
    let now = ctx.now;
    let row = case_row(c, id)?;
    let id = &row.id;
    let case = seal(json!({
        "id": row.id, "uid": row.uid, "title": row.title, "state": row.state, "resolution": row.resolution,
        "severity": row.severity, "opened": row.opened, "opened_by": row.opened_by, "closed": row.closed,
        "assignee": row.assignee, "tags": row.tags,
    }));
    let mut sources = BTreeSet::new();
    let mut rules = BTreeSet::new();
    let mut notes = notes_json(c, &Target::Case(id.clone()).to_string())?;
    let mut alerts = Vec::new();
    for alert in case_alerts(c, id, now)? {
        notes.append(&mut notes_json(c, &Target::Alert(alert.id.clone()).to_string())?);
        alerts.push(alert_json(c, &alert.id, &mut sources, &mut rules)?);
    }
    let mut events = Vec::new();
    for event in case_events(c, id)? {
        let target = Target::Event(event.event.key.clone()).to_string();
        notes.append(&mut notes_json(c, &target)?);
        sources.extend(event.event.source_row);
        let mut doc = evidence_json(&event.event);
        doc.insert("mark".to_owned(), event_mark(c, &event.event.key.0)?);
        doc.insert("tags".to_owned(), json!(event.tags));
        events.push(seal(Value::Object(doc)));
    }
    let mut document = json!({
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "tool": {"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")},
        "exported_at": now,
        "exported_by": ctx.analyst,
        "case": case,
        "items": items(c, id)?,
        "alerts": alerts,
        "events": events,
        "notes": notes,
        "sources": sources.iter().map(|s| source_json(c, *s)).collect::<Result<Vec<_>>>()?,
        "rules": rules.iter().map(|(id, sha)| rule_json(c, id, sha.as_deref())).collect::<Result<Vec<_>>>()?,
    });
    if record {
        let (action, target) = (ops::fresh_id(c)?, Target::Case(id.clone()));
        let payload = manifest::of(&document);
        ops::append(c, ctx, Change { action: &action, kind: manifest::KIND, target: &target, payload, undoes: None })?;
    }
    let (operations, chains) = operations(c, id)?;
    document["operations"] = json!(operations);
    document["chains"] = json!(chains);
    document["document_sha256"] = json!(digest(&document));
    Ok(document)
}

/// The item with the digest of itself.
fn seal(mut item: Value) -> Value {
    item["digest"] = json!(digest(&item));
    item
}

fn items(c: &Connection, id: &CaseId) -> Result<Vec<Value>> {
    let mut s =
        c.prepare_cached("SELECT item, added_by, added_at FROM case_items WHERE case_id = ?1 ORDER BY added_at, item")?;
    let rows = s.query_map([&id.0], |r| {
        let (item, by, at): (String, String, i64) = (r.get(0)?, r.get(1)?, r.get(2)?);
        Ok(seal(json!({"item": item, "added_by": by, "added_at": Ts(at)})))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn notes_json(c: &Connection, target: &str) -> Result<Vec<Value>> {
    let notes = notes_of(c, target)?;
    Ok(notes
        .into_iter()
        .map(|n| seal(json!({"id": n.id, "target": n.target, "writer": n.writer, "time": n.time, "text": n.text})))
        .collect())
}

/// The records added by hand, and those of the alerts that someone marked, tagged or noted.
fn case_events(c: &Connection, id: &CaseId) -> Result<Vec<EventInfo>> {
    let condition = format!(
        "e.key IN ({CASE_EVENTS})
         AND (e.marked_at IS NOT NULL
           OR EXISTS (SELECT 1 FROM case_items WHERE case_id = ?1 AND item = 'event:' || e.key)
           OR EXISTS (SELECT 1 FROM tags WHERE target = 'event:' || e.key)
           OR EXISTS (SELECT 1 FROM notes WHERE target = 'event:' || e.key))"
    );
    events_where(c, &condition, [&id.0])
}

fn alert_json(
    c: &Connection,
    id: &str,
    sources: &mut BTreeSet<i64>,
    rules: &mut BTreeSet<(String, Option<String>)>,
) -> Result<Value> {
    let (doc, rule_id, rule_sha256): (String, String, Option<String>) = c
        .prepare_cached("SELECT doc, rule_id, rule_sha256 FROM alerts WHERE id = ?1")?
        .query_row([id], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
    let mut alert = tidy(serde_json::from_str(&doc).unwrap_or_else(|_| json!({})));
    let mut evidence = Vec::new();
    for (n, e) in evidence_of(c, id)?.iter().enumerate() {
        sources.extend(e.source_row);
        let mut doc = evidence_json(e);
        doc.insert("n".to_owned(), json!(n + 1));
        evidence.push(seal(Value::Object(doc)));
    }
    alert["rule_sha256"] = json!(rule_sha256);
    let (withdrawn, by): (Option<i64>, Option<String>) = c
        .prepare_cached("SELECT withdrawn, withdrawn_by FROM alerts WHERE id = ?1")?
        .query_row([id], |r| Ok((r.get(0)?, r.get(1)?)))?;
    if let Some(at) = withdrawn {
        alert["withdrawn"] = json!(Ts(at));
        alert["withdrawn_by"] = json!(by);
    }
    rules.insert((rule_id, rule_sha256));
    alert["triage"] = alert_status(c, id)?;
    alert["tags"] = json!(tags_of(c, &Target::Alert(id.to_owned()).to_string())?);
    alert["evidence_digest"] = json!(list_digest(&evidence));
    // The records have digests of their own: a changed one is named as such.
    let mut alert = seal(alert);
    alert["evidence"] = json!(evidence);
    Ok(alert)
}

/// Digest of a list of sealed items: tells that one is missing, added or moved.
pub(super) fn list_digest(items: &[Value]) -> String {
    digest(&items.iter().map(|i| i["digest"].clone()).collect())
}

/// Numbers that every JSON reader reads alike: at most six decimals.
#[must_use]
pub fn tidy(value: Value) -> Value {
    match value {
        Value::Number(n) if n.is_f64() => {
            let f = n.as_f64().unwrap_or_default();
            if f.abs() < 1e9 { json!((f * 1e6).round() / 1e6) } else { json!(f.trunc()) }
        }
        Value::Array(items) => items.into_iter().map(tidy).collect(),
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| (k, tidy(v))).collect()),
        other => other,
    }
}

fn evidence_json(e: &EvidenceRow) -> Map<String, Value> {
    let (encoding, raw) = match e.raw.as_deref() {
        None => (Value::Null, Value::Null),
        Some(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => (json!("utf-8"), json!(text)),
            Err(_) => (json!("base64"), json!(base64::engine::general_purpose::STANDARD.encode(bytes))),
        },
    };
    let mut doc = Map::new();
    for (name, value) in [
        ("event", json!(e.key)),
        ("source", json!(e.source_row)),
        ("source_name", json!(e.source)),
        ("offset", json!(e.offset)),
        ("length", json!(e.len)),
        ("line", json!(e.line)),
        ("time", json!(e.time)),
        ("sha256", json!(e.sha256)),
        ("encoding", encoding),
        ("raw", raw),
    ] {
        doc.insert(name.to_owned(), value);
    }
    doc
}

pub(super) fn source_json(c: &Connection, row: i64) -> Result<Value> {
    let doc = c
        .prepare_cached(
            "SELECT name, path, fingerprint, format, timezone, time_ref, sha256, size, lines, records, complete,
                    year_given, coalesce(log, id), part
             FROM sources WHERE id = ?1",
        )?
        .query_row([row], |r| {
            Ok(json!({
                "id": row,
                "name": r.get::<_, String>(0)?,
                "path": r.get::<_, Option<String>>(1)?,
                "fingerprint": r.get::<_, String>(2)?,
                "format": r.get::<_, String>(3)?,
                "timezone": r.get::<_, String>(4)?,
                "time_reference": r.get::<_, Option<i64>>(5)?.map(Ts),
                "sha256": r.get::<_, Option<String>>(6)?,
                "size": r.get::<_, Option<i64>>(7)?,
                "lines": r.get::<_, Option<i64>>(8)?,
                "records": r.get::<_, Option<i64>>(9)?,
                "complete": r.get::<_, bool>(10)?,
                "year_given": r.get::<_, Option<bool>>(11)?,
                "log": r.get::<_, i64>(12)?,
                "part": r.get::<_, i64>(13)?,
            }))
        })?;
    Ok(seal(doc))
}

pub(super) fn rule_json(c: &Connection, id: &str, sha256: Option<&str>) -> Result<Value> {
    let known = c
        .prepare_cached("SELECT title, version FROM rules WHERE id = ?1 AND sha256 = ?2")?
        .query_map([id, sha256.unwrap_or_default()], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)))?
        .next()
        .transpose()?;
    let (title, version) = known.unzip();
    let version = version.filter(|v| !v.is_empty());
    Ok(seal(json!({"id": id, "title": title, "sha256": sha256, "version": version})))
}

/// The operations on the case and what is in it, and the chains that they stand in.
fn operations(c: &Connection, id: &CaseId) -> Result<(Vec<Value>, Vec<Value>)> {
    let condition = format!(
        "target IN (SELECT 'case:' || ?1 UNION SELECT item FROM case_items WHERE case_id = ?1
                    UNION SELECT 'event:' || k FROM (SELECT '' AS k UNION {CASE_EVENTS}))"
    );
    let own = ops::select(c, &condition, [&id.0])?;
    let mut writers: Vec<&str> = own.iter().map(|o| o.writer.as_str()).collect();
    writers.sort_unstable();
    writers.dedup();
    let exported: BTreeSet<(&str, i64)> = own.iter().map(|o| (o.writer.as_str(), o.seq)).collect();
    let mut chains = Vec::new();
    for writer in writers {
        let first = own.iter().find(|o| o.writer == writer).map_or(1, |o| o.seq);
        let mut s =
            c.prepare_cached("SELECT seq, body, hash, prev, id FROM ops WHERE writer = ?1 AND seq >= ?2 ORDER BY seq")?;
        let mut rows = s.query(rusqlite::params![writer, first])?;
        let (mut links, mut head, mut start) = (Vec::new(), GENESIS.to_owned(), GENESIS.to_owned());
        while let Some(r) = rows.next()? {
            let (seq, op): (i64, String) = (r.get(0)?, r.get(4)?);
            if links.is_empty() {
                start = r.get(3)?;
            }
            head = r.get(2)?;
            let here = exported.contains(&(writer, seq));
            links.push(json!({"seq": seq, "body": r.get::<_, String>(1)?, "operation": here.then_some(op)}));
        }
        chains.push(json!({"writer": writer, "first": first, "prev": start, "head": head, "links": links}));
    }
    let list = own
        .iter()
        .map(|o| {
            let mut doc = o.content();
            doc["pos"] = json!(o.pos);
            doc["seq"] = json!(o.seq);
            doc["prev"] = json!(o.prev);
            doc["body"] = json!(o.body);
            doc["hash"] = json!(o.hash);
            seal(doc)
        })
        .collect();
    Ok((list, chains))
}
