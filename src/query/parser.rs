//! Recursive-descent parser of queries, bounded in depth.

use regex::RegexBuilder;

use super::ast::{Field, Node, Op, Pattern};
use super::lexer::{Kind, Token, tokens};
use super::{Cidr, QueryError, parse_time};
use crate::event::{Ov, Severity, Ts, overlay_by_name};

/// Deepest nesting of brackets and negations.
const MAX_DEPTH: usize = 64;

pub(super) fn parse(text: &str, now: Ts) -> Result<Node, QueryError> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(Node::All);
    }
    let end = text.chars().count() + 1;
    let mut p = Parser { tokens: &tokens, at: 0, end, now };
    let node = p.or(0)?;
    match p.tokens.get(p.at) {
        None => Ok(node),
        Some(t) => Err(QueryError { column: t.column, message: "expected the end of the query here".into() }),
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    end: usize,
    now: Ts,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.at).map(|t| &t.kind)
    }

    fn column(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |t| t.column)
    }

    fn error<T>(&self, message: impl Into<String>) -> Result<T, QueryError> {
        Err(QueryError { column: self.column(), message: message.into() })
    }

    fn keyword(&mut self, word: &str) -> bool {
        let hit = matches!(self.peek(), Some(Kind::Word { text, quoted: false }) if text.eq_ignore_ascii_case(word));
        self.at += usize::from(hit);
        hit
    }

    fn or(&mut self, depth: usize) -> Result<Node, QueryError> {
        let mut any = vec![self.and(depth)?];
        while self.keyword("or") {
            any.push(self.and(depth)?);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Node::Or(any) })
    }

    fn and(&mut self, depth: usize) -> Result<Node, QueryError> {
        let mut all = vec![self.unary(depth)?];
        loop {
            if self.keyword("and") {
                all.push(self.unary(depth)?);
                continue;
            }
            match self.peek() {
                None | Some(Kind::Close) => break,
                Some(Kind::Word { text, quoted: false }) if text.eq_ignore_ascii_case("or") => break,
                Some(_) => all.push(self.unary(depth)?),
            }
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Node::And(all) })
    }

    fn unary(&mut self, depth: usize) -> Result<Node, QueryError> {
        if depth > MAX_DEPTH {
            return self.error(format!("nested deeper than {MAX_DEPTH}"));
        }
        if self.keyword("not") {
            return Ok(Node::Not(Box::new(self.unary(depth + 1)?)));
        }
        match self.peek() {
            Some(Kind::Bang) => {
                self.at += 1;
                Ok(Node::Not(Box::new(self.unary(depth + 1)?)))
            }
            Some(Kind::Open) => {
                self.at += 1;
                let node = self.or(depth + 1)?;
                if self.peek() != Some(&Kind::Close) {
                    return self.error("expected ')'");
                }
                self.at += 1;
                Ok(node)
            }
            Some(Kind::Word { text, .. }) => {
                let text = text.clone();
                let column = self.column();
                self.at += 1;
                let op = match self.peek() {
                    Some(Kind::Op(op)) => *op,
                    Some(Kind::Word { text: t, quoted: false }) if t.eq_ignore_ascii_case("in") => Op::Eq,
                    _ => return Ok(Node::Free(unescape(&text).to_lowercase())),
                };
                self.at += 1;
                self.test(&text, column, op)
            }
            _ => self.error("expected a field, a word, 'not' or '('"),
        }
    }

    fn test(&mut self, name: &str, column: usize, op: Op) -> Result<Node, QueryError> {
        let field = field(name).ok_or_else(|| QueryError { column, message: format!("'{name}' is no field name") })?;
        let (op, negated) = match op {
            Op::Ne => (Op::Eq, true),
            Op::NotMatch => (Op::Match, true),
            op => (op, false),
        };
        let mut any = Vec::new();
        if self.peek() == Some(&Kind::Open) {
            self.at += 1;
            loop {
                any.push(self.value(&field, op)?);
                match self.peek() {
                    Some(Kind::Comma) => self.at += 1,
                    Some(Kind::Close) => break,
                    _ => return self.error("expected ',' or ')'"),
                }
            }
            self.at += 1;
        } else {
            any.push(self.value(&field, op)?);
        }
        let test = Node::Test { field, op, any };
        Ok(if negated { Node::Not(Box::new(test)) } else { test })
    }

    fn value(&mut self, field: &Field, op: Op) -> Result<Pattern, QueryError> {
        let Some(Kind::Word { text, .. }) = self.peek() else {
            return self.error("expected a value");
        };
        let text = text.clone();
        let pattern = match (field, op) {
            (_, Op::Match) => regex(&text),
            (Field::Time, _) => parse_time(&text, self.now)
                .map(Pattern::Time)
                .ok_or_else(|| format!("'{text}' is no time: use RFC 3339, YYYY-MM-DD or -15m")),
            (Field::Severity, _) => severity(&text)
                .map(Pattern::Severity)
                .ok_or_else(|| format!("'{text}' is no severity: info, low, medium, high or critical")),
            (_, Op::Eq) if Cidr::parse(&text).is_some() => {
                Cidr::parse(&text).map(Pattern::Cidr).ok_or_else(String::new)
            }
            (_, Op::Eq) if has_wildcard(&text) => regex(&wildcard_regex(&text)),
            _ => {
                let text = unescape(&text).to_lowercase();
                let number = text.parse().ok();
                if op != Op::Eq && number.is_none() {
                    Err(format!("'{text}' is no number"))
                } else {
                    Ok(Pattern::Text { text, number })
                }
            }
        };
        match pattern {
            Ok(p) => {
                self.at += 1;
                Ok(p)
            }
            Err(message) => self.error(message),
        }
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

fn field(name: &str) -> Option<Field> {
    Some(match name {
        "" => return None,
        "timestamp" | "time" | "ts" => Field::Time,
        "event_type" | "type" => Field::EventType,
        "severity" | "sev" => Field::Severity,
        "outcome" => Field::Outcome,
        "line" => Field::Line,
        "parsed" => Field::Parsed,
        "raw" => Field::Raw,
        other => match overlay_by_name(other) {
            Some(o) => Field::Overlay(o),
            None => match other {
                "ip" => Field::Overlay(Ov::SrcIp),
                "proc" => Field::Overlay(Ov::Process),
                "status" => Field::Overlay(Ov::StatusCode),
                _ => Field::Original(other.to_owned()),
            },
        },
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

fn unescape(text: &str) -> String {
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

fn regex(text: &str) -> Result<Pattern, String> {
    RegexBuilder::new(text)
        .case_insensitive(true)
        .dot_matches_new_line(true)
        .size_limit(1 << 20)
        .build()
        .map(Pattern::Regex)
        .map_err(|e| format!("not a regular expression: {}", e.to_string().lines().last().unwrap_or("")))
}
