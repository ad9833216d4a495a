//! What can go wrong with one source. Damage inside the data is no error: it
//! ends in a warning of the [`super::SourceSummary`], with all before it kept.

use std::io;

/// Why a source cannot be opened, or a place of it not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file cannot be opened.
    #[error("{name}: cannot be opened: {error}")]
    Open {
        /// The input as given.
        name: String,
        /// What the system said.
        error: io::Error,
    },
    /// It is something that holds no log.
    #[error("{name}: is a {kind}, not a log")]
    Kind {
        /// The input as given.
        name: String,
        /// What it is.
        kind: &'static str,
    },
    /// Reading failed.
    #[error("{name}: cannot be read at byte {offset}: {error}")]
    Read {
        /// The input as given.
        name: String,
        /// Where reading was tried.
        offset: u64,
        /// What the system said.
        error: io::Error,
    },
    /// These bytes are no longer kept (the spool was full, or they were
    /// dropped to keep its cap).
    #[error("{name}: the bytes at {offset} are no longer kept: {reason}")]
    Gone {
        /// The input as given.
        name: String,
        /// First byte that was asked for.
        offset: u64,
        /// Why they are gone.
        reason: &'static str,
    },
    /// Another file stands where the source was.
    #[error("{name}: was replaced or cut since it was read")]
    Changed {
        /// The input as given.
        name: String,
    },
    /// There is no such block.
    #[error("{name}: has no block {block}")]
    NoBlock {
        /// The input as given.
        name: String,
        /// The block asked for.
        block: u64,
    },
    /// A file of the cache directory cannot be written.
    #[error("{path}: cannot be written: {error}")]
    Cache {
        /// The file.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// File changes cannot be watched.
    #[error("cannot watch files: {reason}")]
    Watch {
        /// What the system said.
        reason: String,
    },
}
