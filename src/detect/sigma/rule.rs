//! Documents: a detection rule, a correlation or a filter, with what all three
//! have in common.

use crate::event::Severity;

use super::ast::{Det, Item};
use super::condition::{self, Cond};
use super::correlation::{self, Correlation, timespan};
use super::item;
use super::yaml::{Node, Value, YamlError};

/// Most searches of one rule.
const MAX_SEARCHES: usize = 500;

/// What every document may say about itself.
#[derive(Debug, Clone, Default)]
pub struct Meta {
    /// `id`.
    pub id: Option<String>,
    /// `title`.
    pub title: String,
    /// `name`.
    pub name: Option<String>,
    /// `description`.
    pub description: String,
    /// `level`.
    pub level: Option<Severity>,
    /// `status`.
    pub status: String,
    /// `author`.
    pub author: String,
    /// `tags`.
    pub tags: Vec<String>,
    /// `references`.
    pub references: Vec<String>,
    /// `falsepositives`.
    pub false_positives: Vec<String>,
    /// `secstream`, our own attribute.
    pub custom: Custom,
    /// First line of the document.
    pub line: u32,
}

/// The attribute `secstream` of a rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Custom {
    /// Fields that make one entity of the rule's alerts.
    pub group_by: Vec<String>,
    /// Quiet time after which an episode ends, µs.
    pub cooldown: Option<i64>,
    /// Rules whose alerts this one covers.
    pub suppresses: Vec<String>,
    /// Whether a match becomes an alert.
    pub alert: Option<bool>,
    /// Whether an informational match raises the risk of its entities.
    pub risk: Option<bool>,
    /// Confidence, 0 to 1.
    pub confidence: Option<f64>,
    /// Multiple of the group's own rate.
    pub baseline: Option<f64>,
    /// Of a `value_count`: a value that its group had more than so long before does not count, µs.
    pub familiar: Option<i64>,
    /// Fields whose values the rule's alerts name.
    pub shows: Vec<String>,
    /// What takes back what a correlation counted.
    pub redeemed_by: Option<RedeemedBy>,
    /// Id or name of the rule whose matches say that an attempt that was counted
    /// was accepted after all, and its place.
    pub accepted_by: Option<(String, (u32, u32))>,
}

/// `redeemed_by`, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedeemedBy {
    /// Id or name of the rule.
    pub rule: String,
    /// The fields whose value both have; empty: what the correlation counts.
    pub fields: Vec<String>,
    /// A value with more acts than this stays counted.
    pub at_most: u64,
    /// Values that must be taken back before an open alert is.
    pub at_least: u64,
    /// Acts that each match takes back, whatever their values; 0: all of the same value.
    pub each: u64,
    /// Fields by whose value a match takes back from an open alert only once.
    pub once_by: Vec<String>,
    /// Its place, for messages.
    pub at: (u32, u32),
}

/// Names of a rule's logsource, lower case; empty where absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct LogsourceNames {
    /// `product`
    pub product: String,
    /// `category`
    pub category: String,
    /// `service`
    pub service: String,
}

/// The searches of a rule and how they combine.
#[derive(Debug, Clone, Default)]
pub struct Detection {
    /// Names of the searches.
    pub names: Vec<String>,
    /// The searches.
    pub searches: Vec<Det>,
    /// The condition over their positions.
    pub condition: Cond,
    /// Whether the global filters that apply to it stand in it already.
    pub filtered: bool,
}

/// What a filter applies to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterTarget {
    /// Any rule with that logsource.
    Any,
    /// Rules by id or name.
    Rules(Vec<String>),
}

/// What a document is.
#[derive(Debug, Clone)]
pub enum Body {
    /// A detection rule.
    Detection(LogsourceNames, Detection),
    /// A correlation.
    Correlation(Correlation),
    /// A global filter.
    Filter(LogsourceNames, FilterTarget, Detection),
}

impl Body {
    /// What it is for; a correlation says nothing of it.
    #[must_use]
    pub const fn logsource(&self) -> Option<&LogsourceNames> {
        match self {
            Self::Detection(names, _) | Self::Filter(names, ..) => Some(names),
            Self::Correlation(_) => None,
        }
    }
}

/// One document.
#[derive(Debug, Clone)]
pub struct Document {
    /// What it says about itself.
    pub meta: Meta,
    /// What it is.
    pub body: Body,
}

