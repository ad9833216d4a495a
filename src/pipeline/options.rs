//! What a session is asked to do.

use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono_tz::Tz;

use super::{Scope, Sink};
use crate::detect::RuleSet;
use crate::event::Ts;
use crate::parse::custom::Format;
use crate::query::Query;
use crate::source::{Cache, Followed, Input, Known, Skipped};
use crate::store::RuleRecord;

/// A rule set with what the store keeps of each rule.
pub struct LoadedRules {
    /// The rules.
    pub set: Arc<RuleSet>,
    /// Id, title and hash of the text of each.
    pub records: Vec<RuleRecord>,
}

/// Makes the rule set; called on the session's own thread, so that a face need
/// not wait for it.
pub type LoadRules = Box<dyn FnOnce() -> LoadedRules + Send>;

/// Called after each publication of a snapshot; must not block.
pub type OnChange = Arc<dyn Fn() + Send + Sync>;

/// Options of a session.
pub struct SessionOptions {
    /// Inputs, in the order that their records of one time have.
    pub inputs: Vec<Input>,
    /// What was named or found and is not read: told with the results.
    pub left_out: Arc<Vec<Skipped>>,
    /// Rules.
    pub rules: LoadRules,
    /// Suppressions and other levels: the last stage.
    pub policy: Arc<super::Policy>,
    /// Format of all inputs; `None` finds it out for each.
    pub format: Option<String>,
    /// Custom formats.
    pub custom: Arc<[Format]>,
    /// Zone of times that name none.
    pub tz: Tz,
    /// Year of times that name none; `None` infers it.
    pub year: Option<i32>,
    /// Worker threads; 0 is one per core.
    pub threads: usize,
    /// Only events that match are analyzed; the others count as filtered.
    pub filter: Option<Query>,
    /// Only events from this time on.
    pub from: Option<Ts>,
    /// Only events before this time.
    pub to: Option<Ts>,
    /// Whether inputs are followed as they grow.
    pub follow: bool,
    /// Directories and globs under which files may come while they are followed.
    pub watch: Vec<OsString>,
    /// What was read of what is followed: no file is read twice.
    pub followed: Arc<Followed>,
    /// What was followed before: see [`super::known_parts`].
    pub known: Arc<Known>,
    /// Whether the order of records is kept for a feed.
    pub feed: bool,
    /// Whether records of compressed and piped inputs can be read again (for a
    /// feed, and for copies of evidence): they are spooled into the cache.
    pub keep: bool,
    /// Where indexes, spools and time references are kept; `None` keeps nothing.
    pub cache: Option<Cache>,
    /// Set from outside to stop early.
    pub stop: Arc<AtomicBool>,
    /// Where results go as they come.
    pub sinks: Vec<Box<dyn Sink>>,
    /// Wakes the face up.
    pub on_change: Option<OnChange>,
    /// Brings the rules that are in force from then on.
    pub reloads: Option<crossbeam_channel::Receiver<LoadedRules>>,
}

impl SessionOptions {
    /// Options for inputs and rules, everything else at its default.
    #[must_use]
    pub fn new(inputs: Vec<Input>, rules: LoadRules) -> Self {
        Self {
            inputs,
            left_out: Arc::default(),
            rules,
            policy: Arc::default(),
            format: None,
            custom: Arc::from([]),
            tz: Tz::UTC,
            year: None,
            threads: 0,
            filter: None,
            from: None,
            to: None,
            follow: false,
            watch: Vec::new(),
            followed: Arc::default(),
            known: Arc::default(),
            feed: false,
            keep: false,
            cache: None,
            stop: Arc::new(AtomicBool::new(false)),
            sinks: Vec::new(),
            on_change: None,
            reloads: None,
        }
    }

    /// The part of the records that is analyzed.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope { query: self.filter.clone(), from: self.from, to: self.to }
    }

    /// Worker threads to start.
    #[must_use]
    pub fn worker_threads(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n.min(256),
        }
    }
}

impl std::fmt::Debug for SessionOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionOptions")
            .field("inputs", &self.inputs)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}
