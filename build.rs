//! Embeds the shipped rules: writes a table of all YAML files below `rules/`,
//! rules and their tests apart, sorted by path.
#![allow(clippy::print_stdout)] // how a build script speaks to Cargo

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=rules");
    let mut files = Vec::new();
    collect(&root.join("rules"), &mut files)?;
    files.sort();
    let (tests, rules): (Vec<_>, Vec<_>) = files.into_iter().partition(|p| p.to_string_lossy().ends_with(".test.yml"));
    let text = format!(
        "/// The shipped rules: path and text.\npub const RULES: &[(&str, &str)] = &{};\n\
         /// Their tests.\npub const TESTS: &[(&str, &str)] = &{};\n",
        table(&root, &rules),
        table(&root, &tests),
    );
    fs::write(out.join("shipped.rs"), text)
}

/// All YAML files below a directory; none if there is no such directory.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !dir.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            println!("cargo:rerun-if-changed={}", path.display());
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "yml" || e == "yaml") {
            files.push(path);
        }
    }
    Ok(())
}

fn table(root: &Path, files: &[PathBuf]) -> String {
    let mut text = String::from("[");
    for path in files {
        let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let _ = write!(text, "({name:?}, include_str!({:?})),", path.to_string_lossy());
    }
    text + "]"
}
