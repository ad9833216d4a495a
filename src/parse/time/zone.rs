//! From a date and clock as written to an instant: zone suffixes, the source's
//! own zone, and missing years.

use chrono::{Offset, TimeZone};

use super::scan::Cursor;
use crate::event::time::SECOND;
use crate::event::{TimeQuality, Ts};
use crate::parse::Ctx;

/// A date and clock as written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Civil {
    /// `None` where the syntax has no year.
    pub year: Option<i64>,
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub micros: u32,
    /// Seconds east of UTC, where the syntax says so.
    pub offset: Option<i32>,
}

impl Civil {
    fn wall(&self, year: i64) -> Option<Ts> {
        Ts::from_civil(year, self.month, self.day, self.hour, self.minute, self.second, self.micros)
    }

    /// The instant, under the source's zone and time reference.
    pub fn resolve(&self, ctx: &Ctx) -> Option<(Ts, TimeQuality)> {
        let Some(year) = self.year else { return Some((self.latest(ctx)?, TimeQuality::Yearless)) };
        let wall = self.wall(year)?;
        Some(match self.offset {
            Some(o) => (shift(wall, o), TimeQuality::Zoned),
            None => (to_utc(wall, ctx), TimeQuality::Wall),
        })
    }

    /// The latest such time not after the time reference plus one day.
    /// A 29 February needs a leap year, at most eight years back.
    fn latest(&self, ctx: &Ctx) -> Option<Ts> {
        // Only the first and last days of a year can fall into the limit's next
        // year by their zone.
        let start = ctx.limit_year + i64::from(self.month == 1 && self.day <= 2);
        for year in (start - 9..=start).rev() {
            let Some(wall) = self.wall(year) else { continue };
            let ts = match self.offset {
                Some(o) => shift(wall, o),
                None => to_utc(wall, ctx),
            };
            if ts <= ctx.limit {
                return Some(ts);
            }
        }
        None
    }
}

fn shift(wall: Ts, offset: i32) -> Ts {
    Ts(wall.0 - i64::from(offset) * SECOND)
}

/// A wall-clock time of the source's zone as an instant. Of a repeated hour the
/// first is taken; a skipped time is read with the offset before the gap.
pub(super) fn to_utc(wall: Ts, ctx: &Ctx) -> Ts {
    if ctx.utc {
        return wall;
    }
    let secs = wall.secs();
    let quarter = u32::try_from(secs.div_euclid(900)).unwrap_or(0);
    if let Some(o) = ctx.cached_offset(quarter) {
        return shift(wall, o);
    }
    let (o, _) = offset_at(secs, ctx);
    let (first, last) = (secs.div_euclid(900) * 900, secs.div_euclid(900) * 900 + 899);
    // Cached only where the whole quarter has one offset: the cache must never
    // change a result.
    if offset_at(first, ctx) == (o, true) && offset_at(last, ctx) == (o, true) {
        ctx.remember_offset(quarter, o);
    }
    shift(wall, o)
}

/// Offset of a local time, and whether it is the only one.
fn offset_at(wall_secs: i64, ctx: &Ctx) -> (i32, bool) {
    let Some(naive) = chrono::DateTime::from_timestamp(wall_secs, 0).map(|d| d.naive_utc()) else { return (0, false) };
    match ctx.tz.offset_from_local_datetime(&naive) {
        chrono::LocalResult::Single(o) => (o.fix().local_minus_utc(), true),
        chrono::LocalResult::Ambiguous(a, b) => (a.fix().local_minus_utc().max(b.fix().local_minus_utc()), false),
        chrono::LocalResult::None => {
            let before = naive - chrono::Duration::hours(3);
            let o = ctx.tz.offset_from_local_datetime(&before).earliest();
            (o.map_or(0, |o| o.fix().local_minus_utc()), false)
        }
    }
}

/// Reads a zone suffix: `Z`, `+01:00`, `+0100`, `+01`, `UTC`, `CEST`, each with
/// or without blanks before it. What is no zone is left alone.
pub(super) fn zone(c: &mut Cursor<'_>) -> Option<i32> {
    let mut t = *c;
    let blanks = t.blanks();
    let offset = match t.peek()? {
        sign @ (b'+' | b'-') => {
            t.at += 1;
            let hours = t.fixed(2)?;
            let colon = t.eat(b':');
            let minutes = match t.fixed(2) {
                Some(m) => m,
                None if colon || blanks > 0 => return None,
                None => 0,
            };
            if hours > 15 || minutes > 59 {
                return None;
            }
            let o = (hours * 3600 + minutes * 60) as i32;
            if sign == b'-' { -o } else { o }
        }
        b'Z' => {
            t.at += 1;
            0
        }
        b if b.is_ascii_uppercase() => {
            let word = t.word();
            let o = named(word)?;
            t.at += word.len();
            o
        }
        _ => return None,
    };
    if t.peek().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        return None;
    }
    *c = t;
    Some(offset)
}

/// Offset in seconds of a zone's usual short name.
fn named(word: &[u8]) -> Option<i32> {
    let minutes = match word {
        b"UTC" | b"GMT" | b"WET" | b"UCT" => 0,
        b"CET" | b"MEZ" | b"BST" | b"WEST" | b"MET" => 60,
        b"CEST" | b"MESZ" | b"EET" | b"SAST" | b"MEST" => 120,
        b"EEST" | b"MSK" | b"TRT" => 180,
        b"MSD" => 240,
        b"PKT" => 300,
        b"IST" => 330,
        b"WIB" => 420,
        b"HKT" | b"SGT" | b"AWST" => 480,
        b"JST" | b"KST" => 540,
        b"ACST" => 570,
        b"AEST" => 600,
        b"ACDT" => 630,
        b"AEDT" => 660,
        b"NZST" => 720,
        b"NZDT" => 780,
        b"BRT" | b"ART" | b"ADT" => -180,
        b"EDT" | b"AST" => -240,
        b"EST" | b"CDT" => -300,
        b"CST" | b"MDT" => -360,
        b"MST" | b"PDT" => -420,
        b"PST" | b"AKDT" => -480,
        b"AKST" => -540,
        b"HST" => -600,
        _ => return None,
    };
    Some(minutes * 60)
}
