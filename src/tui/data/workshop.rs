//! What the rule editor asks for, and what it is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{AlertView, Triage};
use crate::detect::lint::Finding;
use crate::event::{EventRow, Severity};

/// Something for the thread that tries rules.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkReq {
    /// Read a rule's file into the editor.
    Open {
        /// Its path.
        path: String,
        /// The line to begin at, from 1.
        line: usize,
        /// It is written in the user's editor, and comes back from there.
        outside: bool,
    },
    /// Draft a filter: events of this rule with these values are not meant.
    Tune {
        /// Id of the rule; of a correlation, the rules below it are meant.
        rule: String,
        /// Fields and their values.
        fields: Vec<(String, String)>,
        /// Who drafts it, and when.
        signed: String,
    },
    /// Which of these values a filter for the rule could name.
    Offer {
        /// Id of the rule.
        rule: String,
        /// Fields of the event and their values.
        fields: Vec<(String, String)>,
    },
    /// Propose filters for a rule from what was dismissed of it.
    Propose {
        /// Id of the rule.
        rule: String,
        /// All alerts with what people decided.
        alerts: Arc<Vec<AlertView>>,
        /// Cases that turned out to be nothing.
        unfounded: Vec<String>,
    },
    /// Write a suppression or another level.
    Ruling(RulingDraft),
    /// Take one out, by its id.
    Unrule(String),
    /// Which rules filters narrow, and what they take from them.
    Filters,
    /// Check a text, and look what it would find.
    Try(Attempt),
    /// Write a text to where it belongs.
    Save {
        /// Where to.
        path: String,
        /// What.
        text: String,
        /// Ids and names that other files are to know it by: the old one and the new one.
        along: Vec<(String, String)>,
        /// Also where the file is another than it was when it was opened.
        over: bool,
    },
}

/// What a filter does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilterView {
    /// Titles of the rules that it narrows; none is every one of its logsource.
    pub narrows: Vec<String>,
    /// Matches that it takes from rules in the open log; `None` while nobody counted.
    pub removed: Option<u64>,
}

/// One value that a filter could name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// The field, with a modifier where the value is a part or a network.
    pub name: String,
    /// The value.
    pub value: String,
    /// Whether it is marked.
    pub on: bool,
}

impl Pick {
    /// The field without its modifier.
    #[must_use]
    pub fn field(&self) -> &str {
        self.name.split('|').next().unwrap_or_default()
    }
}

/// A filter that could be written for a rule: values, and what they would do to
/// its alerts, each with how many there are of that kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proposal {
    /// Fields and their values.
    pub fields: Vec<(String, String)>,
    /// False alerts that would be gone.
    pub removes: (u32, u32),
    /// True alerts that would lose events.
    pub loses: (u32, u32),
    /// Undecided alerts that would lose events.
    pub undecided: (u32, u32),
}

/// A suppression or another level, before it has an id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RulingDraft {
    /// Id of the rule.
    pub rule: String,
    /// Which of its alerts; empty is all.
    pub when: String,
    /// The level that they get; `None` takes them out.
    pub level: Option<Severity>,
    /// Who made it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The day.
    pub created: String,
    /// When it ends: a date, or `never`.
    pub until: String,
}

/// A text to be tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Number of the text: answers to older ones are not shown.
    pub version: u64,
    /// Path of the file that it would replace.
    pub path: String,
    /// The text.
    pub text: String,
    /// All alerts with what people decided.
    pub alerts: Arc<Vec<AlertView>>,
    /// Cases that turned out to be nothing: their alerts are no true hits.
    pub unfounded: Vec<String>,
}

/// What the thread that tries rules says.
#[derive(Debug, Clone)]
pub enum WorkMsg {
    /// A file for the editor.
    Opened(Arc<Opened>),
    /// What is wrong with a text.
    Linted {
        /// Number of the text.
        version: u64,
        /// Findings in the order of their places.
        findings: Vec<Finding>,
        /// Ids and names that others know and that it changes.
        renamed: Vec<Renamed>,
    },
    /// What a text would find, or how far that is.
    Tried(Arc<Trial>),
    /// It was not written: the file is another than it was when it was opened.
    Differs {
        /// Where to it was to be written.
        path: String,
        /// The text.
        text: String,
        /// What other files are to know it by.
        along: Vec<(String, String)>,
    },
    /// It was written.
    Saved {
        /// To where.
        path: String,
        /// How many others know it by its new name now.
        along: usize,
    },
    /// Values that a filter for a rule could name.
    Offered {
        /// Id of the rule.
        rule: String,
        /// The values.
        picks: Vec<Pick>,
    },
    /// Filters proposed for a rule, best first.
    Proposed {
        /// Id of the rule.
        rule: String,
        /// What they would do.
        best: Vec<Proposal>,
    },
    /// What filters do, by their ids; said again while it is counted.
    Filters(Arc<BTreeMap<String, FilterView>>),
    /// A ruling was written or taken out.
    Ruled {
        /// What to say.
        said: String,
        /// Its id, where it is there now.
        id: Option<String>,
    },
}

/// A file opened in the editor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opened {
    /// Its path.
    pub path: String,
    /// Where it will be saved: elsewhere where it is part of the program.
    pub saves_to: String,
    /// Its text.
    pub text: String,
    /// The line to begin at, from 1.
    pub line: usize,
    /// It is a draft that no file has yet.
    pub draft: bool,
    /// It is written in the user's editor.
    pub outside: bool,
}

