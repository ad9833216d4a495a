//! From one session to the next on a terminal: filters come back and are told
//! of; ASCII where nothing else can be shown; the mouse where it is wanted.

use std::path::Path;
use std::time::Duration;

use super::pty::log;
use super::term::Term;
use super::work::leave;

fn started(home: &Path, env: &[(&str, &str)]) -> Term {
    let log = log(home, 400);
    let mut t = Term::workbench((80, 24), home, &[&log], env);
    t.wait_for("400 events");
    t.wait_for("183.62.140.253");
    t.settle(Duration::from_millis(300));
    t
}

fn has(t: &Term, bytes: &[u8]) -> bool {
    t.log.windows(bytes.len()).any(|w| w == bytes)
}

#[test]
fn filters_of_last_time_are_on_and_told_of() {
    let home = tempfile::tempdir().expect("a folder");
    let mut t = started(home.path(), &[]);
    t.press("2i");
    t.press("user=ann\r");
    t.wait_for("100 of 400 events");
    leave(&mut t);

    let mut t = Term::workbench((80, 24), home.path(), &[&home.path().join("auth.log")], &[]);
    t.wait_for("filters of last time are on (Live 1)");
    t.press("2");
    t.wait_for("100 of 400 events");
    t.press("\\");
    t.wait_for("400 of 400 events");
    leave(&mut t);
    // Cleared is cleared; and another input has filters of its own.
    let views = home.path().join("cache/secstream/views");
    assert_eq!(std::fs::read_dir(&views).map_or(0, Iterator::count), 0);
}

#[test]
fn filters_are_an_analysts_own() {
    let home = tempfile::tempdir().expect("a folder");
    let log = log(home.path(), 400);
    let as_whom = |who| {
        let mut t = Term::workbench((80, 24), home.path(), &[&log], &[("SECSTREAM_ANALYST", who)]);
        t.wait_for("400 events");
        t.wait_for("183.62.140.253");
        t.settle(Duration::from_millis(300));
        t
    };
    let mut t = as_whom("ann");
    t.press("2iuser=ann\r");
    t.wait_for("100 of 400 events");
    leave(&mut t);
    let mut t = as_whom("ben");
    t.press("2");
    t.wait_for("400 of 400 events");
    leave(&mut t);
    let mut t = as_whom("ann");
    t.press("2");
    t.wait_for("100 of 400 events");
    leave(&mut t);
}

#[test]
fn nothing_is_kept_where_it_is_not_wanted() {
    let home = tempfile::tempdir().expect("a folder");
    let mut t = started(home.path(), &[("SECSTREAM_KEEP", "false")]);
    t.press("i");
    t.press("severity>=high\r");
    leave(&mut t);
    assert!(!home.path().join("cache/secstream/views").exists());
}

#[test]
fn a_terminal_without_utf8_gets_ascii_only() {
    let home = tempfile::tempdir().expect("a folder");
    let mut t = started(home.path(), &[("LC_ALL", "C")]);
    for keys in ["2", "k", "\r", "\x1b", "d", "?", "\x1b", "4", "6", "1", "d"] {
        t.press(keys);
        t.settle(Duration::from_millis(80));
    }
    assert!(t.log.is_ascii(), "{:?}", t.log.iter().position(|b| !b.is_ascii()));
    let screen = t.screen.screen().contents();
    assert!(screen.contains("+- dismiss this alert") && screen.contains("\n> "), "{screen}");
    t.press("\x1b");
    t.settle(Duration::from_millis(100));
    leave(&mut t);
}

#[test]
fn the_mouse_is_the_terminals_unless_it_is_wanted() {
    let home = tempfile::tempdir().expect("a folder");
    let mut t = started(home.path(), &[]);
    assert!(!has(&t, b"\x1b[?1000h"));
    t.press("q");
    t.end();
    let mut t = started(home.path(), &[("SECSTREAM_MOUSE", "true")]);
    assert!(has(&t, b"\x1b[?1000h\x1b[?1006h") && !has(&t, b"\x1b[?1003h"));
    // A click on the tab of Live, places far off the screen, nonsense.
    t.press("\x1b[<0;12;2M");
    t.wait_for("400 of 400 events");
    t.press("\x1b[<0;60000;60000M\x1b[<64;1;1M\x1b[<65;900;1M\x1b[<99;3;3M");
    t.press("1");
    t.wait_for("why ");
    leave(&mut t);
    assert!(has(&t, b"\x1b[?1006l\x1b[?1000l"));
}
