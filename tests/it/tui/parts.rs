//! A session about a part of a log: the feed, its counts and what is written from
//! it are of that part, every screen says so, and a key shows the whole log.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use secstream::pipeline::{Histogram, Snapshot};
use secstream::tui::caps::Colours;
use secstream::tui::msg::{Effect, Msg};
use secstream::tui::record::{render_marks, render_text};
use secstream::tui::theme::Theme;

use super::fixture::{World, at, rows, snapshot};
use super::pty::log;
use super::term::Term;

/// A session about what one machine wrote.
fn world(w: u16, h: u16) -> World {
    let mut world = World::new(w, h);
    world.state.facts.part = "host=db01".into();
    let mut histogram = Histogram::default();
    let of_part: Vec<_> = rows().into_iter().filter(|r| r.row.ov(secstream::event::Ov::Host) == Some("db01")).collect();
    of_part.iter().for_each(|r| histogram.add(r.row.time));
    histogram.flush();
    let mut snap = Snapshot { histogram: Arc::new(histogram), ..snapshot() };
    let n = of_part.len() as u64;
    snap.totals.parsed = n;
    snap.totals.raw = 0;
    snap.totals.filter("--filter", 200 - n);
    world.send(Msg::Session(Arc::new(snap), 0.0));
    // As at the start: the view is made of the part.
    world.press("2PP1");
    world.state.toast = None;
    world
}

fn frame(w: &World) -> String {
    render_text(&w.state, &Theme::built_in("dark", Colours::True))
}

#[test]
fn every_screen_says_that_it_is_about_a_part() {
    for (w, h) in [(80, 24), (160, 48), (40, 12), (40, 10)] {
        let mut world = world(w, h);
        for screen in ["1", "2", "3", "4", "6"] {
            world.press(screen);
            let t = frame(&world);
            assert!(t.contains("39 of 200 events"), "{w}x{h} {screen}: {t}");
            assert!(h < 14 || t.contains("part host=db01"), "{w}x{h} {screen}: {t}");
        }
        world.press("2");
        insta::assert_snapshot!(format!("part_{w}x{h}"), frame(&world));
        world.press("P");
        insta::assert_snapshot!(format!("part_whole_{w}x{h}"), frame(&world));
        assert_eq!(world.done.last(), Some(&Effect::View { generation: 3, query: String::new(), whole: true }));
    }
}

#[test]
fn what_is_outside_is_marked_without_colours_too() {
    let mut world = world(80, 24);
    world.press("2Pgg");
    let text = frame(&world);
    let dots = |t: &str| t.lines().filter(|l| l.starts_with("·11:")).count();
    assert!(dots(&text) > 5, "{text}");
    assert!(text.contains("outside the part"), "{text}");
    let marks = render_marks(&world.state, &Theme::built_in("mono", Colours::None));
    assert!(marks.contains('^'), "{marks}");
    world.press("P");
    assert_eq!(dots(&frame(&world)), 0);
}

#[test]
fn time_axis_and_filters_are_of_the_part() {
    let mut w = world(80, 24);
    let (first, last) = w.state.log_span().expect("a span");
    assert_eq!((first, last), (at(2), at(197)));
    w.press("2iuser=nobody<Enter>");
    assert!(frame(&w).contains("0 of 39 events"), "{}", frame(&w));
    w.press("=");
    // It takes away what the part has, not what the log has.
    assert!(frame(&w).contains("-39"), "{}", frame(&w));
    w.press("<Esc>\\W");
    assert!(frame(&w).contains("write the 39 events of the part, as"), "{}", frame(&w));
}

#[test]
fn the_smallest_screen_says_where_one_is_and_what_is_hidden() {
    let mut w = World::new(40, 10);
    let last = |w: &World| frame(w).lines().last().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(last(&w), "Triage 4 of 5 alerts : cmd ? help");
    w.press("iseverity=high<Enter>");
    w.state.toast = None;
    assert_eq!(last(&w), "Triage filtered 1 of 5 : cmd ? help");
    w.press("2iuser=ann<Enter>");
    w.state.toast = None;
    assert_eq!(last(&w), "Live filtered 39 of 200 : cmd ? help");
    assert!(frame(&w).starts_with(" REPLAY auth.log"), "{}", frame(&w));
    assert!(frame(&w).contains("200 events"), "{}", frame(&w));
}

#[test]
fn without_a_part_the_key_says_what_names_one() {
    let mut w = World::new(80, 24);
    w.press("2P");
    assert!(w.state.toast.as_ref().is_some_and(|t| t.text.contains("--filter")), "{:?}", w.state.toast);
    assert!(!w.state.live.whole);
}

fn replayed(home: &Path, log: &Path, more: &[&str]) -> Vec<u8> {
    let mut c = Command::new(env!("CARGO_BIN_EXE_secstream"));
    c.arg("replay").arg(log).args(["--no-store", "--year", "2026", "--events", "all.jsonl"]).args(more);
    c.current_dir(home).env("XDG_CACHE_HOME", home.join("cache")).env("XDG_CONFIG_HOME", home.join("config"));
    assert!(c.output().expect("runs").status.success());
    std::fs::read(home.join("all.jsonl")).expect("written")
}

#[test]
fn the_feed_holds_the_part_and_writes_it() {
    let home = tempfile::tempdir().expect("a folder");
    let log = log(home.path(), 400);
    let part = ["--filter", "user=ann", "--from", "2026-03-02T00:01"];
    let mut c = Command::new(env!("CARGO_BIN_EXE_secstream"));
    c.arg("tui").arg("--db").arg(home.path().join("cases.db")).args(["--year", "2026"]).args(part).arg(&log);
    let mut t = Term::start(c, (100, 24), home.path(), &[]);
    t.wait_for("85 of 400 events");
    t.wait_for("part user=ann · from 2026-03-02 00:01");
    t.press("2");
    t.wait_for("(P: all)");
    t.wait_for("85 of 85 events");
    assert!(!t.text().contains("web01") && !t.text().contains("mail01"), "{}", t.text());
    // The axis begins where the part does.
    assert!(t.text().contains("00:01:02──"), "{}", t.text());
    t.press("W");
    t.wait_for("write the 85 events of the part, as");
    t.press("j");
    t.wait_for("write events to events.jsonl");
    t.press("\r");
    t.wait_for("85 events written to events.jsonl");
    let written = std::fs::read(home.path().join("events.jsonl")).expect("there");
    assert_eq!(written, replayed(home.path(), &log, &part));
    // What is looked for is looked for in the part.
    t.press("/web01\r");
    t.wait_for("not found");
    t.press("P");
    t.wait_for("400 of 400 events");
    t.wait_for("web01");
    t.settle(Duration::from_millis(200));
    t.press("n");
    t.wait_for("hit ");
    t.press("P");
    t.wait_for("85 of 85 events");
    t.press("q");
    assert_eq!(t.end(), Some(0));
}
