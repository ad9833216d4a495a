//! Whether a record can hold any of a set of keywords at all: one fast pass
//! over its raw text, before its values are looked at one by one.
//!
//! Of each keyword a piece is taken that stands in the raw text as it stands in
//! the value, whatever the quoting. Of the text only every so many-th four bytes
//! are looked at: as seldom as the shortest piece allows, without regard to
//! case, and each look by itself, so that they overlap in the processor. A few
//! short pieces do not make it look everywhere: they are searched by themselves. So are
//! all of them where they are few and have a rare letter in common.

use memchr::{memchr2_iter, memchr3_iter, memmem::Finder};
use rustc_hash::FxHashMap;

use crate::detect::sigma::glob::{Part, Pattern};

use super::guard;
use super::preds::Op;

/// Bytes of one look.
const LOOK: usize = 4;
/// Longer pieces need not be looked for.
const LONGEST: usize = 24;
/// Bytes from look to look.
const STEPS: [usize; 5] = [12, 8, 6, 4, 1];
/// Pieces shorter than this are searched by themselves, if they are few.
const SHORT: usize = 8;
/// So many are few.
const FEW: usize = 3;
/// So many with a rare letter in common are searched by that.
const ALIKE: usize = 8;
/// The [`rank`] of rare letters.
const RARE: usize = 18;
/// Bits that tell most looks from those of the keywords.
const BITS: usize = 1 << 15;

/// The keywords of a share of the rules.
#[derive(Debug)]
pub struct Keywords {
    /// Whether a look may be part of a piece, by its hash.
    seen: Box<[u64; BITS / 64]>,
    /// Pieces by a look of theirs: which, and from which byte on.
    looks: FxHashMap<u32, Vec<(u32, usize)>>,
    pieces: Vec<Box<[u8]>>,
    /// Those that are searched by a character, with those of the same character.
    short: Vec<Short>,
    /// Bytes from look to look.
    step: usize,
    /// Bytes of the shortest piece.
    least: usize,
    /// Of an escaped ASCII character (`\u00…`).
    escape: Finder<'static>,
    /// Of an escaped slash, where a piece has one.
    slash: Option<Finder<'static>>,
}

/// Pieces that are looked for by a character which they have in common.
#[derive(Debug, PartialEq, Eq)]
struct Short {
    character: u8,
    /// The pieces, and where in them the character stands.
    texts: Vec<(Box<[u8]>, usize)>,
}

impl Short {
    /// Of one piece, by its rarest character.
    fn new(text: Box<[u8]>) -> Self {
        let at = (0..text.len()).max_by_key(|i| text.get(*i).map_or(0, |b| rank(*b))).unwrap_or(0);
        Self { character: text.get(at).map_or(0, u8::to_ascii_lowercase), texts: vec![(text, at)] }
    }

    /// Of all of some pieces, by the rarest letter that they have in common, if it is rare.
    fn of(pieces: &[Box<[u8]>]) -> Option<Self> {
        let (first, others) = pieces.split_first()?;
        let place = |text: &[u8], c: u8| text.iter().position(|b| b.eq_ignore_ascii_case(&c));
        let rare = |c: u8| c.is_ascii_alphabetic() && rank(c) >= RARE;
        let common = |c: &&u8| rare(**c) && others.iter().all(|o| place(o, **c).is_some());
        let character = first.iter().filter(common).max_by_key(|c| rank(**c))?.to_ascii_lowercase();
        let texts = pieces.iter().filter_map(|p| Some((p.clone(), place(p, character)?))).collect();
        Some(Self { character, texts })
    }

    fn is_in(&self, raw: &[u8]) -> bool {
        memchr2_iter(self.character, self.character.to_ascii_uppercase(), raw).any(|found| {
            self.texts.iter().any(|(text, at)| {
                let from = found.checked_sub(*at);
                let there = from.and_then(|from| raw.get(from..from + text.len()));
                there.is_some_and(|t| t.eq_ignore_ascii_case(text))
            })
        })
    }
}

