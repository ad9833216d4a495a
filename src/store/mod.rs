//! The case store: what people made of the logs, in one SQLite file.
//!
//! Several processes share one file (WAL): one ingests alerts, all triage, and
//! [`Store::changed`] tells each cheaply that another wrote. Every change by a
//! person is an operation (see `ops.rs`), hash-chained per writer, and can be
//! undone by a compensating operation. Ingest writes only the machine's columns
//! of an alert, never the human ones: reading the same log again updates alerts
//! under their ids and loses no decision.
//!
//! Invariants: each public call is one transaction; a call that fails changed
//! nothing; text is stored as it came (faces sanitize what they show).

mod access;
mod alerts;
mod apply;
pub mod canonical;
mod cases;
mod complete;
mod error;
mod evidence;
pub mod export;
mod manifest;
mod migrate;
mod open;
mod ops;
mod outdated;
mod parts;
mod seals;
mod sources;
mod triage;
mod types;
mod undo;
pub mod verify;
mod views;
mod withdraw;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use rustc_hash::FxHashMap;

use crate::event::Ts;
use parts::Parts;

pub use access::is_there;
pub use complete::{Completed, Gap, LogPlace, MAX_ALERT_BYTES, ReadLog};
pub use error::{Result, StoreError};
pub use open::{default_analyst, default_path};
pub use ops::Operation;
pub use types::{
    AlertRecord, CaseId, CaseState, Conflict, EventKey, EventMark, EvidenceBytes, RuleRecord, SourceEnd, SourceRecord,
    Status, Target, Verdict,
};
pub use views::{
    AlertDetail, AlertFilter, AlertRow, AlertSort, CaseDetail, CaseRow, EventInfo, EvidenceRow, Note, TimelineEntry,
    unfounded,
};
pub use withdraw::Place;

/// Attempts to get the write lock, each of two seconds.
const ATTEMPTS: usize = 5;

/// One connection to the case store, for one analyst.
pub struct Store {
    conn: Connection,
    path: PathBuf,
    analyst: String,
    read_only: bool,
    memory: bool,
    /// Last seen `PRAGMA data_version`.
    version: Cell<i64>,
    /// How many logs of this run were known then.
    logs: Cell<usize>,
    /// Set by this connection's own writes until [`Store::changed`] reports them.
    dirty: Cell<bool>,
    /// Position in the log of operations up to which this analyst has read.
    seen: Cell<i64>,
    /// Where that was when what is decided now was looked at.
    looked: Option<i64>,
    clock: Option<Ts>,
    conflicts: Vec<Conflict>,
    /// Rows of this run's sources; connections made from one another share it.
    sources: Arc<RwLock<Parts>>,
    /// SHA-256 of the rule texts in force, by rule id.
    rules: FxHashMap<String, String>,
}

/// What a writing transaction knows of who writes.
struct Ctx<'a> {
    analyst: &'a str,
    /// What the writer had seen of the log.
    base: i64,
    now: Ts,
    conflicts: Vec<Conflict>,
}

impl Store {
    /// Writes what stands in the log beside the database into the database, as
    /// far as nobody is reading there, so that a copy of the one file is whole.
    pub fn settle(&self) {
        // Failing is no loss: the next to open the store does the same.
        let _ = self.conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    }

    /// Opens the case store at `path`, or at its usual place. A file that
    /// cannot be written is opened for reading ([`Store::read_only`]).
    pub fn open(path: Option<&Path>, analyst: &str) -> Result<Self> {
        let path = path.map_or_else(default_path, |p| Ok(p.to_owned()))?;
        let opened = open::open(&path).map_err(|e| e.at(&path))?;
        Self::new(opened, false, analyst)
    }

    /// Opens an existing case store without writing to it.
    pub fn open_read_only(path: Option<&Path>, analyst: &str) -> Result<Self> {
        let path = path.map_or_else(default_path, |p| Ok(p.to_owned()))?;
        let opened = open::open_read_only(&path).map_err(|e| e.at(&path))?;
        Self::new(opened, false, analyst)
    }

    /// A store that lasts as long as its connections, for work without a file.
    pub fn open_in_memory(analyst: &str) -> Result<Self> {
        Self::new(open::open_memory(None)?, true, analyst)
    }

    /// A second connection to the same store, for another thread. Sources that
    /// one registers are known to both.
    pub fn another(&self) -> Result<Self> {
        let opened = match (self.memory, self.read_only) {
            (true, _) => open::open_memory(Some(&self.path))?,
            (false, true) => open::open_read_only(&self.path).map_err(|e| e.at(&self.path))?,
            (false, false) => open::open(&self.path).map_err(|e| e.at(&self.path))?,
        };
        let mut other = Self::new(opened, self.memory, &self.analyst)?;
        other.sources = Arc::clone(&self.sources);
        other.logs.set(other.sources().len());
        other.rules.clone_from(&self.rules);
        other.clock = self.clock;
        Ok(other)
    }

