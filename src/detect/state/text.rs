//! The words of an alert: message, reason and group key.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::super::{BoundOp, CorrelationKind, CorrelationSpec, GroupField};
use super::case;
use super::episode::Episode;
use super::facts::FactKind;
use super::key;
use super::net;
use super::plan::Slot;
use super::shards::Group;
use crate::event::time::SECOND;
use crate::event::{EventRef, count};

/// Longest value shown within a sentence, in characters.
const MAX_VALUE: usize = 64;

/// Values of a list that are named.
const FEW: usize = 3;

/// A duration for people: `45 s`, `12 min`, `3 h 20 min`.
pub(super) fn duration(micros: i64) -> String {
    let s = micros.max(0) / SECOND;
    let (d, h, m) = (s / 86_400, s / 3_600, s / 60);
    match (d, h, m) {
        (0, 0, 0) => format!("{s} s"),
        (0, 0, _) if s % 60 == 0 || m >= 10 => format!("{m} min"),
        (0, 0, _) => format!("{m} min {} s", s % 60),
        (0, _, _) if m % 60 == 0 => format!("{h} h"),
        (0, _, _) => format!("{h} h {} min", m % 60),
        _ if h % 24 == 0 => format!("{d} d"),
        _ => format!("{d} d {} h", h % 24),
    }
}

/// A number without needless decimals.
pub(super) fn number(n: f64) -> String {
    if n.fract() == 0.0 && n.abs() < 1e15 { format!("{n:.0}") } else { format!("{n:.2}") }
}

fn short(value: &str) -> String {
    if value.chars().count() <= MAX_VALUE {
        return value.to_owned();
    }
    value.chars().take(MAX_VALUE).chain(std::iter::once('…')).collect()
}

/// A field of a group with its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    /// Under whatever name, it is the address that the act came from.
    pub(super) is_source: bool,
}

impl Named<'_> {
    /// The value as groups compare it.
    pub(super) fn keyed(&self) -> String {
        if self.is_source { case::folded(&net::text(self.value)) } else { case::folded(self.value) }
    }
}

/// The group's fields with their values, those without a value left out.
pub(super) fn group_fields<'a>(slot: &'a Slot, group: &'a Group) -> Vec<Named<'a>> {
    let mut values = group.values();
    let mut out = Vec::new();
    if group.crowd {
        return out;
    }
    let named = |(name, is_source), value| Named { name, value, is_source };
    if let Some(spec) = &slot.spec {
        out.extend(spec.group_by.iter().map(|g| (&*g.name, g.is_source())).zip(values).map(|(n, v)| named(n, v)));
    } else if slot.entity().is_empty() {
        // The default entity: its name stands in the key.
        if let (Some(name), Some(value)) = (values.next(), values.next()) {
            out.push(named((name, name == "src_ip"), value));
        }
    } else {
        out.extend(slot.entity().iter().map(|f| (&*f.name, f.field.is_source())).zip(values).map(|(n, v)| named(n, v)));
    }
    out.retain(|f| !f.value.is_empty());
    out
}

/// `rule id|field=value,…`, values folded: one account has one key however it is spelt.
pub(super) fn dedup_key(slot: &Slot, fields: &[Named<'_>]) -> String {
    let mut out = format!("{}|", slot.info.id);
    for (i, f) in fields.iter().enumerate() {
        let _ = write!(out, "{}{}={}", if i > 0 { "," } else { "" }, f.name, f.keyed());
    }
    out
}

/// A number of bytes for people.
fn size(bytes: f64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
    let (mut n, mut unit) = (bytes.max(0.0), 0);
    while n >= 1_000.0 && unit + 1 < units.len() {
        (n, unit) = (n / 1_000.0, unit + 1);
    }
    let digits = usize::from(unit > 0 && n < 10.0);
    format!("{n:.digits$} {}", units.get(unit).unwrap_or(&"bytes"))
}

/// What a rule shows of an event: the values of its fields, those without one left out.
pub(super) fn shown<'a>(slot: &Slot, base: u16, e: EventRef<'a>) -> Cow<'a, str> {
    let value = |f: &GroupField| {
        let at = f.per_base.get(usize::from(base)).and_then(Option::as_ref);
        let text = key::value_of(e, at)?;
        Some(match &*f.name {
            "bytes" => Cow::Owned(text.parse().map_or_else(|_| text.to_owned(), size)),
            _ => Cow::Borrowed(text),
        })
    };
    let mut values = slot.shows.iter().filter_map(value);
    let Some(first) = values.next() else { return Cow::Borrowed("") };
    values.fold(first, |all, next| Cow::Owned(format!("{all} {next}")))
}

/// The first few of an episode's facts of a kind, in brackets; `total` is how many there are in all.
fn listed(group: &Group, ep: &Episode, kind: FactKind, total: usize) -> String {
    let list = ep.facts(kind);
    let mut out = String::new();
    for text in list.iter().take(FEW).filter_map(|i| group.facts.get(*i)) {
        let _ = write!(out, "{}{}", if out.is_empty() { " (" } else { ", " }, short(text));
    }
    match total.max(list.len()) {
        _ if out.is_empty() => return out,
        // Nobody knows how many more there are.
        _ if total == 0 && ep.cut(kind) => out.push_str(" and more)"),
        all if all > FEW => {
            let _ = write!(out, " and {} more)", all - FEW);
        }
        _ => out.push(')'),
    }
    out
}

