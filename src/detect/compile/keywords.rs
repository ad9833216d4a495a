//! Whether a record can hold any of a set of keywords at all: one fast pass
//! over its raw text, before its values are looked at one by one.
//!
//! Of each keyword a piece is taken that stands in the raw text as it stands in
//! the value, whatever the quoting. The search skips as far as the shortest
//! piece allows (Wu and Manber), without regard to case.

use memchr::{memchr3_iter, memmem::Finder};

use crate::detect::sigma::glob::{Part, Pattern};

use super::guard;
use super::preds::Op;

/// Shorter pieces are found everywhere.
const SHORTEST: usize = 3;
/// Longer ones need not be skipped by.
const LONGEST: usize = 24;
/// Pairs of bytes, six bits of each.
const PAIRS: usize = 1 << 12;

/// The keywords of a share of the rules.
#[derive(Debug)]
pub struct Keywords {
    /// How far to go on when a pair is seen.
    shift: Box<[u8]>,
    /// For pairs that end a window: its pieces in `pieces`.
    ends: Vec<(u16, u16)>,
    /// Pieces by the last pair of their window.
    pieces: Vec<(u16, Box<[u8]>)>,
    /// Bytes of a window.
    window: usize,
    /// Of an escaped ASCII character (`\u00…`).
    escape: Finder<'static>,
}

/// Letters of both cases give the same six bits.
const fn bits(b: u8) -> usize {
    ((b & 0x1f) | ((b & 0x40) >> 1)) as usize
}

const fn pair(a: u8, b: u8) -> usize {
    bits(a) << 6 | bits(b)
}

impl Keywords {
    /// For predicates about whole records; `None` if one of them has no piece
    /// worth looking for.
    #[must_use]
    pub fn new<'o>(ops: impl Iterator<Item = &'o Op>) -> Option<Self> {
        let mut all: Vec<Box<[u8]>> = Vec::new();
        for op in ops {
            match op {
                Op::Str { pattern, .. } => all.push(piece(pattern)?),
                Op::Regex(text) => {
                    for literal in guard::literals(text)? {
                        all.push(safe(&literal)?.into());
                    }
                }
                _ => return None,
            }
        }
        all.sort();
        all.dedup();
        let window = all.iter().map(|p| p.len()).min()?;
        if window < SHORTEST {
            return None;
        }
        let mut shift = vec![(window - 1) as u8; PAIRS];
        let mut pieces = Vec::new();
        for p in all {
            let Some((head, _)) = p.split_at_checked(window) else { continue };
            for (at, two) in head.windows(2).enumerate() {
                let [a, b] = two else { continue };
                if let Some(s) = shift.get_mut(pair(*a, *b)) {
                    *s = (*s).min((window - 2 - at) as u8);
                }
            }
            if let [.., a, b] = head {
                pieces.push((pair(*a, *b) as u16, p));
            }
        }
        pieces.sort();
        let mut ends = vec![(0u16, 0u16); PAIRS];
        for (at, (end, _)) in pieces.iter().enumerate() {
            if let Some(e) = ends.get_mut(usize::from(*end)) {
                let first = if e.1 == 0 { at as u16 } else { e.0 };
                *e = (first, u16::try_from(at).ok()?.checked_sub(first)?.checked_add(1)?);
            }
        }
        let escape = Finder::new("\\u00").into_owned();
        Some(Self { shift: shift.into(), ends, pieces, window, escape })
    }

    /// Whether a keyword may be in a record. False only if there is none.
    #[must_use]
    pub fn may_hold(&self, raw: &str) -> bool {
        self.found(raw.as_bytes()) || self.disguised(raw.as_bytes())
    }

    fn found(&self, raw: &[u8]) -> bool {
        let mut at = self.window - 2;
        while let Some([a, b]) = raw.get(at..at + 2) {
            let key = pair(*a, *b);
            let step = usize::from(self.shift.get(key).copied().unwrap_or(0));
            if step == 0 {
                let (first, many) = self.ends.get(key).copied().unwrap_or_default();
                let first = usize::from(first);
                let from = at + 2 - self.window;
                for (_, p) in self.pieces.get(first..first + usize::from(many)).unwrap_or(&[]) {
                    if raw.get(from..from + p.len()).is_some_and(|t| t.eq_ignore_ascii_case(p)) {
                        return true;
                    }
                }
            }
            at += step.max(1);
        }
        false
    }

    /// Whether the text has letters of ASCII in another form: as escapes, or as
    /// one of the three characters beyond it that fold to one.
    fn disguised(&self, raw: &[u8]) -> bool {
        let folds = |at| {
            let rest = raw.get(at..).unwrap_or_default();
            ["\u{212a}", "\u{17f}", "\u{130}"].iter().any(|c| rest.starts_with(c.as_bytes()))
        };
        memchr3_iter(0xe2, 0xc5, 0xc4, raw).any(folds) || self.escape.find(raw).is_some()
    }
}

/// The longest safe piece of a pattern's literals.
fn piece(pattern: &Pattern) -> Option<Box<[u8]>> {
    let literals = pattern.0.iter().filter_map(|p| if let Part::Lit(t) = p { safe(t) } else { None });
    literals.max_by_key(|t| t.len()).map(Into::into)
}

/// The longest run of characters that JSON writes as they are, or as `\u00…`.
fn safe(text: &str) -> Option<&[u8]> {
    let plain = |b: &u8| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\' | b'/');
    let runs = text.as_bytes().split(|b| !plain(b));
    let best = runs.max_by_key(|r| r.len()).filter(|r| !r.is_empty())?;
    best.get(..best.len().min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keywords(words: &[&str]) -> Option<Keywords> {
        let ops: Vec<Op> = (words.iter())
            .map(|w| Op::Str { pattern: Pattern::parse(w).wrapped(true, true), cased: false })
            .collect();
        Keywords::new(ops.iter())
    }

    #[test]
    fn finds_what_is_there() {
        let k = keywords(&["abc", r"\mimilib.dll", "lsadump::", "x*privilege::debug", "abd"]).expect("pieces");
        for (raw, expected) in [
            (r#"{"a":"nothing of it"}"#, false),
            (r#"{"a":"C:\\x\\MimiLib.dll"}"#, true),
            ("abc", true),
            ("..abd", true),
            ("ab", false),
            ("", false),
            ("LSADUMP::", true),
            ("lsadump:;", false),
            ("privilege::debu", false),
            ("Privilege::Debug", true),
            (r"\u0061bc", true),
            (r"C:\\users", false),
            ("Microsoft® – x", false),
            ("lſadump::", true),
        ] {
            assert_eq!(k.may_hold(raw), expected, "{raw}");
        }
    }

    #[test]
    fn every_place_is_seen() {
        let k = keywords(&["golden", "ticket:", "kerberos"]).expect("pieces");
        for word in ["golden", "TICKET:", "Kerberos"] {
            for before in 0..40 {
                assert!(k.may_hold(&format!("{}{word}", "o".repeat(before))), "{word} after {before}");
                assert!(k.may_hold(&format!("{}{word}e", "ke".repeat(before))), "{word} after {before}");
            }
        }
    }

    #[test]
    fn no_piece_no_filter() {
        assert!(keywords(&["abc", "\\\\"]).is_none() && keywords(&["ab"]).is_none() && keywords(&["äöü"]).is_none());
    }
}
