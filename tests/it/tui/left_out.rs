//! What was named and is not read stands on Health, in the first line and in the
//! page of `--report`; what is shown in another order than that of time is said.

use std::process::Command;
use std::sync::Arc;

use secstream::pipeline::Snapshot;
use secstream::source::{SkipReason, Skipped};
use secstream::tui::caps::Colours;
use secstream::tui::msg::Msg;
use secstream::tui::record::render_text;
use secstream::tui::theme::Theme;

use super::fixture::{World, snapshot};
use super::pty::log;
use super::term::Term;

fn frame(w: &World) -> String {
    render_text(&w.state, &Theme::built_in("dark", Colours::True))
}

#[test]
fn health_lists_what_was_left_out() {
    for (w, h) in [(80, 24), (160, 48), (40, 10)] {
        let mut world = World::new(w, h);
        let skip = |name: &str, reason, explicit| Skipped { name: name.into(), reason, explicit };
        let left_out = vec![
            skip("mix/dang\u{1b}[31mling", SkipReason::Link, false),
            skip("nofile.log", SkipReason::NotFound, true),
        ];
        let snap = Snapshot { left_out: Arc::new(left_out), ..snapshot() };
        world.send(Msg::Session(Arc::new(snap), 0.0));
        assert!(frame(&world).contains("2 left out"), "{w}x{h}: {}", frame(&world));
        // The last of it can be scrolled to on every size.
        world.press("6");
        let mut seen = String::new();
        for _ in 0..40 {
            seen.push_str(&frame(&world));
            world.press("j");
        }
        for said in ["left out (2)", "nofile.log: no such file", "mix/dang", "rules not loaded"] {
            assert!(seen.contains(said), "{w}x{h} {said}: {seen}");
        }
        assert!(!seen.contains('\u{1b}'), "{seen}");
        if h == 24 {
            world.press("gg");
            insta::assert_snapshot!("health_left_out", frame(&world));
        }
    }
}

#[test]
fn the_workbench_and_the_report_name_what_is_not_there() {
    let home = tempfile::tempdir().expect("a folder");
    let log = log(home.path(), 400);
    std::fs::create_dir(home.path().join("mix")).expect("made");
    std::os::unix::fs::symlink("nowhere", home.path().join("mix/dangling")).expect("linked");
    std::fs::copy(&log, home.path().join("mix/one.log")).expect("copied");
    let mut c = Command::new(env!("CARGO_BIN_EXE_secstream"));
    c.current_dir(home.path()).args(["tui", "--no-store", "mix", "nofile.log"]);
    let mut t = Term::start(c, (100, 30), home.path(), &[]);
    t.wait_for("400 events");
    t.wait_for("2 left out");
    t.wait_for("nofile.log: left out: no such file · 1 more: Health (6) names them");
    t.press("6");
    t.wait_for("nofile.log: no such file");
    t.wait_for("mix/dangling: symbolic link, not followed inside a directory");
    assert!(t.text().starts_with(" secstream REPLAY mix  400 events"), "{}", t.text());
    t.press("q");
    assert_eq!(t.end(), Some(0));

    let mut c = Command::new(env!("CARGO_BIN_EXE_secstream"));
    c.current_dir(home.path()).args(["replay", "--no-store", "--quiet", "mix", "nofile.log", "--report", "r.html"]);
    c.env("XDG_CACHE_HOME", home.path().join("cache")).env("XDG_CONFIG_HOME", home.path().join("config"));
    assert_eq!(c.output().expect("runs").status.code(), Some(3));
    let page = std::fs::read_to_string(home.path().join("r.html")).expect("written");
    assert!(page.contains("<h3>Left out (2)</h3>"), "{page}");
    assert!(page.contains("<tr><td>nofile.log</td><td>no such file</td></tr>"), "{page}");
    assert!(page.contains("<td>mix/dangling</td>"), "{page}");
}

#[test]
fn a_feed_that_is_not_in_order_of_time_says_so() {
    let mut w = World::new(80, 24);
    w.press("2");
    assert!(!frame(&w).contains("log order"), "{}", frame(&w));
    let mut snap = snapshot();
    snap.totals.late = 13_166;
    w.send(Msg::Session(Arc::new(snap), 0.0));
    assert!(frame(&w).contains("log order 13,166 not in order of time"), "{}", frame(&w));
    // Beside a filter both have room.
    w.press("iuser=ann<Enter>");
    assert!(frame(&w).contains("filters +user=ann  log order 13,166 not in"), "{}", frame(&w));
    w.press("6");
    assert!(frame(&w).contains("13,166 late: counted at their own time"), "{}", frame(&w));
}

#[test]
fn pasted_lines_are_words_of_one_line() {
    let mut w = World::new(80, 24);
    w.press("/");
    // As terminals send them: with the sign of the Enter key.
    w.send(Msg::Paste("pasted\rline two\r\nand three\r".into()));
    let typed = w.state.prompt.as_ref().map(|p| p.input.value().to_owned());
    assert_eq!(typed.as_deref(), Some("pasted line two and three"));
}

#[test]
fn the_note_says_how_it_is_kept_on_every_size() {
    for (w, h) in [(40, 10), (50, 12), (80, 24)] {
        let mut world = World::new(w, h);
        world.press("c");
        let t = frame(&world);
        assert!(t.contains("Esc saves") && t.contains("Ctrl-c drops it"), "{w}x{h}: {t}");
    }
}
