//! What changes while the company works: process and session numbers, and the
//! guards that keep mistakes of honest people below what an attack looks like.

use super::hosts::Host;
use crate::generate::queue::SEC;
use crate::generate::rng::Rng;

/// Least time between two log-ins of one account that begin with wrong
/// passwords: six hours, so that no day has more than a dozen of them.
const MISTAKE_GAP: i64 = 6 * 3600 * SEC;
/// Most requests of one shared address in a slot of [`SLOT`]: any 30 seconds
/// touch four slots, and stay below 60.
const SLOT_CAP: u8 = 12;
const SLOT: i64 = 10 * SEC;
/// Slots remembered per address: more than the longest web session.
const SLOTS: usize = 1024;

/// Requests that a shared address made, by slot.
#[derive(Debug, Clone)]
struct Meter {
    slots: Vec<(i64, u8)>,
}

/// Numbers and guards.
#[derive(Debug, Clone)]
pub(in crate::generate) struct State {
    pids: [u32; 11],
    sessions: [u32; 11],
    record: u64,
    logon: u64,
    last_mistake: Vec<i64>,
    last_sudo: Vec<i64>,
    meters: Vec<Meter>,
    top_pid: u32,
}

impl State {
    /// For benign traffic of that many people; process numbers stay below a
    /// million.
    pub fn new(r: &mut Rng, people: usize) -> Self {
        let mut s = Self {
            pids: [0; 11],
            sessions: [0; 11],
            record: r.range(100_000, 900_000),
            logon: r.range(0x10_0000, 0x90_0000),
            last_mistake: vec![i64::MIN; people],
            last_sudo: vec![i64::MIN; people],
            meters: vec![Meter { slots: vec![(i64::MIN, 0); SLOTS] }; 16],
            top_pid: 1_000_000,
        };
        for i in 0..11 {
            s.pids[i] = r.range(1200, 90_000) as u32;
            s.sessions[i] = r.range(20, 9000) as u32;
        }
        s
    }

    /// The same for attack story number `story`: process and session numbers
    /// that neither benign traffic nor another story uses, so that leaving one
    /// out changes nothing of the others.
    pub fn for_stories(r: &mut Rng, people: usize, story: usize) -> Self {
        let mut s = Self::new(r, people);
        let n = story as u32 % 200;
        for i in 0..11 {
            s.pids[i] = 2_000_000 + n * 10_000 + r.below(500) as u32;
            s.sessions[i] = 4_000_000 + n * 1_000 + r.below(100) as u32;
        }
        s.record += 50_000_000 + u64::from(n) * 10_000;
        s.logon += 0x4000_0000 + (u64::from(n) << 20);
        s.top_pid = 4_000_000;
        s
    }

    /// A new process number on a host.
    pub fn pid(&mut self, host: Host, r: &mut Rng) -> u32 {
        let p = &mut self.pids[host as usize];
        *p += r.range(1, 7) as u32;
        if *p >= self.top_pid {
            *p = self.top_pid - 1_000_000 + 1200 + r.below(1000) as u32;
        }
        *p
    }

    /// A new log-in session number on a host.
    pub fn session(&mut self, host: Host) -> u32 {
        let s = &mut self.sessions[host as usize];
        *s = s.wrapping_add(1);
        *s
    }

    /// A new Windows event record number.
    pub fn record(&mut self) -> u64 {
        self.record += 1;
        self.record
    }

    /// A new Windows logon id.
    pub fn logon(&mut self, r: &mut Rng) -> u64 {
        self.logon += r.range(0x40, 0x4000);
        self.logon
    }

    /// Whether the person may mistype at this log-in; says yes once in
    /// [`MISTAKE_GAP`].
    pub fn may_mistype(&mut self, person: usize, at: i64) -> bool {
        allow(&mut self.last_mistake, person, at, MISTAKE_GAP)
    }

    /// The person never mistypes.
    pub fn never_mistypes(&mut self, person: usize) {
        for last in [&mut self.last_mistake, &mut self.last_sudo] {
            if let Some(t) = last.get_mut(person) {
                *t = i64::MAX;
            }
        }
    }

    /// Whether the person may mistype for sudo.
    pub fn may_mistype_sudo(&mut self, person: usize, at: i64) -> bool {
        allow(&mut self.last_sudo, person, at, MISTAKE_GAP)
    }

    /// Whether the shared address number `n` may make one more request then; a
    /// request too many is answered by a cache before us and is not logged.
    pub fn may_request(&mut self, n: usize, at: i64) -> bool {
        let slot = at.div_euclid(SLOT);
        let count = self.meters.len();
        let entry = &mut self.meters[n % count].slots[slot.rem_euclid(SLOTS as i64) as usize];
        if entry.0 != slot {
            *entry = (slot, 0);
        }
        if entry.1 >= SLOT_CAP {
            return false;
        }
        entry.1 += 1;
        true
    }
}

fn allow(last: &mut [i64], i: usize, at: i64, gap: i64) -> bool {
    let Some(t) = last.get_mut(i) else { return false };
    let ok = at.saturating_sub(*t) >= gap;
    if ok {
        *t = at;
    }
    ok
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards() {
        let mut s = State::new(&mut Rng::new(1, "s"), 3);
        assert!(s.may_mistype(1, 0));
        assert!(!s.may_mistype(1, MISTAKE_GAP - 1));
        assert!(s.may_mistype(1, MISTAKE_GAP));
        assert!(!s.may_mistype(9, 0));
        let n = (0..100).filter(|i| s.may_request(0, i * SEC / 10)).count();
        assert_eq!(n, usize::from(SLOT_CAP));
    }

    #[test]
    fn stories_have_their_own_numbers() {
        let mut r = Rng::new(2, "s");
        let (mut a, mut b) = (State::new(&mut r, 1), State::for_stories(&mut r, 1, 7));
        for _ in 0..100_000 {
            assert!(a.pid(Host::Web1, &mut r) < 1_100_000);
        }
        assert!(b.pid(Host::Web1, &mut r) > 2_000_000);
    }
}
