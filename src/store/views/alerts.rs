//! The triage queue and one alert in full.

use rusqlite::{Connection, OptionalExtension as _, Row, ToSql};
use serde_json::Value;

use super::events::{EvidenceRow, Note, evidence_of, notes_of};
use super::unpack;
use crate::event::fold::same;
use crate::event::{Severity, Ts};
use crate::store::apply::severity;
use crate::store::error::{Result, StoreError};
use crate::store::ops::{self, Operation};
use crate::store::types::{CaseId, Status, Target, Verdict};
use crate::store::withdraw::SHOWN;
use crate::store::{Store, ts, uint};

/// Order of the queue; ties go to the later, then to the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AlertSort {
    /// Highest risk first.
    #[default]
    Score,
    /// Latest first.
    Time,
    /// Most severe first.
    Severity,
    /// Most acts first.
    Count,
}

/// Which alerts to list; what is empty does not restrict.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlertFilter {
    /// Any of these (a snooze that is over counts as new).
    pub status: Vec<Status>,
    /// At least this severe.
    pub min_severity: Option<Severity>,
    /// Of this rule.
    pub rule_id: Option<String>,
    /// About this entity, in any letter case.
    pub entity: Option<String>,
    /// With this text in rule, entity or message, in any letter case (ASCII).
    pub text: Option<String>,
    /// With this tag.
    pub tag: Option<String>,
    /// In this case.
    pub case: Option<CaseId>,
    /// With which someone did anything, ever; few of many.
    pub touched: bool,
    /// Also those that were withdrawn before anybody did anything with them.
    pub left: bool,
    /// The order.
    pub sort: AlertSort,
    /// At most so many.
    pub limit: Option<usize>,
}

/// An alert as the queue shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertRow {
    /// Id.
    pub id: String,
    /// Revision of the machine's part.
    pub revision: u32,
    /// Whether further evidence may still join it.
    pub open: bool,
    /// Title of the rule.
    pub rule: String,
    /// Id of the rule.
    pub rule_id: String,
    /// Kind of rule.
    pub rule_type: String,
    /// Severity.
    pub severity: Severity,
    /// Risk score.
    pub score: f64,
    /// 0 to 1.
    pub confidence: f64,
    /// Time of the first evidence.
    pub timestamp: Ts,
    /// Time of the last evidence.
    pub last: Ts,
    /// What it is about.
    pub entity: String,
    /// Source address.
    pub src_ip: Option<String>,
    /// Account.
    pub user: Option<String>,
    /// Machine.
    pub host: Option<String>,
    /// Acts counted.
    pub count: u64,
    /// Rule and group key.
    pub dedup_key: String,
    /// One sentence.
    pub message: String,
    /// ATT&CK techniques.
    pub techniques: Vec<String>,
    /// What people did with it; a snooze that is over reads as new.
    pub status: Status,
    /// What it turned out to be.
    pub verdict: Option<Verdict>,
    /// Why.
    pub reason: Option<String>,
    /// End of the snooze.
    pub snoozed_until: Ts,
    /// Who decided last.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Ts,
    /// How many acts it had when it was decided, where that was written down.
    pub decided_count: Option<u64>,
    /// Whose reading gave it as it is, and when.
    pub given: (Option<String>, Ts),
    /// When a reading of its logs no longer gave it.
    pub withdrawn: Option<Ts>,
    /// Whose reading that was.
    pub withdrawn_by: Option<String>,
    /// It was withdrawn, and nobody had ever done anything with it.
    pub left: bool,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// Number of notes.
    pub notes: u64,
    /// The cases that hold it.
    pub cases: Vec<CaseId>,
}

/// An alert with all that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertDetail {
    /// The row.
    pub row: AlertRow,
    /// Its object of the headless contract, less file, line and events.
    pub doc: Value,
    /// The records, in order.
    pub evidence: Vec<EvidenceRow>,
    /// Notes, oldest first.
    pub notes: Vec<Note>,
    /// What people did, oldest first.
    pub history: Vec<Operation>,
}

const COLUMNS: &str = "a.id, a.revision, a.state, a.rule, a.rule_id, a.rule_type, a.severity, a.score, a.confidence,
  a.timestamp, a.last, a.entity, a.src_ip, a.user, a.host, a.count, a.dedup_key, a.message,
  json_extract(a.doc, '$.techniques'), a.status, a.verdict, a.reason, a.snoozed_until, a.decided_by, a.decided_at,
  a.decided_revision, a.withdrawn,
  (SELECT json_group_array(tag) FROM (SELECT tag FROM tags WHERE target = 'alert:' || a.id ORDER BY tag)),
  (SELECT count(*) FROM notes WHERE target = 'alert:' || a.id),
  (SELECT json_group_array(case_id) FROM (SELECT case_id FROM case_items JOIN cases ON cases.id = case_id
     WHERE item = 'alert:' || a.id AND withdrawn = 0 ORDER BY case_id)),
  a.given_by, a.updated, a.withdrawn_by";

