//! The words every layer shares: what an event is, and how its fields are named.
//!
//! An event is *spans over a batch* ([`Batch`]): a batch owns one validated
//! UTF-8 text of raw records and one arena for unescaped values; a field is an
//! offset and a length into one of the two. Nothing is allocated per event.

mod amount;
mod batch;
mod draft;
pub mod fold;
mod hash;
mod header;
mod overlay;
mod row;
mod sanitize;
mod schema;
mod span;
pub mod time;
mod vocab;

pub use amount::{are, count, noun};
pub use batch::{Batch, EventRef, Field, Lossy, Record, RecordFlags, ValueKind};
pub use draft::Draft;
pub use hash::hash64;
pub use header::{Headers, column_header};
pub use overlay::{OVERLAY, Ov, overlay_by_name};
pub use row::{EventRow, OwnedField};
pub use sanitize::{is_hidden, push_visible, sanitize};
pub use schema::{FieldId, Logsource, Schema, SchemaBuilder, Sym};
pub use span::Span;
pub use time::{TimeQuality, Ts};
pub(crate) use vocab::vocab;
pub use vocab::{EventType, Outcome, Severity};

/// Number of a source within one run: its position among the inputs, in the
/// order in which they were given (directories and globs sorted by name).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SourceId(pub u32);
