//! One attack is one alert, wherever it is looked at.

use serde_json::Value;

use super::program::Home;

/// Six wrong passwords, a log-in half an hour later, and somebody else's slip.
fn guessing() -> String {
    let mut log = String::new();
    for n in 0..6 {
        log +=
            &format!("Mar  2 09:04:{n:02} web sshd[10{n}]: Failed password for ada from 203.0.113.9 port 40{n} ssh2\n");
    }
    log += "Mar  2 09:20:00 web sshd[200]: Failed password for ben from 10.20.1.4 port 4000 ssh2\n";
    log += "Mar  2 09:34:00 web sshd[300]: Accepted password for ada from 203.0.113.9 port 4100 ssh2\n";
    log
}

#[test]
fn guessing_that_ended_in_a_log_in_is_one_alert() {
    let home = Home::new();
    let log = home.write("auth.log", guessing());
    let alerts = home.arg("alerts.jsonl");
    let ran = home.run(&["replay", &log, "--alerts", &alerts]);
    ran.says(
        0,
        &[
            "3 alerts, 2 covered by others: 1 critical, 2 low",
            "covers SSH log-in from an address that guesses passwords, SSH password guessing from one source",
            "not listed: 2 alerts",
        ],
    );
    let all = home.objects("alerts.jsonl");
    let (top, covered): (Vec<&Value>, Vec<&Value>) = all.iter().partition(|a| a["covered_by"].is_null());
    // The guessing, and that its address got in at all, stand behind what tells most.
    assert_eq!((top.len(), covered.len()), (1, 2));
    assert_eq!((&top[0]["severity"], &top[0]["matched_total"]), (&"critical".into(), &7.into()));
    for c in &covered {
        assert_eq!((&c["severity"], &c["covered_by"]), (&"low".into(), &top[0]["id"]));
        assert!(top[0]["covers"].as_array().unwrap().contains(&c["id"]));
    }
    assert!(covered.iter().any(|c| c["rule"] == "SSH password guessing from one source" && c["matched_total"] == 6));
    // The store has them as they are at the end, and a second reading changes nothing.
    let db = rusqlite::Connection::open(home.path("data/cases.db")).unwrap();
    let stored = || -> Vec<(i64, i64, Option<String>)> {
        let sql = "SELECT severity, revision, doc ->> '$.covered_by' FROM alerts ORDER BY severity";
        let mut rows = db.prepare(sql).unwrap();
        rows.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).unwrap().map(Result::unwrap).collect()
    };
    let first = stored();
    assert_eq!((first[0].0, first[0].2.as_deref()), (1, top[0]["id"].as_str()));
    assert_eq!((first[2].0, &first[2].2), (4, &None));
    home.run(&["replay", &log]).says(0, &[]);
    assert_eq!(first, stored());
}

#[test]
fn the_summary_says_which_years_were_inferred() {
    let home = Home::new();
    let log = home.write("auth.log", guessing());
    home.run(&["replay", &log, "--no-store"]).says(0, &["inferred from the file's time (--year names another)"]);
    home.run(&["replay", &log, "--no-store"]).says(0, &["inferred from the time recorded when this content"]);
    let (ran, doc) = home.summary(&[&log, "--no-store", "--year", "2024"]);
    assert_eq!((&doc["inputs"][0]["years_inferred"], &doc["inputs"][0]["year_from"]), (&8.into(), &"".into()));
    assert_eq!(ran.code, Some(0));
    assert!(!home.run(&["replay", &log, "--no-store", "--year", "2024"]).err.contains("inferred"));
}

