//! What episodes rest on, record by record: an alert lists its first records only,
//! and who asks whether a rule still finds them all must know the others, too.

use rustc_hash::FxHashMap;

/// What an episode came to rest on since it was asked last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ground {
    /// Number of the episode.
    pub uid: u64,
    /// Id of its alert; empty where it raises none.
    pub id: String,
    /// Its records, by their numbers among those that [`super::State::taken`] counts, from 1.
    pub records: Vec<u64>,
    /// Numbers of the episodes below that it rests on with all that they have.
    pub below: Vec<u64>,
}

/// Notes of what episodes rest on, while somebody asks for them.
#[derive(Debug, Default)]
pub(super) struct Grounds(FxHashMap<u64, Ground>);

impl Grounds {
    /// The notes about an episode.
    pub(super) fn of(&mut self, uid: u64, id: &str) -> &mut Ground {
        self.0.entry(uid).or_insert_with(|| Ground { uid, id: id.to_owned(), ..Ground::default() })
    }

    /// Moves the notes out, in the order of the episodes.
    pub(super) fn drain(&mut self, out: &mut Vec<Ground>) {
        let from = out.len();
        out.extend(self.0.drain().map(|(_, g)| g));
        out.get_mut(from..).unwrap_or_default().sort_unstable_by_key(|g| g.uid);
    }
}
