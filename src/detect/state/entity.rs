//! What is known of addresses, accounts and machines across rules: the risk
//! that informational rules left on them, and which rules alerted on them.
//!
//! Bounded: two generations, the older dropped whole. All arithmetic is in
//! whole thousandths of a point, so that it is the same on every machine.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::event::time::{DAY, SECOND};

/// Time in which a risk halves.
const HALF_LIFE: i64 = 6 * 3_600 * SECOND;
/// Highest risk kept, in thousandths.
const MAX_RISK: i64 = 40_000;
/// Alerts of other rules count within this time.
const NEAR: i64 = 3_600 * SECOND;
/// Alerts remembered per entity.
const MAX_ALERTS: usize = 32;

#[derive(Debug, Clone, Default)]
struct Entity {
    risk: i64,
    at: i64,
    alerts: SmallVec<[(u32, i64); 2]>,
}

/// The entities of a run, by hash of kind and value.
#[derive(Debug)]
pub(super) struct Entities {
    young: FxHashMap<u64, Entity>,
    old: FxHashMap<u64, Entity>,
    turned: i64,
    /// Sources come behind each other: what is behind turns nothing.
    late: bool,
    cap: usize,
}

/// Risk left after a time, halving every [`HALF_LIFE`], linear in between.
fn decayed(risk: i64, elapsed: i64) -> i64 {
    let elapsed = elapsed.max(0);
    let halves = elapsed / HALF_LIFE;
    if halves >= 40 {
        return 0;
    }
    let risk = risk >> halves;
    risk - (i128::from(risk) * i128::from(elapsed % HALF_LIFE) / (2 * i128::from(HALF_LIFE))) as i64
}

impl Entities {
    pub(super) fn new(cap: usize, late: bool) -> Self {
        Self { young: FxHashMap::default(), old: FxHashMap::default(), turned: i64::MIN, late, cap: cap.max(1) }
    }

    fn get(&self, key: u64) -> Option<&Entity> {
        self.young.get(&key).or_else(|| self.old.get(&key))
    }

    fn touch(&mut self, key: u64, order: i64) -> &mut Entity {
        let order = if self.late { order.max(self.turned) } else { order };
        let aged = self.turned == i64::MIN || order.abs_diff(self.turned) > DAY.unsigned_abs();
        if aged || self.young.len() >= self.cap {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
            self.turned = order;
        }
        let kept = if self.young.contains_key(&key) { None } else { self.old.remove(&key) };
        let entity = self.young.entry(key).or_default();
        if let Some(kept) = kept {
            *entity = kept;
        }
        entity
    }

    /// Adds to the risk of an entity.
    pub(super) fn raise(&mut self, key: u64, thousandths: i64, time: i64, order: i64) {
        let e = self.touch(key, order);
        e.risk = (decayed(e.risk, time.saturating_sub(e.at)) + thousandths).min(MAX_RISK);
        e.at = e.at.max(time);
    }

    /// Its risk at a time, in thousandths.
    pub(super) fn risk(&self, key: u64, time: i64) -> i64 {
        self.get(key).map_or(0, |e| decayed(e.risk, time.saturating_sub(e.at)))
    }

    /// Notes that a rule alerted on an entity.
    pub(super) fn alerted(&mut self, key: u64, slot: u32, time: i64, order: i64) {
        let e = self.touch(key, order);
        if let Some(a) = e.alerts.iter_mut().find(|a| a.0 == slot) {
            a.1 = a.1.max(time);
            return;
        }
        if e.alerts.len() >= MAX_ALERTS {
            e.alerts.remove(0);
        }
        e.alerts.push((slot, time));
    }

    /// Adds to `out` the other rules that alerted on an entity around an episode.
    pub(super) fn others(&self, key: u64, slot: u32, from: i64, to: i64, out: &mut SmallVec<[u32; 8]>) {
        let Some(e) = self.get(key) else { return };
        for (other, time) in &e.alerts {
            let near = *time >= from.saturating_sub(NEAR) && *time <= to.saturating_add(NEAR);
            if *other != slot && near && !out.contains(other) {
                out.push(*other);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn risk_halves() {
        let mut t = Entities::new(10, false);
        t.raise(1, 8_000, 0, 0);
        assert_eq!(t.risk(1, 0), 8_000);
        assert_eq!(t.risk(1, HALF_LIFE), 4_000);
        assert_eq!(t.risk(1, HALF_LIFE / 2), 6_000);
        assert_eq!(t.risk(1, 1_000 * HALF_LIFE), 0);
        assert_eq!(t.risk(2, 0), 0);
    }

    #[test]
    fn other_rules_near_in_time() {
        let mut t = Entities::new(10, false);
        t.alerted(1, 5, 100 * SECOND, 0);
        t.alerted(1, 6, 9_000 * SECOND, 0);
        let mut out = SmallVec::new();
        t.others(1, 7, 0, 1_000 * SECOND, &mut out);
        assert_eq!(out.as_slice(), [5]);
        out.clear();
        t.others(1, 5, 0, 1_000 * SECOND, &mut out);
        assert!(out.is_empty());
    }

    #[test]
    fn bounded() {
        let mut t = Entities::new(8, false);
        for k in 0..1_000 {
            t.raise(k, 1, 0, 0);
        }
        assert!(t.young.len() + t.old.len() <= 16);
    }
}
