//! What happens off the loop's thread: reading the session and the feed, the
//! case store, rule files. Requests go in over channels, messages come back;
//! the loop itself never waits for a disk.

mod again;
mod bench;
mod convert;
mod evidence;
mod feed;
mod file;
mod landing;
mod names;
mod rules;
mod session;
mod store;
#[cfg(test)]
mod store_tests;
mod writing;

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::Sender;
use tokio::sync::mpsc::UnboundedSender;

use self::store::Decisions;
use super::kept::Kept;
use super::msg::{Goto, Msg, Op};
use crate::alert::Alert;
use crate::detect::RuleFile;
use crate::event::Ts;
use crate::pipeline::{Feed, Form, Session};

pub use session::{MakeOptions, Sessions};

/// To the loop.
pub type ToLoop = UnboundedSender<Msg>;

/// Reads the rule files that are in force.
pub type RuleFiles = Arc<dyn Fn() -> Vec<RuleFile> + Send + Sync>;

/// Where rules come from and go to.
pub struct RulePlaces {
    /// Folders to watch.
    pub folders: Vec<PathBuf>,
    /// Reads the files that are in force.
    pub files: RuleFiles,
    /// Where changed rules are saved.
    pub own: Option<PathBuf>,
}

/// A request to the thread that reads the session and its feed.
pub(super) enum DataReq {
    /// The session published something.
    Wake,
    /// Another session takes over (or the first one).
    Session(Arc<Session>),
    /// Read rows.
    Page { generation: u64, from: u64, n: usize },
    /// Make a view.
    View { generation: u64, query: String, whole: bool },
    /// Count what these expressions match, and nothing else any more.
    Count(Vec<String>),
    /// Go somewhere.
    Go(u64, Goto),
    /// Replay at a pace.
    Play { speed: f64, from: Option<Ts> },
    /// Stop the pace, or go on.
    Hold(bool),
    /// Read the evidence of an alert.
    Evidence(Arc<Alert>),
    /// Read a rule's file.
    Rule(String),
    /// Rule files are others: read again what is shown of one.
    RuleAgain,
    /// What people decided.
    Decisions(Arc<Decisions>),
    /// Look for a name that is not taken.
    Free(String),
    /// Write the rows of the view to a file.
    Write { rows: Option<u64>, form: Form, path: String },
    /// Give up what is looked for.
    Cancel,
}

/// A request to the thread of the case store.
pub(super) enum StoreReq {
    /// What comes next was decided when the log had been read up to there.
    DecidedAt(i64),
    /// Change something.
    Do(Op),
    /// Read a case.
    Case(String),
    /// Read the evidence of an alert that only the store has: id and revision.
    Evidence(String, u32),
    /// Where events' bytes are read from now.
    Feed(Feed),
    /// Filters and columns for the next session.
    Keep(PathBuf, Kept),
    /// All done so far is on disk when the sender is dropped.
    Flush(Sender<()>),
}