/// What can be said of a document even if it is wrong: for the report of rules
/// that are not loaded. Never fails.
#[must_use]
pub fn meta(doc: &Node) -> Meta {
    let text = |key: &str| doc.get(key).and_then(Node::text).map(|t| t.trim().to_owned());
    let list = |key: &str| match doc.get(key) {
        Some(n) if !n.is_null() => n.items().iter().filter_map(|i| i.text().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    Meta {
        id: text("id").filter(|t| !t.is_empty()),
        title: text("title").unwrap_or_default(),
        name: text("name").filter(|t| !t.is_empty()),
        description: text("description").unwrap_or_default(),
        level: text("level").and_then(|l| Severity::from_sigma_level(&l.to_ascii_lowercase())),
        status: text("status").unwrap_or_default(),
        author: text("author").unwrap_or_default(),
        tags: list("tags"),
        references: list("references"),
        false_positives: list("falsepositives"),
        custom: Custom::default(),
        line: doc.line,
    }
}

/// Reads a document.
pub fn parse(doc: &Node) -> Result<Document, YamlError> {
    let meta = head(doc)?;
    let body = if let Some(c) = doc.get("correlation") {
        Body::Correlation(correlation::parse(c, doc)?)
    } else if let Some(f) = doc.get("filter") {
        Body::Filter(logsource(doc)?, target(f)?, detection(f, FILTER_KEYS)?)
    } else if let Some(d) = doc.get("detection") {
        if doc.get("logsource").is_none() {
            return Err(YamlError::at(doc, "the rule has no logsource"));
        }
        Body::Detection(logsource(doc)?, detection(d, DETECTION_KEYS)?)
    } else {
        return Err(YamlError::at(doc, "the document has neither detection, correlation nor filter"));
    };
    Ok(Document { meta, body })
}

/// Keys of a detection, and of a filter, that are no searches.
const DETECTION_KEYS: &[&str] = &["condition", "timeframe"];
const FILTER_KEYS: &[&str] = &["rules", "condition"];

/// Everything that is wrong with a document, the first of it first; empty where
/// [`parse`] reads it.
#[must_use]
pub fn faults(doc: &Node) -> Vec<YamlError> {
    let Err(first) = parse(doc) else { return Vec::new() };
    let mut out = vec![first];
    if doc.map().is_none() {
        return out;
    }
    let level = doc.get("level").filter(|_| meta(doc).level.is_none());
    out.extend(level.map(unknown_level));
    out.extend(doc.get("secstream").and_then(|c| parse_custom(c).err()));
    out.extend(logsource(doc).err());
    if let Some(c) = doc.get("correlation") {
        out.extend(correlation::parse(c, doc).err());
    } else if let Some(f) = doc.get("filter") {
        out.extend(target(f).err());
        search_faults(f, FILTER_KEYS, &mut out);
    } else if let Some(d) = doc.get("detection") {
        if doc.get("logsource").is_none() {
            out.push(YamlError::at(doc, "the rule has no logsource"));
        }
        search_faults(d, DETECTION_KEYS, &mut out);
    }
    // The first one was found again on the way.
    let mut seen = std::collections::BTreeSet::new();
    out.retain(|e| seen.insert((e.line, e.column, e.message.clone())));
    out
}

/// What is wrong with each search, each value of it, and each condition.
fn search_faults(n: &Node, reserved: &[&str], out: &mut Vec<YamlError>) {
    let Some(entries) = n.map() else { return };
    let searches = || entries.iter().filter(|(k, _)| k.text().is_some_and(|t| !reserved.contains(&t)));
    for (_, v) in searches() {
        node_faults(v, out);
    }
    let names: Vec<&str> = searches().filter_map(|(k, _)| k.text()).collect();
    for one in n.get("condition").map_or(&[][..], Node::items) {
        out.extend(one_condition(one, &names).err());
    }
}

fn node_faults(n: &Node, out: &mut Vec<YamlError>) {
    match &n.value {
        Value::Map(entries) if !entries.is_empty() => out.extend(entries.iter().filter_map(|(k, v)| entry(k, v).err())),
        Value::Seq(items) | Value::All(items) if !items.is_empty() => items.iter().for_each(|i| node_faults(i, out)),
        _ => out.extend(search(n).err()),
    }
}

fn unknown_level(level: &Node) -> YamlError {
    let found = level.text().unwrap_or("?");
    YamlError::at(level, format!("unknown level '{found}'; expected informational, low, medium, high or critical"))
}

/// What a document says about itself, checked.
fn head(doc: &Node) -> Result<Meta, YamlError> {
    if doc.map().is_none() {
        return Err(YamlError::at(doc, format!("a rule is a mapping, found {}", doc.kind())));
    }
    let mut meta = meta(doc);
    if meta.title.is_empty() {
        return Err(YamlError::at(doc, "the rule has no title"));
    }
    if let Some(level) = doc.get("level")
        && meta.level.is_none()
    {
        return Err(unknown_level(level));
    }
    if let Some(custom) = doc.get("secstream") {
        meta.custom = parse_custom(custom)?;
    }
    Ok(meta)
}

fn target(f: &Node) -> Result<FilterTarget, YamlError> {
    Ok(match f.get("rules") {
        None => FilterTarget::Any,
        Some(n) if n.text().is_some_and(|t| t.eq_ignore_ascii_case("any")) => FilterTarget::Any,
        Some(n) => FilterTarget::Rules(texts(n)?),
    })
}

fn logsource(doc: &Node) -> Result<LogsourceNames, YamlError> {
    let Some(n) = doc.get("logsource") else { return Ok(LogsourceNames::default()) };
    if n.map().is_none() {
        return Err(YamlError::at(n, format!("logsource is a mapping, found {}", n.kind())));
    }
    let part = |key: &str| match n.get(key) {
        None => Ok(String::new()),
        Some(p) if p.is_null() => Ok(String::new()),
        Some(p) => match p.text() {
            Some(t) => Ok(t.trim().to_lowercase()),
            None => Err(YamlError::at(p, format!("logsource.{key} is a name, found {}", p.kind()))),
        },
    };
    Ok(LogsourceNames { product: part("product")?, category: part("category")?, service: part("service")? })
}

fn detection(n: &Node, reserved: &[&str]) -> Result<Detection, YamlError> {
    let entries = n.map().ok_or_else(|| YamlError::at(n, format!("expected searches, found {}", n.kind())))?;
    if let Some(t) = n.get("timeframe") {
        return Err(YamlError::at(t, "timeframe is Sigma's old form: write a correlation instead"));
    }
    let mut names = Vec::new();
    let mut searches = Vec::new();
    let mut emptied: Vec<Option<usize>> = Vec::new();
    for (k, v) in entries {
        let name = k.text().ok_or_else(|| YamlError::at(k, "a search's name is text"))?;
        if reserved.contains(&name) {
            continue;
        }
        names.push(name.to_owned());
        // What a pipeline took everything out of is no search any more.
        let left = !matches!(&v.value, Value::All(parts) if parts.is_empty());
        emptied.push(left.then_some(searches.len()));
        if left {
            searches.push(search(v)?);
        }
    }
    if searches.len() > MAX_SEARCHES {
        return Err(YamlError::at(n, format!("more than {MAX_SEARCHES} searches in one rule")));
    }
    let c = n.get("condition").ok_or_else(|| YamlError::at(n, "there is no condition"))?;
    let refs: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut conditions = Vec::new();
    for one in c.items() {
        conditions.push(one_condition(one, &refs)?);
    }
    let condition = match (conditions.len(), conditions.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            conditions.push(last);
            Cond::Or(conditions)
        }
        _ => return Err(YamlError::at(c, "the list of conditions is empty")),
    };
    let condition = if searches.len() < names.len() {
        names = names.into_iter().zip(&emptied).filter(|(_, to)| to.is_some()).map(|(n, _)| n).collect();
        let left = condition.without(&emptied);
        left.ok_or_else(|| YamlError::at(c, "the pipeline leaves nothing of the condition"))?
    } else {
        condition
    };
    Ok(Detection { names, searches, condition, filtered: false })
}

fn one_condition(one: &Node, names: &[&str]) -> Result<Cond, YamlError> {
    let text = one.text().ok_or_else(|| YamlError::at(one, format!("a condition is text, found {}", one.kind())))?;
    condition::parse(text, names).map_err(|e| YamlError {
        line: one.line,
        column: one.column + e.offset,
        message: format!("in the condition: {}", e.message),
    })
}

fn search(n: &Node) -> Result<Det, YamlError> {
    match &n.value {
        Value::Map(entries) => {
            if entries.is_empty() {
                return Err(YamlError::at(n, "the search is empty"));
            }
            let items: Result<Vec<Det>, YamlError> = entries.iter().map(|(k, v)| entry(k, v)).collect();
            Ok(single(items?, Det::All))
        }
        Value::Seq(items) => {
            if items.is_empty() {
                return Err(YamlError::at(n, "the search is an empty list"));
            }
            let dets: Result<Vec<Det>, YamlError> = items.iter().map(search).collect();
            Ok(single(merge_keywords(dets?), Det::Any))
        }
        Value::All(items) => Ok(single(items.iter().map(search).collect::<Result<_, _>>()?, Det::All)),
        Value::Scalar { .. } if n.is_null() => Err(YamlError::at(n, "the search is empty")),
        Value::Scalar { .. } => Ok(Det::Item(item::keyword(n)?)),
    }
}

/// A field with values; a mapping under a key is Sigma's form of no use here.
fn entry(k: &Node, v: &Node) -> Result<Det, YamlError> {
    Ok(Det::Item(item::parse(k, v)?))
}

/// Bare values side by side become one list of keywords.
fn merge_keywords(dets: Vec<Det>) -> Vec<Det> {
    let mut out: Vec<Det> = Vec::with_capacity(dets.len().min(64));
    for d in dets {
        if let (Some(Det::Item(Item { field: None, values, all: false, negate: false, .. })), Det::Item(new)) =
            (out.last_mut(), &d)
            && new.field.is_none()
            && !new.all
            && !new.negate
        {
            values.extend(new.values.iter().cloned());
            continue;
        }
        out.push(d);
    }
    out
}

fn single(mut dets: Vec<Det>, many: fn(Vec<Det>) -> Det) -> Det {
    match dets.pop() {
        Some(only) if dets.is_empty() => only,
        Some(last) => {
            dets.push(last);
            many(dets)
        }
        None => many(dets),
    }
}

/// A list of texts, or one text.
pub(super) fn texts(n: &Node) -> Result<Vec<String>, YamlError> {
    n.items()
        .iter()
        .map(|i| {
            i.text().map(str::to_owned).ok_or_else(|| YamlError::at(i, format!("expected text, found {}", i.kind())))
        })
        .collect()
}

fn parse_custom(n: &Node) -> Result<Custom, YamlError> {
    let entries = n.map().ok_or_else(|| YamlError::at(n, format!("secstream is a mapping, found {}", n.kind())))?;
    let mut c = Custom::default();
    for (k, v) in entries {
        let number = |low: f64, high: f64| match v.text().and_then(super::value::decimal) {
            Some(x) if (low..=high).contains(&x) => Ok(Some(x)),
            _ => Err(YamlError::at(v, format!("expected a number from {low} to {high}"))),
        };
        match k.text().unwrap_or("") {
            "group_by" => c.group_by = texts(v)?,
            "cooldown" => c.cooldown = Some(timespan(v)?),
            "suppresses" => c.suppresses = texts(v)?,
            "alert" => c.alert = Some(v.bool().ok_or_else(|| YamlError::at(v, "alert is true or false"))?),
            "risk" => c.risk = Some(v.bool().ok_or_else(|| YamlError::at(v, "risk is true or false"))?),
            "confidence" => c.confidence = number(0.0, 1.0)?,
            "baseline" => c.baseline = number(1.0, 1e6)?,
            "familiar" => c.familiar = Some(timespan(v)?),
            "shows" => c.shows = texts(v)?,
            "redeemed_by" => c.redeemed_by = Some(redeemed_by(v)?),
            "accepted_by" => {
                let name = v.text().filter(|name| !name.is_empty());
                let name = name.ok_or_else(|| YamlError::at(v, "accepted_by is the name of a rule"))?;
                c.accepted_by = Some((name.to_owned(), (v.line, v.column)));
            }
            other => {
                let known = "group_by, cooldown, suppresses, alert, risk, confidence, baseline, familiar, shows, \
                             redeemed_by, accepted_by";
                return Err(YamlError::at(k, format!("unknown attribute secstream.{other}; known are {known}")));
            }
        }
    }
    Ok(c)
}

/// Acts of one value that are taken back where the rule does not say: who
/// mistypes more often than that is worth a look.
const MISTYPED: u64 = 3;
/// Values that must be taken back where the rule does not say: one account that gets
/// in is what guessing is for; several are people.
const PEOPLE: u64 = 3;

/// The name of a rule, or a mapping with `rule` and `field`, `at_most`, `at_least`, or with `rule` and `each`, `once_by`.
fn redeemed_by(n: &Node) -> Result<RedeemedBy, YamlError> {
    let mut r = RedeemedBy {
        rule: String::new(),
        fields: Vec::new(),
        at_most: MISTYPED,
        at_least: PEOPLE,
        each: 0,
        once_by: Vec::new(),
        at: (n.line, n.column),
    };
    let number = |v: &Node, name: &str| {
        let number = v.text().and_then(|t| t.parse().ok()).filter(|n| (1..=1_000_000).contains(n));
        number.ok_or_else(|| YamlError::at(v, format!("{name} is a whole number from 1")))
    };
    if let Some(name) = n.text() {
        name.clone_into(&mut r.rule);
    } else {
        let entries = n.map().ok_or_else(|| YamlError::at(n, "redeemed_by is the name of a rule, or a mapping"))?;
        for (k, v) in entries {
            match k.text().unwrap_or("") {
                "rule" => v.text().unwrap_or("").clone_into(&mut r.rule),
                "field" => r.fields = texts(v)?,
                "at_most" => r.at_most = number(v, "at_most")?,
                "at_least" => r.at_least = number(v, "at_least")?,
                "each" => r.each = number(v, "each")?,
                "once_by" => r.once_by = texts(v)?,
                other => {
                    let message = format!(
                        "unknown in redeemed_by: '{other}'; known are rule, field, at_most, at_least, each, once_by"
                    );
                    return Err(YamlError::at(k, message));
                }
            }
        }
        let by_value = entries.iter().find(|(k, _)| matches!(k.text(), Some("field" | "at_least")));
        if let Some((k, _)) = by_value.filter(|_| r.each > 0) {
            return Err(YamlError::at(
                k,
                "with each, acts are taken back and not values: field and at_least say nothing",
            ));
        }
        if r.each == 0 && !r.once_by.is_empty() {
            return Err(YamlError::at(n, "once_by goes with each"));
        }
        if r.each > 0 && n.get("at_most").is_none() {
            r.at_most = u64::MAX;
        }
    }
    if r.rule.is_empty() {
        return Err(YamlError::at(n, "redeemed_by does not name a rule"));
    }
    Ok(r)
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    fn doc(text: &str) -> Result<Document, YamlError> {
        parse(&yaml::parse(text).remove(0)?)
    }

    const RULE: &str = "title: T\nlogsource: {product: Linux, service: sshd}\ndetection:\n";

    #[test]
    fn searches_of_every_shape() {
        let d = doc(&format!(
            "{RULE}  a: {{x: 1, y|contains: [p, q]}}\n  b: [{{x: 1}}, {{y: 2}}]\n  c: [one, two, 3]\n  d: word\n  condition: all of them\n"
        ))
        .expect("valid");
        let Body::Detection(ls, det) = d.body else { panic!("a detection") };
        assert_eq!((ls.product.as_str(), ls.service.as_str(), ls.category.as_str()), ("linux", "sshd", ""));
        assert!(matches!(&det.searches[0], Det::All(v) if v.len() == 2));
        assert!(matches!(&det.searches[1], Det::Any(v) if v.len() == 2));
        assert!(matches!(&det.searches[2], Det::Item(i) if i.field.is_none() && i.values.len() == 3));
        assert!(matches!(&det.searches[3], Det::Item(i) if i.field.is_none()));
    }

    #[test]
    fn mistakes_are_placed() {
        for (text, line, word) in [
            ("- a\n".to_owned(), 1, "mapping"),
            ("title: x\nlevel: huge\n".to_owned(), 2, "unknown level"),
            ("title: x\n".to_owned(), 1, "neither"),
            (format!("{RULE}  a: {{x: 1}}\n"), 4, "no condition"),
            (format!("{RULE}  a: {{x: 1}}\n  condition: b\n"), 5, "no search is named 'b'"),
            (format!("{RULE}  a: {{}}\n  condition: a\n"), 4, "empty"),
            (format!("{RULE}  a:\n  condition: a\n"), 4, "empty"),
            (format!("{RULE}  a: {{x: {{y: 1}}}}\n  condition: a\n"), 4, "takes values"),
            (format!("{RULE}  a: {{x: 1}}\n  timeframe: 5m\n  condition: a\n"), 5, "correlation"),
            (format!("{RULE}  a: {{x: 1}}\n  condition: a\nsecstream: {{colour: red}}\n"), 6, "unknown attribute"),
        ] {
            let e = doc(&text).expect_err(&text);
            assert!(e.line == line && e.message.contains(word), "{text}: {e}");
        }
    }

    #[test]
    fn our_own_attribute() {
        let text = format!(
            "{RULE}  a: {{x: 1}}\n  condition: a\nother: [anything]\nsecstream: {{group_by: [src_ip], cooldown: 10m, alert: false, confidence: 0.9}}\n"
        );
        let c = doc(&text).expect("valid").meta.custom;
        assert_eq!((c.cooldown, c.alert, c.confidence), (Some(600_000_000), Some(false), Some(0.9)));
    }
}
