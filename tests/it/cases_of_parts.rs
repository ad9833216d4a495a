//! A case against several logs: each is held to its own parts, and a log that was
//! changed to the source that it was, however many are called the same.

use std::fs;
use std::process::Child;
use std::time::{Duration, Instant};

use secstream::store::{AlertFilter, CaseId};

use crate::grown::{Following, append_to, exported, store};
use crate::program::{Home, Ran};

fn follow(home: &Home, logs: &[&str]) -> Child {
    home.start(&[&["replay", "--follow", "--db", "z.db"], logs].concat())
}

fn verify(home: &Home, logs: &[&str]) -> Ran {
    let mut args = vec!["cases", "verify", "out.json"];
    logs.iter().for_each(|l| args.extend(["--source", l]));
    home.run(&args)
}

/// Waits for so many alerts that come to so many acts in all.
#[track_caller]
fn come(home: &Home, alerts: usize, acts: u64) -> Vec<String> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let rows = match home.path("z.db").exists() {
            true => store(home).alerts(&AlertFilter::default()).unwrap(),
            false => Vec::new(),
        };
        if rows.len() >= alerts && rows.iter().map(|r| r.count).sum::<u64>() >= acts {
            return rows.into_iter().map(|r| r.id).collect();
        }
        let had: Vec<_> = rows.iter().map(|r| (&r.rule, r.count)).collect();
        assert!(Instant::now() < until, "{had:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn case_of(home: &Home, alerts: &[String]) -> CaseId {
    store(home).escalate(alerts, None, "").unwrap()
}

