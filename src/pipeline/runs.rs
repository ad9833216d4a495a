//! The canonical order of a session's records, as runs of consecutive records
//! of one source.

use crate::event::SourceId;

/// A run: records `first..first+len` of a source stand at `start..` of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    start: u64,
    source: u32,
    first: u64,
}

/// Canonical order of all records seen so far. One source makes one run; memory
/// grows only with the number of changes between sources.
#[derive(Debug, Default)]
pub struct Runs {
    runs: Vec<Run>,
    len: u64,
}

impl Runs {
    /// Appends `n` records of a source, from its record number `first` on.
    pub fn push(&mut self, source: SourceId, first: u64, n: u64) {
        if n == 0 {
            return;
        }
        let joins = self.runs.last().is_some_and(|r| r.source == source.0 && r.first + (self.len - r.start) == first);
        if !joins {
            self.runs.push(Run { start: self.len, source: source.0, first });
        }
        self.len += n;
    }

    /// Number of records.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is no record yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The source, its record number, and how many records of it follow in a
    /// row, at a position; `None` past the end.
    #[must_use]
    pub fn at(&self, position: u64) -> Option<(SourceId, u64, u64)> {
        if position >= self.len {
            return None;
        }
        let i = self.runs.partition_point(|r| r.start <= position).checked_sub(1)?;
        let r = self.runs.get(i)?;
        let end = self.runs.get(i + 1).map_or(self.len, |n| n.start);
        Some((SourceId(r.source), r.first + (position - r.start), end - position))
    }

    /// Position of a source's record.
    #[must_use]
    pub fn position_of(&self, source: SourceId, record: u64) -> Option<u64> {
        // runs of one source are in record order, so the last that starts at or before it holds it
        let mut best = None;
        for (i, r) in self.runs.iter().enumerate() {
            if r.source == source.0 && r.first <= record {
                best = Some(i);
            } else if r.source == source.0 {
                break;
            }
        }
        let i = best?;
        let r = self.runs.get(i)?;
        let end = self.runs.get(i + 1).map_or(self.len, |n| n.start);
        let p = r.start + (record - r.first);
        (p < end).then_some(p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_both_ways() {
        let mut r = Runs::default();
        let (a, b) = (SourceId(0), SourceId(1));
        r.push(a, 0, 3);
        r.push(a, 3, 2);
        r.push(b, 0, 1);
        r.push(a, 5, 4);
        r.push(b, 1, 2);
        assert_eq!((r.len(), r.runs.len()), (12, 4));
        assert_eq!(r.at(4), Some((a, 4, 1)));
        assert_eq!(r.at(5), Some((b, 0, 1)));
        assert_eq!(r.at(11), Some((b, 2, 1)));
        assert_eq!(r.at(12), None);
        for p in 0..12 {
            let (s, rec, _) = r.at(p).unwrap();
            assert_eq!(r.position_of(s, rec), Some(p));
        }
        assert_eq!(r.position_of(b, 3), None);
    }
}
