//! Searches: unused ones, patterns that match too much, predicates that cost much.

use super::Checker;
use crate::detect::compile::guard;
use crate::detect::sigma::ast::{Det, Item, Test};
use crate::detect::sigma::condition::Cond;
use crate::detect::sigma::glob::{Part, Pattern};
use crate::detect::sigma::rule::Detection;

/// Fields that hold the full path of a program or a library.
const PATHS: &[&str] = &[
    "Image",
    "ParentImage",
    "SourceImage",
    "TargetImage",
    "ImageLoaded",
    "ProcessName",
    "NewProcessName",
    "ParentProcessName",
    "Initiated",
];

impl Checker<'_> {
    pub(super) fn searches(&mut self, d: &Detection) {
        for (i, (name, search)) in d.names.iter().zip(&d.searches).enumerate() {
            let at = self.node.get("detection").or_else(|| self.node.get("filter")).and_then(|n| n.get(name));
            let at = at.map_or((self.node.line, self.node.column), |n| (n.line, n.column));
            if !used(&d.condition, i) {
                let message = format!("the search '{name}' is not used by the condition");
                self.say(at, "unused-search", message, "use it, or take it out");
            }
            self.search(search);
            self.contradictions(search);
        }
    }

    fn search(&mut self, search: &Det) {
        let mut items: Vec<&Item> = Vec::new();
        search.each_item(&mut |i| items.push(i));
        for i in items {
            self.item(i);
        }
    }

    fn item(&mut self, i: &Item) {
        let at = (i.line, i.column);
        let field = i.field.as_deref().unwrap_or("keywords");
        let mut said = Vec::new();
        for test in i.values.iter().flatten() {
            let before = self.out.len();
            match test {
                Test::Regex { pattern } if guard::literals(pattern).is_none() => {
                    let hint = "a literal part that every match contains lets the engine skip most events";
                    let message = format!("'{field}': the regular expression '{pattern}' is tried on every value");
                    self.say(at, "dear-regex", message, hint);
                }
                Test::Str { pattern, .. } if broad(pattern) => {
                    let message = format!("'{field}': a pattern of one character matches nearly anything");
                    self.say(at, "broad-pattern", message, "write more of the text that is meant");
                }
                Test::Str { pattern, .. } => {
                    if let Some(name) = unanchored(field, pattern) {
                        let message = format!("'{field}': '{name}' also matches programs whose names end so");
                        self.say(at, "unanchored-name", message, &format!("write '\\{name}' (or '/{name}')"));
                    }
                }
                _ => {}
            }
            // one finding of a kind is enough for an item
            if self.out.len() > before
                && let Some(code) = self.out.last().map(|f| f.code)
            {
                if said.contains(&code) {
                    self.out.pop();
                } else {
                    said.push(code);
                }
            }
        }
        if i.all && i.values.len() < 2 {
            self.say(at, "idle-all", format!("'{field}': 'all' says nothing about a single value"), "");
        }
    }
}

/// Wildcards around less than two characters.
fn broad(p: &Pattern) -> bool {
    let chars = |part: &Part| match part {
        Part::Lit(l) => l.chars().count(),
        Part::One | Part::Dash => 1,
        Part::Many => 0,
    };
    // at one end it is as good as any: machine accounts end in a dollar sign
    let open = p.0.first() == Some(&Part::Many) && p.0.last() == Some(&Part::Many);
    open && p.0.len() > 1 && p.0.iter().map(chars).sum::<usize>() < 2
}

/// A program's name after a wildcard, with nothing that begins it.
fn unanchored<'p>(field: &str, p: &'p Pattern) -> Option<&'p str> {
    let [Part::Many, Part::Lit(name)] = p.0.as_slice() else { return None };
    let begins = name.starts_with(['.', ' ', '-', '_', '"']) || name.contains(['\\', '/', ':']);
    let program = name.ends_with(".exe") || name.ends_with(".dll") || name.ends_with(".sys");
    (PATHS.contains(&field) && program && !begins).then_some(name)
}

pub(super) fn used(c: &Cond, search: usize) -> bool {
    match c {
        Cond::Search(i) => *i == search,
        Cond::And(all) | Cond::Or(all) => all.iter().any(|c| used(c, search)),
        Cond::Not(c) => used(c, search),
        Cond::AtLeast(_, picked) => picked.contains(&search),
    }
}
