//! What it costs: bytes per key, silence while idle, time from key to bytes.

use std::time::Duration;

use super::pty::log;
use super::term::Term;

/// Presses a key again and again; the bytes of each.
fn costs(t: &mut Term, key: &str, times: usize, gap: Duration) -> Vec<usize> {
    let mut all: Vec<usize> = (0..times)
        .map(|_| {
            t.press(key);
            t.read_for(gap)
        })
        .collect();
    // What came after the last pause belongs to the last key.
    let rest = t.settle(Duration::from_millis(400));
    if let Some(last) = all.last_mut() {
        *last += rest;
    }
    all
}

fn mean(all: &[usize]) -> usize {
    all.iter().sum::<usize>() / all.len().max(1)
}

#[test]
fn keys_in_the_feed_cost_few_bytes_and_idling_costs_none() {
    let home = tempfile::tempdir().expect("a folder");
    // Many programs, one after the other: every event has other fields than the one before.
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/incident.log");
    let mut t = Term::workbench((160, 48), home.path(), &[&path], &[("COLORTERM", "truecolor")]);
    t.wait_for("2,833 events");
    t.settle(Duration::from_millis(500));
    t.press("2gg");
    t.wait_for("MESSAGE");
    t.settle(Duration::from_millis(800));
    costs(&mut t, "j", 3, Duration::from_millis(250));

    // One key at a time: the lower pane follows each. The first page, then lines that come in.
    let slow = costs(&mut t, "j", 50, Duration::from_millis(250));
    // Seven keys a second, and key repeat: the lower pane follows when the cursor rests.
    let steady = costs(&mut t, "j", 30, Duration::from_millis(140));
    let quick = costs(&mut t, "j", 120, Duration::from_millis(25));
    let back = costs(&mut t, "k", 20, Duration::from_millis(250));
    let (most, mut sorted) = (slow.iter().max().copied().unwrap_or_default(), slow.clone());
    sorted.sort_unstable();
    eprintln!(
        "bytes per j at 160x48: {} with key repeat; {} at seven keys a second; {} with the pane following, most {most}; k {}, most {}: {sorted:?}",
        mean(&quick),
        mean(&steady),
        mean(&slow),
        mean(&back),
        back.iter().max().copied().unwrap_or_default()
    );
    assert!(mean(&quick) > 10 && mean(&quick) <= 400, "{quick:?}");
    assert!(mean(&slow) <= 700, "{slow:?}");
    // On a busy machine the pane may follow now and then.
    assert!(mean(&steady) <= 700, "{steady:?}");
    // No key turns a page. The dearest one is of an event with two dozen fields after one with others.
    assert!(most <= 1500 && sorted[sorted.len() * 8 / 10] <= 900, "one key: {slow:?}");

    t.settle(Duration::from_millis(600));
    assert_eq!(t.read_for(Duration::from_millis(1500)), 0, "idle is silent");

    // On the queue the panes beside it follow when the cursor rests, too.
    t.press("1gg");
    t.settle(Duration::from_millis(800));
    costs(&mut t, "j", 2, Duration::from_millis(350));
    let slow = costs(&mut t, "j", 8, Duration::from_millis(350));
    t.press("gg");
    t.settle(Duration::from_millis(600));
    let quick = costs(&mut t, "j", 12, Duration::from_millis(25));
    eprintln!("bytes per j on the queue: {} with key repeat, {} with the panes following", mean(&quick), mean(&slow));
    assert!(mean(&slow) > 0 && mean(&slow) <= 3000, "{slow:?}");
    assert!(mean(&quick) > 10 && mean(&quick) <= 500, "{quick:?}");
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
