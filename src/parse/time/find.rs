//! Finding a time at or near the start of a line of unknown format.

use super::{Stamp, dated, epoch, labelled};
use crate::event::{TimeQuality, Ts};
use crate::parse::Ctx;

/// How far into a line a time is looked for, and how often it is tried: a line
/// without a time must stay cheap.
const WITHIN: usize = 200;
const TRIES: usize = 24;

/// A time found in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The instant.
    pub ts: Ts,
    /// How sure it is.
    pub quality: TimeQuality,
    /// Where it starts.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// The first time in the first 200 bytes of a line, in any syntax. Bare epoch
/// numbers count only at the very start and in `audit(…)`.
#[must_use]
pub fn find_time(line: &str, ctx: &Ctx) -> Option<Found> {
    let bytes = line.as_bytes();
    if let Some((ts, quality, start, end)) = ctx.forms.at_start(bytes, ctx) {
        return Some(Found { ts, quality, start, end });
    }
    if let Some((stamp, start)) = labelled(bytes) {
        return Some(Found { ts: stamp.ts, quality: stamp.quality, start, end: start + stamp.len });
    }
    let found = |start: usize, s: Stamp| Found { ts: s.ts, quality: s.quality, start, end: start + s.len };
    let first = bytes
        .iter()
        .take(WITHIN)
        .position(|b| !matches!(b, b' ' | b'\t' | b'[' | b'(' | b'<' | b'"' | b'*' | b'\''))?;
    if let Some(s) = bytes.get(first..).and_then(|rest| dated(rest, ctx).or_else(|| epoch(rest))) {
        return Some(found(first, s));
    }
    let mut tries = 0;
    let mut prev = b'a';
    for (i, &b) in bytes.iter().enumerate().take(WITHIN) {
        let boundary = !prev.is_ascii_alphanumeric() && !matches!(prev, b'.' | b'_' | b':');
        if boundary && i > first && (b.is_ascii_alphanumeric() || b == b'@') && plausible(b, bytes, i) {
            tries += 1;
            if tries > TRIES {
                return None;
            }
            let rest = bytes.get(i..)?;
            if let Some(s) = dated(rest, ctx) {
                return Some(found(i, s));
            }
            if prev == b'('
                && bytes.get(i.wrapping_sub(6)..i) == Some(b"audit(")
                && let Some(s) = epoch(rest)
            {
                return Some(found(i, s));
            }
        }
        prev = b;
    }
    None
}

/// A cheap look before a try: digits, or the first letter of a month or weekday.
fn plausible(b: u8, bytes: &[u8], at: usize) -> bool {
    match b {
        b'0'..=b'9' => bytes.get(at + 1).is_some_and(|n| n.is_ascii_digit() || matches!(n, b'/' | b'-' | b'.')),
        b'J' | b'F' | b'M' | b'A' | b'S' | b'O' | b'N' | b'D' | b'T' | b'W' => {
            bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase)
        }
        _ => b == b'@',
    }
}
