//! How much the spools of all sources take together, and what makes room.
//!
//! A spool is a directory with a lock that its users hold shared. What is not
//! locked is nobody's: unfinished ones are removed at once, finished ones when
//! room is needed, the oldest first. Where one process makes very many, their
//! locks are one file under many names and take one descriptor: none of them is
//! then removed as long as the process uses any.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::SystemTime;

use super::handle;

/// File of a spool that its users lock.
pub(crate) const LOCK: &str = "lock";
/// File of a spool that says where its frames are; written when it is finished.
pub(crate) const FRAMES: &str = "frames";

/// The bytes that spools may take.
#[derive(Debug)]
pub(crate) struct Budget {
    dir: Option<PathBuf>,
    cap: u64,
    used: AtomicU64,
    scanned: Mutex<bool>,
    locks: Mutex<Locks>,
}

/// The locks that this process holds.
#[derive(Debug, Default)]
struct Locks {
    /// By device and inode.
    held: HashMap<(u64, u64), Weak<File>>,
    /// The last one made, and a name of it.
    own: Option<(PathBuf, Weak<File>)>,
}

impl Budget {
    pub(crate) fn new(dir: Option<PathBuf>, cap: u64) -> Self {
        Self { dir, cap, used: AtomicU64::new(0), scanned: Mutex::new(false), locks: Mutex::default() }
    }

    /// Where spools are kept; `None` for the system's temporary directory.
    pub(crate) fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// Makes the lock of a new spool and holds it.
    pub(crate) fn lock_new(&self, spool: &Path) -> io::Result<Arc<File>> {
        let path = spool.join(LOCK);
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        locks.held.retain(|_, l| l.strong_count() > 0);
        if locks.held.len() >= handle::most() / 4
            && let Some((first, own)) = &locks.own
            && let Some(own) = own.upgrade()
            && fs::hard_link(first, &path).is_ok()
        {
            return Ok(own);
        }
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        file.lock_shared()?;
        let meta = file.metadata()?;
        let file = Arc::new(file);
        locks.held.insert((meta.dev(), meta.ino()), Arc::downgrade(&file));
        locks.own = Some((path, Arc::downgrade(&file)));
        Ok(file)
    }

    /// Holds the lock of a spool that is there; `None` where it is gone or
    /// being removed.
    pub(crate) fn lock_kept(&self, spool: &Path) -> Option<Arc<File>> {
        let file = File::open(spool.join(LOCK)).ok()?;
        let meta = file.metadata().ok()?;
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        let held = locks.held.entry((meta.dev(), meta.ino())).or_default();
        if let Some(held) = held.upgrade() {
            return Some(held);
        }
        file.try_lock_shared().ok()?;
        let file = Arc::new(file);
        *held = Arc::downgrade(&file);
        Some(file)
    }

    /// Takes so many bytes, making room where that is needed and possible.
    pub(crate) fn take(&self, bytes: u64) -> bool {
        let mut scanned = self.scanned.lock().unwrap_or_else(PoisonError::into_inner);
        if !*scanned {
            *scanned = true;
            let kept: u64 = self.spools().iter().map(|s| s.bytes).sum();
            self.used.fetch_add(kept, Ordering::Relaxed);
        }
        if self.used.load(Ordering::Relaxed) + bytes > self.cap {
            self.evict(bytes);
        }
        if self.used.load(Ordering::Relaxed) + bytes > self.cap {
            return false;
        }
        self.used.fetch_add(bytes, Ordering::Relaxed);
        true
    }

    /// Gives bytes back.
    pub(crate) fn give(&self, bytes: u64) {
        let _ = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |u| Some(u.saturating_sub(bytes)));
    }

    /// Removes a finished spool that an index no longer needs.
    pub(crate) fn forget(&self, name: &str) {
        let Some(path) = self.dir.as_ref().zip(Path::new(name).file_name()).map(|(d, n)| d.join(n)) else { return };
        let bytes = size_of(&path);
        if remove_unlocked(&path) {
            self.give(bytes);
        }
    }

    fn evict(&self, bytes: u64) {
        let mut spools = self.spools();
        spools.sort_by(|a, b| (a.when, &a.path).cmp(&(b.when, &b.path)));
        for spool in spools {
            if self.used.load(Ordering::Relaxed) + bytes <= self.cap {
                return;
            }
            if remove_unlocked(&spool.path) {
                self.give(spool.bytes);
            }
        }
    }

    /// The finished spools; others that nobody uses are removed.
    fn spools(&self) -> Vec<Kept> {
        let Some(entries) = self.dir.as_ref().and_then(|d| fs::read_dir(d).ok()) else { return Vec::new() };
        let mut out = Vec::new();
        for path in entries.flatten().map(|e| e.path()) {
            match fs::metadata(path.join(FRAMES)).and_then(|m| m.modified()) {
                Ok(when) => out.push(Kept { bytes: size_of(&path), when, path }),
                Err(_) => {
                    remove_unlocked(&path);
                }
            }
        }
        out
    }
}

struct Kept {
    path: PathBuf,
    bytes: u64,
    when: SystemTime,
}

/// Bytes that a spool's segments take.
pub(crate) fn size_of(spool: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(spool) else { return 0 };
    entries
        .flatten()
        .filter(|e| e.path().extension().is_some_and(|x| x == "seg"))
        .filter_map(|e| e.metadata().ok())
        .map(|m| m.len())
        .sum()
}

/// Removes a spool unless someone holds its lock.
pub(crate) fn remove_unlocked(spool: &Path) -> bool {
    let Ok(lock) = File::open(spool.join(LOCK)) else { return false };
    lock.try_lock().is_ok() && fs::remove_dir_all(spool).is_ok()
}
