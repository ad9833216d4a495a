//! What can lie over a screen.

use std::sync::Arc;

use tui_input::Input;

use super::editor::Editor;
use super::list::Cursor;
use super::live::EventMode;
use crate::pipeline::Form;
use crate::tui::action::Act;
use crate::tui::data::FeedRow;
use crate::tui::data::workshop::{Pick, RulingDraft};
use crate::tui::msg::{Effect, Targets};

/// One answer of a choice.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Its key.
    pub key: char,
    /// What it says.
    pub label: String,
    /// What it does.
    pub then: Then,
}

/// What an answer does.
#[derive(Debug, Clone, PartialEq)]
pub enum Then {
    /// Nothing.
    Close,
    /// These effects.
    Do(Vec<Effect>),
    /// Mark this value, or take its mark away.
    Mark(Pick),
    /// Draft a filter for a rule from the values that are marked.
    Draft {
        /// Id of the rule.
        rule: String,
        /// Who drafts it, and when.
        signed: String,
    },
    /// Ask for the title of a new case for these.
    TitleFor(Targets),
    /// Ask where the events of the feed are to be written in that form.
    WriteAs(Form),
    /// Say what this ruling costs, if anything, then ask as for [`Then::Ruled`].
    Rule(Box<RulingDraft>),
    /// Ask why and until when this is ruled.
    Ruled(Box<RulingDraft>),
    /// Ask which level this gives.
    Level(Box<RulingDraft>),
    /// Save a rule whose id or name others know.
    Save(Known),
    /// Ask whether the ruling of that id is to be taken out.
    Unrule(String),
}

/// What becomes of those that know a rule by an id or a name which an edit changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The rule keeps it.
    Keep,
    /// They name it anew.
    Along,
    /// They are left behind.
    Leave,
}

/// The event-detail overlay.
#[derive(Debug, Clone)]
pub struct Detail {
    /// The event.
    pub row: Arc<FeedRow>,
    /// Fields, raw or JSON.
    pub mode: EventMode,
    /// Cursor in the fields, or top line of the text.
    pub cursor: Cursor,
    /// Long values take several lines.
    pub wrap: bool,
}

/// The palette: actions by name.
#[derive(Debug, Clone)]
pub struct Palette {
    /// What is typed.
    pub input: Input,
    /// Actions that fit, best first.
    pub hits: Vec<Act>,
    /// Cursor in them.
    pub cursor: Cursor,
}

/// An overlay.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// An event with all its fields.
    Detail(Detail),
    /// The list of filters of the screen below.
    Filters(Cursor),
    /// Commands.
    Palette(Palette),
    /// Keys.
    Help(Cursor),
    /// A question with a few answers, one key each.
    Choice {
        /// The question.
        title: String,
        /// What it is about, in lines.
        about: Vec<String>,
        /// The answers.
        answers: Vec<Answer>,
        /// Cursor in them.
        cursor: Cursor,
    },
    /// A note being written.
    Note {
        /// The text.
        editor: Editor,
        /// On what.
        what: Targets,
        /// Words for that.
        about: String,
    },
    /// Some lines to read.
    Text {
        /// Title.
        title: String,
        /// Lines.
        lines: Vec<String>,
        /// First line shown.
        cursor: Cursor,
    },
}
