//! The open log turned sideways: for each field that rules ask for, every
//! distinct value once. A changed predicate is then asked of distinct values,
//! and a rule is arithmetic on bitmaps, so that an edit over a million events is
//! answered while one types.
//!
//! What is found is what [`super::Matcher`] finds (a property test says so).
//! Rules that ask for what no column holds (keywords, parts of times) are for
//! the matcher; [`Columns::matches`] then says so.

mod bitmap;
mod dictionary;
mod hits;
mod test;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::event::{EventRef, FieldId, Logsource, OVERLAY, Ov, Schema, ValueKind};

use super::compile::expr::Expr;
use super::compile::preds::{Op, Preds, Slot, SlotId};
use super::draft::Draft;
use super::engine::related;
use super::{FieldRef, OvField, RuleIdx};

pub use bitmap::Bitmap;
use dictionary::{ABSENT, Column, NULL};
pub use hits::Hits;
use test::Tester;

/// Bitmaps of predicates kept.
const MAX_BITMAPS: usize = 512;

/// Where a field is read, by name: the same for every rule set.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    overlay: Option<OvField>,
    original: Box<str>,
    original_first: bool,
}

/// A column in the making or made; `None` where it was too large.
#[derive(Debug)]
struct Place {
    key: Key,
    column: Option<Column>,
}

/// Why a rule cannot be answered from columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeedsScan {
    /// It asks for keywords or a part of the time.
    Kind,
    /// A field has no column (yet).
    Field,
    /// A column would take too much memory.
    TooLarge,
}

impl std::fmt::Display for NeedsScan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Kind => "keywords or times",
            Self::Field => "a field without a column",
            Self::TooLarge => "a column would be too large",
        })
    }
}

/// Dictionary columns of a log, and the bitmaps of predicates asked before.
#[derive(Debug)]
pub struct Columns {
    places: Vec<Place>,
    by_key: FxHashMap<Key, usize>,
    /// The logsource of each event, by position in `logsources`.
    sources: Vec<u16>,
    logsources: Vec<[Box<str>; 3]>,
    asked: FxHashMap<(usize, Op), Arc<Bitmap>>,
    /// Most bytes of all columns.
    cap: usize,
    /// How to read the fields of the events at hand; made for each schema.
    reading: Option<Reading>,
}

/// The columns' fields in the names of a batch's schema.
#[derive(Debug)]
struct Reading {
    schema: Arc<Schema>,
    fields: Vec<FieldRef>,
    /// For names that the schema does not know: the wanted names.
    wanted: FxHashMap<Box<str>, FieldId>,
    logsources: FxHashMap<Logsource, u16>,
    ids: Vec<FieldId>,
}

impl Columns {
    /// No columns yet; `cap` is the most bytes that they may take together.
    #[must_use]
    pub fn new(cap: usize) -> Self {
        Self {
            places: Vec::new(),
            by_key: FxHashMap::default(),
            sources: Vec::new(),
            logsources: Vec::new(),
            asked: FxHashMap::default(),
            cap,
            reading: None,
        }
    }

    /// A set like this one, still empty, that also has what these rules ask
    /// for; `None` where nothing is missing.
    #[must_use]
    pub fn wider(&self, drafts: &[&Draft]) -> Option<Self> {
        let mut keys: Vec<Key> = self.places.iter().map(|p| p.key.clone()).collect();
        let known = keys.len();
        for d in drafts {
            for slot in d.slots() {
                if let Some(k) = key(slot, d.schema()).filter(|k| !keys.contains(k)) {
                    keys.push(k);
                }
            }
        }
        if keys.len() == known && known > 0 {
            return None;
        }
        // The overlay is what edits turn to next: it comes with the first reading.
        for k in usual() {
            if !keys.contains(&k) {
                keys.push(k);
            }
        }
        let mut next = Self::new(self.cap);
        for k in keys {
            next.by_key.insert(k.clone(), next.places.len());
            next.places.push(Place { key: k, column: Some(Column::after(0)) });
        }
        Some(next)
    }

    /// How many events it holds.
    #[must_use]
    pub fn events(&self) -> usize {
        self.sources.len()
    }

