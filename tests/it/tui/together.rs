//! Two analysts, each at a workbench of their own, on one case store.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use super::pty::log;
use super::term::Term;

fn analyst(name: &str, home: &Path, log: &Path) -> Term {
    let mut c = Command::new(env!("CARGO_BIN_EXE_secstream"));
    c.arg("tui").arg("--db").arg(home.join("cases.db")).args(["--analyst", name]).arg(log);
    let mut t = Term::start(c, (120, 36), home, &[]);
    t.wait_for("430 events");
    t.wait_for("183.62.140.253");
    t
}

/// The numbers of `n of m alerts`.
fn left(t: &Term) -> (usize, usize) {
    let text = t.text();
    let words: Vec<&str> = text.split_whitespace().collect();
    let at = words.windows(4).position(|w| w[1] == "of" && w[3] == "alerts").expect("a count");
    (words[at].parse().expect("a number"), words[at + 2].parse().expect("a number"))
}

#[test]
fn what_one_decides_the_other_sees() {
    let home = tempfile::tempdir().expect("a folder");
    let log = log(home.path(), 400);
    // Another attack beside the one of the log.
    let mut text = std::fs::read_to_string(&log).expect("a log");
    for n in 0..30 {
        let _ = writeln!(
            text,
            "Mar  2 01:00:{n:02} db02 sshd[31]: Failed password for oracle from 192.0.2.99 port 4{n:02} ssh2"
        );
    }
    std::fs::write(&log, text).expect("written");
    let (mut a, mut b) = (analyst("ada", home.path(), &log), analyst("ben", home.path(), &log));
    a.wait_for("alerts");
    b.wait_for("alerts");
    let (all, of) = left(&a);
    assert!(all >= 2, "{}", a.text());

    // A note: a mark in the other's row, its words in the other's panel.
    a.press("cseen last week too\x04");
    a.wait_for("note saved");
    b.wait_for("◆");
    b.press("v");
    b.wait_for("ada: seen last week too");
    b.press("q");
    // A tag the other way.
    b.press("twatch\r");
    b.wait_for("tagged");
    a.wait_for("#watch");

    // A dismissal leaves both queues, and its undoing brings it back to both.
    a.press("db");
    a.wait_for("dismissed");
    b.wait_for(&format!("{} of {of} alerts", all - 1));
    a.press("u");
    a.wait_for("undone");
    b.wait_for(&format!("{all} of {of} alerts"));

    // Who decides in a dialog that was open while another decided is told.
    a.press("gg");
    b.press("gg");
    a.press("d");
    a.wait_for("dismiss this alert");
    b.press("db");
    b.wait_for("dismissed");
    a.wait_for(&format!("{} of {of} alerts", all - 1));
    a.press("t");
    a.wait_for("ben had changed the status of alert");
    a.press("u");
    a.wait_for("undone: dismiss");
    b.press("u");
    b.wait_for("undone: dismiss");
    a.wait_for(&format!("{all} of {of} alerts"));

    // A case of one is on the other's screen, and a decision there comes back.
    b.press("en\x15Found by ben\r");
    b.wait_for("put into IR-");
    a.wait_for(&format!("{} of {of} alerts", all - 1));
    a.press("3");
    a.wait_for("Found by ben");
    b.press("3");
    b.wait_for("Found by ben");
    a.press("sp");
    b.wait_for("in progress");

    for t in [&mut a, &mut b] {
        t.press("q");
        assert_eq!(t.end(), Some(0));
    }
    let verify = Command::new(env!("CARGO_BIN_EXE_secstream"))
        .args(["cases", "verify", "--db"])
        .arg(home.path().join("cases.db"))
        .output()
        .expect("runs");
    assert!(verify.status.success(), "{}", String::from_utf8_lossy(&verify.stderr));
}

/// Two read one log with different rules: each is told whose reading took an alert back.
#[test]
fn what_anothers_rules_do_not_give_says_whose_reading_that_was() {
    let home = tempfile::tempdir().expect("a folder");
    let log = log(home.path(), 400);
    let rules = home.path().join("mine");
    std::fs::create_dir(&rules).expect("a folder");
    for (n, (title, word)) in [("Keys seen", "Accepted publickey"), ("Jobs seen", "session opened")].iter().enumerate()
    {
        let rule = format!(
            "title: {title}\nid: 0f0e6a3e-3a55-4c1d-9d3c-0c0ffee0000{n}\nlevel: medium\nlogsource: {{product: linux}}\n\
             detection:\n  words: ['{word}']\n  condition: words\n"
        );
        std::fs::write(rules.join(format!("{n}.yml")), rule).expect("written");
    }
    let start = |more: &[&str]| {
        let mut c = Command::new(env!("CARGO_BIN_EXE_secstream"));
        c.arg("tui").arg("--db").arg(home.path().join("cases.db")).args(more);
        Term::start(c, (150, 40), home.path(), &[])
    };
    let path = log.to_str().expect("a path");
    let mut a = start(&["--analyst", "ada", "--add-rules", rules.to_str().expect("a path"), path]);
    a.wait_for("Jobs seen");
    a.press("/Keys seen\r");
    a.press("emine\r");
    a.wait_for("put into IR-");

    let mut b = start(&["--analyst", "ben", path]);
    b.wait_for("400 events");
    b.wait_for("2 withdrawn");
    assert!(!b.text().contains("Keys seen"), "{}", b.text());
    // On her screen her reading still gives them: what his took back is said.
    a.wait_for("withdrawn by ben");
    a.wait_for("this reading gives it; ben's");
    b.press("D");
    b.wait_for("Jobs seen withdrawn");
    b.press("/Keys seen\r");
    b.wait_for("gone");
    b.wait_for("withdrawn on");
    b.wait_for("by ben's reading");
    b.wait_for("Accepted publickey for ann");
    b.press("3\r");
    b.wait_for("withdrawn by ben: Keys seen");
    b.wait_for("1 of 1 withdrawn");
    b.press("\r");
    b.wait_for("Jobs seen withdrawn");

    // The store alone has both readings in one queue.
    let mut c = start(&["--analyst", "cyd"]);
    c.wait_for("2 withdrawn");
    c.wait_for("by ada, ");
    for t in [&mut a, &mut b, &mut c] {
        t.press("q");
        assert_eq!(t.end(), Some(0));
    }
}

/// Who has the case store alone looks up the rule behind an alert all the same.
#[test]
fn rules_are_shown_without_a_log() {
    let home = tempfile::tempdir().expect("a folder");
    let log = log(home.path(), 400);
    let mut a = Term::workbench((120, 36), home.path(), &[&log], &[]);
    a.wait_for("400 events");
    a.wait_for("183.62.140.253");
    a.press("q");
    let mut c = Command::new(env!("CARGO_BIN_EXE_secstream"));
    c.arg("tui").arg("--db").arg(home.path().join("cases.db")).args(["--analyst", "ben"]);
    let mut b = Term::start(c, (120, 36), home.path(), &[]);
    b.wait_for("183.62.140.253");
    b.press("r");
    b.wait_for("rules/auth/");
    b.press("6");
    b.wait_for("no log is open");
    assert!(!b.text().contains(" 0 rules loaded"), "{}", b.text());
    b.press("q");
}
