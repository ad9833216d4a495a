//! `extract_fields`: the named groups of a regular expression become fields.

use regex::Regex;

use super::Pipeline;
use super::params::Params;
use super::seen::{noted, plain};
use super::tree::{Leaf, Tree, scalar};
use super::values::{compiled, number};
use crate::detect::sigma::value::decimal;
use crate::detect::sigma::yaml::{Node, YamlError};

/// What is taken out of texts.
#[derive(Debug, Clone)]
pub(super) struct Extract {
    regex: Regex,
    /// What stands before the names of groups.
    prefix: Option<String>,
    /// Whether texts that the expression does not find stay.
    preserve: bool,
}

impl Extract {
    /// Reads the members.
    pub(super) fn read(p: &mut Params<'_>) -> Result<Self, YamlError> {
        let at = p.need("regex")?;
        let regex = compiled(at)?;
        if regex.capture_names().flatten().next().is_none() {
            return Err(YamlError::at(at, "extract_fields needs a named group: (?P<name>…)"));
        }
        Ok(Self { regex, prefix: p.optional("field_prefix")?, preserve: p.flag("preserve_unmatched")? })
    }

    /// An item as fields of its groups: all groups of one text, and texts as they
    /// stood to each other.
    pub(super) fn apply(&self, p: &Pipeline, leaf: &Leaf) -> Result<Option<Vec<Tree>>, YamlError> {
        let seen: Option<Vec<_>> = leaf.values.iter().map(|v| Some((v, leaf.seen(v)?))).collect();
        let Some(seen) = seen else { return Ok(None) };
        let mut each = Vec::new();
        for (v, pattern) in seen {
            let at = (v.line, v.column);
            let text = plain(&pattern);
            let Some(found) = self.regex.captures(&text).filter(|c| c.get(0).is_some_and(|m| m.start() == 0)) else {
                if self.preserve {
                    each.push(Tree::Leaf(one(leaf, leaf.field.clone(), scalar(at, noted(&pattern)))));
                }
                continue;
            };
            let mut fields = Vec::new();
            for name in self.regex.capture_names().flatten() {
                let Some(value) = found.name(name).map(|m| m.as_str()).filter(|t| !t.is_empty()) else { continue };
                let field = self.prefix.as_ref().map_or_else(|| name.to_owned(), |p| format!("{p}.{name}"));
                fields.push(Tree::Leaf(one(leaf, Some(field), typed(at, value))));
            }
            if !fields.is_empty() {
                each.push(Tree::All(at, fields));
            }
        }
        if !each.is_empty() && leaf.has("neq") {
            let (line, column) = leaf.at;
            let message = format!("pipeline {}: fields cannot be extracted from a value with 'neq'", p.name);
            return Err(YamlError { line, column, message });
        }
        Ok(match each.len() {
            0 => None,
            _ if leaf.has("all") => Some(vec![Tree::All(leaf.at, each)]),
            _ => Some(each),
        })
    }
}

fn one(leaf: &Leaf, field: Option<String>, value: Node) -> Leaf {
    Leaf { field, modifiers: Vec::new(), values: vec![value], list: false, ..leaf.clone() }
}

/// A number where the text is one that is written without zeros in front; nothing
/// where it says so.
fn typed(at: (u32, u32), text: &str) -> Node {
    match text {
        t if t.eq_ignore_ascii_case("null") || t.eq_ignore_ascii_case("none") => number(at, "null"),
        t if (t == "0" || !t.starts_with('0')) && decimal(t).is_some() => number(at, t),
        t => scalar(at, t),
    }
}
