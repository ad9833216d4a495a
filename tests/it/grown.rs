//! Alerts that grow while a log is followed: the store, a case and its export grow with them.

use std::fs;
use std::io::Write as _;
use std::process::Child;
use std::time::{Duration, Instant};

use secstream::store::{AlertFilter, AlertRow, CaseId, Store, export};
use serde_json::Value;

use crate::program::Home;

const FROM: &str = "198.51.100.99";

pub fn append(home: &Home, numbers: std::ops::Range<u32>) {
    append_to(home, "a.log", numbers);
}

pub fn append_to(home: &Home, name: &str, numbers: std::ops::Range<u32>) {
    let mut file = fs::File::options().append(true).create(true).open(home.path(name)).unwrap();
    for n in numbers {
        writeln!(file, "{}", line(n)).unwrap();
    }
}

fn line(n: u32) -> String {
    format!("Mar  2 10:00:{n:02} web sshd[{n}]: Failed password for root from {FROM} port 4{n:03} ssh2")
}

pub fn store(home: &Home) -> Store {
    Store::open(Some(&home.path("z.db")), "ben").unwrap()
}

/// The alert on the guessing, as the store has it.
pub fn guessing(home: &Home) -> Option<AlertRow> {
    let rows = store(home).alerts(&AlertFilter::default()).unwrap();
    rows.into_iter().filter(|r| r.src_ip.as_deref() == Some(FROM)).max_by_key(|r| r.count)
}

/// Waits until it has so many acts.
#[track_caller]
pub fn comes_to(home: &Home, count: u64) -> AlertRow {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let found = if home.path("z.db").exists() { guessing(home) } else { None };
        match found {
            Some(row) if row.count >= count => return row,
            other => assert!(Instant::now() < until, "{:?} of {count}", other.map(|r| r.count)),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Ends with the test, as by a kill.
pub struct Following(pub Child);

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn verify(home: &Home) -> crate::program::Ran {
    home.run(&["cases", "verify", "out.json", "--source", "a.log"])
}

#[test]
fn the_store_the_case_and_its_export_grow_with_the_alert() {
    let home = Home::new();
    append(&home, 0..5);
    let running = Following(home.start(&["replay", "--follow", "--db", "z.db", "a.log"]));
    let first = comes_to(&home, 5);
    let case = store(&home).escalate(std::slice::from_ref(&first.id), None, "").unwrap();
    let mut last = first.revision;
    for step in [5..12, 12..18] {
        let end = step.end;
        append(&home, step);
        let row = comes_to(&home, u64::from(end));
        assert!(row.open && row.revision > last && row.id == first.id, "{row:?}");
        last = row.revision;
    }
    // Not even a kill takes from it.
    drop(running);
    let document = exported(&home, &case);
    let alert = &document["alerts"][0];
    assert_eq!((&alert["count"], &alert["matched_total"]), (&18.into(), &18.into()), "{alert}");
    assert_eq!(alert["evidence"].as_array().unwrap().len(), 18);
    assert!(alert["evidence"].as_array().unwrap().iter().all(|e| e["raw"].is_string()));
    let source = &document["sources"][0];
    let size = fs::metadata(home.path("a.log")).unwrap().len();
    assert_eq!((source["size"].as_u64(), &source["complete"]), (Some(size), &false.into()), "{source}");
    assert!(source["sha256"].is_string(), "{source}");
    let ran = verify(&home);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("1 of 1 alert derived again from the logs, the same\n"), "{}", ran.out);

    // What came since is told apart from what was changed.
    append(&home, 18..21);
    let ran = verify(&home);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    for said in ["the log a.log has grown: its first", "the case has 18, the log gives 21 now", "; 1 grown since"] {
        assert!(ran.out.contains(said), "{said}: {}", ran.out);
    }
    let text = home.read("a.log").replacen("port 4003", "port 4999", 1);
    home.write("a.log", text);
    let ran = verify(&home);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(!ran.out.contains("has grown: its first"), "{}", ran.out);
}

pub fn exported(home: &Home, case: &CaseId) -> Value {
    let document = store(home).export_case(case).unwrap().document;
    home.write("out.json", export::to_text(&document));
    document
}

#[test]
fn a_log_that_is_followed_again_is_one_log() {
    let home = Home::new();
    append(&home, 0..6);
    let running = Following(home.start(&["replay", "--follow", "--db", "z.db", "a.log"]));
    let first = comes_to(&home, 6);
    let case = store(&home).escalate(&[first.id], None, "").unwrap();
    drop(running);
    append(&home, 6..10);
    let running = Following(home.start(&["replay", "--follow", "--db", "z.db", "a.log"]));
    comes_to(&home, 10);
    drop(running);
    exported(&home, &case);
    append(&home, 10..11);
    let ran = verify(&home);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("the case has 10, the log gives 11 now"), "{}", ran.out);
}

