//! One bit for each event of a log.

/// Which events of a log something holds for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bitmap {
    words: Vec<u64>,
    len: usize,
}

impl Bitmap {
    /// The same bit for all of `len` events.
    #[must_use]
    pub fn filled(len: usize, bit: bool) -> Self {
        let mut b = Self { words: vec![if bit { u64::MAX } else { 0 }; len.div_ceil(64)], len };
        b.trim();
        b
    }

    /// A bit for each event.
    #[must_use]
    pub fn of(bits: impl ExactSizeIterator<Item = bool>) -> Self {
        let len = bits.len();
        let mut words = Vec::with_capacity(len.div_ceil(64));
        let (mut word, mut at) = (0u64, 0u32);
        for bit in bits {
            word |= u64::from(bit) << at;
            at += 1;
            if at == 64 {
                words.push(word);
                (word, at) = (0, 0);
            }
        }
        if at > 0 {
            words.push(word);
        }
        Self { words, len }
    }

    /// How many events there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bit of an event; `false` past the end.
    #[must_use]
    pub fn get(&self, event: usize) -> bool {
        self.words.get(event / 64).is_some_and(|w| w >> (event % 64) & 1 == 1)
    }

    /// How many bits are set.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.words.iter().map(|w| u64::from(w.count_ones())).sum()
    }

    /// The events whose bit is set, in order.
    pub fn ones(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(i, w)| {
            let mut left = *w;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                left &= left.wrapping_sub(1);
                (bit < 64).then_some(i * 64 + bit as usize)
            })
        })
    }

    /// Keeps what the other has too.
    pub fn and(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    /// Adds what the other has.
    pub fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }

    /// Takes away what the other has.
    pub fn minus(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
    }

    /// How many events both have.
    #[must_use]
    pub fn common(&self, other: &Self) -> u64 {
        self.words.iter().zip(&other.words).map(|(a, b)| u64::from((a & b).count_ones())).sum()
    }

    /// Sets the bit of an event, which may be past the end: then it is the last one.
    pub fn insert(&mut self, event: usize) {
        self.len = self.len.max(event + 1);
        if self.words.len() <= event / 64 {
            self.words.resize(event / 64 + 1, 0);
        }
        if let Some(w) = self.words.get_mut(event / 64) {
            *w |= 1 << (event % 64);
        }
    }

    /// Turns every bit around.
    pub fn flip(&mut self) {
        self.words.iter_mut().for_each(|w| *w = !*w);
        self.trim();
    }

    /// The bits past the end are 0.
    fn trim(&mut self) {
        if !self.len.is_multiple_of(64)
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1 << (self.len % 64)) - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_events() {
        for len in [0usize, 1, 63, 64, 65, 200] {
            let thirds = Bitmap::of((0..len).map(|i| i % 3 == 0));
            let mut rest = thirds.clone();
            rest.flip();
            assert_eq!(thirds.count() + rest.count(), len as u64);
            assert_eq!(thirds.ones().collect::<Vec<_>>(), (0..len).step_by(3).collect::<Vec<_>>());
            let mut all = rest.clone();
            all.or(&thirds);
            assert_eq!(all, Bitmap::filled(len, true));
            all.minus(&thirds);
            assert_eq!(all, rest);
            all.and(&thirds);
            assert_eq!(all, Bitmap::filled(len, false));
            assert!(!thirds.get(len) && thirds.get(0) == (len > 0));
            assert_eq!((thirds.common(&thirds), thirds.common(&rest)), (thirds.count(), 0));
            let mut grown = Bitmap::default();
            thirds.ones().for_each(|i| grown.insert(i));
            assert_eq!(grown.ones().collect::<Vec<_>>(), thirds.ones().collect::<Vec<_>>());
        }
    }
}
