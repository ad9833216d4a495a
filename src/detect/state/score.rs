//! Risk score and confidence of an alert.
//!
//! Score, 0 to 100, is the sum of named parts, each a whole number of
//! thousandths, so that they add up exactly:
//!
//! | part | points |
//! |---|---|
//! | `level` | low 20, medium 45, high 68, critical 88 |
//! | `volume` | 2 · log2(acts over threshold), at most 8 |
//! | `entity_risk` | what informational rules left on address, account or machine, at most 8 |
//! | `other_rules` | 4 for each other rule that alerted on the entity within an hour, at most 8 |
//! | `cap` | what is above 100, negative |
//! | `redeemed` | negative: of what was taken back `level` counts as low (see `redeem`) |
//! | `usual` | negative: of a burst that turned out to be the group's own pace `level` counts as low (see `episode`) |
//! | `covered` | negative: of a covered alert `level` counts as low (see `fold`) |
//!
//! Confidence, 0 to 1: what the rule says of itself, else by status (stable
//! 0.90, test 0.80, experimental 0.65, else 0.75); plus 0.02 for each doubling
//! of acts over the threshold, at most 0.08; less 0.10 where the records came
//! too late for the windows of their time; never above 0.99.

use crate::event::Severity;

use super::plan::Slot;

/// A score with its parts, and the confidence.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assessment {
    pub score: f64,
    pub parts: Vec<(String, f64)>,
    pub confidence: f64,
}

fn thousandths(points: f64) -> i64 {
    (points * 1_000.0).round() as i64
}

/// Doublings of a count over the threshold.
fn doublings(count: u64, threshold: f64) -> f64 {
    (count as f64 / threshold.max(1.0)).max(1.0).log2()
}

/// Points of a level.
#[must_use]
pub const fn level_points(level: Severity) -> i64 {
    match level {
        Severity::Info => 5,
        Severity::Low => 20,
        Severity::Medium => 45,
        Severity::High => 68,
        Severity::Critical => 88,
    }
}

/// What is known of an episode beside its rule.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Circumstances {
    /// Acts.
    pub count: u64,
    /// Risk of its entities, in thousandths of a point.
    pub risk: i64,
    /// Other rules that alerted on them.
    pub others: usize,
    /// Its records came too late for the windows of their time.
    pub late: bool,
}

/// Assesses an episode.
pub(super) fn assess(slot: &Slot, c: Circumstances) -> Assessment {
    let level = level_points(slot.info.level) * 1_000;
    let doublings = doublings(c.count, slot.threshold);
    let volume = thousandths((2.0 * doublings).min(8.0));
    let risk = c.risk.clamp(0, 8_000);
    let others = (c.others.min(2) * 4_000) as i64;
    let sum = level + volume + risk + others;
    let cap = (100_000 - sum).min(0);
    let parts = [("level", level), ("volume", volume), ("entity_risk", risk), ("other_rules", others), ("cap", cap)];
    let base = slot.info.confidence.unwrap_or(match &*slot.info.status {
        "stable" => 0.90,
        "test" => 0.80,
        "experimental" => 0.65,
        _ => 0.75,
    });
    let confidence = base + (0.02 * doublings).min(0.08) - if c.late { 0.10 } else { 0.0 };
    Assessment {
        score: (sum + cap) as f64 / 1_000.0,
        parts: parts
            .iter()
            .filter(|(n, p)| *p != 0 || *n == "level")
            .map(|(n, p)| ((*n).to_owned(), *p as f64 / 1_000.0))
            .collect(),
        confidence: thousandths(confidence.clamp(0.0, 0.99)) as f64 / 1_000.0,
    }
}
