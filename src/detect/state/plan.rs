//! What the state needs of each rule, worked out once per rule set.
//!
//! A slot is a rule's identity within the state: it outlives a reload as long
//! as what the rule says stays the same, and with it its windows and episodes.

use std::fmt::Write as _;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::{BoundOp, CorrelationKind, CorrelationSpec, GroupField, NamedField, RuleIdx, RuleInfo, RuleKind};
use super::episode::MAX_LENGTH;
use crate::alert::Category;
use crate::event::time::SECOND;
use crate::event::{Severity, hash64};

/// Shortest default quiet time.
const COOLDOWN: i64 = 600 * SECOND;
/// Longest chain of correlations.
const MAX_DEPTH: usize = 8;
/// Most entries of a window that has no smaller bound.
const MAX_RING: usize = 8_192;
/// The field that tells machines apart.
const HOST: &str = "host";

/// A rule in force.
#[derive(Debug)]
pub(super) struct Slot {
    /// Its number; part of group keys.
    pub id: u32,
    /// The rule.
    pub info: RuleInfo,
    /// Hash of what it says.
    pub hash: u64,
    /// Its correlation, if it is one.
    pub spec: Option<Arc<CorrelationSpec>>,
    /// Quiet time that closes an episode.
    pub cooldown: i64,
    /// Longest episode.
    pub longest: i64,
    /// Gap up to which a match joins an open episode by itself.
    pub gap: i64,
    /// Records later than this get windows of their own.
    pub slack: i64,
    /// Most entries of a window.
    pub cap: usize,
    /// What counts as one times the threshold.
    pub threshold: f64,
    /// Fields whose values its alerts name.
    pub shows: Vec<GroupField>,
    /// Correlations above, and the position of this one among their bases.
    pub parents: Vec<(u32, u16)>,
    /// Correlations whose counts this one's matches take back.
    pub redeems: Vec<u32>,
    /// Correlations that this one's matches tell of attempts that were accepted after all.
    pub accepts: Vec<u32>,
    /// Rules whose alerts about the same this one's alerts stand for.
    pub covers: Vec<u32>,
    /// It covers other rules or is covered.
    pub folds: bool,
    /// It tells machines apart.
    pub by_host: bool,
    /// It raises alerts of its own.
    pub alerts: bool,
    /// It only raises the risk of its entities.
    pub risk: bool,
    /// Attack, or trouble of operations.
    pub category: Category,
}

impl Slot {
    /// Fields of a plain detection's entity; empty for the default.
    pub(super) fn entity(&self) -> &[NamedField] {
        &self.info.group_by
    }
}

/// All rules in force, and where the matcher's indexes point.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// By slot number; `None` for rules that are gone.
    pub slots: Vec<Option<Arc<Slot>>>,
    /// Slot of each rule index; `u32::MAX` for those not in force.
    by_rule: Vec<u32>,
}

impl Plan {
    /// The plan of a rule set; slots of `before` whose rules say the same are kept.
    pub(super) fn new(rules: &[RuleInfo], before: &Self) -> Self {
        let known: FxHashMap<u64, u32> = before.slots.iter().flatten().map(|s| (s.hash, s.id)).collect();
        let mut plan = Self { slots: vec![None; before.slots.len()], by_rule: vec![u32::MAX; rules.len()] };
        let wanted = wanted(rules);
        let mut hashes = FxHashMap::default();
        for (i, info) in rules.iter().enumerate().filter(|(i, _)| wanted[*i]) {
            let hash = content_hash(rules, i, 0);
            let id = match known.get(&hash) {
                Some(id) if !hashes.contains_key(&hash) => *id,
                _ => {
                    plan.slots.push(None);
                    (plan.slots.len() - 1) as u32
                }
            };
            hashes.insert(hash, id);
            plan.by_rule[i] = id;
            let slot = make(info, id, hash);
            if let Some(place) = plan.slots.get_mut(id as usize) {
                *place = Some(Arc::new(slot));
            }
        }
        plan.link(rules);
        plan.cover(rules);
        plan
    }

    /// Notes which rules cover which. A rule covers none of a higher level, and
    /// of two that cover each other, over others or not, the first one named does.
    fn cover(&mut self, rules: &[RuleInfo]) {
        for (i, info) in rules.iter().enumerate().filter(|(_, r)| r.alerts && !r.suppresses.is_empty()) {
            let Some(by) = self.slot_of(RuleIdx(i as u32)) else { continue };
            let named = |r: &RuleInfo| {
                info.suppresses.iter().any(|s| **s == *r.id || r.name.as_deref().is_some_and(|n| *n == **s))
            };
            let below = |r: &RuleInfo| r.alerts && r.level <= info.level && named(r);
            for at in (0..rules.len()).filter(|j| rules.get(*j).is_some_and(below)) {
                let Some(id) = self.slot_of(RuleIdx(at as u32)) else { continue };
                if self.reaches(id, by) {
                    continue;
                }
                if let Some(slot) = self.slot_mut(by) {
                    slot.covers.push(id);
                    slot.folds = true;
                }
                if let Some(slot) = self.slot_mut(id) {
                    slot.folds = true;
                }
            }
        }
    }

