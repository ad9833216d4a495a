//! Transformations of items and their values.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};

use super::Pipeline;
use super::conditions::is_number;
use super::params::{Params, string};
use super::tree::{Leaf, Tree, scalar};
use crate::detect::sigma::glob::{Part, Pattern};
use crate::detect::sigma::value::decimal;
use crate::detect::sigma::yaml::{Node, Value, YamlError};

/// Their types.
pub(super) const KINDS: &[&str] = &[
    "drop_detection_item",
    "replace_string",
    "map_string",
    "set_value",
    "convert_type",
    "case",
    "regex",
    "hashes_fields",
    "detection_item_failure",
];

/// The modifiers that say where in a value the text stands.
const PLACES: [&str; 3] = ["contains", "startswith", "endswith"];

/// What is done to an item.
#[derive(Debug, Clone)]
pub(super) enum Edit {
    /// It is taken out.
    Drop,
    /// A regular expression is replaced in its texts.
    Replace {
        /// What is looked for.
        regex: Regex,
        /// What stands there then; `\1` and `\g<name>` are groups.
        with: String,
        /// Whether wildcards keep out of it.
        skip: bool,
        /// Whether `*` and `?` of the replacement are wildcards.
        interpret: bool,
    },
    /// Whole texts become others.
    Map(BTreeMap<String, Vec<String>>),
    /// All its values become this one.
    Set(Node),
    /// Texts become numbers (`true`), or numbers texts.
    Convert(bool),
    /// Letters become lower, upper, or snake case.
    Case(&'static str),
    /// Texts become regular expressions, with regard to case or not.
    Regex(bool),
    /// `Hashes` becomes a field for each algorithm.
    Hashes {
        /// Algorithms that have a field.
        valid: Vec<String>,
        /// What stands before their names.
        prefix: String,
        /// Whether the name is left out.
        bare: bool,
    },
    /// The rule is refused.
    Fail(String),
}

impl Edit {
    /// Reads one of [`KINDS`].
    pub(super) fn read(kind: &str, p: &mut Params<'_>) -> Result<Option<Self>, YamlError> {
        Ok(Some(match kind {
            "drop_detection_item" => Self::Drop,
            "replace_string" => Self::Replace {
                regex: compiled(p.need("regex")?)?,
                with: p.text("replacement")?,
                skip: p.flag("skip_special")?,
                interpret: p.flag("interpret_special")?,
            },
            "map_string" => Self::Map(p.mapping("mapping")?.into_iter().collect()),
            "set_value" => {
                let value = p.node().get("value").cloned();
                p.take("value");
                let value = value.ok_or_else(|| YamlError::at(p.node(), "set_value needs 'value'"))?;
                if !matches!(value.value, Value::Scalar { .. }) {
                    return Err(YamlError::at(&value, "value is a single one"));
                }
                let text = value.text().unwrap_or("").to_owned();
                Self::Set(match p.choice("force_type", &["", "str", "num"])? {
                    "str" => scalar((value.line, value.column), text),
                    "num" if decimal(&text).is_none() => {
                        return Err(YamlError::at(&value, format!("'{text}' is no number")));
                    }
                    "num" => plain((value.line, value.column), &text),
                    _ => value,
                })
            }
            "convert_type" => {
                p.need("target_type")?;
                Self::Convert(p.choice("target_type", &["str", "num"])? == "num")
            }
            "case" => Self::Case(p.choice("method", &["lower", "upper", "snake_case"])?),
            "regex" => {
                let methods = ["plain", "ignore_case_flag", "ignore_case_brackets"];
                Self::Regex(p.choice("method", &methods)? != "plain")
            }
            "hashes_fields" => {
                p.need("valid_hash_algos")?;
                Self::Hashes {
                    valid: p.texts("valid_hash_algos")?.iter().map(|a| a.to_uppercase()).collect(),
                    prefix: p.optional("field_prefix")?.unwrap_or_default(),
                    bare: p.flag("drop_algo_prefix")?,
                }
            }
            "detection_item_failure" => Self::Fail(p.text("message")?),
            _ => return Ok(None),
        }))
    }

