//! What a source's beginning says of times that can be read in several ways.
//!
//! `17/06/09 20:10:40` may be of 2009 or of 2017, `03/04/2024` of March or of
//! April, `12-28 12:55:38` a date or a range, `1077804742` a time or a number.
//! A line alone cannot tell; many lines of one log can. Everything here is a
//! function of the sample and the time reference.

use super::dated;
use super::scan::Cursor;
use super::zone::Civil;
use crate::event::time::DAY;
use crate::event::{TimeQuality, Ts};
use crate::parse::Ctx;

/// Lines of a sample that are looked at, and how far into each.
const LINES: usize = 400;
const WITHIN: usize = 64;
/// Columns in which a bare epoch number is looked for.
const COLUMNS: usize = 10;
/// Lines that must have one, where nothing else tells a time.
const FEWEST: usize = 3;

/// Order of the parts of a numeric date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Month, day, year.
    Mdy,
    /// Day, month, year.
    Dmy,
    /// Year, month, day.
    Ymd,
}

/// How a source writes what can be read in several ways; nothing by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forms {
    /// Order of `NN/NN/NN` and `NN/NN/NNNN`, by the byte between the parts.
    dates: Option<(u8, Order)>,
    /// Lines begin with month and day, or day and month, and have no year.
    short: Option<(u8, Order)>,
    /// Lines begin with `YYMMDD HHMMSS`.
    packed: bool,
    /// The column, from 0, that holds seconds (or milliseconds) since 1970.
    column: Option<u8>,
}

/// A date as it stands in a line: three parts (the last 0 where there is none)
/// and the seconds of its day.
#[derive(Debug, Clone, Copy)]
struct Parts {
    parts: [u32; 3],
    sep: u8,
    /// The year has four digits.
    wide: bool,
    secs: u32,
}

impl Forms {
    /// Learns from a source's first bytes.
    #[must_use]
    pub fn learn(sample: &[u8], ctx: &Ctx) -> Self {
        // The last line of a full sample is likely cut.
        let whole = match memchr::memrchr(b'\n', sample) {
            Some(at) if sample.len() >= 60_000 => at,
            _ => sample.len(),
        };
        let lines: Vec<&[u8]> = (sample.get(..whole).unwrap_or(sample).split(|b| *b == b'\n'))
            .map(|l| l.trim_ascii_end())
            .filter(|l| !l.is_empty())
            .take(LINES)
            .collect();
        let most = |n: usize| n > 0 && n * 2 >= lines.len();
        let long: Vec<Parts> = lines.iter().filter_map(|l| anywhere(l)).collect();
        let pairs: Vec<Parts> = lines.iter().filter_map(|l| pair(start(l))).collect();
        let packed = lines.iter().filter(|l| six_six(start(l), ctx).is_some()).count();
        Self {
            dates: order_of(&long, &[Order::Mdy, Order::Dmy, Order::Ymd], ctx),
            short: order_of(&pairs, &[Order::Mdy, Order::Dmy], ctx).filter(|_| most(pairs.len())),
            packed: most(packed),
            column: column_of(&lines, ctx),
        }
    }

    /// The order of a date's parts, where the source told it.
    pub(super) fn date(&self, sep: u8) -> Option<Order> {
        self.dates.filter(|(s, _)| *s == sep).map(|(_, o)| o)
    }

    /// A time that only this source's form makes one, at the start of a line:
    /// the instant, its quality, its place.
    pub(super) fn at_start(&self, line: &[u8], ctx: &Ctx) -> Option<(Ts, TimeQuality, usize, usize)> {
        if self.short.is_none() && !self.packed && self.column.is_none() {
            return None;
        }
        let text = start(line);
        let from = line.len() - text.len();
        if let Some((sep, order)) = self.short
            && let Some((p, len)) = pair_len(text).filter(|(p, _)| p.sep == sep)
        {
            let (month, day) = if order == Order::Dmy { (p.parts[1], p.parts[0]) } else { (p.parts[0], p.parts[1]) };
            let mut c = Cursor::new(text);
            c.at = len;
            let micros = c.fraction();
            let (hour, minute, second) = (p.secs / 3600, p.secs / 60 % 60, p.secs % 60);
            let civil = Civil { year: None, month, day, hour, minute, second, micros, offset: None };
            let (ts, quality) = civil.resolve(ctx)?;
            return Some((ts, quality, from, from + c.at));
        }
        if self.packed
            && let Some((ts, quality)) = six_six(text, ctx)
        {
            return Some((ts, quality, from, from + 13));
        }
        let (ts, place) = epoch_in(line, usize::from(self.column?), ctx)?;
        Some((ts, TimeQuality::Zoned, place.start, place.end))
    }
}

