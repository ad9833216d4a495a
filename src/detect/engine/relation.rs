//! Predicates that a single value does not decide: presence, times, and
//! relations between fields.

use crate::detect::OvField;
use crate::detect::compile::preds::{Op, Slot};
use crate::detect::sigma::ast::{Place, TimePart};
use crate::detect::sigma::glob::fold_into;
use crate::event::{Ts, time};

use super::event::View;

/// Whether an operation on a slot holds for an event.
pub fn holds(view: View<'_>, slots: &[Slot], slot: &Slot, op: &Op) -> bool {
    match op {
        Op::Exists => view.exists(slot),
        Op::Present => view.values(slot, |_| {}),
        Op::Time(part, cmp, wanted) => {
            let fits = |t: Ts| {
                let n = part_of(t, *part);
                cmp.map_or(n == *wanted, |cmp| cmp.holds(n as f64, *wanted as f64))
            };
            let mut any = false;
            if matches!(slot, Slot::Field(f) if f.overlay == Some(OvField::Timestamp)) && view.e.rec.time.is_some() {
                return fits(view.e.rec.time);
            }
            view.values(slot, |v| any |= Ts::parse_rfc3339(v).is_some_and(&fits));
            any
        }
        Op::Field { other, place, cased } => {
            let Some(other) = slots.get(usize::from(*other)) else { return false };
            let mut any = false;
            view.values(slot, |a| {
                view.values(other, |b| any |= related(a, b, *place, *cased));
            });
            any
        }
        _ => false,
    }
}

/// Whether two values stand in a relation.
#[must_use]
pub fn related(a: &str, b: &str, place: Place, cased: bool) -> bool {
    let fold = |t: &str| {
        let mut out = String::new();
        if cased {
            out.push_str(t);
        } else {
            fold_into(t, &mut out);
        }
        out
    };
    let (a, b) = (fold(a), fold(b));
    match place {
        Place::Whole => a == b,
        Place::Inside => a.contains(&b),
        Place::Start => a.starts_with(&b),
        Place::End => a.ends_with(&b),
    }
}

fn part_of(t: Ts, part: TimePart) -> i64 {
    let (year, month, day, hour, minute, ..) = t.civil();
    match part {
        TimePart::Minute => i64::from(minute),
        TimePart::Hour => i64::from(hour),
        TimePart::Day => i64::from(day),
        TimePart::Month => i64::from(month),
        TimePart::Year => year,
        TimePart::Week => iso_week(time::days_from_civil(year, month, day)),
    }
}

/// ISO 8601: the week of the Thursday that is nearest to the day.
fn iso_week(days: i64) -> i64 {
    let weekday = (days + 3).rem_euclid(7);
    let thursday = days - weekday + 3;
    let (year, ..) = time::civil_from_days(thursday);
    (thursday - time::days_from_civil(year, 1, 1)) / 7 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_times() {
        let t = Ts::parse_rfc3339("2024-12-30T23:05:00Z").expect("a time");
        let parts = [TimePart::Minute, TimePart::Hour, TimePart::Day, TimePart::Week, TimePart::Month, TimePart::Year];
        assert_eq!(parts.map(|p| part_of(t, p)), [5, 23, 30, 1, 12, 2024]);
        for (date, week) in [("2021-01-03", 53), ("2021-01-04", 1), ("2020-12-31", 53), ("1970-01-01", 1)] {
            let t = Ts::parse_rfc3339(&format!("{date}T00:00:00Z")).expect("a time");
            assert_eq!(part_of(t, TimePart::Week), week, "{date}");
        }
    }

    #[test]
    fn relations() {
        assert!(related("Foo", "fOO", Place::Whole, false) && !related("Foo", "fOO", Place::Whole, true));
        assert!(related("C:\\x.exe", ".EXE", Place::End, false) && related("abc", "b", Place::Inside, false));
    }
}
