//! Event time: microseconds of UTC since 1970, and how sure we are of it.

use std::fmt;

/// Microseconds per second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds per day.
pub const DAY: i64 = 86_400 * SECOND;

/// An instant: microseconds since 1970-01-01T00:00:00Z (proleptic Gregorian,
/// leap seconds folded into the following second).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ts(pub i64);

/// Where an event's time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum TimeQuality {
    /// No time seen in the record; filled in by the sequencer.
    #[default]
    None,
    /// Full date and zone (or an epoch number) in the record.
    Zoned,
    /// Full date without a zone: the source's time zone was applied.
    Wall,
    /// No year in the record: inferred from the source's time reference.
    Yearless,
    /// The record has no time: that of the record before it in its source.
    Carried,
    /// The record has no time: when it was received (live inputs only).
    Received,
    /// The record has no time and none stands near it in its source: what is
    /// shown is the source's own time, and nothing is counted by it.
    Unknown,
}

impl TimeQuality {
    /// The word shown to users.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Zoned => "zoned",
            Self::Wall => "wall",
            Self::Yearless => "year inferred",
            Self::Carried => "carried",
            Self::Received => "received",
            Self::Unknown => "unknown",
        }
    }
}

impl Ts {
    /// No time.
    pub const NONE: Self = Self(i64::MIN);

    /// Whether there is a time.
    #[must_use]
    pub const fn is_some(self) -> bool {
        self.0 != i64::MIN
    }

    /// From whole seconds of Unix time.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(SECOND))
    }

    /// Whole seconds of Unix time (floored).
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// From a UTC date and clock; `None` where it is no valid date or time
    /// (second 60 is accepted).
    #[must_use]
    pub fn from_civil(
        year: i64,
        month: u32,
        day: u32,
        hour: u32,
        minute: u32,
        second: u32,
        micros: u32,
    ) -> Option<Self> {
        if !(1..=9999).contains(&year) || day == 0 || day > days_in_month(year, month) {
            return None;
        }
        if hour > 23 || minute > 59 || second > 60 || micros > 999_999 {
            return None;
        }
        let days = day_number(year, month, day);
        let secs = days * 86_400 + i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        Some(Self(secs * SECOND + i64::from(micros)))
    }

    /// UTC (year, month, day, hour, minute, second, microsecond).
    #[must_use]
    pub fn civil(self) -> (i64, u32, u32, u32, u32, u32, u32) {
        let days = self.0.div_euclid(DAY);
        let rest = self.0.rem_euclid(DAY);
        let (y, m, d) = civil_from_days(days);
        let s = (rest / SECOND) as u32;
        (y, m, d, s / 3600, s / 60 % 60, s % 60, (rest % SECOND) as u32)
    }

    /// Now, from the system's clock.
    #[must_use]
    pub fn now() -> Self {
        let d = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(d.as_micros()).unwrap_or(i64::MAX))
    }

    /// Appends RFC 3339 in UTC: no fraction where it is zero, else three or six digits.
    pub fn push_rfc3339(self, out: &mut String) {
        let (y, mo, d, h, mi, s, us) = self.civil();
        let two = |out: &mut String, n: u32| {
            out.push(char::from(b'0' + (n / 10 % 10) as u8));
            out.push(char::from(b'0' + (n % 10) as u8));
        };
        let y = y.clamp(0, 9999) as u32;
        two(out, y / 100);
        two(out, y % 100);
        out.push('-');
        two(out, mo);
        out.push('-');
        two(out, d);
        out.push('T');
        two(out, h);
        out.push(':');
        two(out, mi);
        out.push(':');
        two(out, s);
        if us != 0 {
            out.push('.');
            two(out, us / 10_000);
            out.push(char::from(b'0' + (us / 1000 % 10) as u8));
            if !us.is_multiple_of(1000) {
                out.push(char::from(b'0' + (us / 100 % 10) as u8));
                two(out, us % 100);
            }
        }
        out.push('Z');
    }

    /// RFC 3339 in UTC.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let mut s = String::with_capacity(27);
        self.push_rfc3339(&mut s);
        s
    }

    /// Parses RFC 3339 (`T` or a blank, zone required).
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        chrono::DateTime::parse_from_rfc3339(text).ok().map(|d| Self(d.timestamp_micros()))
    }
}

impl fmt::Display for Ts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_some() { f.pad(&self.to_rfc3339()) } else { f.pad("-") }
    }
}

