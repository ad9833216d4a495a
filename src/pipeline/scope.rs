//! What of the inputs a session analyzes: `--filter`, `--from` and `--to`.

use crate::event::{EventRef, Record, RecordFlags, TimeQuality, Ts};
use crate::query::Query;

/// The part of the records that rules are asked about.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Only events that match.
    pub query: Option<Query>,
    /// Only events from this time on.
    pub from: Option<Ts>,
    /// Only events before this time.
    pub to: Option<Ts>,
}

impl Scope {
    /// Whether nothing is left out.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        self.query.is_none() && self.from.is_none() && self.to.is_none()
    }

    /// Whether a record is in the range of time. What has no time is not known to be.
    #[must_use]
    pub fn in_time(from: Option<Ts>, to: Option<Ts>, r: &Record) -> bool {
        let ranged = from.is_some() || to.is_some();
        from.is_none_or(|f| r.time >= f)
            && to.is_none_or(|u| r.time < u)
            && !(ranged && r.quality == TimeQuality::Unknown)
    }

    /// Whether an event is analyzed.
    #[must_use]
    pub fn keeps(&self, e: &EventRef<'_>) -> bool {
        !e.rec.flags.has(RecordFlags::HEADER)
            && Self::in_time(self.from, self.to, e.rec)
            && self.query.as_ref().is_none_or(|q| q.matches(e))
    }
}

/// Events that are looked for: those of a part of the records, and of these the
/// ones that a query keeps.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The part; its default is all.
    pub scope: Scope,
    /// Of the part only events that match.
    pub query: Option<Query>,
}

impl Wanted {
    /// Whether everything is wanted.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        self.scope.is_all() && self.query.is_none()
    }

    /// Whether an event is wanted.
    #[must_use]
    pub fn keeps(&self, e: &EventRef<'_>) -> bool {
        (self.scope.is_all() || self.scope.keeps(e)) && self.query.as_ref().is_none_or(|q| q.matches(e))
    }
}

impl From<Query> for Wanted {
    fn from(query: Query) -> Self {
        Self { scope: Scope::default(), query: Some(query) }
    }
}
