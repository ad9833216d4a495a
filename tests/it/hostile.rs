//! Bad input through the built program: a clear message, and nothing else lost.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::time::Duration;

use crate::program::{Home, Ran, clean, fixture};

/// Nine log-in failures of one address.
fn guessing(from: &str) -> String {
    (1..10).fold(String::new(), |mut text, i| {
        let _ = writeln!(
            text,
            "Jan 10 12:34:5{i} gw sshd[{i}]: Failed password for invalid user adm{i} from {from} port 2200 ssh2"
        );
        text
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut z = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    z.write_all(bytes).unwrap();
    z.finish().unwrap()
}

#[test]
fn missing_and_unreadable_files_cost_nothing_else() {
    let home = Home::new();
    let good = home.write("good.log", guessing("192.0.2.7"));
    let (ran, doc) = home.summary(&["--no-store", &good, "gone.log", "/proc/self/mem"]);
    ran.says(3, &[]);
    assert_eq!(doc["records"], 9);
    let by: u64 = doc["alerts_by_severity"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(doc["alerts"], by);
    assert!(doc["alerts"].as_u64().unwrap() >= 1);
    home.run(&["replay", "--no-store", &good, "gone.log", "/proc/self/mem"])
        .says(3, &["gone.log", "no such file", "/proc/self/mem", "9 records"]);
}

#[test]
fn a_directory_of_mixed_things() {
    let home = Home::new();
    home.write("in/auth.log", guessing("192.0.2.7"));
    home.write("in/empty.log", "");
    home.write("in/sub/auth.log.1.gz", gzip(guessing("192.0.2.8").as_bytes()));
    let cut = gzip(guessing("192.0.2.9").repeat(400).as_bytes());
    home.write("in/cut.gz", &cut[..cut.len() / 2]);
    home.write("in/picture.bin", (0..=255u8).cycle().take(20_000).collect::<Vec<u8>>());
    symlink("/etc/hostname", home.path("in/link")).unwrap();
    nix::unistd::mkfifo(&home.path("in/pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let (ran, doc) = home.summary(&["--no-store", &home.arg("in")]);
    ran.says(3, &[]);
    let input = |name: &str| {
        let all = doc["inputs"].as_array().unwrap();
        all.iter().find(|i| i["path"].as_str().unwrap().ends_with(name)).unwrap_or_else(|| panic!("{name} in {doc}"))
    };
    assert_eq!(input("in/auth.log")["parsed"], 9);
    assert_eq!(input("empty.log")["records"], 0);
    assert_eq!(input("auth.log.1.gz")["parsed"], 9);
    assert!(input("cut.gz")["records"].as_u64().unwrap() > 9, "what came before the cut is kept");
    assert!(!input("cut.gz")["warnings"].as_array().unwrap().is_empty());
    let skipped = doc["skipped"].to_string();
    assert!(skipped.contains("in/link") && skipped.contains("in/pipe"), "{skipped}");
}

#[test]
fn an_empty_file_is_no_error() {
    let home = Home::new();
    let (ran, doc) = home.summary(&["--no-store", &home.write("empty.log", "")]);
    ran.says(0, &[]);
    assert_eq!((&doc["records"], &doc["alerts"]), (&0.into(), &0.into()));
}

#[test]
fn a_giant_line_is_cut_and_the_rest_is_read() {
    let home = Home::new();
    let mut text = guessing("192.0.2.7");
    text.push_str(&"A".repeat(20_000_000));
    text.push('\n');
    text.push_str(&guessing("192.0.2.8").replace("12:34", "12:35"));
    let log = home.write("long.log", text);
    let (ran, doc) = home.summary(&["--no-store", &log, "--events", "e.jsonl"]);
    ran.says(0, &[]);
    assert_eq!(doc["records"], 19);
    assert!(doc["peak_bytes"].as_u64().unwrap() < 200 << 20, "{}", doc["peak_bytes"]);
    let events = home.objects("e.jsonl");
    let long = &events[9];
    assert_eq!((&long["line"], &long["parsed"]), (&10.into(), &false.into()));
    assert!(long["raw"].as_str().unwrap().len() <= 1 << 20);
    assert_eq!((&long["raw_truncated"], &long["raw_length"]), (&true.into(), &20_000_000.into()));
    assert_eq!(events[18]["src_ip"], "192.0.2.8");
}

#[test]
fn escapes_nuls_and_broken_text_never_come_out_raw() {
    let home = Home::new();
    let mut log = guessing("192.0.2.7").into_bytes();
    log.extend(b"\x1b]52;c;ZXZpbA==\x07\x1b[2J\xc2\x9b31m evil \xe2\x80\xae gpj\n\x00\x00\x00\n\xff\xfe\xfa\n");
    for i in 10..19 {
        log.extend(b"Jan 10 12:35:");
        log.extend(i.to_string().bytes());
        log.extend(b" gw sshd[9]: Failed password for invalid user \x1b[31mro\xe2\x80\xaeot\x1b]0;x\x07 from 192.0.2.8 port 2 ssh2\n");
    }
    log.extend(b"{\"a\":".repeat(20_000));
    log.extend(b"\nend");
    let log = home.write("in/\u{1b}[31mred.log", log);
    let (ran, doc) = home.summary(&[&log, "--events", "e.jsonl", "--alerts", "a.jsonl", "--matches", "m.csv"]);
    ran.says(0, &[]);
    for name in ["e.jsonl", "a.jsonl", "m.csv"] {
        clean(&home.read(name));
    }
    let events = home.objects("e.jsonl");
    assert_eq!(events.len() as u64, doc["records"].as_u64().unwrap());
    let broken = events.iter().find(|e| e["raw_b64"].is_string()).expect("the bytes of what is no UTF-8");
    assert_eq!(broken["raw_b64"], "//76");
    let nul = &events[10];
    assert_eq!(nul["raw"], "\0\0\0");
    let from: Vec<_> = home.objects("a.jsonl").iter().filter_map(|a| Some(a["src_ip"].as_str()?.to_owned())).collect();
    assert!(from.contains(&"192.0.2.7".to_owned()) && from.contains(&"192.0.2.8".to_owned()), "{from:?}");
    home.run(&["replay", "--no-store", "\u{1b}[2Jgone"]).says(3, &["gone"]);
    home.run(&["replay", "--no-store", "--format", "\u{1b}[2J", &log]).says(2, &["format"]);
}

#[test]
fn wrong_rules_are_told_by_line_and_column_and_the_others_work() {
    let home = Home::new();
    let rule = |id: &str, title: &str| {
        format!(
            "title: {title}\nid: {id}\nstatus: test\nlevel: medium\ndescription: x\nlogsource: {{product: linux, service: sshd}}\n\
             detection:\n  sel: {{message|contains: Failed}}\n  condition: sel\n"
        )
    };
    let one = "5b7a5f7e-6a0e-4a2f-9a6e-3d7f9f1c2a01";
    home.write("rules/a.yml", rule(one, "First"));
    home.write("rules/b.yml", rule(one, "Second"));
    home.write("rules/c.yml", "title: Broken\ndetection:\n  sel: [a, b\n  condition: sel\n");
    home.write("rules/d.yml", rule("no-uuid", "Third").replace("condition: sel", "condition: sel and nothing"));
    home.write("rules/e.yml", b"title: \xff\xfe\n");
    let check = home.run(&["rules", "check", "--rules", "rules", "--json"]);
    check.says(1, &[]);
    let found: Vec<serde_json::Value> = serde_json::from_str(&check.out).unwrap();
    let of = |file: &str| found.iter().filter(|f| f["path"].as_str().unwrap().ends_with(file)).collect::<Vec<_>>();
    assert!(
        of("b.yml").iter().any(|f| f.to_string().contains("a.yml")),
        "the other rule of that id is named: {found:?}"
    );
    let yaml = of("c.yml");
    assert!(
        yaml.iter()
            .any(|f| f["severity"] == "error" && f["line"].as_u64() >= Some(3) && f["column"].as_u64() >= Some(1)),
        "{yaml:?}"
    );
    assert!(
        of("d.yml").iter().any(|f| f["line"] == 9 && f["message"].as_str().unwrap().contains("nothing")),
        "{found:?}"
    );
    assert!(!of("e.yml").is_empty());
    home.run(&["rules", "check", "--rules", "rules"]);
    let log = home.write("auth.log", guessing("192.0.2.7"));
    let (ran, doc) = home.summary(&["--no-store", "--rules", "rules", &log]);
    ran.says(0, &[]);
    let not_loaded = doc["rules_not_loaded"].as_array().unwrap();
    assert!(
        not_loaded.len() >= 3 && not_loaded.iter().all(|r| r["line"].as_u64() >= Some(1) && r["reason"] != ""),
        "{doc}"
    );
    assert_eq!(doc["rules_fired"][one], 9);
}

#[test]
fn a_newer_or_foreign_database_is_refused_and_left_alone() {
    let home = Home::new();
    let log = home.write("auth.log", guessing("192.0.2.7"));
    let newer = rusqlite::Connection::open(home.path("newer.db")).unwrap();
    newer.execute_batch("PRAGMA user_version = 900; CREATE TABLE t (x);").unwrap();
    drop(newer);
    home.write(
        "text.db",
        "this is no database, and long enough to be looked at by anything that opens it\n".repeat(20),
    );
    for db in ["newer.db", "text.db"] {
        let before = std::fs::read(home.path(db)).unwrap();
        let ran = home.run(&["replay", "--db", db, &log]);
        ran.says(3, &[db]);
        assert_eq!(before, std::fs::read(home.path(db)).unwrap());
    }
    home.run(&["replay", "--db", "newer.db", &log]).says(3, &["newer"]);
}

#[test]
fn a_store_that_cannot_be_written_is_told() {
    let home = Home::new();
    let log = home.write("auth.log", guessing("192.0.2.7"));
    home.run(&["replay", "--db", "/proc/nowhere/cases.db", &log]).says(3, &["/proc/nowhere"]);
    home.run(&["replay", "--db", "auth.log/cases.db", &log]).says(3, &["auth.log/cases.db"]);
}

#[test]
fn outputs_that_fail_are_told() {
    let home = Home::new();
    let log = fixture("demo/incident.log");
    home.run(&["replay", "--no-store", &log, "--events", "/dev/full"]).says(3, &["/dev/full"]);
    home.run(&["replay", "--no-store", &log, "--alerts", "no/such/folder/a.jsonl"]).says(3, &["no/such/folder"]);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let home = Home::new();
    let mut child = home.start(&["replay", "--no-store", "--quiet", &fixture("demo/incident.log"), "--events", "-"]);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    drop(out);
    let ran = Ran::from(child.wait_with_output().unwrap());
    ran.says(0, &[]);
    assert_eq!(ran.err, "");
    assert!(first.starts_with('{'));
}

#[test]
fn an_interrupt_keeps_what_was_done() {
    let home = Home::new();
    let mut child = home.start(&[
        "replay", "--quiet", "-", "--format", "syslog", "--year", "2026", "--events", "e.jsonl", "--alerts", "a.jsonl",
    ]);
    let mut stdin = child.stdin.take().unwrap();
    // more than a pipe holds: once written, most of it was read
    stdin.write_all(guessing("192.0.2.7").repeat(400).as_bytes()).unwrap();
    stdin.flush().unwrap();
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    // the pipe stays open: only the signal ends it
    std::thread::sleep(Duration::from_millis(1000));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let status = child.wait().unwrap();
    drop(stdin);
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(status.code(), Some(130), "{err}");
    assert!(!err.contains("panicked"), "{err}");
    assert!(home.objects("e.jsonl").len() >= 9);
    assert!(!home.objects("a.jsonl").is_empty(), "open alerts are closed and written");
    // the next start goes on with the same store
    let log = home.write("auth.log", guessing("192.0.2.8"));
    home.run(&["replay", &log]).says(0, &[]);
}

#[test]
fn wrong_usage_is_two_and_names_what_is_right() {
    let home = Home::new();
    let log = home.write("auth.log", guessing("192.0.2.7"));
    let run = |args: &[&str]| {
        let mut all = vec!["replay", "--no-store", log.as_str()];
        all.extend(args);
        home.run(&all)
    };
    run(&["--formt", "syslog"]).says(2, &["--format"]);
    run(&["--format", "sylog"]).says(2, &["sylog", "syslog"]);
    run(&["--filter", "user=="]).says(2, &["--filter", "column"]);
    run(&["--from", "yesterdayish"]).says(2, &["--from"]);
    run(&["--timezone", "Europe/Nowhere"]).says(2, &["Europe/Nowhere"]);
    run(&["--rules", "no-such-rules"]).says(2, &["no-such-rules"]);
    run(&["--events", "-", "--alerts", "-"]).says(2, &["standard output"]);
    home.run(&["replay"]).says(2, &["INPUT"]);
    home.run(&["nonsense"]).says(2, &["nonsense"]);
    home.write("secstream.toml", "[store]\npth = \"x\"\n");
    run(&[]).says(2, &["secstream.toml", "pth", "path"]);
    home.write("secstream.toml", "[store\n");
    run(&[]).says(2, &["secstream.toml", "1"]);
}

#[test]
fn filters_and_times_are_accounted_for() {
    let home = Home::new();
    let log = fixture("demo/incident.log");
    let (ran, doc) =
        home.summary(&["--no-store", &log, "--filter", "user=root or src_ip=203.0.113.0/24", "--events", "e.jsonl"]);
    ran.says(0, &[]);
    assert!(doc["filtered"].as_u64().unwrap() > 0 && doc["parsed"].as_u64().unwrap() > 0, "{doc}");
    assert_eq!(home.objects("e.jsonl").len() as u64, doc["parsed"].as_u64().unwrap() + doc["raw"].as_u64().unwrap());
    let (_, part) =
        home.summary(&["--no-store", &log, "--from", "2026-03-02T09:00:00Z", "--to", "2026-03-02T09:30:00Z"]);
    assert!(part["filtered"].as_u64().unwrap() > 0);
    let read = part["parsed"].as_u64().unwrap() + part["raw"].as_u64().unwrap();
    assert_eq!(part["filtered"].as_u64().unwrap() + read, doc["records"].as_u64().unwrap());
    assert!(read > 0 && part["alerts"].as_u64() < doc["alerts"].as_u64());
}

#[test]
fn an_output_never_overwrites_an_input() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("x.log");
    std::fs::write(&log, "Mar  2 09:04:01 h sshd[1]: Failed password for root from 203.0.113.9 port 4 ssh2\n").unwrap();
    let link = dir.path().join("link.jsonl");
    std::os::unix::fs::symlink(&log, &link).unwrap();
    let before = std::fs::read(&log).unwrap();
    for out in [&log, &link] {
        for option in ["--alerts", "--events", "--matches"] {
            let done = std::process::Command::new(env!("CARGO_BIN_EXE_secstream"))
                .args(["replay", "--no-store"])
                .arg(&log)
                .arg(option)
                .arg(out)
                .env("SECSTREAM_CACHE_DIR", dir.path().join("cache"))
                .output()
                .unwrap();
            assert_eq!(done.status.code(), Some(2), "{option}");
            assert_eq!(std::fs::read(&log).unwrap(), before);
        }
    }
}