#[test]
fn the_parts_of_a_rotated_log_are_one_log() {
    let home = Home::new();
    append(&home, 0..6);
    let running = Following(home.start(&["replay", "--follow", "--db", "z.db", "a.log"]));
    let first = comes_to(&home, 6);
    fs::rename(home.path("a.log"), home.path("a.log.1")).unwrap();
    append(&home, 6..10);
    comes_to(&home, 10);
    drop(running);
    let case = store(&home).escalate(&[first.id], None, "").unwrap();
    exported(&home, &case);
    let sources =
        |order: [&str; 2]| home.run(&["cases", "verify", "out.json", "--source", order[0], "--source", order[1]]);
    for order in [["a.log.1", "a.log"], ["a.log", "a.log.1"]] {
        let ran = sources(order);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        for said in ["2 of the logs are the parts of one that was rotated", "1 of 1 alert derived again from the logs"]
        {
            assert!(ran.out.contains(said), "{said}: {}", ran.out);
        }
    }
    let text = home.read("a.log.1").replacen("port 4003", "port 4999", 1);
    home.write("a.log.1", text);
    assert_eq!(sources(["a.log.1", "a.log"]).code, Some(1));
    // The same of their folder: what is called like a part, and is none, is no stranger.
    fs::create_dir(home.path("parts")).unwrap();
    for part in ["a.log", "a.log.1"] {
        home.write(&format!("parts/{part}"), home.read(part));
    }
    let ran = home.run(&["cases", "verify", "out.json", "--source", "parts"]);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.out.contains("though it is called like a part of a.log"), "{}", ran.out);
}

