//! What `rules check` says: mistakes that keep a rule from loading, and things
//! that are allowed but most likely not meant.

mod condition;
mod contradiction;
mod fields;
mod keys;
mod logsource;
mod meta;
mod references;
mod sarif;
mod search;
mod values;
mod wildcard;

pub use fields::fields_of;

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

pub(in crate::detect) use self::fields::distance;
use self::references::Index;
use super::pipelines::Among;
use super::ruleset::NO_RULE;
use super::sigma::collection;
use super::sigma::rule::{self, Body, Document};
use super::sigma::yaml::{self, Node, Read, YamlError};
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

impl Finding {
    /// Whether it keeps its rule from being loaded.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.severity == Level::Error && self.code != "bad-id"
    }
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

/// The JSON Schema of rule files, for editors.
pub const SCHEMA: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rule.schema.json"));

/// The kinds of findings: code, level, and what it says in general.
pub const CODES: &[(&str, Level, &str)] = &[
    ("not-loaded", Level::Error, "The rule cannot be used as it is written."),
    ("no-rule", Level::Warning, "The file holds no rule."),
    ("duplicate-id", Level::Error, "Another rule has the same id; the first one stays."),
    ("duplicate-name", Level::Warning, "Another rule has the same name; correlations mean the first one."),
    ("bad-id", Level::Error, "The id is no UUID."),
    ("no-id", Level::Warning, "The rule has no id that alerts and verdicts could refer to."),
    ("no-level", Level::Warning, "The rule has no level."),
    ("no-description", Level::Info, "The rule has no description."),
    ("unknown-status", Level::Warning, "The status is none of Sigma's."),
    ("unknown-key", Level::Warning, "A key is not read, and nearly one that is."),
    ("bad-date", Level::Warning, "A date is none."),
    ("not-text", Level::Warning, "An item of a list of texts is no text."),
    ("bad-tag", Level::Warning, "A tag is no tactic or technique of ATT&CK."),
    ("retired-tag", Level::Info, "A tag is a tactic or technique that ATT&CK has retired."),
    ("any-logsource", Level::Info, "The rule looks at every event."),
    ("unknown-logsource", Level::Warning, "No parser gives events this logsource, so the rule cannot fire by itself."),
    ("unknown-field", Level::Warning, "Events of the rule's logsource have no such field."),
    ("never-true", Level::Error, "The condition can never be true."),
    ("contradiction", Level::Warning, "No value of a field is all that a map asks for."),
    ("filter-removes-all", Level::Warning, "A filter takes out everything that a search finds."),
    ("unused-search", Level::Warning, "A search is not used by the condition."),
    ("idle-all", Level::Info, "'all' stands with a single value."),
    ("broad-pattern", Level::Info, "A pattern matches nearly anything."),
    ("unanchored-name", Level::Info, "The name of a program also matches longer names."),
    ("unanchored-wildcard", Level::Info, "Wildcards let a value match anywhere."),
    ("idle-wildcard", Level::Info, "A wildcard adds nothing."),
    ("dear-regex", Level::Info, "A regular expression is tried on every value."),
    ("always-tried", Level::Info, "The rule is evaluated for every event of its logsource."),
];

