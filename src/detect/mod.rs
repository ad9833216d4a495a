//! Detection: Sigma rules compiled into one index, matched against batches,
//! and what correlations say, as plain data.
//!
//! [`RuleSet::load`] never fails as a whole: what cannot be used stays in
//! [`RuleSet::rules`] with its place and the reason. A [`Matcher`] belongs to
//! one thread and says which rules each record of a batch matches.

mod describe;
mod draft;
mod fields;
mod info;
mod logsource;
mod reading;
mod resolve;
mod ruleset;
pub mod sigma;
mod spec;
pub mod testing;

pub mod attack;
pub mod columns;
pub mod compile;
pub mod coverage;
pub mod engine;
pub mod explain;
pub mod files;
pub mod image;
pub mod import;
pub mod lint;
pub mod pipelines;
pub mod reach;
pub mod shipped;
pub mod state;

pub use describe::info as info_of;
pub use draft::Draft;
pub use engine::Matcher;
pub use fields::{FieldRef, NamedField, OvField, stand_ins};
pub use info::{Hit, RuleCounts, RuleFile, RuleIdx, RuleInfo, RuleKind};
pub use ruleset::RuleSet;
pub use spec::{Accepted, Bound, BoundOp, CorrelationKind, CorrelationSpec, GroupField, Learn, Redeemed, StepExpr};

#[cfg(test)]
mod tests;
