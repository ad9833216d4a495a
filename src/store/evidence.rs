//! Copies of the records that alerts rest on and that people mark.
//!
//! A record's name holds the hash of its bytes, so bytes that are not the
//! record (the file was changed before they were copied) are not taken.

use rusqlite::{Connection, params};

use super::canonical::sha256_hex;
use super::error::Result;
use super::types::EventKey;
use super::{int, time};
use crate::event::{Batch, Ts, hash64};

/// What is kept of a record; the rest stays reachable in the log by offset.
pub(super) fn kept(raw: &[u8]) -> &[u8] {
    raw.get(..Batch::MAX_RECORD).unwrap_or(raw)
}

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
    let raw = e.raw.map(kept).filter(|r| EventKey::new(hash64(r), e.offset) == *e.key);
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
