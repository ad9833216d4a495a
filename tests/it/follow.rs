//! Files that are followed: waited for, rotated in all the usual ways, taken
//! away; no line is lost, and what happened is said.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::program::Home;
use crate::program::following::{Following, line};

/// All numbers came once, in order, and were understood.
#[track_caller]
fn all(home: &Home, numbers: std::ops::Range<u32>) {
    let events = home.objects("e.jsonl");
    let urls: Vec<_> = events.iter().map(|e| e["url"].as_str().unwrap_or("?").to_owned()).collect();
    let want: Vec<_> = numbers.map(|n| format!("/p{n}")).collect();
    assert_eq!(urls, want);
}

fn rotate(at: &Path) {
    fs::rename(at, at.with_extension("log.1")).unwrap();
}

#[test]
fn a_file_that_is_not_there_yet_is_waited_for() {
    let home = Home::new();
    fs::create_dir(home.path("logs")).unwrap();
    let f = Following::start(home, &["--no-store", "logs/a.log"]);
    // It loads its rules first: on a busy machine that takes a while.
    std::thread::sleep(Duration::from_secs(3));
    f.append("logs/a.log", 0..3);
    f.has(3);
    f.append("logs/a.log", 3..5);
    f.has(5);
    let (home, ran) = f.end();
    ran.says(0, &["a.log: was not there at first, and came at"]);
    all(&home, 0..5);
    // The format is found by what came, as if it had been there.
    assert!(home.objects("e.jsonl").iter().all(|e| e["format"] == "access" && e["parsed"] == true));
}

#[test]
fn what_never_came_is_said() {
    let home = Home::new();
    home.write("here.log", line(0));
    let f = Following::start(home, &["--no-store", "here.log", "never.log"]);
    f.has(1);
    let (_, ran) = f.end();
    ran.says(0, &["never.log: there is no such file yet"]);
}

#[test]
fn rename_and_create_copytruncate_delete_and_recreate() {
    let home = Home::new();
    home.write("a.log", "");
    let f = Following::start(home, &["--no-store", "a.log"]);
    let log = f.home.path("a.log");
    f.append("a.log", 0..4);
    f.has(4);
    rotate(&log);
    f.append("a.log", 4..8);
    f.has(8);
    fs::copy(&log, log.with_extension("log.2")).unwrap();
    fs::File::options().write(true).truncate(true).open(&log).unwrap();
    f.append("a.log", 8..10);
    f.has(10);
    fs::remove_file(&log).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    f.append("a.log", 10..14);
    f.has(14);
    fs::remove_file(&log).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let (home, ran) = f.end();
    ran.says(0, &["was rotated 2 times", "was cut while", "was deleted or moved away at"]);
    all(&home, 0..14);
}

#[test]
fn columns_named_at_the_beginning_are_known_in_a_file_that_came_later() {
    let home = Home::new();
    let f = Following::start(home, &["--no-store", "conn.log"]);
    std::thread::sleep(Duration::from_millis(200));
    let head = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n";
    let fields = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\n";
    fs::write(f.home.path("conn.log"), format!("{head}{fields}1772445600.0\tC1\t192.0.2.7\t4000\t198.51.100.1\t22\n"))
        .unwrap();
    // Header lines are no events.
    f.has(1);
    let (home, _) = f.end();
    let last = home.objects("e.jsonl").pop().unwrap();
    assert_eq!((&last["src_ip"], &last["dest_port"]), (&"192.0.2.7".into(), &22.into()), "{last}");
}

#[test]
fn evidence_says_in_which_file_it_is() {
    let home = Home::new();
    let failed = |n: u32| {
        format!("2026-03-02T10:00:{n:02}Z gw sshd[{n}]: Failed password for root from 203.0.113.7 port 4{n:03} ssh2\n")
    };
    let text = |numbers: std::ops::Range<u32>| numbers.map(failed).collect::<String>();
    home.write("a.log", text(10..13));
    let f = Following::start(home, &["--no-store", "--alerts", "alerts.jsonl", "a.log"]);
    f.has(3);
    rotate(&f.home.path("a.log"));
    fs::write(f.home.path("a.log"), text(13..16)).unwrap();
    f.has(6);
    fs::copy(f.home.path("a.log"), f.home.path("copy")).unwrap();
    fs::File::options().write(true).truncate(true).open(f.home.path("a.log")).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    fs::write(f.home.path("a.log"), text(16..18)).unwrap();
    f.has(8);
    let (home, ran) = f.end();
    ran.says(0, &[]);
    let alerts = home.objects("alerts.jsonl");
    let alert = alerts.iter().find(|a| a["matched_total"] == 8).unwrap();
    let places: Vec<_> = alert["matched_events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| {
            let text = |k: &str| e[k].as_str().unwrap().to_owned();
            let number = |k: &str| e[k].as_u64().unwrap();
            (text("file"), number("part"), number("line"), number("offset"))
        })
        .collect();
    let len = failed(10).len() as u64;
    let at = |file: &str, part, n: u64| (file.to_owned(), part, n + 1, n * len);
    let parts = [("a.log.1", 3), ("a.log", 3), ("a.log", 2)].into_iter().enumerate();
    let want: Vec<_> = parts.flat_map(|(p, (file, n))| (0..n).map(move |i| at(file, p as u64, i))).collect();
    assert_eq!(places, want);
    assert_eq!((&alert["file"], &alert["line"]), (&"a.log.1".into(), &1.into()));
}
