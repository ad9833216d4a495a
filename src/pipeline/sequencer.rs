//! Restores canonical order over all sources and runs the stateful stages.
//!
//! Each source is a [`Lane`] whose records come in its own order; the lanes are
//! merged by (order time, source, position). A lane joins the merge when the
//! merge reaches the time it begins with, so thousands of files are not all
//! open at once. A lane that waits for more (a followed file) is not waited for.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::growth::Growth;
use super::lane::Lane;
use super::lanes::Lanes;
use super::newcomers::Newcomers;
use super::outputs::Outputs;
use super::sinks::SinkContext;
use super::work::{Got, Hand, Shop};
use super::{Histogram, LoadedRules, Phase, Publisher, SourceStatus};
use crate::alert::{Alert, RuleType};
use crate::detect::state::State;
use crate::detect::{RuleIdx, RuleSet};
use crate::event::time::SECOND;
use crate::event::{Record, RecordFlags, TimeQuality, Ts};

/// How often snapshots are published while records flow.
const PUBLISH: Duration = Duration::from_millis(50);

/// A record further behind its source's watermark than this counts as late (µs).
const LATENESS: i64 = 2 * SECOND;

/// What is said of an input that is further behind the others than they are remembered.
const APART: &str = "came more than a day behind the other inputs: that is counted by itself";

/// Everything the sequencer works with.
pub(super) struct Sequencer {
    pub lanes: Lanes,
    pub names: Vec<String>,
    pub shop: Arc<Shop>,
    pub rules: Arc<RuleSet>,
    pub state: State,
    pub tokens: Sender<usize>,
    pub results: Receiver<(usize, Got)>,
    pub outputs: Outputs,
    pub publisher: Publisher,
    pub from: Option<Ts>,
    pub to: Option<Ts>,
    /// The year that was given for times without one.
    pub year: Option<i32>,
    /// Threads that parse and match.
    pub workers: usize,
    /// With it the sequencer is one of these while it has nothing to put in order.
    pub hand: Option<Hand>,
    pub histogram: Histogram,
    pub fired: Vec<u64>,
    pub scratch: Vec<RuleIdx>,
    pub growth: Growth,
    /// Brings files that come to a followed directory.
    pub newcomers: Option<Box<Newcomers>>,
    /// Brings other rules.
    pub reloads: Option<Receiver<LoadedRules>>,
}

impl Sequencer {
    /// Runs to the end of all inputs, or until stopped.
    pub fn run(mut self) {
        let phase = self.flow();
        if phase == Phase::Stopped {
            self.alerts();
            let open = self.publisher.open(&self.state);
            self.outputs.each(|s| s.interrupted(&open));
            self.lanes.stop();
        }
        self.close(&phase);
        self.publish(phase);
    }

    fn flow(&mut self) -> Phase {
        let stop = Arc::clone(&self.publisher.stop);
        let mut last = Instant::now();
        self.publish(Phase::Running);
        loop {
            if stop.load(Ordering::Relaxed) {
                return Phase::Stopped;
            }
            self.activate();
            while let Some(lane) = self.lanes.take_next() {
                self.process(lane);
                if last.elapsed() >= PUBLISH {
                    self.grow();
                    self.reload();
                    self.publish(Phase::Running);
                    last = Instant::now();
                    if stop.load(Ordering::Relaxed) || self.outputs.abandoned() {
                        return Phase::Stopped;
                    }
                }
                self.activate();
                self.collect(false);
            }
            if self.lanes.done() && self.newcomers.is_none() {
                // Readers that saw the stop first have ended their lanes early.
                return if stop.load(Ordering::Relaxed) { Phase::Stopped } else { Phase::Done };
            }
            if last.elapsed() >= PUBLISH {
                self.grow();
                self.outputs.each(|s| s.tick());
                self.greet();
                self.reload();
                let waiting = self.lanes.all_idle();
                if waiting {
                    self.settle_outputs();
                }
                self.publish(if waiting { Phase::Waiting } else { Phase::Running });
                last = Instant::now();
            }
            self.collect(true);
        }
    }

