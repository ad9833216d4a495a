//! How far a followed file was read: what can be told apart later, when it has
//! grown, from a file that was changed.

use super::Fingerprint;
use super::feed::Sums;

/// The end of what was given out of one file.
#[derive(Debug, Clone)]
pub struct Reached {
    /// Bytes from the file's beginning.
    pub bytes: u64,
    /// Lines, the empty ones included.
    pub lines: u64,
    /// Records given out.
    pub records: u64,
    /// SHA-256 of those bytes, in hex.
    pub sha256: String,
    /// What that content looks like from outside.
    pub fingerprint: Option<Fingerprint>,
}

impl Reached {
    /// What the sums of one file stand at.
    pub(crate) fn at(sums: &Sums, lines: u64, records: u64) -> Self {
        let bytes = sums.bytes;
        let fingerprint = sums.ends.as_ref().map(|e| Fingerprint::from_ends(bytes, &e.head, &e.tail));
        Self { bytes, lines, records, sha256: sums.hex(), fingerprint }
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
            let reached = Reached::at(&tally.next_file(), 0, 0);
            assert_eq!(reached.fingerprint, Some(Fingerprint::of(&file, text.len() as u64).unwrap()));
            assert_eq!(reached.bytes, text.len() as u64);
        }
        assert_eq!(tally.bytes(), 8 + 9003 + 4096 + 18_000);
    }

    #[test]
    fn what_was_read_and_not_given_out_is_in_no_sum() {
        let tally = Tally::default();
        tally.keep_ends();
        tally.of_given();
        tally.add(b"one\ntw");
        tally.give(b"one\n");
        let given = |text: &[u8]| {
            let other = Tally::default();
            other.add(text);
            (text.len() as u64, other.hex())
        };
        assert_eq!((tally.bytes(), tally.sums(|s| (s.bytes, s.hex()))), (6, given(b"one\n")));
        tally.add(b"o\n");
        tally.give(b"two\n");
        assert_eq!((tally.bytes(), tally.sums(|s| (s.bytes, s.hex()))), (8, given(b"one\ntwo\n")));
    }
}
