//! Payloads of attacks and everyday values, each as the value of a parameter of
//! a request: how many of each class the shipped rules see, and that they see
//! nothing in the everyday ones. Without the data the test says so and passes.

#![allow(clippy::print_stdout)] // a skipped test says so

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use crate::program::Home;

/// A value as a client would send it: everything but letters and digits encoded.
fn encoded(value: &str) -> String {
    value.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() {
            out.push(b as char);
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

#[test]
fn payloads_are_seen_and_everyday_values_are_not() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/web-attacks/payload_train.csv");
    let Ok(mut rows) = csv::Reader::from_path(&path) else {
        println!("skipped: no ../shared/data/web-attacks");
        return;
    };
    let (mut log, mut classes) = (String::new(), Vec::new());
    for (i, row) in rows.records().map(|r| r.expect("a row")).enumerate() {
        // An address for each, so that no alert stands for two.
        let [a, b, c] = [i >> 16 & 255, i >> 8 & 255, i & 255];
        let (min, sec) = (i / 60 % 60, i % 60);
        let value = encoded(&row[0]);
        let _ = writeln!(
            log,
            "10.{a}.{b}.{c} - - [02/Mar/2026:{:02}:{min:02}:{sec:02} +0000] \"GET /shop/item?v={value} HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0\"",
            10 + i / 3_600
        );
        classes.push(row[2].to_owned());
    }
    let h = Home::new();
    let file = h.write("access.log", log);
    h.run(&["replay", &file, "--no-store", "--alerts", &h.arg("a.jsonl")]).says(0, &[]);
    let mut seen = BTreeSet::new();
    for alert in h.objects("a.jsonl") {
        let places = alert["matched_events"].as_array().expect("places");
        seen.extend(places.iter().filter_map(|m| m["line"].as_u64()).map(|n| n as usize - 1));
    }
    let mut shares: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (i, class) in classes.iter().enumerate() {
        let share = shares.entry(class).or_default();
        share.0 += usize::from(seen.contains(&i));
        share.1 += 1;
    }
    for (class, least) in [("sqli", 99), ("xss", 92), ("cmdi", 93), ("path-traversal", 93)] {
        let (found, all) = shares[class];
        assert!(found * 100 >= all * least, "{class}: {found} of {all}");
    }
    assert_eq!(shares["norm"].0, 0, "everyday values: {:?}", shares["norm"]);
}