/// Checks rule files, each by itself and all together; sorted by place.
#[must_use]
pub fn check(files: &[RuleFile]) -> Vec<Finding> {
    let mut out = Vec::new();
    // Each file is read once, for the rule set and for what is looked at here.
    let mut wrong: Vec<Vec<YamlError>> = Vec::with_capacity(files.len());
    let mut docs = Vec::with_capacity(files.len());
    for f in files {
        let read = yaml::read(&f.text);
        // Of what is wrong the first is told as the reason why the rule is not loaded.
        let mut more: Vec<YamlError> = read.iter().flat_map(|d| d.errors.iter().skip(1).cloned()).collect();
        for d in read.iter().filter(|d| !d.errors.is_empty()) {
            more.extend(d.root.as_ref().map(rule::faults).unwrap_or_default());
        }
        wrong.push(more);
        docs.push(collection::expand(read.into_iter().filter_map(Read::result).collect()));
    }
    let rules = RuleSet::load_read(files, &docs);
    for r in rules.rules() {
        if let Some(reason) = &r.reason {
            let (line, column, message) = place(&r.path, reason);
            let (code, hint) = match message.as_str() {
                m if m.starts_with("the id ") && m.contains(" is that of ") => {
                    ("duplicate-id", "give one of them another id, for example the output of uuidgen")
                }
                m if m.ends_with("the condition can never hold") => {
                    ("never-true", "look for tests that contradict each other")
                }
                NO_RULE => ("no-rule", "delete the file, or write a rule into it"),
                _ => ("not-loaded", ""),
            };
            out.push(Finding {
                path: r.path.to_string(),
                line: line.unwrap_or(r.line),
                column,
                severity: if code == "no-rule" { Level::Warning } else { Level::Error },
                code,
                message,
                hint: hint.to_owned(),
            });
        }
    }
    always_tried(&rules, &mut out);
    names_given_twice(&rules, &mut out);
    let mut read: Vec<Doc<'_>> = Vec::new();
    let among = Among::of(files, &docs);
    for ((f, docs), mut wrong) in files.iter().zip(docs).zip(wrong) {
        for node in f.changed(docs, &among).into_iter().flatten() {
            match rule::parse(&node) {
                Ok(doc) => read.push(Doc { path: &f.path, node, doc }),
                Err(_) => wrong.extend(rule::faults(&node).into_iter().skip(1)),
            }
        }
        out.extend(wrong.into_iter().map(|e| Finding {
            path: f.path.clone(),
            line: e.line,
            column: e.column,
            severity: Level::Error,
            code: "not-loaded",
            message: e.message,
            hint: String::new(),
        }));
    }
    let index = Index::new(&read);
    for d in &read {
        Checker { path: d.path, node: &d.node, out: &mut out }.document(&d.doc, &index);
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
    // What is wrong with a file as a whole has no place, and may have a colon.
    if !place.bytes().all(|b| b.is_ascii_digit() || b == b':') {
        return (None, 1, rest.trim().to_owned());
    }
    let mut numbers = place.split(':').map(|n| n.parse::<u32>().ok());
    (numbers.next().flatten(), numbers.next().flatten().unwrap_or(1), message.to_owned())
}

/// Rules that no predicate wakes: they cost something on every event.
fn always_tried(rules: &RuleSet, out: &mut Vec<Finding>) {
    for c in rules.compiled().rules.iter().filter(|c| c.always) {
        let Some(r) = rules.rule(c.rule).filter(|r| r.loaded) else { continue };
        out.push(Finding {
            path: r.path.to_string(),
            line: r.line,
            column: 1,
            severity: Level::Info,
            code: "always-tried",
            message: format!("nothing that the rule asks for is rare: it is tried on every event of {}", r.logsource),
            hint: "add a value or a text that every match has".to_owned(),
        });
    }
}

/// Names that two rules have: a correlation that refers to one gets the first, maybe the wrong one.
fn names_given_twice(rules: &RuleSet, out: &mut Vec<Finding>) {
    let mut seen: HashMap<&str, (&str, u32)> = HashMap::new();
    for r in rules.rules().iter().filter(|r| r.loaded) {
        let Some(name) = r.name.as_deref() else { continue };
        let (path, line) = *seen.entry(name).or_insert((&r.path, r.line));
        if (path, line) != (&*r.path, r.line) {
            out.push(Finding {
                path: r.path.to_string(),
                line: r.line,
                column: 1,
                severity: Level::Warning,
                code: "duplicate-name",
                message: format!("the name '{name}' is that of {path}:{line}"),
                hint: "give one of them another name: correlations that name it mean the first".to_owned(),
            });
        }
    }
}

/// A document that can be read.
struct Doc<'a> {
    path: &'a str,
    node: Node,
    doc: Document,
}

/// Findings of one document.
struct Checker<'a> {
    path: &'a str,
    node: &'a Node,
    out: &'a mut Vec<Finding>,
}

impl Checker<'_> {
    fn say(&mut self, at: (u32, u32), code: &'static str, message: String, hint: &str) {
        let severity = CODES.iter().find(|c| c.0 == code).map_or(Level::Info, |c| c.1);
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

    /// Where the condition stands.
    fn at_condition(&self) -> (u32, u32) {
        let body = ["detection", "filter", "correlation"].into_iter().find_map(|k| self.node.get(k));
        let at = body.and_then(|b| b.get("condition")).unwrap_or(self.node);
        (at.line, at.column)
    }

    fn document(&mut self, doc: &Document, all: &Index<'_>) {
        self.meta(doc);
        self.keys();
        match &doc.body {
            Body::Detection(names, d) => {
                self.logsource(names, d);
                self.fields(names, d);
                self.event_ids(names, d);
                self.searches(d);
                self.wildcards(d);
                self.condition(d);
            }
            Body::Filter(names, target, d) => {
                self.searches(d);
                self.wildcards(d);
                self.filter((names, target, d), all);
            }
            Body::Correlation(c) => self.correlation(c, all),
        }
    }
}

