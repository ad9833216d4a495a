//! What people decided about events, by the alerts that they are evidence of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::alert::Alert;
use crate::detect::columns::{Bitmap, Hits};
use crate::pipeline::{Effect, Feed, is_cut};
use crate::tui::data::workshop::{Attempt, Trial, Verdict};
use crate::tui::data::{AlertView, Triage};

/// Verdicts by position in the feed.
pub struct Verdicts {
    alerts: Arc<Vec<AlertView>>,
    unfounded: Vec<String>,
    /// The records of each alert, by verdict: true ones first.
    of: Vec<(Verdict, usize, Hits)>,
    /// The positions with each verdict: true, undecided, false.
    sets: [(Verdict, Bitmap); 3],
    /// How long the log was, where that matters.
    upto: Option<u64>,
}

/// The records of large alerts, by id: more than the alerts list.
pub type Whole = BTreeMap<String, Hits>;

/// Those of all alerts that have more records than they list.
pub fn large(alerts: &[AlertView]) -> Vec<&Alert> {
    alerts.iter().map(|v| &*v.alert).filter(|a| is_cut(a)).collect()
}

impl Verdicts {
    pub fn new(feed: &Feed, a: &Attempt, mut whole: Whole) -> Self {
        let mut of = Vec::new();
        for (i, v) in a.alerts.iter().enumerate() {
            let listed = v.alert.evidence.iter().filter_map(|e| feed.position_of(e.source, e.offset));
            let mut listed: Vec<u64> = listed.collect();
            listed.sort_unstable();
            listed.dedup();
            let mut hits = Hits::default();
            listed.iter().for_each(|p| hits.push(*p as usize));
            if let Some(all) = whole.remove(&v.alert.id) {
                hits = hits.with(&all);
            }
            of.push((Verdict::of(v, &a.unfounded), i, hits));
        }
        of.sort_by_key(|(verdict, i, _)| (*verdict, *i));
        // What several alerts rest on is as true as the truest of them.
        let mut told = Bitmap::default();
        let sets = [Verdict::True, Verdict::Undecided, Verdict::False].map(|verdict| {
            let mut bits = Bitmap::default();
            let theirs = of.iter().filter(|(v, ..)| *v == verdict).flat_map(|(_, _, hits)| hits.ones());
            theirs.filter(|p| !told.get(*p)).for_each(|p| bits.insert(p));
            bits.ones().for_each(|p| told.insert(p));
            (verdict, bits)
        });
        let upto = of.iter().any(|(_, i, _)| a.alerts.get(*i).is_some_and(|v| is_cut(&v.alert))).then(|| feed.len());
        Self { alerts: Arc::clone(&a.alerts), unfounded: a.unfounded.clone(), of, sets, upto }
    }

    /// Whether they are those of what an attempt knows.
    pub fn are_of(&self, a: &Attempt, feed: &Feed) -> bool {
        let as_long = self.upto.is_none_or(|n| n == feed.len());
        Arc::ptr_eq(&self.alerts, &a.alerts) && self.unfounded == a.unfounded && as_long
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
        t.true_lost = lost.iter().map(|l| l.count_in(truth)).sum();
        if t.true_lost > 0 {
            let mut gone = Bitmap::default();
            lost.iter().flat_map(Hits::ones).for_each(|p| gone.insert(p));
            let hit = self.of.iter().filter(|(v, _, hits)| *v == Verdict::True && hits.count_in(&gone) > 0);
            let cases: BTreeSet<String> = hit.filter_map(|(_, i, _)| self.alerts.get(*i)).map(Self::reason).collect();
            t.cases = cases.into_iter().collect();
        }
    }

    /// What people decided about an alert, and the case or the reason.
    pub fn of_alert(&self, id: &str) -> (Verdict, String) {
        let Some(v) = self.alerts.iter().find(|v| v.alert.id == id) else { return (Verdict::None, String::new()) };
        (Verdict::of(v, &self.unfounded), Self::reason(v))
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
        let of = self.of.iter().find(|(.., hits)| hits.get(position as usize));
        of.and_then(|(_, i, _)| self.alerts.get(*i)).map(Self::reason).unwrap_or_default()
    }

    fn reason(v: &AlertView) -> String {
        match &v.triage {
            Triage::Escalated { case } => case.clone(),
            Triage::Dismissed { reason } => reason.replace('_', " "),
            Triage::New => String::new(),
        }
    }
}
