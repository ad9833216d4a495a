//! Logs read again after the analysis: evidence to copy or to compare.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::Feed;
use crate::event::{Batch, SourceId};
use crate::source::{Cache, Input, OpenOptions, SourceReader, SourceView};
use crate::store::LogPlace;
use crate::store::verify::{FileLog, LogBytes, LogSums};

/// Opens a log for reading at any offset. One that is compressed (or UTF-16) is
/// decoded once into a temporary spool.
///
/// # Errors
/// A sentence with the name of the file.
pub fn open_log(path: &Path) -> Result<Box<dyn LogBytes>, String> {
    let fail = |e: io::Error| format!("{}: {e}", path.display());
    let mut file = FileLog::open(path).map_err(fail)?;
    let spool = tempfile::tempdir().map_err(fail)?;
    let options = OpenOptions { cache: Cache::at(spool.path(), u64::MAX), ..OpenOptions::default() };
    let mut reader = SourceReader::open(SourceId(0), &Input::path(path), &options).map_err(|e| e.to_string())?;
    let view = reader.view();
    // What is stored as it is read needs no decoding; anything else is spooled once.
    let head = file.read_at(0, 64).map_err(fail)?;
    if view.read_at(0, 64).is_ok_and(|h| h == head) {
        return Ok(Box::new(file));
    }
    let mut batch = Batch::default();
    loop {
        batch.clear();
        if !reader.next_batch(&mut batch).map_err(|e| e.to_string())? {
            break;
        }
    }
    drop(reader.finish());
    Ok(Box::new(DecodedLog { file, view, _spool: spool }))
}

/// A compressed or UTF-16 log: hashed as stored, read as decoded.
struct DecodedLog {
    file: FileLog,
    view: Arc<SourceView>,
    _spool: tempfile::TempDir,
}

impl LogBytes for DecodedLog {
    fn name(&self) -> &str {
        self.file.name()
    }

    fn sums(&mut self, sizes: &[u64]) -> io::Result<LogSums> {
        self.file.sums(sizes)
    }

    fn read_at(&mut self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        self.view.read_at(offset, len).map_err(io::Error::other)
    }

    fn is_packed(&self) -> bool {
        true
    }
}

/// The logs of a case store: those of the running session, and any other by the
/// path that the store has of it. Each is opened once.
#[derive(Default)]
pub struct Logs {
    feed: Option<Feed>,
    opened: BTreeMap<String, Result<Box<dyn LogBytes>, String>>,
}

impl std::fmt::Debug for Logs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Logs").field("opened", &self.opened.keys()).finish_non_exhaustive()
    }
}

impl Logs {
    /// With the session that has some of them open.
    #[must_use]
    pub fn new(feed: Option<Feed>) -> Self {
        Self { feed, opened: BTreeMap::new() }
    }

    /// Bytes of a log at an offset, as [`crate::store::ReadLog`] wants them.
    ///
    /// # Errors
    /// Why the log cannot be read.
    pub fn read(&mut self, log: &LogPlace, offset: u64, len: usize) -> Result<Vec<u8>, String> {
        if let (Some(feed), Some((id, begin))) = (&self.feed, log.run)
            && let Some(bytes) = feed.bytes(id, begin + offset, len)
        {
            return Ok(bytes);
        }
        let Some(path) = &log.path else { return Err("it was a stream and is not kept any more".to_owned()) };
        let opened = self.opened.entry(path.clone()).or_insert_with(|| open_log(Path::new(path)));
        match opened {
            Ok(bytes) => bytes.read_at(offset, len).map_err(|e| e.to_string()),
            Err(why) => Err(why.clone()),
        }
    }
}
