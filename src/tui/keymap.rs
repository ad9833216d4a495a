//! From key presses to actions: one trie per place, made from the action table
//! and the user's bindings. A key that begins a sequence never acts alone, and
//! two actions that want the same keys in the same place refuse to load.

use std::collections::BTreeMap;

use super::action::{ACTIONS, Act, Places};
use super::key::{Key, sequence_text};

/// What is wrong with a key map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeymapError {
    /// No such action.
    #[error("keys: unknown action '{id}'{}", .near.as_ref().map(|n| format!(" (did you mean '{n}'?)")).unwrap_or_default())]
    UnknownAction {
        /// What was written.
        id: String,
        /// The nearest known one.
        near: Option<String>,
    },
    /// Not a key.
    #[error("keys: '{key}' of '{id}' is no key; write for example j, G, Space, Ctrl-d, F5 or a sequence such as 'g g'")]
    BadKey {
        /// The action.
        id: String,
        /// What was written.
        key: String,
    },
    /// A key that terminals or multiplexers keep for themselves.
    #[error("keys: '{key}' of '{id}' cannot be used: terminals and multiplexers keep it for themselves")]
    Reserved {
        /// The action.
        id: String,
        /// The key.
        key: String,
    },
    /// Two actions want the same keys.
    #[error("keys: '{a}' and '{b}' both want '{key}' in {place}")]
    Conflict {
        /// One action.
        a: String,
        /// The other.
        b: String,
        /// The keys.
        key: String,
        /// Where.
        place: String,
    },
}

impl KeymapError {
    /// The actions it is about; the user's own bindings among them are at fault.
    #[must_use]
    pub fn actions(&self) -> Vec<&str> {
        match self {
            Self::UnknownAction { id, .. } | Self::BadKey { id, .. } | Self::Reserved { id, .. } => vec![id],
            Self::Conflict { a, b, .. } => vec![a, b],
        }
    }
}

/// Ctrl chords that are Tab, Enter or Backspace, flow control, or prefix keys of
/// tmux and screen.
const RESERVED: &[char] = &['a', 'b', 'h', 'i', 'j', 'm', 'q', 's'];

/// What a key press means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// This action.
    Hit(Act),
    /// The beginning of a sequence.
    Prefix,
    /// Nothing.
    Miss,
}

/// Bindings of all places.
#[derive(Debug, Clone)]
pub struct Keymap {
    bound: Vec<(Act, Vec<Vec<Key>>)>,
    tries: Vec<(Places, BTreeMap<Vec<Key>, Act>)>,
}

impl Keymap {
    /// The key map of the table, with the user's bindings (`action id → keys`) on top.
    ///
    /// # Errors
    /// Where a binding names no action or no key, or two actions collide.
    pub fn new(user: &BTreeMap<String, Vec<String>>) -> Result<Self, KeymapError> {
        let (map, mut wrong) = Self::check(user);
        if wrong.is_empty() { Ok(map) } else { Err(wrong.remove(0)) }
    }

    /// The same with everything that is wrong; what is wrong is not bound.
    #[must_use]
    pub fn check(user: &BTreeMap<String, Vec<String>>) -> (Self, Vec<KeymapError>) {
        let mut wrong = Vec::new();
        for id in user.keys().filter(|id| Act::from_id(id).is_none()) {
            wrong.push(KeymapError::UnknownAction { id: id.clone(), near: nearest(id) });
        }
        let mut bound = Vec::with_capacity(ACTIONS.len());
        for a in ACTIONS {
            let keys: Vec<String> =
                user.get(a.id).cloned().unwrap_or_else(|| a.keys.iter().map(|k| (*k).to_owned()).collect());
            let mut sequences = Vec::with_capacity(keys.len());
            for text in keys {
                let Some(seq) = Key::parse_sequence(&text) else {
                    wrong.push(KeymapError::BadKey { id: a.id.into(), key: text });
                    continue;
                };
                if seq.iter().any(|k| k.ctrl && matches!(k.code, super::key::Code::Char(c) if RESERVED.contains(&c))) {
                    wrong.push(KeymapError::Reserved { id: a.id.into(), key: text });
                    continue;
                }
                sequences.push(seq);
            }
            bound.push((a.act, sequences));
        }
        let mut tries = Vec::new();
        for (place, name) in Places::EACH {
            let mut trie: BTreeMap<Vec<Key>, Act> = BTreeMap::new();
            for (act, sequences) in &bound {
                if !act.row().places.meets(*place) {
                    continue;
                }
                for seq in sequences {
                    if let Some(other) = collides(&trie, seq).filter(|o| o != act) {
                        let (a, b) = (other.row().id, act.row().id);
                        // Two actions meet in several places: once is enough.
                        let said = wrong.iter().any(
                            |e| matches!(e, KeymapError::Conflict { a: x, b: y, key, .. } if x == a && y == b && *key == sequence_text(seq)),
                        );
                        if !said {
                            let (key, place) = (sequence_text(seq), (*name).into());
                            wrong.push(KeymapError::Conflict { a: a.into(), b: b.into(), key, place });
                        }
                        continue;
                    }
                    trie.insert(seq.clone(), *act);
                }
            }
            tries.push((*place, trie));
        }
        (Self { bound, tries }, wrong)
    }

    /// The defaults (which a test shows to be free of conflicts).
    #[must_use]
    pub fn defaults() -> Self {
        Self::new(&BTreeMap::new()).unwrap_or(Self { bound: Vec::new(), tries: Vec::new() })
    }

