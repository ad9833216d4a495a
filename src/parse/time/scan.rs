//! Byte-level reading of numbers and names, the base of all time syntaxes.

/// A cursor over bytes; every read is bounds-checked and moves only on success.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    /// Bytes consumed.
    pub at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub fn peek_at(&self, n: usize) -> Option<u8> {
        self.bytes.get(self.at + n).copied()
    }

    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or(&[])
    }

    pub fn eat(&mut self, byte: u8) -> bool {
        let ok = self.peek() == Some(byte);
        self.at += usize::from(ok);
        ok
    }

    pub fn expect(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }

    /// Eats one byte of a set and returns it.
    pub fn one_of(&mut self, set: &[u8]) -> Option<u8> {
        let b = self.peek().filter(|b| set.contains(b))?;
        self.at += 1;
        Some(b)
    }

    pub fn blanks(&mut self) -> usize {
        let from = self.at;
        while self.eat(b' ') {}
        self.at - from
    }

    /// Reads `min..=max` digits; refuses if a further digit follows.
    pub fn num(&mut self, min: usize, max: usize) -> Option<u32> {
        let (v, n) = digits(self.rest(), max);
        if n < min || self.peek_at(n).is_some_and(|b| b.is_ascii_digit()) {
            return None;
        }
        self.at += n;
        Some(v)
    }

    /// Reads exactly `n` digits, whatever follows.
    pub fn fixed(&mut self, n: usize) -> Option<u32> {
        let (v, got) = digits(self.rest(), n);
        if got != n {
            return None;
        }
        self.at += n;
        Some(v)
    }

    /// `.` or `,` (or `:` where `colon`) and digits as microseconds; 0 where there is none.
    pub fn fraction(&mut self) -> u32 {
        if !matches!(self.peek(), Some(b'.' | b',')) || !self.peek_at(1).is_some_and(|b| b.is_ascii_digit()) {
            return 0;
        }
        self.at += 1;
        let (mut v, mut n) = digits(self.rest(), 6);
        self.at += n;
        while n < 6 {
            v *= 10;
            n += 1;
        }
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        v
    }

    /// Letters at the cursor, not consumed.
    pub fn word(&self) -> &'a [u8] {
        let rest = self.rest();
        let n = rest.iter().take(10).take_while(|b| b.is_ascii_alphabetic()).count();
        &rest[..n]
    }

    /// A month's name, three letters or in full.
    pub fn month(&mut self) -> Option<u32> {
        let word = self.word();
        let m = month3(word)?;
        if word.len() != 3 && !FULL[m as usize - 1].eq_ignore_ascii_case(word) && !(m == 9 && word.len() == 4) {
            return None;
        }
        self.at += word.len();
        Some(m)
    }

    /// A weekday's name and what follows it (`, ` or blanks).
    pub fn weekday(&mut self) -> bool {
        let word = self.word();
        let Some(day) = word.get(..3) else { return false };
        let known = DAYS.iter().find(|d| d[..3].eq_ignore_ascii_case(day));
        if !known.is_some_and(|d| word.len() == 3 || d.eq_ignore_ascii_case(word)) {
            return false;
        }
        self.at += word.len();
        self.eat(b',');
        self.blanks();
        true
    }
}

const FULL: [&[u8]; 12] = [
    b"january",
    b"february",
    b"march",
    b"april",
    b"may",
    b"june",
    b"july",
    b"august",
    b"september",
    b"october",
    b"november",
    b"december",
];

const DAYS: [&[u8]; 7] = [b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday"];

/// The number of up to `max` leading digits, and how many there are.
fn digits(bytes: &[u8], max: usize) -> (u32, usize) {
    let (mut v, mut n) = (0u32, 0);
    for b in bytes.iter().take(max.min(9)) {
        let d = b.wrapping_sub(b'0');
        if d > 9 {
            break;
        }
        v = v * 10 + u32::from(d);
        n += 1;
    }
    (v, n)
}

/// Month number of the three letters at the start, any case.
pub(super) fn month3(b: &[u8]) -> Option<u32> {
    let [x, y, z, ..] = b else { return None };
    Some(match &[x | 32, y | 32, z | 32] {
        b"jan" => 1,
        b"feb" => 2,
        b"mar" => 3,
        b"apr" => 4,
        b"may" => 5,
        b"jun" => 6,
        b"jul" => 7,
        b"aug" => 8,
        b"sep" => 9,
        b"oct" => 10,
        b"nov" => 11,
        b"dec" => 12,
        _ => return None,
    })
}

/// Two digits at a fixed place; the first may be a blank where `blank`.
#[inline]
pub(super) fn two(b: &[u8], at: usize, blank: bool) -> Option<u32> {
    let hi = *b.get(at)?;
    let lo = b.get(at + 1)?.wrapping_sub(b'0');
    let hi = if blank && hi == b' ' { 0 } else { hi.wrapping_sub(b'0') };
    (hi <= 9 && lo <= 9).then(|| u32::from(hi) * 10 + u32::from(lo))
}
