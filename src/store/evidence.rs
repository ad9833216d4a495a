//! Copies of the records that alerts rest on and that people mark.

use rusqlite::{Connection, params};

use super::canonical::sha256_hex;
use super::error::Result;
use super::types::EventKey;
use super::{int, time};
use crate::event::Ts;

/// Most bytes kept of one record; the rest stays reachable in the log by offset.
pub(super) const MAX_RAW: usize = 1 << 20;

/// A record to keep.
pub(super) struct Evidence<'a> {
    pub(super) key: &'a EventKey,
    pub(super) source: Option<i64>,
    pub(super) offset: u64,
    pub(super) len: u64,
    pub(super) line: u64,
    pub(super) time: Ts,
    pub(super) raw: Option<&'a [u8]>,
}

/// Keeps the record; bytes that are already there are not written again.
pub(super) fn keep(conn: &Connection, e: &Evidence<'_>) -> Result<()> {
    let raw = e.raw.map(|r| r.get(..MAX_RAW).unwrap_or(r));
    conn.prepare_cached(
        "INSERT INTO evidence (key, source, offset, length, line, time, raw, sha256)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (key) DO UPDATE SET
           raw = coalesce(evidence.raw, excluded.raw), sha256 = coalesce(evidence.sha256, excluded.sha256),
           source = coalesce(evidence.source, excluded.source)
         WHERE (evidence.raw IS NULL AND excluded.raw IS NOT NULL)
            OR (evidence.source IS NULL AND excluded.source IS NOT NULL)",
    )?
    .execute(params![
        e.key.0,
        e.source,
        int(e.offset),
        int(e.len),
        int(e.line),
        time(e.time),
        raw,
        raw.map(sha256_hex)
    ])?;
    Ok(())
}
