//! One source in the sequencer: its batches in order, its clock, its counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::SourceStatus;
use super::work::Work;
use crate::detect::state::{Carry, Clock, Observed};
use crate::event::{Record, TimeQuality, Ts};
use crate::source::SourceView;

/// A source between the workers and the stateful stages.
pub(super) struct Lane {
    pub status: SourceStatus,
    pub view: Option<Arc<SourceView>>,
    clock: Clock,
    /// Least order time the lane can begin with; it joins the merge only then.
    pub begins: Ts,
    /// Batches that came before their turn, by number.
    early: BTreeMap<u64, Box<Work>>,
    next: u64,
    /// The batch in turn, the clock's word on each record, and the next record.
    head: Option<Head>,
    /// Batches there are in all, once known.
    total: Option<u64>,
    /// Bytes of all its text, once known.
    text_bytes: u64,
    /// Tokens with the workers.
    pub tokens: usize,
    pub idle: bool,
    pub active: bool,
    /// It was told that it comes too far behind the others.
    pub apart: bool,
    /// What [`super::lanes::Lanes`] counts it as.
    pub noted: Standing,
    /// Whether its next record stands in the queue of all lanes.
    pub queued: bool,
    /// Records handed on so far.
    pub records_done: u64,
    spare: Vec<Observed>,
}

/// What a lane is to the merge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// The merge waits for its next record.
    pub blocks: bool,
    /// It has joined, is not done and does not wait for more.
    pub works: bool,
    /// All its records were handed on.
    pub done: bool,
}

pub(super) struct Head {
    pub work: Box<Work>,
    pub observed: Vec<Observed>,
    pub record: usize,
    pub hit: usize,
}

/// Gives a record without a time the one that the clock has for it.
fn place(r: &mut Record, o: &Observed) {
    if !r.time.is_some() {
        r.time = o.time;
        r.quality = if o.known { TimeQuality::Carried } else { TimeQuality::Unknown };
    }
}

impl Lane {
    pub fn new(status: SourceStatus, view: Option<Arc<SourceView>>, carry: Carry, begins: Ts) -> Self {
        Self {
            status,
            view,
            clock: Clock::new(carry),
            begins,
            early: BTreeMap::new(),
            next: 0,
            head: None,
            total: None,
            text_bytes: 0,
            tokens: 0,
            idle: false,
            active: false,
            apart: false,
            noted: Standing { blocks: false, works: false, done: false },
            queued: false,
            records_done: 0,
            spare: Vec::new(),
        }
    }

    /// Its status as it is shown: with what became of a followed file.
    pub fn shown(&self) -> SourceStatus {
        let mut status = self.status.clone();
        if let Some(view) = &self.view {
            status.warnings.extend(view.notes());
            status.begins = view.begins();
            status.presence = view.presence().filter(|_| !status.ended);
        }
        status
    }

    /// Its status at the end: with the names of the files that it was read from.
    pub fn ended(&self) -> SourceStatus {
        let mut status = self.shown();
        if let Some(view) = self.view.as_ref().filter(|_| !status.begins.is_empty()) {
            status.parts = Arc::new(view.part_names(&status.name));
        }
        status
    }

    /// Notes what was not read, as nothing more will be.
    pub fn stop(&mut self) {
        let Some(view) = self.view.as_ref().filter(|_| !self.status.failed) else { return };
        let unread = view.unread(&self.status.name, self.status.counts.bytes);
        let bytes = |n: u64| if n == 1 { "1 byte".to_owned() } else { format!("{n} bytes") };
        let said: Vec<String> = match unread.as_slice() {
            [] => return,
            [(name, n)] if *name == self.status.name => vec![bytes(*n)],
            all => all.iter().map(|(name, n)| format!("{} of {name}", bytes(*n))).collect(),
        };
        self.status.warn(format!("stopped before its end: not read are {}", said.join(", ")));
        self.status.unread = Arc::new(unread);
    }

    /// Takes a batch from a worker.
    pub fn accept(&mut self, mut work: Box<Work>) {
        self.idle = false;
        if let Some(format) = work.format.take() {
            self.status.format = format;
        }
        if let Some(w) = work.failed
            && !self.status.warnings.iter().any(|x| x == w)
        {
            self.status.warnings.push(w.to_owned());
        }
        self.early.insert(work.batch.seq, work);
        self.advance();
    }

    /// No batch comes after this many; so many bytes of text were read.
    pub fn ends_after(&mut self, batches: u64, text_bytes: u64) {
        self.total = Some(batches);
        self.text_bytes = text_bytes;
        self.status.ended = true;
        self.idle = false;
    }

    /// Whether all its records were handed on.
    pub fn done(&self) -> bool {
        self.head.is_none() && self.total.is_some_and(|t| self.next >= t)
    }

    /// Counts what stands behind the last record (its line's end), once that was handed on.
    pub fn complete(&mut self) {
        if self.done() && !self.status.failed {
            self.status.counts.bytes = self.status.counts.bytes.max(self.text_bytes);
        }
    }

    /// What it is to the merge by now.
    pub fn standing(&self) -> Standing {
        let done = self.done();
        let works = self.active && !done && !self.idle;
        Standing { blocks: works && self.head.is_none(), works, done }
    }

    /// Batches that wait here.
    pub fn waiting(&self) -> usize {
        self.early.len() + usize::from(self.head.is_some())
    }

    pub const fn has_ended(&self) -> bool {
        self.total.is_some()
    }

    pub fn head_mut(&mut self) -> Option<&mut Head> {
        self.head.as_mut()
    }

    /// Order time of its next record. A batch without any (empty lines) is
    /// next whatever the others have.
    pub fn key(&self) -> Option<Ts> {
        let h = self.head.as_ref()?;
        Some(h.observed.get(h.record).map_or(Ts::NONE, |o| o.order))
    }

    /// Takes the finished head away and turns to the next batch.
    pub fn finish_head(&mut self) -> Option<Box<Work>> {
        let Head { work, mut observed, .. } = self.head.take()?;
        observed.clear();
        self.spare = observed;
        self.advance();
        Some(work)
    }

    /// Does each batch that waits here once more, of which `stale` says so. What was
    /// handed on of the one in turn stays handed on.
    pub fn redo(&mut self, stale: &dyn Fn(&Work) -> bool, again: &mut dyn FnMut(&mut Work)) {
        self.early.values_mut().filter(|w| stale(w)).for_each(|w| again(w));
        let Some(head) = self.head.as_mut().filter(|h| stale(&h.work)) else { return };
        again(&mut head.work);
        head.hit = head.work.hits.partition_point(|h| (h.record as usize) < head.record);
        for (r, o) in head.work.batch.records.iter_mut().zip(&head.observed) {
            place(r, o);
        }
    }

    /// Makes the next batch in order the head and asks the clock about it.
    fn advance(&mut self) {
        if self.head.is_some() {
            return;
        }
        let Some(mut work) = self.early.remove(&self.next) else { return };
        self.next += 1;
        let mut observed = std::mem::take(&mut self.spare);
        let (mut first, mut last) = (Ts::NONE, Ts::NONE);
        for r in &mut work.batch.records {
            let o = self.clock.observe(r.time);
            place(r, &o);
            if !first.is_some() {
                first = o.order;
            }
            last = o.order.max(last);
            observed.push(o);
        }
        if let Some(v) = &self.view {
            v.note_times(work.batch.seq, first, last);
        }
        self.head = Some(Head { work, observed, record: 0, hit: 0 });
    }
}
