//! The house rules that a test can see: imports go downwards only, files are
//! short, nothing names a machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest source file, in lines.
const MAX_LINES: usize = 600;

/// What each module may import. Layer order, lowest first.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("event", &[]),
    ("alert", &["event"]),
    ("config", &[]),
    ("parse", &["event"]),
    ("query", &["event"]),
    ("template", &[]),
    // the tests beside rules are raw lines, read by the real parsers
    ("detect", &["event", "alert", "parse"]),
    ("generate", &["event"]),
    ("source", &["event"]),
    ("sink", &["event", "alert"]),
    ("store", &["event", "alert"]),
    ("pipeline", &["event", "alert", "config", "parse", "query", "template", "detect", "source", "store", "sink"]),
    ("tui", &["event", "alert", "config", "parse", "query", "detect", "store", "pipeline"]),
    (
        "cli",
        &[
            "event", "alert", "config", "parse", "query", "detect", "generate", "source", "sink", "store", "pipeline",
            "tui",
        ],
    ),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(dir: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for p in entries {
        if p.is_dir() {
            if p.file_name().is_some_and(|n| n != "target") {
                rust_files(&p, out);
            }
        } else if p.extension().is_some_and(|e| e == "rs") {
            out.push(p);
        }
    }
}

fn sources(dir: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    rust_files(&root().join(dir), &mut files);
    files.into_iter().map(|p| (p.strip_prefix(root()).unwrap().to_owned(), fs::read_to_string(p).unwrap())).collect()
}

/// Modules named after `crate::` in the part of a file that is not test code.
fn imports(text: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    for (n, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("#[cfg(test)]") {
            break;
        }
        let code = line.split("//").next().unwrap_or("");
        for part in code.split("crate::").skip(1) {
            if let Some(list) = part.strip_prefix('{') {
                for item in list.split(',') {
                    let name: String = item.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    out.push((n + 1, name));
                }
            } else {
                out.push((n + 1, part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()));
            }
        }
    }
    out
}

#[test]
fn imports_go_downwards_only() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let parts: Vec<&str> = path.iter().filter_map(|p| p.to_str()).collect();
        let Some(module) = parts.get(1).map(|m| m.trim_end_matches(".rs")) else { continue };
        // A file of tests is test code as a whole.
        if matches!(module, "lib" | "main") || matches!(parts.last(), Some(&"tests.rs")) {
            continue;
        }
        let may = allowed.get(module).unwrap_or_else(|| panic!("module {module} is in no layer: add it to MAY_IMPORT"));
        for (line, import) in imports(&text) {
            let known = allowed.contains_key(import.as_str());
            if known && import != module && !may.contains(&import.as_str()) {
                wrong.push(format!("{}:{line}: {module} must not import {import}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_parts_of_the_tui_stay_pure() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let p = path.to_string_lossy().replace('\\', "/");
        let banned: &[&str] = if p.starts_with("src/tui/state") || p.starts_with("src/tui/update") {
            &["ratatui::", "crossterm::", "rusqlite::", "tokio::"]
        } else if p.starts_with("src/tui/view") {
            &["crossterm::", "tokio::", "rusqlite::"]
        } else if p.starts_with("src/detect") || p.starts_with("src/parse") || p.starts_with("src/event") {
            &["tokio::", "rusqlite::", "ratatui::", "std::net::TcpStream", "std::process::Command"]
        } else {
            &[]
        };
        for b in banned {
            if text.contains(b) {
                wrong.push(format!("{p} names {b}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short() {
    let mut lines = Vec::new();
    for dir in ["src", "tests", "benches"] {
        if !root().join(dir).exists() {
            continue;
        }
        for (path, text) in sources(dir) {
            let n = text.lines().count();
            assert!(n <= MAX_LINES, "{} has {n} lines: split it by subject", path.display());
            if dir == "src" {
                lines.push(n);
            }
        }
    }
    lines.sort_unstable();
    let median = lines[lines.len() / 2];
    assert!(median <= 200, "the median file in src has {median} lines");
}

#[test]
fn every_file_says_its_purpose() {
    for (path, text) in sources("src") {
        assert!(text.starts_with("//!"), "{} does not begin with //!", path.display());
    }
}