/// What the values of a field are called.
fn thing(field: &str) -> Option<&'static str> {
    Some(match field {
        "src_ip" => "address",
        "user" | "target_user" => "account",
        "host" | "dest_ip" | "dest_host" => "machine",
        "dest_port" => "port",
        "url" | "url_decoded" => "path",
        _ => return None,
    })
}

/// One sentence with entity and numbers.
pub(super) fn message(slot: &Slot, fields: &[Named<'_>], group: &Group, ep: &Episode) -> String {
    let mut out = format!("{}: ", slot.info.title);
    let span = duration(slot.spec.as_ref().map_or(0, |s| s.timespan));
    let guessed = slot.info.techniques.iter().any(|t| t.starts_with("T1110"));
    match &slot.spec {
        None => out.push_str(&count(ep.count, "match")),
        Some(_) if group.crowd => out.push_str(&count(ep.count, if guessed { "failed attempt" } else { "event" })),
        Some(spec) => {
            let field = &*field_names(spec);
            let acts = count(ep.count, if guessed { "failed attempt" } else { "event" });
            let _ = match spec.kind {
                CorrelationKind::EventCount => write!(out, "{acts}"),
                CorrelationKind::ValueCount => {
                    let which = match field {
                        "user" => FactKind::User,
                        "host" => FactKind::Host,
                        _ => FactKind::Shown,
                    };
                    // What is shown may be another field than what is counted.
                    let same = |s: &GroupField| spec.fields.first().is_some_and(|f| f.name == s.name);
                    let counted = slot.shows.first().is_none_or(same);
                    let which = if counted { listed(group, ep, which, ep.measured as usize) } else { String::new() };
                    match (thing(field), guessed) {
                        // Addresses are told below.
                        (Some("address"), _) => write!(out, "{acts}"),
                        (Some(one), true) => write!(out, "{acts} at {}{which}", count(ep.measured as u64, one)),
                        (Some(one), false) => write!(out, "{}{which} in {acts}", count(ep.measured as u64, one)),
                        (None, _) if spec.fields.len() > 1 => {
                            write!(out, "{} combinations of {field}{which} in {acts}", number(ep.measured))
                        }
                        (None, _) => write!(out, "{} distinct values of {field}{which} in {acts}", number(ep.measured)),
                    }
                }
                CorrelationKind::Temporal | CorrelationKind::TemporalOrdered => {
                    // Guesses and what came of them.
                    write!(out, "{}", count(ep.count, "event"))
                }
                CorrelationKind::NewValue => {
                    let many = if ep.measured > 1.0 { "s" } else { "" };
                    write!(out, "{} new value{many} of {field}", number(ep.measured.max(1.0)))
                }
                CorrelationKind::ValueSum if field == "bytes" => write!(out, "{} in {acts}", size(ep.measured)),
                CorrelationKind::ValueSum => write!(out, "sum of {field} {}", number(ep.measured)),
                CorrelationKind::ValueAvg => write!(out, "mean of {field} {}", number(ep.measured)),
                CorrelationKind::ValueMedian => write!(out, "median of {field} {}", number(ep.measured)),
                CorrelationKind::ValuePercentile => {
                    write!(out, "percentile {} of {field} {}", number(spec.percentile), number(ep.measured))
                }
            };
        }
    }
    for f in fields {
        // a network with what came from it, not whichever address of it came first of all
        let ips = ep.facts(FactKind::Ip).len();
        let net = net::of(f.value).filter(|_| f.is_source && ips > 1);
        let value = match &net {
            Some(net) => {
                let many = if ep.cut(FactKind::Ip) { "at least " } else { "" };
                format!("{} ({many}{ips} addresses)", net.as_str())
            }
            None if f.is_source && net::of(f.value).is_some() => {
                ep.facts(FactKind::Ip).first().and_then(|i| group.facts.get(*i)).map_or_else(|| short(f.value), short)
            }
            None => short(f.value),
        };
        let _ = match f.name {
            "src_ip" => write!(out, " from {value}"),
            "user" => write!(out, ", account {value}"),
            "host" => write!(out, " on {value}"),
            name => write!(out, ", {name} {value}"),
        };
    }
    let at_least = |kind| if ep.cut(kind) { "at least " } else { "" };
    let keyed = |n: &str| fields.iter().any(|f| f.name == n);
    let counted = slot.spec.as_ref().and_then(|s| s.fields.first()).map(|f| &*f.name);
    if let Some(shown) = slot.shows.first().filter(|s| counted != Some(&*s.name)) {
        let (many, all) = (at_least(FactKind::Shown), listed(group, ep, FactKind::Shown, 0));
        let _ = match (thing(&shown.name), ep.facts(FactKind::Shown)) {
            (_, []) => Ok(()),
            (_, [one]) if many.is_empty() => {
                write!(out, ", {}", group.facts.get(*one).map_or_else(String::new, short))
            }
            (one, some) => write!(out, ", {many}{}{all}", count(some.len() as u64, one.unwrap_or("value"))),
        };
    }
    let counted = counted.filter(|_| !group.crowd);
    if !keyed("user") && counted != Some("user") && slot.spec.is_some() {
        let many = at_least(FactKind::User);
        let _ = match ep.facts(FactKind::User) {
            [] => Ok(()),
            [one] if many.is_empty() => {
                write!(out, ", account {}", group.facts.get(*one).map_or_else(String::new, short))
            }
            all => {
                // Who got in, of those that were tried.
                let who = group.facts.get(ep.account()).map(|a| format!("account {} of ", short(a)));
                let who = who.unwrap_or_default();
                write!(
                    out,
                    ", {who}{many}{}{}",
                    count(all.len() as u64, "account"),
                    listed(group, ep, FactKind::User, 0)
                )
            }
        };
    }
    if !keyed("src_ip") {
        let more = at_least(FactKind::Ip);
        match ep.facts(FactKind::Ip) {
            [] => {}
            [one] if more.is_empty() => {
                let _ = write!(out, " from {}", group.facts.get(*one).unwrap_or("?"));
            }
            many => {
                let all = listed(group, ep, FactKind::Ip, 0);
                let _ = write!(out, " from {more}{}{all}", count(many.len() as u64, "address"));
            }
        }
    }
    if !keyed("host")
        && counted != Some("host")
        && let Some(host) = group.facts.get(ep.host())
    {
        let _ = write!(out, " on {}", short(host));
    }
    if ep.last > ep.first {
        let _ = write!(out, " within {}", duration(ep.last - ep.first));
    }
    if let Some((back, all)) = ep.ledger.as_ref().and_then(|l| l.acts()).filter(|(back, _)| *back > 0) {
        let _ = write!(out, "; {back} of {all} taken back");
    } else if let Some((redeemed, total)) = ep.ledger.as_ref().map(|l| l.redeemed()).filter(|(r, _)| *r > 0) {
        let one = slot.spec.as_ref().and_then(|s| s.counted()).and_then(thing).unwrap_or("value");
        let what = if one == "account" { "logged in from there" } else { "taken back" };
        let _ = write!(out, "; {redeemed} of {} {what}", count(total, one));
    }
    if ep.untimed {
        out.push_str(", time not known");
    }
    if group.crowd {
        let _ = write!(out, "; so many that {} of this rule are told in one", count(ep.gathered, "alert"));
    } else if let Some(spec) = &slot.spec
        && !spec.bounds.is_empty()
    {
        let _ = write!(out, " (threshold {} in {span})", threshold(spec));
    }
    out
}

/// What a condition asks for, as it stands in the rule.
fn threshold(spec: &CorrelationSpec) -> String {
    let bytes = spec.kind == CorrelationKind::ValueSum && spec.fields.first().is_some_and(|f| &*f.name == "bytes");
    let mut out = String::new();
    for b in &spec.bounds {
        let words = match b.op {
            BoundOp::Gte => "",
            BoundOp::Gt => "more than ",
            BoundOp::Lt => "less than ",
            BoundOp::Lte => "at most ",
            BoundOp::Eq => "exactly ",
            BoundOp::Neq => "other than ",
        };
        let n = if bytes { size(b.value) } else { number(b.value) };
        let _ = write!(out, "{}{words}{n}", if out.is_empty() { "" } else { " and " });
    }
    if matches!(spec.kind, CorrelationKind::Temporal | CorrelationKind::TemporalOrdered) {
        let _ = write!(out, " of {} rules", spec.bases.len());
    }
    out
}

/// Names of the fields that are counted or summed.
fn field_names(spec: &CorrelationSpec) -> String {
    let names: Vec<&str> = spec.fields.iter().map(|f| &*f.name).collect();
    if names.is_empty() { "value".to_owned() } else { names.join(" and ") }
}

/// Why the rules stage decided it.
pub(super) fn reason(slot: &Slot, redeemed: bool, usual: bool) -> String {
    let level = slot.info.level;
    let mut out = match &slot.spec {
        None => format!("detection rule of level {level} matched"),
        Some(spec) => {
            format!("correlation {} of level {level} met within {}", spec.kind.as_str(), duration(spec.timespan))
        }
    };
    if redeemed {
        out.push_str("; taken back by what followed, so level low");
    } else if usual {
        out.push_str("; it went on at that pace, which is then the usual one, so level low");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        let d = |s: i64| duration(s * SECOND);
        assert_eq!(
            [d(0), d(45), d(60), d(75), d(725), d(3_600), d(12_000), d(86_400), d(90_000)],
            ["0 s", "45 s", "1 min", "1 min 15 s", "12 min", "1 h", "3 h 20 min", "1 d", "1 d 1 h"]
        );
    }

    #[test]
    fn long_values_are_cut_by_characters() {
        assert_eq!(short(&"ä".repeat(100)).chars().count(), MAX_VALUE + 1);
    }
}