/// What follows the brackets and blanks that a line begins with.
fn start(line: &[u8]) -> &[u8] {
    let n = line.iter().take(WITHIN).take_while(|b| matches!(b, b' ' | b'\t' | b'[' | b'(' | b'<' | b'"')).count();
    line.get(n..).unwrap_or(&[])
}

/// The first date of three parts in a line.
fn anywhere(line: &[u8]) -> Option<Parts> {
    let mut before = b' ';
    for (i, b) in line.iter().enumerate().take(WITHIN) {
        if b.is_ascii_digit()
            && !before.is_ascii_alphanumeric()
            && !matches!(before, b'.' | b'-' | b'/' | b':')
            && let Some(p) = triple(line.get(i..)?)
        {
            return Some(p);
        }
        before = *b;
    }
    None
}

/// `NN/NN/NN HH:MM`, `NN-NN-NNNN HH:MM:SS` and so on.
fn triple(bytes: &[u8]) -> Option<Parts> {
    let mut c = Cursor::new(bytes);
    let a = c.num(1, 2)?;
    let sep = c.one_of(b"-/.")?;
    let b = c.num(1, 2)?;
    c.expect(sep)?;
    let wide = c.peek_at(2).is_some_and(|b| b.is_ascii_digit());
    let y = if wide { c.num(4, 4)? } else { c.num(2, 2)? };
    c.one_of(b" T,:_-")?;
    c.blanks();
    let (hour, _, minute) = (c.num(1, 2)?, c.one_of(b":.")?, c.num(2, 2)?);
    let second = if matches!(c.peek(), Some(b':' | b'.')) { fixed_after(&mut c) } else { 0 };
    (hour < 24 && minute < 60).then(|| Parts { parts: [a, b, y], sep, wide, secs: hour * 3600 + minute * 60 + second })
}

fn fixed_after(c: &mut Cursor<'_>) -> u32 {
    c.at += 1;
    c.num(2, 2).filter(|s| *s <= 60).unwrap_or(0)
}

fn pair(bytes: &[u8]) -> Option<Parts> {
    pair_len(bytes).map(|(p, _)| p)
}

/// `NN-NN HH:MM:SS`, also with `/` or `.`, also joined by `-`; and its length.
fn pair_len(bytes: &[u8]) -> Option<(Parts, usize)> {
    let mut c = Cursor::new(bytes);
    let a = c.num(1, 2)?;
    let sep = c.one_of(b"-/.")?;
    let b = c.num(1, 2)?;
    if c.one_of(b" -")? == b' ' {
        c.blanks();
    }
    let (hour, _, minute, _, second) = (c.num(1, 2)?, c.expect(b':')?, c.num(2, 2)?, c.expect(b':')?, c.num(2, 2)?);
    let valid = hour < 24 && minute < 60 && second <= 60 && a <= 31 && b <= 31 && a > 0 && b > 0;
    let parts = Parts { parts: [a, b, 0], sep, wide: false, secs: hour * 3600 + minute * 60 + second };
    valid.then_some((parts, c.at))
}

/// `YYMMDD HHMMSS`, no later than the reference.
fn six_six(bytes: &[u8], ctx: &Ctx) -> Option<(Ts, TimeQuality)> {
    let all = bytes.get(..13)?;
    let digits = |r: std::ops::Range<usize>| all.get(r).is_some_and(|d| d.iter().all(u8::is_ascii_digit));
    if all.get(6) != Some(&b' ')
        || !digits(0..6)
        || !digits(7..13)
        || bytes.get(13).is_some_and(u8::is_ascii_alphanumeric)
    {
        return None;
    }
    let mut c = Cursor::new(bytes);
    let (y, month, day) = (c.fixed(2)?, c.fixed(2)?, c.fixed(2)?);
    c.at += 1;
    let (hour, minute, second) = (c.fixed(2)?, c.fixed(2)?, c.fixed(2)?);
    let civil = Civil { year: Some(century(y)), month, day, hour, minute, second, micros: 0, offset: None };
    civil.resolve(ctx).filter(|(t, _)| *t <= ctx.limit)
}

/// Two digits of a year.
pub(super) fn century(y: u32) -> i64 {
    i64::from(if y >= 70 { 1900 + y } else { 2000 + y })
}

