//! What `rules check` says: mistakes that keep a rule from loading, and things
//! that are allowed but most likely not meant.

use std::fmt;

use serde::Serialize;

use super::describe::TACTICS;
use super::sigma::ast::{Det, Item, Test};
use super::sigma::collection;
use super::sigma::glob::Part;
use super::sigma::rule::{self, Body, Detection, Document};
use super::sigma::yaml::{self, Node};
use super::{RuleFile, RuleSet};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Most likely not meant.
    Warning,
    /// The rule is not loaded, or its identity is wrong.
    Error,
}

/// The code of findings that keep a rule from being loaded.
pub const NOT_LOADED: &str = "not-loaded";

/// One finding and its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Path of the rule file.
    pub path: String,
    /// Line, 1-based.
    pub line: u32,
    /// Column, 1-based.
    pub column: u32,
    /// How much it matters.
    pub severity: Level,
    /// A stable name for this kind of finding.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.severity {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        write!(f, "{}:{}:{}: {level}: {} [{}]", self.path, self.line, self.column, self.message, self.code)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, "\n  hint: {}", self.hint) }
    }
}

/// Checks rule files, each by itself and all together; sorted by place.
#[must_use]
pub fn check(files: &[RuleFile]) -> Vec<Finding> {
    let mut out = Vec::new();
    let rules = RuleSet::load(files);
    for r in rules.rules() {
        if let Some(reason) = &r.reason {
            let (line, column, message) = place(&r.path, reason);
            out.push(Finding {
                path: r.path.to_string(),
                line: line.unwrap_or(r.line),
                column,
                severity: Level::Error,
                code: NOT_LOADED,
                message,
                hint: String::new(),
            });
        }
    }
    for f in files {
        for node in collection::expand(yaml::parse(&f.text)).into_iter().flatten() {
            if let Ok(doc) = rule::parse(&node) {
                Checker { path: &f.path, node: &node, out: &mut out }.document(&doc);
            }
        }
    }
    out.sort_by(|a, b| (&a.path, a.line, a.column, a.code).cmp(&(&b.path, b.line, b.column, b.code)));
    out
}

/// Line, column and text of a reason such as `path:3:4: text`.
fn place(path: &str, reason: &str) -> (Option<u32>, u32, String) {
    let Some(rest) = reason.strip_prefix(path).and_then(|r| r.strip_prefix(':')) else {
        return (None, 1, reason.to_owned());
    };
    let Some((place, message)) = rest.split_once(": ") else { return (None, 1, rest.trim().to_owned()) };
    let mut numbers = place.split(':').map(|n| n.parse::<u32>().ok());
    (numbers.next().flatten(), numbers.next().flatten().unwrap_or(1), message.to_owned())
}

struct Checker<'a> {
    path: &'a str,
    node: &'a Node,
    out: &'a mut Vec<Finding>,
}

impl Checker<'_> {
    fn say(&mut self, at: (u32, u32), severity: Level, code: &'static str, message: String, hint: &str) {
        self.out.push(Finding {
            path: self.path.to_owned(),
            line: at.0,
            column: at.1,
            severity,
            code,
            message,
            hint: hint.to_owned(),
        });
    }

    fn at(&self, key: &str) -> (u32, u32) {
        self.node.get(key).map_or((self.node.line, self.node.column), |n| (n.line, n.column))
    }

    fn document(&mut self, doc: &Document) {
        self.meta(doc);
        match &doc.body {
            Body::Detection(logsource, d) => {
                if logsource.product.is_empty() && logsource.category.is_empty() && logsource.service.is_empty() {
                    let hint = "name product, category or service, so that other events are not looked at";
                    self.say(
                        self.at("logsource"),
                        Level::Info,
                        "any-logsource",
                        "the rule looks at every event".into(),
                        hint,
                    );
                }
                self.detection(d);
            }
            Body::Filter(_, _, d) => self.detection(d),
            Body::Correlation(_) => {}
        }
    }

    fn meta(&mut self, doc: &Document) {
        let at_id = self.at("id");
        match &doc.meta.id {
            None => self.say(
                at_id,
                Level::Warning,
                "no-id",
                "the rule has no id".into(),
                "give it a UUID; alerts and verdicts refer to it",
            ),
            Some(id) if !is_uuid(id) => {
                self.say(
                    at_id,
                    Level::Error,
                    "bad-id",
                    format!("the id '{id}' is no UUID"),
                    "for example the output of uuidgen",
                );
            }
            Some(_) => {}
        }
        if doc.meta.level.is_none() && !matches!(doc.body, Body::Filter(..)) {
            self.say(
                self.at("level"),
                Level::Warning,
                "no-level",
                "the rule has no level; medium is assumed".into(),
                "informational, low, medium, high or critical",
            );
        }
        if doc.meta.description.is_empty() {
            self.say(self.at("description"), Level::Info, "no-description", "the rule has no description".into(), "");
        }
        for key in ["references", "falsepositives", "tags"] {
            let odd = self.node.get(key).map(Node::items).unwrap_or(&[]).iter().find(|n| n.text().is_none());
            if let Some(at) = odd.map(|n| (n.line, n.column)) {
                let hint = "put text that contains ': ' in quotes";
                self.say(at, Level::Warning, "not-text", format!("an item of {key} is no text"), hint);
            }
        }
        let tags: Vec<((u32, u32), String)> = (self.node.get("tags").map(Node::items).unwrap_or(&[]).iter())
            .filter_map(|t| Some(((t.line, t.column), t.text()?.to_owned())))
            .collect();
        for (at, tag) in tags {
            if let Some(problem) = tag_problem(&tag) {
                self.say(at, Level::Warning, "bad-tag", problem, "see attack.mitre.org for tactics and techniques");
            }
        }
    }

    fn detection(&mut self, d: &Detection) {
        for (name, search) in d.names.iter().zip(&d.searches) {
            let at = self.node.get("detection").or_else(|| self.node.get("filter")).and_then(|n| n.get(name));
            let at = at.map_or((self.node.line, self.node.column), |n| (n.line, n.column));
            if !used(&d.condition, d.names.iter().position(|n| n == name).unwrap_or(usize::MAX)) {
                let message = format!("the search '{name}' is not used by the condition");
                self.say(at, Level::Warning, "unused-search", message, "use it, or take it out");
            }
            self.search(search);
        }
    }

    fn search(&mut self, search: &Det) {
        let mut items: Vec<Item> = Vec::new();
        search.each_item(&mut |i| items.push(i.clone()));
        for i in items {
            let at = (i.line, i.column);
            let field = i.field.clone().unwrap_or_else(|| "keywords".into());
            for test in i.values.iter().flatten() {
                match test {
                    Test::Regex { pattern } if super::compile::guard::literals(pattern).is_none() => {
                        let hint = "a literal part that every match contains lets the engine skip most events";
                        self.say(
                            at,
                            Level::Info,
                            "dear-regex",
                            format!("'{field}': the regular expression '{pattern}' is tried on every value"),
                            hint,
                        );
                    }
                    Test::Str { pattern, .. } => {
                        let short = pattern.longest().is_none_or(|l| l.chars().count() < 2);
                        // At one end it is as good as any: machine accounts end in a dollar sign.
                        let open = |p: Option<&Part>| p == Some(&Part::Many);
                        let wild = open(pattern.0.first()) && open(pattern.0.last()) && pattern.0.len() > 1;
                        if short && wild {
                            self.say(
                                at,
                                Level::Info,
                                "broad-pattern",
                                format!("'{field}': a pattern of one character matches nearly anything"),
                                "",
                            );
                        }
                    }
                    _ => {}
                }
            }
            if i.all && i.values.len() < 2 {
                self.say(
                    at,
                    Level::Info,
                    "idle-all",
                    format!("'{field}': 'all' says nothing about a single value"),
                    "",
                );
            }
        }
    }
}

