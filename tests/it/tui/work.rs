//! Days at the workbench: keys with pauses between them, a terminal that goes
//! away, rules edited while their alerts are looked at, logs that grow.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::pty::log;
use super::term::Term;

const BIN: &str = env!("CARGO_BIN_EXE_secstream");

fn notes(home: &Path) -> u64 {
    let store = secstream::store::Store::open(Some(&home.join("cases.db")), "x").expect("opens");
    let alerts = store.alerts(&secstream::store::AlertFilter::default()).expect("alerts");
    alerts.iter().map(|a| a.notes).sum()
}

#[test]
fn single_keys_after_a_pause_are_answered_each() {
    let home = tempfile::tempdir().expect("a folder");
    let log = log(home.path(), 400);
    let mut t = Term::workbench((80, 24), home.path(), &[&log], &[]);
    t.wait_for("400 events");
    for (key, shows) in [
        ("2", "MESSAGE"),
        ("?", "keys · Live"),
        ("\x1b", "MESSAGE"),
        ("4", "LEVEL"),
        ("6", "records"),
        (":", "commands"),
        ("\x1b", "records"),
        ("3", "no cases"),
        ("1", "ENTITY"),
        ("\r", "why MED"),
    ] {
        // Long enough for everything that works a little after a key to be done.
        t.read_for(Duration::from_millis(1300));
        t.press(key);
        t.wait_for(shows);
    }
    t.read_for(Duration::from_millis(1300));
    t.press("q");
    assert_eq!(t.end(), Some(0));
}

#[test]
fn a_terminal_that_vanishes_ends_the_program_and_keeps_the_work() {
    let home = tempfile::tempdir().expect("a folder");
    let log = log(home.path(), 400);
    // Once with nobody to send a signal, once as the leader of a session.
    let script = format!("exec {BIN} tui --db cases.db {}", log.display());
    for round in 0..2u64 {
        let mut t = match round {
            0 => Term::workbench((80, 24), home.path(), &[&log], &[]),
            _ => Term::session(&script, (80, 24), home.path(), &[]),
        };
        t.wait_for("400 events");
        t.wait_for("183.62.140.253");
        t.press("chalf a thought");
        t.wait_for("half a thought");
        t.vanish("s");
        t.end();
        assert_eq!(notes(home.path()), round + 1, "the note is kept");
    }
}

/// Leaves, whether the analysis still runs (then it is asked) or not.
pub fn leave(t: &mut Term) {
    t.press("q");
    let end = std::time::Instant::now() + Duration::from_secs(60);
    while t.child.try_wait().expect("a state").is_none() && !t.text().contains("leave?") {
        assert!(std::time::Instant::now() < end, "it stays:\n{}", t.text());
        t.read_for(Duration::from_millis(20));
    }
    if t.text().contains("leave?") {
        t.press("y");
    }
    assert_eq!(t.end(), Some(0));
}

