//! Regular expressions that are compiled when they are first needed: of a large
//! rule set most never are.

use std::sync::OnceLock;

use regex::Regex;

use super::guard::Shape;
use super::run::Run;

/// A valid expression.
#[derive(Debug, Clone)]
pub struct LazyRegex {
    pattern: Box<str>,
    literals: Option<Vec<String>>,
    compiled: OnceLock<Option<Search>>,
}

/// How it is looked for.
#[derive(Debug, Clone)]
enum Search {
    Regex(Regex),
    Run(Run),
}

impl LazyRegex {
    /// An expression that is known to be valid and small.
    #[must_use]
    pub fn later(pattern: &str, shape: Shape) -> Self {
        Self { pattern: pattern.into(), literals: shape.literals, compiled: OnceLock::new() }
    }

    /// An expression that is compiled already and of which nothing else is known.
    #[must_use]
    pub fn ready(regex: Regex) -> Self {
        Self { pattern: regex.as_str().into(), literals: None, compiled: OnceLock::from(Some(Search::Regex(regex))) }
    }

    /// Literals of which each match contains one, as [`super::guard::literals`] has them.
    #[must_use]
    pub fn literals(&self) -> Option<&[String]> {
        self.literals.as_deref()
    }

    /// Whether it finds something in a value.
    #[must_use]
    #[inline]
    pub fn is_match(&self, value: &str) -> bool {
        match self.compiled.get_or_init(|| self.compile()) {
            Some(Search::Regex(r)) => r.is_match(value),
            Some(Search::Run(r)) => r.is_in(value),
            None => false,
        }
    }

    #[cold]
    fn compile(&self) -> Option<Search> {
        let hir = regex_syntax::ParserBuilder::new().nest_limit(100).build().parse(&self.pattern).ok()?;
        if let Some(run) = Run::of(&hir) {
            return Some(Search::Run(run));
        }
        // What may be large was compiled, within bounds, when its rule was read.
        regex::RegexBuilder::new(&self.pattern).size_limit(usize::MAX).nest_limit(100).build().ok().map(Search::Regex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiled_when_needed() {
        let shape = crate::detect::compile::guard::shape("^a+bcd").expect("valid");
        let r = LazyRegex::later("^a+bcd", shape);
        assert_eq!(r.literals(), Some(&["bcd".to_owned()][..]));
        assert!(r.compiled.get().is_none());
        assert!(r.is_match("aabcd") && !r.is_match("bcd"));
        assert!(r.compiled.get().is_some());
        let ready = LazyRegex::ready(Regex::new("x").expect("valid"));
        assert!(ready.compiled.get().is_some() && ready.is_match("axb"));
    }
}
