//! Values compared without case: one account, machine or address is one however
//! it is spelt. Rules, windows, filters and the store all compare as this says.

/// Appends `text` with its letters folded for comparison without case.
/// Character by character, so that folding a whole equals folding its pieces;
/// the long s and the final sigma fold as regular expressions fold them.
pub fn fold_into(text: &str, out: &mut String) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        if let Some(tail) = out.get_mut(start..) {
            tail.make_ascii_lowercase();
        }
    } else {
        out.extend(text.chars().flat_map(fold_char));
    }
}

/// What a character is folded to.
pub fn fold_char(c: char) -> impl Iterator<Item = char> {
    match c {
        'ſ' => 's',
        'ς' => 'σ',
        _ => c,
    }
    .to_lowercase()
}

/// A text with its letters folded.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    out
}

/// Whether two values are the same but for the case of their letters.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    a.chars().flat_map(fold_char).eq(b.chars().flat_map(fold_char))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_differ_in_case_at_most() {
        for (a, b) in [("Root", "rOOT"), ("ÄRGER", "ärger"), ("ΝΙΚΟΣ", "νικος"), ("ſam", "SAM"), ("", "")]
        {
            assert!(same(a, b), "{a} {b}");
            assert_eq!(folded(a), folded(b));
        }
        for (a, b) in [("root", "root1"), ("ärger", "arger"), ("", "x")] {
            assert!(!same(a, b), "{a} {b}");
        }
    }
}
