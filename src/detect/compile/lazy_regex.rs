//! Regular expressions that are compiled when they are first needed: of a large
//! rule set most never are.

use std::sync::OnceLock;

use memchr::memmem::Finder;
use regex::Regex;

use super::guard::Shape;
use super::run::Run;

/// A valid expression.
#[derive(Debug, Clone)]
pub struct LazyRegex {
    pattern: Box<str>,
    literals: Option<Vec<String>>,
    /// The same, ready to be looked for.
    finders: OnceLock<Box<[Finder<'static>]>>,
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
        Self { pattern: pattern.into(), literals: shape.literals, finders: OnceLock::new(), compiled: OnceLock::new() }
    }

    /// An expression that is compiled already and of which nothing else is known.
    #[must_use]
    pub fn ready(regex: Regex) -> Self {
        let pattern = regex.as_str().into();
        let compiled = OnceLock::from(Some(Search::Regex(regex)));
        Self { pattern, literals: None, finders: OnceLock::new(), compiled }
    }

    /// Literals of which each match contains one, as [`super::guard::literals`] has them.
    #[must_use]
    pub fn literals(&self) -> Option<&[String]> {
        self.literals.as_deref()
    }

    /// Whether one of its literals stands in a folded value, so that it may match there.
    #[must_use]
    pub fn may_match(&self, folded: &str) -> bool {
        let Some(literals) = &self.literals else { return true };
        // To make a finder takes longer than to look for its text in most values.
        let finders =
            self.finders.get_or_init(|| literals.iter().map(|l| Finder::new(l.as_bytes()).into_owned()).collect());
        finders.iter().any(|f| f.find(folded.as_bytes()).is_some())
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
        assert!(r.may_match("xbcdx") && !r.may_match("abc"));
        assert!(r.is_match("aabcd") && !r.is_match("bcd"));
        assert!(r.compiled.get().is_some());
        let ready = LazyRegex::ready(Regex::new("x").expect("valid"));
        assert!(ready.compiled.get().is_some() && ready.is_match("axb") && ready.may_match("a"));
    }
}
