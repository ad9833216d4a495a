//! Correlation documents as written; references are resolved by the rule set.

use crate::detect::spec::{Bound, BoundOp, CorrelationKind, Learn};
use crate::event::time::SECOND;

use super::condition::{self, Cond};
use super::rule::texts;
use super::value::decimal;
use super::yaml::{Node, YamlError};

/// Longest window: ten years.
const MAX_TIMESPAN: i64 = 3_660 * 86_400 * SECOND;
/// Most rules that one correlation refers to.
const MAX_BASES: usize = 1_000;

/// Alias → (rule, field) for each rule it names.
pub type Aliases = Vec<(String, Vec<(String, String)>)>;

/// A correlation before its references are resolved.
#[derive(Debug, Clone)]
pub struct Correlation {
    /// Its type.
    pub kind: CorrelationKind,
    /// Ids or names of the rules, as listed.
    pub rules: Vec<String>,
    /// Fields or aliases to group by.
    pub group_by: Vec<String>,
    /// Names for fields that differ by rule.
    pub aliases: Aliases,
    /// Window in µs.
    pub timespan: i64,
    /// Comparisons.
    pub bounds: Vec<Bound>,
    /// Boolean condition over positions of `rules`.
    pub expr: Option<Cond>,
    /// Fields to count or sum.
    pub fields: Vec<String>,
    /// Of a `value_percentile`: which one.
    pub percentile: Option<f64>,
    /// Whether its rules alert by themselves as well.
    pub generate: bool,
    /// For `new_value`: when it stops being silent.
    pub learn: Learn,
    /// Place of the list of rules, for messages.
    pub rules_at: (u32, u32),
}

/// Reads the value of `correlation`; `doc` is the whole document.
pub fn parse(n: &Node, doc: &Node) -> Result<Correlation, YamlError> {
    if n.map().is_none() {
        return Err(YamlError::at(n, format!("correlation is a mapping, found {}", n.kind())));
    }
    let need = |key: &str| n.get(key).ok_or_else(|| YamlError::at(n, format!("the correlation has no {key}")));
    let type_node = need("type")?;
    let type_name = type_node.text().unwrap_or("");
    let kind = CorrelationKind::from_name(type_name).ok_or_else(|| {
        let known: Vec<&str> = CorrelationKind::ALL.iter().map(|k| k.as_str()).collect();
        YamlError::at(type_node, format!("unknown type '{type_name}'; known are {}", known.join(", ")))
    })?;
    let rules_node = need("rules")?;
    let rules = texts(rules_node)?;
    if rules.is_empty() || rules.len() > MAX_BASES {
        return Err(YamlError::at(rules_node, format!("a correlation refers to 1 to {MAX_BASES} rules")));
    }
    let group_by = match n.get("group-by") {
        Some(g) if !g.is_null() => texts(g)?,
        _ => Vec::new(),
    };
    let timespan = timespan(n.get("timespan").or_else(|| n.get("timeframe")).map_or_else(|| need("timespan"), Ok)?)?;
    let generate = match n.get("generate").or_else(|| doc.get("generate")) {
        None => false,
        Some(g) => g.bool().ok_or_else(|| YamlError::at(g, "generate is true or false"))?,
    };
    let mut c = Correlation {
        kind,
        rules,
        group_by,
        aliases: aliases(n)?,
        timespan,
        bounds: Vec::new(),
        expr: None,
        fields: Vec::new(),
        percentile: None,
        generate,
        learn: learn(n, kind)?,
        rules_at: (rules_node.line, rules_node.column),
    };
    if let Some(cond) = n.get("condition") {
        read_condition(&mut c, cond)?;
    }
    check(&c, n)?;
    Ok(c)
}

/// `learning` and `minimum` of a `new_value`; a day and ten matches where they are left out.
fn learn(n: &Node, kind: CorrelationKind) -> Result<Learn, YamlError> {
    let mut learn = Learn { period: 86_400 * SECOND, minimum: 10 };
    for key in ["learning", "minimum"] {
        let Some(v) = n.get(key) else { continue };
        if kind != CorrelationKind::NewValue {
            return Err(YamlError::at(v, format!("{key} is an attribute of new_value")));
        }
        if key == "learning" {
            learn.period = if v.text() == Some("0") { 0 } else { timespan(v)? };
        } else {
            let count = v.text().and_then(|t| t.parse().ok()).filter(|c: &u64| *c <= 1_000_000_000);
            learn.minimum = count.ok_or_else(|| YamlError::at(v, "minimum is a whole number"))?;
        }
    }
    Ok(if kind == CorrelationKind::NewValue { learn } else { Learn::default() })
}

