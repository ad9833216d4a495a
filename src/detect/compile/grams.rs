//! Texts inside a value, all of a field's at once.
//!
//! Of each literal one piece of four bytes is chosen that few of the others
//! have. At each byte of a value one look into a table of bits tells whether a
//! piece may begin there; seldom it does, and then the literals of that piece
//! are compared. Literals shorter than four bytes have tables by their length.
//! The tables are small, take no time to make, and a look does not wait for the
//! one before it.

use super::literals::Literals;

/// Longest piece.
const WIDTH: usize = 4;
/// Most literals of a piece: beyond it they are given back, so that no value,
/// however chosen, costs more than so many comparisons a byte.
const CROWD: usize = 12;
/// Only so many pieces of a literal are considered: where one begins is kept in a byte.
const PIECES: usize = 256;

/// A literal with the piece that is looked for.
#[derive(Debug, Clone, Copy)]
struct Entry {
    piece: u32,
    literal: u32,
    /// Up to four bytes of the literal beside the piece, how many there are, and
    /// where they stand from the piece on: mostly they tell that the literal is
    /// another one.
    beside: u32,
    many: u8,
    from: i8,
    /// Bytes of the literal before the piece.
    at: u8,
}

impl Entry {
    fn new(bytes: &[u8], literal: u32, at: u8, width: usize) -> Self {
        let from = usize::from(at);
        let (before, after) = bytes.split_at_checked(from).unwrap_or((bytes, &[]));
        let piece = piece(bytes.get(from..from + width).unwrap_or_default());
        let after = after.get(width..).unwrap_or_default();
        let (some, from) = if after.len() >= before.len().min(WIDTH) {
            (after.get(..after.len().min(WIDTH)).unwrap_or_default(), width as i8)
        } else {
            let some = before.get(before.len().saturating_sub(WIDTH)..).unwrap_or_default();
            (some, -(some.len() as i8))
        };
        Self { piece, literal, at, beside: short(some), many: some.len() as u8, from }
    }

    /// Whether the bytes beside a piece may be those of the literal.
    #[inline]
    fn may_stand(&self, value: &[u8], at: usize) -> bool {
        let mask = u32::MAX.checked_shr(8 * (WIDTH as u32 - u32::from(self.many))).unwrap_or(0);
        let beside = at.checked_add_signed(isize::from(self.from)).and_then(|from| value.get(from..));
        beside.and_then(|b| b.first_chunk()).is_none_or(|b| u32::from_le_bytes(*b) & mask == self.beside)
    }
}

/// Up to four bytes as a number.
fn short(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |p, b| p << 8 | u32::from(*b))
}

/// The literals whose pieces have one width.
#[derive(Debug)]
struct Class {
    /// Whether a piece may be one of these, by the first bits of its hash.
    seen: Bloom,
    /// Where the entries of a hash begin.
    buckets: Box<[u32]>,
    bucket_shift: u32,
    entries: Box<[Entry]>,
}

/// All literals, by the width of their pieces less one.
#[derive(Debug)]
pub struct Grams {
    classes: [Option<Class>; WIDTH],
    /// Whether a piece shorter than four bytes may begin with two bytes, by the
    /// first bits of their hash.
    short: Bloom,
}

/// Bits that tell most of what is not in a set from what is.
#[derive(Debug)]
struct Bloom {
    bits: Box<[u64]>,
    shift: u32,
}

impl Bloom {
    /// Two to the power of `log` bits.
    fn new(log: u32) -> Self {
        let log = log.clamp(6, 20);
        Self { bits: vec![0; 1 << (log - 6)].into(), shift: 32 - log }
    }

    fn add(&mut self, n: u32) {
        let bit = hash(n) >> self.shift;
        if let Some(w) = self.bits.get_mut(bit as usize / 64) {
            *w |= 1 << (bit % 64);
        }
    }

    #[inline]
    fn may_have(&self, n: u32) -> bool {
        let bit = hash(n) >> self.shift;
        self.bits.get(bit as usize / 64).is_some_and(|w| w >> (bit % 64) & 1 == 1)
    }
}

#[inline]
fn piece(bytes: &[u8]) -> u32 {
    match bytes.first_chunk::<WIDTH>() {
        Some(four) => u32::from_le_bytes(*four),
        None => short(bytes),
    }
}

#[inline]
const fn hash(piece: u32) -> u32 {
    piece.wrapping_mul(0x9e37_79b1)
}

/// How little a byte says: letters from the most frequent on.
fn common(b: u8) -> u32 {
    let rank = b"etaoinsrldhcumpfgybwvkxjqz".iter().position(|l| *l == b);
    rank.map_or(4, |r| 30 - r as u32)
}

