//! Conditions: `and`, `or`, `not`, brackets, `1 of`, `all of`, `N of`.

/// Deepest nesting of brackets and `not`.
const MAX_DEPTH: usize = 50;

/// A condition over searches by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cond {
    /// The search at this position.
    Search(usize),
    /// All hold.
    And(Vec<Cond>),
    /// One holds.
    Or(Vec<Cond>),
    /// Does not hold.
    Not(Box<Cond>),
    /// At least so many of these searches hold.
    AtLeast(usize, Vec<usize>),
}

impl Default for Cond {
    /// None of no searches: never holds.
    fn default() -> Self {
        Self::Or(Vec::new())
    }
}

impl Cond {
    /// The condition where searches have other positions, or are gone (`None`): it
    /// is about those that are left. `None` where none of its searches is left.
    #[must_use]
    pub fn without(self, to: &[Option<usize>]) -> Option<Self> {
        let place = |i: usize| to.get(i).copied().flatten();
        let left = |all: Vec<Self>| -> Vec<Self> { all.into_iter().filter_map(|c| c.without(to)).collect() };
        match self {
            Self::Search(i) => place(i).map(Self::Search),
            Self::And(all) => Some(left(all)).filter(|l| !l.is_empty()).map(|l| one_or(l, Self::And)),
            Self::Or(any) => Some(left(any)).filter(|l| !l.is_empty()).map(|l| one_or(l, Self::Or)),
            Self::Not(one) => one.without(to).map(|c| Self::Not(Box::new(c))),
            Self::AtLeast(n, of) => {
                let of: Vec<usize> = of.into_iter().filter_map(place).collect();
                (!of.is_empty()).then(|| Self::AtLeast(n.min(of.len()), of))
            }
        }
    }
}

/// A condition's text where the searches of these names are called otherwise:
/// a name, or a pattern after `of`, gets in front what `front` says of it.
#[must_use]
pub fn renamed(text: &str, names: &[&str], front: &dyn Fn(&str) -> String) -> String {
    let words: Vec<Token<'_>> = tokens(text).unwrap_or_default().into_iter().map(|t| t.1).collect();
    let is = |t: Option<&Token<'_>>, word: &str| matches!(t, Some(Token::Word(w)) if w.eq_ignore_ascii_case(word));
    let mut out = Vec::with_capacity(words.len());
    let mut at = 0;
    while let Some(token) = words.get(at) {
        out.push(match token {
            Token::Open => "(".to_owned(),
            Token::Close => ")".to_owned(),
            Token::Word(w) if ["and", "or", "not"].iter().any(|k| w.eq_ignore_ascii_case(k)) => (*w).to_owned(),
            Token::Word(w) if !names.contains(w) && is(words.get(at + 1), "of") => {
                at += 2;
                let pattern = match words.get(at) {
                    Some(Token::Word(p)) if p.eq_ignore_ascii_case("them") => format!("{}*", front("")),
                    Some(Token::Word(p)) => format!("{}{p}", front(p)),
                    _ => String::new(),
                };
                format!("{w} of {pattern}")
            }
            Token::Word(w) => format!("{}{w}", front(w)),
        });
        at += 1;
    }
    out.join(" ")
}

/// A mistake in a condition: where (characters from its start) and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CondError {
    /// Offset in characters.
    pub offset: u32,
    /// What is wrong.
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token<'c> {
    Open,
    Close,
    Word(&'c str),
}

struct Parser<'c> {
    tokens: Vec<(u32, Token<'c>)>,
    at: usize,
    end: u32,
    names: &'c [&'c str],
}

/// Parses a condition over searches of these names.
pub fn parse(text: &str, names: &[&str]) -> Result<Cond, CondError> {
    let mut p = Parser { tokens: tokens(text)?, at: 0, end: text.chars().count() as u32, names };
    let cond = p.or(0)?;
    match p.tokens.get(p.at) {
        None => Ok(cond),
        Some((offset, Token::Close)) => fail(*offset, "a bracket is closed that was never opened"),
        Some((offset, Token::Word(w))) => fail(*offset, format!("expected 'and' or 'or' before '{w}'")),
        Some((offset, Token::Open)) => fail(*offset, "expected 'and' or 'or' before '('"),
    }
}

fn fail<T>(offset: u32, message: impl Into<String>) -> Result<T, CondError> {
    Err(CondError { offset, message: message.into() })
}

