//! What detection remembers: windows, episodes and scores, in event time.

mod clock;

pub use clock::{Clock, JUMP, Observed, WITNESSES};
