//! Times as people type them.

use crate::event::{Ts, time::SECOND};

/// Parses an instant: RFC 3339, `YYYY-MM-DD[THH:MM[:SS]]` (UTC where no zone is
/// given), or relative to `now`: `-15m`, `-2h`, `-7d`, `-30s`, `now`.
#[must_use]
pub fn parse_time(text: &str, now: Ts) -> Option<Ts> {
    let t = text.trim();
    if t.eq_ignore_ascii_case("now") {
        return Some(now);
    }
    if let Some(rest) = t.strip_prefix('-') {
        let split = rest.find(|c: char| !c.is_ascii_digit())?;
        let n: i64 = rest.get(..split)?.parse().ok()?;
        let unit = match rest.get(split..)? {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return None,
        };
        return Some(Ts(now.0.saturating_sub(n.checked_mul(unit)?.checked_mul(SECOND)?)));
    }
    if let Some(ts) = Ts::parse_rfc3339(t) {
        return Some(ts);
    }
    let t = t.strip_suffix('Z').unwrap_or(t).replace('T', " ");
    for f in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"] {
        if let Ok(d) = chrono::NaiveDateTime::parse_from_str(&t, f) {
            return Some(Ts(d.and_utc().timestamp_micros()));
        }
    }
    let d = chrono::NaiveDate::parse_from_str(&t, "%Y-%m-%d").ok()?;
    Some(Ts(d.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros()))
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
        assert_eq!(parse_time("yesterday", now), None);
    }
}
