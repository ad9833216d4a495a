//! Times as people type them.

use crate::event::{Ts, time::SECOND};

const DAY: i64 = 86_400 * SECOND;

/// Parses an instant: the beginning of [`parse_span`].
#[must_use]
pub fn parse_time(text: &str, now: Ts) -> Option<Ts> {
    parse_span(text, now).map(|(from, _)| from)
}

/// Parses a time as precise as it is written, as its first instant and the first
/// one after it: a year, a month, a day (`2026-03-02`), a minute
/// (`2026-03-02T06:00`), a second, or an instant; RFC 3339, UTC where no zone is
/// given; seconds, milliseconds or microseconds since 1970; `today`,
/// `yesterday`; or relative to `now`: `now`, `-15m`, `-1h30m`, `-7d`, `now-2h`,
/// `+10m`.
#[must_use]
pub fn parse_span(text: &str, now: Ts) -> Option<(Ts, Ts)> {
    let t = text.trim();
    let lower = t.to_ascii_lowercase();
    let day = |back: i64| {
        let from = now.0.div_euclid(DAY).checked_sub(back)?.checked_mul(DAY)?;
        span(Ts(from), DAY)
    };
    match lower.as_str() {
        "today" => return day(0),
        "yesterday" => return day(1),
        "now" => return span(now, 1),
        _ => {}
    }
    if let Some(t) = relative(lower.strip_prefix("now").unwrap_or(&lower), now) {
        return span(t, 1);
    }
    if let Some(ts) = Ts::parse_rfc3339(t) {
        return span(ts, if t.contains('.') { 1 } else { SECOND });
    }
    if t.bytes().all(|b| b.is_ascii_digit()) && matches!(t.len(), 10 | 13 | 16) {
        let unit = 10_i64.pow(16 - t.len() as u32);
        return span(Ts(t.parse::<i64>().ok()?.checked_mul(unit)?), unit);
    }
    let t = t.strip_suffix(['Z', 'z']).unwrap_or(t).replace(['T', 't'], " ");
    let wide = [("%Y-%m-%d %H:%M:%S%.f", if t.contains('.') { 1 } else { SECOND }), ("%Y-%m-%d %H:%M", 60 * SECOND)];
    for (f, width) in wide {
        if let Ok(d) = chrono::NaiveDateTime::parse_from_str(&t, f) {
            return span(Ts(d.and_utc().timestamp_micros()), width);
        }
    }
    let midnight = |d: chrono::NaiveDate| Some(Ts(d.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros()));
    if let Ok(d) = chrono::NaiveDate::parse_from_str(&t, "%Y-%m-%d") {
        return span(midnight(d)?, DAY);
    }
    let month = chrono::NaiveDate::parse_from_str(&format!("{t}-01"), "%Y-%m-%d").ok().filter(|_| t.len() == 7)?;
    Some((midnight(month)?, midnight(month.checked_add_months(chrono::Months::new(1))?)?))
}

fn span(from: Ts, width: i64) -> Option<(Ts, Ts)> {
    Some((from, Ts(from.0.checked_add(width)?)))
}

/// `-1h30m`, `+10m`: each number with its unit.
fn relative(text: &str, now: Ts) -> Option<Ts> {
    let (sign, mut rest) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        b'+' => (1, text.get(1..)?),
        _ => return None,
    };
    let mut sum: i64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let split = rest.find(|c: char| !c.is_ascii_digit())?;
        let n: i64 = rest.get(..split)?.parse().ok()?;
        rest = rest.get(split..)?;
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = match rest.get(..end)? {
            "s" | "sec" => 1,
            "m" | "min" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return None,
        };
        sum = sum.checked_add(n.checked_mul(unit)?.checked_mul(SECOND)?)?;
        rest = rest.get(end..)?;
    }
    Some(Ts(now.0.saturating_add(sign * sum)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let now = Ts::from_secs(1_000_000);
        assert_eq!(parse_time("-15m", now), Some(Ts::from_secs(1_000_000 - 900)));
        assert_eq!(parse_time("now", now), Some(now));
        assert_eq!(parse_time("1970-01-02", now), Some(Ts::from_secs(86_400)));
        assert_eq!(parse_time("1970-01-02T01:00", now), Some(Ts::from_secs(90_000)));
        assert_eq!(parse_time("1970-01-02 01:00:05Z", now), Some(Ts::from_secs(90_005)));
        assert_eq!(parse_time("1970-01-02T01:00:00+01:00", now), Some(Ts::from_secs(86_400)));
        assert_eq!(parse_time("-99999999999999999999d", now), None);
        assert_eq!(parse_time("-9223372036854775807w", now), None);
        assert_eq!(parse_time("-1h30m", now), Some(Ts::from_secs(1_000_000 - 5400)));
        assert_eq!(parse_time("now-2h", now), Some(Ts::from_secs(1_000_000 - 7200)));
        assert_eq!(parse_time("+10m", now), Some(Ts::from_secs(1_000_600)));
        for none in ["last week", "-", "now-", "-15", "-15q", "2026", "2026-13", "2026-02-30", "12:00", ""] {
            assert_eq!(parse_time(none, now), None, "{none}");
        }
    }

    #[test]
    fn as_precise_as_written() {
        let now = Ts::from_secs(1_000_000);
        let secs = |text| parse_span(text, now).map(|(a, b)| (a.0 / SECOND, (b.0 - a.0) / SECOND));
        assert_eq!(secs("1970-01-02"), Some((86_400, 86_400)));
        assert_eq!(secs("1970-02"), Some((31 * 86_400, 28 * 86_400)));
        assert_eq!(secs("1970-01-02T00:01"), Some((86_460, 60)));
        assert_eq!(secs("1970-01-02T00:01:01Z"), Some((86_461, 1)));
        assert_eq!(secs("1772400000"), Some((1_772_400_000, 1)));
        assert_eq!(secs("today"), Some((950_400, 86_400)));
        assert_eq!(secs("yesterday"), Some((864_000, 86_400)));
        assert_eq!(parse_span("1772400000123", now).map(|(a, b)| b.0 - a.0), Some(1000));
        assert_eq!(parse_span("1970-01-02T00:00:00.5Z", now).map(|(a, b)| b.0 - a.0), Some(1));
    }
}
