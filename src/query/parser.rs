//! Recursive-descent parser of queries, bounded in depth.

use super::ast::{Field, Node, Op, Pattern};
use super::lexer::{Kind, Token, tokens};
use super::value::{self, unescape};
use super::{QueryError, Words};
use crate::event::fold::folded;
use crate::event::{Ov, Ts, overlay_by_name};

/// Deepest nesting of brackets and negations.
const MAX_DEPTH: usize = 64;

pub(super) fn parse(text: &str, now: Ts, words: Words) -> Result<Node, QueryError> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(Node::All);
    }
    let end = text.chars().count() + 1;
    let mut p = Parser { tokens: &tokens, at: 0, end, now, words };
    let node = p.or(0)?;
    match p.tokens.get(p.at) {
        None => Ok(node),
        Some(t) => Err(unexpected(t)),
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    end: usize,
    now: Ts,
    words: Words,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.at).map(|t| &t.kind)
    }

    fn column(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |t| t.column)
    }

    fn error<T>(&self, message: impl Into<String>) -> Result<T, QueryError> {
        Err(QueryError::new(self.column(), message))
    }

    fn keyword(&mut self, word: &str) -> bool {
        let hit = matches!(self.peek(), Some(Kind::Word { text, quoted: false }) if text.eq_ignore_ascii_case(word));
        self.at += usize::from(hit);
        hit
    }

    fn or(&mut self, depth: usize) -> Result<Node, QueryError> {
        let mut any = vec![self.and(depth)?];
        while self.keyword("or") || self.keyword("||") {
            any.push(self.and(depth)?);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Node::Or(any) })
    }

    fn and(&mut self, depth: usize) -> Result<Node, QueryError> {
        let mut all = vec![self.unary(depth)?];
        loop {
            if self.keyword("and") || self.keyword("&&") {
                all.push(self.unary(depth)?);
                continue;
            }
            match self.peek() {
                None | Some(Kind::Close) => break,
                Some(Kind::Word { text, quoted: false }) if text.eq_ignore_ascii_case("or") || text == "||" => break,
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
                    return self.error("expected ')'").map_err(|e: QueryError| e.hint("a bracket is not closed"));
                }
                self.at += 1;
                Ok(node)
            }
            Some(Kind::Word { text, quoted }) => {
                let (text, quoted) = (text.clone(), *quoted);
                let column = self.column();
                if !quoted && matches!(text.to_ascii_lowercase().as_str(), "and" | "or" | "&&" | "||") {
                    return Err(QueryError::new(column, format!("'{text}' has nothing before it"))
                        .hint("to look for the word itself put it in quotes"));
                }
                self.at += 1;
                let op = match self.peek() {
                    Some(Kind::Op(op)) => *op,
                    Some(Kind::Word { text: t, quoted: false }) if t.eq_ignore_ascii_case("in") => Op::Eq,
                    Some(Kind::Word { text: t, quoted: false })
                        if t.eq_ignore_ascii_case("not") && self.in_follows() =>
                    {
                        self.at += 1;
                        Op::Ne
                    }
                    _ => return Ok(Node::Free(folded(&unescape(&text)))),
                };
                self.at += 1;
                self.test(&text, column, op)
            }
            Some(Kind::Op(_)) => Err(QueryError::new(self.column(), "expected a field before the operator")
                .hint("as user=root; to look for the sign itself put it in quotes")),
            Some(_) => self.error("expected a field, a word, 'not' or '('"),
            None => self
                .error("the query ends where a field, a word, 'not' or '(' should stand")
                .map_err(|e: QueryError| e.hint("complete it, or take the last word away")),
        }
    }

    /// Whether the word after this one is `in`: `user not in [a, b]`.
    fn in_follows(&self) -> bool {
        matches!(self.tokens.get(self.at + 1).map(|t| &t.kind), Some(Kind::Word { text, quoted: false }) if text.eq_ignore_ascii_case("in"))
    }

    fn test(&mut self, name: &str, column: usize, op: Op) -> Result<Node, QueryError> {
        let field = (!name.is_empty())
            .then(|| (self.words)(name))
            .ok_or_else(|| QueryError::new(column, format!("'{name}' is no field name")).hint("as user=root"))?;
        let (op, negated) = match op {
            Op::Ne => (Op::Eq, true),
            Op::NotMatch => (Op::Match, true),
            op => (op, false),
        };
        let mut any = Vec::new();
        let close = match self.peek() {
            Some(Kind::Open) => Some((Kind::Close, ')')),
            Some(Kind::OpenList) => Some((Kind::CloseList, ']')),
            _ => None,
        };
        if let Some((close, sign)) = close {
            let at = self.column();
            if !matches!(op, Op::Eq | Op::Match) {
                return self
                    .error("an ordered comparison takes one value")
                    .map_err(|e: QueryError| e.hint("a list goes with = != ~ !~ and in"));
            }
            self.at += 1;
            loop {
                any.push(self.value(&field, op)?);
                match self.peek() {
                    Some(Kind::Comma) => self.at += 1,
                    Some(k) if *k == close => break,
                    _ => {
                        let hint = format!("the list began at column {at}; put values with spaces in quotes");
                        return self.error(format!("expected ',' or '{sign}'")).map_err(|e: QueryError| e.hint(hint));
                    }
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
        let (text, quoted) = match self.peek() {
            Some(Kind::Word { text, quoted }) => (text.clone(), *quoted),
            Some(Kind::Op(other)) if *other != Op::Match => {
                let hint = "one of = != < <= > >= ~ !~ stands between a field and its value";
                return self.error("two operators").map_err(|e: QueryError| e.hint(hint));
            }
            Some(Kind::Op(Op::Match)) => {
                let hint = format!("{}~EXPRESSION is a regular expression", field.name());
                return self.error("two operators").map_err(|e: QueryError| e.hint(hint));
            }
            _ => {
                let hint = format!("\"\" is the empty text, not {}=* is a field that is absent", field.name());
                return self.error("expected a value").map_err(|e: QueryError| e.hint(hint));
            }
        };
        let pattern = value::value(&text, quoted, field, op, self.now)
            .map_err(|w| QueryError::new(self.column(), w.message).hint(w.hint))?;
        self.at += 1;
        Ok(pattern)
    }
}

/// What stands where the query should have ended.
fn unexpected(t: &Token) -> QueryError {
    let e = QueryError::new(t.column, "expected the end of the query here");
    match t.kind {
        Kind::Close => e.hint("this ')' closes nothing"),
        _ => e,
    }
}

/// What a name means where events are looked at.
pub(super) fn of_events(name: &str) -> Field {
    match name {
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
    }
}
