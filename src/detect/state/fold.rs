//! One attack is one alert: which alert stands for which others.
//!
//! A rule names what it covers (`secstream: suppresses:`). Where an alert of it
//! and one of a named rule are about the same (see `about`), the named one is
//! covered: it is shown at level low, with the reason, and the other lists it.
//! An alert that several cover goes to the one of the highest level, then the
//! earliest, then the least id; where that one is covered itself, to the one
//! that stands for it. This is a function of the alerts as they are at their
//! end: which of them came first makes no difference.
//!
//! Bounded: open episodes, and the [`MAX_CLOSED`] that closed last.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::about::About;
use super::key::Lane;
use super::plan::Slot;
use super::score::level_points;
use super::shards::Place;
use crate::alert::{Alert, MAX_EVIDENCE};
use crate::event::Severity;

/// Closed alerts that may still be covered or cover.
const MAX_CLOSED: usize = 8_192;

/// The alert that stands for others.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Head {
    uid: u64,
    id: String,
    title: Arc<str>,
}

/// An alert that takes part.
#[derive(Debug)]
struct Member {
    id: String,
    title: Arc<str>,
    slot: u32,
    lane: Lane,
    level: Severity,
    about: About,
    /// Its group while it is open, then the alert as it was given out last.
    stand: Result<Place, Arc<Alert>>,
    /// Those whose rule covers its own.
    parents: Vec<u64>,
    children: Vec<u64>,
    head: Option<Head>,
    covers: BTreeSet<String>,
    /// Changes of `head` and `covers`, as revisions of the alert.
    changes: u32,
}

/// All alerts that take part, by number of the episode.
#[derive(Debug, Default)]
pub(super) struct Fold {
    members: BTreeMap<u64, Member>,
    by_entity: BTreeMap<(&'static str, String), Vec<u64>>,
    closed: VecDeque<u64>,
    /// Alerts may be found to be one with another of the same rule.
    late: bool,
    /// Opened since the last look.
    pub opened: Vec<u64>,
}

impl Fold {
    /// Nothing yet; with `late` alerts may be found to be one with others of their rule.
    pub(super) fn new(late: bool) -> Self {
        Self { late, ..Self::default() }
    }

    /// Takes in an alert that opened; one without an entity takes no part, unless
    /// it may be found to be one with another.
    pub(super) fn open(&mut self, uid: u64, slot: &Slot, lane: Lane, place: Place, id: &str, about: About) {
        match about.handle().filter(|_| slot.folds) {
            Some(handle) => {
                self.by_entity.entry(handle).or_default().push(uid);
                self.opened.push(uid);
            }
            None if self.late => {}
            None => return,
        }
        let member = Member {
            id: id.to_owned(),
            title: slot.info.title.clone(),
            slot: slot.id,
            lane: lane.clock(),
            level: slot.info.level,
            about,
            stand: Ok(place),
            parents: Vec::new(),
            children: Vec::new(),
            head: None,
            covers: BTreeSet::new(),
            changes: 0,
        };
        self.members.insert(uid, member);
    }

    /// Takes an alert that closed as open again; says whether it is still known.
    pub(super) fn reopen(&mut self, uid: u64, place: Place) -> bool {
        let Some(m) = self.members.get_mut(&uid) else { return false };
        m.stand = Ok(place);
        if let Some(at) = self.closed.iter().rposition(|u| *u == uid) {
            self.closed.remove(at);
        }
        true
    }

    /// Keeps an alert that closed, as it was given out, for a while.
    pub(super) fn close(&mut self, uid: u64, about: About, alert: &Arc<Alert>) {
        let Some(m) = self.members.get_mut(&uid) else { return };
        m.about = about;
        m.stand = Err(Arc::clone(alert));
        self.closed.push_back(uid);
        while self.closed.len() > MAX_CLOSED {
            if let Some(uid) = self.closed.pop_front() {
                self.forget(uid);
            }
        }
    }

    /// Forgets an alert; those that it stands for stay its own.
    fn forget(&mut self, uid: u64) {
        let Some(m) = self.members.remove(&uid) else { return };
        if let Some(handle) = m.about.handle()
            && let Some(list) = self.by_entity.get_mut(&handle)
        {
            list.retain(|u| *u != uid);
            if list.is_empty() {
                self.by_entity.remove(&handle);
            }
        }
        for (list, child) in m.children.iter().map(|c| (c, true)).chain(m.parents.iter().map(|p| (p, false))) {
            if let Some(other) = self.members.get_mut(list) {
                if child { &mut other.parents } else { &mut other.children }.retain(|u| *u != uid);
            }
        }
    }

    /// Where an open alert's group is.
    pub(super) fn place(&self, uid: u64) -> Option<Place> {
        self.members.get(&uid).and_then(|m| m.stand.as_ref().ok().copied())
    }

