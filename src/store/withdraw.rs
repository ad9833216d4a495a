//! Alerts that a reading of the same logs no longer gives: their rule was
//! removed, changed or overruled.
//!
//! Nothing is deleted. A withdrawn alert leaves the queue if nobody ever did
//! anything with it, and is marked where somebody did; the reading that gives it
//! again brings it back.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::error::{Result, StoreError};
use super::views::{self, AlertRow};
use super::{Store, uint};
use crate::event::SourceId;

/// A record that an alert rests on, as it should stand in a log of this run.
#[derive(Debug, Clone)]
pub struct Place {
    /// The log in this run.
    pub source: SourceId,
    /// Where it begins in its part of the log.
    pub offset: u64,
    /// Where that part begins in what the run read.
    pub part: u64,
    /// Its length in bytes.
    pub len: u64,
    /// Its name in the store, which holds the hash of its bytes.
    pub key: String,
}

/// The condition for alerts that the queue shows: all but those that were
/// withdrawn and with which nobody ever did anything.
pub(super) const SHOWN: &str = "(a.withdrawn IS NULL OR EXISTS (SELECT 1 FROM ops WHERE target = 'alert:' || a.id)
      OR EXISTS (SELECT 1 FROM case_items WHERE item = 'alert:' || a.id))";

impl Store {
    /// Withdraws the alerts that rest on these logs alone and are not among those
    /// that the run raised. `stands` says whether the run has read the record at
    /// that place: what it has not seen it does not take back. Returns how many.
    pub fn withdraw(&mut self, raised: &BTreeSet<String>, stands: &mut dyn FnMut(&Place) -> bool) -> Result<usize> {
        let logs = self.read(|c| self.logs(c))?;
        let found = self.read(|c| candidates(c, &logs, raised))?;
        let gone: Vec<&String> =
            found.iter().filter(|(_, places)| places.iter().all(&mut *stands)).map(|(id, _)| id).collect();
        if gone.is_empty() {
            return Ok(0);
        }
        let gone = list(gone)?;
        self.mark_withdrawn(&gone)
    }

    /// Withdraws the alerts of these ids that are in the store: the run raised
    /// them, and a ruling then took them out. Returns how many.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn take_out(&mut self, ids: &BTreeSet<String>) -> Result<usize> {
        // Most were never written: nothing is locked for these.
        let ids = list(ids)?;
        let there = self.read(|c| {
            let q = "SELECT EXISTS (SELECT 1 FROM alerts WHERE withdrawn IS NULL
                     AND id IN (SELECT value FROM json_each(?1)))";
            Ok(c.prepare_cached(q)?.query_row([&ids], |r| r.get::<_, bool>(0))?)
        })?;
        if there { self.mark_withdrawn(&ids) } else { Ok(0) }
    }

    fn mark_withdrawn(&mut self, ids: &str) -> Result<usize> {
        self.write(|tx, ctx| {
            let mut s = tx.prepare_cached(
                "UPDATE alerts SET withdrawn = ?2, withdrawn_by = ?3
                 WHERE withdrawn IS NULL AND id IN (SELECT value FROM json_each(?1))",
            )?;
            Ok(s.execute(rusqlite::params![ids, ctx.now.0, ctx.analyst])?)
        })
    }

    /// The alerts that were withdrawn and begin in a log of this run, touched or not.
    pub fn withdrawn_here(&self) -> Result<Vec<AlertRow>> {
        let now = self.now();
        self.read(|c| {
            let logs = list(self.logs(c)?.keys())?;
            views::alerts_where(c, HERE, Box::new(logs), now)
        })
    }

    /// The latest alerts, at most so many, that begin in a part of a followed log that this run
    /// does not read: it was put aside before, and is not there any more or too old. Those
    /// that nobody has decided about are preferred; those withdrawn are not among them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn earlier_here(&self, most: usize) -> Result<Vec<AlertRow>> {
        let now = self.now();
        let mine = list(self.sources().rows().into_iter().map(|(row, _, _)| row))?;
        self.read(|c| {
            let mut parts = c.prepare_cached(OTHER_PARTS)?;
            let parts: Vec<i64> = parts.query_map([mine], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
            // Most logs have none: then no alert is looked at.
            if parts.is_empty() {
                return Ok(Vec::new());
            }
            let parts = list(parts)?;
            let latest = |condition: &str, most| {
                let condition = format!("{EARLIER} AND {condition}");
                views::latest_where(c, &condition, Box::new(parts.clone()), most, now)
            };
            let mut rows = latest("+a.status IN ('new', 'snoozed')", most)?;
            rows.extend(latest("+a.status NOT IN ('new', 'snoozed')", most - rows.len())?);
            Ok(rows)
        })
    }

    /// Rows of the run's logs, with where each begins in what was read. One that older
    /// versions read again when it had grown is another source under the same path:
    /// they all stand for it.
    pub(super) fn logs(&self, c: &Connection) -> Result<BTreeMap<i64, (SourceId, u64)>> {
        let rows = self.sources().rows();
        let mut same =
            c.prepare_cached("SELECT id FROM sources WHERE path = (SELECT path FROM sources WHERE id = ?1)")?;
        let mut out = BTreeMap::new();
        for (row, run, _) in &rows {
            for other in same.query_map([row], |r| r.get(0))? {
                out.insert(other?, (*run, 0));
            }
        }
        out.extend(rows.into_iter().map(|(row, run, begin)| (row, (run, begin))));
        Ok(out)
    }
}

