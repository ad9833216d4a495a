//! Why a rule matches an event or does not: its logsource part by part, and
//! its condition as a tree in which every search, field and value says whether
//! it held, beside the values that the event has.
//!
//! Each value of the rule is asked of the engine itself, as a rule of its own;
//! so an explanation cannot differ from what matching does.

mod leaves;
mod tree;

use serde::Serialize;

use crate::event::{Batch, EventRef};

use super::logsource::RuleLogsource;
use super::pipelines::Among;
use super::reading;
use super::sigma::rule::{self, Body, Document, FilterTarget, LogsourceNames};
use super::sigma::yaml::Node;
use super::{RuleFile, RuleIdx, RuleInfo, RuleKind, RuleSet};

pub use tree::{Kind, Step};

/// Longest chain of correlations that is followed.
const MAX_DEPTH: usize = 8;

/// A part of the logsource, in the rule and in the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// `product`, `category` or `service`.
    pub part: &'static str,
    /// What the rule asks for; empty where it leaves the part out.
    pub rule: String,
    /// What the event has; empty where that is not known.
    pub event: String,
    /// Whether they agree.
    pub holds: bool,
    /// Why.
    pub why: String,
}

/// A global filter that narrows the rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Filter {
    /// Title of the filter.
    pub title: String,
    /// Its file.
    pub path: String,
    /// Whether it lets the event pass.
    pub holds: bool,
    /// Its condition.
    pub condition: Step,
}

/// Why a rule matches an event, or does not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Id of the rule.
    pub id: String,
    /// Title of the rule.
    pub title: String,
    /// Its file.
    pub path: String,
    /// First line of its document.
    pub line: u32,
    /// Why it is not loaded, where it is not: then it matches nothing.
    pub reason: Option<String>,
    /// Whether the rule matches the event. A correlation matches no single
    /// event: for it, whether one of its rules does.
    pub matches: bool,
    /// Whether the rule is for events of this logsource.
    pub binds: bool,
    /// The logsource, part by part.
    pub logsource: Vec<Part>,
    /// The condition; `None` for correlations and rules that cannot be read.
    pub condition: Option<Step>,
    /// Filters that narrow it.
    pub filters: Vec<Filter>,
    /// Of a correlation: its rules, and the fields it groups by.
    pub rules: Vec<Explanation>,
    /// What a correlation groups and counts by, with the event's values.
    pub groups: Vec<(String, Option<String>)>,
}

/// Explains a rule of a set (loaded from `files`) on an event.
#[must_use]
pub fn explain(set: &RuleSet, files: &[RuleFile], rule: RuleIdx, e: EventRef<'_>) -> Option<Explanation> {
    let info = set.rule(rule)?;
    let piped = files.iter().any(|f| f.pipelines.is_some());
    let docs = if piped { files.iter().map(reading::nodes).collect() } else { Vec::new() };
    let among = Among::of(files, &docs);
    Some(Explainer { set, files, among, batch: alone(e) }.rule(info, 0))
}

/// The event in a batch of its own.
fn alone(e: EventRef<'_>) -> Batch {
    let b = e.batch;
    Batch {
        source: b.source,
        seq: b.seq,
        text: b.text.clone(),
        arena: b.arena.clone(),
        records: vec![e.rec.clone()],
        fields: b.fields.clone(),
        lossy: Vec::new(),
        empty_lines: 0,
        header: b.header.clone(),
        schema: b.schema.clone(),
        memory: b.memory,
    }
}

struct Explainer<'a> {
    set: &'a RuleSet,
    files: &'a [RuleFile],
    among: Among,
    batch: Batch,
}