fn aliases(n: &Node) -> Result<Aliases, YamlError> {
    let Some(a) = n.get("aliases") else { return Ok(Vec::new()) };
    let bad = || YamlError::at(a, "aliases map a name to {rule: field}");
    let mut out = Vec::new();
    for (name, map) in a.map().ok_or_else(bad)? {
        let mut per_rule = Vec::new();
        for (rule, field) in map.map().ok_or_else(bad)? {
            per_rule.push((rule.text().ok_or_else(bad)?.to_owned(), field.text().ok_or_else(bad)?.to_owned()));
        }
        out.push((name.text().ok_or_else(bad)?.to_owned(), per_rule));
    }
    Ok(out)
}

fn read_condition(c: &mut Correlation, n: &Node) -> Result<(), YamlError> {
    if let Some(text) = n.text() {
        let names: Vec<&str> = c.rules.iter().map(String::as_str).collect();
        c.expr = Some(condition::parse(text, &names).map_err(|e| YamlError {
            line: n.line,
            column: n.column + e.offset,
            message: format!("in the condition: {}", e.message.replace("search", "rule")),
        })?);
        return Ok(());
    }
    let entries = n.map().ok_or_else(|| YamlError::at(n, "the condition is a mapping such as {gte: 10}"))?;
    for (k, v) in entries {
        let number = || {
            v.text().and_then(decimal).ok_or_else(|| YamlError::at(v, format!("expected a number, found {}", v.kind())))
        };
        let op = match k.text().unwrap_or("") {
            "gt" => BoundOp::Gt,
            "gte" => BoundOp::Gte,
            "lt" => BoundOp::Lt,
            "lte" => BoundOp::Lte,
            "eq" => BoundOp::Eq,
            "neq" => BoundOp::Neq,
            "field" => {
                c.fields = texts(v)?;
                continue;
            }
            "percentile" => {
                let wanted = number()?;
                if !(0.0..=100.0).contains(&wanted) {
                    return Err(YamlError::at(v, "a percentile is between 0 and 100"));
                }
                c.percentile = Some(wanted);
                continue;
            }
            other => {
                return Err(YamlError::at(
                    k,
                    format!(
                        "unknown in a condition: '{other}'; known are gt, gte, lt, lte, eq, neq, field, percentile"
                    ),
                ));
            }
        };
        c.bounds.push(Bound { op, value: number()? });
    }
    Ok(())
}

fn check(c: &Correlation, n: &Node) -> Result<(), YamlError> {
    use CorrelationKind::{EventCount, Temporal, TemporalOrdered, ValuePercentile};
    let temporal = matches!(c.kind, Temporal | TemporalOrdered);
    let at = n.get("condition").unwrap_or(n);
    if c.kind == CorrelationKind::NewValue {
        if c.fields.is_empty() {
            return Err(YamlError::at(at, "new_value needs condition.field"));
        }
        if c.expr.is_some() || !c.bounds.is_empty() {
            return Err(YamlError::at(at, "new_value has a field as its condition and no comparison"));
        }
        return Ok(());
    }
    if c.expr.is_some() && !temporal {
        return Err(YamlError::at(at, format!("{} needs a comparison such as {{gte: 10}}", c.kind.as_str())));
    }
    if c.bounds.is_empty() && !temporal {
        return Err(YamlError::at(at, format!("{} needs a condition such as {{gte: 10}}", c.kind.as_str())));
    }
    if c.fields.is_empty() && !temporal && c.kind != EventCount {
        return Err(YamlError::at(at, format!("{} needs condition.field", c.kind.as_str())));
    }
    if (c.kind == ValuePercentile) == c.percentile.is_none() {
        let why = match c.kind {
            ValuePercentile => "value_percentile needs condition.percentile, a number from 0 to 100".to_owned(),
            kind => format!("percentile says nothing to {}: it is a key of value_percentile", kind.as_str()),
        };
        return Err(YamlError::at(at, why));
    }
    Ok(())
}

