//! Completes the evidence of alerts that are in a case.
//!
//! Ingest copies the bytes of an alert's first records and keeps the places of
//! up to [`crate::alert::MAX_EVIDENCE`]. What enters a case must outlive the
//! log: the rest is copied then, up to [`MAX_ALERT_BYTES`] for each alert. A
//! record that cannot be copied is counted, with its log and the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rusqlite::{Connection, params};
use serde::Serialize;

use super::canonical::sha256_hex;
use super::error::Result;
use super::evidence::kept;
use super::types::EventKey;
use super::{Store, uint};
use crate::event::{Batch, SourceId, hash64};

/// Most bytes of records kept for one alert in a case.
pub const MAX_ALERT_BYTES: u64 = 16 << 20;
/// Bytes and records written in one transaction, so that others never wait long.
const BATCH_BYTES: u64 = 4 << 20;
const BATCH_RECORDS: usize = 512;

/// A log that holds records of which the store knows only the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPlace {
    /// Its number in this run, where it is open, and where its part begins there.
    pub run: Option<(SourceId, u64)>,
    /// As the user gave it.
    pub name: String,
    /// Absolute path; `None` for standard input.
    pub path: Option<String>,
}

/// Reads bytes of a log at an offset (fewer where it ends), or says why not.
pub type ReadLog<'a> = dyn FnMut(&LogPlace, u64, usize) -> std::result::Result<Vec<u8>, String> + 'a;

/// Records of one log that could not be copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The log, as the user gave it.
    pub source: String,
    /// How many records.
    pub records: u64,
    /// Why.
    pub reason: String,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = if self.records == 1 { "" } else { "s" };
        write!(f, "{} record{s} of {} without a copy: {}", self.records, self.source, self.reason)
    }
}

/// What [`Store::complete_evidence`] did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Completed {
    /// Records copied.
    pub copied: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What could not be copied, by log and reason.
    pub gaps: Vec<Gap>,
}

impl Completed {
    /// Records without a copy.
    #[must_use]
    pub fn without(&self) -> u64 {
        self.gaps.iter().map(|g| g.records).sum()
    }
}

struct Missing {
    key: String,
    offset: u64,
    len: u64,
    log: LogPlace,
}

impl Store {
    /// Copies the records of these alerts of which the store has only the
    /// place. `read` reaches the logs.
    ///
    /// # Errors
    /// When the store cannot be read or written; a log that cannot be read is a
    /// gap in the answer.
    pub fn complete_evidence(&mut self, alerts: &[String], read: &mut ReadLog<'_>) -> Result<Completed> {
        let mut done = Completed::default();
        let mut gaps: BTreeMap<(String, String), u64> = BTreeMap::new();
        let mut batch: Vec<(String, Vec<u8>)> = Vec::new();
        let (mut bytes, mut seen) = (0, BTreeSet::new());
        for id in alerts {
            let (mut have, missing) = self.missing(id)?;
            for m in missing {
                // One record may support several alerts.
                if !seen.insert(m.key.clone()) {
                    continue;
                }
                let want = m.len.min(Batch::MAX_RECORD as u64);
                let got = if have + want > MAX_ALERT_BYTES {
                    Err(format!("more than {} MiB of one alert are not copied", MAX_ALERT_BYTES >> 20))
                } else {
                    self.read_record(&m, want, read)
                };
                match got {
                    Ok(raw) => {
                        have += raw.len() as u64;
                        bytes += raw.len() as u64;
                        done.bytes += raw.len() as u64;
                        batch.push((m.key, raw));
                    }
                    Err(reason) => *gaps.entry((m.log.name, reason)).or_default() += 1,
                }
                if bytes >= BATCH_BYTES || batch.len() >= BATCH_RECORDS {
                    done.copied += self.add_evidence(&batch)?;
                    batch.clear();
                    bytes = 0;
                }
            }
        }
        if !batch.is_empty() {
            done.copied += self.add_evidence(&batch)?;
        }
        done.gaps = gaps.into_iter().map(|((source, reason), records)| Gap { source, records, reason }).collect();
        Ok(done)
    }

