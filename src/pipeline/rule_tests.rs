//! Runs the test events beside rules through the real state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::detect::state::{Carry, Clock, State, StateOptions};
use crate::detect::testing::{Case, Correlate, TIME_REFERENCE};
use crate::detect::{Hit, RuleIdx, RuleSet};
use crate::event::{Batch, RecordFlags, Schema, Ts};
use crate::parse::{Options, Parser, Scratch, check_format};

/// Correlates the events of one test case.
#[derive(Debug, Default)]
pub struct RuleTests;

impl Correlate for RuleTests {
    fn parse(&mut self, case: &Case, batch: &mut Batch, schema: &Arc<Schema>) -> Result<(), String> {
        if let Some(name) = &case.format {
            check_format(name, &[])?;
        }
        let mut options = Options::new(TIME_REFERENCE);
        options.format.clone_from(&case.format);
        let sample = batch.text.as_bytes().get(..batch.text.len().min(65_536)).unwrap_or(&[]).to_vec();
        let parser = Parser::for_source(&case.name, &sample, &options, schema);
        parser.parse_batch(batch, &mut Scratch::default());
        Ok(())
    }

    fn alerts(&mut self, rules: &Arc<RuleSet>, batch: &Batch, hits: &[Hit]) -> Vec<(RuleIdx, u64)> {
        let mut state = State::new(Arc::clone(rules), StateOptions::default());
        // Events of a test that have no time are of one moment.
        let first = batch.records.first().map(|r| r.time).filter(|t| t.is_some()).unwrap_or(Ts(0));
        let mut clock = Clock::new(Carry::new(first, first));
        let mut next = 0;
        let mut mine = Vec::new();
        for (i, rec) in batch.records.iter().enumerate() {
            let at = clock.observe(rec.time);
            mine.clear();
            while let Some(h) = hits.get(next).filter(|h| h.record as usize == i) {
                mine.push(h.rule);
                next += 1;
            }
            if mine.is_empty() && !rec.flags.any(RecordFlags::ACT) {
                continue;
            }
            if let Some(e) = batch.event(i) {
                state.push(e, &mine, at);
            }
        }
        state.finish();
        let mut updates = Vec::new();
        state.drain(&mut updates);
        let mut counts: BTreeMap<RuleIdx, u64> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        // a closed alert is given out again when another comes to stand for it
        for u in updates.iter().filter(|u| u.closed && seen.insert(&u.alert.id)) {
            if let Some(i) = rules.rules().iter().position(|r| r.id == u.alert.rule_id) {
                *counts.entry(RuleIdx(i as u32)).or_default() += 1;
            }
        }
        counts.into_iter().collect()
    }
}
