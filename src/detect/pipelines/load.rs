//! From a pipeline's YAML to its transformations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::conditions::{Conditions, Scope};
use super::lists::Files;
use super::params::{Params, in_file, text};
use super::placeholders::{KINDS as PLACEHOLDERS, Placeholders, REFUSED};
use super::{Change, Pipeline, PipelineError, Step, fields, rules, values};
use crate::detect::sigma::yaml::{self, Node, YamlError};

/// Deepest nesting of `nest`.
const MAX_DEPTH: usize = 8;

/// Members that every transformation may have.
const COMMON: &[&str] = &[
    "id",
    "rule_conditions",
    "rule_cond_op",
    "rule_cond_not",
    "rule_cond_expression",
    "rule_cond_expr",
    "detection_item_conditions",
    "detection_item_cond_op",
    "detection_item_cond_not",
    "detection_item_cond_expression",
    "detection_item_cond_expr",
    "field_name_conditions",
    "field_name_cond_op",
    "field_name_cond_not",
    "field_name_cond_expression",
    "field_name_cond_expr",
];

/// Reads a file's documents.
pub(super) fn file(lists: &mut Files<'_>, text: &str, out: &mut Vec<Pipeline>, wrong: &mut Vec<PipelineError>) {
    let path = lists.path;
    let docs = yaml::parse(text);
    if docs.is_empty() {
        let message = "the file holds no pipeline".to_owned();
        wrong.push(PipelineError { path: path.to_owned(), line: 1, column: 1, message });
    }
    for doc in docs {
        match doc {
            Ok(node) => out.extend(pipeline(lists, &node, wrong)),
            Err(e) => wrong.push(in_file(path, e)),
        }
    }
}

/// What a pipeline says of itself: name, priority, variables, list of transformations.
type Head<'n> = (String, i64, BTreeMap<String, Vec<String>>, Option<&'n Node>);

fn pipeline(lists: &mut Files<'_>, node: &Node, wrong: &mut Vec<PipelineError>) -> Option<Pipeline> {
    let path = lists.path;
    let before = wrong.len();
    let head = || -> Result<Head<'_>, YamlError> {
        let mut p = Params::new(node, "a pipeline")?;
        let name = p.optional("name")?.unwrap_or_else(|| path.to_owned());
        let priority = match p.take("priority") {
            None => 0,
            Some(n) => {
                let number = n.text().and_then(|t| t.parse().ok());
                number.ok_or_else(|| YamlError::at(n, "priority is a whole number"))?
            }
        };
        let vars = match p.take("vars") {
            None => BTreeMap::new(),
            Some(_) => p.lists("vars")?.into_iter().collect(),
        };
        // Which engines it is written for, and who may use it, is for others to ask.
        p.take("allowed_backends");
        for other in ["postprocessing", "finalizers"] {
            if p.take(other).is_some_and(|n| !n.items().is_empty()) {
                let message = format!("{other} changes the text of another engine's queries; take it out");
                return Err(YamlError::at(p.key(other), message));
            }
        }
        let list = p.take("transformations");
        p.end()?;
        Ok((name, priority, vars, list))
    };
    let (name, priority, vars, list) = match head() {
        Ok(h) => h,
        Err(e) => {
            wrong.push(in_file(path, e));
            return None;
        }
    };
    let mut steps = Vec::new();
    for n in list.map_or(&[][..], Node::items) {
        match step(lists, n, 0) {
            Ok(s) => steps.push(s),
            Err(e) => wrong.push(in_file(path, e)),
        }
    }
    (wrong.len() == before).then_some(Pipeline { path: path.to_owned(), name, priority, vars: Arc::new(vars), steps })
}

/// Ids must be those of one transformation, and conditions must ask for ids that
/// there are: of any pipeline, as they run one after the other.
pub(super) fn ids(all: &[Pipeline], wrong: &mut Vec<PipelineError>) {
    fn each<'s>(steps: &'s [Step], f: &mut dyn FnMut(&'s Step)) {
        for s in steps {
            f(s);
            if let Change::Nest(inner) = &s.change {
                each(inner, f);
            }
        }
    }
    let mut known = BTreeSet::new();
    for p in all {
        let mut own = BTreeSet::new();
        each(&p.steps, &mut |s| {
            let Some(id) = &s.id else { return };
            known.insert(id.as_str());
            if !own.insert(id.as_str()) {
                let (line, column) = s.at;
                let message = format!("the id '{id}' is that of another transformation of the pipeline");
                wrong.push(PipelineError { path: p.path.clone(), line, column, message });
            }
        });
    }
    for p in all {
        each(&p.steps, &mut |s| {
            for (id, (line, column)) in s.rule.ids().chain(s.item.ids()).chain(s.field.ids()) {
                if !known.contains(id) {
                    let message = format!("no transformation has the id '{id}'");
                    wrong.push(PipelineError { path: p.path.clone(), line, column, message });
                }
            }
        });
    }
}

fn step(lists: &mut Files<'_>, n: &Node, depth: usize) -> Result<Step, YamlError> {
    if n.map().is_none() {
        return Err(YamlError::at(n, format!("a transformation is a mapping, found {}", n.kind())));
    }
    let kind_node = n.get("type").ok_or_else(|| YamlError::at(n, "the transformation has no type"))?;
    let kind = text(kind_node, "type")?;
    if let Some((_, why)) = REFUSED.iter().find(|(k, _)| *k == kind) {
        let message = format!("{kind} {why}; write the values to a file for file_placeholders, or under vars");
        return Err(YamlError::at(kind_node, message));
    }
    let mut p = Params::new(n, kind.clone())?.beside(COMMON);
    let change = if let Some(rename) = fields::Rename::read(&kind, &mut p)? {
        Change::Field(rename)
    } else if let Some(edit) = values::Edit::read(&kind, &mut p)? {
        Change::Item(edit)
    } else if let Some(ph) = Placeholders::read(&kind, &mut p, lists)? {
        Change::Placeholders(ph)
    } else if let Some(act) = rules::Act::read(&kind, &mut p)? {
        Change::Rule(act)
    } else if kind == "nest" {
        if depth >= MAX_DEPTH {
            return Err(YamlError::at(n, format!("nested more than {MAX_DEPTH} levels deep")));
        }
        let items = p.need("items")?;
        Change::Nest(items.items().iter().map(|i| step(lists, i, depth + 1)).collect::<Result<_, _>>()?)
    } else {
        let mut known: Vec<&str> =
            fields::KINDS.iter().chain(values::KINDS).chain(PLACEHOLDERS).chain(rules::KINDS).copied().collect();
        known.push("nest");
        known.sort_unstable();
        return Err(YamlError::at(
            kind_node,
            format!("unknown transformation '{kind}'; known are {}", known.join(", ")),
        ));
    };
    p.end()?;
    let id = n.get("id");
    Ok(Step {
        id: id.map(|i| text(i, "id")).transpose()?,
        at: id.map_or((n.line, n.column), |i| (i.line, i.column)),
        rule: Conditions::read(n, Scope::Rule)?,
        item: Conditions::read(n, Scope::Item)?,
        field: Conditions::read(n, Scope::Field)?,
        change,
    })
}
