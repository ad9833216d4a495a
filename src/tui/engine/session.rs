//! The threads and the sessions: starts them, and starts a session again when
//! its rules changed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, unbounded};

use super::super::kept::Kept;
use super::super::msg::{Effect, Msg};
use super::again::{self, Waited};
use super::bench::{self, Bench, BenchReq};
use super::feed::Reader;
use super::store::Worker;
use super::writing::Writing;
use super::{DataReq, RulePlaces, StoreReq, ToLoop, convert};
use crate::detect::RuleSet;
use crate::pipeline::{Session, SessionOptions};
use crate::store::Store;

/// Makes the options of a session: at the start, and again when rules changed.
pub type MakeOptions = Box<dyn FnMut() -> Result<SessionOptions, String> + Send>;

/// How long the end waits for the analyzer to write what it found.
const LAST: Duration = Duration::from_secs(5);

/// The threads behind the loop.
pub struct Sessions {
    data: Sender<DataReq>,
    store: Sender<StoreReq>,
    bench: Sender<BenchReq>,
    threads: Vec<JoinHandle<()>>,
    reload: Arc<AtomicBool>,
    reloads: Sender<()>,
    running: Running,
    writing: Arc<Writing>,
    _watcher: Option<crate::pipeline::RuleWatcher>,
}

/// The session that runs now.
type Running = Arc<Mutex<Option<Arc<Session>>>>;

/// The rules as a list, none of which was asked of any event.
fn listed(rules: &RuleSet) -> Msg {
    Msg::Rules(Arc::new(rules.rules().iter().map(|r| convert::rule(r, 0)).collect()))
}

