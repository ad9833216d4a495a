//! The tree of an explanation: condition, searches, items, values.

use serde::Serialize;

use super::leaves;
use crate::detect::fields;
use crate::detect::sigma::ast::Item;
use crate::detect::sigma::condition::Cond;
use crate::detect::sigma::item;
use crate::detect::sigma::rule::{Detection, LogsourceNames};
use crate::detect::sigma::yaml::{Node, Value};
use crate::event::{Batch, EventRef, SchemaBuilder, ValueKind};

/// Most values of the event that are shown of a field.
const MAX_SHOWN: usize = 16;

/// What a step of the tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// All of the steps below must hold.
    All,
    /// One of the steps below must hold.
    Any,
    /// So many of the steps below must hold.
    AtLeast,
    /// The step below must not hold.
    Not,
    /// A named search.
    Search,
    /// A field with its modifiers.
    Field,
    /// One value of a field, or a keyword.
    Value,
}

/// A step of the tree.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// What it is.
    pub kind: Kind,
    /// As the rule writes it.
    pub text: String,
    /// Whether it holds.
    pub holds: bool,
    /// Line in the rule's file; 0 where it has none of its own.
    pub line: u32,
    /// Of a field: the values that the event has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub event: Vec<String>,
    /// The steps below.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Number of the leaf that decides it, while the tree is built.
    #[serde(skip)]
    leaf: Option<usize>,
    /// Of [`Kind::AtLeast`]: how many.
    #[serde(skip)]
    need: usize,
}

impl Step {
    fn new(kind: Kind, text: impl Into<String>, line: u32, steps: Vec<Self>) -> Self {
        Self { kind, text: text.into(), holds: false, line, event: Vec::new(), steps, leaf: None, need: 0 }
    }

    /// Decides it and all below, from what the leaves say.
    fn settle(&mut self, truth: &[bool]) {
        self.steps.iter_mut().for_each(|s| s.settle(truth));
        let held = self.steps.iter().filter(|s| s.holds).count();
        self.holds = match (self.leaf, self.kind) {
            (Some(leaf), _) => truth.get(leaf).copied().unwrap_or(false),
            (None, Kind::Any) => held > 0,
            (None, Kind::AtLeast) => held >= self.need,
            (None, Kind::Not) => held == 0,
            (None, _) => held == self.steps.len(),
        };
    }
}

/// Builds and decides the tree of a detection; `searches` is its mapping.
pub(super) fn build(searches: Option<&Node>, d: &Detection, names: &LogsourceNames, batch: &Batch) -> Step {
    let mut b = Builder { names, leaves: Vec::new(), event: batch.event(0) };
    let built: Vec<Step> = (d.names.iter())
        .map(|name| {
            let node = searches.and_then(|s| s.get(name));
            let inner: Vec<Step> = node.map(|n| b.search(n)).into_iter().collect();
            Step::new(Kind::Search, name.clone(), node.map_or(0, |n| n.line), inner)
        })
        .collect();
    let mut root = condition(&d.condition, &built);
    let truth = leaves::ask(b.leaves, names, batch);
    root.settle(&truth);
    root
}

fn condition(c: &Cond, searches: &[Step]) -> Step {
    let many =
        |kind, text: &str, all: &[Cond]| Step::new(kind, text, 0, all.iter().map(|c| condition(c, searches)).collect());
    match c {
        Cond::Search(i) => searches.get(*i).cloned().unwrap_or_else(|| Step::new(Kind::Any, "?", 0, Vec::new())),
        Cond::And(all) => many(Kind::All, "all of", all),
        Cond::Or(any) => many(Kind::Any, "one of", any),
        Cond::Not(inner) => Step::new(Kind::Not, "not", 0, vec![condition(inner, searches)]),
        Cond::AtLeast(n, picked) => {
            let below: Vec<Step> = picked.iter().filter_map(|i| searches.get(*i).cloned()).collect();
            let mut s = Step::new(Kind::AtLeast, format!("{n} of these {}", below.len()), 0, below);
            s.need = *n;
            s
        }
    }
}

struct Builder<'a> {
    names: &'a LogsourceNames,
    leaves: Vec<Item>,
    event: Option<EventRef<'a>>,
}

impl Builder<'_> {
    fn search(&mut self, n: &Node) -> Step {
        match &n.value {
            Value::Map(entries) => {
                let below: Vec<Step> = entries.iter().map(|(k, v)| self.field(k, v)).collect();
                only(Kind::All, "all of", n.line, below)
            }
            Value::Seq(items) => {
                let below = items.iter().map(|i| self.search(i)).collect();
                only(Kind::Any, "one of", n.line, below)
            }
            Value::All(items) => {
                let below = items.iter().map(|i| self.search(i)).collect();
                only(Kind::All, "all of", n.line, below)
            }
            Value::Scalar { text, .. } => {
                let mut step = Step::new(Kind::Value, format!("keyword {text}"), n.line, Vec::new());
                if let Ok(item) = item::keyword(n) {
                    step.leaf = Some(self.leaf(item));
                }
                step
            }
        }
    }

    fn leaf(&mut self, item: Item) -> usize {
        self.leaves.push(item);
        self.leaves.len() - 1
    }

    /// `field|modifiers: values`: one value is a leaf of its own each.
    fn field(&mut self, key: &Node, value: &Node) -> Step {
        let text = key.text().unwrap_or("").to_owned();
        let (mut all, mut negate) = (false, false);
        let mut values = Vec::new();
        for v in value.items() {
            let mut step = Step::new(Kind::Value, v.text().unwrap_or("?"), v.line, Vec::new());
            if v.is_null() {
                step.text = "null".into();
            }
            if let Ok(mut one) = item::parse(key, v) {
                (all, negate) = (one.all, one.negate);
                (one.all, one.negate) = (false, false);
                step.leaf = Some(self.leaf(one));
            }
            values.push(step);
        }
        let name = text.split('|').next().unwrap_or("").to_owned();
        let kind = if all { Kind::All } else { Kind::Any };
        let inner = Step::new(kind, if all { "all of" } else { "one of" }, key.line, values);
        let inner = if negate { Step::new(Kind::Not, "neq: none of", key.line, vec![inner]) } else { inner };
        let mut step = Step::new(Kind::Field, text, key.line, vec![inner]);
        if !name.is_empty() {
            step.event = self.values(&name);
        }
        step
    }

    /// The values that the event has of a field, as rules read it.
    fn values(&self, name: &str) -> Vec<String> {
        let Some(e) = self.event else { return Vec::new() };
        let field = fields::resolve(name, self.names, &mut SchemaBuilder::new());
        let overlay = field.read_overlay(e).map(str::to_owned);
        let all = e.fields().iter().filter(|f| e.field_name(f) == name && f.kind != ValueKind::Null);
        let mut originals: Vec<String> = all.map(|f| e.batch.value(f.value).to_owned()).take(MAX_SHOWN).collect();
        if name == "timestamp" && e.rec.time.is_some() {
            return vec![e.rec.time.to_string()];
        }
        match overlay {
            Some(v) if !field.original_first || originals.is_empty() => vec![v],
            _ => {
                originals.truncate(MAX_SHOWN);
                originals
            }
        }
    }
}

/// A list of one is its only element.
fn only(kind: Kind, text: &str, line: u32, mut steps: Vec<Step>) -> Step {
    match steps.pop() {
        Some(last) if steps.is_empty() => last,
        Some(last) => {
            steps.push(last);
            Step::new(kind, text, line, steps)
        }
        None => Step::new(kind, text, line, steps),
    }
}
