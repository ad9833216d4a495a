//! The events that one rule matches: a list while they are few, a bit for each
//! event of the log where they are many. Most rules match nearly nothing, and many
//! rules are compared at once.

use super::Bitmap;

/// A list is never made a bitmap before it has as many.
const FEW: usize = 1_024;
/// Bits that a place in a list takes.
const PLACE: usize = 32;

/// Which events of a log a rule matches.
#[derive(Debug, Clone, Default)]
pub struct Hits(Form);

#[derive(Debug, Clone)]
enum Form {
    /// In order.
    Few(Vec<u32>),
    Many(Bitmap),
}

impl Default for Form {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl From<Bitmap> for Hits {
    fn from(bits: Bitmap) -> Self {
        let few = bits.count() as usize * PLACE <= bits.len() && u32::try_from(bits.len()).is_ok();
        Self(if few { Form::Few(bits.ones().map(|p| p as u32).collect()) } else { Form::Many(bits) })
    }
}

impl PartialEq for Hits {
    fn eq(&self, other: &Self) -> bool {
        self.count() == other.count() && self.ones().eq(other.ones())
    }
}

impl Eq for Hits {}

impl Hits {
    /// Adds an event that comes after all that are in it.
    pub fn push(&mut self, event: usize) {
        match (&mut self.0, u32::try_from(event)) {
            (Form::Few(list), Ok(e)) if list.len() < FEW || list.len() * PLACE <= event => list.push(e),
            (Form::Few(list), _) => {
                let mut bits = Bitmap::default();
                list.iter().for_each(|p| bits.insert(*p as usize));
                bits.insert(event);
                self.0 = Form::Many(bits);
            }
            (Form::Many(bits), _) => bits.insert(event),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        match &self.0 {
            Form::Few(list) => list.len() as u64,
            Form::Many(bits) => bits.count(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Whether an event is among them.
    #[must_use]
    pub fn get(&self, event: usize) -> bool {
        match &self.0 {
            Form::Few(list) => u32::try_from(event).is_ok_and(|e| list.binary_search(&e).is_ok()),
            Form::Many(bits) => bits.get(event),
        }
    }

    /// The events, in order.
    pub fn ones(&self) -> impl Iterator<Item = usize> + '_ {
        let (list, bits) = match &self.0 {
            Form::Few(list) => (Some(list), None),
            Form::Many(bits) => (None, Some(bits)),
        };
        let list = list.into_iter().flatten().map(|p| *p as usize);
        list.chain(bits.into_iter().flat_map(Bitmap::ones))
    }

    /// How many of them are in a set.
    #[must_use]
    pub fn count_in(&self, set: &Bitmap) -> u64 {
        match &self.0 {
            Form::Few(list) => list.iter().filter(|p| set.get(**p as usize)).count() as u64,
            Form::Many(bits) => bits.common(set),
        }
    }

    /// Those of both.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut out = Self::default();
        let (mut mine, mut theirs) = (self.ones().peekable(), other.ones().peekable());
        while let Some(p) = [mine.peek(), theirs.peek()].into_iter().flatten().min().copied() {
            mine.next_if_eq(&p);
            theirs.next_if_eq(&p);
            out.push(p);
        }
        out
    }

    /// Those that the other has not.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        match (&self.0, &other.0) {
            (Form::Many(mine), Form::Many(others)) => {
                let mut bits = mine.clone();
                bits.minus(others);
                bits.into()
            }
            (Form::Many(mine), Form::Few(others)) if others.is_empty() => mine.clone().into(),
            _ => {
                let mut out = Self::default();
                self.ones().filter(|p| !other.get(*p)).for_each(|p| out.push(p));
                out
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_are_the_same_set() {
        let sets: Vec<Vec<usize>> = vec![
            vec![],
            vec![0],
            vec![9_999],
            (0..10_000).collect(),
            (0..10_000).step_by(3).collect(),
            (0..10_000).step_by(97).collect(),
            (4_000..9_000).collect(),
        ];
        let pushed = |s: &[usize]| {
            let mut h = Hits::default();
            s.iter().for_each(|p| h.push(*p));
            h
        };
        let of_bits = |s: &[usize]| {
            let mut b = Bitmap::filled(10_000, false);
            s.iter().for_each(|p| b.insert(*p));
            Hits::from(b)
        };
        for a in &sets {
            for (x, y) in [(pushed(a), of_bits(a)), (of_bits(a), pushed(a))] {
                assert_eq!(x, y);
                assert_eq!(x.ones().collect::<Vec<_>>(), *a);
                assert_eq!((x.count(), x.is_empty()), (a.len() as u64, a.is_empty()));
                assert!((0..10_001).all(|p| x.get(p) == a.binary_search(&p).is_ok()));
                for b in &sets {
                    let rest: Vec<usize> = a.iter().filter(|p| b.binary_search(p).is_err()).copied().collect();
                    assert_eq!(x.without(&of_bits(b)).ones().collect::<Vec<_>>(), rest);
                    assert_eq!(y.without(&pushed(b)).ones().collect::<Vec<_>>(), rest);
                    let mut both: Vec<usize> = a.iter().chain(b).copied().collect();
                    both.sort_unstable();
                    both.dedup();
                    assert_eq!(x.with(&of_bits(b)).ones().collect::<Vec<_>>(), both);
                    let set = Bitmap::of((0..10_000).map(|p| b.binary_search(&p).is_ok()));
                    assert_eq!(x.count_in(&set), (a.len() - rest.len()) as u64);
                }
            }
        }
    }

    #[test]
    fn lists_take_no_more_than_bits() {
        let mut h = Hits::default();
        (0..100_000).for_each(|p| h.push(p));
        assert!(matches!(h.0, Form::Many(_)));
        assert!(matches!(h.without(&h).0, Form::Few(_)));
    }
}
