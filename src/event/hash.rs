//! A stable 64-bit hash of raw bytes.

/// Hash of a record's raw bytes, stable across versions and machines (alert
/// ids contain it). Not for untrusted keys of a table: it has no secret.
///
/// The mixing step is a 64×64→128-bit multiplication folded by xor, as in
/// wyhash/foldhash; the constants are the first digits of π.
#[must_use]
pub fn hash64(bytes: &[u8]) -> u64 {
    const A: u64 = 0x243f_6a88_85a3_08d3;
    const B: u64 = 0x1319_8a2e_0370_7344;
    let mut state = A ^ (bytes.len() as u64);
    let mut chunks = bytes.chunks_exact(8);
    for c in &mut chunks {
        let mut word = [0u8; 8];
        word.copy_from_slice(c);
        state = fold(state ^ u64::from_le_bytes(word), B);
    }
    let rest = chunks.remainder();
    let mut word = [0u8; 8];
    for (w, b) in word.iter_mut().zip(rest) {
        *w = *b;
    }
    fold(fold(state ^ u64::from_le_bytes(word), B), A)
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
    fn stable_and_sensitive() {
        assert_eq!(hash64(b"abc"), hash64(b"abc"));
        assert_ne!(hash64(b"abc"), hash64(b"abd"));
        assert_ne!(hash64(b""), hash64(b"\0"));
        assert_ne!(hash64(b"12345678"), hash64(b"123456780"));
    }
}
