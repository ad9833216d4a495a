//! References between rules: correlations and their bases.

use std::sync::Arc;

use crate::event::SchemaBuilder;

use super::ruleset::Loading;
use super::sigma::condition::Cond;
use super::sigma::correlation::Correlation;
use super::sigma::rule::{Body, LogsourceNames, RedeemedBy};
use super::{
    Accepted, BoundOp, CorrelationKind, CorrelationSpec, GroupField, NamedField, Redeemed, RuleIdx, RuleKind, StepExpr,
    fields,
};

/// Position of the rule with that id or name.
#[must_use]
pub fn reference(l: &Loading, name: &str) -> Option<usize> {
    if let Some(at) = l.by_id.get(name).or_else(|| l.by_id.get(&name.to_ascii_lowercase())) {
        return Some(*at);
    }
    l.infos.iter().position(|i| i.reason.is_none() && i.name.as_deref() == Some(name))
}

/// Resolves all correlations and our own attribute's fields; refuses
/// correlations whose rules are missing, not loaded, or refer back to them.
pub fn correlations(l: &mut Loading, bodies: &[Option<Body>], schema: &mut SchemaBuilder) {
    let none = LogsourceNames::default();
    for (at, body) in bodies.iter().enumerate() {
        let names = match body {
            Some(Body::Detection(names, _)) => names,
            Some(Body::Correlation(_)) => &none,
            _ => continue,
        };
        let group_by = l.customs.get(at).map(|c| c.group_by.clone()).unwrap_or_default();
        let named =
            group_by.iter().map(|n| NamedField { name: n.as_str().into(), field: fields::resolve(n, names, schema) });
        let named: Vec<NamedField> = named.collect();
        let shows = l.customs.get(at).map(|c| c.shows.clone()).unwrap_or_default();
        let shows = match body {
            Some(Body::Correlation(_)) => Vec::new(),
            _ => shows.iter().map(|n| own_field(n, std::iter::once(Some(names)), schema)).collect(),
        };
        if let Some(info) = l.infos.get_mut(at) {
            info.group_by = named;
            info.shows = shows;
        }
    }
    let mut waiting: Vec<(usize, &Correlation, Vec<usize>)> = Vec::new();
    for (at, body) in bodies.iter().enumerate() {
        let Some(Body::Correlation(c)) = body else { continue };
        let mut bases = Vec::new();
        let mut missing = Vec::new();
        for r in &c.rules {
            match reference(l, r) {
                Some(b) => bases.push(b),
                None => missing.push(r.as_str()),
            }
        }
        if !missing.is_empty() {
            let reason = format!("the correlation refers to rules that are not there: {}", missing.join(", "));
            l.refuse(at, c.rules_at, &reason);
        } else if let Some(filter) = bases.iter().find(|b| matches!(bodies.get(**b), Some(Some(Body::Filter(..))))) {
            let title = l.infos.get(*filter).map_or("", |i| &i.title).to_owned();
            l.refuse(at, c.rules_at, &format!("the correlation refers to a filter: {title}"));
        } else {
            waiting.push((at, c, bases));
        }
    }
    settle(l, bodies, waiting, schema);
}

