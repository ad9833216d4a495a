//! Which rules can fire on an input: what logsources its events have, and
//! which of the fields that rules ask for ever have a value.
//!
//! "Can" means that nothing seen speaks against it: values are not looked at.

use rustc_hash::FxHashMap;

use crate::event::{EventRef, FieldId, Logsource, OVERLAY, Ov, ValueKind};

use super::compile::expr::Expr;
use super::compile::preds::{Op, Preds, Slot};
use super::ruleset::Lowered;
use super::{OvField, RuleFile, RuleIdx, RuleSet};

/// Most logsources that are told apart.
const MAX_LOGSOURCES: usize = 1_024;

/// Most logsources that are tried for events of another.
const MAX_ASKED: usize = 200;

/// Fields that events of one logsource were seen with.
#[derive(Debug, Clone, Default)]
struct Fields {
    originals: Vec<bool>,
    overlay: [bool; Ov::COUNT],
    time: bool,
    events: u64,
}

/// What was seen of an input. Its events must be parsed with the schema of the
/// rule set that is asked about.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    by: FxHashMap<Logsource, Fields>,
    /// Events seen.
    pub events: u64,
}

impl Seen {
    /// Notes an event.
    pub fn note(&mut self, e: EventRef<'_>) {
        self.events += 1;
        let mut key = e.rec.logsource;
        if self.by.len() >= MAX_LOGSOURCES && !self.by.contains_key(&key) {
            key = Logsource::default();
        }
        let f = self.by.entry(key).or_default();
        f.events += 1;
        f.time |= e.rec.time.is_some();
        for field in e.fields() {
            let id = usize::from(field.id.0);
            if field.id == FieldId::UNKNOWN || field.kind == ValueKind::Null {
                continue;
            }
            if f.originals.len() <= id {
                f.originals.resize(id + 1, false);
            }
            if let Some(seen) = f.originals.get_mut(id) {
                *seen = true;
            }
        }
        for ov in OVERLAY {
            f.overlay[*ov as usize] |= e.ov(*ov).is_some();
        }
    }
}

impl Seen {
    /// The same events, were they of another logsource.
    fn moved(&self, to: Logsource) -> Self {
        let mut all = Fields::default();
        for f in self.by.values() {
            all.events += f.events;
            all.time |= f.time;
            let n = all.originals.len().max(f.originals.len());
            all.originals.resize(n, false);
            all.originals.iter_mut().zip(&f.originals).for_each(|(all, one)| *all |= one);
            all.overlay.iter_mut().zip(&f.overlay).for_each(|(all, one)| *all |= one);
        }
        Self { by: std::iter::once((to, all)).collect(), events: self.events }
    }
}

impl Fields {
    fn has(&self, slot: &Slot) -> bool {
        let Slot::Field(f) = slot else { return true };
        let overlay = match f.overlay {
            Some(OvField::Text(ov)) => self.overlay[ov as usize],
            Some(OvField::Timestamp) => self.time,
            Some(_) => true,
            None => false,
        };
        overlay || self.originals.get(usize::from(f.original.0)).copied().unwrap_or(false)
    }
}

/// Whether a rule can fire, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// `None` for rules that are not loaded and for filters.
    pub can_fire: Option<bool>,
    /// Why not; empty where it can.
    pub why: String,
}

/// For each rule of the set that `files` make: whether it can fire on what was seen.
#[must_use]
pub fn reach(files: &[RuleFile], set: &RuleSet, seen: &Seen) -> Vec<Reach> {
    judge(&RuleSet::lowered(files), set, seen)
}

/// Alerting rules that can fire on what was seen, and on which further
/// logsources more of them could, were the events of those: the most first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Alerting rules that can fire.
    pub rules: usize,
    /// Alerting rules in all.
    pub of: usize,
    /// Logsources (`product/category/service`) of rules, and how many alerting
    /// rules could fire there.
    pub elsewhere: Vec<(String, usize)>,
}

