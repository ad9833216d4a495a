//! Alerts that a reading gives otherwise than the store has them, under a
//! revision that is no newer.
//!
//! The number counts the changes of one reading. With other rules an alert may
//! change less often, as where the one that stood for it is not given any more:
//! by its number alone it would stay hidden under what was withdrawn.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _};
use serde_json::Value;

use super::alerts::document;
use super::error::Result;
use super::withdraw::{Place, list};
use super::{Store, uint};
use crate::alert::Alert;
use crate::event::SourceId;

/// The records of an alert, the first and the last of them, and whether others
/// than these logs (`?2`) hold one of them.
const PLACES: &str = "SELECT e.key, e.offset, e.length, e.source FROM alert_evidence AS l
    JOIN evidence AS e ON e.key = l.event
  WHERE l.alert = ?1 AND l.n IN (0, (SELECT max(n) FROM alert_evidence WHERE alert = ?1))
    AND NOT EXISTS (SELECT 1 FROM alert_evidence AS x JOIN evidence AS r ON r.key = x.event
      WHERE x.alert = ?1 AND coalesce(r.source, -1) NOT IN (SELECT value FROM json_each(?2)))
  ORDER BY l.n";

impl Store {
    /// Of the alerts that a reading gave at its end, those that the store has
    /// otherwise and that rest on these logs alone. `stands` says whether the run
    /// has read the record at that place: an alert of more than it has seen stays
    /// as it is, and so does one that is tied to an alert of other logs.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn outdated(&self, alerts: &[Arc<Alert>], stands: &mut dyn FnMut(&Place) -> bool) -> Result<BTreeSet<String>> {
        let given: BTreeSet<&str> = alerts.iter().map(|a| a.id.as_str()).collect();
        self.read(|c| {
            let logs = self.logs(c)?;
            let mine = list(logs.keys())?;
            let mut out = BTreeSet::new();
            for a in alerts {
                let Some(had) = stored(c, a)? else { continue };
                let places = places(c, &a.id, &mine, &logs)?;
                if !places.is_empty() && places.iter().all(&mut *stands) && free(c, &had, &given)? {
                    out.insert(a.id.clone());
                }
            }
            Ok(out)
        })
    }
}

/// What the store has of an alert, where that says something else.
fn stored(c: &Connection, a: &Alert) -> Result<Option<Value>> {
    let q = "SELECT doc FROM alerts WHERE id = ?1 AND revision >= ?2 AND withdrawn IS NULL";
    let had: Option<String> =
        c.prepare_cached(q)?.query_row(rusqlite::params![a.id, a.revision], |r| r.get(0)).optional()?;
    let now = document(a);
    let Some(had) = had.filter(|had| *had != now) else { return Ok(None) };
    // Whether it can still grow, and how often it changed, is no other alert.
    let bare = |doc: &str| {
        let mut doc: Value = serde_json::from_str(doc).unwrap_or_default();
        if let Some(map) = doc.as_object_mut() {
            map.retain(|name, _| name != "revision" && name != "state");
        }
        doc
    };
    let had = bare(&had);
    Ok((had != bare(&now)).then_some(had))
}

/// Where an alert's first and last records are; none where other logs hold some.
fn places(c: &Connection, id: &str, mine: &str, logs: &BTreeMap<i64, (SourceId, u64)>) -> Result<Vec<Place>> {
    let mut s = c.prepare_cached(PLACES)?;
    let mut rows = s.query([id, mine])?;
    let mut out = Vec::new();
    while let Some(r) = rows.next()? {
        if let Some((source, part)) = r.get::<_, Option<i64>>(3)?.and_then(|row| logs.get(&row)) {
            out.push(Place {
                source: *source,
                part: *part,
                offset: uint(r.get(1)?),
                len: uint(r.get(2)?),
                key: r.get(0)?,
            });
        }
    }
    Ok(out)
}

/// Whether all alerts that it stood for, or that stood for it, are of this
/// reading, too, or are gone.
fn free(c: &Connection, had: &Value, given: &BTreeSet<&str>) -> Result<bool> {
    let covers = had["covers"].as_array().into_iter().flatten();
    for id in covers.chain([&had["covered_by"]]).filter_map(Value::as_str).filter(|id| !given.contains(id)) {
        let q = "SELECT EXISTS (SELECT 1 FROM alerts WHERE id = ?1 AND withdrawn IS NULL)";
        if c.prepare_cached(q)?.query_row([id], |r| r.get::<_, bool>(0))? {
            return Ok(false);
        }
    }
    Ok(true)
}
