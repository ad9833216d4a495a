//! The clocks of all sources, for those who go over a session's records again.

use super::{Feed, Piece};
use crate::detect::state::{Clock, Observed};
use crate::event::{TimeQuality, Ts};

/// A clock for each source, made when it is first met.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    clocks: Vec<Option<Clock>>,
    observed: Vec<Observed>,
}

impl Clocks {
    /// What the clock says of each record of a piece; pieces come in canonical order.
    pub fn observe(&mut self, feed: &Feed, piece: &Piece) -> &[Observed] {
        let source = piece.batch.source;
        let at = source.0 as usize;
        if self.clocks.len() <= at {
            self.clocks.resize(at + 1, None);
        }
        self.observed.clear();
        if let Some(slot) = self.clocks.get_mut(at) {
            let clock = slot.get_or_insert_with(|| Clock::new(feed.carry(source)));
            let records = piece.batch.records.iter().skip(piece.first).take(piece.len);
            // A time that was carried on is none: the clock carries it again.
            self.observed.extend(records.map(|r| match r.quality {
                TimeQuality::Carried | TimeQuality::Unknown => clock.observe(Ts::NONE),
                _ => clock.observe(r.time),
            }));
        }
        &self.observed
    }
}
