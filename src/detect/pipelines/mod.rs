//! Processing pipelines: what changes rules after they are read and before they
//! are compiled, so that rules written for one naming of fields work on logs
//! with another. pySigma's YAML form is read; `docs/pipelines.md` is the reference.
//!
//! ```text
//! rule's YAML, filters ─▶ Tree of items ─▶ transformation 1 … n ─▶ YAML ─▶ sigma::rule
//! ```
//!
//! Invariants: pipelines run in order of their priority, then as given; a rule
//! is changed by its own text and the pipelines alone; every place in a changed
//! rule is a place in its file; what a pipeline asks for and we cannot do is an
//! error that names its file and line, never passed over.

mod among;
mod conditions;
mod extract;
mod fields;
mod lists;
mod load;
mod own;
mod params;
mod placeholders;
mod replace;
mod rules;
mod seen;
mod tree;
mod values;

#[cfg(test)]
mod among_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod values_tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::sigma::rule::LogsourceNames;
use super::sigma::yaml::{Node, YamlError};
pub use among::Among;
use conditions::Conditions;
pub use lists::ReadFile;
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
    path: String,
    name: String,
    priority: i64,
    /// Of all pipelines: what one gives another may use.
    vars: Arc<BTreeMap<String, Vec<String>>>,
    steps: Vec<Step>,
}

/// One transformation with what it applies to.
#[derive(Debug, Clone)]
struct Step {
    id: Option<String>,
    /// Place of the id.
    at: (u32, u32),
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
    /// Logsources of the rules that a correlation refers to.
    bases: Vec<LogsourceNames>,
    changed_logsource: bool,
    correlation: bool,
    state: BTreeMap<String, String>,
    attributes: BTreeMap<String, String>,
    applied: BTreeSet<String>,
    searches: Vec<(Node, Tree)>,
    /// Searches that all conditions ask for as well; `true` where turned around.
    required: Vec<(String, bool)>,
    /// Conditions of the filters that apply to it.
    narrowed: Vec<String>,
    /// Fields that a correlation groups and counts by, and then those of our own attributes.
    named: Vec<Named>,
}

/// A field that a correlation or an attribute names.
#[derive(Debug)]
struct Named {
    /// What it is called by now.
    names: Vec<String>,
    /// Whether it may have several names.
    several: bool,
    /// Ids of the transformations that changed it.
    applied: BTreeSet<String>,
}

impl Pipelines {
    /// Reads pipelines from their files' texts: (path, text). Files that they name
    /// themselves are not read.
    ///
    /// # Errors
    /// Everything that is wrong, with its place.
    pub fn load(files: &[(String, String)]) -> Result<Self, Vec<PipelineError>> {
        Self::load_with(files, &mut |_, _| Err("files are not read here".to_owned()))
    }

