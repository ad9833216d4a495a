//! Loading of rule files into one frozen set.

use std::sync::Arc;

use crate::event::Schema;

use super::{RuleFile, RuleIdx, RuleInfo};

/// All rules of a run, compiled, with the names they use frozen.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<RuleInfo>,
    schema: Arc<Schema>,
    hash: String,
}

impl RuleSet {
    /// Loads rule files; what cannot be used is kept with the reason.
    #[must_use]
    pub fn load(files: &[RuleFile]) -> Self {
        let _ = files;
        Self { rules: Vec::new(), schema: Arc::new(Schema::base()), hash: String::new() }
    }

    /// Every rule, loaded or not, in order of loading.
    #[must_use]
    pub fn rules(&self) -> &[RuleInfo] {
        &self.rules
    }

    /// One rule.
    #[must_use]
    pub fn rule(&self, idx: RuleIdx) -> Option<&RuleInfo> {
        self.rules.get(idx.0 as usize)
    }

    /// The names that parsers must intern for these rules.
    #[must_use]
    pub fn schema(&self) -> Arc<Schema> {
        Arc::clone(&self.schema)
    }

    /// Hash of the rules' texts, whatever the order and paths of their files.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}
