//! The whole generator: determinism, truth, proportions.

use std::collections::{BTreeMap, HashSet};

use super::*;
use crate::event::hash64;

/// Keeps everything.
#[derive(Default)]
struct Kept {
    lines: Vec<(u16, Ts, String)>,
}

impl RecordSink for Kept {
    fn record(&mut self, source: u16, time: Ts, text: &str) -> io::Result<()> {
        self.lines.push((source, time, text.to_owned()));
        Ok(())
    }
}

fn make(opts: &GenerateOptions) -> (Kept, Truth) {
    let mut out = Kept::default();
    let truth = generate(opts, &mut out).unwrap();
    (out, truth)
}

fn small() -> GenerateOptions {
    GenerateOptions { duration: 7200, rate: 3.0, ..GenerateOptions::default() }
}

fn bytes(kept: &Kept) -> String {
    kept.lines.iter().map(|(_, _, l)| format!("{l}\n")).collect()
}

#[test]
fn a_seed_names_a_log() {
    let (a, ta) = make(&small());
    let (b, tb) = make(&small());
    assert_eq!(bytes(&a), bytes(&b));
    assert_eq!(ta, tb);
    let (c, _) = make(&GenerateOptions { seed: 2, ..small() });
    assert_ne!(bytes(&a), bytes(&c));
}

#[test]
fn the_log_of_a_seed_stays() {
    // A change here changes every log that a seed names: say so in the commit.
    let (a, t) = make(&GenerateOptions { duration: 1800, rate: 1.0, ..small() });
    assert_eq!(t.left_out.iter().map(|l| l.story).collect::<Vec<_>>(), ["ssh-slow-guessing"]);
    let t = Truth { left_out: Vec::new(), ..t };
    let sum = hash64((bytes(&a) + &t.to_jsonl(false)).as_bytes());
    assert_eq!(format!("{sum:016x}"), GOLDEN, "{} records", t.records);
}

const GOLDEN: &str = "b651cd333fe62f18";

#[test]
fn times_are_in_order_and_within() {
    let o = small();
    let (a, _) = make(&o);
    assert!(a.lines.windows(2).all(|w| w[0].1 <= w[1].1));
    let (from, to) = (o.start.0, o.start.0 + o.duration * SEC);
    assert!(a.lines.iter().all(|(_, t, _)| (from..to).contains(&t.0)));
    assert!(a.lines.iter().all(|(_, _, l)| !l.is_empty() && !l.contains(['\n', '\r', '\0'])));
}

#[test]
fn attacks_change_no_honest_line() {
    let (with, truth) = make(&small());
    let (without, none) = make(&GenerateOptions { attacks: Attacks::None, ..small() });
    assert!(none.stories.is_empty());
    let attack: HashSet<u64> = truth.stories.iter().flat_map(|s| s.lines.iter().map(|l| l.in_log)).collect();
    let honest = with.lines.iter().enumerate().filter(|(i, _)| !attack.contains(&(*i as u64 + 1))).map(|(_, l)| l);
    assert!(honest.eq(without.lines.iter()));
    assert_eq!(with.lines.len() - attack.len(), without.lines.len());
}

#[test]
fn one_story_is_the_same_among_others_and_alone() {
    let (all, truth) = make(&small());
    let (one, alone) = make(&GenerateOptions { attacks: "port-scan".parse().unwrap(), ..small() });
    assert_eq!(alone.stories.len(), 1);
    let text = |k: &Kept, t: &Truth| -> Vec<String> {
        let s = t.stories.iter().find(|s| s.story == "port-scan").unwrap();
        // The time is another, the rest is the same.
        s.lines.iter().map(|l| k.lines[l.in_log as usize - 1].2.split("SRC=").nth(1).unwrap().to_owned()).collect()
    };
    assert_eq!(text(&all, &truth), text(&one, &alone));
}

