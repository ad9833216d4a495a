//! A session: inputs, rules and options turned into running threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::entering::enter;
use super::growth::Growth;
use super::lanes::Lanes;
use super::latency::Latencies;
use super::newcomers::{Newcomers, WAITING};
use super::opening::{Opened, open_all, open_options};
use super::outputs::Outputs;
use super::publisher::{FeedSource, Publisher, Shared};
use super::sequencer::Sequencer;
use super::work::{Hand, Shop};
use super::{Feed, Histogram, LoadedRules, SessionOptions, Snapshot};
use crate::detect::RuleSet;
use crate::detect::state::{State, StateOptions};
use crate::event::SourceId;
use crate::event::time::DAY;
use crate::parse::Tables;
use crate::sink::SinkError;
use crate::source::{Cache, Finder, Fingerprint, Input, InputKind, SourceView, is_put_aside, place};
use crate::store::SourceRecord;

/// How far one of several followed inputs may come behind the others.
const LATENESS: i64 = DAY;

/// A running (or finished) session.
pub struct Session {
    shared: Arc<Shared>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("phase", &self.snapshot().phase).finish_non_exhaustive()
    }
}

impl Session {
    /// Starts the threads and returns at once; inputs are opened and rules
    /// loaded behind it.
    #[must_use]
    pub fn start(options: SessionOptions) -> Self {
        let shared = Arc::new(Shared::default());
        let scope = options.scope();
        let _ = shared.scope.set(scope);
        let stop = Arc::clone(&options.stop);
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("sequencer".into()).spawn(move || run(options, &for_thread)).ok();
        Self { shared, stop, thread }
    }

    /// The session as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.shared.snapshot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The rules, once loaded.
    #[must_use]
    pub fn rules(&self) -> Option<Arc<RuleSet>> {
        self.shared.rules.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The records in canonical order (empty unless asked for in the options).
    #[must_use]
    pub fn feed(&self) -> Feed {
        Feed::new(Arc::clone(&self.shared))
    }

    /// Asks the session to end; what was done is kept.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether its thread has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for the end. What became of the outputs stands in the snapshot.
    ///
    /// # Errors
    /// When the session broke off by itself.
    pub fn join(&mut self) -> Result<(), SinkError> {
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) => {
                Err(SinkError::Io { path: "session".into(), source: std::io::Error::other("the sequencer failed") })
            }
            None => Ok(()),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stop();
        let _ = self.join();
    }
}

