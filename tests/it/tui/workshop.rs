//! The rule editor on a real terminal: an edit is seen to move what is lost, a
//! save that would lose a true hit asks why, and what is saved is in force.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::pty::log;
use super::term::Term;
use super::work::leave;

const RULE: &str = "title: Failed log-in\nid: 5e4b7ad2-4c1c-4a08-9f0e-3a3f0f0d2c11\nlevel: high\n\
logsource: {product: linux, service: sshd}\ndetection:\n  sel:\n    event_type: ssh_login_failed\n  condition: sel\n";

fn started(home: &Path, rules: Option<&Path>) -> (Term, PathBuf) {
    let log = log(home, 400);
    let own = home.join("own");
    let mut c = Command::new(env!("CARGO_BIN_EXE_secstream"));
    c.arg("tui").arg("--db").arg(home.join("cases.db"));
    if let Some(r) = rules {
        c.arg("--rules").arg(r);
    }
    c.arg(log);
    let mut t = Term::start(c, (100, 32), home, &[("SECSTREAM_OWN_RULES", own.to_str().expect("a path"))]);
    t.wait_for("400 events");
    t.wait_for("183.62.140.253");
    (t, own)
}

/// A rule of one's own in the editor, one alert of which somebody found true.
fn editing(home: &Path, name: &str, text: &str) -> (Term, PathBuf) {
    let rules = home.join("mine");
    fs::create_dir_all(&rules).expect("made");
    let file = rules.join(name);
    fs::write(&file, text).expect("written");
    let (mut t, _) = started(home, Some(&rules));
    t.press("en\r");
    t.wait_for("undo 1");
    t.press("4");
    t.wait_for("LEVEL");
    t.press("\r");
    t.wait_for("NORMAL");
    t.wait_for("nothing is lost");
    (t, file)
}

#[test]
fn a_filter_is_typed_and_a_true_hit_needs_a_reason() {
    let home = tempfile::tempdir().expect("a folder");
    let (mut t, file) = editing(home.path(), "failed.yml", RULE);
    t.wait_for("backtest: 400 events");
    // What is looked for is found in the text, and goes round.
    t.press("/SSH_LOGIN\r");
    t.wait_for("▌  7");
    t.press("n/nowhere\r");
    t.wait_for("'nowhere' not found");
    t.press("Gko");
    t.wait_for("INSERT");
    // The key is completed, the rest is typed.
    t.press("\x15  quiet: {src_ip|ends");
    t.wait_for("src_ip|ends");
    t.press("with: '.253'}\x1b");
    t.wait_for("NORMAL");
    t.wait_for("nothing is lost");
    t.press("Gi\x1b[F and not quiet\x1b");
    t.wait_for("200 true hits");
    t.wait_for("lost 200");
    t.wait_for("-200");
    // Not without a reason.
    t.press(":w\r");
    t.wait_for("write why");
    t.press("\r");
    t.wait_for("a reason is needed");
    assert_eq!(fs::read_to_string(&file).expect("there"), RULE);
    t.press("the bastion is watched elsewhere\r");
    t.wait_gone("●");
    let text = fs::read_to_string(&file).expect("there");
    assert!(text.starts_with("# 2") && text.contains("loses 200 true hits"), "{text}");
    assert!(text.contains("the bastion is watched elsewhere") && text.contains("  condition: sel and not quiet\n"));
    // It is in force, and the columns of the log are those that there were.
    t.wait_for("nothing is lost");
    t.wait_for("from columns");
    t.settle(std::time::Duration::from_millis(1500));
    let from = t.log.len();
    t.press("i x\x7f\x7f\x1b");
    t.settle(std::time::Duration::from_millis(1500));
    let said = String::from_utf8_lossy(&t.log[from..]).into_owned();
    t.wait_for("from columns");
    assert!(!said.contains("reading the log") && !said.contains("read the log"), "{said}");
    t.press("q1");
    t.wait_for("0 of 1 alert (1 withdrawn)");
    t.press("3");
    t.wait_for("no longer finds");
    leave(&mut t);
}

