//! All literals of one field: those at the edges of values, and those inside.

use std::sync::LazyLock;

use aho_corasick::packed::Searcher;
use daachorse::DoubleArrayAhoCorasick;
use memchr::memmem::Finder;

use super::edges::{Edge, Edges};
use super::grams::Grams;
use super::literals::{Literals, Meaning};

/// What a found literal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// `contains`: the predicate holds.
    Inside(u32),
    /// `startswith`: holds if the literal stands at the start.
    Start(u32),
    /// `endswith`: holds if it stands at the end.
    End(u32),
    /// A pattern with wildcards must be tried.
    Glob(u32),
    /// A regular expression must be tried.
    Regex(u32),
}

/// Collects literals.
#[derive(Debug, Default)]
pub struct AutomatonBuilder {
    text: String,
    start: Vec<Meaning>,
    end: Vec<Meaning>,
    inside: Vec<Meaning>,
}

impl AutomatonBuilder {
    /// Adds what a literal means; empty literals are not for automata.
    pub fn add(&mut self, literal: &str, action: Action) {
        if literal.is_empty() {
            return;
        }
        let from = self.text.len();
        self.text.push_str(literal);
        let list = match action {
            Action::Start(_) => &mut self.start,
            Action::End(_) => &mut self.end,
            Action::Inside(_) | Action::Glob(_) | Action::Regex(_) => &mut self.inside,
        };
        list.push((from as u32, self.text.len() as u32, action));
    }

    /// An automaton that is built when it is first searched: of a large rule
    /// set most fields never occur in the input at hand. `None` where there is
    /// nothing to look for.
    #[must_use]
    pub fn lazy(mut self) -> Option<LazyAutomaton> {
        if self.text.is_empty() {
            return None;
        }
        self.text.shrink_to_fit();
        [&mut self.start, &mut self.end, &mut self.inside].into_iter().for_each(Vec::shrink_to_fit);
        let build: Box<dyn FnOnce() -> Automaton + Send> = Box::new(move || self.build());
        Some(LazyAutomaton(LazyLock::new(build)))
    }

    /// The automaton.
    #[must_use]
    pub fn build(self) -> Automaton {
        let text = self.text;
        let (start, end) = (Literals::new(self.start, &text), Literals::new(self.end, &text));
        let inside = Literals::new(self.inside, &text);
        let by_start = Edges::new(Edge::Start, &start, &text);
        let by_end = Edges::new(Edge::End, &end, &text);
        let len = |i: &u32| inside.text(&text, *i).len();
        let mut some: Vec<u32> = (0..inside.len() as u32).collect();
        let mut alone = Vec::new();
        if some.len() <= FEW {
            alone.append(&mut some);
        }
        // Most values are ASCII, and hold none of these.
        let beyond: Vec<u32> = some.extract_if(.., |i| !inside.text(&text, *i).is_ascii()).collect();
        // A few short ones would make the search look twice at each byte.
        for shorter in [2, SHORT] {
            if some.iter().filter(|i| len(i) < shorter).count() <= FEW_SHORT {
                alone.extend(some.extract_if(.., |i| len(i) < shorter));
            }
        }
        let packed = packed(some.iter().map(|i| inside.text(&text, *i)));
        let mut left = Vec::new();
        let mut grams = |some: &[u32]| {
            let (grams, more) = Grams::new(&inside, &text, some);
            left.extend(more);
            (!some.is_empty()).then_some(grams)
        };
        let (grams, beyond) = (grams(&some), grams(&beyond));
        let get = |i: &u32| inside.text(&text, *i);
        let table = (left.len() > FEW)
            .then(|| DoubleArrayAhoCorasick::with_values(left.iter().map(|i| (get(i), *i))))
            .and_then(Result::ok);
        if table.is_none() {
            alone.append(&mut left);
        }
        let alone = alone.iter().map(|i| (*i, Finder::new(get(i).as_bytes()).into_owned())).collect();
        Automaton { text: text.into(), start, by_start, end, by_end, inside, packed, grams, beyond, alone, table }
    }
}

/// See [`AutomatonBuilder::lazy`].
#[derive(Debug)]
pub struct LazyAutomaton(LazyLock<Automaton, Box<dyn FnOnce() -> Automaton + Send>>);

impl std::ops::Deref for LazyAutomaton {
    type Target = Automaton;

    fn deref(&self) -> &Automaton {
        &self.0
    }
}

/// So many literals are looked for one by one.
const FEW: usize = 2;
/// Literals that are shorter than this are, if they are few.
const SHORT: usize = 4;
/// So many short ones are few.
const FEW_SHORT: usize = 3;
/// So many literals are looked for in many bytes at once, as a value is first looked at.
const PACKED: usize = 48;

/// A search for the first of a few literals.
fn packed<'t>(literals: impl ExactSizeIterator<Item = &'t str> + Clone) -> Option<Searcher> {
    let fit = (1..=PACKED).contains(&literals.len()) && literals.clone().all(|l| l.len() >= SHORT);
    fit.then(|| Searcher::new(literals)).flatten()
}