    /// Whether a rule is another one or covers it, over others or not.
    fn reaches(&self, from: u32, to: u32) -> bool {
        let mut seen = vec![from];
        let mut next = 0;
        while let Some(at) = seen.get(next).copied() {
            if at == to {
                return true;
            }
            next += 1;
            let new = self.slot(at).map_or(&[][..], |s| &s.covers).iter();
            let new: Vec<u32> = new.filter(|c| !seen.contains(c)).copied().collect();
            seen.extend(new);
        }
        false
    }

    /// A slot that nothing shares yet.
    fn slot_mut(&mut self, id: u32) -> Option<&mut Slot> {
        self.slots.get_mut(id as usize).and_then(Option::as_mut).and_then(Arc::get_mut)
    }

    /// Fills in the correlations above each rule.
    fn link(&mut self, rules: &[RuleInfo]) {
        for (i, info) in rules.iter().enumerate() {
            let (Some(spec), Some(parent)) = (info.correlation(), self.slot_of(RuleIdx(i as u32))) else { continue };
            for (at, base) in spec.bases.iter().enumerate() {
                let Some(id) = self.slot_of(*base) else { continue };
                if let Some(slot) = self.slot_mut(id) {
                    slot.parents.push((parent, at as u16));
                }
            }
            let redeemer = spec.redeemed.as_ref().and_then(|r| self.slot_of(r.by));
            if let Some(slot) = redeemer.and_then(|id| self.slot_mut(id)) {
                slot.redeems.push(parent);
            }
            let accepter = spec.accepted.as_ref().and_then(|a| self.slot_of(a.by));
            if let Some(slot) = accepter.and_then(|id| self.slot_mut(id)) {
                slot.accepts.push(parent);
            }
        }
    }

    /// Number of the slot of a rule in force.
    pub(super) fn slot_of(&self, rule: RuleIdx) -> Option<u32> {
        self.by_rule.get(rule.0 as usize).copied().filter(|s| *s != u32::MAX)
    }

    /// A slot in force.
    pub(super) fn slot(&self, id: u32) -> Option<&Arc<Slot>> {
        self.slots.get(id as usize).and_then(Option::as_ref)
    }
}

