//! The events of the feed in a file: what the filters keep, in each form.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use secstream::pipeline::Form;
use secstream::tui::msg::{Effect, Msg};
use secstream::tui::state::overlay::Overlay;

use super::fixture::World;
use super::pty::log;
use super::term::Term;

fn typed(w: &World) -> String {
    w.state.prompt.as_ref().map(|p| p.input.value().to_owned()).expect("a line")
}

fn written(w: &World) -> Option<&Effect> {
    w.done.iter().rfind(|e| matches!(e, Effect::Write { .. }))
}

#[test]
fn a_form_then_a_free_name_then_off_it_goes() {
    let mut w = World::new(80, 24);
    w.press("2ggWj");
    assert_eq!(typed(&w), "events.jsonl");
    assert_eq!(w.done.last(), Some(&Effect::Free("events.jsonl".into())));
    w.send(Msg::Free { was: "events.jsonl".into(), name: "events-2.jsonl".into() });
    assert_eq!(typed(&w), "events-2.jsonl");
    // What was touched is the analyst's.
    w.press("<End>x");
    w.send(Msg::Free { was: "events-2.jsonlx".into(), name: "other".into() });
    assert_eq!(typed(&w), "events-2.jsonlx");
    w.press("<Enter>");
    let path = "events-2.jsonlx".to_owned();
    assert_eq!(written(&w), Some(&Effect::Write { rows: Some(200), form: Form::Json, path }));
    // One at a time; it is told how far it is, and Ctrl-c ends it.
    w.press("W");
    assert!(w.state.overlays.is_empty());
    w.send(Msg::Writing(Some(34)));
    w.press("q");
    assert!(matches!(w.state.overlays.last(), Some(Overlay::Choice { title, .. }) if title.contains("being written")));
    w.press("n<Ctrl-c>");
    assert_eq!(w.done.last(), Some(&Effect::StopWriting));
    w.send(Msg::Writing(None));
    // A name that is taken is asked for again, with the reason.
    w.send(Msg::Rename { form: Form::Raw, path: "a.log".into(), why: "a.log is there already".into() });
    assert_eq!(typed(&w), "a.log");
    assert!(w.state.prompt.as_ref().is_some_and(|p| p.error.is_some() && p.selected));
    w.press("b.log<Enter>");
    assert_eq!(written(&w), Some(&Effect::Write { rows: Some(200), form: Form::Raw, path: "b.log".into() }));
}

#[test]
fn following_or_while_a_filter_looks_all_of_it_is_written() {
    let mut w = World::new(80, 24);
    w.press("2Wc<Enter>");
    assert!(matches!(written(&w), Some(Effect::Write { rows: None, form: Form::Csv, .. })), "{:?}", w.done);
    let mut w = World::new(80, 24);
    w.press("2ggiuser=ann<Enter>");
    let generation = w.state.live.generation;
    w.send(Msg::FeedLen { generation, rows: 3, events: 200, scanned: 20, playhead: None });
    w.press("W");
    assert!(matches!(w.state.overlays.last(), Some(Overlay::Choice { about, .. }) if about == &["user=ann"]));
    w.press("r<Enter>");
    assert!(matches!(written(&w), Some(Effect::Write { rows: None, .. })));
    w.send(Msg::Writing(None));
    // Nothing is kept: nothing is asked.
    let mut w = World::new(80, 24);
    w.press("2iuser=nobody<Enter>W");
    assert!(w.state.overlays.is_empty());
    assert!(w.state.toast.as_ref().is_some_and(|t| t.text == "the filters keep no event"));
}

fn replayed(home: &Path, log: &Path, to: &str, more: &[&str]) -> Vec<u8> {
    let mut c = Command::new(env!("CARGO_BIN_EXE_secstream"));
    c.arg("replay").arg(log).args(["--no-store", "--events", to]).args(more);
    c.current_dir(home).env("XDG_CACHE_HOME", home.join("cache")).env("XDG_CONFIG_HOME", home.join("config"));
    assert!(c.output().expect("runs").status.success());
    std::fs::read(home.join(to)).expect("written")
}

#[test]
fn what_the_filters_keep_is_written_as_replay_writes_it() {
    let home = tempfile::tempdir().expect("a folder");
    let log = log(home.path(), 400);
    let mut t = Term::workbench((80, 24), home.path(), &[&log], &[]);
    t.wait_for("400 events");
    t.settle(Duration::from_millis(300));
    t.press("2W");
    t.wait_for("write the 400 events, as");
    t.press("j");
    t.wait_for("write events to events.jsonl");
    t.press("\r");
    t.wait_for("400 events written to events.jsonl");
    let path = home.path().join("events.jsonl");
    assert_eq!(std::fs::read(&path).expect("there"), replayed(home.path(), &log, "all.jsonl", &[]));
    assert_eq!(path.metadata().expect("there").permissions().mode() & 0o777, 0o600);

    t.press("iuser=ann\r");
    t.wait_for("100 of 400 events");
    for (key, name, form) in [("j", "events-2.jsonl", "ann.jsonl"), ("c", "events.csv", "ann.csv")] {
        t.press("W");
        t.wait_for("write the 100 events that the filters keep, as");
        t.press(key);
        t.wait_for(&format!("write events to {name}"));
        t.press("\r");
        t.wait_for(&format!("100 events written to {name}"));
        let want = replayed(home.path(), &log, form, &["--filter", "user=ann"]);
        assert_eq!(std::fs::read(home.path().join(name)).expect("there"), want, "{name}");
    }

    // Nothing is written over: the name is asked for again.
    t.press("Wr");
    t.wait_for("write events to events.log");
    t.press("auth.log\r");
    t.wait_for("auth.log is there already; name another file");
    t.press("\x15ann.log\r");
    t.wait_for("100 events written to ann.log");
    let all = std::fs::read_to_string(&log).expect("there");
    let mut want: String = all.lines().filter(|l| l.contains("for ann")).collect::<Vec<_>>().join("\n");
    want.push('\n');
    assert_eq!(std::fs::read_to_string(home.path().join("ann.log")).expect("there"), want);
    t.press("Wrnowhere/x\r");
    t.wait_for("there is no folder nowhere");
    t.press("\x1b");
    t.settle(Duration::from_millis(100));
    t.press("q");
    assert_eq!(t.end(), Some(0));
    let left: Vec<_> = std::fs::read_dir(home.path()).expect("read").flatten().map(|e| e.file_name()).collect();
    assert!(!left.iter().any(|n| n.to_string_lossy().ends_with(".part")), "{left:?}");
}
