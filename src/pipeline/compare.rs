//! What a change of rules does to matches and alerts: one way to compare, for the
//! rule editor and for a backtest.
//!
//! Rules are compared one by one, each with the one of its id (which is made of
//! the title where none is written): an event that one rule loses is lost, whatever
//! else matches it. A document that comes or goes gains or loses all that is its.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::detect::{Draft, RuleFile, RuleInfo, RuleKind};
use crate::event::{Severity, Ts};

/// Which rules are compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Focus {
    /// Ids, in the order in which they are told.
    pub ids: Vec<Arc<str>>,
    /// Ids and names of rules that these refer to.
    pub named: BTreeSet<String>,
    /// Also every other rule whose matches differ.
    pub others: bool,
}

impl Focus {
    /// The rules of files; with a filter among them, those that it narrows too.
    #[must_use]
    pub fn of(files: &[RuleFile]) -> Self {
        let mut out = Self::default();
        out.add(Draft::read(files).infos());
        out
    }

    /// These rules as well.
    pub fn add<'a>(&mut self, rules: impl IntoIterator<Item = &'a RuleInfo>) {
        for r in rules {
            self.others |= r.kind == RuleKind::Filter;
            if !self.ids.contains(&r.id) {
                self.ids.push(Arc::clone(&r.id));
            }
        }
    }

    /// The rules among these that are referred to: from now on they are known by their ids.
    pub fn resolve<'a>(&mut self, rules: impl IntoIterator<Item = &'a RuleInfo>) {
        let named = std::mem::take(&mut self.named);
        let is = |n: &str| named.iter().any(|x| x.eq_ignore_ascii_case(n));
        self.add(rules.into_iter().filter(|r| is(&r.id) || r.name.as_deref().is_some_and(is)));
        self.named = named;
    }

    /// Whether a rule is compared, whether its matches differ or not.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.ids.iter().any(|i| **i == *id)
    }

    /// The ids that are compared of what was found by rule: those in focus that are
    /// there, in their order, then the others that differ.
    #[must_use]
    pub fn pairs<T: PartialEq>(&self, before: &BTreeMap<Arc<str>, T>, after: &BTreeMap<Arc<str>, T>) -> Vec<Arc<str>> {
        let mut ids = self.ids.clone();
        if self.others {
            let all: BTreeSet<&Arc<str>> = before.keys().chain(after.keys()).collect();
            let differ = |id: &&&Arc<str>| before.get(**id) != after.get(**id) && !self.ids.contains(**id);
            ids.extend(all.iter().filter(differ).map(|id| Arc::clone(id)));
        }
        ids
    }
}

/// The rules in force before whose ids no rule after has.
#[must_use]
pub fn gone<'a>(before: &'a [RuleInfo], after: &[RuleInfo]) -> Vec<&'a RuleInfo> {
    let still: BTreeSet<&str> = after.iter().map(|r| &*r.id).collect();
    before.iter().filter(|r| r.loaded && !still.contains(&*r.id)).collect()
}

/// An alert, as far as it is compared.
pub trait Compared {
    /// Its id: of rule, group and first evidence.
    fn id(&self) -> &str;
    /// What it says beside that.
    fn state(&self) -> Said;
}

/// What two alerts of the same id are compared by: level, acts and time of the last one.
pub type Said = (Severity, u64, Ts);

/// Alerts that a change takes, brings and alters, in the order in which they were given.
#[derive(Debug)]
pub struct Alerts<'a, T> {
    /// Only after.
    pub gained: Vec<&'a T>,
    /// Only before.
    pub lost: Vec<&'a T>,
    /// Both, and they say something else.
    pub changed: Vec<(&'a T, &'a T)>,
}

/// Compares alerts by their ids.
pub fn alerts<'a, T: Compared>(
    before: impl Iterator<Item = &'a T> + Clone,
    after: impl Iterator<Item = &'a T> + Clone,
) -> Alerts<'a, T> {
    let by_id = |all: &mut dyn Iterator<Item = &'a T>| all.map(|a| (a.id(), a)).collect::<BTreeMap<_, _>>();
    let (old, new) = (by_id(&mut before.clone()), by_id(&mut after.clone()));
    let mut out = Alerts { gained: Vec::new(), lost: Vec::new(), changed: Vec::new() };
    for a in after {
        match old.get(a.id()) {
            None => out.gained.push(a),
            Some(b) if b.state() != a.state() => out.changed.push((b, a)),
            Some(_) => {}
        }
    }
    out.lost.extend(before.filter(|a| !new.contains_key(a.id())));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc(id: &str, title: &str) -> String {
        let id = if id.is_empty() { String::new() } else { format!("id: {id}\n") };
        format!("title: {title}\n{id}logsource: {{product: linux}}\ndetection: {{s: {{a: b}}, condition: s}}\n---\n")
    }

    fn found(of: &[(&str, u32)]) -> BTreeMap<Arc<str>, u32> {
        of.iter().map(|(id, n)| ((*id).into(), *n)).collect()
    }

    #[test]
    fn rules_of_a_file_and_what_a_filter_narrows() {
        let two = RuleFile::new("a.yml", format!("{}{}", doc("r1", "One"), doc("r2", "Two")));
        let mut f = Focus::of(std::slice::from_ref(&two));
        let words = |f: &Focus, a: &[(&str, u32)], b: &[(&str, u32)]| f.pairs(&found(a), &found(b)).join(" ");
        assert_eq!(words(&f, &[("r2", 1), ("x", 1)], &[("r2", 1)]), "r1 r2", "no filter: x is none of ours");
        f.others = true;
        assert_eq!(words(&f, &[("r2", 1), ("x", 1), ("y", 2)], &[("r2", 1), ("y", 2), ("z", 1)]), "r1 r2 x z");
        let filter =
            "title: f\nid: f\nlogsource: {product: linux}\nfilter: {rules: [r1], s: {user: x}, condition: not s}\n";
        assert!(Focus::of(&[RuleFile::new("f.yml", filter), two.clone()]).others);
        assert!(!Focus::of(&[two]).others);
    }

    #[test]
    fn a_document_that_is_gone_is_named_by_its_id_or_its_title() {
        let rules = |text: String| Draft::read(&[RuleFile::new("a.yml", text)]);
        let before = rules(format!("{}{}{}", doc("r1", "One"), doc("", "Two"), doc("", "Three")));
        let after = rules(format!("{}{}{}", doc("r1", "Uno"), doc("", "Three"), doc("", "Four")));
        let ids = |all: Vec<&RuleInfo>| all.iter().map(|r| r.title.to_string()).collect::<Vec<_>>();
        assert_eq!(ids(gone(before.infos(), after.infos())), ["Two"]);
        assert_eq!(ids(gone(after.infos(), before.infos())), ["Four"]);
    }
}
