//! Transformations of items and their values.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};

use super::Pipeline;
use super::extract::Extract;
use super::params::{Params, string};
use super::replace::Replace;
use super::seen::plain;
use super::tree::{Leaf, Tree, scalar};
use crate::detect::sigma::glob::{Part, Pattern};
use crate::detect::sigma::value::{Scalar, decimal};
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
    "extract_fields",
    "detection_item_failure",
];

/// What is done to an item.
#[derive(Debug, Clone)]
pub(super) enum Edit {
    /// It is taken out.
    Drop,
    /// A regular expression is replaced in its texts.
    Replace(Replace),
    /// Parts of its texts become fields.
    Extract(Extract),
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
            "replace_string" => Self::Replace(Replace::read(p)?),
            "extract_fields" => Self::Extract(Extract::read(p)?),
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
                    "num" => number((value.line, value.column), &text),
                    _ => value,
                })
            }
            "convert_type" => {
                p.need("target_type")?;
                Self::Convert(p.choice("target_type", &["str", "num"])? == "num")
            }
            "case" => Self::Case(p.choice("method", &["lower", "upper", "snake_case"])?),
            "regex" => {
                let methods = ["ignore_case_brackets", "ignore_case_flag", "plain"];
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

    /// What becomes of an item; `None` where nothing is done to it.
    pub(super) fn apply(&self, p: &Pipeline, leaf: &Leaf, rule: &str) -> Result<Option<Vec<Tree>>, YamlError> {
        let mut leaf = leaf.clone();
        let touched = match self {
            Self::Drop => return Ok(Some(Vec::new())),
            Self::Fail(message) => {
                let (line, column) = leaf.at;
                return Err(YamlError { line, column, message: format!("pipeline {}: {message} ({rule})", p.name) });
            }
            Self::Replace(replace) => replace.apply(&mut leaf),
            Self::Extract(extract) => return extract.apply(p, &leaf),
            Self::Map(all) => map(&mut leaf, all),
            Self::Set(value) => {
                let at = leaf.values.first().map_or(leaf.at, |v| (v.line, v.column));
                leaf.values = vec![Node { line: at.0, column: at.1, value: value.value.clone() }];
                leaf.list = false;
                // What the modifiers said was said of what stood there before.
                leaf.modifiers.retain(|m| m == "neq");
                true
            }
            Self::Convert(to_number) => convert(p, &mut leaf, *to_number)?,
            Self::Case(method) => case(&mut leaf, method),
            Self::Regex(ignore) => expression(p, &mut leaf, *ignore)?,
            Self::Hashes { valid, prefix, bare } => {
                return Ok(hashes(&leaf, valid, prefix, *bare).map(|t| vec![t]));
            }
        };
        Ok(touched.then(|| vec![Tree::Leaf(leaf)]))
    }
}

/// Letters of texts become others; of an encoded text those of the encoding.
fn case(leaf: &mut Leaf, method: &str) -> bool {
    if leaf.modifiers.iter().any(|m| m.starts_with("base64") || m.starts_with("utf16") || m == "wide") {
        leaf.write_out();
    }
    if !leaf.is_text() {
        return false;
    }
    let of = leaf.clone();
    let mut touched = false;
    for v in &mut leaf.values {
        if let Some(t) = string(v) {
            *v = scalar((v.line, v.column), of.each_literal(t, &|t| cased(t, method)));
            touched = true;
        }
    }
    touched
}

/// Whole texts become others, with the wildcards that their modifiers mean.
fn map(leaf: &mut Leaf, all: &BTreeMap<String, Vec<String>>) -> bool {
    let to = |leaf: &Leaf, v: &Node| leaf.seen(v).and_then(|p| all.get(&plain(&p)));
    if !leaf.values.iter().any(|v| to(leaf, v).is_some()) {
        return false;
    }
    leaf.write_out();
    if leaf.values.iter().all(|v| to(leaf, v).is_some()) {
        leaf.modifiers.retain(|m| m != "cased");
    }
    let one = |v: &Node| match to(leaf, v) {
        Some(to) => to.iter().map(|t| scalar((v.line, v.column), t.as_str())).collect(),
        None => vec![v.clone()],
    };
    let values: Vec<Node> = leaf.values.iter().flat_map(one).collect();
    leaf.list |= values.len() > 1;
    leaf.values = values;
    true
}

