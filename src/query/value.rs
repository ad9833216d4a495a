//! Values of a comparison: what a word means for a field and an operator.

use regex::RegexBuilder;

use super::ast::{Between, Field, Op, Pattern};
use super::cidr::{mistake, parse_address};
use super::{Cidr, parse_span, size};
use crate::event::fold::folded;
use crate::event::{Ov, Severity, Ts};

/// What is wrong with a value, and how it may have been meant.
pub(super) struct Wrong {
    pub message: String,
    pub hint: String,
}

impl Wrong {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

/// Reads a value; quoted words are never ranges.
pub(super) fn value(text: &str, quoted: bool, field: &Field, op: Op, now: Ts) -> Result<Pattern, Wrong> {
    if op == Op::Match {
        return regex(text);
    }
    if let (Op::Eq, false, Some((low, high))) = (op, quoted, text.split_once(".."))
        && let Some(range) = range(field, low, high, now)?
    {
        return Ok(Pattern::Between(range));
    }
    match field {
        Field::Time | Field::Instant(_) => time(text, op, now),
        Field::Severity => severity(text)
            .map(Pattern::Severity)
            .ok_or_else(|| Wrong::new(format!("'{text}' is no severity"), "one of info, low, medium, high, critical")),
        _ if op == Op::Eq => equal(text, quoted, field),
        _ => ordered(text, field),
    }
}

fn time(text: &str, op: Op, now: Ts) -> Result<Pattern, Wrong> {
    let hint = "as 2026-03-02, 2026-03-02T06:00, RFC 3339, today, -15m";
    let (from, to) = parse_span(text, now).ok_or_else(|| Wrong::new(format!("'{text}' is no time"), hint))?;
    Ok(match op {
        Op::Lt | Op::Ge => Pattern::Time(from),
        // Through the end of what was written: `<=2026-03-02` has that day.
        Op::Le | Op::Gt => Pattern::Time(Ts(to.0.saturating_sub(1))),
        _ => Pattern::Between(Between::Time(from, to)),
    })
}

/// `low..high`, where both ends are of one kind that has an order.
fn range(field: &Field, low: &str, high: &str, now: Ts) -> Result<Option<Between>, Wrong> {
    let found = match field {
        Field::Time | Field::Instant(_) => match (parse_span(low, now), parse_span(high, now)) {
            (Some((from, _)), Some((_, to))) => Some((from < to, Between::Time(from, to))),
            _ => None,
        },
        Field::Severity => match (severity(low), severity(high)) {
            (Some(a), Some(b)) => Some((a <= b, Between::Severity(a, b))),
            _ => None,
        },
        _ => match (parse_address(low), parse_address(high)) {
            (Some(a), Some(b)) => Some((a <= b && a.is_ipv4() == b.is_ipv4(), Between::Address(a, b))),
            _ => match (size::number(low), size::number(high)) {
                (Some(a), Some(b)) => Some((a <= b, Between::Number(a, b))),
                _ => None,
            },
        },
    };
    match found {
        Some((true, range)) => Ok(Some(range)),
        Some((false, _)) => Err(Wrong::new(format!("'{low}..{high}' is an empty range"), "the lower end comes first")),
        None if matches!(field, Field::Time | Field::Instant(_) | Field::Severity) => {
            Err(Wrong::new(format!("'{low}..{high}' is no range"), "as -2h..-1h, 2026-03-01..2026-03-03, low..high"))
        }
        None => Ok(None),
    }
}

/// What `=` compares with: a network, an address, a wildcard, or text. In quotes an
/// address may be misspelt: a log may have it so.
fn equal(text: &str, quoted: bool, field: &Field) -> Result<Pattern, Wrong> {
    if let Some(network) = Cidr::parse(text) {
        return Ok(Pattern::Cidr(network));
    }
    // It would equal nothing, and a slip should not look like a quiet log.
    if is_address(field)
        && !quoted
        && let Some((what, hint)) = mistake(text)
    {
        return Err(Wrong::new(what, hint));
    }
    if has_wildcard(text) {
        return regex(&wildcard_regex(text));
    }
    let text = folded(&unescape(text));
    if let Some(ip) = parse_address(&text) {
        return Ok(Pattern::Address { ip, text });
    }
    let number = if *field == Field::Overlay(Ov::Bytes) { size::number(&text) } else { size::plain(&text) };
    Ok(Pattern::Text { text, number })
}

/// What `<` and its like compare with: a number, a size, or an address.
fn ordered(text: &str, field: &Field) -> Result<Pattern, Wrong> {
    if let Some(n) = size::number(text) {
        return Ok(Pattern::Number(n));
    }
    if let Some(ip) = parse_address(text) {
        return Ok(Pattern::Address { ip, text: folded(text) });
    }
    if Cidr::parse(text).is_some() {
        return Err(Wrong::new("a network has no order", format!("write {}={text}", field.name())));
    }
    let hint = if is_address(field) { "as 10.0.0.9" } else { "numbers, sizes (10MB) and addresses have an order" };
    Err(Wrong::new(format!("'{text}' is no number"), hint))
}

fn is_address(field: &Field) -> bool {
    match field {
        Field::Overlay(o) => matches!(o, Ov::SrcIp | Ov::DestIp),
        Field::Original(name) => name == "src_ip",
        _ => false,
    }
}

fn severity(text: &str) -> Option<Severity> {
    let t = text.to_ascii_lowercase();
    Severity::from_sigma_level(&t).or(match t.as_str() {
        "med" => Some(Severity::Medium),
        "crit" => Some(Severity::Critical),
        _ => None,
    })
}

fn has_wildcard(text: &str) -> bool {
    let mut escaped = false;
    text.chars().any(|c| {
        let hit = !escaped && matches!(c, '*' | '?');
        escaped = !escaped && c == '\\';
        hit
    })
}

/// The text without the backslashes of `\*`, `\?` and `\\`.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut it = text.chars().peekable();
    while let Some(c) = it.next() {
        if c == '\\'
            && let Some(e) = it.next_if(|e| matches!(e, '*' | '?' | '\\'))
        {
            out.push(e);
            continue;
        }
        out.push(c);
    }
    out
}

fn wildcard_regex(text: &str) -> String {
    let mut out = String::from("^");
    let mut it = text.chars();
    while let Some(c) = it.next() {
        match c {
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            '\\' => out.push_str(&regex::escape(&it.next().unwrap_or('\\').to_string())),
            c => out.push_str(&regex::escape(&c.to_string())),
        }
    }
    out.push('$');
    out
}

fn regex(text: &str) -> Result<Pattern, Wrong> {
    RegexBuilder::new(text)
        .case_insensitive(true)
        .dot_matches_new_line(true)
        .size_limit(1 << 20)
        .build()
        .map(Pattern::Regex)
        .map_err(|e| {
            let why = e.to_string();
            let why = why.lines().last().unwrap_or("").trim_start_matches("error: ");
            Wrong::new(format!("not a regular expression: {why}"), "put it in quotes if it has spaces or brackets")
        })
}
