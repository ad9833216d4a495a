//! All literals of one field in one automaton; a hit is checked for its place.

use daachorse::DoubleArrayAhoCorasick;
use rustc_hash::FxHashMap;

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
    literals: FxHashMap<String, Vec<Action>>,
}

impl AutomatonBuilder {
    /// Adds what a literal means; empty literals are not for automata.
    pub fn add(&mut self, literal: &str, action: Action) {
        if let Some(actions) = self.literals.get_mut(literal) {
            actions.push(action);
        } else {
            self.literals.insert(literal.to_owned(), vec![action]);
        }
    }

    /// The automaton; `None` where there is nothing to look for.
    #[must_use]
    pub fn build(self) -> Option<Automaton> {
        let mut literals: Vec<(String, Vec<Action>)> = self.literals.into_iter().filter(|l| !l.0.is_empty()).collect();
        if literals.is_empty() {
            return None;
        }
        literals.sort();
        let mut starts = Vec::with_capacity(literals.len() + 1);
        let mut actions = Vec::new();
        for (_, a) in &literals {
            starts.push(actions.len() as u32);
            actions.extend_from_slice(a);
        }
        starts.push(actions.len() as u32);
        let table = DoubleArrayAhoCorasick::with_values(literals.iter().enumerate().map(|(i, (l, _))| (l, i as u32)));
        let search = match table {
            Ok(table) => Search::Table(table),
            Err(_) => Search::List(literals.into_iter().map(|(l, _)| l.into()).collect()),
        };
        Some(Automaton { search, starts, actions })
    }
}

enum Search {
    Table(DoubleArrayAhoCorasick<u32>),
    /// Where no table could be built (it has size limits): one by one.
    List(Vec<Box<str>>),
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
                for (i, l) in all.iter().enumerate() {
                    if text.contains(&**l) {
                        self.act(i as u32, text.starts_with(&**l), text.ends_with(&**l), &mut hit);
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
            Search::List(l) => l.iter().map(|s| s.len()).sum(),
        };
        table + self.starts.len() * 4 + self.actions.len() * size_of::<Action>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_checked() {
        let mut b = AutomatonBuilder::default();
        b.add("ab", Action::Inside(0));
        b.add("ab", Action::Start(1));
        b.add("ab", Action::End(2));
        b.add("b", Action::End(3));
        let a = b.build().expect("not empty");
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
