//! From an episode to the alert that the rest of the program sees.

use smallvec::SmallVec;

use crate::alert::{Alert, AlertState, Cut, EvidenceRef, Route, RuleType};
use crate::event::time::SECOND;
use crate::event::{Severity, Ts};

use super::case;
use super::entity::Entities;
use super::episode::Episode;
use super::facts::FactKind;
use super::plan::Slot;
use super::score::{Circumstances, assess, level_points};
use super::shards::Group;
use super::{net, text};

/// Hash by which an entity is known across rules.
pub(super) fn entity_key(kind: FactKind, value_hash: u64) -> u64 {
    value_hash.rotate_left(8 * kind as u32 + 1) ^ (kind as u64 + 1)
}

/// The entities an episode is about: address and account, else machine.
pub(super) fn entities(group: &Group, ep: &Episode) -> SmallVec<[u64; 3]> {
    let mut out = SmallVec::new();
    let mut add = |kind: FactKind, i: u8| {
        if let Some(v) = group.facts.get(i) {
            out.push(entity_key(kind, case::hash(v)));
            return true;
        }
        false
    };
    let ip = ep.ips.first().is_some_and(|i| add(FactKind::Ip, *i));
    let user = add(FactKind::User, ep.user());
    if !ip && !user {
        add(FactKind::Host, ep.host());
    }
    out
}

/// The alert of an episode as it stands.
pub(super) fn alert(slot: &Slot, group: &Group, ep: &Episode, known: &Entities, state: AlertState) -> Alert {
    let mut others = SmallVec::new();
    for e in entities(group, ep).into_iter().filter(|_| !ep.untimed) {
        known.others(e, slot.id, ep.opened, ep.last, &mut others);
    }
    let mut assessed = assess(
        slot,
        Circumstances { count: ep.count, risk: ep.risk, others: others.len(), late: group.lane.is_late() },
    );
    let (redeemed, usual) = (ep.redeemed(slot), ep.usual(slot));
    let severity = if redeemed || usual { slot.info.level.min(Severity::Low) } else { slot.info.level };
    let points = level_points(severity) - level_points(slot.info.level);
    if points != 0 {
        let part = if usual { "usual" } else { "redeemed" };
        assessed.parts.push((part.to_owned(), points as f64));
        assessed.score = ((assessed.score + points as f64) * 1_000.0).round() / 1_000.0;
    }
    let fields = text::group_fields(slot, group);
    let keyed = |name: &str| fields.iter().find(|f| f.name == name).map(|f| f.value.to_owned());
    let fact = |i: u8| group.facts.get(i).map(str::to_owned);
    let src_ips: Vec<String> = ep.ips.iter().filter_map(|i| fact(*i)).collect();
    let mut users: Vec<String> = ep.users.iter().filter_map(|i| fact(*i)).collect();
    // An account that something was done to, where nobody is said to have done it.
    if users.is_empty() {
        users.extend(keyed("target_user"));
    }
    let evidence: Vec<EvidenceRef> = ep.evidence.iter().map(|s| s.ev).collect();
    Alert {
        id: ep.id.clone(),
        revision: ep.revision,
        state,
        rule: slot.info.title.clone(),
        rule_id: slot.info.id.clone(),
        rule_type: if slot.spec.is_some() { RuleType::Correlation } else { RuleType::Detection },
        category: slot.category,
        severity,
        score: assessed.score,
        score_parts: assessed.parts,
        confidence: assessed.confidence,
        description: slot.info.description.clone(),
        timestamp: Ts(ep.first),
        last: Ts(ep.last),
        // of a network an address that is in this alert
        src_ip: keyed("src_ip")
            .filter(|ip| net::of(ip).is_none())
            .or_else(|| src_ips.first().cloned())
            .or_else(|| keyed("src_ip")),
        src_ips,
        user: keyed("user").or_else(|| fact(ep.account())).or_else(|| keyed("target_user")),
        users,
        host: keyed("host").or_else(|| fact(ep.host())),
        hosts: ep.hosts.iter().filter_map(|i| fact(*i)).collect(),
        cut: Cut { ips: ep.cut(FactKind::Ip), users: ep.cut(FactKind::User), hosts: ep.cut(FactKind::Host) },
        count: ep.count.max(1),
        window_seconds: slot.spec.as_ref().map_or(0, |s| (s.timespan / SECOND).max(0) as u64),
        dedup_key: text::dedup_key(slot, &fields),
        message: text::message(slot, &fields, group, ep),
        techniques: slot.info.techniques.clone(),
        tactics: slot.info.tactics.clone(),
        route: Route { stage: "rules".to_owned(), reason: text::reason(slot, redeemed, usual), cost_us: 0 },
        evidence,
        matched_total: ep.total,
        gathered: ep.gathered,
        covered_by: None,
        covers: Vec::new(),
    }
}
