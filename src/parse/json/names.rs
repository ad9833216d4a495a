//! What the names of structured inputs mean: one table from dotted name to role.
//!
//! Within one role the earlier name wins where a record has several. The table
//! is fixed: names that hostile input invents are looked up and never kept.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rustc_hash::FxHashMap;

use super::aliases::OVERLAYS;
use super::keys::KEY_NAMES;
pub use super::keys::{KEYS, Key};
use crate::event::{FieldId, Ov, Schema, hash64};

/// What a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The value is an overlay value.
    Ov(Ov),
    /// The event's time.
    Time,
    /// A word for what happened.
    Type,
    /// A word for how it ended.
    Outcome,
    /// A word for the severity.
    Severity,
    /// HTTP status, or a word for how it ended.
    Status,
    /// A value that some kind of source asks for by itself.
    Key(Key),
}

/// Number of a role: position in the table plus one; 0 where the name means nothing.
pub type RoleId = u16;

const NAMED: &[(&str, Role)] = &[
    ("@timestamp", Role::Time),
    ("timestamp", Role::Time),
    ("TimeCreated", Role::Time),
    ("SystemTime", Role::Time),
    ("Event.System.TimeCreated.#attributes.SystemTime", Role::Time),
    ("Event.System.TimeCreated.SystemTime", Role::Time),
    ("UtcTime", Role::Time),
    ("eventTime", Role::Time),
    ("event_time", Role::Time),
    ("EventTime", Role::Time),
    ("event_timestamp", Role::Time),
    ("CreationTime", Role::Time),
    ("event.created", Role::Time),
    ("time", Role::Time),
    ("ts", Role::Time),
    ("date", Role::Time),
    ("datetime", Role::Time),
    ("msec", Role::Time),
    ("time_local", Role::Time),
    ("t", Role::Time),
    ("t.$date", Role::Time),
    ("time_iso8601", Role::Time),
    ("timeGenerated", Role::Time),
    ("TimeGenerated", Role::Time),
    ("created_at", Role::Time),
    ("published", Role::Time),
    ("eventTimestamp", Role::Time),
    ("createdDateTime", Role::Time),
    ("activityDateTime", Role::Time),
    ("properties.createdDateTime", Role::Time),
    ("properties.activityDateTime", Role::Time),
    ("requestReceivedTimestamp", Role::Time),
    ("EdgeStartTimestamp", Role::Time),
    ("@t", Role::Time),
    ("asctime", Role::Time),
    ("timereported", Role::Time),
    ("timegenerated", Role::Time),
    ("S_ISODATE", Role::Time),
    ("ISODATE", Role::Time),
    ("R_ISODATE", Role::Time),
    ("UNIXTIME", Role::Time),
    ("S_UNIXTIME", Role::Time),
    ("R_UNIXTIME", Role::Time),
    ("DATE", Role::Time),
    ("start", Role::Time),
    ("start_time", Role::Time),
    ("_time", Role::Time),
    ("result._time", Role::Time),
    ("event_type", Role::Type),
    ("eventType", Role::Type),
    ("event.action", Role::Type),
    ("action", Role::Type),
    ("event_name", Role::Type),
    ("event", Role::Type),
    ("type", Role::Type),
    ("_path", Role::Type),
    ("outcome", Role::Outcome),
    ("event.outcome", Role::Outcome),
    ("result", Role::Outcome),
    ("result.statusType", Role::Outcome),
    ("success", Role::Outcome),
    ("auth_success", Role::Outcome),
    ("severity", Role::Severity),
    ("event.severity", Role::Severity),
    ("log.level", Role::Severity),
    ("level", Role::Severity),
    ("loglevel", Role::Severity),
    ("lvl", Role::Severity),
    ("levelname", Role::Severity),
    ("@l", Role::Severity),
    ("syslogseverity-text", Role::Severity),
    ("severity_label", Role::Severity),
    ("PRIORITY", Role::Severity),
    ("priority", Role::Severity),
    ("LEVEL", Role::Severity),
    ("status_code", Role::Status),
    ("http.response.status_code", Role::Status),
    ("http.status", Role::Status),
    ("http_status", Role::Status),
    ("response_code", Role::Status),
    ("sc_status", Role::Status),
    ("DownstreamStatus", Role::Status),
    ("http.status_code", Role::Status),
    ("http.response.status", Role::Status),
    ("httpRequest.status", Role::Status),
    ("EdgeResponseStatus", Role::Status),
    ("response.status", Role::Status),
    ("response.status_code", Role::Status),
    ("response.statusCode", Role::Status),
    ("res.statusCode", Role::Status),
    ("statusCode", Role::Status),
    ("status", Role::Status),
    ("response", Role::Status),
];

/// Prefixes under which Windows event data stands in other layouts.
const WINDOWS_PREFIXES: &[&str] = &["winlog.event_data.", "event_data.", "Event.EventData.", "EventData."];