    /// What the keys pressed so far mean in a place.
    #[must_use]
    pub fn lookup(&self, place: Places, pressed: &[Key]) -> Lookup {
        let Some((_, trie)) = self.tries.iter().find(|(p, _)| *p == place) else { return Lookup::Miss };
        if let Some(act) = trie.get(pressed) {
            return Lookup::Hit(*act);
        }
        let longer = trie.range(pressed.to_vec()..).next();
        if longer.is_some_and(|(seq, _)| seq.starts_with(pressed)) { Lookup::Prefix } else { Lookup::Miss }
    }

    /// The ways on from a prefix, for the hint box.
    #[must_use]
    pub fn continuations(&self, place: Places, pressed: &[Key]) -> Vec<(String, Act)> {
        let Some((_, trie)) = self.tries.iter().find(|(p, _)| *p == place) else { return Vec::new() };
        trie.iter()
            .filter(|(seq, _)| seq.starts_with(pressed) && seq.len() > pressed.len())
            .map(|(seq, act)| (sequence_text(&seq[pressed.len()..]), *act))
            .collect()
    }

    /// What to say of keys that do nothing in a place: where they do something.
    #[must_use]
    pub fn unbound(&self, pressed: &[Key]) -> String {
        let keys = sequence_text(pressed);
        let elsewhere = self.tries.iter().find_map(|(place, trie)| {
            let act = trie.get(pressed)?;
            let name = Places::EACH.iter().find(|(p, _)| p == place)?.1;
            Some((act.row(), name))
        });
        match elsewhere {
            Some((a, "Filter list")) => format!("{keys} ({}) works in the list of filters", a.hint),
            Some((a, "Rule editor")) => format!("{keys} ({}) works in the rule editor", a.hint),
            Some((a, name)) => format!("{keys} ({}) works on {name}", a.hint),
            None => format!("{keys} does nothing here; {} shows the keys", self.key_of(Act::Help)),
        }
    }

    /// The keys of an action, as text.
    #[must_use]
    pub fn keys_of(&self, act: Act) -> Vec<String> {
        self.bound
            .iter()
            .find(|(a, _)| *a == act)
            .map(|(_, s)| s.iter().map(|k| sequence_text(k)).collect())
            .unwrap_or_default()
    }

    /// The first key of an action, `""` where it has none.
    #[must_use]
    pub fn key_of(&self, act: Act) -> String {
        self.keys_of(act).into_iter().next().unwrap_or_default()
    }
}

fn collides(trie: &BTreeMap<Vec<Key>, Act>, seq: &[Key]) -> Option<Act> {
    trie.iter().find(|(have, _)| have.starts_with(seq) || seq.starts_with(have)).map(|(_, a)| *a)
}

/// The known action id that is nearest to what was written.
fn nearest(id: &str) -> Option<String> {
    let score = |a: &str| {
        let common = id.chars().filter(|c| a.contains(*c)).count();
        let prefix = id.chars().zip(a.chars()).take_while(|(x, y)| x == y).count();
        common + 2 * prefix
    };
    ACTIONS.iter().map(|a| a.id).max_by_key(|a| (score(a), std::cmp::Reverse(a.len()))).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(pairs: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), v.iter().map(|s| (*s).to_owned()).collect())).collect()
    }

    #[test]
    fn the_table_has_no_conflict() {
        Keymap::new(&BTreeMap::new()).expect("defaults load");
    }

    #[test]
    fn sequences_and_prefixes() {
        let k = Keymap::defaults();
        let p = Places::LIVE;
        assert_eq!(k.lookup(p, &[Key::char('g')]), Lookup::Prefix);
        assert_eq!(k.lookup(p, &[Key::char('g'), Key::char('g')]), Lookup::Hit(Act::Top));
        assert_eq!(k.lookup(p, &[Key::char('g'), Key::char('x')]), Lookup::Miss);
        assert_eq!(k.lookup(p, &[Key::ctrl('d')]), Lookup::Hit(Act::HalfDown));
        assert!(k.continuations(Places::TRIAGE, &[Key::char('y')]).len() >= 4);
    }

    #[test]
    fn rebinding_moves_the_key_and_conflicts_name_both() {
        let k = Keymap::new(&user(&[("pivot", &["Ctrl-p"])])).expect("loads");
        assert_eq!(k.lookup(Places::LIVE, &[Key::char('p')]), Lookup::Miss);
        assert_eq!(k.key_of(Act::Pivot), "Ctrl-p");
        let e = Keymap::new(&user(&[("pivot", &["j"])])).expect_err("conflict");
        assert!(e.to_string().contains("'down' and 'pivot'"), "{e}");
        let e = Keymap::new(&user(&[("pivot", &["g"])])).expect_err("a prefix cannot act");
        assert!(matches!(e, KeymapError::Conflict { .. }));
        let e = Keymap::new(&user(&[("escalat", &["Q"])])).expect_err("unknown");
        assert!(e.to_string().contains("escalate"), "{e}");
        assert!(matches!(Keymap::new(&user(&[("pivot", &["Ctrl-s"])])), Err(KeymapError::Reserved { .. })));
        let (_, all) = Keymap::check(&user(&[("nonsense", &["Q"]), ("pivot", &["j"]), ("mark", &["Hyper-x"])]));
        let of: Vec<Vec<&str>> = all.iter().map(KeymapError::actions).collect();
        assert_eq!(of, [vec!["nonsense"], vec!["mark"], vec!["down", "pivot"]], "{all:?}");
    }
}
