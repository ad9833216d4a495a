//! Sources, how far they have been read, and the rules in force.

use std::sync::PoisonError;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::error::Result;
use super::types::{RuleRecord, SourceEnd, SourceRecord};
use super::{Store, int, time, ts, uint};
use crate::event::{SourceId, Ts};

impl Store {
    /// Makes a source of this run known, before its alerts or marks come. One
    /// row stands for one content under one name; what was recorded of it
    /// before (its time reference above all) is kept.
    pub fn register_source(&mut self, s: &SourceRecord) -> Result<()> {
        let row = self.write(|tx, ctx| {
            tx.prepare_cached(
                "INSERT INTO sources (name, fingerprint, path, format, timezone, time_ref, first_seen, year_given)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (name, fingerprint) DO UPDATE SET path = excluded.path, format = excluded.format,
                   timezone = excluded.timezone, time_ref = coalesce(sources.time_ref, excluded.time_ref),
                   year_given = CASE WHEN sources.time_ref IS NULL THEN excluded.year_given ELSE sources.year_given END
                 RETURNING id",
            )?
            .query_row(
                params![s.name, s.fingerprint, s.path, s.format, s.timezone, time(s.time_ref), ctx.now.0, s.year_given],
                |r| r.get::<_, i64>(0),
            )
            .map_err(Into::into)
        })?;
        self.sources.write().unwrap_or_else(PoisonError::into_inner).insert(s.id.0, row);
        Ok(())
    }

    /// Records hash and size of a source once it has been read, or how far it was
    /// read. What is known of the whole is not replaced by a part of it.
    pub fn finish_source(&mut self, id: SourceId, end: &SourceEnd) -> Result<()> {
        let Some(row) = self.source_row(id) else { return Ok(()) };
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

    /// Remembers how far a followed source has been read.
    pub fn set_offset(&mut self, id: SourceId, position: u64, line: u64) -> Result<()> {
        let Some(row) = self.source_row(id) else { return Ok(()) };
        self.write(|tx, ctx| {
            tx.prepare_cached(
                "INSERT INTO offsets (source, position, line, updated) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (source) DO UPDATE SET position = excluded.position, line = excluded.line,
                   updated = excluded.updated",
            )?
            .execute(params![row, int(position), int(line), ctx.now.0])?;
            Ok(())
        })
    }

    /// Position and line up to which a source has been read.
    pub fn offset(&self, id: SourceId) -> Result<Option<(u64, u64)>> {
        let Some(row) = self.source_row(id) else { return Ok(None) };
        self.read(|c| {
            Ok(c.prepare_cached("SELECT position, line FROM offsets WHERE source = ?1")?
                .query_row([row], |r| Ok((uint(r.get(0)?), uint(r.get(1)?))))
                .optional()?)
        })
    }

    /// Makes the rules in force known; alerts ingested after it refer to these texts.
    pub fn set_rules(&mut self, rules: &[RuleRecord]) -> Result<()> {
        self.write(|tx, ctx| {
            let mut s = tx.prepare_cached(
                "INSERT OR IGNORE INTO rules (id, sha256, title, version, first_seen) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for r in rules {
                s.execute(params![r.id, r.sha256, r.title, r.version, ctx.now.0])?;
            }
            Ok(())
        })?;
        self.rules = rules.iter().map(|r| (r.id.clone(), r.sha256.clone())).collect();
        Ok(())
    }
}

/// Notes how far a source was read.
pub(super) fn end_at(conn: &Connection, row: i64, end: &SourceEnd) -> Result<()> {
    // A source that was not read to its end has no hash.
    let sha256 = (!end.sha256.is_empty()).then_some(&end.sha256);
    conn.prepare_cached(
        "UPDATE sources SET sha256 = ?2, size = ?3, lines = ?4, records = ?5, complete = ?6
         WHERE id = ?1 AND (?6 OR (complete = 0 AND (?2 IS NOT NULL OR sha256 IS NULL)))",
    )?
    .execute(params![row, sha256, int(end.size), int(end.lines), int(end.records), end.complete])?;
    Ok(())
}