/// The order that fits all dates of a sample: each must be a date, none of the
/// future, and time should pass as evenly as it can. What is still open is
/// decided by which year is the latest, then by what is usual.
fn order_of(all: &[Parts], orders: &[Order], ctx: &Ctx) -> Option<(u8, Order)> {
    let first = all.first()?;
    let (sep, wide) = (first.sep, first.wide);
    let mut usual = orders.to_vec();
    if sep != b'/' && !(sep == b'-' && first.parts[2] == 0) {
        usual.sort_by_key(|o| *o != Order::Dmy);
    }
    let mut best: Option<(Order, bool, i64, i64)> = None;
    for order in usual.into_iter().filter(|o| !wide || *o != Order::Ymd) {
        let times = all.iter().filter(|p| (p.sep, p.wide) == (sep, wide)).map(|p| p.time(order));
        let Some(times) = times.collect::<Option<Vec<Ts>>>() else { continue };
        let future = first.parts[2] != 0 && times.iter().any(|t| *t > ctx.limit);
        let way = times.windows(2).fold(0i64, |n, w| match w {
            [a, b] => n.saturating_add((b.0 - a.0).abs()),
            _ => n,
        });
        let year = times.last().map_or(0, |t| t.civil().0);
        let better = best.is_none_or(|(_, f, w, y)| match (f, future) {
            (true, false) => true,
            (false, true) => false,
            _ => {
                way.saturating_add(DAY).saturating_mul(4) < w
                    || (way < w.saturating_mul(4).saturating_add(DAY) && year > y)
            }
        });
        if better {
            best = Some((order, future, way, year));
        }
    }
    best.map(|(order, ..)| (sep, order))
}

impl Parts {
    /// As a wall-clock time in that order; of some leap year where there is none.
    fn time(&self, order: Order) -> Option<Ts> {
        let [a, b, c] = self.parts;
        let (y, month, day) = match order {
            Order::Mdy => (c, a, b),
            Order::Dmy => (c, b, a),
            Order::Ymd => (a, b, c),
        };
        let year = match (self.wide, order) {
            (true, _) => i64::from(y),
            (false, Order::Mdy | Order::Dmy) if c == 0 => 2024,
            _ => century(y),
        };
        Ts::from_civil(year, month, day, self.secs / 3600, self.secs / 60 % 60, self.secs % 60, 0)
    }
}

/// The column in which (nearly) every line has a plausible epoch number, where
/// the lines have no other time.
fn column_of(lines: &[&[u8]], ctx: &Ctx) -> Option<u8> {
    if lines.len() < FEWEST || lines.iter().filter(|l| dated_start(l, ctx)).count() * 10 > lines.len() {
        return None;
    }
    let with = |k: usize| lines.iter().filter(|l| epoch_in(l, k, ctx).is_some()).count();
    (1..COLUMNS).find(|k| with(*k) * 10 >= lines.len() * 9).map(|k| k as u8)
}

/// Whether a line's beginning has a time in a syntax of its own.
fn dated_start(line: &[u8], ctx: &Ctx) -> bool {
    let text = std::str::from_utf8(line.get(..line.len().min(200)).unwrap_or(line)).unwrap_or("");
    dated(start(line), ctx).is_some() || super::find_time(text, ctx).is_some()
}

