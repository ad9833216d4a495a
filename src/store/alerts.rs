//! Ingest: alerts come in under their ids, again and again as they grow.
//!
//! Only the machine's columns are written; what people decided stays. An older
//! revision never overwrites a newer one, so reading a log again from its
//! start, while its alerts are already closed, changes nothing. At the end of a
//! reading what it gives otherwise replaces what is there (see `outdated.rs`).

use rusqlite::{Connection, OptionalExtension as _, params};
use rustc_hash::FxHashMap;

use super::error::Result;
use super::evidence::{self, Evidence};
use super::parts::Parts;
use super::sources::end_at;
use super::types::{AlertRecord, EventKey, SourceEnd};
use super::{Ctx, Store, int, time};
use crate::alert::{Alert, AlertState};
use crate::event::SourceId;

/// Alerts written in one transaction, so that triage never waits long for ingest.
const BATCH: usize = 256;

/// What of an alert the store knows before an update.
struct Known {
    revision: i64,
    closed: bool,
    /// A reading did not give it any more.
    withdrawn: bool,
    /// The text of the rule that gave it.
    rule: Option<String>,
}

impl Store {
    /// Stores new alerts and new revisions of known ones; returns how many were
    /// new or changed.
    pub fn ingest_alerts(&mut self, records: &[AlertRecord<'_>]) -> Result<usize> {
        self.put(records, &[], false)
    }

    /// Stores alerts, and how far the logs (each part of them) were read that they are of, in one change:
    /// no record of an alert stands behind the recorded end of its log, whenever the
    /// process is killed. Of very many alerts the ends come with the first.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn ingest_with(&mut self, records: &[AlertRecord<'_>], ends: &[(SourceId, usize, SourceEnd)]) -> Result<usize> {
        self.put(records, ends, false)
    }

    /// Stores alerts as they are now, whatever revision of them is there: what
    /// [`Store::outdated`] found. What people decided about them stays.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn replace_alerts(&mut self, records: &[AlertRecord<'_>]) -> Result<usize> {
        self.put(records, &[], true)
    }

    fn put(
        &mut self,
        records: &[AlertRecord<'_>],
        ends: &[(SourceId, usize, SourceEnd)],
        replace: bool,
    ) -> Result<usize> {
        let mut changed = 0;
        let sources = self.sources().clone();
        let mut ends: Vec<(i64, &SourceEnd)> =
            ends.iter().filter_map(|(id, part, end)| Some((sources.row(*id, *part)?, end))).collect();
        let rules = std::mem::take(&mut self.rules);
        // After a power cut the log is read again: only what people do must be on the disk at once.
        self.sync_each_change(false)?;
        let mut result = Ok(());
        // Without an alert there may still be an end.
        let none = (records.is_empty() && !ends.is_empty()).then_some(records);
        for batch in records.chunks(BATCH).chain(none) {
            let done = self.write(|tx, ctx| {
                let mut n = 0;
                for (row, end) in &ends {
                    end_at(tx, *row, end)?;
                }
                for record in batch {
                    n += usize::from(ingest(tx, record, ctx, &sources, &rules, replace)?);
                }
                Ok(n)
            });
            match done {
                Ok(n) => {
                    changed += n;
                    ends.clear();
                }
                Err(e) => {
                    result = Err(e);
                    break;
                }
            }
        }
        self.rules = rules;
        self.sync_each_change(true)?;
        result.map(|()| changed)
    }
}

fn ingest(
    conn: &Connection,
    record: &AlertRecord<'_>,
    ctx: &Ctx<'_>,
    sources: &Parts,
    rules: &FxHashMap<String, String>,
    replace: bool,
) -> Result<bool> {
    let a = record.alert;
    let known = conn
        .prepare_cached("SELECT revision, state, withdrawn IS NOT NULL, rule_sha256 FROM alerts WHERE id = ?1")?
        .query_row([&a.id], |r| {
            let closed = r.get::<_, String>(1)? == "closed";
            Ok(Known { revision: r.get(0)?, closed, withdrawn: r.get(2)?, rule: r.get(3)? })
        })
        .optional()?;
    let rule = rules.get(&*a.rule_id);
    // What another text of the rule gave is not an earlier state of this.
    let other =
        replace || known.as_ref().is_some_and(|k| rule.is_some() && k.rule.is_some() && k.rule.as_ref() != rule);
    if other {
        conn.prepare_cached("DELETE FROM alert_evidence WHERE alert = ?1")?.execute([&a.id])?;
    }
    let newer = known.as_ref().is_none_or(|k| {
        if other || k.withdrawn {
            return true;
        }
        let revision = i64::from(a.revision);
        revision > k.revision || (revision == k.revision && a.state == AlertState::Closed && !k.closed)
    });
    if newer {
        write_alert(conn, a, ctx, rule)?;
    }
    // Bytes may come after the alert itself did.
    if newer || !record.evidence.is_empty() {
        write_evidence(conn, record, sources)?;
    }
    Ok(newer)
}