    /// How many columns, and the bytes that they take.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let made = self.places.iter().filter_map(|p| p.column.as_ref());
        (made.clone().count(), made.map(Column::bytes).sum::<usize>() + self.sources.len() * 2)
    }

    /// Adds the next event of the log; one that cannot be read any more has nothing.
    pub fn push(&mut self, e: Option<EventRef<'_>>) {
        let Some((e, schema)) = e.and_then(|e| Some((e, e.batch.schema.as_ref()?))) else {
            self.sources.push(u16::MAX);
            self.places.iter_mut().filter_map(|p| p.column.as_mut()).for_each(|c| c.push([].into_iter(), false));
            return;
        };
        if self.reading.as_ref().is_none_or(|r| !Arc::ptr_eq(&r.schema, schema)) {
            self.reading = Some(Reading::new(schema, &self.places));
        }
        let Some(r) = &mut self.reading else { return };
        let source = match r.logsources.get(&e.rec.logsource) {
            Some(n) => *n,
            None => {
                let l = e.rec.logsource;
                let names = [l.product, l.category, l.service].map(|s| Box::from(schema.sym_name(s)));
                let n = self.logsources.iter().position(|known| *known == names).unwrap_or_else(|| {
                    self.logsources.push(names);
                    self.logsources.len() - 1
                });
                let n = u16::try_from(n).unwrap_or(u16::MAX);
                r.logsources.insert(l, n);
                n
            }
        };
        self.sources.push(source);
        let known =
            |id: FieldId, f| if id == FieldId::UNKNOWN { r.wanted.get(e.field_name(f)).copied() } else { Some(id) };
        let mut ids = std::mem::take(&mut r.ids);
        ids.clear();
        ids.extend(e.fields().iter().map(|f| known(f.id, f).unwrap_or(FieldId::UNKNOWN)));
        r.ids = ids;
        for (place, field) in self.places.iter_mut().zip(&r.fields) {
            if let Some(c) = &mut place.column {
                push_field(c, e, field, &r.ids);
            }
        }
        if self.sources.len().is_multiple_of(4_096) {
            self.shed();
        }
    }

    /// Gives up the largest columns while all together are too large.
    fn shed(&mut self) {
        while self.size().1 > self.cap {
            let size = |p: &Place| p.column.as_ref().map_or(0, Column::bytes);
            let Some(largest) = self.places.iter_mut().max_by_key(|p| size(p)).filter(|p| p.column.is_some()) else {
                return;
            };
            largest.column = None;
        }
    }

    /// The events that each rule matches, less those left out; rules that match
    /// none are not named.
    ///
    /// # Errors
    /// Where the columns cannot tell.
    pub fn matches(&mut self, draft: &Draft, out: Option<&Bitmap>) -> Result<Vec<(RuleIdx, Hits)>, NeedsScan> {
        let mut found = Vec::new();
        for (rule, logsource, expr) in draft.parts() {
            let own: Vec<bool> = (self.logsources.iter())
                .map(|[p, c, s]| logsource.matches(draft.schema().logsource(p, c, s)))
                .collect();
            if !own.iter().any(|b| *b) {
                continue;
            }
            let mut bits = self.expr(draft.preds(), draft.schema(), expr)?;
            let bound = |n: &u16| own.get(usize::from(*n)).copied().unwrap_or(false);
            if !own.iter().all(|b| *b) {
                bits.and(&Bitmap::of(self.sources.iter().map(bound)));
            }
            if let Some(out) = out {
                bits.minus(out);
            }
            let hits = Hits::from(bits);
            if !hits.is_empty() {
                found.push((rule, hits));
            }
        }
        Ok(found)
    }

    fn expr(&mut self, preds: &Preds, schema: &Schema, e: &Expr) -> Result<Bitmap, NeedsScan> {
        Ok(match e {
            Expr::Const(b) => Bitmap::filled(self.events(), *b),
            Expr::Pred(p) => (*self.pred(preds, schema, *p)?).clone(),
            Expr::Not(inner) => {
                let mut b = self.expr(preds, schema, inner)?;
                b.flip();
                b
            }
            Expr::And(all) => {
                let mut out = Bitmap::filled(self.events(), true);
                for e in all {
                    out.and(&self.expr(preds, schema, e)?);
                }
                out
            }
            Expr::Or(any) => {
                let mut out = Bitmap::filled(self.events(), false);
                for e in any {
                    out.or(&self.expr(preds, schema, e)?);
                }
                out
            }
            Expr::AtLeast(n, parts) => {
                let mut each = Vec::with_capacity(parts.len());
                for e in parts {
                    each.push(self.expr(preds, schema, e)?);
                }
                Bitmap::of((0..self.events()).map(|i| each.iter().filter(|b| b.get(i)).count() >= *n))
            }
        })
    }

    fn column(&self, schema: &Schema, slot: &Slot) -> Result<(usize, &Column), NeedsScan> {
        let key = key(slot, schema).ok_or(NeedsScan::Kind)?;
        let at = *self.by_key.get(&key).ok_or(NeedsScan::Field)?;
        let place = self.places.get(at).ok_or(NeedsScan::Field)?;
        Ok((at, place.column.as_ref().ok_or(NeedsScan::TooLarge)?))
    }

    fn pred(&mut self, preds: &Preds, schema: &Schema, p: u32) -> Result<Arc<Bitmap>, NeedsScan> {
        let slot_at = |id: SlotId| preds.slots.get(usize::from(id)).ok_or(NeedsScan::Kind);
        let (slot, op) = preds.list.get(p as usize).ok_or(NeedsScan::Kind)?;
        let (at, column) = self.column(schema, slot_at(*slot)?)?;
        if let Op::Field { other, place, cased } = op {
            let (_, second) = self.column(schema, slot_at(*other)?)?;
            let mut known: FxHashMap<(u32, u32), bool> = FxHashMap::default();
            let mut pair = |a: u32, b: u32| {
                *known.entry((a, b)).or_insert_with(|| {
                    column.values(a).any(|x| second.values(b).any(|y| related(x, y, *place, *cased)))
                })
            };
            let (a, b) = (column.ids(), second.ids());
            return Ok(Arc::new(Bitmap::of((0..self.sources.len()).map(|i| pair(a.get(i), b.get(i))))));
        }
        if matches!(op, Op::Time(..)) {
            return Err(NeedsScan::Kind);
        }
        let key = (at, op.clone());
        if let Some(b) = self.asked.get(&key) {
            return Ok(Arc::clone(b));
        }
        let mut tester = Tester::new(op, preds.regexes.get(&p));
        let held: Vec<bool> = (0..column.distinct() as u32)
            .map(|id| match op {
                Op::Exists => id != ABSENT,
                Op::Present => id != ABSENT && id != NULL,
                _ => column.values(id).any(|v| tester.holds(v)),
            })
            .collect();
        let bits = Arc::new(column.ids().select(&held));
        if self.asked.len() >= MAX_BITMAPS {
            self.asked.clear();
        }
        self.asked.insert(key, Arc::clone(&bits));
        Ok(bits)
    }
}