#[test]
fn a_case_of_the_first_part_alone_is_verified_with_all_parts_and_with_their_folder() {
    let home = Home::new();
    fs::create_dir(home.path("logs")).unwrap();
    append_to(&home, "logs/a.log", 0..6);
    let running = Following(home.start(&["replay", "--follow", "--db", "z.db", "logs/a.log"]));
    let first = comes_to(&home, 6);
    let case = store(&home).escalate(&[first.id], None, "").unwrap();
    drop(running);
    fs::rename(home.path("logs/a.log"), home.path("logs/a.log.1")).unwrap();
    home.write("logs/a.log", "Mar  2 11:00:00 web cron[9]: nothing of it\n");
    exported(&home, &case);
    for sources in [&["logs/a.log.1", "logs/a.log"][..], &["logs/a.log", "logs/a.log.1"], &["logs"]] {
        let mut args = vec!["cases", "verify", "out.json"];
        sources.iter().for_each(|s| args.extend(["--source", s]));
        let ran = home.run(&args);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        for said in ["a.log has no record of the case", "1 of 1 alert derived again from the logs, the same"] {
            assert!(ran.out.contains(said), "{said}: {}", ran.out);
        }
    }
    // A folder holds other things, too; what is packed there is looked into.
    home.write("logs/other.txt", "nothing\n");
    pack(&home, "logs/a.log.1", "logs/a.log.2.gz");
    let ran = home.run(&["cases", "verify", "out.json", "--source", "logs"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    for said in ["1 file of the folder is no source of the case", "the log logs/a.log.2.gz is packed"] {
        assert!(ran.out.contains(said), "{said}: {}", ran.out);
    }
    // One that was named itself is held to be the log, whatever it is called.
    let ran = home.run(&["cases", "verify", "out.json", "--source", "logs/other.txt"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    for said in ["the log logs/other.txt has SHA-256", "6 of 6 records differ", "1 alert not derived again: the log "] {
        assert!(ran.out.contains(said), "{said}: {}", ran.out);
    }
    fs::remove_file(home.path("logs/a.log.2.gz")).unwrap();
    let ran = home.run(&["cases", "verify", "out.json", "--source", "logs"]);
    assert_eq!(ran.code, Some(1), "its own log is not there: {}", ran.out);
}

/// Alerts with the records that each rests on, as a reading of the log gives them.
pub fn contents(db: &Store) -> Vec<(String, u64, Vec<String>)> {
    let rows = db.alerts(&AlertFilter::default()).unwrap();
    let keys = |id: &str| db.alert(id).unwrap().evidence.iter().map(|e| e.key.0.clone()).collect();
    let mut all: Vec<_> = rows.iter().map(|r| (r.id.clone(), r.count, keys(&r.id))).collect();
    all.sort();
    all
}

#[test]
fn killed_at_any_moment_the_store_is_sound_and_the_next_start_goes_on() {
    let home = Home::new();
    let mut at = 0;
    for (n, wait) in [0, 30, 90, 200, 400, 700].into_iter().enumerate() {
        append(&home, at..at + 5);
        at += 5;
        // A writer is in the middle of a line, and may still be when the program is killed.
        let half = line(at);
        let (first, rest) = half.split_at(n * 10);
        let mut log = fs::File::options().append(true).open(home.path("a.log")).unwrap();
        log.write_all(first.as_bytes()).unwrap();
        let running = Following(home.start(&["replay", "--follow", "--db", "z.db", "a.log"]));
        comes_to(&home, u64::from(at));
        if n % 2 == 0 {
            writeln!(log, "{rest}").unwrap();
        }
        std::thread::sleep(Duration::from_millis(wait));
        drop(running);
        if n % 2 == 1 {
            writeln!(log, "{rest}").unwrap();
        }
        at += 1;
        let db = rusqlite::Connection::open(home.path("z.db")).unwrap();
        let beyond: i64 = db
            .query_row(
                "SELECT count(*) FROM alert_evidence AS l JOIN evidence AS e ON e.key = l.event
                 LEFT JOIN sources AS s ON s.id = e.source
                 WHERE s.sha256 IS NULL OR e.offset + e.length > (SELECT max(size) FROM sources)",
                [],
                |r| r.get(0),
            )
            .unwrap();
        assert_eq!(beyond, 0, "records whose log is not told that far, after {wait} ms");
        assert!(store(&home).verify().unwrap().is_empty());
    }
    let running = Following(home.start(&["replay", "--follow", "--db", "z.db", "a.log"]));
    comes_to(&home, u64::from(at));
    drop(running);
    home.run(&["replay", "-q", "--db", "whole.db", "a.log"]).says(0, &[]);
    let whole = Store::open(Some(&home.path("whole.db")), "ben").unwrap();
    assert_eq!(contents(&store(&home)), contents(&whole));
}

/// Sources as the store has them: part, size, SHA-256, lines.
fn sources(home: &Home) -> Vec<(i64, i64, String, i64)> {
    let db = rusqlite::Connection::open(home.path("z.db")).unwrap();
    let mut q = db.prepare("SELECT part, size, coalesce(sha256, ''), lines FROM sources ORDER BY id").unwrap();
    q.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))).unwrap().map(Result::unwrap).collect()
}

#[test]
fn each_part_of_a_followed_log_is_a_source_with_the_hash_of_its_file() {
    let home = Home::new();
    append(&home, 0..6);
    let running = Following(home.start(&["replay", "--follow", "--db", "z.db", "a.log"]));
    comes_to(&home, 6);
    fs::rename(home.path("a.log"), home.path("a.log.1")).unwrap();
    append(&home, 6..10);
    let first = comes_to(&home, 10);
    drop(running);
    let part = |name: &str, n: i64| {
        let text = home.read(name);
        (n, text.len() as i64, secstream::store::canonical::sha256_hex(text.as_bytes()), text.lines().count() as i64)
    };
    assert_eq!(sources(&home), [part("a.log.1", 0), part("a.log", 1)]);
    // Followed again it has grown, and is no further source; then it is copied and cut.
    append(&home, 10..12);
    let running = Following(home.start(&["replay", "--follow", "--db", "z.db", "a.log"]));
    let until = Instant::now() + Duration::from_secs(60);
    while sources(&home).last() != Some(&part("a.log", 1)) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(sources(&home), [part("a.log.1", 0), part("a.log", 1)]);
    fs::copy(home.path("a.log"), home.path("a.log.2")).unwrap();
    fs::File::options().write(true).truncate(true).open(home.path("a.log")).unwrap();
    append(&home, 12..18);
    let until = Instant::now() + Duration::from_secs(60);
    let all = || [part("a.log.1", 0), part("a.log.2", 1), part("a.log", 2)];
    while sources(&home) != all() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(sources(&home), all());
    drop(running);
    // A record is known by its place in its file, whoever reads that.
    let document = {
        let case = store(&home).escalate(&[first.id], None, "").unwrap();
        exported(&home, &case)
    };
    let evidence = document["alerts"][0]["evidence"].as_array().unwrap().clone();
    for e in &evidence {
        let file = if e["source"] == document["sources"][0]["id"] { "a.log.1" } else { "a.log.2" };
        let (at, len) = (e["offset"].as_u64().unwrap() as usize, e["length"].as_u64().unwrap() as usize);
        assert_eq!(e["raw"], home.read(file)[at..at + len], "{e}");
    }
    // What was made of its parts is no log that has grown.
    let (one, two) = (home.read("a.log.1"), home.read("a.log.2"));
    home.write("all.log", format!("{one}{two}"));
    let ran = home.run(&["cases", "verify", "out.json", "--source", "all.log"]);
    let said = format!(
        "the log all.log, another file by its name, begins with the {} bytes that were recorded (SHA-256), and has {} more: a.log put behind it",
        one.len(),
        two.len()
    );
    assert!(ran.out.contains(&said) && !ran.out.contains("has grown"), "{said}\n{}", ran.out);
}

/// Packs a file, as logrotate does.
pub fn pack(home: &Home, from: &str, to: &str) {
    let mut z = flate2::write::GzEncoder::new(fs::File::create(home.path(to)).unwrap(), flate2::Compression::default());
    std::io::Write::write_all(&mut z, &fs::read(home.path(from)).unwrap()).unwrap();
    z.finish().unwrap();
    fs::remove_file(home.path(from)).unwrap();
}

#[test]
fn parts_that_were_packed_or_copied_are_verified() {
    let home = Home::new();
    append(&home, 0..6);
    let running = Following(home.start(&["replay", "--follow", "--db", "z.db", "a.log"]));
    let first = comes_to(&home, 6);
    fs::rename(home.path("a.log"), home.path("a.log.2")).unwrap();
    append(&home, 6..10);
    comes_to(&home, 10);
    // copytruncate
    fs::copy(home.path("a.log"), home.path("a.log.1")).unwrap();
    fs::File::options().write(true).truncate(true).open(home.path("a.log")).unwrap();
    append(&home, 10..12);
    comes_to(&home, 12);
    drop(running);
    pack(&home, "a.log.2", "a.log.2.gz");
    let case = store(&home).escalate(&[first.id], None, "").unwrap();
    exported(&home, &case);
    let sources = ["a.log.2.gz", "a.log.1", "a.log"];
    let check = |sources: &[&str]| {
        let mut args = vec!["cases", "verify", "out.json"];
        sources.iter().for_each(|s| args.extend(["--source", s]));
        home.run(&args)
    };
    let ran = check(&sources);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    for said in
        ["3 of the logs are the parts of one", "a.log.2.gz is packed", "1 of 1 alert derived again from the logs"]
    {
        assert!(ran.out.contains(said), "{said}: {}", ran.out);
    }
    // A part that is not the one that was read.
    home.write("a.log.1", home.read("a.log.1").replacen("port 4008", "port 4999", 1));
    let ran = check(&sources);
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
}

#[test]
fn a_log_that_was_packed_since_is_the_log() {
    let home = Home::new();
    append(&home, 0..9);
    home.run(&["replay", "-q", "--db", "z.db", "a.log"]).says(0, &[]);
    let id = guessing(&home).unwrap().id;
    let case = store(&home).escalate(&[id], None, "").unwrap();
    exported(&home, &case);
    pack(&home, "a.log", "a.log.1.gz");
    let ran = home.run(&["cases", "verify", "out.json", "--source", "a.log.1.gz"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    // One that went on is told by the name that was given.
    append(&home, 0..12);
    pack(&home, "a.log", "a.log.2.gz");
    let grown = home.run(&["cases", "verify", "out.json", "--source", "a.log.2.gz"]);
    assert!(grown.out.contains("the log a.log.2.gz has grown"), "{}{}", grown.out, grown.err);
    for said in ["a.log.1.gz is packed: what is in it was compared", "1 of 1 alert derived again from the logs"] {
        assert!(ran.out.contains(said), "{said}: {}", ran.out);
    }
}
