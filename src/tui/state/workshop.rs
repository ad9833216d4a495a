//! A rule open in the editor: its text, what is wrong with it, what it would find.

use std::sync::Arc;

use super::geometry::{Area, Geometry};
use super::list::Cursor;
use super::source::Source;
use crate::detect::lint::Finding;
use crate::tui::data::workshop::{Opened, Renamed, Trial};

/// Words that fit what is being typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    /// Characters before the cursor that the word replaces.
    pub typed: usize,
    /// The words, best first.
    pub words: Vec<String>,
    /// What is said of each beside it; mostly nothing.
    pub notes: Vec<String>,
    /// The chosen one.
    pub at: usize,
}

/// How far a save is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Saving {
    /// Nobody asked.
    #[default]
    No,
    /// It waits for the answer about the text as it is.
    Waits,
    /// It is being written.
    Writes,
}

/// The editor.
#[derive(Debug, Clone, Default)]
pub struct Workshop {
    /// Path of the file that it would replace.
    pub path: String,
    /// Where it will be saved.
    pub saves_to: String,
    /// No file has it yet.
    pub draft: bool,
    /// It was opened for the user's editor, and nothing was typed here since.
    pub outside: bool,
    /// The text.
    pub source: Source,
    /// The text as it was opened or last saved.
    pub original: String,
    /// Keys are text.
    pub insert: bool,
    /// First line shown.
    pub top: usize,
    /// Number of the text.
    pub version: u64,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// The text of which that is said.
    pub linted: u64,
    /// Ids and names that others know and that the text changes.
    pub renamed: Vec<Renamed>,
    /// It was asked what becomes of these, and this is to be done: others that name
    /// the rule do so anew.
    pub along: Option<Vec<(String, String)>>,
    /// What it would find.
    pub trial: Option<Arc<Trial>>,
    /// Cursor in what it adds and loses.
    pub moved: Cursor,
    /// What was looked for in the text.
    pub find: String,
    /// Words that fit.
    pub complete: Option<Completion>,
    /// How far a save is.
    pub saving: Saving,
    /// It was asked whether changes may be lost.
    pub warned: bool,
}

impl Workshop {
    /// A file opened.
    #[must_use]
    pub fn new(o: &Opened, version: u64) -> Self {
        let mut source = Source::new(&o.text);
        source.go(o.line.saturating_sub(1), 0);
        // A draft is a change already.
        let original = if o.draft { String::new() } else { source.text() };
        Self {
            path: o.path.clone(),
            saves_to: o.saves_to.clone(),
            draft: o.draft,
            outside: o.outside,
            source,
            original,
            version,
            ..Self::default()
        }
    }

    /// Whether something is not saved.
    #[must_use]
    pub fn modified(&self) -> bool {
        self.source.text() != self.original
    }

    /// The trial of the text as it is, once it is whole.
    #[must_use]
    pub fn answer(&self) -> Option<&Arc<Trial>> {
        self.trial.as_ref().filter(|t| t.version == self.version && t.done)
    }

    /// What keeps the text as it is from being loaded.
    #[must_use]
    pub fn error(&self) -> Option<&Finding> {
        self.findings.iter().find(|f| f.refuses())
    }

    /// Keeps the cursor's line on the page.
    pub fn scroll(&mut self, height: usize) {
        let mut c = Cursor { at: self.source.cursor().0, top: self.top };
        c.set(c.at, self.source.lines().len(), height.max(1));
        self.top = c.top;
    }
}

/// Parts the screen for the editor: the list stays where there is room, the
/// editor, what it would find, and two lines of findings.
#[must_use]
pub fn areas(mut g: Geometry) -> Geometry {
    if g.too_small {
        return g;
    }
    let body = Area { x: 0, y: g.list.y, w: g.line.w, h: g.status.y.saturating_sub(g.list.y) };
    let notes = if body.h >= 10 { 2 } else { u16::from(body.h >= 6) };
    g.list = Area::default();
    g.notes = Area { y: body.y + body.h - notes, h: notes, ..body };
    let upper = Area { h: body.h - notes, ..body };
    let mut left = 0;
    if upper.w >= 150 {
        g.list = Area { w: 40, ..upper };
        left = 41;
    }
    let room = Area { x: left, w: upper.w - left, ..upper };
    if room.w >= 70 {
        let beside = (room.w * 2 / 5).clamp(30, 56);
        g.side = Area { w: room.w - beside - 1, ..room };
        g.evidence = Area { x: room.x + room.w - beside, w: beside, ..room };
    } else {
        let below = if room.h >= 12 { 6 } else { 0 };
        g.side = Area { h: room.h - below, ..room };
        g.evidence = Area { y: room.y + room.h - below, h: below, ..room };
    }
    g
}

impl Workshop {
    /// Columns of a line's number and its mark.
    #[must_use]
    pub fn gutter(&self) -> usize {
        let digits = self.source.lines().len().max(1).ilog10() as usize + 1;
        digits.max(3) + 2
    }
}

/// Lines of the answer above the list of events.
pub const COUNTS: usize = 9;

/// Rows of the list of what is added and lost.
#[must_use]
pub fn moved_height(g: &Geometry) -> usize {
    usize::from(g.evidence.h).saturating_sub(COUNTS + 1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_lines_have_the_columns_that_they_need() {
        let of = |lines: usize| {
            let o = Opened { text: "a: b\n".repeat(lines), ..Opened::default() };
            Workshop::new(&o, 1).gutter()
        };
        assert_eq!([of(0), of(999), of(1_000), of(10_000)], [5, 5, 6, 7]);
    }
}
