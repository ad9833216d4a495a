//! What comes into the pure part (messages) and what it asks for (effects).
//! Both are plain data, so that a test can play a whole session.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::event::{EventRow, Severity, SourceId, Ts};
use crate::pipeline::{Form, Snapshot};
use crate::tui::data::workshop::{WorkMsg, WorkReq};
use crate::tui::data::{AlertView, AuditView, CaseDetail, CaseView, FeedRow, RuleText, RuleView};
use crate::tui::kept::Kept;
use crate::tui::key::Key;

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key.
    Key(Key),
    /// Text pasted in one piece.
    Paste(String),
    /// The screen has this size now.
    Resize(u16, u16),
    /// The session moved on; records per second beside it.
    Session(Arc<Snapshot>, f64),
    /// The log is analyzed again with other rules: so much of it, in percent. What is
    /// shown is that of before until there is `None`.
    Again(Option<u8>),
    /// Alerts or decisions changed.
    Alerts(Arc<Vec<AlertView>>),
    /// The feed's view grew, or its rows are marked otherwise.
    FeedLen {
        /// Generation of the view.
        generation: u64,
        /// Rows in the view.
        rows: u64,
        /// Events in all.
        events: u64,
        /// Events that the filter has looked at.
        scanned: u64,
        /// Where the replay stands, while it runs at a pace.
        playhead: Option<Ts>,
    },
    /// Rows of the feed.
    FeedPage {
        /// Generation of the view.
        generation: u64,
        /// First row.
        from: u64,
        /// The rows.
        rows: Vec<Arc<FeedRow>>,
    },
    /// Where the cursor of the feed is to go.
    FeedGo {
        /// Generation of the view.
        generation: u64,
        /// Row of the view.
        row: u64,
        /// Number of this hit and of all hits, where something was looked for.
        hit: Option<(u64, u64)>,
    },
    /// What was looked for is not there.
    FeedMiss {
        /// What to say.
        text: String,
    },
    /// Marks or notes of events changed: rows in memory are stale.
    FeedStale,
    /// Names of fields in the inputs and the rules, sorted.
    Fields(Arc<Vec<String>>),
    /// Names of fields that a sample of the open log has, sorted.
    LogFields(Arc<Vec<String>>),
    /// Evidence of an alert.
    Evidence {
        /// Its id and revision.
        of: (String, u32),
        /// The first rows.
        rows: Vec<Arc<EventRow>>,
    },
    /// Cases changed.
    Cases(Arc<Vec<CaseView>>),
    /// A case was read.
    Case(Arc<CaseDetail>),
    /// Rules were loaded.
    Rules(Arc<Vec<RuleView>>),
    /// The rule editor's thread says something.
    Work(WorkMsg),
    /// The user's editor has ended: with this text, with none where nothing was
    /// changed, or it failed.
    Edited(Result<Option<String>, String>),
    /// The text of a rule file was read.
    RuleText(Arc<RuleText>),
    /// True and false hits of each rule, by its id, over all that the case store has.
    Judged(Arc<BTreeMap<String, (u32, u32)>>),
    /// What expressions match in the feed: matches, and events looked at.
    Counts(Vec<(String, u64, u64)>),
    /// How far the case store's log has been read.
    Seen(i64),
    /// Whether the store has further alerts of files that are not read any more, older than
    /// those that are shown.
    Older(bool),
    /// How many steps can be undone.
    UndoDepth(usize),
    /// The log of operations at a glance.
    Audit(AuditView),
    /// Something was done; say so.
    Done(String),
    /// A case was exported to this file.
    Exported(String),
    /// Something failed; say so.
    Failed(String),
    /// A name that is offered in the line being typed is taken: one that is not.
    Free {
        /// The name offered.
        was: String,
        /// The other.
        name: String,
    },
    /// How much of the log, in percent, was gone through for the file that is being
    /// written; `None` where none is, any more.
    Writing(Option<u8>),
    /// The file cannot be written under that name: another one is asked for.
    Rename {
        /// What was to be written.
        form: Form,
        /// The name.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The cursor has rested: panes that follow it may follow.
    Settled,
    /// The theme in use.
    Theme(String),
    /// What was kept of the last session on these inputs.
    Kept(Kept),
    /// The mouse.
    Mouse(Mouse),
    /// The process is to end (hang-up, termination).
    End,
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// The left button went down.
    Left,
    /// The wheel turned up.
    WheelUp,
    /// The wheel turned down.
    WheelDown,
}

/// What the mouse did and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub button: Button,
    /// Column of the screen.
    pub x: u16,
    /// Row of the screen.
    pub y: u16,
}

/// What an escalation, a note or a copy is about.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Targets {
    /// Ids of alerts.
    pub alerts: Vec<String>,
    /// Events.
    pub events: Vec<Arc<EventRow>>,
    /// A case.
    pub case: Option<String>,
}