#[test]
fn the_shipped_rules_have_no_findings_and_pass_their_tests() {
    let home = Home::new();
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    let ran = home.run(&["rules", "check", "--json", rules]);
    let doc: Value = serde_json::from_str(&ran.out).unwrap();
    let found: Vec<&Value> = doc.as_array().into_iter().flatten().collect();
    assert!(ran.code == Some(0) && doc.is_array() && found.is_empty(), "{found:?}");
    let ran = home.run(&["rules", "test", "--rules", rules]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}

/// What a command does is told by more than one line: by `sudo`, and by the program or the kernel.
const ACTS: [(&str, &str, &[&str]); 6] = [
    (
        "Second account with user id 0",
        "sudo[77]:      ann : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/useradd -o -u 0 -g 0 toor",
        &["useradd[80]: new user: name=toor, UID=0, GID=0, home=/home/toor, shell=/bin/sh, from=/dev/pts/1"],
    ),
    (
        "Account added to an administrators' group",
        "sudo[77]:      ann : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/adduser bob sudo",
        &[
            "gpasswd[80]: members of group sudo set by root to ann,bob",
            "gpasswd[80]: user bob added by root to group sudo",
        ],
    ),
    (
        "Account added to an administrators' group",
        "sudo[77]:      ann : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/usermod -aG sudo bob",
        &["usermod[80]: add 'bob' to group 'sudo'", "usermod[80]: add 'bob' to shadow group 'sudo'"],
    ),
    (
        "Host firewall switched off",
        "sudo[77]:      ann : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl stop firewalld",
        &["systemd[1]: Stopped firewalld.service - firewalld - dynamic firewall daemon."],
    ),
    (
        "Command switches access control off",
        "sudo[77]:      ann : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/setenforce 0",
        &["kernel: [12.3] audit: type=1404 audit(1772442245.123:55): enforcing=0 old_enforcing=1 auid=1000 ses=3"],
    ),
    (
        "Kernel module loaded by hand",
        "sudo[77]:      ann : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/insmod /tmp/x.ko",
        &["kernel: [12.3] x: module verification failed: signature and/or required key missing - tainting kernel"],
    ),
];

#[test]
fn one_act_is_one_alert() {
    let home = Home::new();
    for (n, (rule, command, told)) in ACTS.iter().enumerate() {
        let mut log = String::new();
        for line in std::iter::once(command).chain(told.iter()) {
            log += &format!("Mar  2 09:04:05 web {line}\n");
        }
        log += "Mar  2 09:44:05 web CRON[9]: (root) CMD (true)\n";
        let (log, out) = (home.write(&format!("{n}.log"), log), format!("{n}.jsonl"));
        home.run(&["replay", &log, "--year", "2026", "--no-store", "--alerts", &home.arg(&out)]).says(0, &[]);
        let all = home.objects(&out);
        let top: Vec<&Value> = all.iter().filter(|a| a["covered_by"].is_null()).map(|a| &a["rule"]).collect();
        assert!(all.len() > 1 && top == [*rule], "{command}: {all:?}");
    }
}

/// A log-in from outside as root, with a password, and an account that was tried: routine, and no alert alone.
#[test]
fn routine_events_are_no_alert_alone() {
    let home = Home::new();
    let log = home.write(
        "auth.log",
        "Mar  2 09:04:05 web sshd[7]: Accepted password for root from 203.0.113.9 port 4022 ssh2\n\
         Mar  2 09:05:05 web useradd[8]: new user: name=test, UID=1009, GID=1009, home=/home/test, shell=/bin/bash\n\
         Mar  2 09:05:35 web userdel[9]: delete user 'test'\n\
         Mar  2 09:06:35 web crontab[10]: (ann) REPLACE (ann)\n",
    );
    home.run(&["replay", &log, "--year", "2026", "--no-store", "--alerts", &home.arg("a.jsonl")]).says(0, &[]);
    assert!(home.objects("a.jsonl").is_empty());
}

/// Eight people behind one address are asked for their names, and all are let in with
/// them; another is let in without one.
#[test]
fn questions_that_were_answered_are_no_break_in() {
    let home = Home::new();
    let said = |named: bool| {
        let line = |s: u32, user: &str, status: u32| {
            let when = format!("02/Mar/2026:10:00:{s:02} +0000");
            format!("203.0.113.7 - {user} [{when}] \"GET /admin/ HTTP/1.1\" {status} 99 \"-\" \"x\"\n")
        };
        let asked: String = (0..8).map(|i| line(3 * i, "-", 401)).collect();
        let user = |i: u32| if named { format!("u{i}") } else { "-".to_owned() };
        let answered: String = (0..8).map(|i| line(30 + i, &user(i), 200)).collect();
        let log = home.write("access.log", asked + &answered);
        home.run(&["replay", &log, "--no-store", "--alerts", &home.arg("a.jsonl")]).says(0, &[]);
        let all = home.objects("a.jsonl");
        all.iter().filter(|a| a["severity"] != "low").map(|a| a["rule"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(said(true), Vec::<Value>::new());
    assert_eq!(said(false), ["Restricted path opened after refusals"]);
}
