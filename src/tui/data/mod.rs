//! What the screens show that is not in a `pipeline::Snapshot`: plain structs,
//! filled by the threads of `tui::engine`, read by state and view.

pub mod alert;
pub mod workshop;

use std::sync::Arc;

use crate::alert::Alert;
use crate::event::{EventRow, Severity, SourceId, Ts};
use crate::store::verify::Audit;

/// One row of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRow {
    /// Position in canonical order over all events.
    pub position: u64,
    /// The event.
    pub row: Arc<EventRow>,
    /// Highest severity of an alert that this event is evidence of.
    pub alert: Option<Severity>,
    /// Whether it is marked.
    pub marked: bool,
    /// Its note, or the first line of it.
    pub note: Option<String>,
    /// It is not in the part of the log that the rules were asked about.
    pub outside: bool,
}

/// What people made of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Triage {
    /// Nobody decided yet.
    #[default]
    New,
    /// Part of a case.
    Escalated {
        /// The case.
        case: String,
    },
    /// Set aside.
    Dismissed {
        /// `false_positive`, `benign`, `duplicate` or `test`.
        reason: String,
    },
}

impl Triage {
    /// The word in queries and tables.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::New => "new",
            Self::Escalated { .. } => "escalated",
            Self::Dismissed { reason } => reason,
        }
    }
}

/// Whose readings of the log gave an alert, or no longer did. Analysts may read
/// one log into one store with different rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// Who read the log and when, where no log is open.
    pub given: Option<(String, Ts)>,
    /// When a reading no longer gave it, and whose that was.
    pub withdrawn: Option<(Ts, Option<String>)>,
    /// Whether anybody ever did anything with it.
    pub touched: bool,
    /// The reading on this screen gives it, whatever another one said.
    pub here: bool,
    /// It begins in a part of an open log that this reading does not read any more.
    pub earlier: bool,
    /// How many acts it had when somebody decided about it.
    pub decided_count: Option<u64>,
}

impl Reading {
    /// Whether the alert stands withdrawn on this screen.
    #[must_use]
    pub fn gone(&self) -> bool {
        self.withdrawn.is_some() && !self.here
    }

    /// Whether it left the queue, as nobody had done anything with it.
    #[must_use]
    pub fn left(&self) -> bool {
        self.gone() && !self.touched
    }
}

/// An alert with what people made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertView {
    /// The alert.
    pub alert: Arc<Alert>,
    /// Decision.
    pub triage: Triage,
    /// Tags.
    pub tags: Vec<String>,
    /// Notes, oldest first: who and what.
    pub notes: Vec<(String, String)>,
    /// Whose readings gave it.
    pub reading: Reading,
}

impl AlertView {
    /// How many acts it had when it was decided, where it has more by now.
    #[must_use]
    pub fn grew_from(&self) -> Option<u64> {
        let decided = self.triage != Triage::New;
        self.reading.decided_count.filter(|n| decided && self.alert.count > *n)
    }

    /// Whether it was set aside and is twice as much as what was judged then:
    /// it stands in the queue again, as nobody has looked at that.
    #[must_use]
    pub fn outgrew(&self) -> bool {
        matches!(self.triage, Triage::Dismissed { .. })
            && self.grew_from().is_some_and(|n| self.alert.count >= n.saturating_mul(2))
    }
}

/// A case in the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaseView {
    /// Its id, as people write it.
    pub id: String,
    /// Title.
    pub title: String,
    /// `open`, `in_progress`, `closed`.
    pub state: String,
    /// How it ended, where closed.
    pub resolution: Option<String>,
    /// Highest severity in it.
    pub severity: Severity,
    /// When it was opened.
    pub opened: Ts,
    /// Who works on it.
    pub assignee: Option<String>,
    /// Number of alerts.
    pub alerts: usize,
    /// Number of events.
    pub events: usize,
    /// Tags.
    pub tags: Vec<String>,
}

impl CaseView {
    /// Whether it was closed as no true hit.
    #[must_use]
    pub fn unfounded(&self) -> bool {
        crate::store::unfounded(self.resolution.as_deref())
    }
}

/// What an item of a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// An alert with its evidence.
    Alert,
    /// A single event.
    Event,
    /// A note.
    Note,
    /// A change that somebody made.
    Change,
}

/// The log of operations at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditView {
    /// Operations, analysts, the last one.
    pub audit: Audit,
    /// How much did not fit when the chains were followed, and when that was.
    pub checked: Option<(usize, Ts)>,
}

/// One line of a case's timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseItem {
    /// Kind.
    pub kind: ItemKind,
    /// Id by which it can be taken out or opened.
    pub id: String,
    /// When it happened (events, alerts) or was written (notes, changes).
    pub time: Ts,
    /// Who put it there.
    pub who: String,
    /// One line.
    pub text: String,
    /// Severity, where it has one.
    pub severity: Option<Severity>,
    /// An alert that a reading of its log no longer gave, and whose that was.
    pub withdrawn: Option<String>,
}

/// A case with all that is in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaseDetail {
    /// The case.
    pub case: CaseView,
    /// Items in order of time.
    pub items: Vec<CaseItem>,
    /// Addresses, accounts and machines of its alerts.
    pub entities: Vec<String>,
    /// ATT&CK techniques of its alerts.
    pub techniques: Vec<String>,
}

/// A rule in the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleView {
    /// Its id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Level.
    pub level: Severity,
    /// `detection` or the correlation's type.
    pub kind: String,
    /// File.
    pub path: String,
    /// Line in the file.
    pub line: usize,
    /// Whether it is in force.
    pub loaded: bool,
    /// Why not.
    pub reason: Option<String>,
    /// Whether it raises alerts of its own.
    pub alerts: bool,
    /// Techniques.
    pub techniques: Vec<String>,
    /// Times it matched.
    pub fired: u64,
}

impl RuleView {
    /// Whether it is a filter, which narrows rules and is none.
    #[must_use]
    pub fn is_filter(&self) -> bool {
        self.kind == "filter"
    }
}

/// Lines of rule text for the reading pane.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleText {
    /// File.
    pub path: String,
    /// Its lines.
    pub lines: Vec<String>,
}

/// Where an event stands in its source: what marks and notes are kept by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey {
    /// The source.
    pub source: SourceId,
    /// Byte offset.
    pub offset: u64,
}

impl EventKey {
    /// Of a row.
    #[must_use]
    pub fn of(row: &EventRow) -> Self {
        Self { source: row.source, offset: row.offset }
    }
}