fn run(mut options: SessionOptions, shared: &Arc<Shared>) {
    let started = Instant::now();
    let none = || LoadedRules { set: Arc::new(RuleSet::load(&[])), records: Vec::new() };
    let load = std::mem::replace(&mut options.rules, Box::new(none));
    let LoadedRules { set: rules, records } = load();
    let reloads = options.reloads.take();
    let tables = Tables::new(&rules.schema());

    let cache = options.cache.take().unwrap_or_default();
    let (mut lanes, mut feeders, mut feed_sources, mut opened) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut live = 0;
    for (i, (input, found)) in options.inputs.iter().zip(open_all(&options, &cache, &tables)).enumerate() {
        let entered = enter(SourceId(i as u32), input, found, &options, &tables);
        live += usize::from(entered.live);
        lanes.push(entered.lane);
        feeders.push(entered.feeder);
        feed_sources.push(entered.feed);
        opened.push(entered.opened);
    }
    let known = known_order(&options, &cache, shared, &mut feed_sources);
    *shared.sources.write().unwrap_or_else(PoisonError::into_inner) = feed_sources;

    let mut outputs = Outputs::new(std::mem::take(&mut options.sinks));
    outputs.each(|s| s.start(&opened, &records));

    let finder = options.follow.then(|| Finder::new(&options.watch, &options.inputs, &options.followed)).flatten();
    let threads = options.worker_threads() + live.min(WAITING);
    let shop = Arc::new(Shop::new(feeders, Arc::clone(&rules), options.filter.take()));
    let (tokens, token_rx) = crossbeam_channel::unbounded();
    let (result_tx, results) = crossbeam_channel::unbounded();
    let mut workers = Vec::new();
    // The sequencer is one of the threads, unless it might have to wait for what a live
    // source brings: so as many threads as were asked for keep as many cores busy.
    let hand = (live == 0 && finder.is_none()).then(|| Hand::new(&shop, token_rx.clone()));
    for n in usize::from(hand.is_some())..threads {
        let (shop, tokens, out) = (Arc::clone(&shop), token_rx.clone(), result_tx.clone());
        let life = move || Hand::new(&shop, tokens).run(&out);
        let w = std::thread::Builder::new().name(format!("worker {n}")).spawn(life);
        workers.extend(w.ok());
    }

    let mut publisher = Publisher {
        last: super::policy::LastStage::new(Arc::clone(&options.policy)),
        shared: Arc::clone(shared),
        stop: Arc::clone(&options.stop),
        on_change: options.on_change.clone(),
        keep_order: options.feed && !known,
        cache: cache.clone(),
        notes: Vec::new(),
        left_out: Arc::clone(&options.left_out),
        refused: None,
        started,
        revision: 0,
        loaded: crate::detect::RuleCounts::default(),
        problems: Arc::default(),
        other_problems: options.policy.problems.clone(),
        reloaded: 0,
        closed: std::collections::BTreeMap::new(),
        list: Arc::default(),
        latencies: Latencies::default(),
    };
    let several = options.inputs.len() > 1 || finder.is_some();
    let lateness = if several && options.follow { LATENESS } else { 0 };
    let memory = StateOptions { lateness, several, ..StateOptions::default() };
    publisher.rules(&rules);
    let mut state = State::new(Arc::clone(&rules), memory);
    state.set_logs(super::opening::logs(&options.inputs));
    let mut sequencer = Sequencer {
        names: options.inputs.iter().map(|i| i.name.clone()).collect(),
        lanes: Lanes::new(lanes),
        shop: Arc::clone(&shop),
        state,
        fired: vec![0; rules.rules().len()],
        rules,
        tokens,
        results,
        outputs,
        publisher,
        from: options.from,
        to: options.to,
        year: options.year,
        workers: options.worker_threads(),
        hand,
        histogram: Histogram::default(),
        scratch: Vec::new(),
        growth: Growth::default(),
        newcomers: None,
        reloads,
    };
    if let Some(finder) = finder {
        let results = result_tx.clone();
        let (tokens, refused) = (token_rx.clone(), 0);
        let new = Newcomers { finder, options, cache, tables, shop, tokens, results, live, refused };
        sequencer.newcomers = Some(Box::new(new));
    }
    drop(token_rx);
    sequencer.run();
    // Till here, so that waiting for results is waiting where there is no worker, too.
    drop(result_tx);
    for w in workers {
        let _ = w.join();
    }
}

/// Where the only input was read before and is still the same, its index tells
/// the order of all records beforehand: each can be looked at while detection
/// runs again. Whether that is so.
fn known_order(
    options: &SessionOptions,
    cache: &Cache,
    shared: &Shared,
    feed_sources: &mut [Option<FeedSource>],
) -> bool {
    let ([input], [Some(source)]) = (options.inputs.as_slice(), feed_sources) else { return false };
    if !options.feed || options.follow {
        return false;
    }
    let id = SourceId(0);
    let Some(view) = SourceView::open_cached(id, input, &open_options(options, cache)) else { return false };
    let records = view.record_count();
    source.view = Arc::new(view);
    shared.runs.write().unwrap_or_else(PoisonError::into_inner).push(id, 0, records);
    true
}

/// What the store keeps of an input.
pub(super) fn source_record(id: SourceId, input: &Input, options: &SessionOptions, o: &Opened) -> SourceRecord {
    let path = match &input.kind {
        // One that is waited for has a place, too.
        InputKind::Path(p) => Some(place(p)).filter(|p| p.is_absolute()).map(|p| p.to_string_lossy().into_owned()),
        InputKind::Stdin => None,
    };
    // only a regular file can be looked at again: a second open of a pipe would wait for ever
    let regular = path.as_ref().filter(|p| std::fs::metadata(p).is_ok_and(|m| m.is_file()));
    let print = regular.and_then(|p| {
        let file = std::fs::File::open(p).ok()?;
        let size = file.metadata().ok()?.len();
        Fingerprint::of(&file, size).ok()
    });
    SourceRecord {
        id,
        name: input.name.clone(),
        path,
        fingerprint: print.map(|f| f.to_string()).unwrap_or_default(),
        format: o.parser.format_name().to_owned(),
        timezone: options.tz.name().to_owned(),
        time_ref: o.time_ref,
        year_given: o.year_from.is_empty(),
        // A name that rotation gives is that of another file each time.
        followed: o.reader.view().presence().is_some() && matches!(&input.kind, InputKind::Path(p) if !is_put_aside(p)),
    }
}