/// A finished automaton.
pub struct Automaton {
    /// The bytes of all literals.
    text: Box<str>,
    start: Literals,
    by_start: Edges,
    end: Literals,
    by_end: Edges,
    inside: Literals,
    /// Where the first of the literals in `grams` stands, if they are few.
    packed: Option<Searcher>,
    grams: Option<Grams>,
    /// Those with characters beyond ASCII.
    beyond: Option<Grams>,
    /// Literals that are looked for by themselves.
    alone: Vec<(u32, Finder<'static>)>,
    /// Literals of which too many are alike.
    table: Option<DoubleArrayAhoCorasick<u32>>,
}

impl std::fmt::Debug for Automaton {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lens = (self.start.len(), self.end.len(), self.inside.len());
        f.debug_struct("Automaton").field("literals", &lens).finish_non_exhaustive()
    }
}

impl Automaton {
    /// Calls `hit` with each action whose literal stands where it must; one
    /// action may be called several times.
    #[inline]
    pub fn find(&self, value: &str, mut hit: impl FnMut(Action)) {
        let (bytes, text) = (value.as_bytes(), &*self.text);
        self.by_start.find(bytes, &self.start, text, |l| self.start.actions(l).iter().for_each(|a| hit(*a)));
        self.by_end.find(bytes, &self.end, text, |l| self.end.actions(l).iter().for_each(|a| hit(*a)));
        let mut act = |l: u32| self.inside.actions(l).iter().for_each(|a| hit(*a));
        if let Some(grams) = &self.grams {
            // No literal begins before the first that is found.
            let first = self.packed.as_ref().map_or(Some(0), |p| Some(p.find(bytes)?.start()));
            if let Some(rest) = first.and_then(|at| bytes.get(at..)) {
                grams.find(rest, &self.inside, text, &mut act);
            }
        }
        if let Some(beyond) = self.beyond.as_ref().filter(|_| !bytes.is_ascii()) {
            beyond.find(bytes, &self.inside, text, &mut act);
        }
        for (l, finder) in &self.alone {
            if finder.find(bytes).is_some() {
                act(*l);
            }
        }
        if let Some(table) = &self.table {
            for m in table.find_overlapping_iter(bytes) {
                act(m.value());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_checked() {
        places(0);
        places(100);
    }

    fn found(a: &Automaton, value: &str) -> Vec<Action> {
        let mut v = Vec::new();
        a.find(value, |x| v.push(x));
        v.sort();
        v.dedup();
        v
    }

    fn places(more: u32) {
        let mut b = AutomatonBuilder::default();
        (0..more).for_each(|i| b.add(&format!("~{i}~"), Action::Inside(9)));
        b.add("ab", Action::Inside(0));
        b.add("ab", Action::Start(1));
        b.add("ab", Action::End(2));
        b.add("b", Action::End(3));
        let a = b.lazy().expect("not empty");
        assert_eq!(found(&a, "xabx"), [Action::Inside(0)]);
        assert_eq!(found(&a, "abx"), [Action::Inside(0), Action::Start(1)]);
        assert_eq!(found(&a, "ab ab"), [Action::Inside(0), Action::Start(1), Action::End(2), Action::End(3)]);
        assert_eq!(found(&a, ""), []);
    }

    /// What the standard library finds, one literal after the other.
    fn plainly(all: &[(String, Action)], value: &str) -> Vec<Action> {
        let holds = |(l, a): &&(String, Action)| match a {
            Action::Start(_) => value.starts_with(l.as_str()),
            Action::End(_) => value.ends_with(l.as_str()),
            _ => value.contains(l.as_str()),
        };
        let mut v: Vec<Action> = all.iter().filter(holds).map(|x| x.1).collect();
        v.sort();
        v.dedup();
        v
    }

    #[test]
    fn any_literals_in_any_values_as_the_standard_library_finds_them() {
        // A small alphabet makes literals begin, end and stand in one another.
        let mut seed = 1u64;
        let mut next = move |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % n
        };
        for (round, letters) in [2u64, 3, 5, 26].into_iter().cycle().take(60).enumerate() {
            let mut word = |most: u64| {
                let len = 1 + next(most);
                (0..len)
                    .map(|_| ['a', 'b', '\u{e9}', '.', 'c'].get(next(letters) as usize).copied().unwrap_or('z'))
                    .collect()
            };
            let all: Vec<(String, Action)> = (0..[3, 10, 300].get(round % 3).copied().unwrap_or(0))
                .map(|i| {
                    (word(14), [Action::Inside(i), Action::Start(i), Action::End(i), Action::Glob(i)][i as usize % 4])
                })
                .collect();
            let mut b = AutomatonBuilder::default();
            all.iter().for_each(|(l, a)| b.add(l, *a));
            let a = b.build();
            for _ in 0..60 {
                let value: String = word(40);
                assert_eq!(found(&a, &value), plainly(&all, &value), "{value} in {all:?}");
            }
            for (l, _) in &all {
                assert_eq!(found(&a, l), plainly(&all, l), "{l} in {all:?}");
            }
        }
    }

    #[test]
    fn literals_that_are_too_much_alike_are_found_in_one_pass() {
        let all: Vec<(String, Action)> = (1..200).map(|n| ("a".repeat(n), Action::Inside(n as u32))).collect();
        let mut b = AutomatonBuilder::default();
        all.iter().for_each(|(l, a)| b.add(l, *a));
        let a = b.build();
        assert!(a.table.is_some(), "no piece tells them apart");
        for n in [1, 3, 4, 50, 199] {
            assert_eq!(found(&a, &"a".repeat(n)).len(), n);
        }
    }
}