#[test]
fn a_log_that_was_never_rotated_is_read_whole_beside_one_that_was() {
    let home = Home::new();
    fs::create_dir(home.path("old")).unwrap();
    append_to(&home, "a.log", 0..6);
    home.write("b.log", "Mar  2 09:59:00 db cron[9]: nothing of it\n");
    let running = Following(follow(&home, &["a.log", "b.log"]));
    let first = come(&home, 1, 6);
    drop(running);
    // Put where the next start does not find it: the next alert rests on the second part alone.
    fs::rename(home.path("a.log"), home.path("old/a.log.1")).unwrap();
    append_to(&home, "a.log", 10..18);
    append_to(&home, "b.log", 20..24);
    let running = Following(follow(&home, &["a.log", "b.log"]));
    let all = come(&home, first.len() + 1, 6 + 8 + 4);
    drop(running);
    exported(&home, &case_of(&home, &all));
    let ran = verify(&home, &["old/a.log.1", "a.log", "b.log"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    // Who reads all of them at once finds the first one grown.
    let said = "1 of 2 alerts derived again from the logs, the same; 1 grown since";
    assert!(ran.out.contains(said), "{}", ran.out);
    // What was changed in the log that was not rotated is still found.
    home.write("b.log", home.read("b.log").replacen("port 4021", "port 4999", 1));
    let ran = verify(&home, &["old/a.log.1", "a.log", "b.log"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
}

/// Two machines' logs of one name, each with an alert of its own, in one case.
fn two_machines(home: &Home) {
    for (name, numbers) in [("web/auth.log", 0..8), ("db/auth.log", 20..31)] {
        fs::create_dir(home.path(name).parent().unwrap()).unwrap();
        append_to(home, name, numbers);
        // Hours apart and by another address: two alerts.
        if name.starts_with("db") {
            let text = home.read(name).replace(" 10:00:", " 20:00:").replace("198.51.100.99", "198.51.100.7");
            home.write(name, text.replace(" web ", " db "));
        }
    }
    home.run(&["replay", "-q", "--db", "z.db", "web/auth.log", "db/auth.log"]).says(0, &[]);
    let all = come(home, 2, 19);
    exported(home, &case_of(home, &all));
}

#[test]
fn of_logs_of_one_name_each_is_held_to_its_own_source() {
    let home = Home::new();
    two_machines(&home);
    let both = ["web/auth.log", "db/auth.log"];
    assert_eq!(verify(&home, &both).code, Some(0));
    let (web, db) = (home.read("web/auth.log"), home.read("db/auth.log"));
    home.write("web/auth.log", web.replacen("port 4003", "port 4999", 1));
    home.write("db/auth.log", db.replacen("port 4025", "port 4999", 1));
    for order in [both, ["db/auth.log", "web/auth.log"]] {
        let ran = verify(&home, &order);
        assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
        for (log, n) in [("web", 8), ("db", 11)] {
            let said = format!("source {log}/auth.log: the log {log}/auth.log has SHA-256");
            assert!(ran.out.contains(&said), "{said}: {}", ran.out);
            assert!(ran.out.contains(&format!("1 of {n} records differ")), "{}", ran.out);
        }
        assert!(!ran.out.contains("has no record of the case"), "{}", ran.out);
    }
    // Nothing of either is left: what tells them apart is where they stand.
    home.write("web/auth.log", "Mar  2 10:00:00 web cron[9]: nothing of it\n");
    home.write("db/auth.log", "Mar  2 10:00:00 db cron[9]: nothing of it\n");
    let ran = verify(&home, &["db/auth.log", "web/auth.log"]);
    for (log, n) in [("web", 8), ("db", 11)] {
        assert!(ran.out.contains(&format!("source {log}/auth.log: the log {log}/auth.log has SHA-256")), "{}", ran.out);
        assert!(ran.out.contains(&format!("{n} of {n} records differ")), "{}", ran.out);
    }
    // Copies elsewhere, where the folders have other names: by what they hold.
    home.write("1/auth.log", db.replacen("port 4025", "port 4999", 1));
    home.write("2/auth.log", web.replacen("port 4003", "port 4999", 1));
    let ran = verify(&home, &["1/auth.log", "2/auth.log"]);
    for (source, log) in [("web", "2"), ("db", "1")] {
        let said = format!("source {source}/auth.log: the log {log}/auth.log has SHA-256");
        assert!(ran.out.contains(&said), "{said}: {}", ran.out);
    }
    // One too many is said to be none; one alone is held to its own source.
    home.write("web/auth.log", &web);
    home.write("db/auth.log", &db);
    home.write("3/auth.log", "nothing\n");
    let ran = verify(&home, &["1/auth.log", "2/auth.log", "3/auth.log"]);
    let said = "log 3/auth.log: is by hash none of the case's sources; as ";
    assert!(ran.out.contains(said), "{}", ran.out);
    let ran = verify(&home, &["2/auth.log"]);
    assert!(ran.out.contains("source web/auth.log: the log 2/auth.log has"), "{}", ran.out);
    assert!(!ran.out.contains("source db"), "{}", ran.out);
    // The other by its bytes: this one has nothing of the case, or is what became of its own.
    let ran = verify(&home, &["web/auth.log", "db/auth.log", "3/auth.log"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("the log 3/auth.log has no record of the case"), "{}", ran.out);
    let ran = verify(&home, &["web/auth.log", "3/auth.log"]);
    assert!(ran.out.contains("source db/auth.log: the log 3/auth.log has SHA-256"), "{}", ran.out);
}

#[test]
fn a_log_that_was_read_with_a_copy_of_it_is_derived_again_as_it_was() {
    let home = Home::new();
    append_to(&home, "a.log", 0..8);
    home.write("a.log.bak", home.read("a.log"));
    home.run(&["replay", "-q", "--db", "z.db", "a.log", "a.log.bak"]).says(0, &[]);
    let all = come(&home, 1, 16);
    let case = case_of(&home, &all);
    exported(&home, &case);
    for logs in [&["a.log"][..], &["a.log.bak", "a.log"]] {
        let ran = verify(&home, logs);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        assert!(ran.out.contains("1 of 1 alert derived again from the logs, the same\n"), "{}", ran.out);
    }
    // It does not excuse what was changed.
    let db = rusqlite::Connection::open(home.path("z.db")).unwrap();
    db.execute("UPDATE alerts SET doc = json_set(doc, '$.message', 'nothing')", []).unwrap();
    exported(&home, &case);
    let ran = verify(&home, &["a.log"]);
    assert!(ran.code == Some(1) && ran.out.contains("differs in"), "{}{}", ran.out, ran.err);
    // A case without a record has no log to be compared with.
    let mut db = store(&home);
    let empty = db.escalate(&all, None, "").unwrap();
    db.remove_item(&empty, &secstream::store::Target::Alert(all[0].clone())).unwrap();
    drop(db);
    exported(&home, &empty);
    let ran = verify(&home, &["a.log"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("the log a.log was not compared: the case has no record of any log"), "{}", ran.out);
}

#[test]
fn of_logs_that_came_one_behind_the_other_the_same_records_are_evidence() {
    let home = Home::new();
    append_to(&home, "a.log", 10..22);
    home.write("b.log", "Mar  2 10:00:00 web cron[9]: nothing of it\n");
    let running = Following(follow(&home, &["a.log", "b.log"]));
    come(&home, 1, 12);
    // What happened before that is written later.
    append_to(&home, "b.log", 15..19);
    let all = come(&home, 1, 16);
    append_to(&home, "a.log", 22..24);
    come(&home, 1, 18);
    exported(&home, &case_of(&home, &all));
    drop(running);
    let ran = verify(&home, &["a.log", "b.log"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("1 of 1 alert derived again from the logs, the same"), "{}", ran.out);
}
