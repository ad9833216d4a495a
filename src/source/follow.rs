//! Being woken when files come.

use std::path::Path;
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded};
use notify::event::ModifyKind;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::SourceError;

/// Wakes whoever looks for new files when one may have come to a directory, or
/// got another name there. That files grow wakes nobody.
///
/// It is a hint, never the truth: where the system offers no notification (or
/// drops some), [`Follower::wait`] ends by its time and the look itself finds it.
pub struct Follower {
    changes: Receiver<()>,
    watcher: RecommendedWatcher,
}

impl Follower {
    /// Watches nothing yet.
    pub fn new() -> Result<Self, SourceError> {
        // One waiting change is enough: all is looked at for each.
        let (send, changes) = bounded(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let grown = |k: &EventKind| match k {
                EventKind::Access(_) => true,
                EventKind::Modify(how) => !matches!(how, ModifyKind::Name(_)),
                _ => false,
            };
            if !event.is_ok_and(|e| grown(&e.kind)) {
                let _ = send.try_send(());
            }
        })
        .map_err(|e| failed(&e))?;
        Ok(Self { changes, watcher })
    }

    /// Watches this directory, too, but none below it.
    pub fn watch(&mut self, dir: &Path) -> Result<(), SourceError> {
        self.watcher.watch(dir, RecursiveMode::NonRecursive).map_err(|e| failed(&e))
    }

    /// Waits for a change, at most so long; whether there was one.
    #[must_use]
    pub fn wait(&self, most: Duration) -> bool {
        if most.is_zero() { self.changes.try_recv().is_ok() } else { self.changes.recv_timeout(most).is_ok() }
    }
}

fn failed(e: &notify::Error) -> SourceError {
    SourceError::Watch { reason: e.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_wakes_and_silence_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let mut follower = Follower::new().unwrap();
        follower.watch(dir.path()).unwrap();
        while follower.wait(Duration::from_millis(50)) {}
        std::fs::write(dir.path().join("a.log"), "one\n").unwrap();
        assert!(follower.wait(Duration::from_secs(10)));
    }
}
