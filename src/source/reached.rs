//! How far a followed file was read: what can be told apart later, when it has
//! grown, from a file that was changed.

use sha2::{Digest as _, Sha256};

use super::feed::{Tally, hex};

/// The end of what was given out of one file, at a moment when nothing of it was pending.
#[derive(Debug, Clone)]
pub struct Reached {
    /// Bytes from the file's beginning.
    pub bytes: u64,
    /// Lines, the empty ones included.
    pub lines: u64,
    /// Records given out.
    pub records: u64,
    hash: Sha256,
}

impl Reached {
    /// What a tally stands at.
    pub(crate) fn at(tally: &Tally, lines: u64, records: u64) -> Self {
        let (hash, bytes) = tally.state();
        Self { bytes, lines, records, hash }
    }

    /// SHA-256 of those bytes, in hex.
    #[must_use]
    pub fn sha256(&self) -> String {
        hex(&self.hash.clone().finalize())
    }
}
