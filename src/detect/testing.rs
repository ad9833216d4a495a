//! Tests beside rules: raw log lines that a rule must or must not match.
//!
//! `NAME.test.yml` stands beside `NAME.yml` and holds a list of cases (or a
//! mapping with the list under `cases`):
//!
//! ```yaml
//! - name: nine failures in a minute
//!   format: syslog        # optional: else detected as for a file
//!   rule: ssh_guessing    # optional: id, name or title; else all of the file
//!   expect: match         # or no_match
//!   count: 1              # optional: how many matches, or alerts of a correlation
//!   lines:
//!     - "Mar  2 09:04:00 …"
//! ```
//!
//! The lines go through the real parsers, the engine and, for correlations,
//! the real windows; parsers and windows are given by the caller as a [`Correlate`].

use std::sync::Arc;

use crate::event::{Batch, Record, Schema, Span, Ts};

use super::sigma::value::decimal;
use super::sigma::yaml::{self, Node, YamlError};
use super::{Hit, Matcher, RuleFile, RuleIdx, RuleSet};

/// Reference for years that test lines leave out: 2025-12-31T23:59:59Z.
pub const TIME_REFERENCE: Ts = Ts::from_secs(1_767_225_599);

/// One case of a test file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The format of the lines, where it must not be guessed.
    pub format: Option<String>,
    /// The rule meant, where the file has several.
    pub rule: Option<String>,
    /// Raw log lines.
    pub lines: Vec<String>,
    /// Whether the rule must match.
    pub expect: bool,
    /// How many times, where that matters.
    pub count: Option<u64>,
    /// Its line in the file.
    pub line: u32,
}

/// How a case went.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Outcome {
    /// Path of the test file.
    pub path: String,
    /// Line of the case.
    pub line: u32,
    /// Name of the case.
    pub case: String,
    /// Whether all was as expected.
    pub passed: bool,
    /// What was expected and what happened, where they differ.
    pub message: String,
}

/// What stands before and after the engine: the parsers of the case's lines,
/// and the windows that turn hits into alerts of correlations.
pub trait Correlate {
    /// Parses the framed lines of a case; years that they leave out are those
    /// before [`TIME_REFERENCE`].
    ///
    /// # Errors
    /// Where the case's format is none.
    fn parse(&mut self, case: &Case, batch: &mut Batch, schema: &Arc<Schema>) -> Result<(), String>;

    /// Rule and number of alerts, for every rule that raised any.
    fn alerts(&mut self, rules: &Arc<RuleSet>, batch: &Batch, hits: &[Hit]) -> Vec<(RuleIdx, u64)>;
}

/// Reads a test file: each case, or what is wrong with it.
#[must_use]
pub fn parse(text: &str) -> Vec<Result<Case, YamlError>> {
    let mut cases = Vec::new();
    for doc in yaml::parse(text) {
        let doc = match doc {
            Ok(doc) => doc,
            Err(e) => {
                cases.push(Err(e));
                continue;
            }
        };
        let list = doc.get("cases").unwrap_or(&doc);
        match list.seq() {
            Some(items) => cases.extend(items.iter().map(case)),
            None => cases.push(Err(YamlError::at(list, "expected a list of cases"))),
        }
    }
    cases
}