impl serde::Serialize for Ts {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if self.is_some() { s.serialize_str(&self.to_rfc3339()) } else { s.serialize_none() }
    }
}

impl<'de> serde::Deserialize<'de> for Ts {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match Option::<String>::deserialize(d)? {
            None => Ok(Self::NONE),
            Some(t) => {
                Self::parse_rfc3339(&t).ok_or_else(|| serde::de::Error::custom(format!("not an RFC 3339 time: '{t}'")))
            }
        }
    }
}

/// Whether the year has 366 days.
#[must_use]
pub const fn is_leap(year: i64) -> bool {
    year & 3 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month; 0 where there is no such month.
#[must_use]
pub const fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => {
            if is_leap(year) {
                29
            } else {
                28
            }
        }
        _ => 0,
    }
}

/// Days since 1970-01-01 of a civil date (Howard Hinnant, "chrono-compatible
/// low-level date algorithms").
#[must_use]
pub const fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let mp = (month as i64 + 9) % 12;
    let doy = (153 * mp + 2) / 5 + day as i64 - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// First year of [`YEARS`].
const FIRST: i64 = 1970;

/// Day numbers of the first of January: nearly every line of a log asks for one.
const YEARS: [i32; 256] = {
    let mut days = [0; 256];
    let mut i = 0;
    while i < days.len() {
        days[i] = days_from_civil(FIRST + i as i64, 1, 1) as i32;
        i += 1;
    }
    days
};

/// Days of a year before each month, in usual years and in leap years.
const MONTHS: [[u16; 16]; 2] = {
    let mut days = [[0; 16]; 2];
    let mut month = 1;
    while month <= 12 {
        days[0][month as usize] = (days_from_civil(1970, month, 1) - days_from_civil(1970, 1, 1)) as u16;
        days[1][month as usize] = (days_from_civil(1972, month, 1) - days_from_civil(1972, 1, 1)) as u16;
        month += 1;
    }
    days
};

/// As [`days_from_civil`], for a date that there is.
#[inline]
fn day_number(year: i64, month: u32, day: u32) -> i64 {
    let known = usize::try_from(year - FIRST).ok().and_then(|at| YEARS.get(at));
    let Some(start) = known else { return days_from_civil(year, month, day) };
    let before = MONTHS[usize::from(is_leap(year))][(month & 15) as usize];
    i64::from(*start) + i64::from(before) + i64::from(day) - 1
}

/// Civil date of a day number; the inverse of [`days_from_civil`].
#[must_use]
pub const fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z - era * 146_097;
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    let year = yoe + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_round_trips_and_agrees_with_chrono() {
        for secs in (-60_000_000_000i64..200_000_000_000).step_by(987_654_321) {
            let t = Ts::from_secs(secs);
            let (y, m, d, h, mi, s, us) = t.civil();
            if (1..=9999).contains(&y) {
                assert_eq!(Ts::from_civil(y, m, d, h, mi, s, us), Some(t));
                let c = chrono::DateTime::from_timestamp(secs, 0).map(|c| c.format("%Y-%m-%dT%H:%M:%SZ").to_string());
                assert_eq!(Some(t.to_rfc3339()), c);
            }
        }
    }

    #[test]
    fn every_day_has_its_number() {
        for days in -1_000..120_000 {
            let (y, m, d) = civil_from_days(days);
            assert_eq!(day_number(y, m, d), days);
            assert_eq!(Ts::from_civil(y, m, d, 0, 0, 0, 0), Some(Ts(days * DAY)));
        }
    }

    #[test]
    fn rfc3339_fractions() {
        assert_eq!(Ts(1_000_000).to_rfc3339(), "1970-01-01T00:00:01Z");
        assert_eq!(Ts(1_120_000).to_rfc3339(), "1970-01-01T00:00:01.120Z");
        assert_eq!(Ts(1_120_001).to_rfc3339(), "1970-01-01T00:00:01.120001Z");
        assert_eq!(Ts::parse_rfc3339("1970-01-01T01:00:01.5+01:00"), Some(Ts(1_500_000)));
    }

    #[test]
    fn impossible_dates_are_refused() {
        assert!(Ts::from_civil(2025, 2, 29, 0, 0, 0, 0).is_none());
        assert!(Ts::from_civil(2024, 2, 29, 0, 0, 0, 0).is_some());
        assert!(Ts::from_civil(2024, 13, 1, 0, 0, 0, 0).is_none());
        assert!(Ts::from_civil(2024, 1, 1, 24, 0, 0, 0).is_none());
    }
}
