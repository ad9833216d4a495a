//! The parser of a source: chosen by its first bytes, which of a followed file
//! may come long after it was opened.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::parse::Parser;

/// Makes the parser when the first bytes have come.
type Late = Box<dyn FnOnce(&[u8]) -> Parser + Send>;

/// Shared by the workers and the feed.
pub(super) struct Reads {
    parser: RwLock<Arc<Parser>>,
    late: Mutex<Option<Late>>,
}

impl Reads {
    /// With the parser in force.
    pub fn new(parser: Parser) -> Self {
        Self { parser: RwLock::new(Arc::new(parser)), late: Mutex::new(None) }
    }

    /// Chooses again when there is something to choose by.
    pub fn later(self, late: impl FnOnce(&[u8]) -> Parser + Send + 'static) -> Self {
        Self { late: Mutex::new(Some(Box::new(late))), ..self }
    }

    /// The parser in force.
    pub fn parser(&self) -> Arc<Parser> {
        Arc::clone(&self.parser.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The first bytes are here; the name of the format, where it was open until now.
    pub fn begins(&self, sample: &[u8]) -> Option<String> {
        let late = self.late.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let parser = Arc::new(late(sample));
        let name = parser.format_name().to_owned();
        *self.parser.write().unwrap_or_else(PoisonError::into_inner) = parser;
        Some(name)
    }
}
