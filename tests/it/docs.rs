//! Documents that are made from the program are as committed, and links in the
//! documents lead somewhere. `UPDATE_DOCS=1 cargo test --test it docs` rewrites
//! the generated ones.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn as_committed(name: &str, made: &str) {
    let path = root().join("docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, made).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == made,
        "docs/{name} is not as the program has it; run: UPDATE_DOCS=1 cargo test --test it docs"
    );
}

#[test]
fn configuration_reference() {
    as_committed("config.md", &secstream::config::config_markdown());
}

#[test]
fn key_reference() {
    as_committed("keys.md", &secstream::tui::keys_markdown());
}

/// All Markdown of the repository, but generated build output.
fn markdown(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "target" | ".git" | "corpus") {
            markdown(&path, out);
        } else if name.ends_with(".md") {
            out.push(path);
        }
    }
}

#[test]
fn links_lead_somewhere() {
    let mut files = Vec::new();
    markdown(&root(), &mut files);
    assert!(files.len() > 5);
    let mut dead = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for part in text.split("](").skip(1) {
            let link = part.split([')', ' ', '#']).next().unwrap_or("");
            let outside = link.is_empty() || link.contains("://") || link.starts_with("mailto:");
            if !outside && !file.parent().unwrap().join(link).exists() {
                dead.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}
