//! Pipes, devices and signals: what can be read once, what never ends, what is
//! ended from outside.

use std::io::{BufRead as _, BufReader, Write as _};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};

use crate::program::{Home, Ran, fixture};

fn pid(child: &std::process::Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap())
}

/// What a shell makes of `<(zcat x.gz)`: a pipe by name, read once.
#[test]
fn a_named_pipe_is_read_once_with_its_evidence_kept() {
    let home = Home::new();
    let pipe = home.arg("pipe");
    mkfifo(&home.path("pipe"), Mode::S_IRWXU).unwrap();
    let log = std::fs::read(fixture("demo/incident.log")).unwrap();
    let mut z = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    z.write_all(&log).unwrap();
    // as it is, and compressed
    for (bytes, alerts) in [(log, "plain.jsonl"), (z.finish().unwrap(), "packed.jsonl")] {
        let to = home.path("pipe");
        let writer = std::thread::spawn(move || std::fs::write(to, bytes).unwrap());
        home.run(&["replay", &pipe, "--year", "2026", "--alerts", alerts]).says(0, &["records"]);
        writer.join().unwrap();
    }
    assert!(!home.objects("plain.jsonl").is_empty());
    assert_eq!(home.read("plain.jsonl"), home.read("packed.jsonl"));
}

#[test]
fn devices_without_end_are_refused_and_the_rest_is_read() {
    let home = Home::new();
    let log = fixture("demo/incident.log");
    home.run(&["replay", "--no-store", "/dev/zero"]).says(3, &["/dev/zero", "character device"]);
    let (ran, doc) = home.summary(&["--no-store", "--year", "2026", "/dev/zero", "/dev/null", &log]);
    ran.says(3, &[]);
    assert_eq!(doc["skipped"].as_array().unwrap().len(), 1);
    assert_eq!(doc["inputs"].as_array().unwrap().len(), 2, "what is empty ends at once");
    assert!(doc["alerts"].as_u64().unwrap() > 0);
}

/// Empty lines, both kinds of line ends, a last line without one, and a file of nothing.
#[test]
fn the_bytes_of_a_log_are_those_of_its_file() {
    let home = Home::new();
    for (name, text) in [("a.log", "one\ntwo\n\n"), ("b.log", "one\r\ntwo"), ("c.log", "")] {
        let log = home.write(name, text);
        let doc: serde_json::Value =
            serde_json::from_str(&home.run(&["replay", "--no-store", "--json", &log]).out).unwrap();
        assert_eq!(doc["bytes"], text.len(), "{name}");
    }
}

/// One record without an end: its beginning is kept, the rest is counted.
#[test]
fn a_line_without_end_takes_no_memory() {
    let home = Home::new();
    let mut child = home.start(&["replay", "--no-store", "--json", "-"]);
    let mut stdin = child.stdin.take().unwrap();
    let chunk = vec![0; 1 << 20];
    for _ in 0..300 {
        stdin.write_all(&chunk).unwrap();
    }
    drop(stdin);
    let ran = Ran::from(child.wait_with_output().unwrap());
    ran.says(0, &[]);
    let doc: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&doc["records"], &doc["bytes"]), (&1.into(), &(300 << 20).into()));
    assert!(doc["peak_bytes"].as_u64().unwrap() < 150 << 20, "{}", doc["peak_bytes"]);
}

#[test]
fn a_second_interrupt_ends_at_once_whatever_is_waited_for() {
    let home = Home::new();
    let log = std::fs::read_to_string(fixture("demo/incident.log")).unwrap().repeat(20);
    let log = home.write("long.log", log);
    // nobody reads the events: the pipe is full, and the program waits for it
    let mut child = home.start(&["replay", "--no-store", "--quiet", "--year", "2026", &log, "--events", "-"]);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    kill(pid(&child), Signal::SIGINT).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    kill(pid(&child), Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// `secstream replay x | head -1`, and every other command that prints much.
#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let home = Home::new();
    let log = fixture("demo/incident.log");
    let commands: [&[&str]; 7] = [
        &["replay", "--no-store", "--year", "2026", &log, "--json"],
        &["replay", "--no-store", "--year", "2026", &log, "--alerts", "-"],
        &["generate", "--duration", "6h"],
        &["rules", "list"],
        &["rules", "list", "--json"],
        &["config", "docs"],
        &["completions", "zsh"],
    ];
    for args in commands {
        let mut child = home.start(args);
        drop(child.stdout.take());
        let ran = Ran::from(child.wait_with_output().unwrap());
        ran.says(0, &[]);
        assert!(!ran.err.contains("roken pipe"), "{args:?}: {}", ran.err);
    }
}

#[test]
fn a_rule_is_checked_from_standard_input() {
    let home = Home::new();
    let mut child = home.start(&["rules", "check", "-"]);
    child.stdin.take().unwrap().write_all(b"title: x\ndetection: [\n").unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert!(ran.says(1, &[]).out.contains("-:"), "{}", ran.out);
    assert!(ran.out.contains("1 file, "), "{}", ran.out);
}

#[test]
fn a_filter_that_lets_nothing_through_is_explained_and_outputs_do_not_collide() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("a.log");
    std::fs::write(&log, "2026-03-02T00:00:00Z h sshd[1]: Failed password for root from 192.0.2.7 port 9 ssh2\n")
        .unwrap();
    let run = |args: &[&str]| {
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_secstream"))
            .arg("replay")
            .arg(&log)
            .arg("--no-store")
            .args(args)
            .env("HOME", dir.path())
            .env("XDG_CACHE_HOME", dir.path())
            .current_dir(dir.path())
            .output()
            .unwrap();
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    let (code, said) = run(&["--filter", "usr=root"]);
    assert!(code == Some(0) && said.contains("'usr' is no field") && said.contains("nearest: user"), "{said}");
    let (_, said) = run(&["--filter", "user=root"]);
    assert!(!said.contains("is no field"), "{said}");
    let (code, said) = run(&["--alerts", "x.jsonl", "--events", "x.jsonl"]);
    assert!(code == Some(2) && said.contains("x.jsonl"), "{said}");
    assert!(!dir.path().join("x.jsonl").exists());
}
