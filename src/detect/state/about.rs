//! What an episode is about, and when two episodes are about the same.

use super::case;
use super::episode::Episode;
use super::facts::FactKind;
use super::net;
use super::plan::Slot;
use super::shards::Group;
use super::text;
use crate::event::time::SECOND;

/// Episodes further apart than this are not of one attack.
pub(super) const NEAR: i64 = 3_600 * SECOND;

/// Entities and times of an episode, values folded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct About {
    /// The group's fields with their values.
    keys: Vec<(String, String)>,
    ips: Vec<String>,
    /// There are more of them.
    more_ips: bool,
    user: Option<String>,
    host: Option<String>,
    pub opened: i64,
    last: i64,
    /// Of a plain detection: its machine is the one where it happened.
    local: bool,
}

/// Fields that name an entity, the most telling first.
const ENTITIES: [&str; 3] = ["src_ip", "user", "host"];

impl About {
    pub(super) fn new(slot: &Slot, group: &Group, ep: &Episode) -> Self {
        let fact = |i: u8| group.facts.get(i).map(case::folded);
        let fields = text::group_fields(slot, group).into_iter();
        Self {
            keys: fields.map(|f| (f.name.to_owned(), f.keyed())).collect(),
            ips: ep.ips.iter().filter_map(|i| fact(*i)).map(|ip| net::text(&ip)).collect(),
            more_ips: ep.cut(FactKind::Ip),
            user: fact(ep.user()),
            host: fact(ep.host()),
            opened: ep.opened,
            last: ep.last,
            local: slot.spec.is_none(),
        }
    }

    fn key(&self, field: &str) -> Option<&str> {
        self.keys.iter().find(|(n, _)| n == field).map(|(_, v)| v.as_str())
    }

    /// Whether the evidence names that entity, or may do so.
    fn names(&self, field: &str, value: &str) -> bool {
        match field {
            "src_ip" => self.ips.iter().any(|ip| ip == value) || self.more_ips,
            "user" => self.user.as_deref() == Some(value),
            _ => self.host.as_deref() == Some(value),
        }
    }

    /// The entity under which it is found again: kind and value.
    pub(super) fn handle(&self) -> Option<(&'static str, String)> {
        ENTITIES.iter().find_map(|f| Some((*f, self.key(f)?.to_owned())))
    }

    /// All entities under which something about the same may be found.
    pub(super) fn handles(&self) -> Vec<(&'static str, String)> {
        let mut out: Vec<_> = ENTITIES.iter().filter_map(|f| Some((*f, self.key(f)?.to_owned()))).collect();
        out.extend(self.ips.iter().map(|ip| ("src_ip", ip.clone())));
        out.extend(self.user.iter().map(|u| ("user", u.clone())));
        out.extend(self.host.iter().map(|h| ("host", h.clone())));
        out.sort();
        out.dedup();
        out
    }

    /// Whether this one can stand for `other`: near in time, of the same
    /// address or account, and at odds with it in no field that either is
    /// grouped by. Once true it stays true as both grow.
    pub(super) fn includes(&self, other: &Self) -> bool {
        let near = other.opened <= self.last.saturating_add(NEAR) && self.opened <= other.last.saturating_add(NEAR);
        near && self.same(other).is_some_and(|by| by == "src_ip" || !self.elsewhere(other))
    }

    /// The most telling field in which they agree, if they disagree in none.
    fn same(&self, other: &Self) -> Option<&'static str> {
        let mut agreed = None;
        for field in ENTITIES {
            let agrees = match (self.key(field), other.key(field)) {
                (Some(mine), Some(theirs)) => mine == theirs,
                (Some(mine), None) => other.names(field, mine),
                // What is grouped by address has many accounts and machines.
                (None, Some(_)) if field != "src_ip" && agreed.is_some() => continue,
                (None, Some(theirs)) => self.names(field, theirs),
                (None, None) => continue,
            };
            if !agrees {
                return None;
            }
            agreed = agreed.or(Some(field));
        }
        let odd = |(n, v): &(String, String)| !ENTITIES.contains(&n.as_str()) && other.key(n).is_some_and(|o| o != v);
        agreed.filter(|_| !self.keys.iter().any(odd))
    }

    /// Something happened on two machines.
    fn elsewhere(&self, other: &Self) -> bool {
        (self.local || other.local) && self.host.is_some() && other.host.is_some() && self.host != other.host
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(keys: &[(&str, &str)], ips: &[&str], user: Option<&str>, opened: i64) -> About {
        About {
            keys: keys.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            ips: ips.iter().map(|i| (*i).to_owned()).collect(),
            user: user.map(str::to_owned),
            opened: opened * SECOND,
            last: (opened + 60) * SECOND,
            ..About::default()
        }
    }

    #[test]
    fn the_same_address_near_in_time() {
        let a = about(&[("src_ip", "1.1.1.1")], &["1.1.1.1"], None, 0);
        assert!(a.includes(&about(&[("src_ip", "1.1.1.1")], &["1.1.1.1"], Some("root"), 3_000)));
        assert!(!a.includes(&about(&[("src_ip", "1.1.1.2")], &["1.1.1.2"], Some("root"), 3_000)));
        assert!(!a.includes(&about(&[("src_ip", "1.1.1.1")], &["1.1.1.1"], None, 4_000)));
        assert!(a.includes(&about(&[("src_ip", "1.1.1.1"), ("user", "root")], &["1.1.1.1"], Some("root"), 0)));
    }

    #[test]
    fn one_account_from_many_addresses() {
        let a = about(&[("user", "root")], &["1.1.1.1", "1.1.1.2"], Some("root"), 0);
        assert!(a.includes(&about(&[("src_ip", "1.1.1.2")], &["1.1.1.2"], Some("root"), 0)));
        assert!(!a.includes(&about(&[("src_ip", "1.1.1.2")], &["1.1.1.2"], Some("ada"), 0)));
        assert!(!a.includes(&about(&[("src_ip", "1.1.1.3")], &["1.1.1.3"], Some("root"), 0)));
    }

    #[test]
    fn what_happens_on_two_machines_is_two_things() {
        let mut a = about(&[("user", "root")], &[], Some("root"), 0);
        let mut b = a.clone();
        (a.host, b.host) = (Some("web".to_owned()), Some("db".to_owned()));
        assert!(a.includes(&b));
        b.local = true;
        assert!(!a.includes(&b) && !b.includes(&a));
    }
}
