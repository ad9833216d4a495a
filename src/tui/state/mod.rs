//! Everything the screens know. No terminal, no drawing and no input or output
//! here: state changes only in `update`, and is only read by `view`.

pub mod cases;
pub mod columns;
pub mod editor;
pub mod filters;
pub mod geometry;
pub mod list;
pub mod live;
pub mod overlay;
pub mod places;
pub mod prompt;
pub mod rules;
pub mod source;
pub mod triage;
pub mod workshop;

use std::sync::Arc;

use self::geometry::{Geometry, geometry};
use self::overlay::Overlay;
use self::prompt::Prompt;
use super::action::Places;
use super::data::AuditView;
use super::key::Key;
use super::keymap::Keymap;
use super::msg::Targets;
use crate::event::Ts;
use crate::pipeline::Snapshot;

/// A screen. The number of the key is part of the word: 5 is reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Screen {
    /// The queue of alerts.
    #[default]
    Triage,
    /// The feed.
    Live,
    /// The cases.
    Cases,
    /// The rules.
    Rules,
    /// Sources, counts, losses.
    Health,
}

impl Screen {
    /// All, in the order of the tabs.
    pub const ALL: &'static [Self] = &[Self::Triage, Self::Live, Self::Cases, Self::Rules, Self::Health];

    /// Number and name on the tab.
    #[must_use]
    pub const fn tab(self) -> (char, &'static str) {
        match self {
            Self::Triage => ('1', "Triage"),
            Self::Live => ('2', "Live"),
            Self::Cases => ('3', "Cases"),
            Self::Rules => ('4', "Rules"),
            Self::Health => ('6', "Health"),
        }
    }

    /// Where its keys are looked up.
    #[must_use]
    pub const fn place(self) -> Places {
        match self {
            Self::Triage => Places::TRIAGE,
            Self::Live => Places::LIVE,
            Self::Cases => Places::CASES,
            Self::Rules => Places::RULES,
            Self::Health => Places::HEALTH,
        }
    }
}

/// A message at the bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// The text.
    pub text: String,
    /// It reports a failure.
    pub bad: bool,
}

/// What the faces were started with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// What is looked at: file names, or the case store.
    pub name: String,
    /// The part of it that the session is about, in words; empty where that is all.
    pub part: String,
    /// Inputs are followed as they grow.
    pub follow: bool,
    /// There are inputs at all.
    pub inputs: bool,
    /// Who works.
    pub analyst: String,
    /// The case store, or why there is none.
    pub store: String,
    /// There is none: what is done is forgotten at the end.
    pub forgets: bool,
    /// Lines of the about box: version, terminal.
    pub about: Vec<String>,
    /// The terminal shows ASCII only.
    pub ascii: bool,
}

/// The state of the whole program.
#[derive(Debug, Clone)]
pub struct State {
    /// Columns and rows.
    pub size: (u16, u16),
    /// What it was started with.
    pub facts: Facts,
    /// The screen shown.
    pub screen: Screen,
    /// The screen before.
    pub last_screen: Screen,
    /// The pane that keys go to: 0 is the list.
    pub pane: usize,
    /// Key bindings.
    pub keys: Arc<Keymap>,
    /// Keys of a sequence pressed so far.
    pub pressed: Vec<Key>,
    /// The session as last seen.
    pub snap: Arc<Snapshot>,
    /// Records per second.
    pub rate: f64,
    /// How far the case store's log had been read by what is shown.
    pub seen: i64,
    /// How far it had been when the dialog that stands open was opened.
    pub looked: Option<i64>,
    /// Names of fields that were seen in the inputs or that rules use, sorted.
    pub fields: Arc<Vec<String>>,
    /// Those that a sample of the open log has, sorted; empty where none was taken.
    pub log_fields: Arc<Vec<String>>,
    /// The queue.
    pub triage: triage::Triage,
    /// The feed.
    pub live: live::Live,
    /// The cases.
    pub cases: cases::Cases,
    /// The rules.
    pub rules: rules::Rules,
    /// First line shown of the health screen.
    pub health: list::Cursor,
    /// Time span of the histogram where it is not the whole log.
    pub window: Option<(Ts, Ts)>,
    /// What lies over the screen, topmost last.
    pub overlays: Vec<Overlay>,
    /// The line being typed.
    pub prompt: Option<Prompt>,
    /// What the typed line will be applied to.
    pub asked_for: Targets,
    /// A message.
    pub toast: Option<Toast>,
    /// Steps that can be undone.
    pub undo: usize,
    /// Where a case was exported to last, and how many steps could be undone then.
    pub exported: Option<(String, usize)>,
    /// How the log of operations stands.
    pub audit: Option<AuditView>,
    /// How much of the log, in percent, was gone through for the file being written.
    pub writing: Option<u8>,
    /// The log is analyzed again with other rules: so much of it, in percent.
    pub again: Option<u8>,
    /// Ctrl-C was pressed once with nothing to cancel.
    pub leaving: bool,
    /// Name of the theme in use.
    pub theme: String,
    /// Wheel and clicks come in.
    pub mouse: bool,
    /// The wall clock, fixed in tests: relative times in filters count from it.
    pub now: Ts,
}

