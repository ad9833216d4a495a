//! Splits a query into words, operators and brackets.

use super::{Op, QueryError};

/// A token with its 1-based column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub column: usize,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A word; `quoted` words are never keywords. Backslash escapes of `*` and
    /// `?` stay in the text.
    Word {
        text: String,
        quoted: bool,
    },
    Op(Op),
    Open,
    Close,
    /// `[` where a value is expected.
    OpenList,
    /// The `]` of such a list.
    CloseList,
    Comma,
    Bang,
}

/// Longest query accepted, in bytes.
const MAX: usize = 16 * 1024;

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, QueryError> {
    if text.len() > MAX {
        return Err(QueryError::new(1, format!("a query may have {MAX} bytes, this one has {}", text.len())));
    }
    let mut out: Vec<Token> = Vec::new();
    let mut list = false;
    let mut it = text.chars().enumerate().peekable();
    while let Some(&(i, c)) = it.peek() {
        let column = i + 1;
        let mut two = |next: char| {
            it.next();
            it.next_if(|(_, c)| *c == next).is_some()
        };
        let kind = match c {
            c if c.is_whitespace() => {
                it.next();
                continue;
            }
            '(' => {
                it.next();
                Kind::Open
            }
            ')' => {
                it.next();
                Kind::Close
            }
            // Elsewhere a square bracket is text: `sshd[12]`, `user~[ab]+`.
            '[' if !list && takes_list(&out) => {
                it.next();
                list = true;
                Kind::OpenList
            }
            ']' if list => {
                it.next();
                list = false;
                Kind::CloseList
            }
            ',' => {
                it.next();
                Kind::Comma
            }
            '=' => {
                two('=');
                Kind::Op(Op::Eq)
            }
            '~' => {
                it.next();
                Kind::Op(Op::Match)
            }
            '<' => Kind::Op(if two('=') { Op::Le } else { Op::Lt }),
            '>' => Kind::Op(if two('=') { Op::Ge } else { Op::Gt }),
            '!' => {
                it.next();
                if it.next_if(|(_, c)| *c == '=').is_some() {
                    Kind::Op(Op::Ne)
                } else if it.next_if(|(_, c)| *c == '~').is_some() {
                    Kind::Op(Op::NotMatch)
                } else {
                    Kind::Bang
                }
            }
            c0 @ ('"' | '\'') => {
                it.next();
                let mut word = String::new();
                let mut closed = false;
                while let Some((_, c)) = it.next() {
                    match c {
                        '\\' => {
                            if let Some((_, e)) = it.next() {
                                if !matches!(e, '"' | '\'') {
                                    word.push('\\');
                                }
                                word.push(e);
                            }
                        }
                        q if q == c0 => {
                            closed = true;
                            break;
                        }
                        c => word.push(c),
                    }
                }
                if !closed {
                    return Err(QueryError::new(column, "this quotation mark is never closed")
                        .hint("a mark inside quotes is written \\\" or the other kind is used around it"));
                }
                Kind::Word { text: word, quoted: true }
            }
            _ => {
                let mut word = String::new();
                while let Some((_, c)) = it.next_if(|(_, c)| {
                    let ends = matches!(c, '(' | ')' | ',' | '=' | '~' | '<' | '>' | '"') || (list && *c == ']');
                    !ends && !c.is_whitespace()
                }) {
                    // `field!=x`: the operator ends the word
                    if c == '!'
                        && let Some((at, n)) = it.next_if(|(_, n)| matches!(n, '=' | '~'))
                    {
                        let negated = if n == '=' { Op::Ne } else { Op::NotMatch };
                        out.push(Token { column, kind: Kind::Word { text: std::mem::take(&mut word), quoted: false } });
                        out.push(Token { column: at, kind: Kind::Op(negated) });
                        break;
                    }
                    word.push(c);
                }
                if word.is_empty() {
                    continue;
                }
                Kind::Word { text: word, quoted: false }
            }
        };
        out.push(Token { column, kind });
    }
    Ok(out)
}

/// Whether a value is expected after these tokens, and may be a list.
fn takes_list(out: &[Token]) -> bool {
    match out.last().map(|t| &t.kind) {
        Some(Kind::Op(op)) => !matches!(op, Op::Match | Op::NotMatch),
        Some(Kind::Word { text, quoted: false }) => out.len() > 1 && text.eq_ignore_ascii_case("in"),
        _ => false,
    }
}
