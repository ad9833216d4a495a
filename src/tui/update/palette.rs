//! How well actions fit what is typed in the palette.
//!
//! A name goes before a description: what begins like the typed text first, then names
//! of which a word does, then names that hold it, then names that hold its letters in
//! order. What only the description has comes behind all of these.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::tui::action::Action;

/// How an action fits, the best first; the number tells those of one kind apart, the
/// least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It is the name.
    Name,
    /// The name begins so.
    Begins(usize),
    /// Words of the name begin so.
    Words(usize),
    /// The name holds it.
    Holds(usize),
    /// The words of the hint bar begin so.
    Hint(usize),
    /// The name has its letters in order, from the beginning of a word on.
    Letters(usize),
    /// Words of the description (and of the name) begin so.
    Told(usize),
    /// The description holds it.
    ToldInside(usize),
    /// Name and description have its letters in order.
    Scattered(u32),
}

impl Fit {
    /// Whether it is by what the action is called.
    #[must_use]
    pub const fn is_of_name(self) -> bool {
        !matches!(self, Self::Told(_) | Self::ToldInside(_) | Self::Scattered(_))
    }
}

/// What is typed, ready to be compared.
pub struct Typed {
    words: Vec<String>,
    /// The words as a name would have them.
    name: String,
    pattern: Pattern,
    matcher: Matcher,
    buffer: Vec<char>,
}

impl Typed {
    /// Reads what is typed; letters are compared without regard to case.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let words = words(text);
        Self {
            name: words.join("-"),
            words,
            pattern: Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart),
            matcher: Matcher::new(Config::DEFAULT),
            buffer: Vec::new(),
        }
    }

    /// How an action fits; `None` if it does not.
    pub fn fit(&mut self, a: &Action) -> Option<Fit> {
        let typed = self.name.as_str();
        let (name, hint, help) = (a.id, words(a.hint), words(a.help));
        let of_name: Vec<String> = words(name);
        if name == typed {
            return Some(Fit::Name);
        }
        if name.starts_with(typed) {
            return Some(Fit::Begins(name.len()));
        }
        if begin(&self.words, &of_name) || name.contains(&format!("-{typed}")) {
            return Some(Fit::Words(name.len()));
        }
        if name.contains(typed) {
            return Some(Fit::Holds(name.len()));
        }
        if hint.join("-").starts_with(typed) || begin(&self.words, &hint) {
            return Some(Fit::Hint(a.hint.len()));
        }
        if let Some(gaps) = letters(&self.words.concat(), name) {
            return Some(Fit::Letters(gaps));
        }
        let all: Vec<String> = [of_name, hint, help.clone()].concat();
        if begin(&self.words, &all) {
            let at = help.iter().position(|w| self.words.iter().any(|t| w.starts_with(t.as_str())));
            return Some(Fit::Told(at.unwrap_or(0)));
        }
        if let Some(at) = help.join("-").find(typed) {
            return Some(Fit::ToldInside(at));
        }
        let text = format!("{} {}", a.id, a.help);
        let score = self.pattern.score(Utf32Str::new(&text, &mut self.buffer), &mut self.matcher)?;
        Some(Fit::Scattered(u32::MAX - score))
    }
}

/// The words of a text, in small letters.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '$').filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
}

/// Whether each typed word begins a word of its own.
fn begin(typed: &[String], words: &[String]) -> bool {
    let mut left: Vec<&String> = words.iter().collect();
    !typed.is_empty()
        && typed.iter().all(|t| {
            let at = left.iter().position(|w| w.starts_with(t.as_str()));
            at.map(|at| left.remove(at)).is_some()
        })
}

