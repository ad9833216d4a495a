//! What the user said in advance about alerts: suppressions and other levels.
//!
//! The last stage: detection is done when it is asked, so that nothing that a
//! rule counts or covers depends on it. It is a function of the alert and the
//! file, never of the clock: a ruling ends at a time of the log. Every alert that
//! a ruling takes out or changes is counted by it.

mod told;

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use toml::Spanned;

use super::RuleProblem;
use crate::alert::Alert;
use crate::detect::state::level_points;
use crate::event::{Severity, Ts};
use crate::query::{Query, parse_time};

/// Name of the file in the folder of the user's own rules.
pub const FILE: &str = "suppressions.toml";
/// Largest file that is read.
pub const MAX_BYTES: usize = 1 << 20;
/// Most rulings of one file.
const MOST: usize = 2_000;

/// One entry as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Option<String>,
    rule: Spanned<String>,
    #[serde(default)]
    when: String,
    level: Option<String>,
    owner: String,
    reason: String,
    #[serde(default)]
    created: String,
    until: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    suppress: Vec<Entry>,
    level: Vec<Entry>,
}

/// Whether a suppression with that expression would take an alert out.
#[must_use]
pub fn hides(when: &str, a: &Alert) -> bool {
    applies(when, a, true)
}

/// Whether a ruling with that expression is about an alert: for every one of its
/// addresses, accounts and machines, or for any.
#[must_use]
pub fn applies(when: &str, a: &Alert, every: bool) -> bool {
    Query::parse(when, Ts(0)).is_ok_and(|test| told::unknown(&test).is_none() && told::holds(&test, a, every))
}

/// One ruling in force.
#[derive(Debug, Clone)]
pub struct Ruling {
    /// Its id.
    pub id: String,
    /// Id of the rule whose alerts it is about.
    pub rule: String,
    /// Which of them: an expression over alerts; empty is all.
    pub when: String,
    /// The level that they get; `None` takes them out.
    pub level: Option<Severity>,
    /// Who made it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// When it was made, as written.
    pub created: String,
    /// Alerts that begin at or after this time are none of its; `None` is never.
    pub until: Option<Ts>,
    test: Query,
}

impl Ruling {
    /// What it does, in words: `suppressed`, `level low`.
    #[must_use]
    pub fn what(&self) -> String {
        self.level.map_or_else(|| "suppressed".to_owned(), |l| format!("level {l}"))
    }

    /// Whether it is about an alert. What hides it or lowers its level must be so
    /// for all its addresses, accounts and machines, what raises it for one.
    #[must_use]
    pub fn holds(&self, a: &Alert) -> bool {
        let raises = self.level.is_some_and(|l| l > a.severity);
        self.until.is_none_or(|u| a.timestamp < u) && told::holds(&self.test, a, !raises)
    }
}

/// A ruling with the number of alerts that it took out or changed.
#[derive(Debug, Clone)]
pub struct RulingHits {
    /// The ruling.
    pub ruling: Arc<Ruling>,
    /// Alerts.
    pub alerts: u64,
}

/// All rulings of a file.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    rulings: Vec<Arc<Ruling>>,
    /// What is wrong with the file; what is right of it holds nevertheless.
    pub problems: Vec<RuleProblem>,
}

impl Policy {
    /// Reads the text of a file; `path` is for what is said about it.
    #[must_use]
    pub fn parse(path: &str, text: &str) -> Self {
        let mut out = Self::default();
        let line = |at: usize| text.get(..at).map_or(1, |t| t.matches('\n').count() + 1);
        let mut wrong = |line: usize, reason: String| {
            out.problems.push(RuleProblem { path: path.to_owned(), line, reason });
        };
        if text.len() > MAX_BYTES {
            wrong(1, format!("larger than {} KiB", MAX_BYTES >> 10));
            return out;
        }
        let file: File = match toml::from_str(text) {
            Ok(f) => f,
            Err(e) => {
                wrong(e.span().map_or(1, |s| line(s.start)), e.message().to_owned());
                return out;
            }
        };
        let both = file.suppress.into_iter().map(|e| (e, false)).chain(file.level.into_iter().map(|e| (e, true)));
        for (n, (e, changes)) in both.enumerate() {
            let at = line(e.rule.span().start);
            if n >= MOST {
                wrong(at, format!("more than {MOST} entries"));
                break;
            }
            match ruling(n, e, changes) {
                Ok(r) => out.rulings.push(Arc::new(r)),
                Err(why) => wrong(at, why),
            }
        }
        out
    }

