//! `Mon DD HH:MM:SS` and its relatives, as traditional syslog writes it.

use super::Stamp;
use super::scan::{Cursor, month3, two};
use super::zone::{Civil, zone};
use crate::parse::Ctx;

/// `Mon DD [YYYY] HH:MM:SS[.frac] [YYYY] [ZONE]`, the day padded with a blank,
/// a zero or not at all.
#[must_use]
pub fn bsd(bytes: &[u8], ctx: &Ctx) -> Option<Stamp> {
    // The shape that almost every line has, at fixed places.
    if let [_, _, _, b' ', _, _, b' ', _, _, b':', _, _, b':', _, _, next, ..] = bytes
        && *next == b' '
        && !bytes.get(16).is_some_and(u8::is_ascii_digit)
        && let (Some(month), Some(day)) = (month3(bytes), two(bytes, 4, true))
        && let (Some(hour), Some(minute), Some(second)) =
            (two(bytes, 7, false), two(bytes, 10, false), two(bytes, 13, false))
        && !zone_follows(bytes)
    {
        let civil = Civil { year: None, month, day, hour, minute, second, micros: 0, offset: None };
        return Stamp::of(civil, 15, ctx);
    }
    slow(bytes, ctx)
}

/// The length of what has the shape of a date and clock but whose numbers are
/// none (`Feb 30 25:61:00`), and whether it is of the traditional kind.
#[must_use]
pub fn looks_dated(bytes: &[u8]) -> Option<(usize, bool)> {
    let mut c = Cursor::new(bytes);
    let traditional = !bytes.first()?.is_ascii_digit();
    if traditional {
        c.month()?;
        (c.blanks() > 0).then_some(())?;
        c.num(1, 2)?;
        (c.blanks() > 0).then_some(())?;
        if c.peek_at(4) == Some(b' ') && c.fixed(4).is_some() {
            c.blanks();
        }
    } else {
        c.fixed(4)?;
        c.expect(b'-')?;
        c.fixed(2)?;
        c.expect(b'-')?;
        c.fixed(2)?;
        c.one_of(b"T ")?;
    }
    c.num(1, 2)?;
    c.expect(b':')?;
    c.num(2, 2)?;
    c.expect(b':')?;
    c.num(2, 2)?;
    c.fraction();
    let _ = zone(&mut c);
    matches!(c.peek(), None | Some(b' ' | b':')).then_some((c.at, traditional))
}

/// Whether what follows the clock could be a zone (`UTC `, `CEST: `), which only
/// the slow path knows.
fn zone_follows(bytes: &[u8]) -> bool {
    matches!(bytes.get(16..19), Some([b'A'..=b'Z', b'A'..=b'Z', b'A'..=b'Z']))
        || matches!(bytes.get(16), Some(b'+' | b'-'))
}

/// `YYYY Mon DD HH:MM:SS`: the same with its year in front.
#[must_use]
pub fn year_first(bytes: &[u8], ctx: &Ctx) -> Option<Stamp> {
    let mut c = Cursor::new(bytes);
    let year = c.fixed(4).filter(|y| (1970..=2099).contains(y))?;
    (c.blanks() == 1 && c.peek()?.is_ascii_alphabetic()).then_some(())?;
    rest(c, Some(year), ctx)
}

fn slow(bytes: &[u8], ctx: &Ctx) -> Option<Stamp> {
    rest(Cursor::new(bytes), None, ctx)
}

fn rest(mut c: Cursor<'_>, mut year: Option<u32>, ctx: &Ctx) -> Option<Stamp> {
    let month = c.month()?;
    (c.blanks() > 0).then_some(())?;
    let day = c.num(1, 2)?;
    (c.blanks() > 0).then_some(())?;
    if year.is_none() && c.peek_at(4) == Some(b' ') {
        year = Some(c.fixed(4)?);
        c.blanks();
    }
    let hour = c.num(1, 2)?;
    c.expect(b':')?;
    let minute = c.num(2, 2)?;
    c.expect(b':')?;
    let second = c.num(2, 2)?;
    let micros = c.fraction();
    let offset = zone(&mut c);
    if year.is_none() {
        let mut t = c;
        if t.blanks() == 1
            && let Some(y @ 1970..=2099) = t.num(4, 4)
            && match t.peek() {
                // `2021: ` is a year, `2001:db8::5` the machine's address
                Some(b':') => matches!(t.peek_at(1), None | Some(b' ')),
                next => matches!(next, None | Some(b' ' | b']' | b',')),
            }
        {
            year = Some(y);
            c = t;
        }
    }
    let civil = Civil { year: year.map(i64::from), month, day, hour, minute, second, micros, offset };
    Stamp::of(civil, c.at, ctx)
}
