//! Placeholders (`%name%` under the modifier `expand`) and what fills them.

use super::lists::{self, Files};
use super::params::{Params, string};
use super::tree::{Leaf, Tree, scalar};
use super::{MAX_VALUES, Pipeline};
use crate::detect::sigma::yaml::{Node, YamlError};

/// The types of transformations.
pub(super) const KINDS: &[&str] =
    &["value_placeholders", "wildcard_placeholders", "query_expression_placeholders", "file_placeholders"];

/// Transformations that fill placeholders from elsewhere, and why we do not.
pub(super) const REFUSED: &[(&str, &str)] = &[
    ("http_placeholders", "asks a server each time rules are read, and secstream opens no connection"),
    ("command_placeholders", "runs a command each time rules are read, and a rule's data must not run anything"),
];

/// What becomes of placeholders.
#[derive(Debug, Clone)]
pub(super) struct Placeholders {
    include: Vec<String>,
    exclude: Vec<String>,
    to: To,
}

#[derive(Debug, Clone)]
enum To {
    /// The values of the pipeline's `vars`.
    Values,
    /// Any text.
    Wildcard,
    /// Text for the query of an engine that we are not.
    Query(String),
    /// The values that a file has.
    Listed(Vec<String>),
}

impl Placeholders {
    /// Reads one of [`KINDS`].
    pub(super) fn read(kind: &str, p: &mut Params<'_>, files: &mut Files<'_>) -> Result<Option<Self>, YamlError> {
        let to = match kind {
            "file_placeholders" => To::Listed(lists::read(p, files)?),
            "value_placeholders" => To::Values,
            "wildcard_placeholders" => To::Wildcard,
            "query_expression_placeholders" => {
                p.take("mapping");
                To::Query(p.text("expression")?)
            }
            _ => return Ok(None),
        };
        let (include, exclude) = (p.texts("include")?, p.texts("exclude")?);
        if !include.is_empty() && !exclude.is_empty() {
            return Err(YamlError::at(p.node(), "include and exclude do not go together"));
        }
        Ok(Some(Self { include, exclude, to }))
    }

    fn means(&self, name: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|n| n == name);
        (self.include.is_empty() || named(&self.include)) && !named(&self.exclude)
    }

    /// An item with its placeholders filled; `None` where it has none of them.
    pub(super) fn apply(&self, p: &Pipeline, leaf: &Leaf) -> Result<Option<Vec<Tree>>, YamlError> {
        if !leaf.has("expand") {
            return Ok(None);
        }
        let mut leaf = leaf.clone();
        let mut filled: Vec<Node> = Vec::new();
        let (mut left, mut touched) = (false, false);
        for v in &leaf.values {
            let Some(text) = string(v) else {
                filled.push(v.clone());
                continue;
            };
            let mut forms = vec![String::new()];
            for part in parts(text) {
                let with: Vec<String> = match part {
                    Part::Text(t) => vec![t.to_owned()],
                    Part::Name(name, whole) if !self.means(name) => {
                        left = true;
                        vec![whole.to_owned()]
                    }
                    Part::Name(name, _) => {
                        touched = true;
                        self.values(p, name, v)?
                    }
                };
                if forms.len().saturating_mul(with.len()).saturating_add(filled.len()) > MAX_VALUES {
                    return Err(YamlError::at(v, format!("placeholders become more than {MAX_VALUES} values")));
                }
                forms = forms.iter().flat_map(|f| with.iter().map(move |w| format!("{f}{w}"))).collect();
            }
            leaf.list |= forms.len() > 1;
            filled.extend(forms.into_iter().map(|f| scalar((v.line, v.column), f)));
        }
        leaf.values = filled;
        if !left {
            leaf.modifiers.retain(|m| m != "expand");
        }
        if leaf.values.is_empty() {
            // No value is like any: nothing can match, and the rule says so.
            let (line, column) = leaf.at;
            let message = format!("pipeline {}: the placeholder has no values: it could never match", p.name);
            return Err(YamlError { line, column, message });
        }
        Ok(Some(vec![Tree::Leaf(leaf)]).filter(|_| touched || !left))
    }

    fn values(&self, p: &Pipeline, name: &str, at: &Node) -> Result<Vec<String>, YamlError> {
        match &self.to {
            To::Wildcard => Ok(vec!["*".to_owned()]),
            To::Listed(values) => Ok(values.clone()),
            To::Values => p
                .vars
                .get(name)
                .cloned()
                .ok_or_else(|| YamlError::at(at, format!("pipeline {}: no values for %{name}% under vars", p.name))),
            To::Query(expression) => Err(YamlError::at(
                at,
                format!(
                    "pipeline {}: %{name}% becomes '{expression}', a query for another engine; give it values with value_placeholders",
                    p.name
                ),
            )),
        }
    }
}

/// A part of a text with placeholders.
pub(super) enum Part<'t> {
    /// Text as it is.
    Text(&'t str),
    /// Its name, and as it is written.
    Name(&'t str, &'t str),
}

/// Cuts a text at `%name%`; a name has letters, digits, `_`, `-` and `.`.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let found = rest.match_indices('%').find_map(|(open, _)| {
            let inside = rest.get(open + 1..)?;
            let len = inside.find('%')?;
            let name = inside.get(..len)?;
            let good = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
            good.then_some((open, open + len + 2, name))
        });
        let Some((from, to, name)) = found else {
            out.push(Part::Text(rest));
            break;
        };
        if from > 0 {
            out.push(Part::Text(rest.get(..from).unwrap_or("")));
        }
        out.push(Part::Name(name, rest.get(from..to).unwrap_or("")));
        rest = rest.get(to..).unwrap_or("");
    }
    out
}