/// Reads `10m`, `2h`, `1d`, … into µs.
pub fn timespan(n: &Node) -> Result<i64, YamlError> {
    let text = n.text().unwrap_or("").trim();
    let bad = || YamlError::at(n, format!("'{text}' is no time span; write a number and s, m, h, d, w, M or y"));
    let unit = text.chars().last().ok_or_else(bad)?;
    let number = text.get(..text.len() - unit.len_utf8()).unwrap_or("").trim();
    let count: i64 = number.parse().map_err(|_| bad())?;
    let secs: i64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        'M' => 30 * 86_400,
        'y' => 365 * 86_400,
        _ => return Err(bad()),
    };
    let span = count.checked_mul(secs).and_then(|s| s.checked_mul(SECOND)).ok_or_else(bad)?;
    if span <= 0 || span > MAX_TIMESPAN {
        return Err(YamlError::at(n, format!("the time span '{text}' is not between 1s and ten years")));
    }
    Ok(span)
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    fn read(text: &str) -> Result<Correlation, YamlError> {
        let doc = yaml::parse(text).remove(0)?;
        parse(doc.get("correlation").expect("a correlation"), &doc)
    }

    #[test]
    fn counts_ranges_and_aliases() {
        let c = read(
            "correlation:\n  type: value_count\n  rules: [a, b]\n  group-by: [ip]\n  timespan: 10m\n  generate: true\n  \
             aliases: {ip: {a: src_ip, b: dest_ip}}\n  condition: {field: user, gte: 5, lt: 50}\n",
        )
        .expect("valid");
        assert_eq!((c.kind, c.timespan, c.generate), (CorrelationKind::ValueCount, 600_000_000, true));
        assert_eq!(c.aliases[0].1[1], ("b".into(), "dest_ip".into()));
        assert!(c.bounds.iter().all(|b| b.holds(7.0)) && !c.bounds.iter().all(|b| b.holds(50.0)));
    }

    #[test]
    fn boolean_conditions() {
        let c = read("correlation: {type: temporal, rules: [a, b, c], timespan: 1h, condition: a and (b or c)}")
            .expect("valid");
        assert_eq!(c.expr, Some(Cond::And(vec![Cond::Search(0), Cond::Or(vec![Cond::Search(1), Cond::Search(2)])])));
    }

    #[test]
    fn mistakes() {
        for (text, word) in [
            ("{type: event_sum, rules: [a], timespan: 1m}", "unknown type"),
            ("{type: event_count, rules: [a], timespan: 1m}", "needs a condition"),
            (
                "{type: value_percentile, rules: [a], timespan: 1m, condition: {field: f, gte: 2}}",
                "needs condition.perc",
            ),
            ("{type: event_count, rules: [a], timespan: 1m, condition: {percentile: 5, gte: 2}}", "says nothing"),
            ("{type: value_count, rules: [a], timespan: 1m, condition: {gte: 2}}", "condition.field"),
            ("{type: event_count, rules: [a], condition: {gte: 2}}", "no timespan"),
            ("{type: event_count, rules: [], timespan: 1m, condition: {gte: 2}}", "refers to"),
            ("{type: event_count, rules: [a], timespan: 1x, condition: {gte: 2}}", "no time span"),
            ("{type: event_count, rules: [a], timespan: 0s, condition: {gte: 2}}", "not between"),
            ("{type: event_count, rules: [a], timespan: 99999999999999y, condition: {gte: 2}}", "no time span"),
            ("{type: temporal, rules: [a], timespan: 1m, condition: a and z}", "no rule is named 'z'"),
            ("{type: new_value, rules: [a], timespan: 1d}", "condition.field"),
            ("{type: new_value, rules: [a], timespan: 1d, condition: {field: x, gte: 2}}", "no comparison"),
            ("{type: new_value, rules: [a], timespan: 1d, condition: {field: x}, minimum: many}", "whole number"),
            (
                "{type: event_count, rules: [a], timespan: 1d, condition: {gte: 2}, learning: 1d}",
                "attribute of new_value",
            ),
        ] {
            let e = read(&format!("correlation: {text}")).expect_err(text);
            assert!(e.message.contains(word), "{text}: {e}");
        }
    }
}