    /// How many records of these alerts have no copy.
    pub fn evidence_without_bytes(&self, alerts: &[String]) -> Result<u64> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT count(*) FROM alert_evidence AS l JOIN evidence AS e ON e.key = l.event
                 WHERE l.alert = ?1 AND e.raw IS NULL",
            )?;
            let mut sum = 0;
            for id in alerts {
                sum += uint(s.query_row([id], |r| r.get(0))?);
            }
            Ok(sum)
        })
    }

    /// Which of these alerts are in a case.
    pub fn in_cases<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Result<Vec<String>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM case_items JOIN cases ON cases.id = case_id
                 WHERE item = 'alert:' || ?1 AND withdrawn = 0)",
            )?;
            let mut found = Vec::new();
            for id in ids {
                if s.query_row([id], |r| r.get(0))? {
                    found.push(id.to_owned());
                }
            }
            Ok(found)
        })
    }

    /// Bytes kept of an alert's records, and its records without a copy, in order.
    fn missing(&self, alert: &str) -> Result<(u64, Vec<Missing>)> {
        let runs: BTreeMap<i64, (SourceId, u64)> =
            self.sources().rows().into_iter().map(|(row, id, begin)| (row, (id, begin))).collect();
        self.read(|c| {
            let have: i64 = c
                .prepare_cached(
                    "SELECT coalesce(sum(length(e.raw)), 0) FROM alert_evidence AS l
                     JOIN evidence AS e ON e.key = l.event WHERE l.alert = ?1",
                )?
                .query_row([alert], |r| r.get(0))?;
            let mut s = c.prepare_cached(
                "SELECT e.key, e.offset, e.length, e.source, s.name, s.path
                 FROM alert_evidence AS l JOIN evidence AS e ON e.key = l.event
                 LEFT JOIN sources AS s ON s.id = e.source WHERE l.alert = ?1 AND e.raw IS NULL ORDER BY l.n",
            )?;
            let rows = s.query_map([alert], |r| {
                let run = r.get::<_, Option<i64>>(3)?.and_then(|row| runs.get(&row).copied());
                let name = r.get::<_, Option<String>>(4)?.unwrap_or_else(|| "an unknown log".to_owned());
                Ok(Missing {
                    key: r.get(0)?,
                    offset: uint(r.get(1)?),
                    len: uint(r.get(2)?),
                    log: LogPlace { run, name, path: r.get(5)? },
                })
            })?;
            Ok((uint(have), rows.collect::<rusqlite::Result<_>>()?))
        })
    }

    /// The record's bytes, if they are still those of the record.
    fn read_record(&self, m: &Missing, want: u64, read: &mut ReadLog<'_>) -> std::result::Result<Vec<u8>, String> {
        let mut raw = read(&m.log, m.offset, usize::try_from(want).unwrap_or(usize::MAX))?;
        if (raw.len() as u64) < want {
            return Err("the log ends before them now".to_owned());
        }
        raw.truncate(kept(&raw).len());
        if EventKey::new(hash64(&raw), m.offset).0 == m.key {
            Ok(raw)
        } else {
            Err("the log has other bytes there now".to_owned())
        }
    }

    fn add_evidence(&mut self, records: &[(String, Vec<u8>)]) -> Result<u64> {
        self.write(|tx, _| {
            let mut taken = 0;
            for (key, raw) in records {
                taken += add(tx, key, raw)?;
            }
            Ok(taken)
        })
    }
}

fn add(conn: &Connection, key: &str, raw: &[u8]) -> Result<u64> {
    let n = conn
        .prepare_cached("UPDATE evidence SET raw = ?2, sha256 = ?3 WHERE key = ?1 AND raw IS NULL")?
        .execute(params![key, raw, sha256_hex(raw)])?;
    Ok(n as u64)
}
