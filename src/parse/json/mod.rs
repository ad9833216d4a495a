//! JSON lines (being built).
use super::Parser;
use crate::event::{Draft, Schema};

/// Buffers.
#[derive(Debug, Default)]
pub struct Scratch {}

/// Names.
#[derive(Debug)]
pub struct Names {}

impl Names {
    /// Of a schema.
    #[must_use]
    pub fn new(_schema: &Schema) -> Self {
        Self {}
    }
}

/// Parses one JSON line.
pub(super) fn parse(_raw: &str, _p: &Parser, _windows: bool, _d: &mut Draft<'_>, _s: &mut Scratch) -> bool {
    false
}
