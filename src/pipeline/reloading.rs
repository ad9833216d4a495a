//! Other rules while inputs are followed.
//!
//! Between two records the rules are others: the windows and episodes of those
//! that say the same go on, those of the others are closed. What was parsed and
//! matched already and not yet handed on is parsed and matched once more, so that
//! a record is seen with the rules before or with those after, and never missed.

use std::sync::Arc;

use super::LoadedRules;
use super::sequencer::Sequencer;
use crate::parse::Tables;

impl Sequencer {
    /// Takes the newest rules that came.
    pub(super) fn reload(&mut self) {
        let Some(LoadedRules { set, records }) = self.reloads.as_ref().and_then(|r| r.try_iter().last()) else {
            return;
        };
        let tables = Tables::new(&set.schema());
        self.shop.renew(&set, &tables);
        if let Some(n) = &mut self.newcomers {
            n.tables = tables;
        }
        self.state.reload(Arc::clone(&set));
        // What closes now was raised by the rules before.
        self.alerts();
        let before = std::mem::replace(&mut self.rules, set);
        let mut fired = vec![0; self.rules.rules().len()];
        for (n, rule) in self.fired.iter().zip(before.rules()).filter(|(n, _)| **n > 0) {
            if let Some(at) = self.rules.rules().iter().position(|r| r.id == rule.id)
                && let Some(now) = fired.get_mut(at)
            {
                *now += n;
            }
        }
        self.fired = fired;
        let (shop, rules) = (&self.shop, &self.rules);
        for i in 0..self.lanes.as_slice().len() {
            if let Some(lane) = self.lanes.get_mut(i) {
                lane.redo(&|w| !w.is_of(rules), &mut |w| shop.again(i, w));
            }
        }
        self.publisher.rules(&self.rules);
        self.publisher.reloaded += 1;
        self.outputs.each(|s| s.rules(&records));
    }
}
