//! Hundreds of inputs at once, in a process that may open few files.

use std::io::Write as _;
use std::process::Command;

use crate::program::{Home, Ran, fixture};

/// The lines of the demo dealt out to so many files in folders, every third
/// one compressed: all of them cover the same hours.
fn dealt(home: &Home, files: usize) -> usize {
    let text = std::fs::read_to_string(fixture("demo/incident.log")).unwrap();
    let mut parts = vec![String::new(); files];
    for (i, line) in text.lines().enumerate() {
        parts[i % files].push_str(line);
        parts[i % files].push('\n');
    }
    for (i, part) in parts.iter().enumerate() {
        let name = format!("logs/{}/{i:03}.log", i % 7);
        if i % 3 == 0 {
            let mut z = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            z.write_all(part.as_bytes()).unwrap();
            home.write(&format!("{name}.gz"), z.finish().unwrap());
        } else {
            home.write(&name, part);
        }
    }
    text.lines().count()
}

/// The program where it may have only so many files open.
fn with_few_files(home: &Home, most: u32, args: &[&str]) -> Ran {
    let wanted = home.command(args);
    let mut c = Command::new("sh");
    c.args(["-c", &format!("ulimit -n {most} && exec \"$0\" \"$@\"")]);
    c.arg(wanted.get_program()).args(wanted.get_args()).current_dir(home.path("")).stdin(std::process::Stdio::null());
    for (name, value) in wanted.get_envs() {
        match value {
            Some(v) => c.env(name, v),
            None => c.env_remove(name),
        };
    }
    Ran::from(c.output().unwrap())
}

#[test]
fn hundreds_of_files_need_few_descriptors_and_give_one_result() {
    let home = Home::new();
    let lines = dealt(&home, 400);
    let mut first = None;
    // the second run finds indexes and spools of the first
    for (run, threads) in [(0, "1"), (1, "3")] {
        let (events, alerts) = (format!("e{run}.jsonl"), format!("a{run}.jsonl"));
        let ran = with_few_files(
            &home,
            64,
            &["replay", "logs", "--year", "2026", "--threads", threads, "--events", &events, "--alerts", &alerts],
        );
        ran.says(0, &["400 inputs"]);
        assert_eq!(home.objects(&events).len(), lines);
        let result = (home.read(&events), home.read(&alerts));
        assert!(!result.1.is_empty());
        match &first {
            None => first = Some(result),
            Some(f) => assert!(*f == result, "the same bytes whatever the threads"),
        }
    }
}

#[test]
fn blocks_of_empty_lines_hold_nothing_up() {
    let home = Home::new();
    let line = "Mar  2 09:04:01 h sshd[1]: Failed password for root from 203.0.113.9 port 4 ssh2\n";
    let log = home.write("holes.log", [line, &"\n".repeat(700_000), line].concat());
    let (ran, doc) = home.summary(&["--no-store", "--year", "2026", &log]);
    ran.says(0, &[]);
    assert_eq!((&doc["records"], &doc["empty_lines"]), (&2.into(), &700_000.into()));
}