/// How rare a byte is: letters from the most frequent on; what is no letter is rarer
/// than most of them in most records.
fn rank(b: u8) -> usize {
    b"etaoinsrldhcumpfgybwvkxjqz".iter().position(|l| *l == b.to_ascii_lowercase()).unwrap_or(16)
}

/// Where in a piece so many looks in a row begin that have the rarest bytes.
fn rarest(piece: &[u8], step: usize) -> usize {
    let rare = |w: &[u8]| w.iter().map(|b| rank(*b)).sum::<usize>();
    let rows = piece.windows(step + LOOK - 1).map(rare).enumerate();
    rows.max_by_key(|(at, rare)| (*rare, std::cmp::Reverse(*at))).map_or(0, |(at, _)| at)
}

/// Four bytes with letters of both cases alike (and a few other characters).
#[inline]
fn look(four: [u8; LOOK]) -> u32 {
    u32::from_le_bytes(four) | 0x2020_2020
}

#[inline]
const fn bit(look: u32) -> usize {
    (look.wrapping_mul(0x9e37_79b1) >> 17) as usize
}

impl Keywords {
    /// For predicates about whole records; `None` if one of them has no piece
    /// worth looking for.
    #[must_use]
    pub fn new<'o>(ops: impl Iterator<Item = &'o Op>) -> Option<Self> {
        let mut pieces: Vec<Box<[u8]>> = Vec::new();
        for op in ops {
            match op {
                Op::Str { pattern, .. } => pieces.push(piece(pattern)?),
                Op::Regex(text) => {
                    for literal in guard::literals(text)? {
                        pieces.push(safe(&literal)?.into());
                    }
                }
                _ => return None,
            }
        }
        pieces.sort();
        pieces.dedup();
        let slash = pieces.iter().any(|p| p.contains(&b'/')).then(|| Finder::new("\\/").into_owned());
        if pieces.iter().any(|p| p.len() < LOOK) || pieces.is_empty() {
            return None;
        }
        let least = pieces.iter().map(|p| p.len()).min().unwrap_or(0);
        let mut short = Vec::new();
        if let Some(all) = Some(&pieces).filter(|p| p.len() <= ALIKE).and_then(|p| Short::of(p)) {
            short.push(all);
            pieces.clear();
        } else if pieces.iter().filter(|p| p.len() < SHORT).count() <= FEW {
            let few = pieces.extract_if(.., |p| p.len() < SHORT);
            short.extend(few.map(Short::new));
        }
        let shortest = pieces.iter().map(|p| p.len()).min().unwrap_or(LONGEST);
        let most = shortest.checked_sub(LOOK - 1)?;
        let step = STEPS.into_iter().find(|s| *s <= most)?;
        let mut seen = Box::new([0u64; BITS / 64]);
        let mut looks: FxHashMap<u32, Vec<(u32, usize)>> = FxHashMap::default();
        for (i, p) in (0..).zip(&pieces) {
            // Wherever the piece stands, one of so many looks in a row is looked at.
            for (at, four) in p.windows(LOOK).enumerate().skip(rarest(p, step)).take(step) {
                let Ok(four) = <[u8; LOOK]>::try_from(four) else { continue };
                let bit = bit(look(four));
                if let Some(word) = seen.get_mut(bit / 64) {
                    *word |= 1 << (bit % 64);
                }
                looks.entry(look(four)).or_default().push((i, at));
            }
        }
        let escape = Finder::new("\\u00").into_owned();
        Some(Self { seen, looks, pieces, short, step, least, escape, slash })
    }

    /// Whether a keyword may be in a record. False only if there is none.
    #[must_use]
    pub fn may_hold(&self, raw: &str) -> bool {
        self.found(raw.as_bytes()) || self.disguised(raw.as_bytes())
    }

    /// Whether what holds none of these holds none of the others, and the other way round.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.pieces == other.pieces && self.short == other.short
    }

    /// Bytes of the shortest keyword, as far as is known.
    #[inline]
    #[must_use]
    pub const fn least(&self) -> usize {
        self.least
    }

    /// The same for a value without any escapes, of [`Keywords::least`] bytes at least.
    #[must_use]
    pub fn may_hold_value(&self, value: &str) -> bool {
        self.found(value.as_bytes()) || !value.is_ascii() && folds(value.as_bytes())
    }

    fn found(&self, raw: &[u8]) -> bool {
        self.short.iter().any(|s| s.is_in(raw)) || !self.pieces.is_empty() && self.looked_for(raw)
    }

    fn looked_for(&self, raw: &[u8]) -> bool {
        match self.step {
            12 => self.every::<12>(raw),
            8 => self.every::<8>(raw),
            6 => self.every::<6>(raw),
            4 => self.every::<4>(raw),
            _ => (0..).zip(raw.array_windows()).any(|(at, four)| self.is_at(raw, at, *four)),
        }
    }

    /// Looks at the start of all steps, whose length is known here: a look has no
    /// bounds to check.
    #[inline]
    fn every<const STEP: usize>(&self, raw: &[u8]) -> bool {
        let (steps, rest) = raw.as_chunks::<STEP>();
        let at_start =
            |(i, step): (usize, &[u8; STEP])| step.first_chunk().is_some_and(|four| self.is_at(raw, i * STEP, *four));
        steps.iter().enumerate().any(at_start)
            || rest.first_chunk().is_some_and(|four| self.is_at(raw, steps.len() * STEP, *four))
    }

    #[inline]
    fn is_at(&self, raw: &[u8], at: usize, four: [u8; LOOK]) -> bool {
        let look = look(four);
        self.may_begin(look) && self.piece_at(raw, at, look)
    }

    #[inline]
    fn may_begin(&self, look: u32) -> bool {
        let bit = bit(look);
        self.seen[bit / 64 % (BITS / 64)] >> (bit % 64) & 1 == 1
    }

    #[cold]
    fn piece_at(&self, raw: &[u8], at: usize, look: u32) -> bool {
        self.looks.get(&look).into_iter().flatten().any(|(piece, offset)| {
            let Some(p) = self.pieces.get(*piece as usize) else { return false };
            let text = at.checked_sub(*offset).and_then(|from| raw.get(from..from + p.len()));
            text.is_some_and(|t| t.eq_ignore_ascii_case(p))
        })
    }

    /// Whether the text has letters of ASCII in another form: as escapes, or as
    /// one of the three characters beyond it that fold to one.
    fn disguised(&self, raw: &[u8]) -> bool {
        folds(raw) || self.escape.find(raw).is_some() || self.slash.as_ref().is_some_and(|s| s.find(raw).is_some())
    }
}

