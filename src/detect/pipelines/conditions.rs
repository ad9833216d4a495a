//! Conditions of transformations: on the rule, on an item, on a field's name.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::Work;
use super::params::{Params, text};
use super::seen::plain;
use super::tree::Leaf;
use super::values::{compiled, starts};
use crate::detect::sigma::condition::{self, Cond};
use crate::detect::sigma::glob::{Part, Pattern};
use crate::detect::sigma::value::{Scalar, decimal};
use crate::detect::sigma::yaml::{Node, YamlError};

/// What conditions are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The rule.
    Rule,
    /// An item.
    Item,
    /// A field's name.
    Field,
}

impl Scope {
    const fn names(self) -> (&'static str, &'static str, &'static str, [&'static str; 2]) {
        match self {
            Self::Rule => {
                ("rule_conditions", "rule_cond_op", "rule_cond_not", ["rule_cond_expression", "rule_cond_expr"])
            }
            Self::Item => (
                "detection_item_conditions",
                "detection_item_cond_op",
                "detection_item_cond_not",
                ["detection_item_cond_expression", "detection_item_cond_expr"],
            ),
            Self::Field => (
                "field_name_conditions",
                "field_name_cond_op",
                "field_name_cond_not",
                ["field_name_cond_expression", "field_name_cond_expr"],
            ),
        }
    }
}

/// Conditions and how they combine.
#[derive(Debug, Clone, Default)]
pub(super) struct Conditions {
    all: Vec<Test>,
    combine: Option<Cond>,
}

/// How a list of values must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    All,
    Any,
}

