//! One record in several sources counts once.

use super::{Bench, StateOptions, brief, guessing};

fn bench() -> Bench {
    Bench::with(&guessing(3, "10m"), StateOptions { several: true, ..StateOptions::default() })
}

fn failed(at: i64, pid: &str, text: &str) -> Vec<(i64, String)> {
    vec![(at, format!("kind=fail src_ip=1.1.1.1 host=web process=sshd {pid} message={text}"))]
}

/// How often it counted.
fn counted(feeds: &[(u32, i64, &str, &str)]) -> u64 {
    let mut b = Bench::with(&guessing(1, "10m"), StateOptions { several: true, ..StateOptions::default() });
    feeds.iter().for_each(|(source, at, pid, text)| b.feed(*source, &failed(*at, pid, text)));
    b.end().iter().map(|a| a.count).sum()
}

#[test]
fn two_failures_in_three_logs_are_two() {
    let mut b = bench();
    for at in [1, 5] {
        (0..3).for_each(|source| b.feed(source, &failed(at, "pid=7", "no")));
    }
    assert!(b.end().is_empty());
}

#[test]
fn evidence_is_the_first_of_them() {
    let mut b = bench();
    for at in [1, 5, 9] {
        [2, 0, 1].iter().for_each(|source| b.feed(*source, &failed(at, "pid=7", "no")));
    }
    let end = b.end();
    assert_eq!(brief(&end), [(1, 3, 3)]);
    assert!(end[0].evidence.iter().all(|e| e.source.0 == 2));
}

#[test]
fn a_line_twice_in_one_log_is_two_records() {
    assert_eq!(counted(&[(0, 1, "pid=7", "no"), (0, 1, "pid=7", "no")]), 2);
    // However they come: as many as the log has that has most.
    let (a, b) = ((0, 1, "pid=7", "no"), (1, 1, "pid=7", "no"));
    for order in [[a, a, b, b, b], [b, a, b, a, b], [b, b, b, a, a]] {
        assert_eq!(counted(&order), 3);
    }
}

#[test]
fn what_differs_is_another_record() {
    let one = (0, 1, "pid=7", "no");
    for other in [(1, 2, "pid=7", "no"), (1, 1, "pid=8", "no"), (1, 1, "pid=7", "nay")] {
        assert_eq!(counted(&[one, other]), 2, "{other:?}");
    }
    assert_eq!(counted(&[one, (1, 1, "x=y", "no")]), 1, "which process it was it does not say");
    assert_eq!(counted(&[one, (0, 1, "pid=8", "no"), (1, 1, "x=y", "no"), (1, 1, "x=y", "no")]), 2);
}

/// One program stamps an event before a second's end, the other after it.
#[test]
fn two_sides_of_a_second() {
    let (end, begin) = ((0, 1, "pid=7 ms=999", "no"), (1, 2, "pid=7", "no"));
    assert_eq!(counted(&[end, begin]), 1);
    assert_eq!(counted(&[end, begin, (2, 2, "pid=7 ms=3", "no")]), 1, "a third has it, too");
    assert_eq!(counted(&[end, end, begin, begin]), 2);
    assert_eq!(counted(&[end, begin, begin]), 2, "the second of them is another");
    assert_eq!(counted(&[end, begin, (0, 2, "pid=7 ms=500", "no")]), 2, "what came later is another");
    assert_eq!(counted(&[end, begin, begin, (0, 2, "pid=7 ms=500", "no")]), 2, "both have two");
    for other in [(1, 2, "pid=8", "no"), (1, 2, "pid=7 ms=300", "no"), (1, 3, "pid=7", "no"), (0, 2, "pid=7", "no")] {
        assert_eq!(counted(&[end, other]), 2, "{other:?}");
    }
    // Where logs are followed the later one may come first.
    let late = StateOptions { several: true, lateness: 3_600_000_000, ..StateOptions::default() };
    let mut b = Bench::with(&guessing(1, "10m"), late);
    for (source, at, pid, text) in [begin, end] {
        b.feed(source, &failed(at, pid, text));
    }
    assert_eq!(b.end().iter().map(|a| a.count).sum::<u64>(), 1);
}

#[test]
fn without_host_or_program_nothing_is_known_to_be_the_same() {
    let mut b = Bench::with(&guessing(1, "10m"), StateOptions { several: true, ..StateOptions::default() });
    (0..2).for_each(|s| b.feed(s, &[(1, "kind=fail src_ip=1.1.1.1 message=GET".to_owned())]));
    assert_eq!(b.end()[0].count, 2);
}

#[test]
fn one_source_is_read_as_it_is() {
    let mut b = Bench::new(&guessing(2, "10m"));
    (0..2).for_each(|s| b.feed(s, &failed(1, "pid=7", "no")));
    assert_eq!(b.end()[0].count, 2, "where it is not asked for");
}

#[test]
fn memory_is_bounded() {
    let mut b = bench();
    for at in 0..70_000 {
        b.feed(0, &failed(0, "pid=7", &at.to_string()));
    }
    b.feed(1, &failed(0, "pid=7", "69999"));
    b.feed(1, &failed(0, "pid=7", "1"));
    assert_eq!(b.end().iter().map(|a| a.count).sum::<u64>(), 70_001);
}
