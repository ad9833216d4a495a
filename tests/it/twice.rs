//! One event in two logs of a machine is one: read together they count it once.

use serde_json::Value;

use crate::program::Home;

fn syslog(n: u32) -> String {
    format!("Mar  2 10:00:{n:02} web sshd[{n}]: Failed password for root from 198.51.100.9 port 4{n:03} ssh2\n")
}

/// The same as the journal's export tells it, to the microsecond.
fn journal(n: u32) -> String {
    let secs = 1_772_445_600 + u64::from(n);
    let text = format!("Failed password for root from 198.51.100.9 port 4{n:03} ssh2");
    let o = serde_json::json!({
        "__REALTIME_TIMESTAMP": format!("{secs}123456"), "_HOSTNAME": "web", "SYSLOG_IDENTIFIER": "sshd",
        "_PID": n.to_string(), "MESSAGE": text, "PRIORITY": "6",
    });
    format!("{o}\n")
}

fn guessed(home: &Home) -> Option<Value> {
    let all = home.objects("alerts.jsonl");
    all.into_iter().find(|a| a["src_ip"] == "198.51.100.9" && a["rule_type"] == "correlation")
}

#[test]
fn the_same_lines_in_two_logs_count_once() {
    let home = Home::new();
    let year = ["--year", "2026", "--no-store", "--alerts", "alerts.jsonl"];
    let four: String = (0..4).map(syslog).collect();
    home.write("auth.log", &four);
    home.write("syslog", format!("Mar  2 09:59:00 web cron[1]: started\n{four}"));
    home.write("journal.json", (0..4).map(journal).collect::<String>());
    let files = ["auth.log", "syslog", "journal.json"];
    let (_, doc) = home.summary(&[&year[..], &files].concat());
    assert!(guessed(&home).is_none(), "four failures are not five");
    assert_eq!((&doc["records"], &doc["duplicates"]), (&13.into(), &8.into()), "{doc:#}");
    let twice: Vec<_> = doc["inputs"].as_array().unwrap().iter().map(|i| i["duplicates"].as_u64()).collect();
    assert_eq!(twice, [Some(0), Some(4), Some(4)]);

    // What only one of them has counts, and the first is evidence of what both have.
    home.write("syslog", format!("{four}{}", syslog(4)));
    for threads in ["1", "3"] {
        home.summary(&[&year[..], &["--threads", threads], &files].concat());
        let alert = guessed(&home).unwrap();
        let places: Vec<_> = alert["matched_events"].as_array().unwrap().iter().map(|e| e["file"].as_str()).collect();
        assert_eq!(alert["count"], 5);
        assert_eq!(places, [Some("auth.log"), Some("auth.log"), Some("auth.log"), Some("auth.log"), Some("syslog")]);
    }
    let ran = home.run(&["replay", "--year", "2026", "--no-store", "auth.log", "syslog"]);
    ran.says(0, &["4 records that rules match stand in another input, too: counted once"]);
    // One log alone has what it has.
    home.write("auth.log", four.repeat(2));
    let (_, doc) = home.summary(&[&year[..], &["auth.log"]].concat());
    assert_eq!((&doc["duplicates"], &guessed(&home).unwrap()["matched_total"]), (&0.into(), &8.into()));
}
