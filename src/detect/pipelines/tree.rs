//! A rule's searches as a tree of items, and back to YAML with all places kept.

use std::collections::BTreeSet;

use super::Work;
use crate::detect::sigma::rule::LogsourceNames;
use crate::detect::sigma::yaml::{Node, Value, YamlError};

/// `field|modifiers: values`, or a keyword.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// The field; `None` for keywords.
    pub field: Option<String>,
    /// The modifiers.
    pub modifiers: Vec<String>,
    /// The values.
    pub values: Vec<Node>,
    /// Whether the values stand in a list.
    pub list: bool,
    /// Place of the key.
    pub at: (u32, u32),
    /// Ids of the transformations that changed it.
    pub applied: BTreeSet<String>,
    /// Whether its field was renamed by a mapping.
    pub mapped: bool,
}

/// A search, or a part of one.
#[derive(Debug, Clone)]
pub(super) enum Tree {
    /// An item.
    Leaf(Leaf),
    /// All hold.
    All((u32, u32), Vec<Tree>),
    /// One holds.
    Any((u32, u32), Vec<Tree>),
}

impl Leaf {
    /// Whether it has a modifier.
    pub(super) fn has(&self, modifier: &str) -> bool {
        self.modifiers.iter().any(|m| m == modifier)
    }

    fn key(&self) -> Node {
        let mut text = self.field.clone().unwrap_or_default();
        for m in &self.modifiers {
            text.push('|');
            text.push_str(m);
        }
        Node { line: self.at.0, column: self.at.1, value: Value::Scalar { text: text.into(), plain: true } }
    }

    fn value(mut self) -> Node {
        match self.values.pop() {
            Some(one) if self.values.is_empty() && !self.list => one,
            last => {
                self.values.extend(last);
                let at = self.values.first().map_or(self.at, |v| (v.line, v.column));
                Node { line: at.0, column: at.1, value: Value::Seq(self.values) }
            }
        }
    }
}

impl Tree {
    /// The tree of a search; `None` where it is none that can be read.
    pub(super) fn read(n: &Node) -> Option<Self> {
        let at = (n.line, n.column);
        Some(match &n.value {
            Value::Map(entries) => {
                let leaf = |(k, v): &(Node, Node)| {
                    let mut words = k.text()?.split('|').map(str::to_owned);
                    let field = words.next().filter(|f| !f.is_empty());
                    let list = v.seq().is_some();
                    Some(Self::Leaf(Leaf {
                        field,
                        modifiers: words.collect(),
                        values: v.items().to_vec(),
                        list,
                        at: (k.line, k.column),
                        applied: BTreeSet::new(),
                        mapped: false,
                    }))
                };
                Self::All(at, entries.iter().map(leaf).collect::<Option<_>>()?)
            }
            Value::Seq(items) => Self::Any(at, items.iter().map(Self::read).collect::<Option<_>>()?),
            Value::All(items) => Self::All(at, items.iter().map(Self::read).collect::<Option<_>>()?),
            Value::Scalar { .. } => Self::Leaf(Leaf {
                field: None,
                modifiers: Vec::new(),
                values: vec![n.clone()],
                list: false,
                at,
                applied: BTreeSet::new(),
                mapped: false,
            }),
        })
    }

    /// Replaces each leaf by what `f` makes of it: several are alternatives,
    /// none takes the leaf out.
    pub(super) fn change(&mut self, f: &mut dyn FnMut(Leaf) -> Result<Vec<Self>, YamlError>) -> Result<(), YamlError> {
        match self {
            Self::Leaf(leaf) => {
                let (at, mut made) = (leaf.at, f(leaf.clone())?);
                *self = match made.pop() {
                    Some(one) if made.is_empty() => one,
                    last => {
                        made.extend(last);
                        Self::Any(at, made)
                    }
                };
            }
            Self::All(_, parts) | Self::Any(_, parts) => {
                for p in parts.iter_mut() {
                    p.change(f)?;
                }
                parts.retain(|p| !matches!(p, Self::Any(_, v) | Self::All(_, v) if v.is_empty()));
            }
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::All(_, v) | Self::Any(_, v) if v.is_empty())
    }

    /// Back to YAML.
    fn node(self) -> Node {
        let make = |at: (u32, u32), value| Node { line: at.0, column: at.1, value };
        match self {
            Self::Leaf(l) if l.field.is_none() && l.modifiers.is_empty() => l.value(),
            Self::Leaf(l) => make(l.at, Value::Map(vec![(l.key(), l.value())])),
            Self::Any(at, parts) => make(at, Value::Seq(parts.into_iter().map(Self::node).collect())),
            Self::All(at, mut parts) => {
                if let [one] = parts.as_slice()
                    && !matches!(one, Self::Leaf(_))
                    && let Some(one) = parts.pop()
                {
                    return one.node();
                }
                let mut keys = BTreeSet::new();
                let entries = parts.iter().all(|p| match p {
                    Self::Leaf(l) => {
                        let key = l.key();
                        let text = key.text().unwrap_or("");
                        !text.is_empty() && keys.insert(text.to_owned())
                    }
                    _ => false,
                });
                if !entries {
                    return make(at, Value::All(parts.into_iter().map(Self::node).collect()));
                }
                let entry = |p| match p {
                    Self::Leaf(l) => Some((l.key(), l.value())),
                    _ => None,
                };
                make(at, Value::Map(parts.into_iter().filter_map(entry).collect()))
            }
        }
    }

    /// Calls `f` with every leaf.
    pub(super) fn each<'t>(&'t self, f: &mut dyn FnMut(&'t Leaf)) {
        match self {
            Self::Leaf(l) => f(l),
            Self::All(_, parts) | Self::Any(_, parts) => parts.iter().for_each(|p| p.each(f)),
        }
    }
}

