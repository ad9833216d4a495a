//! The hits of blocks that are looked at piece by piece.

use crate::detect::{Hit, Matcher, RuleSet};
use crate::event::{Batch, SourceId};
use std::sync::Arc;

/// A matcher that goes over a block once, however many pieces of it are asked for.
#[derive(Debug)]
pub(super) struct BlockHits {
    matcher: Matcher,
    /// Of each source the block at hand.
    open: Vec<(SourceId, u64, Vec<Hit>)>,
}

impl BlockHits {
    pub fn new(rules: &Arc<RuleSet>) -> Self {
        Self { matcher: Matcher::new(rules), open: Vec::new() }
    }

    /// The hits of a block from one of its records on, in the order of its records.
    pub fn from(&mut self, batch: &Batch, first: usize) -> &[Hit] {
        let at = match self.open.iter().position(|(s, ..)| *s == batch.source) {
            Some(at) => at,
            None => {
                self.open.push((batch.source, u64::MAX, Vec::new()));
                self.open.len() - 1
            }
        };
        let (_, seq, hits) = &mut self.open[at];
        if *seq != batch.seq {
            *seq = batch.seq;
            hits.clear();
            self.matcher.match_batch(batch, hits);
        }
        let start = hits.partition_point(|h| (h.record as usize) < first);
        hits.get(start..).unwrap_or_default()
    }
}