/// A folder with one rule, and a script that changes it as an editor would.
fn rule_and_editor(home: &Path, change: &str) -> (PathBuf, PathBuf) {
    let rules = home.join("rules");
    fs::create_dir_all(&rules).expect("made");
    fs::write(
        rules.join("mine.yml"),
        "title: First name\nid: 7e57ab1e-0000-4000-8000-000000000001\nlogsource:\n    service: sshd\n\
         detection:\n    sel:\n        event_type: ssh_login_failed\n    condition: sel\nlevel: high\n",
    )
    .expect("written");
    let editor = home.join("editor.sh");
    fs::write(&editor, format!("#!/bin/sh\n{change}\n")).expect("written");
    fs::set_permissions(&editor, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("set");
    (rules, editor)
}

fn with_rules(home: &Path, rules: &Path, editor: &Path) -> Term {
    let log = log(home, 400);
    let mut c = Command::new(BIN);
    c.arg("tui").arg("--db").arg(home.join("cases.db")).arg("--rules").arg(rules).arg(log);
    let mut t = Term::start(c, (120, 36), home, &[("EDITOR", editor.to_str().expect("a path"))]);
    t.wait_for("400 events");
    t.wait_for("First name");
    t
}

#[test]
fn a_rule_edited_in_the_editor_is_in_force_at_once() {
    let home = tempfile::tempdir().expect("a folder");
    let (rules, editor) = rule_and_editor(
        home.path(),
        "echo in the editor; sed -i.bak 's/First/Second/; s/level: high/level: low/' \"$1\"",
    );
    let mut t = with_rules(home.path(), &rules, &editor);
    t.press("4");
    t.wait_for("LEVEL");
    t.press("\x05");
    // It is saved when the text was tried, and shown when the log was analyzed again.
    t.wait_for("analyzed again");
    t.wait_for("Second name");
    t.wait_gone("First name");
    t.press("1");
    t.wait_for("LOW ");
    t.wait_for("Second name");
    // The screen and the keys are the program's again.
    t.press("2");
    t.wait_for("MESSAGE");
    leave(&mut t);
}

#[test]
fn a_rule_broken_in_the_editor_says_where_and_an_editor_that_fails_changes_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let (rules, editor) = rule_and_editor(home.path(), "exit 3");
    let mut t = with_rules(home.path(), &rules, &editor);
    let before = fs::read_to_string(rules.join("mine.yml")).expect("there");
    t.press("4");
    t.wait_for("LEVEL");
    fs::write(&editor, "#!/bin/sh\nexit 3\n").expect("written");
    t.press("\x05");
    t.wait_for("editor ended with");
    t.wait_for("LEVEL");
    // What would not load is not saved: it stands in the editor here, with what is wrong.
    fs::write(&editor, "#!/bin/sh\nsed -i.bak 's/event_type:/event_type|containz:/' \"$1\"\n").expect("written");
    t.press("\x05");
    t.wait_for("not saved: it would not load");
    t.wait_for("containz");
    assert_eq!(fs::read_to_string(rules.join("mine.yml")).expect("there"), before);
    // It is dropped only when asked twice.
    t.press("q");
    t.wait_for("not saved: :w writes it");
    t.press("q");
    t.wait_for("LEVEL");
    leave(&mut t);
}

#[test]
fn a_log_from_a_pipe_with_keys_from_the_terminal() {
    let home = tempfile::tempdir().expect("a folder");
    let log = log(home.path(), 400);
    let script = format!("cat {} | {BIN} tui --db cases.db -", log.display());
    let mut t = Term::session(&script, (100, 30), home.path(), &[]);
    t.wait_for("400 events");
    t.wait_for("183.62.140.253");
    t.press("2");
    t.wait_for("MESSAGE");
    t.press("/Accepted\r");
    t.wait_for("of 100");
    t.press("q");
    assert_eq!(t.end(), Some(0));
}

#[test]
fn a_growing_log_is_followed() {
    let home = tempfile::tempdir().expect("a folder");
    let log = log(home.path(), 40);
    let mut c = Command::new(BIN);
    c.arg("tui").arg("--db").arg(home.path().join("cases.db")).arg("--follow").arg(&log);
    let mut t = Term::start(c, (100, 30), home.path(), &[]);
    t.wait_for("40 events");
    t.wait_for("LIVE");
    t.press("2");
    t.wait_for("FOLLOW");
    let mut file = fs::OpenOptions::new().append(true).open(&log).expect("opens");
    for n in 0..3 {
        writeln!(file, "Mar  2 01:00:0{n} web01 sshd[9]: Accepted password for zoe{n} from 192.0.2.7 port 4{n} ssh2")
            .expect("written");
        t.wait_for(&format!("zoe{n}"));
    }
    // Paused, new records are counted and not shown.
    t.press(" ");
    t.wait_for("PAUSED");
    writeln!(file, "Mar  2 01:00:09 web01 sshd[9]: Accepted password for yan from 192.0.2.7 port 49 ssh2")
        .expect("written");
    t.wait_for("PAUSED +1");
    assert!(!t.text().contains("for yan"), "{}", t.text());
    t.press(" ");
    t.wait_for("for yan");
    leave(&mut t);
}

