//! Honest traffic: activities that follow the clock, and jobs of the calendar.
//!
//! Activities fill a share of the rate each; their starts per second are the
//! share divided by the mean number of lines of one run, which is counted
//! before the log begins. Jobs come so many times a day whatever the rate.

mod accounts;
mod app;
mod backup;
mod files;
mod firewall;
mod jobs;
mod mail;
mod rhythm;
mod scan;
mod ssh;
mod sudo;
mod web;
mod web_machines;
pub(super) mod windows;

use rhythm::{Rhythm, is_weekend};

use super::Format;
use super::emit::{Ctx, Emit};
use super::queue::SEC;
use super::rng::Rng;
use super::world::{People, State};

/// Runs of each activity that are counted beforehand.
const TRIALS: i64 = 400;
/// Seconds for which the weights of the activities stay the same.
const STEP: i64 = 600;

/// Something that happens again and again.
struct Activity {
    /// Part of all lines, in hundredths, in a log of all formats.
    share: f64,
    rhythm: Rhythm,
    run: fn(&mut Ctx<'_>, i64),
}

const fn activity(share: f64, rhythm: Rhythm, run: fn(&mut Ctx<'_>, i64)) -> Activity {
    Activity { share, rhythm, run }
}

const ACTIVITIES: &[Activity] = &[
    activity(30.0, Rhythm::Public, web::visit),
    activity(5.0, Rhythm::Office, web::office),
    activity(5.0, Rhythm::Flat, web_machines::crawler),
    activity(5.0, Rhythm::Public, web_machines::api_client),
    activity(2.0, Rhythm::Flat, web_machines::monitor),
    activity(1.0, Rhythm::Flat, web_machines::feed_reader),
    activity(8.0, Rhythm::Office, ssh::session),
    activity(2.0, Rhythm::Flat, ssh::deploy),
    activity(2.0, Rhythm::Flat, ssh::noise),
    activity(3.0, Rhythm::Office, sudo::admin),
    activity(1.0, Rhythm::Flat, sudo::postgres),
    activity(5.0, Rhythm::Flat, jobs::cron),
    activity(3.0, Rhythm::Flat, jobs::systemd),
    activity(1.0, Rhythm::Flat, jobs::kernel),
    activity(4.0, Rhythm::Public, mail::delivery),
    activity(2.0, Rhythm::Flat, mail::spam),
    activity(3.0, Rhythm::Office, mail::imap),
    activity(4.0, Rhythm::Flat, firewall::noise),
    activity(3.0, Rhythm::Office, firewall::dns),
    activity(1.0, Rhythm::Night, files::ftp),
    activity(6.0, Rhythm::Office, app::session),
    activity(4.0, Rhythm::Office, windows::logon),
    activity(1.0, Rhythm::Flat, windows::service),
];

/// Something that comes so many times a day.
struct Job {
    per_day: u32,
    /// Hours between which it comes.
    hours: (i64, i64),
    weekends: bool,
    run: fn(&mut Ctx<'_>, i64),
}

const JOBS: &[Job] = &[
    Job { per_day: 1, hours: (8, 11), weekends: false, run: accounts::new_hire },
    Job { per_day: 1, hours: (14, 17), weekends: false, run: accounts::leaver },
    Job { per_day: 8, hours: (7, 17), weekends: false, run: accounts::password_rotation },
    Job { per_day: 3, hours: (9, 17), weekends: false, run: jobs::crontab_edit },
    Job { per_day: 2, hours: (9, 16), weekends: false, run: sudo::upgrade },
    Job { per_day: 1, hours: (9, 11), weekends: false, run: sudo::root_login },
    Job { per_day: 1, hours: (0, 1), weekends: true, run: jobs::logrotate },
    Job { per_day: 1, hours: (1, 2), weekends: true, run: backup::nightly },
    Job { per_day: 1, hours: (3, 4), weekends: true, run: scan::authorized },
    Job { per_day: 4, hours: (8, 18), weekends: false, run: web::denied_visit },
    Job { per_day: 2, hours: (8, 18), weekends: false, run: windows::mistyped },
];

/// The honest traffic of one log.
pub(super) struct Traffic {
    from: i64,
    to: i64,
    /// Starts per second of each activity at weight 1.
    base: Vec<f64>,
    /// Starts per second up to each activity, now.
    sums: Vec<f64>,
    /// Calendar: second and job, in order.
    calendar: Vec<(i64, usize)>,
    next_job: usize,
}

impl Traffic {
    /// Plans the traffic between two seconds of Unix time.
    pub fn new(seed: u64, rate: f64, format: Format, from: i64, to: i64, people: &People) -> Self {
        let counts: Vec<f64> = ACTIVITIES.iter().map(|a| mean_lines(a, format, people)).collect();
        let present = |(a, n): (&Activity, &f64)| if *n > 0.0 { a.share } else { 0.0 };
        let shares: f64 = ACTIVITIES.iter().zip(&counts).map(present).sum();
        let base = ACTIVITIES
            .iter()
            .zip(&counts)
            .map(|(a, n)| if *n > 0.0 { rate * a.share / shares / n / a.rhythm.mean(from, to) } else { 0.0 })
            .collect();
        let mut r = Rng::new(seed, "calendar");
        let mut calendar = Vec::new();
        let midnight = from - from.rem_euclid(86_400);
        // A very short log has no room for the day's jobs; a very long one
        // lists a few per day.
        for day in (midnight..to).step_by(86_400) {
            for (i, job) in JOBS.iter().enumerate() {
                for _ in 0..job.per_day {
                    let at = day + r.span(job.hours.0 * 3600, job.hours.1 * 3600);
                    if (from..to).contains(&at) && (job.weekends || !is_weekend(at)) {
                        calendar.push((at, i));
                    }
                }
            }
        }
        calendar.sort_unstable();
        Self { from, to, base, sums: vec![0.0; ACTIVITIES.len()], calendar, next_job: 0 }
    }

    /// Starts what starts in that second.
    pub fn second(&mut self, second: i64, c: &mut Ctx<'_>) {
        debug_assert!((self.from..self.to).contains(&second));
        if (second - self.from) % STEP == 0 {
            let mut sum = 0.0;
            for ((s, base), a) in self.sums.iter_mut().zip(&self.base).zip(ACTIVITIES) {
                sum += base * a.rhythm.weight(second + STEP / 2);
                *s = sum;
            }
        }
        let total = self.sums.last().copied().unwrap_or_default();
        // Some seconds are busier than others.
        let mean = total * (0.5 + c.r.unit());
        let starts = c.r.around(mean);
        for _ in 0..starts {
            let x = c.r.unit() * total;
            let i = self.sums.partition_point(|s| *s <= x).min(ACTIVITIES.len() - 1);
            let at = second * SEC + c.r.below(SEC as u64) as i64;
            (ACTIVITIES[i].run)(c, at);
        }
        while let Some(&(at, job)) = self.calendar.get(self.next_job).filter(|(at, _)| *at <= second) {
            self.next_job += 1;
            let at = at * SEC + c.r.below(SEC as u64) as i64;
            (JOBS[job].run)(c, at);
        }
    }
}

/// Lines of one run of an activity, on average.
fn mean_lines(a: &Activity, format: Format, people: &People) -> f64 {
    let (mut r, mut out) = (Rng::new(1, "trial"), Emit::counter(format));
    let mut state = State::new(&mut r, people.len());
    for i in 0..TRIALS {
        // Apart enough that no guard of shared addresses holds lines back.
        (a.run)(&mut Ctx { r: &mut r, people, state: &mut state, out: &mut out }, i * 200 * SEC);
    }
    out.planned as f64 / TRIALS as f64
}
