//! The feed: which rows of which view are shown, and the cell under the cursor.
//!
//! Rows come in pages that the data layer reads; `cache` holds a few pages
//! around the visible one so that a page flip seldom waits. `shown` is how many
//! rows the screen admits to: while paused it stands still, and the backlog is
//! what has arrived beyond it.

use std::sync::Arc;

use super::columns::FeedFit;
use super::filters::Filters;
use super::list::Cursor;
use crate::event::{Ov, Ts};
use crate::tui::data::FeedRow;

/// Columns of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Clock time.
    Time,
    /// Severity letter of event or alert.
    Severity,
    /// An overlay field.
    Field(Ov),
    /// The message (or the raw line where there is none).
    Message,
}

impl Column {
    /// The field name that filters use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "timestamp",
            Self::Severity => "severity",
            Self::Field(o) => o.name(),
            Self::Message => "message",
        }
    }

    /// The head shown.
    #[must_use]
    pub fn head(self) -> String {
        match self {
            Self::Time => "TIME".to_owned(),
            Self::Severity => "S".to_owned(),
            Self::Field(Ov::SrcIp) => "SOURCE".to_owned(),
            Self::Field(Ov::Process) => "PROC".to_owned(),
            Self::Field(o) => o.name().to_uppercase(),
            Self::Message => "MESSAGE".to_owned(),
        }
    }

    /// Columns on the screen; 0 takes what is left.
    #[must_use]
    pub const fn width(self) -> usize {
        match self {
            Self::Time => 8,
            Self::Severity => 1,
            Self::Field(Ov::SrcIp | Ov::DestIp) => 15,
            Self::Field(Ov::StatusCode | Ov::SrcPort | Ov::DestPort | Ov::Pid | Ov::Count) => 6,
            Self::Field(Ov::Host | Ov::Process | Ov::User | Ov::TargetUser) => 10,
            Self::Field(_) => 20,
            Self::Message => 0,
        }
    }
}

/// What the lower pane and the detail overlay show of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EventMode {
    /// Normalized and original fields.
    #[default]
    Fields,
    /// The raw line.
    Raw,
    /// JSON.
    Json,
}

impl EventMode {
    /// The next one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Fields => Self::Raw,
            Self::Raw => Self::Json,
            Self::Json => Self::Fields,
        }
    }
}

/// Something looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Find {
    /// The text or expression.
    pub text: String,
    /// The last hit, once one is known: its number, how many there are, its row.
    pub at: Option<(u64, u64, usize)>,
}

/// What the next answer about the place to go to is an answer to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Sought {
    /// A time, an event, a mark.
    #[default]
    Place,
    /// What find looks for.
    Find,
    /// Events like this one, in words.
    Same(String),
}

/// Replay at a pace.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Play {
    /// Times real time; 0 is as fast as it comes.
    pub speed: f64,
    /// Where the replay stands, while it runs at a pace.
    pub at: Option<Ts>,
    /// Where the header says that it stands, and since when by the wall clock.
    pub told: Option<(Ts, Ts)>,
}

impl Play {
    /// The replay stands there now. The header follows once a second, or at once
    /// where the replay was sent elsewhere: it costs bytes on every screen.
    pub fn stands(&mut self, at: Option<Ts>, now: Ts) {
        self.at = at;
        let Some(at) = at else {
            self.told = None;
            return;
        };
        let leap = (self.speed.max(0.0) * 2e6) as i64;
        let waits = self.told.is_some_and(|(was, since)| {
            (0..1_000_000).contains(&now.0.saturating_sub(since.0))
                && (0..leap.max(1_000_000)).contains(&at.0.saturating_sub(was.0))
        });
        if !waits {
            self.told = Some((at, now));
        }
    }
}

