//! How far a followed file was read: what can be told apart later, when it has
//! grown, from a file that was changed.

use sha2::Digest as _;

use super::Fingerprint;
use super::feed::{Sums, hex};

/// The end of what was given out of one file, at a moment when nothing of it was pending.
#[derive(Debug, Clone)]
pub struct Reached {
    /// Bytes from the file's beginning.
    pub bytes: u64,
    /// Lines, the empty ones included.
    pub lines: u64,
    /// Records given out.
    pub records: u64,
    sums: Sums,
}

impl Reached {
    /// What the sums of one file stand at.
    pub(crate) fn at(sums: Sums, lines: u64, records: u64) -> Self {
        Self { bytes: sums.bytes, lines, records, sums }
    }

    /// SHA-256 of those bytes, in hex.
    #[must_use]
    pub fn sha256(&self) -> String {
        hex(&self.sums.hash.clone().finalize())
    }

    /// What that content looks like from outside.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.sums.ends.as_ref().map(|e| Fingerprint::from_ends(self.bytes, &e.head, &e.tail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::feed::Tally;

    #[test]
    fn each_file_has_sums_of_its_own_which_are_those_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let tally = Tally::default();
        tally.keep_ends();
        for (n, pieces) in
            [vec![7, 1], vec![5000, 3, 4000], vec![], vec![4096], vec![9000, 9000]].into_iter().enumerate()
        {
            let text: Vec<u8> = (0..pieces.iter().sum()).map(|i: usize| (i * (n + 3) % 251) as u8).collect();
            let mut at = 0;
            for piece in pieces {
                tally.add(&text[at..at + piece]);
                at += piece;
            }
            let path = dir.path().join("a");
            std::fs::write(&path, &text).unwrap();
            let file = std::fs::File::open(&path).unwrap();
            let reached = Reached::at(tally.next_file(), 0, 0);
            assert_eq!(reached.fingerprint(), Some(Fingerprint::of(&file, text.len() as u64).unwrap()));
            assert_eq!(reached.bytes, text.len() as u64);
        }
        assert_eq!(tally.bytes(), 8 + 9003 + 4096 + 18_000);
    }
}