impl Explainer<'_> {
    fn rule(&self, info: &RuleInfo, depth: usize) -> Explanation {
        let mut x = Explanation {
            id: info.id.to_string(),
            title: info.title.to_string(),
            path: info.path.to_string(),
            line: info.line,
            reason: info.reason.clone(),
            matches: false,
            binds: true,
            logsource: Vec::new(),
            condition: None,
            filters: Vec::new(),
            rules: Vec::new(),
            groups: Vec::new(),
        };
        if let Some(spec) = info.correlation() {
            if depth < MAX_DEPTH {
                let bases = spec.bases.iter().filter_map(|b| self.set.rule(*b));
                x.rules = bases.map(|b| self.rule(b, depth + 1)).collect();
            }
            x.matches = x.rules.iter().any(|r| r.matches);
            for f in spec.group_by.iter().chain(&spec.fields) {
                let at = x.rules.iter().position(|r| r.matches).unwrap_or(0);
                let field = f.per_base.get(at).copied().flatten();
                let value = self.batch.event(0).and_then(|e| field.and_then(|f| f.read(e).map(str::to_owned)));
                x.groups.push((f.name.to_string(), value));
            }
            return x;
        }
        let Some((node, doc)) = self.document(info) else { return x };
        let (names, detection, key) = match &doc.body {
            Body::Detection(names, d) => (names, d, "detection"),
            Body::Filter(names, _, d) => (names, d, "filter"),
            Body::Correlation(_) => return x,
        };
        (x.binds, x.logsource) = self.binding(names);
        let searches = node.get(key);
        let condition = tree::build(searches, detection, names, &self.batch);
        x.matches = x.binds && info.loaded && condition.holds;
        x.condition = Some(condition);
        if info.kind == RuleKind::Detection {
            x.filters = self.filters(info, names);
            x.matches &= x.filters.iter().all(|f| f.holds);
        }
        x
    }

    /// The document of a rule, read again.
    fn document(&self, info: &RuleInfo) -> Option<(Node, Document)> {
        let file = self.files.iter().find(|f| *f.path == *info.path)?;
        let nodes = file.changed(reading::nodes(file), &self.among).into_iter().flatten();
        let mut docs = nodes.filter_map(|n| rule::parse(&n).ok().map(|d| (n, d)));
        docs.find(|(_, d)| d.meta.line.max(1) == info.line && d.meta.title == *info.title)
    }

    fn filters(&self, info: &RuleInfo, names: &LogsourceNames) -> Vec<Filter> {
        let mut out = Vec::new();
        // Where pipelines change rules the filters stand in them by then.
        if self.files.iter().any(|f| *f.path == *info.path && f.pipelines.is_some()) {
            return out;
        }
        for f in self.set.rules().iter().filter(|f| f.kind == RuleKind::Filter && f.loaded) {
            let Some((node, doc)) = self.document(f) else { continue };
            let Body::Filter(own, target, detection) = &doc.body else { continue };
            let named = match target {
                FilterTarget::Any => true,
                FilterTarget::Rules(all) => {
                    all.iter().any(|r| r.eq_ignore_ascii_case(&info.id) || info.name.as_deref() == Some(r.as_str()))
                }
            };
            if !named || !own.covers(names) {
                continue;
            }
            let condition = tree::build(node.get("filter"), detection, names, &self.batch);
            let holds = condition.holds;
            out.push(Filter { title: f.title.to_string(), path: f.path.to_string(), holds, condition });
        }
        out
    }

    /// Whether the rule is for the event, part by part.
    fn binding(&self, names: &LogsourceNames) -> (bool, Vec<Part>) {
        let Some(e) = self.batch.event(0) else { return (false, Vec::new()) };
        let schema = self.batch.schema.as_deref();
        let ls = e.rec.logsource;
        let name = |sym: crate::event::Sym| match schema.map_or("", |s| s.sym_name(sym)) {
            "" if sym == crate::event::Sym::OTHER => "(a name that no rule has)".to_owned(),
            n => n.to_owned(),
        };
        let mut builder = crate::event::SchemaBuilder::new();
        let mine = RuleLogsource::new(names, &mut builder);
        let rows = [
            ("product", &names.product, name(ls.product)),
            ("category", &names.category, name(ls.category)),
            ("service", &names.service, name(ls.service)),
        ];
        let parts: Vec<Part> = (rows.into_iter())
            .map(|(part, rule, event)| {
                let sym = builder.sym(&event);
                let covered = part == "category" && mine.covers.contains(&sym);
                let holds = rule.is_empty() || *rule == event || covered;
                let why = match (holds, rule.is_empty(), event.is_empty()) {
                    (true, true, _) => "the rule leaves it open".to_owned(),
                    (true, false, _) if covered => format!("{rule} covers {event}"),
                    (true, ..) => String::new(),
                    (false, _, true) => format!("the event does not say its {part}"),
                    (false, ..) => format!("the rule is for {rule}"),
                };
                Part { part, rule: rule.clone(), event, holds, why }
            })
            .collect();
        (parts.iter().all(|p| p.holds), parts)
    }
}

#[cfg(test)]
mod tests;
