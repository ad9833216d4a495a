//! The list of cases and one case in full, with its timeline.

use rusqlite::{Connection, Row, ToSql};

use super::alerts::{self, AlertRow, AlertSort};
use super::events::{EventInfo, Note, events_where, notes_of};
use super::timeline::{TimelineEntry, timeline};
use super::unpack;
use crate::event::{Severity, Ts};
use crate::store::apply::severity;
use crate::store::error::{Result, StoreError};
use crate::store::types::{CaseId, CaseState, Target};
use crate::store::{Store, ts, uint};

/// A case as the list shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseRow {
    /// Name for people.
    pub id: CaseId,
    /// Name for machines.
    pub uid: String,
    /// Title.
    pub title: String,
    /// State.
    pub state: CaseState,
    /// What came of it, once closed.
    pub resolution: Option<String>,
    /// Severity.
    pub severity: Severity,
    /// Who works on it.
    pub assignee: Option<String>,
    /// When it was opened.
    pub opened: Ts,
    /// By whom.
    pub opened_by: String,
    /// When it was closed.
    pub closed: Ts,
    /// Alerts in it.
    pub alerts: u64,
    /// Records in it: those that its alerts rest on and those added by hand.
    pub events: u64,
    /// Notes on it.
    pub notes: u64,
    /// Tags, sorted.
    pub tags: Vec<String>,
}

impl CaseRow {
    /// Whether it was closed as no true hit.
    #[must_use]
    pub fn unfounded(&self) -> bool {
        unfounded(self.resolution.as_deref())
    }
}

/// Whether a resolution says that a case was no true hit: those offered begin so.
#[must_use]
pub fn unfounded(resolution: Option<&str>) -> bool {
    resolution.is_some_and(|r| r.starts_with("false positive") || r.starts_with("benign"))
}

/// A case with all that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseDetail {
    /// The row.
    pub row: CaseRow,
    /// Notes on the case, oldest first.
    pub notes: Vec<Note>,
    /// Its alerts, highest risk first.
    pub alerts: Vec<AlertRow>,
    /// Records added by hand, in order of time.
    pub events: Vec<EventInfo>,
    /// What happened and what people did, in order of time.
    pub timeline: Vec<TimelineEntry>,
}

const COLUMNS: &str = "c.id, c.uid, c.title, c.state, c.resolution, c.severity, c.assignee, c.opened, c.opened_by,
  c.closed,
  (SELECT count(*) FROM case_items WHERE case_id = c.id AND item GLOB 'alert:*'),
  (SELECT count(*) FROM (
     SELECT event FROM case_items JOIN alert_evidence ON alert = substr(item, 7)
       WHERE case_id = c.id AND item GLOB 'alert:*'
     UNION SELECT substr(item, 7) FROM case_items WHERE case_id = c.id AND item GLOB 'event:*')),
  (SELECT count(*) FROM notes WHERE target = 'case:' || c.id),
  (SELECT json_group_array(tag) FROM (SELECT tag FROM tags WHERE target = 'case:' || c.id ORDER BY tag))";

fn from_row(r: &Row<'_>) -> rusqlite::Result<CaseRow> {
    Ok(CaseRow {
        id: CaseId(r.get(0)?),
        uid: r.get(1)?,
        title: r.get(2)?,
        state: CaseState::from_name(&r.get::<_, String>(3)?).unwrap_or_default(),
        resolution: r.get(4)?,
        severity: severity(r.get(5)?),
        assignee: r.get(6)?,
        opened: ts(r.get(7)?),
        opened_by: r.get(8)?,
        closed: ts(r.get(9)?),
        alerts: uint(r.get(10)?),
        events: uint(r.get(11)?),
        notes: uint(r.get(12)?),
        tags: unpack(r.get(13)?),
    })
}

/// One case, however its name is written.
pub(in crate::store) fn case_row(conn: &Connection, id: &CaseId) -> Result<CaseRow> {
    let mut s = conn
        .prepare_cached(&format!("SELECT {COLUMNS} FROM cases AS c WHERE upper(c.id) = upper(?1) AND withdrawn = 0"))?;
    match s.query_row([&id.0], from_row) {
        Err(rusqlite::Error::QueryReturnedNoRows) => Err(StoreError::NotFound { kind: "case", id: id.0.clone() }),
        other => Ok(other?),
    }
}

pub(in crate::store) fn case_alerts(conn: &Connection, id: &CaseId, now: Ts) -> Result<Vec<AlertRow>> {
    let conditions = [alerts::IN_CASE.replace('?', "?1")];
    let params: [Box<dyn ToSql>; 1] = [Box::new(id.0.clone())];
    alerts::select(conn, &conditions, &params, AlertSort::Score, None, now)
}

pub(in crate::store) fn case_events(conn: &Connection, id: &CaseId) -> Result<Vec<EventInfo>> {
    let condition = "e.key IN (SELECT substr(item, 7) FROM case_items WHERE case_id = ?1 AND item GLOB 'event:*')";
    events_where(conn, condition, [&id.0])
}

impl Store {
    /// All cases, those not closed first, the latest first among them.
    pub fn cases(&self) -> Result<Vec<CaseRow>> {
        let rows = self.read(|c| {
            let mut s = c.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM cases AS c WHERE withdrawn = 0
                 ORDER BY c.state = 'closed', c.opened DESC, c.id DESC"
            ))?;
            let rows = s.query_map([], from_row)?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        })?;
        self.note_seen()?;
        Ok(rows)
    }

    /// One case in full.
    pub fn case(&self, id: &CaseId) -> Result<CaseDetail> {
        let now = self.now();
        let detail = self.read(|c| {
            let row = case_row(c, id)?;
            let alerts = case_alerts(c, &row.id, now)?;
            let events = case_events(c, &row.id)?;
            Ok(CaseDetail {
                notes: notes_of(c, &Target::Case(row.id.clone()).to_string())?,
                timeline: timeline(c, &row.id, &alerts, &events)?,
                row,
                alerts,
                events,
            })
        })?;
        self.note_seen()?;
        Ok(detail)
    }
}
