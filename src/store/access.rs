//! Who may open the file of a case store: what a new file's mode is, and why an
//! existing one is refused.
//!
//! A group shares a store where the directory says so: it is the group's to write
//! and hands its group on (mode 2770). There a new file is the group's too (0660);
//! everywhere else it is its maker's alone (0600). SQLite gives the files beside it
//! the mode of the file itself.

use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::error::{Result, StoreError};

/// Of its maker alone.
const OWN: u32 = 0o600;
/// Of its group too.
const SHARED: u32 = 0o660;
/// Bits of a directory that a group shares: the group is handed on, and may write.
const GROUPS: u32 = 0o2020;

/// The mode of a new file in this directory.
pub(super) fn mode_in(dir: &Path) -> u32 {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    match std::fs::metadata(dir) {
        Ok(meta) if meta.mode() & GROUPS == GROUPS => SHARED,
        _ => OWN,
    }
}

/// Gives a file that was just made its mode, whatever the process masks.
///
/// # Errors
/// As of the system.
pub(super) fn set_mode(file: &std::fs::File, mode: u32) -> std::io::Result<()> {
    // 0600 passes every mask that lets its own user work
    if mode == OWN { Ok(()) } else { file.set_permissions(std::fs::Permissions::from_mode(mode)) }
}

/// Whether there is something under this name.
///
/// # Errors
/// Where a directory on the way may not be entered, so that nobody can say.
pub fn is_there(path: &Path) -> Result<bool> {
    match std::fs::metadata(path) {
        Ok(_) => Ok(true),
        Err(e) if e.kind() == ErrorKind::PermissionDenied => {
            let closed = path.ancestors().skip(1).filter(|d| !d.as_os_str().is_empty()).find_map(|d| {
                let meta = std::fs::metadata(d).ok()?;
                Some(format!("; {} {}", d.display(), owner(&meta)))
            });
            let detail =
                format!("permission denied: a directory on the way may not be entered{}", closed.unwrap_or_default());
            Err(StoreError::Open { path: path.to_owned(), detail })
        }
        Err(_) => Ok(false),
    }
}

/// Says why a file that is there cannot be read, where permissions are the cause.
///
/// # Errors
/// Then, with what its owner can do about it.
pub(super) fn readable(path: &Path) -> Result<()> {
    if !is_there(path)? {
        return Ok(());
    }
    // Asked by name: opening the file and closing it again would drop the locks that SQLite
    // holds on it in this process.
    match rustix::fs::access(path, rustix::fs::Access::READ_OK) {
        Err(e) if e.kind() == ErrorKind::PermissionDenied => {
            let owner = std::fs::metadata(path).map(|m| owner(&m)).unwrap_or_default();
            let detail = format!(
                "permission denied: it {owner}. A group shares it once its owner has given it to them: \
                 chgrp GROUP FILE; chmod 660 FILE, in a directory of theirs (chmod 2770)"
            );
            Err(StoreError::Open { path: path.to_owned(), detail })
        }
        _ => Ok(()),
    }
}

fn owner(meta: &std::fs::Metadata) -> String {
    format!("belongs to user {} and group {}, with mode {:o}", meta.uid(), meta.gid(), meta.mode() & 0o7777)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o7777
    }

    fn chmod(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_groups_directory_makes_a_groups_store() {
        let dir = tempfile::tempdir().unwrap();
        for (of_dir, file) in [(0o2770, 0o660), (0o2775, 0o660), (0o770, 0o600), (0o2750, 0o600), (0o700, 0o600)] {
            chmod(dir.path(), of_dir);
            let path = dir.path().join(format!("{of_dir:o}.db"));
            let _store = Store::open(Some(&path), "ann").unwrap();
            assert_eq!(mode(&path), file, "{of_dir:o}");
            let beside = path.with_extension("db-wal");
            assert_eq!(mode(&beside), file, "{of_dir:o}: what stands beside it");
        }
        chmod(dir.path(), 0o700);
    }

    /// The locks of one process on a file go when any of its descriptors of it is closed.
    #[test]
    fn a_second_connection_leaves_the_locks_of_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cases.db");
        let store = Store::open(Some(&path), "ann").unwrap();
        let id = format!(":{} ", std::fs::metadata(&path).unwrap().ino());
        let locks = || std::fs::read_to_string("/proc/locks").unwrap().lines().filter(|l| l.contains(&id)).count();
        let before = locks();
        if before == 0 {
            // a layered file system lists them under another number
            println!("skipped: the system does not list locks by the file's number");
            return;
        }
        let other = store.another().unwrap();
        drop(Store::open_read_only(Some(&path), "bob").unwrap());
        assert!(locks() >= before);
        drop(other);
        assert!(locks() >= before);
    }

    #[test]
    fn a_file_that_is_anothers_is_told_as_that() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("theirs.db");
        drop(Store::open(Some(&path), "ann").unwrap());
        chmod(&path, 0o000);
        let refused = Store::open(Some(&path), "bob").err().map(|e| e.to_string());
        // the superuser may read all
        if rustix::fs::access(&path, rustix::fs::Access::READ_OK).is_err() {
            let said = refused.unwrap();
            assert!(said.contains("permission denied: it belongs to user") && said.contains("with mode 0"), "{said}");
            let said = Store::open_read_only(Some(&path), "bob").err().unwrap().to_string();
            assert!(said.contains("permission denied"), "{said}");
            chmod(dir.path(), 0o600);
            let said = is_there(&path).unwrap_err().to_string();
            assert!(said.contains("may not be entered") && said.contains("mode 600"), "{said}");
            chmod(dir.path(), 0o700);
        }
        assert!(!is_there(&dir.path().join("none.db")).unwrap());
    }
}