impl Grams {
    /// An index of some of the literals; those that are left over come back by number.
    #[must_use]
    pub fn new(literals: &Literals, text: &str, some: &[u32]) -> (Self, Vec<u32>) {
        // How many literals have a piece, by hash: close enough.
        let windows: usize = some.iter().map(|i| literals.text(text, *i).len().min(PIECES)).sum();
        let bits = (2 * windows).clamp(256, 1 << 16).ilog2();
        let slot = |p: u32| (hash(p) >> (32 - bits)) as usize;
        let mut counts = vec![0u16; 1 << bits];
        let pieces = |i: u32| literals.text(text, i).as_bytes().windows(WIDTH).take(PIECES).map(piece).enumerate();
        for p in some.iter().copied().flat_map(pieces) {
            if let Some(n) = counts.get_mut(slot(p.1)) {
                *n = n.saturating_add(1);
            }
        }
        let mut taken = vec![0u8; 1 << bits];
        let mut classes: [Vec<Entry>; WIDTH] = Default::default();
        let mut left = Vec::new();
        for literal in some.iter().copied() {
            let bytes = literals.text(text, literal).as_bytes();
            if bytes.len() < WIDTH {
                if let Some(class) = bytes.len().checked_sub(1).and_then(|c| classes.get_mut(c)) {
                    class.push(Entry::new(bytes, literal, 0, bytes.len()));
                }
                continue;
            }
            let free = pieces(literal).filter(|(_, p)| taken.get(slot(*p)).is_some_and(|n| usize::from(*n) < CROWD));
            let dear = |p: u32| {
                let letters: u32 = p.to_le_bytes().into_iter().map(common).sum();
                u32::from(counts.get(slot(p)).copied().unwrap_or(0)) * 64 + letters
            };
            let Some((at, p)) = free.min_by_key(|(_, p)| dear(*p)) else {
                left.push(literal);
                continue;
            };
            if let Some(n) = taken.get_mut(slot(p)) {
                *n += 1;
            }
            if let (Some(class), Ok(at)) = (classes.last_mut(), u8::try_from(at)) {
                class.push(Entry::new(bytes, literal, at, WIDTH));
            }
        }
        (Self::of(classes), left)
    }

    fn of(classes: [Vec<Entry>; WIDTH]) -> Self {
        let [one, two, three, _] = &classes;
        let many = if one.is_empty() { two.len() + three.len() } else { 1 << 11 };
        let mut short = Bloom::new((many + 1).next_power_of_two().ilog2() + 5);
        one.iter().flat_map(|e| (0..=255).map(|second| e.piece | second << 8)).for_each(|pair| short.add(pair));
        two.iter().chain(three).for_each(|e| short.add(e.piece & 0xffff));
        let classes = classes.map(|entries| (!entries.is_empty()).then(|| Class::new(entries)));
        Self { classes, short }
    }

    /// Calls `hit` with each literal in a value and where it begins; with one
    /// that stands there several times, each time.
    #[inline]
    pub fn find(&self, value: &[u8], literals: &Literals, text: &str, mut hit: impl FnMut(u32)) {
        let [shorter @ .., four] = &self.classes;
        let shorter = shorter.iter().any(Option::is_some);
        match (four, shorter) {
            (Some(class), false) => {
                for (at, bytes) in value.array_windows::<WIDTH>().enumerate() {
                    let p = u32::from_le_bytes(*bytes);
                    if class.seen.may_have(p) {
                        class.compare(p, value, at, literals, text, &mut hit);
                    }
                }
                return;
            }
            (Some(class), true) => {
                for (at, bytes) in value.array_windows::<WIDTH>().enumerate() {
                    let p = u32::from_le_bytes(*bytes);
                    if self.short.may_have(p & 0xffff) || class.seen.may_have(p) {
                        self.look(p, WIDTH, value, at, literals, text, &mut hit);
                    }
                }
            }
            (None, _) => {
                for (at, bytes) in value.array_windows::<WIDTH>().enumerate() {
                    let p = u32::from_le_bytes(*bytes);
                    if self.short.may_have(p & 0xffff) {
                        self.look(p, WIDTH, value, at, literals, text, &mut hit);
                    }
                }
            }
        }
        // Behind the last four bytes there is room for shorter pieces only.
        for left in 1..WIDTH.min(value.len() + 1) {
            let at = value.len() - left;
            self.look(piece(value.get(at..).unwrap_or_default()), left, value, at, literals, text, &mut hit);
        }
    }

    /// Compares the literals whose pieces stand at a place, of which `left` bytes are there.
    #[inline(never)]
    #[allow(clippy::too_many_arguments, reason = "one look of an inner loop")]
    fn look(
        &self,
        four: u32,
        left: usize,
        value: &[u8],
        at: usize,
        literals: &Literals,
        text: &str,
        hit: &mut impl FnMut(u32),
    ) {
        for (width, class) in (1..=left).zip(&self.classes) {
            let Some(class) = class else { continue };
            let piece = four & (u32::MAX >> (8 * (WIDTH - width)));
            if class.seen.may_have(piece) {
                class.compare(piece, value, at, literals, text, hit);
            }
        }
    }
}

impl Class {
    fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_unstable_by_key(|e| (hash(e.piece), e.literal));
        let log = entries.len().next_power_of_two().ilog2().clamp(3, 20);
        let bucket_shift = 32 - log;
        let mut seen = Bloom::new(log + 4);
        let mut buckets = vec![0u32; (1 << log) + 1];
        for e in &entries {
            seen.add(e.piece);
            if let Some(n) = buckets.get_mut((hash(e.piece) >> bucket_shift) as usize + 1) {
                *n += 1;
            }
        }
        let mut sum = 0;
        for n in &mut buckets {
            sum += *n;
            *n = sum;
        }
        Self { seen, buckets: buckets.into(), bucket_shift, entries: entries.into() }
    }

    /// Compares the literals of a piece that stands at a place of a value.
    #[inline(never)]
    fn compare(&self, piece: u32, value: &[u8], at: usize, literals: &Literals, text: &str, hit: &mut impl FnMut(u32)) {
        let bucket = (hash(piece) >> self.bucket_shift) as usize;
        let (Some(from), Some(to)) = (self.buckets.get(bucket), self.buckets.get(bucket + 1)) else { return };
        for e in self.entries.get(*from as usize..*to as usize).unwrap_or(&[]) {
            if e.piece != piece || !e.may_stand(value, at) {
                continue;
            }
            let literal = literals.text(text, e.literal).as_bytes();
            let from = at.checked_sub(usize::from(e.at));
            if from.and_then(|f| value.get(f..)).is_some_and(|rest| rest.starts_with(literal)) {
                hit(e.literal);
            }
        }
    }
}