    fn new(opened: open::Opened, memory: bool, analyst: &str) -> Result<Self> {
        let analyst: String = analyst.trim().chars().take(100).collect();
        if analyst.is_empty() {
            return Err(StoreError::Invalid("an analyst needs a name".to_owned()));
        }
        opened.conn.set_prepared_statement_cache_capacity(64);
        let store = Self {
            conn: opened.conn,
            path: opened.path,
            analyst,
            read_only: opened.read_only,
            memory,
            version: Cell::new(0),
            logs: Cell::new(0),
            dirty: Cell::new(false),
            seen: Cell::new(0),
            looked: None,
            clock: None,
            conflicts: Vec::new(),
            sources: Arc::default(),
            rules: FxHashMap::default(),
        };
        store.changed()?;
        store.note_seen()?;
        Ok(store)
    }

    /// Whose changes this connection writes.
    #[must_use]
    pub fn analyst(&self) -> &str {
        &self.analyst
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether nothing can be written; [`Store::read_only_note`] says it in words.
    #[must_use]
    pub fn read_only(&self) -> bool {
        self.read_only
    }

    /// A sentence for the user where the store is open for reading only.
    #[must_use]
    pub fn read_only_note(&self) -> Option<String> {
        self.read_only.then(|| {
            format!("{}: cannot be written; open for reading only, changes will not be saved", self.path.display())
        })
    }

    /// Fixes the clock, for tests and reproducible pictures.
    pub fn set_clock(&mut self, now: Ts) {
        self.clock = Some(now);
    }

    fn now(&self) -> Ts {
        self.clock.unwrap_or_else(Ts::now)
    }

    /// Whether anything was written, by this or any other connection or
    /// process, since the last call. Cheap: reads one number, no table.
    pub fn changed(&self) -> Result<bool> {
        let version: i64 = self
            .conn
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut s| s.query_row([], |r| r.get(0)))
            .map_err(|e| self.at(e))?;
        let other = self.version.replace(version) != version;
        // A log that the store knows already is registered without a write.
        let logs = self.sources().len();
        let more = self.logs.replace(logs) != logs;
        Ok(self.dirty.replace(false) || other || more)
    }

    /// The conflicts that this analyst's changes met since the last call.
    pub fn take_conflicts(&mut self) -> Vec<Conflict> {
        std::mem::take(&mut self.conflicts)
    }

    /// Position in the log of operations up to which this analyst has read.
    #[must_use]
    pub fn seen(&self) -> i64 {
        self.seen.get()
    }

    /// What is changed from now on was decided when the log had been read up to
    /// there; `None`: up to where it is read now.
    pub fn decided_at(&mut self, seen: Option<i64>) {
        self.looked = seen;
    }

    /// Rows of this run's sources.
    fn sources(&self) -> RwLockReadGuard<'_, Parts> {
        self.sources.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn at(&self, e: rusqlite::Error) -> StoreError {
        StoreError::Raw(e).at(&self.path)
    }

    /// Remembers how far this analyst has now seen the log of operations.
    fn note_seen(&self) -> Result<()> {
        let pos = self
            .conn
            .prepare_cached("SELECT coalesce(max(pos), 0) FROM ops")
            .and_then(|mut s| s.query_row([], |r| r.get(0)))
            .map_err(|e| self.at(e))?;
        self.seen.set(pos);
        Ok(())
    }

    /// Whether a change is on the disk when its call returns, or later, with the
    /// next that is. Either way the file stays sound.
    fn sync_each_change(&self, on: bool) -> Result<()> {
        if self.memory || self.read_only {
            return Ok(());
        }
        let level = if on { "FULL" } else { "NORMAL" };
        self.conn.pragma_update(None, "synchronous", level).map_err(|e| self.at(e))
    }

    /// One consistent look at the database: every query in `f` sees the same state.
    fn read<T>(&self, f: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let tx = self.conn.unchecked_transaction().map_err(|e| self.at(e))?;
        f(&tx).map_err(|e| e.at(&self.path))
    }

    /// One writing transaction; waits for other writers, and tries again where they take long.
    fn write<T>(&mut self, mut f: impl FnMut(&Transaction<'_>, &mut Ctx<'_>) -> Result<T>) -> Result<T> {
        if self.read_only {
            return Err(StoreError::ReadOnly { path: self.path.clone() });
        }
        let mut attempt = 1;
        loop {
            let now = self.now();
            let mut ctx = Ctx {
                analyst: &self.analyst,
                base: self.looked.unwrap_or(self.seen.get()),
                now,
                conflicts: Vec::new(),
            };
            let done = Transaction::new(&mut self.conn, TransactionBehavior::Immediate).map_err(StoreError::Raw);
            let done = done.and_then(|tx| {
                let value = f(&tx, &mut ctx)?;
                tx.commit()?;
                Ok(value)
            });
            match done {
                Err(e) if e.is_busy() && attempt < ATTEMPTS => attempt += 1,
                Err(e) => return Err(e.at(&self.path)),
                Ok(value) => {
                    self.conflicts.append(&mut ctx.conflicts);
                    self.dirty.set(true);
                    return Ok(value);
                }
            }
        }
    }
}

/// SQLite's integers are signed; no log is longer than 2^63 bytes.
fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn uint(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// A time as a column: `NULL` where there is none.
fn time(t: Ts) -> Option<i64> {
    t.is_some().then_some(t.0)
}

fn ts(n: Option<i64>) -> Ts {
    n.map_or(Ts::NONE, Ts)
}

#[cfg(test)]
mod parts_tests;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod undo_tests;