/// A change in the case store.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// Into a case: a named one, or a new one with that title.
    Escalate {
        /// What.
        what: Targets,
        /// The case; `None` opens a new one.
        case: Option<String>,
        /// Title of the new case; empty keeps the suggestion.
        title: String,
    },
    /// Alerts out of the queue, with a verdict.
    Dismiss {
        /// Ids.
        alerts: Vec<String>,
        /// `false_positive`, `benign`, `duplicate`, `test`.
        verdict: &'static str,
    },
    /// Alerts out of the queue for a while.
    Snooze {
        /// Ids.
        alerts: Vec<String>,
        /// For how many minutes.
        minutes: i64,
    },
    /// Tags: (tag, on).
    Tag {
        /// What.
        what: Targets,
        /// Tags to add or to take off.
        tags: Vec<(String, bool)>,
    },
    /// A note.
    Note {
        /// On what.
        what: Targets,
        /// Text.
        text: String,
    },
    /// Mark or unmark an event.
    Mark {
        /// The event.
        event: Arc<EventRow>,
        /// On.
        on: bool,
    },
    /// State of a case, with a resolution where it is closed.
    CaseState {
        /// The case.
        case: String,
        /// `open`, `in_progress`, `closed`.
        state: &'static str,
        /// Resolution.
        resolution: String,
    },
    /// Who a case is for.
    Assign {
        /// The case.
        case: String,
        /// Whom; empty takes it back.
        who: String,
    },
    /// New title of a case.
    CaseTitle {
        /// The case.
        case: String,
        /// Title.
        title: String,
    },
    /// Take something out of a case.
    RemoveItem {
        /// The case.
        case: String,
        /// Its item (`alert:…`, `event:…`).
        item: String,
    },
    /// Take back the last step.
    Undo,
    /// Write a case to a file.
    Export {
        /// The case.
        case: String,
        /// Where to.
        path: String,
    },
}

/// Where the feed is to go.
#[derive(Debug, Clone, PartialEq)]
pub enum Goto {
    /// The first row at or after a time.
    Time(Ts),
    /// An event by its place in its source.
    Event(SourceId, u64),
    /// An event by its position among all.
    Position(u64),
    /// The next hit of an expression, from a position on.
    Hit {
        /// Expression.
        query: String,
        /// Position among all events of the row the cursor is on.
        from: u64,
        /// Forwards.
        on: bool,
    },
    /// The next event that is evidence of an alert.
    Alert {
        /// Position among all events.
        from: u64,
        /// Forwards.
        on: bool,
    },
    /// The next marked event.
    Mark {
        /// Position among all events.
        from: u64,
    },
}

/// Something that the loop is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Read rows of the feed.
    Page {
        /// Generation of the view.
        generation: u64,
        /// First row.
        from: u64,
        /// How many.
        n: usize,
    },
    /// Make a new view of the feed; an empty expression is all events.
    View {
        /// Its generation.
        generation: u64,
        /// Expression.
        query: String,
        /// Of the whole log, where the session is asked about a part of it.
        whole: bool,
    },
    /// Move in the feed.
    Go(u64, Goto),
    /// Replay at a pace from a time on; 0 is as fast as it comes.
    Play {
        /// Times real time.
        speed: f64,
        /// From.
        from: Option<Ts>,
    },
    /// Stop or go on with the pace.
    Hold(bool),
    /// Read the evidence of an alert.
    Evidence(Arc<crate::alert::Alert>),
    /// Look for a name like this one that is not taken.
    Free(String),
    /// Write the events of the view to a new file.
    Write {
        /// How many rows of it; `None` is all that the log has by now.
        rows: Option<u64>,
        /// How.
        form: Form,
        /// Where to.
        path: String,
    },
    /// Give up the file that is being written.
    StopWriting,
    /// Count what each of these expressions matches in the feed; none: stop counting.
    Count(Vec<String>),
    /// The next change of the case store was decided on when its log had been
    /// read up to there.
    DecidedAt(i64),
    /// Change the case store.
    Store(Op),
    /// Read a case.
    ReadCase(String),
    /// Read a rule's file.
    ReadRule(String),
    /// Something for the rule editor's thread.
    Work(WorkReq),
    /// The process ends: keep the text of a rule that was not saved, beside it.
    KeepDraft {
        /// Where the rule would be saved.
        path: String,
        /// Its text.
        text: String,
    },
    /// Load the rules again.
    Reload,
    /// Have a text written in the user's editor; [`Msg::Edited`] comes back.
    Edit {
        /// Path of the rule: its name is that of the file that the editor gets.
        path: String,
        /// The text.
        text: String,
        /// The line to begin at, from 1.
        line: usize,
    },
    /// Copy to the clipboard.
    Copy(String),
    /// Draw everything again.
    Redraw,
    /// Suspend to the shell.
    Suspend,
    /// Send `Settled` after a moment.
    Settle,
    /// Switch to the next theme.
    NextTheme,
    /// Take mouse events, or leave them to the terminal.
    Mouse(bool),
    /// Stop what runs.
    Cancel,
    /// Leave.
    Quit,
}

/// Highest severity word used by several views.
#[must_use]
pub const fn letter(alert: Option<Severity>, own: Severity) -> char {
    match alert {
        Some(s) => s.letter(),
        // An event's own severity is small beside that of an alert.
        None => match own {
            Severity::Info => '·',
            Severity::Low => 'l',
            Severity::Medium => 'm',
            Severity::High => 'h',
            Severity::Critical => 'c',
        },
    }
}
