//! What it costs: bytes per key, silence while idle, time from key to bytes.

use std::time::Duration;

use super::pty::log;
use super::term::Term;

/// Presses a key again and again; mean bytes of each.
fn cost(t: &mut Term, key: &str, times: usize, gap: Duration) -> usize {
    let mut bytes = 0;
    for _ in 0..times {
        t.press(key);
        bytes += t.read_for(gap);
    }
    (bytes + t.settle(Duration::from_millis(400))) / times
}

#[test]
fn keys_in_the_feed_cost_few_bytes_and_idling_costs_none() {
    let home = tempfile::tempdir().expect("a folder");
    let path = log(home.path(), 3000);
    let mut t = Term::workbench((160, 48), home.path(), &[&path], &[("COLORTERM", "truecolor")]);
    t.wait_for("3,000 events");
    t.press("2gg");
    t.wait_for("MESSAGE");
    t.settle(Duration::from_millis(500));

    // Key repeat: the lower pane follows only when the cursor rests.
    let quick = cost(&mut t, "j", 120, Duration::from_millis(25));
    // One key at a time: the pane follows each.
    let slow = cost(&mut t, "j", 25, Duration::from_millis(180));
    eprintln!("bytes per j at 160x48: {quick} with key repeat, {slow} with the pane following");
    assert!(quick > 10 && quick <= 700, "{quick} bytes per j");
    assert!(slow <= 3000, "{slow} bytes per j with the pane");

    t.settle(Duration::from_millis(600));
    assert_eq!(t.read_for(Duration::from_millis(1500)), 0, "idle is silent");
}

#[test]
fn the_first_frame_comes_at_once() {
    let home = tempfile::tempdir().expect("a folder");
    let path = log(home.path(), 50_000);
    let start = std::time::Instant::now();
    let mut t = Term::workbench((80, 24), home.path(), &[&path], &[]);
    t.wait_for("1 Triage");
    let took = start.elapsed();
    eprintln!("first frame after {took:?}");
    // The contract is 100 ms for a release build on a quiet machine.
    assert!(took < Duration::from_millis(1500), "{took:?}");
}

#[test]
fn keys_are_answered_while_events_come_in() {
    let home = tempfile::tempdir().expect("a folder");
    let path = log(home.path(), 60_000);
    let mut t = Term::workbench((120, 40), home.path(), &[&path], &[]);
    t.wait_for("events");
    t.press("2");
    t.wait_for("MESSAGE");
    let mut times: Vec<Duration> =
        (0..40).filter_map(|n| t.key(if n % 2 == 0 { "?" } else { "q" }, Duration::from_millis(20))).collect();
    times.sort();
    assert!(times.len() >= 30, "{times:?}");
    eprintln!("key to bytes: median {:?}, worst {:?}", times[times.len() / 2], times[times.len() - 1]);
    // The contract is 5 ms at the 99th percentile for a release build on a quiet machine.
    assert!(times[times.len() / 2] < Duration::from_millis(250), "{times:?}");
}
