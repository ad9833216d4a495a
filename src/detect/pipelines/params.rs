//! Reading the members of a transformation or condition.

use super::PipelineError;
use crate::detect::lint::distance;
use crate::detect::sigma::yaml::{Node, Value, YamlError};

/// A mapping whose members are taken one by one; what is left at the end is unknown.
pub(super) struct Params<'n> {
    node: &'n Node,
    what: String,
    taken: Vec<&'static str>,
    beside: &'static [&'static str],
}

impl<'n> Params<'n> {
    /// The members of a node; `what` is said of it in messages.
    pub(super) fn new(node: &'n Node, what: impl Into<String>) -> Result<Self, YamlError> {
        let what = what.into();
        if node.map().is_none() {
            return Err(YamlError::at(node, format!("{what} is a mapping, found {}", node.kind())));
        }
        Ok(Self { node, what, taken: vec!["type"], beside: &[] })
    }

    /// Members that may stand there as well and are read elsewhere.
    pub(super) const fn beside(mut self, names: &'static [&'static str]) -> Self {
        self.beside = names;
        self
    }

    /// The place of a member's name.
    pub(super) fn key(&self, name: &str) -> &'n Node {
        let keys = self.node.map().unwrap_or_default().iter().map(|(k, _)| k);
        keys.into_iter().find(|k| k.text() == Some(name)).unwrap_or(self.node)
    }

    /// The mapping itself.
    pub(super) const fn node(&self) -> &'n Node {
        self.node
    }

    /// A member that may be left out.
    pub(super) fn take(&mut self, name: &'static str) -> Option<&'n Node> {
        self.taken.push(name);
        self.node.get(name).filter(|n| !n.is_null())
    }

    /// A member that must be there.
    pub(super) fn need(&mut self, name: &'static str) -> Result<&'n Node, YamlError> {
        if let Some(n) = self.take(name) {
            return Ok(n);
        }
        // One that is nearly called so is what was meant.
        let near = |k: &&'n Node| k.text().is_some_and(|t| t != name && distance(t, name) <= 2 && self.unknown(t));
        let keys = self.node.map().unwrap_or_default().iter().map(|(k, _)| k);
        Err(match keys.into_iter().find(near) {
            Some(k) => {
                let found = k.text().unwrap_or("");
                YamlError::at(k, format!("{} has no '{found}'; meant '{name}'?", self.what))
            }
            None => YamlError::at(self.node, format!("{} needs '{name}'", self.what)),
        })
    }

    fn unknown(&self, name: &str) -> bool {
        !self.taken.contains(&name) && !self.beside.contains(&name)
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, name: &'static str) -> Result<String, YamlError> {
        text(self.need(name)?, name)
    }

    /// A text that may be left out.
    pub(super) fn optional(&mut self, name: &'static str) -> Result<Option<String>, YamlError> {
        self.take(name).map(|n| text(n, name)).transpose()
    }

    /// `true` or `false`; false where it is left out.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool, YamlError> {
        let Some(n) = self.take(name) else { return Ok(false) };
        n.bool().ok_or_else(|| YamlError::at(n, format!("{name} is true or false")))
    }

    /// One of some words; the first where it is left out.
    pub(super) fn choice(&mut self, name: &'static str, of: &[&'static str]) -> Result<&'static str, YamlError> {
        let Some(n) = self.take(name) else { return Ok(of.first().copied().unwrap_or("")) };
        let found = n.text().unwrap_or("");
        of.iter()
            .find(|o| o.eq_ignore_ascii_case(found))
            .copied()
            .ok_or_else(|| YamlError::at(n, format!("{name} is {}, not '{found}'", of.join(" or "))))
    }

    /// A list of texts, or one; empty where it is left out.
    pub(super) fn texts(&mut self, name: &'static str) -> Result<Vec<String>, YamlError> {
        self.take(name).map_or_else(|| Ok(Vec::new()), |n| n.items().iter().map(|i| text(i, name)).collect())
    }

    /// A mapping from texts to one or several texts.
    pub(super) fn mapping(&mut self, name: &'static str) -> Result<Vec<(String, Vec<String>)>, YamlError> {
        let all = self.lists(name)?;
        if let Some(at) = all.iter().position(|(_, to)| to.is_empty()) {
            let n = self.node.get(name).and_then(Node::map).and_then(|m| m.get(at)).map_or(self.node, |(_, v)| v);
            return Err(YamlError::at(n, format!("{name}: an empty list maps to nothing")));
        }
        Ok(all)
    }

    /// A mapping from texts to lists of texts.
    pub(super) fn lists(&mut self, name: &'static str) -> Result<Vec<(String, Vec<String>)>, YamlError> {
        let n = self.need(name)?;
        let entries = n.map().ok_or_else(|| YamlError::at(n, format!("{name} maps names to names")))?;
        let one = |(k, v): &(Node, Node)| {
            let to: Vec<String> = v.items().iter().map(|i| text(i, name)).collect::<Result<_, _>>()?;
            Ok((text(k, name)?, to))
        };
        entries.iter().map(one).collect()
    }

    /// Nothing else may stand there, but for these.
    pub(super) fn end(self) -> Result<(), YamlError> {
        for (k, _) in self.node.map().unwrap_or_default() {
            let name = k.text().unwrap_or("");
            if self.unknown(name) {
                let known: Vec<&str> = self.taken.iter().copied().filter(|t| *t != "type").collect();
                let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
                return Err(YamlError::at(k, format!("{} has no '{name}'; it takes {known}", self.what)));
            }
        }
        Ok(())
    }
}

/// The text of a scalar.
pub(super) fn text(n: &Node, what: &str) -> Result<String, YamlError> {
    n.text().map(str::to_owned).ok_or_else(|| YamlError::at(n, format!("{what} is text, found {}", n.kind())))
}

/// A mistake with its file.
pub(super) fn in_file(path: &str, e: YamlError) -> PipelineError {
    PipelineError { path: path.to_owned(), line: e.line, column: e.column, message: e.message }
}

/// The text of a value of a rule, where it is text (not a number, boolean or null).
pub(super) fn string(n: &Node) -> Option<&str> {
    use crate::detect::sigma::value::Scalar;
    match (Scalar::of(n), &n.value) {
        (Some(Scalar::Text(_)), Value::Scalar { text, .. }) => Some(text),
        _ => None,
    }
}