impl Sessions {
    /// Starts the threads. The first session is given, so that it can run
    /// already; `make` makes later ones (none where the input cannot be read twice).
    #[must_use]
    pub fn start(
        out: &ToLoop,
        first: Option<SessionOptions>,
        make: Option<MakeOptions>,
        store: Store,
        places: RulePlaces,
        gap: Duration,
    ) -> Self {
        let (data, data_rx) = unbounded();
        let (to_store, store_rx) = unbounded();
        let (bench, bench_rx) = unbounded();
        let (reloads, reload_rx) = unbounded::<()>();
        let writing = Arc::<Writing>::default();
        let reader = Reader::new(out.clone(), gap, Arc::clone(&writing));
        let worker = Worker {
            store,
            feed: None,
            alone: first.is_none(),
            out: out.clone(),
            data: data.clone(),
            known: std::collections::BTreeMap::new(),
            audited: None,
            earlier: Default::default(),
        };
        let mut threads = Vec::new();
        let spawn =
            |name: &str, f: Box<dyn FnOnce() + Send>| std::thread::Builder::new().name(name.to_owned()).spawn(f).ok();
        threads.extend(spawn("feed", Box::new(move || reader.run(&data_rx))));
        threads.extend(spawn("store", Box::new(move || worker.run(&store_rx))));
        let folders = places.folders.clone();
        let (alone, rule_files) = (first.is_none(), Arc::clone(&places.files));
        let tries = Bench::new(out.clone(), places);
        threads.extend(spawn("rules", Box::new(move || tries.run(&bench_rx))));
        let for_bench = bench.clone();
        let running = Running::default();
        let now = Arc::clone(&running);
        let (for_sessions, for_store, say) = (data.clone(), to_store.clone(), out.clone());
        threads.extend(spawn(
            "sessions",
            Box::new(move || {
                let mut make = make;
                let mut next = first;
                // What the screen shows.
                let mut shown: Option<Arc<Session>> = None;
                loop {
                    let mut changed = false;
                    if alone {
                        // No log asks for them, but people look up what raised an alert.
                        let _ = say.send(listed(&RuleSet::load(&rule_files())));
                    }
                    if let Some(options) = next.take() {
                        if shown.is_some() {
                            let _ = say.send(Msg::Again(Some(0)));
                        }
                        end(&now);
                        // A log that grows is another one each time.
                        let same = shown.is_some() && !options.follow;
                        let session = Arc::new(Session::start(waking(options, &for_sessions)));
                        *now.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&session));
                        let before = shown.as_ref().map(|s| s.snapshot());
                        if let Some(before) = &before {
                            let _ = for_bench.send(BenchReq::Rules);
                            let _ = for_sessions.send(DataReq::RuleAgain);
                            match again::wait(&session, before, &reload_rx, &say) {
                                Waited::There => {}
                                Waited::Changed => changed = true,
                                Waited::Left => return,
                            }
                        }
                        if !changed {
                            let _ = for_store.send(StoreReq::Feed(session.feed()));
                            let _ = for_bench.send(BenchReq::Feed { feed: session.feed(), same });
                            let _ = for_sessions.send(DataReq::Session(Arc::clone(&session)));
                            if let Some(before) = before {
                                let _ = say.send(Msg::Again(None));
                                let _ = say.send(Msg::Done(again::said(&session.snapshot(), &before)));
                            }
                            shown = Some(session);
                        }
                    }
                    if !changed && reload_rx.recv().is_err() {
                        return;
                    }
                    // Editors write a file in several steps.
                    std::thread::sleep(Duration::from_millis(250));
                    while reload_rx.try_recv().is_ok() {}
                    if alone {
                        continue;
                    }
                    match make.as_mut().map(|m| m()) {
                        Some(Ok(options)) => next = Some(options),
                        Some(Err(e)) => {
                            let _ = say.send(Msg::Failed(e));
                        }
                        None => {
                            let _ = say
                                .send(Msg::Failed("this input cannot be read a second time with other rules".into()));
                        }
                    }
                    if next.is_some() {
                        let _ = say
                            .send(Msg::Done("rules changed: analyzing again; until then all stands as before".into()));
                    }
                }
            }),
        ));
        let reload = Arc::new(AtomicBool::new(true));
        let (on, again) = (Arc::clone(&reload), reloads.clone());
        let watcher = crate::pipeline::watch_rules(&folders, move |_| {
            if on.load(Ordering::Relaxed) {
                let _ = again.send(());
            }
        });
        Self { data, store: to_store, bench, threads, reload, reloads, running, writing, _watcher: watcher }
    }

    /// Does what an effect asks of the threads; gives back what the loop itself must do.
    pub fn request(&self, e: Effect) -> Option<Effect> {
        let data = |r| {
            let _ = self.data.send(r);
            None
        };
        match e {
            Effect::Page { generation, from, n } => data(DataReq::Page { generation, from, n }),
            Effect::View { generation, query, whole } => data(DataReq::View { generation, query, whole }),
            Effect::Count(expressions) => data(DataReq::Count(expressions)),
            Effect::Go(generation, to) => data(DataReq::Go(generation, to)),
            Effect::Play { speed, from } => data(DataReq::Play { speed, from }),
            Effect::Hold(on) => data(DataReq::Hold(on)),
            Effect::Evidence(a) => {
                // Of what the open log does not give the store has the records.
                if a.evidence.is_empty() {
                    let _ = self.store.send(StoreReq::Evidence(a.id.clone(), a.revision));
                    return None;
                }
                data(DataReq::Evidence(a))
            }
            Effect::ReadRule(path) => data(DataReq::Rule(path)),
            Effect::Work(w) => {
                let _ = self.bench.send(BenchReq::Work(w));
                None
            }
            // At once: the threads may not come to it any more.
            Effect::KeepDraft { path, text } => {
                let _ = bench::keep_draft(&path, &text);
                None
            }
            Effect::Cancel => data(DataReq::Cancel),
            Effect::Free(name) => data(DataReq::Free(name)),
            Effect::Write { rows, form, path } => data(DataReq::Write { rows, form, path }),
            Effect::StopWriting => {
                self.writing.stop();
                None
            }
            Effect::DecidedAt(seen) => {
                let _ = self.store.send(StoreReq::DecidedAt(seen));
                None
            }
            Effect::Store(op) => {
                let _ = self.store.send(StoreReq::Do(op));
                None
            }
            Effect::ReadCase(id) => {
                let _ = self.store.send(StoreReq::Case(id));
                None
            }
            other => Some(other),
        }
    }

    /// Analyzes again with the rules as they are now.
    pub fn reload(&self) {
        let _ = self.reloads.send(());
    }

    /// Keeps filters and columns for the next session.
    pub fn keep(&self, path: std::path::PathBuf, kept: Kept) {
        let _ = self.store.send(StoreReq::Keep(path, kept));
    }

    /// Ends the threads; what was decided is on disk when this returns.
    pub fn finish(self) {
        self.reload.store(false, Ordering::Relaxed);
        // A file that is not whole is none.
        self.writing.end();
        // How far its alerts have come belongs in the store too.
        end(&self.running);
        let (done, wait) = crossbeam_channel::bounded::<()>(1);
        let _ = self.store.send(StoreReq::Flush(done));
        // The other end is dropped when everything before it was written.
        let _ = wait.recv_timeout(Duration::from_secs(10));
        let Self { data, store, bench, threads, reloads, _watcher, .. } = self;
        drop((data, store, bench, reloads, _watcher));
        // Threads hold senders to each other: the process's end takes them.
        drop(threads);
    }
}

/// Stops the session that runs and waits until what it found is written.
fn end(running: &Running) {
    let Some(session) = running.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    session.stop();
    let until = Instant::now() + LAST;
    while !session.is_finished() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn waking(mut options: SessionOptions, data: &Sender<DataReq>) -> SessionOptions {
    let data = data.clone();
    options.on_change = Some(Arc::new(move || {
        // One waiting wake is as good as many.
        if data.len() < 64 {
            let _ = data.send(DataReq::Wake);
        }
    }));
    options
}
