//! The rest: Common Log Format, `ctime`, epoch numbers, TAI64N, and numeric
//! dates in the orders that programs use.

use super::Stamp;
use super::forms::{Order, century};
use super::iso::{clock, half_day};
use super::scan::{Cursor, month3, two};
use super::zone::{Civil, zone};
use crate::event::{TimeQuality, Ts};
use crate::parse::Ctx;

/// `10/Oct/2000:13:55:36 -0700`, also with `-` and blanks (`11-Aug-2013 03:36:11.372`).
#[must_use]
pub fn clf(bytes: &[u8], ctx: &Ctx) -> Option<Stamp> {
    if let Some(stamp) = usual(bytes, ctx) {
        return Some(stamp);
    }
    let mut c = Cursor::new(bytes);
    let day = c.num(1, 2)?;
    let sep = c.one_of(b"/- ")?;
    let month = c.month()?;
    c.expect(sep)?;
    let year = c.num(4, 4)?;
    if c.one_of(b": T")? == b' ' {
        c.blanks();
    }
    if let Some([b':', _, _, b':', _, _]) = c.rest().get(2..8)
        && let (Some(hour), Some(minute), Some(second)) =
            (two(c.rest(), 0, false), two(c.rest(), 3, false), two(c.rest(), 6, false))
    {
        c.at += 8;
        let micros = c.fraction();
        let hour = half_day(&mut c, hour)?;
        let offset = zone(&mut c);
        let civil = Civil { year: Some(i64::from(year)), month, day, hour, minute, second, micros, offset };
        return Stamp::of(civil, c.at, ctx);
    }
    clock(c, i64::from(year), month, day, ctx)
}

/// The shape that almost every access line has, at fixed places; what is not
/// quite that is left to the general way.
fn usual(bytes: &[u8], ctx: &Ctx) -> Option<Stamp> {
    let [_, _, b'/', _, _, _, b'/', y @ .., b' ', sign @ (b'+' | b'-'), _, _, _, _] = bytes.get(..26)? else {
        return None;
    };
    let [_, _, _, _, b':', _, _, b':', _, _, b':', _, _] = y else { return None };
    if bytes.get(26).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) {
        return None;
    }
    let at = |i| two(bytes, i, false);
    let (day, month) = (at(0)?, month3(bytes.get(3..)?)?);
    let year = i64::from(at(7)? * 100 + at(9)?);
    let (hour, minute, second) = (at(12)?, at(15)?, at(18)?);
    let (hours, minutes) = (at(22)?, at(24)?);
    if hours > 15 || minutes > 59 {
        return None;
    }
    let east = (hours * 3600 + minutes * 60) as i32;
    let offset = Some(if *sign == b'-' { -east } else { east });
    Stamp::of(Civil { year: Some(year), month, day, hour, minute, second, micros: 0, offset }, 26, ctx)
}

/// `Wed Oct 11 14:32:52.123456 2000`, also with a zone before the year.
#[must_use]
pub fn ctime(bytes: &[u8], ctx: &Ctx) -> Option<Stamp> {
    let mut c = Cursor::new(bytes);
    c.weekday().then_some(())?;
    let mut s = match c.peek()? {
        b'0'..=b'9' => clf(c.rest(), ctx).or_else(|| numeric(c.rest(), ctx)).or_else(|| super::iso(c.rest(), ctx)),
        _ => super::bsd(c.rest(), ctx).or_else(|| named(c.rest(), ctx)),
    }?;
    s.len += c.at;
    Some(s)
}

/// `Mon DD, YYYY h:mm:ss AM`, `Mon-DD-YY HH:MM:SS`, `Mon/DD/YYYY HH:MM:SS`.
pub(super) fn named(bytes: &[u8], ctx: &Ctx) -> Option<Stamp> {
    let mut c = Cursor::new(bytes);
    let month = c.month()?;
    let sep = c.one_of(b" -/")?;
    let day = c.num(1, 2)?;
    if sep == b' ' {
        c.eat(b',');
        (c.blanks() > 0).then_some(())?;
    } else {
        c.expect(sep)?;
    }
    let year = year(&mut c)?;
    c.eat(b',');
    (c.blanks() > 0).then_some(())?;
    if c.word() == b"at" || c.word() == b"@" {
        c.at += 2;
        c.blanks();
    }
    clock(c, year, month, day, ctx)
}

/// Four digits, or two of this century.
fn year(c: &mut Cursor<'_>) -> Option<i64> {
    if let Some(y @ 1970..=2261) = c.num(4, 4) {
        return Some(i64::from(y));
    }
    c.num(2, 2).map(century)
}

