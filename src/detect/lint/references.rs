//! Correlations and filters, looked at together with the rules they name.

use std::collections::HashMap;

use super::condition::impossible;
use super::fields::lacking;
use super::{Checker, Doc};
use crate::detect::sigma::condition::Cond;
use crate::detect::sigma::correlation::Correlation;
use crate::detect::sigma::rule::{Body, Detection, FilterTarget, LogsourceNames};
use crate::detect::sigma::yaml::Node;

/// All documents that can be read, by id and name.
pub(super) struct Index<'a> {
    docs: &'a [Doc<'a>],
    by: HashMap<String, usize>,
}

impl<'a> Index<'a> {
    pub(super) fn new(docs: &'a [Doc<'a>]) -> Self {
        let mut by = HashMap::new();
        for (at, d) in docs.iter().enumerate() {
            if let Some(id) = &d.doc.meta.id {
                by.entry(id.to_ascii_lowercase()).or_insert(at);
            }
        }
        for (at, d) in docs.iter().enumerate() {
            if let Some(name) = &d.doc.meta.name {
                by.entry(name.clone()).or_insert(at);
            }
        }
        Self { docs, by }
    }

    /// The document that a correlation or a filter means.
    fn of(&self, reference: &str) -> Option<&'a Doc<'a>> {
        let at = self.by.get(reference).or_else(|| self.by.get(&reference.to_ascii_lowercase()))?;
        self.docs.get(*at)
    }

    /// The detections that a filter narrows.
    fn narrowed(&self, names: &LogsourceNames, target: &FilterTarget) -> Vec<(&'a Doc<'a>, &'a Detection)> {
        let of = |d: &'a Doc<'a>| match &d.doc.body {
            Body::Detection(theirs, detection) if names.covers(theirs) => Some((d, detection)),
            _ => None,
        };
        match target {
            FilterTarget::Any => self.docs.iter().filter_map(of).collect(),
            FilterTarget::Rules(all) => all.iter().filter_map(|r| self.of(r)).filter_map(of).collect(),
        }
    }
}

impl Checker<'_> {
    /// A filter: its condition, its fields, and what it leaves of its rules.
    pub(super) fn filter(&mut self, (names, target, d): (&LogsourceNames, &FilterTarget, &Detection), all: &Index<'_>) {
        let before = self.out.len();
        self.condition(d);
        let narrowed = all.narrowed(names, target);
        // A filter of a whole product is about the events of the rules that it names.
        let theirs: Vec<&LogsourceNames> = match target {
            FilterTarget::Rules(_) if names.category.is_empty() && names.service.is_empty() => {
                narrowed.iter().filter_map(|n| n.0.doc.body.logsource()).collect()
            }
            _ => vec![names],
        };
        self.filter_fields(d, &theirs);
        if self.out.get(before..).unwrap_or_default().iter().any(|f| f.code == "never-true") {
            return;
        }
        let gone = |(_, rule): &&(&Doc<'_>, &Detection)| !impossible(rule) && impossible(&joined(rule, d));
        let gone: Vec<_> = narrowed.iter().filter(gone).collect();
        if let Some((first, _)) = gone.first() {
            let more = if gone.len() > 1 { format!(" and {} more", gone.len() - 1) } else { String::new() };
            let message = format!("everything that '{}'{more} finds is taken out", first.doc.meta.title);
            self.say(self.at_condition(), "filter-removes-all", message, "narrow the filter");
        }
    }

    /// Fields that the events of none of these logsources have.
    fn filter_fields(&mut self, d: &Detection, of: &[&LogsourceNames]) {
        let mut told: Vec<&str> = Vec::new();
        let mut wrong = Vec::new();
        for s in &d.searches {
            s.each_item(&mut |i| {
                let Some(field) = i.field.as_deref().filter(|f| !told.contains(f)) else { return };
                let all: Option<Vec<_>> = of.iter().map(|names| lacking(field, names)).collect();
                if let Some(first) = all.and_then(|a| a.into_iter().next()) {
                    told.push(field);
                    wrong.push(((i.line, i.column), first));
                }
            });
        }
        for (at, (message, hint)) in wrong {
            self.say(at, "unknown-field", message, &hint);
        }
    }

    /// A correlation: the fields by which it groups and that it counts, its rules' condition.
    pub(super) fn correlation(&mut self, c: &Correlation, all: &Index<'_>) {
        self.bounds(c);
        if c.expr.as_ref().is_some_and(|e| !super::condition::possible(e, c.rules.len(), &[])) {
            let message = "the condition can never be true".into();
            self.say(self.at_condition(), "never-true", message, "it asks for a rule and for its absence");
        }
        let node = self.node.get("correlation");
        let items =
            |n: Option<&Node>| n.map_or_else(Vec::new, |n| n.items().iter().map(|i| (i.line, i.column)).collect());
        let grouped: Vec<(u32, u32)> = items(node.and_then(|n| n.get("group-by")));
        let counted: Vec<(u32, u32)> = items(node.and_then(|n| n.get("condition")).and_then(|n| n.get("field")));
        for (name, at) in c.group_by.iter().zip(grouped).chain(c.fields.iter().zip(counted)) {
            if let Some((message, hint)) = c.rules.iter().find_map(|r| absent(c, name, r, all)) {
                self.say(at, "unknown-field", message, &hint);
            }
        }
    }
}