/// How far apart the letters stand in a name, where the first of them begins a word:
/// pieces that begin no word, and words that are left out.
fn letters(typed: &str, name: &str) -> Option<usize> {
    let name: Vec<char> = name.chars().collect();
    let starts = |at: usize| at == 0 || name.get(at - 1) == Some(&'-');
    let first = typed.chars().next()?;
    (0..name.len())
        .filter(|at| starts(*at) && name.get(*at) == Some(&first))
        .filter_map(|start| {
            let (mut at, mut gaps) = (start, 0);
            for c in typed.chars().skip(1) {
                let next = (at + 1..name.len()).find(|n| name.get(*n) == Some(&c))?;
                let words = name.get(at..next).unwrap_or_default().iter().filter(|c| **c == '-').count();
                gaps += usize::from(next != at + 1 && !starts(next)) + 3 * words.saturating_sub(1);
                at = next;
            }
            Some(gaps * 64 + name.len())
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::action::ACTIONS;

    /// All actions that fit, the best first.
    fn ranked(text: &str) -> Vec<(&'static str, Fit)> {
        let mut typed = Typed::new(text);
        let mut all: Vec<_> = ACTIONS.iter().filter_map(|a| Some((a.id, typed.fit(a)?))).collect();
        all.sort_by_key(|(_, fit)| *fit);
        all
    }

    #[test]
    fn what_is_meant_comes_first() {
        for (typed, first) in [
            ("thm", "theme"),
            ("thme", "theme"),
            ("them", "theme"),
            ("THEME", "theme"),
            ("esc", "escalate"),
            ("ecl", "escalate"),
            ("dsm", "dismiss"),
            ("sup", "suppress"),
            ("sprs", "suppress"),
            ("exp", "export"),
            ("xp", "export"),
            ("undo", "undo"),
            ("und", "undo"),
            ("redo", "text-redo"),
            ("copy json", "copy-json"),
            ("json copy", "copy-json"),
            ("json", "copy-json"),
            ("cj", "copy-json"),
            ("ioc", "copy-ioc"),
            ("fc", "filter-clear"),
            ("filter c", "filter-clear"),
            ("clear", "filter-clear"),
            ("clear filters", "filter-clear"),
            ("filt", "filter"),
            ("filter in", "filter-in"),
            ("filter o", "filter-out"),
            ("zoom", "zoom-in"),
            ("zo", "zoom-in"),
            ("zoom out", "zoom-out"),
            ("mouse", "mouse"),
            ("health", "health"),
            ("hlt", "health"),
            ("tri", "triage"),
            ("back", "back"),
            ("quit", "quit"),
            ("q", "quit"),
            ("col", "columns"),
            ("clm", "columns"),
            ("piv", "pivot"),
            ("assign", "case-assign"),
            ("title", "case-title"),
            ("ca", "cases"),
            ("case a", "case-assign"),
            ("note", "note"),
            ("tag", "tag"),
            ("tune", "tune"),
            ("prop", "propose"),
            ("backt", "backtest"),
            ("pause", "pause"),
            ("seek", "seek"),
            ("go to time", "seek"),
            ("histogram", "zoom-in"),
            ("false positive", "dismiss"),
            ("shell", "suspend"),
            ("wheel", "mouse"),
            ("provenance", "export"),
        ] {
            let all = ranked(typed);
            assert_eq!(all.first().map(|a| a.0), Some(first), "{typed}: {:?}", all.get(..5.min(all.len())));
        }
    }

    /// Each action is first by its name, and before all that only descriptions bring
    /// with any part of it, and with any letter of it left out.
    #[test]
    fn names_go_before_descriptions() {
        let mut looked_at = 0;
        for a in ACTIONS {
            assert_eq!(ranked(a.id)[0], (a.id, Fit::Name));
            let letters: Vec<char> = a.id.chars().collect();
            let parts = (2..letters.len()).map(|n| letters[..n].iter().collect::<String>());
            let less = (1..letters.len()).map(|n| {
                let but = letters.iter().enumerate().filter(|(i, _)| *i != n).map(|(_, c)| *c);
                but.collect::<String>()
            });
            for typed in parts.chain(less) {
                let all = ranked(&typed);
                let at = all.iter().position(|(id, _)| *id == a.id).unwrap_or_else(|| panic!("{typed}: no {}", a.id));
                assert!(all[..=at].iter().all(|(_, fit)| fit.is_of_name()), "{typed}: {:?}", &all[..=at]);
                looked_at += 1;
            }
        }
        assert!(looked_at > 1_000, "{looked_at}");
    }
}
