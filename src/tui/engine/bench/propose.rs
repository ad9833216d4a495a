//! Filters proposed from what people dismissed: values that all events of a
//! dismissed alert share, alone and together, each with what it would remove of
//! the false alerts of the rule and what it would cost of the true ones.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::fold::same;
use crate::event::{EventRow, Ov};
use crate::pipeline::Feed;
use crate::tui::data::AlertView;
use crate::tui::data::workshop::{Proposal, Verdict};

/// Most alerts of the rule looked at, and events of each.
const ALERTS: usize = 400;
const EVENTS: usize = 100;
/// Most proposals.
const BEST: usize = 9;
/// What events are told by.
const FIELDS: &[Ov] =
    &[Ov::SrcIp, Ov::User, Ov::Host, Ov::Process, Ov::TargetUser, Ov::DestIp, Ov::UserAgent, Ov::Resource];

type Values = BTreeMap<Ov, String>;

/// An alert with what its events say.
struct Told {
    verdict: Verdict,
    events: Vec<Values>,
}

impl Told {
    /// What all its events share.
    fn common(&self) -> Values {
        let mut all = self.events.iter();
        let Some(mut out) = all.next().cloned() else { return Values::new() };
        for e in all {
            out.retain(|f, v| e.get(f).is_some_and(|x| same(x, v)));
        }
        out
    }

    fn hits(&self, fields: &[(Ov, String)]) -> (bool, bool) {
        let hit = |e: &Values| fields.iter().all(|(f, v)| e.get(f).is_some_and(|x| same(x, v)));
        let n = self.events.iter().filter(|e| hit(e)).count();
        (n > 0, n > 0 && n == self.events.len())
    }
}

fn values(row: &EventRow) -> Values {
    FIELDS
        .iter()
        .filter_map(|f| Some((*f, row.ov(*f).filter(|v| !v.is_empty() && v.len() <= 200)?.to_owned())))
        .collect()
}

/// The proposals for a rule, best first. A filter narrows what the rule counts, and
/// so the rules in `kin`: what is not false of their alerts can be lost as well.
pub fn propose(
    feed: &Feed,
    alerts: &[AlertView],
    unfounded: &[String],
    rule: &str,
    kin: &BTreeSet<String>,
) -> Vec<Proposal> {
    let mine = alerts.iter().filter(|v| &*v.alert.rule_id == rule).take(ALERTS);
    let theirs = alerts.iter().filter(|v| kin.contains(&*v.alert.rule_id));
    let theirs = theirs.filter(|v| Verdict::of(v, unfounded) != Verdict::False).take(ALERTS);
    let told: Vec<Told> = mine
        .chain(theirs)
        .map(|v| {
            let places = v.alert.evidence.iter().take(EVENTS);
            let rows = places.filter_map(|e| feed.row(feed.position_of(e.source, e.offset)?));
            Told { verdict: Verdict::of(v, unfounded), events: rows.map(|r| values(&r)).collect() }
        })
        .filter(|t| !t.events.is_empty())
        .collect();
    rank(&told)
}

/// Each subset of up to three of the values.
fn subsets(of: &Values) -> Vec<Vec<(Ov, String)>> {
    let all: Vec<(Ov, String)> = of.iter().map(|(f, v)| (*f, v.clone())).collect();
    let mut out = Vec::new();
    for bits in 1u32..1 << all.len().min(8) {
        if bits.count_ones() <= 3 {
            out.push(all.iter().enumerate().filter(|(i, _)| bits & 1 << i != 0).map(|(_, v)| v.clone()).collect());
        }
    }
    out
}

fn rank(told: &[Told]) -> Vec<Proposal> {
    let of = |v: Verdict| told.iter().filter(move |t| t.verdict == v);
    let candidates: BTreeSet<Vec<(Ov, String)>> = of(Verdict::False).flat_map(|t| subsets(&t.common())).collect();
    let total = |v| of(v).count() as u32;
    let mut out: Vec<Proposal> = candidates
        .into_iter()
        .map(|fields| {
            let touched = |v| of(v).filter(|t| t.hits(&fields).0).count() as u32;
            Proposal {
                removes: (of(Verdict::False).filter(|t| t.hits(&fields).1).count() as u32, total(Verdict::False)),
                loses: (touched(Verdict::True), total(Verdict::True)),
                undecided: (touched(Verdict::Undecided), total(Verdict::Undecided)),
                fields: fields.into_iter().map(|(f, v)| (f.name().to_owned(), v)).collect(),
            }
        })
        .collect();
    // What costs no true hit first, then what removes most, then what touches
    // least of the undecided; of two that do the same, the narrower one.
    out.sort_by(|a, b| {
        (a.loses.0, b.removes.0, a.undecided.0, b.fields.len(), &a.fields).cmp(&(
            b.loses.0,
            a.removes.0,
            b.undecided.0,
            a.fields.len(),
            &b.fields,
        ))
    });
    let mut kept: Vec<Proposal> = Vec::new();
    out.retain(|p| {
        // A broader one with the same effect says nothing new.
        let effect = |p: &Proposal| (p.loses.0, p.removes.0, p.undecided.0);
        let narrower = kept.iter().any(|k| effect(k) == effect(p) && p.fields.iter().all(|f| k.fields.contains(f)));
        if !narrower {
            kept.push(p.clone());
        }
        !narrower
    });
    out.truncate(BEST);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(verdict: Verdict, events: &[&[(Ov, &str)]]) -> Told {
        let events = events.iter().map(|e| e.iter().map(|(f, v)| (*f, (*v).to_owned())).collect());
        Told { verdict, events: events.collect() }
    }

    #[test]
    fn what_costs_no_true_hit_comes_first_and_the_narrower_one_is_kept() {
        let scan: &[(Ov, &str)] = &[(Ov::SrcIp, "10.0.0.7"), (Ov::User, "svc"), (Ov::Host, "web01")];
        let scan2: &[(Ov, &str)] = &[(Ov::SrcIp, "10.0.0.7"), (Ov::User, "svc"), (Ov::Host, "web02")];
        let other: &[(Ov, &str)] = &[(Ov::SrcIp, "10.0.0.9"), (Ov::User, "bob"), (Ov::Host, "web01")];
        let attack: &[(Ov, &str)] = &[(Ov::SrcIp, "203.0.113.5"), (Ov::User, "svc"), (Ov::Host, "web01")];
        let all = [
            told(Verdict::False, &[scan, scan2]),
            told(Verdict::False, &[scan]),
            told(Verdict::False, &[other]),
            told(Verdict::True, &[attack]),
            told(Verdict::Undecided, &[scan2, attack]),
        ];
        let best = rank(&all);
        let first = best.first().expect("some");
        assert_eq!((first.removes, first.loses), ((2, 3), (0, 1)));
        let named: Vec<_> = first.fields.iter().map(|(f, v)| format!("{f}={v}")).collect();
        assert_eq!(named, ["src_ip=10.0.0.7", "user=svc"], "narrower than the address alone, and removes as much");
        assert!(best.len() <= BEST && best.windows(2).all(|w| w[0].loses.0 <= w[1].loses.0));
        assert!(rank(&[told(Verdict::True, &[attack])]).is_empty(), "nothing was dismissed");
    }
}