/// Why the matches of a rule have no such field.
fn absent(c: &Correlation, name: &str, rule: &str, all: &Index<'_>) -> Option<(String, String)> {
    let base = all.of(rule)?;
    let alias = c.aliases.iter().find(|(a, _)| a == name).map(|(_, fields)| fields);
    let same = |r: &str| r == rule || all.of(r).is_some_and(|d| std::ptr::eq(d, base));
    let own = alias.and_then(|fields| fields.iter().find(|(r, _)| same(r))).map_or(name, |(_, field)| field.as_str());
    match &base.doc.body {
        Body::Detection(names, _) => lacking(own, names),
        Body::Correlation(below) if !below.group_by.iter().any(|g| g == name) => {
            let message = format!("the correlation '{}' is not grouped by '{name}'", base.doc.meta.title);
            Some((message, "of an alert below only the fields that it is grouped by are known".to_owned()))
        }
        _ => None,
    }
}

/// A rule and a filter that narrows it, as one.
fn joined(rule: &Detection, filter: &Detection) -> Detection {
    let mut both = rule.clone();
    let by = both.searches.len();
    both.names.extend(filter.names.iter().cloned());
    both.searches.extend(filter.searches.iter().cloned());
    both.condition = Cond::And(vec![rule.condition.clone(), moved(&filter.condition, by)]);
    both
}

/// A condition over searches that stand further behind.
fn moved(c: &Cond, by: usize) -> Cond {
    let each = |all: &[Cond]| all.iter().map(|c| moved(c, by)).collect();
    match c {
        Cond::Search(i) => Cond::Search(i + by),
        Cond::And(all) => Cond::And(each(all)),
        Cond::Or(any) => Cond::Or(each(any)),
        Cond::Not(inner) => Cond::Not(Box::new(moved(inner, by))),
        Cond::AtLeast(n, picked) => Cond::AtLeast(*n, picked.iter().map(|i| i + by).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use crate::detect::RuleFile;

    const BASE: &str = "title: Base\nname: b1\nid: dddddddd-0000-4000-8000-000000000001\ndescription: d\nlevel: low\n\
                        logsource: {product: windows, category: process_creation}\n\
                        detection: {s: {Image|endswith: '\\whoami.exe'}, condition: s}\n---\n";

    fn codes(second: &str) -> Vec<(&'static str, u32)> {
        let head = "title: Second\nid: dddddddd-0000-4000-8000-000000000002\ndescription: d\nlevel: low\n";
        let text = format!("{BASE}{head}{second}");
        check(&[RuleFile::new("a.yml", &text)]).into_iter().map(|f| (f.code, f.line)).collect()
    }

    #[test]
    fn filters_that_take_all() {
        let filter = |of: &str, body: &str| codes(&format!("logsource: {{product: windows{of}}}\nfilter:\n{body}"));
        let exe = "  rules: [b1]\n  s: {Image|endswith: .exe}\n  condition: not s\n";
        assert_eq!(filter("", exe), [("filter-removes-all", 17)]);
        assert_eq!(filter("", &exe.replace("[b1]", "any")), [("filter-removes-all", 17)]);
        assert_eq!(filter(", category: image_load", &exe.replace("[b1]", "any")), []);
        assert_eq!(filter("", &exe.replace(".exe", "xyz")), []);
        assert_eq!(filter("", &exe.replace("not s", "s and not s")), [("never-true", 17)]);
        let typo = exe.replace("Image|endswith: .exe", "CommandLin: abc");
        assert_eq!(filter("", &typo), [("unknown-field", 16)], "by the logsource of the rule that it names");
        assert_eq!(filter(", category: process_creation", &typo), [("unknown-field", 16)]);
    }

    #[test]
    fn correlations_by_what_is_not_there() {
        let with = |group: &str, condition: &str, more: &str| {
            codes(&format!(
                "correlation:\n  type: value_count\n  rules: [b1]\n  group-by: [{group}]\n  timespan: 5m\n  condition: {{{condition}}}\n{more}"
            ))
        };
        assert_eq!(with("Computer", "field: User, gte: 3", ""), []);
        assert_eq!(with("host, Computr", "field: User, gte: 3", ""), [("unknown-field", 16)]);
        assert_eq!(with("Computer", "field: TargetUserNam, gte: 3", ""), [("unknown-field", 18)]);
        assert_eq!(with("who", "field: Image, gte: 3", "  aliases: {who: {b1: User}}\n"), []);
        assert_eq!(with("who", "field: Image, gte: 3", "  aliases: {who: {b1: Usr}}\n"), [("unknown-field", 16)]);
    }

    #[test]
    fn chains_by_what_the_one_below_is_not_grouped_by() {
        let chain = |group: &str| {
            let above = "---\ntitle: Third\nid: dddddddd-0000-4000-8000-000000000003\ndescription: d\nlevel: low\n";
            codes(&format!(
                "name: c1\ncorrelation: {{type: event_count, rules: [b1], group-by: [User], timespan: 5m, condition: {{gte: 3}}}}\n\
                 {above}correlation: {{type: temporal, rules: [b1, c1], group-by: [{group}], timespan: 5m}}\n"
            ))
        };
        assert_eq!((chain("User"), chain("Image")), (vec![], vec![("unknown-field", 20)]));
        let temporal =
            |c: &str| codes(&format!("correlation: {{type: temporal, rules: [b1], timespan: 5m, condition: {c}}}\n"));
        assert_eq!((temporal("b1"), temporal("b1 and not b1")), (vec![], vec![("never-true", 13)]));
    }
}
