//! Numbers as people write them: plain, or a size such as `10MB`.

/// Units by their lower-case name: decimal and binary.
const UNITS: &[(&str, u64)] = &[
    ("b", 1),
    ("k", 1_000),
    ("kb", 1_000),
    ("m", 1_000_000),
    ("mb", 1_000_000),
    ("g", 1_000_000_000),
    ("gb", 1_000_000_000),
    ("t", 1_000_000_000_000),
    ("tb", 1_000_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
];

/// A finite number without a unit.
pub(super) fn plain(text: &str) -> Option<f64> {
    // "inf" and "nan" are names, not numbers
    let numeric = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    numeric.then(|| text.parse::<f64>().ok()).flatten().filter(|n| n.is_finite())
}

/// A number, with a unit of size or without: `512`, `1.5k`, `10MB` (a million
/// bytes each), `4GiB` (2 to the 30th each).
pub(super) fn number(text: &str) -> Option<f64> {
    if let Some(n) = plain(text) {
        return Some(n);
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(digits.len()..)?.to_ascii_lowercase();
    let by = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    plain(digits).map(|n| n * by as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(number("10MB"), Some(10e6));
        assert_eq!(number("10mib"), Some(10.0 * 1_048_576.0));
        assert_eq!(number("1.5k"), Some(1500.0));
        assert_eq!(number("404"), Some(404.0));
        for none in ["", "MB", "10XB", "10 MB", "inf", "nan", "1e999", "ten", "10é"] {
            assert_eq!(number(none), None, "{none}");
        }
    }
}
