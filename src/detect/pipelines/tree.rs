//! A rule's searches as a tree of items, and back to YAML with all places kept.

use std::collections::BTreeSet;

use super::{Named, Work, own};
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

    /// Calls `f` with every leaf, to change it.
    pub(super) fn each_mut(&mut self, f: &mut dyn FnMut(&mut Leaf)) {
        match self {
            Self::Leaf(l) => f(l),
            Self::All(_, parts) | Self::Any(_, parts) => parts.iter_mut().for_each(|p| p.each_mut(f)),
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
            bases: Vec::new(),
            changed_logsource: false,
            correlation: rule.get("correlation").is_some(),
            state: std::collections::BTreeMap::new(),
            attributes: std::collections::BTreeMap::new(),
            applied: BTreeSet::new(),
            searches: Vec::new(),
            required: Vec::new(),
            narrowed: Vec::new(),
            named: Vec::new(),
        };
        if let Some((name, reserved)) = body(rule) {
            for (k, v) in rule.get(name)?.map()? {
                if !k.text().is_some_and(|t| reserved.contains(&t)) {
                    work.searches.push((k.clone(), Tree::read(v)?));
                }
            }
        } else if let Some(c) = rule.get("correlation") {
            work.named = fields(c).into_iter().collect::<Option<_>>()?;
        }
        work.named.extend(own::fields(rule));
        Some(work)
    }

    /// The document with everything put back.
    pub(super) fn finish(mut self) -> Node {
        let mut out = self.rule.clone();
        let correlation = self.rule.get("correlation").filter(|_| body(self.rule).is_none());
        let correlated = correlation.map_or(0, |c| fields(c).len());
        let own = self.named.split_off(correlated.min(self.named.len()));
        let section = body(self.rule);
        let Value::Map(entries) = &mut out.value else { return out };
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
                narrow(c, &self.narrowed);
                require(c, &self.required);
            }
            parts.extend(self.searches.into_iter().map(|(k, t)| {
                // Of what nothing is left the condition asks nothing any more.
                let gone = t.is_empty().then(|| Node { line: k.line, column: k.column, value: Value::All(Vec::new()) });
                (k, gone.unwrap_or_else(|| t.node()))
            }));
        } else if let Some(Node { value: Value::Map(parts), .. }) = find(entries, "correlation") {
            rename(parts, self.named);
        }
        if let Some(node) = find(entries, "secstream").filter(|_| !own.is_empty()) {
            own::rename(node, own);
        }
        out
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

/// Puts the conditions of filters behind a condition.
fn narrow(condition: &mut Node, narrowed: &[String]) {
    let at = (condition.line, condition.column);
    match &mut condition.value {
        Value::Seq(all) => all.iter_mut().for_each(|c| narrow(c, narrowed)),
        Value::Scalar { text, .. } if !narrowed.is_empty() => {
            let filters: Vec<String> = narrowed.iter().map(|n| format!("({n})")).collect();
            *condition = scalar(at, format!("({text}) and {}", filters.join(" and ")));
        }
        _ => {}
    }
}

/// The parts of a correlation that name fields: of what it groups by those that are
/// no alias, then what it counts, then the fields of aliases.
fn fields(c: &Node) -> Vec<Option<Named>> {
    let one =
        |several| move |n: &Node| Some(Named { names: vec![n.text()?.to_owned()], several, applied: BTreeSet::new() });
    let aliases = c.get("aliases").and_then(Node::map).unwrap_or_default();
    let alias = |n: &&Node| aliases.iter().any(|(k, _)| k.text().is_some() && k.text() == n.text());
    let groups = c.get("group-by").map_or(&[][..], Node::items).iter().filter(|n| !alias(n)).map(one(true));
    let counted = c.get("condition").and_then(|c| c.get("field")).map_or(&[][..], Node::items).iter().map(one(false));
    let of = aliases.iter().flat_map(|(_, rules)| rules.map().unwrap_or_default()).map(|(_, field)| one(false)(field));
    groups.chain(counted).chain(of).collect()
}

/// Gives the fields of a correlation their names, in the order of [`fields`].
fn rename(parts: &mut [(Node, Node)], named: Vec<Named>) {
    let mut named = named.into_iter();
    let mut next = |n: &Node| -> Vec<Node> {
        let names = named.next().map(|n| n.names).unwrap_or_default();
        names.into_iter().map(|name| scalar((n.line, n.column), name)).collect()
    };
    let part = |parts: &[(Node, Node)], key: &str| parts.iter().position(|(k, _)| k.text() == Some(key));
    let aliases = part(parts, "aliases").and_then(|i| parts.get(i)).and_then(|(_, a)| a.map()).unwrap_or_default();
    let aliases: Vec<String> = aliases.iter().filter_map(|(k, _)| k.text().map(str::to_owned)).collect();
    if let Some((_, v)) = part(parts, "group-by").and_then(|i| parts.get_mut(i)) {
        let alias = |n: &Node| aliases.iter().any(|a| n.text() == Some(a));
        let new: Vec<Node> = v.items().iter().flat_map(|n| if alias(n) { vec![n.clone()] } else { next(n) }).collect();
        *v = Node { line: v.line, column: v.column, value: Value::Seq(new) };
    }
    if let Some((_, Node { value: Value::Map(c), .. })) = part(parts, "condition").and_then(|i| parts.get_mut(i)) {
        for (_, f) in c.iter_mut().filter(|(k, _)| k.text() == Some("field")) {
            let many = f.seq().is_some();
            let mut new: Vec<Node> = f.items().iter().flat_map(&mut next).collect();
            match new.pop() {
                Some(one) if new.is_empty() && !many => *f = one,
                last => {
                    new.extend(last);
                    *f = Node { line: f.line, column: f.column, value: Value::Seq(new) };
                }
            }
        }
    }
    if let Some((_, Node { value: Value::Map(all), .. })) = part(parts, "aliases").and_then(|i| parts.get_mut(i)) {
        for (_, rules) in all {
            let Value::Map(rules) = &mut rules.value else { continue };
            for (_, field) in rules {
                if let Some(new) = next(field).pop() {
                    *field = new;
                }
            }
        }
    }
}
