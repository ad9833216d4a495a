//! Sources, how far they have been read, and the rules in force.

use std::sync::PoisonError;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::error::Result;
use super::types::{RuleRecord, SourceEnd, SourceRecord};
use super::{Store, int, ts};
use super::{parts, seals};
use crate::event::{SourceId, Ts};

impl Store {
    /// Makes a source of this run known, before its alerts or marks come. One
    /// row stands for one content under one name; what was recorded of it
    /// before (its time reference above all) is kept.
    pub fn register_source(&mut self, s: &SourceRecord) -> Result<()> {
        self.register_part(s, (0, 0), &mut |_| false)
    }

    /// As [`Store::register_source`], or a later file of a log that is followed:
    /// its number, and where it begins in what this run reads. `begins` says whether the
    /// content of a fingerprint is what the file begins with: a log that has grown
    /// since stays the same source.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn register_part(
        &mut self,
        s: &SourceRecord,
        (part, begin): (usize, u64),
        begins: &mut dyn FnMut(&str) -> bool,
    ) -> Result<()> {
        let after = part.checked_sub(1).and_then(|before| self.sources().row(s.id, before));
        let row = self.write(|tx, ctx| {
            let row = parts::register(tx, ctx, s, after, begins)?;
            seals::source(tx, row)?;
            Ok(row)
        })?;
        self.sources.write().unwrap_or_else(PoisonError::into_inner).set(s.id, part, begin, row);
        Ok(())
    }

    /// A log of this run that was empty, or not there yet, when it was made known has a
    /// format now: by it all its parts are read.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn read_as(&mut self, id: SourceId, format: &str) -> Result<()> {
        let sources = self.sources();
        let rows: Vec<i64> = (0..sources.of(id)).filter_map(|part| sources.row(id, part)).collect();
        drop(sources);
        self.write(|tx, _| {
            rows.iter().try_for_each(|row| {
                tx.prepare_cached("UPDATE sources SET format = ?2 WHERE id = ?1")?.execute(params![row, format])?;
                seals::source(tx, *row)
            })
        })
    }

    /// Fingerprints of what stood under a path when it was read, the latest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn fingerprints_of(&self, path: &str) -> Result<Vec<String>> {
        self.read(|c| {
            let mut s =
                c.prepare_cached("SELECT fingerprint FROM sources WHERE path = ?1 ORDER BY id DESC LIMIT ?2")?;
            let rows = s.query_map(params![path, parts::LOOKED_AT], |r| r.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// How many parts of a log of this run are known.
    #[must_use]
    pub fn parts_of(&self, id: SourceId) -> usize {
        self.sources().of(id)
    }

    /// Records hash and size of a source once it has been read, or how far it was
    /// read. What is known of the whole is not replaced by a part of it.
    pub fn finish_source(&mut self, id: SourceId, end: &SourceEnd) -> Result<()> {
        self.finish_part(id, 0, end)
    }

    /// As [`Store::finish_source`], for a part of the log, counted from the first
    /// that this run read.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn finish_part(&mut self, id: SourceId, part: usize, end: &SourceEnd) -> Result<()> {
        let Some(row) = self.sources().row(id, part) else { return Ok(()) };
        self.write(|tx, _| end_at(tx, row, end))
    }

    /// The time reference recorded for this content, whatever its name was.
    pub fn recorded_time_ref(&self, fingerprint: &str) -> Result<Option<Ts>> {
        self.read(|c| {
            Ok(c.prepare_cached(
                "SELECT time_ref FROM sources WHERE fingerprint = ?1 AND time_ref IS NOT NULL ORDER BY id LIMIT 1",
            )?
            .query_row([fingerprint], |r| r.get(0))
            .optional()?
            .map(|t| ts(Some(t))))
        })
    }

    /// Makes the rules in force known; alerts ingested after it refer to these texts.
    pub fn set_rules(&mut self, rules: &[RuleRecord]) -> Result<()> {
        self.write(|tx, ctx| {
            let mut s = tx.prepare_cached(
                "INSERT OR IGNORE INTO rules (id, sha256, title, version, first_seen) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for r in rules {
                if s.execute(params![r.id, r.sha256, r.title, r.version, ctx.now.0])? > 0 {
                    seals::rule(tx, &r.id, &r.sha256)?;
                }
            }
            Ok(())
        })?;
        self.rules = rules.iter().map(|r| (r.id.clone(), r.sha256.clone())).collect();
        Ok(())
    }
}

/// Notes how far a source was read. More is known of a log of which more was read;
/// one that was read to its end is known best.
pub(super) fn end_at(conn: &Connection, row: i64, end: &SourceEnd) -> Result<()> {
    // A source that was not read to its end has no hash.
    let sha256 = (!end.sha256.is_empty()).then_some(&end.sha256);
    let n = conn
        .prepare_cached(
            "UPDATE sources SET sha256 = ?2, size = ?3, lines = ?4, records = ?5,
               complete = CASE WHEN size = ?3 AND sha256 = ?2 THEN max(complete, ?6) ELSE ?6 END
             WHERE id = ?1 AND (?6 OR (?2 IS NULL AND sha256 IS NULL)
               OR (?2 IS NOT NULL AND (sha256 IS NULL OR coalesce(size, 0) <= ?3)))",
        )?
        .execute(params![row, sha256, int(end.size), int(end.lines), int(end.records), end.complete])?;
    if n > 0 && !end.fingerprint.is_empty() {
        // Another source may have the same name and content: then it is known by that.
        conn.prepare_cached("UPDATE OR IGNORE sources SET fingerprint = ?2 WHERE id = ?1 AND fingerprint <> ?2")?
            .execute(params![row, end.fingerprint])?;
    }
    seals::source(conn, row)
}
