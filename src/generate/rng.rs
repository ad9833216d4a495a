//! The generator's own random numbers: xoshiro256++ seeded by splitmix64.
//!
//! Invariants: the sequence for a seed never changes (a seed names a log), and
//! only integer operations and IEEE additions and multiplications are used, so
//! that every machine draws the same numbers.

/// A small seeded generator; not for secrets.
#[derive(Debug, Clone)]
pub(super) struct Rng {
    s: [u64; 4],
}

impl Rng {
    /// A stream of its own for each (seed, purpose).
    pub fn new(seed: u64, purpose: &str) -> Self {
        let mut x = seed ^ 0x9e37_79b9_7f4a_7c15;
        for b in purpose.bytes() {
            x = splitmix(&mut x.wrapping_add(u64::from(b)));
        }
        let mut s = [0; 4];
        for v in &mut s {
            *v = splitmix(&mut x);
        }
        Self { s }
    }

    /// 64 random bits.
    #[inline]
    pub fn next(&mut self) -> u64 {
        let s = &mut self.s;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// In `0..n` (0 where `n` is 0).
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    /// In `low..=high`.
    #[inline]
    pub fn range(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// In `low..=high`, signed (times).
    #[inline]
    pub fn span(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high.saturating_sub(low).max(0) as u64) + 1) as i64
    }

    /// In `0..1`.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// True in `percent` of 100 draws.
    #[inline]
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, which is not empty.
    #[inline]
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let i = self.below(items.len() as u64) as usize;
        &items[i.min(items.len().saturating_sub(1))]
    }

    /// A whole number whose mean is `mean` (its fraction decides by chance).
    #[inline]
    pub fn around(&mut self, mean: f64) -> u64 {
        let whole = mean as u64;
        whole + u64::from(self.unit() < mean - whole as f64)
    }

    /// A waiting time of that mean with many short and some long ones.
    #[inline]
    pub fn wait(&mut self, mean: i64) -> i64 {
        (4.0 * self.unit() * self.unit() * mean as f64) as i64
    }

    /// A sender's port.
    #[inline]
    pub fn port(&mut self) -> u16 {
        self.range(32_768, 60_999) as u16
    }

    /// Puts the items into random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

/// One step of splitmix64.
fn splitmix(x: &mut u64) -> u64 {
    *x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *x;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_stable_and_differ() {
        let draw = |seed, what| Rng::new(seed, what).next();
        assert_eq!(draw(1, "a"), draw(1, "a"));
        assert_ne!(draw(1, "a"), draw(2, "a"));
        assert_ne!(draw(1, "a"), draw(1, "b"));
        assert_ne!(draw(1, "ab"), draw(1, "ba"));
    }

    #[test]
    fn bounds_hold() {
        let mut r = Rng::new(3, "t");
        let mut sum = 0;
        for _ in 0..10_000 {
            assert!(r.below(7) < 7);
            assert!((5..=9).contains(&r.range(5, 9)));
            assert!((-3..=3).contains(&r.span(-3, 3)));
            assert!((0.0..1.0).contains(&r.unit()));
            sum += r.around(1.25);
        }
        assert!((12_000..13_000).contains(&sum), "{sum}");
        assert_eq!(r.below(0), 0);
        let mut v = [1, 2, 3, 4, 5];
        r.shuffle(&mut v);
        v.sort_unstable();
        assert_eq!(v, [1, 2, 3, 4, 5]);
    }
}
