//! Opening the database: its place, its permissions, and how it is shared.
//!
//! A new directory is made 0700 and a new file 0600, or 0660 in a directory that a
//! group shares; what exists is left as the administrators set it. A file that
//! cannot be written is opened for reading, and says so.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::{Result, StoreError, is_busy};
use super::{access, migrate};

/// How long one attempt waits for another process's write.
const BUSY: Duration = Duration::from_secs(2);

/// Pages kept in memory by one connection, in KiB.
const CACHE_KIB: i64 = 16 << 10;
/// Pages in the write-ahead log before they are written back: 16 MiB.
const CHECKPOINT_PAGES: i64 = 4096;

/// An opened database.
pub(super) struct Opened {
    pub(super) conn: Connection,
    pub(super) path: PathBuf,
    pub(super) read_only: bool,
}

/// Where the case store is unless it is named: `SECSTREAM_DB`, else
/// `secstream/cases.db` in the user's data directory.
pub fn default_path() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("SECSTREAM_DB").filter(|p| !p.is_empty()) {
        return Ok(PathBuf::from(path));
    }
    use etcetera::BaseStrategy as _;
    let base = etcetera::choose_base_strategy().map_err(|_| StoreError::NoHome)?;
    Ok(base.data_dir().join("secstream").join("cases.db"))
}

/// The analyst's name unless it is given: the account's.
#[must_use]
pub fn default_analyst() -> String {
    ["SECSTREAM_ANALYST", "USER", "LOGNAME"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|v| !v.trim().is_empty())
        .unwrap_or_else(|| "analyst".to_owned())
}

/// Opens for reading and writing, making the file where there is none; falls
/// back to reading only.
pub(super) fn open(path: &Path) -> Result<Opened> {
    create(path)?;
    access::readable(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let Ok(mut conn) = Connection::open_with_flags(path, flags) else { return open_read_only(path) };
    conn.busy_timeout(BUSY)?;
    match prepare(&mut conn, path) {
        Ok(()) if !conn.is_readonly("main")? => Ok(Opened { conn, path: path.to_owned(), read_only: false }),
        // A WAL database in a directory without write permission cannot even make its index file.
        Ok(()) | Err(StoreError::ReadOnly { .. } | StoreError::Open { .. }) => {
            drop(conn);
            open_read_only(path)
        }
        Err(e) => Err(e),
    }
}

fn prepare(conn: &mut Connection, path: &Path) -> Result<()> {
    let at = |e: rusqlite::Error| StoreError::Raw(e).at(path);
    // The version is read first: nothing, not even the journal mode, is changed in a file that is not ours.
    migrate::check(conn, path).map_err(|e| e.at(path))?;
    if conn.is_readonly("main").map_err(at)? {
        return Ok(());
    }
    retry_busy(|| conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))).map_err(at)?;
    conn.pragma_update(None, "synchronous", "FULL").map_err(at)?;
    conn.pragma_update(None, "foreign_keys", true).map_err(at)?;
    // Ids are hashes, so a page is changed again and again: it is kept, and written back seldom.
    conn.pragma_update(None, "cache_size", -CACHE_KIB).map_err(at)?;
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES).map_err(at)?;
    migrate::migrate(conn, path).map_err(|e| e.at(path))
}

/// Opens for reading only. Where even that needs a file beside the database
/// and none can be made, the database is read as it stands (`immutable`).
pub(super) fn open_read_only(path: &Path) -> Result<Opened> {
    no_directory(path)?;
    access::readable(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let plain = Connection::open_with_flags(path, flags)
        .map_err(|e| StoreError::Raw(e).at(path))
        .and_then(|c| check_read_only(c, path));
    let conn = match plain {
        Ok(conn) => conn,
        Err(StoreError::Open { .. } | StoreError::ReadOnly { .. }) if path.is_file() => {
            no_wal(path)?;
            let conn = Connection::open_with_flags(immutable_uri(path), flags | OpenFlags::SQLITE_OPEN_URI)
                .map_err(|e| StoreError::Raw(e).at(path))?;
            check_read_only(conn, path)?
        }
        Err(e) => return Err(e),
    };
    Ok(Opened { conn, path: path.to_owned(), read_only: true })
}

fn no_directory(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Err(StoreError::Open { path: path.to_owned(), detail: "it is a directory".to_owned() });
    }
    Ok(())
}

/// Read as it stands, a database lacks what its write-ahead log still holds.
fn no_wal(path: &Path) -> Result<()> {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    match std::fs::metadata(wal) {
        Ok(meta) if meta.len() > 0 => Err(StoreError::WalUnread { path: path.to_owned() }),
        _ => Ok(()),
    }
}

fn check_read_only(conn: Connection, path: &Path) -> Result<Connection> {
    conn.busy_timeout(BUSY)?;
    let found = migrate::check(&conn, path).map_err(|e| e.at(path))?;
    if found < migrate::FORMAT {
        return Err(StoreError::OldReadOnly { path: path.to_owned(), found, known: migrate::FORMAT });
    }
    Ok(conn)
}

pub(super) fn immutable_uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for b in path.as_os_str().as_encoded_bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_') {
            uri.push(char::from(*b));
        } else {
            uri.push_str(&format!("%{b:02X}"));
        }
    }
    uri.push_str("?immutable=1");
    uri
}

/// Number of in-memory databases made, so that each has a name of its own.
static MEMORIES: AtomicU64 = AtomicU64::new(0);

/// A database in memory under a name by which this process can open it again.
pub(super) fn open_memory(name: Option<&Path>) -> Result<Opened> {
    let path = name.map_or_else(
        || PathBuf::from(format!("file:/secstream-{}?vfs=memdb", MEMORIES.fetch_add(1, Ordering::Relaxed))),
        Path::to_owned,
    );
    let mut conn = Connection::open_with_flags(
        &path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(BUSY)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    migrate::migrate(&mut conn, &path)?;
    Ok(Opened { conn, path, read_only: false })
}

/// SQLite does not wait for the lock while it changes the journal mode.
fn retry_busy<T>(mut f: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    for _ in 0..100 {
        match f() {
            Err(e) if is_busy(&e) => std::thread::sleep(Duration::from_millis(20)),
            other => return other,
        }
    }
    f()
}

/// Makes the directory and an empty file where there are none.
fn create(path: &Path) -> Result<()> {
    let fail = |e: &std::io::Error| StoreError::Open { path: path.to_owned(), detail: e.to_string() };
    no_directory(path)?;
    if access::is_there(path)? {
        return Ok(());
    }
    let dir = path.parent().unwrap_or(Path::new(""));
    if !dir.as_os_str().is_empty() && !dir.exists() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir).map_err(|e| fail(&e))?;
    }
    let mode = access::mode_in(dir);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    match options.open(path) {
        Ok(file) => access::set_mode(&file, mode).map_err(|e| fail(&e)),
        // Another process was quicker.
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(fail(&e)),
    }
}
