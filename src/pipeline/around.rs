//! The records that an alert may rest on where nothing tells any more which they
//! are: those of its time that are of its addresses, accounts or machines.

use std::collections::BTreeMap;

use super::Feed;
use crate::alert::Alert;
use crate::detect::columns::Hits;
use crate::event::fold::same;
use crate::event::{EventRef, Ov, Ts};

/// Looks for them; what was read once is kept.
#[derive(Debug, Default)]
pub(super) struct Around {
    wanted: Vec<Wanted>,
    found: Vec<Hits>,
    next: u64,
}

/// An alert, as far as its records are told by it.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    id: String,
    time: (Ts, Ts),
    /// The field that tells whose record it is, and its values; without one it is anybody's.
    of: Option<(Ov, Vec<String>)>,
}

impl Wanted {
    fn new(a: &Alert) -> Self {
        let named = [(Ov::SrcIp, &a.src_ip, &a.src_ips), (Ov::User, &a.user, &a.users), (Ov::Host, &a.host, &a.hosts)];
        let of = named.into_iter().find_map(|(field, one, list)| {
            let all: Vec<String> = one.iter().chain(list).cloned().collect();
            (!all.is_empty()).then_some((field, all))
        });
        Self { id: a.id.clone(), time: (a.timestamp, a.last), of }
    }

    fn has(&self, e: &EventRef<'_>) -> bool {
        let of = |(field, all): &(Ov, Vec<String>)| e.ov(*field).is_some_and(|v| all.iter().any(|x| same(x, v)));
        (self.time.0..=self.time.1).contains(&e.rec.time) && self.of.as_ref().is_none_or(of)
    }
}

impl Around {
    /// The records of each alert by its id; `None` where `go_on` said to stop.
    pub fn ask(
        &mut self,
        feed: &Feed,
        alerts: &[&Alert],
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Option<BTreeMap<String, Hits>> {
        let wanted: Vec<Wanted> = alerts.iter().map(|a| Wanted::new(a)).collect();
        if wanted != self.wanted {
            *self = Self { found: vec![Hits::default(); wanted.len()], wanted, next: 0 };
        }
        let mut stopped = false;
        if !self.wanted.is_empty() {
            self.next = feed.walk(self.next, &mut |piece| {
                for (position, e) in piece.events() {
                    let theirs = self.wanted.iter().zip(&mut self.found).filter(|(w, _)| w.has(&e));
                    theirs.for_each(|(_, found)| found.push(position as usize));
                }
                stopped = !go_on(piece.end());
                !stopped
            });
        }
        let found = self.wanted.iter().map(|w| w.id.clone()).zip(self.found.iter().cloned());
        (!stopped).then(|| found.collect())
    }
}
