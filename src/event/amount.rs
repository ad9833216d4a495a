//! Numbers with their nouns, as sentences of all faces have them: `1 alert`,
//! `2 alerts`.

use std::borrow::Cow;

/// The noun as it stands after that number.
#[must_use]
pub fn noun(n: u64, one: &str) -> Cow<'_, str> {
    if n == 1 {
        return Cow::Borrowed(one);
    }
    let vowel = |stem: &str| stem.ends_with(['a', 'e', 'i', 'o', 'u']);
    Cow::Owned(match one.strip_suffix('y') {
        Some(stem) if !vowel(stem) => format!("{stem}ies"),
        _ if one.ends_with(['s', 'x']) || one.ends_with("ch") => format!("{one}es"),
        _ => format!("{one}s"),
    })
}

/// `is` or `are`.
#[must_use]
pub const fn are(n: u64) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

/// A number with its noun.
#[must_use]
pub fn count(n: impl TryInto<u64>, one: &str) -> String {
    let n: u64 = n.try_into().unwrap_or(u64::MAX);
    format!("{n} {}", noun(n, one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_many() {
        let said = |n: u64, one: &str| count(n, one);
        assert_eq!(
            (said(0, "alert"), said(1, "alert"), said(2, "alert")),
            ("0 alerts".into(), "1 alert".into(), "2 alerts".into())
        );
        for (one, many) in [
            ("entry", "entries"),
            ("match", "matches"),
            ("address", "addresses"),
            ("key", "keys"),
            ("raw event", "raw events"),
        ] {
            assert_eq!(noun(3, one), many);
            assert_eq!(noun(1, one), one);
        }
    }
}