/// See [`Binding`].
#[must_use]
pub fn binding(files: &[RuleFile], set: &RuleSet, seen: &Seen) -> Binding {
    let lowered = RuleSet::lowered(files);
    let alerting = |seen: &Seen| {
        let fires = judge(&lowered, set, seen).into_iter().zip(set.rules());
        fires.filter(|(r, info)| info.alerts && r.can_fire == Some(true)).count()
    };
    let rules = alerting(seen);
    let mut elsewhere: Vec<(String, usize)> = Vec::new();
    let mut asked: Vec<Logsource> = Vec::new();
    for source in &lowered.2 {
        let own = source.logsource.own;
        if own == Logsource::default() || asked.contains(&own) || asked.len() >= MAX_ASKED {
            continue;
        }
        asked.push(own);
        let there = alerting(&seen.moved(own));
        if let Some(info) = lowered.0.get(source.rule.0 as usize).filter(|_| there > rules) {
            elsewhere.push((info.logsource.to_string(), there));
        }
    }
    elsewhere.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Binding { rules, of: set.rules().iter().filter(|r| r.alerts).count(), elsewhere }
}

fn judge((infos, preds, sources, schema): &Lowered, set: &RuleSet, seen: &Seen) -> Vec<Reach> {
    let mut out: Vec<Reach> = infos.iter().map(|_| Reach { can_fire: None, why: String::new() }).collect();
    let field_name = |id: FieldId| schema.field_name(id).to_owned();
    for s in sources {
        let (Some(place), Some(info)) = (out.get_mut(s.rule.0 as usize), infos.get(s.rule.0 as usize)) else {
            continue;
        };
        if !info.loaded {
            continue;
        }
        let binding: Vec<&Fields> = seen.by.iter().filter(|(l, _)| s.logsource.matches(**l)).map(|(_, f)| f).collect();
        if binding.is_empty() {
            *place = Reach { can_fire: Some(false), why: format!("no event has the logsource {}", info.logsource) };
            continue;
        }
        let possible = binding.iter().any(|f| can_hold(&s.expr, preds, f) != Some(false));
        let mut why = String::new();
        if !possible {
            let absent = |slot: &Slot| !binding.iter().any(|f| f.has(slot));
            let mut names: Vec<String> = Vec::new();
            s.expr.each_pred(&mut |p| {
                let slot = preds.list.get(p as usize).and_then(|(s, _)| preds.slots.get(usize::from(*s)));
                if let Some(slot @ Slot::Field(f)) = slot
                    && absent(slot)
                {
                    names.push(field_name(f.original));
                }
            });
            names.sort();
            names.dedup();
            names.truncate(8);
            let events: u64 = binding.iter().map(|f| f.events).sum();
            why = format!("none of the {events} events of its logsource has {}", names.join(", "));
        }
        *place = Reach { can_fire: Some(possible), why };
    }
    correlations(set, &mut out);
    out
}

/// A correlation can fire where its rules can: all of them for the temporal
/// types, else one.
fn correlations(set: &RuleSet, out: &mut [Reach]) {
    use super::CorrelationKind::{Temporal, TemporalOrdered};
    // correlations of correlations: as often as they can be chained
    for _ in 0..8 {
        for (i, r) in set.rules().iter().enumerate().filter(|(_, r)| r.loaded) {
            let Some(spec) = r.correlation() else { continue };
            let of = |b: &RuleIdx| out.get(b.0 as usize).and_then(|r| r.can_fire);
            let all = matches!(spec.kind, Temporal | TemporalOrdered) && spec.expr.is_none();
            let can = match all {
                true => !spec.bases.iter().any(|b| of(b) == Some(false)),
                false => !spec.bases.iter().all(|b| of(b) == Some(false)),
            };
            let down = spec.bases.iter().filter(|b| of(b) == Some(false)).filter_map(|b| set.rule(*b)).next();
            let why = match (can, down) {
                (false, Some(b)) => format!("its rule '{}' cannot fire", b.title),
                _ => String::new(),
            };
            if let Some(place) = out.get_mut(i) {
                *place = Reach { can_fire: Some(can), why };
            }
        }
    }
}

