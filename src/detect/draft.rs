//! One rule as it would be in force: read, with the filters that apply, but not
//! compiled into an index. What is edited is asked in this form.

use std::sync::Arc;

use crate::event::Schema;

use super::compile::Source;
use super::compile::expr::Expr;
use super::compile::preds::{Preds, Slot};
use super::logsource::RuleLogsource;
use super::{RuleFile, RuleIdx, RuleInfo, RuleSet};

/// The detections of a rule file with their filters.
#[derive(Debug)]
pub struct Draft {
    infos: Vec<RuleInfo>,
    preds: Preds,
    sources: Vec<Source>,
    schema: Arc<Schema>,
}

impl Draft {
    /// Reads a rule's file and the files of filters that may apply to it.
    #[must_use]
    pub fn read(files: &[RuleFile]) -> Self {
        let (infos, preds, sources, schema) = RuleSet::lowered(files);
        Self { infos, preds, sources, schema }
    }

    /// The rules compiled, to be matched with events.
    #[must_use]
    pub fn compiled(self) -> RuleSet {
        RuleSet::of_lowered((self.infos, self.preds, self.sources, self.schema), String::new())
    }

    /// What is said of each document.
    #[must_use]
    pub fn infos(&self) -> &[RuleInfo] {
        &self.infos
    }

    pub(super) fn slots(&self) -> &[Slot] {
        &self.preds.slots
    }

    pub(super) const fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    pub(super) const fn preds(&self) -> &Preds {
        &self.preds
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = (RuleIdx, &RuleLogsource, &Expr)> {
        self.sources.iter().map(|s| (s.rule, &s.logsource, &s.expr))
    }
}
