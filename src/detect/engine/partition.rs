//! The detections that concern events of one logsource, and which fields must
//! be looked at to wake them.

use crate::detect::OvField;
use crate::detect::compile::Compilation;
use crate::detect::compile::bits::Bits;
use crate::detect::compile::keywords::Keywords;
use crate::detect::compile::preds::{RAW, Slot, SlotId};
use crate::event::{FieldId, Logsource};

/// See [`Partition::only`].
pub const MANY: SlotId = SlotId::MAX;

/// One logsource's share of the rules.
#[derive(Debug, Default)]
pub struct Partition {
    /// Tells it from all others of its matcher.
    pub number: u32,
    /// Positions of its detections.
    pub rules: Bits,
    /// Predicates that wake one of them.
    pub waking: Bits,
    /// Detections that are tried on every event.
    pub always: Vec<u32>,
    /// Slots that wake a detection: searched on every event.
    pub eager: Bits,
    /// Whether the record as a whole is one of them.
    pub raw: bool,
    /// What must be in a record for it to be searched as a whole, if that can be told.
    pub keywords: Option<Keywords>,
    /// A number that shares with the same keywords have in common.
    pub words: u32,
    /// Those that read the overlay first.
    pub overlay: Vec<(SlotId, OvField)>,
    /// Those that read the overlay where the original field is absent.
    pub mapped: Vec<(SlotId, OvField)>,
    /// Whether any of them reads original fields.
    pub fields: bool,
    /// By original field: the one slot that is searched for it, 0 for none, [`MANY`]
    /// where several are or the overlay has a word in it.
    pub only: Vec<SlotId>,
    /// Whether no rule at all concerns these events.
    pub empty: bool,
}

impl Partition {
    /// The share of one logsource.
    #[must_use]
    pub fn new(c: &Compilation, logsource: Logsource, number: u32) -> Self {
        let mut p = Self {
            number,
            words: number,
            rules: Bits::new(c.rules.len()),
            eager: Bits::new(c.slots.len()),
            waking: Bits::new(c.preds.len()),
            empty: true,
            ..Self::default()
        };
        for (i, r) in c.rules.iter().enumerate() {
            if !r.logsource.matches(logsource) {
                continue;
            }
            p.empty = false;
            p.rules.add(i as u32);
            if r.always {
                p.always.push(i as u32);
            }
            for slot in &r.slots {
                if p.eager.add(u32::from(*slot)) {
                    p.look_at(c, *slot);
                }
            }
        }
        for pred in 0..c.preds.len() as u32 {
            if c.wakes(pred).iter().any(|r| p.rules.has(*r)) {
                p.waking.add(pred);
            }
        }
        if p.raw {
            let mine = c.rules.iter().enumerate().filter(|(i, _)| p.rules.has(*i as u32));
            let ops = mine.flat_map(|(_, r)| &r.keywords).filter_map(|k| c.preds.get(*k as usize));
            p.keywords = Keywords::new(ops.map(|(_, op)| op));
        }
        p.only = c.by_field.iter().map(|slots| p.only(c, slots)).collect();
        p
    }

    fn only(&self, c: &Compilation, slots: &[SlotId]) -> SlotId {
        let mut mine = slots.iter().filter(|s| self.eager.has(u32::from(**s)));
        let plain = |s: SlotId| matches!(c.slots.get(usize::from(s)), Some(Slot::Field(f)) if f.overlay.is_none());
        match (mine.next(), mine.next()) {
            (None, _) => 0,
            (Some(s), None) if plain(*s) => *s,
            _ => MANY,
        }
    }

    fn look_at(&mut self, c: &Compilation, slot: SlotId) {
        match c.slots.get(usize::from(slot)) {
            Some(Slot::Field(f)) => {
                self.fields |= f.original != FieldId::UNKNOWN;
                match f.overlay {
                    Some(o) if f.original_first => self.mapped.push((slot, o)),
                    Some(o) => self.overlay.push((slot, o)),
                    None => {}
                }
            }
            Some(Slot::Raw) => self.raw |= slot == RAW,
            None => {}
        }
    }
}