    /// What becomes of an item.
    pub(super) fn apply(&self, p: &Pipeline, mut leaf: Leaf, rule: &str) -> Result<Vec<Tree>, YamlError> {
        match self {
            Self::Drop => return Ok(Vec::new()),
            Self::Fail(message) => {
                let (line, column) = leaf.at;
                return Err(YamlError { line, column, message: format!("pipeline {}: {message} ({rule})", p.name) });
            }
            Self::Replace { regex, with, skip, interpret } => replace(&mut leaf, regex, with, *skip, *interpret),
            Self::Map(all) => {
                let one = |v: &Node| match string(v).and_then(|t| all.get(t)) {
                    Some(to) => to.iter().map(|t| scalar((v.line, v.column), t.as_str())).collect(),
                    None => vec![v.clone()],
                };
                let values: Vec<Node> = leaf.values.iter().flat_map(one).collect();
                leaf.list |= values.len() > 1;
                leaf.values = values;
            }
            Self::Set(value) => {
                let at = leaf.values.first().map_or(leaf.at, |v| (v.line, v.column));
                leaf.values = vec![Node { line: at.0, column: at.1, value: value.value.clone() }];
                leaf.list = false;
            }
            Self::Convert(to_number) => {
                for v in &mut leaf.values {
                    let at = (v.line, v.column);
                    if *to_number {
                        let Some(t) = string(v).map(str::to_owned) else { continue };
                        if decimal(&t).is_none() {
                            let message = format!("pipeline {}: '{t}' is no number", p.name);
                            return Err(YamlError { line: at.0, column: at.1, message });
                        }
                        *v = plain(at, &t);
                    } else if is_number(v) {
                        *v = scalar(at, v.text().unwrap_or(""));
                    }
                }
            }
            Self::Case(method) => {
                for v in &mut leaf.values {
                    if let Some(t) = string(v) {
                        *v = scalar((v.line, v.column), cased(t, method));
                    }
                }
            }
            Self::Regex(ignore) => expression(p, &mut leaf, *ignore)?,
            Self::Hashes { valid, prefix, bare } => return Ok(vec![hashes(leaf, valid, prefix, *bare)]),
        }
        Ok(vec![Tree::Leaf(leaf)])
    }
}

fn plain(at: (u32, u32), text: &str) -> Node {
    Node { line: at.0, column: at.1, value: Value::Scalar { text: text.into(), plain: true } }
}

/// A regular expression of a pipeline; of linear time and bounded size.
pub(super) fn compiled(n: &Node) -> Result<Regex, YamlError> {
    let text = n.text().ok_or_else(|| YamlError::at(n, "a regular expression is text"))?;
    RegexBuilder::new(text).size_limit(1 << 20).build().map_err(|e| {
        let why = e.to_string();
        YamlError::at(n, format!("no regular expression: {}", why.lines().last().unwrap_or("")))
    })
}

/// Whether a text has `*` or `?` that are not taken their meaning.
pub(super) fn has_wildcard(text: &str) -> bool {
    Pattern::parse(text).0.iter().any(|p| matches!(p, Part::Many | Part::One))
}

/// Replaces in the texts of an item. What its modifiers put around a text is
/// written out before, so that an expression sees the wildcards.
fn replace(leaf: &mut Leaf, regex: &Regex, with: &str, skip: bool, interpret: bool) {
    if leaf.has("re") || leaf.has("cidr") || leaf.has("fieldref") {
        return;
    }
    // Encodings are of the text alone: they must come after the change, and so do wildcards.
    let place = leaf.modifiers.iter().position(|m| PLACES.contains(&m.as_str()));
    let alone =
        leaf.modifiers.iter().all(|m| PLACES.contains(&m.as_str()) || matches!(m.as_str(), "all" | "neq" | "cased"));
    let written_out = place.filter(|_| alone && !skip).map(|at| leaf.modifiers.remove(at));
    let groups = python_groups(with);
    for v in &mut leaf.values {
        let Some(text) = string(v) else { continue };
        let at = (v.line, v.column);
        let mut text = text.to_owned();
        if let Some(place) = &written_out {
            text = surrounded(&text, place);
        }
        let new = if skip {
            let pattern = Pattern::parse(&text);
            let part = |p: &Part| match p {
                Part::Lit(t) => escaped(&regex.replace_all(t, groups.as_str()), interpret),
                Part::Many => "*".to_owned(),
                Part::One => "?".to_owned(),
                Part::Dash => "-".to_owned(),
            };
            pattern.0.iter().map(part).collect()
        } else {
            regex.replace_all(&text, groups.as_str()).into_owned()
        };
        *v = scalar(at, new);
    }
}

/// `\1` and `\g<name>` as `${1}` and `${name}`; `$` is no group in Python.
fn python_groups(with: &str) -> String {
    let mut out = String::new();
    let mut rest = with;
    while let Some(c) = rest.chars().next() {
        let tail = rest.get(c.len_utf8()..).unwrap_or("");
        if c == '\\' {
            let digits = tail.len() - tail.trim_start_matches(|d: char| d.is_ascii_digit()).len();
            if digits > 0 {
                out.push_str(&format!("${{{}}}", tail.get(..digits).unwrap_or("")));
                rest = tail.get(digits..).unwrap_or("");
                continue;
            }
            if let Some((name, after)) = tail.strip_prefix("g<").and_then(|t| t.split_once('>')) {
                out.push_str(&format!("${{{name}}}"));
                rest = after;
                continue;
            }
            if let Some(after) = tail.strip_prefix('\\') {
                out.push('\\');
                rest = after;
                continue;
            }
        }
        out.push_str(if c == '$' { "$$" } else { rest.get(..c.len_utf8()).unwrap_or("") });
        rest = tail;
    }
    out
}

/// A text with the wildcards that a modifier means.
fn surrounded(text: &str, place: &str) -> String {
    let before = if place == "startswith" { "" } else { "*" };
    let after = if place == "endswith" { "" } else { "*" };
    // A backslash at the end would take the meaning of the `*` after it.
    let loose = text.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1;
    let guard = if loose && !after.is_empty() { "\\" } else { "" };
    format!("{before}{text}{guard}{after}")
}

/// Plain text as a rule writes it; wildcards in it are meant if `interpret`.
fn escaped(text: &str, interpret: bool) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        if c == '\\' || (!interpret && matches!(c, '*' | '?')) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn cased(text: &str, method: &str) -> String {
    match method {
        "upper" => text.to_uppercase(),
        "lower" => text.to_lowercase(),
        _ => {
            let mut out = String::new();
            let mut before: Option<char> = None;
            for c in text.chars() {
                if c.is_uppercase() && before.is_some_and(|b| b.is_lowercase() || b.is_ascii_digit()) {
                    out.push('_');
                }
                out.extend(c.to_lowercase());
                before = Some(c);
            }
            out
        }
    }
}

/// Texts as regular expressions that match the same.
fn expression(p: &Pipeline, leaf: &mut Leaf, ignore: bool) -> Result<(), YamlError> {
    if leaf.has("re") || !leaf.values.iter().all(|v| string(v).is_some()) {
        return Ok(());
    }
    let place = leaf.modifiers.iter().find(|m| PLACES.contains(&m.as_str())).cloned();
    if let Some(other) =
        leaf.modifiers.iter().find(|m| !PLACES.contains(&m.as_str()) && !matches!(m.as_str(), "all" | "neq" | "cased"))
    {
        let (line, column) = leaf.at;
        let message = format!("pipeline {}: a value with '{other}' cannot become a regular expression", p.name);
        return Err(YamlError { line, column, message });
    }
    for v in &mut leaf.values {
        let text = string(v).unwrap_or("").to_owned();
        let text = place.as_ref().map_or_else(|| text.clone(), |place| surrounded(&text, place));
        let mut out = String::from("^");
        for part in Pattern::parse(&text).0 {
            match part {
                Part::Lit(t) => out.push_str(&regex::escape(&t)),
                Part::Many => out.push_str("(?s:.*)"),
                Part::One => out.push_str("(?s:.)"),
                Part::Dash => out.push('-'),
            }
        }
        out.push('$');
        *v = scalar((v.line, v.column), out);
    }
    let cased = leaf.has("cased") || !ignore;
    leaf.modifiers.retain(|m| matches!(m.as_str(), "all" | "neq"));
    leaf.modifiers.insert(0, "re".into());
    if !cased {
        leaf.modifiers.insert(1, "i".into());
    }
    Ok(())
}

/// `Hashes: SHA256=…` as a field for each algorithm; alternatives, unless all were asked for.
fn hashes(leaf: Leaf, valid: &[String], prefix: &str, bare: bool) -> Tree {
    if !leaf.field.as_deref().is_some_and(|f| f.eq_ignore_ascii_case("hashes") || f.eq_ignore_ascii_case("hash")) {
        return Tree::Leaf(leaf);
    }
    let mut by: Vec<(String, Vec<Node>)> = Vec::new();
    for v in &leaf.values {
        let Some(text) = string(v) else { return Tree::Leaf(leaf) };
        let text = text.trim_matches('*');
        let (algorithm, hash) = match text.split_once(['=', '|']) {
            Some((a, h)) => (a.trim_matches('*').to_uppercase(), h),
            None => {
                let by_length = match text.len() {
                    32 => "MD5",
                    40 => "SHA1",
                    64 => "SHA256",
                    128 => "SHA512",
                    _ => "",
                };
                (by_length.to_owned(), text)
            }
        };
        if !valid.contains(&algorithm) {
            continue;
        }
        let field = format!("{prefix}{}", if bare { "" } else { algorithm.as_str() });
        let value = scalar((v.line, v.column), hash);
        match by.iter_mut().find(|(f, _)| *f == field) {
            Some((_, values)) => values.push(value),
            None => by.push((field, vec![value])),
        }
    }
    let all = leaf.has("all");
    let at = leaf.at;
    let one = |(field, values): (String, Vec<Node>)| {
        let modifiers = leaf.modifiers.iter().filter(|m| matches!(m.as_str(), "neq")).cloned().collect();
        Tree::Leaf(Leaf { field: Some(field), modifiers, list: values.len() > 1, values, mapped: true, ..leaf.clone() })
    };
    let parts: Vec<Tree> = by.into_iter().map(one).collect();
    if all { Tree::All(at, parts) } else { Tree::Any(at, parts) }
}
