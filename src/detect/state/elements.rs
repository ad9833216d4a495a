//! Fields that hold several values: each element of an array counts.

use smallvec::SmallVec;

use super::super::CorrelationSpec;
use super::core::Match;
use super::feed::hash_of;

/// Most elements of a field, and most combinations of several fields, that one event counts.
const MOST: usize = 64;

/// What is counted of one event: one value, most often.
pub(super) type Values = SmallVec<[u64; 2]>;

/// Adds what an event counts beside the first value of each field.
pub(super) fn further(spec: &CorrelationSpec, base: u16, m: &Match<'_>, out: &mut Values) {
    let mut lists: SmallVec<[SmallVec<[&str; 2]>; 2]> = SmallVec::new();
    for f in &spec.fields {
        let mut list: SmallVec<[&str; 2]> = SmallVec::new();
        if let Some(field) = f.per_base.get(usize::from(base)).and_then(Option::as_ref) {
            field.each(m.e, &mut |v| {
                if !v.is_empty() && list.len() < MOST && !list.contains(&v) {
                    list.push(v);
                }
            });
        }
        lists.push(list);
    }
    if lists.iter().all(|l| l.len() < 2) {
        return;
    }
    let mut at: SmallVec<[usize; 2]> = SmallVec::from_elem(0, lists.len());
    while out.len() < MOST {
        // The next combination, the last field first.
        let mut turned = true;
        for (at, list) in at.iter_mut().zip(&lists).rev() {
            *at += 1;
            turned = *at >= list.len();
            if !turned {
                break;
            }
            *at = 0;
        }
        if turned {
            return;
        }
        let values = lists.iter().zip(&at).map(|(list, at)| list.get(*at).copied());
        if let Some(hash) = hash_of(values).filter(|h| !out.contains(h)) {
            out.push(hash);
        }
    }
}