fn key(slot: &Slot, schema: &Schema) -> Option<Key> {
    let Slot::Field(f) = slot else { return None };
    if f.overlay == Some(OvField::Timestamp) {
        return None;
    }
    Some(Key { overlay: f.overlay, original: schema.field_name(f.original).into(), original_first: f.original_first })
}

/// The overlay's fields, but for those that are different in nearly every event.
fn usual() -> impl Iterator<Item = Key> {
    let dear = [Ov::Message, Ov::Pid, Ov::SrcPort, Ov::SessionId];
    let texts = OVERLAY.iter().filter(move |o| !dear.contains(o)).map(|o| (OvField::Text(*o), o.name()));
    let typed = [(OvField::EventType, "event_type"), (OvField::Outcome, "outcome"), (OvField::Severity, "severity")];
    texts.chain(typed).map(|(o, name)| Key { overlay: Some(o), original: name.into(), original_first: false })
}

impl Reading {
    fn new(schema: &Arc<Schema>, places: &[Place]) -> Self {
        // Names that the batch's schema does not know get numbers from the top down.
        let mut wanted: FxHashMap<Box<str>, FieldId> = FxHashMap::default();
        let mut next = FieldId::UNKNOWN.0;
        let mut fields = Vec::with_capacity(places.len());
        for p in places {
            let mut original = schema.field(&p.key.original);
            if original == FieldId::UNKNOWN && !p.key.original.is_empty() {
                original = *wanted.entry(p.key.original.clone()).or_insert_with(|| {
                    next = next.wrapping_sub(1);
                    FieldId(next)
                });
            }
            fields.push(FieldRef { overlay: p.key.overlay, original, original_first: p.key.original_first });
        }
        Self { schema: Arc::clone(schema), fields, wanted, logsources: FxHashMap::default(), ids: Vec::new() }
    }
}

fn push_field(c: &mut Column, e: EventRef<'_>, field: &FieldRef, ids: &[FieldId]) {
    let overlay = field.read_overlay(e);
    let mine =
        || e.fields().iter().zip(ids).filter(|(_, id)| field.original != FieldId::UNKNOWN && **id == field.original);
    let originals = || mine().filter(|(f, _)| f.kind != ValueKind::Null).map(|(f, _)| e.batch.value(f.value));
    let by_original = overlay.is_none() || (field.original_first && originals().next().is_some());
    if by_original {
        c.push(originals(), mine().next().is_some());
    } else {
        c.push(overlay.into_iter(), true);
    }
}

#[cfg(test)]
mod tests;
