//! Waiting for followed files to change.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use super::SourceError;

/// Wakes whoever polls followed sources when one of their files may have
/// changed. Directories are watched, not files: a rotated log is a new file.
///
/// It is a hint, never the truth: where the system offers no notification (or
/// drops some), [`Follower::wait`] ends by its time and the poll looks itself.
pub struct Follower {
    changes: Receiver<()>,
    _watcher: RecommendedWatcher,
}

impl Follower {
    /// Watches the directories of these files.
    pub fn new<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Result<Self, SourceError> {
        let failed = |e: notify::Error| SourceError::Watch { reason: e.to_string() };
        // One waiting change is enough: all files are looked at for each.
        let (send, changes) = bounded(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|e| e.kind.is_access()) {
                return; // our own reading
            }
            let _ = send.try_send(());
        })
        .map_err(failed)?;
        let dirs: BTreeSet<PathBuf> = paths.into_iter().map(directory).collect();
        for dir in &dirs {
            watcher.watch(dir, RecursiveMode::NonRecursive).map_err(failed)?;
        }
        Ok(Self { changes, _watcher: watcher })
    }

    /// Waits for a change, at most so long; whether there was one.
    #[must_use]
    pub fn wait(&self, most: Duration) -> bool {
        self.changes.recv_timeout(most).is_ok()
    }
}

fn directory(path: &Path) -> PathBuf {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_wakes_and_silence_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        std::fs::write(&path, "one\n").unwrap();
        let follower = Follower::new([path.as_path()]).unwrap();
        while follower.wait(Duration::from_millis(50)) {}
        std::fs::write(&path, "two\n").unwrap();
        assert!(follower.wait(Duration::from_secs(10)));
    }
}
