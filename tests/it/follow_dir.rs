//! Directories and globs that are followed: what comes is read, and what only
//! changed its name, was copied or was packed is not read again.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::time::Duration;

use crate::program::Home;
use crate::program::following::{Following, line};

/// Every number came once; under which name each came.
#[track_caller]
fn once(home: &Home, numbers: std::ops::Range<u32>) -> BTreeMap<u32, String> {
    let mut by = BTreeMap::new();
    for e in home.objects("e.jsonl") {
        let n = e["url"].as_str().unwrap().trim_start_matches("/p").parse().unwrap();
        let file = e["file"].as_str().unwrap().to_owned();
        if let Some(before) = by.insert(n, file.clone()) {
            panic!("{n} came twice, of {before} and {file}");
        }
    }
    assert_eq!(by.keys().copied().collect::<Vec<_>>(), numbers.collect::<Vec<_>>());
    by
}

#[test]
fn files_that_come_are_read_and_rotated_ones_once() {
    let home = Home::new();
    fs::create_dir_all(home.path("logs/sub")).unwrap();
    home.write("logs/a.log.1", line(0));
    home.write("logs/a.log", line(1));
    let f = Following::start(home, &["--no-store", "logs"]);
    f.has(2);
    f.append("logs/b.log", 2..4);
    f.append("logs/sub/c.log", 4..5);
    f.has(5);
    fs::create_dir(f.home.path("logs/new")).unwrap();
    f.append("logs/new/d.log", 5..6);
    f.has(6);
    f.append("logs/b.log", 6..8);
    f.has(8);
    // Both move on by one, as logrotate has it.
    let at = |n: &str| f.home.path("logs").join(n);
    for (from, to) in [("a.log.1", "a.log.2"), ("a.log", "a.log.1")] {
        fs::rename(at(from), at(to)).unwrap();
    }
    f.append("logs/a.log", 8..10);
    f.has(10);
    // Copied and cut.
    fs::copy(at("b.log"), at("b.log.1")).unwrap();
    fs::File::options().write(true).truncate(true).open(at("b.log")).unwrap();
    f.append("logs/b.log", 10..11);
    f.has(11);
    // Packed once it is old, and moved on again.
    let mut z = flate2::write::GzEncoder::new(fs::File::create(at("a.log.3.gz")).unwrap(), flate2::Compression::fast());
    z.write_all(&fs::read(at("a.log.2")).unwrap()).unwrap();
    z.finish().unwrap();
    fs::remove_file(at("a.log.2")).unwrap();
    fs::rename(at("a.log.1"), at("a.log.2")).unwrap();
    fs::rename(at("a.log"), at("a.log.1")).unwrap();
    f.append("logs/a.log", 11..12);
    f.has(12);
    let (home, ran) = f.end_after(Duration::from_secs(5));
    ran.says(0, &["logs/a.log: was rotated 2 times", "logs/b.log: was cut while"]);
    let by = once(&home, 0..12);
    assert_eq!((&*by[&4], &*by[&5], &*by[&11]), ("logs/sub/c.log", "logs/new/d.log", "logs/a.log"));
}

#[test]
fn globs_and_empty_directories_bring_files_and_packed_ones_are_read_whole() {
    let home = Home::new();
    fs::create_dir(home.path("empty")).unwrap();
    let f = Following::start(home, &["--no-store", "empty", "here/*.log"]);
    std::thread::sleep(Duration::from_secs(1));
    f.append("empty/x.txt", 0..1);
    f.has(1);
    fs::create_dir(f.home.path("here")).unwrap();
    f.append("here/no.txt", 90..91);
    f.append("here/yes.log", 1..3);
    f.has(3);
    // A packed file of another name that is still being written when it is seen first.
    let mut z = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    (3..6).for_each(|n| z.write_all(line(n).as_bytes()).unwrap());
    let packed = z.finish().unwrap();
    let mut file = fs::File::create(f.home.path("empty/old.gz")).unwrap();
    file.write_all(&packed[..20]).unwrap();
    std::thread::sleep(Duration::from_millis(600));
    file.write_all(&packed[20..]).unwrap();
    drop(file);
    f.has(6);
    fs::remove_file(f.home.path("here/yes.log")).unwrap();
    let (home, ran) = f.end_after(Duration::from_secs(5));
    ran.says(0, &["here/yes.log: was deleted or moved away"]);
    once(&home, 0..6);
}

#[test]
fn what_came_gives_the_alerts_that_reading_it_gives() {
    let home = Home::new();
    home.write("logs/a.log", line(0));
    let f = Following::start(home, &["--db", "z.db", "logs"]);
    f.has(1);
    let failed = |n: u32| {
        format!("2026-03-02T10:00:{n:02}Z gw sshd[{n}]: Failed password for root from 203.0.113.7 port 4{n:03} ssh2\n")
    };
    let text: String = (10..30).map(failed).collect();
    fs::write(f.home.path("logs/auth.log"), text).unwrap();
    f.has(21);
    let (home, ran) = f.end_after(Duration::from_secs(5));
    ran.says(0, &[]);
    home.run(&["replay", "--no-store", "-q", "logs", "--alerts", "whole.jsonl"]).says(0, &[]);
    let store = secstream::store::Store::open_read_only(Some(&home.path("z.db")), "x").unwrap();
    let kept: Vec<String> =
        store.alerts(&secstream::store::AlertFilter::default()).unwrap().into_iter().map(|a| a.id).collect();
    let mut whole: Vec<_> = home.objects("whole.jsonl").iter().map(|a| a["id"].as_str().unwrap().to_owned()).collect();
    whole.sort();
    let mut kept_sorted = kept.clone();
    kept_sorted.sort();
    assert!(!whole.is_empty());
    assert_eq!(kept_sorted, whole);
    // Its evidence is of the file that came, and can be completed and verified.
    let mut store = secstream::store::Store::open(Some(&home.path("z.db")), "ann").unwrap();
    let case = store.escalate(&kept, None, "").unwrap();
    home.run(&["cases", "export", &case.0, "--db", "z.db", "--out", "c.json"]).says(0, &[]);
    let ran = home.run(&["cases", "verify", "c.json", "--source", "logs/auth.log"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    // The store knows which texts of the rules gave them.
    assert!(!ran.out.contains("not derived again"), "{}", ran.out);
    assert!(ran.out.contains("derived again from the logs, the same"), "{}", ran.out);
}

#[test]
fn hundreds_of_files_are_followed_beside_each_other() {
    let home = Home::new();
    fs::create_dir(home.path("logs")).unwrap();
    for n in 0..150 {
        home.write(&format!("logs/{n}.log"), line(n));
    }
    let f = Following::start(home, &["--no-store", "logs"]);
    f.has(150);
    f.append("logs/77.log", 150..151);
    f.append("logs/later.log", 151..152);
    f.has(152);
    let (home, ran) = f.end_after(Duration::from_secs(5));
    ran.says(0, &["151 inputs"]);
    once(&home, 0..152);
}
