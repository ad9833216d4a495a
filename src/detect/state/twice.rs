//! One record in two logs counts once.
//!
//! A machine may write what happens into several logs: `auth.log` and `syslog`, the
//! journal beside both. Read together, five failures must not be ten. Records of
//! different sources are the same where host, program, text and second are the same,
//! and the process where both name one. The same line twice in one log is two records:
//! what happened as often as the log says that has it most often.
//!
//! What one stamps a moment before a second's end and the other at the next one's begin
//! is the same, too: where one tells the fraction, and that is at most a quarter of a second away.
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
/// How far from a second's end two programs stamp one event.
const MARGIN: i64 = SECOND / 4;

/// The end of its second that a record is near.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Just after it began; also what has no fraction.
    Begin,
    /// Just before it ends.
    End,
}

impl Side {
    fn of(time: i64) -> Option<Self> {
        match time.rem_euclid(SECOND) {
            n if n <= MARGIN => Some(Self::Begin),
            n if n >= SECOND - MARGIN => Some(Self::End),
            _ => None,
        }
    }

    /// The second on the other side, and what is near there.
    const fn across(self, second: i64) -> (i64, Self) {
        match self {
            Self::Begin => (second.saturating_sub(1), Self::End),
            Self::End => (second.saturating_add(1), Self::Begin),
        }
    }
}

/// Records of one source near an end of a second, that were new when they came.
#[derive(Debug)]
struct Near {
    source: u32,
    pid: u64,
    side: Side,
    count: u32,
    /// How many of them other sources had on the other side.
    taken: SmallVec<[(u32, u32); 1]>,
}

/// A record as the sources have it.
#[derive(Debug, Default)]
struct Known {
    /// Source, process and how often.
    copies: SmallVec<[(u32, u64, u32); 2]>,
    /// Rules that took one.
    rules: SmallVec<[RuleIdx; 4]>,
    near: SmallVec<[Near; 1]>,
}

/// Whether two records may be of one process: what names none may be of any.
const fn same_process(a: u64, b: u64) -> bool {
    a == b || a == 0 || b == 0
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
        let same = |c: &&(u32, u64, u32)| same_process(c.1, pid);
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

    /// Takes back what [`Known::add`] noted last of a source: the record is one of another second.
    fn remove(&mut self, source: u32, pid: u64) {
        if let Some(c) = self.copies.iter_mut().find(|c| c.0 == source && c.1 == pid) {
            c.2 = c.2.saturating_sub(1);
        }
    }

    /// Notes a new record near an end of its second.
    fn came_near(&mut self, source: u32, pid: u64, side: Side) {
        let room = self.near.len() < COPIES;
        match self.near.iter_mut().find(|n| (n.source, n.pid, n.side) == (source, pid, side)) {
            Some(n) => n.count = n.count.saturating_add(1),
            None if !room => {}
            None => self.near.push(Near { source, pid, side, count: 1, taken: SmallVec::new() }),
        }
    }

    /// Whether another source has a record there that this one has not had yet.
    fn lends(&mut self, source: u32, pid: u64, side: Side) -> bool {
        let fits = |n: &&mut Near| n.source != source && n.side == side && same_process(n.pid, pid);
        for near in self.near.iter_mut().filter(fits) {
            let room = near.taken.len() < COPIES;
            match near.taken.iter_mut().find(|t| t.0 == source) {
                Some(t) if t.1 < near.count => {
                    t.1 += 1;
                    return true;
                }
                None if room => {
                    near.taken.push((source, 1));
                    return true;
                }
                _ => {}
            }
        }
        false
    }

    /// The rules among these that have taken none yet; they have now.
    fn rest(&mut self, hits: &[RuleIdx]) -> SmallVec<[RuleIdx; 4]> {
        let rest = hits.iter().filter(|h| !self.rules.contains(h)).copied().collect();
        self.rules.extend_from_slice(hits);
        self.rules.sort_unstable();
        self.rules.dedup();
        rest
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
    /// There was a record near the end of its second: only then is one looked for there.
    ends: bool,
}

impl Twice {
    /// Nothing yet; sources may be so far behind each other.
    pub(super) fn new(lateness: i64) -> Self {
        let (young, old) = (FxHashMap::default(), FxHashMap::default());
        Self { young, old, turned: i64::MIN, window: WINDOW.max(lateness), text: Vec::new(), ends: false }
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
        let (second, side) = (time.div_euclid(SECOND), Side::of(time));
        self.text.clear();
        self.text.extend_from_slice(&second.to_le_bytes());
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
        let source = e.batch.source.0;
        let known = match self.old.remove(&key) {
            Some(known) => self.young.entry(key).or_insert(known),
            None => self.young.entry(key).or_default(),
        };
        if known.add(source, pid) {
            return Some(known.rest(hits));
        }
        if let Some((there, near)) = side.filter(|s| *s == Side::End || self.ends).map(|s| s.across(second)) {
            self.text.splice(..8, there.to_le_bytes());
            let key_there = secret.hash(&self.text);
            let other = self.young.get_mut(&key_there).or_else(|| self.old.get_mut(&key_there));
            if let Some(rest) = other.and_then(|k| k.lends(source, pid, near).then(|| k.rest(hits))) {
                if let Some(known) = self.young.get_mut(&key) {
                    known.remove(source, pid);
                }
                return Some(rest);
            }
        }
        if let Some(known) = self.young.get_mut(&key) {
            if known.rules.is_empty() {
                known.rules.extend_from_slice(hits);
            }
            if let Some(side) = side {
                known.came_near(source, pid, side);
                self.ends |= side == Side::End;
            }
        }
        None
    }
}