/// An id or a name of a rule that an edit changes, and who knows the rule by it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Renamed {
    /// `id` or `name`.
    pub key: &'static str,
    /// As it is now.
    pub old: String,
    /// As it would be; `None` where it would be none.
    pub new: Option<String>,
    /// Line of the document, from 1; 0 where it is gone.
    pub document: usize,
    /// Line of the key, from 1; 0 where there is none.
    pub line: usize,
    /// Rules, filters and suppressions that name it.
    pub by: Vec<String>,
    /// How many of them can be made to name it anew.
    pub along: usize,
    /// Alerts with that id that people decided about.
    pub decided: usize,
    /// The rule replaces the shipped one of that id no more.
    pub uncovers: bool,
}

impl Renamed {
    /// Who knows it.
    fn who(&self) -> String {
        const MOST: usize = 3;
        let who = self.by.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
        let more = self.by.len().saturating_sub(MOST);
        if more > 0 { format!("{who} and {more} more") } else { who }
    }

    /// What is changed, and for whom, in lines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let becomes = self.new.as_ref().map_or("is gone", |_| "changes");
        let mut out = vec![format!("the {} {} {becomes}", self.key, self.old)];
        if !self.by.is_empty() {
            out.push(format!("named by {}", self.who()));
        }
        if self.decided > 0 {
            let alerts = crate::event::count(self.decided as u64, "decided alert");
            out.push(format!("{alerts} would come again under another id"));
        }
        out.extend(self.back());
        out
    }

    /// Which shipped rule is back.
    fn back(&self) -> Option<String> {
        let beside = if self.document > 0 { " beside this one" } else { "" };
        self.uncovers.then(|| format!("the shipped rule {} is active again{beside}", self.old))
    }

    /// How it is avoided.
    #[must_use]
    pub fn hint(&self) -> String {
        match self.uncovers && self.by.is_empty() {
            true => format!("keep {} to stay in place of the shipped rule", self.old),
            false => format!("keep {}, or take along those who know it", self.old),
        }
    }

    /// The same in one line.
    #[must_use]
    pub fn said(&self) -> String {
        let key = self.key;
        if self.by.is_empty() {
            return self.lines().join("; ");
        }
        let back = self.back().map(|b| format!("; {b}")).unwrap_or_default();
        format!("{} knows it by the old {key}: a save asks what becomes of that{back}", self.who())
    }
}

/// What people made of an event, by the alerts that it is evidence of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verdict {
    /// Of an alert in a case: a true hit.
    True,
    /// Of an alert that nobody decided about.
    Undecided,
    /// Of dismissed alerts only.
    False,
    /// Of no alert.
    #[default]
    None,
}

impl Verdict {
    /// What people decided about an alert; `unfounded` are cases that were nothing.
    #[must_use]
    pub fn of(v: &AlertView, unfounded: &[String]) -> Self {
        match &v.triage {
            Triage::Escalated { case } if unfounded.contains(case) => Self::False,
            Triage::Escalated { .. } => Self::True,
            Triage::New => Self::Undecided,
            // Put off is not decided.
            Triage::Dismissed { reason } if reason == "snoozed" => Self::Undecided,
            Triage::Dismissed { .. } => Self::False,
        }
    }
}

/// What an edit does to a match or to an alert; what is lost comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It would be no more.
    Lost,
    /// An alert would say something else.
    Changed,
    /// It would be new.
    Gained,
}

/// A match or an alert that an edit adds, loses or changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Position among all events.
    pub position: u64,
    /// The event; of an alert, its first.
    pub row: Arc<EventRow>,
    /// What becomes of it.
    pub change: Change,
    /// What people made of it.
    pub verdict: Verdict,
    /// The case it is in, or the reason of the dismissal.
    pub word: String,
    /// The alert that begins with it, where it is an alert that is meant.
    pub alert: Option<String>,
    /// The rule whose match it is, where several rules are compared that have some.
    pub rule: Option<Arc<str>>,
}

/// What a text finds in the open log, beside what is in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trial {
    /// Number of the text.
    pub version: u64,
    /// Whether all events were looked at.
    pub done: bool,
    /// Events looked at, and in all.
    pub scanned: u64,
    /// Events there are.
    pub events: u64,
    /// Matches now and with the text: what two rules match counts twice.
    pub matches: (u64, u64),
    /// Matches added.
    pub gained: u64,
    /// Matches lost.
    pub lost: u64,
    /// Matches that are true hits, now and with the text.
    pub true_hits: (u64, u64),
    /// Matches that were dismissed, now and with the text.
    pub false_hits: (u64, u64),
    /// Matches that nobody decided about, now and with the text.
    pub undecided: (u64, u64),
    /// True hits that would be lost.
    pub true_lost: u64,
    /// Alerts now and with the text, where they say more than matches.
    pub alerts: Option<(u64, u64)>,
    /// Alerts added.
    pub alerts_gained: u64,
    /// Alerts lost.
    pub alerts_lost: u64,
    /// Alerts that would say something else.
    pub alerts_changed: u64,
    /// Lost alerts that are in a case.
    pub true_alerts_lost: u64,
    /// Cases that these are in.
    pub cases: Vec<String>,
    /// What is lost and added, what was true first; not more than some.
    pub moved: Vec<Moved>,
    /// How it was found.
    pub way: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

impl Trial {
    /// Whether something would be lost that turned out to be true.
    #[must_use]
    pub const fn loses_truth(&self) -> bool {
        self.true_lost > 0 || self.true_alerts_lost > 0
    }

    /// Matches that belong to no alert, now and with the text: with those of which
    /// people made something they are all matches.
    #[must_use]
    pub const fn alertless(&self) -> (u64, u64) {
        let (t, f, u, m) = (self.true_hits, self.false_hits, self.undecided, self.matches);
        (m.0.saturating_sub(t.0 + f.0 + u.0), m.1.saturating_sub(t.1 + f.1 + u.1))
    }
}
