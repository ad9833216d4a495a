//! Every timestamp syntax that logs use, as one set of prefix parsers.
//!
//! A prefix parser reads a time at the very start of a byte slice and says how
//! long it was. Times without a zone are in the zone of the [`Ctx`]; times
//! without a year get the latest year that is not after the time reference plus
//! one day. Both are pure functions of line and context, so parsing may run on
//! any number of threads.

mod find;
mod forms;
mod iso;
mod other;
mod scan;
mod syslog;
mod zone;

pub use find::{Found, find_time};
pub use forms::{Forms, Order};
pub use iso::iso;
pub use other::{clf, ctime, epoch, labelled, tai64n};
pub use syslog::{bsd, looks_dated, year_first};

use crate::event::{TimeQuality, Ts};
use crate::parse::Ctx;

/// A time read at the start of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The instant.
    pub ts: Ts,
    /// How sure it is.
    pub quality: TimeQuality,
    /// Bytes it took.
    pub len: usize,
}

impl Stamp {
    fn of(civil: zone::Civil, len: usize, ctx: &Ctx) -> Option<Self> {
        let (ts, quality) = civil.resolve(ctx)?;
        Some(Self { ts, quality, len })
    }
}

/// A time in any syntax at the very start of `bytes`, bare epoch numbers
/// included. Meant for whole values and for line starts.
#[must_use]
pub fn any(bytes: &[u8], ctx: &Ctx) -> Option<Stamp> {
    dated(bytes, ctx).or_else(|| epoch(bytes))
}

/// A time whose syntax cannot be mistaken for something else: all but bare
/// epoch numbers and six-digit dates.
pub(super) fn dated(bytes: &[u8], ctx: &Ctx) -> Option<Stamp> {
    match bytes.first()? {
        b'0'..=b'9' => iso(bytes, ctx)
            .or_else(|| other::at_sign(bytes, ctx))
            .or_else(|| clf(bytes, ctx))
            .or_else(|| other::numeric(bytes, ctx))
            .or_else(|| year_first(bytes, ctx)),
        b'@' => tai64n(bytes),
        b'A'..=b'Z' | b'a'..=b'z' => bsd(bytes, ctx).or_else(|| ctime(bytes, ctx)).or_else(|| other::named(bytes, ctx)),
        _ => None,
    }
}

/// A whole value in any syntax: nothing may follow the time but blanks.
#[must_use]
pub fn value(text: &str, ctx: &Ctx) -> Option<(Ts, TimeQuality)> {
    let text = text.trim();
    let s = any(text.as_bytes(), ctx)?;
    (s.len == text.len()).then_some((s.ts, s.quality))
}

/// A time whose year was guessed, put into the year that brings it nearest to
/// another's.
pub(super) fn in_year_of(guessed: Ts, near: Ts) -> Ts {
    let (year, month, day, ..) = guessed.civil();
    let (about, ..) = near.civil();
    let days = |y| crate::event::time::days_from_civil(y, month, day);
    let in_year = |y| Ts(guessed.0.saturating_add((days(y) - days(year)).saturating_mul(crate::event::time::DAY)));
    let tries = [about - 1, about, about + 1].map(in_year);
    tries.into_iter().min_by_key(|t| t.0.abs_diff(near.0)).unwrap_or(guessed)
}

/// A wall-clock time of the source's zone as an instant.
#[must_use]
pub fn local(wall: Ts, ctx: &Ctx) -> Ts {
    zone::to_utc(wall, ctx)
}

#[cfg(test)]
mod tests;
