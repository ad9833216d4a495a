//! Looking for one of two bytes that are mostly near.

use memchr::memchr2;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
/// After so many bytes the wide search pays.
const NEAR: usize = 48;

/// The first place of `a` or `c` from `at` on.
#[inline]
pub fn seek(b: &[u8], mut at: usize, a: u8, c: u8) -> Option<usize> {
    let far = at + NEAR;
    while let Some([low, high]) = b.get(at..).and_then(two_words) {
        let found = marks(low, a, c);
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        let found = marks(high, a, c);
        if found != 0 {
            return Some(at + 8 + (found.trailing_zeros() / 8) as usize);
        }
        at += 16;
        if at >= far {
            return memchr2(a, c, b.get(at..)?).map(|more| at + more);
        }
    }
    b.get(at..)?.iter().position(|x| *x == a || *x == c).map(|more| at + more)
}

/// The first sixteen bytes.
#[inline]
fn two_words(b: &[u8]) -> Option<[u64; 2]> {
    let (low, rest) = b.split_first_chunk()?;
    Some([u64::from_le_bytes(*low), u64::from_le_bytes(*rest.first_chunk()?)])
}

/// Where one of two bytes stands; higher marks than the lowest may be wrong.
#[inline]
fn marks(word: u64, a: u8, c: u8) -> u64 {
    zeros(word ^ (ONES * u64::from(a))) | zeros(word ^ (ONES * u64::from(c)))
}

/// The high bit of the lowest byte that is zero; higher bytes may be wrong.
#[inline]
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_slow_way() {
        let mut text = Vec::new();
        for i in 0..400u32 {
            text.push([b'x', b'!', b'#', b'"', 0x5d, 0xa2, 0, 0xff][(i.wrapping_mul(2_654_435_761) >> 29) as usize]);
            for gap in [0, 3, 50, 90] {
                let mut t = vec![b'y'; gap];
                t.extend_from_slice(&text[text.len().saturating_sub(9)..]);
                for at in [0, 1, gap, t.len(), t.len() + 3] {
                    let slow =
                        t.get(at..).and_then(|r| r.iter().position(|b| *b == b'"' || *b == b'\\')).map(|n| n + at);
                    assert_eq!(seek(&t, at, b'"', b'\\'), slow);
                }
            }
        }
    }
}
