//! The real program on a real terminal: what it leaves behind, what it shows
//! without colours, and a case worked from the first key to the verified export.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::term::Term;

const LEAVE: &[u8] = b"\x1b[?1049l";
const ENTER: &[u8] = b"\x1b[?1049h";

/// A log with an attack in it.
pub fn log(dir: &Path, records: usize) -> PathBuf {
    let mut text = String::new();
    for n in 0..records {
        let (m, s) = (n / 60 % 60, n % 60);
        let h = n / 3600 % 24;
        let _ = match n % 4 {
            0 | 1 => writeln!(
                text,
                "Mar  2 {h:02}:{m:02}:{s:02} web01 sshd[{}]: Failed password for root from 183.62.140.253 port {} ssh2",
                2000 + n % 50,
                30_000 + n % 1000
            ),
            2 => writeln!(
                text,
                "Mar  2 {h:02}:{m:02}:{s:02} db01 sshd[77]: Accepted publickey for ann from 10.20.0.7 port 50122 ssh2: ED25519 SHA256:x0m2yiVy2SvBjY"
            ),
            _ => writeln!(
                text,
                "Mar  2 {h:02}:{m:02}:{s:02} mail01 CRON[99]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"
            ),
        };
    }
    let path = dir.join("auth.log");
    std::fs::write(&path, text).expect("written");
    path
}

fn started(home: &Path, size: (u16, u16), env: &[(&str, &str)]) -> Term {
    let log = log(home, 400);
    let mut t = Term::workbench(size, home, &[&log], env);
    t.wait_for("400 events");
    t.wait_for("183.62.140.253");
    t.settle(Duration::from_millis(400));
    t
}

#[test]
fn leaving_gives_the_terminal_back() {
    let home = tempfile::tempdir().expect("a folder");
    let before = {
        let t = nix::pty::openpty(None, None).expect("a pty");
        nix::sys::termios::tcgetattr(&t.slave).expect("a mode")
    };
    let mut t = started(home.path(), (80, 24), &[]);
    t.press("q");
    assert_eq!(t.end(), Some(0));
    let tail = String::from_utf8_lossy(&t.log);
    for s in ["\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l"] {
        assert!(tail.rfind(s).is_some_and(|i| i + 60 > tail.len()), "{s:?} is not at the end");
    }
    let after = nix::sys::termios::tcgetattr(&t.slave).expect("a mode");
    assert_eq!(
        (before.local_flags, before.input_flags, before.output_flags),
        (after.local_flags, after.input_flags, after.output_flags)
    );
    assert!(!t.screen.screen().alternate_screen());
}

#[test]
fn signals_give_the_terminal_back_and_keep_the_note() {
    // what a system, a limit or a neighbour sends
    let ends = [
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGQUIT,
        Signal::SIGINT,
        Signal::SIGABRT,
        Signal::SIGUSR1,
        Signal::SIGALRM,
        Signal::SIGXCPU,
        Signal::SIGSYS,
    ];
    for signal in ends {
        let home = tempfile::tempdir().expect("a folder");
        let mut t = started(home.path(), (80, 24), &[]);
        t.press("chalf a thought");
        t.wait_for("half a thought");
        t.signal(signal);
        t.end();
        assert!(t.log.windows(LEAVE.len()).any(|w| w == LEAVE), "{signal}");
        let db = home.path().join("cases.db");
        let store = secstream::store::Store::open(Some(&db), "x").expect("opens");
        let notes: u64 =
            store.alerts(&secstream::store::AlertFilter::default()).expect("alerts").iter().map(|a| a.notes).sum();
        assert_eq!(notes, 1, "{signal}: the note is kept");
    }
}

#[test]
fn suspend_and_resume() {
    let home = tempfile::tempdir().expect("a folder");
    let mut t = started(home.path(), (80, 24), &[]);
    let from = t.log.len();
    t.press("\x1a");
    let pid = Pid::from_raw(i32::try_from(t.child.id()).expect("a pid"));
    let status = waitpid(pid, Some(WaitPidFlag::WUNTRACED)).expect("a state");
    assert!(matches!(status, WaitStatus::Stopped(..)), "{status:?}");
    t.wait_bytes(from, LEAVE);
    let from = t.log.len();
    t.signal(Signal::SIGCONT);
    t.wait_bytes(from, ENTER);
    t.wait_for("183.62.140.253");
    t.press("2");
    t.wait_for("MESSAGE");
    t.press("q");
    assert_eq!(t.end(), Some(0));
}

#[test]
fn a_panic_gives_the_terminal_back() {
    let home = tempfile::tempdir().expect("a folder");
    let mut c = Command::new(std::env::current_exe().expect("this test"));
    c.args(["--exact", "tui::pty::the_child_that_panics", "--nocapture", "--test-threads=1"]);
    let mut t = Term::start(c, (80, 24), home.path(), &[("PTY_CHILD", "panic")]);
    assert_ne!(t.end(), Some(0));
    let at = |s: &[u8]| t.log.windows(s.len()).position(|w| w == s);
    let (enter, leave, words) = (at(ENTER), at(LEAVE), at(b"on purpose"));
    assert!(
        enter.is_some() && enter < leave && leave < words,
        "{enter:?} {leave:?} {words:?} {}",
        String::from_utf8_lossy(&t.log)
    );
    let mode = nix::sys::termios::tcgetattr(&t.slave).expect("a mode");
    assert!(mode.local_flags.contains(nix::sys::termios::LocalFlags::ECHO | nix::sys::termios::LocalFlags::ICANON));
}

