//! What the files are called now that a followed log was read from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::earlier::PartFile;
use super::followed::{Identity, identity};

/// Most files that are looked at beside a log.
const MOST: usize = 10_000;

/// The names of the files that were read under `name`, one after the other: those that
/// were put aside before, those that were `left` for the next while it was followed
/// (by what they are now called, if they are still beside it), and the last.
pub(crate) fn part_names(name: &str, parts: usize, earlier: &[PartFile], left: &[Option<Identity>]) -> Vec<String> {
    let Some(before) = parts.saturating_sub(1).checked_sub(left.len()).filter(|_| parts > 1) else {
        return vec![name.to_owned(); parts];
    };
    let beside = beside(Path::new(name));
    let of = |n: usize| {
        let aside = earlier.get(n).map(|p| Path::new(name).with_file_name(p.name()));
        let now = || left.get(n.checked_sub(before)?)?.as_ref().and_then(|file| beside.get(file).cloned());
        now().or(aside).map_or_else(|| name.to_owned(), |p| p.to_string_lossy().into_owned())
    };
    (0..parts).map(of).collect()
}

/// The files beside one, by device and inode.
fn beside(path: &Path) -> BTreeMap<Identity, PathBuf> {
    let dir = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let files = std::fs::read_dir(dir).into_iter().flatten().take(MOST).filter_map(Result::ok);
    files.filter_map(|e| Some((identity(&e.metadata().ok()?), path.with_file_name(e.file_name())))).collect()
}
