//! One record in two logs counts once.
//!
//! A machine may write what happens into several logs: `auth.log` and `syslog`, the
//! journal beside both. Read together, five failures must not be ten. Records of
//! different sources are the same where host, program, text and second are the same,
//! and the process where both name one. The same line twice in one log is two records:
//! what happened as often as the log says that has it most often.
//!
//! A rule that only the second form of a record matches takes that one.
//!
//! Bounded: two generations, the older dropped whole.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::super::RuleIdx;
use super::key::Secret;
use crate::event::time::SECOND;
use crate::event::{EventRef, Ov};

/// Records of one generation.
const MOST: usize = 32_768;
/// Time after which a generation is old.
const WINDOW: i64 = 60 * SECOND;
/// Copies of one record that are told apart.
const COPIES: usize = 64;

/// A record as the sources have it.
#[derive(Debug, Default)]
struct Known {
    /// Source, process and how often.
    copies: SmallVec<[(u32, u64, u32); 2]>,
    /// Rules that took one.
    rules: SmallVec<[RuleIdx; 4]>,
}

impl Known {
    /// Notes one more copy; whether another source has that one, too.
    fn add(&mut self, source: u32, pid: u64) -> bool {
        let at = self.copies.iter().position(|c| c.0 == source && c.1 == pid).unwrap_or(self.copies.len());
        if at >= COPIES {
            return false;
        }
        if at == self.copies.len() {
            self.copies.push((source, pid, 0));
        }
        let Some((_, _, mine)) = self.copies.get_mut(at) else { return false };
        *mine = mine.saturating_add(1);
        let mine = *mine;
        // What names no process may be any.
        let same = |c: &&(u32, u64, u32)| c.1 == pid || c.1 == 0 || pid == 0;
        let mut others: SmallVec<[(u32, u32); 2]> = SmallVec::new();
        for (source, _, n) in self.copies.iter().filter(|c| c.0 != source).filter(same) {
            if let Some(other) = others.iter_mut().find(|o| o.0 == *source) {
                other.1 = other.1.saturating_add(*n);
            } else {
                others.push((*source, *n));
            }
        }
        others.iter().any(|(_, n)| *n >= mine)
    }
}

/// What the sources have told lately.
#[derive(Debug)]
pub(super) struct Twice {
    young: FxHashMap<u64, Known>,
    old: FxHashMap<u64, Known>,
    turned: i64,
    window: i64,
    text: Vec<u8>,
}

impl Twice {
    /// Nothing yet; sources may be so far behind each other.
    pub(super) fn new(lateness: i64) -> Self {
        let (young, old) = (FxHashMap::default(), FxHashMap::default());
        Self { young, old, turned: i64::MIN, window: WINDOW.max(lateness), text: Vec::new() }
    }

    /// Takes a record with the rules that it matches; `Some` where another source has
    /// it, too, with the rules that did not take it then.
    pub(super) fn take(
        &mut self,
        secret: Secret,
        e: EventRef<'_>,
        hits: &[RuleIdx],
        (time, order): (i64, i64),
    ) -> Option<SmallVec<[RuleIdx; 4]>> {
        let [host, program, text] = [e.ov(Ov::Host)?, e.ov(Ov::Process)?, e.ov(Ov::Message)?];
        self.text.clear();
        self.text.extend_from_slice(&time.div_euclid(SECOND).to_le_bytes());
        for part in [host, program, text.trim_end()] {
            self.text.extend_from_slice(&(part.len() as u64).to_le_bytes());
            self.text.extend_from_slice(part.as_bytes());
        }
        let key = secret.hash(&self.text);
        let pid = e.ov(Ov::Pid).map_or(0, |p| secret.hash(p.as_bytes()).max(1));
        if self.turned == i64::MIN || order.saturating_sub(self.turned) > self.window || self.young.len() >= MOST {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
            self.turned = order.max(self.turned);
        }
        let known = match self.old.remove(&key) {
            Some(known) => self.young.entry(key).or_insert(known),
            None => self.young.entry(key).or_default(),
        };
        if known.add(e.batch.source.0, pid) {
            let rest = hits.iter().filter(|h| !known.rules.contains(h)).copied().collect();
            known.rules.extend_from_slice(hits);
            known.rules.sort_unstable();
            known.rules.dedup();
            return Some(rest);
        }
        if known.rules.is_empty() {
            known.rules.extend_from_slice(hits);
        }
        None
    }
}