fn write_alert(conn: &Connection, a: &Alert, ctx: &Ctx<'_>, rule_sha256: Option<&String>) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO alerts (id, revision, state, rule, rule_id, rule_sha256, rule_type, severity, score, confidence,
           timestamp, last, entity, src_ip, user, host, count, dedup_key, message, doc, ingested, updated,
           given_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?21, ?22)
         ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, state = excluded.state, rule = excluded.rule,
           rule_sha256 = coalesce(excluded.rule_sha256, alerts.rule_sha256), severity = excluded.severity,
           score = excluded.score, confidence = excluded.confidence, timestamp = excluded.timestamp,
           last = excluded.last, entity = excluded.entity, src_ip = excluded.src_ip, user = excluded.user,
           host = excluded.host, count = excluded.count, dedup_key = excluded.dedup_key, message = excluded.message,
           doc = excluded.doc, updated = excluded.updated, given_by = excluded.given_by,
           withdrawn = NULL, withdrawn_by = NULL",
    )?
    .execute(params![
        a.id,
        a.revision,
        if a.state == AlertState::Closed { "closed" } else { "open" },
        &*a.rule,
        &*a.rule_id,
        rule_sha256,
        a.rule_type.as_str(),
        a.severity as i64,
        finite(a.score),
        finite(a.confidence),
        time(a.timestamp),
        time(a.last),
        a.entity(),
        a.src_ip,
        a.user,
        a.host,
        int(a.count),
        a.dedup_key,
        a.message,
        document(a),
        ctx.now.0,
        ctx.analyst,
    ])?;
    Ok(())
}

/// SQLite stores NaN as `NULL`, which a score may not be.
fn finite(n: f64) -> f64 {
    if n.is_finite() { n } else { 0.0 }
}

/// The alert's object of the headless contract, less what names files and lines
/// of one run: the evidence table has those.
pub(super) fn document(a: &Alert) -> String {
    let mut doc = a.to_json(&[]);
    if let Some(map) = doc.as_object_mut() {
        for name in ["file", "line", "matched_events"] {
            map.remove(name);
        }
    }
    doc.to_string()
}

fn write_evidence(conn: &Connection, record: &AlertRecord<'_>, sources: &Parts) -> Result<()> {
    let a = record.alert;
    let mut linked: Vec<String> = conn
        .prepare_cached("SELECT event FROM alert_evidence WHERE alert = ?1 ORDER BY n")?
        .query_map([&a.id], |r| r.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    // An update with fewer references (a re-read from its start) takes none away.
    linked.resize(linked.len().max(a.evidence.len()), String::new());
    let mut raw: FxHashMap<usize, &[u8]> = record.evidence.iter().map(|b| (b.index, b.raw.as_slice())).collect();
    for (i, e) in a.evidence.iter().enumerate() {
        let (source, offset) = sources.place(e.source, e.offset);
        let key = EventKey::new(e.hash, offset);
        let bytes = raw.remove(&i);
        let new = linked.get(i).is_none_or(|k| *k != key.0);
        if !new && bytes.is_none() {
            continue;
        }
        let kept = Evidence { key: &key, source, offset, len: e.len, line: e.line, time: e.time, raw: bytes };
        evidence::keep(conn, &kept)?;
        if new {
            conn.prepare_cached(
                "INSERT INTO alert_evidence (alert, n, event) VALUES (?1, ?2, ?3)
                 ON CONFLICT (alert, n) DO UPDATE SET event = excluded.event",
            )?
            .execute(params![a.id, int(i as u64), key.0])?;
        }
    }
    Ok(())
}
