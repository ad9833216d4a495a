//! What activities write to: lines go to the queue, for the story in hand.

use std::fmt;

use super::Format;
use super::formats::access::{self, Hit};
use super::formats::json::{self, App};
use super::formats::{syslog, windows};
use super::queue::{BENIGN, Queue};
use super::rng::Rng;
use super::world::{Host, People, SOURCES, SourceKind, State};

/// Takes lines of all kinds; those that the format leaves out are dropped.
#[derive(Debug)]
pub(super) struct Emit {
    /// The planned lines.
    pub queue: Queue,
    /// The story in hand, or [`BENIGN`].
    pub story: u16,
    /// Lines planned so far.
    pub planned: u64,
    format: Format,
    counting: bool,
}

impl Emit {
    /// For a log of that format that begins at second `start`.
    pub fn new(format: Format, start: i64) -> Self {
        Self { queue: Queue::new(start), story: BENIGN, planned: 0, format, counting: false }
    }

    /// One that only counts.
    pub fn counter(format: Format) -> Self {
        Self { counting: true, ..Self::new(format, 0) }
    }

    fn push(&mut self, at: i64, host: Host, kind: SourceKind, render: impl FnOnce(&mut String)) {
        if !self.format.has(kind) {
            return;
        }
        self.planned += 1;
        if self.counting {
            return;
        }
        if let Some(source) = host.source(kind) {
            self.queue.push(at, source, self.story, render);
        }
    }

    /// A syslog line; process number 0 is left out.
    #[inline]
    pub fn syslog(&mut self, at: i64, host: Host, program: &str, pid: u32, message: fmt::Arguments<'_>) {
        self.push(at, host, SourceKind::Syslog, |s| syslog::push(s, at, host, program, pid, message));
    }

    /// A web request.
    #[inline]
    pub fn access(&mut self, at: i64, host: Host, hit: &Hit<'_>) {
        self.push(at, host, SourceKind::Access, |s| access::push(s, at, hit));
    }

    /// An application event.
    pub fn app(&mut self, at: i64, app: &App<'_>) {
        self.push(at, Host::App1, SourceKind::Json, |s| json::push(s, at, Host::App1, app));
    }

    /// A Windows event.
    pub fn windows(&mut self, at: i64, event: &windows::Event<'_>) {
        self.push(at, Host::Dc1, SourceKind::Windows, |s| windows::push(s, at, event));
    }
}

impl Format {
    /// Whether a log of this format has lines of that kind.
    pub(super) fn has(self, kind: SourceKind) -> bool {
        match self {
            Self::Mixed => true,
            Self::Syslog => kind == SourceKind::Syslog,
            Self::Access => kind == SourceKind::Access,
            Self::Json => kind == SourceKind::Json,
            Self::Windows => kind == SourceKind::Windows,
        }
    }
}

/// What an activity needs at hand.
pub(super) struct Ctx<'a> {
    /// Random numbers.
    pub r: &'a mut Rng,
    /// The people.
    pub people: &'a People,
    /// Numbers and guards.
    pub state: &'a mut State,
    /// Where the lines go.
    pub out: &'a mut Emit,
}

/// File name of a source.
pub(super) fn source_file(source: u16) -> &'static str {
    SOURCES.get(usize::from(source)).map_or("other.log", |s| s.file)
}
