//! Records in the store, and the notes on anything.

use rusqlite::{Connection, Row};

use super::{tags_of, unpack};
use crate::event::Ts;
use crate::store::error::Result;
use crate::store::ops::{self, Operation};
use crate::store::types::{EventKey, Target};
use crate::store::{Store, ts, uint};

/// A note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Id (that of the operation that wrote it).
    pub id: String,
    /// About what.
    pub target: String,
    /// The text.
    pub text: String,
    /// Who.
    pub writer: String,
    /// When.
    pub time: Ts,
}

/// A record of a log as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRow {
    /// Its name.
    pub key: EventKey,
    /// Row of its source.
    pub source_row: Option<i64>,
    /// Its source, as the user gave it.
    pub source: Option<String>,
    /// Byte offset in the (decompressed) source.
    pub offset: u64,
    /// Length in the source in bytes.
    pub len: u64,
    /// First line.
    pub line: u64,
    /// Event time.
    pub time: Ts,
    /// The bytes, where they are kept.
    pub raw: Option<Vec<u8>>,
    /// Their SHA-256.
    pub sha256: Option<String>,
    /// Name of the source's format.
    pub format: Option<String>,
}

/// A record with what people made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventInfo {
    /// The record.
    pub event: EvidenceRow,
    /// Who marked it.
    pub marked_by: Option<String>,
    /// When.
    pub marked_at: Ts,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// Number of notes.
    pub notes: u64,
}

const COLUMNS: &str = "e.key, e.source, s.name, e.offset, e.length, e.line, e.time, e.raw, e.sha256, s.format";

fn evidence_row(r: &Row<'_>) -> rusqlite::Result<EvidenceRow> {
    Ok(EvidenceRow {
        key: EventKey(r.get(0)?),
        source_row: r.get(1)?,
        source: r.get(2)?,
        offset: uint(r.get(3)?),
        len: uint(r.get(4)?),
        line: uint(r.get(5)?),
        time: ts(r.get(6)?),
        raw: r.get(7)?,
        sha256: r.get(8)?,
        format: r.get(9)?,
    })
}

/// The records of an alert, in order.
pub(in crate::store) fn evidence_of(conn: &Connection, alert: &str) -> Result<Vec<EvidenceRow>> {
    let mut s = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM alert_evidence AS l JOIN evidence AS e ON e.key = l.event
         LEFT JOIN sources AS s ON s.id = e.source WHERE l.alert = ?1 ORDER BY l.n"
    ))?;
    let rows = s.query_map([alert], evidence_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The notes on a target, oldest first.
pub(in crate::store) fn notes_of(conn: &Connection, target: &str) -> Result<Vec<Note>> {
    let mut s =
        conn.prepare_cached("SELECT id, target, text, writer, time FROM notes WHERE target = ?1 ORDER BY time, id")?;
    let rows = s.query_map([target], |r| {
        Ok(Note { id: r.get(0)?, target: r.get(1)?, text: r.get(2)?, writer: r.get(3)?, time: Ts(r.get(4)?) })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Records that meet a condition, in order of time.
pub(in crate::store) fn events_where(
    conn: &Connection,
    condition: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<EventInfo>> {
    let mut s = conn.prepare_cached(&format!(
        "SELECT {COLUMNS}, e.marked_by, e.marked_at,
           (SELECT json_group_array(tag) FROM (SELECT tag FROM tags WHERE target = 'event:' || e.key ORDER BY tag)),
           (SELECT count(*) FROM notes WHERE target = 'event:' || e.key)
         FROM evidence AS e LEFT JOIN sources AS s ON s.id = e.source
         WHERE {condition} ORDER BY e.time, e.source, e.offset, e.key"
    ))?;
    let rows = s.query_map(params, |r| {
        Ok(EventInfo {
            event: evidence_row(r)?,
            marked_by: r.get(10)?,
            marked_at: ts(r.get(11)?),
            tags: unpack(r.get(12)?),
            notes: uint(r.get(13)?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Store {
    /// The records that someone marked, tagged, noted or put into a case, in order of time.
    pub fn events(&self) -> Result<Vec<EventInfo>> {
        let rows = self.read(|c| {
            events_where(
                c,
                "e.marked_at IS NOT NULL
                 OR e.key IN (SELECT substr(target, 7) FROM tags WHERE target GLOB 'event:*'
                        UNION SELECT substr(target, 7) FROM notes WHERE target GLOB 'event:*'
                        UNION SELECT substr(item, 7) FROM case_items WHERE item GLOB 'event:*')",
                [],
            )
        })?;
        self.note_seen()?;
        Ok(rows)
    }

    /// One record in the store.
    pub fn event(&self, key: &EventKey) -> Result<Option<EventInfo>> {
        self.read(|c| Ok(events_where(c, "e.key = ?1", [&key.0])?.pop()))
    }

    /// The notes on an alert, a case or a record, oldest first.
    pub fn notes(&self, target: &Target) -> Result<Vec<Note>> {
        self.read(|c| notes_of(c, &target.to_string()))
    }

    /// The tags of an alert, a case or a record, sorted.
    pub fn tags(&self, target: &Target) -> Result<Vec<String>> {
        self.read(|c| tags_of(c, &target.to_string()))
    }

    /// Every tag in use, sorted, for completion.
    pub fn all_tags(&self) -> Result<Vec<String>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT DISTINCT tag FROM tags ORDER BY tag")?;
            let rows = s.query_map([], |r| r.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// What people did with an alert, a case or a record, oldest first.
    pub fn history(&self, target: &Target) -> Result<Vec<Operation>> {
        self.read(|c| ops::select(c, "target = ?1", [target.to_string()]))
    }
}
