//! Matching of batches: one [`Matcher`] per thread.

use std::sync::Arc;

use crate::event::Batch;

use super::{Hit, RuleSet};

/// Matches batches against a rule set; holds the scratch of one thread.
#[derive(Debug)]
pub struct Matcher {
    rules: Arc<RuleSet>,
}

impl Matcher {
    /// A matcher of a rule set.
    #[must_use]
    pub fn new(rules: &Arc<RuleSet>) -> Self {
        Self { rules: Arc::clone(rules) }
    }

    /// The rule set.
    #[must_use]
    pub fn rules(&self) -> &Arc<RuleSet> {
        &self.rules
    }

    /// Appends the hits of a parsed batch, sorted by record, then rule.
    pub fn match_batch(&mut self, batch: &Batch, hits: &mut Vec<Hit>) {
        let _ = (batch, hits, &self.rules);
    }
}