pub use sarif::sarif;

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<(&'static str, u32)> {
        check(&[RuleFile::new("a.yml", text)]).into_iter().map(|f| (f.code, f.line)).collect()
    }

    const GOOD: &str = "title: T\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\ndescription: d\nlevel: low\ntags: [attack.t1110, attack.credential-access]\n\
                        logsource: {product: linux}\ndetection:\n  s: {A: 1}\n  condition: s\n";

    #[test]
    fn a_good_rule_is_silent() {
        assert_eq!(codes(GOOD), []);
    }

    #[test]
    fn what_cannot_be_meant() {
        let windows = GOOD.replace("{product: linux}", "{product: windows, category: process_creation}");
        let with = |d: &str| windows.replace("  s: {A: 1}\n  condition: s\n", d);
        for (detection, code, line) in [
            ("  s: {commandline: x}\n  condition: s\n", "unknown-field", 8),
            ("  s: {EventID: 1}\n  t: {EventID: 2}\n  condition: s and t\n", "never-true", 10),
            ("  s: {EventID: 1}\n  condition: s and not s\n", "never-true", 9),
            (
                "  s: {Image: abc, User: b}\n  f: {Image|contains: AB}\n  condition: s and not f\n",
                "filter-removes-all",
                10,
            ),
            (
                "  s: {Image|endswith: ['\\a.exe', '\\b.exe'], User: abc}\n  f: {Image|endswith: a.exe}\n  g: {Image|contains: '\\b.'}\n  condition: s and not f and not g\n",
                "filter-removes-all",
                11,
            ),
            ("  s: {Image: abc}\n  f: {Image|re: '.*'}\n  condition: s and not f\n", "filter-removes-all", 10),
            ("  s: {EventID: 4624, Image: abc}\n  condition: s\n", "contradiction", 8),
            ("  s: {Image|endswith: cmd.exe}\n  condition: s\n", "unanchored-name", 8),
            ("  s: {Image|re: '[a-z]+'}\n  condition: not s\n", "always-tried", 1),
        ] {
            assert!(codes(&with(detection)).contains(&(code, line)), "{detection}: {:?}", codes(&with(detection)));
        }
        for fine in [
            "  s: {CommandLine: x, src_ip: y}\n  condition: s\n",
            "  s: {Image: a}\n  f: {Image|contains: bb}\n  condition: s and not f\n",
            "  s: [{Image: a}, {Image: b}]\n  f: {Image: a}\n  condition: s and not f\n",
            "  s: {EventID: [1, 4688]}\n  t: {EventID: 4688}\n  condition: s and t\n",
            "  s: {Image: a}\n  f: {Image: a, User: b}\n  condition: s and not f\n",
            "  s: {Image: [a, b]}\n  f: {Image: a}\n  g: {Image: c}\n  condition: s and not f and not g\n",
            "  s: {Image: [a, b]}\n  f: {Image: a}\n  g: {Image: b}\n  condition: s and not (f and g)\n",
            "  s: {EventID: [1, 4688], Image: abc}\n  condition: s\n",
            "  s: {Image: a}\n  t: {Image: b}\n  condition: 1 of them\n",
        ] {
            assert_eq!(codes(&with(fine)), [], "{fine}");
        }
        assert_eq!(
            codes(&GOOD.replace("product: linux", "product: okta, service: nonsense")),
            [("unknown-logsource", 6)]
        );
        assert_eq!(codes(&GOOD.replace("A: 1", "usr: root")), [("unknown-field", 8)]);
        assert_eq!(codes(&GOOD.replace("attack.t1110", "attack.t1562.001")), [("retired-tag", 5)]);
    }

    #[test]
    fn every_finding_has_its_kind_described() {
        let known: std::collections::BTreeSet<&str> = CODES.iter().map(|c| c.0).collect();
        assert_eq!(known.len(), CODES.len());
        for (code, _, text) in CODES {
            assert!(text.ends_with('.') && !code.contains(' '), "{code}");
        }
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
        assert_eq!(codes(&format!("{GOOD}---\n{GOOD}")), [("duplicate-id", 11)]);
        let named = GOOD.replace("level: low", "name: n\nlevel: low");
        let other = named.replace("929a690e", "929a690f");
        assert_eq!(codes(&format!("{named}---\n{other}")), [("duplicate-name", 12)]);
        assert!(codes("a: [1").iter().all(|(code, _)| *code == "not-loaded"));
    }

    #[test]
    fn every_mistake_of_a_file_is_told() {
        let text = "title: A\nlevel: huge\nlogsource: {product: linux}\ndetection:\n  s: {A|contain: 1, B: []}\n  t: [{C|re: x, C|re|contains: y}]\n  condition: s and q\n\
                    ---\ntitle: B\ntitle: C\ndetection: {s: {A: 1}, condition: s}\n---\n[\n---\ntitle: D\n";
        let found: Vec<(u32, String)> =
            check(&[RuleFile::new("a.yml", text)]).into_iter().map(|f| (f.line, f.message)).collect();
        let lines: Vec<u32> = found.iter().map(|f| f.0).collect();
        assert_eq!(lines, [2, 5, 5, 6, 7, 9, 10, 14, 15], "{found:#?}");
    }

    #[test]
    fn a_file_without_a_rule_is_told() {
        for text in ["", "# only a remark\n", "---\n---\n", "action: global\ntitle: T\n"] {
            let found = check(&[RuleFile::new("a.yml", text)]);
            assert_eq!(found.iter().map(|f| (f.code, f.severity)).collect::<Vec<_>>(), [("no-rule", Level::Warning)]);
        }
    }

    #[test]
    fn reasons_are_taken_apart() {
        assert_eq!(place("a.yml", "a.yml:3:4: text: more"), (Some(3), 4, "text: more".into()));
        assert_eq!(place("a.yml", "cannot be read"), (None, 1, "cannot be read".into()));
    }
}