/// Where the searches of a document stand, and the keys beside them.
fn body(rule: &Node) -> Option<(&'static str, &'static [&'static str])> {
    if rule.get("correlation").is_some() {
        None
    } else if rule.get("filter").is_some() {
        Some(("filter", &["rules", "condition"]))
    } else {
        rule.get("detection").map(|_| ("detection", &["condition", "timeframe"] as &[_]))
    }
}

/// A scalar of ours at a place.
pub(super) fn scalar(at: (u32, u32), text: impl Into<Box<str>>) -> Node {
    Node { line: at.0, column: at.1, value: Value::Scalar { text: text.into(), plain: false } }
}

impl<'n> Work<'n> {
    /// The work on a document; `None` for what no pipeline changes.
    pub(super) fn new(rule: &'n Node) -> Option<Self> {
        rule.map()?;
        let part = |key: &str| {
            let text = rule.get("logsource").and_then(|l| l.get(key)).and_then(Node::text).unwrap_or("");
            text.trim().to_lowercase()
        };
        let mut work = Work {
            rule,
            logsource: LogsourceNames {
                product: part("product"),
                category: part("category"),
                service: part("service"),
            },
            changed_logsource: false,
            correlation: rule.get("correlation").is_some(),
            state: std::collections::BTreeMap::new(),
            attributes: std::collections::BTreeMap::new(),
            applied: BTreeSet::new(),
            searches: Vec::new(),
            required: Vec::new(),
            named: Vec::new(),
        };
        if let Some((name, reserved)) = body(rule) {
            for (k, v) in rule.get(name)?.map()? {
                if !k.text().is_some_and(|t| reserved.contains(&t)) {
                    work.searches.push((k.clone(), Tree::read(v)?));
                }
            }
        } else if let Some(c) = rule.get("correlation") {
            let fields = c.get("condition").and_then(|c| c.get("field"));
            for n in c.get("group-by").into_iter().chain(fields).flat_map(Node::items) {
                work.named.push((n.clone(), n.text()?.to_owned()));
            }
        }
        Some(work)
    }

    /// The document with everything put back.
    pub(super) fn finish(self) -> Result<Node, YamlError> {
        if let Some((name, _)) = self.searches.iter().find(|(_, t)| t.is_empty()) {
            let text = name.text().unwrap_or("");
            return Err(YamlError::at(name, format!("the pipeline leaves nothing of the search '{text}'")));
        }
        let mut out = self.rule.clone();
        let section = body(self.rule);
        let Value::Map(entries) = &mut out.value else { return Ok(out) };
        if self.changed_logsource {
            let at = self.rule.get("logsource").map_or((out.line, out.column), |l| (l.line, l.column));
            let part = |key: &str, value: &str| (!value.is_empty()).then(|| (scalar(at, key), scalar(at, value)));
            let l = &self.logsource;
            let parts = [("product", &l.product), ("category", &l.category), ("service", &l.service)];
            let parts = parts.into_iter().filter_map(|(k, v)| part(k, v)).collect();
            let made = Node { line: at.0, column: at.1, value: Value::Map(parts) };
            match entries.iter_mut().find(|(k, _)| k.text() == Some("logsource")) {
                Some((_, v)) => *v = made,
                None => entries.push((scalar(at, "logsource"), made)),
            }
        }
        if let Some((name, reserved)) = section
            && let Some(Node { value: Value::Map(parts), .. }) = find(entries, name)
        {
            parts.retain(|(k, _)| k.text().is_some_and(|t| reserved.contains(&t)));
            for c in parts.iter_mut().filter(|(k, _)| k.text() == Some("condition")).map(|(_, v)| v) {
                require(c, &self.required);
            }
            parts.extend(self.searches.into_iter().map(|(k, t)| (k, t.node())));
        } else if let Some(Node { value: Value::Map(parts), .. }) = find(entries, "correlation") {
            let mut named = self.named.into_iter();
            for (k, v) in parts.iter_mut() {
                match k.text() {
                    Some("group-by") => rename(v, &mut named),
                    Some("condition") => {
                        if let Value::Map(c) = &mut v.value {
                            c.iter_mut()
                                .filter(|(k, _)| k.text() == Some("field"))
                                .for_each(|(_, f)| rename(f, &mut named));
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(out)
    }
}

fn find<'e>(entries: &'e mut [(Node, Node)], name: &str) -> Option<&'e mut Node> {
    entries.iter_mut().find(|(k, _)| k.text() == Some(name)).map(|(_, v)| v)
}

/// Puts the searches that are asked for as well before a condition.
fn require(condition: &mut Node, required: &[(String, bool)]) {
    let at = (condition.line, condition.column);
    match &mut condition.value {
        Value::Seq(all) => all.iter_mut().for_each(|c| require(c, required)),
        Value::Scalar { text, .. } if !required.is_empty() => {
            let parts: Vec<String> =
                required.iter().map(|(name, not)| format!("{}{name}", if *not { "not " } else { "" })).collect();
            *condition = scalar(at, format!("{} and ({text})", parts.join(" and ")));
        }
        _ => {}
    }
}

/// Gives the texts of a list the names that follow, by their places.
fn rename(n: &mut Node, named: &mut impl Iterator<Item = (Node, String)>) {
    if let Value::Seq(all) = &mut n.value {
        return all.iter_mut().for_each(|i| rename(i, named));
    }
    if let Some((_, name)) = named.next() {
        *n = scalar((n.line, n.column), name);
    }
}
