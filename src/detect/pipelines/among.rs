//! What the documents of a rule set say of each other before pipelines change
//! them: filters are put into their rules first, so that what changes a rule
//! changes them as well, and a correlation has the logsources of its rules.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::place;
use super::tree::{Tree, scalar};
use super::{Pipelines, Work};
use crate::detect::RuleFile;
use crate::detect::sigma::condition;
use crate::detect::sigma::rule::{self, Body, FilterTarget, LogsourceNames};
use crate::detect::sigma::yaml::{Node, YamlError};

/// Filters, and the rules that correlations refer to.
#[derive(Debug, Default)]
pub struct Among {
    filters: Vec<Filter>,
    rules: BTreeMap<String, Node>,
}

/// A filter and what it is for.
#[derive(Debug)]
struct Filter {
    logsource: LogsourceNames,
    target: FilterTarget,
    node: Node,
}

/// How a document is referred to: by its id, or by its name.
fn called(node: &Node) -> (Option<String>, Option<&str>) {
    let text = |key| node.get(key).and_then(Node::text).map(str::trim).filter(|t| !t.is_empty());
    (text("id").map(str::to_lowercase), text("name"))
}

/// The rules that a correlation refers to.
fn refers(node: &Node) -> impl Iterator<Item = &str> {
    let rules = node.get("correlation").and_then(|c| c.get("rules"));
    rules.map_or(&[][..], Node::items).iter().filter_map(Node::text)
}

impl Among {
    /// What is to be known of all documents; nothing where no pipeline changes them.
    #[must_use]
    pub fn of<'n>(files: &'n [RuleFile], docs: &'n [Vec<Result<Node, YamlError>>]) -> Self {
        let mut out = Self::default();
        let changes = |f: &RuleFile| f.pipelines.as_ref().is_some_and(|p| !p.is_empty());
        if !files.iter().any(changes) {
            return out;
        }
        let all = || files.iter().zip(docs).flat_map(|(f, d)| d.iter().flatten().map(move |n| (f, n)));
        let referred: BTreeSet<&str> = all().flat_map(|(_, n)| refers(n)).collect();
        let wanted = |name: &str| referred.iter().any(|r| r.eq_ignore_ascii_case(name));
        for (f, node) in all() {
            let (id, name) = called(node);
            for name in id.into_iter().chain(name.map(str::to_owned)).filter(|n| wanted(n)) {
                out.rules.entry(name).or_insert_with(|| node.clone());
            }
            if node.get("filter").is_some() {
                // What is wrong by itself is told there, and narrows nothing.
                let alone = f.pipelines.as_ref().and_then(|p| p.apply(node, &Self::default()).ok());
                if let Ok(d) = rule::parse(alone.as_ref().unwrap_or(node))
                    && let Body::Filter(_, target, _) = d.body
                    // It is for what it says itself, whatever pipelines make of that.
                    && let Some(work) = Work::new(node)
                {
                    out.filters.push(Filter { logsource: work.logsource, target, node: node.clone() });
                }
            }
        }
        out
    }

    /// Puts the filters of a rule into it.
    pub(super) fn narrow(&self, work: &mut Work<'_>) {
        let (id, name) = called(work.rule);
        let at = (work.rule.line, work.rule.column);
        for f in &self.filters {
            let named = match &f.target {
                FilterTarget::Any => true,
                FilterTarget::Rules(all) => all.iter().any(|r| {
                    id.as_ref().is_some_and(|id| r.eq_ignore_ascii_case(id)) || name.is_some_and(|name| name == r)
                }),
            };
            let Some(parts) = f.node.get("filter").filter(|_| named && f.logsource.covers(&work.logsource)) else {
                continue;
            };
            let number = work.narrowed.len();
            let front = |w: &str| format!("_filter{number}{}", if w.starts_with('_') { '-' } else { '_' });
            let mut names = Vec::new();
            for (k, v) in parts.map().unwrap_or_default() {
                if let Some(name) = k.text().filter(|n| !["rules", "condition"].contains(n))
                    // Its places are those of another file.
                    && let Some(tree) = Tree::read(&place(v, at, None))
                {
                    names.push(name);
                    work.searches.push((scalar(at, format!("{}{name}", front(name))), tree));
                }
            }
            let conditions = parts.get("condition").map_or(&[][..], Node::items).iter().filter_map(Node::text);
            let one: Vec<String> = conditions.map(|c| format!("({})", condition::renamed(c, &names, &front))).collect();
            work.narrowed.push(one.join(" or "));
        }
    }

    /// The logsources of the rules that a correlation refers to, itself or through others.
    pub(super) fn logsources(&self, correlation: &Node, by: &Pipelines) -> Vec<LogsourceNames> {
        let mut out = Vec::new();
        let mut seen = BTreeSet::new();
        let mut waiting: Vec<&str> = refers(correlation).collect();
        while let Some(name) = waiting.pop() {
            let known = self.rules.get(name).or_else(|| self.rules.get(&name.to_lowercase()));
            let Some(node) = known.filter(|_| seen.insert(name)) else { continue };
            if node.get("correlation").is_some() {
                waiting.extend(refers(node));
            } else {
                out.extend(by.logsource(node, self));
            }
        }
        out
    }
}