fn tokens(text: &str) -> Result<Vec<(u32, Token<'_>)>, CondError> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut offset = 0u32;
    while let Some(c) = rest.chars().next() {
        let len = match c {
            '(' => {
                out.push((offset, Token::Open));
                1
            }
            ')' => {
                out.push((offset, Token::Close));
                1
            }
            c if c.is_whitespace() => c.len_utf8(),
            '|' => {
                return fail(offset, "aggregations ('| count() …') are Sigma's old form: write a correlation instead");
            }
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '|')).unwrap_or(rest.len());
                let (word, _) = rest.split_at(end);
                out.push((offset, Token::Word(word)));
                end
            }
        };
        let (head, tail) = rest.split_at(len);
        offset += head.chars().count() as u32;
        rest = tail;
    }
    Ok(out)
}

impl<'c> Parser<'c> {
    fn word(&self) -> Option<&'c str> {
        match self.tokens.get(self.at) {
            Some((_, Token::Word(w))) => Some(w),
            _ => None,
        }
    }

    fn eat(&mut self, keyword: &str) -> bool {
        let hit = self.word().is_some_and(|w| w.eq_ignore_ascii_case(keyword));
        self.at += usize::from(hit);
        hit
    }

    fn offset(&self) -> u32 {
        self.tokens.get(self.at).map_or(self.end, |t| t.0)
    }

    fn or(&mut self, depth: usize) -> Result<Cond, CondError> {
        let first = self.and(depth)?;
        let mut all = vec![first];
        while self.eat("or") {
            all.push(self.and(depth)?);
        }
        Ok(one_or(all, Cond::Or))
    }

    fn and(&mut self, depth: usize) -> Result<Cond, CondError> {
        let first = self.not(depth)?;
        let mut all = vec![first];
        while self.eat("and") {
            all.push(self.not(depth)?);
        }
        Ok(one_or(all, Cond::And))
    }

    fn not(&mut self, depth: usize) -> Result<Cond, CondError> {
        let mut odd = false;
        while self.eat("not") {
            odd = !odd;
        }
        let inner = self.primary(depth)?;
        Ok(if odd { Cond::Not(Box::new(inner)) } else { inner })
    }

    fn primary(&mut self, depth: usize) -> Result<Cond, CondError> {
        let offset = self.offset();
        if depth > MAX_DEPTH {
            return fail(offset, format!("nested more than {MAX_DEPTH} levels deep"));
        }
        match self.tokens.get(self.at) {
            None => fail(offset, "the condition ends where a search is expected"),
            Some((_, Token::Close)) => fail(offset, "expected a search before ')'"),
            Some((_, Token::Open)) => {
                self.at += 1;
                let inner = self.or(depth + 1)?;
                if self.tokens.get(self.at).map(|t| t.1) != Some(Token::Close) {
                    return fail(self.offset(), "a bracket is not closed");
                }
                self.at += 1;
                Ok(inner)
            }
            Some((_, Token::Word(w))) => {
                self.at += 1;
                if self.word().is_some_and(|o| o.eq_ignore_ascii_case("of")) && !self.names.contains(w) {
                    return self.quantifier(w, offset);
                }
                match self.names.iter().position(|n| n == w) {
                    Some(i) => Ok(Cond::Search(i)),
                    None => fail(offset, format!("no search is named '{w}'")),
                }
            }
        }
    }

    fn quantifier(&mut self, count: &str, offset: u32) -> Result<Cond, CondError> {
        self.at += 1;
        let at = self.offset();
        let Some(pattern) = self.word() else { return fail(at, "expected 'them' or a name after 'of'") };
        self.at += 1;
        let them = pattern.eq_ignore_ascii_case("them");
        let picked: Vec<usize> = (self.names.iter().enumerate())
            .filter(|(_, n)| if them { !n.starts_with('_') } else { name_matches(pattern, n) })
            .map(|(i, _)| i)
            .collect();
        if picked.is_empty() {
            return fail(at, format!("no search is named like '{pattern}'"));
        }
        let least = if count.eq_ignore_ascii_case("all") {
            picked.len()
        } else if count.eq_ignore_ascii_case("any") {
            1
        } else {
            match count.parse::<usize>() {
                Ok(n) if n >= 1 => n,
                _ => return fail(offset, format!("expected a number, 'any' or 'all' before 'of', found '{count}'")),
            }
        };
        if least > picked.len() {
            return fail(offset, format!("{least} of {} searches can never hold", picked.len()));
        }
        Ok(if picked.len() == 1 {
            Cond::Search(picked[0])
        } else if least == picked.len() {
            Cond::And(picked.into_iter().map(Cond::Search).collect())
        } else if least == 1 {
            Cond::Or(picked.into_iter().map(Cond::Search).collect())
        } else {
            Cond::AtLeast(least, picked)
        })
    }
}

