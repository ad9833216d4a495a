//! Every syntax once, and what must not be taken for a time.

use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::event::Schema;

fn ctx() -> Ctx {
    Ctx::utc(Ts::parse_rfc3339("2025-03-10T12:00:00Z").expect("a time"))
}

#[track_caller]
fn check(text: &str, want: &str) {
    let got = value(text, &ctx()).map(|(t, _)| t.to_rfc3339());
    assert_eq!(got.as_deref(), Some(want), "{text}");
}

#[test]
fn traditional_syslog() {
    check("Mar  9 01:02:03", "2025-03-09T01:02:03Z");
    check("Mar 9 01:02:03", "2025-03-09T01:02:03Z");
    check("Mar 11 11:59:59", "2025-03-11T11:59:59Z");
    check("Mar 11 12:00:01", "2024-03-11T12:00:01Z");
    check("Dec 31 23:59:59.250", "2024-12-31T23:59:59.250Z");
    check("Feb 29 00:00:00", "2024-02-29T00:00:00Z");
    check("Mar 01 2021 10:00:00", "2021-03-01T10:00:00Z");
    check("Mar 01 10:00:00 2021", "2021-03-01T10:00:00Z");
    check("Mar  1 10:00:00.5 UTC", "2025-03-01T10:00:00.500Z");
    check("Mar  1 10:00:00 CET", "2025-03-01T09:00:00Z");
}

#[test]
fn leap_day_needs_a_leap_year() {
    let c = Ctx::utc(Ts::parse_rfc3339("2023-06-01T00:00:00Z").expect("a time"));
    let (t, q) = value("Feb 29 10:00:00", &c).expect("a time");
    assert_eq!((t.to_rfc3339().as_str(), q), ("2020-02-29T10:00:00Z", TimeQuality::Yearless));
}

#[test]
fn the_turn_of_the_year() {
    let c = Ctx::utc(Ts::parse_rfc3339("2024-12-31T23:00:00Z").expect("a time"));
    assert_eq!(value("Jan  1 22:00:00", &c).expect("a time").0.to_rfc3339(), "2025-01-01T22:00:00Z");
    assert_eq!(value("Jan  2 00:00:00", &c).expect("a time").0.to_rfc3339(), "2024-01-02T00:00:00Z");
}

#[test]
fn iso_and_relatives() {
    check("2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z");
    check("2024-05-06 07:08:09,123", "2024-05-06T07:08:09.123Z");
    check("2024-05-06 07:08:09.123456789 +0200", "2024-05-06T05:08:09.123456Z");
    check("2024-05-06T07:08:09.5-05:30", "2024-05-06T12:38:09.500Z");
    check("2024-05-06 07:08:09 CEST", "2024-05-06T05:08:09Z");
    check("2024/05/06 07:08:09", "2024-05-06T07:08:09Z");
    check("2024.05.06 07:08:09", "2024-05-06T07:08:09Z");
    check("2024:05:06-07:08:09", "2024-05-06T07:08:09Z");
    check("20240506-07:08:09", "2024-05-06T07:08:09Z");
    check("20240506T070809Z", "2024-05-06T07:08:09Z");
    check("20240506070809", "2024-05-06T07:08:09Z");
    check("2024-5-6 7:08:09", "2024-05-06T07:08:09Z");
    check("2024-05-06 07:08", "2024-05-06T07:08:00Z");
}

#[test]
fn web_servers() {
    check("10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36Z");
    check("Wed Oct 11 14:32:52.123456 2000", "2000-10-11T14:32:52.123456Z");
    check("Wed Oct 11 14:32:52 2000", "2000-10-11T14:32:52Z");
    check("Fri, 09 Aug 2013 10:00:00 GMT", "2013-08-09T10:00:00Z");
    check("11-Aug-2013 03:36:11.372", "2013-08-11T03:36:11.372Z");
}

