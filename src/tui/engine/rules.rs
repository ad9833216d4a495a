//! Rule files: reading one for the screen, and which are part of the program.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::super::data::RuleText;
use crate::detect::shipped;

/// Most lines of a rule file that are shown.
const MAX_LINES: usize = 20_000;

/// The text of a rule file: from disk, or from those that are part of the program.
pub fn read(path: &str) -> RuleText {
    let text = match std::fs::read_to_string(path) {
        Ok(t) => t,
        Err(e) => shipped_text(path).unwrap_or_else(|| format!("# {path}: {e}")),
    };
    RuleText { path: path.to_owned(), lines: text.lines().take(MAX_LINES).map(str::to_owned).collect() }
}

/// The text of a rule that is part of the program.
pub fn shipped_text(path: &str) -> Option<String> {
    shipped::rules().into_iter().find(|f| f.path == path).map(|f| f.text)
}

/// Whether a path is that of a rule which is part of the program.
pub fn is_shipped(path: &str) -> bool {
    static PATHS: OnceLock<BTreeSet<String>> = OnceLock::new();
    PATHS.get_or_init(|| shipped::rules().into_iter().map(|f| f.path).collect()).contains(path)
}
