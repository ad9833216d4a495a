//! Custom formats (being built).
use super::Ctx;
use crate::event::Draft;

/// One of the user's own formats.
#[derive(Debug, Clone)]
pub struct Custom {
    name: String,
    id: u16,
}

impl Custom {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its number in records.
    #[must_use]
    pub fn id(&self) -> u16 {
        self.id
    }

    /// Whether a line is in this format.
    #[must_use]
    pub fn matches(&self, _line: &str) -> bool {
        false
    }

    /// Parses a line.
    pub fn parse(&self, _raw: &str, _ctx: &Ctx, _d: &mut Draft<'_>) -> bool {
        false
    }
}