    /// Takes in the files that came to a followed directory.
    fn greet(&mut self) {
        let Some(newcomers) = &mut self.newcomers else { return };
        let before = newcomers.refused;
        let come = newcomers.come(self.names.len());
        if newcomers.refused > before {
            self.publisher.refused = newcomers.note();
        }
        for (input, entered) in come {
            let i = self.names.len();
            self.names.push(input.name);
            self.publisher.enter(entered.feed);
            self.outputs.each(|s| s.came(&entered.opened));
            self.lanes.add(entered.lane);
            self.issue(i);
        }
    }

    /// Lets lanes join whose first record is due.
    fn activate(&mut self) {
        while let Some(i) = self.lanes.join() {
            self.issue(i);
        }
    }

    /// Takes note of a lane's change and gives out tokens so that it has work
    /// under way.
    fn settle(&mut self, i: usize) {
        self.lanes.settle(i);
        self.issue(i);
    }

    fn issue(&mut self, i: usize) {
        let depth = self.depth();
        let Some(lane) = self.lanes.get_mut(i).filter(|l| l.active && !l.has_ended()) else { return };
        // One who waits is enough.
        let depth = if lane.idle { 1 } else { depth };
        while lane.tokens + lane.waiting() < depth {
            if self.tokens.send(i).is_err() {
                return;
            }
            lane.tokens += 1;
        }
    }

    /// Batches a lane may have under way: few lanes keep all workers busy with
    /// several each, and thousands hold no more memory than they must.
    fn depth(&self) -> usize {
        match self.lanes.working() {
            0..=2 => self.workers + 2,
            3..=8 => 3,
            _ => 2,
        }
    }

