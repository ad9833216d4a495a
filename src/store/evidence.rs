//! Copies of the records that alerts rest on and that people mark.
//!
//! A record's name holds the hash of its bytes, so bytes that are not the
//! record (the file was changed before they were copied) are not taken.

use std::sync::PoisonError;

use rusqlite::{Connection, params};

use super::canonical::sha256_hex;
use super::error::Result;
use super::types::{EventKey, Target};
use super::views::{EvidenceRow, evidence_of};
use super::{Store, int, ops, time};
use crate::event::{Batch, SourceId, Ts, hash64};

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

impl Store {
    /// The records of these alerts of which the store knows the place but has
    /// no bytes, with their source's number in this run. Read and given to
    /// [`Store::add_evidence`], they make a case complete that is escalated.
    pub fn missing_evidence(&self, alerts: &[String]) -> Result<Vec<(SourceId, EvidenceRow)>> {
        let numbers: Vec<(i64, SourceId)> = {
            let sources = self.sources.read().unwrap_or_else(PoisonError::into_inner);
            sources.iter().map(|(id, row)| (*row, SourceId(*id))).collect()
        };
        self.read(|c| {
            let mut missing = Vec::new();
            for id in alerts {
                for e in evidence_of(c, id)?.into_iter().filter(|e| e.raw.is_none()) {
                    // Of one content given under two names any will do: the least number.
                    let source = numbers.iter().filter(|(row, _)| Some(*row) == e.source_row).map(|(_, id)| *id).min();
                    missing.extend(source.map(|s| (s, e)));
                }
            }
            Ok(missing)
        })
    }

    /// Adds the bytes of records in the store. Returns how many were taken:
    /// bytes that are not the record are refused.
    pub fn add_evidence(&mut self, records: &[(EventKey, Vec<u8>)]) -> Result<usize> {
        self.write(|tx, _| {
            let mut taken = 0;
            for (key, raw) in records {
                let raw = kept(raw);
                let offset: i64 = match tx
                    .prepare_cached("SELECT offset FROM evidence WHERE key = ?1")?
                    .query_row([&key.0], |r| r.get(0))
                {
                    Err(rusqlite::Error::QueryReturnedNoRows) => return Err(ops::missing(&Target::Event(key.clone()))),
                    other => other?,
                };
                if EventKey::new(hash64(raw), super::uint(offset)) == *key {
                    taken += tx
                        .prepare_cached("UPDATE evidence SET raw = ?2, sha256 = ?3 WHERE key = ?1 AND raw IS NULL")?
                        .execute(params![key.0, raw, sha256_hex(raw)])?;
                }
            }
            Ok(taken)
        })
    }
}