/// Not a test by itself: the program of the test above.
#[test]
fn the_child_that_panics() {
    if std::env::var("PTY_CHILD").as_deref() == Ok("panic") {
        secstream::tui::term::install_panic_hook();
        let _term = secstream::tui::term::Term::enter().expect("a terminal");
        panic!("on purpose");
    }
}

#[test]
fn without_colours_the_cursor_row_is_seen() {
    let home = tempfile::tempdir().expect("a folder");
    let mut t = started(home.path(), (80, 24), &[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]);
    for (keys, below) in [("", "SEV"), ("2", "TIME")] {
        t.press(keys);
        t.wait_for(below);
        t.settle(Duration::from_millis(300));
        let s = t.screen.screen();
        let inverse = |r: u16| (0..80).filter(|c| s.cell(r, *c).is_some_and(|c| c.inverse())).count();
        let heads = (0..24)
            .find(|r| s.contents().lines().nth(usize::from(*r)).is_some_and(|l| l.contains(below)))
            .expect("heads");
        let rows: Vec<u16> = (heads + 1..20).filter(|r| inverse(*r) >= 4).collect();
        assert_eq!(rows.len(), 1, "one row is reversed: {rows:?}\n{}", t.text());
        for r in 0..24 {
            for c in 0..80 {
                let cell = s.cell(r, c).expect("a cell");
                assert_eq!((cell.fgcolor(), cell.bgcolor()), (vt100::Color::Default, vt100::Color::Default));
            }
        }
    }
}

#[test]
fn a_storm_of_sizes_does_no_harm() {
    let home = tempfile::tempdir().expect("a folder");
    let mut t = started(home.path(), (80, 24), &[]);
    for (w, h) in [(1, 1), (20, 5), (200, 60), (40, 10), (39, 10), (1, 50), (300, 1), (120, 30), (10, 2), (80, 24)] {
        t.resize(w, h);
        t.read_for(Duration::from_millis(30));
        t.press("2jj1");
    }
    t.settle(Duration::from_millis(400));
    t.wait_for("SEV");
    t.press("q");
    assert_eq!(t.end(), Some(0));
}

#[test]
fn hostile_lines_reach_the_terminal_as_marks() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("h.log");
    let mut bytes = Vec::new();
    for n in 0..12 {
        bytes.extend_from_slice(format!("Mar  2 11:00:{n:02} h sshd[1]: Failed password for invalid user \x1b]0;owned\x07\u{9b}2J\u{202e}root from 9.9.9.8 port 22 ssh2\n").as_bytes());
    }
    std::fs::write(&path, bytes).expect("written");
    let mut t = Term::workbench((120, 40), home.path(), &[&path], &[]);
    t.wait_for("12 events");
    for keys in ["2", "k", "\r", "v", "v", "q", "1", "\r", "q"] {
        t.press(keys);
        t.settle(Duration::from_millis(200));
    }
    let log = String::from_utf8_lossy(&t.log);
    assert!(!log.contains("\x1b]0;owned") && !log.contains('\u{202e}') && !log.contains('\u{9b}'));
    assert!(log.contains('␛'));
}

#[test]
fn a_case_from_the_first_key_to_the_verified_export() {
    let home = tempfile::tempdir().expect("a folder");
    let mut t = started(home.path(), (120, 40), &[]);
    t.press("e");
    t.wait_for("a new case");
    t.press("n");
    t.wait_for("title of the new case");
    t.press("\x15Root guessed\r");
    t.wait_for("put into IR-");
    t.press("3");
    t.wait_for("Root guessed");
    // Alerts are named by their titles, not by their ids.
    t.wait_for("opened the case 'Root guessed' with");
    let hex = |w: &str| w.len() >= 32 && w.chars().all(|c| c.is_ascii_hexdigit());
    assert!(!t.text().split_whitespace().any(hex), "{}", t.text());
    t.press("c");
    t.wait_for("note on case");
    t.press("isolated the host\x04");
    t.wait_for("note saved");
    t.press("tssh, root\r");
    t.wait_for("tags root, ssh");
    t.press("a\x15ben\r");
    t.wait_for("for ben");
    t.press("u");
    t.wait_for("undone");
    t.press("st");
    t.wait_for("closed: true positive");
    t.press("X\x15out.json\r");
    t.wait_for("exported to out.json");
    t.press("q");
    assert_eq!(t.end(), Some(0));
    let verify = Command::new(env!("CARGO_BIN_EXE_secstream"))
        .args(["cases", "verify"])
        .arg(home.path().join("out.json"))
        .output()
        .expect("runs");
    assert!(verify.status.success(), "{}", String::from_utf8_lossy(&verify.stderr));
    let text = std::fs::read_to_string(home.path().join("out.json")).expect("a file");
    assert!(text.contains("isolated the host") && text.contains("Root guessed"));
}

/// On a narrow terminal the summary of a replay stands in lines that fit.
#[test]
fn the_summary_fits_the_terminal() {
    let home = tempfile::tempdir().unwrap();
    let mut c = Command::new(env!("CARGO_BIN_EXE_secstream"));
    c.arg("replay").arg(log(home.path(), 400)).args(["--no-store", "--year", "2026"]);
    let mut t = Term::start(c, (80, 40), home.path(), &[("COLUMNS", "80")]);
    assert_eq!(t.end(), Some(0));
    let all = String::from_utf8_lossy(&t.log).into_owned();
    let said = &all[all.find("400 records = ").expect(&all)..];
    assert!(said.contains("\n    SSH password guessing"), "the message has lines of its own: {said}");
    for line in said.lines() {
        assert!(line.trim_end().chars().count() <= 80, "{line}");
    }
}