#[test]
fn truth_points_at_the_story() {
    for seed in 0..20 {
        let (kept, truth) = make(&GenerateOptions { seed, duration: 21_600, rate: 0.5, ..small() });
        assert_eq!(truth.records, kept.lines.len() as u64);
        let told: HashSet<_> = truth.stories.iter().map(|s| s.story).collect();
        let missing: Vec<_> = stories().filter(|s| !told.contains(s.name)).map(|s| s.name).collect();
        assert!(missing.is_empty(), "seed {seed}: {missing:?}");
        let mut per_file: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
        for (source, _, line) in &kept.lines {
            per_file.entry(*source).or_default().push(line);
        }
        for s in &truth.stories {
            let mut named = 0;
            for l in &s.lines {
                let (source, time, text) = &kept.lines[l.in_log as usize - 1];
                assert_eq!(*source, l.source);
                assert!((s.first..=s.last).contains(time));
                assert_eq!(per_file[source][l.in_file as usize - 1], text);
                let names = s.src_ip.iter().chain(&s.user).any(|who| text.contains(who.as_str()));
                named += usize::from(names);
            }
            assert!(named * 3 > s.lines.len(), "{}: {named} of {}", s.story, s.lines.len());
        }
    }
}

#[test]
fn rate_and_share_hold() {
    for (format, duration) in [(Format::Mixed, 86_400), (Format::Syslog, 21_600), (Format::Access, 21_600)] {
        let (kept, truth) = make(&GenerateOptions { format, duration, rate: 1.0, ..small() });
        let attack: usize = truth.stories.iter().map(|s| s.lines.len()).sum();
        let honest = (kept.lines.len() - attack) as f64 / duration as f64;
        assert!((0.9..1.1).contains(&honest), "{format}: {honest}");
    }
    let attack: usize =
        make(&GenerateOptions { duration: 86_400, rate: 0.1, ..small() }).1.stories.iter().map(|s| s.lines.len()).sum();
    assert!(attack < 5_000, "{attack}");
}

#[test]
fn every_format_alone() {
    for (name, format) in Format::ALL {
        let (kept, truth) = make(&GenerateOptions { format, ..small() });
        assert!(kept.lines.len() > 10_000, "{name}: {}", kept.lines.len());
        assert!(!truth.stories.is_empty(), "{name}");
        assert_eq!(name.parse::<Format>(), Ok(format));
        for (source, _, line) in kept.lines.iter().step_by(50) {
            let kind = world::SOURCES[usize::from(*source)].kind;
            assert!(format.has(kind));
            if matches!(kind, world::SourceKind::Json | world::SourceKind::Windows) {
                assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
            }
        }
    }
}

#[test]
fn short_and_odd_lengths() {
    for duration in [1, 7, 60, 301, 3599] {
        for rate in [0.0, 0.3, 50.0] {
            let (kept, truth) = make(&GenerateOptions { duration, rate, ..small() });
            assert!(truth.stories.iter().all(|s| !s.lines.is_empty()));
            assert!(duration < 60 || !kept.lines.is_empty());
        }
    }
    let slow = |duration| {
        make(&GenerateOptions { duration, rate: 0.1, attacks: "ssh-slow-guessing".parse().unwrap(), ..small() }).1
    };
    assert_eq!(slow(3000).stories.len(), 0);
    assert_eq!(slow(7200).stories.len(), 1);
    assert!("ssh-slow-guessing,x".parse::<Attacks>().is_err());
}

#[test]
fn a_folder_has_a_file_per_source() {
    let dir = tempfile::tempdir().unwrap();
    let truth = generate(&small(), &mut FolderSink::create(dir.path()).unwrap()).unwrap();
    let mut records = 0;
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        records += text.lines().count() as u64;
        // The year is to be found by the time of change.
        let changed = path.metadata().unwrap().modified().unwrap();
        let age = changed.duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64;
        assert!((0..7200).contains(&(age - DEFAULT_START.secs())), "{age}");
    }
    assert_eq!(records, truth.records);
    let line = truth.to_jsonl(true);
    let first: serde_json::Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    assert!(first["lines"][0]["file"].is_string() && first["lines"][0]["line"].is_u64());
}
