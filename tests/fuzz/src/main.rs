//! All fuzz targets in one program; `FUZZ_TARGET` chooses one (see `run.sh`).
//!
//! A target must not panic, hang or grow without bound on any input, and checks
//! what always holds. What is found becomes a unit test beside the mended code.
#![no_main]

mod edges;
mod lines;
mod texts;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

type Target = fn(&[u8]);

/// Name and function of each target.
const TARGETS: &[(&str, Target)] = &[
    ("lines", lines::lines),
    ("json", lines::json),
    ("windows", lines::windows),
    ("audit", lines::audit),
    ("tables", lines::tables),
    ("frames", edges::frames),
    ("packed", edges::packed),
    ("index", edges::index),
    ("evtx", edges::evtx),
    ("rules", texts::rules),
    ("query", texts::query),
    ("formats", texts::formats),
    ("config", texts::config),
    ("pipelines", texts::pipelines),
    ("small", texts::small),
    ("cases", texts::cases),
];

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    match TARGETS.iter().find(|(n, _)| *n == name) {
        Some((_, target)) => *target,
        None => {
            let names: Vec<&str> = TARGETS.iter().map(|(n, _)| *n).collect();
            eprintln!("set FUZZ_TARGET to one of: {}", names.join(" "));
            std::process::exit(2);
        }
    }
});

fuzz_target!(|data: &[u8]| TARGET(data));
