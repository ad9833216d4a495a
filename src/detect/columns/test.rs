//! A predicate asked of a single value, as the engine's index answers it.

use crate::detect::compile::lazy_regex::LazyRegex;

use crate::detect::compile::preds::Op;
use crate::detect::sigma::glob::fold_into;
use crate::detect::sigma::value::{Number, exact};

/// Asks one operation of many values.
#[derive(Debug)]
pub struct Tester<'a> {
    op: &'a Op,
    regex: Option<&'a LazyRegex>,
    folded: String,
}

impl<'a> Tester<'a> {
    /// A tester; a regular expression comes compiled.
    #[must_use]
    pub fn new(op: &'a Op, regex: Option<&'a LazyRegex>) -> Self {
        Self { op, regex, folded: String::new() }
    }

    /// Whether it holds for a value.
    pub fn holds(&mut self, value: &str) -> bool {
        match self.op {
            Op::Str { pattern, cased: true } => pattern.matches(value),
            Op::Str { pattern, cased: false } => {
                let folded = self.fold(value);
                pattern.matches(folded)
            }
            Op::Num { text, bits } => exact(value).is_some_and(|n| n.bits() == *bits) || self.fold(value) == text,
            Op::Regex(_) => self.regex.is_some_and(|r| r.is_match(value)),
            Op::Cidr(net) => value.parse().is_ok_and(|a| net.contains(a)),
            Op::Compare(cmp, bits) => exact(value).is_some_and(|n| cmp.holds(n, Number::from_bits(*bits))),
            Op::Exists | Op::Present | Op::Time(..) | Op::Field { .. } => false,
        }
    }

    fn fold(&mut self, value: &str) -> &str {
        self.folded.clear();
        fold_into(value, &mut self.folded);
        &self.folded
    }
}
