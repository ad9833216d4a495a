//! Events per CPU second of both engines, in one run and in turns.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::time::{ClockId, clock_gettime};

use crate::data::Data;
use crate::large;
use crate::ours::Ours;
use crate::theirs::Theirs;

/// CPU time of this thread.
fn cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

fn timed<T>(f: impl FnOnce() -> T) -> (f64, T) {
    let from = cpu();
    let out = f();
    ((cpu() - from).as_secs_f64(), out)
}

fn peak_mb() -> i64 {
    getrusage(UsageWho::RUSAGE_SELF).map_or(0, |u| u.max_rss() / 1024)
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Both engines on both sets of events.
pub fn run(rounds: usize) -> anyhow::Result<()> {
    let Some(data) = Data::find()? else { return Ok(()) };
    let (load, mut all) = timed(|| Ours::new(&data.rules, &data.events));
    println!("ours:   {} rules loaded in {load:.2} CPU s, {} MB so far", all.loaded(), peak_mb());
    let mut few = Ours::new(&data.some_rules(300), &data.events);
    let large = large::events(30_000, 7);
    let cost = |engine: &mut Ours, text: &str| {
        (0..rounds).map(|_| timed(|| engine.run(text)).0).fold(f64::INFINITY, f64::min) / text.lines().count() as f64
    };
    println!("        {} MB with the events in memory", peak_mb());
    for (name, text) in [("evtx-ndjson", &data.events), ("generated, large", &large)] {
        all.run(text);
        few.run(text);
        let (three, every) = (cost(&mut few, text), cost(&mut all, text));
        println!(
            "ours:   {name}: {:.2} µs an event with 300 rules, {:.2} with {}: {:.2} times; parsing alone {:.2}",
            three * 1e6,
            every * 1e6,
            all.loaded(),
            every / three,
            (0..rounds).map(|_| timed(|| all.parse_only(text)).0).fold(f64::INFINITY, f64::min) * 1e6
                / text.lines().count() as f64
        );
    }
    let (load, theirs) = timed(|| Theirs::new(&data.rules, true));
    println!("rsigma: {} rules loaded in {load:.2} CPU s, {} MB so far", theirs.loaded(), peak_mb());
    for (name, text) in [("evtx-ndjson", &data.events), ("generated, large", &large)] {
        let events = text.lines().count() as f64;
        let (mut a, mut b) = (Vec::new(), Vec::new());
        let (mut found, mut found_theirs) = (0, 0);
        all.run(text);
        for _ in 0..rounds {
            let (s, n) = timed(|| all.run(text));
            a.push(s);
            found = n;
            let (s, n) = timed(|| theirs.run(text));
            b.push(s);
            found_theirs = n;
        }
        let ratios = a.iter().zip(&b).map(|(a, b)| b / a).collect();
        let (a, b) = (median(a), median(b));
        println!(
            "{name}: {events} events of {} bytes, {rounds} rounds in turns, medians:\n\
             \x20   ours   {:>9.0} events per CPU s, {:>6.2} µs an event, {found} matches\n\
             \x20   rsigma {:>9.0} events per CPU s, {:>6.2} µs an event, {found_theirs} matches\n\
             \x20   ratio  {:.2}",
            text.len() / events as usize,
            events / a,
            a / events * 1e6,
            events / b,
            b / events * 1e6,
            median(ratios)
        );
    }
    Ok(())
}

/// Ours alone, for profilers.
pub fn ours_only(rounds: usize, rules: usize, made: bool) -> anyhow::Result<()> {
    let Some(mut data) = Data::find()? else { return Ok(()) };
    if made {
        data.events = large::events(30_000, 7);
    }
    let (load, mut ours) = timed(|| Ours::new(&data.some_rules(rules), &data.events));
    let (first, matches) = timed(|| ours.run(&data.events));
    println!("{} rules in {load:.3} CPU s; first round {first:.3} CPU s, {matches} matches", ours.loaded());
    for _ in 1..rounds {
        println!("{:.3} CPU s", timed(|| ours.run(&data.events)).0);
    }
    Ok(())
}
