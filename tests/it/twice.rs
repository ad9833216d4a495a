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

/// Two machines whose logs have the same seconds: which record is first does not depend on the
/// order of the arguments.
#[test]
fn the_order_of_the_arguments_changes_no_alert() {
    let home = Home::new();
    let log = |host: &str, pid: u32| -> String {
        let line = |n: u32| {
            let pid = pid + n;
            format!(
                "Mar  2 10:00:{n:02} {host} sshd[{pid}]: Failed password for root from 198.51.100.9 port 4{pid:04} ssh2\n"
            )
        };
        (0..9).map(line).collect()
    };
    home.write("a.log", log("web1", 900));
    home.write("c.log", log("web2", 700));
    let args = ["replay", "--year", "2026", "--no-store", "--alerts", "alerts.jsonl"];
    let alerts = |files: &[&str]| {
        home.run(&[&args[..], files].concat()).says(0, &[]);
        home.objects("alerts.jsonl")
    };
    let one = alerts(&["a.log", "c.log"]);
    assert!(!one.is_empty());
    assert_eq!(alerts(&["c.log", "a.log"]), one);
    assert_eq!(alerts(&["c.log", "?.log"]), one);
}

/// The audit log names no machine: what happens on two is two things, each log stands for one;
/// the parts of a rotated log are one.
#[test]
fn logs_without_a_machine_are_machines_of_their_own() {
    let home = Home::new();
    let ran = |serial: u32, what: &str| {
        format!(
            "type=SYSCALL msg=audit({}.100:{serial}): arch=c000003e syscall=59 success=yes exit=0 pid=9 auid=4294967295 uid=33 tty=(none) comm=\"x\" exe=\"/usr/bin/x\"\n\
             type=EXECVE msg=audit({0}.100:{serial}): {what}\n",
            1_772_445_600 + serial
        )
    };
    let kernel = "argc=2 a0=\"uname\" a1=\"-a\"";
    let (two, more) = (
        [ran(1, "argc=1 a0=\"id\""), ran(2, kernel)].concat(),
        [ran(3, "argc=1 a0=\"whoami\""), ran(4, "argc=1 a0=\"groups\"")].concat(),
    );
    let alerts = |files: &[&str]| {
        home.run(&[&["replay", "--no-store", "--alerts", "alerts.jsonl"][..], files].concat()).says(0, &[]);
        let all = home.objects("alerts.jsonl");
        all.iter().filter(|a| a["rule"] == "Service account looks around").count()
    };
    home.write("web1.log", &two);
    home.write("web2.log", &more);
    assert_eq!(alerts(&["web1.log", "web2.log"]), 0);
    home.write("audit.log.1", &two);
    home.write("audit.log", &more);
    assert_eq!(alerts(&["audit.log", "audit.log.1"]), 1);
}

/// Two machines' logs that name neither and are alike to the letter: an alert of each, and each
/// has an id of its own. The first has the one that it has where it is read alone.
#[test]
fn logs_that_name_no_machine_have_alerts_of_their_own() {
    let home = Home::new();
    let line = "2026-03-02T08:00:00Z sudo[12]:    eve : TTY=pts/0 ; PWD=/ ; USER=root ; \
                COMMAND=/usr/bin/systemctl stop rsyslog\n";
    ["a.log", "b.log", "c.log"].into_iter().for_each(|name| _ = home.write(name, line));
    let ids = |files: &[&str]| -> Vec<String> {
        home.summary(&[&["--no-store", "--alerts", "alerts.jsonl"], files].concat());
        let alerts = home.objects("alerts.jsonl");
        alerts.iter().map(|a| a["id"].as_str().unwrap().to_owned()).collect()
    };
    let alone = ids(&["a.log"]);
    let three = ids(&["a.log", "b.log", "c.log"]);
    assert_eq!((alone.len(), three.len()), (1, 3), "{three:?}");
    assert!(three.contains(&alone[0]));
    assert_eq!(three.iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
}

/// What is gathered for machines that are alike to the letter stands in alerts of their own.
#[test]
fn what_is_gathered_of_logs_without_a_machine_is_all_there() {
    let home = Home::new();
    std::fs::create_dir(home.path("rules")).unwrap();
    home.write(
        "rules/one.yml",
        "title: Probe\nid: 22222222-1111-4111-8111-111111111119\nlevel: medium\nlogsource: {}\n\
         detection: {s: {kind: probe}, condition: s}\n",
    );
    let lines: String =
        (0..1_500).map(|i| format!("{{\"kind\":\"probe\",\"src_ip\":\"10.0.{}.{}\"}}\n", i / 250, i % 250)).collect();
    ["a.json", "b.json", "c.json"].into_iter().for_each(|name| _ = home.write(name, &lines));
    home.summary(&["--no-store", "--rules", "rules", "--alerts", "alerts.jsonl", "a.json", "b.json", "c.json"]);
    let alerts = home.objects("alerts.jsonl");
    let sum = |key: &str| alerts.iter().filter_map(|a| a[key].as_u64()).sum::<u64>();
    assert!(sum("gathered") > 0);
    assert_eq!(sum("matched_total"), 4_500, "every record is accounted for");
}
