//! The rules and the text of the one under the cursor.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::list::Cursor;
use super::workshop::Workshop;
use crate::tui::data::workshop::RulingDraft;
use crate::tui::data::{RuleText, RuleView};

/// State of the screen.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// All rules, as the data layer sent them.
    pub all: Arc<Vec<RuleView>>,
    /// Indices of those shown.
    pub shown: Vec<usize>,
    /// Cursor in `shown`.
    pub cursor: Cursor,
    /// The file in the reading pane.
    pub text: Arc<RuleText>,
    /// Cursor in its lines.
    pub lines: Cursor,
    /// Only rules with problems.
    pub problems: bool,
    /// What find looks for.
    pub find: String,
    /// The rule in the editor.
    pub work: Option<Box<Workshop>>,
    /// Texts that were tried so far: each has its number.
    pub texts: u64,
    /// True and false hits of each rule, by its id, as people decided.
    pub judged: Arc<BTreeMap<String, (u32, u32)>>,
    /// A suppression or another level that is being asked about.
    pub ruling: Option<RulingDraft>,
    /// Id of the suppression or level that was written as the last step of all.
    pub ruled: Option<String>,
    /// What could not be loaded when the rules were last seen.
    pub refused: Option<Vec<(String, Option<String>)>>,
    /// A rule to go to once rules are there.
    pub go: Option<String>,
}

impl Rules {
    /// The rule under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&RuleView> {
        self.shown.get(self.cursor.at).and_then(|i| self.all.get(*i))
    }

    /// The title of the rule of that id.
    #[must_use]
    pub fn title_of(&self, id: &str) -> Option<&str> {
        self.all.iter().find(|r| r.id == id).map(|r| r.title.as_str())
    }

    /// Chooses again what is shown; keeps the cursor on its rule.
    pub fn refresh(&mut self, height: usize) {
        let id = self.go.take().or_else(|| self.current().map(|r| r.id.clone()));
        self.shown =
            (0..self.all.len()).filter(|i| !self.problems || self.all.get(*i).is_some_and(|r| !r.loaded)).collect();
        let at = id.and_then(|id| self.shown.iter().position(|i| self.all.get(*i).is_some_and(|r| r.id == id)));
        self.cursor.set(at.unwrap_or(self.cursor.at), self.shown.len(), height);
    }
}
