//! Lines on their way: rendered when an activity plans them, handed out in
//! order of time.
//!
//! The next [`NEAR`] seconds are a ring of buckets, each one text with entries;
//! later lines (log-outs, attack stories planned ahead) wait in a heap. Order:
//! time, then order of planning; nothing depends on hashes or threads.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Seconds that the ring holds.
const NEAR: i64 = 64;
/// Microseconds in a second.
pub(super) const SEC: i64 = 1_000_000;
/// The story number of benign lines.
pub(super) const BENIGN: u16 = u16::MAX;

/// Where a line goes and what it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tag {
    /// Time in µs UTC.
    pub at: i64,
    /// Order of planning.
    pub seq: u64,
    /// Number of the source in [`super::world::SOURCES`].
    pub source: u16,
    /// Number of the story, or [`BENIGN`].
    pub story: u16,
}

#[derive(Debug, Default)]
struct Bucket {
    text: String,
    lines: Vec<(Tag, u32, u32)>,
}

/// The lines that are planned and not yet written.
#[derive(Debug)]
pub(super) struct Queue {
    base: i64,
    near: Vec<Bucket>,
    far: BinaryHeap<Reverse<(Tag, Box<str>)>>,
    seq: u64,
    scratch: String,
}

impl Queue {
    /// An empty queue; no line is earlier than second `start`.
    pub fn new(start: i64) -> Self {
        let near = (0..NEAR).map(|_| Bucket::default()).collect();
        Self { base: start, near, far: BinaryHeap::new(), seq: 0, scratch: String::new() }
    }

    /// Plans one line; `render` appends its text. A time before the present
    /// second counts as now.
    #[inline]
    pub fn push(&mut self, at: i64, source: u16, story: u16, render: impl FnOnce(&mut String)) {
        let at = at.max(self.base * SEC);
        self.seq += 1;
        let tag = Tag { at, seq: self.seq, source, story };
        if at.div_euclid(SEC) < self.base + NEAR {
            let bucket = &mut self.near[at.div_euclid(SEC).rem_euclid(NEAR) as usize];
            let from = bucket.text.len() as u32;
            render(&mut bucket.text);
            bucket.lines.push((tag, from, bucket.text.len() as u32));
        } else {
            self.scratch.clear();
            render(&mut self.scratch);
            self.far.push(Reverse((tag, self.scratch.as_str().into())));
        }
    }

    /// Hands out the lines of the present second and goes on to the next.
    pub fn close<E>(&mut self, mut line: impl FnMut(Tag, &str) -> Result<(), E>) -> Result<(), E> {
        let slot = self.base.rem_euclid(NEAR) as usize;
        let mut bucket = std::mem::take(&mut self.near[slot]);
        bucket.lines.sort_unstable_by_key(|(tag, ..)| (tag.at, tag.seq));
        for (tag, from, to) in &bucket.lines {
            line(*tag, bucket.text.get(*from as usize..*to as usize).unwrap_or_default())?;
        }
        bucket.text.clear();
        bucket.lines.clear();
        self.near[slot] = bucket;
        self.base += 1;
        while self.far.peek().is_some_and(|Reverse((tag, _))| tag.at.div_euclid(SEC) < self.base + NEAR) {
            let Some(Reverse((tag, text))) = self.far.pop() else { break };
            let bucket = &mut self.near[tag.at.div_euclid(SEC).rem_euclid(NEAR) as usize];
            let from = bucket.text.len() as u32;
            bucket.text.push_str(&text);
            bucket.lines.push((tag, from, bucket.text.len() as u32));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_time_then_planning() {
        let mut q = Queue::new(100);
        for (at, what) in [(300 * SEC, "late"), (101 * SEC + 5, "b"), (101 * SEC + 4, "a"), (101 * SEC + 5, "c")] {
            q.push(at, 0, BENIGN, |s| s.push_str(what));
        }
        q.push(5, 0, BENIGN, |s| s.push_str("past"));
        let mut seen = Vec::new();
        for _ in 0..300 {
            q.close(|tag, text| {
                seen.push((tag.at / SEC, text.to_owned()));
                Ok::<_, ()>(())
            })
            .unwrap();
        }
        let words: Vec<_> = seen.iter().map(|(_, t)| t.as_str()).collect();
        assert_eq!(words, ["past", "a", "b", "c", "late"]);
        assert_eq!(seen[0].0, 100);
    }
}
