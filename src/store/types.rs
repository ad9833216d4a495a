//! The words of the store: states, verdicts, names of things, and what goes in.

use std::fmt;

use crate::alert::{Alert, EvidenceRef};
use crate::event::{SourceId, Ts, vocab};

vocab! {
    /// What people did with an alert.
    Status, default New {
        /// Nobody decided yet, or its snooze is over.
        New = "new",
        /// In a case.
        Escalated = "escalated",
        /// Decided, with a verdict.
        Dismissed = "dismissed",
        /// Put off until a time.
        Snoozed = "snoozed",
    }
}

vocab! {
    /// What an alert turned out to be.
    Verdict, default FalsePositive {
        /// A real attack.
        TruePositive = "true_positive",
        /// The rule was wrong.
        FalsePositive = "false_positive",
        /// It happened, and it was allowed.
        Benign = "benign",
        /// Seen under another alert.
        Duplicate = "duplicate",
        /// A test or an exercise.
        Test = "test",
    }
}

vocab! {
    /// State of a case.
    CaseState, default Open {
        /// Nobody works on it yet.
        Open = "open",
        /// Being worked on.
        InProgress = "in_progress",
        /// Done, with a resolution.
        Closed = "closed",
    }
}

/// Name of a case for people: `IR-2026-001`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct CaseId(pub String);

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Name of one record: hash of its raw bytes and its offset, so that it is the
/// same in a copy of the log under another name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct EventKey(pub String);

impl EventKey {
    /// The key of a record with this [`crate::event::hash64`] at this offset.
    #[must_use]
    pub fn new(hash: u64, offset: u64) -> Self {
        Self(format!("{hash:016x}@{offset}"))
    }

    /// The key of an evidence reference.
    #[must_use]
    pub fn of(e: &EvidenceRef) -> Self {
        Self::new(e.hash, e.offset)
    }
}

impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a note, a tag or an operation is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// An alert, by id.
    Alert(String),
    /// A case.
    Case(CaseId),
    /// A record of a log; it must be in the store (marked, or evidence).
    Event(EventKey),
}

impl Target {
    /// Reads what `Display` writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once(':')?;
        match kind {
            "alert" => Some(Self::Alert(id.to_owned())),
            "case" => Some(Self::Case(CaseId(id.to_owned()))),
            "event" => Some(Self::Event(EventKey(id.to_owned()))),
            _ => None,
        }
    }

    /// The word for its kind, and its name.
    #[must_use]
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Alert(id) => ("alert", id),
            Self::Case(id) => ("case", &id.0),
            Self::Event(key) => ("event", &key.0),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, id) = self.parts();
        write!(f, "{kind}:{id}")
    }
}

/// Raw bytes of one of an alert's evidence references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceBytes {
    /// Index into [`Alert::evidence`].
    pub index: usize,
    /// The record as it stands in the source, without its line end.
    pub raw: Vec<u8>,
}

/// An alert to store, with as many of its records as the caller wants kept.
#[derive(Debug, Clone)]
pub struct AlertRecord<'a> {
    /// The alert in its present revision.
    pub alert: &'a Alert,
    /// Bytes for some of its evidence; the rest is kept as references.
    pub evidence: Vec<EvidenceBytes>,
}

/// A record of a log that a person marks or adds to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventMark {
    /// Its source in this run (see [`super::Store::register_source`]).
    pub source: SourceId,
    /// Byte offset in the (decompressed) source.
    pub offset: u64,
    /// Length in the source in bytes.
    pub len: u64,
    /// First line, 1-based.
    pub line: u64,
    /// Event time.
    pub time: Ts,
    /// The record as it stands in the source, without its line end.
    pub raw: Vec<u8>,
}

impl EventMark {
    /// Its name in the store, where it stands in the log's first part.
    #[must_use]
    pub fn key(&self) -> EventKey {
        EventKey::new(crate::event::hash64(super::evidence::kept(&self.raw)), self.offset)
    }
}

/// A source as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceRecord {
    /// Its number in this run.
    pub id: SourceId,
    /// As the user gave it.
    pub name: String,
    /// Absolute path; `None` for standard input.
    pub path: Option<String>,
    /// Identity of the content, the same for a copy; may be empty.
    pub fingerprint: String,
    /// Name of its format.
    pub format: String,
    /// Name of the time zone applied to times without one.
    pub timezone: String,
    /// Reference from which missing years are inferred.
    pub time_ref: Ts,
    /// People gave the year.
    pub year_given: bool,
    /// It is followed: what stands under its path is one log, whatever becomes of it.
    pub followed: bool,
}

/// What is known of a source once it has been read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceEnd {
    /// Identity of the content read so far; empty where that is as it was.
    pub fingerprint: String,
    /// SHA-256 of the file's bytes as stored, hex.
    pub sha256: String,
    /// Size of the file in bytes.
    pub size: u64,
    /// Lines.
    pub lines: u64,
    /// Records.
    pub records: u64,
    /// Whether it was read to its end without an error.
    pub complete: bool,
}

/// A rule in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRecord {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// SHA-256 of its text, hex.
    pub sha256: String,
    /// Version or date that its author gave it; may be empty.
    pub version: String,
}

/// Another analyst changed the same value after this one had last looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What was changed.
    pub target: Target,
    /// What people call it.
    pub name: String,
    /// Which value of it.
    pub field: String,
    /// What they had made of it.
    pub was: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Ts,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, _) = self.target.parts();
        let Self { by, field, name, was, at, .. } = self;
        write!(
            f,
            "{by} had changed the {field} of {kind} {name} to {was} at {at}: yours stands now, undo takes it back"
        )
    }
}
