//! What woken rules ask of values that were not searched: whatever way it is
//! found out (trial, signature, search), the result is the same.

use std::fmt::Write as _;

use super::{Fact, load, titles};
use crate::detect::sigma::glob::fold_into;

const PROGRAM: &str = "\\a_program_that_wakes_rules.exe";

struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    /// A text of few letters, so that words stand in it by chance.
    fn text(&mut self, len: usize) -> String {
        (0..len).map(|_| ['a', 'B', 'c', 'é', ' '][self.roll(5)]).collect()
    }
}

fn folded(text: &str) -> String {
    let mut out = String::new();
    fold_into(text, &mut out);
    out
}

/// What of a rule must hold on the command lines, in words of ours.
#[derive(Debug)]
enum Wanted {
    Any(Vec<String>),
    All(Vec<String>),
    Cased(String),
    Regex(String),
    Ends(String),
    Not(String),
}

impl Wanted {
    fn yaml(&self) -> String {
        let list = |all: &[String]| all.iter().map(|w| format!("'{w}'")).collect::<Vec<_>>().join(", ");
        match self {
            Self::Any(all) => format!("CommandLine|contains: [{}]", list(all)),
            Self::All(all) => format!("CommandLine|contains|all: [{}]", list(all)),
            Self::Cased(w) => format!("CommandLine|contains|cased: '{w}'"),
            Self::Regex(w) => format!("CommandLine|re: '{w}.?$'"),
            Self::Ends(w) | Self::Not(w) => format!("CommandLine|endswith: '{w}'"),
        }
    }

    fn holds(&self, values: &[String]) -> bool {
        let has = |w: &String| values.iter().any(|v| folded(v).contains(&folded(w)));
        let ends = |w: &String| values.iter().any(|v| folded(v).ends_with(&folded(w)));
        match self {
            Self::Any(all) => all.iter().any(has),
            Self::All(all) => all.iter().all(has),
            Self::Cased(w) => values.iter().any(|v| v.contains(w)),
            Self::Regex(w) => values.iter().any(|v| {
                let mut shorter = v.chars();
                shorter.next_back();
                v.ends_with(w) || shorter.as_str().ends_with(w)
            }),
            Self::Ends(w) => ends(w),
            Self::Not(w) => !ends(w),
        }
    }
}

#[test]
fn however_it_is_found_out() {
    let mut dice = Dice(7);
    let mut rules = Vec::new();
    for i in 0..120 {
        let many = [1, 3, 6, 40, 400][dice.roll(5)];
        let len = 1 + dice.roll(9);
        // An edge of blanks would not be seen in the rule's text.
        let mut word = || format!("c{}c", dice.text(len).replace('é', if i % 4 == 0 { "é" } else { "a" }));
        rules.push(match i % 6 {
            0 => Wanted::Any((0..many).map(|_| word()).collect()),
            1 => Wanted::All((0..1 + many % 7).map(|_| word()).collect()),
            2 => Wanted::Cased(word()),
            3 => Wanted::Regex(word()),
            4 => Wanted::Ends(word()),
            _ => Wanted::Not(word()),
        });
    }
    let mut text = String::new();
    for (i, r) in rules.iter().enumerate() {
        let not = if matches!(r, Wanted::Not(_)) { "not " } else { "" };
        let _ = write!(
            text,
            "title: '{i}'\nid: 929a690e-bef0-4204-a928-{i:012}\nlogsource: {{product: windows}}\ndetection:\n  s: {{Image|endswith: '{PROGRAM}'}}\n  \
             t:\n    {}\n  condition: s and {not}t\n---\n",
            r.yaml()
        );
    }
    // With a rule that the command line itself wakes its slot is searched for all, too.
    for eager in [
        "",
        "title: e\nlogsource: {product: windows}\ndetection: {s: {CommandLine|contains: caabbccaabbcc}, condition: s}\n",
    ] {
        let set = load(&format!("{text}{eager}"));
        assert!(set.rules().iter().all(|r| r.loaded), "{:?}", set.rules().iter().find_map(|r| r.reason.as_ref()));
        let lens = [0, 1, 3, 4, 9, 30, 200, 2_000, 40_000];
        let facts: Vec<(Fact, Vec<String>)> = (0..90)
            .map(|i| {
                let values: Vec<String> = (0..[1, 1, 1, 2, 0][i % 5]).map(|_| dice.text(lens[i % 9])).collect();
                let mut fields = vec![("Image", format!("C:{PROGRAM}"))];
                fields.extend(values.iter().map(|v| ("CommandLine", v.clone())));
                let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
                (Fact::fields(("windows", "process_creation", ""), &fields), values)
            })
            .collect();
        let all: Vec<Fact> = facts.iter().map(|f| f.0.clone()).collect();
        for (found, (_, values)) in titles(&set, &all).into_iter().zip(&facts) {
            let found: Vec<String> = found.into_iter().filter(|t| t != "e").collect();
            let wanted = rules.iter().enumerate().filter(|(_, r)| r.holds(values)).map(|(i, _)| i.to_string());
            assert_eq!(found, wanted.collect::<Vec<_>>(), "{values:?}");
        }
    }
}
