//! Errors at the edge: a message for people and an exit code for scripts.

use crate::config::ConfigError;
use crate::query::QueryError;
use crate::sink::SinkError;

/// Work was done.
pub const DONE: u8 = 0;
/// A check has findings.
pub const FINDINGS: u8 = 1;
/// Wrong usage or configuration.
pub const USAGE: u8 = 2;
/// Input or output failed.
pub const FAILED: u8 = 3;

/// Why a command ended early.
#[derive(Debug)]
pub struct Failure {
    /// Exit code.
    pub code: u8,
    /// What to tell the user; empty says nothing (a broken pipe).
    pub message: String,
    /// Lines below it: where in a text the fault is.
    pub below: Vec<String>,
}

impl Failure {
    /// Wrong usage or configuration.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: USAGE, message: message.into(), below: Vec::new() }
    }

    /// Input or output failed.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self { code: FAILED, message: message.into(), below: Vec::new() }
    }
}

impl From<ConfigError> for Failure {
    fn from(e: ConfigError) -> Self {
        Self::usage(e.to_string())
    }
}

impl From<SinkError> for Failure {
    fn from(e: SinkError) -> Self {
        match e {
            SinkError::BrokenPipe => Self { code: DONE, message: String::new(), below: Vec::new() },
            e => Self::failed(e.to_string()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(e: std::io::Error) -> Self {
        if e.kind() == std::io::ErrorKind::BrokenPipe {
            return Self { code: DONE, message: String::new(), below: Vec::new() };
        }
        Self::failed(e.to_string())
    }
}

impl Failure {
    /// A query that is none: the query itself, a caret under the place, a hint.
    #[must_use]
    pub fn query(option: &str, text: &str, e: &QueryError) -> Self {
        let (shown, caret) = e.place(text);
        let mut below = vec![format!("  {shown}"), format!("  {caret}")];
        if !e.hint.is_empty() {
            below.push(format!("hint: {}", e.hint));
        }
        Self { code: USAGE, message: format!("{option}: column {}: {}", e.column, e.message), below }
    }
}