/// State of the screen.
#[derive(Debug, Clone)]
pub struct Live {
    /// Filters.
    pub filters: Filters,
    /// Grows with every change of the view (filters, window); answers of an older one are dropped.
    pub generation: u64,
    /// The whole log is shown, where the session is about a part of it.
    pub whole: bool,
    /// Rows of the view that exist.
    pub arrived: usize,
    /// Rows of the view that are shown.
    pub shown: usize,
    /// Events in all, filtered or not.
    pub events: u64,
    /// Events that the filter has looked at.
    pub scanned: u64,
    /// The feed stays at its newest row.
    pub follow: bool,
    /// Cursor in rows of the view.
    pub cursor: Cursor,
    /// First row of the cache.
    pub cache_from: usize,
    /// Rows read.
    pub cache: Vec<Arc<FeedRow>>,
    /// Rows asked for: from, number.
    pub wanted: Option<(usize, usize)>,
    /// Where to go once the answer comes (position of an event in all events).
    pub column: usize,
    /// Columns of the message scrolled away to the left.
    pub shift: usize,
    /// Long messages take several lines in the lower pane.
    pub wrap: bool,
    /// Columns shown.
    pub columns: Vec<Column>,
    /// How wide they are, by the rows that were read.
    pub fit: FeedFit,
    /// The event in the lower pane; follows the cursor a moment later.
    pub detail: Option<Arc<FeedRow>>,
    /// How it is shown.
    pub mode: EventMode,
    /// What is looked for.
    pub find: Option<Find>,
    /// What was asked for last.
    pub sought: Sought,
    /// Pace of the replay.
    pub play: Play,
    /// An expression is evaluated, a hit looked for.
    pub busy: bool,
    /// Expressions whose matches are counted while the list of filters is open.
    pub counting: Vec<String>,
    /// What they matched: matches, and events looked at.
    pub counts: Vec<(String, u64, u64)>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            filters: Filters::default(),
            generation: 0,
            whole: false,
            arrived: 0,
            shown: 0,
            events: 0,
            scanned: 0,
            follow: true,
            cursor: Cursor::default(),
            cache_from: 0,
            cache: Vec::new(),
            wanted: None,
            column: 0,
            shift: 0,
            wrap: true,
            columns: default_columns(),
            fit: FeedFit::default(),
            detail: None,
            mode: EventMode::Fields,
            find: None,
            sought: Sought::Place,
            play: Play::default(),
            busy: false,
            counting: Vec::new(),
            counts: Vec::new(),
        }
    }
}

/// Columns where the user chose none.
#[must_use]
pub fn default_columns() -> Vec<Column> {
    vec![
        Column::Time,
        Column::Severity,
        Column::Field(Ov::Host),
        Column::Field(Ov::Process),
        Column::Field(Ov::SrcIp),
        Column::Field(Ov::User),
        Column::Message,
    ]
}

impl Live {
    /// The row of the view, where it has been read.
    #[must_use]
    pub fn row(&self, at: usize) -> Option<&Arc<FeedRow>> {
        at.checked_sub(self.cache_from).and_then(|i| self.cache.get(i))
    }

    /// The row under the cursor, where it has been read.
    #[must_use]
    pub fn current(&self) -> Option<&Arc<FeedRow>> {
        if self.shown == 0 { None } else { self.row(self.cursor.at) }
    }

    /// Rows that arrived while the feed stood still.
    #[must_use]
    pub const fn backlog(&self) -> usize {
        self.arrived.saturating_sub(self.shown)
    }

    /// Which page to ask for so that the visible one and its neighbours are there;
    /// asked for before the cursor comes to where nothing was read.
    pub fn need(&mut self, height: usize) -> Option<(usize, usize)> {
        let (top, end) = (self.cursor.top, (self.cursor.top + height).min(self.shown));
        let near = height / 2;
        let (first, last) = (top.saturating_sub(near), (end + near).min(self.shown));
        if end <= top || (first >= self.cache_from && last <= self.cache_from + self.cache.len()) {
            return None;
        }
        let from = top.saturating_sub(height);
        let n = height * 3;
        if self.wanted.is_some_and(|(f, n)| f <= top && f + n >= end) {
            return None;
        }
        self.wanted = Some((from, n));
        self.wanted
    }

    /// Forgets all rows: the view has changed.
    pub fn invalidate(&mut self) {
        self.generation += 1;
        // Rows have other numbers from now on.
        if let Some(f) = &mut self.find {
            f.at = None;
        }
        self.cache.clear();
        self.cache_from = 0;
        self.wanted = None;
        self.fit = FeedFit::default();
        self.arrived = 0;
        self.shown = 0;
        self.scanned = 0;
    }

    /// The column of the cell.
    #[must_use]
    pub fn current_column(&self) -> Column {
        self.columns.get(self.column).copied().unwrap_or(Column::Message)
    }
}

/// Columns from their names, separated by blanks or commas; the first unknown
/// name otherwise.
///
/// # Errors
/// Returns the name that is no column.
pub fn parse_columns(text: &str) -> Result<Vec<Column>, String> {
    let mut out = vec![Column::Time, Column::Severity];
    for name in text.split([' ', ',']).filter(|n| !n.is_empty()) {
        let c = match name.to_ascii_lowercase().as_str() {
            "time" | "timestamp" => Column::Time,
            "s" | "sev" | "severity" => Column::Severity,
            "message" | "msg" => Column::Message,
            other => Column::Field(Ov::from_alias(other).ok_or_else(|| name.to_owned())?),
        };
        if !out.contains(&c) {
            out.push(c);
        }
    }
    if out.last() != Some(&Column::Message) {
        out.retain(|c| *c != Column::Message);
        out.push(Column::Message);
    }
    Ok(out)
}