/// Takes correlations whose bases are decided, until none is left or the rest
/// waits for itself.
fn settle(
    l: &mut Loading,
    bodies: &[Option<Body>],
    mut waiting: Vec<(usize, &Correlation, Vec<usize>)>,
    schema: &mut SchemaBuilder,
) {
    let mut used: Vec<(usize, bool)> = Vec::new();
    while !waiting.is_empty() {
        let pending: Vec<usize> = waiting.iter().map(|w| w.0).collect();
        let (ready, rest): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|w| !w.2.iter().any(|b| pending.contains(b)));
        if ready.is_empty() {
            for (at, c, _) in rest {
                l.refuse(at, c.rules_at, "the correlation refers to itself, directly or through others");
            }
            break;
        }
        for (at, c, bases) in ready {
            let down = bases.iter().find_map(|b| l.infos.get(*b).filter(|i| !i.loaded));
            if let Some(info) = down {
                let reason = format!("its rule '{}' ({}:{}) is not loaded", info.title, info.path, info.line);
                l.refuse(at, c.rules_at, &reason);
                continue;
            }
            let mut spec = spec(l, bodies, c, &bases, schema);
            if spec.kind != CorrelationKind::ValueCount && l.customs.get(at).is_some_and(|c| c.familiar.is_some()) {
                l.refuse(at, c.rules_at, "familiar: only value_count knows values");
                continue;
            }
            let wanted = l.customs.get(at).and_then(|c| c.redeemed_by.clone());
            if let Some(wanted) = wanted {
                match redeemed(l, bodies, c, &spec, &wanted, schema) {
                    Ok(found) => spec.redeemed = Some(found),
                    Err(reason) => {
                        l.refuse(at, wanted.at, &format!("redeemed_by: {reason}"));
                        continue;
                    }
                }
            }
            let wanted = l.customs.get(at).and_then(|c| c.accepted_by.clone());
            if let Some((name, place)) = wanted {
                match accepted(l, bodies, c, &spec, &name, schema) {
                    Ok(found) => spec.accepted = Some(found),
                    Err(reason) => {
                        l.refuse(at, place, &format!("accepted_by: {reason}"));
                        continue;
                    }
                }
            }
            let names = |b: &RuleIdx| match bodies.get(b.0 as usize) {
                Some(Some(Body::Detection(names, _))) => Some(names),
                _ => None,
            };
            let shows = l.customs.get(at).map(|c| c.shows.clone()).unwrap_or_default();
            let shows = shows.iter().map(|n| own_field(n, spec.bases.iter().map(names), schema)).collect();
            used.extend(bases.iter().map(|b| (*b, c.generate)));
            if let Some(info) = l.infos.get_mut(at) {
                info.kind = RuleKind::Correlation(Arc::new(spec));
                info.shows = shows;
            }
        }
        waiting = rest;
    }
    silence(l, &used);
}

/// Bases raise no alerts of their own unless a correlation generates them or
/// the rule itself insists.
fn silence(l: &mut Loading, used: &[(usize, bool)]) {
    for (base, _) in used {
        let generated = used.iter().any(|(b, generate)| b == base && *generate);
        let own_word = l.customs.get(*base).is_some_and(|c| c.alert.is_some());
        if let Some(info) = l.infos.get_mut(*base).filter(|_| !generated && !own_word) {
            info.alerts = false;
        }
    }
}

fn spec(
    l: &Loading,
    bodies: &[Option<Body>],
    c: &Correlation,
    bases: &[usize],
    schema: &mut SchemaBuilder,
) -> CorrelationSpec {
    let mut field = |name: &String| {
        let alias = c.aliases.iter().find(|(a, _)| a == name).map(|(_, rules)| rules);
        let per_base = (bases.iter().zip(&c.rules)).map(|(b, written)| {
            let Some(Some(Body::Detection(names, _))) = bodies.get(*b) else { return None };
            let own = alias.and_then(|rules| {
                let here = rules.iter().find(|(r, _)| r == written || reference(l, r) == Some(*b));
                here.map(|(_, field)| field.as_str())
            });
            Some(fields::resolve(own.unwrap_or(name), names, schema))
        });
        GroupField { name: name.as_str().into(), per_base: per_base.collect() }
    };
    CorrelationSpec {
        kind: c.kind,
        bases: bases.iter().map(|b| RuleIdx(*b as u32)).collect(),
        group_by: c.group_by.iter().map(&mut field).collect(),
        timespan: c.timespan,
        bounds: c.bounds.clone(),
        expr: c.expr.as_ref().map(steps),
        fields: c.fields.iter().map(&mut field).collect(),
        percentile: c.percentile.unwrap_or(50.0),
        generate: c.generate,
        learn: c.learn,
        redeemed: None,
        accepted: None,
    }
}

/// A field by its own name in each base; not read where the base is a correlation.
fn own_field<'n>(
    name: &str,
    bases: impl Iterator<Item = Option<&'n LogsourceNames>>,
    schema: &mut SchemaBuilder,
) -> GroupField {
    let per_base = bases.map(|names| names.map(|names| fields::resolve(name, names, schema))).collect();
    GroupField { name: name.into(), per_base }
}

