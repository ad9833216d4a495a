//! Numbers in sentences.

pub(super) use crate::event::count;

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
    fn some_of_many() {
        assert_eq!(some(["a".to_owned(), "b".to_owned()].into_iter(), 2, "x"), "a\nb\n");
        assert_eq!(some(["a".to_owned(), "b".to_owned()].into_iter(), 1, "x"), "a\n  … and 1 more: x\n");
    }
}
