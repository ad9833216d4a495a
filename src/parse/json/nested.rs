//! Lists and objects of Azure's directory audit under the names that rules
//! use: `TargetResources` for `properties.targetResources`.

use smallvec::SmallVec;

use super::zeek::field;
use crate::event::{Draft, FieldId, Schema, Span, ValueKind};

/// What these logs nest; its case and what stands before it differ by the form
/// in which the log is handed out.
const ROOTS: [&str; 3] = ["targetResources", "initiatedBy", "additionalDetails"];
/// Most values under one name.
const MOST: usize = 256;

/// The names of that kind that rules ask for.
#[derive(Debug, Clone, Default)]
pub(super) struct Nested {
    asked: Box<[FieldId]>,
}

impl Nested {
    pub(super) fn new(schema: &Schema) -> Self {
        let ids = (0..schema.field_count()).filter_map(|i| u16::try_from(i).ok().map(FieldId));
        Self { asked: ids.filter(|id| rooted(schema.field_name(*id))).collect() }
    }

    /// Gives each asked name that has no value the values of the same place,
    /// and all values inside it.
    pub(super) fn copy(&self, d: &mut Draft<'_>) {
        // What is added here is not looked through again.
        let own = d.fields().len();
        for id in &self.asked {
            let schema = d.schema;
            let name = schema.field_name(*id);
            if field(d, name).is_some() {
                continue;
            }
            let values: SmallVec<[(Span, ValueKind); 16]> = (d.fields().iter().take(own))
                .filter(|f| f.kind != ValueKind::Null && f.id != *id)
                .filter(|f| {
                    within(if f.id == FieldId::UNKNOWN { d.value(f.name) } else { schema.field_name(f.id) }, name)
                })
                .take(MOST)
                .map(|f| (f.value, f.kind))
                .collect();
            for (value, kind) in &values {
                d.span_field(name, *value, *kind);
            }
            if values.len() > 1 {
                d.mark_last(values.len());
            }
        }
    }
}

/// A name without what may stand before it.
fn bare(name: &str) -> &str {
    name.strip_prefix("properties.").unwrap_or(name)
}

/// Whether a name is one of these, or of a part of them.
fn rooted(name: &str) -> bool {
    ROOTS.iter().any(|root| within(name, root))
}

/// Whether a name is that of `place`, or of something inside it.
fn within(name: &str, place: &str) -> bool {
    let (name, place) = (bare(name).as_bytes(), bare(place).as_bytes());
    let same = name.get(..place.len()).is_some_and(|n| n.eq_ignore_ascii_case(place));
    same && matches!(name.get(place.len()), None | Some(b'.'))
}
