//! Where a rule's field is read in an event, decided when the rule is compiled.

use std::sync::Arc;

use crate::event::{EventRef, FieldId, Ov};

/// A typed member or a text field of the overlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OvField {
    /// A text field.
    Text(Ov),
    /// `event_type`.
    EventType,
    /// `outcome`.
    Outcome,
    /// `severity`.
    Severity,
    /// `timestamp`, as RFC 3339; only time-part modifiers and groups read it.
    Timestamp,
}

/// Where a field is read. An overlay name reads the overlay, and the original
/// field of that name where the overlay has no value; a mapped name (Sigma's
/// `c-ip`, …) reads the original field first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldRef {
    /// The overlay field, if the name stands for one.
    pub overlay: Option<OvField>,
    /// The original field of the rule's own name.
    pub original: FieldId,
    /// Whether the original field goes before the overlay.
    pub original_first: bool,
}

impl FieldRef {
    /// The first value; `None` where the event has none (or null).
    #[must_use]
    pub fn read<'a>(&self, e: EventRef<'a>) -> Option<&'a str> {
        if self.original_first {
            return self.read_original(e).or_else(|| self.read_overlay(e));
        }
        self.read_overlay(e).or_else(|| self.read_original(e))
    }

    /// The overlay's value.
    #[must_use]
    pub fn read_overlay<'a>(&self, e: EventRef<'a>) -> Option<&'a str> {
        match self.overlay? {
            OvField::Text(ov) => e.ov(ov),
            OvField::EventType => Some(e.rec.event_type.as_str()),
            OvField::Outcome => Some(e.rec.outcome.as_str()),
            OvField::Severity => Some(e.rec.severity.as_str()),
            OvField::Timestamp => None,
        }
    }

    /// The original field's first value that is not null.
    #[must_use]
    pub fn read_original<'a>(&self, e: EventRef<'a>) -> Option<&'a str> {
        if self.original == FieldId::UNKNOWN {
            return None;
        }
        let f = e.fields().iter().find(|f| f.id == self.original && f.kind != crate::event::ValueKind::Null)?;
        Some(e.batch.value(f.value))
    }
}

/// A field with the name that the rule gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedField {
    /// Name in the rule; part of group keys.
    pub name: Arc<str>,
    /// Where it is read.
    pub field: FieldRef,
}
