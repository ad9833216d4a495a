//! The rules and the text of the one under the cursor.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::list::Cursor;
use super::workshop::Workshop;
use crate::tui::data::workshop::{FilterView, RulingDraft};
use crate::tui::data::{RuleText, RuleView};

/// How the list is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// As the rules were loaded: by their files.
    #[default]
    Files,
    /// What matched most in the open log first; of filters, what they take.
    Fired,
    /// Those first whose alerts were false most.
    Precision,
    /// The most severe first.
    Level,
    /// By title.
    Title,
    /// Rules of one kind together, filters last.
    Kind,
}

impl Order {
    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Files => Self::Fired,
            Self::Fired => Self::Precision,
            Self::Precision => Self::Level,
            Self::Level => Self::Title,
            Self::Title => Self::Kind,
            Self::Kind => Self::Files,
        }
    }

    /// What it goes by.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Files => "file",
            Self::Fired => "fired",
            Self::Precision => "precision",
            Self::Level => "level",
            Self::Title => "title",
            Self::Kind => "kind",
        }
    }
}

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
    /// How they are ordered.
    pub order: Order,
    /// What filters do, by their ids.
    pub filters: Arc<BTreeMap<String, FilterView>>,
    /// The filters of which that was asked.
    pub asked: Vec<String>,
    /// A file that was just saved, and the line of the cursor in it: where the list goes.
    pub saved: Option<(String, usize)>,
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

    /// How often a rule matched, or what a filter takes.
    #[must_use]
    pub fn fired(&self, r: &RuleView) -> u64 {
        if r.is_filter() { self.filters.get(&r.id).and_then(|f| f.removed).unwrap_or(0) } else { r.fired }
    }

    /// Chooses again what is shown; keeps the cursor on its rule.
    pub fn refresh(&mut self, height: usize) {
        let id = self.go.take().or_else(|| self.current().map(|r| r.id.clone()));
        let all = Arc::clone(&self.all);
        self.shown = (0..all.len()).filter(|i| !self.problems || all.get(*i).is_some_and(|r| !r.loaded)).collect();
        let mut shown = std::mem::take(&mut self.shown);
        shown.sort_by(|a, b| match (all.get(*a), all.get(*b)) {
            (Some(a), Some(b)) => self.compare(a, b),
            _ => Ordering::Equal,
        });
        self.shown = shown;
        let rule = |i: &usize| all.get(*i);
        let saved = self.saved.as_ref().and_then(|(path, line)| {
            // Of a file with several the one that the cursor was in.
            let its = self.shown.iter().enumerate().filter_map(|(n, i)| Some((n, rule(i)?)));
            its.filter(|(_, r)| r.path == *path)
                .min_by_key(|(_, r)| (r.line > *line, r.line.abs_diff(*line)))
                .map(|(n, _)| n)
        });
        if saved.is_some() {
            self.saved = None;
        }
        let at =
            saved.or_else(|| id.and_then(|id| self.shown.iter().position(|i| rule(i).is_some_and(|r| r.id == id))));
        self.cursor.set(at.unwrap_or(self.cursor.at), self.shown.len(), height);
    }

    fn compare(&self, a: &RuleView, b: &RuleView) -> Ordering {
        let title = |r: &RuleView| r.title.to_lowercase();
        let by_title = || title(a).cmp(&title(b));
        match self.order {
            Order::Files => Ordering::Equal,
            Order::Fired => self.fired(b).cmp(&self.fired(a)).then_with(by_title),
            Order::Level => {
                (a.is_filter(), Reverse(a.level)).cmp(&(b.is_filter(), Reverse(b.level))).then_with(by_title)
            }
            Order::Title => by_title(),
            Order::Kind => (a.is_filter(), &a.kind).cmp(&(b.is_filter(), &b.kind)).then_with(by_title),
            Order::Precision => {
                // Rules of which nobody said anything come last.
                let share = |r: &RuleView| {
                    let (yes, no) = *self.judged.get(&r.id)?;
                    Some((u64::from(yes) * 10_000 / u64::from(yes + no).max(1), Reverse(no)))
                };
                match (share(a), share(b)) {
                    (Some(a), Some(b)) => a.cmp(&b),
                    (a, b) => b.is_some().cmp(&a.is_some()),
                }
                .then_with(by_title)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Severity;

    #[test]
    fn rules_are_ordered_and_the_cursor_stays_on_its_rule() {
        let rule = |id: &str, level, kind: &str, fired, path: &str, line| RuleView {
            id: id.into(),
            title: format!("T {id}"),
            level,
            kind: kind.into(),
            path: path.into(),
            line,
            loaded: true,
            fired,
            ..RuleView::default()
        };
        let all = vec![
            rule("b", Severity::High, "detection", 3, "1.yml", 1),
            rule("a", Severity::Low, "event_count", 7, "1.yml", 20),
            rule("f", Severity::Medium, "filter", 0, "2.yml", 1),
            rule("c", Severity::Critical, "detection", 0, "3.yml", 1),
        ];
        let judged = [("b".to_owned(), (1, 3)), ("c".to_owned(), (5, 0))].into();
        let filters = [("f".to_owned(), FilterView { removed: Some(5), ..FilterView::default() })].into();
        let mut r =
            Rules { all: Arc::new(all), judged: Arc::new(judged), filters: Arc::new(filters), ..Rules::default() };
        r.refresh(10);
        r.cursor.at = 1;
        let mut of = |order| {
            r.order = order;
            r.refresh(10);
            assert_eq!(r.current().map(|r| r.id.as_str()), Some("a"), "{order:?}");
            r.shown.iter().map(|i| r.all[*i].id.as_str()).collect::<String>()
        };
        assert_eq!(of(Order::Files), "bafc");
        assert_eq!(of(Order::Fired), "afbc", "what a filter takes counts as well");
        assert_eq!(of(Order::Precision), "bcaf");
        assert_eq!(of(Order::Level), "cbaf");
        assert_eq!(of(Order::Title), "abcf");
        assert_eq!(of(Order::Kind), "bcaf");
        // What was just saved is where the list goes, whatever its id is now.
        r.saved = Some(("1.yml".into(), 12));
        r.refresh(10);
        assert_eq!(r.current().map(|r| r.id.as_str()), Some("b"));
        r.saved = Some(("new.yml".into(), 1));
        r.refresh(10);
        assert!(r.saved.is_some() && r.current().is_some_and(|r| r.id == "b"), "it is not loaded yet");
    }
}