fn used(c: &super::sigma::condition::Cond, search: usize) -> bool {
    use super::sigma::condition::Cond;
    match c {
        Cond::Search(i) => *i == search,
        Cond::And(all) | Cond::Or(all) => all.iter().any(|c| used(c, search)),
        Cond::Not(c) => used(c, search),
        Cond::AtLeast(_, picked) => picked.contains(&search),
    }
}

fn is_uuid(id: &str) -> bool {
    let mut groups = id.split('-');
    let shape = [8, 4, 4, 4, 12];
    shape.iter().all(|len| groups.next().is_some_and(|g| g.len() == *len && g.bytes().all(|b| b.is_ascii_hexdigit())))
        && groups.next().is_none()
}

fn tag_problem(tag: &str) -> Option<String> {
    let word = tag.strip_prefix("attack.")?.to_ascii_lowercase().replace('_', "-");
    let rest = word.get(1..).unwrap_or("");
    let number = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if TACTICS.contains(&word.as_str()) {
        return None;
    }
    if word.starts_with(['t', 'g', 's', 'c', 'm', 'd']) && number {
        let (main, sub) = rest.split_once('.').unwrap_or((rest, "000"));
        let fits = main.len() == 4 && sub.len() == 3 && (word.starts_with('t') || !rest.contains('.'));
        return (!fits).then(|| format!("'{tag}' is not written like an ATT&CK id"));
    }
    Some(format!("'{tag}' names no ATT&CK tactic or technique"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<(&'static str, u32)> {
        check(&[RuleFile::new("a.yml", text)]).into_iter().map(|f| (f.code, f.line)).collect()
    }

    const GOOD: &str = "title: T\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\ndescription: d\nlevel: low\ntags: [attack.t1110, attack.credential-access]\n\
                        logsource: {product: x}\ndetection:\n  s: {A: 1}\n  condition: s\n";

    #[test]
    fn a_good_rule_is_silent() {
        assert_eq!(codes(GOOD), []);
    }

    #[test]
    fn findings_are_placed() {
        assert_eq!(codes(&GOOD.replace("929a690e", "x")), [("bad-id", 2)]);
        assert_eq!(codes(&GOOD.replace("attack.t1110", "attack.t11")), [("bad-tag", 5)]);
        assert_eq!(codes(&GOOD.replace("credential-access", "nonsense")), [("bad-tag", 5)]);
        assert_eq!(codes(&GOOD.replace("level: low\n", "")), [("no-level", 1)]);
        assert_eq!(codes(&GOOD.replace("condition: s\n", "t: {B: 1}\n  condition: s\n")), [("unused-search", 9)]);
        assert_eq!(codes(&GOOD.replace("A: 1", "A|re: '[a-z]+'")), [("dear-regex", 8)]);
        assert_eq!(codes(&GOOD.replace("A: 1", "A|contains: $")), [("broad-pattern", 8)]);
        assert_eq!(codes(&GOOD.replace("A: 1", "A|endswith: $")), []);
        assert_eq!(codes(&GOOD.replace("condition: s", "condition: q")), [("not-loaded", 9)]);
        assert_eq!(codes(&format!("{GOOD}---\n{GOOD}")), [("not-loaded", 11)]);
        assert!(codes("a: [1").iter().all(|(code, _)| *code == "not-loaded"));
    }

    #[test]
    fn reasons_are_taken_apart() {
        assert_eq!(place("a.yml", "a.yml:3:4: text: more"), (Some(3), 4, "text: more".into()));
        assert_eq!(place("a.yml", "cannot be read"), (None, 1, "cannot be read".into()));
    }
}
