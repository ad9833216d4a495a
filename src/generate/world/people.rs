//! The people of the company and their accounts.

use std::net::{IpAddr, Ipv4Addr};

use super::hosts::Host;
use super::names::{FIRST, LAST};
use crate::generate::rng::Rng;

/// How many of the people administer hosts.
const ADMINS: usize = 6;
/// The hosts that people other than administrators log in to.
const USER_HOSTS: [Host; 4] = [Host::Bastion, Host::App1, Host::Files1, Host::Build1];

/// One person.
#[derive(Debug, Clone)]
pub(in crate::generate) struct Person {
    /// Number among the people.
    pub id: usize,
    /// Account name.
    pub login: String,
    /// User number.
    pub uid: u32,
    /// Address at the office.
    pub desk: IpAddr,
    /// Address at home.
    pub home: IpAddr,
    /// Fingerprint of the SSH key.
    pub key: String,
    /// The two hosts worked on.
    pub hosts: [Host; 2],
    /// Works from home.
    pub remote: bool,
}

impl Person {
    /// Where the person works from: always the same place, as an account is
    /// not to look as if many sources used it.
    pub fn addr(&self) -> IpAddr {
        if self.remote { self.home } else { self.desk }
    }
}

/// Everyone; the first few are administrators.
#[derive(Debug)]
pub(in crate::generate) struct People {
    all: Vec<Person>,
}

impl People {
    /// `count` people, as the seed draws them.
    pub fn new(seed: u64, count: usize) -> Self {
        let mut r = Rng::new(seed, "people");
        let combos = FIRST.len() * LAST.len();
        // A step that shares no factor with the number of names visits all.
        let (start, step) = (r.below(combos as u64) as usize, 1009);
        let all = (0..count.max(40)).map(|id| person(&mut r, id, start + id * step, combos)).collect();
        Self { all }
    }

    /// Any person.
    pub fn any(&self, r: &mut Rng) -> &Person {
        r.pick(&self.all)
    }

    /// A person who administers hosts.
    pub fn admin(&self, r: &mut Rng) -> &Person {
        r.pick(&self.all[..ADMINS])
    }

    /// `count` different people who are no administrators; for the stories.
    pub fn some(&self, r: &mut Rng, count: usize) -> Vec<&Person> {
        let mut ids: Vec<usize> = (ADMINS..self.all.len()).collect();
        r.shuffle(&mut ids);
        ids.iter().take(count).map(|i| &self.all[*i]).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }
}

fn person(r: &mut Rng, id: usize, name: usize, combos: usize) -> Person {
    let (first, last) = (FIRST[name % combos / LAST.len()], LAST[name % LAST.len()]);
    let round = id / combos;
    let mut login = format!("{}.{}", first.to_lowercase(), last.to_lowercase());
    if round > 0 {
        login.push_str(&(round + 1).to_string());
    }
    let n = id as u32;
    let desk = Ipv4Addr::new(10, 20 + (n / 40_000) as u8, 10 + (n / 200 % 200) as u8, 10 + (n % 200) as u8);
    let home = Ipv4Addr::new(100, 127, (n / 250 % 250) as u8, 1 + (n % 250) as u8);
    let hosts = if id < ADMINS {
        // Administrators share out the servers, two each.
        [Host::LINUX[id % 10], Host::LINUX[(id + 5) % 10]]
    } else {
        [USER_HOSTS[id % 4], USER_HOSTS[(id + 1) % 4]]
    };
    const B64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let key = (0..43).map(|_| char::from(*r.pick(B64))).collect();
    Person {
        id,
        login,
        uid: 1001 + n,
        desk: IpAddr::V4(desk),
        home: IpAddr::V4(home),
        key,
        hosts,
        remote: id >= ADMINS && r.percent(40),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn people_differ() {
        let p = People::new(1, 5000);
        assert_eq!(p.len(), 5000);
        assert_eq!(p.all.iter().map(|x| &x.login).collect::<HashSet<_>>().len(), 5000);
        assert_eq!(p.all.iter().map(|x| x.desk).collect::<HashSet<_>>().len(), 5000);
        assert_eq!(p.all.iter().map(|x| x.home).collect::<HashSet<_>>().len(), 5000);
        let few = p.some(&mut Rng::new(1, "x"), 30);
        assert_eq!(few.iter().map(|x| x.id).collect::<HashSet<_>>().len(), 30);
        assert!(few.iter().all(|x| x.id >= ADMINS));
    }
}