fn case(n: &Node) -> Result<Case, YamlError> {
    let entries = n.map().ok_or_else(|| YamlError::at(n, "a case is a mapping with name, lines and expect"))?;
    let text = |key: &str| n.get(key).and_then(Node::text).map(str::to_owned);
    let mut case = Case {
        name: text("name").ok_or_else(|| YamlError::at(n, "the case has no name"))?,
        format: text("format"),
        rule: text("rule"),
        lines: Vec::new(),
        expect: true,
        count: None,
        line: n.line,
    };
    for (k, v) in entries {
        match k.text().unwrap_or("") {
            "name" | "format" | "rule" => {}
            "expect" => {
                case.expect = match v.text() {
                    Some("match") => true,
                    Some("no_match") => false,
                    _ => return Err(YamlError::at(v, "expect is match or no_match")),
                };
            }
            "count" => {
                let n = v.text().and_then(decimal).filter(|n| n.fract() == 0.0 && (0.0..1e9).contains(n));
                case.count = Some(n.ok_or_else(|| YamlError::at(v, "count is a whole number"))? as u64);
            }
            "lines" => {
                for l in v.items() {
                    let line = l.text().ok_or_else(|| YamlError::at(l, "a line is text"))?;
                    case.lines.push(line.to_owned());
                }
            }
            other => {
                let known = "name, format, rule, lines, expect, count";
                return Err(YamlError::at(k, format!("unknown in a case: '{other}'; known are {known}")));
            }
        }
    }
    if n.get("expect").is_none() {
        return Err(YamlError::at(n, "the case does not say what to expect: match or no_match"));
    }
    if case.lines.is_empty() {
        // Without a record nothing is tested, whatever is expected.
        return Err(YamlError::at(n.get("lines").unwrap_or(n), "the case has no lines: nothing would be tested"));
    }
    if !case.expect && case.count.is_some_and(|c| c > 0) {
        let at = n.get("count").unwrap_or(n);
        return Err(YamlError::at(at, "no_match has no count: expect match to say how many"));
    }
    Ok(case)
}

/// Path of the rule file that a test file stands beside.
#[must_use]
pub fn rule_path(test_path: &str) -> String {
    match test_path.rsplit_once(".test.") {
        Some((stem, ext)) => format!("{stem}.{ext}"),
        None => test_path.to_owned(),
    }
}

/// Runs the cases of test files against a rule set that holds their rules.
pub fn run(tests: &[RuleFile], rules: &Arc<RuleSet>, correlate: &mut impl Correlate) -> Vec<Outcome> {
    let mut out = Vec::new();
    let mut matcher = Matcher::new(rules);
    for f in tests {
        let fail = |line: u32, message: String| Outcome {
            path: f.path.clone(),
            line,
            case: String::new(),
            passed: false,
            message,
        };
        if let Some(e) = &f.error {
            out.push(fail(1, e.clone()));
            continue;
        }
        let cases = parse(&f.text);
        if cases.is_empty() {
            out.push(fail(1, "the file has no cases: nothing would be tested".to_owned()));
        }
        for c in cases {
            let c = match c {
                Ok(c) => c,
                Err(e) => {
                    out.push(fail(e.line, e.message));
                    continue;
                }
            };
            let message = run_case(&c, &rule_path(&f.path), rules, &mut matcher, correlate).err();
            out.push(Outcome {
                path: f.path.clone(),
                line: c.line,
                case: c.name,
                passed: message.is_none(),
                message: message.unwrap_or_default(),
            });
        }
    }
    out
}

fn run_case(
    c: &Case,
    path: &str,
    rules: &Arc<RuleSet>,
    matcher: &mut Matcher,
    correlate: &mut impl Correlate,
) -> Result<(), String> {
    let meant = meant(c, path, rules)?;
    let mut batch = frame(c);
    correlate.parse(c, &mut batch, &rules.schema())?;
    let mut hits = Vec::new();
    matcher.match_batch(&batch, &mut hits);
    let alerts = correlate.alerts(rules, &batch, &hits);
    let mut count = 0;
    for idx in &meant {
        count += if rules.rule(*idx).is_some_and(super::RuleInfo::is_correlation) {
            alerts.iter().filter(|(r, _)| r == idx).map(|(_, n)| n).sum::<u64>()
        } else {
            hits.iter().filter(|h| h.rule == *idx).count() as u64
        };
    }
    match (c.expect, count, c.count) {
        (true, 0, _) => Err("expected a match, found none".into()),
        (false, n, _) if n > 0 => Err(format!("expected no match, found {n}")),
        (_, n, Some(want)) if n != want => Err(format!("expected {want}, found {n}")),
        _ => Ok(()),
    }
}

