//! Reading the slots of one event.

use crate::detect::FieldRef;
use crate::detect::compile::preds::Slot;
use crate::event::{EventRef, FieldId, Schema, ValueKind};

/// An event with the rule set's names at hand. Batches parsed with another
/// schema work too, by name instead of by number.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The event.
    pub e: EventRef<'a>,
    /// The rule set's names where the batch has others.
    pub foreign: Option<&'a Schema>,
}

impl<'a> View<'a> {
    /// The interned id of an original field.
    #[inline]
    pub fn field_id(&self, f: &crate::event::Field) -> FieldId {
        match self.foreign {
            None => f.id,
            Some(schema) => schema.field(self.e.field_name(f)),
        }
    }

    /// Calls `f` with each original value of a field that is not null; whether there was one.
    fn originals(&self, id: FieldId, mut f: impl FnMut(&'a str)) -> bool {
        let mut any = false;
        let mut take = |field: &crate::event::Field| {
            any = true;
            f(self.e.batch.value(field.value));
        };
        let fields = self.e.fields().iter();
        match self.foreign {
            _ if id == FieldId::UNKNOWN => {}
            // Asked for often: nothing else is done for other fields.
            None => fields.filter(|f| f.id == id && f.kind != ValueKind::Null).for_each(take),
            Some(_) => fields.filter(|f| f.kind != ValueKind::Null && self.field_id(f) == id).for_each(&mut take),
        }
        any
    }

    fn overlay(&self, field: &FieldRef, mut f: impl FnMut(&'a str)) -> bool {
        let value = field.read_overlay(self.e);
        value.into_iter().for_each(&mut f);
        value.is_some()
    }

    /// Calls `f` with each value of a slot; whether there was one.
    pub fn values(&self, slot: &Slot, mut f: impl FnMut(&'a str)) -> bool {
        match slot {
            Slot::Raw => {
                let raw = self.e.raw();
                // Values of a structured record are looked at unescaped.
                if raw.starts_with('{') && !self.e.fields().is_empty() {
                    self.e.fields().iter().for_each(|x| f(self.e.batch.value(x.value)));
                } else {
                    f(raw);
                }
                true
            }
            Slot::Field(field) if field.original_first => {
                self.originals(field.original, &mut f) || self.overlay(field, f)
            }
            Slot::Field(field) => self.overlay(field, &mut f) || self.originals(field.original, f),
        }
    }

    /// Whether the field is there at all, if only as null.
    pub fn exists(&self, slot: &Slot) -> bool {
        let Slot::Field(field) = slot else { return true };
        field.read_overlay(self.e).is_some()
            || (field.original != FieldId::UNKNOWN
                && self.e.fields().iter().any(|f| self.field_id(f) == field.original))
    }
}