    /// Notes how far an open alert has grown.
    pub(super) fn grown(&mut self, uid: u64, about: About) {
        if let Some(m) = self.members.get_mut(&uid) {
            m.about = about;
        }
    }

    /// Others that may be about the same as an alert.
    pub(super) fn candidates(&self, uid: u64) -> BTreeSet<u64> {
        let Some(m) = self.members.get(&uid).filter(|m| m.about.handle().is_some()) else { return BTreeSet::new() };
        let lists = m.about.handles().into_iter().filter_map(|h| self.by_entity.get(&h));
        let near = |u: &u64| *u != uid && self.members.get(u).is_some_and(|o| o.lane == m.lane);
        lists.flatten().copied().filter(near).collect()
    }

    /// The slots of two alerts.
    pub(super) fn slots(&self, a: u64, b: u64) -> Option<(u32, u32)> {
        Some((self.members.get(&a)?.slot, self.members.get(&b)?.slot))
    }

    /// Notes that `child` is covered if it is about the same as `parent`; adds
    /// to `changed` those whose place changed by it.
    pub(super) fn link(&mut self, parent: u64, child: u64, changed: &mut BTreeSet<u64>) {
        let (Some(p), Some(c)) = (self.members.get(&parent), self.members.get(&child)) else { return };
        if c.parents.contains(&parent) || !p.about.includes(&c.about) {
            return;
        }
        self.attach(parent, child, changed);
    }

    /// Notes that `child` is covered by `parent`.
    pub(super) fn attach(&mut self, parent: u64, child: u64, changed: &mut BTreeSet<u64>) {
        if !self.members.contains_key(&parent) || !self.members.contains_key(&child) {
            return;
        }
        if let Some(p) = self.members.get_mut(&parent) {
            p.children.push(child);
        }
        if let Some(c) = self.members.get_mut(&child) {
            c.parents.push(parent);
        }
        let mut work = VecDeque::from([child]);
        while let Some(uid) = work.pop_front() {
            let head = self.head(uid);
            let Some(m) = self.members.get_mut(&uid).filter(|m| m.head != head) else { continue };
            let (id, before) = (m.id.clone(), m.head.take());
            m.head.clone_from(&head);
            work.extend(&m.children);
            changed.insert(uid);
            let gone = before.and_then(|h| Some((h.uid, self.members.get_mut(&h.uid)?)));
            if let Some((uid, old)) = gone
                && old.covers.remove(&id)
            {
                changed.insert(uid);
            }
            let new = head.and_then(|h| Some((h.uid, self.members.get_mut(&h.uid)?)));
            if let Some((uid, new)) = new
                && new.covers.insert(id)
            {
                changed.insert(uid);
            }
        }
    }

    /// The alert that stands for a member.
    fn head(&self, uid: u64) -> Option<Head> {
        let m = self.members.get(&uid)?;
        let known = m.parents.iter().filter_map(|p| Some((*p, self.members.get(p)?)));
        let best = known.max_by_key(|(_, p)| (p.level, Reverse(p.about.opened), Reverse(p.id.clone())));
        let Some((uid, p)) = best else { return m.head.clone() };
        Some(p.head.clone().unwrap_or_else(|| Head { uid, id: p.id.clone(), title: p.title.clone() }))
    }

    /// Counts a change, and gives the alert anew if it is closed.
    pub(super) fn changed(&mut self, uid: u64) -> Option<Result<Place, Arc<Alert>>> {
        let m = self.members.get_mut(&uid)?;
        m.changes = m.changes.saturating_add(1);
        let Err(last) = &m.stand else { return Some(m.stand.clone()) };
        let mut alert = Alert::clone(last);
        alert.revision = alert.revision.saturating_add(1);
        m.mark(&mut alert);
        m.stand = Err(Arc::new(alert));
        Some(m.stand.clone())
    }

    /// Writes into an alert just built what stands for it and what it stands for.
    pub(super) fn mark(&self, uid: u64, alert: &mut Alert) {
        if let Some(m) = self.members.get(&uid) {
            alert.revision = alert.revision.saturating_add(m.changes);
            m.mark(alert);
        }
    }
}

impl Member {
    fn mark(&self, alert: &mut Alert) {
        alert.covers = self.covers.iter().take(MAX_EVIDENCE).cloned().collect();
        let Some(head) = &self.head else { return };
        let told = alert.covered_by.is_some();
        alert.covered_by = Some(head.id.clone());
        if !told {
            // What was taken back is low already.
            let low = alert.severity.min(Severity::Low);
            let points = level_points(low) - level_points(alert.severity);
            if points != 0 {
                alert.score_parts.push(("covered".to_owned(), points as f64));
                alert.score = ((alert.score + points as f64) * 1_000.0).round() / 1_000.0;
            }
            alert.severity = low;
        }
        let reason = alert.route.reason.split("; covered by").next().unwrap_or_default();
        alert.route.reason = format!("{reason}; covered by the alert '{}' ({})", head.title, head.id);
    }
}
