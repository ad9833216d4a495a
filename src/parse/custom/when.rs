//! What a value says about its line: `[[format.when]]`.

use regex::Regex;

use crate::event::{Draft, EventType, Outcome, Severity};

/// A condition on one captured value, and what follows from it.
#[derive(Debug)]
pub struct When {
    /// Name of the captured value.
    pub field: String,
    /// The value itself, or an expression that finds something in it.
    pub test: Test,
    pub event_type: Option<EventType>,
    pub outcome: Option<Outcome>,
    pub severity: Option<Severity>,
}

/// How a value is compared.
#[derive(Debug)]
pub enum Test {
    Is(String),
    Matches(Regex),
}

impl When {
    /// Whether the value fulfils the condition.
    pub fn holds(&self, value: &str) -> bool {
        match &self.test {
            Test::Is(word) => word == value,
            Test::Matches(regex) => regex.is_match(value),
        }
    }

    /// Writes what follows.
    pub fn apply(&self, d: &mut Draft<'_>) {
        d.rec.event_type = self.event_type.unwrap_or(d.rec.event_type);
        d.rec.outcome = self.outcome.unwrap_or(d.rec.outcome);
        d.rec.severity = self.severity.unwrap_or(d.rec.severity);
    }
}
