//! Names of fields: those that rules use, those of the records that were shown,
//! and those of a sample over the whole feed. Filters are checked against them;
//! a sample is enough, as a name it lacks only gives a warning.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::event::{EventRow, FieldId, Schema};
use crate::pipeline::Feed;

/// Names kept: input can invent any number.
const MOST: usize = 4096;
/// Longest name kept.
const LONGEST: usize = 80;
/// A sample is so many pieces of so many records.
const PIECES: u64 = 32;
const PIECE: u64 = 48;

/// What is known.
#[derive(Default)]
pub struct Names {
    all: BTreeSet<String>,
    /// Those of records, the overlay's members among them.
    of_log: BTreeSet<String>,
    /// Records that have been sampled from the start.
    upto: u64,
    todo: VecDeque<u64>,
    news: bool,
}

impl Names {
    /// Adds the names that rules use.
    pub fn add_schema(&mut self, schema: &Schema) {
        for id in 0..schema.field_count() {
            self.add(schema.field_name(FieldId(u16::try_from(id).unwrap_or(u16::MAX))));
        }
    }

    /// Adds those of a record.
    pub fn add_row(&mut self, row: &EventRow) {
        let overlay = crate::event::OVERLAY.iter().filter(|o| row.ov(**o).is_some()).map(|o| o.name());
        for name in overlay.chain(row.fields.iter().map(|f| &*f.name)) {
            let known = self.of_log.contains(name) || self.of_log.len() >= MOST || name.len() > LONGEST;
            if !known && !name.is_empty() {
                self.of_log.insert(name.to_owned());
                self.news = true;
            }
        }
        for f in &row.fields {
            self.add(&f.name);
        }
    }

    fn add(&mut self, name: &str) {
        if !self.all.contains(name) && self.all.len() < MOST && !name.is_empty() && name.len() <= LONGEST {
            self.all.insert(name.to_owned());
            self.news = true;
        }
    }

    /// Plans a sample of what came since the last: whenever the feed has doubled.
    pub fn plan(&mut self, len: u64, ended: bool) {
        if len > self.upto && (ended || len >= self.upto.saturating_mul(2).max(PIECE)) {
            let step = ((len - self.upto) / PIECES).max(PIECE);
            self.todo.extend((self.upto..len).step_by(usize::try_from(step).unwrap_or(usize::MAX)));
            self.upto = len;
        }
    }

    /// Whether something is left to do.
    pub fn is_busy(&self) -> bool {
        !self.todo.is_empty() || self.news
    }

    /// Reads one piece; once all are read and there are new names, gives all of them,
    /// and those that records have.
    pub fn work(&mut self, feed: &Feed) -> Option<[Arc<Vec<String>>; 2]> {
        if let Some(from) = self.todo.pop_front() {
            for p in from..(from + PIECE).min(self.upto) {
                if let Some(row) = feed.row(p) {
                    self.add_row(&row);
                }
            }
        }
        if self.todo.is_empty() && std::mem::take(&mut self.news) {
            return Some([&self.all, &self.of_log].map(|names| Arc::new(names.iter().cloned().collect())));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_bounded_and_cover_what_came() {
        let mut n = Names::default();
        n.plan(10, false);
        assert!(n.todo.is_empty(), "a handful of records is not worth a sample");
        n.plan(10, true);
        assert_eq!(n.todo.len(), 1);
        n.plan(1_000_000, false);
        assert!(n.todo.len() <= 34);
        n.plan(1_500_000, false);
        assert_eq!(n.upto, 1_000_000);
    }

    #[test]
    fn names_are_bounded() {
        let mut n = Names::default();
        for i in 0..10_000 {
            n.add(&format!("f{i}"));
        }
        n.add(&"x".repeat(1000));
        assert_eq!(n.all.len(), MOST);
    }
}