    /// As [`Pipelines::load`]; `read` gives the text of a file that a pipeline names.
    ///
    /// # Errors
    /// Everything that is wrong, with its place.
    pub fn load_with(files: &[(String, String)], read: &mut ReadFile<'_>) -> Result<Self, Vec<PipelineError>> {
        use sha2::{Digest, Sha256};
        let mut all = Vec::new();
        let mut wrong = Vec::new();
        let mut hash = Sha256::new();
        for (path, text) in files {
            hash.update(text.as_bytes());
            hash.update([0]);
            let mut lists = lists::Files { path, read, texts: Vec::new() };
            load::file(&mut lists, text, &mut all, &mut wrong);
            for text in lists.texts {
                hash.update(text.as_bytes());
                hash.update([1]);
            }
        }
        all.sort_by_key(|p: &Pipeline| p.priority);
        load::ids(&all, &mut wrong);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        // What one gives, all have; what comes later stands over what came before.
        let mut vars = BTreeMap::new();
        for p in &all {
            vars.extend(p.vars.iter().map(|(k, v)| (k.clone(), v.clone())));
        }
        let vars = Arc::new(vars);
        all.iter_mut().for_each(|p| p.vars = Arc::clone(&vars));
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

    /// A document among others as it is after all pipelines; what is no rule is left
    /// as it is.
    ///
    /// # Errors
    /// Where a transformation refuses the rule, or cannot do what it should.
    pub fn apply(&self, rule: &Node, among: &Among) -> Result<Node, YamlError> {
        let Some(mut work) = Work::new(rule) else { return Ok(rule.clone()) };
        if work.correlation {
            work.bases = among.logsources(rule, self);
        } else if rule.get("filter").is_none() {
            among.narrow(&mut work);
        }
        self.run(&mut work)?;
        Ok(work.finish())
    }

    /// The logsource of a detection after all pipelines.
    fn logsource(&self, rule: &Node, among: &Among) -> Option<LogsourceNames> {
        let mut work = Work::new(rule)?;
        among.narrow(&mut work);
        // One that is refused is for what it was for until then.
        let _ = self.run(&mut work);
        Some(work.logsource)
    }

    fn run(&self, work: &mut Work<'_>) -> Result<(), YamlError> {
        self.all.iter().try_for_each(|p| p.steps.iter().try_for_each(|s| s.apply(p, work)))
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
                self.leaves(work, &mut |leaf, state| {
                    Ok(rename.apply(leaf, &|name| self.field.name(Some(name), state, &leaf.applied)))
                })?;
                let Work { rule, state, named, .. } = work;
                for n in named {
                    self.rename(rename, n, state).map_err(|name| {
                        let message = format!(
                            "pipeline {}: '{name}' becomes several fields, of which only one can be counted here",
                            p.name
                        );
                        YamlError::at(rule, message)
                    })?;
                }
            }
            Change::Item(edit) => {
                let title = work.rule.get("title").and_then(Node::text).unwrap_or("").to_owned();
                self.leaves(work, &mut |leaf, _| edit.apply(p, leaf, &title))?;
            }
            Change::Placeholders(ph) => self.leaves(work, &mut |leaf, _| ph.apply(p, leaf))?,
        }
        work.applied.extend(self.id.clone());
        Ok(())
    }

    /// Gives a field of a correlation its new name, or names; the name of which
    /// there may be only one is told.
    fn rename(&self, by: &fields::Rename, n: &mut Named, state: &BTreeMap<String, String>) -> Result<(), String> {
        let mut touched = false;
        let mut names = Vec::new();
        for name in &n.names {
            let means = self.field.name(Some(name), state, &n.applied);
            match by.names(name).filter(|_| means) {
                Some(new) if new.len() > 1 && !n.several => return Err(name.clone()),
                Some(new) => {
                    touched = true;
                    names.extend(new);
                }
                None => names.push(name.clone()),
            }
        }
        n.names = names;
        if touched {
            n.applied.extend(self.id.clone());
        }
        Ok(())
    }

    /// Calls `f` with each item that the conditions allow; it says what the item
    /// becomes, if it does something to it.
    fn leaves(&self, work: &mut Work<'_>, f: &mut Touch<'_>) -> Result<(), YamlError> {
        let Work { searches, state, .. } = work;
        for (_, tree) in searches.iter_mut() {
            tree.change(&mut |leaf| {
                let meant = self.field.fields(&leaf, state) && self.item.item(&leaf, state);
                let Some(mut made) = (if meant { f(&leaf, state)? } else { None }) else {
                    return Ok(vec![Tree::Leaf(leaf)]);
                };
                if let Some(id) = &self.id {
                    made.iter_mut().for_each(|t| {
                        t.each_mut(&mut |l| {
                            l.applied.insert(id.clone());
                        });
                    });
                }
                Ok(made)
            })?;
        }
        Ok(())
    }
}

/// What a transformation makes of an item; `None` where it leaves it alone.
type Touch<'f> = dyn FnMut(&Leaf, &BTreeMap<String, String>) -> Result<Option<Vec<Tree>>, YamlError> + 'f;
