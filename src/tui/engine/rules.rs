//! Rule files: reading one for the screen, and opening one in an editor.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
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

/// A file to open in an editor: the rule's own, or a copy of one that is part
/// of the program (which cannot be changed there).
pub enum ToEdit {
    /// The rule's file.
    Own(PathBuf),
    /// A copy that goes away afterwards.
    Copy(tempfile::NamedTempFile),
}

impl ToEdit {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Own(p) => p,
            Self::Copy(t) => t.path(),
        }
    }

    /// Keeps a copy that was changed; where it is from then on.
    ///
    /// # Errors
    /// Where it cannot be kept.
    pub fn keep(self) -> Result<PathBuf, String> {
        match self {
            Self::Own(p) => Ok(p),
            Self::Copy(t) => t.into_temp_path().keep().map_err(|e| e.to_string()),
        }
    }
}

/// What to open for a rule's path, and whether it is a copy of a shipped rule.
///
/// # Errors
/// Where there is no such rule.
pub fn file_to_edit(path: &str) -> Result<(ToEdit, bool), String> {
    if Path::new(path).is_file() && shipped_text(path).is_none() {
        return Ok((ToEdit::Own(PathBuf::from(path)), false));
    }
    let Some(text) = shipped_text(path) else { return Err(format!("{path}: no such file")) };
    let failed = |e: std::io::Error| format!("{path}: {e}");
    let mut f = tempfile::Builder::new().prefix("rule-").suffix(".yml").tempfile().map_err(failed)?;
    std::io::Write::write_all(&mut f, text.as_bytes()).map_err(failed)?;
    Ok((ToEdit::Copy(f), true))
}
