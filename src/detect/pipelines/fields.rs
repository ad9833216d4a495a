//! Transformations of field names.

use super::params::Params;
use super::tree::{Leaf, Tree, scalar};
use crate::detect::sigma::yaml::{Node, YamlError};

/// Their types.
pub(super) const KINDS: &[&str] =
    &["field_name_mapping", "field_name_prefix_mapping", "field_name_prefix", "field_name_suffix"];

/// How names change.
#[derive(Debug, Clone)]
pub(super) enum Rename {
    /// Whole names; several new ones are alternatives.
    Mapping(Vec<(String, Vec<String>)>),
    /// Beginnings of names.
    Beginning(Vec<(String, Vec<String>)>),
    /// Something before each name.
    Prefix(String),
    /// Something after each name.
    Suffix(String),
}

impl Rename {
    /// Reads one of [`KINDS`].
    pub(super) fn read(kind: &str, p: &mut Params<'_>) -> Result<Option<Self>, YamlError> {
        Ok(Some(match kind {
            "field_name_mapping" => Self::Mapping(p.mapping("mapping")?),
            "field_name_prefix_mapping" => Self::Beginning(p.mapping("mapping")?),
            "field_name_prefix" => Self::Prefix(p.text("prefix")?),
            "field_name_suffix" => Self::Suffix(p.text("suffix")?),
            _ => return Ok(None),
        }))
    }

    /// The new names of a field; `None` where it stays.
    pub(super) fn names(&self, name: &str) -> Option<Vec<String>> {
        match self {
            Self::Mapping(all) => all.iter().find(|(from, _)| from == name).map(|(_, to)| to.clone()),
            Self::Beginning(all) => all.iter().find_map(|(from, to)| {
                let rest = name.strip_prefix(from.as_str())?;
                Some(to.iter().map(|t| format!("{t}{rest}")).collect())
            }),
            Self::Prefix(p) => Some(vec![format!("{p}{name}")]),
            Self::Suffix(s) => Some(vec![format!("{name}{s}")]),
        }
    }

    /// An item under its new names, as far as those that it has are meant; `None`
    /// where it stays.
    pub(super) fn apply(&self, leaf: &Leaf, means: &dyn Fn(&str) -> bool) -> Option<Vec<Tree>> {
        let new = |name: &str| if means(name) { self.names(name) } else { None };
        let mut leaf = leaf.clone();
        // What is compared with another field's value names that field.
        let mut referred = false;
        if leaf.has("fieldref") {
            let each = |v: &Node| match v.text().and_then(new) {
                Some(names) => names.into_iter().map(|n| (true, scalar((v.line, v.column), n))).collect(),
                None => vec![(false, v.clone())],
            };
            let made: Vec<(bool, Node)> = leaf.values.iter().flat_map(each).collect();
            referred = made.iter().any(|m| m.0);
            leaf.list |= made.len() > 1;
            leaf.values = made.into_iter().map(|m| m.1).collect();
        }
        let Some(names) = leaf.field.as_deref().and_then(new) else {
            return referred.then(|| vec![Tree::Leaf(leaf)]);
        };
        leaf.mapped = true;
        Some(names.into_iter().map(|n| Tree::Leaf(Leaf { field: Some(n), ..leaf.clone() })).collect())
    }
}
