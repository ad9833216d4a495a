//! Transformations of a rule as a whole.

use super::params::Params;
use super::tree::scalar;
use super::{Pipeline, Work, tree};
use crate::detect::sigma::rule::LogsourceNames;
use crate::detect::sigma::yaml::{Node, Value, YamlError};

/// Their types.
pub(super) const KINDS: &[&str] = &[
    "add_condition",
    "change_logsource",
    "set_state",
    "set_custom_attribute",
    "rule_failure",
    "strict_field_mapping_failure",
    "add_field",
    "remove_field",
    "set_field",
];

/// What is done to a rule.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Asks for something more.
    Condition {
        /// A search: fields and values.
        search: Node,
        /// Name of the search; one is made where there is none.
        name: Option<String>,
        /// Whether `$product`, `$category` and `$service` in values are the rule's.
        template: bool,
        /// Whether it must not hold.
        negated: bool,
    },
    /// Gives it another logsource.
    Logsource(LogsourceNames),
    /// Notes something for conditions of later transformations.
    State(String, String),
    /// The same, as an attribute of the rule.
    Attribute(String, String),
    /// Refuses it.
    Failure(String),
    /// Refuses it where a field was not renamed.
    Strict,
    /// Changes the list `fields`, which says what to show and matches nothing.
    Shown,
}

impl Act {
    /// Reads one of [`KINDS`].
    pub(super) fn read(kind: &str, p: &mut Params<'_>) -> Result<Option<Self>, YamlError> {
        Ok(Some(match kind {
            "add_condition" => {
                let search = p.need("conditions")?;
                if search.map().is_none_or(<[_]>::is_empty) {
                    return Err(YamlError::at(search, "conditions maps fields to values"));
                }
                Self::Condition {
                    search: search.clone(),
                    name: p.optional("name")?,
                    template: p.flag("template")?,
                    negated: p.flag("negated")?,
                }
            }
            "change_logsource" => {
                let mut part = |name| Ok::<_, YamlError>(p.optional(name)?.unwrap_or_default().trim().to_lowercase());
                let names = LogsourceNames {
                    product: part("product")?,
                    category: part("category")?,
                    service: part("service")?,
                };
                // Without any of them the rule is for every event.
                Self::Logsource(names)
            }
            "set_state" => {
                let value = p.optional("val")?.map_or_else(|| p.text("value"), Ok)?;
                Self::State(p.text("key")?, value)
            }
            "set_custom_attribute" => Self::Attribute(p.text("attribute")?, p.text("value")?),
            "rule_failure" => Self::Failure(p.text("message")?),
            "strict_field_mapping_failure" => Self::Strict,
            "add_field" | "remove_field" => {
                p.need("field")?;
                Self::Shown
            }
            "set_field" => {
                p.need("fields")?;
                Self::Shown
            }
            _ => return Ok(None),
        }))
    }

    /// Does it.
    pub(super) fn apply(&self, p: &Pipeline, work: &mut Work<'_>) -> Result<(), YamlError> {
        match self {
            Self::Condition { search, name, template, negated } => {
                if work.searches.is_empty() {
                    return Ok(());
                }
                let taken = |n: &str, w: &Work<'_>| w.searches.iter().any(|(k, _)| k.text() == Some(n));
                let mut number = work.required.len();
                let mut unused = || loop {
                    let n = format!("_cond_{number}");
                    number += 1;
                    if !taken(&n, work) {
                        return n;
                    }
                };
                let name = match name {
                    Some(n) if taken(n, work) => {
                        let message = format!("pipeline {}: the rule has a search '{n}' already", p.name);
                        return Err(YamlError::at(work.rule, message));
                    }
                    Some(n) => n.clone(),
                    None => unused(),
                };
                // Its place in messages is the rule's: it stands in another file.
                let at = (work.rule.line, work.rule.column);
                let placed = place(search, at, if *template { Some(&work.logsource) } else { None });
                if let Some(tree) = tree::Tree::read(&placed) {
                    work.searches.push((scalar(at, name.as_str()), tree));
                    work.required.push((name, *negated));
                }
            }
            Self::Logsource(names) => {
                if !work.correlation {
                    work.logsource = names.clone();
                    work.changed_logsource = true;
                }
            }
            Self::State(key, value) => {
                work.state.insert(key.clone(), value.clone());
            }
            Self::Attribute(name, value) => {
                work.attributes.insert(name.clone(), value.clone());
            }
            Self::Failure(message) => {
                return Err(YamlError::at(work.rule, format!("pipeline {}: {message}", p.name)));
            }
            Self::Strict => {
                let mut left: Option<(String, (u32, u32))> = None;
                for (_, t) in &work.searches {
                    t.each(&mut |l| {
                        if let (Some(f), false, None) = (&l.field, l.mapped, &left) {
                            left = Some((f.clone(), l.at));
                        }
                    });
                }
                if let Some((field, (line, column))) = left {
                    let message = format!("pipeline {}: nothing maps the field '{field}'", p.name);
                    return Err(YamlError { line, column, message });
                }
            }
            Self::Shown => {}
        }
        Ok(())
    }
}

/// The node at another place, with the logsource's parts filled in where asked.
pub(super) fn place(n: &Node, at: (u32, u32), names: Option<&LogsourceNames>) -> Node {
    let value = match &n.value {
        Value::Scalar { text, plain } => match names {
            Some(l) if text.contains('$') => {
                let filled = [("category", &l.category), ("product", &l.product), ("service", &l.service)]
                    .iter()
                    .fold(text.to_string(), |t, (name, value)| {
                        t.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value)
                    });
                Value::Scalar { text: filled.into(), plain: false }
            }
            _ => Value::Scalar { text: text.clone(), plain: *plain },
        },
        Value::Seq(items) => Value::Seq(items.iter().map(|i| place(i, at, names)).collect()),
        Value::All(items) => Value::All(items.iter().map(|i| place(i, at, names)).collect()),
        Value::Map(entries) => {
            Value::Map(entries.iter().map(|(k, v)| (place(k, at, None), place(v, at, names))).collect())
        }
    };
    Node { line: at.0, column: at.1, value }
}
