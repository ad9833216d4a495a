//! Small binary encoding for the files of the cache: variable-length numbers,
//! read back with every bound checked.

/// Writes values.
#[derive(Debug, Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn num(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    pub(crate) fn signed(&mut self, n: i64) {
        self.num(((n << 1) ^ (n >> 63)) as u64);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.num(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }
}

/// Reads values; `None` where the bytes end or make no sense.
#[derive(Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn num(&mut self) -> Option<u64> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let (first, rest) = self.0.split_first()?;
            self.0 = rest;
            n |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Some(n);
            }
        }
        None
    }

    pub(crate) fn num32(&mut self) -> Option<u32> {
        self.num()?.try_into().ok()
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        let n = self.num()?;
        Some((n >> 1) as i64 ^ -((n & 1) as i64))
    }

    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.num()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes()?.try_into().ok()
    }

    /// A count of things that take at least `least` bytes each.
    pub(crate) fn count(&mut self, least: usize) -> Option<usize> {
        let n = usize::try_from(self.num()?).ok()?;
        (n <= self.0.len() / least.max(1)).then_some(n)
    }
}

/// Puts a mark and a checksum before a body.
pub(crate) fn seal(mark: [u8; 8], body: &[u8]) -> Vec<u8> {
    let mut out = mark.to_vec();
    out.extend(crate::event::hash64(body).to_le_bytes());
    out.extend_from_slice(body);
    out
}

/// The body, where mark and checksum are right.
pub(crate) fn unseal(mark: [u8; 8], bytes: &[u8]) -> Option<&[u8]> {
    let (head, rest) = bytes.split_first_chunk::<8>()?;
    let (sum, body) = rest.split_first_chunk::<8>()?;
    (*head == mark && u64::from_le_bytes(*sum) == crate::event::hash64(body)).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn values_come_back(n in any::<u64>(), s in any::<i64>(), t in any::<String>()) {
            let mut w = Writer::default();
            w.num(n);
            w.signed(s);
            w.text(&t);
            let sealed = seal(*b"testtest", &w.0);
            let mut r = Reader(unseal(*b"testtest", &sealed).unwrap());
            prop_assert_eq!((r.num(), r.signed(), r.text()), (Some(n), Some(s), Some(t)));
            prop_assert!(r.0.is_empty() && r.num().is_none());
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut r = Reader(&bytes);
            let _ = (r.num(), r.text(), r.array::<4>(), r.count(3), r.signed());
            prop_assert!(unseal(*b"testtest", &bytes).is_none());
        }
    }
}
