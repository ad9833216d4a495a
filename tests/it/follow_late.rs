//! Logs that are followed together, of which one comes behind the other: shipped in
//! bulk or slowly. One attack is one alert, and what came late is counted.

use std::fs;
use std::io::Write as _;

use serde_json::Value;

use crate::program::Home;
use crate::program::following::Following;

/// A line of a machine at a minute and second after ten.
fn at(host: &str, secs: u32, text: &str) -> String {
    format!("2026-03-02T{:02}:{:02}:{:02}Z {host} {text}\n", 10 + secs / 3_600, secs / 60 % 60, secs % 60)
}

fn quiet(from: u32, to: u32) -> String {
    (from..to).step_by(20).map(|s| at("a", s, &format!("app[7]: tick {s}"))).collect()
}

fn failed(host: &str, from: u32, n: u32) -> String {
    let said = |i| format!("sshd[{i}]: Failed password for root from 203.0.113.7 port {} ssh2", 4_000 + i);
    (0..n).map(|i| at(host, from + i * 10, &said(i))).collect()
}

fn append(f: &Following, name: &str, text: &str) {
    let mut file = fs::File::options().append(true).create(true).open(f.home.path(name)).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Id, first time and records of the alerts that stand by themselves.
fn brief(home: &Home, name: &str) -> Vec<(String, String, u64)> {
    let text = |a: &Value, k: &str| a[k].as_str().unwrap().to_owned();
    let heads = home.objects(name).into_iter().filter(|a| a["covered_by"].is_null());
    heads.map(|a| (text(&a, "id"), text(&a, "timestamp"), a["matched_total"].as_u64().unwrap())).collect()
}

/// Follows two logs that were written in these pieces; the alerts are those that
/// reading them afterwards gives, and so many records are late.
#[track_caller]
fn comes_to(pieces: &[(&str, String)], late: u64) {
    let home = Home::new();
    home.write("a.log", "");
    home.write("b.log", "");
    let f = Following::start(home, &["--no-store", "--alerts", "f.jsonl", "--json", "a.log", "b.log"]);
    let mut lines = 0;
    for (name, text) in pieces {
        append(&f, name, text);
        lines += text.lines().count();
        f.has(lines);
    }
    let (home, ran) = f.end();
    ran.says(0, &[]);
    let summary: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(summary["records"], lines as u64);
    assert_eq!(summary["late"], late, "{summary:#}");
    assert_eq!(summary["notes"], serde_json::json!([]));
    home.run(&["replay", "--no-store", "-q", "a.log", "b.log", "--alerts", "whole.jsonl"]).says(0, &[]);
    let whole = brief(&home, "whole.jsonl");
    assert!(!whole.is_empty());
    assert_eq!(brief(&home, "f.jsonl"), whole);
}

#[test]
fn a_bulk_that_comes_an_hour_late_is_one_alert() {
    comes_to(&[("a.log", quiet(0, 4_000)), ("b.log", failed("b", 100, 60))], 60);
}

#[test]
fn a_log_that_is_always_half_an_hour_behind_is_one_alert() {
    let mut pieces = Vec::new();
    for n in 0..6 {
        pieces.push(("a.log", quiet(1_800 + n * 100, 1_900 + n * 100)));
        pieces.push(("b.log", failed("b", n * 100, 10)));
    }
    comes_to(&pieces, 60);
}

#[test]
fn what_comes_late_joins_the_alert_of_the_same_attack() {
    comes_to(
        &[
            ("a.log", failed("a", 100, 30) + &quiet(400, 5_000)),
            ("b.log", failed("b", 205, 30)),
            ("a.log", quiet(5_000, 5_100)),
        ],
        30,
    );
}
