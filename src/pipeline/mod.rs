//! The one way of an event, on threads: sources are read, framed, parsed and
//! matched in parallel; a sequencer restores canonical order and runs the
//! stateful stages; sinks and snapshots hang off its end.

mod counts;
mod histogram;
mod runs;
mod snapshot;

pub use counts::Counts;
pub use histogram::Histogram;
pub use runs::Runs;
pub use snapshot::{Phase, RuleProblem, Snapshot, SourceStatus};
