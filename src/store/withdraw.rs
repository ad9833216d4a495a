//! Alerts that a reading of the same logs no longer gives: their rule was
//! removed, changed or overruled.
//!
//! Nothing is deleted. A withdrawn alert leaves the queue if nobody ever did
//! anything with it, and is marked where somebody did; the reading that gives it
//! again brings it back.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::error::Result;
use super::{Store, ts, uint};
use crate::event::{SourceId, Ts};

/// A record that an alert rests on, as it should stand in a log of this run.
#[derive(Debug, Clone)]
pub struct Place {
    /// The log in this run.
    pub source: SourceId,
    /// Where it begins.
    pub offset: u64,
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
        let rows: BTreeMap<i64, SourceId> = {
            let sources = self.sources.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            sources.iter().map(|(run, row)| (*row, SourceId(*run))).collect()
        };
        let found = self.read(|c| candidates(c, &rows, raised))?;
        let gone: Vec<String> =
            found.into_iter().filter(|(_, places)| places.iter().all(&mut *stands)).map(|(id, _)| id).collect();
        if gone.is_empty() {
            return Ok(0);
        }
        self.write(|tx, ctx| {
            let mut s = tx.prepare_cached("UPDATE alerts SET withdrawn = ?2 WHERE id = ?1 AND withdrawn IS NULL")?;
            let mut n = 0;
            for id in &gone {
                n += s.execute(rusqlite::params![id, ctx.now.0])?;
            }
            Ok(n)
        })
    }

    /// When an alert was withdrawn.
    pub fn withdrawn(&self, alert: &str) -> Result<Option<Ts>> {
        self.read(|c| {
            let at: Option<i64> =
                c.prepare_cached("SELECT withdrawn FROM alerts WHERE id = ?1")?.query_row([alert], |r| r.get(0))?;
            Ok(at.map(|at| ts(Some(at))))
        })
    }
}

/// Alerts that were not raised and may have been by the run's logs, with their first and last records.
fn candidates(
    c: &Connection,
    rows: &BTreeMap<i64, SourceId>,
    raised: &BTreeSet<String>,
) -> Result<Vec<(String, Vec<Place>)>> {
    // A log that is read again when it has grown is another source under the same path.
    let mut paths: BTreeMap<String, SourceId> = BTreeMap::new();
    let mut s = c.prepare_cached("SELECT path FROM sources WHERE id = ?1")?;
    for (row, run) in rows {
        if let Some(path) = s.query_row([row], |r| r.get::<_, Option<String>>(0))? {
            paths.insert(path, *run);
        }
    }
    let mut all = c.prepare_cached("SELECT id FROM alerts WHERE withdrawn IS NULL ORDER BY id")?;
    let ids: Vec<String> = all.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut sources = c.prepare_cached(
        "SELECT DISTINCT s.path FROM alert_evidence JOIN evidence AS e ON e.key = event
           LEFT JOIN sources AS s ON s.id = e.source WHERE alert = ?1",
    )?;
    let mut ends = c.prepare_cached(
        "SELECT e.key, e.offset, e.length, s.path FROM alert_evidence JOIN evidence AS e ON e.key = event
           LEFT JOIN sources AS s ON s.id = e.source
         WHERE alert = ?1 AND (n = 0 OR n = (SELECT max(n) FROM alert_evidence WHERE alert = ?1)) ORDER BY n",
    )?;
    let mut found = Vec::new();
    for id in ids.into_iter().filter(|id| !raised.contains(id)) {
        let of: Vec<Option<String>> = sources.query_map([&id], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
        let known = |path: &Option<String>| path.as_ref().is_some_and(|p| paths.contains_key(p));
        if of.is_empty() || !of.iter().all(known) {
            continue;
        }
        let places = ends.query_map([&id], |r| {
            let path: Option<String> = r.get(3)?;
            let source = path.and_then(|p| paths.get(&p).copied());
            let (offset, len) = (uint(r.get(1)?), uint(r.get(2)?));
            Ok(source.map(|source| (source, offset, len, r.get::<_, String>(0))))
        })?;
        let mut list = Vec::new();
        for place in places {
            if let Some((source, offset, len, key)) = place? {
                list.push(Place { source, offset, len, key: key? });
            }
        }
        found.push((id, list));
    }
    Ok(found)
}