#[derive(Debug, Clone)]
enum Test {
    Logsource { product: Option<String>, category: Option<String>, service: Option<String> },
    ContainsField(String),
    ContainsItem { field: String, value: Option<Node> },
    IsRule,
    IsCorrelation,
    Attribute { name: String, value: Vec<String>, op: &'static str },
    Tag(String),
    Applied(String, (u32, u32)),
    State { key: String, value: String, op: &'static str },
    MatchString { of: Of, pattern: Regex, negate: bool },
    MatchValue { of: Of, value: Node },
    Wildcard(Of),
    IsNull(Of),
    Fields { names: Vec<String>, patterns: Vec<Regex>, include: bool },
}

impl Conditions {
    /// Reads the conditions of a transformation.
    pub(super) fn read(step: &Node, scope: Scope) -> Result<Self, YamlError> {
        let (list, op, not, expressions) = scope.names();
        let mut names: Vec<&str> = Vec::new();
        let mut all = Vec::new();
        if let Some(n) = step.get(list).filter(|n| !n.is_null()) {
            match n.map() {
                // Named ones are for an expression; a single one may stand without a list.
                Some(entries) if n.get("type").is_none() => {
                    for (k, v) in entries {
                        names.push(k.text().unwrap_or(""));
                        all.push(Test::read(v, scope)?);
                    }
                }
                _ => {
                    for one in n.items() {
                        all.push(Test::read(one, scope)?);
                    }
                }
            }
        }
        let negate = step.get(not).is_some_and(|n| n.bool() == Some(true));
        let expression = expressions.iter().find_map(|e| step.get(e));
        let combine = if let Some(e) = expression {
            if names.is_empty() {
                return Err(YamlError::at(e, format!("an expression needs {list} with names: {{a: {{type: …}}}}")));
            }
            let wrong = |c: condition::CondError| YamlError {
                line: e.line,
                column: e.column + c.offset,
                message: format!("in the expression: {}", c.message),
            };
            Some(condition::parse(&text(e, "the expression")?, &names).map_err(wrong)?)
        } else {
            let each: Vec<Cond> = (0..all.len()).map(Cond::Search).collect();
            match step.get(op).map(|o| (o, o.text().unwrap_or(""))) {
                _ if each.is_empty() => None,
                None | Some((_, "and")) => Some(Cond::And(each)),
                Some((_, "or")) => Some(Cond::Or(each)),
                Some((o, other)) => return Err(YamlError::at(o, format!("{op} is and or or, not '{other}'"))),
            }
        };
        let combine = combine.map(|c| if negate { Cond::Not(Box::new(c)) } else { c });
        Ok(Self { all, combine })
    }

    /// The ids of transformations that they ask for, with their places.
    pub(super) fn ids(&self) -> impl Iterator<Item = (&str, (u32, u32))> {
        self.all.iter().filter_map(|t| match t {
            Test::Applied(id, at) => Some((id.as_str(), *at)),
            _ => None,
        })
    }

    /// Whether they hold for a rule.
    pub(super) fn rule(&self, work: &Work<'_>) -> bool {
        self.hold(&mut |t| t.rule(work))
    }

    /// Whether they hold for an item.
    pub(super) fn item(&self, leaf: &Leaf, state: &BTreeMap<String, String>) -> bool {
        self.hold(&mut |t| t.item(leaf) || t.common(state, &leaf.applied))
    }

    /// Whether they hold for the field of an item, or for a field that it is compared with.
    pub(super) fn fields(&self, leaf: &Leaf, state: &BTreeMap<String, String>) -> bool {
        self.hold(&mut |t| {
            t.name(leaf.field.as_deref(), state, &leaf.applied)
                || leaf.has("fieldref") && leaf.values.iter().any(|v| t.name(v.text(), state, &leaf.applied))
        })
    }

    /// Whether they hold for a field's name; a keyword has none.
    pub(super) fn name(
        &self,
        name: Option<&str>,
        state: &BTreeMap<String, String>,
        applied: &BTreeSet<String>,
    ) -> bool {
        self.hold(&mut |t| t.name(name, state, applied))
    }

    fn hold(&self, test: &mut dyn FnMut(&Test) -> bool) -> bool {
        let Some(c) = &self.combine else { return true };
        let truth: Vec<bool> = self.all.iter().map(test).collect();
        decide(c, &truth)
    }
}

fn decide(c: &Cond, truth: &[bool]) -> bool {
    match c {
        Cond::Search(i) => truth.get(*i).copied().unwrap_or(false),
        Cond::And(all) => all.iter().all(|c| decide(c, truth)),
        Cond::Or(any) => any.iter().any(|c| decide(c, truth)),
        Cond::Not(one) => !decide(one, truth),
        Cond::AtLeast(n, of) => of.iter().filter(|i| truth.get(**i).copied().unwrap_or(false)).count() >= *n,
    }
}

impl Of {
    fn read(p: &mut Params<'_>) -> Result<Self, YamlError> {
        Ok(if p.choice("cond", &["any", "all"])? == "all" { Self::All } else { Self::Any })
    }

    fn hold(self, values: &[Node], mut test: impl FnMut(&Node) -> bool) -> bool {
        match self {
            Self::All => values.iter().all(&mut test),
            Self::Any => values.iter().any(test),
        }
    }
}

impl Test {
    fn read(n: &Node, scope: Scope) -> Result<Self, YamlError> {
        let kind_node = n.get("type").ok_or_else(|| YamlError::at(n, "the condition has no type"))?;
        let kind = text(kind_node, "type")?;
        let mut p = Params::new(n, kind.clone())?;
        let lower = |t: Option<String>| t.map(|t| t.to_lowercase());
        let test = match (kind.as_str(), scope) {
            ("logsource", Scope::Rule) => Self::Logsource {
                product: lower(p.optional("product")?),
                category: lower(p.optional("category")?),
                service: lower(p.optional("service")?),
            },
            ("contains_field", Scope::Rule) => Self::ContainsField(p.text("field")?),
            ("contains_detection_item", Scope::Rule) => {
                Self::ContainsItem { field: p.text("field")?, value: p.take("value").cloned() }
            }
            ("is_sigma_rule", Scope::Rule) => Self::IsRule,
            ("is_sigma_correlation_rule", Scope::Rule) => Self::IsCorrelation,
            ("rule_attribute", Scope::Rule) => Self::Attribute {
                name: p.text("attribute")?,
                value: {
                    p.need("value")?;
                    p.texts("value")?
                },
                op: p.choice("op", &["eq", "ne", "gte", "gt", "lte", "lt", "in", "not_in"])?,
            },
            ("tag", Scope::Rule) => Self::Tag(p.text("tag")?.to_lowercase()),
            ("match_string", Scope::Item) => {
                let at = p.need("pattern")?;
                Self::MatchString { of: Of::read(&mut p)?, pattern: compiled(at)?, negate: p.flag("negate")? }
            }
            ("match_value", Scope::Item) => Self::MatchValue { of: Of::read(&mut p)?, value: p.need("value")?.clone() },
            ("contains_wildcard", Scope::Item) => Self::Wildcard(Of::read(&mut p)?),
            ("is_null", Scope::Item) => Self::IsNull(Of::read(&mut p)?),
            ("include_fields" | "exclude_fields", Scope::Field) => {
                p.need("fields")?;
                let names = p.texts("fields")?;
                let expressions = p.choice("mode", &["plain", "re"])? == "re";
                let patterns: Result<Vec<Regex>, _> =
                    n.get("fields").filter(|_| expressions).map_or(&[][..], Node::items).iter().map(compiled).collect();
                let names = if expressions { Vec::new() } else { names };
                Self::Fields { names, patterns: patterns?, include: kind == "include_fields" }
            }
            ("processing_item_applied", _) => {
                let at = p.need("processing_item_id")?;
                Self::Applied(p.text("processing_item_id")?, (at.line, at.column))
            }
            ("processing_state", _) => {
                // pySigma's own documents have both spellings.
                let value = p.optional("val")?.map_or_else(|| p.text("value"), Ok)?;
                let op = p.choice("op", &["eq", "ne", "gte", "gt", "lte", "lt"])?;
                Self::State { key: p.text("key")?, value, op }
            }
            (other, _) => {
                let known = match scope {
                    Scope::Rule => {
                        "logsource, contains_field, contains_detection_item, is_sigma_rule, is_sigma_correlation_rule, rule_attribute, tag, processing_item_applied, processing_state"
                    }
                    Scope::Item => {
                        "match_string, match_value, contains_wildcard, is_null, processing_item_applied, processing_state"
                    }
                    Scope::Field => "include_fields, exclude_fields, processing_item_applied, processing_state",
                };
                return Err(YamlError::at(
                    kind_node,
                    format!("no condition '{other}' in {}; known are {known}", scope.names().0),
                ));
            }
        };
        p.end()?;
        Ok(test)
    }

    fn common(&self, state: &BTreeMap<String, String>, applied: &BTreeSet<String>) -> bool {
        match self {
            Self::Applied(id, _) => applied.contains(id),
            Self::State { key, value, op } => state.get(key).is_some_and(|has| compares(has, value, op)),
            _ => false,
        }
    }

    fn name(&self, name: Option<&str>, state: &BTreeMap<String, String>, applied: &BTreeSet<String>) -> bool {
        match self {
            Self::Fields { names, patterns, include } => {
                let named = |name: &str| names.iter().any(|n| n == name) || patterns.iter().any(|p| starts(p, name));
                name.is_some_and(named) == *include
            }
            t => t.common(state, applied),
        }
    }

    fn rule(&self, w: &Work<'_>) -> bool {
        let leaf = |test: &mut dyn FnMut(&Leaf) -> bool| {
            let mut found = false;
            w.searches.iter().for_each(|(_, t)| t.each(&mut |l| found = found || test(l)));
            found
        };
        match self {
            Self::Logsource { product, category, service } => {
                let agrees = |want: &Option<String>, has: &str| want.as_deref().is_none_or(|want| want == has);
                // A correlation is for what its rules are for.
                let all = if w.correlation { w.bases.as_slice() } else { std::slice::from_ref(&w.logsource) };
                all.iter().any(|l| {
                    agrees(product, &l.product) && agrees(category, &l.category) && agrees(service, &l.service)
                })
            }
            Self::ContainsField(name) => leaf(&mut |l| l.field.as_deref() == Some(name)),
            Self::ContainsItem { field, value } => leaf(&mut |l| {
                l.field.as_deref() == Some(field)
                    && value.as_ref().is_none_or(|v| l.values.iter().any(|n| equal(l, n, v)))
            }),
            Self::IsRule => !w.correlation,
            Self::IsCorrelation => w.correlation,
            Self::Attribute { name, value, op } => attribute(w, name, value, op),
            Self::Tag(tag) => {
                let tags = w.rule.get("tags").map_or(&[][..], Node::items);
                tags.iter().any(|t| t.text().is_some_and(|t| t.eq_ignore_ascii_case(tag)))
            }
            t => t.common(&w.state, &w.applied),
        }
    }

    fn item(&self, l: &Leaf) -> bool {
        match self {
            Self::MatchString { of, pattern, negate } => {
                of.hold(&l.values, |v| l.seen(v).is_some_and(|p| starts(pattern, &plain(&p))) != *negate)
            }
            Self::MatchValue { of, value } => of.hold(&l.values, |v| equal(l, v, value)),
            Self::Wildcard(of) => of.hold(&l.values, |v| {
                l.seen(v).is_some_and(|p| p.0.iter().any(|p| matches!(p, Part::Many | Part::One)))
            }),
            Self::IsNull(of) => of.hold(&l.values, Node::is_null),
            _ => false,
        }
    }
}

/// Levels and statuses are ordered, numbers and dates too; other text is not.
fn attribute(w: &Work<'_>, name: &str, want: &[String], op: &str) -> bool {
    let own = w.attributes.get(name).cloned();
    let Some(has) = own.or_else(|| w.rule.get(name).and_then(Node::text).map(str::to_owned)) else { return false };
    let first = want.first().map_or("", String::as_str);
    let rank = |t: &str| -> Option<f64> {
        let order: &[&str] = match name {
            "level" => &["informational", "low", "medium", "high", "critical"],
            "status" => &["unsupported", "deprecated", "experimental", "test", "stable"],
            _ => &[],
        };
        let known = order.iter().position(|o| o.eq_ignore_ascii_case(t)).map(|i| i as f64);
        known.or_else(|| decimal(t)).or_else(|| decimal(&t.replace(['-', '/'], "")))
    };
    let compare = || Some(rank(&has)?.total_cmp(&rank(first)?));
    match op {
        "eq" => has.eq_ignore_ascii_case(first),
        "ne" => !has.eq_ignore_ascii_case(first),
        "in" => want.iter().any(|v| v.eq_ignore_ascii_case(&has)),
        "not_in" => !want.iter().any(|v| v.eq_ignore_ascii_case(&has)),
        "gte" => compare().is_some_and(std::cmp::Ordering::is_ge),
        "gt" => compare().is_some_and(std::cmp::Ordering::is_gt),
        "lte" => compare().is_some_and(std::cmp::Ordering::is_le),
        _ => compare().is_some_and(std::cmp::Ordering::is_lt),
    }
}

/// Whether a value of an item is this value, of the same type.
fn equal(leaf: &Leaf, v: &Node, wanted: &Node) -> bool {
    match (Scalar::of(v), Scalar::of(wanted)) {
        (Some(Scalar::Text(_)), Some(Scalar::Text(t))) => leaf.seen(v).is_some_and(|p| p == Pattern::parse(&t)),
        (Some(Scalar::Num(_, a)), Some(Scalar::Num(_, b))) => leaf.is_text() && a == b,
        (Some(Scalar::Bool(a)), Some(Scalar::Bool(b))) => leaf.is_text() && a == b,
        _ => false,
    }
}

/// How what was noted stands to a value: as numbers where both are, else as text.
fn compares(has: &str, value: &str, op: &str) -> bool {
    let order = match (decimal(has), decimal(value)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => has.cmp(value),
    };
    match op {
        "eq" => order.is_eq(),
        "ne" => order.is_ne(),
        "gte" => order.is_ge(),
        "gt" => order.is_gt(),
        "lte" => order.is_le(),
        _ => order.is_lt(),
    }
}