/// Texts as numbers, or numbers as texts.
fn convert(p: &Pipeline, leaf: &mut Leaf, to_number: bool) -> Result<bool, YamlError> {
    if !leaf.is_text() {
        return Ok(false);
    }
    let mut touched = false;
    let mut made = Vec::with_capacity(leaf.values.len());
    for v in &leaf.values {
        let at = (v.line, v.column);
        made.push(match (to_number, leaf.seen(v), Scalar::of(v)) {
            (true, Some(seen), _) => {
                let t = plain(&seen);
                if decimal(&t).is_none() {
                    let message = format!("pipeline {}: '{t}' is no number", p.name);
                    return Err(YamlError { line: at.0, column: at.1, message });
                }
                touched = true;
                number(at, &t)
            }
            (false, _, Some(Scalar::Num(t, _))) => {
                touched = true;
                scalar(at, t)
            }
            _ => v.clone(),
        });
    }
    leaf.values = made;
    if touched && to_number {
        leaf.modifiers.retain(|m| m != "cased");
    }
    Ok(touched)
}

/// A number as a rule writes it.
pub(super) fn number(at: (u32, u32), text: &str) -> Node {
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

/// Whether an expression of a condition is found at the start of a text.
pub(super) fn starts(regex: &Regex, text: &str) -> bool {
    regex.find(text).is_some_and(|m| m.start() == 0)
}

fn cased(text: &str, method: &str) -> String {
    match method {
        "upper" => text.to_uppercase(),
        "lower" => text.to_lowercase(),
        _ => {
            let mut out = String::new();
            for (i, c) in text.chars().enumerate() {
                if c.is_ascii_uppercase() && i > 0 {
                    out.push('_');
                }
                out.extend(c.to_lowercase());
            }
            out
        }
    }
}

/// Texts as regular expressions that match the same.
fn expression(p: &Pipeline, leaf: &mut Leaf, ignore: bool) -> Result<bool, YamlError> {
    // A list has one kind of value: with a number or null among them it stays.
    let seen: Option<Vec<Pattern>> = leaf.values.iter().map(|v| leaf.seen(v)).collect();
    let Some(seen) = seen.filter(|s| s.iter().all(|p| !p.0.is_empty())) else { return Ok(false) };
    if leaf.has("expand") {
        let (line, column) = leaf.at;
        let message = format!("pipeline {}: a placeholder cannot become a regular expression", p.name);
        return Err(YamlError { line, column, message });
    }
    for (v, seen) in leaf.values.iter_mut().zip(seen) {
        let mut out = String::from("^");
        for part in seen.0 {
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
    leaf.modifiers.retain(|m| matches!(m.as_str(), "all" | "neq"));
    leaf.modifiers.insert(0, "re".into());
    if ignore {
        leaf.modifiers.insert(1, "i".into());
    }
    Ok(true)
}

/// `Hashes: SHA256=…` as a field for each algorithm; alternatives, unless all were asked for.
fn hashes(leaf: &Leaf, valid: &[String], prefix: &str, bare: bool) -> Option<Tree> {
    if !leaf.field.as_deref().is_some_and(|f| f.eq_ignore_ascii_case("hashes") || f.eq_ignore_ascii_case("hash")) {
        return None;
    }
    let mut by: Vec<(String, Vec<Node>)> = Vec::new();
    for v in &leaf.values {
        let text = string(v).filter(|_| leaf.is_text())?;
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
    Some(if all { Tree::All(at, parts) } else { Tree::Any(at, parts) })
}
