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
    while let Some(eight) = b.get(at..).and_then(|r| r.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*eight);
        let found = zeros(word ^ (ONES * u64::from(a))) | zeros(word ^ (ONES * u64::from(c)));
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
        if at >= far {
            return memchr2(a, c, b.get(at..)?).map(|more| at + more);
        }
    }
    b.get(at..)?.iter().position(|x| *x == a || *x == c).map(|more| at + more)
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