fn one_or(mut all: Vec<Cond>, many: fn(Vec<Cond>) -> Cond) -> Cond {
    match (all.len(), all.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            all.push(last);
            many(all)
        }
        (_, None) => many(all),
    }
}

/// Whether a search's name matches a pattern with `*`.
fn name_matches(pattern: &str, name: &str) -> bool {
    super::glob::Pattern::parse(pattern).matches(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Cond::{And, AtLeast, Not, Or, Search};

    const NAMES: &[&str] = &["sel_a", "sel_b", "sel_c", "filter", "_base"];

    fn ok(text: &str) -> Cond {
        parse(text, NAMES).unwrap_or_else(|e| panic!("{text}: {e:?}"))
    }

    #[test]
    fn searches_that_are_gone() {
        let to = [Some(0), None, Some(1), None, None];
        for (text, want) in [
            ("sel_a and not sel_b", Some(Search(0))),
            ("sel_a or not filter", Some(Search(0))),
            ("sel_b or (filter and not sel_b)", None),
            ("all of sel_*", Some(And(vec![Search(0), Search(1)]))),
            ("1 of sel_*", Some(Or(vec![Search(0), Search(1)]))),
            ("2 of sel_*", Some(AtLeast(2, vec![0, 1]))),
            ("not sel_c", Some(Not(Box::new(Search(1))))),
        ] {
            assert_eq!(ok(text).without(&to), want, "{text}");
        }
    }

    #[test]
    fn searches_that_are_called_otherwise() {
        let front = |w: &str| if w.starts_with('_') { "_f-".to_owned() } else { "_f_".to_owned() };
        for (text, want) in [
            ("not (sel_a and filter)", "not ( _f_sel_a and _f_filter )"),
            ("1 of them or all of sel_*", "1 of _f_* or all of _f_sel_*"),
            ("_base", "_f-_base"),
        ] {
            assert_eq!(renamed(text, NAMES, &front), want);
        }
    }

    #[test]
    fn precedence_and_brackets() {
        assert_eq!(
            ok("sel_a or sel_b and not filter"),
            Or(vec![Search(0), And(vec![Search(1), Not(Box::new(Search(3)))])])
        );
        assert_eq!(ok("(sel_a OR sel_b) AND filter"), And(vec![Or(vec![Search(0), Search(1)]), Search(3)]));
        assert_eq!(ok("not not sel_a"), Search(0));
        assert_eq!(ok("sel_a and(sel_b)"), And(vec![Search(0), Search(1)]));
    }

    #[test]
    fn quantifiers() {
        assert_eq!(ok("1 of sel_*"), Or(vec![Search(0), Search(1), Search(2)]));
        assert_eq!(ok("all of sel_*"), And(vec![Search(0), Search(1), Search(2)]));
        assert_eq!(ok("2 of sel_*"), AtLeast(2, vec![0, 1, 2]));
        assert_eq!(ok("all of them"), And((0..4).map(Search).collect()), "names with _ are left out");
        assert_eq!(ok("1 of filter"), Search(3));
    }

    #[test]
    fn mistakes_have_an_offset() {
        for (text, offset) in [
            ("", 0),
            ("sel_a and", 9),
            ("sel_a nope", 6),
            ("nope", 0),
            ("(sel_a", 6),
            ("sel_a)", 5),
            ("5 of sel_*", 0),
            ("1 of nope*", 5),
            ("sel_a | count() > 5", 6),
            ("x of sel_*", 0),
        ] {
            assert_eq!(parse(text, NAMES).expect_err(text).offset, offset, "{text}");
        }
        assert!(parse(&"(".repeat(100_000), NAMES).is_err());
        assert!(parse(&"not ".repeat(100_001), NAMES).is_err());
    }
}
