//! UTF-16 (told by its byte order mark) to UTF-8, as a reader.

use std::io::{self, Read};

use super::feed::read_some;

/// Reads UTF-16 text and gives UTF-8; halves of a pair that stand alone become
/// the replacement character.
pub(crate) struct Utf16Read<R> {
    inner: R,
    big: bool,
    raw: Vec<u8>,
    /// Bytes of `raw` left over from the read before.
    left: usize,
    /// First half of a pair whose second is still to come.
    high: Option<u16>,
    out: String,
    at: usize,
}

impl<R: Read> Utf16Read<R> {
    /// Reads big- or little-endian text; the mark itself is still in it.
    pub(crate) fn new(inner: R, big: bool) -> Self {
        Self { inner, big, raw: vec![0; 32 << 10], left: 0, high: None, out: String::new(), at: 0 }
    }

    /// Decodes what the next read gives; `false` at the end.
    fn refill(&mut self) -> io::Result<bool> {
        self.out.clear();
        self.at = 0;
        let n = read_some(&mut self.inner, self.raw.get_mut(self.left..).unwrap_or_default())?;
        if n == 0 {
            if self.high.take().is_some() || self.left > 0 {
                self.out.push(char::REPLACEMENT_CHARACTER);
            }
            self.left = 0;
            return Ok(!self.out.is_empty());
        }
        let have = self.left + n;
        let (raw, high, out) = (&self.raw, &mut self.high, &mut self.out);
        for pair in raw.get(..have).unwrap_or(&[]).chunks_exact(2) {
            let pair = [pair[0], pair[1]];
            let unit = if self.big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
            push(unit, high, out);
        }
        self.left = have % 2;
        if self.left == 1 {
            self.raw.copy_within(have - 1..have, 0);
        }
        Ok(true)
    }
}

fn push(unit: u16, high: &mut Option<u16>, out: &mut String) {
    let first = high.take();
    if (0xdc00..0xe000).contains(&unit)
        && let Some(first) = first
    {
        let code = 0x10000 + ((u32::from(first) - 0xd800) << 10) + (u32::from(unit) - 0xdc00);
        return out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    if first.is_some() {
        out.push(char::REPLACEMENT_CHARACTER);
    }
    if (0xd800..0xdc00).contains(&unit) {
        *high = Some(unit);
    } else {
        out.push(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
}

impl<R: Read> Read for Utf16Read<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.out.len() {
            if !self.refill()? {
                return Ok(0);
            }
        }
        let rest = self.out.as_bytes().get(self.at..).unwrap_or(&[]);
        let n = rest.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(from);
        }
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives its bytes one or three at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let n = (1 + 2 * (self.0.len() % 2)).min(self.0.len()).min(buf.len());
            buf[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    proptest! {
        #[test]
        fn text_comes_out_as_it_went_in(text in any::<String>(), big in any::<bool>()) {
            let bytes: Vec<u8> =
                text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect();
            let mut out = String::new();
            Utf16Read::new(Slow(&bytes), big).read_to_string(&mut out).unwrap();
            prop_assert_eq!(out, text);
        }

        #[test]
        fn broken_text_is_replaced(bytes in prop::collection::vec(any::<u8>(), 0..200), big in any::<bool>()) {
            let units: Vec<u16> = bytes
                .chunks_exact(2)
                .map(|p| if big { u16::from_be_bytes([p[0], p[1]]) } else { u16::from_le_bytes([p[0], p[1]]) })
                .collect();
            let mut want = String::from_utf16_lossy(&units);
            let lone = units.last().is_some_and(|u| (0xd800..0xdc00).contains(u));
            if bytes.len() % 2 == 1 && !lone {
                want.push(char::REPLACEMENT_CHARACTER);
            }
            let mut out = String::new();
            Utf16Read::new(Slow(&bytes), big).read_to_string(&mut out).unwrap();
            prop_assert_eq!(out, want);
        }
    }
}