/// Which rules have anything to do: those that alert, add risk, or stand below one that does.
fn wanted(rules: &[RuleInfo]) -> Vec<bool> {
    let mut wanted: Vec<bool> =
        rules.iter().map(|r| r.loaded && (r.alerts || r.level == Severity::Info && r.risk)).collect();
    for _ in 0..MAX_DEPTH {
        let mut changed = false;
        for (i, info) in rules.iter().enumerate() {
            let Some(spec) = info.correlation().filter(|_| wanted[i]) else { continue };
            for base in spec.bases.iter().chain(spec.others()) {
                let b = base.0 as usize;
                if rules.get(b).is_some_and(|r| r.loaded && !matches!(r.kind, RuleKind::Filter)) && !wanted[b] {
                    wanted[b] = true;
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    for (w, info) in wanted.iter_mut().zip(rules) {
        *w &= !matches!(info.kind, RuleKind::Filter);
    }
    wanted
}

/// Hash of what a rule says, its place and its position left out.
fn content_hash(rules: &[RuleInfo], i: usize, depth: usize) -> u64 {
    let Some(r) = rules.get(i) else { return 0 };
    let mut text = String::new();
    let names: Vec<&str> = r.group_by.iter().map(|f| &*f.name).collect();
    let _ = write!(
        text,
        "{}\0{}\0{:?}{:?}{:?}{}{}{:?}{names:?}{:?}{:?}{:?}{:?}",
        r.id,
        r.title,
        r.level,
        r.category(),
        r.techniques,
        r.alerts,
        r.risk,
        r.cooldown,
        r.baseline,
        r.familiar,
        r.confidence,
        r.shows.iter().map(|s| &*s.name).collect::<Vec<_>>()
    );
    if let Some(spec) = r.correlation() {
        let names = |f: &[super::super::GroupField]| f.iter().map(|g| g.name.to_string()).collect::<Vec<_>>();
        let _ = write!(
            text,
            "{:?}{:?}{:?}{:?}{:?}{:?}{}{:?}{:?}{}",
            spec.kind,
            names(&spec.group_by),
            spec.timespan,
            spec.bounds,
            spec.expr,
            names(&spec.fields),
            spec.percentile,
            spec.learn,
            spec.redeemed.as_ref().map(|r| (r.at_most, r.at_least, r.each, &r.once, names(&r.fields))),
            spec.accepted.is_some()
        );
        if depth < MAX_DEPTH {
            for base in spec.bases.iter().chain(spec.others()) {
                let _ = write!(text, "/{:x}", content_hash(rules, base.0 as usize, depth + 1));
            }
        }
    }
    hash64(text.as_bytes())
}

fn make(info: &RuleInfo, id: u32, hash: u64) -> Slot {
    let spec = match &info.kind {
        RuleKind::Correlation(spec) => Some(Arc::clone(spec)),
        RuleKind::Detection | RuleKind::Filter => None,
    };
    // a value is remembered for the timespan; alerts about it are single events
    let window = |s: &&Arc<CorrelationSpec>| s.kind != CorrelationKind::NewValue;
    let span = spec.as_ref().filter(window).map_or(0, |s| s.timespan.max(0));
    let cooldown = info.cooldown.unwrap_or_else(|| span.max(COOLDOWN)).max(0);
    let threshold = spec.as_deref().map_or(1.0, threshold);
    // As many as the threshold asks for, several times over.
    let several = |more: usize| (threshold as usize).saturating_mul(4).saturating_add(more);
    let cap = match spec.as_deref().map(|s| s.kind) {
        // what takes back stands in the window beside what it takes back
        _ if spec.as_ref().is_some_and(|s| s.others().next().is_some()) => several(2_048),
        // what is usual may be far above the threshold
        Some(CorrelationKind::EventCount) if upward(spec.as_deref()) && info.baseline.is_none() => several(64),
        Some(CorrelationKind::ValueCount) => several(1_024),
        Some(CorrelationKind::Temporal | CorrelationKind::TemporalOrdered) => 256,
        _ => MAX_RING,
    };
    let quiet = if span == 0 { cooldown } else { span };
    Slot {
        id,
        hash,
        cooldown,
        // what takes a day to see is one attack for days
        longest: if span > MAX_LENGTH { span.saturating_mul(7) } else { MAX_LENGTH },
        gap: if span == 0 { cooldown } else { span.min(cooldown) },
        slack: quiet.clamp(60 * SECOND, 3_600 * SECOND),
        cap: cap.min(MAX_RING.max(2 * threshold.min(1e6) as usize)),
        threshold,
        shows: shows(info, spec.as_deref()),
        parents: Vec::new(),
        redeems: Vec::new(),
        accepts: Vec::new(),
        covers: Vec::new(),
        folds: false,
        by_host: match &spec {
            Some(spec) => spec.group_by.iter().any(|g| &*g.name == HOST),
            None => info.group_by.iter().any(|f| &*f.name == HOST),
        },
        alerts: info.alerts,
        risk: info.level == Severity::Info && !info.alerts && info.risk,
        category: info.category(),
        spec,
        info: told(info),
    }
}

/// What is kept of a rule: all but what no alert tells, which is much and
/// stands in the rule set.
fn told(info: &RuleInfo) -> RuleInfo {
    RuleInfo {
        id: info.id.clone(),
        title: info.title.clone(),
        name: info.name.clone(),
        description: info.description.clone(),
        level: info.level,
        status: info.status.clone(),
        author: Box::default(),
        techniques: info.techniques.clone(),
        tactics: info.tactics.clone(),
        tags: Vec::new(),
        references: Vec::new(),
        false_positives: Vec::new(),
        logsource: Box::default(),
        path: info.path.clone(),
        line: info.line,
        loaded: info.loaded,
        reason: None,
        kind: info.kind.clone(),
        alerts: info.alerts,
        group_by: info.group_by.clone(),
        cooldown: info.cooldown,
        suppresses: info.suppresses.clone(),
        risk: info.risk,
        confidence: info.confidence,
        shows: info.shows.clone(),
        baseline: info.baseline,
        familiar: info.familiar,
    }
}

/// What the alerts of a rule name: what it says, else the values it counts
/// unless these are entities, which are named anyway.
fn shows(info: &RuleInfo, spec: Option<&CorrelationSpec>) -> Vec<GroupField> {
    let counted = spec
        .filter(|s| matches!(s.kind, CorrelationKind::ValueCount | CorrelationKind::NewValue) && info.shows.is_empty());
    let entity = |f: &GroupField| matches!(&*f.name, "src_ip" | "user" | "host");
    match counted {
        Some(s) if !s.fields.iter().all(entity) => s.fields.clone(),
        _ => info.shows.clone(),
    }
}

/// All conditions look upward: reaching more never makes them false.
fn upward(spec: Option<&CorrelationSpec>) -> bool {
    spec.is_some_and(|s| s.bounds.iter().all(|b| matches!(b.op, BoundOp::Gt | BoundOp::Gte)))
}

/// The number that a condition asks for, for the volume part of the score.
fn threshold(spec: &CorrelationSpec) -> f64 {
    let asked = spec.bounds.iter().find_map(|b| match b.op {
        BoundOp::Gte | BoundOp::Eq => Some(b.value),
        BoundOp::Gt => Some(b.value + 1.0),
        _ => None,
    });
    match (spec.kind, asked) {
        (CorrelationKind::Temporal | CorrelationKind::TemporalOrdered, None) => spec.bases.len() as f64,
        (_, Some(n)) if n.is_finite() && n >= 1.0 => n,
        _ => 1.0,
    }
}