    /// The rulings, in the order of the file.
    #[must_use]
    pub fn rulings(&self) -> &[Arc<Ruling>] {
        &self.rulings
    }
}

fn ruling(n: usize, e: Entry, changes: bool) -> Result<Ruling, String> {
    let test = Query::parse(&e.when, Ts(0)).map_err(|why| format!("when: {why}"))?;
    if let Some(why) = told::unknown(&test) {
        return Err(format!("when: {why}"));
    }
    let level = match (changes, e.level.as_deref()) {
        (false, None) => None,
        (false, Some(_)) => return Err("a suppression has no level: write it under [[level]]".into()),
        (true, None) => return Err("which level?".into()),
        (true, Some(l)) => Some(Severity::from_name(l).ok_or_else(|| format!("'{l}' is no level"))?),
    };
    for (name, value) in [("owner", &e.owner), ("reason", &e.reason)] {
        if value.trim().is_empty() {
            return Err(format!("{name}: every ruling has one"));
        }
    }
    let until = match e.until.as_str() {
        "never" => None,
        t if t.starts_with('-') || t.starts_with('+') => return Err("until: write a date, or never".into()),
        t => Some(parse_time(t, Ts(0)).ok_or_else(|| format!("until: '{t}' is no date; write 2026-06-01, or never"))?),
    };
    Ok(Ruling {
        id: e.id.unwrap_or_else(|| format!("ruling-{}", n + 1)),
        rule: e.rule.into_inner(),
        when: test.text().to_owned(),
        level,
        owner: e.owner,
        reason: e.reason,
        created: e.created,
        until,
        test,
    })
}

/// What a ruling decides about an alert.
enum Word {
    Keep,
    Hide(usize),
    Level(usize, Arc<Alert>),
}

/// The stage: the policy with what it did.
#[derive(Debug, Default)]
pub(super) struct LastStage {
    policy: Arc<Policy>,
    by_rule: FxHashMap<String, Vec<usize>>,
    /// Alerts taken out and changed, by id, with the ruling.
    hidden: BTreeMap<String, usize>,
    changed: BTreeMap<String, usize>,
}

impl LastStage {
    pub fn new(policy: Arc<Policy>) -> Self {
        let mut by_rule: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for (i, r) in policy.rulings.iter().enumerate() {
            by_rule.entry(r.rule.clone()).or_default().push(i);
        }
        Self { policy, by_rule, hidden: BTreeMap::new(), changed: BTreeMap::new() }
    }

    fn decide(&self, a: &Arc<Alert>) -> Word {
        if self.by_rule.is_empty() {
            return Word::Keep;
        }
        // What stands for it was taken out: it goes along, as in a dismissal.
        if let Some(i) = a.covered_by.as_ref().and_then(|by| self.hidden.get(by)) {
            return Word::Hide(*i);
        }
        let mine = self.by_rule.get(&*a.rule_id).map_or(&[][..], Vec::as_slice);
        let holding = mine.iter().filter_map(|i| Some((*i, self.policy.rulings.get(*i)?))).filter(|(_, r)| r.holds(a));
        let mut level = None;
        for (i, r) in holding {
            match r.level {
                None => return Word::Hide(i),
                // Of several the last one holds: whoever wrote it knew the others.
                Some(l) => level = Some((i, r, l)),
            }
        }
        match level {
            // What another stands for is low already.
            Some((i, r, l)) if a.severity != l && a.covered_by.is_none() => Word::Level(i, Arc::new(leveled(a, r, l))),
            _ => Word::Keep,
        }
    }

    /// The alert as it goes out; `None` where it does not. Counted.
    pub fn pass(&mut self, a: Arc<Alert>) -> Option<Arc<Alert>> {
        match self.decide(&a) {
            Word::Keep => Some(a),
            Word::Hide(i) => {
                self.hidden.insert(a.id.clone(), i);
                None
            }
            Word::Level(i, changed) => {
                self.changed.insert(a.id.clone(), i);
                Some(changed)
            }
        }
    }

    /// The same, where it was counted already.
    pub fn look(&self, a: Arc<Alert>) -> Option<Arc<Alert>> {
        match self.decide(&a) {
            Word::Keep => Some(a),
            Word::Hide(_) => None,
            Word::Level(_, changed) => Some(changed),
        }
    }

