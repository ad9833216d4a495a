//! A scanned document as its readers see it: which field has which role.

use smallvec::SmallVec;

use super::names::{KEYS, Key, Names, Role, RoleId};
use crate::event::{Draft, OVERLAY, Ov, Span, ValueKind};

const NONE: (RoleId, u16) = (RoleId::MAX, u16::MAX);

/// Several values of one role, best name first.
pub type Several = SmallVec<[(RoleId, u16); 4]>;

/// The best field for each role. Positions are those of [`Draft::fields`].
#[derive(Debug)]
pub struct Doc {
    overlay: [(RoleId, u16); OVERLAY.len()],
    keys: [(RoleId, u16); KEYS],
    /// Candidates for the event's time.
    pub times: Several,
    /// Words for what happened.
    pub types: Several,
    /// Words for how it ended.
    pub outcomes: Several,
    /// Words for the severity.
    pub severities: Several,
    /// HTTP status, or words for how it ended.
    pub statuses: Several,
}

impl Doc {
    /// Sorts the fields from `first` on by their roles. Of several fields of
    /// one role the best name wins, of one name the first value.
    #[must_use]
    pub fn new(d: &Draft<'_>, first: usize, roles: &[(RoleId, RoleId)], names: &Names) -> Self {
        let mut doc = Self {
            overlay: [NONE; OVERLAY.len()],
            keys: [NONE; KEYS],
            times: Several::new(),
            types: Several::new(),
            outcomes: Several::new(),
            severities: Several::new(),
            statuses: Several::new(),
        };
        for (i, field) in d.fields().iter().enumerate().skip(first) {
            let Some((role, also)) = roles.get(i - first) else { break };
            if *role == 0 || field.value.is_empty() {
                continue;
            }
            doc.put(names, *role, i);
            if *also != 0 {
                doc.put(names, *also, i);
            }
        }
        for list in [&mut doc.times, &mut doc.types, &mut doc.outcomes, &mut doc.severities, &mut doc.statuses] {
            list.sort_unstable();
        }
        doc
    }

    fn put(&mut self, names: &Names, role: RoleId, at: usize) {
        let new = (role, at as u16);
        let better = |old: &mut (RoleId, u16)| {
            if role < old.0 {
                *old = new;
            }
        };
        let list = match names.role(role) {
            Some(Role::Ov(ov)) => return better(&mut self.overlay[ov as usize]),
            Some(Role::Key(key)) => return better(&mut self.keys[key as usize]),
            Some(Role::Time) => &mut self.times,
            Some(Role::Type) => &mut self.types,
            Some(Role::Outcome) => &mut self.outcomes,
            Some(Role::Severity) => &mut self.severities,
            Some(Role::Status) => &mut self.statuses,
            None => return,
        };
        if list.len() < 8 {
            list.push(new);
        }
    }

    /// The value of a field by position.
    #[must_use]
    pub fn at(&self, d: &Draft<'_>, at: u16) -> Span {
        d.fields().get(usize::from(at)).map_or(Span::NONE, |f| f.value)
    }

    /// How the input typed a field.
    #[must_use]
    pub fn kind(&self, d: &Draft<'_>, at: u16) -> ValueKind {
        d.fields().get(usize::from(at)).map_or(ValueKind::Null, |f| f.kind)
    }

    /// The best candidate for an overlay value; absent is [`Span::NONE`].
    #[must_use]
    pub fn overlay(&self, d: &Draft<'_>, name: Ov) -> Span {
        self.at(d, self.overlay[name as usize].1)
    }

    /// A key's value; absent is [`Span::NONE`].
    #[must_use]
    pub fn key(&self, d: &Draft<'_>, key: Key) -> Span {
        self.at(d, self.keys[key as usize].1)
    }

    /// A key's text; absent is `""`.
    #[must_use]
    pub fn text<'a>(&self, d: &'a Draft<'_>, key: Key) -> &'a str {
        d.value(self.key(d, key))
    }

    /// Whether there is such a key.
    #[must_use]
    pub fn has(&self, key: Key) -> bool {
        self.keys[key as usize] != NONE
    }

    /// Whether the best candidate is a number.
    #[must_use]
    pub fn is_number(&self, d: &Draft<'_>, key: Key) -> bool {
        self.has(key) && self.kind(d, self.keys[key as usize].1) == ValueKind::Number
    }

    /// The best candidate with its kind, for envelopes.
    #[must_use]
    pub fn is_text(&self, d: &Draft<'_>, key: Key) -> bool {
        self.has(key) && self.kind(d, self.keys[key as usize].1) == ValueKind::Text
    }
}
