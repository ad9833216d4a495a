//! A set of small numbers as bits.

/// A fixed-size bit set; numbers out of range are never in it.
#[derive(Debug, Clone, Default)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// An empty set of numbers below `len`.
    #[must_use]
    pub fn new(len: usize) -> Self {
        Self(vec![0; len.div_ceil(64)])
    }

    /// Whether `i` is in the set.
    #[must_use]
    #[inline]
    pub fn has(&self, i: u32) -> bool {
        self.0.get(i as usize >> 6).is_some_and(|w| w >> (i & 63) & 1 == 1)
    }

    /// The 64 numbers from `64 * word` on.
    #[must_use]
    #[inline]
    pub fn word(&self, word: u32) -> u64 {
        self.0.get(word as usize).copied().unwrap_or(0)
    }

    /// Adds `i`; whether it was not there before.
    #[inline]
    pub fn add(&mut self, i: u32) -> bool {
        let Some(w) = self.0.get_mut(i as usize >> 6) else { return false };
        let bit = 1u64 << (i & 63);
        let new = *w & bit == 0;
        *w |= bit;
        new
    }

    /// Takes `i` out.
    #[inline]
    pub fn remove(&mut self, i: u32) {
        if let Some(w) = self.0.get_mut(i as usize >> 6) {
            *w &= !(1u64 << (i & 63));
        }
    }

    /// Empties the set.
    pub fn clear(&mut self) {
        self.0.fill(0);
    }
}
