//! ISO 8601 and RFC 3339 with the liberties that logs take.

use super::Stamp;
use super::scan::{Cursor, two};
use super::zone::{Civil, zone};
use crate::parse::Ctx;

/// `YYYY-MM-DD` (also with `/`, `.` or `:`), `T`, blanks, `-`, `_` or `:`, and
/// `HH:MM:SS[.frac][zone]`; also the compact `YYYYMMDDTHHMMSSZ`,
/// `YYYYMMDD-HH:MM:SS` and `YYYYMMDDHHMMSS`.
#[must_use]
pub fn iso(bytes: &[u8], ctx: &Ctx) -> Option<Stamp> {
    let mut c = Cursor::new(bytes);
    let year = c.fixed(4)?;
    if !(1970..=2261).contains(&year) {
        return None;
    }
    if c.peek()?.is_ascii_digit() {
        return compact(c, year, ctx);
    }
    let sep = c.one_of(b"-/.:")?;
    let (month, day);
    if c.peek_at(2) == Some(sep)
        && let (Some(m), Some(d)) = (two(bytes, 5, false), two(bytes, 8, false))
    {
        (month, day) = (m, d);
        c.at = 10;
    } else {
        month = match c.month() {
            Some(m) => m,
            None => c.num(1, 2)?,
        };
        c.expect(sep)?;
        day = c.num(1, 2)?;
    }
    match c.peek()? {
        b'T' | b't' | b'_' | b'-' | b':' | b'/' => c.at += 1,
        b' ' => {
            c.blanks();
            // `2014-01-01 - 10:00:00`
            if c.peek() == Some(b'-') && c.peek_at(1) == Some(b' ') {
                c.at += 2;
            }
        }
        b',' => {
            c.at += 1;
            c.blanks();
        }
        _ => return None,
    }
    clock(c, i64::from(year), month, day, ctx)
}

/// The clock, fraction and zone that follow a date.
pub(super) fn clock(mut c: Cursor<'_>, year: i64, month: u32, day: u32, ctx: &Ctx) -> Option<Stamp> {
    let (mut hour, minute, second) = match usual(c.rest()) {
        Some(usual) => {
            c.at += 8;
            usual
        }
        None => unusual(&mut c)?,
    };
    let micros = c.fraction();
    if c.peek() != Some(b'Z') {
        hour = half_day(&mut c, hour)?;
    }
    let offset = zone(&mut c);
    let civil = Civil { year: Some(year), month, day, hour, minute, second, micros, offset };
    Stamp::of(civil, c.at, ctx)
}

/// `HH:MM:SS`, as nearly all clocks are written.
#[inline]
fn usual(rest: &[u8]) -> Option<(u32, u32, u32)> {
    let [_, _, b':', _, _, b':', _, _, after @ ..] = rest else { return None };
    if after.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    Some((two(rest, 0, false)?, two(rest, 3, false)?, two(rest, 6, false)?))
}

/// Clocks without seconds, with dots, or with one digit for the hour.
fn unusual(c: &mut Cursor<'_>) -> Option<(u32, u32, u32)> {
    let hour = c.num(1, 2)?;
    let sep = c.one_of(b":.")?;
    let minute = c.num(2, 2)?;
    let second = if c.peek() == Some(sep) && c.peek_at(1).is_some_and(|b| b.is_ascii_digit()) {
        c.at += 1;
        c.num(2, 2)?
    } else if sep == b':' {
        0
    } else {
        return None;
    };
    Some((hour, minute, second))
}

/// `AM` or `PM` after a clock.
pub(super) fn half_day(c: &mut Cursor<'_>, hour: u32) -> Option<u32> {
    let mut t = *c;
    t.blanks();
    let word = t.word();
    let pm = if word.eq_ignore_ascii_case(b"pm") {
        12
    } else if word.eq_ignore_ascii_case(b"am") {
        0
    } else {
        return Some(hour);
    };
    if !(1..=12).contains(&hour) {
        return None;
    }
    t.at += 2;
    *c = t;
    Some(hour % 12 + pm)
}

/// `22:16:0:119`: numbers as they are, milliseconds after a colon.
fn unpadded(c: &mut Cursor<'_>, year: u32, month: u32, day: u32) -> Option<Civil> {
    let mut t = *c;
    let (hour, _, minute, _, second, _) =
        (t.num(1, 2)?, t.expect(b':')?, t.num(1, 2)?, t.expect(b':')?, t.num(1, 2)?, t.expect(b':')?);
    let micros = t.num(1, 3)? * 1000;
    *c = t;
    Some(Civil { year: Some(i64::from(year)), month, day, hour, minute, second, micros, offset: None })
}

fn compact(mut c: Cursor<'_>, year: u32, ctx: &Ctx) -> Option<Stamp> {
    let (month, day) = (c.fixed(2)?, c.fixed(2)?);
    match c.peek()? {
        b'T' | b'-' | b' ' | b'_' => c.at += 1,
        b if b.is_ascii_digit() => {}
        _ => return None,
    }
    if c.peek_at(2) == Some(b':') || c.peek_at(1) == Some(b':') {
        if let Some(civil) = unpadded(&mut c, year, month, day) {
            return Stamp::of(civil, c.at, ctx);
        }
        return clock(c, i64::from(year), month, day, ctx);
    }
    let (hour, minute, second) = (c.fixed(2)?, c.fixed(2)?, c.fixed(2)?);
    if c.peek().is_some_and(|b| b.is_ascii_digit()) {
        return None;
    }
    let micros = c.fraction();
    let offset = zone(&mut c);
    let civil = Civil { year: Some(i64::from(year)), month, day, hour, minute, second, micros, offset };
    Stamp::of(civil, c.at, ctx)
}
