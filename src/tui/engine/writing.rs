//! Writing the events of the feed to a file, on a thread of its own: one file at
//! a time, told how far it is, ended when asked to.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::super::msg::Msg;
use super::super::words::many;
use super::ToLoop;
use super::file::{NewFile, reason};
use crate::pipeline::{Feed, Form, Wanted, Written};

/// How often it is told at most how far it is.
const TOLD: Duration = Duration::from_millis(250);

/// What is to be written.
pub struct Job {
    /// Where the events are read.
    pub feed: Feed,
    /// What the view keeps.
    pub wanted: Wanted,
    /// The position before which events are written.
    pub end: u64,
    /// How.
    pub form: Form,
    /// Where to.
    pub path: String,
}

/// The thread that writes, where one does.
#[derive(Default)]
pub struct Writing {
    stop: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writing {
    /// Starts writing.
    pub fn start(self: &Arc<Self>, job: Job, out: &ToLoop) {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.as_ref().is_some_and(|t| !t.is_finished()) {
            let _ = out.send(Msg::Failed("a file is being written: Ctrl-c ends that".into()));
            return;
        }
        self.stop.store(false, Ordering::Relaxed);
        let (me, say) = (Arc::clone(self), out.clone());
        let spawned = std::thread::Builder::new().name("write".into()).spawn(move || me.work(&job, &say));
        match spawned {
            Ok(t) => *thread = Some(t),
            Err(e) => {
                let _ = out.send(Msg::Writing(None));
                let _ = out.send(Msg::Failed(format!("nothing was written: {e}")));
            }
        }
    }

    /// Has it end; what was written is dropped.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Has it end, and waits until nothing is left behind.
    pub fn end(&self) {
        self.stop();
        if let Some(t) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = t.join();
        }
    }

    fn work(&self, job: &Job, out: &ToLoop) {
        let said = match self.write(job, out) {
            Ok(text) => Msg::Done(text),
            Err(Refused::Before(why)) => Msg::Rename { form: job.form, path: job.path.clone(), why },
            Err(Refused::After(why)) => Msg::Failed(why),
        };
        let _ = out.send(Msg::Writing(None));
        let _ = out.send(said);
    }

    fn write(&self, job: &Job, out: &ToLoop) -> Result<String, Refused> {
        let mut file = NewFile::begin(&job.path).map_err(Refused::Before)?;
        let mut told = (Instant::now(), 0);
        let mut go_on = |w: &Written| {
            let percent = (w.looked * 100 / job.end.max(1)).min(99) as u8;
            if told.0.elapsed() >= TOLD && percent != told.1 {
                told = (Instant::now(), percent);
                let _ = out.send(Msg::Writing(Some(percent)));
            }
            !self.stop.load(Ordering::Relaxed)
        };
        let failed = |e: std::io::Error| Refused::After(format!("nothing was written to {}: {}", job.path, reason(&e)));
        let w = job.feed.write(&job.wanted, job.end, job.form, &mut file, &mut go_on).map_err(failed)?;
        if !w.whole && self.stop.load(Ordering::Relaxed) {
            return Err(Refused::After(format!("stopped: nothing was written to {}", job.path)));
        }
        file.flush().map_err(failed)?;
        file.end().map_err(Refused::After)?;
        let mut said = format!("{} written to {}", many(w.events, "event"), job.path);
        // What is not there is said, not passed over.
        let lost = w.unreadable + job.end.saturating_sub(w.looked);
        if lost > 0 {
            said.push_str(&format!("; {} could not be read any more", many(lost, "record")));
        }
        Ok(said)
    }
}

enum Refused {
    /// Another name may do.
    Before(String),
    After(String),
}
