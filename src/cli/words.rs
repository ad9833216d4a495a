//! Numbers in sentences.

/// A number with its noun: `1 file`, `2 files`.
pub(super) fn count(n: impl TryInto<u64>, noun: &str) -> String {
    let n: u64 = n.try_into().unwrap_or(u64::MAX);
    match (n, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (n, Some(stem)) => format!("{n} {stem}ies"),
        (n, None) if noun.ends_with("ch") => format!("{n} {noun}es"),
        (n, None) => format!("{n} {noun}s"),
    }
}

/// At most `most` lines, and how many more there are where they stand.
pub(super) fn some(lines: impl ExactSizeIterator<Item = String>, most: usize, rest: &str) -> String {
    let more = lines.len().saturating_sub(most);
    let mut out: String = lines.take(most).map(|l| l + "\n").collect();
    if more > 0 {
        out.push_str(&format!("  … and {more} more: {rest}\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_many() {
        assert_eq!(count(1usize, "alert"), "1 alert");
        assert_eq!(count(0u64, "alert"), "0 alerts");
        assert_eq!(count(2u64, "entry"), "2 entries");
        assert_eq!(some(["a".to_owned(), "b".to_owned()].into_iter(), 2, "x"), "a\nb\n");
        assert_eq!(some(["a".to_owned(), "b".to_owned()].into_iter(), 1, "x"), "a\n  … and 1 more: x\n");
    }
}
