//! All literals of one field in one automaton; a hit is checked for its place.

use std::sync::LazyLock;

use daachorse::DoubleArrayAhoCorasick;
use memchr::memmem::Finder;

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
    literals: Vec<(String, Action)>,
}

impl AutomatonBuilder {
    /// Adds what a literal means; empty literals are not for automata.
    pub fn add(&mut self, literal: &str, action: Action) {
        if !literal.is_empty() {
            self.literals.push((literal.to_owned(), action));
        }
    }

    /// An automaton that is built when it is first searched: of a large rule
    /// set most fields never occur in the input at hand. `None` where there is
    /// nothing to look for.
    #[must_use]
    pub fn lazy(self) -> Option<LazyAutomaton> {
        if self.literals.is_empty() {
            return None;
        }
        let build: Box<dyn FnOnce() -> Automaton + Send> = Box::new(move || self.build());
        Some(LazyAutomaton(LazyLock::new(build)))
    }

    /// The automaton.
    #[must_use]
    pub fn build(mut self) -> Automaton {
        self.literals.sort_unstable();
        let mut distinct: Vec<String> = Vec::new();
        let mut starts = Vec::new();
        let mut actions = Vec::with_capacity(self.literals.len());
        for (literal, action) in self.literals {
            if distinct.last() != Some(&literal) {
                starts.push(actions.len() as u32);
                distinct.push(literal);
            }
            actions.push(action);
        }
        starts.push(actions.len() as u32);
        let list = |distinct: &[String]| {
            let one = |(i, l): (usize, &String)| {
                let mine = actions.get(starts[i] as usize..starts[i + 1] as usize).unwrap_or(&[]);
                let edges = mine.iter().all(|a| matches!(a, Action::Start(_) | Action::End(_)));
                Literal { text: l.as_str().into(), finder: (!edges).then(|| Finder::new(l.as_bytes()).into_owned()) }
            };
            distinct.iter().enumerate().map(one).collect::<Vec<_>>()
        };
        // A table costs 64 KiB and more whatever it holds.
        let few = distinct.len() <= FEW;
        let table = (!few)
            .then(|| DoubleArrayAhoCorasick::with_values((0..).zip(&distinct).map(|(i, l)| (l, i))))
            .and_then(Result::ok);
        let search = match table {
            Some(table) => Search::Table(table),
            None => Search::List(list(&distinct)),
        };
        Automaton { search, starts, actions }
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
const FEW: usize = 4;

/// A literal to look for by itself.
#[derive(Debug)]
struct Literal {
    text: Box<str>,
    /// Absent where only the start and the end of values matter.
    finder: Option<Finder<'static>>,
}

enum Search {
    Table(DoubleArrayAhoCorasick<u32>),
    /// Few literals, or so many that no table could be built.
    List(Vec<Literal>),
}

impl std::fmt::Debug for Search {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Table(t) => write!(f, "Table({} states)", t.num_states()),
            Self::List(l) => write!(f, "List({} literals)", l.len()),
        }
    }
}

/// A finished automaton.
#[derive(Debug)]
pub struct Automaton {
    search: Search,
    starts: Vec<u32>,
    actions: Vec<Action>,
}

impl Automaton {
    /// Calls `hit` with each action whose literal stands where it must; one
    /// action may be called several times.
    #[inline]
    pub fn find(&self, text: &str, mut hit: impl FnMut(Action)) {
        match &self.search {
            Search::Table(table) => {
                for m in table.find_overlapping_iter(text.as_bytes()) {
                    self.act(m.value(), m.start() == 0, m.end() == text.len(), &mut hit);
                }
            }
            Search::List(all) => {
                for (i, l) in (0..).zip(all) {
                    let (at_start, at_end) = (text.starts_with(&*l.text), text.ends_with(&*l.text));
                    if at_start || at_end || l.finder.as_ref().is_some_and(|f| f.find(text.as_bytes()).is_some()) {
                        self.act(i, at_start, at_end, &mut hit);
                    }
                }
            }
        }
    }

    #[inline]
    fn act(&self, literal: u32, at_start: bool, at_end: bool, hit: &mut impl FnMut(Action)) {
        let i = literal as usize;
        let (Some(from), Some(to)) = (self.starts.get(i), self.starts.get(i + 1)) else { return };
        for a in self.actions.get(*from as usize..*to as usize).unwrap_or(&[]) {
            match a {
                Action::Start(_) if !at_start => {}
                Action::End(_) if !at_end => {}
                a => hit(*a),
            }
        }
    }

    /// Bytes of its tables.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let table = match &self.search {
            Search::Table(t) => t.heap_bytes(),
            Search::List(l) => l.iter().map(|s| s.text.len()).sum(),
        };
        table + self.starts.len() * 4 + self.actions.len() * size_of::<Action>()
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

    fn places(more: u32) {
        let mut b = AutomatonBuilder::default();
        (0..more).for_each(|i| b.add(&format!("~{i}~"), Action::Inside(9)));
        b.add("ab", Action::Inside(0));
        b.add("ab", Action::Start(1));
        b.add("ab", Action::End(2));
        b.add("b", Action::End(3));
        let a = b.lazy().expect("not empty");
        let found = |t: &str| {
            let mut v = Vec::new();
            a.find(t, |x| v.push(x));
            v.sort();
            v.dedup();
            v
        };
        assert_eq!(found("xabx"), [Action::Inside(0)]);
        assert_eq!(found("abx"), [Action::Inside(0), Action::Start(1)]);
        assert_eq!(found("ab ab"), [Action::Inside(0), Action::Start(1), Action::End(2), Action::End(3)]);
        assert_eq!(found(""), []);
    }
}