#[test]
fn a_shipped_rule_written_in_ones_own_editor_becomes_a_copy_and_true_hits_are_guarded() {
    let home = tempfile::tempdir().expect("a folder");
    let editor = home.path().join("editor.sh");
    fs::write(&editor, "#!/bin/sh\nsed -i 's/^title: .*/title: Guessing of ours/' \"$1\"\n").expect("written");
    fs::set_permissions(&editor, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("set");
    let log = log(home.path(), 400);
    let own = home.path().join("own");
    let mut c = Command::new(env!("CARGO_BIN_EXE_secstream"));
    c.arg("tui").arg("--db").arg(home.path().join("cases.db")).arg(log);
    let env = [("SECSTREAM_OWN_RULES", own.to_str().expect("a path")), ("EDITOR", editor.to_str().expect("a path"))];
    let mut t = Term::start(c, (120, 36), home.path(), &env);
    t.wait_for("183.62.140.253");
    t.press("r");
    t.wait_for("LEVEL");
    t.press("\x05");
    t.wait_for("analyzed again");
    t.press("1");
    t.wait_for("Guessing of ours");
    let first = |dir: &Path| fs::read_dir(dir).expect("a folder").next().expect("one").expect("its name");
    let name = first(&first(&own).path());
    assert!(fs::read_to_string(name.path()).expect("there").contains("title: Guessing of ours"));
    // What the text would lose is asked about as if it had been written here.
    fs::write(&editor, "#!/bin/sh\nsed -i 's/gte: 5$/gte: 5000/' \"$1\"\n").expect("written");
    t.press("en\r");
    t.wait_for("undo 1");
    t.press("4");
    t.wait_for("LEVEL");
    t.press("\x05");
    t.wait_for("write why");
    assert!(!fs::read_to_string(name.path()).expect("there").contains("5000"));
    t.press("a drill\r");
    t.wait_gone("write why");
    t.wait_for("saved ");
    assert!(fs::read_to_string(name.path()).expect("there").contains("a drill"));
    t.press("1");
    leave(&mut t);
}

const COUNTS: &str = "---\ntitle: Guessing\nid: 5e4b7ad2-4c1c-4a08-9f0e-3a3f0f0d2c12\nlevel: high\ncorrelation:\n  \
type: event_count\n  rules: [5e4b7ad2-4c1c-4a08-9f0e-3a3f0f0d2c11]\n  group-by: [src_ip]\n  timespan: 10m\n  \
condition: {gte: 10}\n";

#[test]
fn a_correlation_is_tried_with_its_alerts() {
    let home = tempfile::tempdir().expect("a folder");
    let (mut t, file) = editing(home.path(), "guessing.yml", &format!("{RULE}{COUNTS}"));
    t.wait_for("alerts -0 +0");
    // The same events, another threshold: the alert goes, and it is a true one.
    t.press("Gi\x1b[F\x7f000}\x1b");
    t.wait_for("gte: 10000");
    t.wait_for("1 true alert (IR-");
    t.wait_for("alerts -1 +0");
    t.wait_for("alert: 183.62");
    t.press(":w\r");
    t.wait_for("write why");
    t.press("a drill\r");
    t.wait_gone("●");
    assert!(fs::read_to_string(&file).expect("there").contains("loses 1 true alert (IR-"));
    t.press("q1");
    t.wait_for("0 of 1 alert (1 withdrawn)");
    leave(&mut t);
}

#[test]
fn what_somebody_else_wrote_is_not_written_over_unasked() {
    let home = tempfile::tempdir().expect("a folder");
    let (mut t, file) = editing(home.path(), "failed.yml", RULE);
    let theirs = format!("# theirs\n{RULE}");
    fs::write(&file, &theirs).expect("written");
    t.press("ggo# mine\x1b");
    t.wait_for("modified");
    t.wait_for("changed by somebody else");
    t.press(":w\r");
    t.wait_for("write over it");
    t.press("k");
    t.wait_gone("write over it");
    t.settle(std::time::Duration::from_millis(500));
    assert_eq!(fs::read_to_string(&file).expect("there"), theirs);
    let draft = file.with_extension("yml.draft");
    assert!(fs::read_to_string(draft).expect("there").contains("# mine"));
    t.press(":w\r");
    t.wait_for("write over it");
    t.press("o");
    t.wait_gone("●");
    let text = fs::read_to_string(&file).expect("there");
    assert!(text.contains("# mine") && !text.contains("# theirs"), "{text}");
    // It is one's own again.
    t.press("ggo# more\x1b");
    t.wait_for("●");
    t.press(":w\r");
    t.wait_gone("●");
    t.press("q");
    leave(&mut t);
}

/// An id that others know does not change unseen.
#[test]
fn a_changed_id_is_told_before_it_is_saved() {
    let home = tempfile::tempdir().expect("a folder");
    let about = "title: Not ours\nlogsource: {product: linux}\nfilter:\n  rules: [5e4b7ad2-4c1c-4a08-9f0e-3a3f0f0d2c11]\n  \
                 s: {user: nobody}\n  condition: not s\n";
    let filter = home.path().join("mine/not_ours.yml");
    fs::create_dir(home.path().join("mine")).expect("made");
    fs::write(&filter, about).expect("written");
    let (mut t, file) = editing(home.path(), "failed.yml", RULE);
    t.press("ggji\x1b[F\x7f9\x1b");
    t.wait_for("filter 'Not ours'");
    t.press(":w\r");
    t.wait_for("others know this rule by its id");
    t.press("k");
    // Nothing else was changed.
    t.wait_for("nothing to save");
    t.wait_gone("filter 'Not ours'");
    t.press("i\x1b[F\x7f9\x1b");
    t.wait_for("NORMAL");
    t.wait_for("filter 'Not ours'");
    t.press(":w\r");
    t.wait_for("others know this rule");
    t.press("t");
    // The old rule's true hits are no longer found by it.
    t.wait_for("write why");
    t.press("another number\r");
    t.wait_gone("●");
    assert!(fs::read_to_string(&file).expect("there").contains("0f0d2c19"));
    assert_eq!(fs::read_to_string(&filter).expect("there"), about.replace("2c11]", "2c19]"));
    t.press("q");
    leave(&mut t);
}

#[test]
fn a_filter_is_drafted_from_an_alert() {
    let home = tempfile::tempdir().expect("a folder");
    let rules = home.path().join("mine");
    fs::create_dir(&rules).expect("made");
    fs::write(rules.join("failed.yml"), RULE).expect("written");
    let (mut t, own) = started(home.path(), Some(&rules));
    t.press("T");
    t.wait_for("not meant");
    t.press("a");
    t.wait_for("draft");
    t.wait_for("condition: not selection");
    t.wait_for("lost 200");
    t.press(":w\r");
    t.wait_gone("●");
    let made: Vec<PathBuf> =
        fs::read_dir(own.join("filters")).expect("there").map(|e| e.expect("an entry").path()).collect();
    assert_eq!(made.len(), 1);
    let text = fs::read_to_string(&made[0]).expect("there");
    assert!(text.contains("src_ip: '183.62.140.253'") && text.contains("5e4b7ad2"), "{text}");
    t.press("q1");
    t.wait_for("0 of 0 alerts (1 withdrawn)");
    leave(&mut t);
}

#[test]
fn a_shipped_rule_is_saved_as_a_copy_that_replaces_it() {
    let home = tempfile::tempdir().expect("a folder");
    let (mut t, own) = started(home.path(), None);
    t.press("4");
    t.wait_for("LEVEL");
    t.press("e");
    t.wait_for("NORMAL");
    t.press("ggi# mine\r\x1b");
    t.wait_for("modified");
    t.press("W");
    t.wait_gone("●");
    t.press("q");
    t.wait_for("LEVEL");
    t.wait_for("own/");
    let mut found = Vec::new();
    for d in fs::read_dir(&own).expect("there") {
        let d = d.expect("an entry").path();
        found.extend(
            fs::read_dir(d).expect("a folder").map(|f| fs::read_to_string(f.expect("a file").path()).expect("text")),
        );
    }
    assert!(found.len() == 1 && found[0].contains("# mine\n"), "{found:?}");
    leave(&mut t);
}

/// The workbench over a log of one's own making, with the shipped rules.
fn over(home: &Path, name: &str, text: &str) -> (Term, PathBuf) {
    let log = home.join(name);
    fs::write(&log, text).expect("written");
    let own = home.join("own");
    let mut c = Command::new(env!("CARGO_BIN_EXE_secstream"));
    c.arg("tui").arg("--db").arg(home.join("cases.db")).arg(log);
    let t = Term::start(c, (120, 32), home, &[("SECSTREAM_OWN_RULES", own.to_str().expect("a path"))]);
    (t, own)
}

/// Drafts a filter from the alert at hand, which is put into a case before. Other
/// rules of the same file match the same events: what is lost is lost all the same.
fn loses_what_a_neighbour_still_matches(mut t: Term, own: &Path, lost: &str, alerts: &str) {
    t.press("en\r");
    t.wait_for("undo 1");
    t.press("D");
    t.wait_gone("nothing left here");
    t.press("T");
    t.wait_for("not meant");
    t.press("a");
    t.wait_for("condition: not selection");
    t.wait_for("would be lost: a save asks why");
    t.wait_for(lost);
    t.wait_for(alerts);
    t.press(":w\r");
    t.wait_for("write why");
    t.press("\r");
    t.wait_for("a reason is needed");
    assert!(!own.join("filters").exists());
    t.press("it is our own test\r");
    t.wait_gone("●");
    let made = fs::read_dir(own.join("filters")).expect("there").next().expect("a file").expect("an entry").path();
    let text = fs::read_to_string(made).expect("text");
    assert!(text.contains(lost) && text.contains("it is our own test"), "{text}");
    t.press("q1");
    t.wait_for("withdrawn)");
    leave(&mut t);
}

#[test]
fn a_filter_for_one_of_several_web_shell_rules_says_what_it_loses() {
    let home = tempfile::tempdir().expect("a folder");
    let line = |second: u32, url: &str| {
        format!(
            "203.0.113.9 - - [02/Mar/2026:09:04:{second:02} +0000] \"GET {url} HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0\"\n"
        )
    };
    let urls = ["/", "/about", "/uploads/a.php?cmd=id", "/news", "/uploads/a.php?cmd=whoami"];
    let text: String = (0..).zip(urls).map(|(i, u)| line(i, u)).collect();
    let (mut t, own) = over(home.path(), "access.log", &text);
    t.wait_for("5 events");
    t.wait_for("Web shell in use");
    loses_what_a_neighbour_still_matches(t, &own, "2 true hits and 1 true alert (IR-", "alerts -1 +0 · matches -2 +0");
}

#[test]
fn a_filter_for_one_of_several_ssh_rules_says_what_it_loses() {
    let home = tempfile::tempdir().expect("a folder");
    let line = |second: u32| {
        let user = ["root", "backup", "www-data"][second as usize % 3];
        format!(
            "Mar  2 09:04:{second:02} bastion sshd[{}]: Failed password for {user} from 203.0.113.9 port 40000 ssh2\n",
            100 + second
        )
    };
    let text: String = (0..24).map(line).collect();
    let (mut t, own) = over(home.path(), "auth.log", &text);
    t.wait_for("24 events");
    t.wait_for("203.0.113.9");
    loses_what_a_neighbour_still_matches(
        t,
        &own,
        "24 true hits and 2 true alerts (IR-",
        "alerts -2 +0 · matches -24 +0",
    );
}
