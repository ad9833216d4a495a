//! Whether both engines find the same, event by event.
//!
//! The other engine's routing is off: which rules concern an event is decided
//! by this engine's logsource function for both, since the other takes what an
//! event does not say for a match.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::bail;
use secstream::detect::{RuleFile, RuleIdx};

use crate::data::Data;
use crate::ours::Ours;
use crate::theirs::Theirs;
use crate::{large, made};

/// Rules about which the engines differ (id, or title of a made rule), who
/// finds more, and the paragraph of the Sigma specification that decides it:
/// document (`Rules`, `Modifiers`), heading, entry, of version 2.1.0 (2025-08-02).
const KNOWN: &[(&str, Only, &str)] = &[
    ("4a0b2c7e-7cb2-495d-8b63-5f268e7bfd67", Only::Ours, WINDASH),
    ("ab6bffca-beff-4baa-af11-6733f296d57a", Only::Ours, ONE),
    ("f6de9536-0441-4b3f-a646-f4e00f300ffd", Only::Ours, ONE),
    ("number as text", Only::Theirs, "Rules, General: all values are strings, and 4688.0 is not written 4688"),
    ("any value", Only::Ours, MANY),
    ("wildcards", Only::Ours, MANY),
    ("endswith", Only::Ours, ONE),
    ("endswith", Only::Theirs, "Modifiers, Generic, endswith: the value is expected at the end"),
    ("exists", Only::Ours, EXISTS),
    ("exists not", Only::Theirs, EXISTS),
    ("base64offset", Only::Ours, OFFSET),
    ("wide base64offset", Only::Ours, OFFSET),
    (
        "cidr",
        Only::Ours,
        "Modifiers, IP, cidr: both notations; ::ffff:10.1.2.3 is 10.1.2.3 in the other (RFC 4291, 2.5.5.2)",
    ),
    (
        "fieldref",
        Only::Theirs,
        "Modifiers, Specific, fieldref: fields are compared; Rules, Special Field Values: null is a type of its own",
    ),
    ("neq", Only::Ours, "Modifiers, Generic, neq: the field is different from the value, as is one that is absent"),
    ("keywords all", Only::Ours, "Rules, Keywords search: with `|all` each keyword is searched in the entire event"),
];
const WINDASH: &str = "Modifiers, String, windash: all permutations of three dashes, the bar and the slash";
const ONE: &str = "Rules, String Wildcard: `?` stands for one mandatory character, whichever it is";
const MANY: &str = "Rules, String Wildcard: `*` is of unbounded length, line breaks included";
const EXISTS: &str = "Modifiers, Generic, exists: verifies the presence, not the value, be it empty or null";
const OFFSET: &str = "Modifiers, Encoding, base64offset: three variants, for shifts by zero to two bytes";

/// Which engine found a match that the other did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Only {
    Ours,
    Theirs,
}

/// What a comparison came to.
#[derive(Debug, Default)]
struct Outcome {
    events: usize,
    matches: usize,
    /// By rule id: which engine, and the lines (the first few, and how many).
    differences: BTreeMap<(String, Only), (Vec<usize>, usize)>,
}

fn compare(files: &[RuleFile], events: &str) -> Outcome {
    let mut ours = Ours::new(files, events);
    let theirs = Theirs::new(files, false);
    for (path, why) in &theirs.refused {
        println!("rsigma refuses {path}: {why}");
    }
    for r in ours.rules.rules().iter().filter(|r| !r.loaded) {
        println!("ours refuses {}", r.reason.as_deref().unwrap_or(&r.path));
    }
    let by_id: HashMap<String, RuleIdx> =
        (0..).zip(ours.rules.rules()).filter(|(_, r)| r.loaded).map(|(i, r)| (r.id.to_string(), RuleIdx(i))).collect();
    let mut out = Outcome::default();
    let mut lines = events.lines();
    ours.each_batch(events, |rules, batch, hits| {
        for (e, line) in batch.events().zip(&mut lines) {
            out.events += 1;
            let mine: BTreeSet<RuleIdx> =
                hits.iter().filter(|h| h.record as usize == e.index).map(|h| h.rule).collect();
            let other: BTreeSet<RuleIdx> = theirs
                .matches(line)
                .iter()
                .filter_map(|m| by_id.get(m.header.rule_id.as_deref()?).copied())
                .filter(|r| rules.concerns(*r, e.rec.logsource))
                .collect();
            out.matches += mine.intersection(&other).count();
            for (rule, only) in (mine.difference(&other).map(|r| (r, Only::Ours)))
                .chain(other.difference(&mine).map(|r| (r, Only::Theirs)))
            {
                let id = rules.rule(*rule).map_or("", |r| &r.id).to_owned();
                let (some, all) = out.differences.entry((id, only)).or_default();
                *all += 1;
                if some.len() < 5 {
                    some.push(out.events);
                }
            }
        }
    });
    out
}

/// Prints an outcome; how many differences nothing explains.
fn report(name: &str, out: &Outcome) -> usize {
    println!("{name}: {} events, {} matches of both", out.events, out.matches);
    let mut unknown = 0;
    for ((id, only), (some, all)) in &out.differences {
        let title = made::title(id);
        let known = |k: &str| k == id || k == title && !title.is_empty();
        let why = KNOWN.iter().find(|(k, o, _)| known(k) && o == only).map(|(.., why)| *why);
        unknown += usize::from(why.is_none());
        let why = why.unwrap_or("NOT EXPLAINED");
        println!("  {id} {title}: {all} matches of {only:?} only, e.g. of events {some:?}: {why}");
    }
    unknown
}

/// Compares on made events and on the shared data; an error says that there is
/// a difference that nothing explains.
pub fn run() -> anyhow::Result<()> {
    let mut unknown = report("made events", &compare(&made::rules(), &made::events(30_000, 11)));
    if let Some(data) = Data::find()? {
        unknown += report("shared rules and events", &compare(&data.rules, &data.events));
        let large = large::events(10_000, 3);
        unknown += report("shared rules, large events", &compare(&data.rules, &large));
    }
    if unknown > 0 {
        bail!("{unknown} differences that nothing explains");
    }
    Ok(())
}
