//! What people decided about events, by the alerts that they are evidence of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::detect::columns::{Bitmap, Hits};
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
    /// The positions with each verdict: true, undecided, false.
    sets: [(Verdict, Bitmap); 3],
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
        let set = |verdict| {
            let mut bits = Bitmap::default();
            at.iter().filter(|(_, (v, _))| *v == verdict).for_each(|(p, _)| bits.insert(*p as usize));
            (verdict, bits)
        };
        let sets = [Verdict::True, Verdict::Undecided, Verdict::False].map(set);
        Self { alerts: Arc::clone(&a.alerts), unfounded: a.unfounded.clone(), at, sets }
    }

    /// Whether they are those of what an attempt knows.
    pub fn are_of(&self, a: &Attempt) -> bool {
        Arc::ptr_eq(&self.alerts, &a.alerts) && self.unfounded == a.unfounded
    }

    /// Counts verdicts before and after, and names what would be lost of each rule.
    pub fn count(&self, e: &Effect, lost: &[Hits], t: &mut Trial) {
        let [(_, truth), (_, undecided), (_, nothing)] = &self.sets;
        for r in &e.rules {
            for (set, sum) in [(truth, &mut t.true_hits), (undecided, &mut t.undecided), (nothing, &mut t.false_hits)] {
                sum.0 += r.before.count_in(set);
                sum.1 += r.after.count_in(set);
            }
        }
        let mut cases = BTreeSet::new();
        for lost in lost {
            t.true_lost += lost.count_in(truth);
            cases.extend(lost.ones().filter(|p| truth.get(*p)).map(|p| self.word(p as u64)));
        }
        t.cases = cases.into_iter().collect();
    }

    /// What people decided about an alert, and the case or the reason.
    pub fn of_alert(&self, id: &str) -> (Verdict, String) {
        let Some(v) = self.alerts.iter().find(|v| v.alert.id == id) else { return (Verdict::None, String::new()) };
        (verdict_of(v, &self.unfounded), Self::reason(v))
    }

    /// Up to `most` events of a rule with each verdict, and of those without.
    pub fn some<'s>(&'s self, hits: &'s Hits, most: usize) -> impl Iterator<Item = (u64, Verdict)> + 's {
        let sets = self.sets.iter();
        let of = move |(verdict, set): &'s (Verdict, Bitmap)| {
            hits.ones().filter(|p| set.get(*p)).take(most).map(|p| (p as u64, *verdict))
        };
        let has = |p: &usize| self.sets.iter().any(|(_, set)| set.get(*p));
        let rest = hits.ones().filter(move |p| !has(p)).take(most);
        sets.flat_map(of).chain(rest.map(|p| (p as u64, Verdict::None)))
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