    /// Takes what the workers have brought; if asked to wait for the first, lends a hand.
    fn collect(&mut self, wait: bool) {
        if wait && self.results.is_empty() {
            let own = self.hand.as_mut().and_then(Hand::help);
            match own.map_or_else(|| self.results.recv_timeout(PUBLISH), Ok) {
                Ok((i, got)) => self.accept(i, got),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
        }
        while let Ok((i, got)) = self.results.try_recv() {
            self.accept(i, got);
        }
    }

    fn accept(&mut self, i: usize, got: Got) {
        self.take_in(i, got);
        self.settle(i);
    }

    fn take_in(&mut self, i: usize, got: Got) {
        let Some(lane) = self.lanes.get_mut(i) else { return };
        lane.tokens = lane.tokens.saturating_sub(1);
        match got {
            Got::Batch(mut work) => {
                if !work.is_of(&self.rules) {
                    self.shop.again(i, &mut work);
                }
                lane.accept(work);
            }
            Got::Idle => {
                lane.idle = true;
                if lane.waiting() == 0 {
                    self.state.rested(lane.status.id);
                }
            }
            Got::Nothing => {}
            Got::End(n, summary) => {
                lane.ends_after(n, summary.text_bytes);
                lane.status.sha256 = summary.sha256;
                lane.status.stored_bytes = summary.bytes;
                lane.status.damaged = summary.damaged;
                lane.status.warnings.extend(summary.warnings);
                lane.complete();
            }
            Got::Failed(n, why) => {
                lane.ends_after(n, 0);
                lane.status.failed = true;
                lane.status.warn(why);
            }
        }
    }

    /// Hands on records of a lane until another lane's turn comes.
    fn process(&mut self, i: usize) {
        let (limit, joining) = self.lanes.limits();
        let Some(lane) = self.lanes.get_mut(i) else { return };
        let Some(head) = lane.head_mut() else { return };
        let start = head.record;
        let more = head.observed.get(start..).unwrap_or_default();
        let run = more
            .iter()
            .take_while(|o| limit.is_none_or(|l| (o.order, i) < l) && joining.is_none_or(|b| o.order < b))
            .count();
        // the first record is this lane's by choice, whatever a joining lane begins with
        let end = start + run.max(usize::from(!more.is_empty()));
        self.hand_on(i, start..end);
        let Some(lane) = self.lanes.get_mut(i) else { return };
        let finished = lane.head_mut().is_some_and(|h| {
            h.record = end;
            end >= h.observed.len()
        });
        if finished && let Some(work) = lane.finish_head() {
            lane.status.counts.lines += work.batch.empty_lines;
            lane.status.counts.empty_lines += work.batch.empty_lines;
            self.publisher.latencies.analyzed(work.since);
            self.shop.give(work);
            lane.complete();
        }
        self.settle(i);
    }

    fn hand_on(&mut self, i: usize, range: Range<usize>) {
        let Self { lanes, names, rules, state, outputs, publisher, from, to, histogram, fired, scratch, .. } = self;
        let Some(lane) = lanes.get_mut(i) else { return };
        let first_record = lane.records_done;
        // How far all have come: what is followed may come behind the others.
        let merged = state.merged();
        lane.records_done += range.len() as u64;
        let source = lane.status.id;
        let mut counts = std::mem::take(&mut lane.status.counts);
        let Some(head) = lane.head_mut() else { return };
        let work = &*head.work;
        let ctx = SinkContext { names, rules };
        let ranged = from.is_some() || to.is_some();
        let out_of_time = |rec: &Record| ranged && !super::Scope::in_time(*from, *to, rec);
        let kept = |r: usize| {
            !work.filtered.get(r).copied().unwrap_or(false)
                && !work.batch.records.get(r).is_some_and(|rec| rec.flags.has(RecordFlags::HEADER) || out_of_time(rec))
        };
        let plain = work.filtered.is_empty() && !ranged;
        for r in range.clone() {
            let (Some(rec), Some(at)) = (work.batch.records.get(r), head.observed.get(r)) else { break };
            counts.lines += u64::from(rec.lines);
            if rec.flags.has(RecordFlags::HEADER) {
                // It says something of other lines, and is no event.
                counts.headers += 1;
                while work.hits.get(head.hit).is_some_and(|h| h.record as usize == r) {
                    head.hit += 1;
                }
                continue;
            }
            counts.records += 1;
            let due = merged.filter(|_| at.epoch == 0).map_or(at.order, |m| m.max(at.order));
            let late = due.0.saturating_sub(at.time.0) > LATENESS && at.known;
            counts.late += u64::from(late && (at.late || due > at.order));
            if at.known {
                counts.saw(at.time);
            }
            if rec.quality == TimeQuality::Yearless {
                counts.yearless += 1;
                counts.other_year += u64::from(self.year.is_some_and(|y| is_leap_day_of_another(rec.time, y)));
            }
            counts.carried += u64::from(rec.quality == TimeQuality::Carried);
            counts.untimed += u64::from(!at.known);
            let hits_from = head.hit;
            while work.hits.get(head.hit).is_some_and(|h| h.record as usize == r) {
                head.hit += 1;
            }
            if !plain && !kept(r) {
                let by = if work.filtered.get(r).copied().unwrap_or(false) {
                    "--filter"
                } else if !at.known {
                    "--from or --to: no time"
                } else if from.is_some_and(|f| rec.time < f) {
                    "--from"
                } else {
                    "--to"
                };
                counts.filter(by, 1);
                continue;
            }
            if rec.flags.has(RecordFlags::PARSED) {
                counts.parsed += 1;
            } else {
                counts.raw += 1;
            }
            if at.known {
                histogram.add(at.time);
            }
            let hits = work.hits.get(hits_from..head.hit).unwrap_or_default();
            if hits.is_empty() && !rec.flags.any(RecordFlags::ACT) {
                continue;
            }
            let Some(event) = work.batch.event(r) else { break };
            scratch.clear();
            for h in hits {
                scratch.push(h.rule);
                if let Some(n) = fired.get_mut(h.rule.0 as usize) {
                    *n += 1;
                }
            }
            if !hits.is_empty() {
                outputs.each(|s| s.hits(ctx, &event, hits));
            }
            counts.twice += u64::from(state.push(event, scratch, *at));
        }
        let mut apart = false;
        if let Some(last) = range.end.checked_sub(1).and_then(|l| work.batch.records.get(l)) {
            counts.bytes = counts.bytes.max(last.offset + last.full_len);
        }
        if let Some(o) = range.end.checked_sub(1).and_then(|l| head.observed.get(l)) {
            state.advance_source(source, *o);
            apart = state.is_apart(source);
        }
        outputs.each(|s| s.events(ctx, &work.batch, range.clone(), &kept));
        publisher.order(source, first_record, range.len() as u64);
        lane.status.counts = counts;
        if apart && !lane.apart {
            lane.apart = true;
            lane.status.warn(APART.to_owned());
        }
        if let Some(view) = lane.view.as_ref().filter(|_| !lane.status.ended) {
            lane.status.stored_bytes = view.progress().0;
        }
        self.alerts();
    }

    /// Passes changed alerts on.
    pub(super) fn alerts(&mut self) {
        let ctx = SinkContext { names: &self.names, rules: &self.rules };
        for (a, closed, out) in self.publisher.drain(&mut self.state) {
            // an alert is given out again when another comes to stand for it
            if !closed
                && a.revision == 1
                && a.rule_type == RuleType::Correlation
                && let Some(i) = self.rules.rules().iter().position(|r| r.id == a.rule_id)
                && let Some(n) = self.fired.get_mut(i)
            {
                *n += 1;
            }
            if out {
                self.outputs.each(|s| s.alert(ctx, &a));
            } else {
                self.outputs.each(|s| s.taken_out(&a));
            }
        }
    }

    /// Tells the outputs how open alerts have grown, when it is time.
    fn grow(&mut self) {
        if !self.outputs.want_growth() {
            return;
        }
        let Some(begun) = self.growth.due() else { return };
        let alerts = self.publisher.grown(&mut self.state);
        // What waits to be written goes along with those that grew.
        self.outputs.each(|s| s.grown(&alerts));
        self.growth.took(begun.elapsed());
    }

    /// Tells the outputs that all there is for now was read, once, and where
    /// nothing was left out.
    fn settle_outputs(&mut self) {
        let part = self.from.is_some() || self.to.is_some() || self.shop.query.is_some();
        if part || std::mem::replace(&mut self.growth.settled, true) {
            return;
        }
        let statuses: Vec<SourceStatus> = self.lanes.as_slice().iter().map(|l| l.status.clone()).collect();
        let alerts = self.publisher.all_alerts(&self.state);
        self.outputs.each(|s| s.settled(&alerts, &statuses));
    }

    /// The end of the input: everything open is closed.
    fn close(&mut self, phase: &Phase) {
        self.state.finish();
        self.alerts();
        if *phase == Phase::Done {
            self.settle_outputs();
        }
        let alerts: Vec<Arc<Alert>> = self.publisher.all_alerts(&self.state);
        let statuses: Vec<SourceStatus> = self.lanes.as_slice().iter().map(Lane::ended).collect();
        let ctx = SinkContext { names: &self.names, rules: &self.rules };
        self.outputs.each(|s| s.finish(ctx, &alerts, &statuses));
    }

    fn publish(&mut self, phase: Phase) {
        self.histogram.flush();
        self.publisher.publish(
            phase,
            self.lanes.as_slice(),
            &self.histogram,
            &self.fired,
            &self.rules,
            &self.state,
            &self.outputs,
        );
    }
}

/// Whether a 29 February (which its zone may have put on the day before or after)
/// is of a year before the one that was given, which has none.
fn is_leap_day_of_another(time: Ts, year: i32) -> bool {
    let (of, month, ..) = time.civil();
    of < i64::from(year) && matches!(month, 2 | 3)
}
