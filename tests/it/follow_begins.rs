//! A followed log that is empty or missing at first: the store knows it by the format that
//! its first bytes tell, whenever they come, so that its alerts can be derived again.

use std::fs;
use std::io::Write as _;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use secstream::store::{AlertFilter, Store};
use serde_json::Value;

use super::program::Home;
use super::program::following::Following;

const YEAR: [&str; 2] = ["--year", "2026"];

fn failed(numbers: std::ops::Range<u32>) -> String {
    let one = |n: u32| {
        let (minute, second) = (n / 60, n % 60);
        format!(
            "Mar  2 10:{minute:02}:{second:02} gw sshd[{n}]: Failed password for root from 203.0.113.7 port 4{n:03} ssh2\n"
        )
    };
    numbers.map(one).collect()
}

fn append(home: &Home, name: &str, text: &str) {
    let mut file = fs::File::options().append(true).create(true).open(home.path(name)).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// The recorded formats of all sources, the first first; none while the store is being made.
fn formats(home: &Home) -> Vec<String> {
    let read = || -> rusqlite::Result<Vec<String>> {
        let db = Connection::open_with_flags(home.path("c.db"), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let mut q = db.prepare("SELECT format FROM sources ORDER BY id")?;
        q.query_map([], |r| r.get(0))?.collect()
    };
    read().unwrap_or_default()
}

/// The log as it is, its alerts in a case: the export names the format, and the logs give its alerts again.
#[track_caller]
fn derived(home: &Home, logs: &[&str]) {
    let mut store = Store::open(Some(&home.path("c.db")), "ann").unwrap();
    assert_eq!(store.verify().unwrap(), []);
    let ids: Vec<String> = store.alerts(&AlertFilter::default()).unwrap().into_iter().map(|a| a.id).collect();
    assert!(!ids.is_empty());
    let case = store.escalate(&ids, None, "All of it").unwrap().0;
    drop(store);
    home.run(&["cases", "export", &case, "--db", "c.db", "--out", "case.json", "--force"]).says(0, &[]);
    let doc: Value = serde_json::from_str(&home.read("case.json")).unwrap();
    let read_as: Vec<_> = doc["sources"].as_array().unwrap().iter().map(|s| &s["format"]).collect();
    assert_eq!(read_as, vec!["syslog"; logs.len()]);
    let sources = logs.iter().flat_map(|log| ["--source", log]);
    let args: Vec<_> = ["cases", "verify", "case.json"].into_iter().chain(sources).collect();
    let n = ids.len();
    let same = format!("{n} of {n} alert{} derived again", if n == 1 { "" } else { "s" });
    let ran = home.run(&args);
    assert!(ran.code == Some(0) && ran.out.contains(&same), "{same}: {}{}", ran.out, ran.err);
}

#[test]
fn a_log_that_was_empty_or_missing_is_recorded_as_what_came() {
    for there in [true, false] {
        let home = Home::new();
        if there {
            home.write("a.log", "");
        }
        let f = Following::start(home, &[&["--db", "c.db", "a.log"], &YEAR[..]].concat());
        // It is looked at before anything came.
        let until = Instant::now() + Duration::from_secs(60);
        while formats(&f.home).is_empty() {
            assert!(Instant::now() < until, "the store knows no log");
            std::thread::sleep(Duration::from_millis(20));
        }
        append(&f.home, "a.log", &failed(0..40));
        f.has(40);
        // A later file of it has the format that was found, not the one of before.
        fs::rename(f.home.path("a.log"), f.home.path("a.log.1")).unwrap();
        append(&f.home, "a.log", &failed(40..60));
        f.has(60);
        let (home, ran) = f.end();
        ran.says(0, &[]);
        assert_eq!(formats(&home), ["syslog", "syslog"], "there at first: {there}");
        derived(&home, &["a.log.1", "a.log"]);
    }
}

/// What an earlier version recorded is put right by the next reading, whether or not the log grew.
#[test]
fn a_wrong_format_is_put_right_when_the_log_is_read_again() {
    for how in [&["replay"][..], &["replay", "--follow"], &["replay", "--follow", "grown"]] {
        let home = Home::new();
        home.write("a.log", failed(0..40));
        let f = Following::start(home, &[&["--db", "c.db", "a.log"], &YEAR[..]].concat());
        f.has(40);
        let (home, ran) = f.end();
        ran.says(0, &[]);
        let db = Connection::open(home.path("c.db")).unwrap();
        assert_eq!(db.execute("UPDATE sources SET format = 'raw'", []).unwrap(), 1);
        drop(db);
        if how.contains(&"grown") {
            append(&home, "a.log", &failed(40..44));
        }
        if how.contains(&"--follow") {
            fs::remove_file(home.path("e.jsonl")).unwrap();
            let f = Following::start(home, &[&["--db", "c.db", "a.log"], &YEAR[..]].concat());
            f.has(if how.contains(&"grown") { 44 } else { 40 });
            let (home, ran) = f.end();
            ran.says(0, &[]);
            assert_eq!(formats(&home), ["syslog"], "{how:?}");
            derived(&home, &["a.log"]);
        } else {
            home.run(&["replay", "a.log", "--db", "c.db", "-q", "--year", "2026"]).says(0, &[]);
            assert_eq!(formats(&home), ["syslog"], "{how:?}");
            derived(&home, &["a.log"]);
        }
    }
}
