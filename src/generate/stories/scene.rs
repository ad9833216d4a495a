//! Who plays in a story, and when: times, addresses, victims.

use std::net::IpAddr;

use super::{STORIES, Story};
use crate::event::Ts;
use crate::generate::emit::{Ctx, Emit};
use crate::generate::queue::{BENIGN, SEC};
use crate::generate::rng::Rng;
use crate::generate::world::{Host, People, Person, State, attacker};
use crate::generate::{Attacks, GenerateOptions, LeftOut, StoryTruth, TruthLine};

/// One story while it is told.
pub(super) struct Scene<'a, 'c> {
    /// What lines are made with.
    pub c: Ctx<'c>,
    /// The account that is attacked or misused, where one of the company is.
    pub victim: &'a Person,
    people: &'a People,
    number: u16,
    start: i64,
    /// Real length by full length, in 1/1024.
    squeeze: i64,
    role: Role,
}

/// What the truth says about a story beside its lines.
#[derive(Debug, Default)]
struct Role {
    ips: Vec<String>,
    users: Vec<String>,
    hosts: Vec<String>,
}

impl<'a> Scene<'a, '_> {
    /// The time so many milliseconds of full length into the story.
    pub fn at(&self, millis: i64) -> i64 {
        self.start + millis * 1000 * self.squeeze / 1024
    }

    /// The same, up to `jitter` milliseconds later.
    pub fn about(&mut self, millis: i64, jitter: i64) -> i64 {
        let late = self.c.r.span(0, jitter);
        self.at(millis + late)
    }

    /// Attacker number `n`, noted for the truth.
    pub fn attacker(&mut self, n: u16) -> IpAddr {
        let ip = attacker(self.number, n);
        note(&mut self.role.ips, &ip.to_string());
        ip
    }

    /// Notes an address that is no attacker's own.
    pub fn from(&mut self, ip: IpAddr) -> IpAddr {
        note(&mut self.role.ips, &ip.to_string());
        ip
    }

    /// Notes an account.
    pub fn user(&mut self, name: &str) {
        note(&mut self.role.users, name);
    }

    /// Notes a host.
    pub fn host(&mut self, host: Host) -> Host {
        note(&mut self.role.hosts, host.name());
        host
    }

    /// The victim, noted for the truth.
    pub fn take_victim(&mut self) -> &'a Person {
        note(&mut self.role.users, &self.victim.login);
        self.victim
    }

    /// So many different people, noted for the truth.
    pub fn crowd(&mut self, count: usize) -> Vec<&'a Person> {
        let crowd = self.people.some(self.c.r, count);
        for p in &crowd {
            note(&mut self.role.users, &p.login);
        }
        crowd
    }
}

fn note(list: &mut Vec<String>, what: &str) {
    if !list.iter().any(|x| x == what) {
        list.push(what.to_owned());
    }
}

/// The victim of each story, in order of their numbers; the same whichever
/// stories are told.
pub(in crate::generate) fn victims(seed: u64, people: &People) -> Vec<&Person> {
    people.some(&mut Rng::new(seed, "victims"), STORIES.len())
}

/// The stories of one log.
pub(in crate::generate) struct Cast {
    roles: Vec<(&'static Story, Role)>,
    left_out: Vec<LeftOut>,
}

impl Cast {
    /// Chooses the stories and plans their lines.
    pub fn plan(opts: &GenerateOptions, from: i64, to: i64, people: &People, emit: &mut Emit) -> Self {
        let room = to - from;
        let wanted = |s: &Story| match &opts.attacks {
            // A format has the stories that it can show.
            Attacks::All => opts.format.has(s.needs),
            Attacks::None => false,
            Attacks::Named(names) => names.iter().any(|n| n == s.info.name),
        };
        let mut left_out = Vec::new();
        // A story keeps its address whichever others are told.
        let mut chosen = Vec::new();
        for (number, s) in STORIES.iter().enumerate().filter(|(_, s)| wanted(s)) {
            let why = if !opts.format.has(s.needs) {
                format!("{} lines cannot show it", opts.format)
            } else if s.length.min(room * 96 / 100) < s.least {
                // The shortest log of which the story's least is 96 %.
                format!("the log is too short: it needs {} s", (s.least * 100 + 95) / 96)
            } else {
                chosen.push((number, s));
                continue;
            };
            left_out.push(LeftOut { story: s.info.name, technique: s.info.technique.to_vec(), why });
        }
        let mut r = Rng::new(opts.seed, "stories");
        let victims = victims(opts.seed, people);
        r.shuffle(&mut chosen);
        let mut cast = Self { roles: Vec::with_capacity(chosen.len()), left_out };
        let slots = chosen.len().max(1) as i64;
        for (slot, (number, story)) in chosen.into_iter().enumerate() {
            // Each has randomness of its own, so that leaving one out changes
            // no other.
            let mut r = Rng::new(opts.seed, story.info.name);
            let mut state = State::for_stories(&mut r, people.len(), number);
            let length = story.length.min(room * 96 / 100);
            // Starts are spread over the log: a story stands in its slot, or
            // earlier where it would not be over by the end.
            let latest = room * 985 / 1000 - length;
            let early = room / 100;
            let width = (latest - early).max(0) * 1000;
            let start = early * 1000 + width * slot as i64 / slots + r.below((width / slots) as u64 + 1) as i64;
            emit.story = cast.roles.len() as u16;
            let mut scene = Scene {
                c: Ctx { r: &mut r, people, state: &mut state, out: emit },
                victim: victims[number % victims.len()],
                people,
                number: number as u16,
                start: from * SEC + start * 1000,
                squeeze: length * 1024 / story.length.max(1),
                role: Role::default(),
            };
            (story.tell)(&mut scene);
            let role = scene.role;
            emit.story = BENIGN;
            cast.roles.push((story, role));
        }
        cast
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.roles.len()
    }

    /// The truth, given the records that were written of each story: the
    /// stories, and those that were asked for and are not in the log.
    pub fn truth(self, lines: Vec<Vec<(Ts, TruthLine)>>) -> (Vec<StoryTruth>, Vec<LeftOut>) {
        let mut left_out = self.left_out;
        let mut out: Vec<StoryTruth> = self
            .roles
            .into_iter()
            .zip(lines)
            .filter_map(|((story, role), lines)| {
                let (Some(first), Some(last)) = (lines.first().map(|l| l.0), lines.last().map(|l| l.0)) else {
                    left_out.push(LeftOut {
                        story: story.info.name,
                        technique: story.info.technique.to_vec(),
                        why: "no line of it falls into the log".into(),
                    });
                    return None;
                };
                Some(StoryTruth {
                    story: story.info.name,
                    technique: story.info.technique.to_vec(),
                    src_ip: role.ips,
                    user: role.users,
                    host: role.hosts,
                    first,
                    last,
                    lines: lines.into_iter().map(|(_, l)| l).collect(),
                })
            })
            .collect();
        out.sort_by_key(|s| (s.first, s.story));
        left_out.sort_by_key(|s| s.story);
        (out, left_out)
    }
}