    /// Whether an alert that went out is taken out now with what stands for it.
    pub fn gone(&self, a: &Alert) -> bool {
        !self.hidden.is_empty() && a.covered_by.as_ref().is_some_and(|by| self.hidden.contains_key(by))
    }

    /// What each ruling did so far.
    pub fn hits(&self) -> Vec<RulingHits> {
        let mut n = vec![0u64; self.policy.rulings.len()];
        for i in self.hidden.values().chain(self.changed.values()) {
            if let Some(n) = n.get_mut(*i) {
                *n += 1;
            }
        }
        let with = |(r, alerts): (&Arc<Ruling>, u64)| RulingHits { ruling: Arc::clone(r), alerts };
        self.policy.rulings.iter().zip(n).map(with).collect()
    }
}

/// The alert with another level: its points are changed by what the levels
/// differ, and that is a part of the score like every other.
fn leveled(a: &Alert, r: &Ruling, to: Severity) -> Alert {
    let milli = |p: f64| (p * 1_000.0).round() as i64;
    let mut out = a.clone();
    let step = (level_points(to) - level_points(a.severity)) * 1_000;
    let mut parts: Vec<(String, i64)> =
        a.score_parts.iter().filter(|(n, _)| n != "cap").map(|(n, p)| (n.clone(), milli(*p))).collect();
    parts.push((format!("ruling {}", r.id), step));
    let sum: i64 = parts.iter().map(|(_, p)| p).sum();
    let cap = 100_000.min(sum.max(0)) - sum;
    if cap != 0 {
        parts.push(("cap".to_owned(), cap));
    }
    out.score_parts = parts.into_iter().map(|(n, p)| (n, p as f64 / 1_000.0)).collect();
    out.score = (sum + cap) as f64 / 1_000.0;
    out.severity = to;
    out.route.reason =
        format!("{}; level {} made {to} by {} ({}: {})", a.route.reason, a.severity, r.id, r.owner, r.reason);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(id: &str, rule: &str, ip: &str, at: i64) -> Arc<Alert> {
        Arc::new(Alert {
            id: id.into(),
            rule_id: rule.into(),
            severity: Severity::High,
            score: 75.5,
            score_parts: vec![("level".into(), 68.0), ("volume".into(), 7.5)],
            src_ip: Some(ip.into()),
            timestamp: Ts::from_secs(at),
            last: Ts::from_secs(at),
            ..Alert::default()
        })
    }

    const FILE: &str = "[[suppress]]\nid = 'sup-1'\nrule = 'r1'\nwhen = 'src_ip=10.0.0.0/8'\nowner = 'ann'\n\
        reason = 'our scanner'\nuntil = '2026-06-01'\n\n[[level]]\nrule = 'r2'\nlevel = 'low'\nowner = 'ben'\n\
        reason = 'noise'\nuntil = 'never'\n";

    fn stage(text: &str) -> LastStage {
        let p = Policy::parse("f", text);
        assert!(p.problems.is_empty(), "{:?}", p.problems);
        LastStage::new(Arc::new(p))
    }

    #[test]
    fn what_it_takes_out_is_counted_and_what_it_covers_goes_along() {
        let mut s = stage(FILE);
        assert!(s.pass(alert("a", "r1", "10.1.2.3", 1_772_000_000)).is_none());
        assert!(s.pass(alert("a", "r1", "10.1.2.3", 1_772_000_000)).is_none(), "a revision is the same alert");
        assert!(s.pass(alert("b", "r1", "9.9.9.9", 1_772_000_000)).is_some());
        assert!(s.pass(alert("c", "r1", "10.1.2.3", 1_790_000_000)).is_some(), "after its end");
        let mut under = (*alert("d", "r9", "10.1.2.3", 1_772_000_000)).clone();
        under.covered_by = Some("a".into());
        assert!(s.gone(&under) && s.pass(Arc::new(under)).is_none());
        let hits = s.hits();
        assert_eq!((hits[0].alerts, hits[1].alerts, hits[0].ruling.what().as_str()), (2, 0, "suppressed"));
    }

    #[test]
    fn an_alert_of_several_addresses_is_hidden_for_all_and_raised_for_one() {
        let mut mixed = (*alert("m", "r1", "10.1.2.3", 0)).clone();
        mixed.src_ips = vec!["10.1.2.3".into(), "203.0.113.9".into()];
        assert!(stage(FILE).pass(Arc::new(mixed.clone())).is_some(), "one of them is not the scanner");
        mixed.src_ips[1] = "10.9.9.9".into();
        assert!(stage(FILE).pass(Arc::new(mixed.clone())).is_none());
        mixed.users = vec!["bob".into(), "admin".into()];
        for (to, becomes) in [("critical", Severity::Critical), ("low", Severity::High)] {
            let text = format!(
                "[[level]]\nrule='r1'\nwhen='user=admin'\nlevel='{to}'\nowner='b'\nreason='x y'\nuntil='never'\n"
            );
            let a = stage(&text).pass(Arc::new(mixed.clone())).expect("stays");
            assert_eq!(a.severity, becomes, "{to}");
        }
    }

    #[test]
    fn another_level_keeps_the_sum_of_the_score() {
        let mut s = stage(FILE);
        let a = s.pass(alert("a", "r2", "1.1.1.1", 0)).expect("stays");
        assert_eq!((a.severity, a.score), (Severity::Low, 27.5));
        let sum: f64 = a.score_parts.iter().map(|(_, p)| p).sum();
        assert!((sum - a.score).abs() < 1e-9, "{:?}", a.score_parts);
        assert!(a.route.reason.contains("ben: noise"), "{}", a.route.reason);
        let up = "[[level]]\nid='u'\nrule='r2'\nlevel='critical'\nowner='b'\nreason='crown jewels'\nuntil='never'\n";
        let mut big = (*alert("b", "r2", "1.1.1.1", 0)).clone();
        big.score_parts.push(("entity_risk".into(), 8.0));
        let a = stage(up).pass(Arc::new(big)).expect("stays");
        assert_eq!(a.score, 100.0);
        assert_eq!(a.score_parts.last().map(|p| (p.0.as_str(), p.1)), Some(("cap", -3.5)));
    }

    #[test]
    fn of_several_levels_the_last_one_holds() {
        let level = |id: &str, level: &str| {
            format!("[[level]]\nid='{id}'\nrule='r1'\nlevel='{level}'\nowner='b'\nreason='x y'\nuntil='never'\n")
        };
        let mut s = stage(&format!("{}{}", level("a", "low"), level("b", "critical")));
        let a = s.pass(alert("a", "r1", "1.1.1.1", 0)).expect("stays");
        assert_eq!(
            (a.severity, s.hits().iter().map(|h| h.alerts).collect::<Vec<_>>()),
            (Severity::Critical, vec![0, 1])
        );
    }

    #[test]
    fn mistakes_have_a_place_and_the_rest_holds() {
        for (text, line, want) in [
            ("[[suppress]]\nrule = 'r'\nowner = ''\nreason = 'x'\nuntil = 'never'\n", 2, "owner"),
            ("[[suppress]]\nrule = 'r'\nowner = 'a'\nreason = 'x'\n", 1, "until"),
            ("[[suppress]]\nrule = 'r'\nowner = 'a'\nreason = 'x'\nuntil = 'soon'\n", 2, "soon"),
            (
                "[[suppress]]\nrule = 'r'\nwhen='srcip=10.0.0.1'\nowner = 'a'\nreason = 'x'\nuntil = 'never'\n",
                2,
                "src_ip",
            ),
            ("[[suppress]]\nrule = 'r'\nwhen='a=('\nowner = 'a'\nreason = 'x'\nuntil = 'never'\n", 2, "when"),
            ("[[level]]\nrule = 'r'\nlevel='lower'\nowner = 'a'\nreason = 'x'\nuntil = 'never'\n", 2, "lower"),
            ("[[supress]]\n", 1, "supress"),
            ("x", 1, ""),
        ] {
            let p = Policy::parse("f", text);
            let e = p.problems.first().unwrap_or_else(|| panic!("{text}"));
            assert!(e.line == line && e.reason.contains(want), "{text}: {e:?}");
        }
        let p = Policy::parse("f", &format!("{FILE}\n[[suppress]]\nrule='r'\nowner=' '\nreason='x'\nuntil='never'\n"));
        assert_eq!((p.rulings().len(), p.problems.len()), (2, 1));
        assert_eq!(Policy::parse("f", &"#".repeat(MAX_BYTES + 1)).problems.len(), 1);
    }
}