/// What takes back what a correlation counts, or why that cannot be.
fn redeemed(
    l: &Loading,
    bodies: &[Option<Body>],
    c: &Correlation,
    spec: &CorrelationSpec,
    wanted: &RedeemedBy,
    schema: &mut SchemaBuilder,
) -> Result<Redeemed, String> {
    let counts = takes_back(spec)?;
    if wanted.each > 0 && counts {
        return Err("each is for event_count: a value_count counts no acts".into());
    }
    if wanted.each == 0 && counts != wanted.fields.is_empty() {
        let why = "event_count needs a field, and value_count takes the one that it counts";
        return Err(why.into());
    }
    let (at, names) = other(l, bodies, &wanted.rule)?;
    let group_by = c.group_by.iter().map(|n| fields::resolve(n, names, schema)).collect();
    let named = if counts { &c.fields } else { &wanted.fields };
    let value = named.iter().map(|n| fields::resolve(n, names, schema)).collect();
    let once = wanted.once_by.iter().map(|n| fields::resolve(n, names, schema)).collect();
    // By acts there is one value, and it is back when most of its acts are.
    let at_least = if wanted.each > 0 { 1 } else { wanted.at_least };
    let at_most = wanted.at_most;
    let names = |b: &RuleIdx| match bodies.get(b.0 as usize) {
        Some(Some(Body::Detection(names, _))) => Some(names),
        _ => None,
    };
    let fields = wanted.fields.iter().map(|n| own_field(n, spec.bases.iter().map(names), schema)).collect();
    Ok(Redeemed { by: RuleIdx(at as u32), group_by, value, fields, at_most, at_least, each: wanted.each, once })
}

/// What says that an attempt was accepted after all, or why that cannot be.
fn accepted(
    l: &Loading,
    bodies: &[Option<Body>],
    c: &Correlation,
    spec: &CorrelationSpec,
    rule: &str,
    schema: &mut SchemaBuilder,
) -> Result<Accepted, String> {
    let counts = takes_back(spec)?;
    let (at, names) = other(l, bodies, rule)?;
    let mut read = |n: &str| fields::resolve(n, names, schema);
    let group_by = c.group_by.iter().map(|n| read(n)).collect();
    // What a ledger tells apart: what is counted, or what is taken back by.
    let value = if counts {
        c.fields.iter().map(|n| read(n)).collect()
    } else {
        spec.redeemed.iter().flat_map(|r| &r.fields).map(|f| read(&f.name)).collect()
    };
    Ok(Accepted { by: RuleIdx(at as u32), group_by, value })
}

/// Whether the correlation counts values; an error where nothing can be taken
/// back from what it counts.
fn takes_back(spec: &CorrelationSpec) -> Result<bool, String> {
    let counts = spec.kind == CorrelationKind::ValueCount;
    if !counts && spec.kind != CorrelationKind::EventCount {
        return Err("only event_count and value_count take back".into());
    }
    if spec.bounds.iter().any(|b| !matches!(b.op, BoundOp::Gt | BoundOp::Gte)) {
        return Err("the condition must be gt or gte".into());
    }
    Ok(counts)
}

/// The place of a detection that a correlation names besides its bases, and its logsource.
fn other<'b>(l: &Loading, bodies: &'b [Option<Body>], rule: &str) -> Result<(usize, &'b LogsourceNames), String> {
    let at = reference(l, rule).ok_or_else(|| format!("there is no rule '{rule}'"))?;
    let Some(Some(Body::Detection(names, _))) = bodies.get(at) else {
        return Err(format!("'{rule}' is no detection"));
    };
    if !l.infos.get(at).is_some_and(|i| i.loaded) {
        return Err(format!("its rule '{rule}' is not loaded"));
    }
    Ok((at, names))
}

fn steps(c: &Cond) -> StepExpr {
    match c {
        Cond::Search(i) => StepExpr::Base(*i),
        Cond::And(all) => StepExpr::And(all.iter().map(steps).collect()),
        Cond::Or(any) => StepExpr::Or(any.iter().map(steps).collect()),
        Cond::Not(c) => StepExpr::Not(Box::new(steps(c))),
        Cond::AtLeast(n, picked) => StepExpr::AtLeast(*n, picked.clone()),
    }
}
