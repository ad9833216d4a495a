//! Where records come from: files, streams, growing files.
//!
//! ```text
//! expand ─▶ Input ─▶ open (decode, hash) ─▶ framer ─▶ Batch ─▶ parser …
//!                                             │
//!                         SourceView ◀── blocks (index) + file or spool
//! ```
//!
//! Invariants: evidence is opened read-only and nothing is written beside it;
//! every byte of a source belongs to exactly one line (but a byte order mark);
//! batch number n of a source is block n of its view; memory is bounded
//! whatever the input holds.

mod back;
mod error;
mod feed;
mod framer;
#[cfg(test)]
mod framer_tests;
mod input;
mod open;
mod reader;
mod summary;
mod view;

pub use error::SourceError;
pub use input::{ExpandOptions, Input, InputKind, SkipReason, Skipped, expand};
pub use reader::{OpenOptions, Polled, SourceReader};
pub use summary::SourceSummary;
pub use view::{BlockEntry, SourceView};