/// The names of one schema with the roles of this table.
#[derive(Debug)]
pub struct Names {
    /// Tells these names from all others.
    number: u64,
    /// Position in `entries` plus one, by hash; 0 where there is none.
    places: Vec<u32>,
    entries: Vec<(u64, Box<str>, Entry)>,
    roles: Vec<Role>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    id: FieldId,
    role: RoleId,
    /// A name may have a second role: an overlay value that is also a key.
    also: RoleId,
}

impl Names {
    /// Builds the table for a schema.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        let mut map = FxHashMap::default();
        let mut roles = Vec::new();
        for i in 0..schema.field_count() {
            let id = FieldId(u16::try_from(i).unwrap_or(u16::MAX));
            map.insert(schema.field_name(id).into(), Entry { id, role: 0, also: 0 });
        }
        let mut add = |name: &str, role| add(&mut map, &mut roles, name, role);
        for (name, role) in NAMED {
            add(name, *role);
        }
        for (ov, aliases) in OVERLAYS {
            for name in *aliases {
                add(name, Role::Ov(*ov));
            }
        }
        for (name, role) in KEY_NAMES {
            add(name, *role);
            for prefix in WINDOWS_PREFIXES {
                add(&format!("{prefix}{name}"), *role);
            }
        }
        Self::table(map, roles)
    }

    fn table(map: FxHashMap<Box<str>, Entry>, roles: Vec<Role>) -> Self {
        let mut entries: Vec<_> = map.into_iter().map(|(name, e)| (hash64(name.as_bytes()), name, e)).collect();
        entries.sort_by(|a, b| a.1.cmp(&b.1));
        let mut places = vec![0u32; (entries.len() * 4).next_power_of_two()];
        for (i, (hash, ..)) in (1..).zip(&entries) {
            let mut at = *hash as usize & (places.len() - 1);
            while places.get(at).is_some_and(|p| *p != 0) {
                at = (at + 1) & (places.len() - 1);
            }
            if let Some(p) = places.get_mut(at) {
                *p = i;
            }
        }
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        Self { number: NUMBER.fetch_add(1, Relaxed), places, entries, roles }
    }

    /// A number that no other names of this process have; never 0.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Id and role of a name.
    #[inline]
    #[must_use]
    pub fn get(&self, name: &str) -> (FieldId, RoleId, RoleId) {
        self.get_hashed(name.as_bytes(), hash64(name.as_bytes()))
    }

    /// Id and role of a name whose [`hash64`] is known.
    #[inline]
    #[must_use]
    pub fn get_hashed(&self, name: &[u8], hash: u64) -> (FieldId, RoleId, RoleId) {
        let mut at = hash as usize & (self.places.len() - 1);
        while let Some(i) = self.places.get(at).and_then(|p| p.checked_sub(1)) {
            match self.entries.get(i as usize) {
                Some((h, n, e)) if *h == hash && n.as_bytes() == name => return (e.id, e.role, e.also),
                _ => at = (at + 1) & (self.places.len() - 1),
            }
        }
        (FieldId::UNKNOWN, 0, 0)
    }

    /// Whether a role says when something was, how grave, or what.
    #[must_use]
    pub fn tells(&self, id: RoleId) -> bool {
        matches!(self.role(id), Some(Role::Time | Role::Severity | Role::Ov(Ov::Message)))
    }

    /// Whether a role is that of an overlay value.
    #[must_use]
    pub fn fills(&self, id: RoleId, ov: Ov) -> bool {
        self.role(id) == Some(Role::Ov(ov))
    }

    /// The role of a number.
    #[must_use]
    pub fn role(&self, id: RoleId) -> Option<Role> {
        self.roles.get(usize::from(id).checked_sub(1)?).copied()
    }
}

fn add(map: &mut FxHashMap<Box<str>, Entry>, roles: &mut Vec<Role>, name: &str, role: Role) {
    roles.push(role);
    let role = roles.len() as RoleId;
    let entry = map.entry(name.into()).or_insert(Entry { id: FieldId::UNKNOWN, role: 0, also: 0 });
    if entry.role == 0 {
        entry.role = role;
    } else if entry.also == 0 {
        entry.also = role;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_names_have_their_roles() {
        let names = Names::new(&Schema::base());
        let role = |n| names.role(names.get(n).1);
        assert_eq!(role("source_ip"), Some(Role::Ov(Ov::SrcIp)));
        assert_eq!(role("winlog.event_data.TargetUserName"), Some(Role::Key(Key::TargetUserName)));
        assert_eq!(role("nonsense"), None);
        assert!(names.roles.len() < usize::from(RoleId::MAX));
    }

    #[test]
    fn every_overlay_name_is_read() {
        let names = Names::new(&Schema::base());
        for ov in crate::event::OVERLAY {
            if matches!(ov, Ov::UrlDecoded | Ov::Source | Ov::StatusCode) {
                continue;
            }
            assert_eq!(names.role(names.get(ov.name()).1), Some(Role::Ov(*ov)), "{}", ov.name());
        }
    }
}
