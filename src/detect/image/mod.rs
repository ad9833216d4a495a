//! A rule set as bytes, to be read back without its files: what is told of each
//! rule, the distinct predicates, and each rule as an expression over them. The
//! index is made anew, which takes a small part of the time that reading the
//! rules takes.

mod codec;
mod words;

use std::sync::Arc;

use codec::{Kept, Reader};

use super::compile::Source;
use super::compile::preds::{Op, Preds, Slot, SlotId};
use super::ruleset::{self, Lowered};
use super::{RuleFile, RuleInfo, RuleSet};
use crate::event::{Schema, SchemaBuilder};

/// Which bytes mean what. To be raised with every change of their meaning.
pub const FORMAT: u32 = 3;

impl RuleSet {
    /// Loads rule files, whose texts have these [hashes](RuleFile::digest), and
    /// appends the bytes from which [`RuleSet::from_image`] makes the same set.
    /// The texts are given back once they are read.
    #[must_use]
    pub fn load_with_image(files: &mut [RuleFile], digests: &[[u8; 32]], to: &mut Vec<u8>) -> Self {
        let hash = ruleset::hash_of(files, digests);
        let lowered = Self::lowered_giving_back(files);
        put(&lowered, &hash, to);
        Self::of_lowered(lowered, hash)
    }

    /// The set of an image; `None` where it is not whole.
    #[must_use]
    pub fn from_image(image: &[u8]) -> Option<Self> {
        ReadImage::new(image).map(ReadImage::compiled)
    }
}

/// An image that was read: its bytes are not needed any more while it is compiled.
#[derive(Debug)]
pub struct ReadImage(Lowered, String);

impl ReadImage {
    /// Reads an image; `None` where it is not whole.
    #[must_use]
    pub fn new(image: &[u8]) -> Option<Self> {
        let mut r = Reader::new(image);
        let hash = String::get(&mut r)?;
        let lowered = lowered(&mut r)?;
        r.is_done().then(|| Self(lowered, hash))
    }

    /// The rules, loaded or not.
    #[must_use]
    pub fn rules(&self) -> &[RuleInfo] {
        &self.0.0
    }

    /// The set.
    #[must_use]
    pub fn compiled(self) -> RuleSet {
        RuleSet::of_lowered(self.0, self.1)
    }
}

fn put(lowered: &Lowered, hash: &str, to: &mut Vec<u8>) {
    let (rules, preds, sources, schema) = lowered;
    hash.to_owned().put(to);
    let (fields, syms) = schema.names();
    fields.to_vec().put(to);
    syms.to_vec().put(to);
    rules.put(to);
    preds.slots.put(to);
    preds.list.put(to);
    let literals: Vec<Option<Vec<String>>> = (0..preds.list.len() as u32)
        .filter_map(|i| preds.regexes.get(&i))
        .map(|r| r.literals().map(<[String]>::to_vec))
        .collect();
    literals.put(to);
    sources.put(to);
}

fn lowered(r: &mut Reader<'_>) -> Option<Lowered> {
    let (fields, syms): (Vec<Box<str>>, Vec<Box<str>>) = Kept::get(r)?;
    let schema = schema(&fields, &syms)?;
    let rules: Vec<RuleInfo> = Kept::get(r)?;
    let slots: Vec<Slot> = Kept::get(r)?;
    let list: Vec<(SlotId, Op)> = Kept::get(r)?;
    let literals: Vec<Option<Vec<String>>> = Kept::get(r)?;
    let sources: Vec<Source> = Kept::get(r)?;
    let preds = Preds::restored(slots, list, literals)?;
    // Rules and sources refer to each other by number.
    let known = |s: &Source| rules.get(s.rule.0 as usize).is_some_and(|i| i.loaded);
    sources.iter().all(known).then(|| (rules, preds, sources, Arc::new(schema)))
}

/// The tables with these names, in their order.
fn schema(fields: &[Box<str>], syms: &[Box<str>]) -> Option<Schema> {
    let mut b = SchemaBuilder::new();
    for (i, name) in fields.iter().enumerate() {
        (usize::from(b.field(name).0) == i).then_some(())?;
    }
    for (i, name) in syms.iter().enumerate() {
        (usize::from(b.sym(name).0) == i).then_some(())?;
    }
    Some(b.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::shipped;

    fn files() -> Vec<RuleFile> {
        let mut files = shipped::rules();
        files.push(RuleFile::new("wrong.yml", "title: [\n"));
        files.push(RuleFile::new(
            "mine.yml",
            "title: All kinds\nid: 11111111-2222-4333-8444-555555555555\nlogsource: {product: windows}\n\
             detection:\n  a: {Image|re: 'a.*b[0-9]{1,3}', N|lt: 5, IP|cidr: 10.0.0.0/8, X: null, Y|exists: true}\n  \
             b: [one, 'two*three?four']\n  c: {Image|fieldref: Other, T|hour: 3, Z: 7}\n  condition: 1 of a* or not all of them\n",
        ));
        files
    }

    fn with_image(files: &[RuleFile]) -> (RuleSet, Vec<u8>) {
        let digests: Vec<_> = files.iter().map(RuleFile::digest).collect();
        let mut image = Vec::new();
        (RuleSet::load_with_image(&mut files.to_vec(), &digests, &mut image), image)
    }

    #[test]
    fn the_same_set_comes_back() {
        let files = files();
        let (set, image) = with_image(&files);
        let plain = RuleSet::load(&files);
        let back = RuleSet::from_image(&image).expect("whole");
        assert_eq!(plain.rules(), back.rules());
        assert_eq!(set.rules(), back.rules());
        assert_eq!(plain.hash(), back.hash());
        let (c, d) = (plain.compiled(), back.compiled());
        assert_eq!((&c.slots, &c.preds, &c.pred_slots), (&d.slots, &d.preds, &d.pred_slots));
        assert_eq!(format!("{:?}", c.programs), format!("{:?}", d.programs));
        assert_eq!(format!("{:?}", c.rules), format!("{:?}", d.rules));
        assert_eq!(plain.schema().names(), back.schema().names());
        assert!(plain.rules().iter().any(|r| !r.loaded), "what was refused is told again");
    }

    #[test]
    fn what_is_damaged_is_refused_or_read_and_never_a_panic() {
        let (_, image) = with_image(&files().split_off(140));
        assert!(RuleSet::from_image(&[]).is_none());
        assert!(RuleSet::from_image(image.get(..image.len() - 1).expect("shorter")).is_none());
        let mut longer = image.clone();
        longer.push(0);
        assert!(RuleSet::from_image(&longer).is_none());
        for at in (0..image.len()).step_by(image.len() / 150) {
            let mut wrong = image.clone();
            wrong[at] ^= 0x55;
            let _ = RuleSet::from_image(&wrong);
        }
    }
}
