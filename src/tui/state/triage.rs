//! The queue of alerts: what is in it, in which order, and what is selected.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::columns::Fit;
use super::filters::Filters;
use super::list::Cursor;
use crate::event::{EventRow, Ts};
use crate::tui::data::{AlertView, Triage as Decision};

/// Columns of the queue, in order; filters act on the one the cursor is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Severity.
    Severity,
    /// Risk score.
    Score,
    /// Acts counted.
    Count,
    /// Time of the last evidence.
    Last,
    /// Address, account or machine.
    Entity,
    /// The rule's title.
    What,
    /// Kind of rule and decision.
    By,
}

impl Column {
    /// All, in order.
    pub const ALL: &'static [Self] =
        &[Self::Severity, Self::Score, Self::Count, Self::Last, Self::Entity, Self::What, Self::By];
}

/// Evidence of the alert the cursor is on.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The alert's id and revision that it belongs to.
    pub of: (String, u32),
    /// Rows, in canonical order; only the first ones.
    pub rows: Vec<Arc<EventRow>>,
}

/// State of the screen.
#[derive(Debug, Clone)]
pub struct Triage {
    /// Every alert with its decision, as the data layer sent it.
    pub all: Arc<Vec<AlertView>>,
    /// Indices into `all` of what is shown, riskiest first.
    pub shown: Vec<usize>,
    /// Cursor in `shown`.
    pub cursor: Cursor,
    /// Column of the cell that filters act on.
    pub column: usize,
    /// Ids selected with `x`.
    pub selected: BTreeSet<String>,
    /// Whether dismissed, escalated and covered alerts are shown too.
    pub handled: bool,
    /// Filters.
    pub filters: Filters,
    /// What find looks for.
    pub find: String,
    /// The alert that the panes beside the queue show: follows the cursor a moment
    /// later, as they cost most of what a key costs.
    followed: Option<AlertView>,
    /// Evidence of the alert at the cursor, once it is read.
    pub evidence: Evidence,
    /// Cursor in the evidence pane.
    pub evidence_at: Cursor,
    /// One alert fills the screen: why it was raised, and its evidence.
    pub opened: bool,
    /// What the alerts shown need of the screen's width.
    pub fit: Fit,
    /// Alerts that nobody decided about, by severity; those that another one
    /// stands for are not among them.
    pub open: [usize; 5],
    /// Alerts that nobody decided about and that another one stands for.
    pub covered: usize,
    /// Alerts that a reading of their log no longer gave.
    pub withdrawn: usize,
    /// Of these, those that nobody had done anything with: no part of the queue.
    pub left: usize,
    /// The store has further alerts of files that are not read any more, older than those here.
    pub older: bool,
    /// Id of the alert under the cursor, kept while the queue moves around it.
    anchor: Option<String>,
}

impl Default for Triage {
    fn default() -> Self {
        Self {
            all: Arc::default(),
            shown: Vec::new(),
            cursor: Cursor::default(),
            column: 4,
            selected: BTreeSet::new(),
            handled: false,
            filters: Filters::of_alerts(),
            find: String::new(),
            followed: None,
            evidence: Evidence::default(),
            evidence_at: Cursor::default(),
            opened: false,
            fit: Fit::default(),
            open: [0; 5],
            covered: 0,
            withdrawn: 0,
            left: 0,
            older: false,
            anchor: None,
        }
    }
}

impl Triage {
    /// The alert at a row of the queue.
    #[must_use]
    pub fn row(&self, at: usize) -> Option<&AlertView> {
        self.shown.get(at).and_then(|i| self.all.get(*i))
    }