/// The rules that a case is about: the one it names; else the correlations of
/// the file; else its detections.
fn meant(c: &Case, path: &str, rules: &RuleSet) -> Result<Vec<RuleIdx>, String> {
    let mut found = Vec::new();
    for (i, r) in rules.rules().iter().enumerate() {
        let here = &*r.path == path || r.path.ends_with(&format!("/{path}"));
        let named = |n: &String| r.name.as_deref() == Some(n) || *r.title == **n || *r.id == **n;
        if c.rule.as_ref().map_or(here, named) {
            if let Some(reason) = &r.reason {
                return Err(format!("the rule is not loaded: {reason}"));
            }
            found.push((RuleIdx(i as u32), r.is_correlation()));
        }
    }
    if found.is_empty() {
        return Err(c.rule.as_ref().map_or_else(|| format!("no rule file {path}"), |r| format!("no rule '{r}'")));
    }
    let any = found.iter().any(|(_, correlation)| *correlation);
    Ok(found.into_iter().filter(|(_, correlation)| !any || *correlation).map(|(i, _)| i).collect())
}

/// The lines of a case as the records of one source.
fn frame(c: &Case) -> Batch {
    let mut batch = Batch::default();
    let mut offset = 0;
    for (i, l) in c.lines.iter().enumerate() {
        let start = batch.text.len();
        batch.text.push_str(l);
        batch.text.push('\n');
        let record = Record::new(Span::text(start, l.len()), offset, l.len() as u64, i as u64 + 1);
        batch.records.push(record);
        offset += l.len() as u64 + 1;
    }
    batch
}

#[cfg(test)]
mod tests {
    use super::*;

    struct NoWindows;

    impl Correlate for NoWindows {
        fn parse(&mut self, case: &Case, batch: &mut Batch, schema: &Arc<Schema>) -> Result<(), String> {
            use crate::parse::{Options, Parser, Scratch};
            let sample = batch.text.clone();
            let parser = Parser::for_source(&case.name, sample.as_bytes(), &Options::new(TIME_REFERENCE), schema);
            parser.parse_batch(batch, &mut Scratch::default());
            Ok(())
        }

        fn alerts(&mut self, _: &Arc<RuleSet>, _: &Batch, _: &[Hit]) -> Vec<(RuleIdx, u64)> {
            Vec::new()
        }
    }

    #[test]
    fn cases_run_through_the_parsers() {
        let rule = "title: R\nlogsource: {product: linux, service: sshd}\ndetection:\n  s: {event_type: ssh_login_failed, user: root}\n  condition: s\n";
        let rules = Arc::new(RuleSet::load(&[RuleFile::new("a/r.yml", rule)]));
        let line = "Mar  2 09:04:00 bastion sshd[1000]: Failed password for root from 198.51.100.10 port 40000 ssh2";
        let test = format!(
            "cases:\n- {{name: yes, expect: match, count: 1, lines: [\"{line}\"]}}\n- {{name: no, expect: no_match, lines: [\"{}\"]}}\n\
             - {{name: wrong, expect: no_match, lines: [\"{line}\"]}}\n",
            line.replace("root", "bob")
        );
        let out = run(&[RuleFile::new("a/r.test.yml", test)], &rules, &mut NoWindows);
        assert_eq!(out.iter().map(|o| o.passed).collect::<Vec<_>>(), [true, true, false]);
        assert_eq!((out[2].line, out[2].message.as_str()), (4, "expected no match, found 1"));
    }

    #[test]
    fn mistakes_are_placed() {
        for (text, line, word) in [
            ("a: 1", 1, "list"),
            ("- {lines: []}", 1, "no name"),
            ("- name: x\n  expect: maybe\n", 2, "match or no_match"),
            ("- name: x\n  lines: []\n", 1, "what to expect"),
            ("- name: x\n  expect: no_match\n  lines: []\n", 3, "no lines"),
            ("- name: x\n  expect: no_match\n", 1, "no lines"),
            ("- name: x\n  expect: no_match\n  count: 1\n  lines: [a]\n", 3, "no_match has no count"),
            // What is wrong with one says nothing of the others.
            (
                "- {name: x, expect: match, lines: [a]}\n- {name: y}\n- {name: z, expect: match, lines: [a]}\n",
                2,
                "what to expect",
            ),
            ("- name: x\n  expect: match\n  colour: 1\n", 3, "unknown"),
        ] {
            let wrong: Vec<YamlError> = parse(text).into_iter().filter_map(Result::err).collect();
            let [e] = wrong.as_slice() else { panic!("{text}: {wrong:?}") };
            assert!(e.line == line && e.message.contains(word), "{text}: {e}");
        }
    }
}
