//! A stable 64-bit hash of raw bytes.

/// Hash of a record's raw bytes, stable across versions and machines (alert
/// ids contain it). Not for untrusted keys of a table: it has no secret.
///
/// The mixing step is a 64×64→128-bit multiplication folded by xor, as in
/// wyhash/foldhash; the constants are the first digits of π.
#[must_use]
#[inline]
pub fn hash64(bytes: &[u8]) -> u64 {
    const A: u64 = 0x243f_6a88_85a3_08d3;
    const B: u64 = 0x1319_8a2e_0370_7344;
    let mut state = A ^ (bytes.len() as u64);
    let mut rest = bytes;
    while let Some((word, more)) = rest.split_first_chunk::<8>() {
        state = fold(state ^ u64::from_le_bytes(*word), B);
        rest = more;
    }
    // What is left, with zeros above it.
    let word = match (bytes.last_chunk::<8>(), rest.len()) {
        (_, 0) => 0,
        (Some(last), left) => u64::from_le_bytes(*last) >> (64 - 8 * left as u32),
        (None, _) => short(rest),
    };
    fold(fold(state ^ word, B), A)
}

/// Fewer than eight bytes as a number.
#[inline]
fn short(bytes: &[u8]) -> u64 {
    let low = |b: &[u8]| b.first_chunk::<4>().map(|c| u64::from(u32::from_le_bytes(*c)));
    if let (Some(first), Some(last)) = (low(bytes), bytes.last_chunk::<4>()) {
        let last = u64::from(u32::from_le_bytes(*last));
        return first | last << (8 * (bytes.len() as u32 - 4));
    }
    (0..).zip(bytes).fold(0, |word, (i, b)| word | u64::from(*b) << (8 * i))
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b | 1);
    (wide as u64) ^ ((wide >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_written_down() {
        // Word by word, the last one filled with zeros.
        let slow = |bytes: &[u8]| {
            let (a, b) = (0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344);
            let mut state = a ^ (bytes.len() as u64);
            let (words, rest) = bytes.split_at(bytes.len() / 8 * 8);
            let number = |w: &[u8]| w.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b));
            words.chunks(8).for_each(|w| state = fold(state ^ number(w), b));
            fold(fold(state ^ number(rest), b), a)
        };
        let text: Vec<u8> = (0..70u8).map(|i| i.wrapping_mul(37).wrapping_add(200)).collect();
        (0..text.len()).for_each(|n| assert_eq!(hash64(&text[..n]), slow(&text[..n]), "{n}"));
    }

    #[test]
    fn stable_and_sensitive() {
        assert_eq!(hash64(b"abc"), hash64(b"abc"));
        assert_ne!(hash64(b"abc"), hash64(b"abd"));
        assert_ne!(hash64(b""), hash64(b"\0"));
        assert_ne!(hash64(b"12345678"), hash64(b"123456780"));
    }
}