#[test]
fn what_an_alert_grew_to_is_in_the_store_when_the_workbench_is_left() {
    let home = tempfile::tempdir().expect("a folder");
    let log = home.path().join("a.log");
    let append = |from: u32, to: u32| {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(&log).expect("opens");
        for n in from..to {
            writeln!(file, "Mar  2 01:00:{n:02} web sshd[{n}]: Failed password for ann from 192.0.2.99 port 4{n} ssh2")
                .expect("written");
        }
    };
    append(0, 6);
    let db = home.path().join("cases.db");
    let mut c = Command::new(BIN);
    c.arg("tui").arg("--db").arg(&db).arg("--follow").arg(&log);
    let mut t = Term::start(c, (100, 30), home.path(), &[]);
    t.wait_for("6 events");
    t.wait_for("192.0.2.99");
    append(6, 23);
    t.wait_for("23 events");
    leave(&mut t);
    let store = secstream::store::Store::open(Some(&db), "x").expect("opens");
    let alerts = store.alerts(&secstream::store::AlertFilter::default()).expect("alerts");
    let most = alerts.iter().map(|a| a.count).max();
    assert_eq!(most, Some(23));
}

#[test]
fn where_no_screen_can_be_drawn_it_says_so() {
    let home = tempfile::tempdir().expect("a folder");
    let log = log(home.path(), 4);
    let mut t = Term::workbench((80, 24), home.path(), &[&log], &[("TERM", "dumb")]);
    assert_eq!(t.end(), Some(2));
    assert!(t.text().contains("TERM=dumb") && t.text().contains("secstream replay"), "{}", t.text());
    assert!(!t.log.contains(&0x1b), "not one escape sequence is written");
    // Without a terminal on standard output; without one to read keys from.
    let out = Command::new(BIN).arg("tui").arg(&log).output().expect("runs");
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("needs a terminal on standard output"));
    let mut t = Term::session(&format!("exec setsid -w {BIN} tui --no-store - </dev/null"), (80, 24), home.path(), &[]);
    let code = t.end();
    // Not every system has a program to leave a session with.
    if code != Some(127) {
        assert_eq!(code, Some(2), "{}", t.text());
        assert!(t.text().contains("/dev/tty"), "{}", t.text());
    }
}

#[test]
fn a_replay_at_a_pace_stops_goes_on_and_is_sent_elsewhere() {
    let home = tempfile::tempdir().expect("a folder");
    let log = log(home.path(), 400);
    let mut c = Command::new(BIN);
    // So slow that it stands still for as long as a test takes.
    c.arg("tui").arg("--no-store").args(["--speed", "0.0001"]).arg(&log);
    let mut t = Term::start(c, (120, 30), home.path(), &[]);
    t.wait_for("×0.0001");
    t.wait_for("no case store");
    t.press("2");
    t.wait_for("1 of 400 events");
    t.press("@00:03:00\r");
    t.wait_for("181 of 400 events");
    t.wait_for("PAUSED");
    t.press(" ");
    t.wait_gone("PAUSED");
    t.wait_for("181 of 400 events");
    t.press("@00:01:00\r");
    t.wait_for("61 of 400 events");
    // As fast as it comes, and back to a pace.
    t.press("}}}}}}");
    t.wait_for("as fast as it comes");
    t.wait_for("400 of 400 events");
    t.press("gg");
    t.wait_for("event 0");
    t.press("{");
    t.wait_for("replay: ×1800");
    t.wait_for("400 of 400 events");
    leave(&mut t);
}

#[test]
fn marks_that_a_filter_hides_are_said_to_be_hidden() {
    let home = tempfile::tempdir().expect("a folder");
    let log = log(home.path(), 400);
    let mut c = Command::new(BIN);
    c.arg("tui").arg("--no-store").arg(&log);
    let mut t = Term::start(c, (120, 30), home.path(), &[]);
    t.wait_for("400 events");
    t.press("2gg");
    t.wait_for("event 0");
    t.press("M");
    t.wait_for("no marks");
    t.press("m");
    t.wait_for("◆");
    t.press("iline>10\r");
    t.wait_for("of 400 events");
    t.wait_gone("◆");
    t.press("M");
    t.wait_for("hidden by the filter");
    // What was done without a store is asked about.
    t.press("q");
    t.press("y");
    let _ = t.child.wait();
}