/// The epoch number in a column, no later than the reference, and its place.
fn epoch_in(line: &[u8], column: usize, ctx: &Ctx) -> Option<(Ts, std::ops::Range<usize>)> {
    let mut at = 0;
    let head = line.get(..line.len().min(512))?;
    for (k, word) in head
        .split(|b| *b == b' ')
        .filter_map(|w| {
            let from = at;
            at += w.len() + 1;
            (!w.is_empty()).then_some((from, w))
        })
        .enumerate()
    {
        if k < column {
            continue;
        }
        let (from, word) = word;
        let s = super::epoch(word).filter(|s| s.len == word.len() && s.ts <= ctx.limit)?;
        return Some((s.ts, from..from + word.len()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::time::find_time;

    /// The times of the lines of a log, with its form learned.
    fn times(log: &str, reference: &str) -> Vec<String> {
        let mut ctx = Ctx::utc(Ts::NONE);
        let limit = super::super::iso(reference.as_bytes(), &ctx).unwrap().ts;
        ctx = Ctx::utc(limit);
        ctx.forms = Forms::learn(log.as_bytes(), &ctx);
        log.lines().map(|l| find_time(l, &ctx).map_or_else(String::new, |f| f.ts.to_rfc3339())).collect()
    }

    #[test]
    fn two_digit_years_by_what_fits_the_whole_log() {
        let t = |log: &str| times(log, "2026-11-18 00:00:00");
        assert_eq!(
            t("17/06/09 20:10:40 INFO a\n17/06/09 20:10:41 INFO b"),
            ["2017-06-09T20:10:40Z", "2017-06-09T20:10:41Z"]
        );
        // Days pass at the end: year first; in the middle: month first; at the beginning: day first.
        assert_eq!(t("10/11/11 23:59:00 a\n10/11/12 00:01:00 b")[1], "2010-11-12T00:01:00Z");
        assert_eq!(t("10/11/12 23:59:00 a\n10/12/12 00:01:00 b")[1], "2012-10-12T00:01:00Z");
        assert_eq!(t("11/10/12 23:59:00 a\n12/10/12 00:01:00 b")[1], "2012-10-12T00:01:00Z");
        // A log of 2009 is not of 2017.
        assert_eq!(times("17/06/09 20:10:40 x", "2009-06-18 00:00:00"), ["2009-06-17T20:10:40Z"]);
    }

    #[test]
    fn month_and_day_by_what_fits_the_whole_log() {
        let t = |log: &str| times(log, "2026-11-18 00:00:00");
        assert_eq!(t("03/04/2024 10:00:00 a\n13/04/2024 10:00:00 b"), ["2024-04-03T10:00:00Z", "2024-04-13T10:00:00Z"]);
        assert_eq!(t("03/04/2024 10:00:00 a\n03/14/2024 10:00:00 b")[0], "2024-03-04T10:00:00Z");
        assert_eq!(t("05/06/2024 23:59:59 a\n06/06/2024 00:00:01 b")[1], "2024-06-06T00:00:01Z");
        assert_eq!(t("03/04/2024 10:00:00 a"), ["2024-03-04T10:00:00Z"]);
        assert_eq!(t("03.04.2024 10:00:00 a"), ["2024-04-03T10:00:00Z"]);
    }

    #[test]
    fn dates_without_a_year() {
        let t = |log: &str| times(log, "2026-11-18 00:00:00");
        assert_eq!(t("03-17 16:13:38.811  1702  2395 D Tag: x"), ["2026-03-17T16:13:38.811Z"]);
        assert_eq!(t("[10.30 16:49:06] chrome.exe - x"), ["2026-10-30T16:49:06Z"]);
        assert_eq!(t("12/28-12:55:38.765402 [**] [1:366:11] \"x\" [**]"), ["2025-12-28T12:55:38.765402Z"]);
        assert_eq!(t("30.10. x\n30.10 16:49:06 y")[1], "2026-10-30T16:49:06Z");
        // A line like that in a log of something else is none.
        assert_eq!(t("a\nb\nc\n03-17 16:13:38 d")[3], "");
    }

    #[test]
    fn packed_dates() {
        let log = "081109 203615 148 INFO dfs.X: a\n081109 203807 222 INFO dfs.X: b";
        assert_eq!(times(log, "2026-11-18 00:00:00"), ["2008-11-09T20:36:15Z", "2008-11-09T20:38:07Z"]);
        let numbers = "100500 222222 of x\n991332 203807 of y";
        assert_eq!(times(numbers, "2026-11-18 00:00:00")[1], "");
    }

    #[test]
    fn epochs_in_a_column() {
        let line = |id: u32, t: u64| format!("{id} node-246 unix.hw state_change.x {t} 1 Component");
        let log = [line(134_681, 1_077_804_742), line(350_766, 1_084_680_778), line(344_518, 1_084_270_955)].join("\n");
        assert_eq!(times(&log, "2026-11-18 00:00:00")[0], "2004-02-26T14:12:22Z");
        // Numbers of the future, and too few lines to tell.
        assert_eq!(times(&log, "2003-01-01 00:00:00"), ["", "", ""]);
        assert_eq!(times(&line(1, 1_077_804_742), "2026-11-18 00:00:00"), [""]);
        // Lines that have a time of their own keep it.
        let log = "x 1077804742 2024-01-01 00:00:00\n".repeat(5);
        assert_eq!(times(&log, "2026-11-18 00:00:00")[0], "2024-01-01T00:00:00Z");
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in proptest::collection::vec(proptest::num::u8::ANY, 0..300), t in "[0-9/:. -]{0,80}") {
            let mut ctx = Ctx::utc(Ts::from_secs(1_700_000_000));
            let text = format!("{t}\n{t}\n{t}");
            for sample in [&s[..], text.as_bytes()] {
                ctx.forms = Forms::learn(sample, &ctx);
                let _ = ctx.forms.at_start(sample, &ctx);
                let _ = find_time(&String::from_utf8_lossy(sample), &ctx);
            }
        }
    }
}