/// The condition for what was withdrawn and whose first record is in one of these sources.
const HERE: &str =
    "a.id IN (SELECT id FROM alerts INDEXED BY alerts_withdrawn WHERE withdrawn IS NOT NULL) AND EXISTS (
  SELECT 1 FROM alert_evidence AS l JOIN evidence AS e ON e.key = l.event
  WHERE l.alert = a.id AND l.n = 0 AND e.source IN (SELECT value FROM json_each(?1)))";

/// The other parts of these logs.
const OTHER_PARTS: &str = "SELECT DISTINCT s.id FROM sources AS mine
    JOIN sources AS s ON coalesce(s.log, s.id) = coalesce(mine.log, mine.id)
  WHERE mine.id IN (SELECT value FROM json_each(?1)) AND s.id NOT IN (SELECT value FROM json_each(?1))";

/// The condition for what begins in one of these parts: asked of one alert after the other,
/// in the order of time, until there are enough.
const EARLIER: &str = "a.withdrawn IS NULL AND (
  SELECT e.source FROM alert_evidence AS l JOIN evidence AS e ON e.key = l.event
  WHERE l.alert = a.id AND l.n = 0) IN (SELECT value FROM json_each(?1))";

/// Alerts that are not among those raised (`?2`) and rest on these sources (`?1`)
/// alone, with the first and the last of their records: one question, however many.
const CANDIDATES: &str = "WITH mine AS MATERIALIZED (SELECT value AS id FROM json_each(?1)),
  gone AS MATERIALIZED (
    SELECT a.id, (SELECT max(n) FROM alert_evidence WHERE alert = a.id) AS last FROM alerts AS a
      JOIN alert_evidence AS l ON l.alert = a.id AND l.n = 0 JOIN evidence AS e ON e.key = l.event
    WHERE a.withdrawn IS NULL AND e.source IN (SELECT id FROM mine)
      AND a.id NOT IN (SELECT value FROM json_each(?2))
      AND NOT EXISTS (SELECT 1 FROM alert_evidence AS x JOIN evidence AS r ON r.key = x.event
        WHERE x.alert = a.id AND coalesce(r.source, -1) NOT IN (SELECT id FROM mine)))
  SELECT gone.id, e.key, e.offset, e.length, e.source FROM gone
    JOIN alert_evidence AS l ON l.alert = gone.id AND l.n IN (0, gone.last) JOIN evidence AS e ON e.key = l.event
  ORDER BY gone.id, l.n";

/// Values as one parameter.
pub(super) fn list<T: serde::Serialize>(values: impl IntoIterator<Item = T>) -> Result<String> {
    let values: Vec<T> = values.into_iter().collect();
    serde_json::to_string(&values).map_err(|e| StoreError::Invalid(e.to_string()))
}

/// Alerts that were not raised and may have been by the run's logs, with their first and last records.
fn candidates(
    c: &Connection,
    logs: &BTreeMap<i64, (SourceId, u64)>,
    raised: &BTreeSet<String>,
) -> Result<Vec<(String, Vec<Place>)>> {
    let mut found: Vec<(String, Vec<Place>)> = Vec::new();
    let mut s = c.prepare_cached(CANDIDATES)?;
    let mut rows = s.query([list(logs.keys())?, list(raised)?])?;
    while let Some(r) = rows.next()? {
        let Some((source, part)) = logs.get(&r.get(4)?).copied() else { continue };
        let place = Place { source, part, offset: uint(r.get(2)?), len: uint(r.get(3)?), key: r.get(1)? };
        let id: String = r.get(0)?;
        match found.last_mut().filter(|(of, _)| *of == id) {
            Some((_, places)) => places.push(place),
            None => found.push((id, vec![place])),
        }
    }
    Ok(found)
}
