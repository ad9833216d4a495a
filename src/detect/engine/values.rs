//! Going through the values of an event: those of fields that rules wait for, and
//! all that may hold a keyword. Most values came before, and all that they are to
//! the rules of the event's logsource is one look away ([`Known::settled`]).
//!
//! [`Known::settled`]: super::known::Known::settled

use super::event::View;
use super::partition::{MANY, Partition};
use super::{Work, sets};
use crate::detect::compile::Compilation;
use crate::detect::compile::keywords::Keywords;
use crate::detect::compile::preds::RAW;
use crate::event::{Field, FieldId, ValueKind};

/// Records with more fields may have some that do not stand in their raw text.
const MANY_FIELDS: usize = 2_048;

impl Work {
    /// Searches the fields, and of a structured record all values that may hold a
    /// keyword and were not looked at before.
    pub(super) fn fields(&mut self, c: &Compilation, p: &Partition, view: View<'_>) {
        let e = view.e;
        let known = self.known.is_of(e.batch.memory);
        let keywords = if known { Self::by_value(p, view) } else { None };
        if !p.fields && keywords.is_none() {
            return;
        }
        for f in e.fields() {
            let same = if known { f.same } else { 0 };
            match self.known.settled(same, p.number) {
                Some(all) => self.take(Some(all)),
                None => self.field(c, p, view, f, same, keywords),
            }
        }
    }

    /// Searches one field, whose value has the number `same` if it has one.
    #[inline]
    fn field(
        &mut self,
        c: &Compilation,
        p: &Partition,
        view: View<'_>,
        f: &Field,
        same: u32,
        keywords: Option<&Keywords>,
    ) {
        let id = view.field_id(f);
        let unread = id == FieldId::UNKNOWN || f.kind == ValueKind::Null;
        let only = if unread { 0 } else { p.only.get(usize::from(id.0)).copied().unwrap_or(0) };
        let words = keywords.filter(|k| f.value.len() >= k.least());
        if only == 0 && words.is_none() {
            return;
        }
        let value = || view.e.batch.value(f.value);
        let entry = self.known.of(same);
        let clean = words.is_none_or(|w| entry.clean == p.words || !w.may_hold_value(value()));
        if !clean {
            self.note(c, RAW, value(), 0);
        } else if words.is_some() {
            self.known.keep_clean(same, p.words);
        }
        let set = match only {
            0 => Some(sets::EMPTY),
            MANY => return self.slots(c, p, view, f),
            only if entry.slot == only => Some(entry.set),
            only => self.search(c, only, value(), same),
        };
        self.take(set);
        // Where keywords are looked for elsewhere, that says nothing of them.
        let settled = clean && (keywords.is_some() || p.keywords.is_none());
        if let Some(set) = set.filter(|_| settled) {
            self.known.settle(same, p.number, set);
        }
    }

    /// Searches a field that several slots read.
    fn slots(&mut self, c: &Compilation, p: &Partition, view: View<'_>, f: &Field) {
        for slot in c.by_field.get(usize::from(view.field_id(f).0)).into_iter().flatten() {
            // An overlay value goes before the original of its name.
            let shadowed = self.searched.has(u32::from(*slot)) && p.overlay.iter().any(|(s, _)| s == slot);
            if p.eager.has(u32::from(*slot)) && !shadowed {
                self.note(c, *slot, view.e.batch.value(f.value), 0);
                if p.mapped.iter().any(|(s, _)| s == slot) {
                    self.mark(*slot);
                }
            }
        }
    }

    /// The keywords that are looked for in each value by itself.
    fn by_value<'p>(p: &'p Partition, view: View<'_>) -> Option<&'p Keywords> {
        let some = 1..=MANY_FIELDS;
        p.keywords.as_ref().filter(|_| p.raw && some.contains(&view.e.fields().len()) && view.e.raw().starts_with('{'))
    }

    /// Searches the record as a whole, where it may hold a keyword.
    pub(super) fn raw(&mut self, c: &Compilation, p: &Partition, view: View<'_>) {
        let (e, raw) = (view.e, view.e.raw());
        if self.known.is_of(e.batch.memory) && Self::by_value(p, view).is_some() {
            return;
        }
        let keywords = p.keywords.as_ref().filter(|_| e.fields().len() <= MANY_FIELDS);
        if keywords.is_none_or(|k| k.may_hold(raw))
            && let Some(slot) = c.slots.get(usize::from(RAW))
        {
            view.values(slot, |v| self.note(c, RAW, v, 0));
        }
    }
}
