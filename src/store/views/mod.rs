//! What faces read: rows and details, each from one consistent look.

mod alerts;
mod cases;
mod events;
mod timeline;

pub use alerts::{AlertDetail, AlertFilter, AlertRow, AlertSort};
pub use cases::{CaseDetail, CaseRow, unfounded};
pub use events::{EventInfo, EvidenceRow, Note};
pub use timeline::TimelineEntry;

pub(super) use cases::{case_alerts, case_row};
#[cfg(test)]
pub(super) fn alerts_sql(sort: AlertSort) -> String {
    alerts::sql(&[], sort, Some(100))
}

/// The alerts that a condition with one parameter (`?1`) names.
pub(super) fn alerts_where(
    conn: &Connection,
    condition: &str,
    parameter: Box<dyn ToSql>,
    now: Ts,
) -> Result<Vec<AlertRow>> {
    alerts::select(conn, &[condition.to_owned()], &[parameter], AlertSort::Score, None, now)
}

/// The latest alerts that meet a condition on one parameter, at most so many.
pub(super) fn latest_where(
    conn: &Connection,
    condition: &str,
    parameter: Box<dyn ToSql>,
    most: usize,
    now: Ts,
) -> Result<Vec<AlertRow>> {
    alerts::select(conn, &[condition.to_owned()], &[parameter], AlertSort::Time, Some(most), now)
}

pub(super) use events::{events_where, evidence_of, notes_of};

use rusqlite::{Connection, ToSql};

use super::error::Result;
use crate::event::Ts;

/// The tags of a target, sorted.
pub(super) fn tags_of(conn: &Connection, target: &str) -> Result<Vec<String>> {
    let mut s = conn.prepare_cached("SELECT tag FROM tags WHERE target = ?1 ORDER BY tag")?;
    let rows = s.query_map([target], |r| r.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A list of texts that a query packed as a JSON array.
fn unpack(packed: Option<String>) -> Vec<String> {
    packed.and_then(|p| serde_json::from_str(&p).ok()).unwrap_or_default()
}
