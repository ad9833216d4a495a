//! Other ways in which the logs of a case may have been read: by a run that began with a
//! later part of a rotated log, or was given a copy beside it. An alert that the usual way
//! does not give may come of one of these.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::Failure;
use super::compared::compare;
use super::derive::Outcome;
use crate::alert::Alert;

/// The logs are read so often in other ways than the usual one, at most.
const READINGS: usize = 8;

/// A number for each log that has one.
pub(super) type Numbers = BTreeMap<i64, i64>;

/// What a reading raised, by id.
pub(super) type Alerts = BTreeMap<String, Arc<Alert>>;

/// Another way in which the logs may have been read.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Attempt {
    /// By rotated log, the first of its parts that is read; of those not named, all are.
    pub begins: Numbers,
    /// By log, how often it was read where that was not once: it and copies of it.
    pub copies: Numbers,
}

/// Reads the logs in each of these ways for the alerts of which it may tell, until they are
/// decided. Each is a whole reading: those of most alerts come first, and not without end;
/// of what is not looked at then nothing is said but that.
pub(super) fn try_each(
    ways: BTreeMap<Attempt, Vec<(&str, &Value)>>,
    outcomes: &mut BTreeMap<String, Outcome>,
    read: &mut dyn FnMut(&Attempt) -> Result<Alerts, Failure>,
) -> Result<(), Failure> {
    let mut ways: Vec<_> = ways.into_iter().collect();
    ways.sort_by_key(|(_, alerts)| Reverse(alerts.len()));
    let mut readings = 0;
    for (attempt, alerts) in &mut ways {
        alerts.retain(|(id, _)| undecided(outcomes.get(*id)));
        if alerts.is_empty() {
            continue;
        }
        readings += 1;
        if readings > READINGS {
            for (id, _) in alerts {
                let reason = format!(
                    "{READINGS} ways in which the rotated logs may have been read were tried, and there are more: export fewer alerts in one case"
                );
                outcomes.insert((*id).to_owned(), Outcome::NotDerived { reason });
            }
            continue;
        }
        let raised = read(attempt)?;
        for (id, alert) in alerts {
            if compare(alert, raised.get(*id)) == Outcome::Same {
                outcomes.insert((*id).to_owned(), Outcome::Same);
            }
        }
    }
    Ok(())
}

/// Whether another way of reading may still tell.
const fn undecided(outcome: Option<&Outcome>) -> bool {
    matches!(outcome, Some(Outcome::NotRaised | Outcome::Differs { .. }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn way(part: i64) -> Attempt {
        Attempt { begins: [(1, part)].into(), ..Attempt::default() }
    }

    /// Many alerts that no reading gives cost no more readings than the bound, and those
    /// beyond it are neither called missing nor the same.
    #[test]
    fn the_readings_are_bounded_and_what_is_beyond_is_said() {
        let ids: Vec<String> = (0..20).map(|n| format!("a{n:02}")).collect();
        let alert = json!({});
        let mut outcomes: BTreeMap<String, Outcome> = ids.iter().map(|id| (id.clone(), Outcome::NotRaised)).collect();
        let mut ways: BTreeMap<Attempt, Vec<(&str, &Value)>> =
            (0..).zip(&ids).map(|(n, id)| (way(n), vec![(id.as_str(), &alert)])).collect();
        // The way of most alerts is the last by its number.
        ways.insert(way(99), ids.iter().take(12).map(|id| (id.as_str(), &alert)).collect());
        let mut read = Vec::new();
        try_each(ways, &mut outcomes, &mut |attempt| {
            read.push(attempt.clone());
            Ok(Alerts::default())
        })
        .unwrap();
        assert_eq!(read.len(), READINGS);
        assert_eq!(read[0], way(99), "those of most alerts come first");
        let missing = outcomes.values().filter(|o| **o == Outcome::NotRaised).count();
        assert_eq!(missing, READINGS - 1, "each of the other readings was that of one alert");
        let open = outcomes
            .values()
            .filter(|o| matches!(o, Outcome::NotDerived { reason } if reason.starts_with("8 ways")))
            .count();
        assert_eq!(open, ids.len() - missing);
    }

    /// What is decided asks for no reading.
    #[test]
    fn what_is_decided_is_not_looked_for() {
        let alert = json!({});
        let mut outcomes = BTreeMap::from([("a".to_owned(), Outcome::Same)]);
        let ways = BTreeMap::from([(way(1), vec![("a", &alert)])]);
        try_each(ways, &mut outcomes, &mut |_| panic!("read for nothing")).unwrap();
        assert_eq!(outcomes["a"], Outcome::Same);
    }
}
