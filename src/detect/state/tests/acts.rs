//! Attempts, not lines, are counted.

use super::{alerts, brief, guessing};

/// The three lines that sshd writes of one attempt.
fn attempt(t: i64, pid: u32, user: &str) -> Vec<(i64, String)> {
    let common = format!("kind=fail host=web process=sshd pid={pid}");
    vec![
        (t, format!("{common} act=n src_ip=10.0.0.9 user={user}")),
        (t, format!("{common} act=m src_ip=10.0.0.9")),
        (t + 2, format!("{common} act=v src_ip=10.0.0.9 user={user}")),
    ]
}

fn run(lines: &[(i64, String)]) -> Vec<(i64, u64, u64)> {
    let lines: Vec<(i64, &str)> = lines.iter().map(|(t, l)| (*t, l.as_str())).collect();
    brief(&alerts(&guessing(5, "10m"), &lines))
}

#[test]
fn four_attempts_of_three_lines_are_four() {
    let lines: Vec<_> = (0..4).flat_map(|i| attempt(i64::from(i) * 10, 100 + i, "bob")).collect();
    assert_eq!(run(&lines), []);
}

#[test]
fn five_attempts_are_five_with_all_their_lines() {
    let lines: Vec<_> = (0..5).flat_map(|i| attempt(i64::from(i) * 10, 100 + i, "bob")).collect();
    assert_eq!(run(&lines), [(0, 5, 15)]);
}

#[test]
fn several_attempts_of_one_connection() {
    let mut lines = attempt(0, 7, "bob");
    for t in 3..7 {
        lines.push((t, "kind=fail host=web process=sshd pid=7 act=v src_ip=10.0.0.9 user=bob".to_owned()));
    }
    assert_eq!(run(&lines), [(0, 5, 7)]);
}

#[test]
fn repeated_lines_count_as_often_as_they_say() {
    let common = "kind=fail host=web process=sshd pid=7 src_ip=10.0.0.9 user=bob";
    let lines = vec![(0, format!("{common} act=v")), (5, format!("{common} act=v count=4"))];
    assert_eq!(run(&lines), [(0, 5, 2)]);
}

#[test]
fn the_limit_counts_what_the_program_allows() {
    let common = "kind=fail host=web process=sshd pid=7 src_ip=10.0.0.9 user=bob";
    let lines = vec![(0, format!("{common} act=v")), (5, format!("{common} act=l"))];
    assert_eq!(run(&lines), [(0, 6, 2)]);
}

#[test]
fn without_a_process_id_each_verdict_is_an_attempt() {
    let common = "kind=fail host=web process=su src_ip=10.0.0.9 user=bob";
    let mut lines = Vec::new();
    for t in 0..5 {
        lines.push((t, format!("{common} act=m")));
        lines.push((t, format!("{common} act=v")));
    }
    assert_eq!(run(&lines), [(0, 5, 10)]);
    assert_eq!(run(&lines[..8]), []);
}

#[test]
fn records_that_are_no_attempt_weigh_one_or_what_they_say() {
    let lines: Vec<_> = (0..4).map(|t| (t, "kind=fail src_ip=1.1.1.1".to_owned())).collect();
    assert_eq!(run(&lines), []);
    let lines = [lines, vec![(9, "kind=fail src_ip=1.1.1.1 count=3".to_owned())]].concat();
    assert_eq!(run(&lines), [(0, 7, 5)]);
}
