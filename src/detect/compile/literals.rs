//! Literals of one field and what each of them means, in few allocations.

use super::automaton::Action;

/// A literal's place in the text of all, and what it means.
pub type Meaning = (u32, u32, Action);

/// Distinct literals with their actions. Their bytes stand in one text, which
/// is kept by whoever keeps the literals.
#[derive(Debug, Default)]
pub struct Literals {
    /// From where to where a literal stands, and where its actions begin.
    spans: Box<[(u32, u32, u32)]>,
    actions: Box<[Action]>,
}

impl Literals {
    /// Groups literals that are the same.
    #[must_use]
    pub fn new(mut all: Vec<Meaning>, text: &str) -> Self {
        let get = |m: &Meaning| text.get(m.0 as usize..m.1 as usize).unwrap_or("");
        all.sort_unstable_by(|a, b| (get(a), a.2).cmp(&(get(b), b.2)));
        let mut spans: Vec<(u32, u32, u32)> = Vec::new();
        let mut actions = Vec::with_capacity(all.len());
        for m in &all {
            let last = spans.last().map(|l| text.get(l.0 as usize..l.1 as usize).unwrap_or(""));
            if last != Some(get(m)) {
                spans.push((m.0, m.1, actions.len() as u32));
            }
            actions.push(m.2);
        }
        Self { spans: spans.into(), actions: actions.into() }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// One of them.
    #[must_use]
    #[inline]
    pub fn text<'t>(&self, text: &'t str, i: u32) -> &'t str {
        self.spans.get(i as usize).and_then(|s| text.get(s.0 as usize..s.1 as usize)).unwrap_or("")
    }

    /// What it means.
    #[must_use]
    #[inline]
    pub fn actions(&self, i: u32) -> &[Action] {
        let from = self.spans.get(i as usize).map_or(0, |s| s.2 as usize);
        let to = self.spans.get(i as usize + 1).map_or(self.actions.len(), |s| s.2 as usize);
        self.actions.get(from..to).unwrap_or(&[])
    }
}