/// Whether an expression can hold where some fields never have a value;
/// `None` where that depends on values.
fn can_hold(e: &Expr, preds: &Preds, f: &Fields) -> Option<bool> {
    match e {
        Expr::Const(b) => Some(*b),
        Expr::Pred(p) => {
            let (slot, op) = preds.list.get(*p as usize)?;
            let absent = preds.slots.get(usize::from(*slot)).is_some_and(|s| !f.has(s));
            let other = match op {
                Op::Field { other, .. } => preds.slots.get(usize::from(*other)).is_some_and(|s| !f.has(s)),
                // a field that is only ever null is there, too
                Op::Exists => return None,
                _ => false,
            };
            (absent || other).then_some(false)
        }
        Expr::Not(inner) => can_hold(inner, preds, f).map(|b| !b),
        Expr::And(all) => {
            let each: Vec<Option<bool>> = all.iter().map(|e| can_hold(e, preds, f)).collect();
            if each.contains(&Some(false)) {
                Some(false)
            } else {
                each.iter().all(|b| *b == Some(true)).then_some(true)
            }
        }
        Expr::Or(any) => {
            let each: Vec<Option<bool>> = any.iter().map(|e| can_hold(e, preds, f)).collect();
            if each.contains(&Some(true)) {
                Some(true)
            } else {
                each.iter().all(|b| *b == Some(false)).then_some(false)
            }
        }
        Expr::AtLeast(n, all) => {
            let down = all.iter().filter(|e| can_hold(e, preds, f) == Some(false)).count();
            (all.len() - down < *n).then_some(false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Ts;
    use crate::parse::{Options, Parser};

    fn of(rule: &str) -> (Option<bool>, String) {
        let files = [RuleFile::new("a.yml", rule)];
        let set = RuleSet::load(&files);
        let line = "{\"Channel\":\"Microsoft-Windows-Sysmon/Operational\",\"EventID\":1,\"Image\":\"a\",\"User\":null}";
        let batch = Parser::for_source("e", line.as_bytes(), &Options::new(Ts(0)), &set.schema()).parse_one(line);
        let mut seen = Seen::default();
        batch.events().for_each(|e| seen.note(e));
        let r = reach(&files, &set, &seen).remove(0);
        (r.can_fire, r.why)
    }

    fn rule(logsource: &str, detection: &str) -> String {
        format!("title: R\nlogsource: {logsource}\ndetection:\n{detection}\n")
    }

    #[test]
    fn logsources_and_fields_decide() {
        let windows = "{product: windows, category: process_creation}";
        for (detection, can) in [
            ("  s: {Image: x}\n  condition: s", true),
            ("  s: {CommandLine: x}\n  condition: s", false),
            ("  s: [{CommandLine: x}, {Image: x}]\n  condition: s", true),
            ("  s: {Image: x}\n  f: {CommandLine: x}\n  condition: s and not f", true),
            ("  s: {Image: x, CommandLine: y}\n  condition: s", false),
            ("  s: {CommandLine: null}\n  condition: s", true),
            ("  a: {Image: x}\n  b: {CommandLine: y}\n  condition: all of them", false),
        ] {
            let (got, why) = of(&rule(windows, detection));
            assert_eq!(got, Some(can), "{detection}: {why}");
            assert_eq!(why.contains("CommandLine"), !can, "{detection}: {why}");
        }
        let (can, why) = of(&rule("{product: linux}", "  s: {Image: x}\n  condition: s"));
        assert!(can == Some(false) && why.contains("linux/-/-"), "{why}");
    }

    #[test]
    fn correlations_follow_their_rules() {
        let text = "title: C\ncorrelation: {type: event_count, rules: [b], timespan: 1m, condition: {gte: 2}}\n---\n\
                    title: B\nname: b\nlogsource: {product: linux}\ndetection:\n  s: {a: 1}\n  condition: s\n";
        assert_eq!(of(text), (Some(false), "its rule 'B' cannot fire".into()));
    }

    #[test]
    fn a_logsource_that_more_rules_are_for() {
        let web = |n: u32| {
            rule("{category: webserver}", "  s: {url|contains: x}\n  condition: s").replace('R', &format!("W{n}"))
        };
        let all = [web(1), web(2), rule("{}", "  s: {user: x}\n  condition: s")].join("---\n");
        let files = [RuleFile::new("a.yml", all.as_str())];
        let set = RuleSet::load(&files);
        let line = r#"{"url":"/a","user":"b"}"#;
        let batch = Parser::for_source("e", line.as_bytes(), &Options::new(Ts(0)), &set.schema()).parse_one(line);
        let mut seen = Seen::default();
        batch.events().for_each(|e| seen.note(e));
        let b = binding(&files, &set, &seen);
        assert_eq!((b.rules, b.of, b.elsewhere), (1, 3, vec![("-/webserver/-".to_owned(), 3)]));
    }
}
