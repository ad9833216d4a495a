//! Regular expressions that only ask for a number of like characters in a row
//! (`.{1000,}`): a count says it, where a compiled expression takes megabytes.

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind};

/// Shorter runs are left to the expression.
const LEAST: u32 = 32;

/// So many characters of a class in a row.
#[derive(Debug, Clone)]
pub struct Run {
    least: u32,
    /// The characters of ASCII, as bits.
    ascii: u128,
    /// All characters, as sorted ranges.
    ranges: Box<[(char, char)]>,
}

impl Run {
    /// What an expression asks for, if it is nothing but that.
    #[must_use]
    pub fn of(hir: &Hir) -> Option<Self> {
        let HirKind::Repetition(r) = bare(hir).kind() else { return None };
        let HirKind::Class(Class::Unicode(class)) = bare(&r.sub).kind() else { return None };
        (r.min >= LEAST).then(|| Self::new(r.min, class))
    }

    fn new(least: u32, class: &ClassUnicode) -> Self {
        let ranges: Box<[(char, char)]> = class.iter().map(|r| (r.start(), r.end())).collect();
        let has = |c: char| ranges.iter().any(|(from, to)| (*from..=*to).contains(&c));
        let ascii = (0..128u8).filter(|b| has(char::from(*b))).fold(0, |bits, b| bits | 1u128 << b);
        Self { least, ascii, ranges }
    }

    fn has(&self, c: char) -> bool {
        if c.is_ascii() {
            return self.ascii >> c as u32 & 1 == 1;
        }
        let at = self.ranges.partition_point(|r| r.1 < c);
        self.ranges.get(at).is_some_and(|r| r.0 <= c)
    }

    /// Whether a value has such a run.
    #[must_use]
    pub fn is_in(&self, value: &str) -> bool {
        if value.len() < self.least as usize {
            return false;
        }
        let mut row = 0;
        value.chars().any(|c| {
            row = if self.has(c) { row + 1 } else { 0 };
            row >= self.least
        })
    }
}

/// What stands in brackets that only group.
fn bare(hir: &Hir) -> &Hir {
    let mut hir = hir;
    while let HirKind::Capture(c) = hir.kind() {
        hir = &c.sub;
    }
    hir
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(pattern: &str) -> Option<Run> {
        Run::of(&regex_syntax::parse(pattern).expect("valid"))
    }

    #[test]
    fn only_what_is_a_run_and_nothing_else() {
        for p in [".{32,}", "(.){200,}", "[^/]{40}", "(([a-f0-9]){64,70})", "(?s).{99,}?", r"\w{50,}", "[\u{e9}x]{40,}"]
        {
            assert!(run(p).is_some(), "{p}");
        }
        for p in ["^.{100,}", "[^/]{100,}$", "a.{100,}", ".{3,}", ".*", "(ab){50}", "x{40}"] {
            assert!(run(p).is_none(), "{p}");
        }
    }

    #[test]
    fn as_the_expression_finds_it() {
        let letters = ["a", "/", "\n", "\u{e9}", "x", "9", " "];
        let mut seed = 7u32;
        for p in [".{32,}", "[^/]{33}", "[a-f0-9]{40,50}", "(?s).{36,}", r"\w{34,}", "[\u{e9}x]{32,}"] {
            let (run, regex) = (run(p).expect("a run"), regex::Regex::new(p).expect("valid"));
            for n in 0..400usize {
                let mut value = String::new();
                for _ in 0..n % 90 {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    // Mostly the same letter, so that there are long rows.
                    let at = if (seed >> 24).is_multiple_of(40) {
                        (seed >> 16) as usize % letters.len()
                    } else {
                        n % letters.len()
                    };
                    value.push_str(letters[at]);
                }
                assert_eq!(run.is_in(&value), regex.is_match(&value), "{p} in {value:?}");
            }
        }
    }
}
