//! One slot's index: which of its predicates hold for a value.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::detect::sigma::ast::{Cmp, Net};
use crate::detect::sigma::glob::{Part, Pattern, fold_into};
use crate::detect::sigma::value::{Number, exact};

use super::automaton::{Action, AutomatonBuilder, LazyAutomaton};
use super::bits::Bits;
use super::cidr::CidrIndex;
use super::lazy_regex::LazyRegex;
use super::preds::Op;

type Ids = SmallVec<[u32; 2]>;

/// Reusable memory of one thread for searches.
#[derive(Debug, Default)]
pub struct Scan {
    /// The predicates that hold, each once, in no particular order.
    pub found: Vec<u32>,
    folded: String,
    mark: Bits,
    tried: Vec<u32>,
    tried_mark: Bits,
}

impl Scan {
    /// Memory for a rule set of so many predicates and expressions per slot.
    #[must_use]
    pub fn new(preds: usize, dear: usize) -> Self {
        Self { mark: Bits::new(preds), tried_mark: Bits::new(dear), ..Self::default() }
    }

    fn hit(&mut self, pred: u32) {
        if self.mark.add(pred) {
            self.found.push(pred);
        }
    }

    fn reset(&mut self) {
        for p in &self.found {
            self.mark.remove(*p);
        }
        for t in self.tried.drain(..) {
            self.tried_mark.remove(t);
        }
    }
}

/// What is tried on a value when a literal of it was found, or always.
#[derive(Debug)]
enum Dear {
    Glob { pattern: Pattern, cased: bool, pred: u32 },
    Regex { regex: LazyRegex, pred: u32 },
}

/// Collects the predicates of one slot.
#[derive(Debug, Default)]
pub struct IndexBuilder {
    index: SlotIndex,
    folded: AutomatonBuilder,
    cased: AutomatonBuilder,
}

/// The finished index.
#[derive(Debug, Default)]
pub struct SlotIndex {
    exact: FxHashMap<Box<str>, Ids>,
    exact_cased: FxHashMap<Box<str>, Ids>,
    longest_exact: usize,
    folded: Option<LazyAutomaton>,
    cased: Option<LazyAutomaton>,
    dear: Vec<Dear>,
    always: Vec<u32>,
    numbers: FxHashMap<(u64, i64), Ids>,
    compares: Vec<(Cmp, Number, u32)>,
    cidr: CidrIndex,
}

impl IndexBuilder {
    /// Adds a predicate that [`Op::by_value`] says is decided by values.
    pub fn add(&mut self, pred: u32, op: &Op, regex: Option<LazyRegex>) {
        match op {
            Op::Str { pattern, cased } => self.pattern(pred, pattern, *cased),
            Op::Num { text, bits } => {
                let number = Number::from_bits(*bits).near;
                self.exact(text, false, pred);
                // Whole numbers are found by their usual form without parsing the value.
                if number.fract() == 0.0 && number.abs() < 9e15 {
                    self.exact(&format!("{}", number as i64), false, pred);
                }
                self.index.numbers.entry(*bits).or_default().push(pred);
            }
            Op::Regex(_) => {
                let Some(regex) = regex else { return };
                let at = self.index.dear.len() as u32;
                match regex.literals() {
                    Some(all) => all.iter().for_each(|l| self.folded.add(l, Action::Regex(at))),
                    None => self.index.always.push(at),
                }
                self.index.dear.push(Dear::Regex { regex, pred });
            }
            Op::Cidr(net) => self.index.cidr.add(Net { ..*net }, pred),
            Op::Compare(cmp, bits) => self.index.compares.push((*cmp, Number::from_bits(*bits), pred)),
            _ => {}
        }
    }

    fn exact(&mut self, text: &str, cased: bool, pred: u32) {
        self.index.longest_exact = self.index.longest_exact.max(text.len());
        let map = if cased { &mut self.index.exact_cased } else { &mut self.index.exact };
        let ids = map.entry(text.into()).or_default();
        if !ids.contains(&pred) {
            ids.push(pred);
        }
    }

    fn pattern(&mut self, pred: u32, pattern: &Pattern, cased: bool) {
        let action = match pattern.0.as_slice() {
            [] => return self.exact("", cased, pred),
            [Part::Lit(t)] => return self.exact(t, cased, pred),
            [Part::Many, Part::Lit(_), Part::Many] => Action::Inside(pred),
            [Part::Lit(_), Part::Many] => Action::Start(pred),
            [Part::Many, Part::Lit(_)] => Action::End(pred),
            _ => {
                let at = self.index.dear.len() as u32;
                self.index.dear.push(Dear::Glob { pattern: pattern.clone(), cased, pred });
                Action::Glob(at)
            }
        };
        match (pattern.longest(), action) {
            (Some(l), _) => (if cased { &mut self.cased } else { &mut self.folded }).add(l, action),
            (None, Action::Glob(at)) => self.index.always.push(at),
            (None, _) => {}
        }
    }

