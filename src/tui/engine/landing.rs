//! Where a jump to a time ended, where that is not the time asked for.

use super::super::text::{clock, day_clock};
use crate::event::Ts;
use crate::event::time::{DAY, SECOND};

/// What to say; nothing where the cursor stands within a minute after the time:
/// times are typed without their seconds. The view is filtered, or of a part of the log.
pub fn words(asked: Ts, landed: Option<Ts>, span: Option<(Ts, Ts)>, view: (bool, bool)) -> Option<String> {
    let (first, last) = span?;
    let (filtered, part) = view;
    let far = |a: Ts, b: Ts| match (a.civil().0 == b.civil().0, a.0.div_euclid(DAY) == b.0.div_euclid(DAY)) {
        (_, true) => clock(b),
        (true, _) => day_clock(b),
        _ => format!("{}-{}", b.civil().0, day_clock(b)),
    };
    let what = if part { "the part" } else { "the log" };
    if asked > last {
        return Some(format!("{what} ends at {}", far(asked, last)));
    }
    if asked.0 < first.0 - 60 * SECOND {
        return Some(format!("{what} begins at {}", far(asked, first)));
    }
    let keeps = match (filtered, part) {
        (true, _) => "the filters keep no event",
        (false, true) => "the part has no event",
        _ => "there is no event",
    };
    let Some(landed) = landed.filter(|t| t.is_some()) else { return Some(format!("{keeps} at {}", clock(asked))) };
    if landed < asked {
        return Some(format!("{keeps} from {} on: the last before is at {}", clock(asked), far(asked, landed)));
    }
    let late = landed.0 - asked.0 >= 60 * SECOND;
    late.then(|| format!("{keeps} at {}: the next is at {}", clock(asked), far(asked, landed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_that_lands_elsewhere_says_so() {
        let at = |h: u32, m: u32, s: u32| Ts::from_civil(2026, 3, 2, h, m, s, 0).unwrap();
        let span = Some((at(9, 0, 0), at(17, 0, 0)));
        let say = |asked, landed, filtered| words(asked, landed, span, (filtered, false));
        assert_eq!(say(at(11, 4, 0), Some(at(11, 4, 39)), false), None);
        let (early, late) = (say(at(3, 0, 0), Some(at(9, 0, 0)), true), say(at(23, 0, 0), Some(at(17, 0, 0)), true));
        assert_eq!(early.as_deref(), Some("the log begins at 09:00:00"));
        assert_eq!(late.as_deref(), Some("the log ends at 17:00:00"));
        assert_eq!(
            say(at(11, 4, 0), Some(at(11, 9, 1)), true).as_deref(),
            Some("the filters keep no event at 11:04:00: the next is at 11:09:01")
        );
        assert_eq!(
            say(at(11, 4, 0), Some(at(10, 9, 1)), true).as_deref(),
            Some("the filters keep no event from 11:04:00 on: the last before is at 10:09:01")
        );
        assert_eq!(say(at(11, 4, 0), None, true).as_deref(), Some("the filters keep no event at 11:04:00"));
        assert_eq!(words(at(11, 4, 0), None, None, (false, false)), None);
        let part = |asked, landed| words(asked, landed, span, (false, true));
        assert_eq!(part(at(3, 0, 0), Some(at(9, 0, 0))).as_deref(), Some("the part begins at 09:00:00"));
        assert_eq!(
            part(at(11, 4, 0), Some(at(11, 9, 1))).as_deref(),
            Some("the part has no event at 11:04:00: the next is at 11:09:01")
        );
        let other = Ts::from_civil(2026, 3, 4, 1, 0, 0, 0).unwrap();
        assert_eq!(say(other, None, false).unwrap(), format!("the log ends at {}", day_clock(at(17, 0, 0))));
        let other = Ts::from_civil(2001, 3, 4, 1, 0, 0, 0).unwrap();
        assert!(say(other, None, false).unwrap().ends_with(&format!("2026-{}", day_clock(at(9, 0, 0)))));
    }
}
