//! Logs that were rotated while nobody followed them: the next start goes on where
//! the last one stopped, and no line and no alert is lost or doubled.

use std::fs;
use std::time::{Duration, Instant};

use secstream::store::Store;

use crate::grown::{Following, append, comes_to, contents, exported, pack, store};
use crate::program::Home;

fn follow(home: &Home) -> Following {
    Following(home.start(&["replay", "--follow", "--db", "z.db", "a.log"]))
}

/// What reading these files gives.
fn whole(home: &Home, files: &[&str]) -> Vec<(String, u64, Vec<String>)> {
    let _ = fs::remove_file(home.path("whole.db"));
    home.run(&[&["replay", "-q", "--db", "whole.db"], files].concat()).says(0, &[]);
    contents(&Store::open(Some(&home.path("whole.db")), "ben").unwrap())
}

/// Waits until the store has that.
#[track_caller]
fn comes_to_be(home: &Home, wanted: &[(String, u64, Vec<String>)]) {
    let until = Instant::now() + Duration::from_secs(60);
    while contents(&store(home)) != wanted {
        assert!(Instant::now() < until, "{:#?}\nshould be {wanted:#?}", contents(&store(home)));
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn copytruncate(home: &Home, to: &str) {
    fs::copy(home.path("a.log"), home.path(to)).unwrap();
    fs::File::options().write(true).truncate(true).open(home.path("a.log")).unwrap();
}

#[test]
fn what_was_put_aside_meanwhile_is_read_before_the_log() {
    for form in ["renamed", "packed", "copied"] {
        let home = Home::new();
        append(&home, 0..6);
        let running = follow(&home);
        let first = comes_to(&home, 6);
        drop(running);
        // Nobody looks: two more lines, a rotation, and more lines.
        append(&home, 6..8);
        let aside = match form {
            "copied" => {
                copytruncate(&home, "a.log.1");
                "a.log.1"
            }
            _ => {
                fs::rename(home.path("a.log"), home.path("a.log.1")).unwrap();
                "a.log.1"
            }
        };
        append(&home, 8..12);
        let wanted = whole(&home, &[aside, "a.log"]);
        let aside = if form == "packed" {
            pack(&home, "a.log.1", "a.log.1.gz");
            "a.log.1.gz"
        } else {
            aside
        };
        let running = follow(&home);
        assert_eq!(comes_to(&home, 12).id, first.id, "{form}");
        comes_to_be(&home, &wanted);
        // Rotated again while it runs, and once more while it does not.
        fs::rename(home.path("a.log"), home.path("a.log.0")).unwrap();
        fs::rename(home.path(aside), home.path(&aside.replace(".1", ".2"))).unwrap();
        fs::rename(home.path("a.log.0"), home.path("a.log.1")).unwrap();
        append(&home, 12..15);
        comes_to(&home, 15);
        drop(running);
        append(&home, 15..16);
        fs::rename(home.path(&aside.replace(".1", ".2")), home.path(&aside.replace(".1", ".3"))).unwrap();
        fs::rename(home.path("a.log.1"), home.path("a.log.2")).unwrap();
        fs::rename(home.path("a.log"), home.path("a.log.1")).unwrap();
        append(&home, 16..18);
        let all = [&*aside.replace(".1", ".3"), "a.log.2", "a.log.1", "a.log"];
        let running = follow(&home);
        comes_to(&home, 18);
        comes_to_be(&home, &whole(&home, &all));
        drop(running);
        let case = store(&home).escalate(&[first.id], None, "").unwrap();
        let document = exported(&home, &case);
        let parts: Vec<_> = document["sources"].as_array().unwrap().iter().map(|s| s["part"].as_u64()).collect();
        assert_eq!(parts, [Some(0), Some(1), Some(2), Some(3)], "{form}");
        let mut args = vec!["cases", "verify", "out.json"];
        all.iter().for_each(|s| args.extend(["--source", s]));
        let ran = home.run(&args);
        assert_eq!(ran.code, Some(0), "{form}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains("1 of 1 alert derived again from the logs, the same"), "{form}: {}", ran.out);
        assert!(store(&home).verify().unwrap().is_empty());
    }
}

#[test]
fn what_cannot_be_read_any_more_keeps_its_alerts() {
    let home = Home::new();
    append(&home, 0..6);
    let running = follow(&home);
    let first = comes_to(&home, 6);
    drop(running);
    fs::remove_file(home.path("a.log")).unwrap();
    append(&home, 20..26);
    let running = follow(&home);
    let until = Instant::now() + Duration::from_secs(60);
    while contents(&store(&home)).len() < 2 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::sleep(Duration::from_secs(1));
    drop(running);
    let all = contents(&store(&home));
    assert_eq!(all.len(), 2);
    assert!(all.iter().any(|a| a.0 == first.id && a.1 == 6), "{all:?}");
}

#[test]
fn parts_named_in_two_ways_are_read_in_the_order_of_what_they_hold() {
    // The way of naming was changed from dates to numbers, and from numbers to dates.
    for (first, second) in [("a.log-20260301", "a.log.1"), ("a.log.1", "a.log-20260301")] {
        let home = Home::new();
        append(&home, 0..6);
        let running = follow(&home);
        let before = comes_to(&home, 6);
        drop(running);
        append(&home, 6..8);
        fs::rename(home.path("a.log"), home.path(first)).unwrap();
        append(&home, 8..11);
        fs::rename(home.path("a.log"), home.path(second)).unwrap();
        append(&home, 11..14);
        let running = follow(&home);
        assert_eq!(comes_to(&home, 14).id, before.id, "{first}");
        comes_to_be(&home, &whole(&home, &[first, second, "a.log"]));
        drop(running);
    }
}
