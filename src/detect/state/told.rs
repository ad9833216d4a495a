//! What is known of one value that a ledger counts.

use super::small::Known;

/// What is known of one value.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told {
    pub entries: u32,
    pub redeemers: u32,
    pub acts: u64,
    /// Acts that were accepted after all.
    pub accepted: u64,
    /// Time of the latest entry.
    pub entered_at: i64,
    /// Time of the redeemer that came last.
    pub redeemed_at: i64,
    /// Time of the one that came before it.
    pub before: i64,
}

impl Told {
    /// Acts that were not accepted in the end.
    pub(super) fn left(self) -> u64 {
        self.acts.saturating_sub(self.accepted)
    }

    pub(super) fn redeemed(self, at_most: u64) -> bool {
        let left = self.left();
        self.redeemers > 0 && left <= at_most || self.accepted > 0 && left == 0
    }

    /// Whether the redeemer that came last stands for all that is counted.
    pub(super) fn settled(self) -> bool {
        self.redeemers > 0 && (self.entries == 0 || self.entered_at <= self.redeemed_at)
    }
}

impl Known for Told {
    fn gone(&self) -> bool {
        self.entries == 0 && self.redeemers == 0 && self.accepted == 0
    }
}
