//! What people decided about events, by the alerts that they are evidence of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::detect::columns::Bitmap;
use crate::pipeline::{Effect, Feed};
use crate::tui::data::workshop::{Attempt, Trial, Verdict};
use crate::tui::data::{AlertView, Triage};

/// What people decided about an alert; `unfounded` are cases that were nothing.
pub fn verdict_of(v: &AlertView, unfounded: &[String]) -> Verdict {
    match &v.triage {
        Triage::Escalated { case } if unfounded.contains(case) => Verdict::False,
        Triage::Escalated { .. } => Verdict::True,
        Triage::New => Verdict::Undecided,
        // Put off is not decided.
        Triage::Dismissed { reason } if reason == "snoozed" => Verdict::Undecided,
        Triage::Dismissed { .. } => Verdict::False,
    }
}

/// Verdicts by position in the feed.
pub struct Verdicts {
    alerts: Arc<Vec<AlertView>>,
    unfounded: Vec<String>,
    at: BTreeMap<u64, (Verdict, usize)>,
}

impl Verdicts {
    pub fn new(feed: &Feed, a: &Attempt) -> Self {
        let mut at: BTreeMap<u64, (Verdict, usize)> = BTreeMap::new();
        for (i, v) in a.alerts.iter().enumerate() {
            let verdict = verdict_of(v, &a.unfounded);
            for e in &v.alert.evidence {
                let Some(p) = feed.position_of(e.source, e.offset) else { continue };
                let worst = at.entry(p).or_insert((verdict, i));
                *worst = (*worst).min((verdict, i));
            }
        }
        Self { alerts: Arc::clone(&a.alerts), unfounded: a.unfounded.clone(), at }
    }

    /// Whether they are those of what an attempt knows.
    pub fn are_of(&self, a: &Attempt) -> bool {
        Arc::ptr_eq(&self.alerts, &a.alerts) && self.unfounded == a.unfounded
    }

    /// Counts verdicts before and after, and names what would be lost.
    pub fn count(&self, e: &Effect, lost: &Bitmap, t: &mut Trial) {
        let mut cases = BTreeSet::new();
        for (p, (verdict, _)) in &self.at {
            let Ok(p) = usize::try_from(*p) else { continue };
            let hit = (u64::from(e.before.get(p)), u64::from(e.after.get(p)));
            let sum = match verdict {
                Verdict::True => &mut t.true_hits,
                Verdict::False => &mut t.false_hits,
                _ => &mut t.undecided,
            };
            *sum = (sum.0 + hit.0, sum.1 + hit.1);
            if *verdict == Verdict::True && lost.get(p) {
                t.true_lost += 1;
                cases.insert(self.word(p as u64));
            }
        }
        t.cases = cases.into_iter().collect();
    }

    /// What people decided about an alert, and the case or the reason.
    pub fn of_alert(&self, id: &str) -> (Verdict, String) {
        let Some(v) = self.alerts.iter().find(|v| v.alert.id == id) else { return (Verdict::None, String::new()) };
        (verdict_of(v, &self.unfounded), Self::reason(v))
    }

    /// Events of a set that have a verdict.
    pub fn of<'s>(&'s self, bits: &'s Bitmap) -> impl Iterator<Item = (u64, Verdict)> + 's {
        let has = |p: &u64| usize::try_from(*p).is_ok_and(|p| bits.get(p));
        self.at.iter().filter(move |(p, _)| has(p)).map(|(p, (v, _))| (*p, *v))
    }

    /// Events of a set that have none.
    pub fn rest<'s>(&'s self, bits: &'s Bitmap) -> impl Iterator<Item = u64> + 's {
        bits.ones().map(|p| p as u64).filter(|p| !self.at.contains_key(p))
    }

    /// The case or the reason behind a verdict.
    pub fn word(&self, position: u64) -> String {
        self.at.get(&position).and_then(|(_, i)| self.alerts.get(*i)).map(Self::reason).unwrap_or_default()
    }

    fn reason(v: &AlertView) -> String {
        match &v.triage {
            Triage::Escalated { case } => case.clone(),
            Triage::Dismissed { reason } => reason.replace('_', " "),
            Triage::New => String::new(),
        }
    }
}
