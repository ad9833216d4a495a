//! What the files are called now that a followed log was read from, and what of them
//! was not read.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::earlier::PartFile;
use super::followed::{Identity, identity};
use super::watch::Watch;

/// Most files that are looked at beside a log.
const MOST: usize = 10_000;
/// Bytes of the longest end of a line.
const LINE_END: u64 = 2;

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

/// What stands in the files of a followed log behind `done` of all that was read: names
/// and bytes. The later files begin at `begins`.
pub(crate) fn unread(name: &str, begins: &[u64], done: u64, earlier: &[PartFile], watch: &Watch) -> Vec<(String, u64)> {
    let names = part_names(name, begins.len() + 1, earlier, &watch.left());
    let at = begins.partition_point(|b| *b <= done);
    let behind = |n: usize| done.saturating_sub(n.checked_sub(1).and_then(|i| begins.get(i)).copied().unwrap_or(0));
    let mut out = Vec::new();
    for n in at..begins.len() {
        let begin = n.checked_sub(1).and_then(|i| begins.get(i)).copied().unwrap_or(0);
        let whole = begins.get(n).copied().unwrap_or(begin) - begin;
        // The end of the last line is no part of its record.
        let rest = whole.saturating_sub(behind(n));
        out.extend(names.get(n).filter(|_| rest > LINE_END).map(|name| (name.clone(), rest)));
    }
    let aside = |part: &PartFile| Path::new(name).with_file_name(part.name());
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let stands = watch.stands();
    let (log, read) = stands.map_or_else(|| (PathBuf::from(name), None), |(path, file)| (path, Some(file)));
    let there = std::fs::metadata(&log).ok().map(|m| identity(&m));
    // The file that is read now: it may have another name already.
    let now = match earlier.get(begins.len()) {
        Some(part) => Some((aside(part), part.is_packed())),
        None if read == there => Some((PathBuf::from(name), false)),
        None => read.and_then(|file| beside(&log).remove(&file)).map(|path| (path, false)),
    };
    if let Some((path, packed)) = now {
        let rest = rest(&path, if packed { 0 } else { behind(begins.len()) });
        // How much of what is packed that was cannot be told.
        out.extend(rest.filter(|_| !packed || behind(begins.len()) == 0).map(|n| (text(&path), n)));
    }
    for part in earlier.iter().skip(begins.len() + 1) {
        let path = aside(part);
        out.extend(rest(&path, 0).map(|n| (text(&path), n)));
    }
    if read != there || earlier.len() > begins.len() {
        out.extend(rest(&log, 0).map(|n| (name.to_owned(), n)));
    }
    out
}

/// Bytes of a file behind a place; `None` where there is nothing but the end of a line.
fn rest(path: &Path, from: u64) -> Option<u64> {
    let file = File::open(path).ok()?;
    let rest = file.metadata().ok()?.len().checked_sub(from).filter(|n| *n > 0)?;
    let mut end = [0; LINE_END as usize];
    let end = end.get_mut(..usize::try_from(rest).ok().filter(|n| *n <= LINE_END as usize).unwrap_or(0))?;
    let only =
        !end.is_empty() && file.read_exact_at(end, from).is_ok() && end.iter().all(|b| matches!(b, b'\r' | b'\n'));
    (!only).then_some(rest)
}

/// The files beside one, by device and inode.
fn beside(path: &Path) -> BTreeMap<Identity, PathBuf> {
    let dir = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let files = std::fs::read_dir(dir).into_iter().flatten().take(MOST).filter_map(Result::ok);
    files.filter_map(|e| Some((identity(&e.metadata().ok()?), path.with_file_name(e.file_name())))).collect()
}