/// Whether a text has one of the characters beyond ASCII that fold to a letter of it.
fn folds(text: &[u8]) -> bool {
    memchr3_iter(0xe2, 0xc5, 0xc4, text).any(|at| {
        let rest = text.get(at..).unwrap_or_default();
        ["\u{212a}", "\u{17f}", "\u{130}"].iter().any(|c| rest.starts_with(c.as_bytes()))
    })
}

/// The longest safe piece of a pattern's literals.
fn piece(pattern: &Pattern) -> Option<Box<[u8]>> {
    let literals = pattern.0.iter().filter_map(|p| if let Part::Lit(t) = p { safe(t) } else { None });
    literals.max_by_key(|t| t.len()).map(Into::into)
}

/// The longest run of characters that JSON writes as they are, as `\u00…` or as `\/`.
fn safe(text: &str) -> Option<&[u8]> {
    let plain = |b: &u8| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\');
    let runs = text.as_bytes().split(|b| !plain(b));
    let best = runs.max_by_key(|r| r.len()).filter(|r| !r.is_empty())?;
    best.get(..best.len().min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keywords(words: &[&str]) -> Option<Keywords> {
        let ops: Vec<Op> =
            (words.iter()).map(|w| Op::Str { pattern: Pattern::parse(w).wrapped(true, true), cased: false }).collect();
        Keywords::new(ops.iter())
    }

    #[test]
    fn finds_what_is_there() {
        let k =
            keywords(&["abcd", r"\mimilib.dll", "lsadump::", "x*privilege::debug", "abce", "ATK/"]).expect("pieces");
        for (raw, expected) in [
            (r#"{"a":"nothing of it"}"#, false),
            (r#"{"a":"C:\\x\\MimiLib.dll"}"#, true),
            ("abcd", true),
            ("..abce", true),
            ("abc", false),
            ("", false),
            ("LSADUMP::", true),
            ("lsadump:;", false),
            ("privilege::debu", false),
            ("Privilege::Debug", true),
            (r"\u0061bcd", true),
            (r"C:\\users", false),
            ("Microsoft® – x", false),
            ("lſadump::", true),
            ("Atk/x", true),
            (r"atk\/x", true),
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
    fn steps_are_as_long_as_the_shortest_piece_allows() {
        let long = "another one of some length";
        for (shortest, step) in [(15, 12), (14, 8), (11, 8), (10, 6), (9, 6), (8, 4)] {
            let word = &"kiwi-dump::tickets"[..shortest];
            let k = keywords(&[word, long]).expect("pieces");
            assert_eq!(k.step, step, "{word}");
            for before in 0..40 {
                for text in [word, long] {
                    assert!(k.may_hold_value(&format!("{}{text}", "-".repeat(before))), "{text} after {before}");
                    assert!(k.may_hold_value(&format!("{}{text}..", "ki".repeat(before))), "{text} after {before}");
                }
                assert!(!k.may_hold_value(&format!("{}{}", "-".repeat(before), &word[1..])));
            }
        }
        let (a, b) = (keywords(&["golden::ticket", "lsadump::"]), keywords(&["lsadump::", "golden::ticket"]));
        let (a, b, c) = (a.expect("pieces"), b.expect("pieces"), keywords(&["lsadump::"]).expect("pieces"));
        assert!(a.is_like(&b) && !a.is_like(&c) && !c.is_like(&a));
    }

    #[test]
    fn short_pieces_stand_apart_while_they_are_few() {
        let k = keywords(&["golden ticket", "kerberos", "abcd", "x::yz"]).expect("pieces");
        assert_eq!((k.short.len(), k.step), (2, 4));
        let many = keywords(&["golden ticket", "abcd", "bcde", "cdef", "defg"]).expect("pieces");
        assert_eq!((many.short.len(), many.step), (0, 1));
        let only = keywords(&["abcd", "wxyz"]).expect("pieces");
        assert_eq!((only.short.len(), only.pieces.len()), (2, 0));
        for k in [&k, &many, &only] {
            for before in 0..20 {
                let raw = format!("{}aBcDef", "abc:wxy".repeat(before));
                assert!(k.may_hold(&raw), "{raw}");
            }
            assert!(!k.may_hold("abc golden kerbero x::y") && !k.may_hold("bc") && !k.may_hold(""));
        }
        assert!(k.may_hold("X::YZ") && k.may_hold("the Golden Ticket") && !only.may_hold("golden ticket"));
    }

    #[test]
    fn what_is_alike_is_searched_by_what_it_has_in_common() {
        let k = keywords(&["${jndi:", "$%7bjndi:", "%7bjndi%3a", "u007bjndi:"]).expect("pieces");
        assert_eq!((k.short.len(), k.pieces.len()), (1, 0));
        for (raw, expected) in [
            ("GET /?x=${jndi:ldap://a}", true),
            ("/$%7BJNDI:", true),
            ("jjj%7bJndi%3A", true),
            ("jjndi:", false),
            ("{jndi:", false),
            ("jquery.js", false),
            ("", false),
            ("u007bjndi:x", true),
        ] {
            assert_eq!(k.may_hold(raw), expected, "{raw}");
        }
    }

    #[test]
    fn no_piece_no_filter() {
        assert!(keywords(&["abcd", "\\\\"]).is_none() && keywords(&["abc"]).is_none() && keywords(&["äöü"]).is_none());
    }
}
