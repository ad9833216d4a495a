//! The rules of both sides of a question, read once: what is said of them, and,
//! where they go over a log, compiled from what was read.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Question;
use crate::detect::{Draft, RuleInfo, RuleSet};

/// One side.
#[derive(Debug)]
enum Stand {
    Read(Box<Draft>),
    Compiled(Arc<RuleSet>),
}

impl Stand {
    fn infos(&self) -> &[RuleInfo] {
        match self {
            Self::Read(draft) => draft.infos(),
            Self::Compiled(set) => set.rules(),
        }
    }
}

/// The rules as they are and as they would be.
#[derive(Debug)]
pub struct RuleSides([Stand; 2]);

impl RuleSides {
    /// Reads the rules of a question.
    #[must_use]
    pub fn of(q: &Question) -> Self {
        Self([&q.before, &q.after].map(|files| Stand::Read(Box::new(Draft::read(files)))))
    }

    /// Whether alerts say more than matches: some rule counts others, or makes other
    /// alerts of what it matches.
    #[must_use]
    pub fn correlate(&self) -> bool {
        self.each().any(RuleInfo::is_correlation) || self.alert_otherwise()
    }

    fn each(&self) -> impl Iterator<Item = &RuleInfo> {
        self.0.iter().flat_map(|d| d.infos().iter().filter(|i| i.loaded))
    }

    /// The correlations and the rules of a file, by id.
    pub(super) fn concerned(&self, path: &str) -> BTreeSet<Arc<str>> {
        self.each().filter(|r| r.is_correlation() || &*r.path == path).map(|r| Arc::clone(&r.id)).collect()
    }

    /// Whether some rule of both sides makes other alerts of the same matches.
    fn alert_otherwise(&self) -> bool {
        let [before, after] = &self.0;
        let shape = |r: &RuleInfo| {
            let group: Vec<_> = r.group_by.iter().map(|f| f.name.clone()).collect();
            (r.level, r.alerts, group, r.cooldown, format!("{:?}", (&r.familiar, &r.baseline)))
        };
        let loaded = |d: &Stand, id: &str| d.infos().iter().find(|i| i.loaded && *i.id == *id).map(shape);
        before.infos().iter().filter(|r| r.loaded).any(|r| loaded(after, &r.id).is_some_and(|s| s != shape(r)))
    }

    /// The rules as they are, compiled when that is asked for first.
    pub(super) fn before(&mut self) -> Arc<RuleSet> {
        self.compiled(0)
    }

    /// The rules as they would be, likewise.
    pub(super) fn after(&mut self) -> Arc<RuleSet> {
        self.compiled(1)
    }

    fn compiled(&mut self, side: usize) -> Arc<RuleSet> {
        let Some(stand) = self.0.get_mut(side) else { return Arc::new(RuleSet::load(&[])) };
        if let Stand::Compiled(set) = stand {
            return Arc::clone(set);
        }
        let none = Stand::Compiled(Arc::new(RuleSet::load(&[])));
        let set = match std::mem::replace(stand, none) {
            Stand::Read(draft) => Arc::new(draft.compiled()),
            Stand::Compiled(set) => set,
        };
        *stand = Stand::Compiled(Arc::clone(&set));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::RuleFile;

    #[test]
    fn what_is_compiled_is_what_was_read() {
        let text = |level: &str| {
            let head = "title: T\nid: t\nlogsource: {product: linux}\ndetection: {s: {a: b}, condition: s}";
            vec![RuleFile::new("a.yml", format!("{head}\nlevel: {level}\n")), RuleFile::new("b.yml", "title: no rule")]
        };
        let q = Question::new(text("low"), text("high"), "a.yml");
        let mut sides = RuleSides::of(&q);
        let said = |s: &RuleSides| s.0.iter().map(|s| s.infos().to_vec()).collect::<Vec<_>>();
        let (read, otherwise) = (said(&sides), sides.correlate());
        let (before, after) = (sides.before(), sides.after());
        assert_eq!(said(&sides), read);
        assert!(otherwise && sides.correlate());
        assert_eq!(
            (before.rules(), after.rules()),
            (RuleSet::load(&q.before).rules(), RuleSet::load(&q.after).rules())
        );
        assert!(Arc::ptr_eq(&sides.after(), &after) && Arc::ptr_eq(&sides.before(), &before));
        assert!(!RuleSides::of(&Question::new(text("low"), text("low"), "a.yml")).correlate());
    }
}
