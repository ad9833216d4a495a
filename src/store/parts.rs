//! Logs of a run, and the parts that rotation makes of them.
//!
//! A run reads a followed log as one stream, in which places count on from file
//! to file. In the store each file is a source of its own, and a place in it is
//! one in the file: it is the same whoever reads the file later, under whatever
//! name. Here one is turned into the other.

use rusqlite::{Connection, OptionalExtension as _, params};
use rustc_hash::FxHashMap;

use super::Ctx;
use super::error::Result;
use super::time;
use super::types::SourceRecord;
use crate::event::SourceId;

/// Sources of one path that are looked at, the latest first.
pub(super) const LOOKED_AT: i64 = 100;

/// Which row a place of the run is in.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts(FxHashMap<u32, Vec<Part>>);

/// One file of a log: where it begins in what the run read, and its row.
#[derive(Debug, Clone, Copy)]
struct Part {
    begin: u64,
    row: i64,
}

impl Parts {
    /// The row of a place, and the place in it.
    pub(super) fn place(&self, source: SourceId, offset: u64) -> (Option<i64>, u64) {
        let parts = self.0.get(&source.0).map_or(&[][..], Vec::as_slice);
        let after = parts.partition_point(|p| p.begin <= offset);
        match after.checked_sub(1).and_then(|i| parts.get(i)) {
            Some(part) => (Some(part.row), offset - part.begin),
            None => (None, offset),
        }
    }

    /// The row of a log's part, counted from the first that this run read.
    pub(super) fn row(&self, source: SourceId, part: usize) -> Option<i64> {
        self.0.get(&source.0)?.get(part).map(|p| p.row)
    }

    /// How many there are in all.
    pub(super) fn len(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// How many parts of this log are known.
    pub(super) fn of(&self, source: SourceId) -> usize {
        self.0.get(&source.0).map_or(0, Vec::len)
    }

    /// Every row with the log that it is in this run, and where it begins there.
    pub(super) fn rows(&self) -> Vec<(i64, SourceId, u64)> {
        let mut all: Vec<_> =
            self.0.iter().flat_map(|(id, parts)| parts.iter().map(|p| (p.row, SourceId(*id), p.begin))).collect();
        // Of one content given under two names any will do: the least number, which comes last.
        all.sort_unstable_by(|a, b| b.cmp(a));
        all
    }

    /// One part; those that were known behind it are forgotten.
    pub(super) fn set(&mut self, source: SourceId, part: usize, begin: u64, row: i64) {
        let parts = self.0.entry(source.0).or_default();
        parts.truncate(part);
        parts.push(Part { begin, row });
    }
}

/// What the store knows of a source that a path had before.
struct Known {
    row: i64,
    fingerprint: String,
}

/// The row for what stands under a path now: the one that has its beginning, as
/// `begins` says of a fingerprint, or a new one. `after` is the row of the part
/// that this run read before it.
pub(super) fn register(
    c: &Connection,
    ctx: &Ctx<'_>,
    s: &SourceRecord,
    after: Option<i64>,
    begins: &mut dyn FnMut(&str) -> bool,
) -> Result<i64> {
    let known = known(c, s, after)?;
    if let Some(k) = known.iter().find(|k| begins(&k.fingerprint)) {
        return go_on(c, s, k);
    }
    // Another log may have been named so; what goes on from a part of this one has not.
    let before = after.or_else(|| known.first().filter(|_| s.followed).map(|k| k.row));
    let Some(before) = before else { return plain(c, ctx, s) };
    let (log, part): (i64, i64) = c
        .prepare_cached("SELECT coalesce(log, id), part + 1 FROM sources WHERE id = ?1")?
        .query_row([before], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let taken = c
        .prepare_cached("SELECT 1 FROM sources WHERE name = ?1 AND fingerprint = ?2")?
        .query_row([&s.name, &s.fingerprint], |_| Ok(()))
        .optional()?;
    // Two parts may begin alike: this one has its own fingerprint when more of it was read.
    let print = if taken.is_some() { format!("{}+{log}.{part}", s.fingerprint) } else { s.fingerprint.clone() };
    let row = c
        .prepare_cached(
            "INSERT INTO sources (name, fingerprint, path, format, timezone, time_ref, first_seen, year_given, log, part)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING id",
        )?
        .query_row(
            params![
                s.name,
                print,
                s.path,
                s.format,
                s.timezone,
                time(s.time_ref),
                ctx.now.0,
                s.year_given,
                log,
                part
            ],
            |r| r.get(0),
        )?;
    Ok(row)
}

/// The sources that this path had, the latest first; of a later part those that came after the one before it.
fn known(c: &Connection, s: &SourceRecord, after: Option<i64>) -> Result<Vec<Known>> {
    let Some(path) = &s.path else { return Ok(Vec::new()) };
    let mut q =
        c.prepare_cached("SELECT id, fingerprint FROM sources WHERE path = ?1 AND id > ?2 ORDER BY id DESC LIMIT ?3")?;
    let rows = q.query_map(params![path, after.unwrap_or(0), LOOKED_AT], |r| {
        Ok(Known { row: r.get(0)?, fingerprint: r.get(1)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The log has grown: its row stays, and is of what stands there now, as it is read now. Its
/// reference for missing years is the one by which it is read now, unless nothing came.
fn go_on(c: &Connection, s: &SourceRecord, k: &Known) -> Result<i64> {
    if k.fingerprint == s.fingerprint {
        c.prepare_cached("UPDATE sources SET format = ?2, timezone = ?3 WHERE id = ?1")?
            .execute(params![k.row, s.format, s.timezone])?;
    } else {
        c.prepare_cached(
            "UPDATE sources SET format = ?2, timezone = ?3, time_ref = coalesce(?4, time_ref), year_given = ?5
             WHERE id = ?1",
        )?
        .execute(params![k.row, s.format, s.timezone, time(s.time_ref), s.year_given])?;
    }
    Ok(k.row)
}

/// One row stands for one content under one name; what was recorded of it before
/// (its time reference above all) is kept.
fn plain(c: &Connection, ctx: &Ctx<'_>, s: &SourceRecord) -> Result<i64> {
    c.prepare_cached(
        "INSERT INTO sources (name, fingerprint, path, format, timezone, time_ref, first_seen, year_given)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (name, fingerprint) DO UPDATE SET path = excluded.path, format = excluded.format,
           timezone = excluded.timezone, time_ref = coalesce(sources.time_ref, excluded.time_ref),
           year_given = CASE WHEN sources.time_ref IS NULL THEN excluded.year_given ELSE sources.year_given END
         RETURNING id",
    )?
    .query_row(
        params![s.name, s.fingerprint, s.path, s.format, s.timezone, time(s.time_ref), ctx.now.0, s.year_given],
        |r| r.get(0),
    )
    .map_err(Into::into)
}