#[test]
fn numbers() {
    check("1386543323", "2013-12-08T22:55:23Z");
    check("1386543323.5", "2013-12-08T22:55:23.500Z");
    check("1386543323500", "2013-12-08T22:55:23.500Z");
    check("1386543323500001", "2013-12-08T22:55:23.500001Z");
    check("@4000000037c219bf2ef02e94", "1999-08-24T04:04:15.787492Z");
    check("13-06-2013 02:09:40 +0300", "2013-06-12T23:09:40Z");
    check("06/13/2013 02:09:40", "2013-06-13T02:09:40Z");
    check("13/06/2013 02:09:40", "2013-06-13T02:09:40Z");
    check("01/02/2014 - 01:25:17", "2014-01-02T01:25:17Z");
    check("1/2/14 01:25:17", "2014-01-02T01:25:17Z");
    check("130806 14:27:57", "2013-08-06T14:27:57Z");
    check("130806  4:27:57", "2013-08-06T04:27:57Z");
    check("Apr-07-13 07:08:36", "2013-04-07T07:08:36Z");
    check("Jul 4, 2023 3:04:05 PM", "2023-07-04T15:04:05Z");
    check("07/04/2023 12:04:05 am", "2023-07-04T00:04:05Z");
    check("03.07.2005 23:07:20", "2005-07-03T23:07:20Z");
}

#[test]
fn what_is_no_time() {
    for text in [
        "12345",
        "1.2.3.4",
        "2024",
        "Mar 99 10:00:00",
        "2024-13-01 00:00:00",
        "port 22",
        "650000000",
        "999999999999",
        "",
    ] {
        assert_eq!(value(text, &ctx()), None, "{text}");
    }
}

#[test]
fn zones_of_the_source() {
    let reference = Ts::parse_rfc3339("2025-03-10T12:00:00Z").expect("a time");
    let c = Ctx::new(Tz::Europe__Zurich, reference, &Schema::base());
    let at = |t: &str| value(t, &c).expect("a time").0.to_rfc3339();
    assert_eq!(at("2024-07-01 12:00:00"), "2024-07-01T10:00:00Z");
    assert_eq!(at("2024-07-01 12:00:01"), "2024-07-01T10:00:01Z", "from the cache");
    assert_eq!(at("2024-01-01 12:00:00"), "2024-01-01T11:00:00Z");
    assert_eq!(at("2024-10-27 02:30:00"), "2024-10-27T00:30:00Z", "the first of a repeated hour");
    assert_eq!(at("2024-03-31 02:30:00"), "2024-03-31T01:30:00Z", "a skipped hour");
    assert_eq!(at("2024-07-01T12:00:00Z"), "2024-07-01T12:00:00Z");
}

#[test]
fn found_in_unknown_lines() {
    let c = ctx();
    let at = |line: &str| find_time(line, &c).map(|f| (f.ts.to_rfc3339(), f.start));
    assert_eq!(at("[2024-05-06 07:08:09] hello"), Some(("2024-05-06T07:08:09Z".into(), 1)));
    assert_eq!(at("=INFO REPORT==== 2013-07-14 17:53:40 ==="), Some(("2013-07-14T17:53:40Z".into(), 17)));
    assert_eq!(at("type=X msg=audit(1373330716.415:4063): y"), Some(("2013-07-09T00:45:16.415Z".into(), 17)));
    assert_eq!(at("10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /\""), Some(("2000-10-10T20:55:36Z".into(), 14)));
    assert_eq!(at("no time here 10.0.0.1 port 1234567890"), None);
}

proptest! {
    #[test]
    fn nothing_panics(line in "\\PC{0,80}", tail in "[0-9A-Za-z:,./@ +-]{0,60}") {
        let c = ctx();
        let _ = find_time(&line, &c);
        let _ = find_time(&tail, &c);
        let _ = value(&tail, &c);
    }

    #[test]
    fn rfc3339_round_trips(us in 0i64..4_000_000_000_000_000) {
        let t = Ts(us);
        prop_assert_eq!(value(&t.to_rfc3339(), &ctx()), Some((t, TimeQuality::Zoned)));
    }
}