    /// The alert under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&AlertView> {
        self.row(self.cursor.at)
    }

    /// The alert that the panes beside the queue show.
    #[must_use]
    pub fn followed(&self) -> Option<&AlertView> {
        self.followed.as_ref().filter(|_| !self.shown.is_empty()).or_else(|| self.current())
    }

    /// The panes show the alert under the cursor from now on.
    pub fn follow(&mut self) {
        self.followed = self.current().cloned();
    }

    /// Filters and sorts again, and keeps the cursor on its alert.
    pub fn refresh(&mut self, now: Ts, height: usize) {
        let query = self.filters.parse(&self.filters.expression(), now).ok();
        let ids: HashSet<&str> = self.all.iter().map(|v| &*v.alert.id).collect();
        // Another alert in the queue tells of the same attack.
        let told = |v: &AlertView| v.alert.covered_by.as_deref().is_some_and(|by| ids.contains(by));
        let wanted = |v: &AlertView| {
            (self.handled || (v.triage == Decision::New || v.outgrew()) && !told(v) && !v.reading.left())
                && query.as_ref().is_none_or(|q| q.matches_fields(v))
        };
        (self.open, self.covered) = ([0; 5], 0);
        self.withdrawn = self.all.iter().filter(|v| v.reading.gone()).count();
        self.left = self.all.iter().filter(|v| v.reading.left()).count();
        for v in self.all.iter().filter(|v| v.triage == Decision::New && !v.reading.gone()) {
            match told(v) {
                true => self.covered += 1,
                false => self.open[v.alert.severity as usize] += 1,
            }
        }
        self.shown = (0..self.all.len()).filter(|i| self.all.get(*i).is_some_and(wanted)).collect();
        let all = &self.all;
        self.shown.sort_by(|a, b| {
            let (Some(a), Some(b)) = (all.get(*a), all.get(*b)) else { return std::cmp::Ordering::Equal };
            let (a, b) = (&a.alert, &b.alert);
            b.score
                .total_cmp(&a.score)
                .then(b.severity.cmp(&a.severity))
                .then(b.last.cmp(&a.last))
                .then(a.id.cmp(&b.id))
        });
        let row_of = |id: &str| self.shown.iter().position(|i| all.get(*i).is_some_and(|v| v.alert.id == id));
        // One that another now stands for gives the cursor to that one.
        let cover = |id: &str| all.iter().find(|v| v.alert.id == id).and_then(|v| v.alert.covered_by.as_deref());
        let kept = self.anchor.as_deref().and_then(|id| row_of(id).or_else(|| cover(id).and_then(row_of)));
        let at = kept.unwrap_or(self.cursor.at);
        self.cursor.set(at, self.shown.len(), height);
        self.selected.retain(|id| ids.contains(id.as_str()));
        self.fit = Fit::of(self.shown.iter().filter_map(|i| all.get(*i)));
        // Until somebody moves it, the cursor stays on the riskiest row. An alert
        // that left the queue gives its row to the next; one that is gone for
        // now, because the log is read again, is waited for.
        let gone = self.anchor.as_ref().is_some_and(|id| !all.iter().any(|v| v.alert.id == *id));
        if self.anchor.is_some() && !gone {
            self.hold();
        }
        self.opened &= !self.shown.is_empty();
        // What is no longer in the queue is not shown on; what changed is shown as it is.
        let id = self.followed.as_ref().map(|v| v.alert.id.as_str());
        let here = self.current().map(|v| v.alert.id.as_str());
        let in_queue = |id: &str| self.shown.iter().any(|i| self.all.get(*i).is_some_and(|v| v.alert.id == id));
        if id == here || id.is_none_or(|id| !in_queue(id)) {
            self.follow();
        }
    }

    /// Remembers the alert under the cursor: it stays there while others come.
    pub fn hold(&mut self) {
        self.anchor = self.current().map(|v| v.alert.id.clone()).or(self.anchor.take());
    }

    /// Ids that a decision is about: the selected ones, else the one under the cursor.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        if self.selected.is_empty() {
            return self.current().map(|v| v.alert.id.clone()).into_iter().collect();
        }
        // In the order of the queue: the riskiest gives a case its title.
        let shown = (0..self.shown.len()).filter_map(|i| self.row(i)).map(|v| &v.alert.id);
        let mut out: Vec<String> = shown.filter(|id| self.selected.contains(*id)).cloned().collect();
        // With all that are selected on screen, as they mostly are, none is left to look for.
        if out.len() < self.selected.len() {
            let seen: HashSet<&str> = out.iter().map(String::as_str).collect();
            let hidden: Vec<String> = self.selected.iter().filter(|id| !seen.contains(id.as_str())).cloned().collect();
            out.extend(hidden);
        }
        out
    }

    /// The alerts with those that they stand for and nobody decided about.
    #[must_use]
    pub fn with_covered(&self, mut ids: Vec<String>) -> Vec<String> {
        let named: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
        let under = self.all.iter().filter(|v| {
            let by = v.alert.covered_by.as_deref();
            v.triage == Decision::New
                && !v.reading.gone()
                && by.is_some_and(|b| named.contains(b))
                && !named.contains(&*v.alert.id)
        });
        let more: Vec<String> = under.map(|v| v.alert.id.clone()).collect();
        ids.extend(more);
        ids
    }
}
