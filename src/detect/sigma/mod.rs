//! Sigma (specification 2.1) as it is written: YAML with places, detections,
//! conditions, modifiers, correlations and filters, before any compilation.

mod anchors;
pub mod ast;
pub mod collection;
pub mod condition;
pub mod correlation;
pub mod glob;
pub mod item;
pub mod rule;
pub mod value;
pub mod yaml;
