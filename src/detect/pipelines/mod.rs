//! Processing pipelines: what changes rules after they are read and before they
//! are compiled, so that rules written for one naming of fields work on logs
//! with another. pySigma's YAML form is read; `docs/pipelines.md` is the reference.
//!
//! ```text
//! rule's YAML ─▶ Tree of items ─▶ transformation 1 … n ─▶ YAML ─▶ sigma::rule
//! ```
//!
//! Invariants: pipelines run in order of their priority, then as given; a rule
//! is changed by its own text and the pipelines alone; every place in a changed
//! rule is a place in its file; what a pipeline asks for and we cannot do is an
//! error that names its file and line, never passed over.

mod conditions;
mod fields;
mod load;
mod params;
mod placeholders;
mod rules;
mod tree;
mod values;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::sigma::rule::LogsourceNames;
use super::sigma::yaml::{Node, YamlError};
use conditions::Conditions;
use tree::{Leaf, Tree};

/// Most values that placeholders of one item may become.
const MAX_VALUES: usize = 100_000;

/// What is wrong with a pipeline, with file, line and column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}:{column}: {message}")]
pub struct PipelineError {
    /// The file.
    pub path: String,
    /// Line, 1-based.
    pub line: u32,
    /// Column, 1-based.
    pub column: u32,
    /// What was found, and what was expected.
    pub message: String,
}

/// Pipelines in the order in which they run.
#[derive(Debug, Clone, Default)]
pub struct Pipelines {
    all: Vec<Pipeline>,
    hash: String,
}

/// One pipeline.
#[derive(Debug, Clone)]
struct Pipeline {
    name: String,
    priority: i64,
    vars: BTreeMap<String, Vec<String>>,
    steps: Vec<Step>,
}

/// One transformation with what it applies to.
#[derive(Debug, Clone)]
struct Step {
    id: Option<String>,
    rule: Conditions,
    item: Conditions,
    field: Conditions,
    change: Change,
}

/// What a transformation changes.
#[derive(Debug, Clone)]
enum Change {
    /// Names of fields.
    Field(fields::Rename),
    /// Items and their values.
    Item(values::Edit),
    /// Placeholders in values.
    Placeholders(placeholders::Placeholders),
    /// The rule as a whole.
    Rule(rules::Act),
    /// Several, one after the other.
    Nest(Vec<Step>),
}

/// A rule on its way through the pipelines.
#[derive(Debug)]
struct Work<'n> {
    /// As it was read.
    rule: &'n Node,
    logsource: LogsourceNames,
    changed_logsource: bool,
    correlation: bool,
    state: BTreeMap<String, String>,
    attributes: BTreeMap<String, String>,
    applied: BTreeSet<String>,
    searches: Vec<(Node, Tree)>,
    /// Searches that all conditions ask for as well; `true` where turned around.
    required: Vec<(String, bool)>,
    /// Fields that a correlation groups and counts by.
    named: Vec<(Node, String)>,
}

impl Pipelines {
    /// Reads pipelines from their files' texts: (path, text).
    ///
    /// # Errors
    /// Everything that is wrong, with its place.
    pub fn load(files: &[(String, String)]) -> Result<Self, Vec<PipelineError>> {
        use sha2::{Digest, Sha256};
        let mut all = Vec::new();
        let mut wrong = Vec::new();
        let mut hash = Sha256::new();
        for (path, text) in files {
            hash.update(text.as_bytes());
            hash.update([0]);
            load::file(path, text, &mut all, &mut wrong);
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        all.sort_by_key(|p: &Pipeline| p.priority);
        Ok(Self { all, hash: hash.finalize().iter().map(|b| format!("{b:02x}")).collect() })
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Names of the pipelines in the order in which they run.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|p| p.name.as_str())
    }

    /// A hash of their texts.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// A document as it is after all pipelines; what is no rule is left as it is.
    ///
    /// # Errors
    /// Where a transformation refuses the rule, or cannot do what it should.
    pub fn apply(&self, rule: &Node) -> Result<Node, YamlError> {
        let Some(mut work) = Work::new(rule) else { return Ok(rule.clone()) };
        for p in &self.all {
            for s in &p.steps {
                s.apply(p, &mut work)?;
            }
        }
        work.finish()
    }
}

impl Step {
    fn apply(&self, p: &Pipeline, work: &mut Work<'_>) -> Result<(), YamlError> {
        if !self.rule.rule(work) {
            return Ok(());
        }
        match &self.change {
            Change::Rule(act) => act.apply(p, work)?,
            Change::Nest(steps) => steps.iter().try_for_each(|s| s.apply(p, work))?,
            Change::Field(rename) => {
                self.leaves(work, &mut |leaf| rename.apply(leaf))?;
                for (_, name) in &mut work.named {
                    if self.field.name(name, &work.state, &work.applied)
                        && let Some(new) = rename.names(name)
                    {
                        let [one] = new.as_slice() else {
                            return Err(YamlError::at(
                                work.rule,
                                format!(
                                    "pipeline {}: '{name}' becomes several fields, which a correlation cannot group by",
                                    p.name
                                ),
                            ));
                        };
                        one.clone_into(name);
                    }
                }
            }
            Change::Item(edit) => {
                let title = work.rule.get("title").and_then(Node::text).unwrap_or("").to_owned();
                self.leaves(work, &mut |leaf| edit.apply(p, leaf, &title))?;
            }
            Change::Placeholders(ph) => self.leaves(work, &mut |leaf| ph.apply(p, leaf))?,
        }
        work.applied.extend(self.id.clone());
        Ok(())
    }

    /// Calls `f` with each item that the conditions allow; it says what the item becomes.
    fn leaves(
        &self,
        work: &mut Work<'_>,
        f: &mut dyn FnMut(Leaf) -> Result<Vec<Tree>, YamlError>,
    ) -> Result<(), YamlError> {
        let Work { searches, state, applied, .. } = work;
        for (_, tree) in searches.iter_mut() {
            tree.change(&mut |mut leaf| {
                let named = match &leaf.field {
                    Some(name) => self.field.name(name, state, applied),
                    None => self.field.is_empty(),
                };
                if !named || !self.item.item(&leaf, state, applied) {
                    return Ok(vec![Tree::Leaf(leaf)]);
                }
                leaf.applied.extend(self.id.clone());
                f(leaf)
            })?;
        }
        Ok(())
    }
}