/// How many acts an alert had when it was decided last.
const DECIDED: &str = "CASE WHEN a.decided_at IS NOT NULL THEN (SELECT json_extract(payload, '$.count') FROM ops
  WHERE target = 'alert:' || a.id AND kind = 'alert.status' ORDER BY pos DESC LIMIT 1) END";

fn from_row(r: &Row<'_>, now: Ts) -> rusqlite::Result<AlertRow> {
    let text = |i: usize| r.get::<_, Option<String>>(i);
    let revision: i64 = r.get(1)?;
    let status = Status::from_name(&r.get::<_, String>(19)?).unwrap_or_default();
    let snoozed_until = ts(r.get(22)?);
    let over = status == Status::Snoozed && snoozed_until <= now;
    Ok(AlertRow {
        id: r.get(0)?,
        revision: u32::try_from(revision).unwrap_or(u32::MAX),
        open: r.get::<_, String>(2)? == "open",
        rule: r.get(3)?,
        rule_id: r.get(4)?,
        rule_type: r.get(5)?,
        severity: severity(r.get(6)?),
        score: r.get(7)?,
        confidence: r.get(8)?,
        timestamp: ts(r.get(9)?),
        last: ts(r.get(10)?),
        entity: r.get(11)?,
        src_ip: text(12)?,
        user: text(13)?,
        host: text(14)?,
        count: uint(r.get(15)?),
        dedup_key: r.get(16)?,
        message: r.get(17)?,
        techniques: unpack(text(18)?),
        status: if over { Status::New } else { status },
        verdict: text(20)?.as_deref().and_then(Verdict::from_name),
        reason: text(21)?,
        snoozed_until,
        decided_by: text(23)?,
        decided_at: ts(r.get(24)?),
        decided_count: r.get::<_, Option<i64>>(34)?.map(uint),
        given: (text(30)?, ts(r.get(31)?)),
        withdrawn: r.get::<_, Option<i64>>(26)?.map(Ts),
        withdrawn_by: text(32)?,
        left: r.get(33)?,
        tags: unpack(text(27)?),
        notes: uint(r.get(28)?),
        cases: unpack(text(29)?).into_iter().map(CaseId).collect(),
    })
}

/// The alerts whose id begins with the parameter: the first two, so the exact one is among them.
const BY_PREFIX: &str =
    "a.id IN (SELECT id FROM alerts WHERE id >= ?1 AND id < ?1 || char(1114111) ORDER BY id LIMIT 2)";

/// The alerts in the case that the parameter names.
pub(super) const IN_CASE: &str =
    "a.id IN (SELECT substr(item, 7) FROM case_items WHERE case_id = ? AND item GLOB 'alert:*')";

