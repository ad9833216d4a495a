//! All that hangs off the end of the pipeline, each by itself: an output that
//! fails is left out from then on, and nothing that goes to another is lost.

use super::Sink;
use crate::sink::SinkError;

/// An output that failed before all that belongs there was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFailure {
    /// What failed and why, with the file's name.
    pub reason: String,
}

/// The outputs of a session.
#[derive(Default)]
pub(super) struct Outputs {
    open: Vec<Box<dyn Sink>>,
    failed: Vec<OutputFailure>,
    /// The reader of a pipe is gone.
    unread: bool,
}

impl Outputs {
    pub fn new(open: Vec<Box<dyn Sink>>) -> Self {
        Self { open, failed: Vec::new(), unread: false }
    }

    /// Does something with each output that has not failed.
    pub fn each(&mut self, mut f: impl FnMut(&mut dyn Sink) -> Result<(), SinkError>) {
        let Self { open, failed, unread } = self;
        open.retain_mut(|sink| match f(&mut **sink) {
            Ok(()) => true,
            // Who reads a pipe may stop when it has enough: that is no failure.
            Err(SinkError::BrokenPipe) => {
                *unread = true;
                false
            }
            Err(e) => {
                failed.push(OutputFailure { reason: e.to_string() });
                false
            }
        });
    }

    /// Whether an output wants to know how alerts grow.
    pub fn want_growth(&self) -> bool {
        self.open.iter().any(|s| s.wants_growth())
    }

    /// Whether the work is of no use any more: its reader is gone, and nothing
    /// else was asked for.
    pub fn abandoned(&self) -> bool {
        self.unread && self.failed.is_empty() && !self.open.iter().any(|s| s.asked_for())
    }

    /// What failed, and what is in trouble but may still be mended.
    pub fn trouble(&self) -> Vec<OutputFailure> {
        let now = self.open.iter().filter_map(|s| s.trouble()).map(|reason| OutputFailure { reason });
        self.failed.iter().cloned().chain(now).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    struct Counting {
        calls: Arc<AtomicUsize>,
        fails: Option<fn() -> SinkError>,
        asked: bool,
    }

    impl Sink for Counting {
        fn tick(&mut self) -> Result<(), SinkError> {
            self.calls.fetch_add(1, Ordering::Relaxed);
            self.fails.map_or(Ok(()), |f| Err(f()))
        }

        fn asked_for(&self) -> bool {
            self.asked
        }
    }

    fn outputs(fails: fn() -> SinkError, asked: bool) -> (Outputs, Arc<AtomicUsize>) {
        let good = Arc::new(AtomicUsize::new(0));
        let bad = Counting { calls: Arc::default(), fails: Some(fails), asked: true };
        let other = Counting { calls: Arc::clone(&good), fails: None, asked };
        (Outputs::new(vec![Box::new(bad), Box::new(other)]), good)
    }

    fn full() -> SinkError {
        SinkError::Io { path: "a.csv".into(), source: io::Error::other("no space") }
    }

    #[test]
    fn a_failed_output_takes_no_other_with_it() {
        let (mut all, good) = outputs(full, false);
        all.each(|s| s.tick());
        all.each(|s| s.tick());
        assert_eq!(good.load(Ordering::Relaxed), 2);
        let said: Vec<_> = all.trouble().into_iter().map(|f| f.reason).collect();
        assert_eq!(said, ["cannot write a.csv: no space"]);
        assert!(!all.abandoned());
    }

    #[test]
    fn a_reader_that_is_gone_ends_only_what_nobody_asked_for() {
        let (mut all, _) = outputs(|| SinkError::BrokenPipe, true);
        all.each(|s| s.tick());
        assert!(all.trouble().is_empty() && !all.abandoned());
        let (mut all, _) = outputs(|| SinkError::BrokenPipe, false);
        all.each(|s| s.tick());
        assert!(all.abandoned());
    }
}
