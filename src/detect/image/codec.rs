//! Values as bytes: numbers of variable length, texts with their length before
//! them. Reading trusts nothing: what is not whole is `None`.

use std::sync::Arc;

/// Bytes that are read from the start on.
#[derive(Debug)]
pub struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    /// Reads these bytes.
    pub const fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is left.
    pub const fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    /// The next bytes.
    pub fn take(&mut self, n: usize) -> Option<&'b [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    /// A number.
    #[inline]
    pub fn number(&mut self) -> Option<u64> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let (b, rest) = self.0.split_first()?;
            self.0 = rest;
            n |= u64::from(b & 0x7f) << shift;
            if b & 0x80 == 0 {
                return Some(n);
            }
        }
        None
    }

    /// A text.
    pub fn text(&mut self) -> Option<&'b str> {
        let n = usize::try_from(self.number()?).ok()?;
        std::str::from_utf8(self.take(n)?).ok()
    }

    /// How many elements follow; each takes a byte at least.
    pub fn many(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|n| *n <= self.0.len())
    }
}

/// Writes a number.
pub fn put_number(mut n: u64, to: &mut Vec<u8>) {
    while n >= 0x80 {
        to.push(n as u8 | 0x80);
        n >>= 7;
    }
    to.push(n as u8);
}

fn put_text(text: &str, to: &mut Vec<u8>) {
    put_number(text.len() as u64, to);
    to.extend_from_slice(text.as_bytes());
}

/// What can be kept as bytes.
pub trait Kept: Sized {
    /// Appends the value.
    fn put(&self, to: &mut Vec<u8>);
    /// Reads it again.
    fn get(r: &mut Reader<'_>) -> Option<Self>;
}

macro_rules! numbers {
    ($($t:ty),+) => {
        $(impl Kept for $t {
            fn put(&self, to: &mut Vec<u8>) {
                put_number(*self as u64, to);
            }

            fn get(r: &mut Reader<'_>) -> Option<Self> {
                Self::try_from(r.number()?).ok()
            }
        })+
    };
}
numbers!(u8, u16, u32, u64, usize);

impl Kept for i64 {
    fn put(&self, to: &mut Vec<u8>) {
        self.cast_unsigned().put(to);
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        Some(u64::get(r)?.cast_signed())
    }
}

impl Kept for u128 {
    fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.to_le_bytes());
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        Some(Self::from_le_bytes(*r.take(16)?.first_chunk()?))
    }
}

impl Kept for f64 {
    fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.to_bits().to_le_bytes());
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        Some(Self::from_bits(u64::from_le_bytes(*r.take(8)?.first_chunk()?)))
    }
}

impl Kept for bool {
    fn put(&self, to: &mut Vec<u8>) {
        to.push(u8::from(*self));
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        match r.take(1)? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
}

macro_rules! texts {
    ($($t:ty),+) => {
        $(impl Kept for $t {
            fn put(&self, to: &mut Vec<u8>) {
                put_text(self, to);
            }

            fn get(r: &mut Reader<'_>) -> Option<Self> {
                Some(r.text()?.into())
            }
        })+
    };
}
texts!(String, Box<str>, Arc<str>);

impl<T: Kept> Kept for Option<T> {
    fn put(&self, to: &mut Vec<u8>) {
        self.is_some().put(to);
        if let Some(v) = self {
            v.put(to);
        }
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        if bool::get(r)? { Some(Some(T::get(r)?)) } else { Some(None) }
    }
}

impl<T: Kept> Kept for Vec<T> {
    fn put(&self, to: &mut Vec<u8>) {
        put_number(self.len() as u64, to);
        self.iter().for_each(|v| v.put(to));
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        let n = r.many()?;
        // Bytes that lie about their number cost no memory.
        let mut all = Self::with_capacity(n.min(4_096));
        for _ in 0..n {
            all.push(T::get(r)?);
        }
        Some(all)
    }
}

impl<T: Kept> Kept for Arc<T> {
    fn put(&self, to: &mut Vec<u8>) {
        (**self).put(to);
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        T::get(r).map(Self::new)
    }
}

impl<A: Kept, B: Kept> Kept for (A, B) {
    fn put(&self, to: &mut Vec<u8>) {
        self.0.put(to);
        self.1.put(to);
    }

    fn get(r: &mut Reader<'_>) -> Option<Self> {
        Some((A::get(r)?, B::get(r)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back() {
        let value = (vec![(1u64, -5i64), (u64::MAX, i64::MIN)], (Some(String::from("\u{e9}\0x")), (2.5f64, true)));
        let mut bytes = Vec::new();
        value.put(&mut bytes);
        let mut r = Reader::new(&bytes);
        assert_eq!(Kept::get(&mut r), Some(value));
        assert!(r.is_done());
    }

    #[test]
    fn what_is_not_whole_is_nothing() {
        assert_eq!(Vec::<u64>::get(&mut Reader::new(&[0xff; 12])), None);
        assert_eq!(Vec::<u64>::get(&mut Reader::new(&[9, 1, 2])), None);
        assert_eq!(String::get(&mut Reader::new(&[2, 0xff, 0xff])), None);
        assert_eq!(bool::get(&mut Reader::new(&[2])), None);
        assert_eq!(u8::get(&mut Reader::new(&[0x80, 0x7f])), None);
        assert_eq!(u64::get(&mut Reader::new(&[])), None);
    }
}