    /// The finished index.
    #[must_use]
    pub fn build(self) -> SlotIndex {
        SlotIndex { folded: self.folded.lazy(), cased: self.cased.lazy(), ..self.index }
    }
}

impl SlotIndex {
    /// How many globs and regular expressions it has.
    #[must_use]
    pub fn dear_len(&self) -> usize {
        self.dear.len()
    }

    /// Finds the predicates that hold for a value and leaves them in `scan.found`.
    pub fn search(&self, value: &str, scan: &mut Scan) {
        scan.found.clear();
        let mut buffer = std::mem::take(&mut scan.folded);
        buffer.clear();
        let folded = if is_folded(value) {
            value
        } else {
            fold_into(value, &mut buffer);
            buffer.as_str()
        };
        if folded.len() <= self.longest_exact {
            self.exact.get(folded).into_iter().flatten().for_each(|p| scan.hit(*p));
        }
        if value.len() <= self.longest_exact && !self.exact_cased.is_empty() {
            self.exact_cased.get(value).into_iter().flatten().for_each(|p| scan.hit(*p));
        }
        self.numbers(value, scan);
        if !self.cidr.is_empty() {
            self.cidr.find(value, |p| scan.hit(p));
        }
        if let Some(a) = &self.folded {
            a.find(folded, |action| self.act(action, value, folded, scan));
        }
        if let Some(a) = &self.cased {
            a.find(value, |action| self.act(action, value, folded, scan));
        }
        for at in &self.always {
            self.try_dear(*at, value, folded, scan);
        }
        scan.folded = buffer;
        scan.reset();
    }

    /// Whether one regular expression finds something in a value, alone.
    #[must_use]
    pub fn regex_holds(&self, pred: u32, value: &str, folded: &str) -> bool {
        // They were added in the order of their predicates.
        let of = |d: &Dear| match d {
            Dear::Glob { pred, .. } | Dear::Regex { pred, .. } => *pred,
        };
        let found = self.dear.binary_search_by_key(&pred, of).ok().and_then(|at| self.dear.get(at));
        let Some(Dear::Regex { regex, .. }) = found else { return false };
        regex.may_match(folded) && regex.is_match(value)
    }

    fn numbers(&self, value: &str, scan: &mut Scan) {
        if self.compares.is_empty() && (self.numbers.is_empty() || is_usual_integer(value)) {
            return;
        }
        let Some(n) = exact(value) else { return };
        self.numbers.get(&n.bits()).into_iter().flatten().for_each(|p| scan.hit(*p));
        for (cmp, bound, pred) in &self.compares {
            if cmp.holds(n, *bound) {
                scan.hit(*pred);
            }
        }
    }

    #[inline]
    fn act(&self, action: Action, value: &str, folded: &str, scan: &mut Scan) {
        match action {
            Action::Inside(p) | Action::Start(p) | Action::End(p) => scan.hit(p),
            Action::Glob(at) | Action::Regex(at) => {
                if scan.tried_mark.add(at) {
                    scan.tried.push(at);
                    self.try_dear(at, value, folded, scan);
                }
            }
        }
    }

    fn try_dear(&self, at: u32, value: &str, folded: &str, scan: &mut Scan) {
        let (holds, pred) = match self.dear.get(at as usize) {
            Some(Dear::Glob { pattern, cased, pred }) => (pattern.matches(if *cased { value } else { folded }), *pred),
            Some(Dear::Regex { regex, pred }) => (regex.is_match(value), *pred),
            None => return,
        };
        if holds {
            scan.hit(pred);
        }
    }
}

/// Whether folding would leave a value as it is: ASCII without capitals.
fn is_folded(value: &str) -> bool {
    value.bytes().fold(true, |yes, b| yes & b.is_ascii() & !b.is_ascii_uppercase())
}

/// Whether a value is written as integers usually are (`0`, `-5`, `4688`).
fn is_usual_integer(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    digits == "0" && value.len() == 1
        || (digits.len() <= 15
            && !digits.starts_with('0')
            && !digits.is_empty()
            && digits.bytes().all(|b| b.is_ascii_digit()))
}