/// Rows that meet the conditions.
pub(super) fn select(
    conn: &Connection,
    conditions: &[String],
    params: &[Box<dyn ToSql>],
    sort: AlertSort,
    limit: Option<usize>,
    now: Ts,
) -> Result<Vec<AlertRow>> {
    let sql = sql(conditions, sort, limit);
    let mut s = conn.prepare_cached(&sql)?;
    let rows = s.query_map(rusqlite::params_from_iter(params.iter()), |r| from_row(r, now))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The query for those rows.
pub(super) fn sql(conditions: &[String], sort: AlertSort, limit: Option<usize>) -> String {
    let order = match sort {
        AlertSort::Score => "a.score DESC, a.last DESC, a.id",
        AlertSort::Time => "a.last DESC, a.score DESC, a.id",
        AlertSort::Severity => "a.severity DESC, a.score DESC, a.last DESC, a.id",
        AlertSort::Count => "a.count DESC, a.last DESC, a.id",
    };
    let condition = if conditions.is_empty() { "1".to_owned() } else { conditions.join(" AND ") };
    let limit = limit.map_or_else(String::new, |n| format!(" LIMIT {n}"));
    format!("SELECT {COLUMNS}, NOT {SHOWN}, {DECIDED} FROM alerts AS a WHERE {condition} ORDER BY {order}{limit}")
}

impl Store {
    /// The alerts that meet the filter, in its order.
    pub fn alerts(&self, filter: &AlertFilter) -> Result<Vec<AlertRow>> {
        let now = self.now();
        let mut conditions: Vec<String> = Vec::new();
        let mut params: Vec<Box<dyn ToSql>> = Vec::new();
        let mut add = |condition: &str, value: Box<dyn ToSql>| {
            if condition.contains('?') {
                params.push(value);
            }
            conditions.push(condition.replace('?', &format!("?{}", params.len())));
        };
        if filter.case.is_none() && !filter.left {
            add(SHOWN, Box::new(0));
        }
        if let Some(s) = filter.min_severity {
            add("a.severity >= ?", Box::new(s as i64));
        }
        if let Some(id) = &filter.rule_id {
            add("a.rule_id = ?", Box::new(id.clone()));
        }
        if let Some(e) = &filter.entity {
            // Of one account there may be several spellings; in an index they are soon told.
            let spelt = self.read(|c| {
                let mut s = c.prepare_cached("SELECT DISTINCT entity FROM alerts")?;
                let all = s.query_map([], |r| r.get::<_, String>(0))?;
                Ok(all
                    .filter(|r| r.as_ref().is_ok_and(|x| same(x, e)) || r.is_err())
                    .collect::<rusqlite::Result<Vec<_>>>()?)
            })?;
            let spelt = serde_json::to_string(&spelt).unwrap_or_default();
            add("a.entity IN (SELECT value FROM json_each(?))", Box::new(spelt));
        }
        if let Some(t) = &filter.text {
            add(
                "instr(lower(a.rule || char(10) || a.entity || char(10) || a.message), ?) > 0",
                Box::new(t.to_ascii_lowercase()),
            );
        }
        if let Some(t) = &filter.tag {
            add(
                "a.id IN (SELECT substr(target, 7) FROM tags WHERE tag = ? AND target GLOB 'alert:*')",
                Box::new(t.clone()),
            );
        }
        if let Some(c) = &filter.case {
            add(IN_CASE, Box::new(c.0.clone()));
        }
        if filter.touched {
            let ids = "SELECT substr(target, 7) FROM ops WHERE target >= 'alert:' AND target < 'alert;'";
            add(&format!("a.id IN ({ids})"), Box::new(0));
        }
        if !filter.status.is_empty() {
            // The status as people see it: a snooze ends by itself.
            let is = |s: &Status| match s {
                // Most alerts are new: the queue is walked in its order, not gathered by status (`+`) and sorted.
                Status::New => "+a.status = 'new' OR (+a.status = 'snoozed' AND coalesce(a.snoozed_until, 0) <= ?)",
                Status::Snoozed => "(a.status = 'snoozed' AND coalesce(a.snoozed_until, 0) > ?)",
                Status::Escalated => "a.status = 'escalated'",
                Status::Dismissed => "a.status = 'dismissed'",
            };
            let any: Vec<&str> = filter.status.iter().map(is).collect();
            add(&format!("({})", any.join(" OR ")), Box::new(now.0));
        }
        let rows = self.read(|c| select(c, &conditions, &params, filter.sort, filter.limit, now))?;
        self.note_seen()?;
        Ok(rows)
    }

    /// How many alerts have each status, in the order of [`Status::ALL`].
    pub fn status_counts(&self) -> Result<Vec<(Status, u64)>> {
        let now = self.now();
        self.read(|c| {
            let mut s = c.prepare_cached(&format!(
                "SELECT CASE WHEN status = 'snoozed' AND coalesce(snoozed_until, 0) <= ?1 THEN 'new' ELSE status END,
                 count(*) FROM alerts AS a WHERE {SHOWN} GROUP BY 1"
            ))?;
            let found: Vec<(String, i64)> =
                s.query_map([now.0], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
            let count = |status: &Status| found.iter().find(|f| f.0 == status.as_str()).map_or(0, |f| uint(f.1));
            Ok(Status::ALL.iter().map(|s| (*s, count(s))).collect())
        })
    }

    /// The objects of these alerts as in [`AlertDetail::doc`], in their order: one
    /// look at the store for all, without their evidence. `null` where there is none.
    pub fn alert_docs<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Result<Vec<Value>> {
        let mut ids = ids.into_iter();
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT doc FROM alerts WHERE id = ?1")?;
            ids.by_ref()
                .map(|id| {
                    let doc: Option<String> = s.query_row([id], |r| r.get(0)).optional()?;
                    Ok(doc.and_then(|d| serde_json::from_str(&d).ok()).unwrap_or(Value::Null))
                })
                .collect()
        })
    }

    /// One alert in full. `id` may be a prefix that only one alert has.
    pub fn alert(&self, id: &str) -> Result<AlertDetail> {
        let now = self.now();
        let detail = self.read(|c| {
            let mut rows = select(c, &[BY_PREFIX.to_owned()], &[Box::new(id.to_owned())], AlertSort::Score, None, now)?;
            if rows.len() > 1 {
                rows.retain(|r| r.id == id);
                if rows.is_empty() {
                    return Err(StoreError::Invalid(format!("more than one alert has an id that begins with '{id}'")));
                }
            }
            let Some(row) = rows.pop().filter(|_| !id.is_empty()) else {
                return Err(StoreError::NotFound { kind: "alert", id: id.to_owned() });
            };
            let doc: String =
                c.prepare_cached("SELECT doc FROM alerts WHERE id = ?1")?.query_row([&row.id], |r| r.get(0))?;
            let target = Target::Alert(row.id.clone()).to_string();
            Ok(AlertDetail {
                doc: serde_json::from_str(&doc).unwrap_or(Value::Null),
                evidence: evidence_of(c, &row.id)?,
                notes: notes_of(c, &target)?,
                history: ops::select(c, "target = ?1", [&target])?,
                row,
            })
        })?;
        Ok(detail)
    }
}
