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

mod audit;
mod back;
mod budget;
mod bytes;
mod cache;
#[cfg(test)]
mod cache_tests;
mod decode;
mod earlier;
mod error;
mod feed;
mod finder;
mod follow;
mod followed;
mod framer;
#[cfg(test)]
mod framer_tests;
mod frames;
mod handle;
mod identity;
mod index;
mod input;
mod live;
mod looks;
mod moved;
mod open;
mod reached;
mod reader;
mod rotated;
mod serials;
mod shape;
mod spool;
mod summary;
mod tail;
#[cfg(test)]
mod tests;
mod timeref;
mod unpack;
mod utf16;
mod view;
mod watch;

pub use cache::{CACHE_DIR_ENV, Cache, SPOOL_CAP};
pub use earlier::{Known, PartFile, TimeOf, place};
pub use error::SourceError;
pub use finder::{Finder, may_come};
pub use follow::Follower;
pub use followed::Followed;
pub use identity::Fingerprint;
pub use index::Change;
pub use input::{ExpandOptions, Input, InputKind, SkipReason, Skipped, expand};
pub use reached::Reached;
pub use reader::{OpenOptions, Polled, SourceReader};
pub use rotated::{is_put_aside, rotated};
pub use summary::SourceSummary;
pub use timeref::{TimeRef, TimeRefOrigin, TimeRefStore};
pub use view::{BlockEntry, SourceView};
pub use watch::Presence;
