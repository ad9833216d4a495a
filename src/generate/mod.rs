//! Made logs: honest traffic of a small company with attacks in it, and the
//! truth about which record belongs to which attack.
//!
//! Invariants: a seed and its options name one log, byte for byte, on every
//! machine; honest lines are the same with and without attacks; honest traffic
//! stays below what the shipped rules call an attack (see `docs/generator.md`).

mod acts;
mod benign;
mod emit;
mod formats;
mod queue;
mod rng;
mod sink;
mod stories;
#[cfg(test)]
mod tests;
mod truth;
mod world;

use std::fmt;
use std::io;
use std::str::FromStr;

use benign::Traffic;
use emit::{Ctx, Emit, source_file};
use queue::{BENIGN, SEC};
use rng::Rng;
pub use sink::{FileSink, FolderSink, LogSink, RecordSink};
use stories::{Cast, victims};
pub use stories::{StoryInfo, stories};
pub use truth::{LeftOut, StoryTruth, Truth, TruthLine};
use world::{People, State};

use crate::event::Ts;

/// The time at which a log begins unless told: Monday, 2 March 2026.
pub const DEFAULT_START: Ts = Ts::from_secs(1_772_409_600);

/// Most people that the company has, however busy the log.
const MOST_PEOPLE: usize = 20_000;

/// Which lines a log has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Syslog lines.
    Syslog,
    /// Web access lines in the combined format.
    Access,
    /// Application events as JSON lines.
    Json,
    /// Windows events as JSON lines.
    Windows,
    /// All of them.
    #[default]
    Mixed,
}

impl Format {
    /// Every format with its name.
    pub const ALL: [(&'static str, Self); 5] = [
        ("syslog", Self::Syslog),
        ("access", Self::Access),
        ("json", Self::Json),
        ("windows", Self::Windows),
        ("mixed", Self::Mixed),
    ];
}

impl FromStr for Format {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|(name, _)| *name == s);
        known.map(|(_, f)| *f).ok_or_else(|| format!("unknown format '{s}': syslog, access, json, windows or mixed"))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(_, x)| x == self).map_or("", |(n, _)| n);
        f.pad(name)
    }
}

/// Which attacks a log has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Attacks {
    /// Every story that the format and the duration have room for.
    #[default]
    All,
    /// None.
    None,
    /// These.
    Named(Vec<String>),
}

impl FromStr for Attacks {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "all" => Ok(Self::All),
            "none" | "" => Ok(Self::None),
            names => {
                let names: Vec<String> =
                    names.split(',').map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect();
                for name in &names {
                    stories::check_name(name)?;
                }
                Ok(Self::Named(names))
            }
        }
    }
}

/// What log to make.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerateOptions {
    /// Names the log among all logs with these options.
    pub seed: u64,
    /// Length in seconds.
    pub duration: i64,
    /// Honest lines per second, on average over the length.
    pub rate: f64,
    /// Which lines.
    pub format: Format,
    /// Which attacks.
    pub attacks: Attacks,
    /// Where it begins.
    pub start: Ts,
}

impl Default for GenerateOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            duration: 86_400,
            rate: 5.0,
            format: Format::Mixed,
            attacks: Attacks::All,
            start: DEFAULT_START,
        }
    }
}

/// Makes the log.
///
/// # Errors
/// What the sink says; nothing else fails.
pub fn generate(opts: &GenerateOptions, out: &mut dyn RecordSink) -> io::Result<Truth> {
    let rate = if opts.rate.is_finite() { opts.rate.clamp(0.0, 1e7) } else { 0.0 };
    let from = opts.start.secs();
    let to = from + opts.duration.clamp(1, 100 * 366 * 86_400);
    // A busier company has more people: each does no more than people do.
    let people = People::new(opts.seed, ((120.0 + rate * 8.0) as usize).min(MOST_PEOPLE));
    let mut emit = Emit::new(opts.format, from);

    let cast = Cast::plan(opts, from, to, &people, &mut emit);

    let mut r = Rng::new(opts.seed, "traffic");
    let mut state = State::new(&mut r, people.len());
    // A victim's own slip beside an attack would make it look like two.
    for victim in victims(opts.seed, &people) {
        state.never_mistypes(victim.id);
    }
    let mut traffic = Traffic::new(opts.seed, rate, opts.format, from, to, &people);
    let mut book =
        Book { out, lines: vec![Vec::new(); cast.len()], records: 0, in_file: vec![0; world::SOURCES.len()], to };
    for second in from..to {
        traffic.second(second, &mut Ctx { r: &mut r, people: &people, state: &mut state, out: &mut emit });
        emit.queue.close(|tag, text| book.record(tag, text))?;
    }
    book.out.finish()?;
    let records = book.records;
    let (stories, left_out) = cast.truth(book.lines);
    Ok(Truth { records, stories, left_out })
}

/// Counts records and notes those of stories.
struct Book<'a> {
    out: &'a mut dyn RecordSink,
    lines: Vec<Vec<(Ts, TruthLine)>>,
    records: u64,
    in_file: Vec<u64>,
    to: i64,
}

impl Book<'_> {
    fn record(&mut self, tag: queue::Tag, text: &str) -> io::Result<()> {
        debug_assert!(tag.at < self.to * SEC);
        self.records += 1;
        let in_file = &mut self.in_file[usize::from(tag.source)];
        *in_file += 1;
        if tag.story != BENIGN
            && let Some(lines) = self.lines.get_mut(usize::from(tag.story))
        {
            lines.push((Ts(tag.at), TruthLine { source: tag.source, in_log: self.records, in_file: *in_file }));
        }
        self.out.record(tag.source, Ts(tag.at), text)
    }
}
