//! What a check found, one line for each real change.
//!
//! One changed value fails several checks: the item's digest, the chain, the
//! state that the operations give, the document's hash. The findings are those
//! of the innermost kind of check that failed; what may follow from them is kept
//! apart, counted and not lost.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

/// Something that is not as it was exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about, e.g. `alert 4f2a… evidence 3`.
    pub item: String,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.item, self.problem)
    }
}

/// The kinds of checks, the innermost first: what fails in one can make the later ones fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// An item against its own hashes.
    Item,
    /// Whether what belongs together is all there.
    Parts,
    /// The chains of operations.
    Chain,
    /// The state against the operations.
    State,
    /// The items against what the export recorded of them.
    Manifest,
    /// The document as a whole.
    Document,
    /// Against what is not in the document: logs, rules.
    Outside,
}

/// How well a log matches a source of the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The same bytes.
    Same,
    /// The same bytes, and more written since; the size it had.
    Grown(u64),
    /// By name; the case has no hash of it (it was never read to its end).
    Named,
    /// By name, but its bytes are others.
    Changed,
}

/// A log that was given, and the source that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// `id` of the source in the document.
    pub source: i64,
    /// Number of the log among those given.
    pub log: usize,
    /// How well.
    pub how: Match,
}

/// What was checked, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// Name of the case.
    pub case: String,
    /// Alerts checked.
    pub alerts: usize,
    /// Records checked, each as often as it is evidence.
    pub evidence: usize,
    /// The records that those are, each once.
    pub records: usize,
    /// Records of which the document holds only the place, not the bytes.
    pub evidence_without_bytes: usize,
    /// Records compared with a log.
    pub evidence_in_logs: usize,
    /// Operations checked.
    pub operations: usize,
    /// Whether the export stands in the log of operations, with the digests of all items.
    pub export_recorded: bool,
    /// Hash of the document.
    pub document_sha256: String,
    /// What is wrong, one for each change.
    pub findings: Vec<Finding>,
    /// Further checks that fail, which may follow from the findings.
    pub consequences: Vec<Finding>,
    /// Logs that are what they were, and more: no findings.
    pub grown: Vec<String>,
    /// Which log is which source.
    #[serde(skip)]
    pub matched: Vec<Matched>,
    #[serde(skip)]
    raised: Vec<(Kind, Finding)>,
}

impl Report {
    /// The report of a document that cannot be checked any further.
    #[must_use]
    pub fn of(item: &str, problem: impl Into<String>) -> Self {
        let finding = Finding { item: item.to_owned(), problem: problem.into() };
        Self { findings: vec![finding], ..Self::default() }
    }

    pub(super) fn add(&mut self, kind: Kind, item: impl Into<String>, problem: impl Into<String>) {
        self.raised.push((kind, Finding { item: item.into(), problem: problem.into() }));
    }

    /// Adds what a check against the logs or the rules found. Of an item that
    /// the document itself shows as changed it is no new change.
    pub fn add_outside(&mut self, item: impl Into<String>, problem: impl Into<String>) {
        let finding = Finding { item: item.into(), problem: problem.into() };
        let known = self.findings.iter().any(|f| f.item == finding.item);
        if known { self.consequences.push(finding) } else { self.findings.push(finding) }
    }

    /// Whether a check of this kind failed.
    pub(super) fn failed(&self, kind: Kind) -> bool {
        self.raised.iter().any(|(k, _)| *k == kind)
    }

    /// Tells the changes from what follows from them.
    pub(super) fn settle(&mut self) {
        let root = self.raised.iter().map(|(k, _)| *k).filter(|k| *k < Kind::Outside).min();
        let mut named: BTreeSet<String> = BTreeSet::new();
        for (kind, finding) in std::mem::take(&mut self.raised) {
            let inner = Some(kind) == root || kind == Kind::Outside;
            if inner && named.insert(finding.item.clone()) {
                self.findings.push(finding);
            } else {
                self.consequences.push(finding);
            }
        }
    }
}