/// `DD-MM-YYYY`, `DD.MM.YYYY`, `MM/DD/YYYY` (`DD/MM` where only that can be),
/// two-digit years likewise, and `YYMMDD HH:MM:SS`.
pub(super) fn numeric(bytes: &[u8], ctx: &Ctx) -> Option<Stamp> {
    let mut c = Cursor::new(bytes);
    if c.peek_at(6) == Some(b' ') && bytes.iter().take(6).all(u8::is_ascii_digit) {
        let (y, month, day) = (c.fixed(2)?, c.fixed(2)?, c.fixed(2)?);
        c.blanks();
        let year = century(y);
        // A clock with seconds, or any six digits would do.
        if !matches!(c.rest(), [_, b':', _, _, b':', ..] | [_, _, b':', _, _, b':', ..]) {
            return None;
        }
        return clock(c, year, month, day, ctx);
    }
    let a = c.num(1, 2)?;
    let sep = c.one_of(b"-/.")?;
    let b = c.num(1, 2)?;
    c.expect(sep)?;
    let learned = ctx.forms.date(sep);
    let (a, b, year) = match learned {
        Some(Order::Ymd) => {
            let day = c.num(2, 2)?;
            (b, day, century(a))
        }
        _ => (a, b, year(&mut c)?),
    };
    match c.peek()? {
        b' ' => drop(c.blanks()),
        b'T' | b',' | b':' | b'_' | b'-' => {
            c.at += 1;
            c.blanks();
        }
        _ => return None,
    }
    if c.peek() == Some(b'-') && c.peek_at(1) == Some(b' ') {
        c.at += 2;
    }
    let (day, month) = match learned {
        Some(Order::Ymd | Order::Mdy) => (b, a),
        Some(Order::Dmy) => (a, b),
        None if sep == b'/' && a <= 12 => (b, a),
        None => (a, b),
    };
    // What cannot be one order is the other.
    let (day, month) = if month > 12 { (month, day) } else { (day, month) };
    clock(c, year, month, day, ctx)
}

/// `05/3/2@08:00:00`: year, month, day.
pub(super) fn at_sign(bytes: &[u8], ctx: &Ctx) -> Option<Stamp> {
    if !bytes.iter().take(9).any(|b| *b == b'@') {
        return None;
    }
    let mut c = Cursor::new(bytes);
    let (y, _, month, _, day, _) =
        (c.num(1, 2)?, c.expect(b'/')?, c.num(1, 2)?, c.expect(b'/')?, c.num(1, 2)?, c.expect(b'@')?);
    clock(c, century(y), month, day, ctx)
}

/// A bare number of seconds (10 digits, perhaps with a fraction), milliseconds
/// (13), microseconds (16) or nanoseconds (19) since 1970, of the years 1990 to 2100.
#[must_use]
pub fn epoch(bytes: &[u8]) -> Option<Stamp> {
    let n = bytes.iter().take(20).take_while(|b| b.is_ascii_digit()).count();
    let whole = bytes.get(..n)?.iter().fold(0u64, |v, d| v.wrapping_mul(10).wrapping_add(u64::from(d - b'0')));
    let (micros, len) = match n {
        10 => {
            let mut c = Cursor::new(bytes);
            c.at = n;
            let frac = c.fraction();
            (whole * 1_000_000 + u64::from(frac), c.at)
        }
        13 => (whole * 1000, n),
        16 => (whole, n),
        19 => (whole / 1000, n),
        _ => return None,
    };
    if !(631_152_000_000_000..4_102_444_800_000_000).contains(&micros) {
        return None;
    }
    if bytes.get(len).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
        return None;
    }
    Some(Stamp { ts: Ts(micros as i64), quality: TimeQuality::Zoned, len })
}

/// `LABEL 1117838570 2005.06.03 `, as the logs of large machines begin: the
/// time, with its date, and where it begins. The date says that the number is one.
#[must_use]
pub fn labelled(bytes: &[u8]) -> Option<(Stamp, usize)> {
    let n = memchr::memchr(b' ', bytes.get(..bytes.len().min(24))?)?;
    if !bytes.get(n + 1)?.is_ascii_digit() || bytes.get(n + 11) != Some(&b' ') {
        return None;
    }
    let stamp = epoch(bytes.get(n + 1..n + 11)?)?;
    let mut c = Cursor::new(bytes.get(n + 12..)?);
    let (year, _, month, _, day) = (c.fixed(4)?, c.expect(b'.')?, c.fixed(2)?, c.expect(b'.')?, c.fixed(2)?);
    c.expect(b' ')?;
    // The date is of the machine's own zone.
    let noon = Ts::from_civil(i64::from(year), month, day, 12, 0, 0, 0)?;
    (stamp.ts.0.abs_diff(noon.0) < 36 * 3_600 * 1_000_000).then_some((Stamp { len: 21, ..stamp }, n + 1))
}

/// TAI64N: `@` and 24 hex digits (16 without the nanoseconds). The seconds are
/// read as Unix time: what writers add to it differs (nothing, ten seconds, the
/// leap seconds of a table) and cannot be seen in the label.
#[must_use]
pub fn tai64n(bytes: &[u8]) -> Option<Stamp> {
    let hex = bytes.strip_prefix(b"@")?;
    let n = hex.iter().take(25).take_while(|b| b.is_ascii_hexdigit()).count();
    if n != 24 && n != 16 {
        return None;
    }
    let value = |part: &[u8]| part.iter().fold(0u64, |v, b| v << 4 | u64::from((*b as char).to_digit(16).unwrap_or(0)));
    let secs = value(hex.get(..16)?).checked_sub(0x4000_0000_0000_0000)?;
    let nanos = if n == 24 { value(hex.get(16..24)?) } else { 0 };
    if secs > 4_102_444_800 || nanos > 999_999_999 {
        return None;
    }
    let micros = secs * 1_000_000 + nanos.min(999_999_999) / 1000;
    Some(Stamp { ts: Ts(micros as i64), quality: TimeQuality::Zoned, len: n + 1 })
}
