//! What can go wrong with the case store, in words for its user.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// Result of a store call.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why the store could not do what was asked. Nothing is half done: each call
/// is one transaction.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file was written by a newer version of the program.
    #[error(
        "{path}: this database has format {found}, and this version of secstream knows formats up to {known}. \
         Use the newer version, or name another file with --db"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format known here.
        known: i64,
    },
    /// An older format in a place that cannot be written.
    #[error(
        "{path}: this database has the older format {found} and cannot be written, so it cannot be brought to \
         format {known}. Copy it to a place where you may write"
    )]
    OldReadOnly {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The format needed.
        known: i64,
    },
    /// Not an SQLite database, or a damaged one.
    #[error(
        "{path}: not a usable database, or a damaged one ({detail}). Restore a copy, or name another file with --db"
    )]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// A database of another program.
    #[error("{path}: an SQLite database of another program; it is left alone. Name another file with --db")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file or its directory cannot be opened or made.
    #[error("{path}: cannot open the case store: {detail}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// A change was asked of a database that was opened for reading only.
    #[error("{path}: the case store is open for reading only; nothing was changed")]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// No room left.
    #[error("{path}: the disk is full; nothing of this change was stored, and what was stored before is intact")]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The system refused to read or write the file.
    #[error(
        "{path}: cannot be read or written ({detail}); nothing of this change was stored, and what was stored \
         before is intact. Is the disk, a quota or a limit on file sizes full?"
    )]
    Io {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// Changes stand in the write-ahead log, which cannot be read here.
    #[error(
        "{path}: its latest changes stand in {path}-wal, and without write permission beside it they cannot be \
         read. Copy both files to a place where you may write"
    )]
    WalUnread {
        /// The file.
        path: PathBuf,
    },
    /// Another process kept the database locked for too long.
    #[error("{path}: another process keeps the case store locked; nothing was changed, try again")]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// No such alert, case or event.
    #[error("no {kind} '{id}' in the case store")]
    NotFound {
        /// `alert`, `case` or `event`.
        kind: &'static str,
        /// The name that was asked for.
        id: String,
    },
    /// A value that cannot be stored.
    #[error("{0}")]
    Invalid(String),
    /// No place for the database is known.
    #[error("no home directory, so no place for the case store: name one with --db or SECSTREAM_DB")]
    NoHome,
    /// Anything else that SQLite reports.
    #[error("{path}: {source}")]
    Sql {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The same, before the file's name is known; `StoreError::at` adds it.
    #[error(transparent)]
    Raw(#[from] rusqlite::Error),
}

impl StoreError {
    /// Puts SQLite's error into words, with the name of the file.
    pub(super) fn at(self, path: &std::path::Path) -> Self {
        let Self::Raw(e) = self else { return self };
        // A store in memory has a name that means nothing to people.
        let memory = path.to_string_lossy().starts_with("file:");
        let path = if memory { PathBuf::from("the store of this session") } else { path.to_owned() };
        match e.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::ReadOnly) => Self::ReadOnly { path },
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::NotADatabase { path, detail: e.to_string() }
            }
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::Open { path, detail: e.to_string() },
            Some(ErrorCode::SystemIoFailure) => Self::Io { path, detail: e.to_string() },
            _ => Self::Sql { path, source: e },
        }
    }

    /// Whether trying again may help.
    pub(super) fn is_busy(&self) -> bool {
        match self {
            Self::Busy { .. } => true,
            Self::Raw(e) => is_busy(e),
            _ => false,
        }
    }
}

/// Whether another connection holds the lock.
pub(super) fn is_busy(e: &rusqlite::Error) -> bool {
    matches!(e.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}
