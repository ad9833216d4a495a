//! What is known about a rule beside how it matches.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::alert::Category;
use crate::event::Severity;

use super::pipelines::{Among, Pipelines};
use super::sigma::yaml::{Node, YamlError};
use super::{CorrelationSpec, GroupField, NamedField};

/// A rule file as read, before it is understood.
#[derive(Debug, Clone, Default)]
pub struct RuleFile {
    /// Path as the user gave or found it; part of messages, never of ids.
    pub path: String,
    /// The YAML text.
    pub text: String,
    /// Why it could not be read, where it could not; the text is empty then.
    pub error: Option<String>,
    /// What changes its rules before they are used.
    pub pipelines: Option<Arc<Pipelines>>,
}

impl RuleFile {
    /// A file that was read.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), error: None, pipelines: None }
    }

    /// SHA-256 of its text.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.text.as_bytes()).into()
    }

    /// Documents after the pipelines, among those of all files.
    pub(super) fn changed(&self, docs: Vec<Result<Node, YamlError>>, among: &Among) -> Vec<Result<Node, YamlError>> {
        match &self.pipelines {
            Some(p) => docs.into_iter().map(|d| p.apply(&d?, among)).collect(),
            None => docs,
        }
    }
}

/// Position of a rule in its rule set: the order of loading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIdx(pub u32);

/// One detection rule matches one record of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hit {
    /// Index of the record in its batch.
    pub record: u32,
    /// The rule.
    pub rule: RuleIdx,
}

/// Detection of single events, or correlation of what others matched.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleKind {
    /// Looks at one event.
    Detection,
    /// Looks at matches of other rules over time.
    Correlation(Arc<CorrelationSpec>),
    /// Narrows other rules; matches nothing itself.
    Filter,
}

/// How many there are: the one way to count rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleCounts {
    /// Rules in force.
    pub rules: usize,
    /// Of these, such as raise alerts.
    pub alerting: usize,
    /// Filters in force: they narrow rules and are none.
    pub filters: usize,
    /// Rules and filters that are not in force.
    pub refused: usize,
}

impl RuleCounts {
    /// Counts rules.
    #[must_use]
    pub fn of(all: &[RuleInfo]) -> Self {
        let count = |which: &dyn Fn(&RuleInfo) -> bool| all.iter().filter(|r| which(r)).count();
        Self {
            rules: count(&|r| r.loaded && !r.is_filter()),
            alerting: count(&|r| r.loaded && !r.is_filter() && r.alerts),
            filters: count(&|r| r.loaded && r.is_filter()),
            refused: count(&|r| !r.loaded),
        }
    }
}

impl std::fmt::Display for RuleCounts {
    /// `384 rules, 1 filter loaded, 0 not`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let many = |n: usize| if n == 1 { "" } else { "s" };
        write!(f, "{} rule{}", self.rules, many(self.rules))?;
        if self.filters > 0 {
            write!(f, ", {} filter{}", self.filters, many(self.filters))?;
        }
        write!(f, " loaded, {} not", self.refused)
    }
}

/// A rule, loaded or not.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleInfo {
    /// Its id; where the file has none, one derived from the title.
    pub id: Arc<str>,
    /// Title.
    pub title: Arc<str>,
    /// Name that correlations may refer to.
    pub name: Option<Arc<str>>,
    /// Description, in one paragraph.
    pub description: Arc<str>,
    /// Severity, from `level` (medium where there is none).
    pub level: Severity,
    /// `stable`, `test`, `experimental`, … or empty.
    pub status: Box<str>,
    /// Author as written.
    pub author: Box<str>,
    /// ATT&CK technique ids, e.g. `T1110.001`.
    pub techniques: Vec<String>,
    /// ATT&CK tactics, e.g. `credential-access`.
    pub tactics: Vec<String>,
    /// All tags as written.
    pub tags: Vec<String>,
    /// References.
    pub references: Vec<String>,
    /// Known false positives.
    pub false_positives: Vec<String>,
    /// Logsource as `product/category/service`, `-` for absent parts.
    pub logsource: Box<str>,
    /// Path of its file.
    pub path: Arc<str>,
    /// First line of its document, 1-based.
    pub line: u32,
    /// Whether it takes part in detection.
    pub loaded: bool,
    /// Why not, where it does not.
    pub reason: Option<String>,
    /// What it looks at.
    pub kind: RuleKind,
    /// Whether a match becomes an alert of its own. Not so for informational
    /// rules and for the bases of correlations without `generate: true`, unless
    /// `secstream: {alert: …}` says otherwise.
    pub alerts: bool,
    /// What makes one entity of a plain detection's alerts; empty where the
    /// rule leaves it to the default (source address, else user, else host).
    pub group_by: Vec<NamedField>,
    /// Quiet time in µs after which an episode is closed, where the rule says so.
    pub cooldown: Option<i64>,
    /// Ids or names of rules whose alerts for the same entity this one covers.
    pub suppresses: Vec<String>,
    /// Whether an informational match raises the risk of its entities; false for
    /// what everyone does all the time and only correlations look at.
    pub risk: bool,
    /// Confidence of a match, 0 to 1, where the rule says so.
    pub confidence: Option<f64>,
    /// Fields whose values its alerts name.
    pub shows: Vec<GroupField>,
    /// For rates: fire only above this multiple of the group's own usual rate.
    pub baseline: Option<f64>,
    /// Of a `value_count`: a value that its group had more than so long before does not count, µs.
    pub familiar: Option<i64>,
}

/// The tag of rules about operations, whose alerts are no attacks.
const OPERATIONS: &str = "secstream.operations";

impl RuleInfo {
    /// What its alerts are about, by its tags.
    #[must_use]
    pub fn category(&self) -> Category {
        let operations = self.tags.iter().any(|t| t.eq_ignore_ascii_case(OPERATIONS));
        if operations { Category::Operations } else { Category::Security }
    }

    /// Whether it is a filter, which narrows rules and is none itself.
    #[must_use]
    pub const fn is_filter(&self) -> bool {
        matches!(self.kind, RuleKind::Filter)
    }

    /// Whether it is a correlation.
    #[must_use]
    pub const fn is_correlation(&self) -> bool {
        matches!(self.kind, RuleKind::Correlation(_))
    }

    /// Its correlation, if it is one.
    #[must_use]
    pub fn correlation(&self) -> Option<&CorrelationSpec> {
        match &self.kind {
            RuleKind::Correlation(spec) => Some(spec),
            RuleKind::Detection | RuleKind::Filter => None,
        }
    }
}