impl State {
    /// Cases that turned out to be nothing: their alerts are no true hits.
    #[must_use]
    pub fn unfounded(&self) -> Vec<String> {
        self.cases.list.iter().filter(|c| c.unfounded()).map(|c| c.id.clone()).collect()
    }

    /// The state at the start.
    #[must_use]
    pub fn new(size: (u16, u16), keys: Arc<Keymap>, facts: Facts) -> Self {
        Self {
            size,
            facts,
            screen: Screen::Triage,
            last_screen: Screen::Live,
            pane: 0,
            keys,
            pressed: Vec::new(),
            snap: Arc::default(),
            rate: 0.0,
            fields: Arc::default(),
            log_fields: Arc::default(),
            triage: triage::Triage::default(),
            live: live::Live::default(),
            cases: cases::Cases::default(),
            rules: rules::Rules::default(),
            health: list::Cursor::default(),
            window: None,
            overlays: Vec::new(),
            prompt: None,
            asked_for: Targets::default(),
            toast: None,
            seen: 0,
            looked: None,
            undo: 0,
            exported: None,
            audit: None,
            writing: None,
            again: None,
            leaving: false,
            theme: String::new(),
            mouse: false,
            now: Ts::now(),
        }
    }

    /// The areas of the screen shown.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        self.geometry_of(self.screen)
    }

    /// The areas that a screen has when it is shown.
    #[must_use]
    pub fn geometry_of(&self, screen: Screen) -> Geometry {
        let opened = self.triage.followed().filter(|_| screen == Screen::Triage && self.triage.opened);
        let lines = opened.map(|v| super::words::why_lines(v, usize::from(self.size.0)).len());
        let g = geometry(self.size, screen, lines.map(|n| u16::try_from(n).unwrap_or(u16::MAX)));
        if screen == Screen::Rules && self.rules.work.is_some() { workshop::areas(g) } else { g }
    }

    /// Rows of the list shown.
    #[must_use]
    pub fn list_height(&self) -> usize {
        self.geometry().list.rows().max(1)
    }

    /// Where keys are looked up now.
    #[must_use]
    pub fn place(&self) -> Places {
        // Help and palette are about what lies below them.
        match self.overlays.iter().rev().find(|o| !matches!(o, Overlay::Help(_) | Overlay::Palette(_))) {
            Some(Overlay::Detail(_)) => Places::DETAIL,
            Some(Overlay::Filters(_)) => Places::FILTERS,
            _ if self.screen == Screen::Rules && self.rules.work.is_some() => Places::EDIT,
            _ => self.screen.place(),
        }
    }

    /// The filters of the screen shown.
    pub fn filters_mut(&mut self) -> &mut filters::Filters {
        if self.screen == Screen::Live { &mut self.live.filters } else { &mut self.triage.filters }
    }

    /// The filters of the screen shown.
    #[must_use]
    pub fn filters(&self) -> &filters::Filters {
        if self.screen == Screen::Live { &self.live.filters } else { &self.triage.filters }
    }

    /// Time span of the log, or of the part that the session is about, by its
    /// first and last event.
    #[must_use]
    pub fn log_span(&self) -> Option<(Ts, Ts)> {
        let totals = &self.snap.totals;
        let whole = || totals.first_event.zip(totals.last_event);
        let (first, last) = if self.facts.part.is_empty() { whole()? } else { self.snap.span()? };
        Some((first, Ts(last.0.max(first.0.saturating_add(1_000_000)))))
    }

    /// Says something at the bottom.
    pub fn say(&mut self, text: impl Into<String>) {
        self.toast = Some(Toast { text: text.into(), bad: false });
    }

    /// Says that something failed.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.toast = Some(Toast { text: text.into(), bad: true });
    }
}
